"""The pages: work list, a patient's gallery, fields, the log, entry. What changes anything goes through `api`."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined

from leukolens.adapt.choose import FEWEST, FEWEST_OF_A_CLASS
from leukolens.base.names import file_of
from leukolens.cases.agreement import second_readings
from leukolens.cases.database import is_url
from leukolens.cases.reading import (
    GROUPS,
    PatientListed,
    ReadCell,
    cells_of,
    count,
    patient_of,
    patients,
    state_of,
    without_cell,
)
from leukolens.cases.review import BLIND, version_of
from leukolens.cases.sign import signatures
from leukolens.cases.store import Case
from leukolens.decide.patient import other_stain
from leukolens.report.reading import software_says
from leukolens.web.accounts import LONGEST, SHORTEST
from leukolens.web.entry import (
    AsReader,
    Entered,
    Id,
    Reading,
    bench_of,
    cookie_name,
    enter,
    verified,
)
from leukolens.web.sessions import Session
from leukolens.web.words import LANGUAGES, chosen, words_of

router = APIRouter(include_in_schema=False)
MEANINGS = ("I have read these cells", "I have checked the reading and release it")
REMARKS = ("few cells", "other stain")
_FORMS = (("pdf", "PDF"), ("fhir", "FHIR"), ("dicom-sr", "DICOM SR"), ("csv", "CSV"), ("geojson", "GeoJSON"))
"""As the page names them; fields alone have a GeoJSON."""
_LOG_PAGE = 200
"""Entries on a page of the log."""
_SYMBOLS = {
    "ALL": "▲",
    "HEM": "●",
    "uncertain": "?",
    "other kind": "◆",
    "not assessable": "✕",
    "not a cell": "∅",
    "not judged": "–",
    "refused": "–",
}
"""Beside each colour, so that none has to be told by colour alone."""


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("leukolens.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.undefined = StrictUndefined
    environment.filters["time"] = lambda at: at.replace("T", " ").replace("+00:00", " UTC")
    environment.filters["minute"] = lambda at: f"{at[:16].replace('T', ' ')} UTC"
    environment.filters["percent"] = lambda share: f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
    environment.filters["slug"] = lambda text: text.replace(" ", "-").lower()
    environment.filters["cell"] = _called
    environment.globals.update(symbols=_SYMBOLS, groups=GROUPS, languages=LANGUAGES)
    return environment


def _called(cell: ReadCell) -> str:
    """As its reader calls it: its file without folders, and its number within a field."""
    return file_of(cell.path) if cell.number is None else f"{file_of(cell.path)}, {cell.number}"


_templates = Jinja2Templates(env=_environment())


def page(
    request: Request, name: str, session: Session | None, values: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """A template with what every page has."""
    bench = bench_of(request)
    words = words_of(chosen(request.cookies.get("language", ""), request.headers.get("accept-language", "")))
    common = {"_": words, "session": session, "local": bench.settings.local, "store": _shown(bench.shelf.where)}
    return _templates.TemplateResponse(request, name, {**common, **values}, status_code=status)


def _shown(where: str) -> str:
    """Name of the store, without folders or a password."""
    return where.rpartition("/")[2].partition("?")[0]


# entry


@router.get("/enter")
def enter_by_key(request: Request, key: str = "") -> Response:
    """The address that a local server opens: its key makes a session, once it has gone round the browser."""
    bench = bench_of(request)
    if not bench.key or not secrets.compare_digest(key.encode(), bench.key.encode()):
        raise HTTPException(403, "this key is not the running server's; its terminal shows the right address")
    response = RedirectResponse("/", 303)
    enter(bench, response, bench.owner, "supervisor", before=request.cookies.get(cookie_name(bench.settings), ""))
    return response


@router.get("/login")
def login_page(request: Request) -> HTMLResponse:
    return page(request, "login.html", None, {"wrong": "", "name": ""})


@router.post("/login")
def login(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=LONGEST)],
) -> Response:
    """There is no session whose token could be asked for: Origin was checked, and the cookie is SameSite=Strict."""
    bench = bench_of(request)
    try:
        account = verified(bench, request, name, password)
    except HTTPException as wrong:
        return page(request, "login.html", None, {"wrong": wrong.detail, "name": name}, status=wrong.status_code)
    response = RedirectResponse("/", 303)
    enter(bench, response, account.name, account.role, before=request.cookies.get(cookie_name(bench.settings), ""))
    return response


@router.get("/language/{language}")
def language(request: Request, language: str) -> Response:
    """A taste of this browser, not a secret."""
    if language not in LANGUAGES:
        raise HTTPException(404, "there is no such language")
    response = RedirectResponse("/", 303)
    response.set_cookie(
        "language", language, samesite="strict", httponly=True, secure=bench_of(request).settings.secure
    )
    return response


# work


@router.get("/")
def work_list(request: Request, session: Entered) -> HTMLResponse:
    shelf = bench_of(request).shelf
    listed = shelf.cases()
    cases = {one.id: shelf.case(one.id, who=session.name) for one in reversed(listed)}
    read = {number: patients(case) for number, case in cases.items()}
    values: dict[str, Any] = {
        "cases": [(one, read[one.id]) for one in reversed(listed)],
        "names": {one.id: one.name for one in listed},
        "teaching": {number: _teaching(found) for number, found in read.items()},
        "remarks": {number: _remarks(cases[number], found) for number, found in read.items()},
        "adapted": "postgresql://…" if is_url(shelf.where) else _shown(shelf.where),
    }
    return page(request, "list.html", session, values)


def _remarks(case: Case, listed: Sequence[PatientListed]) -> dict[int, str]:
    """Patient → why the software tells no share of blasts, one of REMARKS; only those of whom it tells none."""
    card = case.card()
    rule = None if card is None else card.share_rule
    if rule is None:
        return {}
    few = {one.id: REMARKS[0] for one in listed if one.counts.cells and one.judged < rule.min_cells}
    return {**{one.id: REMARKS[1] for one in listed if other_stain(one.hue, rule)}, **few}


def _teaching(listed: Sequence[PatientListed]) -> tuple[int, int] | None:
    """How many signed cells a reader calls ALL and HEM; None where they are too few for `leukolens adapt`."""
    signed = [one.counts for one in listed if one.state == "signed"]
    blasts, normal = sum(one.called_all for one in signed), sum(one.called_hem for one in signed)
    return (blasts, normal) if blasts + normal >= FEWEST and min(blasts, normal) >= FEWEST_OF_A_CLASS else None


@router.get("/cases/{case_id}/patients/{patient_id}")
def gallery(request: Request, case: AsReader, patient_id: Id, session: Entered, blind: bool = False) -> HTMLResponse:
    reading = session.name if blind else None
    if blind and session.role == "read-only":
        raise HTTPException(403, "a read-only account cannot read blind")
    with case.reading() as connection:
        name = patient_of(connection, case.id, patient_id)
        cells = cells_of(connection, case.id, name, blind=reading)
        counts = count(cells)
        state = state_of(connection, case.id, name, counts, blind=reading)
        without = without_cell(connection, case.id, name)
    with case.change() as change:
        change.log("viewed", name, new=BLIND if blind else "")
    sections = [("uncertain", "uncertain"), ("ALL", "ALL"), ("HEM", "HEM"), ("refused", "not judged")]
    account = bench_of(request).accounts.all().get(session.name)
    values = {
        "case": case,
        "patient": name,
        "patient_id": patient_id,
        "sections": [
            (title, [cell for cell in cells if (cell.verdict or "refused") == key]) for key, title in sections
        ],
        "cells": {cell.id: {**asdict(cell), "polygon": ()} for cell in cells},
        "counts": counts,
        "without": without,
        "software": software_says(case, cells) if name else "",
        "share": counts.share,
        "state": state,
        "version": version_of(cell.word for cell in cells),
        "blind": blind,
        "signatures": [one for one in signatures(case, name) if not blind or one.name == reading],
        "seconds": () if blind else second_readings(case, name),
        "meanings": MEANINGS,
        "may_write": session.role != "read-only" and state != "signed",
        "has_password": account is not None,
        "shortest": SHORTEST,
        "fields": sorted({cell.input_id for cell in cells if cell.box}),
        "origin": _amended(request, case),
        "forms": [(form, label) for form, label in _FORMS if form != "geojson" or any(cell.box for cell in cells)],
    }
    return page(request, "patient.html", session, values)


def _amended(request: Request, case: Case) -> str:
    """Name of the signed case that this one amends; '' when it amends none."""
    listed = {one.id: one for one in bench_of(request).shelf.cases()}
    amends = listed[case.id].amends
    return "" if amends is None else listed[amends].name


@router.get("/cases/{case_id}/log")
def log(request: Request, case: AsReader, session: Entered, before: int = 0) -> HTMLResponse:
    """The newest first, a page at a time."""
    entries = [entry for entry in case.log() if not before or entry.seq < before]
    shown = entries[-_LOG_PAGE:][::-1]
    older = shown[-1].seq if shown and shown[-1].seq > 1 else 0
    return page(request, "log.html", session, {"case": case, "entries": shown, "older": older})


@router.post("/password")
def set_password(request: Request, session: Reading, password: Annotated[str, Form(max_length=LONGEST)]) -> Response:
    """A local reader's first password, by which they sign. One that is there is changed by `leukolens readers`."""
    bench = bench_of(request)
    if not bench.settings.local or session.name in bench.accounts.all():
        raise HTTPException(403, "to change a password, use `leukolens readers add`")
    bench.accounts.put(session.name, session.role, password)
    return Response(status_code=204)


def static_folder() -> Path:
    """Styles and scripts, inside the package."""
    return Path(str(files("leukolens.web"))) / "static"
