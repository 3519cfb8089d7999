"""Pictures that are dropped into the page: kept under their digest, judged in the background, watched as events."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.datastructures import UploadFile as Uploaded

from leukolens.base import atomic
from leukolens.base.names import file_of, in_one_line
from leukolens.images.cnmc_names import parse_name
from leukolens.web.entry import AsReader, Entered, Reading, bench_of
from leukolens.web.judging import Waiting

router = APIRouter(prefix="/api/cases/{case_id}", tags=["uploads"])
_HEADS = (b"BM", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"\xff\xd8\xff", b"RIFF")
"""How the formats that are taken begin. What is anything else, an SVG or a page, is not even kept."""
_EVERY = 0.3
"""Seconds between two looks at the progress."""


class Taken(BaseModel):
    """What became of one file."""

    name: str
    taken: bool
    reason: str = ""


_FORM = {
    "type": "object",
    "required": ["files"],
    "properties": {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "patient": {"type": "string", "maxLength": 200, "description": "whose cells; default: by C-NMC's names"},
    },
}


@router.post(
    "/uploads",
    summary="Give pictures of single cells to be judged",
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def upload(request: Request, case: AsReader, session: Reading) -> list[Taken]:
    """multipart/form-data: `files`, each an image, and `patient`, whose cells they are (default: by C-NMC's names)."""
    bench = bench_of(request)
    limits = bench.settings
    async with request.form(max_files=limits.max_files, max_fields=4) as form:
        given = [one for one in form.getlist("files") if isinstance(one, Uploaded)]
        patient = in_one_line(str(form.get("patient", "")).strip())[:200]
        if not given:
            raise HTTPException(422, "no file was given")
        with bench.judging.room(len(given)) as room:
            if not room:
                raise HTTPException(429, "too many files wait to be judged", headers={"Retry-After": "5"})
            found = []
            for one in given:
                data = await one.read()
                name = _name(one.filename or "")
                refused = _refused(data)
                if not refused:
                    path = await asyncio.to_thread(_keep, limits.uploads, data)
                    whose = patient or _patient(name)
                    bench.judging.take(Waiting(case_id=case.id, who=session.name, path=path, name=name, patient=whose))
                found.append(Taken(name=name, taken=not refused, reason=refused))
    return found


@router.get(
    "/progress",
    summary="How far the judging is, as server-sent events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events"}},
)
async def progress(request: Request, case: AsReader, _: Entered) -> StreamingResponse:
    """An event whenever it changes: {taken, judged, error}."""
    judging = bench_of(request).judging

    async def events() -> AsyncIterator[str]:
        told = None
        while not await request.is_disconnected():
            now = judging.progress(case.id)
            if now != told:
                told = now
                yield f"data: {json.dumps(vars(now))}\n\n"
            await asyncio.sleep(_EVERY)

    return StreamingResponse(events(), media_type="text/event-stream")


def _name(given: str) -> str:
    """The last part of a path in one line; what a file is called never decides where it is kept."""
    return in_one_line(file_of(given))[:200] or "unnamed"


def _patient(name: str) -> str:
    parsed = parse_name(Path(name).stem)
    return "" if parsed is None else parsed[0]


def _refused(data: bytes) -> str:
    if not data:
        return "is empty (0 bytes)"
    return "" if data.startswith(_HEADS) else "is not a BMP, PNG, TIFF, JPEG or WebP image"


def _keep(folder: Path, data: bytes) -> Path:
    path = folder / hashlib.sha256(data).hexdigest()
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic.place(path, private=True) as temporary:
            temporary.write_bytes(data)
    return path
