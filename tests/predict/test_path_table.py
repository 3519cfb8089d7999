"""A table that says something of files: by path, beside it or here, in any of a spreadsheet's ways of saving."""

from pathlib import Path

import pytest

from leukolens.base.errors import DatasetError
from leukolens.predict.path_table import is_table, read_path_table


def table(folder: Path, text: str) -> Path:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return folder / "t.csv"


def test_a_name_that_ends_in_csv_is_a_table() -> None:
    assert is_table("a/B.CSV")
    assert not is_table("p_([0-9]+)")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_every_column_is_found_by_the_file(tmp_path: Path, mark: str) -> None:
    text = "\ufeffpath,label,patient\na.png, ALL ,7\nb/c.png,hem,8\n".replace(",", mark)
    found = read_path_table(table(tmp_path, text), needs="patient")
    assert found.columns == ("label", "patient")
    assert found.find("label")(tmp_path / "a.png") == "ALL"
    assert found.find("patient")(tmp_path / "b/../b/c.png") == "8"
    assert found.find("patient")(tmp_path / "c.png") == ""


def test_a_path_starts_beside_the_table_or_else_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    found = read_path_table(table(tmp_path, "path,patient\na.png,7\nb.png,8\n"), needs="patient")
    assert found.find("patient")(tmp_path / "a.png") == "7"
    assert found.find("patient")(Path("b.png")) == "8"
    assert found.without_file([tmp_path / "a.png", Path("b.png")]) == []
    assert found.without_file([tmp_path / "a.png"]) == ["b.png"]


def test_two_lines_of_a_file_must_agree(tmp_path: Path) -> None:
    found = read_path_table(table(tmp_path, "path,label\na.png,all\n./a.png,hem\n"), needs="label")
    with pytest.raises(DatasetError, match=r"t\.csv: gives two labels for \./a\.png\. Keep one"):
        found.find("label")


def test_a_table_without_the_column_says_which(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="lacks the columns path and label"):
        read_path_table(table(tmp_path, "path,patient\na.png,7\n"), needs="label")
