"""JSON and CSV ⇄ frozen dataclasses, checked: a value of the wrong type or out of its range names file and field.

msgspec does the work. It was chosen for its start-up: 15 ms, beside numpy and ONNX Runtime. A range stands beside its
field, as `Annotated[float, Meta(ge=0, le=1)]`; what relates two fields is a ValueError of the class's `__post_init__`.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from leukolens.base.errors import LeukoLensError

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Degrees = Annotated[float, Meta(ge=0, le=360)]
"""On the colour wheel."""
Count = Annotated[int, Meta(ge=0)]

Record = TypeVar("Record")
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)
_FIELD_LIMIT = 2**24
"""Characters of a CSV field; the csv module's own limit is 131,072, and an error of its own."""


class Damaged(ValueError):
    """A text that is not such a record; its words name the field."""


def read(text: str | bytes, kind: type[Record], *, gone: tuple[str, ...] = ()) -> Record:
    """The record that a JSON text holds. Raises Damaged; a field that `kind` does not have is damage too.

    gone: fields of older formats, which are read over.
    """
    try:
        raw = msgspec.json.decode(text)
        record = msgspec.convert(raw, kind)
        extra = _unknown({name: raw[name] for name in raw if name not in gone}, msgspec.to_builtins(record))
    except _UNREADABLE as error:
        raise Damaged(_told(error)) from error
    if extra:
        raise Damaged(f"{extra}: there is no such field")
    return record


def version(text: str | bytes) -> int:
    """The number in the field 'format' of a JSON object, before anything else of it is trusted. Raises Damaged."""
    try:
        return msgspec.json.decode(text, type=_Versioned).format
    except _UNREADABLE as error:
        raise Damaged(_told(error)) from error


class _Versioned(msgspec.Struct):
    format: Annotated[int, Meta(ge=1)]


def write(record: Any) -> str:
    """The JSON text of a record, in one line."""
    return msgspec.json.encode(record).decode()


def read_file(path: Path, kind: type[Record], *, error: type[LeukoLensError], hint: str) -> Record:
    """The record in a JSON file. Raises `error`, naming the file and the field, with `hint`."""
    try:
        return read(path.read_bytes(), kind)
    except OSError as reason:
        raise error(f"cannot be read ({reason.strerror})", path=path, hint=hint) from reason
    except Damaged as reason:
        raise error(f"is damaged ({reason})", path=path, hint=hint) from reason


def read_table(path: Path, kind: type[Record], *, error: type[LeukoLensError], hint: str) -> list[Record]:
    """The rows of a CSV file, by their column names. Raises `error`, naming the file, the row and the field."""
    columns = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    previous = csv.field_size_limit(_FIELD_LIMIT)
    found: list[Record] = []
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
        missing = sorted(set(columns) - set(reader.fieldnames or ()))
        if missing:
            raise Damaged(f"the column {missing[0]} is missing")
        for line in reader:
            found.append(msgspec.convert({name: line[name] for name in columns}, kind, strict=False))
    except OSError as reason:
        raise error(f"cannot be read ({reason.strerror})", path=path, hint=hint) from reason
    except (*_UNREADABLE, csv.Error, Damaged) as reason:
        raise error(f"is damaged (row {len(found) + 2}: {_told(reason)})", path=path, hint=hint) from reason
    finally:
        csv.field_size_limit(previous)
    return found


def _told(error: Exception) -> str:
    """'preprocess.crop: Expected `int` >= 1', from msgspec's 'Expected `int` >= 1 - at `$.preprocess.crop`'."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    what, _, place = str(error).partition(" - at `$")
    return f"{place.strip('.`')}: {what}" if place else what


def _unknown(raw: Any, known: Any) -> str:
    """The first field of `raw` that is not in `known`, 'patient_rule.hue'; '' where there is none."""
    if not isinstance(raw, Mapping) or not isinstance(known, Mapping):
        return ""
    for name, value in raw.items():
        if name not in known:
            return str(name)
        if inner := _unknown(value, known[name]):
            return f"{name}.{inner}"
    return ""
