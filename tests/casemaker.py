"""Cases for tests: in a file and, where LEUKOLENS_TEST_POSTGRES holds an address, in PostgreSQL."""

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from leukolens import Case
from leukolens.cases.record import Answer, Cell, Judged, Picture
from leukolens.cases.row import Row

PICTURE = Picture(jpeg=b"\xff\xd8 a picture", evidence=bytes(range(196)))


def answer(**changes: Any) -> Answer:
    """A judged cut-out's, but for what is given."""
    values = {
        "cell": Cell(),
        "model_id": "0123456789ab",
        "version": "0.1.0",
        "verdict": "ALL",
        "p_all": 0.75,
        "judged_at": "2026-01-02T03:04:05+00:00",
    }
    return Answer(**{**values, **changes})


def judged(path: str = "a.bmp", *answers: Answer, **changes: Any) -> Judged:
    """One input; without `answers` a cut-out with one cell."""
    values = {"path": path, "sha256": "0" * 64, "patient": "H3", "answers": answers or (answer(),)}
    return Judged(**{**values, **changes})


def judged_as(row: Row, picture: Picture | None = None) -> Judged:
    """The input that has this row."""
    names = ("model_id", "version", "verdict", "p_all", "band", "hue", "reason", "judged_at")
    one = Answer(cell=Cell(), picture=picture, **{name: getattr(row, name) for name in names})
    return Judged(path=row.path, sha256=row.sha256, patient=row.patient, answers=(one,))


def postgres() -> str:
    """The address of a PostgreSQL that tests may write; the test is skipped where there is none."""
    address = os.environ.get("LEUKOLENS_TEST_POSTGRES", "")
    if not address:
        pytest.skip("needs a PostgreSQL: set LEUKOLENS_TEST_POSTGRES to its address")
    return address


@contextmanager
def postgres_of_its_own() -> Iterator[str]:
    """The address of an empty PostgreSQL database, which goes with the test; skipped as `postgres` is."""
    url = make_url(postgres())
    name = f"leukolens_{uuid.uuid4().hex}"
    server = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def hold(place: dict[str, str], said: Connection) -> None:
    """Another run, in a process of its own, until it is killed."""
    with Case.open(**place) as case, case.alone():
        case.add([judged("a")])
        said.send("held")
        signal.pause()
