"""One self-contained HTML page about a run: opens offline, pictures inside."""

from pathlib import Path

from leukolens.base import atomic
from leukolens.research.evaluate.blocks import Block, Heading, Picture, Table, Text, to_html
from leukolens.research.evaluate.evaluate import Evaluation
from leukolens.research.evaluate.noise_table import NOISE_COLUMNS, noise_table

_PICTURES = (
    ("confusion.png", "Confusion matrix"),
    ("roc.png", "ROC curves"),
    ("curves.png", "Training: accuracy and loss against epochs"),
    ("contact_sheet.png", "What the network sees while it learns: after balance, noise and augmentation"),
)


def write_report(evaluation: Evaluation, run: Path, *, note: str | None = None) -> Path:
    """report.html in the run's folder, from its pictures and tables. note: a sentence that stands on top."""
    card = evaluation.classifier.card
    clean = evaluation.rows[0].metrics
    blocks: list[Block] = [Heading(text="LeukoLens: leukemic blast (ALL) or normal cell (HEM)", level=1)]
    if note:
        blocks.append(Text(text=note, note=True))
    blocks.append(Text(text="Research use. A second opinion: a trained reader confirms each cell.", note=True))
    if evaluation.shared_subjects:
        leak = (
            f"{evaluation.shared_subjects} subjects stand in training and in test alike, as in the paper: these "
            "metrics flatter and say nothing about patients never seen."
        )
        blocks.append(Text(text=leak, note=True))
    facts = (
        f"Model {card.model_id}, protocol {card.protocol}, fold {card.fold or 'all'}, {len(evaluation.cells)} cells of "
        f"the part {evaluation.part}. "
        f"Accuracy {clean.accuracy:.3f}, AUROC {clean.auroc:.3f}, macro F1 {clean.macro.f1:.3f}."
    )
    rows = noise_table(evaluation, beside_paper=card.protocol == "paper" and note is None)
    blocks += [Text(text=facts), Heading(text="With test noise")]
    blocks.append(Table(name="noise", columns=NOISE_COLUMNS, rows=tuple(rows)))
    blocks += [Picture(path=run / name, caption=caption) for name, caption in _PICTURES if (run / name).exists()]
    path = run / "report.html"
    atomic.write_text(path, to_html(blocks, title="LeukoLens"))
    return path
