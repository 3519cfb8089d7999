"""The model inside the package: what it weighs, what it carries, and what it says of real cells."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from command import leukolens
from realdata import shared, unpacked
from sklearn.metrics import roc_auc_score

from leukolens import Classifier
from leukolens.images.decode import read_rgb
from leukolens.model.card import FORMAT
from leukolens.model.network_file import SHIPPED, SHIPPED_HALF, SHIPPED_INT8, as_input
from leukolens.model.preprocess import to_network
from leukolens.research.data.cell import labels_of
from leukolens.research.data.index import index
from leukolens.research.export import gate

MEGABYTES = 13.0


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each thirtieth cell of fold 1. The shipped model was trained on all of them: this tests files, not patients."""
    return unpacked(tmp_path_factory.mktemp("real"), every=30)


def test_what_ships_is_small_and_says_what_it_is() -> None:
    classifier = Classifier()
    assert classifier.path.stat().st_size <= MEGABYTES * 1e6
    assert classifier.path == SHIPPED
    card = classifier.card
    assert card.format == FORMAT  # what the patient rule holds is read by no older LeukoLens
    assert card.protocol == "all"
    assert "each by a trial that had not seen the subject" in card.calibration
    assert card.quality is not None
    assert card.share_rule is not None
    assert classifier.reference is not None


def test_real_cells_are_judged_and_few_are_refused(real: Path) -> None:
    cells = index(real).cells
    found = list(Classifier()([cell.path for cell in cells]))
    assert all(one.verdict for one in found)
    refused = [one for one in found if one.verdict == "refused"]
    assert len(refused) <= 0.05 * len(found)
    judged = [(label, one.p_all) for label, one in zip(labels_of(cells), found, strict=True) if one.p_all is not None]
    assert roc_auc_score(*zip(*judged, strict=True)) > 0.9  # cells it has seen


def test_the_int8_form_is_small_and_of_half() -> None:
    assert SHIPPED_INT8.stat().st_size <= 4e6
    form, model = Classifier(SHIPPED_INT8), Classifier(SHIPPED_HALF)
    assert form.card.quantisation.startswith(f"int8 of model {model.card.model_id}")
    assert form.card.model_id != model.card.model_id
    same = ("temperature", "threshold", "band", "share_rule", "quality", "calibration", "preprocess")
    assert [getattr(form.card, name) for name in same] == [getattr(model.card, name) for name in same]
    assert form.reference is not None
    assert model.reference is not None
    assert form.reference.to_json() == model.reference.to_json()


def test_the_int8_form_answers_alike_on_every_processor() -> None:
    """No pair of its products can leave 16 bits, whatever the pixels: (|w₁| + |w₂|) · 255 ≤ 32767 for all weights."""
    model = onnx.load(SHIPPED_INT8)
    kernels = [one for one in model.graph.initializer if one.data_type == onnx.TensorProto.INT8 and len(one.dims) == 4]
    assert len(kernels) >= 20
    largest = max(np.abs(onnx.numpy_helper.to_array(one).astype(int)).max() for one in kernels)
    assert 2 * 255 * largest <= 32767
    assert gate.saturating(model) == []


def test_the_half_form_is_a_network_of_its_own_calibrated_like_the_whole_one(real: Path) -> None:
    half = Classifier(SHIPPED_HALF)
    assert 2 * half.card.preprocess.size == Classifier().card.preprocess.size == 224
    assert half.card.settings["seed"] == Classifier().card.settings["seed"]
    assert half.card.protocol == "all"
    assert half.card.share_rule is not None
    assert half.card.quality is not None
    assert half.reference is not None
    cells = index(real).cells
    found = list(half([cell.path for cell in cells]))
    assert sum(one.verdict == "refused" for one in found) <= 0.05 * len(found)
    judged = [(label, one.p_all) for label, one in zip(labels_of(cells), found, strict=True) if one.p_all is not None]
    assert roc_auc_score(*zip(*judged, strict=True)) > 0.9  # cells it has seen


def test_the_int8_form_gives_nearly_all_real_cells_the_same_verdict(real: Path) -> None:
    files = [cell.path for cell in index(real).cells]
    verdicts = [[one.verdict for one in Classifier(path)(files)] for path in (SHIPPED_HALF, SHIPPED_INT8)]
    assert np.mean([one == other for one, other in zip(*verdicts, strict=True)]) >= 0.97  # of 120 cells


def test_the_litert_forms_answer_as_the_files_they_are_made_from(real: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    from leukolens.research.export.forms import LiteRT, litert_scores

    cells = index(real).cells[::8]
    for path, apart in ((SHIPPED, 1e-4), (SHIPPED_INT8, 0.2)):  # int8 adds up in another order, and then rounds
        preprocess = Classifier(path).card.preprocess
        pixels = np.stack([to_network(read_rgb(cell.path), preprocess, name=cell.path) for cell in cells])
        made = tmp_path / "model.tflite"
        made.write_bytes(LiteRT().made(onnx.load(path), made))
        logits = np.concatenate([one.logit for one in litert_scores(made, pixels)])
        np.testing.assert_allclose(logits, Classifier(path).scores(as_input(pixels)).logit, atol=apart)


def test_a_form_is_asked_for_by_a_word(real: Path, tmp_path: Path) -> None:
    cell = index(real).cells[0].path
    assert leukolens("predict", cell, "--form", "int8", "--csv", tmp_path / "one.csv") in (0, 3)
    assert Classifier(SHIPPED_INT8).card.model_id in (tmp_path / "one.csv").read_text()
    assert leukolens("predict", cell, "--form", "int8", "--model", SHIPPED) == 2


def test_another_laboratorys_cells_are_refused() -> None:
    files = sorted(shared("pbc_subset").rglob("*.jpg"))
    found = list(Classifier()(files))
    assert len({one.path for one in found}) == 240
    answered = [one for one in found if one.verdict != "refused"]
    assert {Path(one.path).parent.name for one in answered} <= {"lymphocyte"}  # all others are another kind, or unsure
    assert len(answered) <= 5


def test_the_command_needs_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("phantoms", tmp_path / "cells", "--subjects", "1", "--cells", "2") == 0
    capsys.readouterr()
    assert leukolens("predict", tmp_path / "cells", "--csv", tmp_path / "cells.csv") in (0, 1, 3)
    assert Classifier().card.model_id in (tmp_path / "cells.csv").read_text()
