"""Prediction → Row, and a Row as one line of CSV or of JSON Lines and back. The schema: docs/predictions.md."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, get_args

from leukolens import __version__
from leukolens.base.names import in_one_line
from leukolens.predict.prediction import Prediction, Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is written of one file. Texts hold no line end: a row is one line in every table."""

    path: str
    """As it was given, `in_one_line`."""
    sha256: str
    """Of the file, 64 hexadecimal digits; '' when its bytes could not be read."""
    patient: str
    """'' when none is known."""
    verdict: Verdict | None
    """None when the file could not be read as an image."""
    p_all: float | None
    """Probability of ALL, 0–1, six decimals; None without one."""
    band: str
    """p(ALL) in which the answer is 'uncertain', ends included, as '0.250000-0.750000'; '' for a model without one."""
    hue: float | None
    """Degrees of the cell's mean colour, one decimal; None where it was not measured."""
    reason: str
    """Why there is neither ALL nor HEM."""
    model_id: str
    """Which model judged."""
    version: str
    """Of LeukoLens."""
    judged_at: str
    """UTC, ISO 8601, to the second."""

    @property
    def judged(self) -> bool:
        """A cell with an answer of the model: not refused, not unreadable."""
        return self.verdict is not None and self.verdict != "refused"

    def texts(self) -> dict[str, str]:
        """Each value as CSV and HTML show it."""
        p_all = "" if self.p_all is None else f"{self.p_all:.6f}"
        hue = "" if self.hue is None else f"{self.hue:.1f}"
        return {**asdict(self), "verdict": self.verdict or "", "p_all": p_all, "hue": hue}


COLUMNS = tuple(column.name for column in fields(Row))
_NUMBERS = ("p_all", "hue")
_TEXTS = tuple(name for name in COLUMNS if name not in ("verdict", *_NUMBERS))


def row_of(prediction: Prediction, *, patient: str) -> Row:
    """The row of a prediction made now."""
    return Row(
        path=in_one_line(prediction.path),
        sha256=prediction.sha256,
        patient=patient,
        verdict=prediction.verdict,
        p_all=None if prediction.p_all is None else round(prediction.p_all, 6),
        band="" if prediction.band is None else "-".join(f"{end:.6f}" for end in prediction.band),
        hue=None if prediction.hue is None else round(prediction.hue, 1),
        reason=in_one_line(prediction.reason),
        model_id=prediction.model_id,
        version=__version__,
        judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


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
    try:
        found = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict) or tuple(found) != COLUMNS:
        raise ValueError("other columns")
    return _checked(found)


def _checked(found: dict[str, Any]) -> Row:
    verdict, p_all, hue = found["verdict"], found["p_all"], found["hue"]
    if not all(isinstance(found[name], str) for name in _TEXTS) or (verdict is not None and verdict not in VERDICTS):
        raise ValueError("other values")
    "".join(found[name] for name in _TEXTS).encode()  # a lone surrogate, as JSON can spell it, is a ValueError here
    if p_all is not None and not (isinstance(p_all, int | float) and 0 <= p_all <= 1):
        raise ValueError("no probability")
    if hue is not None and not (isinstance(hue, int | float) and 0 <= hue <= 360):
        raise ValueError("no hue")
    return Row(**found)


CSV = Kind(header=_to_csv(list(COLUMNS)), encode=lambda row: _to_csv(list(row.texts().values())), decode=_from_csv)
JSONL = Kind(header="", encode=_to_jsonl, decode=_from_jsonl)
