"""The last layer in a model file's bytes: read, replaced, and what the file then answers; its texts likewise."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from leukolens.model.form import FORMS
from leukolens.model.graph import read_graph
from leukolens.model.last_layer import LastLayer, read_last_layer, with_last_layer, with_texts
from leukolens.model.network_file import SHIPPED

EACH = pytest.mark.parametrize("path", FORMS.values(), ids=FORMS.keys())


def answered(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The logits and features of two random pictures."""
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    side = session.get_inputs()[0].shape[-1]
    rgb = np.random.default_rng(0).uniform(0, 255, (2, 3, side, side)).astype(np.float32)
    logits, features = session.run(["logit", "features"], {"rgb": rgb})
    return logits, features


@EACH
def test_the_layer_that_is_read_gives_the_files_own_answers(path: Path) -> None:
    data = path.read_bytes()
    layer = read_last_layer(data)
    logits, features = answered(data)
    assert layer.logits(features) == pytest.approx(logits, abs=1e-4)
    assert with_last_layer(data, layer) == data


@EACH
def test_a_file_answers_by_the_layer_that_was_put_into_it(path: Path) -> None:
    data = path.read_bytes()
    wide = len(read_last_layer(data).weight)
    layer = LastLayer(weight=np.random.default_rng(1).normal(0, 0.1, wide).astype(np.float32), offset=-0.75)
    written = with_last_layer(data, layer)
    logits, features = answered(written)
    assert np.array_equal(features, answered(data)[1])
    assert layer.logits(features) == pytest.approx(logits, abs=1e-4)
    assert read_graph(written).digest != read_graph(data).digest
    assert len(written) == len(data)


def test_the_evidence_still_adds_up_to_the_log_odds() -> None:
    layer = LastLayer(weight=np.linspace(-1, 1, 1024, dtype=np.float32), offset=2.0)
    session = ort.InferenceSession(with_last_layer(SHIPPED.read_bytes(), layer), providers=["CPUExecutionProvider"])
    rgb = np.random.default_rng(0).uniform(0, 255, (1, 3, 224, 224)).astype(np.float32)
    logit, evidence = session.run(["logit", "evidence"], {"rgb": rgb})
    assert evidence.mean(axis=(1, 2)) == pytest.approx(logit, abs=1e-4)


def test_texts_are_replaced_and_nothing_else() -> None:
    data, texts = SHIPPED.read_bytes(), {"a": "x" * 300, "b": "µm", "": ""}
    written = onnx.load_from_string(with_texts(data, texts))
    assert {entry.key: entry.value for entry in written.metadata_props} == texts
    assert read_graph(with_texts(data, texts)).digest == read_graph(data).digest
    before = onnx.load_from_string(data)
    assert (written.graph, written.doc_string) == (before.graph, before.doc_string)


def test_a_layer_of_another_size_does_not_fit() -> None:
    with pytest.raises(ValueError, match="4092 bytes do not fit into 4096"):
        with_last_layer(SHIPPED.read_bytes(), LastLayer(weight=np.zeros(1023, np.float32), offset=0.0))


@pytest.mark.parametrize("output", ["evidence", "features"])
def test_an_answer_that_is_not_linear_in_the_features_has_no_such_layer(output: str) -> None:
    proto = onnx.load(SHIPPED)
    (node,) = (node for node in proto.graph.node if output in node.output)
    node.op_type = "Max"
    with pytest.raises(ValueError, match="not linear"):
        read_last_layer(proto.SerializeToString())


def test_bytes_that_are_no_model_are_an_error() -> None:
    for data in (b"", b"\x08\x01", SHIPPED.read_bytes()[:1000]):
        with pytest.raises(ValueError, match=r"."):
            read_last_layer(data)
