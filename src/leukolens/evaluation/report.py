"""One self-contained HTML page about a run: opens offline, pictures inside."""

import base64
import html
from pathlib import Path

from leukolens import atomic
from leukolens.evaluation.evaluate import Evaluation
from leukolens.evaluation.tables import NOISE_COLUMNS, noise_table

_PICTURES = (
    ("confusion.png", "Confusion matrix"),
    ("roc.png", "ROC curves"),
    ("curves.png", "Training: accuracy and loss against epochs"),
    ("contact_sheet.png", "What the network sees while it learns: after balance, noise and augmentation"),
)
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ccc}
img{max-width:100%}.note{border-left:4px solid #888;padding-left:1rem}"""


def write_report(evaluation: Evaluation, run: Path, *, note: str | None = None) -> Path:
    """report.html in the run's folder, from its pictures and tables. note: a sentence that stands on top."""
    card = evaluation.classifier.card
    clean = evaluation.rows[0].metrics
    sentences = [
        "Research use. A second opinion: a trained reader confirms each cell.",
        f"Model {card.model_id}, protocol {card.protocol}, fold {card.fold or 'all'}, "
        f"{len(evaluation.cells)} cells of the part {evaluation.part}.",
    ]
    if note:
        sentences.insert(0, note)
    if evaluation.shared_subjects:
        sentences.append(
            f"{evaluation.shared_subjects} subjects stand in training and in test alike, as in the paper: these "
            "figures flatter and say nothing about patients never seen."
        )
    body = [
        "<h1>LeukoLens: leukemic blast (ALL) or normal cell (HEM)</h1>",
        *(f'<p class="note">{html.escape(sentence)}</p>' for sentence in sentences),
        f"<p>Accuracy {clean.accuracy:.3f}, AUROC {clean.auroc:.3f}, macro F1 {clean.macro.f1:.3f}.</p>",
        "<h2>With test noise</h2>",
        _table(NOISE_COLUMNS, noise_table(evaluation, beside_paper=card.protocol == "paper" and note is None)),
        *(_picture(run / name, caption) for name, caption in _PICTURES if (run / name).exists()),
    ]
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>LeukoLens</title><style>{_STYLE}</style>'
    path = run / "report.html"
    atomic.write_text(path, page + "\n".join(body) + "</html>\n")
    return path


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    lines = ("<tr>" + "".join(f"<td>{html.escape(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _picture(path: Path, caption: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<h2>{html.escape(caption)}</h2><img alt="{html.escape(caption)}" src="data:image/png;base64,{data}">'
