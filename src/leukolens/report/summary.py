"""Rows → a line for each patient: how many cells were judged, how many called ALL, what they say together."""

from collections import Counter
from dataclasses import dataclass

from leukolens.card import ModelCard
from leukolens.patient import PatientVerdict, verdict_of_counts
from leukolens.report.rows import Row

UNKNOWN = "(not known)"
"""Stands where a file's patient is not known."""
COLUMNS = ("patient", "files", "judged", "called ALL", "share", "uncertain", "not judged", "verdict")


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
        return (self.patient or UNKNOWN, *map(str, counts), share, *map(str, left), verdict)


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

    def add(self, row: Row) -> None:
        """One more."""
        self.verdicts[row.verdict] += 1
        self._files[row.patient] += 1
        self._judged[row.patient] += row.judged
        self._called_all[row.patient] += self._calls_all(row)
        self._uncertain[row.patient] += row.verdict == "uncertain"

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
        judged, called_all = self._judged[patient], self._called_all[patient]
        rule = self._card.patient_rule
        return PatientSummary(
            patient=patient,
            files=self._files[patient],
            judged=judged,
            called_all=called_all,
            uncertain=self._uncertain[patient],
            verdict=None if rule is None or not patient else verdict_of_counts(called_all, judged, rule),
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
        )


def table(summaries: list[PatientSummary]) -> list[tuple[str, ...]]:
    """The column names, then a line for each; the verdict's column only where there is one."""
    columns = len(COLUMNS) if any(one.verdict is not None for one in summaries) else len(COLUMNS) - 1
    return [line[:columns] for line in (COLUMNS, *(one.texts() for one in summaries))]


def plain(summaries: list[PatientSummary]) -> str:
    """For a terminal."""
    lines = table(summaries)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ((line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])) for line in lines)
    return "\n".join("  ".join(row) for row in rows)
