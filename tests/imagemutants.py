"""Small cells in every format that is taken, and their bytes after some accidents. Also for dev/fuzz/images.py."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from imagemaker import PLAIN, encoded

WAYS: dict[str, tuple[dict[str, object], ...]] = {
    "BMP": ({},),
    "PNG": ({}, {"optimize": True}),
    "TIFF": ({}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate"}, {"compression": "jpeg"}),
    "JPEG": ({}, {"progressive": True}),
    "WEBP": ({}, {"lossless": True}),
}
"""Options of Pillow's writer."""


def mutants(kind: str, count: int, *, seed: int) -> Iterator[bytes]:
    """`count` mutated files of a format, each by a generator of (seed, number) of its own.

    Three PNG of four get checksums that fit again: else all are refused by them, and none reaches the decoder.
    """
    whole = [encoded(PLAIN, kind, **options) for options in WAYS[kind]]
    for number in range(count):
        data = mutant(whole[number % len(whole)], np.random.default_rng((seed, number)))
        yield _resealed(data) if kind == "PNG" and number % 4 else data


def mutant(whole: bytes, random: np.random.Generator) -> bytes:
    """One to eight accidents: a bit, a byte or four (so that a length or place becomes any), a cut, a copy inside."""
    data = bytearray(whole)
    for _ in range(random.integers(1, 9)):
        where = int(random.integers(len(data))) if random.random() < 0.5 else int(random.integers(min(200, len(data))))
        match random.integers(10):
            case 0 | 1 | 2:
                data[where] ^= 1 << int(random.integers(8))
            case 3 | 4 | 5:
                data[where] = int(random.integers(256))
            case 6 | 7:
                data[where : where + 4] = random.bytes(4)
            case 8:
                start = int(random.integers(len(data)))
                data[where:where] = data[start : start + int(random.integers(1, 64))]
            case _:
                del data[max(where, 1) :]
    return bytes(data)


def _resealed(data: bytes) -> bytes:
    """A PNG whose chunks have the CRC of what they hold now, up to the first that does not fit in."""
    sealed, start = bytearray(data), 8
    while start + 12 <= len(sealed):
        end = start + 12 + int.from_bytes(sealed[start : start + 4])
        if end > len(sealed):
            break
        sealed[end - 4 : end] = struct.pack(">I", zlib.crc32(sealed[start + 4 : end - 4]))
        start = end
    return bytes(sealed)
