"""Reads back the tables that `leukolens predict` wrote."""

import csv
from pathlib import Path

Rows = list[dict[str, str]]


def read_csv(path: Path) -> Rows:
    """A dict a row; the header names the keys."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_path(rows: Rows) -> dict[str, dict[str, str]]:
    """Path → row; no path stands twice."""
    found = {row["path"]: row for row in rows}
    assert len(found) == len(rows)
    return found
