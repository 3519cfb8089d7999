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
    assert "| matches no file | –" in text
    assert "| two files have names that a table shows alike | Rename one of them |" in text
