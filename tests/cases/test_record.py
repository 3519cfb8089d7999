"""Records hold what the tables hold, cannot be changed, and load no database."""

from dataclasses import FrozenInstanceError, fields

import pytest
from casemaker import answer, judged
from command import python

from leukolens.cases import schema
from leukolens.cases.record import Answer, Cell, Judged, Picture


def names(record: type) -> set[str]:
    return {field.name for field in fields(record)}


def test_every_value_of_a_record_has_its_column() -> None:
    assert names(Cell) - {"box"} <= set(schema.cells.columns.keys())
    assert names(Answer) - {"cell", "picture"} <= set(schema.verdicts.columns.keys())
    assert names(Picture) <= set(schema.pictures.columns.keys())
    assert names(Judged) - {"answers", "overview"} <= set(schema.inputs.columns.keys())


def test_a_cut_out_s_cell_says_nothing_of_a_place() -> None:
    assert {getattr(Cell(), name) for name in ("number", "box", "area_um2", "touching", "confidence")} == {None}
    assert judged().kind == "cut-out"


def test_a_record_stays_as_it_was_made() -> None:
    with pytest.raises(FrozenInstanceError):
        answer().verdict = "HEM"  # type: ignore[misc]
    with pytest.raises(TypeError, match="answers"):
        Judged(path="a", sha256="")  # type: ignore[call-arg]


def test_they_load_no_database() -> None:
    done = python("import sys, leukolens.cases.record; print('sqlalchemy' in sys.modules)")
    assert done.stdout == "False\n", done.stderr
