"""Records from JSON and CSV: what is wrong is named by file and field, and no text ends in a traceback."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from leukolens.base import schema
from leukolens.base.errors import RunError


@dataclass(frozen=True, kw_only=True)
class Inner:
    share: schema.Share
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


@dataclass(frozen=True, kw_only=True)
class Outer:
    name: str
    inner: Inner
    band: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    part: str
    number: schema.Count
    loss: float


GOOD = Outer(name="a", inner=Inner(share=0.5), band=(0.1, 0.2))


def test_a_record_is_read_as_written() -> None:
    assert schema.read(schema.write(GOOD), Outer) == GOOD


BAD = [
    ('{"name": "a"}', "missing required field `inner`"),
    ('{"name": "a", "inner": {"share": 1.5}}', "inner.share: Expected `float` <= 1.0"),
    ('{"name": "a", "inner": {"share": null}}', "inner.share: Expected `float`, got `null`"),
    ('{"name": "a", "inner": {"share": true}}', "inner.share: Expected `float`, got `bool`"),
    ('{"name": "a", "inner": {"share": NaN}}', "malformed"),
    ('{"name": "a", "inner": {"share": 1e999}}', "inner.share|out of range"),
    ('{"name": "a", "inner": {"share": 0.5, "low": 2}}', "inner: low is above high"),
    ('{"name": "a", "inner": {"share": 0.5, "hihg": 2}}', "inner.hihg: there is no such field"),
    ('{"name": "a", "inner": {"share": 0.5}, "band": [1]}', "band: Expected `array` of length 2"),
    ('{"name": "\\ud800", "inner": {"share": 0.5}}', "surrogate"),
    ("[" * 100_000, "nested too deeply"),
    ('{"name": "a", "inner": {"share": 0', "truncated"),
    ("", "truncated"),
    ("[]", "Expected `object`, got `array`"),
]


@pytest.mark.parametrize(("text", "told"), BAD, ids=[told for _, told in BAD])
def test_what_is_wrong_is_named(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(schema.Damaged, match=told):
        schema.read(text, Outer)
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(RunError, match=rf"record\.json: is damaged \(.*({told}).*\)\. Make it again"):
        schema.read_file(path, Outer, error=RunError, hint="Make it again")


def test_bytes_that_are_no_text_and_a_file_that_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    with pytest.raises(RunError, match=r"record\.json: cannot be read \(No such file"):
        schema.read_file(path, Outer, error=RunError, hint="Make it again")
    path.write_bytes(b'{"name": "\xff"}')
    with pytest.raises(RunError, match="is damaged"):
        schema.read_file(path, Outer, error=RunError, hint="Make it again")


def table(path: Path, text: str) -> list[Line]:
    path.write_text(text)
    return schema.read_table(path, Line, error=RunError, hint="Make it again")


def test_a_tables_rows_are_read_by_their_columns(tmp_path: Path) -> None:
    long = "x" * 200_000  # over the csv module's own limit
    found = table(tmp_path / "t.csv", f'loss,part,number,more\n0.5,train,3,\nnan,"{long}",0,y\n')
    assert found[0] == Line(part="train", number=3, loss=0.5)
    assert (found[1].part, found[1].loss != found[1].loss) == (long, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the column loss is missing"),
        ("part,number\n", "the column loss is missing"),
        ("part,number,loss\ntrain,1,0.5\ntrain,-1,0.5\n", "row 3: number: Expected `int` >= 0"),
        ("part,number,loss\ntrain,1,much\n", "row 2: loss: Expected `float`"),
        ("part,number,loss\ntrain,1\n", "row 2: loss: Expected `float`, got `null`"),
        ('part,number,loss\n"train,1,0.5\n', "row 2: "),
        ("part,number,loss\n" + "x" * 17_000_000, "row 2: field larger than field limit"),
    ],
)
def test_a_damaged_table_names_its_row(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RunError, match=rf"t\.csv: is damaged \(.*{told}"):
        table(tmp_path / "t.csv", text)
