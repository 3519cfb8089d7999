"""The application: guard, routes, static files, and errors in our own words."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from leukolens import __version__
from leukolens.base.errors import LeukoLensError
from leukolens.cases.review import Conflict, NotInCase, ReadOnly
from leukolens.web import api, fields, handing, pages, pictures, uploads
from leukolens.web.entry import Bench, Entered, NotEntered, session_of
from leukolens.web.guard import Guard

_STATUS = ((Conflict, 409), (ReadOnly, 423), (NotInCase, 404))
_MACHINE = ("/api/", "/openapi.json", "/password")
"""Addresses that answer errors as JSON; all others are pages."""


def create_app(bench: Bench) -> Guard:
    """An ASGI application over an open store."""

    app = FastAPI(
        title="LeukoLens bench",
        version=__version__,
        openapi_url=None,  # below, behind the entry; the pages that show it would load scripts from elsewhere
        docs_url=None,
        redoc_url=None,
        # FastAPI can report to a collector that the environment names; nothing leaves this machine
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.bench = bench
    for router in (
        pages.router,
        pictures.router,
        fields.router,
        fields.actions,
        api.router,
        uploads.router,
        handing.router,
    ):
        app.include_router(router, responses=api.PROBLEMS)
    app.mount("/static", StaticFiles(directory=pages.static_folder()), name="static")
    app.add_exception_handler(NotEntered, _not_entered)
    app.add_exception_handler(LeukoLensError, _failed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)

    @app.get("/openapi.json", include_in_schema=False)
    def described(_: Entered) -> JSONResponse:
        return JSONResponse(app.openapi())

    return Guard(app, bench.settings)


def _not_entered(request: Request, _: Exception) -> Response:
    if request.url.path.startswith(_MACHINE):
        return JSONResponse({"error": "log in first"}, 401)
    return RedirectResponse("/login", 303)


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, LeukoLensError)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    now = getattr(error, "now", None)
    return _answer(request, status, error.reason, error.hint or "", now=None if now is None else vars(now))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = "there is no such page" if error.detail == HTTPStatus.NOT_FOUND.phrase else str(error.detail)
    answer = _answer(request, error.status_code, told)
    answer.headers.update(error.headers or {})
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    """Which field and why; never what was sent, which may be a password."""
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
    return _answer(request, 422, told)


def _answer(request: Request, status: int, error: str, hint: str = "", *, now: object = None) -> Response:
    if request.url.path.startswith(_MACHINE):
        return JSONResponse({"error": error, "hint": hint, "now": now}, status)
    try:
        session = session_of(request)
    except (NotEntered, HTTPException):
        session = None
    return pages.page(request, "error.html", session, {"error": error, "hint": hint}, status=status)
