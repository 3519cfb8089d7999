"""A report as a list of blocks, rendered as one self-contained HTML file, as Markdown, and as a CSV for each table."""

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leukolens.base import atomic

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ccc}
td:first-child,th:first-child{text-align:left}img{max-width:100%}.note{border-left:4px solid #888;padding-left:1rem}"""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A section's title."""

    text: str
    level: int = 2


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph."""

    text: str
    note: bool = False
    """Stands out."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text under column names; `name` names its CSV."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A PNG file and what it shows."""

    path: Path
    caption: str


Block = Heading | Text | Table | Picture


def to_html(blocks: Sequence[Block], *, title: str) -> str:
    """One file without links: pictures are inside."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
    return f"{head}<style>{_STYLE}</style>\n" + "\n".join(map(_html, blocks)) + "\n</html>\n"


def _html(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{html.escape(block.text)}</h{block.level}>"
        case Text():
            return f"<p{' class=note' if block.note else ''}>{html.escape(block.text)}</p>"
        case Table():
            head = "".join(f"<th>{html.escape(name)}</th>" for name in block.columns)
            rows = ("<tr>" + "".join(f"<td>{html.escape(v)}</td>" for v in row) + "</tr>" for row in block.rows)
            return f"<table><tr>{head}</tr>{''.join(rows)}</table>"
        case Picture():
            data = base64.b64encode(block.path.read_bytes()).decode()
            caption = html.escape(block.caption)
            image = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
            return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def to_markdown(blocks: Sequence[Block], *, beside: Path) -> str:
    """GitHub Markdown; pictures are linked relative to the folder `beside`."""
    return "\n\n".join(_markdown(block, beside) for block in blocks) + "\n"


def _markdown(block: Block, beside: Path) -> str:
    match block:
        case Heading():
            return "#" * block.level + " " + block.text
        case Text():
            return ("> " if block.note else "") + block.text
        case Table():
            lines = ["| " + " | ".join(row) + " |" for row in (block.columns, *block.rows)]
            return "\n".join([lines[0], "|" + "---|" * len(block.columns), *lines[1:]])
        case Picture():
            return f"![{block.caption}]({block.path.relative_to(beside).as_posix()})\n\n*{block.caption}*"


def write_tables(blocks: Sequence[Block], folder: Path) -> None:
    """<folder>/<name>.csv for each table."""
    for block in blocks:
        if isinstance(block, Table):
            if not re.fullmatch(r"[a-z0-9_]+", block.name):
                raise ValueError(f"a table's name becomes a file's: {block.name!r}")
            rows = (dict(zip(block.columns, row, strict=True)) for row in block.rows)
            atomic.write_csv(folder / f"{block.name}.csv", block.columns, rows)
