"""A Row as one line of CSV or of JSON Lines and back. The schema: docs/predictions.md."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from leukolens.cases.row import COLUMNS, VERDICTS, Row

_NUMBERS = ("p_all", "hue")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A table's format: lines that end in '\\n', UTF-8."""

    header: str
    """The first line; '' for a format without one."""
    encode: Callable[[Row], str]
    """A row → its line."""
    decode: Callable[[str], Row]
    """A line without its end → its row. Raises ValueError for anything else than what `encode` writes."""


def _to_csv(values: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _from_csv(line: str) -> Row:
    try:
        (values,) = csv.reader([line], strict=True)
    except csv.Error as error:
        raise ValueError(str(error)) from error
    found: dict[str, Any] = dict(zip(COLUMNS, values, strict=True))
    numbers = {name: _number(found[name]) for name in _NUMBERS}
    return _checked({**found, "verdict": found["verdict"] or None, **numbers})


def _number(text: str) -> float | None:
    return float(text) if text else None


def _to_jsonl(row: Row) -> str:
    return json.dumps(asdict(row), ensure_ascii=False) + "\n"


def _from_jsonl(line: str) -> Row:
    found = json.loads(line)
    if not isinstance(found, dict) or tuple(found) != COLUMNS:
        raise ValueError("other columns")
    return _checked(found)


def _checked(found: dict[str, Any]) -> Row:
    verdict, p_all, hue = found["verdict"], found["p_all"], found["hue"]
    texts = (value for name, value in found.items() if name not in ("verdict", *_NUMBERS))
    if not all(isinstance(text, str) for text in texts) or (verdict is not None and verdict not in VERDICTS):
        raise ValueError("other values")
    if p_all is not None and not (isinstance(p_all, int | float) and 0 <= p_all <= 1):
        raise ValueError("no probability")
    if hue is not None and not (isinstance(hue, int | float) and 0 <= hue <= 360):
        raise ValueError("no hue")
    return Row(**found)


CSV = Kind(header=_to_csv(list(COLUMNS)), encode=lambda row: _to_csv(list(row.texts().values())), decode=_from_csv)
JSONL = Kind(header="", encode=_to_jsonl, decode=_from_jsonl)
