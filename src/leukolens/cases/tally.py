"""How a patient stands, counted by the database: a page of 1,000 cells asks for it after each word of each reader."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from leukolens.cases import schema
from leukolens.cases.record import ADDED
from leukolens.cases.review import Word, chain, newest_of, word_of

Verdicts = tuple[str | None, str]
"""Of a cell: the software's, None where it gave none, and the reader's word, '' for none."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Of one patient in one reading."""

    version: int = 0
    """Of the cells together, see `review.version_of`."""
    cells: Mapping[Verdicts, int] = field(default_factory=dict)
    """How many have which verdicts."""


def tally(
    connection: Connection, case_id: int, *, patient: str | None = None, blind: str | None = None
) -> dict[str, Tally]:
    """Patient → how its cells stand; of one patient alone where it is given. A patient without a cell is left out.

    blind: in whose blind reading; it knows nothing of cells that the common one added.
    """
    inputs, cells, verdicts, reviews = schema.inputs.c, schema.cells.c, schema.verdicts.c, schema.reviews.c
    query = (
        select(inputs.patient, verdicts.verdict, reviews.verdict, func.count(), func.max(reviews.id))
        .select_from(schema.cells)
        .join(schema.inputs, inputs.id == cells.input_id)
        .outerjoin(schema.verdicts, verdicts.cell_id == cells.id)
        .outerjoin(schema.reviews, reviews.id == newest_of(cells.id, blind=blind))
        .where(inputs.case_id == case_id)
        .group_by(inputs.patient, verdicts.verdict, reviews.verdict)
    )
    if patient is not None:
        query = query.where(inputs.patient == patient)
    if blind is not None:
        query = query.where(cells.kind != ADDED)
    counted: dict[str, dict[Verdicts, int]] = defaultdict(lambda: defaultdict(int))
    version: dict[str, int] = defaultdict(int)
    for name, verdict, word, number, last in connection.execute(query):
        counted[name][verdict, word or ""] += number
        version[name] = max(version[name], last or 0)
    return {name: Tally(version=version[name], cells=dict(found)) for name, found in counted.items()}


def words_since(
    connection: Connection, case_id: int, patient: str, *, since: int, blind: str | None = None
) -> dict[int, Word]:
    """Cell → what stands of it, of a patient's cells of which anything was said after version `since`."""
    inputs, cells, reviews = schema.inputs.c, schema.cells.c, schema.reviews.c
    query = (
        select(schema.reviews)
        .join(schema.cells, cells.id == reviews.cell_id)
        .join(schema.inputs, inputs.id == cells.input_id)
        .where(inputs.case_id == case_id, inputs.patient == patient, reviews.id > since, chain(blind))
        .order_by(reviews.id)
    )
    return {row.cell_id: word_of(row) for row in connection.execute(query)}
