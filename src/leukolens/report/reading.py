"""A patient's reading as it is handed on: the cells with both verdicts, what they come to, who signed."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from leukolens.cases import schema
from leukolens.cases.reading import Counts, ReadCell, cells_of, count, patient_of, patients
from leukolens.cases.record import ADDED
from leukolens.cases.review import version_of
from leukolens.cases.sign import Signature, signatures
from leukolens.cases.store import Case
from leukolens.decide.patient import patient_answer
from leukolens.decide.read_share import ReadShare


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The common reading of one patient, as it stands now."""

    id: int
    """Of the patient: names stay out of file names."""
    case: str
    """Its name."""
    created_at: str
    """Of the case: UTC, ISO 8601."""
    patient: str
    """'' when it is not known."""
    cells: tuple[ReadCell, ...]
    """The most uncertain first."""
    counts: Counts
    signatures: tuple[Signature, ...]
    """Of this reading, the oldest first; without one it is preliminary."""
    software: str
    """What the software alone says of the patient; '' where it says nothing."""

    @property
    def share(self) -> ReadShare | None:
        """Blasts of the counted cells."""
        return self.counts.share

    @property
    def version(self) -> int:
        """Grows with each word on one of the cells."""
        return version_of(cell.word for cell in self.cells)

    @property
    def models(self) -> list[str]:
        """That judged, by id."""
        return sorted({cell.model_id for cell in self.cells if cell.model_id})


def reading_of(case: Case, patient_id: int) -> Reading:
    """Raises NotInCase for a patient of another case."""
    table = schema.cases.c
    with case.reading() as connection:
        patient = patient_of(connection, case.id, patient_id)
        cells = cells_of(connection, case.id, patient)
        query = select(table.name, table.created_at).where(table.id == case.id)
        name, created_at = connection.execute(query).one()
    return Reading(
        id=patient_id,
        case=name,
        created_at=created_at,
        patient=patient,
        cells=tuple(cells),
        counts=count(cells),
        signatures=tuple(one for one in signatures(case, patient) if not one.blind),
        software=software_says(case, cells) if patient else "",
    )


def readings(case: Case) -> Iterator[Reading]:
    """Of every patient, by name."""
    for listed in patients(case):
        yield reading_of(case, listed.id)


def software_says(case: Case, cells: list[ReadCell]) -> str:
    """Of the patient alone; no reader changes it. '' before anything was judged."""
    card = case.card()
    if card is None:
        return ""
    return patient_answer([cell for cell in cells if cell.kind != ADDED], card.share_rule).statement
