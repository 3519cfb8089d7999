"""int8: weights of one byte with a scale for each channel; head, evidence and the rest of the file as they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from cardmaker import CALIBRATED
from numpy.typing import NDArray
from onnx import numpy_helper

from leukolens.model.card import METADATA_KEY
from leukolens.model.graph import read_graph
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.predict.classifier import Classifier
from leukolens.research.export import quantise
from leukolens.research.export.source import Source, open_source
from leukolens.research.networks.onnx_file import with_card


@pytest.fixture(scope="module")
def source(run: Path) -> Source:
    return open_source(run, cells=8)


@pytest.fixture(scope="module")
def model(run: Path) -> onnx.ModelProto:
    """The run's model with a further entry in its metadata, as the reference of features stands there."""
    model = onnx.load(run / "model.onnx")
    entry = model.metadata_props.add()
    entry.key, entry.value = "leukolens.further", "kept"
    return model


@pytest.fixture(scope="module")
def int8(model: onnx.ModelProto, source: Source) -> onnx.ModelProto:
    return quantise.quantise(model, source.calibration, float_first=1)


def file(path: Path, model: onnx.ModelProto, source: Source) -> Path:
    onnx.save(with_card(model, source.classifier.card), path)
    return path


def feeders(model: onnx.ModelProto) -> list[str]:
    """For each convolution, what gives it its input."""
    makers = {output: node.op_type for node in model.graph.node for output in node.output}
    return [makers.get(node.input[0], "input") for node in model.graph.node if node.op_type == "Conv"]


def test_all_convolutions_but_the_first_are_int8(int8: onnx.ModelProto) -> None:
    found = feeders(int8)
    assert len(found) == 27
    assert found[0] == "Mul"
    assert set(found[1:]) == {"DequantizeLinear"}


def test_every_channel_has_a_scale_of_its_own(int8: onnx.ModelProto) -> None:
    stored = {one.name: numpy_helper.to_array(one) for one in int8.graph.initializer}
    weights = [node for node in int8.graph.node if node.op_type == "DequantizeLinear" and node.input[0] in stored]
    kernels = [node for node in weights if stored[node.input[0]].ndim == 4]
    assert len(kernels) == 26
    for node in kernels:
        weight, scale = stored[node.input[0]], stored[node.input[1]]
        assert weight.dtype == np.int8
        assert scale.shape == (len(weight),)


def test_the_grid_is_the_one_that_the_weights_were_chosen_on(int8: onnx.ModelProto, model: onnx.ModelProto) -> None:
    floats = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    stored = {one.name: numpy_helper.to_array(one) for one in int8.graph.initializer}
    name = "network.backbone.blocks.4.1.conv_pw.weight"
    np.testing.assert_allclose(stored[f"{name}_scale"] * 64, np.abs(floats[name]).max(axis=(1, 2, 3)), rtol=1e-5)
    assert np.corrcoef(stored[f"{name}_quantized"].mean(axis=(1, 2, 3)), floats[name].mean(axis=(1, 2, 3)))[0, 1] > 0.99


def test_the_head_stays_in_float(int8: onnx.ModelProto, tmp_path: Path, source: Source) -> None:
    scores = Classifier(file(tmp_path / "x.onnx", int8, source)).scores(as_input(source.gate))
    assert scores.evidence is not None
    assert np.allclose(scores.evidence.mean(axis=(1, 2)), scores.logit, atol=1e-4)


def test_it_answers_nearly_as_the_float_model(int8: onnx.ModelProto, tmp_path: Path, source: Source, run: Path) -> None:
    before = source.classifier.scores(as_input(source.gate))
    after = Classifier(file(tmp_path / "x.onnx", int8, source)).scores(as_input(source.gate))
    assert before.features is not None
    assert after.features is not None
    assert not np.array_equal(before.features, after.features)
    assert np.corrcoef(before.features.ravel(), after.features.ravel())[0, 1] > 0.95


def test_a_batch_of_any_size_gives_the_same(int8: onnx.ModelProto, tmp_path: Path, source: Source) -> None:
    session = NetworkFile(file(tmp_path / "x.onnx", int8, source))._session
    rgb: NDArray[np.float32] = as_input(source.gate[:3])
    together = session.run(["logit"], {"rgb": rgb})[0]
    alone = [session.run(["logit"], {"rgb": rgb[row : row + 1]})[0][0] for row in range(3)]
    assert np.allclose(together, alone, atol=1e-2)


def test_the_file_is_a_quarter_as_large(int8: onnx.ModelProto) -> None:
    assert len(int8.SerializeToString()) < 4_000_000


def test_all_metadata_are_kept(int8: onnx.ModelProto, model: onnx.ModelProto) -> None:
    assert {one.key: one.value for one in int8.metadata_props} == {one.key: one.value for one in model.metadata_props}
    assert int8.doc_string == model.doc_string


def test_only_the_card_is_replaced(int8: onnx.ModelProto) -> None:
    found = {one.key: one.value for one in with_card(int8, CALIBRATED).metadata_props}
    digest = read_graph(int8.SerializeToString()).digest
    assert found == {METADATA_KEY: replace(CALIBRATED, graph_digest=digest).to_json(), "leukolens.further": "kept"}
    assert digest not in {one.value for one in int8.metadata_props}


def test_the_id_follows_network_and_origin_and_not_the_metadata(int8: onnx.ModelProto, model: onnx.ModelProto) -> None:
    other = onnx.ModelProto()
    other.CopyFrom(int8)
    del other.metadata_props[:]
    assert quantise.id_of(other, "a") == quantise.id_of(int8, "a")
    ids = {quantise.id_of(int8, "a"), quantise.id_of(int8, "b"), quantise.id_of(model, "a")}
    assert len(ids) == 3
    assert all(len(one) == 12 for one in ids)


def test_the_same_cells_give_the_same_file(int8: onnx.ModelProto, model: onnx.ModelProto, source: Source) -> None:
    again = quantise.quantise(model, source.calibration, float_first=1)
    assert again.SerializeToString(deterministic=True) == int8.SerializeToString(deterministic=True)
