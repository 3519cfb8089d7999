"""run.json: read as written, and named by file and field where it is not a run's record."""

import json
from pathlib import Path

import pytest

from leukolens.base import schema
from leukolens.base.errors import RunError
from leukolens.research.data.places import Place, recall, remember
from leukolens.research.data.run_facts import RunFacts, read_run_facts

FACTS = RunFacts(
    protocol="paper",
    fold="0",
    init="random",
    cells=48,
    data_hash="a" * 64,
    settings={"seed": 3, "noise": [0.0, 3.0]},
    data="cells",
    versions={"python": "3.11"},
)


def test_a_record_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(schema.write(FACTS))
    assert read_run_facts(path) == FACTS
    assert read_run_facts(path).seed == 3


WRONG = [
    ("fold", 0, "fold: Expected `str | null`, got `int`"),
    ("protocol", "patient", "protocol: Invalid enum value 'patient'"),
    ("cells", -1, "cells: Expected `int` >= 0"),
    ("data_hash", "../x", "data_hash: Expected `str` matching regex"),
    ("settings", {}, "settings.seed is not a whole number"),
    ("settings", {"seed": "0"}, "settings.seed is not a whole number"),
    ("versions", None, "versions: Expected `object`, got `null`"),
    ("surprise", 1, "surprise: there is no such field"),
]


@pytest.mark.parametrize(("field", "value", "told"), WRONG, ids=[told for _, _, told in WRONG])
def test_a_wrong_value_names_file_and_field(field: str, value: object, told: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(json.loads(schema.write(FACTS)) | {field: value}))
    with pytest.raises(RunError) as caught:
        read_run_facts(path)
    assert str(caught.value).startswith(f"{path}: is damaged ({told}")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"fold": "\\ud800"}', schema.write(FACTS)[:-20]])
def test_a_record_that_is_cut_or_garbled_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(RunError, match=r"run\.json: is damaged \(.*\)\. Train again"):
        read_run_facts(path)


def test_where_the_data_stand_is_known_on_this_machine_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cells"
    folder.mkdir()
    assert recall("b" * 64) is None
    remember("b" * 64, folder)
    assert recall("b" * 64) == Place(folder=str(folder))
    remember("b" * 64, folder, patient_from="patients.csv")
    assert recall("b" * 64) == Place(folder=str(folder), patient_from=str(Path("patients.csv").resolve()))
    remember("b" * 64, folder, patient_from="p_([0-9]+)")
    assert recall("b" * 64) == Place(folder=str(folder), patient_from="p_([0-9]+)")
    folder.rmdir()
    assert recall("b" * 64) is None
