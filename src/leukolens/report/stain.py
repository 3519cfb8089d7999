"""A patient stained unlike all whom the model knows → a word of it in each of the patient's rows.

A table is filtered, sorted and passed on row by row: what stood only above it would be lost. The mean hue of a
patient's cells tells a stain and no single cell's does (within a subject hues deviate by 2 to 5 degrees). So it is
known when the last cell is judged, and stands in what is exported rather than in the case.
"""

from collections.abc import Iterator
from dataclasses import replace

from leukolens.cases.row import Row
from leukolens.cases.store import Case
from leukolens.report.summary import Tally

OTHER_STAIN = "stained unlike every patient that the model knows"


def tallied(case: Case) -> Tally | None:
    """The case's rows, counted; None for a case without a verdict. It reads all: once does for every export."""
    card = case.card()
    if card is None:
        return None
    tally = Tally(card)
    for row in case.rows():
        tally.add(row)
    return tally


def marked_rows(case: Case, tally: Tally | None) -> Iterator[Row]:
    """All rows, in order; those of a patient of another stain say so in their reason. tally: of the case's rows; None
    for a case without a verdict, which has none."""
    stained = frozenset() if tally is None else tally.stained
    return (marked(row, stained) for row in case.rows())


def marked(row: Row, stained: frozenset[str]) -> Row:
    """stained: patients of another stain."""
    if row.patient not in stained:
        return row
    return replace(row, reason=f"{row.reason}; {OTHER_STAIN}" if row.reason else OTHER_STAIN)
