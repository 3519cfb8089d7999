"""What a reader of README and docs could follow, run or type: pages, links, blocks of code, commands, paths."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown.extensions.toc import slugify_unicode

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "MODEL_CARD.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / room / "README.md" for room in ("bench", "studies")),
]
"""What describes the present; CHANGELOG and the log tell of what was."""

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.M | re.S)
_WRAPPERS = ("taskset -c 0 ", "unshare -n ", "sh ")
"""What may stand before a command."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block of code."""

    page: Path
    language: str
    """'' where a page's lines are for a shell."""
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks_of(page: Path) -> list[Block]:
    return [Block(page=page, language=language, text=text) for _, language, text in _FENCE.findall(text_of(page))]


def lines_of(block: Block) -> list[list[str]]:
    """A shell block's commands as words, without comments; a line that ends in a backslash goes on in the next."""
    return [words for line in block.text.replace("\\\n", " ").splitlines() if (words := words_of(line))]


def words_of(line: str) -> list[str]:
    line = line.strip()
    for wrapper in _WRAPPERS:
        line = line.removeprefix(wrapper)
    return shlex.split(line, comments=True)


def inline_of(page: Path) -> list[str]:
    """Each text between single backticks, outside of blocks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", _FENCE.sub("", text_of(page)))


def links_of(page: Path) -> Iterator[tuple[str, str]]:
    """Each link's target and its anchor, '' without one."""
    for link in re.findall(r"\]\(<?([^)\s>]+)", _FENCE.sub("", text_of(page))):
        target, _, anchor = link.partition("#")
        yield target, anchor


def anchors_of(page: Path) -> set[str]:
    titles = re.findall(r"^#+ +(.+)$", _FENCE.sub("", text_of(page)), re.M)
    return {slugify_unicode(re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", title), "-") for title in titles}
