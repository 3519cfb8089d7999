"""file → (H, W, 3) uint8 RGB. The format is told from the content, never from the name.

What only crops and measures takes Pillow's own image: each turn into an array and back is a copy (0.15 ms for a cell).

Taken: 8-bit RGB, palette (its colours are RGB already), RGBA without a transparent pixel, EXIF-rotated (turned
upright). Refused, because a conversion would invent or lose what the verdict rests on: 16-bit, greyscale, CMYK,
transparent pixels, several frames, more than `MAX_PIXELS`. Of a PNG every checksum is compared (`png.py`); the other
formats have none.
"""

import io
import os
import stat
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from leukolens.base.errors import ImageError
from leukolens.images import libtiff, png
from leukolens.images.remarks import listen, remarks

FORMATS = ("BMP", "PNG", "TIFF", "JPEG", "WEBP")
SUFFIXES = frozenset({".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp"})
SLIDES = frozenset({".svs", ".ndpi", ".scn", ".mrxs", ".bif", ".svslide", ".vms", ".vmu", ".dcm"})
"""Ends of whole slides' names; `leukolens.images.slides` reads them. A tiled TIFF may be one, too."""
MAX_PIXELS = 50_000_000
"""Pixels; ten times a 5-megapixel microscope field. Above it a file is taken for a decompression bomb."""

MAX_BYTES = 4 * MAX_PIXELS
"""Size of a file that is read at all: the largest image taken, uncompressed, with four bytes a pixel."""

_REFUSED_MODES = {
    "1": ("is black and white", "Save it in colour, 8-bit RGB"),
    "L": ("is greyscale", "Save it in colour, 8-bit RGB: the stain is part of the evidence"),
    "LA": ("is greyscale", "Save it in colour, 8-bit RGB: the stain is part of the evidence"),
    "CMYK": ("is CMYK", "Save it as 8-bit RGB: the conversion needs a colour profile that only its maker knows"),
}

# The limit here is lower, and an error. Once for the process: `catch_warnings` in several threads mixes up the filters.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
listen()

Rgb = NDArray[np.uint8] | Image.Image
"""(H, W, 3), 0–255, or Pillow's image in mode RGB."""


def as_image(rgb: Rgb) -> Image.Image:
    """Pillow's image of it; one that is given is not copied."""
    return rgb if isinstance(rgb, Image.Image) else Image.fromarray(rgb)


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Decode one image file.

    Returns (H, W, 3) uint8 RGB, upright. Raises ImageError that names the file, the reason and the hint.
    """
    return decode_rgb(read_file(path), name=path)


def read_file(path: Path) -> bytes:
    """The bytes of one file. Raises ImageError for one that cannot be read or is larger than MAX_BYTES.

    What is looked at and what is read is one descriptor: a link cannot be turned to a device in between.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):  # a pipe or a device, say, which may never end
                raise ImageError("is not an ordinary file", path=path, hint="Give the image file itself")
            if found.st_size > MAX_BYTES:
                reason = f"has more than {MAX_BYTES:,} bytes"
                raise ImageError(reason, path=path, hint="Cut it into fields or cells first")
            data = file.read(found.st_size + 1)
    except OSError as error:
        hint = "Check that it is there and that you may read it"
        raise ImageError(f"cannot be read ({error.strerror or error})", path=path, hint=hint) from error
    except MemoryError as error:
        raise _no_memory(path) from error
    if len(data) > found.st_size:
        raise ImageError("grew while it was read", path=path, hint="Wait until the file is complete")
    return data


def _open(path: str, flags: int) -> int:
    """Without waiting: a pipe that nobody writes to, and a terminal, would hold the run."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def decode_rgb(data: bytes, *, name: Path | str) -> NDArray[np.uint8]:
    """Decode the bytes of one image; `name` stands in the error. See `read_rgb`."""
    return np.asarray(decode(data, name=name))


def decode(data: bytes, *, name: Path | str) -> Image.Image:
    """Likewise, as Pillow's image in mode RGB, loaded."""
    if not data:
        raise ImageError("is empty (0 bytes)", path=name, hint="Copy the file again")
    if data.startswith(png.SIGNATURE):
        png.refuse_damaged(data, name=name)
    with remarks(name) as heard:
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.format == "TIFF":
                    libtiff.listen()
                _refuse_unfit(image, data, name)
                ImageOps.exif_transpose(image, in_place=True)
                return _to_rgb(image, name)
        except ImageError:
            raise
        except UnidentifiedImageError as error:
            raise ImageError(
                "is not a BMP, PNG, TIFF, JPEG or WebP image", path=name, hint="Open it and save it as PNG"
            ) from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large(name) from error
        except MemoryError as error:
            raise _no_memory(name) from error
        except Exception as error:  # Pillow raises KeyError and AttributeError too on a TIFF that is damaged
            told = "; ".join([_message(error), *heard])
            raise ImageError(f"is cut short or damaged ({told})", path=name, hint="Copy the file again") from error


def _no_memory(name: Path | str) -> ImageError:
    return ImageError("needs more memory than is available", path=name, hint="Cut it into fields or cells")


def _message(error: Exception) -> str:
    """Its words; of a slip inside Pillow also the class, without which 'KeyError: 320' is '320'."""
    meant = isinstance(error, OSError | SyntaxError | ValueError | EOFError)
    return str(error) if meant else f"{type(error).__name__}: {error}"


def _too_large(name: Path | str) -> ImageError:
    return ImageError(f"has more than {MAX_PIXELS:,} pixels", path=name, hint="Cut it into fields or cells first")


def _refuse_unfit(image: Image.Image, data: bytes, name: Path | str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name)
    if getattr(image, "is_animated", False):
        image.seek(1)  # raises where the file only claims it. `n_frames` would read all directories of a TIFF: minutes
        raise ImageError("holds several frames", path=name, hint="Save each frame as a file of its own")
    if _bits(image, data) > 8:
        raise ImageError("has more than 8 bits per channel", path=name, hint="Save it as 8-bit RGB")
    if image.mode in _REFUSED_MODES:
        reason, hint = _REFUSED_MODES[image.mode]
        raise ImageError(reason, path=name, hint=hint)


def _bits(image: Image.Image, data: bytes) -> int:
    """Bits a channel as the file says: Pillow shows a 16-bit RGB PNG as 8-bit without a word."""
    if image.format == "PNG":
        return data[24]  # IHDR: 8 signature, 8 chunk head, 4 width, 4 height, then the depth
    if image.format == "TIFF":
        bits = image.tag_v2.get(258, (8,))  # type: ignore[attr-defined]  # BitsPerSample
        return max(bits) if isinstance(bits, tuple) else int(bits)
    return 16 if image.mode.startswith(("I", "F")) else 8


def _to_rgb(image: Image.Image, name: Path | str) -> Image.Image:
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        lowest, _ = image.getchannel("A").getextrema()
        if lowest != 255:
            raise ImageError("has transparent pixels", path=name, hint="Flatten it onto black and save it as RGB")
    image.load()
    return image if image.mode == "RGB" else image.convert("RGB")
