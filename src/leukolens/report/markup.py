"""The pieces of the report as HTML. All text from outside is escaped here, and here alone."""

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukolens.cases.row import VERDICTS, Row
from leukolens.model.card import ModelCard
from leukolens.report import summary
from leukolens.report import thumbnails as pictures
from leukolens.report.summary import PatientSummary

MARK = "<!doctype html><!-- a LeukoLens report -->"
"""First bytes of every report: how --resume knows which file it may replace."""
_COLUMNS = ("Cell, and its evidence for ALL", "Verdict", "p(ALL)", "Reason", "Patient", "File", "Record")
_STYLE = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
_SCRIPT = files(__package__).joinpath("page.js").read_text(encoding="utf-8")


def head() -> str:
    """What stands before all else, the policy with the digests of the page's own style and script among it."""
    policy = f"default-src 'none'; img-src data:; style-src {_digest(_STYLE)}; script-src {_digest(_SCRIPT)}"
    return (
        f'{MARK}\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Cells judged by LeukoLens</title>\n<style>{_STYLE}</style></head>\n<body>\n"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def warning(card: ModelCard) -> str:
    """What the model is and is not for, in a few sentences."""
    known = band = ""
    if card.band is not None:
        band = ", and uncertain from {:g} to {:g}".format(*card.band)
    if card.calibration:
        known = f" Its probabilities and its rules come from {_text(card.calibration)}."
    if card.protocol == "paper":
        known = " It was tested on the patients it learnt from: how it does on new patients is not known."
    return (
        '<p class="note"><strong>For research. A second opinion: a trained reader confirms each cell.</strong> '
        f"No verdict here is a diagnosis. The model {_text(card.model_id)} ({_text(card.network)}) takes one segmented "
        "lymphoid cell on black, stained and scaled as in C-NMC 2019; what it says of anything else means nothing. "
        f"It answers ALL from p(ALL) = {card.threshold:g} upwards{band}.{known}</p>\n"
    )


def patients_table(patients: list[PatientSummary], *, rule: str, stain: str) -> str:
    """The section that comes first. rule: a sentence on the verdicts; stain: a warning, or ''."""
    warned = f'<p class="note"><strong>{_text(stain)}</strong></p>\n' if stain else ""
    title = f'<h2 id="patients">Patients</h2>\n{warned}'
    if not patients:
        return f"{title}<p>No patient is known (<code>--patient-from</code> tells them).</p>\n"
    names, *lines = summary.table(patients)
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in names)
    rows = []
    for line in lines:
        name, *values = map(_text, line)
        numbers = "".join(f'<td class="number">{value}</td>' for value in values)
        rows.append(f'<tr><th scope="row"><bdi>{name}</bdi></th>{numbers}</tr>\n')
    return (
        f"{title}<table><caption>Share: of the judged cells, those called ALL. "
        f"Files that are not judged were refused or could not be read. {_text(rule)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table>\n"
    )


def filters(rows: Iterable[Row]) -> str:
    """Shown by the script alone: without it all cells are there."""
    listed = list(rows)
    found = {row.verdict or "" for row in listed}
    verdicts = [(name, name or "not judged") for name in (*VERDICTS, "") if name in found]
    patients = [(patient, patient or summary.UNKNOWN) for patient in sorted({row.patient for row in listed})]
    return (
        '<h2 id="cells-title">Cells</h2>\n<form id="filters" hidden>\n'
        f"<label>Verdict {_select('verdict', verdicts)}</label>\n"
        f"<label>Patient {_select('patient', patients)}</label>\n"
        '<label>Text in any column <input type="search" name="text"></label>\n<output id="shown"></output>\n</form>\n'
    )


def _select(name: str, options: Sequence[tuple[str, str]]) -> str:
    listed = "".join(f'<option value="{_text(value)}">{_text(shown)}</option>' for value, shown in options)
    return f'<select name="{name}"><option>all</option>{listed}</select>'


def cells_head(full: float) -> str:
    """The table of cells up to its first row."""
    steps = np.linspace(-full, full, 7, dtype=np.float32)[None]
    legend = pictures.data_uri(pictures.evidence_map(steps, full=full), "png")
    bar = f'<img class="map" width="84" height="12" src="{legend}" alt="dark, grey, light">'
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    return (
        '<table id="cells"><caption>The highest p(ALL) first. On the right, over the cell, how much each position '
        "speaks for ALL: the squares are the exact parts of the answer, their mean is the network's log-odds. From "
        f"dark (for HEM, −{full:.3g}) {bar} to light (for ALL, +{full:.3g}), the same for all cells. A position also "
        "sees what surrounds it, so a square is no outline.</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n"
    )


def cell_row(row: Row, picture: bytes, evidence: NDArray[np.float32] | None, *, full: float) -> str:
    """picture: JPEG, b'' without one. full: the evidence at which the colours end."""
    text = {name: _text(value) for name, value in row.texts().items()}
    none = "" if text["verdict"] else '<span class="none">not judged</span>'
    return (
        f'<tr><td class="picture">{_picture(row.path, picture, evidence, full)}</td>'
        f'<td><span class="verdict">{text["verdict"]}</span>{none}</td>'
        f'<td class="number"><span class="p_all">{text["p_all"]}</span><span class="band">{text["band"]}</span>'
        f'<span class="hue">{text["hue"]}</span></td>'
        f'<td class="reason">{text["reason"]}</td><td><bdi class="patient">{text["patient"]}</bdi></td>'
        f'<th scope="row"><bdi class="path">{text["path"]}</bdi></th>'
        f'<td class="record"><span class="sha256">{text["sha256"]}</span>'
        f'<span class="model_id">{text["model_id"]}</span>'
        f'<span class="version">{text["version"]}</span><time class="judged_at">{text["judged_at"]}</time></td></tr>\n'
    )


def _picture(path: str, picture: bytes, evidence: NDArray[np.float32] | None, full: float) -> str:
    """The thumbnail, and again under its map: drawn twice, stored once. One unit is one of seven positions."""
    if not picture:
        return '<span class="none">no picture</span>'
    shown = f"The cell in {_text(path)}"
    name = "c" + hashlib.sha256(path.encode()).hexdigest()[:16]
    image = f'<image id="{name}" width="7" height="7" href="{pictures.data_uri(picture, "jpeg")}"/>'
    overlay = ""
    if evidence is not None:
        mean = float(evidence.mean())
        shown += f", and the evidence in it: log-odds of ALL {mean:+.2f}, {_strongest(evidence)}"
        source = pictures.data_uri(pictures.evidence_map(evidence, full=full), "png")
        shades = f'<image class="map" x="7.5" width="7" height="7" opacity=".6" href="{source}"/>'
        overlay = f'<use href="#{name}" x="7.5"/>{shades}'
    return f'<svg viewBox="0 0 14.5 7" role="img" aria-label="{shown}">{image}{overlay}</svg>'


def _strongest(evidence: NDArray[np.float32]) -> str:
    row, column = np.unravel_index(int(np.abs(evidence).argmax()), evidence.shape)
    return f"strongest in row {row + 1}, column {column + 1} ({evidence[row, column]:+.2f})"


def model(card: ModelCard) -> str:
    """Every fact of the card, whatever fields it has."""
    facts = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in _facts(asdict(card)))
    return (
        '<h2 id="model">The model</h2>\n<p>What the card inside the model file says of it.</p>\n'
        f"<dl>\n{facts}</dl>\n<p>It is not for: a diagnosis or a treatment without a trained reader; whole fields of a "
        "smear; cells that are not segmented, or stained, scaled or photographed otherwise than those it learnt from; "
        "other kinds of leukemia.</p>\n"
    )


def _facts(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in card.items():
        if isinstance(value, Mapping):
            yield name, ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items()) or "none"
        else:
            yield name, _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items()) + ")"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return "none" if value is None or value == "" else f"{value:g}" if isinstance(value, float) else str(value)


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def end() -> str:
    """The script, after all that it looks at."""
    return f"<script>{_SCRIPT}</script>\n</body></html>\n"
