"""Row: what a table, a page and a terminal show of one answer. The columns: docs/predictions.md."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import get_args

from leukolens import __version__
from leukolens.base.names import in_one_line
from leukolens.decide.cell import Verdict
from leukolens.predict.prediction import Prediction, content_of

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is written of one cut-out, or of one cell of a field. No text holds a line end: a row is one line."""

    path: str
    """The file as it was given, `in_one_line`."""
    cell: int | None = None
    """From 1 within its field; None for a cut-out, an unreadable file and a field without a white cell."""
    kind: str = ""
    """Of a field's cell: lymphoid, other_white, smudge, platelets, cut or unsure; '' where `cell` is None."""
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
    """Why there is neither ALL nor HEM; in what is exported also that the patient is of another stain."""
    model_id: str
    """Which model judged."""
    version: str
    """Of LeukoLens."""
    judged_at: str
    """UTC, ISO 8601, to the second."""

    @property
    def content(self) -> str:
        """What tells the same cell again: `decide.patient` counts it once."""
        return content_of(self.sha256, self.cell)

    @property
    def judged(self) -> bool:
        """A cell with an answer of the model: not refused, not unreadable."""
        return self.verdict is not None and self.verdict != "refused"

    def texts(self) -> dict[str, str]:
        """Each value as CSV and HTML show it."""
        p_all = "" if self.p_all is None else f"{self.p_all:.6f}"
        hue = "" if self.hue is None else f"{self.hue:.1f}"
        cell = "" if self.cell is None else str(self.cell)
        return {**vars(self), "cell": cell, "verdict": self.verdict or "", "p_all": p_all, "hue": hue}


COLUMNS = tuple(column.name for column in fields(Row))


def row_of(prediction: Prediction, *, patient: str, path: str = "") -> Row:
    """The row of a prediction made now. path: under which the file stands already; default the prediction's."""
    return Row(
        path=path or in_one_line(prediction.path),
        cell=prediction.cell,
        kind=prediction.kind,
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
