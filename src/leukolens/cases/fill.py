"""Items and a classifier → rows, kept in a case: what an earlier run left stays, and a run that is cut loses little.

What a run has judged is written every EVERY seconds or AT_ONCE files, in one step, and given back only then. A row that
is given back is therefore kept whatever happens; the files under way are judged again.
"""

import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leukolens.base.errors import CaseError
from leukolens.base.names import place_of
from leukolens.base.stream import in_order
from leukolens.cases.judged import judged_of
from leukolens.cases.picture import picture_of
from leukolens.cases.record import Judged, Picture
from leukolens.cases.row import Row, row_of
from leukolens.predict.classifier import Classifier
from leukolens.predict.given import digest_of
from leukolens.predict.items import Item

if TYPE_CHECKING:
    from leukolens.cases.kept import Input
    from leukolens.cases.store import Case

EVERY = 1.0
"""Seconds between two writes."""
AT_ONCE = 256
"""Files that are written in one step at most."""


def judge(items: Sequence[Item], classifier: Classifier, *, um_per_px: float | None = None) -> Iterator[Row]:
    """Each item's rows, in order; nothing is kept. um_per_px: of the fields; default their own."""
    judged = classifier.judge((item.path for item in items), um_per_px=um_per_px)
    for item, judgement in zip(items, judged, strict=True):
        for prediction in judgement.predictions:
            yield row_of(prediction, patient=item.patient)


@dataclass(frozen=True, kw_only=True)
class Before:
    """What an earlier run left."""

    inputs: Mapping[str, "Input"]
    """Place → the input that stands there, of the items that are asked for."""
    kept: frozenset[str]
    """Places whose answers are still true."""
    others: Mapping[tuple[str, str, str], str]
    """Digest, name and patient → path, of inputs that are not asked for: they stay."""
    files: int
    """How many inputs stay as they are."""


def before(
    case: "Case", items: Sequence[Item], *, threads: int, pictures: bool = False, um_per_px: float | None = None
) -> Before:
    """Which of the answers that the case holds need not be given again: those of files whose bytes are the same.

    A file that could not be read gets another chance, and so does a field whose scale was not known or was given
    otherwise than by `um_per_px`, or of which `pictures` are asked for and none was kept. Raises CaseError when an
    answer that stays is another patient's.
    """
    asked = {item.place: item for item in items}
    found = {place_of(one.path): one for one in case.inputs()}
    inputs = {place: one for place, one in found.items() if place in asked}
    places = [
        place for place, one in inputs.items() if one.sha256 and _stays(one, pictures=pictures, um_per_px=um_per_px)
    ]
    digests = in_order(digest_of, [asked[place].path for place in places], threads=threads)
    kept = [place for place, digest in zip(places, digests, strict=True) if digest == inputs[place].sha256]
    for place in kept:
        if inputs[place].patient != asked[place].patient:
            was, now = inputs[place].patient, asked[place].patient
            raise CaseError(
                f"{inputs[place].path} belonged to patient {was!r} when it was judged, but belongs to {now!r} now",
                hint="Give the same --patient-from as before, or write another case",
            )
    others = {
        _identity(one.sha256, one.path, one.patient): one.path for place, one in found.items() if place not in asked
    }
    files = len(kept) + len(found) - len(inputs)
    return Before(inputs=inputs, kept=frozenset(kept), others=others, files=files)


def _stays(one: "Input", *, pictures: bool, um_per_px: float | None) -> bool:
    """Whether its answers are those that would be given now, if its bytes are the same."""
    if one.kind != "field":
        return True
    given = one.um_per_px if one.um_per_px_source == "given" else None
    return one.um_per_px is not None and given == um_per_px and (one.pictured or not pictures)


def fill(
    case: "Case",
    items: Sequence[Item],
    classifier: Classifier,
    *,
    left: Before,
    pictures: bool,
    um_per_px: float | None = None,
) -> Iterator[Row]:
    """Give each item its rows: those that an earlier run left first, then each as soon as the case holds it. A field is
    kept whole or not at all.

    pictures: keep what a report shows of each cell; where an earlier run did not, its files are looked at again for
    that, and their answers stay. Raises CaseError when a file stands in the case under another path.
    """
    case.use(classifier.card)
    bare = {place for place in left.kept if pictures and not left.inputs[place].pictured}
    yield from _rows_of(case, {left.inputs[place].path for place in left.kept - bare})
    again = {one.path: one for one in _rows_of(case, {left.inputs[place].path for place in bare})} if bare else {}
    looked_at = [item for item in items if item.place not in left.kept or item.place in bare]
    waiting = _Waiting(case)
    judged = classifier.judge((item.path for item in looked_at), explain=pictures, um_per_px=um_per_px)
    for item, judgement in zip(looked_at, judged, strict=True):
        path = left.inputs[item.place].path if item.place in left.inputs else ""
        first = judgement.predictions[0]
        if item.place in bare and first.sha256 == left.inputs[item.place].sha256:
            waiting.picture(again[path], picture_of(first))
        else:
            rows = [row_of(one, patient=item.patient, path=path) for one in judgement.predictions]
            _refuse_another_spelling(rows[0], left)
            waiting.judged(rows, judged_of(rows, judgement, pictures=pictures))
        if waiting.long_enough():
            yield from waiting.write()
    yield from waiting.write()


class _Waiting:
    """Rows that are judged and not yet written."""

    def __init__(self, case: "Case") -> None:
        self._case = case
        self._since = time.monotonic()
        self._rows: list[Row] = []
        self._judged: list[Judged] = []
        self._pictures: dict[str, Picture] = {}

    def judged(self, rows: Sequence[Row], judged: Judged) -> None:
        self._rows += rows
        self._judged.append(judged)

    def picture(self, row: Row, picture: Picture | None) -> None:
        """Of a row that the case holds already."""
        self._rows.append(row)
        if picture is not None:
            self._pictures[row.path] = picture

    def long_enough(self) -> bool:
        return len(self._rows) >= AT_ONCE or time.monotonic() - self._since >= EVERY

    def write(self) -> list[Row]:
        """Write them; what is given back is kept."""
        if self._judged:
            self._case.add(self._judged)
        if self._pictures:
            self._case.add_pictures(self._pictures)
        rows, self._rows, self._judged, self._pictures = self._rows, [], [], {}
        self._since = time.monotonic()
        return rows


def _rows_of(case: "Case", paths: Set[str]) -> Iterator[Row]:
    return (row for row in case.rows() if row.path in paths)


def _refuse_another_spelling(row: Row, left: Before) -> None:
    """A relative path of the earlier run starts elsewhere now; the cell would count twice for its patient."""
    if (
        left.others
        and row.sha256
        and (known := left.others.get(_identity(row.sha256, row.path, row.patient))) is not None
    ):
        hint = "Run it from the same folder as before, or write another table"
        raise CaseError(f"{row.path} is already in the case, as {known}", hint=hint)


def _identity(sha256: str, path: str, patient: str) -> tuple[str, str, str]:
    return sha256, Path(path).name, patient
