"""What stands above a report's cells: when and with what the sample was judged, and a line for each patient."""

from collections.abc import Set
from dataclasses import dataclass

from leukolens.decide.patient import PatientAnswer
from leukolens.report.summary import UNKNOWN, PatientSummary, Tally

_CHIPS = {
    "ALL": ("all", " · blast"),
    "HEM": ("hem", " · normal"),
    "uncertain": ("unsure", ""),
    "refused": ("other", ""),
    "": ("other", "not judged"),
}


def chip_of(verdict: str) -> tuple[str, str]:
    """A verdict's class in the page, and what its chip says besides the verdict: colour is never the only sign."""
    return _CHIPS[verdict]


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first lines of a report."""

    case: str
    """The case's name; '' for one that is not kept."""
    judged: str
    """When, UTC; from … to … where that took minutes; '' for an empty case."""
    sample: str
    """Whose cells, and how many files."""
    counts: list[tuple[str, str, int]]
    """For each verdict given: the chip's words, its class and how many files."""


def head_of(case: str, tally: Tally, judged: Set[str]) -> Head:
    """judged: `judged_at` of all rows, ISO 8601."""
    minutes = sorted({time[:16].replace("T", " ") for time in judged})
    names = [name for name in tally.names() if name]
    whose = f"patient {names[0]}" if len(names) == 1 else f"{len(names)} patients" if names else "no known patient"
    return Head(
        case=case,
        judged=f"{' to '.join(dict.fromkeys((minutes[0], minutes[-1])))} UTC" if minutes else "",
        sample=f"{whose}, {tally.files} {'file' if tally.files == 1 else 'files'}",
        counts=[
            (verdict + word, kind, tally.verdicts[verdict or None])
            for verdict, (kind, word) in _CHIPS.items()
            if tally.verdicts[verdict or None]
        ],
    )


class PatientLine:
    """A patient as the page shows it."""

    def __init__(self, summary: PatientSummary, *, first: int) -> None:
        """first: number of the patient's first cell on the page."""
        self.first = first
        self.patient = summary.patient
        self.name = summary.patient or UNKNOWN
        self.answer: PatientAnswer = summary.answer
        self.statement = summary.statement
        self.found = summary.found
        self.share, self.low, self.high = map(_percents, (self.answer.share, self.answer.low, self.answer.high))

    @property
    def counts(self) -> list[tuple[str, str]]:
        """Name → value, in the order of the columns."""
        one = self.answer
        hue = "–" if one.hue is None else f"{one.hue:.1f}°"
        return [
            ("Files", str(one.files)),
            ("Judged", str(one.judged)),
            ("ALL", str(one.called_all)),
            ("HEM", str(one.called_hem)),
            ("Uncertain", str(one.uncertain)),
            ("Copies", str(one.copies)),
            ("Hue", hue),
        ]


def _percents(share: float | None) -> int:
    """0–100; −1 where there is none, which sorts below every share."""
    return -1 if share is None else round(100 * share)
