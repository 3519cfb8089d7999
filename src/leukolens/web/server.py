"""Opens a store, and serves it: on this machine for one reader, or beyond it for those with an account."""

import contextlib
import getpass
import secrets
import sys
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn

from leukolens.base.errors import LeukoLensError
from leukolens.cases import database
from leukolens.cases.shelf import Shelf
from leukolens.cases.store import Case
from leukolens.web.accounts import Accounts
from leukolens.web.app import create_app
from leukolens.web.entry import Bench
from leukolens.web.judging import Judging
from leukolens.web.sessions import Lockout, Sessions
from leukolens.web.settings import ReviewSettings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ServerError(LeukoLensError):
    """A server that would not be safe to start, or cannot."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a server is reached."""

    host: str = "127.0.0.1"
    port: int = 8765
    names: tuple[str, ...] = ()
    """By which readers call it beyond this machine, as 'review.example.org' or 'review.example.org:8443'."""
    tls: tuple[Path, Path] | None = None
    """Certificate and key."""
    behind_proxy: bool = False
    """A proxy on this machine speaks TLS with the readers."""

    @property
    def local(self) -> bool:
        return self.host in LOOPBACK and not self.behind_proxy

    def check(self, accounts: Accounts) -> None:
        """Raises ServerError for a server that others reach without TLS, accounts or a name."""
        if self.local:
            return
        if self.tls is None and not self.behind_proxy:
            hint = "Give --tls CERTIFICATE KEY, or --behind-proxy where a proxy speaks TLS"
            raise ServerError("readers on other machines need TLS", hint=hint)
        if not self.names:
            raise ServerError(
                "the server's name is not known", hint="Give --name review.example.org, as browsers show it"
            )
        if not any(account.hash for account in accounts.all().values()):
            raise ServerError(
                "nobody may log in yet", hint="Add a reader: leukolens readers add NAME --role supervisor"
            )

    def hosts(self) -> frozenset[str]:
        """Values of the Host header that are answered."""
        here = (f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        return frozenset({*self.names} if not self.local else {*here, *self.names})


def new_bench(folder: Path) -> Path:
    """An empty case in `folder`, named after the time."""
    path = folder / f"bench-{datetime.now():%Y-%m-%d-%H%M%S}.case"
    Case.create(path).close()
    return path


@contextlib.contextmanager
def bench(where: str, settings: ReviewSettings, accounts: Accounts, *, model: Path | None) -> Iterator[Bench]:
    """Everything that the application works with, over an open store. An empty database gets its first case."""
    with Shelf.open(where) as shelf:
        if not shelf.cases():
            Case.create(where).close()
        shelf.warm()
        judging = Judging(shelf, model, most=settings.max_waiting)
        try:
            yield Bench(
                settings=settings,
                shelf=shelf,
                accounts=accounts,
                sessions=Sessions(settings),
                lockout=Lockout(settings),
                judging=judging,
                owner=_user(),
                key=secrets.token_urlsafe(24) if settings.local else "",
            )
        finally:
            judging.close()


def serve(where: str, place: Place, accounts: Accounts, *, uploads: Path, model: Path | None, browser: bool) -> None:
    """Serve until interrupted. Raises CaseError or ServerError."""
    place.check(accounts)
    secure = place.tls is not None or place.behind_proxy
    settings = ReviewSettings(hosts=place.hosts(), secure=secure, local=place.local, uploads=uploads)
    with bench(where, settings, accounts, model=model) as made:
        shown = f"[{place.host}]" if ":" in place.host else place.host
        address = f"http://{shown}:{place.port}/enter?key={made.key}" if place.local else f"https://{place.names[0]}/"
        print(f"{database.shown(where)}: {address}", file=sys.stderr)
        if browser and place.local:
            webbrowser.open(address)
        config = uvicorn.Config(
            create_app(made),
            host=place.host,
            port=place.port,
            lifespan="off",
            access_log=False,  # the case's own log says who did what; addresses have no place on the disk
            log_level="warning",
            server_header=False,
            proxy_headers=place.behind_proxy,
            ssl_certfile=place.tls[0] if place.tls else None,
            ssl_keyfile=place.tls[1] if place.tls else None,
            timeout_graceful_shutdown=3,
        )
        uvicorn.Server(config).run()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "reader"
