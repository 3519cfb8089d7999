"""The options of push, pull and package; what they do stands in tests/sharing."""

import subprocess
import sys
from pathlib import Path

import pytest
from command import leukolens
from modelmaker import with_card

from leukolens.model.network_file import SHIPPED, SHIPPED_INT8, NetworkFile

WITHOUT = """
import sys
sys.modules["bioimageio.spec"] = sys.modules["huggingface_hub"] = None  # as if they were not installed
from leukolens.cli import main
main(sys.argv[1:])
"""


def test_a_file_that_is_no_model_is_not_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.onnx").write_text("no model")
    assert leukolens("push", tmp_path / "notes.onnx", "lab/blasts") == 1
    assert "notes.onnx" in capsys.readouterr().err


def test_one_command_packs_the_model_that_ships_in_either_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("bioimageio.spec", reason="needs the extra share")
    out = tmp_path / "leukolens.zip"
    assert leukolens("package", "--out", out) == 0
    assert capsys.readouterr().out == f"{out}: model {NetworkFile(SHIPPED).card.model_id}\n"
    assert leukolens("package", "--form", "int8", "--out", out) == 1
    assert "leukolens.zip: exists already" in capsys.readouterr().err
    assert leukolens("package", "--form", "int8", "--out", out, "--force") == 0
    assert NetworkFile(SHIPPED_INT8).card.model_id in capsys.readouterr().out


def test_a_model_of_ones_own_needs_to_say_whose_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("bioimageio.spec", reason="needs the extra share")
    own = with_card(SHIPPED, tmp_path / "own.onnx", lambda card: card.update(temperature=3.5))
    arguments = ("package", own, "--out", tmp_path / "own.zip")
    assert leukolens(*arguments) == 1
    assert "Give --author and --licence" in capsys.readouterr().err
    assert leukolens(*arguments, "--author", "A", "--author", "B", "--licence", "cc-by-4.0") == 0


def test_int8_is_a_form_of_no_other_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("bioimageio.spec", reason="needs the extra share")
    assert leukolens("package", tmp_path / "own.onnx", "--form", "int8", "--out", tmp_path / "own.zip") == 2
    assert "leave out one of them" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [("package", "--out", "o.zip"), ("push", "m.onnx", "lab/m"), ("pull", "lab/m", "--out", "m.onnx")],
    ids=lambda arguments: arguments[0],
)
def test_a_missing_extra_is_named(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip().endswith("pip install 'leukolens[share]'"), ended.stderr
