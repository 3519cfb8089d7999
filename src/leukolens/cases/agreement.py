"""How far two readers of the same cells agree: Cohen's κ (Cohen 1960, Educ Psychol Meas 20:37)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from leukolens.cases.reading import ReadCell, cells_of
from leukolens.cases.sign import Signature, signatures
from leukolens.cases.store import Case


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Of the cells on which both readers gave a verdict."""

    cells: int
    same: int
    kappa: float | None
    """1 for full agreement, 0 for that of chance; None without a cell, and where chance alone would agree always."""


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """pairs: the two readers' verdicts on each cell."""
    same = sum(first == second for first, second in pairs)
    if not pairs:
        return Agreement(cells=0, same=0, kappa=None)
    first, second = (Counter(side) for side in zip(*pairs, strict=True))
    by_chance = sum(first[verdict] * second[verdict] for verdict in first) / len(pairs) ** 2
    kappa = None if by_chance == 1 else (same / len(pairs) - by_chance) / (1 - by_chance)
    return Agreement(cells=len(pairs), same=same, kappa=kappa)


@dataclass(frozen=True, kw_only=True)
class SecondReading:
    """A signed blind reading beside the signed common one."""

    signature: Signature
    agreement: Agreement
    differ: tuple[tuple[ReadCell, ReadCell], ...]
    """Cells that the two call differently: in the common reading, in the blind one."""


def second_readings(case: Case, patient: str) -> list[SecondReading]:
    """All of a patient's. Empty until the common reading is signed: who has yet to sign must not see another's."""
    found = signatures(case, patient)
    if all(one.blind for one in found):
        return []
    with case.reading() as connection:
        first = cells_of(connection, case.id, patient)
        return [
            _beside(one, first, cells_of(connection, case.id, patient, blind=one.name)) for one in found if one.blind
        ]


def _beside(signature: Signature, first: Sequence[ReadCell], second: Sequence[ReadCell]) -> SecondReading:
    others = {cell.id: cell for cell in second}
    both = [(cell, others[cell.id]) for cell in first if cell.id in others]  # cells that a reader added are in one only
    pairs = [(cell, other) for cell, other in both if cell.word.verdict and other.word.verdict]
    return SecondReading(
        signature=signature,
        agreement=agreement([(one.word.verdict, other.word.verdict) for one, other in pairs]),
        differ=tuple((one, other) for one, other in pairs if one.word.verdict != other.word.verdict),
    )
