"""Patients' answers → `--patients out.csv` or `out.json`. The columns: docs/predictions.md."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from leukolens.base import schema
from leukolens.base.names import not_a_formula
from leukolens.report.summary import PatientSummary


@dataclass(frozen=True, kw_only=True)
class PatientRow:
    """What is written of one patient."""

    patient: str
    files: schema.Count
    found: schema.Count
    """White cells in the patient's fields, judged or not; cut-outs are not among them."""
    judged: schema.Count
    copies: schema.Count
    called_all: schema.Count
    called_hem: schema.Count
    uncertain: schema.Count
    hue: float | None
    """Degrees, the mean of the judged cells."""
    share: schema.Share | None
    """Of blasts among the judged cells; None where the model gives none."""
    low: schema.Share | None
    high: schema.Share | None
    finding: str
    statement: str
    """The finding in a sentence."""
    model_id: str


COLUMNS = tuple(field.name for field in fields(PatientRow))


def patients_csv(summaries: Iterable[PatientSummary], *, model_id: str) -> Iterator[str]:
    """The names of the columns, then a line for each patient; an empty cell where there is no share."""
    yield _line(COLUMNS)
    for record in _records(summaries, model_id):
        yield _line(["" if value is None else not_a_formula(str(value)) for value in record.values()])


def patients_json(summaries: Iterable[PatientSummary], *, model_id: str) -> Iterator[str]:
    """One list with an object for each patient; null where there is no share."""
    yield json.dumps(list(_records(summaries, model_id)), ensure_ascii=False, indent=2) + "\n"


def _records(summaries: Iterable[PatientSummary], model_id: str) -> Iterator[Mapping[str, Any]]:
    for one in summaries:
        hue = None if one.answer.hue is None else round(one.answer.hue, 1)
        shares = {name: None if (value := getattr(one.answer, name)) is None else round(value, 2) for name in _SHARES}
        values = asdict(one.answer) | shares | {"hue": hue, "statement": one.statement}
        values |= {"patient": one.patient, "found": one.found.cells, "model_id": model_id}
        yield {name: values[name] for name in COLUMNS}


_SHARES = ("share", "low", "high")


def _line(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()
