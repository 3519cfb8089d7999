"""A case as a reader works through it: its patients, and a patient's cells with both verdicts on each."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Select, func, select

from leukolens.cases import schema
from leukolens.cases.record import ADDED
from leukolens.cases.review import NotInCase, Word, locked, words
from leukolens.cases.store import Case
from leukolens.cases.tally import Tally, Verdicts, tally
from leukolens.decide.read_share import ReadShare, read_share
from leukolens.predict.prediction import content_of

State = Literal["new", "in review", "signed"]
Group = Literal["uncertain", "ALL", "HEM", "other kind", "not assessable", "not a cell", "not judged"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, kw_only=True)
class ReadCell:
    """One cell: what the software says of it, and what the reader does."""

    id: int
    input_id: int
    path: str
    number: int | None
    """Within its field; None for a cut-out."""
    kind: str
    area_um2: float | None
    box: tuple[int, int, int, int] | None
    """x0, y0, x1, y1 px of its field; x1 and y1 are excluded."""
    polygon: tuple[tuple[float, float], ...]
    verdict: str | None
    """The software's: ALL, HEM, uncertain or refused; None for a cell that a reader added."""
    p_all: float | None
    band: str
    hue: float | None
    reason: str
    model_id: str
    pictured: bool
    content: str
    """The same for the same cell of the same bytes; '' where it is not known."""
    word: Word
    """The reader's."""

    @property
    def group(self) -> Group:
        """What the cell counts as now."""
        return group_of(self.verdict, self.word.verdict)

    @property
    def doubt(self) -> float:
        """How far from a certain answer, 0 (certain) to 1; what gets no answer comes last."""
        return -1.0 if self.p_all is None else 1 - abs(2 * self.p_all - 1)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """A patient's cells as they count now."""

    groups: dict[Group, int]
    cells: int
    read: int
    """Cells with a reader's verdict."""
    called_all: int
    """Cells that a reader calls ALL."""
    called_hem: int
    differ: int
    """Cells that the reader calls otherwise than the software did."""

    @property
    def counted(self) -> int:
        """ALL and HEM: what a share of blasts is of."""
        return self.groups["ALL"] + self.groups["HEM"]

    @property
    def share(self) -> ReadShare | None:
        """Of blasts among those counted."""
        return read_share(self.groups["ALL"], self.counted, self.groups["uncertain"])


@dataclass(frozen=True, kw_only=True)
class PatientListed:
    """A line of the work list."""

    id: int
    """Of the patient's first input: names stay out of addresses."""
    name: str
    """'' when it is not known."""
    counts: Counts
    state: State
    unreadable: int
    """Files without any cell."""
    judged: int
    """Cells with an answer of the model, the same one once."""
    hue: float | None
    """Degrees, mean of the judged cells; None where none was measured."""


def patients(case: Case) -> list[PatientListed]:
    """All patients of a case, by name."""
    inputs = schema.inputs.c
    with case.reading() as connection:
        query = select(func.min(inputs.id).label("id"), inputs.patient).where(inputs.case_id == case.id)
        first = {row.patient: row.id for row in connection.execute(query.group_by(inputs.patient))}
        tallies = tally(connection, case.id)
        signed = set(_signed(connection, case.id))
        unreadable = _unreadable(connection, case.id)
        judged = _judged(connection, case.id)
    return [
        PatientListed(
            id=first[name],
            name=name,
            counts=(counts := counts_of(tallies.get(name, Tally()).cells)),
            state=_state(counts, signed=name in signed),
            unreadable=unreadable.get(name, 0),
            judged=judged.get(name, (0, None))[0],
            hue=judged.get(name, (0, None))[1],
        )
        for name in sorted(first)
    ]


def patient_of(connection: Connection, case_id: int, patient_id: int) -> str:
    """The name of the patient whose input `patient_id` is. Raises NotInCase."""
    inputs = schema.inputs.c
    query = select(inputs.patient).where(inputs.id == patient_id, inputs.case_id == case_id)
    name: str | None = connection.execute(query).scalar_one_or_none()
    if name is None:
        raise NotInCase("patient")
    return name


def without_cell(connection: Connection, case_id: int, patient: str) -> list[tuple[str, str]]:
    """A patient's files in which no cell was found, and why."""
    inputs, verdicts = schema.inputs.c, schema.verdicts.c
    query = select(inputs.path, verdicts.reason).join(schema.verdicts, verdicts.input_id == inputs.id)
    query = query.where(inputs.case_id == case_id, inputs.patient == patient, verdicts.cell_id.is_(None))
    return [(row.path, row.reason) for row in connection.execute(query.order_by(inputs.path))]


def cells_of(connection: Connection, case_id: int, patient: str, *, blind: str | None = None) -> list[ReadCell]:
    """A patient's cells, the most uncertain first, then by probability.

    blind: in whose blind reading; it knows nothing of cells that the common one added.
    """
    query = _query(case_id).where(schema.inputs.c.patient == patient)
    if blind is not None:
        query = query.where(schema.cells.c.kind != ADDED)
    found = [cell for _, cell in _cells(connection, query, blind=blind)]
    return sorted(found, key=lambda cell: (cell.verdict != "uncertain", -cell.doubt, cell.id))


def group_of(verdict: str | None, word: str) -> Group:
    """What a cell counts as: the reader's word, '' for none, else the software's verdict."""
    if word:
        return word  # type: ignore[return-value]  # only ReaderVerdicts are written
    return verdict if verdict in ("ALL", "HEM", "uncertain") else "not judged"  # type: ignore[return-value]


def count(cells: Iterable[ReadCell]) -> Counts:
    """How many count as what."""
    return counts_of(Counter((cell.verdict, cell.word.verdict) for cell in cells))


def counts_of(cells: Mapping[Verdicts, int]) -> Counts:
    """cells: how many have which verdicts."""
    groups = dict.fromkeys(GROUPS, 0)
    read = called_all = called_hem = differ = 0
    for (verdict, word), number in cells.items():
        groups[group_of(verdict, word)] += number
        read += number * bool(word)
        called_all += number * (word == "ALL")
        called_hem += number * (word == "HEM")
        differ += number * (bool(word) and verdict in ("ALL", "HEM") and word != verdict)
    return Counts(
        groups=groups,
        cells=sum(cells.values()),
        read=read,
        called_all=called_all,
        called_hem=called_hem,
        differ=differ,
    )


def state_of(connection: Connection, case_id: int, patient: str, counts: Counts, *, blind: str | None = None) -> State:
    """new, in review or signed."""
    return _state(counts, signed=locked(connection, case_id, patient, blind=blind))


def _state(counts: Counts, *, signed: bool) -> State:
    return "signed" if signed else "in review" if counts.read else "new"


def _query(case_id: int) -> Select[Any]:
    inputs, cells, verdicts, pictures = schema.inputs.c, schema.cells.c, schema.verdicts.c, schema.pictures.c
    of_cell = [cells[name] for name in ("id", "input_id", "number", "kind", "area_um2", "x0", "y0", "x1", "y1")]
    of_verdict = [verdicts[name] for name in ("verdict", "p_all", "band", "hue", "reason", "model_id")]
    columns = [*of_cell, cells.polygon, *of_verdict, pictures.id.is_not(None).label("pictured")]
    return (
        select(inputs.path, inputs.patient, inputs.sha256, *columns)
        .select_from(schema.cells)
        .join(schema.inputs, inputs.id == cells.input_id)
        .outerjoin(schema.verdicts, verdicts.cell_id == cells.id)
        .outerjoin(schema.pictures, pictures.cell_id == cells.id)
        .where(inputs.case_id == case_id)
        .order_by(cells.id)
    )


def _cells(connection: Connection, query: Select[Any], *, blind: str | None) -> Iterable[tuple[str, ReadCell]]:
    said = words(connection, query.with_only_columns(schema.cells.c.id).order_by(None), blind=blind)
    for row in connection.execute(query):
        values = dict(row._mapping)
        content = values.pop("sha256")
        patient = values.pop("patient")
        edges = tuple(values.pop(name) for name in ("x0", "y0", "x1", "y1"))
        outline = json.loads(values.pop("polygon") or "[]")
        yield (
            patient,
            ReadCell(
                **{**values, "pictured": bool(row.pictured), **_said(row)},
                box=None if edges[0] is None else edges,
                polygon=tuple(map(tuple, outline)),
                content=content_of(content, row.number),
                word=said.get(row.id, Word()),
            ),
        )


def _said(row: Any) -> dict[str, str]:
    """The software's texts; '' for a cell that it did not find."""
    return {name: getattr(row, name) or "" for name in ("band", "reason", "model_id")}


def _signed(connection: Connection, case_id: int) -> Iterable[str]:
    table = schema.signatures.c
    return connection.execute(select(table.patient).where(table.case_id == case_id, table.blind.is_(False))).scalars()


def _unreadable(connection: Connection, case_id: int) -> dict[str, int]:
    inputs, verdicts = schema.inputs.c, schema.verdicts.c
    query = select(inputs.patient, func.count().label("number")).join(schema.verdicts, verdicts.input_id == inputs.id)
    query = query.where(inputs.case_id == case_id, verdicts.cell_id.is_(None)).group_by(inputs.patient)
    return {row.patient: row.number for row in connection.execute(query)}


def _judged(connection: Connection, case_id: int) -> dict[str, tuple[int, float | None]]:
    """Patient → how many cells have an answer, and their mean hue, as `decide.patient` counts them."""
    inputs, cells, verdicts = schema.inputs.c, schema.cells.c, schema.verdicts.c
    each = select(inputs.patient, inputs.sha256, cells.number, verdicts.hue).distinct()
    each = each.join(schema.cells, cells.input_id == inputs.id).join(schema.verdicts, verdicts.cell_id == cells.id)
    one = each.where(inputs.case_id == case_id, verdicts.p_all.is_not(None)).subquery().c
    query = select(one.patient, func.count(), func.avg(one.hue)).group_by(one.patient)
    return {patient: (number, hue) for patient, number, hue in connection.execute(query)}
