"""--version, -h, '-' for standard output, --force and --quiet: the same in every command that has them."""

import csv
import io
import json
from pathlib import Path

import pytest
from command import leukolens

from leukolens import __version__
from leukolens.base.errors import OutputError
from leukolens.cli.outputs import free, write
from leukolens.report.stdout import STDOUT


def test_version_and_short_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("--version") == 0
    assert capsys.readouterr().out == f"leukolens {__version__}\n"
    assert leukolens("predict", "-h") == 0
    assert "--force" in capsys.readouterr().out


def test_a_file_that_stands_there_is_only_replaced_when_forced(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write(path, "1")
    with pytest.raises(OutputError, match="exists already"):
        free(path, STDOUT, force=False)
    free(path, STDOUT, tmp_path / "new.json", force=True)
    free(STDOUT, force=False)


def test_tables_go_to_standard_output_alone(folder: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = folder / "a.bmp"
    assert leukolens("predict", cell, "--model", model, "--csv", "-", "--quiet") == 0
    out, _ = capsys.readouterr()
    (row,) = csv.DictReader(io.StringIO(out))
    assert row["path"] == str(cell)
    assert leukolens("predict", cell, "--model", model, "--jsonl", "-", "-q") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == row["verdict"]
    assert leukolens("predict", cell, "--model", model, "--patients", "-", "-q") == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("patient,files,found,judged,")
    assert not list(Path().glob("-*"))
    assert leukolens("predict", cell, "--model", model, "--csv", "-", "--jsonl", "-") == 2


def test_quiet_leaves_results_warnings_and_errors(
    folder: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("predict", folder / "a.bmp", folder / "b.png", "--model", model)
    assert leukolens(*arguments) == 3
    loud = capsys.readouterr()
    assert leukolens(*arguments, "--quiet") == 3
    quiet = capsys.readouterr()
    assert quiet.out == loud.out
    assert "b.png" in quiet.err
    assert "lacks safeguards" in quiet.err
    assert len(quiet.err.splitlines()) < len(loud.err.splitlines())
    assert leukolens(*arguments) == 3
    assert capsys.readouterr().err == loud.err  # quiet is over


def test_force_replaces_tables_and_never_a_case(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, case = tmp_path / "day.csv", tmp_path / "day.csv.case"
    arguments = ("predict", folder / "a.bmp", "--model", model, "--csv", table)
    assert leukolens(*arguments) == 0
    kept = case.read_bytes()
    table.write_text("mine")
    assert leukolens(*arguments) == 1
    assert leukolens(*arguments, "--force") == 0
    assert table.read_text().startswith("path,")
    assert case.read_bytes() == kept
    assert leukolens(*arguments, "--force", "--resume") == 2
    table.write_text("mine")
    assert leukolens("export-case", case, "--csv", table) == 1
    assert leukolens("export-case", case, "--csv", table, "--force") == 0
    capsys.readouterr()
    assert leukolens("export-case", case, "--csv", "-") == 0
    assert capsys.readouterr().out.startswith("path,")
