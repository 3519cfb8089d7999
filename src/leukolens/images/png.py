"""The checksums of a PNG (ISO/IEC 15948, §5.3): each chunk ends with the CRC-32 of its kind and its bytes.

Pillow compares that of the chunks before the pixels only, and judges from pixels that a wrong bit has changed.
"""

import zlib
from pathlib import Path

from leukolens.base.errors import ImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 100_000
"""libpng writes a chunk for every 8 kB: this is four times what the largest file taken holds. Millions of empty chunks
would hold a run for seconds."""

_FRAME = 12
"""Bytes of a chunk around its content: length, kind and CRC, four each."""


def refuse_damaged(data: bytes, *, name: Path | str) -> None:
    """Compare every chunk's CRC up to IEND; what follows it is not part of the picture, and is ignored.

    data: starts with SIGNATURE. Raises ImageError that names the first chunk that is damaged.
    """
    view = memoryview(data)
    start = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if start + _FRAME > len(view):
            raise _damaged("is cut short or damaged (it ends before its IEND chunk)", name)
        end = start + _FRAME + int.from_bytes(view[start : start + 4])
        kind = bytes(view[start + 4 : start + 8])
        if end > len(view):
            raise _damaged(f"is cut short or damaged (it ends inside its {_shown(kind)} chunk)", name)
        if zlib.crc32(view[start + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            raise _damaged(f"is damaged (the checksum of its {_shown(kind)} chunk is wrong)", name)
        if kind == b"IEND":
            return
        start = end
    raise ImageError(f"has more than {MAX_CHUNKS:,} chunks", path=name, hint="Save it again with another program")


def _damaged(reason: str, name: Path | str) -> ImageError:
    return ImageError(reason, path=name, hint="Copy the file again")


def _shown(kind: bytes) -> str:
    return kind.decode("ascii", "backslashreplace") if kind.isalpha() else kind.hex()
