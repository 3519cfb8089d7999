"""A cluster of two hosts with a key: both judge the archive, and the death of one in the middle loses nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from descendants import descendants, judging
from hostmaker import Host, two_hosts

pytestmark = pytest.mark.usefixtures("one_ray")
PORT = "6399"
START = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats", "--num-cpus", "1"]
KEY = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "5f0c3b8f6a1d4e7c9b2a8d6e4f1c3b5a"}
"""As docs/howto/several-machines.md has it: who has not the key may run nothing."""
COPIES = 12
"""Of each generated cell: 18 parts, of which two are done when the second host dies."""
PATIENCE = 480
"""Seconds before the test says that something hangs. On an idle machine all of it takes 30; beside two trainings the
hosts judge 2 cells a second, and one has to do what the other did not."""
WORK = """
import sys
from leukolens.archive.run import judge_archive
from leukolens.model.network_file import SHIPPED
print(judge_archive([sys.argv[1]], sys.argv[2], model=SHIPPED, part=16).files)
"""


@pytest.fixture
def cluster() -> Iterator[tuple[Host, list[subprocess.Popen[str]]]]:
    """Ray on two hosts, a core each; the first host, and what runs on both."""
    with two_hosts() as (first, second), tempfile.TemporaryDirectory(prefix="ray") as place:
        head = ["--head", "--port", PORT, "--include-dashboard", "false", "--temp-dir", place]
        started = [first.start([*START, *head, "--node-ip-address", first.address], KEY)]
        try:
            wait_for(lambda: is_up(started[0]), started[0])
            gate = f"{first.address}:{PORT}"
            started.append(second.start([*START, "--address", gate, "--node-ip-address", second.address], KEY))
            wait_for(lambda: is_up(started[1]), started[1])
            yield first, started
        finally:
            for process in started:
                stop(process)


def stop(host: subprocess.Popen[str]) -> None:
    """All that Ray has started on it, at once, as a power failure would."""
    for process in [host.pid, *(process for process, _ in descendants(host.pid))]:
        os.kill(process, signal.SIGKILL)
    host.communicate()


def wait_for(happened: Callable[[], bool], while_runs: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert while_runs.poll() is None, while_runs.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.02)


def is_up(host: subprocess.Popen[str]) -> bool:
    return any("raylet" in name for _, name in descendants(host.pid))


def held(host: subprocess.Popen[str]) -> bool:
    """Stop the process that judges a part there, as soon as one does: else the quicker host leaves the other none."""
    found = judging(host.pid)
    for process in found:
        os.kill(process, signal.SIGSTOP)
    return bool(found)


def go_on(host: subprocess.Popen[str]) -> None:
    for process, _ in descendants(host.pid):
        os.kill(process, signal.SIGCONT)


@pytest.mark.slow
def test_a_host_dies_in_the_middle(
    cluster: tuple[Host, list[subprocess.Popen[str]]], cells: Path, tmp_path: Path
) -> None:
    first, hosts = cluster
    day, out = tmp_path / "day", tmp_path / "answers"
    day.mkdir()
    for cell in (cells / "fold_0/all").iterdir():
        for number in range(COPIES):
            os.link(cell, day / f"{number:02}-{cell.name}")
    command = [sys.executable, "-c", WORK, str(day), str(out)]
    driver = first.start(command, KEY | {"RAY_ADDRESS": f"{first.address}:{PORT}"})
    wait_for(lambda: all(list(map(held, hosts))), driver)
    go_on(hosts[0])
    wait_for(lambda: len(list(out.glob("part-*.parquet"))) >= 2, driver)
    stop(hosts.pop())
    said, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, said
    counted = Counter(path for part in out.glob("part-*.parquet") for path in pq.read_table(part)["path"].to_pylist())
    assert counted == Counter(str(cell) for cell in day.iterdir())
    assert said.splitlines()[-1] == str(len(counted))
