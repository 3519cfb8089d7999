"""Classifier: images → cells → the network → a verdict → Prediction, on all cores, in order.

Of a cut-out comes one cell, of a field as many as `predict.fields` finds in it.

Each core has a thread that decodes, cuts and judges a few images in turn. Measured on two cores, this was 1.1 times as
fast as handing pixels from decoding threads to a model that runs on all cores, with a quarter of the memory; and a run
of the model with several images took no less time for each than a run with one (5.4 ms in float).

Half of the threads, rounded up, are between a file's bytes and the network at a time. The many small steps there pass
Python's lock to and fro: with two threads free to meet in them an image took 2.5 ms (int8, two cores), with turns for a
few images each 2.2 (`bench/predict_stages.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.errors import ImageError, MissingExtra
from leukolens.base.extras import require
from leukolens.base.stream import batched, in_order
from leukolens.cells.picture import picture_kind
from leukolens.cells.quality import measure, refusals
from leukolens.decide.cell import CellVerdict, decide, p_all
from leukolens.images.decode import Rgb, as_image, decode
from leukolens.images.slides import is_pyramid
from leukolens.model.form import form_for
from leukolens.model.network_file import NetworkFile, Scores, as_input
from leukolens.model.preprocess import crop_and_resize
from leukolens.predict.given import Given, Opened, opened, unforeseen
from leukolens.predict.prediction import FieldFacts, Judgement, Prediction
from leukolens.predict.thumbnail import thumbnail

if TYPE_CHECKING:
    from leukolens.cells.find import FoundCell
    from leukolens.images.slides import Slide
    from leukolens.predict.fields import FieldCell, LookedAt

_REASONS = 2
"""Of a refused image, the most telling; more would bury them."""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """One cell before the network, or a picture without any."""

    name: str
    sha256: str = ""
    read: bool = True
    """Whether the image could be read."""
    cell: int | None = None
    found: "FoundCell | None" = None
    image: Image.Image | None = None
    """What the network sees; None when the image could not be read or its cell not cut out."""
    hue: float | None = None
    reason: str = ""
    """Why it could not be read, or is refused."""


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """One image before the network."""

    cells: Iterable[_Seen]
    """At least one. A slide's come as they are cut out, so that no more than one waits for the network."""
    field: FieldFacts | None = None


class Classifier:
    """Judges cells with one exported model.

    model: a .onnx file that LeukoLens wrote; default the form that suits this processor, as `leukolens predict` takes
    it. threads: cores, default all. batch: images that one core takes at once, at least 1. Raises ModelError for a file
    that is absent, cut short or not ours.
    """

    def __init__(self, model: Path | str | None = None, *, threads: int = 0, batch: int = 4) -> None:
        if batch < 1:
            raise ValueError(f"batch is {batch}; it must be at least 1")
        self.batch = batch
        self.network = NetworkFile(form_for(None) if model is None else model, threads=threads)
        self.path, self.card, self.reference = self.network.path, self.network.card, self.network.reference
        self.threads = self.network.threads
        self._looking = Semaphore((self.threads + 1) // 2)

    @property
    def missing(self) -> str:
        """What keeps other models from answering where they should not, and this one lacks; '' for none."""
        return self.card.lacking(distance=self.reference is not None)

    def scores(self, rgb: NDArray[np.float32]) -> Scores:
        """rgb: (N, 3, S, S) float32, 0–255, RGB, already cropped and resized to the card's size S: the raw answers."""
        return self.network.scores(rgb)

    def probabilities(self, pixels: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.float64]:
        """pixels: N × (S, S, 3) uint8 as `preprocess.to_network` gives them. Returns (N,) probability of ALL."""
        if not len(pixels):
            return np.empty(0)
        return p_all(self.scores(as_input(pixels)).logit, self.card.cell_rule)

    def __call__(
        self, images: Iterable[Given], *, explain: bool = False, um_per_px: float | None = None
    ) -> Iterator[Prediction]:
        """Judge files, their bytes, Pillow images or (H, W, 3) uint8 RGB arrays, in order.

        A cut-out gets one Prediction, a whole field one for each white cell found in it (extra `fields`). A bad one,
        of whatever type, gets a Prediction with its reason.

        explain: with the pixels that the network saw and the exact evidence map. um_per_px: µm per px of the fields;
        default their file's own, else from their red cells. Decoding and model run on all cores. Memory does not grow
        with the number of images: at most 2 batches a core are under way.
        """
        for judgement in self.judge(images, explain=explain, um_per_px=um_per_px):
            yield from judgement.predictions

    def judge(
        self, images: Iterable[Given], *, explain: bool = False, um_per_px: float | None = None
    ) -> Iterator[Judgement]:
        """Likewise, with all that belongs to one image together, and what is known of a field."""
        if isinstance(images, str | Path | bytes | Image.Image) or (
            isinstance(images, np.ndarray) and images.ndim == 3
        ):
            raise TypeError(f"give a list of files or arrays, not one {type(images).__name__}")
        judge = partial(self._judge, explain=explain, um_per_px=um_per_px)
        for judged in in_order(judge, batched(enumerate(images), self.batch), threads=self.threads):
            yield from judged

    def _judge(self, batch: Sequence[tuple[int, Given]], *, explain: bool, um_per_px: float | None) -> list[Judgement]:
        found = [opened(image, number) for number, image in batch]
        with self._looking:
            looked = [self._look(one, explain=explain, um_per_px=um_per_px) for one in found]
        return [self._judgement(given, one, explain=explain) for given, one in zip(found, looked, strict=True)]

    def _judgement(self, found: Opened, looked: _Looked, *, explain: bool) -> Judgement:
        """A slide that turns out broken on the way is one row with its reason, as one that cannot be opened."""
        try:
            predictions = tuple(self._answer(seen, explain=explain) for seen in looked.cells)
        except Exception as error:
            return Judgement(predictions=(self._prediction(_unread(found, error), explain=False),))
        return Judgement(predictions=predictions, field=looked.field)

    def _answer(self, seen: _Seen, *, explain: bool) -> Prediction:
        """Whatever goes wrong with one image is that image's reason: it never ends a day's run."""
        try:
            return self._prediction(seen, explain=explain)
        except Exception as error:
            return self._prediction(replace(seen, read=False, image=None, reason=unforeseen(error)), explain=False)

    def _look(self, found: Opened, *, explain: bool, um_per_px: float | None) -> _Looked:
        """From the bytes to the network: an image that must not reach it ends here, with its reason."""
        try:
            if isinstance(found.image, ImageError):
                raise found.image
            if isinstance(found.image, Path):
                return self._look_at_slide(found, found.image, explain=explain, um_per_px=um_per_px)
            rgb = decode(found.image, name=found.name) if isinstance(found.image, bytes) else found.image
            if picture_kind(rgb) == "field":
                return self._look_at_field(found, as_image(rgb), explain=explain, um_per_px=um_per_px)
            hue, reason = self._quality(rgb)
            image = crop_and_resize(rgb, self.card.preprocess, name=found.name)
            whole = _Seen(name=found.name, sha256=found.sha256)
            return _Looked(cells=(replace(whole, image=image, hue=hue, reason=reason),))
        except ImageError as error:
            if isinstance(found.image, bytes) and found.file is not None and is_pyramid(found.image, found.file):
                return self._look(replace(found, image=found.file), explain=explain, um_per_px=um_per_px)
            return _Looked(cells=(_unread(found, error),))
        except Exception as error:  # what libraries raise on broken data or without memory has no list
            return _Looked(cells=(_unread(found, error),))

    def _look_at_field(self, found: Opened, image: Image.Image, *, explain: bool, um_per_px: float | None) -> _Looked:
        """Each of its cells as the network takes it, with all that speaks against judging it."""
        whole = _Seen(name=found.name, sha256=found.sha256)
        try:
            require("cv2", extra="fields")
        except MissingExtra as error:
            reason = f"is a whole field: {_told(error.reason, error.hint)}"
            return _Looked(cells=(replace(whole, reason=reason),), field=FieldFacts(size=image.size))
        from leukolens.images.scale import given_or_own
        from leukolens.predict import fields

        scale, source = given_or_own(um_per_px, found.image if isinstance(found.image, bytes) else None)
        seen = fields.look_at(np.asarray(image), um_per_px=scale, source=source, overview=explain)
        cells = tuple(self._cell_of_field(cell, whole) for cell in seen.cells)
        return _Looked(cells=cells or (replace(whole, reason=seen.reason),), field=seen.facts)

    def _look_at_slide(self, found: Opened, path: Path, *, explain: bool, um_per_px: float | None) -> _Looked:
        """Likewise of a whole slide. Raises ImageError for what is not one, or lacks a part."""
        whole = _Seen(name=found.name, sha256=found.sha256)
        try:
            require("cv2", extra="fields")
            require("openslide", extra="slides")
        except MissingExtra as error:
            reason = f"is a whole slide: {_told(error.reason, error.hint)}"
            return _Looked(cells=(replace(whole, reason=reason),), field=FieldFacts(size=(0, 0)))
        from leukolens.images.slides import open_slide
        from leukolens.predict.slides import look_at_slide

        slide = open_slide(path)
        try:
            seen = look_at_slide(slide, um_per_px=um_per_px, overview=explain)
        except BaseException:
            slide.close()
            raise
        return _Looked(cells=self._cells_of_slide(slide, seen, whole), field=seen.facts)

    def _cells_of_slide(self, slide: "Slide", seen: "LookedAt", whole: _Seen) -> Iterator[_Seen]:
        """One at a time: a slide has more than would fit into memory. Closes the slide."""
        empty = True
        with slide:
            for cell in seen.cells:
                empty = False
                yield self._cell_of_field(cell, whole)
        if empty:
            yield replace(whole, reason=seen.reason)

    def _cell_of_field(self, cell: "FieldCell", whole: _Seen) -> _Seen:
        image, hue, reason = None, None, cell.reason
        if cell.image is not None:
            if not reason:
                hue, reason = self._quality(cell.image)
            image = crop_and_resize(cell.image, self.card.preprocess, name=whole.name)
        return replace(whole, cell=cell.number, found=cell.found, image=image, hue=hue, reason=reason)

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
        pixels = None if seen.image is None else np.asarray(seen.image)
        if seen.read and seen.reason:
            found = CellVerdict(verdict="refused", p_all=None, reason=seen.reason)
        elif pixels is not None:
            scores = self.scores(as_input([pixels]))
            found = decide(scores.logit[0], self.card.cell_rule, refusals=self._unlike(scores))
            if scores.evidence is not None and found.p_all is not None:
                evidence = scores.evidence[0]
        return Prediction(
            path=seen.name,
            cell=seen.cell,
            kind="" if seen.found is None else seen.found.kind,
            verdict=None if found is None else found.verdict,
            p_all=None if found is None else found.p_all,
            model_id=self.card.model_id,
            reason=seen.reason if found is None else found.reason or self.missing,
            sha256=seen.sha256,
            band=self.card.band,
            hue=seen.hue,
            found=seen.found,
            pixels=pixels if explain else None,
            thumbnail=thumbnail(seen.image) if explain and seen.image is not None else None,
            evidence=evidence if explain else None,
        )


def _unread(found: Opened, error: Exception) -> _Seen:
    """What could not be read, with the reason."""
    reason = _told(error.reason, error.hint) if isinstance(error, ImageError) else unforeseen(error)
    return _Seen(name=found.name, sha256=found.sha256, read=False, reason=reason)


def _told(reason: str, hint: str | None) -> str:
    return reason if hint is None else f"{reason}. {hint}"
