"""CSV and JSON Lines of a run stay equal, and a run that goes on keeps what is still true."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
from rowmaker import ODD, row

from leukolens.base.errors import OutputError
from leukolens.report.rows import CSV, JSONL
from leukolens.report.tables import open_tables, still_true

MODEL = row().model_id


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / f"{name}.bmp" for name in "abc"]
    for file in found:
        file.write_bytes(file.name.encode())
    return found


def row_for(file: Path, **changes: object) -> object:
    return row(path=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest(), **changes)


def test_both_tables_get_every_row(tmp_path: Path) -> None:
    with open_tables(tmp_path / "x.csv", tmp_path / "x.jsonl", model_id=MODEL, resume=False) as tables:
        for one in ODD:
            tables.append(one)
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    records = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows == [one.texts() for one in ODD]
    for read, record in zip(rows, records, strict=True):
        p_all = "" if record["p_all"] is None else f"{record['p_all']:.6f}"
        hue = "" if record["hue"] is None else f"{record['hue']:.1f}"
        assert read == {**record, "verdict": record["verdict"] or "", "p_all": p_all, "hue": hue}


def test_no_table_is_fine() -> None:
    with open_tables(None, None, model_id=MODEL, resume=False) as tables:
        tables.append(ODD[0])
        tables.keep([])
        assert tables.rows == tables.notices == []


def test_a_table_that_lags_or_is_new_gets_the_others_rows(tmp_path: Path) -> None:
    first, second = tmp_path / "x.csv", tmp_path / "x.jsonl"
    first.write_text(CSV.header + "".join(map(CSV.encode, ODD[:3])), encoding="utf-8", newline="")
    second.write_text("".join(map(JSONL.encode, ODD[:2])), encoding="utf-8", newline="")
    with open_tables(first, second, model_id=MODEL, resume=True) as tables:
        assert tables.rows == ODD[:3]
        tables.keep(tables.rows)
        tables.append(ODD[3])
    assert second.read_text(encoding="utf-8") == "".join(map(JSONL.encode, ODD[:4]))
    second.unlink()
    with open_tables(first, second, model_id=MODEL, resume=True) as tables:
        tables.keep(tables.rows)
    assert second.read_text(encoding="utf-8") == "".join(map(JSONL.encode, ODD[:4]))


def test_one_refused_table_leaves_the_other_as_it_was(tmp_path: Path) -> None:
    first, second = tmp_path / "x.csv", tmp_path / "x.jsonl"
    first.write_text(CSV.header + CSV.encode(ODD[0]), encoding="utf-8", newline="")
    second.write_text("mine")
    with pytest.raises(OutputError, match=r"x\.jsonl"), open_tables(first, second, model_id=MODEL, resume=True):
        pass
    assert first.read_text(encoding="utf-8") == CSV.header + CSV.encode(ODD[0])
    assert second.read_text() == "mine"


def test_rows_of_unchanged_files_stay(files: list[Path]) -> None:
    rows = [row_for(file, patient="7") for file in files]
    assert still_true(rows, dict.fromkeys(files, "7"), threads=2) == rows


def test_rows_of_changed_or_vanished_files_go(files: list[Path]) -> None:
    rows = [row_for(file) for file in files]
    files[0].write_bytes(b"other")
    files[2].unlink()
    assert still_true(rows, dict.fromkeys(files, "H3"), threads=2) == [rows[1]]


def test_a_file_that_could_not_be_read_gets_another_chance(files: list[Path]) -> None:
    unread = row(path=str(files[0]), sha256="", verdict=None, p_all=None, reason="cannot be read")
    assert still_true([unread], dict.fromkeys(files, "H3"), threads=1) == []


def test_rows_of_files_that_are_not_asked_for_stay(files: list[Path]) -> None:
    rows = [row(path="elsewhere.bmp"), row(path="gone.bmp", sha256="", verdict=None, p_all=None)]
    assert still_true(rows, dict.fromkeys(files, ""), threads=1) == rows


def test_another_patient_is_an_error(files: list[Path]) -> None:
    with pytest.raises(OutputError, match=r"a\.bmp was patient 'H3' when it was judged, and is '7' now"):
        still_true([row_for(files[0])], dict.fromkeys(files, "7"), threads=1)
