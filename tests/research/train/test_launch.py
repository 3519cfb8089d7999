"""What the processes of a training tell each other; two hosts at work stand in test_several_machines.py."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as processes

from leukolens.base.errors import LeukoLensError, RunError
from leukolens.research.train.launch import (
    everywhere,
    from_first,
    has_bf16,
    in_turn,
    is_first_process,
    start_fabric,
    summed,
    while_all_live,
)


class Process:
    """What `launch` asks of a Fabric that has been launched."""

    def __init__(self, rank: int) -> None:
        self.local_rank, self.is_global_zero, self.device = rank, rank == 0, torch.device("cpu")


def alone_or_together(rank: int, world: int, meeting: str, out: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    me = Process(rank)
    order: list[int] = []

    def fail() -> None:
        raise RunError("no such cells")

    def note() -> int:
        order.append(rank)
        return 10 + rank

    lines = [
        repr(from_first(me, lambda: b"\x00split\xff" if rank == 0 else b"never asked")),  # type: ignore[arg-type]
        repr(from_first(me, lambda: b"")),  # type: ignore[arg-type]
        repr(in_turn(me, note)),  # type: ignore[arg-type]
        repr(summed(torch.tensor([1.0 + rank])).item()),
        repr(is_first_process()),
        said(lambda: everywhere(me, fail if rank == 1 else note)),  # type: ignore[arg-type]
    ]
    Path(f"{out}{rank}").write_text("\n".join(lines))
    dist.destroy_process_group()


def said(work: Callable[[], object]) -> str:
    try:
        work()
    except LeukoLensError as error:
        return str(error)
    return "nothing"


@pytest.mark.slow
def test_the_first_tells_and_an_error_anywhere_ends_all(tmp_path: Path) -> None:
    processes.spawn(alone_or_together, (2, str(tmp_path / "meeting"), str(tmp_path / "out")), nprocs=2)
    told = repr(b"\x00split\xff")
    first, second = ((tmp_path / f"out{rank}").read_text().splitlines() for rank in range(2))
    others = "another process of this training cannot start. Its own message says why"
    assert first == [told, "b''", "10", "3.0", "True", others]
    assert second == [told, "b''", "11", "3.0", "False", "no such cells"]


def test_a_process_alone_asks_nobody() -> None:
    fabric = start_fabric()
    assert fabric.world_size == 1
    assert is_first_process()
    assert from_first(fabric, lambda: b"found") == b"found"
    assert in_turn(fabric, lambda: 3) == 3
    with pytest.raises(RunError, match="my own"):
        everywhere(fabric, lambda: (_ for _ in ()).throw(RunError("my own")))
    with pytest.raises(RuntimeError, match="gloo"), while_all_live(Path("run")):
        raise RuntimeError("gloo: it is not another process's fault")


@pytest.mark.parametrize(
    ("precision", "wanted"), [("32", "32-true"), ("64", "64-true"), ("auto", "bf16-mixed" if has_bf16() else "32-true")]
)
def test_the_precision_is_what_is_asked_for(precision: str, wanted: str) -> None:
    assert start_fabric(precision=precision)._precision.precision == wanted  # type: ignore[arg-type]


def test_several_machines_need_a_meeting_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    monkeypatch.setenv("NODE_RANK", "0")
    with pytest.raises(RunError, match="--num-nodes 2: MASTER_ADDR must say how the machines find each other"):
        start_fabric(num_nodes=2)


def test_a_launcher_says_how_many_devices_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LT_CLI_USED", "1")  # as `fabric run --devices 3` does
    monkeypatch.setenv("LT_DEVICES", "3")
    with pytest.raises(RunError, match=r"contradicts the launcher.*Leave out --devices"):
        start_fabric(devices=2)
