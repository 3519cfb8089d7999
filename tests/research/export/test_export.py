"""`leukolens export`: a file that passed its gate, with its card, or no file at all."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from cardmaker import CALIBRATED
from command import leukolens, python
from referencemaker import between

from leukolens import Classifier
from leukolens.base.errors import ModelError, RunError
from leukolens.model import distance
from leukolens.model.card import METADATA_KEY
from leukolens.model.distance import fit_reference
from leukolens.model.network_file import as_input
from leukolens.research.export import export, gate
from leukolens.research.export.gate import Limits
from leukolens.research.export.source import onnx_answers, open_source
from leukolens.research.networks.onnx_file import write_card

ANY = Limits(probability=1.0, agreement=0.0, auroc=1.0)
"""Two epochs on 32 generated cells leave every p(ALL) near the threshold, where no int8 model can agree."""


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(run, tmp_path / "copy")


@pytest.fixture
def calibrated(copy: Path) -> Path:
    """A copy of `run` with all that a release adds to card and metadata; its reference refuses some cells."""
    path = copy / "model.onnx"
    source = open_source(copy)
    features = source.classifier.scores(as_input(source.gate)).features
    assert features is not None
    added = {
        name: getattr(CALIBRATED, name) for name in ("temperature", "band", "share_rule", "quality", "calibration")
    }
    reference = between(fit_reference(features, features), features)
    write_card(path, replace(source.classifier.card, threshold=0.4, **added), reference)
    return copy


def metadata(path: Path) -> dict[str, str]:
    return {one.key: one.value for one in onnx.load(path).metadata_props}


def test_float_is_the_trained_network_with_all_its_metadata(
    calibrated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again.onnx"
    assert leukolens("export", calibrated, "--to", "onnx", "--out", out) == 0
    texts, digest = metadata(out), Classifier(out).card.graph_digest  # torch may write the same graph in other bytes
    before_texts, before_card = metadata(calibrated / "model.onnx"), Classifier(calibrated / "model.onnx").card
    assert texts.pop(METADATA_KEY) == replace(before_card, graph_digest=digest).to_json()
    assert texts == {distance.METADATA_KEY: before_texts[distance.METADATA_KEY]}
    assert set(metadata(out)) == {METADATA_KEY, distance.METADATA_KEY}
    source = open_source(calibrated)
    before, after = (Classifier(path).scores(as_input(source.gate)) for path in (calibrated / "model.onnx", out))
    assert np.array_equal(before.logit, after.logit)
    printed = capsys.readouterr().out.splitlines()[-2:]
    assert printed[0].startswith("12 test cells: 100.00% of 12 verdicts agree, AUROC ")
    assert printed[1] == f"model {source.classifier.card.model_id}, {out.stat().st_size / 1e6:.1f} MB: {out}"


def test_a_model_file_alone_gives_the_same_int8_as_its_run(
    copy: Path, cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "INT8", ANY)
    alone = shutil.copy(copy / "model.onnx", tmp_path / "alone.onnx")
    assert leukolens("export", copy, "--to", "onnx-int8", "--out", tmp_path / "of_run.onnx") == 0
    assert leukolens("export", alone, "--to", "onnx-int8", "--data", cells, "--out", tmp_path / "of_file.onnx") == 0
    assert (tmp_path / "of_file.onnx").read_bytes() == (tmp_path / "of_run.onnx").read_bytes()


def test_a_model_file_alone_needs_its_cells_and_their_split(copy: Path, cells: Path, tmp_path: Path) -> None:
    model = copy / "model.onnx"
    with pytest.raises(RunError, match="is a model without its run"):
        export.export(model, "onnx-int8")
    with pytest.raises(RunError, match="is a model without its trained weights"):
        export.export(model, "onnx", data=cells, out=tmp_path / "x.onnx")
    write_card(model, replace(Classifier(model).card, split_hash="0" * 64), None)
    with pytest.raises(RunError, match="was split in a way that cannot be rebuilt from its card"):
        export.export(model, "onnx-int8", data=cells)


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
    assert told.startswith(f"int8 of model {before.card.model_id}: convolutions int8 with 7-bit weights and a scale ")
    assert "ranges from 32 training cells; on test cells" in told
    assert (
        replace(after.card, model_id=before.card.model_id, quantisation="", graph_digest=before.card.graph_digest)
        == before.card
    )
    assert metadata(after.path)[distance.METADATA_KEY] == metadata(before.path)[distance.METADATA_KEY]
    images = sorted((cells / "fold_0").rglob("*.bmp"))[:5]
    verdicts = [one.verdict for one in after(images)]
    assert set(verdicts) <= {"ALL", "HEM", "uncertain", "refused"}


def test_a_release_is_exported_with_all_that_was_fitted(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate, "INT8", ANY)
    card = Classifier(shipped / "model.onnx").card
    assert card.protocol == "all"
    assert card.quality is not None
    for to in ("onnx", "onnx-int8"):
        out = tmp_path / to
        assert leukolens("export", shipped, "--to", to, "--out", out) == 0
        assert " train cells: " in capsys.readouterr().out
        after = Classifier(out)
        same = replace(after.card, model_id=card.model_id, quantisation="", graph_digest=card.graph_digest)
        assert same == card
        assert metadata(out)[distance.METADATA_KEY] == metadata(shipped / "model.onnx")[distance.METADATA_KEY]
        assert after.reference is not None


def test_the_gate_asks_for_the_verdicts_that_users_get_refusals_included(calibrated: Path) -> None:
    source = open_source(calibrated)
    scores = source.classifier.scores(as_input(source.gate))
    assert scores.features is not None
    reference = source.classifier.reference
    assert reference is not None
    expected = []
    for logit, features in zip(scores.logit, scores.features, strict=True):
        p_all = 1 / (1 + np.exp(-float(logit) / 2))
        far = reference.distance(features[None])[0] > reference.limit
        expected.append(
            "refused" if far else "uncertain" if 0.25 <= p_all <= 0.75 else "ALL" if p_all >= 0.4 else "HEM"
        )
    assert 4 <= expected.count("refused") <= 8
    assert onnx_answers(source.classifier, source, "x").verdicts == tuple(expected)


def test_int8_outside_its_gate_is_not_written_and_every_attempt_is_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate, "INT8", Limits(probability=0.0, agreement=0.99, auroc=0.002))
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert leukolens("export", copy, "--to", "onnx-int8") == 1
    shown = capsys.readouterr()
    assert "model-int8.onnx: is not written: on 12 cells p(ALL) differs by up to" in shown.err
    assert [line.split()[2] for line in shown.out.splitlines()] == list(map(str, export.FLOAT_FIRST))
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_the_model_it_is_made_from_is_not_overwritten(copy: Path) -> None:
    with pytest.raises(RunError, match=r"model\.onnx: is the model that the export is made from"):
        export.export(copy, "onnx-int8", out=copy / "model.onnx")


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
    shown = " ".join(capsys.readouterr().err.split())
    assert "'coreml' is not one of 'onnx', 'onnx-int8', 'litert', 'litert-int8'" in shown


@pytest.mark.parametrize(("library", "to"), [("onnx", "onnx"), ("ai_edge_litert", "litert")])
def test_without_its_libraries_it_tells_what_to_install(library: str, to: str, tmp_path: Path) -> None:
    code = "import sys; sys.modules[sys.argv[1]] = None; from leukolens.cli import main; main(sys.argv[2:])"
    done = python(code, library, "export", tmp_path, "--to", to)
    assert done.returncode == 1
    assert done.stderr == f"leukolens: this needs {library}, which is not installed. pip install 'leukolens[export]'\n"
