"""Tables that people make: any separator, any path spelling, one value a file."""

from pathlib import Path

import pytest

from leukolens.base.errors import DatasetError
from leukolens.base.given_table import by_file, read_table


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_header_tells_the_separator(tmp_path: Path, mark: str) -> None:
    table = tmp_path / "a.csv"
    table.write_text(f"\ufeffpath{mark}label{mark}more\n x .bmp{mark}ALL\n'=1.bmp{mark}HEM{mark}2\n")
    assert read_table(table, columns=("path", "label")) == [
        {"path": " x .bmp", "label": "ALL", "more": ""},
        {"path": "=1.bmp", "label": "HEM", "more": "2"},
    ]


def test_a_relative_path_starts_at_the_table_then_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    table = tmp_path / "t.csv"
    find = by_file([{"path": "a.bmp", "label": " ALL "}], table, column="label")
    assert find(tmp_path / "a.bmp") == find("a.bmp") == "ALL"
    assert find("b.bmp") == ""


def test_two_values_of_one_file_are_refused(tmp_path: Path) -> None:
    lines = [{"path": "a.bmp", "label": "ALL"}, {"path": "./a.bmp", "label": "HEM"}]
    with pytest.raises(DatasetError, match=r"t\.csv: gives two labels for \./a\.bmp"):
        by_file(lines, tmp_path / "t.csv", column="label")
