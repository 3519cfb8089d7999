"""Rows → a line for each patient: how many cells were judged, how many called ALL, what they say together."""

from collections import Counter
from dataclasses import dataclass

from leukolens.cases.row import Row
from leukolens.decide.patient import PatientVerdict, other_stain, verdict_of_counts
from leukolens.model.card import ModelCard

UNKNOWN = "(not known)"
"""Stands where a file's patient is not known."""
COLUMNS = ("patient", "files", "judged", "called ALL", "share", "uncertain", "not judged", "hue", "verdict")


@dataclass(frozen=True, kw_only=True)
class PatientSummary:
    """One patient's cells together."""

    patient: str
    """'' for the files whose patient is not known."""
    files: int
    judged: int
    """Neither refused nor unreadable."""
    called_all: int
    """Judged cells whose p(ALL) reaches the model's threshold, those that are 'uncertain' among them."""
    uncertain: int
    """Judged cells inside the model's band."""
    hue: float | None
    """Degrees, mean of the judged cells'; None where none was measured."""
    verdict: PatientVerdict | None
    """None for a model without a patient rule, and where the patient is not known."""

    @property
    def share(self) -> float | None:
        """Of the judged cells that are called ALL, 0–1; None without one."""
        return self.called_all / self.judged if self.judged else None

    def texts(self) -> tuple[str, ...]:
        """Under COLUMNS."""
        verdict = ""
        if self.verdict is not None:
            verdict = f"{self.verdict.verdict} ({self.verdict.low:.2f}–{self.verdict.high:.2f})"
        counts = (self.files, self.judged, self.called_all)
        share = "" if self.share is None else f"{self.share:.3f}"
        left = (self.uncertain, self.files - self.judged)
        hue = "" if self.hue is None else f"{self.hue:.1f}"
        return (self.patient or UNKNOWN, *map(str, counts), share, *map(str, left), hue, verdict)


class Tally:
    """Counts rows as they come."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card
        self.verdicts: Counter[str | None] = Counter()
        """Of all rows."""
        self._files: Counter[str] = Counter()
        self._judged: Counter[str] = Counter()
        self._called_all: Counter[str] = Counter()
        self._uncertain: Counter[str] = Counter()
        self._hues: Counter[str] = Counter()
        """Tenths of a degree, summed over the judged cells; whole numbers, so that the order of the rows is nothing."""

    def add(self, row: Row) -> None:
        """One more."""
        self.verdicts[row.verdict] += 1
        self._files[row.patient] += 1
        self._judged[row.patient] += row.judged
        self._called_all[row.patient] += self._calls_all(row)
        self._uncertain[row.patient] += row.verdict == "uncertain"
        if row.judged and row.hue is not None:
            self._hues[row.patient] += round(10 * row.hue)

    def _calls_all(self, row: Row) -> bool:
        """By the verdict where it tells: p(ALL) is rounded in a row, and may then lie on the threshold's other side."""
        if row.verdict == "uncertain":
            return row.p_all is not None and row.p_all >= self._card.threshold
        return row.verdict == "ALL"

    @property
    def files(self) -> int:
        """How many rows there were."""
        return self._files.total()

    @property
    def judged(self) -> int:
        """How many of them hold an answer of the model."""
        return self._judged.total()

    def names(self) -> list[str]:
        """Every patient, sorted; '' among them where one is not known."""
        return sorted(self._files)

    def line(self) -> str:
        """'5 judged, 2 ALL, 3 HEM; 1 not'."""
        uncertain = f", {self.verdicts['uncertain']} uncertain" if self.verdicts["uncertain"] else ""
        answers = f"{self.verdicts['ALL']} ALL, {self.verdicts['HEM']} HEM{uncertain}"
        return f"{self.judged} judged, {answers}; {self.files - self.judged} not"

    def patients(self) -> list[PatientSummary]:
        """The highest share called ALL first, those without a judged cell last. [] when no patient is known."""
        if not any(self._files):
            return []
        found = [self._summary(patient) for patient in self._files]
        return sorted(found, key=lambda one: (one.share is None, -(one.share or 0), one.patient))

    def _summary(self, patient: str) -> PatientSummary:
        judged, called_all, hue = self._judged[patient], self._called_all[patient], self._hue(patient)
        rule = self._card.patient_rule
        return PatientSummary(
            patient=patient,
            files=self._files[patient],
            judged=judged,
            called_all=called_all,
            uncertain=self._uncertain[patient],
            hue=hue,
            verdict=None if rule is None or not patient else verdict_of_counts(called_all, judged, rule, hue=hue),
        )

    def _hue(self, patient: str) -> float | None:
        """A model looks at every cell's hue or at none's."""
        return self._hues[patient] / 10 / self._judged[patient] if self._hues[patient] else None

    def stain(self) -> str:
        """A warning where the cells are stained otherwise than the model knows; '' where they are not.

        By patient, those of whom no patient is known together; of few cells nothing can be said.
        """
        rule = self._card.patient_rule
        if rule is None or rule.hues is None:
            return ""
        many = [patient for patient in sorted(self._files) if self._judged[patient] >= rule.fewest_cells]
        found = [patient or UNKNOWN for patient in many if other_stain(self._hue(patient), rule)]
        return (
            f"Stained unlike every patient that the model knows: {', '.join(found)} (mean hue outside "
            f"{_degrees(rule.hues)}). Its probabilities do not carry over to them."
            if found
            else ""
        )

    def rule(self) -> str:
        """How a patient's verdict comes about, or that this model gives none."""
        rule = self._card.patient_rule
        if rule is None:
            return "No patient gets a verdict: this model has no patient rule."
        return (
            f"A patient's verdict is ALL when the share's whole interval (in brackets, {rule.level:.0%}) lies above "
            f"{rule.all_above:g}, HEM when it lies below {rule.hem_below:g}, else uncertain; fewer than "
            f"{rule.fewest_cells} judged cells are too few."
            + ("" if rule.hues is None else f" A mean hue outside {_degrees(rule.hues)} is another stain.")
        )


def _degrees(hues: tuple[float, float]) -> str:
    return f"{hues[0]:.1f}–{hues[1]:.1f}°"


def table(summaries: list[PatientSummary]) -> list[tuple[str, ...]]:
    """The column names, then a line for each; hue and verdict only where anyone has one."""
    lines = [one.texts() for one in summaries]
    empty = [place for place in range(len(COLUMNS)) if not any(line[place] for line in lines)]
    shown = [place for place, name in enumerate(COLUMNS) if place not in empty or name not in ("hue", "verdict")]
    return [tuple(line[place] for place in shown) for line in (COLUMNS, *lines)]


def plain(summaries: list[PatientSummary]) -> str:
    """For a terminal."""
    lines = table(summaries)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ((line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])) for line in lines)
    return "\n".join("  ".join(row) for row in rows)
