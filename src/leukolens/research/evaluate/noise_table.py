"""The noise table beside the paper's rows (Makem et al. 2025, Tables 6–8)."""

from collections.abc import Sequence

from leukolens.research.evaluate.evaluate import Evaluation
from leukolens.research.published import TABLES_6_TO_8

NOISE_COLUMNS = ("σ", "", "precision", "recall", "F1", "accuracy", "balanced accuracy", "AUROC")


def noise_table(evaluation: Evaluation, *, beside_paper: bool) -> list[tuple[str, ...]]:
    """Rows of NOISE_COLUMNS: measured, and under it the paper's where it has that fold and σ. Macro averages."""
    published = TABLES_6_TO_8.get(evaluation.fold or "", {}) if beside_paper else {}
    table: list[tuple[str, ...]] = []
    for row in evaluation.rows:
        m = row.metrics
        measured = (m.macro.precision, m.macro.recall, m.macro.f1, m.accuracy, m.balanced_accuracy, m.auroc)
        table.append((f"{row.sigma:g}", "measured", *(f"{value:.3f}" for value in measured)))
        if row.sigma in published:
            p = published[row.sigma]
            values = (f"{p.precision:.2f}", f"{p.recall:.2f}", f"{p.f1:.2f}", f"{p.accuracy:.2f}")
            table.append(("", "paper", *values, f"{p.balanced_accuracy:.3f}", "–"))
    return table


def plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned text, readable on any terminal and in a log."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in (columns, *rows)]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
