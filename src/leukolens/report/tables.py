"""A case's rows → CSV and JSON Lines. The columns, and how both are written: docs/predictions.md."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from leukolens.base.names import not_a_formula
from leukolens.cases.row import COLUMNS, Row


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """The names of the columns, then a line for each row; no cell is a formula to a spreadsheet."""
    yield _line(list(COLUMNS))
    for row in rows:
        yield _line([not_a_formula(text) for text in row.texts().values()])


def jsonl_lines(rows: Iterable[Row]) -> Iterator[str]:
    """An object for each row, every text as it is."""
    for row in rows:
        yield json.dumps(asdict(row), ensure_ascii=False) + "\n"


def _line(values: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()
