"""Figures in the docs are those of the committed runs."""

import json
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
RUNS = sorted(path.parent for path in (DOCS / "runs").glob("*/metrics.json"))


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_results_show_each_runs_table(run: Path) -> None:
    page = (DOCS / "results.md").read_text()
    table = (run / "noise_table.md").read_text().strip()
    assert table in page
    for row in json.loads((run / "metrics.json").read_text())["noise"]:
        m = row["macro"]
        values = (m["precision"], m["recall"], m["f1"], row["accuracy"], row["balanced_accuracy"], row["auroc"])
        cells = " | ".join(f"{value:.3f}" for value in values)
        assert f"| {row['sigma']:g} | measured | {cells} |" in table


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_results_name_the_model_and_its_machine(run: Path) -> None:
    page = (DOCS / "results.md").read_text()
    facts = json.loads((run / "run.json").read_text())
    assert json.loads((run / "metrics.json").read_text())["model_id"] in page
    assert facts["machine"] in page
    assert facts["commit"] in page


def test_there_are_runs() -> None:
    assert RUNS
