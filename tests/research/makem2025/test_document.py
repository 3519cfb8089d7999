"""One report of everything, in the paper's order, that says what was not run and what the paper leaves open."""

import csv
from pathlib import Path

import pytest
from resultmaker import WORSE, result
from splitmaker import parts_of
from storemaker import store

from leukolens.model.preprocess import Preprocess
from leukolens.research import published as paper
from leukolens.research.data.split import make_split
from leukolens.research.makem2025.deviations import DEVIATIONS
from leukolens.research.makem2025.document import Material, write_report
from leukolens.research.makem2025.figures import drawn_examples
from leukolens.research.settings import TrainSettings

CELLS = store()
SPLIT = make_split(CELLS.cells, CELLS.digests, protocol="paper", seed=0)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of one classical method, and a network that was not run."""
    place = tmp_path_factory.mktemp("document")
    material = Material(
        results=[result("putzu_2014", WORSE), result("mobilenet_m")],
        stores={"0": CELLS},
        splits={"0": SPLIT},
        recipe=TrainSettings(preprocess=Preprocess(size=32)),
        examples=drawn_examples(),
        note="Generated & not real.",
    )
    assert write_report(material, place) == place / "report.html"
    return place


def test_sections_stand_in_the_papers_order(out: Path) -> None:
    lines = (out / "report.md").read_text(encoding="utf-8").splitlines()
    heads = [line.removeprefix("## ").partition(":")[0] for line in lines if line.startswith("## ")]
    assert heads[:3] == ["Table 1", "Table 2", "Figures 3 and 4"]
    order = [heads.index(name) for name in ("Table 5", "Figure 7", "Table 9", "Table 10", "Table 11")]
    assert order == sorted(order)


def test_note_leak_and_deviations_are_said(out: Path) -> None:
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "> Generated & not real." in text
    assert "Generated &amp; not real." in (out / "report.html").read_text(encoding="utf-8")
    leaking = [parts for parts in parts_of(SPLIT, CELLS.cells).values() if len(parts) > 1]
    assert leaking
    assert f"Fold 0: {len(leaking)} subjects stand in more than one part." in text
    assert all(f"{what}. {done}" in text for what, done in DEVIATIONS)


def test_what_was_not_run_has_no_picture_and_no_time(out: Path) -> None:
    text = (out / "report.md").read_text(encoding="utf-8")
    captions = text.split("## Tables 6–8")[1].splitlines()
    assert captions[2] == "not run"
    assert {path.name for path in (out / "figures").iterdir()} == {f"figure_{number}.png" for number in (3, 4, 7, 9)}
    with (out / "tables/prediction_time.csv").open(newline="", encoding="utf-8") as file:
        assert {row["where"] for row in csv.DictReader(file)} == set(paper.PREDICTION_MS)


def test_every_table_has_its_csv(out: Path) -> None:
    names = {path.stem for path in (out / "tables").iterdir()}
    assert names >= {"table_1", "table_2", "table_3", "table_4", "table_5", "table_9", "table_10", "table_11"}
    assert {"comparison", "prediction_time", "runs"} <= names
