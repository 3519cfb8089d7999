"""A case gives back what it was given, from a file and from PostgreSQL, and belongs to one run at a time."""

import contextlib
import itertools
import multiprocessing
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cardmaker import CALIBRATED, CARD
from casemaker import PICTURE, answer, hold, judged
from sqlalchemy import insert

from leukolens import Case
from leukolens.base.errors import CaseError, OutputError
from leukolens.cases import schema
from leukolens.cases.record import Cell

Open = Callable[[], Case]


FIELD = judged(
    "field.tif",
    answer(
        cell=Cell(
            number=1,
            box=(3, 4, 50, 60),
            polygon=((3.5, 4.0), (50.0, 4.0), (3.5, 60.0)),
            kind="lymphoid",
            confidence=0.875,
            area_um2=91.5,
            touching=False,
        ),
        p_all=0.2,
        verdict="HEM",
    ),
    answer(cell=Cell(number=2, box=(0, 0, 9, 9), kind="smudge"), p_all=None, verdict="refused", reason="is a smudge"),
    kind="field",
    width=640,
    height=480,
    um_per_px=0.25,
)
UNREADABLE = judged(
    "b.png", answer(cell=None, verdict=None, p_all=None, reason="is empty"), sha256="", patient="", kind="unreadable"
)


def test_it_gives_back_what_it_was_given(place: dict[str, str]) -> None:
    cut_out = judged("a.bmp", answer(p_all=0.1234565, hue=287.26, band="0.250000-0.750000", picture=PICTURE))
    with Case.create(**place) as case:
        case.use(CALIBRATED)
        case.add([cut_out, UNREADABLE])
        case.add([FIELD])
    with Case.open(**place) as case:
        rows = list(case.rows())
        assert [(row.path, row.verdict, row.p_all, row.reason) for row in rows] == [
            ("a.bmp", "ALL", round(0.1234565, 6), ""),
            ("b.png", None, None, "is empty"),
            ("field.tif", "HEM", 0.2, ""),
            ("field.tif", "refused", None, "is a smudge"),
        ]
        assert (rows[0].hue, rows[0].band, rows[0].sha256) == (287.3, "0.250000-0.750000", "0" * 64)
        assert [row.path for row in case.rows(by_probability=True)] == ["field.tif", "a.bmp", "b.png", "field.tif"]
        assert [picture for _, picture in case.pictured_rows()] == [None, PICTURE, None, None]
        assert case.card() == CALIBRATED
        assert [one.pictured for one in case.inputs()] == [True, True, False]
        assert case.alike() == [["a.bmp", "field.tif"]]
        with case.reading() as connection:
            cells = connection.execute(schema.cells.select().order_by(schema.cells.c.id)).all()[-2:]
        assert [(cell.number, cell.x0, cell.y1, cell.kind) for cell in cells] == [
            (1, 3, 60, "lymphoid"),
            (2, 0, 9, "smudge"),
        ]


def test_an_input_that_was_judged_before_is_replaced(place: dict[str, str]) -> None:
    with Case.create(**place, who="Anna") as case:
        case.add([judged("a"), judged("b", answer(picture=PICTURE)), judged("c")])
        case.add([judged("b", answer(verdict="HEM"), sha256="1" * 64)])
        assert [(row.path, row.verdict) for row in case.rows()] == [("a", "ALL"), ("c", "ALL"), ("b", "HEM")]
        assert [one.pictured for one in case.inputs()] == [False, False, False]
        log = list(case.log())
        assert [(one.seq, one.action, one.subject, one.new) for one in log[1:]] == [
            (2, "judged", "a", "ALL"),
            (3, "judged", "b", "ALL"),
            (4, "judged", "c", "ALL"),
            (5, "judged again", "b", "HEM"),
        ]
        assert {one.who for one in log} == {"Anna"}


def test_a_picture_can_follow(place: dict[str, str]) -> None:
    with Case.create(**place) as case:
        case.add([judged("a"), judged("b")])
        case.add_pictures({"b": PICTURE})
        assert dict(zip("ab", [one.pictured for one in case.inputs()], strict=True)) == {"a": False, "b": True}


def test_a_reviewed_cell_is_not_replaced(place: dict[str, str]) -> None:
    with Case.create(**place) as case:
        case.add([judged("a"), judged("b")])
        with case.change() as change:
            cell = change.connection.execute(
                schema.cells.select().join(schema.inputs).where(schema.inputs.c.path == "b").order_by(schema.cells.c.id)
            ).all()[-1]
            change.log("reviewed", "b", rows=change.insert(schema.reviews, [{"cell_id": cell.id, "withdrawn": False}]))
        with pytest.raises(CaseError, match="b: was reviewed, but its file has changed since"):
            case.add([judged("a", sha256="1" * 64), judged("b", sha256="1" * 64)])
        assert {row.sha256 for row in case.rows()} == {"0" * 64}


def test_a_change_is_kept_whole_or_not_at_all(place: dict[str, str]) -> None:
    with Case.create(**place) as case:
        with contextlib.suppress(ZeroDivisionError), case.change() as change:
            change.insert(schema.inputs, [{"case_id": case.id, "path": "a"}])
            change.log("judged", "a")
            raise ZeroDivisionError
        with pytest.raises(CaseError, match="rejects this change"), case.change() as change:
            change.connection.execute(insert(schema.verdicts).values(input_id=10**9, model_id="x", digest="x"))
        assert list(case.rows()) == []
        assert [one.action for one in case.log()] == ["created"]


def test_another_model_is_refused(place: dict[str, str]) -> None:
    with Case.create(**place) as case:
        case.use(CARD)
        case.use(CARD)
        with pytest.raises(CaseError, match="was judged with model 0123456789ab, not ffff"):
            case.use(replace(CARD, model_id="ffff"))
        assert [one.action for one in case.log()] == ["created", "model"]


def test_a_case_is_made_once_and_must_exist_to_be_opened(place: dict[str, str]) -> None:
    with pytest.raises(CaseError, match=r"does not exist|holds no case"):
        Case.open(**place)
    Case.create(**place).close()
    with pytest.raises(CaseError, match=r"exists already|holds a case"):
        Case.create(**place)


# two at once


def test_two_runs_cannot_fill_one_case(place: dict[str, str]) -> None:
    with Case.create(**place) as case, Case.open(**place) as other:
        with case.alone():
            with pytest.raises(CaseError, match=r"is being written by another run\. Wait for it"), other.alone():
                pass
            assert list(other.rows()) == []
        with other.alone():
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_run_leaves_its_rows_and_no_lock(place: dict[str, str]) -> None:
    Case.create(**place).close()
    here, there = multiprocessing.Pipe()
    other = multiprocessing.get_context("spawn").Process(target=hold, args=(place, there))
    other.start()
    assert here.poll(60)
    with Case.open(**place) as case:
        with pytest.raises(CaseError, match="another run"), case.alone():
            pass
        other.kill()
        other.join()
        with when_free(case):
            assert [row.path for row in case.rows()] == ["a"]


@contextlib.contextmanager
def when_free(case: Case) -> Iterator[None]:
    """Alone with the case: a server takes a moment to see that a killed run is gone."""
    until = time.monotonic() + 30
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(case.alone())
                break
            except CaseError:
                assert time.monotonic() < until
                time.sleep(0.1)
        yield


def test_many_write_at_once_and_none_is_lost(place: dict[str, str]) -> None:
    with Case.create(**place) as case:
        names = [[f"{thread}-{number}" for number in range(20)] for thread in range(4)]

        def write(mine: list[str]) -> None:
            for name in mine:
                case.add([judged(name)])

        threads = [threading.Thread(target=write, args=(mine,)) for mine in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(row.path for row in case.rows()) == sorted(itertools.chain(*names))
        assert [one.seq for one in case.log()] == list(range(1, 82))


# files


def test_a_closed_case_is_one_file(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case, case.alone():
        case.add([judged("a")])
    assert [path.name for path in tmp_path.iterdir()] == ["x.case"]


@pytest.mark.parametrize("data", [b"Dear colleague", b"path,verdict\n" * 400, bytes(5000)])
def test_another_file_is_refused_and_kept(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.case"
    path.write_bytes(data)
    with pytest.raises(CaseError, match=r"x\.case: is not a LeukoLens case"):
        Case.open(path)
    with pytest.raises(CaseError, match=r"x\.case: exists already"):
        Case.create(path)
    assert path.read_bytes() == data
    assert [one.name for one in tmp_path.iterdir()] == ["x.case"]


def test_another_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.case"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(CaseError, match=r"x\.case: is a database, but not a LeukoLens case"):
        Case.open(path)
    assert path.read_bytes() == before


def test_a_run_that_was_killed_at_once_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "x.case"
    path.touch()
    with Case.create(path) as case:
        assert list(case.rows()) == []


def fill_up(case: Case) -> None:
    """Write more than the pages that it has."""
    with case.change() as change:
        pages = change.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        change.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        change.insert(schema.inputs, [{"case_id": case.id, "path": "b" * 500_000}])
        change.log("judged", "b")


def test_a_full_disk_is_named_and_what_was_there_stays(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        case.add([judged("a")])
        with pytest.raises(OutputError, match=r"x\.case: no space left while writing\. Free some space"):
            fill_up(case)
        assert [row.path for row in case.rows()] == ["a"]


@pytest.mark.parametrize("place", ["folder", "file/x.case"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises((CaseError, OutputError), match=place):
        Case.create(tmp_path / place)


def test_a_password_is_not_shown() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(CaseError) as caught:
        Case.open("postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:1/none: cannot be used" in str(caught.value)
