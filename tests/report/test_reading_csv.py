"""A reading as CSV: a line for each cell with both verdicts, and no text that a spreadsheet would run."""

import csv
import io

import pytest
from readmaker import read_cell

from leukolens.cases.reading import ReadCell
from leukolens.cases.review import Word
from leukolens.report.reading_csv import COLUMNS, reading_csv


def lines(*cells: ReadCell, patient: str = "H3") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(reading_csv(cells, patient=patient), newline="")))


def test_both_verdicts_stand_side_by_side() -> None:
    word = Word(version=7, verdict="HEM", note='pale, "odd"\nand large', reader="Anna", at="2026-01-02T03:04:05+00:00")
    (one,) = lines(read_cell("ALL", p_all=1 / 3, number=4, word=word))
    assert tuple(one) == COLUMNS
    assert (one["patient"], one["cell"], one["software"], one["p_all"]) == ("H3", "4", "ALL", "0.333333")
    assert (one["reader_verdict"], one["counts_as"], one["reader"]) == ("HEM", "HEM", "Anna")
    assert (one["note"], one["read_at"], one["model_id"]) == (word.note, word.at, "0123456789ab")


def test_what_nobody_read_counts_as_the_software_called_it() -> None:
    unread, refused = lines(read_cell("uncertain"), read_cell("refused", p_all=None, reason="is grey"))
    assert (unread["reader_verdict"], unread["counts_as"], unread["cell"]) == ("", "uncertain", "")
    assert (refused["counts_as"], refused["p_all"], refused["reason"]) == ("not judged", "", "is grey")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_becomes_text_in_every_column_that_a_person_fills(start: str) -> None:
    text = f"{start}1+1"
    (one,) = lines(read_cell(path=text, word=Word(note=text, reader=text)), patient=text)
    assert {one["patient"], one["path"], one["note"], one["reader"]} == {f"'{text}"}
    (inside,) = lines(read_cell(path=f"a{text}"))
    assert inside["path"] == f"a{text}"


def test_lines_end_as_rfc_4180_says() -> None:
    text = reading_csv([read_cell()], patient="H3")
    assert text.count("\r\n") == 2
    assert text.startswith(",".join(COLUMNS) + "\r\n")
