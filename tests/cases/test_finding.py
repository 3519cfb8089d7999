"""A finding is one line that names table, row and file, whatever the file's name was spoiled to."""

import pytest

from leukolens.cases.finding import Finding


@pytest.mark.parametrize(
    ("row", "file", "told"),
    [
        (7, "a.bmp", "verdicts row 7 (a.bmp): was edited"),
        (7, "", "verdicts row 7: was edited"),
        (0, "", "verdicts row 0: was edited"),
        (None, "a.bmp", "verdicts (a.bmp): was edited"),
        (None, "", "verdicts: was edited"),
    ],
)
def test_it_names_what_there_is_to_name(row: int | None, file: str, told: str) -> None:
    assert str(Finding(table="verdicts", row=row, file=file, what="was edited")) == told


def test_a_spoiled_text_can_still_be_printed() -> None:
    told = str(Finding(table="inputs", row=1, file="a\ud800é.bmp", what="was edited"))
    assert told == "inputs row 1 (a\\ud800é.bmp): was edited"
    assert told.encode("utf-8")
