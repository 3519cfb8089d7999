"""URLs → files: what an archive holds, a file's bytes, and one written whole. By fsspec, so that s3://, gs://, sftp://
or a plain path are read alike; S3 by Arrow's own client, which comes with Parquet.

An address of S3 that is not Amazon's is AWS_ENDPOINT_URL, as for Amazon's own tools; so are key, secret and region.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.fs
from fsspec.implementations.arrow import ArrowFSWrapper
from fsspec.implementations.local import LocalFileSystem

from leukolens.base import atomic
from leukolens.base.errors import DatasetError, OutputError
from leukolens.images.decode import SLIDES, SUFFIXES

TAKEN = SUFFIXES | SLIDES


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of an archive."""

    url: str
    """As it was given or found: 's3://bucket/day/1.png', or a path."""
    size: int
    """Bytes."""


def list_files(urls: Sequence[str]) -> list[File]:
    """Every picture below the given folders, buckets and files, each once, sorted. Raises DatasetError where none is.

    The list is held in memory: 200 bytes a file.
    """
    found: dict[str, File] = {}
    for url in urls:
        store, path = _store(url)
        try:
            inside = store.find(path, detail=True)
        except OSError as error:
            raise DatasetError(
                f"cannot be listed ({error})", path=url, hint="Check the address, the key and your permissions"
            ) from error
        one = {name: facts for name, facts in inside.items() if Path(name).suffix.lower() in TAKEN}
        if not one:
            raise DatasetError("holds no images", path=url, hint="Check the spelling; a folder needs no asterisk")
        found |= {
            (name := _named(url, path)): File(url=name, size=int(facts["size"] or 0)) for path, facts in one.items()
        }
    return [found[name] for name in sorted(found)]


def local_path(url: str) -> Path | None:
    """Of a file on this machine; None for one that must be fetched."""
    store, path = _store(url)
    return Path(path) if isinstance(store, LocalFileSystem) else None


def read(url: str) -> bytes:
    """Raises FileNotFoundError, OSError."""
    store, path = _store(url)
    data: bytes = store.cat_file(path)
    return data


def fetch(url: str, place: Path) -> None:
    """Onto this machine's disk. Raises likewise."""
    store, path = _store(url)
    store.get_file(path, str(place))


def write(url: str, data: bytes) -> None:
    """Whole or not at all, by a rename here and by the store's own promise there. Raises OutputError."""
    store, path = _store(url)
    try:
        if isinstance(store, LocalFileSystem):
            atomic.write_bytes(Path(path), data)
        else:
            with store.open(path, "wb") as file:
                file.write(data)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error})", path=url, hint="Check the address, the key and your permissions"
        ) from error


def names_in(folder: str) -> list[str]:
    """Names of the files that stand in a folder or below a prefix; none where it does not exist."""
    store, path = _store(folder)
    try:
        return sorted(Path(name).name for name in store.find(path, maxdepth=1))
    except FileNotFoundError:
        return []


def joined(folder: str, name: str) -> str:
    """'s3://bucket/answers' and 'run.json' → 's3://bucket/answers/run.json'."""
    return f"{folder.rstrip('/')}/{name}"


def _named(url: str, path: str) -> str:
    """The path that a store gives, spelled as the URL that it came from."""
    protocol = url.partition("://")[0] if "://" in url else ""
    return f"{protocol}://{path.lstrip('/')}" if protocol else os.path.relpath(path) if not os.path.isabs(url) else path


def _store(url: str) -> tuple[Any, str]:
    """The file system behind a URL, and the path in it."""
    protocol, _, path = url.rpartition("://")
    if protocol == "s3":
        return _s3(os.environ.get("AWS_ENDPOINT_URL", "")), path
    try:
        store, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise DatasetError(
            f"cannot be opened ({error})", path=url, hint="Check the address, or install the library that is named"
        ) from error
    return store, path


@lru_cache
def _s3(endpoint: str) -> ArrowFSWrapper:
    scheme, _, host = endpoint.rpartition("://")
    given = {"endpoint_override": host, "scheme": scheme or "https"} if endpoint else {}
    return ArrowFSWrapper(pyarrow.fs.S3FileSystem(allow_bucket_creation=False, **given))
