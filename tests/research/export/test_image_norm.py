"""A last stage that normalises each image by itself, in every form that is exported: ONNX, its int8, and LiteRT's."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from literunner import run_all
from runmaker import SETTINGS, plan

from leukolens import Classifier
from leukolens.model.network_file import as_input
from leukolens.research.export import quantise
from leukolens.research.export.litert import to_tflite
from leukolens.research.export.source import Source, open_source
from leukolens.research.networks.onnx_file import with_card
from leukolens.research.train.run import train


@pytest.fixture(scope="module")
def source(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Source:
    out = tmp_path_factory.mktemp("runs") / "by_image"
    train(plan(cells, out, settings=replace(SETTINGS, last_norm="image")))
    return open_source(out, cells=8)


@pytest.fixture(scope="module")
def int8(source: Source) -> onnx.ModelProto:
    return quantise.quantise(onnx.load(source.classifier.path), source.calibration, float_first=3)


def lite(model: onnx.ModelProto, source: Source, path: Path) -> dict[str, np.ndarray]:
    """What LiteRT's interpreter makes of the gate's cells."""
    path.write_bytes(to_tflite(model, size=64, path=path))
    return run_all(path, source.gate)


def test_litert_gives_the_same_answers(source: Source, tmp_path: Path) -> None:
    expected = source.classifier.scores(as_input(source.gate))
    found = lite(onnx.load(source.classifier.path), source, tmp_path / "x.tflite")
    assert expected.evidence is not None
    assert found["logit"] == pytest.approx(expected.logit, abs=1e-4)
    assert found["evidence"] == pytest.approx(expected.evidence, abs=1e-3)


def test_int8_rounds_the_convolutions_and_no_variance(int8: onnx.ModelProto, source: Source, tmp_path: Path) -> None:
    makers = {output: node.op_type for node in int8.graph.node for output in node.output}
    assert [makers[node.input[0]] for node in int8.graph.node if node.op_type == "Conv"][3:] == [
        "DequantizeLinear"
    ] * 24
    readers = Counter(node.op_type for node in int8.graph.node if makers.get(node.input[0]) == "Sub")
    assert readers == {"Mul": 8}, "what an image differs by from its mean stays in float"
    last = [node.output[0] for node in int8.graph.node if node.op_type == "Conv"][-1]
    assert {node.op_type for node in int8.graph.node if last in node.input} == {"ReduceMean", "Sub"}
    read = {name for node in int8.graph.node for name in node.input}
    assert {one.name for one in int8.graph.initializer} <= read, "nothing is left of the step that went"
    onnx.save(with_card(int8, source.classifier.card), tmp_path / "x.onnx")
    expected = source.classifier.scores(as_input(source.gate)).features
    found = Classifier(tmp_path / "x.onnx").scores(as_input(source.gate)).features
    assert expected is not None
    assert found is not None
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95


def test_int8_of_litert_gives_what_that_of_onnx_gives(int8: onnx.ModelProto, source: Source, tmp_path: Path) -> None:
    onnx.save(with_card(int8, source.classifier.card), tmp_path / "x.onnx")
    expected = Classifier(tmp_path / "x.onnx").scores(as_input(source.gate)).features
    found = lite(int8, source, tmp_path / "x.tflite")["features"]
    assert expected is not None
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99
