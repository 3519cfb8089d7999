"""What `Case.add` writes of an input, what it says in the log, and what it refuses."""

from pathlib import Path

import pytest
from casemaker import PICTURE, answer, judged

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases import schema
from leukolens.cases.add import picture_values
from leukolens.cases.reading import patients
from leukolens.cases.record import Cell
from leukolens.cases.sign import sign

PLACED = Cell(number=2, box=(3, 4, 50, 60), polygon=((3.5, 4.0), (50.0, 60.0)), kind="smudge", touching=True)


def test_a_cell_s_box_and_outline_become_columns(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        case.add([judged("field.tif", answer(cell=PLACED)), judged("b.png", answer(cell=None, picture=PICTURE))])
        with case.reading() as connection:
            (row,) = connection.execute(schema.cells.select()).all()
            assert connection.execute(schema.pictures.select()).all() == []  # no cell shows it
            cell_ids = [one.cell_id for one in connection.execute(schema.verdicts.select())]
    assert (row.number, row.x0, row.y0, row.x1, row.y1, row.kind, row.touching) == (2, 3, 4, 50, 60, "smudge", True)
    assert (row.polygon, row.nucleus) == ("[[3.5, 4.0], [50.0, 60.0]]", None)
    assert cell_ids == [row.id, None]


def test_the_log_counts_the_verdicts_of_a_field(tmp_path: Path) -> None:
    said = ("ALL", "HEM", "ALL")
    answers = [answer(cell=Cell(number=number), verdict=verdict) for number, verdict in enumerate(said, start=1)]
    with Case.create(tmp_path / "x.case") as case:
        case.add(
            [
                judged("field.tif", *answers),
                judged("two.tif", *answers[::2]),
                judged("a.bmp"),
                judged("b.png", answer(cell=None, verdict=None)),
            ]
        )
        assert [(one.subject, one.new) for one in case.log()][1:] == [
            ("field.tif", "2 ALL, 1 HEM"),
            ("two.tif", "2 ALL"),
            ("a.bmp", "ALL"),
            ("b.png", "not judged"),
        ]


def test_a_field_that_is_judged_again_leaves_no_row_behind(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        case.add([judged("f", *(answer(cell=Cell(number=number), picture=PICTURE) for number in (1, 2, 3)))])
        case.add([judged("f", answer(cell=Cell(number=1)))])
        with case.reading() as connection:
            tables = (schema.inputs, schema.cells, schema.verdicts, schema.pictures)
            assert [len(connection.execute(table.select()).all()) for table in tables] == [1, 1, 1, 0]


def test_a_signed_patient_takes_no_more_inputs(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        case.add([judged("a")])
        sign(case, patients(case)[0].id, role="", meaning="read", expected=0, reason="enough")
        with pytest.raises(
            CaseError, match=r"a patient is signed, so no more pictures can be added\. Amend the patient"
        ):
            case.add([judged("b", patient="H4"), judged("c")])
        assert [row.path for row in case.rows()] == ["a"]


def test_a_picture_needs_a_cell() -> None:
    assert picture_values(PICTURE, 7) == {"jpeg": PICTURE.jpeg, "evidence": PICTURE.evidence, "cell_id": 7}
    assert picture_values(PICTURE, None) is None
    assert picture_values(None, 7) is None
