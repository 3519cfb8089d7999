"""Rows → a line for each patient: how many cells were judged, what they were called, what they say together."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from leukolens.cases.row import Row
from leukolens.decide.patient import PatientAnswer, other_stain, patient_answer
from leukolens.model.card import ModelCard
from leukolens.report.found import Found

UNKNOWN = "(not known)"
"""Stands where a file's patient is not known."""
NOBODY = "The patient of these files is not known, so they get no share together."
"""The answer for these."""
COLUMNS = ("patient", "files", "judged", "copies", "called ALL", "called HEM", "uncertain", "hue", "answer")


@dataclass(frozen=True, kw_only=True)
class PatientSummary:
    """One patient's cells together."""

    patient: str
    """'' for the files whose patient is not known."""
    answer: PatientAnswer
    """Of `decide.patient`; without a share where the patient is not known."""
    found: Found
    """In the patient's fields."""

    @property
    def statement(self) -> str:
        """What is said of the patient."""
        return self.answer.statement if self.patient else NOBODY

    def texts(self) -> tuple[str, ...]:
        """Under COLUMNS."""
        one = self.answer
        counts = (one.files, one.judged, one.copies, one.called_all, one.called_hem, one.uncertain)
        hue = "" if one.hue is None else f"{one.hue:.1f}"
        return (self.patient or UNKNOWN, *map(str, counts), hue, self.statement)


class _Cell(NamedTuple):
    """What is kept of a row: a day has many."""

    verdict: str | None
    p_all: float | None
    hue: float | None
    content: str
    first: bool
    """Of its file."""


class Tally:
    """Counts rows as they come."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card
        self.verdicts: Counter[str | None] = Counter()
        """Of all rows."""
        self.files = 0
        """Pictures that they are of."""
        self._judged_fields: set[str] = set()
        """Paths of fields in which a cell got an answer of the model."""
        self._judged_images = 0
        """Likewise, how many cut-outs."""
        self._cells: defaultdict[str, list[_Cell]] = defaultdict(list)
        """Patient → cells."""
        self._found: defaultdict[str, Found] = defaultdict(Found)
        """Patient → the cells of fields."""
        self._answers: dict[str, PatientAnswer] = {}
        """Patient → answer, where no row came since."""

    def add(self, row: Row) -> None:
        """One more."""
        self.verdicts[row.verdict] += 1
        first = row.cell in (None, 1)
        self.files += first
        if row.judged and row.cell is not None:
            self._judged_fields.add(row.path)
        elif row.judged:
            self._judged_images += 1
        self._cells[row.patient].append(_Cell(row.verdict, row.p_all, row.hue, row.content, first))
        self._found[row.patient].add(row)
        self._answers.pop(row.patient, None)

    @property
    def judged(self) -> int:
        """How many rows hold an answer of the model."""
        return self.verdicts.total() - self.verdicts["refused"] - self.verdicts[None]

    @property
    def files_judged(self) -> int:
        """How many pictures show at least one cell with an answer of the model."""
        return self._judged_images + len(self._judged_fields)

    def names(self) -> list[str]:
        """Every patient, sorted; '' among them where one is not known."""
        return sorted(self._cells)

    @property
    def stained(self) -> frozenset[str]:
        """Known patients whose cells are of another stain than the model knows."""
        return frozenset(one.patient for one in self.patients() if one.patient and one.answer.finding == "other stain")

    def line(self) -> str:
        """'5 judged, 2 ALL, 3 HEM; images not judged: 1'; with fields also 'cells of fields not judged: 2'."""
        uncertain = f", {self.verdicts['uncertain']} uncertain" if self.verdicts["uncertain"] else ""
        answers = f"{self.verdicts['ALL']} ALL, {self.verdicts['HEM']} HEM{uncertain}"
        of_fields = sum(found.cells - found.judged for found in self._found.values())
        images = self.verdicts.total() - self.judged - of_fields
        fields = f", cells of fields not judged: {of_fields}" if of_fields else ""
        return f"{self.judged} judged, {answers}; images not judged: {images}{fields}"

    def patients(self) -> list[PatientSummary]:
        """The highest share first, those without one last. [] when no patient is known."""
        if not any(self._cells):
            return []
        found = [
            PatientSummary(patient=patient, answer=self._answer(patient), found=self._found[patient])
            for patient in self._cells
        ]
        return sorted(found, key=lambda one: (one.answer.share is None, -(one.answer.share or 0), one.patient))

    def _answer(self, patient: str) -> PatientAnswer:
        if patient not in self._answers:
            rule = self._card.share_rule if patient else None
            cells = self._cells[patient]
            files = sum(cell.first for cell in cells)
            self._answers[patient] = patient_answer(cells, rule, files=files)
        return self._answers[patient]

    def stain(self) -> str:
        """A warning where the cells are stained otherwise than the model knows; '' where they are not.

        By patient, those of whom no patient is known together; of few cells nothing can be said.
        """
        rule = self._card.share_rule
        if rule is None or rule.hues is None:
            return ""
        answers = {patient: self._answer(patient) for patient in sorted(self._cells)}
        found = [
            patient or UNKNOWN
            for patient, one in answers.items()
            if one.judged >= rule.min_cells and one.hue is not None and other_stain(one.hue, rule)
        ]
        return (
            f"Stained unlike every patient that the model knows: {', '.join(found)} (mean hue outside "
            f"{_degrees(rule.hues)}). Its probabilities do not carry over to them."
            if found
            else ""
        )

    def rule(self) -> str:
        """How a patient's share comes about, or that this model gives none."""
        rule = self._card.share_rule
        if rule is None:
            return "No patient gets a share of blasts: this model has no share rule."
        return (
            f"The share is of the judged lymphoid cells, identical files counted once, from {rule.min_cells} cells on; "
            f"in brackets the shares that they could have come from. Limit of {rule.limit:.0%}: {rule.source}."
            + ("" if rule.hues is None else f" A mean hue outside {_degrees(rule.hues)} is another stain.")
        )


def _degrees(hues: tuple[float, float]) -> str:
    return f"{hues[0]:.1f}–{hues[1]:.1f}°"


def table(summaries: Sequence[PatientSummary]) -> list[tuple[str, ...]]:
    """The column names, then a line for each; hue only where anyone has one."""
    lines = [one.texts() for one in summaries]
    shown = [place for place, name in enumerate(COLUMNS) if name != "hue" or any(line[place] for line in lines)]
    return [tuple(line[place] for place in shown) for line in (COLUMNS, *lines)]


def plain(summaries: Sequence[PatientSummary]) -> str:
    """For a terminal."""
    lines = table(summaries)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ((line[0].ljust(widths[0]), *map(str.rjust, line[1:-1], widths[1:-1]), line[-1]) for line in lines)
    return "\n".join("  ".join(row) for row in rows)
