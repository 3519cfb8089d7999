"""Files → parts: what one worker judges at a time, and the Parquet file that it writes of it.

A part is named after the files in it, so a worker that takes over from one that died writes the same file again:
nothing is lost and nothing stands twice.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leukolens.archive.files import File, fetch, local_path, read
from leukolens.base.names import in_one_line
from leukolens.base.stream import batched, in_order
from leukolens.cases.row import Row, row_of
from leukolens.images.decode import MAX_BYTES, SLIDES
from leukolens.predict.classifier import Classifier

FILES, BYTES = 256, 2**30
"""Of a part, at most; a larger file is a part of its own."""
READERS = 8
"""Files that a worker fetches at a time: a store of objects answers after 20 ms, a cell is judged in 5."""
_GROUP = 4096
"""Rows that are held before they are packed."""
_WHOLE = SLIDES | {".tif", ".tiff"}
"""Read by parts from a disk: slides, and TIFF, which may be one."""

SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        ("cell", pa.int32()),
        ("kind", pa.string()),
        ("sha256", pa.string()),
        ("patient", pa.string()),
        ("verdict", pa.string()),
        ("p_all", pa.float64()),
        ("band", pa.string()),
        ("hue", pa.float64()),
        ("reason", pa.string()),
        ("model_id", pa.string()),
        ("version", pa.string()),
        ("judged_at", pa.string()),
    ]
)
"""The columns of docs/predictions.md."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is judged in one go."""

    name: str
    """Of its file: 'part-<digest of the files' URLs>.parquet'."""
    files: tuple[File, ...]


def parts_of(files: Iterable[File], *, at_most: int = FILES) -> Iterator[Part]:
    """In order, each as many as `at_most` and BYTES allow."""
    waiting: list[File] = []
    for file in files:
        if waiting and (len(waiting) == at_most or sum(one.size for one in waiting) + file.size > BYTES):
            yield _part(waiting)
            waiting = []
        waiting.append(file)
    if waiting:
        yield _part(waiting)


def _part(files: Sequence[File]) -> Part:
    digest = hashlib.sha256("\n".join(file.url for file in files).encode("utf-8", "surrogateescape")).hexdigest()
    return Part(name=f"part-{digest[:24]}.parquet", files=tuple(files))


def judge_part(
    part: Part, classifier: Classifier, *, patients: Mapping[str, str], um_per_px: float | None = None
) -> Iterator[Row]:
    """Each file's rows, as `leukolens predict` gives them. patients: URL → patient. Raises OSError for a store that
    fails; a file that is gone is a row with its reason."""
    with tempfile.TemporaryDirectory(prefix="leukolens-") as folder:

        def given(numbered: tuple[int, File]) -> bytes | Path:
            number, file = numbered
            here = local_path(file.url)
            if here is not None:
                return here
            place = Path(folder, f"{number}{Path(file.url).suffix}")
            try:
                if file.size <= MAX_BYTES and place.suffix.lower() not in _WHOLE:
                    return read(file.url)
                fetch(file.url, place)
            except FileNotFoundError:
                place.unlink(missing_ok=True)
            return place

        images = in_order(given, enumerate(part.files), threads=READERS)
        for file, judgement in zip(part.files, classifier.judge(images, um_per_px=um_per_px), strict=True):
            for prediction in judgement.predictions:
                yield row_of(prediction, patient=patients[file.url], path=in_one_line(file.url))


def packed(rows: Iterable[Row]) -> bytes:
    """A whole Parquet file."""
    out = io.BytesIO()
    with pq.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
        for some in batched(rows, _GROUP):
            writer.write_table(pa.Table.from_pylist([asdict(row) for row in some], schema=SCHEMA))
    return out.getvalue()
