"""A .tflite file gives the ONNX model's answers in LiteRT's own interpreter, and carries card and metadata inside."""

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper

interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert: extra 'export'")

from leukolens import Classifier  # noqa: E402
from leukolens.classifier import as_input  # noqa: E402
from leukolens.errors import ModelError  # noqa: E402
from leukolens.exporting import export, quantise  # noqa: E402
from leukolens.exporting.litert import to_tflite  # noqa: E402
from leukolens.exporting.source import Source, open_source  # noqa: E402

JUDGE = Path(__file__).resolve().parents[1] / "examples" / "litert" / "judge.py"


@pytest.fixture(scope="module")
def source(run: Path) -> Source:
    return open_source(run, cells=8)


@pytest.fixture(scope="module")
def written(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's model as float .tflite, through the gate."""
    out = tmp_path_factory.mktemp("litert") / "model.tflite"
    assert export.export(run, "litert", out=out, say=lambda _: None).path == out
    return out


def run_all(path: Path, pixels: Sequence[NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    runner = interpreter.Interpreter(model_path=str(path)).get_signature_runner()
    answers = [runner(rgb=cell[None].astype(np.float32)) for cell in pixels]
    return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}


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
    onnx.save(int8, tmp_path / "x.onnx")
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


def test_the_example_judges_as_the_classifier_does(written: Path, run: Path, cells: Path, tmp_path: Path) -> None:
    images = sorted((cells / "fold_0").rglob("*.bmp"))[:6]
    (tmp_path / "no.png").write_bytes(b"nothing")
    command = [sys.executable, JUDGE, written, *images, tmp_path / "no.png"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 3, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == 7
    assert lines[-1][2] == "refused"
    for line, expected in zip(lines, Classifier(run / "model.onnx")(images), strict=False):
        assert line[0] == expected.path
        assert float(line[1]) == pytest.approx(expected.p_all, abs=1e-4)
        assert line[2:] == [expected.verdict, expected.model_id]


def test_the_example_takes_threshold_temperature_and_band_from_the_card() -> None:
    place = f"import sys; sys.path.insert(0, {str(JUDGE.parent)!r})"
    code = f"{place}; from judge import verdict; print(verdict(0.42, eval(sys.argv[1])))"
    cards = [
        ({"band": None, "threshold": 0.4}, "ALL"),
        ({"band": None, "threshold": 0.5}, "HEM"),
        ({"band": (0.42, 0.5), "threshold": 0.4}, "uncertain"),
    ]
    for card, expected in cards:
        done = subprocess.run([sys.executable, "-c", code, repr(card)], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected


def test_the_example_needs_nothing_but_numpy_pillow_and_litert() -> None:
    lines = [line for line in JUDGE.read_text(encoding="utf-8").splitlines() if line.startswith(("import ", "from "))]
    assert {line.split()[1].split(".")[0] for line in lines} == {
        *("json", "math", "sys", "zipfile"),
        *("numpy", "ai_edge_litert", "PIL"),
    }
