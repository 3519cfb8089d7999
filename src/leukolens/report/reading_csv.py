"""A patient's cells with both verdicts on each → CSV (RFC 4180)."""

import csv
import io
from collections.abc import Sequence

from leukolens.cases.reading import ReadCell

COLUMNS = (
    *("patient", "path", "cell", "software", "p_all", "reason", "reader_verdict", "counts_as", "note", "reader"),
    *("read_at", "model_id"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a spreadsheet's formula begins."""


def reading_csv(cells: Sequence[ReadCell], *, patient: str) -> str:
    """A line for each cell. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for cell in cells:
        number = "" if cell.number is None else str(cell.number)
        p_all = "" if cell.p_all is None else f"{cell.p_all:.6f}"
        word = cell.word
        texts = (
            patient,
            cell.path,
            number,
            cell.verdict or "",
            p_all,
            cell.reason,
            word.verdict,
            cell.group,
            word.note,
        )
        table.writerow([_inert(one) for one in (*texts, word.reader, word.at, cell.model_id)])
    return text.getvalue()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
