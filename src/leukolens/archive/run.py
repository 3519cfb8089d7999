"""The whole of `leukolens predict --engine ray`: list → parts → Ray's workers → Parquet, and a check of the whole.

Ray hands the parts to processes of one core each, which keep the model. A part whose process died is begun again.
Ray's tasks and not Ray Data: its actors cannot be begun again once what they were made with is lost; it brings pandas.
"""

import io
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from leukolens.archive import files
from leukolens.archive.files import File, joined, list_files
from leukolens.archive.parts import FILES, Part, judge_part, packed, parts_of
from leukolens.base import schema
from leukolens.base.engine import connected, unordered
from leukolens.base.errors import DatasetError, OutputError
from leukolens.base.names import in_one_line
from leukolens.base.progress import track
from leukolens.base.stream import batched
from leukolens.predict.classifier import Classifier
from leukolens.predict.patients import patients_of

RUN = "_run.json"
WAVE = 4096
"""Parts that Ray is told of at a time, a million cut-outs: its own lists stay small."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What every answer of a folder has in common; _run.json holds it; whoever reads Parquet leaves such a name out."""

    model_id: str
    um_per_px: float | None
    patient_from: str | None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of the archive, with what an earlier run had done."""

    files: int
    unreadable: int
    """Files without any cell that was judged."""
    verdicts: dict[str, int]
    """Cells for each verdict; '' for what has none."""


def judge_archive(
    urls: Sequence[str],
    out: str,
    *,
    model: Path,
    patient_from: str | None = None,
    um_per_px: float | None = None,
    workers: int = 0,
    resume: bool = False,
    part: int = FILES,
) -> Judged:
    """Judge every picture below `urls` into Parquet files below the folder or URL `out`.

    model: a file of LeukoLens; it travels to the workers. workers: cores at most; 0: all of the cluster. resume: go on
    in `out`; what stands there stays. part: files that a worker takes at a time. Raises DatasetError, ModelError,
    OutputError.
    """
    about = About(model_id=Classifier(model, threads=1).card.model_id, um_per_px=um_per_px, patient_from=patient_from)
    _open_out(out, about, resume=resume)
    listed = list_files(urls)
    patients = patients_of([Path(file.url) for file in listed], patient_from)
    done = {path for name in _parts_in(out) for path in _column(joined(out, name))}
    left = [file for file in listed if in_one_line(file.url) not in done]
    if left:
        common = Common(model=model.read_bytes(), out=out, um_per_px=um_per_px)
        with connected(workers=workers) as ray, track("judging", len(left), unit="images") as advance:
            for wave in batched(parts_of(left, at_most=part), WAVE):
                asked = [(one, {file.url: patients[Path(file.url)] for file in one.files}) for one in wave]
                for count in unordered(ray, write_part, asked, common, num_cpus=1):
                    advance(count)
    return _checked(out, listed)


def begun_with(out: str) -> str | None:
    """Id of the model whose answers stand in `out`; None where there are none."""
    return schema.read(files.read(joined(out, RUN)), About).model_id if RUN in files.names_in(out) else None


def _open_out(out: str, about: About, *, resume: bool) -> None:
    present = files.names_in(out)
    if RUN in present:
        known = schema.read(files.read(joined(out, RUN)), About)
        if not resume:
            raise OutputError("is not empty", path=out, hint="Continue with --resume, or give another --out")
        if known != about:
            hint = "Give the same model and options as before, or another --out"
            raise OutputError(f"holds the answers of another run ({known.model_id})", path=out, hint=hint)
    elif present:
        raise OutputError("is not empty", path=out, hint="Give another --out")
    else:
        files.write(joined(out, RUN), schema.write(about).encode())


@dataclass(frozen=True, kw_only=True)
class Common:
    """What every worker is given once."""

    model: bytes
    out: str
    um_per_px: float | None


def write_part(question: tuple[Part, dict[str, str]], common: Common) -> int:
    """In a worker: a part and its files' patients in, its Parquet file written, its number of files out."""
    part, patients = question
    try:
        rows = judge_part(part, _classifier(common.model), patients=patients, um_per_px=common.um_per_px)
        files.write(joined(common.out, part.name), packed(rows))
    except OSError as error:
        hint = "Continue with --resume once the store answers"
        raise DatasetError(f"cannot be fetched ({error})", path=part.files[0].url, hint=hint) from error
    return len(part.files)


@lru_cache(maxsize=1)
def _classifier(model: bytes) -> Classifier:
    """On one core: there is a worker for each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        path.write_bytes(model)
        return Classifier(path, threads=1)


def _parts_in(out: str) -> list[str]:
    return [name for name in files.names_in(out) if name.startswith("part-") and name.endswith(".parquet")]


def _column(url: str) -> set[str]:
    """Paths of the files that a part holds."""
    return set(_table(url, ["path"])["path"].to_pylist())


def _table(url: str, columns: list[str]) -> Any:
    """By this thread alone: one of Arrow's, still letting go of the bytes as Python ends, aborts the process."""
    return pq.ParquetFile(io.BytesIO(files.read(url)), pre_buffer=False).read(columns, use_threads=False)


def _checked(out: str, listed: Sequence[File]) -> Judged:
    """Raises OutputError unless every file stands in one part and in no other."""
    seen: Counter[str] = Counter()
    judged: set[str] = set()
    verdicts: Counter[str] = Counter()
    for name in _parts_in(out):
        table = _table(joined(out, name), ["path", "verdict"]).to_pydict()
        seen.update(set(table["path"]))
        verdicts.update(one or "" for one in table["verdict"])
        judged |= {
            path for path, one in zip(table["path"], table["verdict"], strict=True) if one not in (None, "refused")
        }
    asked = {in_one_line(file.url) for file in listed}
    if twice := [path for path, count in seen.items() if count > 1]:
        raise OutputError(
            f"holds {twice[0]} twice", path=out, hint="Two runs wrote here at the same time; give another --out"
        )
    if lost := sorted(asked - seen.keys()):
        raise OutputError(f"lacks {lost[0]}", path=out, hint="Continue with --resume")
    return Judged(files=len(asked), unreadable=len(asked - judged), verdicts=dict(verdicts))
