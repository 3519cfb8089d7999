"""README, tutorials and how-to: a reader who types a page from top to bottom gets what it promises."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import leukolens
from pagereader import ROOT, blocks_of, lines_of
from PIL import Image

from leukolens.research.data.phantoms import PhantomSettings, write_phantoms


def nothing(here: Path) -> None:
    """The page draws its own cells."""


def a_day(here: Path) -> None:
    """day/P-001 with two cells and day/P-002 with one, the same three beside it, a table of patients, and a field."""
    write_phantoms(here / "drawn", PhantomSettings(folds=1, subjects=1, cells=2))
    drawn = sorted((here / "drawn").rglob("*.bmp"))[:3]
    for number, (cell, place) in enumerate(zip(drawn, ("P-001/cell_1", "P-001/cell_2", "P-002/cell_1"), strict=True)):
        (here / "day" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(cell, here / f"day/{place}.bmp")
        shutil.copy(cell, here / f"cell_{number + 1}.bmp")
    shutil.rmtree(here / "drawn")
    (here / "whose.csv").write_text(
        "path,patient\nday/P-001/cell_1.bmp,Miller\nday/P-001/cell_2.bmp,Miller\nday/P-002/cell_1.bmp,Smith\n"
    )
    (here / "truth.csv").write_text(
        "path,label\nday/P-001/cell_1.bmp,ALL\nday/P-001/cell_2.bmp,ALL\nday/P-002/cell_1.bmp,HEM\n"
    )
    Image.fromarray(np.full((480, 640, 3), 235, np.uint8)).save(here / "field.png")


def a_judged_day(here: Path) -> None:
    a_day(here)
    assert leukolens("predict", here / "day", "--case", here / "day.case") == 0


RUN: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "README.md": (nothing, ("cells.html",)),
    "docs/tutorial/technician.md": (a_day, ("practice.html", "day.case", "day.csv", "day.html")),
    "docs/howto/folder.md": (nothing, ("day.html", "day.jsonl", "again.html")),
    "docs/howto/patient.md": (a_day, ("patients.csv", "named.case", "pattern.case")),
    "docs/howto/resume.md": (a_day, ("day.case", "day.csv")),
    "docs/howto/python.md": (a_judged_day, ()),
    "docs/howto/phone.md": (a_day, ()),
    "docs/howto/own-laboratory.md": (a_day, ("day.case",)),
    "docs/cases.md": (a_judged_day, ()),
    "docs/predictions.md": (a_day, ("day.jsonl", "again.csv")),
}
"""Page → what its reader has before, and the files that its commands leave."""


def typed(page: str, here: Path, **more: tuple[str, ...]) -> int:
    """Run each block of a page that can run here; how many did. Names in capitals stand for the reader's own files.

    more: command → options that a test adds to it.
    """
    names: dict[str, Any] = {"__name__": "example"}
    done = 0
    for block in blocks_of(ROOT / page):
        if block.language == "python":
            if page == "README.md":
                a_day(here)
            exec(compile(block.text, page, "exec"), names)
            done += 1
        elif block.language == "":
            for words in lines_of(block):
                if words[0] == "leukolens" and not any(re.fullmatch("[A-Z]+", word) for word in words):
                    assert leukolens(*words[1:], *more.get(words[1], ())) in (0, 3), words
                    done += 1
    return done


@pytest.mark.parametrize("page", RUN)
def test_a_page_runs_from_top_to_bottom(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before, left = RUN[page]
    before(tmp_path)
    assert typed(page, tmp_path)
    for name in left:
        assert (tmp_path / name).stat().st_size > 0, name


def test_a_researchers_first_hour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shorter = ("--epochs", "1", "--set", "preprocess.size=32")
    assert typed("docs/tutorial/researcher.md", tmp_path, train=shorter) == 4
    assert (tmp_path / "runs/first/report.html").is_file()


NOT_RUN = {
    "docs/reference/api.md": "signatures",
    "docs/fields.md": "needs photographs of a slide",
    "docs/howto/laboratory-system.md": "test_laboratory_system.py runs it",
}


def test_every_page_with_python_is_run() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    with_python = {
        page.relative_to(ROOT).as_posix() for page in pages if any(b.language == "python" for b in blocks_of(page))
    }
    assert with_python <= RUN.keys() | NOT_RUN.keys()
