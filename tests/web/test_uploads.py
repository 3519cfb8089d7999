"""What is dropped into the page is kept under its digest, named by its last part, and judged for its patient."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from benchmaker import day, entered, opened
from PIL import Image
from starlette.testclient import TestClient

from leukolens.web import uploads
from leukolens.web.entry import Bench
from leukolens.web.judging import Judging, Waiting

UPLOADS = "/api/cases/1/uploads"


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Waiting]:
    """What would have been judged."""
    found: list[Waiting] = []
    monkeypatch.setattr(Judging, "take", lambda _, waiting: found.append(waiting))
    return found


@pytest.fixture
def bench(store: str, tmp_path: Path) -> Iterator[Bench]:
    with opened(day(store), tmp_path, max_files=3, max_waiting=4) as made:
        yield made


def picture(form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (90, 40, 110)).save(file, form)
    return file.getvalue()


def give(browser: TestClient, *files: tuple[str, bytes], patient: str = "") -> list[dict[str, object]]:
    answer = browser.post(UPLOADS, files=[("files", one) for one in files], data={"patient": patient})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()
    return found


def test_a_picture_is_kept_under_its_digest_in_a_private_file(bench: Bench, taken: list[Waiting]) -> None:
    data = picture()
    assert give(entered(bench), (r"C:\cells\../a" + "\n.png", data)) == [
        {"name": taken[0].name, "taken": True, "reason": ""}
    ]
    assert "/" not in taken[0].name
    assert "\n" not in taken[0].name
    assert taken[0].path == bench.settings.uploads / hashlib.sha256(data).hexdigest()
    assert taken[0].path.read_bytes() == data
    assert taken[0].path.stat().st_mode & 0o077 == 0
    assert (taken[0].case_id, taken[0].who) == (1, "Anna")


def test_the_patient_is_the_one_given_or_the_name_s(bench: Bench, taken: list[Waiting]) -> None:
    browser = entered(bench)
    give(browser, ("UID_H7_1_1_hem.bmp", picture("BMP")), ("plain.png", picture()))
    give(browser, ("UID_H7_1_1_hem.bmp", picture("BMP")), patient=" H9 ")
    assert [one.patient for one in taken] == ["H7", "", "H9"]


@pytest.mark.parametrize(
    ("data", "told"), [(b"", "is empty (0 bytes)"), (b"<svg/>", "is not a BMP, PNG, TIFF, JPEG or WebP image")]
)
def test_what_is_no_picture_is_told_beside_the_others(
    bench: Bench, taken: list[Waiting], data: bytes, told: str
) -> None:
    found = give(entered(bench), ("a.png", data), ("b.png", picture()))
    assert [(one["taken"], one["reason"]) for one in found] == [(False, told), (True, "")]
    assert [one.name for one in taken] == ["b.png"]
    assert len(list(bench.settings.uploads.iterdir())) == 1


def test_too_many_wait(bench: Bench, taken: list[Waiting], monkeypatch: pytest.MonkeyPatch) -> None:
    browser = entered(bench)
    monkeypatch.setattr(Judging, "room", lambda _, files: nullcontext(files < 2))
    answer = browser.post(UPLOADS, files=[("files", (f"{n}.png", picture())) for n in range(2)])
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert browser.post(UPLOADS, data={"patient": "H3"}).status_code == 422
    assert entered(bench, "Cleo").post(UPLOADS, files={"files": ("a.png", picture())}).status_code == 403
    assert taken == []


def test_names_are_short_and_never_empty() -> None:
    assert uploads._name("a/b\\c.png") == "c.png"
    assert uploads._name("folder/") == "unnamed"
    assert len(uploads._name("x" * 1000)) == 200
