"""The PDF as its reader sees it: its words in every script that the fonts hold, each cell, a number on each page."""

from pathlib import Path

import pypdfium2
import pytest
from casemaker import answer, judged
from handmaker import NOTE, PATIENT, case_to_hand_on, reading

from leukolens.cases.record import Picture
from leukolens.report.hand_on import handed


def text_of(data: bytes) -> list[str]:
    """A text for each page."""
    with pypdfium2.PdfDocument(data) as document:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


@pytest.mark.parametrize("signed", [False, True])
def test_it_says_whose_it_is_what_it_comes_to_and_who_signed(tmp_path: Path, signed: bool) -> None:
    with case_to_hand_on(tmp_path, signed=signed) as case:
        found = reading(case)
        (made,) = handed(case, found, "pdf")
    pages = text_of(made.data)
    page = "\n".join(pages)
    assert PATIENT in pages[0]
    assert "25 %" in page  # one ALL of four counted
    assert "1 of 6 cells were read; the reader corrected 1" in " ".join(page.split())
    assert "".join(NOTE.split()) in "".join(page.split())
    assert ("Preliminary" in page) is not signed
    assert ("Anna Weiß, haematologist" in page) is signed
    assert ("clear & enough" in page) is signed
    assert (found.signatures[0].signed if signed else "Signature") in page


def test_every_cell_has_its_picture_or_says_that_there_is_none(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        (made,) = handed(case, reading(case), "pdf")
    with pypdfium2.PdfDocument(made.data) as document:
        kinds = [thing.type for page in document for thing in page.get_objects(max_depth=5)]
    assert kinds.count(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE) == 5
    assert "no picture" in "".join(text_of(made.data))


def test_many_cells_and_what_the_fonts_or_pictures_lack_do_no_harm(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        broken = Picture(jpeg=b"\xff\xd8 no picture")
        case.add([judged(f"x{n} 張Ω.bmp", answer(picture=broken), patient=PATIENT) for n in range(200)])
        (made,) = handed(case, reading(case), "pdf")
    pages = text_of(made.data)
    assert len(pages) > 3
    assert all(f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1))
    assert "x199 □Ω.bmp" in "".join(pages)
