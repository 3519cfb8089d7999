"""A job's folder is its identity, what is done stays, and what cannot be run leaves its reason."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

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
@pytest.mark.usefixtures("one_ray")
def test_an_engine_does_the_jobs_in_processes_of_its_own(tmp_path: Path) -> None:
    def work(job: Named) -> None:
        job.folder.mkdir(parents=True, exist_ok=True)
        if job.folder.name == "b":
            raise WeightsError("no weights")
        (job.folder / "process").write_text(str(os.getpid()))

    run_jobs([Named(folder=tmp_path / name) for name in "abc"], work, excused=(WeightsError,), engine="ray")
    assert sorted(path.parent.name for path in tmp_path.glob("*/process")) == ["a", "c"]
    assert str(os.getpid()) not in {path.read_text() for path in tmp_path.glob("*/process")}
    assert (tmp_path / "b" / NOT_RUN).read_text() == "no weights"
