"""A model file: what is refused, and how pixels and log-odds go in and out."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from modelmaker import with_card
from onnx import TensorProto, helper

from leukolens.base.errors import ModelError
from leukolens.decide.cell import to_probability
from leukolens.model.card import FORMAT
from leukolens.model.network_file import NetworkFile, as_input


def test_an_absent_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist") as caught:
        NetworkFile(tmp_path / "model.onnx")
    assert str(tmp_path / "model.onnx") in str(caught.value)
    assert "Give --model a model.onnx that LeukoLens wrote, or no --model" in str(caught.value)


@pytest.mark.parametrize("keep", [0, 1, 1000, 0.5, 0.999])
def test_a_model_cut_short_is_named(model: Path, tmp_path: Path, keep: float) -> None:
    data = model.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with pytest.raises(ModelError, match=r"cut short|not one of LeukoLens") as caught:
        NetworkFile(path)
    assert str(path) in str(caught.value)


def test_random_bytes_are_no_model(tmp_path: Path) -> None:
    path = tmp_path / "random.onnx"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(ModelError, match="is cut short or not an ONNX model") as caught:
        NetworkFile(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is a folder. Give the model.onnx in it"):
        NetworkFile(tmp_path)


def test_another_onnx_model_is_told_from_ours(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "other", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    with pytest.raises(ModelError, match="is an ONNX model, but not one of LeukoLens") as caught:
        NetworkFile(path)
    assert str(path) in str(caught.value)


def test_a_newer_card_asks_for_a_newer_leukolens(model: Path, tmp_path: Path) -> None:
    path = with_card(model, tmp_path / "new.onnx", lambda card: card.update(format=FORMAT + 1, surprise=1))
    with pytest.raises(ModelError, match="was made by a newer LeukoLens") as caught:
        NetworkFile(path)
    assert str(path) in str(caught.value)
    assert "pip install --upgrade leukolens" in str(caught.value)


@pytest.mark.parametrize("lost", ["threshold", "preprocess", "format", "model_id"])
def test_a_card_that_lacks_a_field_is_damaged(model: Path, tmp_path: Path, lost: str) -> None:
    path = with_card(model, tmp_path / "lost.onnx", lambda card: card.pop(lost))
    with pytest.raises(ModelError, match=f"holds a damaged model card .*{lost}"):
        NetworkFile(path)


def test_input_is_planar_float_on_the_0_255_scale() -> None:
    pixels = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    rgb = as_input(pixels)
    assert (rgb.shape, rgb.dtype) == ((2, 3, 4, 5), np.float32)
    assert rgb[1, 2, 3, 4] == pixels[1, 3, 4, 2]
    assert rgb.flags.c_contiguous


def test_probabilities_do_not_overflow() -> None:
    with np.errstate(all="raise"):
        found = to_probability(np.array([-1e4, -1, 0, 1, 1e4], np.float32))
    assert found.tolist() == pytest.approx([0, 0.2689414, 0.5, 0.7310586, 1], abs=1e-6)
