"""Who is asking: the session behind a request, its token against forged ones, its role; entering and leaving."""

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path, Request, Response

from leukolens.cases.shelf import Shelf
from leukolens.cases.store import Case
from leukolens.web.accounts import Account, Accounts, Role
from leukolens.web.guard import SAFE
from leukolens.web.judging import Judging
from leukolens.web.sessions import Lockout, Session, Sessions
from leukolens.web.settings import ReviewSettings


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a server works with; it stands in `app.state.bench`."""

    settings: ReviewSettings
    shelf: Shelf
    accounts: Accounts
    sessions: Sessions
    lockout: Lockout
    judging: Judging
    owner: str
    """The reader of a local server."""
    key: str
    """By which they enter, once for each start of the server; '' when there is none."""


Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""Of a case, a patient, a cell or an input, as both databases count."""


class NotEntered(Exception):
    """A page that needs a session was asked for without one."""


def bench_of(request: Request) -> Bench:
    """What this server works with."""
    found: Bench = request.app.state.bench
    return found


def cookie_name(settings: ReviewSettings) -> str:
    """With TLS a browser binds a name with this start to exactly this server."""
    return "__Host-leukolens" if settings.secure else "leukolens"


def session_of(request: Request) -> Session:
    """The reader's session. Raises NotEntered without one, 403 for a change without its token."""
    bench = bench_of(request)
    session = bench.sessions.find(request.cookies.get(cookie_name(bench.settings), ""))
    if session is None:
        raise NotEntered
    if request.method not in SAFE and not secrets.compare_digest(
        request.headers.get("x-csrf-token", "").encode(), session.csrf.encode()
    ):
        raise HTTPException(403, "the request lacks the page's token; load the page again")
    return session


async def entered(request: Request) -> Session:
    """`session_of` as what a route depends on; it looks into memory alone, and so needs no thread."""
    return session_of(request)


Entered = Annotated[Session, Depends(entered)]


def needs(*roles: Role) -> Callable[[Session], Coroutine[Any, Any, Session]]:
    """A session with one of these roles."""

    async def allowed(session: Entered) -> Session:
        if session.role not in roles:
            raise HTTPException(403, f"a {session.role} account may not do this")
        return session

    return allowed


Reading = Annotated[Session, Depends(needs("reader", "supervisor"))]
Supervising = Annotated[Session, Depends(needs("supervisor"))]


def case_of(request: Request, case_id: Id, session: Entered) -> Case:
    """A case of this store, in the reader's name. Raises 404 for another."""
    shelf = bench_of(request).shelf
    if not shelf.holds(case_id):
        raise HTTPException(404, "this store holds no such case")
    return shelf.case(case_id, who=session.name)


AsReader = Annotated[Case, Depends(case_of)]


def enter(bench: Bench, response: Response, name: str, role: Role, *, before: str = "") -> Session:
    """Begin a session with a new token; `before`, the browser's old one, ends."""
    bench.sessions.end(before)
    token, session = bench.sessions.begin(name, role)
    response.set_cookie(
        cookie_name(bench.settings), token, httponly=True, samesite="strict", secure=bench.settings.secure, path="/"
    )
    return session


def verified(
    bench: Bench, request: Request, name: str, password: str, *, wrong: str = "wrong name or password"
) -> Account:
    """The account of a name and its password. Raises 429 when it is locked, 403 with `wrong` when they do not fit."""
    keys = [f"name {name}"]
    if not bench.settings.local and request.client is not None:
        keys.append(f"address {request.client.host}")
    if bench.lockout.locked(*keys):
        raise HTTPException(429, "too many wrong passwords; try again in a quarter of an hour")
    account = bench.accounts.verified(name, password)
    if account is None:
        bench.lockout.failed(*keys)
        raise HTTPException(403, wrong)
    bench.lockout.forget(keys[0])
    return account
