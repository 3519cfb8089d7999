"""'-' is standard output, in every command."""

from pathlib import Path

from leukolens.cli import outputs
from leukolens.report import export, stdout


def test_there_is_one_name_for_it() -> None:
    assert Path("-") == stdout.STDOUT
    assert outputs.STDOUT is export.STDOUT is stdout.STDOUT
