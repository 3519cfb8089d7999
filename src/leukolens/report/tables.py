"""A case's rows → CSV and JSON Lines. The columns, and how both are written: docs/predictions.md."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from leukolens.base.names import not_a_formula
from leukolens.cases.row import COLUMNS, Row


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """The names of the columns, then a line for each row; no cell is a formula to a spreadsheet."""
    lines = csv.writer(_Line(), lineterminator="\n")  # writerow gives back what `write` does
    yield lines.writerow(COLUMNS)
    for row in rows:
        yield lines.writerow(map(not_a_formula, row.texts().values()))


def jsonl_lines(rows: Iterable[Row]) -> Iterator[str]:
    """An object for each row, every text as it is."""
    for row in rows:
        yield json.dumps(asdict(row), ensure_ascii=False) + "\n"


class _Line:
    """Where csv writes: the line is given on."""

    def write(self, line: str) -> str:
        return line
