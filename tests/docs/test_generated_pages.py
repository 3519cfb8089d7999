"""The generated pages of commands and errors are what the source gives now."""

import importlib.util
from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "docs/reference"
_spec = importlib.util.spec_from_file_location("generate", REFERENCE / "generate.py")
assert _spec is not None
assert _spec.loader is not None
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


@pytest.mark.parametrize("page", ["cli", "errors"])
def test_a_page_is_current(page: str) -> None:
    made = {"cli": generate.cli_page, "errors": generate.errors_page}[page]()
    assert (REFERENCE / f"{page}.md").read_text(encoding="utf-8") == made, "run python docs/reference/generate.py"


def test_every_command_and_option_stands_in_the_page() -> None:
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    for name, command in generate.app.commands.items():
        assert f"\n## {name}\n" in text
        assert all(option in text for parameter in command.params for option in parameter.opts if option[0] == "-")


def test_errors_stand_with_their_hints() -> None:
    text = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    assert "| matches no file | Check the folder and the pattern |" in text
    assert "| two files have names that look the same in a table | Rename one of them |" in text


def test_hints_that_stand_in_variables_and_tables_are_told() -> None:
    text = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    assert "| is CMYK | Save it as 8-bit RGB: the conversion needs a colour profile" in text
    assert "| is grey (saturation" in text
    assert "It looks like a photograph of a whole field" in text
    assert "| exists already | Continue it with --resume, or write another |" in text
    assert "`hint`" not in text
    assert "`text`" not in text


def test_each_missing_extra_stands_with_the_line_that_installs_it() -> None:
    text = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    assert r"| this needs torch, which is not installed | pip install 'leukolens\[train\]' |" in text
    assert r"| this needs cv2, which is not installed | pip install 'leukolens\[fields\]' |" in text


@pytest.mark.parametrize("room", ["images", "model", "predict", "report"])
def test_whatever_a_laboratory_meets_has_a_hint(room: str) -> None:
    parts = (REFERENCE / "errors.md").read_text(encoding="utf-8").split("\n## ")
    rows = [
        line for part in parts if part.startswith(f"{room}/") for line in part.splitlines() if line.startswith("| ")
    ]
    without = [row for row in rows if row.endswith("| – |") and "unforeseen" not in row and "expected uint8" not in row]
    assert rows
    assert not without
