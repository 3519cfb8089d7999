"""What a caller gives as an image → its bytes or pixels and its name, or why there is neither."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.errors import ImageError
from leukolens.images.decode import MAX_BYTES, SLIDES, read_file

Given = Path | str | bytes | Image.Image | NDArray[np.uint8]
"""A file, a file's bytes, a Pillow image, or (H, W, 3) RGB, 0–255."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One image as it was given."""

    name: str
    image: bytes | NDArray[np.uint8] | Path | ImageError
    """A file's bytes, an array that is one, the path of a whole slide, which is read by parts; or why there is none."""
    sha256: str = ""
    file: Path | None = None
    """None for what was given in memory."""


def opened(image: object, number: int) -> Opened:
    """number: its place among those that were given, from 0; it names what has no name. Never raises."""
    if isinstance(image, np.ndarray):
        name = f"array {number}"
        if image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8 and image.size:
            return Opened(name=name, image=image)
        reason = f"is {image.dtype} {image.shape}; expected uint8 (H, W, 3) RGB"
        return Opened(name=name, image=ImageError(reason, path=name))
    if isinstance(image, bytes):
        return Opened(name=f"bytes {number}", image=image, sha256=hashlib.sha256(image).hexdigest())
    if isinstance(image, Image.Image):
        return _pillow(image, name=f"image {number}")
    if not isinstance(image, str | Path):
        name = f"item {number}"
        hint = "Give a file, its bytes, a Pillow image or a uint8 array"
        return Opened(name=name, image=ImageError(f"is a {type(image).__name__}, not an image", path=name, hint=hint))
    try:
        path = Path(image)
        if is_large(path):
            return Opened(name=str(image), image=path, sha256=digest_of(path), file=path)
        data = read_file(path)
    except ImageError as error:
        return Opened(name=str(image), image=error)
    except Exception as error:
        return Opened(name=str(image), image=ImageError(unforeseen(error), path=str(image)))
    return Opened(name=str(image), image=data, sha256=hashlib.sha256(data).hexdigest(), file=path)


def digest_of(path: Path) -> str:
    """Of a file, as `opened` gives it, 64 hexadecimal digits; '' where its bytes cannot be read."""
    try:
        if not is_large(path):
            return hashlib.sha256(read_file(path)).hexdigest()
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (ImageError, OSError):
        return ""


def is_large(path: Path) -> bool:
    """A whole slide by its name, or a TIFF that is too large to be anything else."""
    suffix = path.suffix.lower()
    large = suffix in (".tif", ".tiff") and path.is_file() and path.stat().st_size > MAX_BYTES
    return large or (suffix in SLIDES and path.is_file())


def unforeseen(error: Exception) -> str:
    """The reason of an image that something unexpected happened to."""
    return f"could not be processed ({type(error).__name__}{f': {error}' if str(error) else ''})"


def _pillow(image: Image.Image, *, name: str) -> Opened:
    """Its pixels in RGB; one of a closed or broken file becomes a row with its reason."""
    try:
        return Opened(name=name, image=np.asarray(image.convert("RGB")))
    except Exception as error:  # Pillow reads the file only now, and each format fails in its own way
        reason = f"cannot be read ({type(error).__name__}: {error})"
        return Opened(name=name, image=ImageError(reason, path=name, hint="Open its file again, and keep it open"))
