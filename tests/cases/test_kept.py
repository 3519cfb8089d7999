"""What stands in a case comes out again: inputs, answers in two orders, maps, files alike and its log; of this case
alone, whatever else stands beside it."""

import pytest
from cardmaker import CALIBRATED
from casemaker import PICTURE, answer, judged

from leukolens import Case
from leukolens.cases import kept
from leukolens.cases.record import Judged

UNREADABLE = answer(cell=None, verdict=None, p_all=None, reason="is empty")


def _inputs() -> list[Judged]:
    return [
        judged("a.bmp", answer(p_all=0.12345678, hue=287.26, verdict="HEM"), sha256="1" * 64),
        judged("b.bmp", UNREADABLE, sha256="", kind="unreadable"),
        judged("c.bmp", answer(p_all=0.9, picture=PICTURE), sha256="2" * 64),
        judged("d.bmp", answer(p_all=0.5), sha256="1" * 64),
    ]


@pytest.fixture
def case(place: dict[str, str]) -> Case:
    with Case.create(**place, who="anna") as made:
        made.use(CALIBRATED)
        made.add(_inputs())
        return made


def test_inputs_come_in_the_order_judged_and_say_whether_they_can_be_shown(case: Case) -> None:
    with case.reading() as connection:
        found = kept.inputs(connection, case.id)
    assert [(one.path, one.kind, one.pictured) for one in found] == [
        ("a.bmp", "cut-out", False),
        ("b.bmp", "unreadable", True),
        ("c.bmp", "cut-out", True),
        ("d.bmp", "cut-out", False),
    ]


def test_answers_are_rounded_as_tables_show_them_and_come_in_either_order(case: Case) -> None:
    with case.reading() as connection:
        judged_order = list(kept.answers(connection, case.id, by_probability=False, pictures=False))
        by_probability = list(kept.answers(connection, case.id, by_probability=True, pictures=True))
    first, picture = judged_order[0]
    assert (first.p_all, first.hue, picture) == (0.123457, 287.3, None)
    assert [row.path for row, _ in by_probability] == ["c.bmp", "d.bmp", "a.bmp", "b.bmp"]
    assert [picture for _, picture in by_probability] == [PICTURE, None, None, None]


def test_maps_files_alike_and_the_log(case: Case) -> None:
    with case.reading() as connection:
        assert list(kept.evidence(connection, case.id)) == [PICTURE.evidence]
        assert kept.alike(connection, case.id) == [["a.bmp", "d.bmp"]]
        entries = list(kept.log(connection, case.id))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert {entry.who for entry in entries} == {"anna"}
    assert [entry.subject for entry in entries if entry.action == "judged"] == ["a.bmp", "b.bmp", "c.bmp", "d.bmp"]


def test_another_case_in_the_same_place_is_not_seen(case: Case) -> None:
    with case.reading() as connection:
        assert kept.inputs(connection, case.id + 1000) == []
        assert list(kept.answers(connection, case.id + 1000, by_probability=False, pictures=True)) == []
        assert kept.alike(connection, case.id + 1000) == []
