"""More at once than the bench can do: what is too much is turned away by 429, and what was taken is never lost."""

import asyncio
import contextlib
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from benchmaker import PASSWORD
from browsing import serving
from casemaker import answer, judged
from PIL import Image

from leukolens import Case
from leukolens.cases.check import check

pytestmark = pytest.mark.slow


def bmp(number: int) -> bytes:
    """A picture of its own, small, so that judging it is quick."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[16:48, 16:48] = (90 + number % 100, 40, 110 + number // 100)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "BMP")
    return file.getvalue()


@contextlib.asynccontextmanager
async def entered(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Anna, over as many connections as she likes."""
    limits = httpx.Limits(max_connections=400, max_keepalive_connections=400)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=120) as client:
        login = await client.post("/api/login", json={"name": "Anna", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = login.json()["csrf"]
        yield client


def test_fifty_uploads_at_once_lose_nothing(store: str, tmp_path: Path) -> None:
    with Case.create(store):
        pass
    turned_away: Counter[int] = Counter()

    async def give(client: httpx.AsyncClient, number: int) -> None:
        while True:
            files = [("files", (f"{number}-{part}.bmp", bmp(2 * number + part))) for part in (0, 1)]
            found = await client.post("/api/cases/1/uploads", files=files, data={"patient": "H1"})
            turned_away[found.status_code] += 1
            if found.status_code != 429:
                break
            assert int(found.headers["Retry-After"]) > 0
            await asyncio.sleep(0.5)
        assert found.status_code == 200, found.text
        assert all(one["taken"] for one in found.json())

    async def all_at_once(address: str) -> None:
        async with entered(address) as client:
            await asyncio.gather(*(give(client, number) for number in range(50)))

    with serving(store, tmp_path, local=False, max_waiting=20) as (bench, address):
        asyncio.run(all_at_once(address.removesuffix("/login")))
        bench.judging.settle()
        assert set(turned_away) <= {200, 429}
        assert turned_away[429] > 0  # 100 files and room for 20
    with Case.open(store) as case:
        assert {row.path for row in case.rows()} == {f"{number}-{part}.bmp" for number in range(50) for part in (0, 1)}
        assert check(case).findings == ()


def test_two_hundred_requests_in_flight_lose_no_word(store: str, tmp_path: Path) -> None:
    with Case.create(store) as case:
        case.add([judged(f"{number}.bmp", answer()) for number in range(100)])
    codes: Counter[int] = Counter()

    async def say(client: httpx.AsyncClient, cell: int) -> int:
        """The version that was acknowledged."""
        while True:
            found = await client.post(f"/api/cases/1/cells/{cell}/review", json={"verdict": "HEM", "expected": 0})
            codes[found.status_code] += 1
            if found.status_code != 429:
                assert found.status_code == 200, found.text
                return int(found.json()["version"])
            await asyncio.sleep(0.2)

    async def look(client: httpx.AsyncClient) -> None:
        codes[(await client.get("/api/cases/1/patients/1")).status_code] += 1

    async def all_at_once(address: str) -> list[int]:
        async with entered(address) as client:
            with Case.open(store) as other, other.change():  # it holds the case: words pile up on any machine
                looks = asyncio.gather(*(look(client) for _ in range(100)))
                saying = asyncio.gather(*(say(client, cell) for cell in range(1, 101)))
                while not codes[429]:
                    await asyncio.sleep(0.01)
            said = await saying
            await looks
            return said

    with serving(store, tmp_path, local=False, max_flying=60) as (bench, address):
        versions = asyncio.run(all_at_once(address.removesuffix("/login")))
        case = bench.shelf.case(1, who="")
        with case.reading() as connection:
            query = "SELECT id FROM reviews WHERE verdict = 'HEM' AND reader = 'Anna'"
            kept = {row.id for row in connection.exec_driver_sql(query)}
        assert set(codes) == {200, 429}
        assert kept == set(versions)
        assert len(kept) == 100
        assert check(case).findings == ()
