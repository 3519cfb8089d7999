"""A .tflite file gives the ONNX model's answers in LiteRT's own interpreter, and carries card and metadata inside."""

import json
import shutil
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from ai_edge_litert import interpreter
from command import python
from literunner import run_all
from numpy.typing import NDArray
from onnx import helper
from PIL import Image
from referencemaker import between

from leukolens import Classifier
from leukolens.base.errors import ModelError
from leukolens.model.card import METADATA_KEY
from leukolens.model.network_file import as_input
from leukolens.research.export import export, gate, quantise
from leukolens.research.export.gate import Limits
from leukolens.research.export.litert import to_tflite
from leukolens.research.export.source import Source, open_source
from leukolens.research.export.tflite import with_texts
from leukolens.research.networks.onnx_file import with_card, write_card

JUDGE = Path(__file__).resolve().parents[3] / "examples" / "litert" / "judge.py"
ALONE = """
import runpy, sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in {*sys.stdlib_module_names, "numpy", "PIL", "ai_edge_litert"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script where no other library can be imported."""


@pytest.fixture(scope="module")
def source(run: Path) -> Source:
    return open_source(run, cells=8)


@pytest.fixture(scope="module")
def written(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's model as float .tflite, through the gate."""
    out = tmp_path_factory.mktemp("litert") / "model.tflite"
    assert export.export(run, "litert", out=out).path == out
    return out


def test_float_gives_the_three_outputs_of_the_onnx_model(written: Path, source: Source) -> None:
    expected = source.classifier.scores(as_input(source.gate))
    found = run_all(written, source.gate)
    assert set(found) == {"logit", "evidence", "features"}
    assert expected.evidence is not None
    assert expected.features is not None
    assert found["evidence"].shape == expected.evidence.shape
    assert np.allclose(found["logit"], expected.logit, atol=1e-4)
    assert np.allclose(found["evidence"], expected.evidence, atol=1e-3)
    assert np.allclose(found["features"], expected.features, atol=1e-3)


def test_int8_gives_what_the_int8_onnx_model_gives(run: Path, source: Source, tmp_path: Path) -> None:
    int8 = quantise.quantise(onnx.load(run / "model.onnx"), source.calibration, float_first=3)
    onnx.save(with_card(int8, Classifier(run / "model.onnx").card), tmp_path / "x.onnx")
    data = to_tflite(int8, size=64, path=tmp_path / "x.tflite")
    (tmp_path / "x.tflite").write_bytes(data)
    assert len(data) < 4_000_000
    expected = Classifier(tmp_path / "x.onnx").scores(as_input(source.gate))
    found = run_all(tmp_path / "x.tflite", source.gate)
    assert expected.features is not None
    assert np.corrcoef(found["features"].ravel(), expected.features.ravel())[0, 1] > 0.99
    details = interpreter.Interpreter(model_path=str(tmp_path / "x.tflite")).get_tensor_details()
    kernels = [one for one in details if one["dtype"] == np.int8 and one["quantization_parameters"]["scales"].size > 1]
    assert len(kernels) == 24


def test_the_card_and_all_metadata_stand_in_the_file(written: Path, run: Path) -> None:
    with zipfile.ZipFile(written) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    assert found == {one.key: one.value for one in onnx.load(run / "model.onnx").metadata_props}
    assert written.read_bytes()[4:8] == b"TFL3"


def test_the_same_model_gives_the_same_bytes(run: Path) -> None:
    files = [to_tflite(onnx.load(run / "model.onnx"), size=64, path=Path("x")) for _ in range(2)]
    assert files[0] == files[1]


def test_an_operation_it_does_not_know_is_refused(run: Path) -> None:
    model = onnx.load(run / "model.onnx")
    model.graph.node.append(helper.make_node("Softplus", ["logit"], ["soft"], name="soft"))
    with pytest.raises(ModelError, match=r"x\.tflite: holds the operation Softplus, which the LiteRT export does not"):
        to_tflite(model, size=64, path=Path("x.tflite"))


def test_other_padding_is_refused(run: Path) -> None:
    model = onnx.load(run / "model.onnx")
    first = next(node for node in model.graph.node if node.op_type == "Conv")
    (pads,) = (one for one in first.attribute if one.name == "pads")
    pads.ints[:] = [1, 1, 0, 0]
    with pytest.raises(ModelError, match=r"pads a convolution by \[1, 1, 0, 0\]"):
        to_tflite(model, size=64, path=Path("x.tflite"))


def judge(model: Path, *images: Path) -> tuple[int, list[list[str]], str]:
    """The example's exit code, rows and messages, with numpy, Pillow and LiteRT alone."""
    done = python(ALONE, JUDGE, model, *images)
    return done.returncode, [line.split("\t") for line in done.stdout.splitlines()], done.stderr


def test_the_example_judges_as_the_classifier_does(written: Path, run: Path, cells: Path, tmp_path: Path) -> None:
    images = sorted((cells / "fold_0").rglob("*.bmp"))[:6]
    (tmp_path / "no.png").write_bytes(b"nothing")
    code, rows, told = judge(written, *images, tmp_path / "no.png")
    assert code == 3, told
    assert len(rows) == 7
    assert rows[-1][2] == "refused"
    for row, expected in zip(rows, Classifier(run / "model.onnx")(images), strict=False):
        assert row[0] == expected.path
        assert float(row[1]) == pytest.approx(expected.p_all, abs=1e-4)
        assert row[2:] == [expected.verdict, expected.model_id]


def test_the_example_judges_with_a_release_and_tells_what_it_does_not_check(
    shipped: Path, benchmarked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(shipped, tmp_path / "run")
    model = copy / "model.onnx"
    before = Classifier(model)
    source = open_source(copy)
    features = before.scores(as_input(source.gate)).features
    assert features is not None
    assert before.reference is not None
    narrow = between(before.reference, features)  # some cells on either side
    write_card(model, replace(before.card, quality=None, band=(0.0, 0.1)), narrow)
    images = sorted((benchmarked / "cells").rglob("*.bmp"))[:24]
    expected = list(Classifier(model)(images))
    refused = [one.verdict == "refused" for one in expected]
    assert 0 < sum(refused) < len(images)
    path = export.export(copy, "litert").path
    code, rows, told = judge(path, *images)
    assert (code, "not checked here" in told) == (3, False), told
    assert [row[2] == "refused" for row in rows] == refused
    for row, one in zip(rows, expected, strict=True):
        if one.p_all is None:
            assert row[3] == "unlike the cells that the model knows"
        else:
            assert float(row[1]) == pytest.approx(one.p_all, abs=1e-4)
    monkeypatch.setattr(gate, "INT8", Limits(probability=1.0, agreement=0.0, auroc=1.0))
    write_card(model, before.card, before.reference)
    exported = export.export(copy, "litert-int8")
    with zipfile.ZipFile(exported.path) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    kept = {one.key: one.value for one in onnx.load(model).metadata_props}
    assert found == kept | {METADATA_KEY: exported.card.to_json()}
    same = {"model_id": before.card.model_id, "quantisation": "", "graph_digest": before.card.graph_digest}
    assert replace(exported.card, **same) == before.card
    code, rows, told = judge(exported.path, images[0])
    assert "not checked here: background" in told
    assert rows[0][0] == str(images[0])


def test_the_example_takes_threshold_temperature_and_band_from_the_card(
    written: Path, cells: Path, tmp_path: Path
) -> None:
    (image,) = sorted((cells / "fold_0").rglob("*.bmp"))[:1]
    p_all = float(judge(written, image)[1][0][1])
    odds = p_all / (1 - p_all)
    warm = 1 / (1 + odds**-0.25)
    model = written.read_bytes()
    with zipfile.ZipFile(written) as archive:
        card = json.loads(archive.read(METADATA_KEY))
    model = model[: model.index(b"PK\x03\x04")]
    cards = [
        ({"band": None, "threshold": warm - 0.01}, "ALL"),
        ({"band": None, "threshold": warm + 0.01}, "HEM"),
        ({"band": (warm - 0.01, warm + 0.01), "threshold": 0.4}, "uncertain"),
    ]
    for changed, expected in cards:
        path = tmp_path / "other.tflite"
        path.write_bytes(with_texts(model, {METADATA_KEY: json.dumps(card | {"temperature": 4.0} | changed)}))
        (row,) = judge(path, image)[1]
        assert float(row[1]) == pytest.approx(warm, abs=1e-3)
        assert row[2] == expected


def test_the_example_refuses_what_predict_refuses(written: Path, cells: Path, tmp_path: Path) -> None:
    (image,) = sorted((cells / "fold_0").rglob("*.bmp"))[:1]
    with Image.open(image) as opened:
        rgb = opened.convert("RGB")
    rgb.convert("L").save(tmp_path / "grey.png")
    rgb.convert("RGBA").save(tmp_path / "alpha.png")
    rgb.crop((0, 0, 299, 450)).save(tmp_path / "small.png")
    deep = tmp_path / "deep.png"
    deep.write_bytes(_sixteen_bits(np.asarray(rgb)))
    images = [tmp_path / f"{name}.png" for name in ("grey", "alpha", "small", "deep")]
    code, rows, _ = judge(written, *images)
    assert code == 3
    assert [row[2] for row in rows] == ["refused"] * 4
    assert rows[3][3] == "RGB, 16 bit, is not RGB of 8 bits without transparency"


def _sixteen_bits(rgb: NDArray[np.uint8]) -> bytes:
    """A PNG of 16 bits a channel, which Pillow cannot write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, _ = rgb.shape
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rgb)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
