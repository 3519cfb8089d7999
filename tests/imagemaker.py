"""Small images as files: what Pillow writes, and what it does not."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

RGB = np.random.default_rng(0).integers(0, 256, (24, 20, 3), np.uint8)
"""(24, 20, 3) of noise."""
PLAIN = Image.fromarray(RGB)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, *, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG by hand, for what Pillow does not write. colour: 0 grey, 2 RGB."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
