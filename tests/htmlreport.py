"""A report as a reader of its HTML finds it, by Python's own parser and nothing of ours."""

from html.parser import HTMLParser
from pathlib import Path

from leukolens.cases.row import COLUMNS

_VOID = frozenset({"meta", "link", "img", "input", "br", "hr", "image", "use"})


class Report(HTMLParser):
    """tables: id of the table, or '', → rows of cells' texts; cells: column → text, a row each; tags: all there are."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.text = path.read_bytes().decode("utf-8")
        self.tables: dict[str, list[list[str]]] = {}
        self.cells: list[dict[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(self.text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "table":
            self._table = self.tables.setdefault(found.get("id") or "", [])
        elif tag == "tr":
            self._table.append([])
            if self._table is self.tables.get("cells") and any(name == "tbody" for name, _ in self._open):
                self.cells.append({})
        elif tag in ("td", "th"):
            self._table[-1].append("")
        if found.get("class") in COLUMNS and self.cells:
            self.cells[-1].setdefault(str(found["class"]), "")
        if tag not in _VOID:
            self._open.append((tag, found))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        places = [name for name, _ in self._open]
        if {"td", "th"} & set(places):
            self._table[-1][-1] += data
        name = self._open[-1][1].get("class") if self._open else None
        if name in COLUMNS and self.cells:
            self.cells[-1][str(name)] += data
