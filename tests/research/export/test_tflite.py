"""A file from scratch is what LiteRT reads: its tensors, operators and scales, with texts behind that unzip finds."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
interpreter = pytest.importorskip("ai_edge_litert.interpreter")

from leukolens.research.export.tflite import ALIGNMENT, Scale, Writer, with_texts  # noqa: E402

VALUES = np.array([[1.5, -2.0, 0.25]], np.float32)


def sum_model() -> bytes:
    """y = x + VALUES."""
    writer = Writer()
    x = writer.tensor("x", (1, 3))
    added = writer.constant("added", VALUES)
    y = writer.tensor("y", (1, 3))
    writer.operator("ADD", [x, added], y, schema.AddOptionsT())
    return writer.finish({"x": x}, {"y": y}, description="a sum")


def run(model: bytes, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    runner = interpreter.Interpreter(model_content=model, num_threads=1).get_signature_runner()
    return dict(runner(**inputs))


def test_litert_computes_what_was_written() -> None:
    x = np.array([[1, 2, 3]], np.float32)
    np.testing.assert_array_equal(run(sum_model(), x=x)["y"], x + VALUES)
    assert sum_model() == sum_model()


def test_a_stored_tensor_has_its_scale_channel_by_channel() -> None:
    writer = Writer()
    stored = np.array([[10, 20], [30, 40]], np.int8)
    scale = Scale(step=np.array([0.5, 2.0], np.float32), axis=0)
    weights = writer.constant("weights", stored, scale)
    x = writer.tensor("x", (1, 2))
    real = writer.tensor("real", (2, 2))
    y = writer.tensor("y", (1, 2))
    writer.operator("DEQUANTIZE", [weights], real)
    writer.operator("FULLY_CONNECTED", [x, real, -1], y, schema.FullyConnectedOptionsT())
    model = writer.finish({"x": x}, {"y": y}, description="")
    read = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    kept = read.subgraphs[0].tensors[weights].quantization
    assert (kept.scale.tolist(), kept.zeroPoint.tolist(), kept.quantizedDimension) == ([0.5, 2.0], [0, 0], 0)
    assert [code.version for code in read.operatorCodes] == [2, 1]


def test_bytes_begin_at_a_multiple_and_the_format_is_named() -> None:
    model = sum_model()
    assert model[4:8] == b"TFL3"
    assert model.index(VALUES.tobytes()) % ALIGNMENT == 0
    read = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    assert (read.version, read.description) == (3, b"a sum")
    (signature,) = read.signatureDefs
    assert signature.signatureKey == b"serving_default"


def test_texts_stand_behind_and_change_nothing(tmp_path: Path) -> None:
    plain = sum_model()
    with_them = with_texts(plain, {"card.json": '{"é": 1}', "licence.txt": "free"})
    assert with_them.startswith(plain)
    assert with_them == with_texts(plain, {"card.json": '{"é": 1}', "licence.txt": "free"})
    with zipfile.ZipFile(io.BytesIO(with_them)) as archive:
        assert archive.namelist() == ["card.json", "licence.txt"]
        assert archive.read("card.json").decode() == '{"é": 1}'
    np.testing.assert_array_equal(run(with_them, x=VALUES)["y"], 2 * VALUES)
