"""A model file: what is refused, and how pixels and log-odds go in and out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from modelmaker import with_card
from onnx import TensorProto, helper

from leukolens.base.errors import ModelError
from leukolens.decide.cell import to_probability
from leukolens.model.card import FORMAT
from leukolens.model.distance import fit_reference
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.research.networks.onnx_file import write_card


def test_an_absent_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist") as caught:
        NetworkFile(tmp_path / "model.onnx")
    assert str(tmp_path / "model.onnx") in str(caught.value)
    assert "Give --model a model.onnx that LeukoLens wrote, or leave --model out" in str(caught.value)


@pytest.mark.parametrize("keep", [0, 1, 1000, 0.5, 0.999])
def test_a_model_cut_short_is_named(model: Path, tmp_path: Path, keep: float) -> None:
    data = model.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with pytest.raises(ModelError, match=r"cut short|not a LeukoLens model") as caught:
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
    with pytest.raises(ModelError, match="is an ONNX model, but not a LeukoLens model") as caught:
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


def changed(model: Path, path: Path, change: Callable[[onnx.ModelProto], object]) -> Path:
    """The model with a changed graph under the card that it had."""
    proto = onnx.load(model)
    change(proto)
    onnx.save(proto, path)
    return path


def recarded(model: Path, path: Path, change: Callable[[onnx.ModelProto], object]) -> Path:
    """Likewise, with the card's digest set right: whoever made it could do so."""
    card = NetworkFile(model).card
    write_card(changed(model, path, change), card, None)
    return path


def another_weight(proto: onnx.ModelProto) -> None:
    tensor = next(one for one in proto.graph.initializer if len(one.dims) == 4)
    values = onnx.numpy_helper.to_array(tensor).copy()
    values.flat[0] += 1
    tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))


def test_another_weight_under_the_same_card_is_refused(model: Path, tmp_path: Path) -> None:
    path = changed(model, tmp_path / "other.onnx", another_weight)
    with pytest.raises(ModelError, match=r"other\.onnx: does not hold the network that its card describes"):
        NetworkFile(path)
    NetworkFile(recarded(model, tmp_path / "own.onnx", another_weight))


def test_a_card_before_the_digest_is_still_read(model: Path, tmp_path: Path) -> None:
    def older(card: dict[str, object]) -> None:
        del card["graph_digest"]
        card["format"] = 3

    assert NetworkFile(with_card(model, tmp_path / "older.onnx", older)).card.graph_digest == ""
    lost = with_card(model, tmp_path / "lost.onnx", lambda card: card.pop("graph_digest"))
    with pytest.raises(ModelError, match="does not hold the network that its card describes"):
        NetworkFile(lost)


def test_a_graph_that_branches_is_refused(model: Path, tmp_path: Path) -> None:
    def branch(proto: onnx.ModelProto) -> None:
        def constant(name: str) -> onnx.GraphProto:
            end = helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
            value = helper.make_tensor("value", TensorProto.FLOAT, [1], [1.0])
            return helper.make_graph([helper.make_node("Constant", [], [name], value=value)], name, [], [end])

        proto.graph.initializer.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
        node = helper.make_node("If", ["yes"], ["unused"], then_branch=constant("a"), else_branch=constant("b"))
        proto.graph.node.append(node)

    path = recarded(model, tmp_path / "if.onnx", branch)
    with pytest.raises(ModelError, match="holds operations that no LeukoLens model has: If"):
        NetworkFile(path)


def test_another_input_is_refused(model: Path, tmp_path: Path) -> None:
    def renamed(proto: onnx.ModelProto) -> None:
        for node in proto.graph.node:
            node.input[:] = ["image" if name == "rgb" else name for name in node.input]
        proto.graph.input[0].name = "image"

    path = recarded(model, tmp_path / "name.onnx", renamed)
    with pytest.raises(ModelError, match=r"takes \[\('image', .*not rgb of \(N, 3, 64, 64\) float32"):
        NetworkFile(path)
    larger = with_card(model, tmp_path / "size.onnx", lambda card: card.update(preprocess={"crop": 300, "size": 96}))
    with pytest.raises(ModelError, match=r"takes .*\[3, 64, 64\].*not rgb of \(N, 3, 96, 96\) float32"):
        NetworkFile(larger)


def test_a_reference_of_another_network_is_refused(model: Path, tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    path = changed(model, tmp_path / "reference.onnx", lambda proto: None)
    write_card(path, NetworkFile(model).card, fit_reference(features, features))
    with pytest.raises(ModelError, match="gives features that do not fit its reference"):
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
