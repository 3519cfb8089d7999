"""Digests of a case's rows, and the chain of its log. What they prove and what they do not: docs/cases.md.

A row's digest is the SHA-256 of a JSON text: [table, {column: value, …}] with the columns sorted and without spaces,
all columns but `id` and `digest`; bytes stand as their own SHA-256. Anyone can compute it again without LeukoLens.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_NOT_COVERED = frozenset({"id", "digest"})
"""Columns that no digest covers."""


def row_digest(table: str, values: Mapping[str, Any]) -> str:
    """64 hexadecimal digits. values: column → text, number, bytes, bool or None; `id` and `digest` are left out."""
    covered = {name: value for name, value in values.items() if name not in _NOT_COVERED}
    return hashlib.sha256(_JSON.encode([table, covered]).encode()).hexdigest()


def _digest(value: Any) -> str:
    """What JSON cannot hold: bytes."""
    return hashlib.sha256(value).hexdigest()


_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_digest)
