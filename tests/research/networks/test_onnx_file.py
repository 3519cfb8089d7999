"""The exported model is the trained one, and its card tells where it comes from."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from leukolens.base.errors import ModelError
from leukolens.model.card import FORMAT, METADATA_KEY, ModelCard, from_json
from leukolens.model.preprocess import Preprocess
from leukolens.predict.classifier import Classifier
from leukolens.research.networks import onnx_file as export
from leukolens.research.networks.mobilenet import Explained, MobileNetM
from leukolens.research.train.history import best_epoch, read_history


def trained(run: Path) -> MobileNetM:
    network = MobileNetM(dropout=0.2, input_range="0..1", bn_momentum=0.1, seed=99)
    network.load_state_dict(load_file(run / "model.safetensors"))
    return network.eval()


@pytest.fixture(scope="module")
def card(run: Path) -> ModelCard:
    return Classifier(run / "model.onnx").card


@pytest.fixture(scope="module")
def facts(run: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((run / "run.json").read_text())
    return read


def images(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(count).uniform(0, 255, (count, 3, 64, 64)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_exported_model_is_the_trained_one(run: Path, count: int) -> None:
    rgb = images(count)
    with torch.no_grad():
        expected = Explained(trained(run))(torch.from_numpy(rgb))
    found = Classifier(run / "model.onnx").scores(rgb)
    assert found.logit.shape == (count,)
    assert found.evidence.shape == (count, 2, 2)
    assert found.features.shape == (count, 1024)
    p = [1 / (1 + np.exp(-logit)) for logit in (found.logit, expected.logit.numpy())]
    assert np.abs(p[0] - p[1]).max() < 1e-4
    assert np.allclose(found.evidence, expected.evidence.numpy(), atol=1e-3)
    assert np.allclose(found.features, expected.features.numpy(), atol=1e-3)


def test_inputs_and_outputs_are_named_for_users(run: Path) -> None:
    session = ort.InferenceSession(run / "model.onnx", providers=["CPUExecutionProvider"])
    assert [(one.name, one.type) for one in session.get_inputs()] == [("rgb", "tensor(float)")]
    assert [one.name for one in session.get_outputs()] == ["logit", "evidence", "features"]
    assert "a trained reader decides" in session.get_modelmeta().description


def test_the_file_carries_no_weights_beside_it(run: Path) -> None:
    assert not list(run.glob("*.data"))
    assert (run / "model.onnx").stat().st_size > 12_000_000  # 3.2 million float32


def test_the_file_tells_nothing_of_the_machine_that_wrote_it(run: Path) -> None:
    data = (run / "model.onnx").read_bytes()
    assert b"site-packages" not in data
    assert str(Path(export.__file__).parent).encode() not in data


def test_the_card_tells_what_the_model_is_and_takes(card: ModelCard) -> None:
    assert (card.network, card.labels, card.format) == ("mobilenet_m", ("HEM", "ALL"), FORMAT)
    assert (card.preprocess, card.input_range) == (Preprocess(crop=300, size=64), "0-255 RGB")
    assert card.threshold == 0.5
    assert (card.protocol, card.fold, card.init) == ("paper", "0", "random")


def test_the_card_names_weights_split_and_data_by_their_digests(
    card: ModelCard, run: Path, facts: dict[str, object]
) -> None:
    assert card.model_id == hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()[:12]
    assert card.split_hash == hashlib.sha256((run / "split.csv").read_bytes()).hexdigest()
    assert card.data_hash == facts["data_hash"]


def test_the_card_holds_the_settings_and_what_training_saw(
    card: ModelCard, run: Path, facts: dict[str, object]
) -> None:
    assert card.settings == facts["settings"]
    history = read_history(run / "history.csv")
    kept = best_epoch(history)
    assert card.metrics == {
        "epochs": 2,
        "kept_epoch": kept.number,
        "val_loss": kept.val_loss,
        "val_accuracy": kept.val_accuracy,
        "train_accuracy": kept.train_accuracy,
    }


def test_the_card_tells_which_code_made_it_and_when(card: ModelCard, facts: dict[str, object]) -> None:
    assert card.commit.rstrip("+") == str(facts["commit"]).rstrip("+")
    assert card.versions == facts["versions"]
    assert {"leukolens", "python", "torch", "numpy"} <= set(card.versions)
    made = datetime.fromisoformat(card.created)
    assert made.utcoffset() == UTC.utcoffset(None)
    assert abs((datetime.now(UTC) - made).total_seconds()) < 3600


def test_a_card_is_read_as_written(card: ModelCard) -> None:
    assert from_json(card.to_json(), path=Path("x")) == card


def test_a_model_that_differs_from_torch_is_not_written(
    run: Path, card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    sample = torch.from_numpy(images(2))
    with pytest.raises(ModelError, match=r"model\.onnx: differs from the trained network by"):
        export.export_onnx(trained(run), card, tmp_path / "model.onnx", sample=sample)
    assert not list(tmp_path.iterdir())


def test_an_export_in_another_place_is_the_same_model(run: Path, card: ModelCard, tmp_path: Path) -> None:
    export.export_onnx(trained(run), card, tmp_path / "model.onnx", sample=torch.from_numpy(images(2)))
    first, second = (Classifier(folder / "model.onnx") for folder in (run, tmp_path))
    assert second.card == card
    assert np.array_equal(first.scores(images(3)).logit, second.scores(images(3)).logit)
    metadata = ort.InferenceSession(tmp_path / "model.onnx").get_modelmeta().custom_metadata_map
    assert json.loads(metadata[METADATA_KEY])["model_id"] == card.model_id
