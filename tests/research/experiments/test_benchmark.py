"""`leukolens benchmark --quick`: subjects apart, calibration on inner validation, tables from predictions."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from command import leukolens
from recipemaker import settled
from sklearn.metrics import f1_score, roc_auc_score

from leukolens.base.errors import RunError
from leukolens.research.experiments import benchmark as unseen
from leukolens.research.experiments.measure import CALIBRATING
from leukolens.research.recipes import recipe


@pytest.fixture
def report(benchmarked: Path) -> Path:
    return benchmarked


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def results(report: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted((report / "runs").glob("*/held_out.json"))]


def test_each_fold_is_tested_by_subject_and_by_image(report: Path) -> None:
    protocols = {(r["protocol"], bool(r["shared_subjects"])) for r in results(report)}
    assert protocols == {
        ("test fold 0", False),
        ("test fold 1", False),
        ("test fold 0, by image", True),
        ("test fold 1, by image", True),
    }
    for folder in (report / "runs").glob("*by-image*"):
        (honest,) = (report / "runs").glob(folder.name.split("by-image")[0] + "0-*")
        sizes = [len(rows(path / "predictions.csv")) for path in (folder, honest)]
        assert sizes[0] == sizes[1]


def parts(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"train": set(), "val": set(), "test": set()}
    for row in rows(path):
        found[row["part"]].add(row["subject"])
    return found


def test_every_training_subject_calibrates_by_a_network_that_has_not_seen_it_where_nothing_was_chosen(
    report: Path,
) -> None:
    folders = [folder for folder in (report / "runs").iterdir() if folder.is_dir() and "by-image" not in folder.name]
    for folder in folders:
        schedule = json.loads((folder / "run.json").read_text())["settings"]["schedule"]
        tested = parts(folder / "split.csv")
        if schedule == "plateau":
            assert tested["val"]
            assert not (folder / CALIBRATING).exists()
            continue
        inner = [parts(path) for path in sorted((folder / CALIBRATING).glob("*/split.csv"))]
        assert not tested["val"]
        assert len(inner) == 3
        for part in inner:
            assert part["val"]
            assert not part["test"]
            assert part["train"] == tested["train"] - part["val"]
        assert sorted(subject for part in inner for subject in part["val"]) == sorted(tested["train"])
    assert any((folder / CALIBRATING).exists() for folder in folders)


def test_the_figures_are_what_scikit_learn_finds_in_the_predictions(report: Path) -> None:
    for folder in (report / "runs").glob("settled-*"):
        facts, predictions = json.loads((folder / "held_out.json").read_text()), rows(folder / "predictions.csv")
        truth = np.array([row["label"] == "ALL" for row in predictions])
        p_all = np.array([float(row["p_all_sigma_0"]) for row in predictions])
        verdict = np.array([row["verdict"] == "ALL" for row in predictions])
        found = {name: metric["value"] for name, metric in facts["metrics"].items()}
        assert found["auroc"] == pytest.approx(roc_auc_score(truth, p_all), abs=2e-3)  # written with six digits
        assert found["weighted_f1"] == pytest.approx(f1_score(truth, verdict, average="weighted"))
        assert sum(row["cells"] for row in facts["subjects"]) == len(predictions)


def test_the_means_are_those_of_the_experiments(report: Path) -> None:
    honest = [r for r in results(report) if not r["shared_subjects"]]
    table = {row["mean over tests"]: row["settled, seed 0, 2 tests"] for row in rows(report / "tables/means.csv")}
    for name in ("auroc", "specificity", "ece"):
        mean = np.mean([r["metrics"][name]["value"] for r in honest])
        assert float(table[name]) == pytest.approx(mean, abs=6e-4)


def test_the_report_holds_every_part(report: Path) -> None:
    text = (report / "report.md").read_text()
    for title in ("Held-out subjects", "What the leak is worth", "Shortcuts", "other conditions", "Calibration"):
        assert title in text
    assert "Generated cells" in text
    tables = {path.name for path in (report / "tables").iterdir()}
    assert tables == {
        "means.csv",
        "held_out.csv",
        "worst_subjects.csv",
        "inflation.csv",
        "patients.csv",
        "shortcuts.csv",
        "conditions.csv",
        "calibration.csv",
    }
    assert {row["what is looked at"] for row in rows(report / "tables/shortcuts.csv")} >= {"area alone", "colour alone"}
    assert {row["condition"] for row in rows(report / "tables/conditions.csv")} >= {"without saturation", "size × 1.25"}
    assert len(rows(report / "tables/inflation.csv")) == 2 * 5


def test_a_experiment_that_is_done_is_never_repeated(report: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (report / "runs").rglob("held_out.json")}
    unseen.quick(report, recipes={"settled": settled()})
    assert {path: path.stat().st_mtime_ns for path in (report / "runs").rglob("held_out.json")} == before


def test_a_wrong_recipe_gets_the_nearest() -> None:
    with pytest.raises(RunError, match=r"Did you mean paper\?"):
        recipe("papers", seed=0)


def test_a_dry_run_lists_and_trains_nothing(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("benchmark", cells, "--out", tmp_path / "out", "--recipes", "paper", "--dry-run") == 0
    assert capsys.readouterr().out.count("to do") == 4
    assert not (tmp_path / "out/runs").exists()


def test_experiments_left_for_later_are_named(report: Path, cells: Path, tmp_path: Path) -> None:
    assert "Not run" not in (report / "report.md").read_text()
    settled_now = {"settled": unseen.shortened(settled())}
    assert unseen.benchmark(cells, tmp_path / "out", recipes=settled_now, init="random", at_most=0)
    (line,) = [x for x in (tmp_path / "out/report.md").read_text().splitlines() if "Not run" in x]
    assert line.count("settled, test fold") == 4
    assert "settled, test fold 0, by image, seed 0" in line
