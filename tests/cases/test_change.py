"""A change writes rows with their digests, in their order, and chains what it says of them in the log."""

import json
from pathlib import Path

import pytest

from leukolens import Case
from leukolens.cases import schema
from leukolens.cases.change import complete
from leukolens.cases.digest import row_digest


def test_rows_are_completed_as_the_database_gives_them_back() -> None:
    found = complete(schema.inputs, {"case_id": 1, "path": "a", "um_per_px": 1, "id": 9, "digest": "x"})
    assert "id" not in found
    assert "digest" not in found
    assert (found["sha256"], found["bytes"]) == ("", None)  # '' where a text may not be empty, else NULL
    assert isinstance(found["um_per_px"], float)
    assert complete(schema.cells, {"touching": 1})["touching"] is True
    assert complete(schema.cells, {"touching": None})["touching"] is None


def test_ids_and_digests_come_back_in_the_order_given(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case, case.change() as change:
        rows = [{"case_id": case.id, "path": path} for path in ("c", "a", "b")]
        written = change.insert(schema.inputs, rows)
        stood = {row.id: row for row in change.connection.execute(schema.inputs.select())}
        assert [stood[one.id].path for one in written] == ["c", "a", "b"]
        for one in written:
            assert one.digest == stood[one.id].digest == row_digest("inputs", stood[one.id]._mapping)
        assert change.insert(schema.inputs, []) == []
        (gone,) = change.remove(schema.inputs, [written[0].id])
        assert (gone.table, gone.id, gone.digest) == ("inputs", written[0].id, None)
        assert len(change.connection.execute(schema.inputs.select()).all()) == 2


def test_entries_are_chained_and_list_their_rows(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case", who="Anna") as case:
        with case.change() as change:
            assert change.last() == (1, next(case.log()).digest)
            (row,) = change.insert(schema.inputs, [{"case_id": case.id, "path": "a"}])
            change.log("one", "a", rows=[row])
            change.log("two", "a", old="x", new="y")
        with case.reading() as connection:
            log = connection.execute(schema.log.select().order_by(schema.log.c.seq)).all()
    assert [(one.seq, one.who, one.action) for one in log] == [
        (1, "Anna", "created"),
        (2, "Anna", "one"),
        (3, "Anna", "two"),
    ]
    assert [one.previous for one in log] == ["", log[0].digest, log[1].digest]
    assert json.loads(log[1].rows) == {"inputs": {str(row.id): row.digest}}
    assert log[2].rows == ""
    assert all(one.digest == row_digest("log", one._mapping) for one in log)


@pytest.mark.parametrize("who", ["", "Bert"])
def test_a_change_that_says_nothing_adds_no_entry(tmp_path: Path, who: str) -> None:
    with Case.create(tmp_path / "x.case", who=who) as case:
        with case.change():
            pass
        assert len(list(case.log())) == 1
