"""Work that Ray's processes do: every answer comes once, an error comes as itself, a process that dies is made good."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leukolens.base.engine import connected, unordered
from leukolens.base.errors import ImageError, MissingExtra, RunError


@pytest.fixture(scope="module")
def ray(one_ray: None) -> Iterator[Any]:
    with connected(workers=2) as found:
        yield found


@pytest.mark.slow
def test_each_question_gets_its_answer_once_though_a_process_dies(ray: Any, tmp_path: Path) -> None:
    here = str(tmp_path / "died")

    def work(number: int, common: str) -> tuple[int, int]:
        if number == 3 and not os.path.exists(common):
            Path(common).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number, os.getpid()

    found = list(unordered(ray, work, range(8), here, num_cpus=1))
    assert sorted(number for number, _ in found) == list(range(8))
    assert os.path.exists(here)
    assert os.getpid() not in {process for _, process in found}


def test_an_error_comes_as_itself(ray: Any) -> None:
    def work(number: int, common: str) -> int:
        if number == 1:
            raise ImageError("is grey", path=common, hint="Save it in colour")
        if number == 2:
            raise MissingExtra("cv2", "fields")
        return number

    with pytest.raises(ImageError, match=r"a\.png: is grey\. Save it in colour") as caught:
        list(unordered(ray, work, [1], "a.png", num_cpus=1))
    assert (caught.value.reason, caught.value.hint) == ("is grey", "Save it in colour")
    with pytest.raises(MissingExtra, match="this needs cv2"):
        list(unordered(ray, work, [2], "a.png", num_cpus=1))


def test_a_cluster_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "no address at all")
    with pytest.raises(RunError, match="Ray at no address at all does not answer"), connected():
        pass


def test_a_ray_that_is_slow_to_start_gets_a_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray as module

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    starts = list[str]()

    def slow(address: str, **_: object) -> None:
        starts.append(address)
        if len(starts) != 2:
            raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(module, "init", slow)
    monkeypatch.setattr(module, "shutdown", lambda: None)
    with connected():
        assert starts == ["local"] * 2
    starts[:] = ["before", "before"]
    with pytest.raises(RunError, match=r"does not start on this machine .*timed out.* is less busy"), connected():
        pass
    assert len(starts) == 4
