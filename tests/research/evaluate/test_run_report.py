"""The page of a run: its facts, its leak, its table and the pictures that are there, in one file."""

from dataclasses import replace
from pathlib import Path

from cardmaker import CARD
from evaluationmaker import evaluation
from matplotlib.figure import Figure

from leukolens.base import atomic
from leukolens.research.evaluate.evaluate import Evaluation
from leukolens.research.evaluate.run_report import write_report


def page(run: Path, of: Evaluation, *, note: str | None = None) -> str:
    assert write_report(of, run, note=note) == run / "report.html"
    return (run / "report.html").read_text(encoding="utf-8")


def test_facts_are_those_of_card_and_metrics(tmp_path: Path) -> None:
    text = page(tmp_path, evaluation(0.0, 5.0))
    assert "Model 0123456789ab, protocol paper, fold 1, 6 cells of the part test." in text
    assert "Accuracy 0.667, AUROC 0.889, macro F1 0.667." in text
    assert text.count("<td>measured</td>") == text.count("<td>paper</td>") == 2


def test_a_leak_is_said_and_a_split_by_subject_has_none(tmp_path: Path) -> None:
    leak = "7 subjects stand in training and in test alike"
    assert leak in page(tmp_path, evaluation(shared_subjects=7))
    text = page(tmp_path, evaluation(card=replace(CARD, protocol="subject", fold=None)))
    assert "stand in training and in test" not in text
    assert "fold all" in text
    assert "<td>paper</td>" not in text  # the paper's rows are by image


def test_a_note_comes_first_and_takes_the_paper_s_rows_away(tmp_path: Path) -> None:
    text = page(tmp_path, evaluation(), note="Drawn & not real.")
    assert text.index("Drawn &amp; not real.") < text.index("Research use.")
    assert "<td>paper</td>" not in text


def test_only_pictures_that_are_there_are_shown(tmp_path: Path) -> None:
    assert "<figure>" not in page(tmp_path, evaluation())
    atomic.write_png(tmp_path / "roc.png", Figure(figsize=(1, 1)))
    text = page(tmp_path, evaluation())
    assert text.count("<figure>") == text.count("data:image/png;base64,") == 1
    assert "ROC curves" in text
