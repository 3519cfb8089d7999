"""A patient's reading → a PDF on A4 that prints well: what it comes to, who signed, each cell with both verdicts.

The fonts come with it (Latin, Greek, Cyrillic); a sign that they lack stands as □.
"""

import io
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image as Picture
from PIL import UnidentifiedImageError
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from leukolens import __version__
from leukolens.base.names import file_of
from leukolens.cases.reading import GROUPS, ReadCell
from leukolens.cases.sign import Signature
from leukolens.report.reading import Reading

_SYMBOLS = {"ALL": "▲", "HEM": "●", "other kind": "◆", "not assessable": "✕", "not a cell": "∅", "uncertain": "?"}
_ACROSS = 6
"""Cells in a row."""
_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN - 12
"""Within the frame, whose padding is 6 pt a side."""
_INK, _QUIET, _LINE, _SOFT = HexColor("#17202a"), HexColor("#505c69"), HexColor("#c9d0d8"), HexColor("#f1f3f6")
_TEXT = ParagraphStyle("text", fontName="DejaVu", fontSize=9, leading=13, textColor=_INK)
_SMALL = ParagraphStyle("small", parent=_TEXT, fontSize=6.3, leading=8.4)
_NOTE = ParagraphStyle("note", parent=_TEXT, textColor=_QUIET, fontSize=8, leading=11)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontName="DejaVu-Bold", fontSize=17, leading=22, spaceAfter=2)
_HEAD = ParagraphStyle(
    "head", parent=_TEXT, fontName="DejaVu-Bold", fontSize=11, leading=15, spaceBefore=9, spaceAfter=4
)
_BIG = ParagraphStyle("big", parent=_TEXT, fontName="DejaVu-Bold", fontSize=24, leading=29)


def reading_pdf(reading: Reading, pictures: Mapping[int, bytes]) -> bytes:
    """pictures: cell → JPEG, of those that have one."""
    drawable = _fonts()
    story = [*_head(reading), *_outcome(reading), *_signed(reading), *_cells(reading.cells, pictures)]
    file = io.BytesIO()
    title = f"Reading of {reading.patient or 'cells of no known patient'}"
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=16 * mm, bottomMargin=20 * mm,
        title=_known(title, drawable), author="LeukoLens", subject=reading.case, creator=f"LeukoLens {__version__}",
        lang="en", initialFontName="DejaVu",
    )  # fmt: skip
    state = "Signed" if reading.signatures else "Preliminary: not signed"
    left = f"{_known(reading.patient or 'not known', drawable)[:60]} · {state}"
    document.build(story, canvasmaker=lambda *given, **named: _Numbered(left, *given, **named))
    return file.getvalue()


@cache
def _fonts() -> frozenset[int]:
    """Register them, once; the code points that they draw."""
    folder = files("leukolens.report") / "fonts"
    for name, file in (("DejaVu", "DejaVuSans.ttf"), ("DejaVu-Bold", "DejaVuSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO((folder / file).read_bytes())))
    pdfmetrics.registerFontFamily(
        "DejaVu", normal="DejaVu", bold="DejaVu-Bold", italic="DejaVu", boldItalic="DejaVu-Bold"
    )
    face: Any = pdfmetrics.getFont("DejaVu").face
    return frozenset(face.charToGlyph)


def _known(text: str, drawable: frozenset[int]) -> str:
    return "".join(sign if ord(sign) in drawable else "□" for sign in text)


def _said(text: str, style: ParagraphStyle = _TEXT, *, before: str = "", after: str = "") -> Paragraph:
    """text from outside, never taken for markup; before, after: markup of our own."""
    return Paragraph(before + escape(_known(text, _fonts())).replace("\n", "<br/>") + after, style)


def _head(reading: Reading) -> list[Flowable]:
    state = "Signed" if reading.signatures else "Preliminary: no reader has signed"
    facts = f"Case {reading.case}, begun {_time(reading.created_at)} · {state}"
    return [
        _said(reading.patient or "Patient not known", _TITLE),
        _said(facts, _NOTE),
        Spacer(0, 4 * mm),
    ]


def _outcome(reading: Reading) -> list[Flowable]:
    counts, share = reading.counts, reading.share
    shown = "–" if share is None else f"{100 * share.share:.0f} %"
    ends = "" if share is None else f"95 % interval {100 * share.low:.0f} – {100 * share.high:.0f} %. "
    told = (
        f"blasts (ALL) of {counts.counted} counted cells. {ends}{counts.read} of {counts.cells} cells were read; "
        f"the reader corrected {counts.differ}."
    )
    groups = [group for group in GROUPS if counts.groups[group]]
    rows = [[_said(f"{_SYMBOLS.get(group, '–')}  {group}"), _said(str(counts.groups[group]))] for group in groups]
    table = Table(rows or [[_said("no cell"), ""]], colWidths=[42 * mm, 16 * mm])
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -2), 0.4, _LINE), *_tight(2)]))
    both = Table([[[_said(shown, _BIG), _said(told)], table]], colWidths=[_WIDTH - 64 * mm, 64 * mm])
    both.setStyle(
        TableStyle([("BACKGROUND", (0, 0), (-1, -1), _SOFT), ("VALIGN", (0, 0), (-1, -1), "TOP"), *_tight(9)])
    )
    covers = (
        "The interval covers which cells were photographed and those still uncertain; not cells that the software "
        "calls wrongly and nobody has read."
    )
    story: list[Flowable] = [both, Spacer(0, 2 * mm), _said(covers, _NOTE)]
    if reading.software:
        story.append(_said(reading.software, before="<b>The software alone says:</b> "))
    by = f"LeukoLens {__version__}, model {', '.join(reading.models) or 'none'}."
    return [*story, _said(f"{by} For research; not for a decision about a patient.", _NOTE)]


def _signed(reading: Reading) -> list[Flowable]:
    if not reading.signatures:
        line = Table([["Name", "Date", "Signature"]], colWidths=[_WIDTH / 3] * 3, rowHeights=[14 * mm])
        style = [("LINEBELOW", (0, 0), (-1, -1), 0.6, _QUIET), ("FONT", (0, 0), (-1, -1), "DejaVu", 8)]
        line.setStyle(
            TableStyle([*style, ("TEXTCOLOR", (0, 0), (-1, -1), _QUIET), ("VALIGN", (0, 0), (-1, -1), "BOTTOM")])
        )
        return [line]
    return [KeepTogether([_said("Signed", _HEAD), *map(_signature, reading.signatures)])]


def _signature(one: Signature) -> Flowable:
    said: list[Flowable] = [
        _said(f"{one.name}, {one.role}", after=f" · {_time(one.at)}"),
        _said(one.meaning),
    ]
    if one.reason:
        said.append(_said(one.reason, before="Cells left unreviewed: "))
    said.append(_said(f"Digest of the log up to the signature: {one.signed}", _SMALL))
    box = Table([[said]], colWidths=[_WIDTH])
    box.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 0.6, _LINE), *_tight(7)]))
    return box


def _cells(cells: Sequence[ReadCell], pictures: Mapping[int, bytes]) -> list[Flowable]:
    story: list[Flowable] = []
    for group in GROUPS:
        members = [cell for cell in cells if cell.group == group]
        if not members:
            continue
        rows = [
            [_cell(cell, pictures) for cell in members[at : at + _ACROSS]] for at in range(0, len(members), _ACROSS)
        ]
        rows[-1] += [""] * (_ACROSS - len(rows[-1]))  # type: ignore[list-item]
        table = Table(rows, colWidths=[_WIDTH / _ACROSS] * _ACROSS)
        table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_tight(2.5)]))
        story += [CondPageBreak(52 * mm), _said(f"{_SYMBOLS.get(group, '–')}  {group}: {len(members)}", _HEAD), table]
    return story


def _cell(cell: ReadCell, pictures: Mapping[int, bytes]) -> list[Flowable]:
    size = _WIDTH / _ACROSS - 6
    name = file_of(cell.path) + ("" if cell.number is None else f", {cell.number}")
    p_all = "" if cell.p_all is None else f" {cell.p_all:.2f}"
    told = [f"software {cell.verdict or '–'}{p_all}", f"reader {cell.word.verdict or '–'}"]
    said = [
        _said(told[0], _SMALL),
        _said(told[1], _SMALL, before="<b>" * bool(cell.word.verdict), after="</b>" * bool(cell.word.verdict)),
    ]
    note = [_said(cell.word.note, _SMALL, before="Note: ")] if cell.word.note else []
    return [_picture(pictures.get(cell.id), size), Spacer(0, 2), _said(_short(name, size), _SMALL), *said, *note]


def _picture(jpeg: bytes | None, size: float) -> Flowable:
    try:
        if jpeg is not None:
            Picture.open(io.BytesIO(jpeg)).load()
            return Image(io.BytesIO(jpeg), size, size)
    except (UnidentifiedImageError, OSError):
        pass
    empty = Table([["no picture"]], colWidths=[size], rowHeights=[size])
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), _SOFT),
        ("FONT", (0, 0), (-1, -1), "DejaVu", 7),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
    ]
    empty.setStyle(
        TableStyle([*style, ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("TEXTCOLOR", (0, 0), (-1, -1), _QUIET)])
    )
    return empty


def _short(name: str, width: float) -> str:
    """Without its middle where it is wider than `width` pt."""
    kept = len(name)
    shown = name
    while kept > 4 and pdfmetrics.stringWidth(shown, _SMALL.fontName, _SMALL.fontSize) > width:
        kept -= 1
        shown = f"{name[: kept // 2]}…{name[-(kept - kept // 2) :]}"
    return shown


def _tight(padding: float) -> list[tuple[Any, ...]]:
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [(side, (0, 0), (-1, -1), padding) for side in sides]


def _time(at: str) -> str:
    return at.replace("T", " ").replace("+00:00", " UTC")


class _Numbered(Canvas):  # type: ignore[misc]
    """Says on each page whose it is, and which of how many."""

    def __init__(self, left: str, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._left = left
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont("DejaVu", 7.5)
            self.setFillColor(_QUIET)
            self.drawString(_MARGIN + 6, 11 * mm, self._left)
            self.drawRightString(A4[0] - _MARGIN - 6, 11 * mm, f"page {number} of {len(self._pages)}")
            super().showPage()
        super().save()
