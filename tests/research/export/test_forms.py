"""Each form writes what its runtime reads, and is asked through that runtime."""

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from leukolens.base.errors import MissingExtra
from leukolens.research.export.forms import LiteRT, Onnx, litert_scores

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), np.uint8)


def test_onnx_is_the_graph_itself() -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    model = helper.make_model(helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [x], [y]))
    assert onnx.load_from_string(Onnx().made(model, Path("x.onnx"))) == model


def test_without_its_library_litert_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "leukolens.research.export.litert", raising=False)
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.setitem(sys.modules, "leukolens.research.export.tflite", None)
    with pytest.raises(MissingExtra, match=r"pip install 'leukolens\[export\]'"):
        LiteRT()


def test_a_litert_file_is_asked_cell_by_cell_by_its_names(tmp_path: Path) -> None:
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    from leukolens.research.export.tflite import Writer

    writer = Writer()
    rgb = writer.tensor("rgb", (1, 4, 4, 3))
    axes = writer.constant("axes", np.array([1, 2, 3], np.int32))
    logit = writer.tensor("logit", (1,))
    writer.operator("MEAN", [rgb, axes], logit, schema.ReducerOptionsT())
    path = tmp_path / "x.tflite"
    path.write_bytes(writer.finish({"rgb": rgb}, {"logit": logit}, description=""))
    found = litert_scores(path, PIXELS)
    np.testing.assert_allclose([one.logit for one in found], PIXELS.mean(axis=(1, 2, 3))[:, None], rtol=1e-6)
    assert {one.features for one in found} == {None}
