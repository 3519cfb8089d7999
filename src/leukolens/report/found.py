"""Cells of fields → "N cells found, M judged, why not the rest"."""

from collections import Counter

from leukolens.cases.row import Row


class Found:
    """Counts the cells of one field, or of one patient's fields, as they come."""

    def __init__(self) -> None:
        self.cells = 0
        """White cells, or what looks like one."""
        self.judged = 0
        """Those with an answer of the model."""
        self.why_not: Counter[str] = Counter()
        """Reason without its figures → cells."""

    def add(self, row: Row) -> None:
        """One more; what is not a field's cell does not count."""
        if row.cell is None:
            return
        self.cells += 1
        if row.judged:
            self.judged += 1
        else:
            self.why_not[_short(row.reason)] += 1

    def __str__(self) -> str:
        """'12 cells found, 9 judged; not judged: 2 × is not a lymphoid cell, 1 × is cut by the picture's edge'."""
        counts = f"{self.cells} {'cell' if self.cells == 1 else 'cells'} found, {self.judged} judged"
        reasons = ", ".join(f"{count} × {reason}" for reason, count in self.why_not.most_common())
        return f"{counts}; not judged: {reasons}" if reasons else counts


def _short(reason: str) -> str:
    """Without the figures in brackets and the hint, so that alike reasons count together."""
    return reason.partition(" (")[0].partition(". ")[0]
