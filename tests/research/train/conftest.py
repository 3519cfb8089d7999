"""Cells that the tests of training damage."""

from pathlib import Path

import pytest

from leukolens.research.data.phantoms import PhantomSettings, write_phantoms


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """20 cells of one fold, to be damaged."""
    write_phantoms(tmp_path / "few", PhantomSettings(folds=1, subjects=2, cells=5))
    return tmp_path / "few"
