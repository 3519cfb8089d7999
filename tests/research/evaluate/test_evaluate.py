"""`leukolens evaluate`: its tables follow from its predictions; only a finished run on its own cells is measured."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from command import leukolens
from sklearn import metrics as sk

from leukolens import Classifier
from leukolens.base.errors import RunError
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.research.evaluate.evaluate import evaluate

SIGMAS = ("0", "5")


@pytest.fixture(scope="module")
def measured(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `run` after `leukolens evaluate COPY --sigma 0 5`."""
    copy = tmp_path_factory.mktemp("measured") / "run"
    shutil.copytree(run, copy)
    assert leukolens("evaluate", copy, "--sigma", *SIGMAS) == 0
    return copy


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(run, tmp_path / "copy")


def predictions(run: Path) -> list[dict[str, str]]:
    with (run / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def facts(run: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((run / "metrics.json").read_text())
    return read


def test_predictions_are_the_test_part_each_once(measured: Path) -> None:
    with (measured / "split.csv").open(newline="") as file:
        expected = {row["name"]: row for row in csv.DictReader(file) if row["part"] == "test"}
    rows = predictions(measured)
    assert [row["path"] for row in rows] == list(expected)
    assert len(rows) == 12
    for row in rows:
        known = expected[row["path"]]
        assert (row["label"], row["subject"], row["fold"]) == (known["label"].upper(), known["subject"], "0")


def test_predictions_are_what_users_get_from_the_exported_model(measured: Path, cells: Path) -> None:
    classifier = Classifier(measured / "model.onnx")
    rows = predictions(measured)
    for row, one in zip(rows, classifier(cells / row["path"] for row in rows), strict=True):
        assert float(row["p_all_sigma_0"]) == pytest.approx(one.p_all, abs=2e-6)
        assert row["verdict"] == one.verdict
        assert row["model_id"] == one.model_id


def test_noise_changes_the_probabilities(measured: Path) -> None:
    assert any(row["p_all_sigma_0"] != row["p_all_sigma_5"] for row in predictions(measured))


@pytest.mark.parametrize("place", range(len(SIGMAS)))
def test_metrics_follow_from_the_predictions(measured: Path, place: int) -> None:
    rows = predictions(measured)
    labels = np.array([row["label"] == "ALL" for row in rows])
    p_all = np.array([float(row[f"p_all_sigma_{SIGMAS[place]}"]) for row in rows])
    verdicts = p_all >= 0.5
    noise = facts(measured)["noise"]
    assert isinstance(noise, list)
    found = noise[place]
    assert found["sigma"] == float(SIGMAS[place])
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(labels, verdicts))
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(labels, verdicts))
    assert found["auroc"] == pytest.approx(sk.roc_auc_score(labels, p_all), abs=0.03)  # p is rounded: ties
    assert found["confusion"] == sk.confusion_matrix(labels, verdicts).tolist()
    assert found["macro"]["f1"] == pytest.approx(sk.f1_score(labels, verdicts, average="macro", zero_division=0))
    assert found["all"]["recall"] == pytest.approx(sk.recall_score(labels, verdicts, zero_division=0))


def test_metrics_name_model_part_and_protocol(measured: Path) -> None:
    found = facts(measured)
    assert found["model_id"] == Classifier(measured / "model.onnx").card.model_id
    assert (found["part"], found["cells"], found["protocol"], found["fold"]) == ("test", 12, "paper", "0")
    assert found["noise_seed"] == 0
    assert isinstance(found["shared_subjects"], int)
    assert found["shared_subjects"] > 0


def test_the_report_opens_offline_with_its_pictures_inside(measured: Path) -> None:
    page = (measured / "report.html").read_text(encoding="utf-8")
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 4
    assert all(source.startswith("data:image/png;base64,iVBORw0KGgo") for source in sources)
    assert not re.search(r"https?://|@import|url\(", page)
    for name in ("confusion.png", "roc.png"):
        assert (measured / name).read_bytes().startswith(b"\x89PNG")


def test_the_report_tells_model_figures_leak_and_use(measured: Path) -> None:
    page = (measured / "report.html").read_text(encoding="utf-8")
    noise = facts(measured)["noise"]
    assert isinstance(noise, list)
    assert f"Accuracy {noise[0]['accuracy']:.3f}, AUROC {noise[0]['auroc']:.3f}" in page
    assert str(facts(measured)["model_id"]) in page
    assert f"{facts(measured)['shared_subjects']} subjects stand in training and in test alike" in page
    assert "a trained reader confirms each cell" in page
    assert "<td>paper</td>" in page


def test_a_note_stands_on_top_and_is_escaped(copy: Path) -> None:
    assert leukolens("evaluate", copy, "--sigma", "0", "--note", "Drawn <cells> & none real.") == 0
    page = (copy / "report.html").read_text(encoding="utf-8")
    assert page.index("Drawn &lt;cells&gt; &amp; none real.") < page.index("Research use.")
    assert "<td>paper</td>" not in page  # with a note the metrics do not stand beside the paper's


def test_the_table_stands_beside_the_papers_rows(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("evaluate", copy, "--sigma", "0", "6") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["σ", "precision", "recall", "F1"]
    assert [line.split()[:2] for line in lines[2:5]] == [["0", "measured"], ["paper", "0.96"], ["6", "measured"]]
    assert lines[3].split() == ["paper", "0.96", "0.95", "0.96", "0.96", "0.954", "–"]
    assert lines[-1] == f"report: {copy / 'report.html'}"


def test_measuring_again_gives_the_same_figures(measured: Path, copy: Path) -> None:
    assert leukolens("evaluate", copy, "--sigma", *SIGMAS) == 0
    assert (copy / "predictions.csv").read_bytes() == (measured / "predictions.csv").read_bytes()
    assert (copy / "roc.png").read_bytes() == (measured / "roc.png").read_bytes()


def test_another_seed_is_another_noise(measured: Path, copy: Path) -> None:
    assert leukolens("evaluate", copy, "--sigma", *SIGMAS, "--seed", "1") == 0
    pairs = list(zip(predictions(measured), predictions(copy), strict=True))
    assert all(one["p_all_sigma_0"] == other["p_all_sigma_0"] for one, other in pairs)
    assert any(one["p_all_sigma_5"] != other["p_all_sigma_5"] for one, other in pairs)


def test_every_part_can_be_measured(run: Path) -> None:
    sizes = {part: len(evaluate(run, sigmas=[0], part=part).cells) for part in ("train", "val", "test")}  # type: ignore[arg-type]
    assert sizes == {"train": 32, "val": 4, "test": 12}


def test_what_training_saw_is_printed_and_not_written(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert leukolens("evaluate", copy, "--sigma", "0", "10", "--part", "train") == 0
    printed = capsys.readouterr().out
    assert [line.split()[:2] for line in printed.splitlines()[2:]] == [["0", "measured"], ["10", "measured"]]
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_cells_that_moved_are_given_with_data(
    measured: Path,
    copy: Path,
    cells: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(cells, tmp_path / "moved")
    monkeypatch.setattr("leukolens.research.evaluate.evaluate.recall", lambda _: None)
    assert leukolens("evaluate", copy, "--sigma", *SIGMAS) == 1
    assert "was trained on cells that this machine has not seen. Give them with --data" in capsys.readouterr().err
    assert leukolens("evaluate", copy, "--sigma", *SIGMAS, "--data", tmp_path / "moved") == 0
    assert (copy / "predictions.csv").read_bytes() == (measured / "predictions.csv").read_bytes()


def test_other_cells_are_refused(run: Path, tmp_path: Path) -> None:
    write_phantoms(tmp_path / "other", PhantomSettings(folds=1, subjects=2, cells=2, seed=1))
    with pytest.raises(RunError, match=r"was trained on other cells than .*other holds\. Give them with --data"):
        evaluate(run, data=tmp_path / "other")


def test_one_changed_pixel_is_other_cells(run: Path, cells: Path, tmp_path: Path) -> None:
    shutil.copytree(cells / "fold_0", tmp_path / "moved/fold_0")
    path = tmp_path / "moved/fold_0/hem/UID_H1_1_1_hem.bmp"
    data = bytearray(path.read_bytes())
    data[-700] ^= 1  # the last two bytes of a row are padding
    path.write_bytes(data)
    with pytest.raises(RunError, match="was trained on other cells"):
        evaluate(run, data=tmp_path / "moved")


def test_an_unfinished_run_is_refused(copy: Path) -> None:
    (copy / "model.onnx").unlink()
    with pytest.raises(RunError, match=r"is not finished\. Continue with `leukolens train … --resume`"):
        evaluate(copy)


@pytest.mark.parametrize("name", [".", "absent"])
def test_a_folder_without_a_run_is_refused(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("evaluate", tmp_path / name) == 1
    assert "holds no run. Give the --out folder of `leukolens train`" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
