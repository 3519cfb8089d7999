"""Digests of a case's rows, and the chain of its log. What they prove and what they do not: docs/cases.md.

A row's digest is the SHA-256 of a JSON text: [table, {column: value, …}] with the columns sorted and without spaces,
all columns but `id` and `digest`; bytes stand as their own SHA-256. Anyone can compute it again without LeukoLens.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def row_digest(table: str, values: Mapping[str, Any]) -> str:
    """64 hexadecimal digits. values: column → text, number, bytes, bool or None; `id` and `digest` are left out."""
    plain = {name: _plain(value) for name, value in values.items() if name not in ("id", "digest")}
    return hashlib.sha256(_JSON.encode([table, plain]).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value
