"""A signature that stands on another log, a word after it, and an amendment that does not hold what was signed."""

from collections.abc import Callable
from typing import Any

import pytest
from casemaker import answer, judged
from sqlalchemy import update

from leukolens import Case
from leukolens.cases import schema
from leukolens.cases.change import Change, complete
from leukolens.cases.check import check, check_all
from leukolens.cases.digest import row_digest
from leukolens.cases.reading import patients
from leukolens.cases.review import review
from leukolens.cases.sign import amend, sign

WORD = {"reader": "Anna", "role": "reader", "verdict": "ALL", "withdrawn": False}


@pytest.fixture
def signed(place: dict[str, str]) -> Any:
    """A case whose patient H3 Anna signed; H5 is open."""
    with Case.create(**place, who="Anna") as case:
        case.add([judged("a.bmp"), judged("b.bmp", answer(verdict="HEM")), judged("c.bmp", patient="H5")])
        word = review(case, patients(case)[0].id, role="reader", expected=0, verdict="HEM")
        sign(case, patients(case)[0].id, role="x", meaning="read", expected=word.version, reason="clear enough")
        yield case


def found(case: Case) -> list[str]:
    return list(map(str, check_all(case).findings))


def first_cell(case: Case) -> int:
    """Of a.bmp."""
    with case.reading() as connection:
        cells, inputs = schema.cells.c, schema.inputs.c
        query = schema.cells.select().join(schema.inputs, inputs.id == cells.input_id)
        return int(connection.execute(query.where(inputs.case_id == case.id).order_by(cells.id)).first().id)


def test_a_signed_case_and_its_amendments_are_whole(signed: Case) -> None:
    made = amend(signed, patients(signed)[0].id, name=f"{signed.name} 2", reason="wrong cell")
    newer = signed.family()[1]
    assert newer.id == made
    review(newer, patients(newer)[0].id and cell_of(newer), role="reader", expected=version(newer), verdict="ALL")
    sign(newer, patients(newer)[0].id, role="x", meaning="read", expected=version(newer), reason="clear")
    amend(newer, patients(newer)[0].id, name=f"{signed.name} 3", reason="once more")
    assert len(signed.family()) == 3
    assert found(signed) == []
    assert check_all(signed).rows > check(signed).rows


def cell_of(case: Case) -> int:
    """The one that has a word."""
    with case.reading() as connection:
        cells, inputs, reviews = schema.cells.c, schema.inputs.c, schema.reviews.c
        query = schema.reviews.select().join(schema.cells, cells.id == reviews.cell_id)
        query = query.join(schema.inputs, inputs.id == cells.input_id).where(inputs.case_id == case.id)
        return int(connection.execute(query).first().cell_id)


def version(case: Case) -> int:
    with case.reading() as connection:
        return int(connection.execute(schema.reviews.select().order_by(schema.reviews.c.id.desc())).first().id)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"signed": "0" * 64}, "it signs another log"),
        ({"patient": "H5"}, "is by Anna for H5; the log says Anna, H3"),
        ({"name": "Bert"}, "is by Bert for H3; the log says Anna, H3"),
    ],
)
def test_a_signature_that_someone_wrote_anew_with_its_chain(signed: Case, changes: dict[str, str], what: str) -> None:
    rewrite(signed, lambda row: {**row, **changes})
    (finding,) = [one for one in found(signed) if one.startswith("signatures row")]
    assert what in finding


def rewrite(case: Case, turned: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """As someone who knows how digests are made: the row, its digest in the log, and the entry's own."""
    with case.change() as change:
        table, log = schema.signatures, schema.log
        row = dict(change.connection.execute(table.select().where(table.c.case_id == case.id)).one()._mapping)
        after = complete(table, turned(row))
        digest = row_digest("signatures", after)
        change.connection.execute(update(table).where(table.c.id == row["id"]).values(**after, digest=digest))
        of_log = (log.c.case_id == case.id) & (log.c.action == "signed")
        entry = dict(change.connection.execute(log.select().where(of_log)).one()._mapping)
        entry["rows"] = entry["rows"].replace(row["digest"], digest)
        change.connection.execute(update(log).where(of_log).values(rows=entry["rows"], digest=row_digest("log", entry)))


def test_a_word_on_a_signed_patient_is_found(signed: Case) -> None:
    def say(change: Change, cell: int, **changes: Any) -> None:
        change.log("reviewed", "a.bmp", rows=change.insert(schema.reviews, [{**WORD, "cell_id": cell, **changes}]))

    with signed.change() as change:  # the log holds, the rule does not
        say(change, first_cell(signed), role="blind second reader", reader="Bert")
        say(change, first_cell(signed) + 2)  # of another patient
    assert found(signed) == []
    with signed.change() as change:
        say(change, first_cell(signed))
    (finding,) = found(signed)
    assert "(a.bmp): was written after Anna had signed" in finding


def test_an_amendment_that_does_not_hold_what_was_signed(signed: Case) -> None:
    amend(signed, patients(signed)[0].id, name=f"{signed.name} 2", reason="wrong cell")
    newer = signed.family()[1]
    with newer.change() as change:
        inputs = schema.inputs
        query = inputs.select().where(inputs.c.case_id == newer.id, inputs.c.path == "b.bmp")
        row = dict(change.connection.execute(query).one()._mapping)
        after = complete(inputs, {**row, "sha256": "f" * 64})
        digest = row_digest("inputs", after)
        change.connection.execute(update(inputs).where(inputs.c.id == row["id"]).values(**after, digest=digest))
    assert f"cases row {newer.id} (b.bmp): is not as it was signed in the version that it amends" in found(signed)


def test_an_amendment_that_is_gone_or_that_nobody_made(signed: Case) -> None:
    name = f"{signed.name} 2"
    made = amend(signed, patients(signed)[0].id, name=name, reason="wrong cell")
    with signed.change() as change:
        change.connection.execute(update(schema.cases).where(schema.cases.c.id == made).values(name="another"))
    said = found(signed)
    assert any(f"says that {name} amends it, which is missing" in one for one in said)
    assert any("(another): says that it amends a case, but that case's log does not mention it" in one for one in said)


def test_a_case_that_was_slipped_into_a_file(signed: Case) -> None:
    if signed.where.startswith("postgresql"):
        pytest.skip("a database holds many cases")
    with signed.change() as change:
        row = {"name": "another", "created_at": "", "amends": None}
        change.connection.execute(schema.cases.insert().values(**row, digest="0" * 64))
    assert found(signed) == [f"cases row {signed.id + 1}: was slipped in: it amends no case"]
