"""Rows for tests."""

from dataclasses import replace
from typing import Any

from leukolens.cases.row import Row

_ROW = Row(
    path="cells/a.bmp",
    sha256="0" * 64,
    patient="H3",
    verdict="ALL",
    p_all=0.75,
    band="",
    hue=None,
    reason="",
    model_id="0123456789ab",
    version="0.1.0",
    judged_at="2026-01-02T03:04:05+00:00",
)


def row(**changes: Any) -> Row:
    """A judged cell, but for what is given."""
    return replace(_ROW, **changes)


ODD = [
    row(),
    row(path='a,"b";\tc.bmp', patient="", verdict="HEM", p_all=0.000001),
    row(path="  blasts/中文 é \U0001f9ec.bmp ", verdict="uncertain", p_all=0.5, band="0.250000-0.750000", hue=290.1),
    row(path="x", verdict="refused", p_all=None, hue=12.0, reason='is grey, or "nearly"'),
    row(path="y", sha256="", verdict=None, p_all=None, reason="cannot be read (No such file or directory)"),
    row(path="=1+1", verdict="ALL", p_all=1.0),
    row(path="z", verdict="HEM", p_all=0.0),
]
"""Each kind of answer, and texts that a careless writer would break."""
