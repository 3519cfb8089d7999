"""Metrics in the docs are those of the committed runs."""

import csv
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS, RESULTS = ROOT / "docs", ROOT / "results"
PAGES = DOCS / "results"
PROSE = [
    *ROOT.glob("*.md"),
    *(page for room in ("docs", "dev", "bench", "studies") for page in (ROOT / room).rglob("*.md")),
]
RUNS = sorted(path.parent for path in (RESULTS / "training").glob("*/metrics.json"))


TRIALS = ROOT / "dev/log/2026-11-23-7-noise-and-brightness.md"
"""Where the runs stand that led to those of training.md."""


def pages_of_runs() -> str:
    return (PAGES / "training.md").read_text() + TRIALS.read_text()


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_results_show_each_runs_table(run: Path) -> None:
    page = pages_of_runs()
    table = (run / "noise_table.md").read_text().strip()
    _, _, *rows = table.splitlines()
    assert table in page or all(f"| {run.name.removeprefix('paper-f')} {row}\n" in page for row in rows)
    for row in json.loads((run / "metrics.json").read_text())["noise"]:
        m = row["macro"]
        values = (m["precision"], m["recall"], m["f1"], row["accuracy"], row["balanced_accuracy"], row["auroc"])
        cells = " | ".join(f"{value:.3f}" for value in values)
        assert f"| {row['sigma']:g} | measured | {cells} |" in table


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_results_name_the_model_and_its_machine(run: Path) -> None:
    page = pages_of_runs()
    facts = json.loads((run / "run.json").read_text())
    assert json.loads((run / "metrics.json").read_text())["model_id"] in page
    assert facts["machine"] in page
    assert facts["commit"] in page


def test_there_are_runs() -> None:
    assert RUNS


# docs/results/reproduction.md


def reproduced() -> list[dict[str, str]]:
    with (RESULTS / "reproduction/tables/comparison.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_reproduction_shows_each_runs_own_figures() -> None:
    shown = {(row["system"], row["fold"]): row for row in reproduced()}
    runs = sorted((RESULTS / "reproduction/runs").iterdir())
    for run in runs:
        system, fold, _ = run.name.rsplit("-", 2)
        clean = json.loads((run / "metrics.json").read_text())["noise"][0]
        row = shown[system, fold.removeprefix("f")]
        assert row["accuracy [95 %]"].startswith(f"{clean['accuracy']:.3f} ["), run.name
        assert row["AUROC"] == f"{clean['auroc']:.3f}", run.name
    done = [row for row in shown.values() if row["accuracy [95 %]"] != "not run"]
    assert len(done) == len(runs)
    assert all(row["macro F1 [95 %]"] for row in shown.values())  # the reason, where it was not run


def test_mobilenet_m_is_at_least_as_good_as_every_older_method_and_alnett() -> None:
    for fold in ("0", "1"):
        accuracy = {row["system"]: row["accuracy [95 %]"].split()[0] for row in reproduced() if row["fold"] == fold}
        measured = {name: float(value) for name, value in accuracy.items() if value != "not"}
        assert len(measured) >= 11
        assert max(measured.values()) == measured["mobilenet_m"]


# docs/results/held-out-patients.md

HELD_OUT = [
    json.loads(path.read_text()) for path in sorted((RESULTS / "held-out-patients/runs").glob("*/held_out.json"))
]


def test_the_paper_and_ours_stand_side_by_side_on_both_folds() -> None:
    page = (PAGES / "held-out-patients.md").read_text()
    line = "".join(line for line in page.splitlines() if line.startswith("> Not run:"))
    honest = {(t["recipe"], t["protocol"]) for t in HELD_OUT if not t["shared_subjects"] and t["seed"] == 0}
    for recipe in ("paper", "leukolens"):
        for fold in (0, 1):
            assert ((recipe, f"test fold {fold}") in honest) != (f"{recipe}, test fold {fold}, seed 0" in line)


def test_unseen_patients_shows_each_experiments_own_figures() -> None:
    page = (PAGES / "held-out-patients.md").read_text()
    with (RESULTS / "held-out-patients/tables/held_out.csv").open(newline="", encoding="utf-8") as file:
        shown = list(csv.DictReader(file))
    for experiment in (experiment for experiment in HELD_OUT if not experiment["shared_subjects"]):
        column = f"{experiment['recipe']}, {experiment['protocol']}, seed {experiment['seed']}"
        for row in shown:
            metric = experiment["metrics"][row["metric [95 %]"].replace(" ", "_")]
            assert row[column] == f"{metric['value']:.3f} [{metric['low']:.3f}–{metric['high']:.3f}]"
        assert experiment["machine"] in page


# links and indexes


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        assert link.startswith("http") or (page.parent / link).exists(), link


@pytest.mark.parametrize("room", ["bench", "studies"])
def test_each_script_stands_in_its_rooms_index(room: str) -> None:
    index = (ROOT / room / "README.md").read_text()
    assert all(f"`{path.name}`" in index for path in (ROOT / room).glob("*.py"))


def test_each_page_of_the_log_stands_in_its_index() -> None:
    index = (ROOT / "dev/log/README.md").read_text()
    assert all(f"({path.name})" in index for path in (ROOT / "dev/log").glob("2*.md"))


# MODEL_CARD.md


def test_the_model_card_is_what_the_shipped_file_and_its_experiments_give() -> None:
    from leukolens.predict.classifier import Classifier
    from leukolens.research.experiments.model_card import model_card

    card = Classifier().card
    seed = card.settings["seed"]
    ours = [one for one in HELD_OUT if one["recipe"] == "leukolens" and one["seed"] == seed]
    experiments = [one for one in ours if not one["shared_subjects"]]
    text = (ROOT / "MODEL_CARD.md").read_text()
    assert text == model_card(
        card, experiments, "", ""
    )  # it has a band and a patient rule, so there is no reason why not
    assert card.model_id in (PAGES / "held-out-patients.md").read_text()
    assert card.protocol == "all"


def test_the_int8_form_that_ships_is_the_one_whose_gate_is_told_of() -> None:
    from leukolens.model.network_file import SHIPPED_INT8
    from leukolens.predict.classifier import Classifier

    card = Classifier(SHIPPED_INT8).card
    (row,) = [line for line in (DOCS / "embedded.md").read_text().splitlines() if f"`{card.model_id}`" in line]
    agree = re.search(r"on train cells ([\d.]+)% of", card.quantisation)
    assert agree is not None
    assert f"| {agree[1]} % |" in row


def test_the_half_forms_card_and_page_are_what_its_file_and_its_experiments_give() -> None:
    from leukolens.model.network_file import SHIPPED_HALF
    from leukolens.predict.classifier import Classifier
    from leukolens.research.experiments.model_card import model_card

    card = Classifier(SHIPPED_HALF).card
    experiments = [json.loads(path.read_text()) for path in sorted((RESULTS / "half/runs").glob("*/held_out.json"))]
    assert (RESULTS / "half/MODEL_CARD.md").read_text() == model_card(card, experiments, "", "")
    text = (PAGES / "half.md").read_text()
    assert card.model_id in text
    whole = [one for one in HELD_OUT if (one["recipe"], one["seed"], one["shared_subjects"]) == ("leukolens", 0, 0)]
    names = ("auroc", "auroc_area_matched", "specificity_at_95_sensitivity", "ece")
    for form, found in (("half", experiments), ("float", whole)):
        values = [one["metrics"][name]["value"] for name in names for one in found]
        assert f"| {form} | {' | '.join(f'{value:.3f}'.removeprefix('0') for value in values)} |" in text


# docs/results/blast-share.md


def test_the_page_of_the_blast_share_holds_the_rows_that_were_measured() -> None:
    text = (PAGES / "blast-share.md").read_text()
    with (RESULTS / "blast-share/mixtures.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 32
    for row in rows:
        assert f"| {' | '.join(row.values())} |" in text
        assert float(row["coverage"]) >= 0.93
        assert float(row["no sign"]) < 0.01 or float(row["true share"]) < 0.4


def test_nothing_says_that_no_patient_is_judged_wrongly() -> None:
    for page in (ROOT / "README.md", ROOT / "MODEL_CARD.md", *DOCS.rglob("*.md")):
        assert not re.search(r"judges? none wrongly|no patient is judged wrongly", page.read_text(), re.I), page


def test_readme_gives_the_held_out_metrics_with_their_intervals() -> None:
    text = " ".join((ROOT / "README.md").read_text().split())
    for trial in map(json.loads, map(Path.read_text, (RESULTS / "half/runs").glob("*/held_out.json"))):
        for name in ("auroc", "sensitivity", "specificity"):
            value, low, high = (f"{trial['metrics'][name][key]:.3f}"[1:] for key in ("value", "low", "high"))
            assert f"{value} ({low}–{high})" in text or f"{value} (95 % over subjects {low}–{high})" in text
