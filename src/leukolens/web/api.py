"""The actions of the bench as JSON: the page uses them, and a hospital's system can. /openapi.json describes them."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from leukolens.cases.check import check
from leukolens.cases.reading import cells_of, counts_of, patient_of, patients, state_of
from leukolens.cases.review import MAX_NOTE, ReaderVerdict, review, undo
from leukolens.cases.sign import amend, sign
from leukolens.cases.store import Case
from leukolens.cases.tally import Tally, tally, words_since
from leukolens.web.accounts import LONGEST
from leukolens.web.entry import (
    AsReader,
    Entered,
    Id,
    Reading,
    Supervising,
    bench_of,
    cookie_name,
    enter,
    verified,
)

router = APIRouter(prefix="/api", tags=["review"])
Blind = Annotated[bool, Query(description="the reader's own blind second reading, not the common one")]


class Problem(BaseModel):
    """Why something was not done; what every answer but 2xx holds."""

    error: str
    hint: str = ""
    now: dict[str, Any] | None = Field(None, description="409: what another reader said meanwhile")


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be read"},
    401: {"model": Problem, "description": "Log in first"},
    403: {"model": Problem, "description": "The role does not allow it, or token or password are wrong"},
    404: {"model": Problem, "description": "This store holds no such thing"},
    409: {"model": Problem, "description": "Another reader changed it first"},
    413: {"model": Problem, "description": "Too large"},
    422: {"model": Problem, "description": "What was given is not valid"},
    423: {"model": Problem, "description": "The patient is signed"},
    429: {"model": Problem, "description": "Too much at once: try again after Retry-After seconds"},
}


class Login(BaseModel):
    """Who enters."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=LONGEST)


class Said(BaseModel):
    """A reader's word on a cell."""

    expected: int = Field(ge=0, le=2**31 - 1, description="the version of the cell that the reader saw")
    verdict: ReaderVerdict | None = Field(None, description="null leaves it as it is")
    note: str | None = Field(None, max_length=MAX_NOTE, description="null leaves it as it is")


class Undone(BaseModel):
    """A word that is taken back."""

    expected: int = Field(ge=0, description="the version of the cell that the reader saw")


class Signed(BaseModel):
    """A signature."""

    expected: int = Field(ge=0, description="the patient's version that the reader saw")
    role: str = Field(min_length=1, max_length=200, description="of the reader in the laboratory")
    meaning: str = Field(min_length=1, max_length=500)
    reason: str = Field("", max_length=2000, description="why cells were left unreviewed")
    password: str = Field(max_length=LONGEST, description="the reader's own, once more")


class Amended(BaseModel):
    """Why a signed patient is opened again."""

    reason: str = Field(min_length=1, max_length=2000)


class Patient(BaseModel):
    """A patient as it stands in one reading."""

    version: int
    state: str
    counts: dict[str, int]
    cells: int
    read: int
    differ: int
    share: dict[str, float] | None
    changed: dict[int, dict[str, Any]]
    """Cell → the reader's word, of the cells that changed after `since`."""


@router.post("/login", summary="Log in by name and password; the answer brings a cookie and the token for changes")
def login(request: Request, response: Response, given: Login) -> dict[str, str]:
    """Send the token as X-CSRF-Token with every POST."""
    bench = bench_of(request)
    account = verified(bench, request, given.name, given.password)
    before = request.cookies.get(cookie_name(bench.settings), "")
    return {"csrf": enter(bench, response, account.name, account.role, before=before).csrf}


@router.post("/logout", summary="Log out")
def logout(request: Request, response: Response, _: Entered) -> dict[str, str]:
    """The session ends here, not only in the browser."""
    name = cookie_name(bench_of(request).settings)
    bench_of(request).sessions.end(request.cookies.get(name, ""))
    response.delete_cookie(name, path="/")
    return {}


@router.get("/cases", summary="All cases of the store")
def cases(request: Request, _: Entered) -> list[dict[str, Any]]:
    """The oldest first."""
    return [asdict(listed) for listed in bench_of(request).shelf.cases()]


@router.get("/cases/{case_id}/patients", summary="A case's patients with their state and counts")
def list_patients(case: AsReader, _: Entered) -> list[dict[str, Any]]:
    """By name."""
    return [asdict(one) for one in patients(case)]


@router.get("/cases/{case_id}/patients/{patient_id}/cells", summary="A patient's cells with both verdicts")
def list_cells(case: AsReader, patient_id: Id, session: Entered, blind: Blind = False) -> list[dict[str, Any]]:
    """The most uncertain first."""
    with case.reading() as connection:
        patient = patient_of(connection, case.id, patient_id)
        found = cells_of(connection, case.id, patient, blind=session.name if blind else None)
    return [asdict(cell) for cell in found]


@router.get("/cases/{case_id}/patients/{patient_id}", summary="What a patient comes to now")
def patient(
    case: AsReader,
    patient_id: Id,
    session: Entered,
    since: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    blind: Blind = False,
) -> Patient:
    """since: a version; cells that changed after it are listed."""
    return _patient(case, patient_id, since=since, blind=session.name if blind else None)


@router.post("/cases/{case_id}/cells/{cell_id}/review", summary="Say what a cell is, or note something")
def say(case: AsReader, cell_id: Id, said: Said, session: Reading, blind: Blind = False) -> dict[str, Any]:
    """409 brings what another reader said meanwhile; 423: the patient is signed."""
    given = {"expected": said.expected, "verdict": said.verdict, "note": said.note}
    return asdict(review(case, cell_id, role=session.role, blind=blind, **given))  # type: ignore[arg-type]


@router.post("/cases/{case_id}/cells/{cell_id}/undo", summary="Take back the newest word on a cell")
def take_back(case: AsReader, cell_id: Id, given: Undone, session: Reading, blind: Blind = False) -> dict[str, Any]:
    """What stood before stands again."""
    return asdict(undo(case, cell_id, role=session.role, expected=given.expected, blind=blind))


@router.post("/cases/{case_id}/patients/{patient_id}/signature", summary="Sign a patient, which makes it read-only")
def put_signature(
    request: Request, case: AsReader, patient_id: Id, given: Signed, session: Reading, blind: Blind = False
) -> dict[str, Any]:
    """The password is asked for again, so that an open page is not enough to sign."""
    verified(bench_of(request), request, session.name, given.password, wrong="this is not your password")
    return asdict(
        sign(
            case,
            patient_id,
            role=given.role,
            meaning=given.meaning,
            expected=given.expected,
            reason=given.reason,
            blind=blind,
        )
    )


@router.post(
    "/cases/{case_id}/patients/{patient_id}/amendment", summary="Open a signed patient again, as a new version"
)
def put_amendment(request: Request, case: AsReader, patient_id: Id, given: Amended, _: Supervising) -> dict[str, int]:
    """The signed one stays as it is."""
    shelf = bench_of(request).shelf
    listed = shelf.cases()
    root = next(one.name for one in listed if one.id == case.id).partition(" · amendment ")[0]
    taken = {one.name for one in listed}
    name = next(name for number in range(1, len(listed) + 2) if (name := f"{root} · amendment {number}") not in taken)
    made = amend(case, patient_id, name=name, reason=given.reason)
    return {"case": made, "patient": patients(shelf.case(made, who=case.who))[0].id}


@router.get("/cases/{case_id}/check", summary="Does the case hold what was written?")
async def checked(case: AsReader, _: Entered) -> dict[str, Any]:
    """Every row against its digest, the log against its chain."""
    found = await run_in_threadpool(check, case)
    return {"rows": found.rows, "entries": found.entries, "findings": [str(one) for one in found.findings]}


def _patient(case: Case, patient_id: int, *, since: int, blind: str | None) -> Patient:
    with case.reading() as connection:
        name = patient_of(connection, case.id, patient_id)
        stands = tally(connection, case.id, patient=name, blind=blind).get(name, Tally())
        counts = counts_of(stands.cells)
        state = state_of(connection, case.id, name, counts, blind=blind)
        changed = words_since(connection, case.id, name, since=since, blind=blind) if stands.version > since else {}
    return Patient(
        version=stands.version,
        state=state,
        counts={str(group): number for group, number in counts.groups.items()},
        cells=counts.cells,
        read=counts.read,
        differ=counts.differ,
        share=None if counts.share is None else asdict(counts.share),
        changed={cell: asdict(word) for cell, word in changed.items()},
    )
