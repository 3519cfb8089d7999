"""`leukolens export`: a file that passed its gate, with its card, or no file at all."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from command import leukolens, python

from leukolens import Classifier
from leukolens.classifier import as_input
from leukolens.errors import ModelError, RunError
from leukolens.exporting import export, gate
from leukolens.exporting.gate import Limits
from leukolens.exporting.source import open_source
from leukolens.training.export import write_card

ANY = Limits(probability=1.0, agreement=0.0, auroc=1.0)
"""Two epochs on 32 generated cells leave every p(ALL) near the threshold, where no int8 model can agree."""


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(run, tmp_path / "copy")


@pytest.fixture
def calibrated(copy: Path) -> Path:
    """A copy of `run` whose card and metadata hold what a release adds."""
    path = copy / "model.onnx"
    write_card(path, replace(Classifier(path).card, threshold=0.4, temperature=2.0, band=(0.3, 0.45)))
    model = onnx.load(path)
    entry = model.metadata_props.add()
    entry.key, entry.value = "leukolens.reference", "kept"
    onnx.save(model, path)
    return copy


def metadata(path: Path) -> dict[str, str]:
    return {one.key: one.value for one in onnx.load(path).metadata_props}


def test_float_is_the_trained_network_with_all_its_metadata(
    calibrated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again.onnx"
    assert leukolens("export", calibrated, "--to", "onnx", "--out", out) == 0
    assert metadata(out) == metadata(calibrated / "model.onnx")
    source = open_source(calibrated)
    before, after = (Classifier(path).scores(as_input(source.gate)) for path in (calibrated / "model.onnx", out))
    assert np.array_equal(before.logit, after.logit)
    printed = capsys.readouterr().out.splitlines()[-2:]
    assert printed[0].startswith("12 test cells: 100.00% of 12 verdicts agree, AUROC ")
    assert printed[1] == f"model {source.classifier.card.model_id}, {out.stat().st_size / 1e6:.1f} MB: {out}"


def test_weights_that_are_not_those_of_the_model_are_refused(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "FLOAT", Limits(probability=-1.0, agreement=0.99, auroc=0.002))
    with pytest.raises(ModelError, match=r"model\.onnx: is not written: on 12 cells p\(ALL\) differs by up to"):
        export.export(copy, "onnx", out=tmp_path / "new" / "model.onnx")
    assert not list((tmp_path / "new").iterdir())


def test_int8_judges_in_the_classifier_with_its_own_id_and_card(
    calibrated: Path, cells: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "INT8", ANY)
    assert leukolens("export", calibrated, "--to", "onnx-int8") == 0
    before, after = Classifier(calibrated / "model.onnx"), Classifier(calibrated / "model-int8.onnx")
    assert after.path.stat().st_size < 4_000_000
    assert after.card.model_id != before.card.model_id
    told = after.card.quantisation
    assert told.startswith(f"int8 of model {before.card.model_id}: convolutions int8 with a scale for each channel, ")
    assert "ranges from 32 training cells; on test cells" in told
    assert replace(after.card, model_id=before.card.model_id, quantisation="") == before.card
    assert metadata(after.path)["leukolens.reference"] == "kept"
    images = sorted((cells / "fold_0").rglob("*.bmp"))[:5]
    for one in after(images, explain=True):
        assert one.verdict == after.verdict(one.p_all or 0)
        assert one.evidence is not None


def test_int8_outside_its_gate_is_not_written_and_every_attempt_is_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate, "INT8", Limits(probability=0.0, agreement=0.99, auroc=0.002))
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert leukolens("export", copy, "--to", "onnx-int8") == 1
    shown = capsys.readouterr()
    assert "model-int8.onnx: is not written: on 12 cells p(ALL) differs by up to" in shown.err
    assert [line.split()[2] for line in shown.out.splitlines()] == ["3", "5", "7"]
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_the_model_it_is_made_from_is_not_overwritten(copy: Path) -> None:
    with pytest.raises(RunError, match=r"model\.onnx: is the model that the export is made from"):
        export.export(copy, "onnx-int8", out=copy / "model.onnx")


def test_calibration_and_gate_share_no_cell(run: Path) -> None:
    source = open_source(run, cells=10)
    assert (len(source.calibration), len(source.gate), source.part) == (10, 12, "test")
    seen = {cell.tobytes() for cell in source.calibration}
    assert not seen & {cell.tobytes() for cell in source.gate}
    other = open_source(run, cells=10, seed=1)
    assert not np.array_equal(source.calibration, other.calibration)
    assert np.array_equal(source.calibration, open_source(run, cells=10).calibration)


def test_weights_that_are_gone_are_named(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(RunError, match=r"model\.safetensors: is missing; it holds the trained weights"):
        export.export(copy, "onnx")


def test_weights_cut_short_are_named(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"model\.safetensors: does not hold the weights of this run"):
        export.export(copy, "onnx")


def test_an_unknown_form_lists_those_there_are(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("export", copy, "--to", "coreml") == 2
    assert "'coreml' is not one of onnx" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("library", "to"), [("onnx", "onnx"), ("ai_edge_litert", "litert")])
def test_without_its_libraries_it_tells_what_to_install(library: str, to: str, tmp_path: Path) -> None:
    code = "import sys; sys.modules[sys.argv[1]] = None; from leukolens.cli import main; main(sys.argv[2:])"
    done = python(code, library, "export", tmp_path, "--to", to)
    assert done.returncode == 1
    assert done.stderr == f"leukolens: this needs {library}, which is not installed. pip install 'leukolens[export]'\n"
