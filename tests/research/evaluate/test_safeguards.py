"""evaluate.safeguards: a trained model refuses a whole field, and says on whom it was calibrated."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from realdata import shared

from leukolens.images.decode import read_rgb
from leukolens.predict.classifier import Classifier
from leukolens.research.evaluate.safeguards import safeguard


@pytest.fixture(scope="module")
def guarded(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`run`, as README's command leaves it."""
    place = tmp_path_factory.mktemp("guarded") / "run"
    shutil.copytree(run, place)
    safeguard(place)
    return place


def test_the_card_holds_all_that_the_validation_part_gives(guarded: Path, run: Path) -> None:
    before, after = Classifier(run / "model.onnx"), Classifier(guarded / "model.onnx")
    assert before.card.quality is None
    assert before.reference is None
    assert after.card.quality is not None
    assert after.reference is not None
    assert after.card.band is not None
    assert after.card.threshold == before.card.threshold
    assert "validation cells of the run" in after.card.calibration
    assert "of whom it was trained on" in after.card.calibration  # the paper's protocol leaks


def test_it_is_done_once(guarded: Path) -> None:
    before = (guarded / "model.onnx").read_bytes()
    safeguard(guarded)
    assert (guarded / "model.onnx").read_bytes() == before


def test_a_generated_field_is_refused_and_a_cell_is_not(guarded: Path, cells: Path) -> None:
    files = sorted((cells / "fold_0").rglob("*.bmp"))[:12]
    tiles = [read_rgb(path) for path in files]
    rows = [np.concatenate(tiles[start : start + 4], axis=1) for start in (0, 4, 8)]
    field = np.concatenate(rows)
    classifier = Classifier(guarded / "model.onnx")
    (found,) = classifier([field])
    assert found.verdict == "refused"
    assert sum(one.verdict == "refused" for one in classifier(files)) < 6


def test_a_real_field_is_refused(guarded: Path) -> None:
    folder = shared("fields/bccd")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))[:3]
    assert files
    assert {one.verdict for one in Classifier(guarded / "model.onnx")(files)} == {"refused"}
