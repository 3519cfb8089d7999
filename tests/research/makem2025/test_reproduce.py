"""`leukolens reproduce --quick`: every table and figure, checked against scikit-learn; runs are never repeated."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import leukolens
from sklearn.metrics import accuracy_score, f1_score

from leukolens.base import provenance
from leukolens.research.makem2025 import reproduce as again
from leukolens.research.makem2025.systems import systems
from leukolens.research.settings import TrainSettings

HOLD_TIMES = {"prediction_time.csv", "runs.csv", "costs.csv"}
ONLY = (
    "mobilenet_m",
    "alnett",
    "mohammed_2021_nb",
    "putzu_2014",
    "frozen_mobilenet",
    "fused_average",
    "fused_gompertz",
    "mobilenet_m_short",
    "yolo_like",
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reproduction")
    assert again.quick(out, only=ONLY) == out / "report.html"
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_table_and_figure_is_there(report: Path) -> None:
    text = (report / "report.md").read_text()
    for number in (1, 2, 3, 4, 5, 9, 10, 11):
        assert f"## Table {number}: " in text
    assert "## Tables 6–8" in text
    names = {path.name for path in (report / "figures").iterdir()}
    numbered = {"figure_3.png", "figure_4.png", "figure_6_fold_0.png", "figure_7.png", "figure_8.png", "figure_9.png"}
    assert numbered <= names
    assert "Generated cells" in text
    assert "http" not in (report / "report.html").read_text().replace("https://doi.org", "")


def test_the_comparison_is_what_scikit_learn_finds_in_the_predictions(report: Path) -> None:
    shown = {row["system"]: row for row in rows(report / "tables" / "comparison.csv")}
    for folder in (report / "runs").iterdir():
        if not (folder / "predictions.csv").exists():
            continue
        predictions = rows(folder / "predictions.csv")
        truth = np.array([row["label"] == "ALL" for row in predictions])
        verdict = np.array([float(row["p_all_sigma_0"]) >= 0.5 for row in predictions])
        row = shown[folder.name.rsplit("-", 2)[0]]
        assert float(row["accuracy [95 %]"].split()[0]) == pytest.approx(accuracy_score(truth, verdict), abs=6e-4)
        macro = f1_score(truth, verdict, average="macro")
        assert float(row["macro F1 [95 %]"].split()[0]) == pytest.approx(macro, abs=6e-4)


def test_every_run_tells_its_code_and_its_epochs(report: Path) -> None:
    shown = {row["run: system, fold, key of settings and data"]: row for row in rows(report / "tables" / "runs.csv")}
    assert set(shown) == {path.parent.name for path in (report / "runs").rglob("metrics.json")}
    assert {row["code"] for row in shown.values()} == {provenance.commit() or "released"}
    (network,) = (row for name, row in shown.items() if name.startswith("mobilenet_m-"))
    assert (network["epochs"], network["kept"] in "12") == ("2", True)
    assert (network["seed"], network["weights at the start"]) == ("0", "random")
    (fused,) = (row for name, row in shown.items() if name.startswith("fused_average-"))
    assert fused["made of"] == "mobilenet_m, alnett, putzu_2014"


def test_what_was_not_run_says_why(report: Path) -> None:
    shown = {row["system"]: row for row in rows(report / "tables" / "comparison.csv")}
    assert shown["resnet50"]["accuracy [95 %]"] == "not run"
    assert shown["resnet50"]["macro F1 [95 %]"] == "not asked for, or cut before its end"


def test_a_run_that_is_done_is_never_repeated(report: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (report / "runs").rglob("metrics.json")}
    text = (report / "tables" / "comparison.csv").read_text()
    assert len(before) == len(ONLY)
    again.quick(report, only=ONLY)
    assert {path: path.stat().st_mtime_ns for path in (report / "runs").rglob("metrics.json")} == before
    assert (report / "tables" / "comparison.csv").read_text() == text


def test_the_noise_sweep_has_the_level_that_only_the_methods_name(report: Path) -> None:
    (folder,) = (report / "runs").glob("mobilenet_m-*")
    assert [row["sigma"] for row in json.loads((folder / "metrics.json").read_text())["noise"]] == [0, 2, 5, 6, 8, 10]
    table = rows(report / "tables" / "noise_fold_0.csv")
    published = {row["σ"]: row["paper"] for row in table if row["figure"] == "accuracy"}
    assert published == {"0": "0.96", "2": "0.96", "5": "0.95", "6": "–", "8": "0.96", "10": "0.95"}


def test_table_4_is_the_papers(report: Path) -> None:
    assert [row["difference"] for row in rows(report / "tables" / "table_4.csv")] == ["+0"] * 7


def test_a_dry_run_lists_and_trains_nothing(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report"
    assert leukolens("reproduce", cells, "--out", out, "--only", "mcn", "--folds", "0", "1", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["mcn", "fold", "0", "to", "do", "1", "min"]
    assert not (out / "runs").exists()


def test_an_ensemble_is_made_anew_when_more_of_its_members_are_done(tmp_path: Path) -> None:
    frozen = ("frozen_mobilenet", "frozen_lite0", "frozen_both")
    seen = []
    for members in (frozen[:2], frozen):
        again.quick(tmp_path, only=[*members, "frozen_vote"])
        (folder,) = (tmp_path / "runs").glob("frozen_vote-*")
        seen.append(tuple(json.loads((folder / "metrics.json").read_text())["fused_of"]))
    assert seen == [frozen[:2], frozen]


@pytest.mark.slow
def test_a_report_killed_three_times_at_random_is_that_of_an_undisturbed_run(report: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "leukolens", "reproduce", "--quick", "--out", str(tmp_path / "killed")]
    command += ["--only", ",".join(ONLY)]
    moments = random.Random(3)
    with (tmp_path / "log").open("w") as log:
        for _ in range(3):
            process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                process.wait(moments.uniform(2, 12))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
        subprocess.run(command, stdout=log, stderr=log, check=True, timeout=400)
    for name in {path.name for path in (report / "tables").iterdir()} - HOLD_TIMES:
        assert (tmp_path / "killed" / "tables" / name).read_text() == (report / "tables" / name).read_text(), name
    assert {path.name for path in (tmp_path / "killed" / "runs").iterdir()} == {
        path.name for path in (report / "runs").iterdir()
    }


@pytest.mark.slow
def test_every_system_runs_in_small(tmp_path: Path) -> None:
    recipe, cells = replace(again.QUICK, epochs=1), replace(again.QUICK_CELLS, cells=10)  # half the time of `--quick`
    again.quick(tmp_path, recipe=recipe, cells=cells)
    shown = rows(tmp_path / "tables" / "comparison.csv")
    assert {row["system"] for row in shown} == set(systems(TrainSettings()))
    assert not [row for row in shown if row["accuracy [95 %]"] == "not run"]
    costs = {row["network"]: row for row in rows(tmp_path / "tables" / "costs.csv")}
    assert {name for name, one in systems(TrainSettings()).items() if one.kind == "network"} == set(costs)
    assert {path.name for path in (tmp_path / "figures").iterdir()} >= {"accuracy_against_cost.png", "learning.png"}
