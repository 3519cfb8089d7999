"""The options of push and pull; what they do stands in tests/sharing."""

from pathlib import Path

import pytest
from command import leukolens


def test_a_file_that_is_no_model_is_not_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.onnx").write_text("no model")
    assert leukolens("push", tmp_path / "notes.onnx", "lab/blasts") == 1
    assert "notes.onnx" in capsys.readouterr().err
