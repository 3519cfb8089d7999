"""What a case keeps → inputs, answers, pictures and log entries: the queries behind `Case`'s reading methods.

connection: a transaction that reads (`database.reading`). Rows come from the database a few hundred at a time.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, case, exists, func, select

from leukolens.cases import schema
from leukolens.cases.record import InputKind, Picture
from leukolens.cases.row import Row

_AT_ONCE = 500
"""Rows that are read from the database at a time."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """A file that stands in the case."""

    id: int
    path: str
    sha256: str
    patient: str
    kind: InputKind
    um_per_px: float | None
    um_per_px_source: str
    pictured: bool
    """Whether a report can show it: a field as a whole, a cut-out's cell."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the log."""

    seq: int
    """From 1."""
    at: str
    """UTC, ISO 8601."""
    who: str
    action: str
    """judged, judged again, pictured, model, exported, …"""
    subject: str
    """What it was done to: a file's path, say."""
    old: str
    new: str
    digest: str
    """Over this entry and the digest of the one before."""


_OF_INPUT = ("path", "sha256", "patient")
_OF_SCALE = ("kind", "um_per_px", "um_per_px_source")
_OF_VERDICT = ("verdict", "p_all", "band", "hue", "reason", "model_id", "version", "judged_at")
_OF_ENTRY = tuple(field.name for field in fields(Entry))


def inputs(connection: Connection, case_id: int) -> list[Input]:
    """Every file that stands in the case, in the order judged."""
    inputs, cells, pictures, overviews = (
        table.c for table in (schema.inputs, schema.cells, schema.pictures, schema.overviews)
    )
    bare = (
        select(cells.id)
        .outerjoin(schema.pictures, pictures.cell_id == cells.id)
        .where(cells.input_id == inputs.id, pictures.id.is_(None))
    )
    whole = exists(select(overviews.id).where(overviews.input_id == inputs.id))
    pictured = case((inputs.kind == "field", whole), else_=~exists(bare)).label("pictured")
    query = select(*(inputs[name] for name in ("id", *_OF_INPUT, *_OF_SCALE)), pictured)
    query = query.where(inputs.case_id == case_id).order_by(inputs.id)
    return [Input(**{**row._mapping, "pictured": bool(row.pictured)}) for row in connection.execute(query)]


def answers(
    connection: Connection, case_id: int, *, by_probability: bool, pictures: bool
) -> Iterator[tuple[Row, Picture | None]]:
    """In the order judged; by_probability: the highest p(ALL) first, none last."""
    inputs, cells, verdicts = schema.inputs.c, schema.cells.c, schema.verdicts.c
    columns = [*(inputs[name] for name in _OF_INPUT), *(verdicts[name] for name in _OF_VERDICT)]
    query = select(*columns, cells.number.label("cell"), cells.kind).select_from(schema.inputs)
    query = query.join(schema.verdicts, verdicts.input_id == inputs.id)
    query = query.outerjoin(schema.cells, cells.id == verdicts.cell_id)
    if pictures:
        query = query.add_columns(schema.pictures.c.jpeg, schema.pictures.c.evidence).outerjoin(
            schema.pictures, schema.pictures.c.cell_id == verdicts.cell_id
        )
    order = [verdicts.p_all.is_(None), verdicts.p_all.desc()] if by_probability else []
    query = query.where(inputs.case_id == case_id).order_by(*order, verdicts.id)
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        yield _row(row), Picture(jpeg=row.jpeg, evidence=row.evidence) if pictures and row.jpeg else None


def _row(found: Any) -> Row:
    """As tables show it: probabilities with six decimals, hues with one."""
    values = {name: getattr(found, name) for name in (*_OF_INPUT, *_OF_VERDICT)}
    return Row(
        **{
            **values,
            "cell": found.cell,
            "kind": found.kind or "",
            "p_all": None if found.p_all is None else round(found.p_all, 6),
            "hue": None if found.hue is None else round(found.hue, 1),
        }
    )


def evidence(connection: Connection, case_id: int) -> Iterator[bytes]:
    """Every class activation map that the case holds, in no order; see `record.Picture.evidence`."""
    pictures, cells, inputs = schema.pictures.c, schema.cells.c, schema.inputs.c
    query = select(pictures.evidence).join(schema.cells, cells.id == pictures.cell_id)
    query = query.join(schema.inputs, inputs.id == cells.input_id)
    query = query.where(inputs.case_id == case_id, pictures.evidence.is_not(None))
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query).scalars()


def alike(connection: Connection, case_id: int) -> list[list[str]]:
    """Paths of inputs that hold the very same bytes, a list for each such content."""
    inputs = schema.inputs.c
    many = select(inputs.sha256).where(inputs.case_id == case_id, inputs.sha256 != "")
    many = many.group_by(inputs.sha256).having(func.count() > 1)
    query = select(inputs.sha256, inputs.path).where(inputs.case_id == case_id, inputs.sha256.in_(many))
    found: dict[str, list[str]] = defaultdict(list)
    for sha256, path in connection.execute(query.order_by(inputs.id)):
        found[sha256].append(path)
    return list(found.values())


def log(connection: Connection, case_id: int) -> Iterator[Entry]:
    """Everything that was done, the oldest first."""
    table = schema.log.c
    query = select(*(table[name] for name in _OF_ENTRY)).where(table.case_id == case_id).order_by(table.seq)
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        yield Entry(**row._mapping)
