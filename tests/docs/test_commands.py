"""README and docs: each command is one that the reader can type, each path one that is there."""

import re
import tomllib
from pathlib import Path

import click
import pytest
from pagereader import PAGES, ROOT, Block, anchors_of, blocks_of, inline_of, lines_of, links_of, name_of, words_of

from leukolens.cli import app, expand_lists

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
TARGETS = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
SHELL = [block for page in PAGES for block in blocks_of(page) if block.language == ""]
FOLDERS = ("src/leukolens", "src/leukolens/research", "src", "docs", "")
"""Where a path in a page may begin, besides its own folder."""


def check_leukolens(words: list[str]) -> None:
    """Options, their values and the number of arguments, by the command itself; files need not be there."""
    name, *rest = expand_lists(words)
    if "--help" in words:
        assert name in app.commands or name == "--help", name
        return
    command = app.commands[name]
    while isinstance(command, click.Group):
        name, *rest = rest
        command = command.commands[name]
    context = click.Context(command, help_option_names=["-h", "--help"])  # click keeps them with the command
    values, left, _ = command.make_parser(context).parse_args(rest)
    assert left == [], left
    for parameter in command.params:
        value = values.get(str(parameter.name))
        if isinstance(value, str | list | tuple) and not isinstance(parameter.type, click.Path):
            parameter.type_cast_value(context, value)
        if isinstance(parameter, click.Argument) and parameter.required:
            assert isinstance(value, str | tuple), f"{parameter.name} is missing"
            assert value, f"{parameter.name} is missing"


def check_pip(words: list[str]) -> None:
    """Extras that pyproject.toml has."""
    for wanted in re.findall(r"(?:leukolens|\.)\[([\w,]+)\]", " ".join(words)):
        assert set(wanted.split(",")) <= EXTRAS.keys(), wanted


def check_python(words: list[str]) -> None:
    """A script of the repository with its options, or a module."""
    if words[0] in ("-m", "-c"):
        return
    script = next(ROOT.rglob(words[0])) if "/" not in words[0] else ROOT / words[0]
    text = script.read_text(encoding="utf-8")
    for option in re.findall(r"--[\w-]+", " ".join(words)):
        assert f'"{option}"' in text or option in text.partition('"""')[2].partition('"""')[0], option


def check(words: list[str]) -> None:
    kind = Path(words[0]).name
    if kind == "leukolens":
        check_leukolens(words[1:])
    elif kind == "pip":
        check_pip(words[1:])
    elif kind in ("python", "python3"):
        check_python(words[1:])
    elif kind == "make":
        assert words[1] in TARGETS, words[1]
    else:
        assert kind in ("git", "cd", "unzip", "pre-commit"), f"no test knows how to check {kind}"


@pytest.mark.parametrize("block", SHELL, ids=lambda block: name_of(block.page))
def test_each_line_of_a_shell_block_is_a_command(block: Block) -> None:
    lines = lines_of(block)
    assert lines
    for words in lines:
        check(words)


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "errors.md"], ids=name_of)
def test_each_command_within_the_text_is_one(page: Path) -> None:
    """A text may name a command with an option and leave out the rest."""
    for text in inline_of(page):
        if re.match(r"leukolens [a-z]", text):
            name, *rest = words_of(text)[1:]
            options = {option for parameter in app.commands[name].params for option in parameter.opts}
            assert {word for word in rest if word.startswith("--")} <= options, text
        elif re.match(r"(pip install|python|make) \S", text):
            check(words_of(text))


def test_a_wrong_command_is_found() -> None:
    for wrong in ("leukolens predict", "leukolens predict x --rapport y", "leukolens export r --to tflite", "make x"):
        with pytest.raises((click.ClickException, AssertionError)):
            check(words_of(wrong))
    with pytest.raises(AssertionError):
        check(words_of("pip install 'leukolens[all]'"))
    with pytest.raises(AssertionError):
        check(words_of("python studies/stain.py cnmc --nothing"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_path_within_the_text_is_there(page: Path) -> None:
    for text in inline_of(page):
        if not re.fullmatch(r"[\w./-]+/[\w.-]+\.(py|md|toml|txt|sh|csv|json|onnx)", text) or text.startswith(
            "../shared"
        ):
            continue
        if text.split("/")[0] in ("day", "runs", "unseen"):  # the reader's own
            continue
        assert any((base / text).exists() for base in (page.parent, *(ROOT / folder for folder in FOLDERS))), text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_link_leads_somewhere(page: Path) -> None:
    for target, anchor in links_of(page):
        if "://" in target:
            assert target.startswith("https://"), target
            continue
        place = page if target == "" else page.parent / target
        assert place.exists(), target
        if anchor:
            assert anchor in anchors_of(place), f"{target}#{anchor}"


def test_every_block_says_what_it_is() -> None:
    known = {"", "python", "text", "json", "toml"}
    assert {block.language for page in PAGES for block in blocks_of(page)} <= known
