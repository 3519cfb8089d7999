"""Two hosts, each with an address of its own, train one model: the weights are those of one host with the same batch,
to float error, and a host that is killed in the middle costs no epoch that was written."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hostmaker import MASTER_PORT, Host, two_hosts
from runmaker import FILES, names, wait_for_an_epoch
from safetensors.torch import load_file

from leukolens.research.train.history import read_history

EPOCHS = 2
OPTIONS = ["--fold", "0", "--init", "random", "--epochs", str(EPOCHS), "--precision", "64"]
OPTIONS += ["--set", "preprocess.size=32", "--set", "batch=8", "--set", "bn_momentum=0.1"]
# Training is chaotic: from 1e-7 in one step to 1e-1 in twelve (rate 1e-3, random weights). Hence 64 bits, whole numbers
# as pixels, and a low rate; what batches show each device: tests/research/augment/test_batches.py
OPTIONS += ["--set", "noise=[]", "--set", "augmentation=null", "--set", "learning_rate=1e-4"]


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Host, Host]]:
    with two_hosts() as both:
        yield both


def command(cells: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "leukolens", "train", str(cells), "--out", str(out), *OPTIONS, *more]


def start(hosts: tuple[Host, Host], cells: Path, outs: tuple[Path, Path], *more: str) -> list[subprocess.Popen[str]]:
    meeting = {"MASTER_ADDR": hosts[0].address, "MASTER_PORT": MASTER_PORT, "OMP_NUM_THREADS": "1"}
    return [
        host.start(
            command(cells, out, "--num-nodes", "2", *more),
            meeting | {"NODE_RANK": str(rank), "GLOO_SOCKET_IFNAME": host.interface},
        )
        for rank, (host, out) in enumerate(zip(hosts, outs, strict=True))
    ]


def ended(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    """Exit code and what each said."""
    try:
        said = [process.communicate(timeout=200)[0] for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


@pytest.fixture(scope="module")
def alone(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One process of one host, with the same total batch."""
    out = tmp_path_factory.mktemp("alone") / "run"
    done = subprocess.run(
        command(cells, out), env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def apart(
    hosts: tuple[Host, Host], cells: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, list[tuple[int, str]]]:
    """Two hosts that share no folder: each is given its own --out."""
    outs = tuple(tmp_path_factory.mktemp(f"apart{number}") / "run" for number in (1, 2))
    return outs[0], outs[1], ended(start(hosts, cells, (outs[0], outs[1])))


@pytest.mark.slow
def test_two_hosts_without_a_common_folder_train_what_one_host_trains(
    apart: tuple[Path, Path, list[tuple[int, str]]], alone: Path
) -> None:
    first, second, said = apart
    assert [code for code, _ in said] == [0, 0], said
    assert names(first) == FILES
    assert not second.exists()
    assert [text.count("kept epoch") for _, text in said] == [1, 0]
    assert_alike(first, alone)


@pytest.mark.slow
def test_a_host_that_is_killed_in_a_common_folder_is_made_good_by_resume(
    hosts: tuple[Host, Host], cells: Path, apart: tuple[Path, Path, list[tuple[int, str]]], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    processes = start(hosts, cells, (out, out))
    kill_in_second_epoch(processes[1], out / "history.csv")
    (code, text), _ = ended(processes)
    assert code == 1, text
    assert "another process of this training has ended. Start all of them again with --resume" in text
    assert "not empty" not in text
    assert 1 <= len(read_history(out / "history.csv")) < EPOCHS
    said = ended(start(hosts, cells, (out, out), "--resume"))
    assert [code for code, _ in said] == [0, 0], said
    assert "continuing after epoch" in said[0][1]
    assert names(out) == FILES
    assert (out / "model.safetensors").read_bytes() == (apart[0] / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_a_taken_folder_is_refused_by_the_first_host_and_ends_the_other(
    hosts: tuple[Host, Host], cells: Path, alone: Path
) -> None:
    said = ended(start(hosts, cells, (alone, alone)))
    assert [code for code, _ in said] == [1, 1]
    assert f"{alone}: is not empty" in said[0][1]
    assert "another process of this training cannot start. Its own message says why" in said[1][1]


def kill_in_second_epoch(process: subprocess.Popen[str], table: Path) -> None:
    wait_for_an_epoch(process, table)
    os.killpg(process.pid, signal.SIGKILL)


def assert_alike(first: Path, alone: Path) -> None:
    """As far as additions in another order let them."""
    mine, theirs = load_file(first / "model.safetensors"), load_file(alone / "model.safetensors")
    assert mine.keys() == theirs.keys()
    for name, tensor in theirs.items():
        torch.testing.assert_close(mine[name], tensor, rtol=0, atol=1e-6, msg=name)
    for one, other in zip(read_history(first / "history.csv"), read_history(alone / "history.csv"), strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-6)
        assert one.val_loss == pytest.approx(other.val_loss, abs=1e-6)
