"""A job's folder is its identity, what is done stays, and what cannot be run leaves its reason."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hostmaker import ray_cluster, two_hosts

from leukolens.base.errors import RunError, WeightsError
from leukolens.research.experiments.jobs import NOT_RUN, folder_of, run_jobs, state_of


@dataclass(frozen=True, kw_only=True)
class Named:
    folder: Path


def test_the_folder_tells_identities_apart_and_nothing_else(tmp_path: Path) -> None:
    one = folder_of(tmp_path, "alnett-f1", {"data": "a", "seed": 0})
    assert one == folder_of(tmp_path, "alnett-f1", {"seed": 0, "data": "a"})
    assert one != folder_of(tmp_path, "alnett-f1", {"data": "a", "seed": 1})
    assert one.parent == tmp_path / "runs"
    assert one.name.startswith("alnett-f1-")
    assert len(one.name) == len("alnett-f1-") + 10


def test_a_job_is_to_do_then_cut_then_done(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    assert state_of(folder, result="metrics.json") == "to do"
    folder.mkdir()
    assert state_of(folder, result="metrics.json") == "cut"
    (folder / "metrics.json").write_text("{}")
    assert state_of(folder, result="metrics.json") == "done"


def test_what_cannot_be_run_leaves_its_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    jobs = [Named(folder=tmp_path / name) for name in "abc"]
    ran = []

    def work(job: Named) -> None:
        ran.append(job.folder.name)
        if job.folder.name == "b":
            raise WeightsError("are not here")

    run_jobs(jobs, work, excused=(WeightsError,))
    assert ran == ["a", "b", "c"]
    assert (tmp_path / "b" / NOT_RUN).read_text() == "are not here"
    run_jobs(jobs[1:2], lambda job: None)
    assert not (tmp_path / "b" / NOT_RUN).exists()


def test_any_other_error_ends_all(tmp_path: Path) -> None:
    def work(_: Named) -> None:
        raise RunError("is damaged")

    with pytest.raises(RunError, match="is damaged"):
        run_jobs([Named(folder=tmp_path / "a")], work, excused=(WeightsError,))
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_two_hosts_of_a_cluster_do_the_jobs_of_one_list(tmp_path: Path) -> None:
    """Each in a network of its own: Ray's head on one, a further machine on the other."""
    with two_hosts() as hosts, ray_cluster(hosts) as address:
        script = tmp_path / "jobs.py"
        script.write_text(JOBS)
        done = hosts[0].run([sys.executable, str(script), str(tmp_path / "runs")], {"RAY_ADDRESS": address})
    assert done.returncode == 0, done.stdout
    where = {path.read_text() for path in (tmp_path / "runs").glob("*/where")}
    assert where == {host.address for host in hosts}
    assert (tmp_path / "runs/3" / NOT_RUN).read_text() == "no weights"
    assert len(list((tmp_path / "runs").glob("*/where"))) == 5


JOBS = """
import os, sys, time
from dataclasses import dataclass
from pathlib import Path

import ray

from leukolens.base.errors import WeightsError
from leukolens.research.experiments.jobs import run_jobs

ray.init(os.environ["RAY_ADDRESS"])
while len(ray.nodes()) < 2:
    time.sleep(0.1)
ray.shutdown()


@dataclass(frozen=True)
class Named:
    folder: Path


def work(job):
    job.folder.mkdir(parents=True, exist_ok=True)
    if job.folder.name == "3":
        raise WeightsError("no weights")
    time.sleep(1)
    (job.folder / "where").write_text(ray.util.get_node_ip_address())


run_jobs([Named(Path(sys.argv[1], str(n))) for n in range(6)], work, excused=(WeightsError,), engine="ray")
"""
