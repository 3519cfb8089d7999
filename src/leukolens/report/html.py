"""A case → one HTML file that opens offline: patients first, then cells by probability.

Everything comes from the case; `templates/page.html` lays it out, and Jinja2 escapes every text in it. Nothing in the
page comes from elsewhere, and its content security policy forbids that it ever would: only the script of the page runs,
which sorts and filters. Each row's values stand in elements whose class is the column's name, the same texts as in the
CSV; a reader sees two digits of p(ALL), and the record beside the cell holds all of them.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from leukolens.base.names import file_of
from leukolens.cases.fields import count_fields, fields_of
from leukolens.cases.picture import evidence_of
from leukolens.cases.record import Picture
from leukolens.cases.row import VERDICTS, Row
from leukolens.cases.store import Case
from leukolens.model.preprocess import Preprocess
from leukolens.report import summary
from leukolens.report.evidence import data_uri, evidence_map
from leukolens.report.fields import Places
from leukolens.report.head import PatientLine, chip_of, head_of
from leukolens.report.stain import marked
from leukolens.report.summary import Tally

_STRONGEST = 0.95
"""Share of the cells whose whole map lies inside the colour scale; the few strongest would pale all others."""
_LISTED = 12
"""Values of a fact that are listed; of a longer one, as a share rule's tables, how many there are."""
_PIECES = 200
"""Parts of the page that are handed on at a time."""


def page(case: Case) -> Iterator[str]:
    """The page, piece by piece: memory does not grow with the number of cells. Raises CaseError for an empty case."""
    card = case.used_card()
    tally, judged, places = Tally(card), set(), Places()
    first: dict[str, int] = {}
    for number, row in enumerate(case.rows(by_probability=True)):
        tally.add(row)
        places.add(number, row)
        first.setdefault(row.patient, number)
        judged.add(row.judged_at)
    full = _full(case)
    stream = (
        _environment()
        .get_template("page.html")
        .stream(
            card=card,
            small=card.preprocess.size < Preprocess().size,
            facts=_facts(asdict(card)),
            head=head_of(case.name, tally, judged),
            tally=tally,
            patients=[PatientLine(one, first=first[one.patient]) for one in tally.patients()],
            verdicts=[(name, name or "not judged") for name in (*VERDICTS, "") if tally.verdicts[name or None]],
            names=[(patient, patient or summary.UNKNOWN) for patient in tally.names()],
            field_count=count_fields(case),
            fields=places.shown(fields_of(case)),
            full=full,
            legend=data_uri(evidence_map(np.linspace(-full, full, 7, dtype=np.float32)[None], full=full), "png"),
            cells=_cells(case.pictured_rows(), places, tally.stained, full=full),
        )
    )
    stream.enable_buffering(_PIECES)
    yield from stream


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """A row as the page shows it."""

    number: int
    text: Mapping[str, str]
    """Column → text."""
    jpeg: str = ""
    """Data URI of the thumbnail; '' without one."""
    map: str = ""
    """Data URI of the class activation map; '' without one."""
    label: str = ""
    """The picture in words."""
    back: str = ""
    """Id of its outline in its field; '' for what is not a field's cell."""

    @property
    def kind(self) -> str:
        """Its chip's class."""
        return chip_of(self.text["verdict"])[0]

    @property
    def word(self) -> str:
        """What its chip says besides the verdict."""
        return chip_of(self.text["verdict"])[1]

    @property
    def p(self) -> str:
        """p(ALL) with two digits; '–' without one."""
        return f"{float(self.text['p_all']):.2f}" if self.text["p_all"] else "–"

    @property
    def file(self) -> str:
        """The file's name without its folders; the record holds the whole path."""
        return file_of(self.text["path"]) or self.text["path"]


def _cells(
    rows: Iterable[tuple[Row, Picture | None]], places: Places, stained: frozenset[str], *, full: float
) -> Iterator[_Cell]:
    for number, (found, picture) in enumerate(rows):
        row = marked(found, stained)
        back = places.back(row)
        if picture is None:
            yield _Cell(number=number, text=row.texts(), back=back)
            continue
        whose = f"The cell in {row.path}" if row.cell is None else f"Cell {row.cell} in {row.path}"
        label, shades = whose, ""
        if picture.evidence is not None:
            evidence = evidence_of(picture.evidence)
            mean = float(evidence.mean())
            label += f", and the evidence in it: log-odds of ALL {mean:+.2f}, {_strongest(evidence)}"
            shades = data_uri(evidence_map(evidence, full=full), "png")
        yield _Cell(
            number=number, text=row.texts(), jpeg=data_uri(picture.jpeg, "jpeg"), map=shades, label=label, back=back
        )


def _strongest(evidence: NDArray[np.float32]) -> str:
    row, column = np.unravel_index(int(np.abs(evidence).argmax()), evidence.shape)
    return f"strongest in row {row + 1}, column {column + 1} ({evidence[row, column]:+.2f})"


def _full(case: Case) -> float:
    """Evidence at which the colours end: the same for all cells, so that their maps can be compared."""
    strongest = [float(np.abs(evidence_of(stored)).max()) for stored in case.evidence()]
    return max(float(np.quantile(strongest, _STRONGEST)), 1e-6) if strongest else 1.0


def _facts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every fact of the card, whatever fields it has."""
    found = []
    for name, value in card.items():
        inner = isinstance(value, Mapping)
        found.append((name, (_inside(value) if inner else _plain(value)) or "none"))
    return found


def _inside(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in facts.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_inside(value)})"
    if isinstance(value, list | tuple):
        if len(value) > _LISTED:
            return f"{len(value)} rows"
        return ", ".join(map(_plain, value))
    return "none" if value is None or value == "" else f"{value:g}" if isinstance(value, float) else str(value)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("page.css", "page.js"):
        text = files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        environment.globals[name.replace(".", "_")] = Markup(text)  # the package's own
        environment.globals[f"{name.replace('.', '_')}_digest"] = Markup(f"'sha256-{digest}'")
    return environment
