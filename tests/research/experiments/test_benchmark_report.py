"""Tables and figures from results that are given."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from storemaker import METRIC, held_out

from leukolens.research.data.split import Split
from leukolens.research.experiments import benchmark_report as report
from leukolens.research.experiments.benchmark_report import mean_of, name_of, patients, shown, write_report
from leukolens.research.experiments.experiment import RESULT, Experiment
from leukolens.research.settings import TrainSettings

SHORTCUTS = {"test fold 0": {"area alone": held_out(0.85)}}


def experiment(folder: Path, result: dict[str, Any] | None) -> Experiment:
    """One that left this result; None: it is yet to be done."""
    if result is not None:
        folder.mkdir(parents=True)
        (folder / RESULT).write_text(json.dumps(result))
    protocol = "test fold 1" if result is None else result["protocol"]
    split = Split(protocol="subject", seed=0, rows={"train": (), "val": (), "test": ()})
    return Experiment(recipe="paper", protocol=protocol, settings=TrainSettings(), split=split, folder=folder)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a report of an honest experiment, its twin and one that was not run stands."""
    leaking = held_out(0.95, protocol="test fold 0, by image", shared_subjects=5)
    places = {"honest": held_out(0.9), "twin": leaking, "later": None}
    experiments = [experiment(tmp_path / name, result) for name, result in places.items()]
    assert write_report(experiments, SHORTCUTS, tmp_path / "out", note="Drawn.") == tmp_path / "out/report.html"
    return tmp_path / "out"


def table(out: Path, name: str) -> list[dict[str, str]]:
    with (out / "tables" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_seed_has_a_mean_of_its_own() -> None:
    metrics = [{name: {"value": value} for name in report.METRICS} for value in (0.5, 0.8, 0.9)]
    experiments = [{"recipe": "a", "seed": seed, "metrics": f} for seed, f in zip((0, 1, 0), metrics, strict=True)]
    found = report._means(experiments)
    assert found.columns == ("mean over tests", "a, seed 0, 2 tests", "a, seed 1, 1 tests")
    assert found.rows[0] == ("weighted f1", "0.700", "0.800")


def test_names_and_numbers_as_every_table_shows_them() -> None:
    assert name_of(held_out(seed=2)) == "paper, test fold 0, seed 2"
    assert shown(METRIC) == "0.900 [0.800–0.950]"
    assert mean_of([held_out(0.9), held_out(0.8)], "auroc") == "0.850"


def test_an_honest_result_stands_alone_and_the_leak_beside_it(out: Path) -> None:
    (column,) = set(table(out, "held_out")[0]) - {"metric [95 %]"}
    assert column == "paper, test fold 0, seed 0"
    inflation = {row["metric"]: row for row in table(out, "inflation")}
    assert inflation["auroc"]["by image"] == "0.950"
    assert inflation["auroc"]["inflation, points"] == "+5.0"
    assert [row["subject"] for row in table(out, "worst_subjects")] == ["H3", "7"]
    assert table(out, "shortcuts")[0]["auroc"] == "0.850 [0.800–0.950]"
    assert table(out, "conditions")[0]["specificity"] == "0.600"


def test_what_was_not_run_and_the_note_are_said(out: Path) -> None:
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "> Not run: paper, test fold 1, seed 0." in text
    assert text.index("> Drawn.") < text.index("> Not run")
    assert (out / "figures/reliability.png").read_bytes().startswith(b"\x89PNG")


def test_a_band_or_why_there_is_none() -> None:
    banded, bare = held_out(), held_out(three_answers=None)
    bare["calibration"] = bare["calibration"] | {"band": None, "why_no_band": "3 subjects are too few"}
    found = report._calibration([banded, bare])
    assert [row[3] for row in found.rows] == ["0.200–0.700", "3 subjects are too few"]
    assert found.rows[0][4:] == ("0.750", "0.020", "0.030")
    assert found.rows[1][4:] == ("", "", "")


def test_patients_are_counted_and_the_wrong_ones_named() -> None:
    older = held_out()
    del older["patients"]  # as version 0.1 wrote it
    found = patients([held_out(), older])
    ((name, rule, *counts, wrong),) = found.rows
    assert (name, rule, wrong) == ("paper, test fold 0, seed 0", "from 40 cells on, limit 5%", "H3")
    assert dict(zip(found.columns[2:-1], counts, strict=True)) == {
        "right": "1",
        "wrong": "1",
        "cannot tell": "0",
        "no share": "0",
    }
