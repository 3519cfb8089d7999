"""`leukolens export`: form, place and seed reach the export; a form that is none lists those there are."""

from pathlib import Path

import pytest
from calls import kept
from command import leukolens

from leukolens.research.export import export as module


def test_options_reach_the_export(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = kept(monkeypatch, module, "export")
    assert leukolens("export", "run", "--to", "onnx") == 0
    wanted = ("--out", "x.tflite", "--data", "cells", "--seed", "3")
    assert leukolens("export", "model.onnx", "--to", "litert-int8", *wanted) == 0
    assert calls[0][0] == (Path("run"), "onnx")
    assert calls[0][1] == {"out": None, "data": None, "patient_from": None, "seed": 0}
    assert calls[1][0] == (Path("model.onnx"), "litert-int8")
    assert calls[1][1] == {"out": Path("x.tflite"), "data": Path("cells"), "patient_from": None, "seed": 3}


def test_a_form_must_be_given_and_be_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls = kept(monkeypatch, module, "export")
    assert leukolens("export", "run") == 2
    assert "--to" in capsys.readouterr().err
    assert leukolens("export", "run", "--to", "coreml") == 2
    assert "'onnx', 'onnx-int8', 'litert', 'litert-int8'" in " ".join(capsys.readouterr().err.split())
    assert calls == []
