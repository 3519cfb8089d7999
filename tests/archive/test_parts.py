"""Files → parts → rows → Parquet: the rows are those of `leukolens predict`, field by field."""

import io
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from leukolens.archive.files import File, list_files
from leukolens.archive.parts import BYTES, FILES, SCHEMA, judge_part, packed, parts_of
from leukolens.cases.fill import judge
from leukolens.cases.row import COLUMNS
from leukolens.predict.classifier import Classifier
from leukolens.predict.items import gather


def listed(*sizes: int) -> list[File]:
    return [File(url=f"s3://bucket/{number:06}.png", size=size) for number, size in enumerate(sizes)]


def test_parts_hold_every_file_once_within_their_limits() -> None:
    files = listed(*[1000] * (2 * FILES + 3), BYTES - 10, 20, 2 * BYTES, 5)
    parts = list(parts_of(files))
    assert [file for part in parts for file in part.files] == files
    assert [len(part.files) for part in parts][:2] == [FILES, FILES]
    for part in parts:
        assert len(part.files) <= FILES
        assert len(part.files) == 1 or sum(file.size for file in part.files) <= BYTES
    assert len({part.name for part in parts}) == len(parts)


def test_a_part_is_named_after_its_files_alone() -> None:
    (one,), (same,), (other,) = (list(parts_of(files)) for files in (listed(1, 2), listed(7, 8), listed(1, 2, 3)))
    assert one.name == same.name
    assert one.name != other.name


def test_rows_are_those_of_predict_and_parquet_keeps_them(cells: Path) -> None:
    classifier = Classifier(threads=1)
    (part,) = parts_of(list_files([str(cells / "fold_0/all")])[:5])
    patients = {file.url: "P1" for file in part.files}
    rows = list(judge_part(part, classifier, patients=patients))
    items = [replace(item, patient="P1") for item in gather([file.url for file in part.files])]
    expected = list(judge(items, classifier))
    assert [replace(row, judged_at="") for row in rows] == [replace(row, judged_at="") for row in expected]
    table = pq.read_table(io.BytesIO(packed(rows)))
    assert table.schema.equals(SCHEMA)
    assert tuple(table.column_names) == COLUMNS
    assert [row["p_all"] for row in table.to_pylist()] == [row.p_all for row in rows]


def test_a_file_that_is_gone_is_a_row_with_its_reason(cells: Path) -> None:
    (part,) = parts_of([File(url=str(cells / "gone.png"), size=3)])
    (row,) = judge_part(part, Classifier(threads=1), patients={part.files[0].url: ""})
    assert (row.verdict, row.path) == (None, str(cells / "gone.png"))
    assert "No such file" in row.reason
