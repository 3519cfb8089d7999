"""Uploads are judged one after the other; a name that is taken gets another, and no failure ends the day."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from casemaker import judged

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases.record import Judged
from leukolens.cases.shelf import Shelf
from leukolens.model.network_file import SHIPPED, SHIPPED_INT8, NetworkFile
from leukolens.web.judging import Judging, Progress, Waiting, _free_name


@pytest.fixture
def shelf(store: str) -> Iterator[Shelf]:
    Case.create(store).close()
    with Shelf.open(store) as made:
        yield made


@pytest.fixture
def judging(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judging]:
    """Answers at once, without a worker, but breaks at 'bad' and refuses 'full'."""

    def answered(self: Judging, one: Waiting, model: Path) -> Judged:
        if one.name.startswith("bad"):
            raise ZeroDivisionError
        if one.name.startswith("full"):
            raise CaseError("no space left")
        return judged(one.name, sha256=one.path.name, patient=one.patient)

    monkeypatch.setattr(Judging, "_judged", answered)
    made = Judging(shelf, SHIPPED, most=5)
    yield made
    made.close()


def waiting(name: str, *, content: str = "", patient: str = "H3") -> Waiting:
    digest = hashlib.sha256((content or name).encode()).hexdigest()
    return Waiting(case_id=1, who="Anna", path=Path("kept") / digest, name=name, patient=patient)


def rows(shelf: Shelf) -> list[str]:
    return [row.path for row in shelf.case(1, who="").rows()]


def test_what_is_taken_is_judged_in_its_reader_s_name(judging: Judging, shelf: Shelf) -> None:
    for name in ("a.png", "b.png"):
        judging.take(waiting(name))
    judging.settle()
    assert rows(shelf) == ["a.png", "b.png"]
    assert judging.progress(1) == Progress(taken=2, judged=2)
    assert judging.progress(2) == Progress()
    case = shelf.case(1, who="")
    assert [(one.action, one.who) for one in case.log()][1:] == [
        ("model", "Anna"),
        ("judged", "Anna"),
        ("judged", "Anna"),
    ]


def test_a_case_keeps_to_the_form_that_it_began_with(
    judging: Judging, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    int8 = NetworkFile(SHIPPED_INT8, threads=1).card
    shelf.case(1, who="").use(int8)
    monkeypatch.setattr(judging, "_model", None)
    judging.take(waiting("a.png"))
    judging.settle()
    assert judging.progress(1).error == ""
    assert shelf.case(1, who="").model_id() == int8.model_id


def test_a_failure_is_told_and_the_next_is_judged(judging: Judging, shelf: Shelf) -> None:
    for name, told in (
        ("bad.png", "could not be judged; the server's log says why"),
        ("full.png", "no space left"),
        ("c.png", ""),
    ):
        judging.take(waiting(name))
        judging.settle()
        assert judging.progress(1).error == told
    assert rows(shelf) == ["c.png"]


def test_the_same_picture_is_one_and_another_of_its_name_gets_its_own(judging: Judging, shelf: Shelf) -> None:
    for content in ("first", "first", "second", "second"):
        judging.take(waiting("a.png", content=content))
    judging.settle()
    digest = hashlib.sha256(b"second").hexdigest()
    assert rows(shelf) == ["a.png", f"a ({digest[:12]}).png"]


def test_a_picture_of_another_patient_is_not_taken_again(shelf: Shelf) -> None:
    case, one = shelf.case(1, who=""), waiting("x.png", content="y")
    case.add([judged("x.png", sha256="0" * 64), judged(f"x ({one.path.name[:12]}).png", sha256=one.path.name)])
    assert _free_name(case, one) is None
    with pytest.raises(CaseError, match="this picture is already in the case under another patient"):
        _free_name(case, waiting("x.png", content="y", patient="H4"))


def test_there_is_room_for_so_many(judging: Judging) -> None:
    with judging.room(6) as found:
        assert not found
    with judging.room(3) as mine, judging.room(2) as other, judging.room(1) as too_many:
        assert (mine, other, too_many) == (True, True, False)  # what is promised is not promised twice
    with judging.room(5) as again:
        assert again


def test_a_worker_that_dies_leaves_an_unreadable_input(shelf: Shelf, tmp_path: Path) -> None:
    made = Judging(shelf, SHIPPED, most=5)

    class Broken:
        """A pool whose worker was killed."""

        _processes = None

        def submit(self, *_: object) -> None:
            from concurrent.futures.process import BrokenProcessPool

            raise BrokenProcessPool

        def shutdown(self, **_: object) -> None:
            pass

    made._pool = Broken()  # type: ignore[assignment]
    found = made._judged(waiting("a.png"), SHIPPED)
    (answer,) = found.answers
    assert (found.kind, answer.cell, answer.verdict) == ("unreadable", None, None)
    assert answer.reason == "needed more memory than an upload may take"
    assert made._pool is None  # the next one gets a new worker
    made.close()
