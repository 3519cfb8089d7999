"""Whatever is changed behind LeukoLens's back is found and named: table, row and file."""

import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from cardmaker import CARD
from casemaker import PICTURE, answer, judged
from sqlalchemy import Table, text

from leukolens import Case
from leukolens.base.errors import CaseError, OutputError
from leukolens.cases import schema
from leukolens.cases.change import complete
from leukolens.cases.check import check, check_all
from leukolens.cases.digest import row_digest
from leukolens.cases.reading import patients
from leukolens.cases.record import Cell
from leukolens.cases.sign import sign

PATHS = ("a.bmp", "b.bmp", "c.bmp")
CELL = Cell(number=1, box=(0, 1, 2, 3), polygon=((0, 1), (2, 3)), kind="lymphoid", confidence=1, touching=True)


def fill(case: Case) -> None:
    """Three inputs with all that may belong to them, one of them judged twice."""
    case.use(CARD)
    case.add([judged(path, answer(cell=CELL, p_all=1, hue=290, logit=-2.5, picture=PICTURE)) for path in PATHS])
    again = answer(picture=replace(PICTURE, evidence=None))
    case.add([judged("a.bmp", again, bytes=608454, um_per_px=0.25, kind="field", overview=b"\xff\xd8 a field")])
    with case.change() as change:
        cell = change.connection.execute(schema.cells.select().order_by(schema.cells.c.id.desc())).first()
        review = {"cell_id": cell.id, "reader": "Anna", "verdict": "HEM", "withdrawn": False}
        change.log("reviewed", "a.bmp", old="ALL", new="HEM", rows=change.insert(schema.reviews, [review]))
    listed = patients(case)[0].id
    sign(case, listed, role="technician", meaning="read", expected=review_id(case), reason="clear enough")


def review_id(case: Case) -> int:
    with case.reading() as connection:
        return int(connection.execute(schema.reviews.select().order_by(schema.reviews.c.id.desc())).first().id)


def found(case: Case) -> list[str]:
    return list(map(str, check(case).findings))


def test_a_case_as_it_was_written_is_whole(place: dict[str, str]) -> None:
    with Case.create(**place) as case:
        fill(case)
    with Case.open(**place) as case:
        checked = check(case)
        assert checked.findings == ()
        assert (checked.rows, checked.entries) == (1 + 1 + 3 * 4 + 1 + 2, 1 + 1 + 3 + 1 + 2)


TABLES = [table for table in schema.metadata.sorted_tables if table.name != "log"]
EDITS = [
    (table, column.name)
    for table in TABLES
    for column in table.columns
    if column.name not in ("id", "digest") and not column.foreign_keys
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "x.case"
    with Case.create(path) as case:
        fill(case)
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copy(whole, tmp_path / "x.case"))


def edit(path: Path, *statements: str) -> None:
    """As anyone can who has the file."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        assert connection.execute(statement).rowcount > 0, statement
    connection.close()


@pytest.mark.parametrize(("table", "column"), EDITS, ids=lambda one: getattr(one, "name", one))
def test_every_edited_value_is_named(path: Path, table: Table, column: str) -> None:
    last = f"id = (SELECT max(id) FROM {table.name})"
    number = sqlite3.connect(path).execute(f"SELECT max(id) FROM {table.name}").fetchone()[0]
    file = "a.bmp" if table.name not in ("cases", "models", "signatures") else ""
    for value in ("'other'", "7", "0.5", "x'00ff'"):
        edit(path, f"UPDATE {table.name} SET {column} = {value} WHERE {last}")
        with Case.open(path) as case:
            named = found(case)
        shown = f"{table.name} row {number}"
        assert named, value
        assert any(one.startswith(shown) and "was edited: its values do not match its digest" in one for one in named)
        if (table.name, column) != ("inputs", "path"):
            assert any(file in one for one in named)


def test_an_edited_row_with_a_new_digest_is_named(place: dict[str, str]) -> None:
    with Case.create(**place) as case:
        fill(case)
        verdicts = schema.verdicts
        with case.change() as change:
            row = change.connection.execute(verdicts.select().order_by(verdicts.c.id.desc())).first()
            values = {**complete(verdicts, row._mapping), "verdict": "HEM"}
            values["digest"] = row_digest("verdicts", values)
            change.connection.execute(verdicts.update().where(verdicts.c.id == row.id).values(**values))
        assert found(case) == [f"verdicts row {row.id} (a.bmp): was edited: its digest is not the one in the log"]


@pytest.mark.parametrize("table", ["pictures", "verdicts", "signatures"])
def test_a_missing_row_is_named(path: Path, table: str) -> None:
    number = sqlite3.connect(path).execute(f"SELECT max(id) FROM {table}").fetchone()[0]
    edit(path, f"DELETE FROM {table} WHERE id = {number}")
    subject = "H3" if table == "signatures" else "a.bmp"
    with Case.open(path) as case:
        assert found(case) == [f"{table} row {number} ({subject}): is missing: the log says that it was written"]


def test_a_row_that_was_slipped_in_is_named(path: Path) -> None:
    values = "input_id, model_id, verdict, digest"
    edit(path, f"INSERT INTO verdicts ({values}) SELECT {values} FROM verdicts WHERE id = 2")
    with Case.open(path) as case:
        (one,) = found(case)
    assert one.startswith("verdicts row 5 (b.bmp): was ")


def test_a_broken_chain_is_named(path: Path) -> None:
    edit(path, "UPDATE log SET who = 'Eve' WHERE seq = 4")
    with Case.open(path) as case:
        assert found(case) == ["log row 4 (b.bmp): was edited: its values do not match its digest"]
    edit(path, "DELETE FROM log WHERE seq = 4")
    with Case.open(path) as case:
        named = found(case)
    assert "log row 4: is missing" in named
    assert "verdicts row 2 (b.bmp): was slipped in: no entry of the log wrote it" in named


def test_an_entry_that_was_written_anew_breaks_the_chain(path: Path) -> None:
    with Case.open(path) as case, case.change() as change:
        row = change.connection.execute(text("SELECT * FROM log WHERE seq = 4")).first()
        values = {**row._mapping, "who": "Eve"}
        digest = row_digest("log", values)
        change.connection.execute(text("UPDATE log SET who = 'Eve', digest = :d WHERE seq = 4"), {"d": digest})
    with Case.open(path) as case:
        assert found(case) == ["log row 5 (c.bmp): does not follow the entry before it: the chain is broken"]


def test_one_changed_byte_of_the_rows_is_found(path: Path) -> None:
    """Of each page that holds a picture, a verdict or the log."""
    data = path.read_bytes()
    for word in (b"a picture", b"0123456789ab", b"judged again", b"b.bmp", b"Anna", b"mobilenet_m"):
        start = 0
        while (start := data.find(word, start)) >= 0:
            path.write_bytes(data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :])
            start += 1
            try:
                with Case.open(path) as case:
                    named = found(case)
            except CaseError as error:  # SQLite itself sees it
                named = [str(error)]
            assert named, (word, start)


def test_a_text_that_is_none_any_more_is_named(path: Path) -> None:
    edit(path, "UPDATE inputs SET patient = CAST(X'48ff' AS TEXT) WHERE path = 'b.bmp'")
    with Case.open(path) as case:
        said = found(case)
    assert any(one.startswith("inputs row") and "(b.bmp): was edited" in one for one in said)


def test_every_byte_of_the_file_is_watched(whole: Path, tmp_path: Path) -> None:
    """A byte anywhere in the file: either check says so, or it lies where the database keeps nothing."""
    drawn = random.Random(0)
    data = whole.read_bytes()
    used = [place for place, byte in enumerate(data) if byte]
    said = 0
    for _ in range(120):
        spoiled = bytearray(data)
        spoiled[drawn.choice(used)] ^= drawn.randrange(1, 256)
        path = tmp_path / "spoiled.case"
        path.write_bytes(spoiled)
        try:
            with Case.open(path) as case:
                findings = check_all(case).findings
        except (CaseError, OutputError):
            said += 1
            continue
        said += bool(findings)
        assert findings or held(path) == held(whole)
    assert said > 80


def held(path: Path) -> list[tuple[object, ...]]:
    """All that the tables give back."""
    connection = sqlite3.connect(path)
    rows = [row for table in schema.metadata.tables for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
    connection.close()
    return rows
