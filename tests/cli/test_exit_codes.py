"""Exit codes mean one thing each, and the docs tell the same."""

import re
from pathlib import Path

from leukolens.cli import exit_codes

DOCS = Path(__file__).resolve().parents[2] / "docs" / "predictions.md"
CODES = {name: value for name, value in vars(exit_codes).items() if name.isupper()}


def test_no_two_are_the_same_and_none_is_taken() -> None:
    taken = {0, 2}  # a shell's for done, click's for wrong usage
    assert len({*CODES.values(), *taken}) == len(CODES) + len(taken)
    assert CODES["INTERRUPTED"] == 128 + 2  # as a shell tells SIGINT


def test_all_are_documented() -> None:
    section = DOCS.read_text(encoding="utf-8").split("## Exit codes\n")[1].split("\n## ")[0]
    documented = set(map(int, re.findall(r"(?<![\w.])(\d+): ", section)))
    assert documented == {0, 2, *CODES.values()}
