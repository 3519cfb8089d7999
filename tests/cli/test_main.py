"""The command line as a whole: help, lists of values, and errors that are messages, not tracebacks."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import click
import pytest
from command import leukolens, python

from leukolens.cli import app, expand_lists
from leukolens.research.data.split import Part, Protocol
from leukolens.research.export.export import Target

COMMANDS = tuple(app.commands)


def test_no_arguments_print_help_that_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens() in (0, 2)  # click's own, and it changed between its versions
    shown = "".join(capsys.readouterr())
    assert "Usage" in shown
    for name in COMMANDS:
        assert any(name in line.split()[:3] for line in shown.splitlines()), name


def test_help_fits_a_terminal_and_keeps_its_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert leukolens("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    example = lines.index("  Measure it, clean and with noise:")
    assert lines[example + 1] == "    leukolens evaluate runs/paper-f1 --sigma 0 2 5 6 8 10"
    assert not [line for line in lines if line.endswith("...") and not line.startswith("Usage")]
    names = [line.split()[0] for line in lines if line[:2] == "  " and line[2:3].strip()]
    assert tuple(names[-len(COMMANDS) :]) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens(command, "--help") == 0
    assert "Usage" in capsys.readouterr().out


def test_help_tells_defaults_and_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("data", "--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "[default: 300; x>=32]" in shown


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "leukolens", "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert "a trained reader confirms each cell" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "expanded"),
    [
        (["run", "--sigma", "0", "2", "5.5"], ["run", "--sigma", "0", "--sigma", "2", "--sigma", "5.5"]),
        (["--sigma", "0", "--seed", "3", "run"], ["--sigma", "0", "--seed", "3", "run"]),
        (["--sigma", "0", "2", "run", "7"], ["--sigma", "0", "--sigma", "2", "run", "7"]),
        (["--sigma", "1", "--sigma", "2", "3"], ["--sigma", "1", "--sigma", "2", "--sigma", "3"]),
        (["--sigma", "-1", "2"], ["--sigma", "-1", "--sigma", "2"]),
        (["--sigma=4", "5"], ["--sigma=4", "5"]),
        (["data", "3"], ["data", "3"]),
        ([], []),
    ],
)
def test_one_flag_takes_several_values(arguments: list[str], expanded: list[str]) -> None:
    assert expand_lists(arguments) == expanded


def test_an_error_is_one_message_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "leukolens", "data", "no/such/folder"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.strip().splitlines() == ["leukolens: no/such/folder: does not exist"]


@pytest.mark.parametrize("arguments", [["fly"], ["predict"], ["train", "x"], ["data", "x", "--crop", "wide"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert leukolens(*arguments) == 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["train", "x"], "--out"),
        (["data", "x", "--crop", "31"], "--crop"),
        (["benchmark", "--out", "x", "--seeds", "one"], "--seeds"),
        (["predict"], "IMAGES"),
        (["reproduce", "--out", "x"], "DATA"),
        (["data", "x", "--crops", "40"], "--crops"),
    ],
)
def test_wrong_usage_names_what_is_wrong(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert named in err.splitlines()[-1]


INTERRUPTED = """
import leukolens.research.data.index
def interrupted(folder, **options):
    raise KeyboardInterrupt
leukolens.research.data.index.index = interrupted
from leukolens.cli import main
main(["data", "x"])
"""


def test_ctrl_c_is_no_traceback_and_no_failure() -> None:
    done = python(INTERRUPTED)
    assert done.returncode == 130
    assert done.stdout == done.stderr.strip() == ""


def test_an_unknown_protocol_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("train", "x", "--out", "y", "--protocol", "image") == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert "'image' is not one of 'paper', 'subject', 'all'" in shown
    assert "--protocol" in shown


@pytest.mark.parametrize(
    ("command", "option", "words"),
    [
        ("train", "protocol", get_args(Protocol)),
        ("evaluate", "part", get_args(Part)),
        ("export", "to", get_args(Target)),
    ],
)
def test_an_option_takes_the_very_words_that_the_code_knows(command: str, option: str, words: tuple[str, ...]) -> None:
    """Written twice, so that help need not load numpy or torch."""
    (found,) = (parameter.type for parameter in app.commands[command].params if parameter.name == option)
    assert isinstance(found, click.Choice)
    assert tuple(found.choices) == words


def test_a_wrong_set_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("train", "x", "--out", tmp_path / "y", "--set", "batch=fast") == 1
    assert capsys.readouterr().err == "leukolens: --set batch=fast: batch takes int\n"
    assert not (tmp_path / "y").exists()


@pytest.mark.parametrize("library", ["torch", "lightning"])
def test_training_without_its_libraries_tells_what_to_install(library: str, tmp_path: Path) -> None:
    code = "import sys; sys.modules[sys.argv[1]] = None; from leukolens.cli import main; main(sys.argv[2:])"
    done = python(code, library, "train", tmp_path, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert done.stderr == f"leukolens: this needs {library}, which is not installed. pip install 'leukolens[train]'\n"


@pytest.mark.parametrize("library", ["sklearn", "matplotlib"])
def test_evaluation_without_its_libraries_tells_what_to_install(library: str, tmp_path: Path) -> None:
    code = "import sys; sys.modules[sys.argv[1]] = None; from leukolens.cli import main; main(sys.argv[2:])"
    done = python(code, library, "evaluate", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"leukolens: this needs {library}, which is not installed. pip install 'leukolens[train]'\n"


WRONG: list[tuple[str, ...]] = [
    ("train", "{cells}", "--out", "{tmp}/run", "--init", "random", "--devices", "many"),
    ("train", "{cells}", "--out", "{tmp}/run", "--init", "random", "--seed", "-1"),
    ("train", "{cells}", "--out", "{tmp}/run", "--init", "random", "--set", "batch=0"),
    ("evaluate", "{run}", "--sigma", "nan"),
    ("evaluate", "{run}", "--sigma=-1"),
    ("evaluate", "{run}", "--sigma", "-1"),
    ("phantoms", "{tmp}/cells", "--seed", "-1"),
    ("benchmark", "{cells}", "--out", "{tmp}/out", "--seeds", "-1"),
    ("benchmark", "--out", "{tmp}/out"),
    ("benchmark", "--quick", "--dry-run", "--out", "{tmp}/out"),
    ("benchmark", "{cells}", "--quick", "--out", "{tmp}/out"),
    ("reproduce", "--out", "{tmp}/out"),
    ("reproduce", "--quick", "--out", "{tmp}/out", "--seed", "1"),
    ("evaluate", "{run}", "--sigma"),
]


@pytest.mark.parametrize("arguments", WRONG, ids=lambda arguments: " ".join(arguments[-2:]))
def test_values_out_of_range_are_refused(arguments: tuple[str, ...], run: Path, cells: Path, tmp_path: Path) -> None:
    places = {"cells": cells, "tmp": tmp_path, "run": tmp_path / "copy"}
    shutil.copytree(run, tmp_path / "copy")
    assert leukolens(*(argument.format(**places) for argument in arguments)) in (1, 2)
