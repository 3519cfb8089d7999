"""Classifier: images → cells → the network → a verdict → Prediction, on all cores, in order.

Each core has a thread that decodes, cuts and judges a few images in turn. Measured on two cores, this was 1.1 times as
fast as handing pixels from decoding threads to a model that runs on all cores, with a quarter of the memory; and a run
of the model with several images took no less time for each than a run with one (5.4 ms in float).

Half of the threads, rounded up, are between a file's bytes and the network at a time. The many small steps there pass
Python's lock to and fro: with two threads free to meet in them an image took 2.5 ms (int8, two cores), with turns for a
few images each 2.2 (`bench/predict_stages.py`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Semaphore

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.errors import ImageError
from leukolens.base.stream import batched, in_order
from leukolens.cells.quality import measure, refusals
from leukolens.decide.cell import CellVerdict, decide, p_all
from leukolens.images.decode import Rgb, decode, read_file
from leukolens.model.network_file import SHIPPED, NetworkFile, Scores, as_input
from leukolens.model.preprocess import to_network
from leukolens.predict.prediction import Prediction

_REASONS = 2
"""Of a refused image, the most telling; more would bury them."""
Given = Path | str | bytes | Image.Image | NDArray[np.uint8]
"""A file, a file's bytes, a Pillow image, or (H, W, 3) RGB, 0–255."""


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One image as it was given."""

    name: str
    image: bytes | NDArray[np.uint8] | ImageError
    """A file's bytes, an array that is one, or why there is neither."""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """One image before the network."""

    name: str
    sha256: str = ""
    pixels: NDArray[np.uint8] | None = None
    """None when the image could not be read."""
    hue: float | None = None
    reason: str = ""
    """Why it could not be read, or is refused."""


class Classifier:
    """Judges cells with one exported model.

    model: a .onnx file that LeukoLens wrote; default the one that comes with it. threads: cores, default all. batch:
    images that one core takes at once, at least 1. Raises ModelError for a file that is absent, cut short or not ours.
    """

    def __init__(self, model: Path | str = SHIPPED, *, threads: int = 0, batch: int = 4) -> None:
        if batch < 1:
            raise ValueError(f"batch is {batch}; at least 1")
        self.batch = batch
        self.network = NetworkFile(model, threads=threads)
        self.path, self.card, self.reference = self.network.path, self.network.card, self.network.reference
        self.threads = self.network.threads
        self._looking = Semaphore((self.threads + 1) // 2)

    def scores(self, rgb: NDArray[np.float32]) -> Scores:
        """rgb: (N, 3, 224, 224) float32, 0–255, RGB, already cropped and resized: the network's raw answers."""
        return self.network.scores(rgb)

    def probabilities(self, pixels: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.float64]:
        """pixels: N × (224, 224, 3) uint8 as `preprocess.to_network` gives them. Returns (N,) probability of ALL."""
        if not len(pixels):
            return np.empty(0)
        return p_all(self.scores(as_input(pixels)).logit, self.card.cell_rule)

    def __call__(self, images: Iterable[Given], *, explain: bool = False) -> Iterator[Prediction]:
        """Judge files, their bytes, Pillow images or (H, W, 3) uint8 RGB arrays, in order.

        A bad one, of whatever type, gets a Prediction with its reason.

        explain: with the pixels that the network saw and the exact evidence map. Decoding and model run on all cores.
        Memory does not grow with the number of images: at most 2 batches a core are under way.
        """
        if isinstance(images, str | Path | bytes | Image.Image) or (
            isinstance(images, np.ndarray) and images.ndim == 3
        ):
            raise TypeError(f"give a list of files or arrays, not one {type(images).__name__}")
        judge = partial(self._judge, explain=explain)
        for judged in in_order(judge, batched(enumerate(images), self.batch), threads=self.threads):
            yield from judged

    def _judge(self, batch: Sequence[tuple[int, Given]], *, explain: bool) -> list[Prediction]:
        found = [_found(image, number) for number, image in batch]
        with self._looking:
            seen = [self._look(one) for one in found]
        return [self._answer(one, explain=explain) for one in seen]

    def _answer(self, seen: _Seen, *, explain: bool) -> Prediction:
        """Whatever goes wrong with one image is that image's reason: it never ends a day's run."""
        try:
            return self._prediction(seen, explain=explain)
        except Exception as error:
            return self._prediction(_Seen(name=seen.name, sha256=seen.sha256, reason=_unforeseen(error)), explain=False)

    def _look(self, found: _Found) -> _Seen:
        """From the bytes to the network: an image that must not reach it ends here, with its reason."""
        try:
            if isinstance(found.image, ImageError):
                raise found.image
            rgb = decode(found.image, name=found.name) if isinstance(found.image, bytes) else found.image
            hue, reason = self._quality(rgb)
            pixels = to_network(rgb, self.card.preprocess, name=found.name)
            return _Seen(name=found.name, sha256=found.sha256, pixels=pixels, hue=hue, reason=reason)
        except ImageError as error:
            return _Seen(name=found.name, sha256=found.sha256, reason=_told(error.reason, error.hint))
        except Exception as error:  # what libraries raise on broken data or without memory has no list
            return _Seen(name=found.name, sha256=found.sha256, reason=_unforeseen(error))

    def _quality(self, rgb: Rgb) -> tuple[float | None, str]:
        """The cell's hue, and why the image is refused; '' where it is not."""
        if self.card.quality is None:
            return None, ""
        seen = measure(rgb)
        found = refusals(seen, self.card.quality)[:_REASONS]
        return seen.hue if seen.cells else None, "; ".join(_told(refusal.text, refusal.hint) for refusal in found)

    def _unlike(self, scores: Scores) -> list[str]:
        """Why the one cell's features are too far from those the model knows; [] where they are not."""
        if self.reference is None or scores.features is None:
            return []
        refusal = self.reference.refusal(float(self.reference.distance(scores.features)[0]))
        return [] if refusal is None else [_told(refusal.text, refusal.hint)]

    def _prediction(self, seen: _Seen, *, explain: bool) -> Prediction:
        """The network's answer, and what the card's rules make of it."""
        found = evidence = None
        if seen.pixels is not None and seen.reason:
            found = CellVerdict(verdict="refused", p_all=None, reason=seen.reason)
        elif seen.pixels is not None:
            scores = self.scores(as_input([seen.pixels]))
            found = decide(scores.logit[0], self.card.cell_rule, refusals=self._unlike(scores))
            if scores.evidence is not None and found.p_all is not None:
                evidence = scores.evidence[0]
        return Prediction(
            path=seen.name,
            verdict=None if found is None else found.verdict,
            p_all=None if found is None else found.p_all,
            model_id=self.card.model_id,
            reason=seen.reason if found is None else found.reason or self.card.missing,
            sha256=seen.sha256,
            band=self.card.band,
            hue=seen.hue,
            pixels=seen.pixels if explain else None,
            evidence=evidence if explain else None,
        )


def _found(image: object, number: int) -> _Found:
    if isinstance(image, np.ndarray):
        name = f"array {number}"
        if image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8 and image.size:
            return _Found(name=name, image=image)
        reason = f"is {image.dtype} {image.shape}; expected uint8 (H, W, 3) RGB"
        return _Found(name=name, image=ImageError(reason, path=name))
    if isinstance(image, bytes):
        return _Found(name=f"bytes {number}", image=image, sha256=hashlib.sha256(image).hexdigest())
    if isinstance(image, Image.Image):
        return _pillow(image, name=f"image {number}")
    if not isinstance(image, str | Path):
        name = f"item {number}"
        hint = "Give a file, its bytes, a Pillow image or a uint8 array"
        return _Found(name=name, image=ImageError(f"is a {type(image).__name__}, not an image", path=name, hint=hint))
    try:
        data = read_file(Path(image))
    except ImageError as error:
        return _Found(name=str(image), image=error)
    except Exception as error:
        return _Found(name=str(image), image=ImageError(_unforeseen(error), path=str(image)))
    return _Found(name=str(image), image=data, sha256=hashlib.sha256(data).hexdigest())


def _unforeseen(error: Exception) -> str:
    return f"could not be looked at ({type(error).__name__}{f': {error}' if str(error) else ''})"


def _pillow(image: Image.Image, *, name: str) -> _Found:
    """Its pixels in RGB; one of a closed or broken file becomes a row with its reason."""
    try:
        return _Found(name=name, image=np.asarray(image.convert("RGB")))
    except Exception as error:  # Pillow reads the file only now, and each format fails in its own way
        return _Found(name=name, image=ImageError(f"cannot be read ({type(error).__name__}: {error})", path=name))


def _told(reason: str, hint: str | None) -> str:
    return reason if hint is None else f"{reason}. {hint}"
