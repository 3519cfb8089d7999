"""A reviewed cell of a field teaches by the very pixels that were judged; one that is not found again is told."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fieldmaker import field
from PIL import Image

from leukolens import Case, Classifier
from leukolens.adapt.field_cells import cut_again, cut_out_or_middle
from leukolens.adapt.reviewed import CellPlace, reviewed_cells
from leukolens.adapt.seen import see
from leukolens.base.errors import ImageError
from leukolens.cases.fill import before, fill
from leukolens.cases.missed import add_missed
from leukolens.cases.reading import ReadCell, cells_of
from leukolens.cases.review import review
from leukolens.cells.picture import picture_kind
from leukolens.model.network_file import NetworkFile
from leukolens.model.preprocess import to_network
from leukolens.predict import fields
from leukolens.predict.fields import look_at
from leukolens.predict.items import gather

pytest.importorskip("cv2")
BOX = (2, 2, 42, 42)
"""A corner of the field in which no cell lies."""


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Case]:
    """A judged field, each of its cells called by turns, and one added by hand."""
    (tmp_path / "fields").mkdir()
    Image.fromarray(field()).save(tmp_path / "fields/a.png")
    items, classifier = gather([str(tmp_path / "fields")]), Classifier()
    with Case.create(tmp_path / "day.case", who="Anna") as case:
        for _ in fill(case, items, classifier, left=before(case, items, threads=1), pictures=False):
            pass
        for number, cell in enumerate(read(case)):
            review(case, cell.id, role="reader", expected=0, verdict=("ALL", "HEM")[number % 2])  # type: ignore[arg-type]
        add_missed(case, case.inputs()[0].id, box=BOX, verdict="HEM", role="reader")
        yield case


def read(case: Case) -> list[ReadCell]:
    with case.reading() as connection:
        return cells_of(connection, case.id, "")


def test_the_same_pixels_come_back(day: Case) -> None:
    network = NetworkFile(threads=1)
    cells = [cell for cell in reviewed_cells([day.where]) if cell.place and cell.place.box != BOX]
    assert len(cells) == 2
    again = cut_again(cells[0].path, [cell.place for cell in cells if cell.place])
    judged = {one.cell: one.pixels for one in Classifier()([cells[0].path], explain=True)}
    for cell, rgb in zip(cells, again, strict=True):
        assert cell.place is not None
        assert not isinstance(rgb, str)
        assert np.array_equal(to_network(rgb, network.card.preprocess, name="cell"), judged[cell.place.number])


def test_they_teach_and_the_one_without_an_outline_is_said_to_be_left_out(
    day: Case, caplog: pytest.LogCaptureFixture
) -> None:
    network = NetworkFile(threads=1)
    cells = reviewed_cells([day.where])
    assert len(cells) == len(read(day))
    seen = see(cells, network)
    added = next(cell.number for cell in read(day) if cell.box == BOX)
    assert f"a.png cell {added}: left out: it was added by a reader" in caplog.text
    assert f"{len(cells) - len(seen.cells)} of {len(cells)} reviewed cells were left out" in caplog.text
    assert len(seen.cells) == 2
    labels = {cell.content: int(cell.word.verdict == "ALL") for cell in read(day)}
    assert seen.labels.tolist() == [labels[cell.content] for cell in seen.cells]


def test_what_is_not_there_is_told(day: Case, tmp_path: Path) -> None:
    path = tmp_path / "fields/a.png"
    (told,) = cut_again(path, [CellPlace(number=1, box=BOX, um_per_px=0.1)])
    assert told == "was added by a reader or was not found again, so it has no outline to be cut out by"
    path.write_bytes(b"")
    with pytest.raises(ImageError):
        cut_again(path, [CellPlace(number=1, box=BOX, um_per_px=0.1)])


def test_a_cell_that_is_not_judged_does_not_teach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a cell has the colours of its own field, and `predict` never asks the taught model about it."""
    Image.fromarray(field()).save(tmp_path / "a.png")
    one, *_ = look_at(field(), um_per_px=0.1, source="given", overview=False).cells
    place = CellPlace(number=1, box=one.found.box, um_per_px=0.1)
    (cut,) = cut_again(tmp_path / "a.png", [place])
    assert np.array_equal(cut, one.image)
    another = replace(one, reason="is not a lymphoid cell (lymphoid 0.01)")
    monkeypatch.setattr(fields, "look_at", lambda *_, **__: SimpleNamespace(cells=iter([another])))
    (told,) = cut_again(tmp_path / "a.png", [place])
    assert told == "is not one that `predict` judges: is not a lymphoid cell (lymphoid 0.01)"


@pytest.mark.parametrize("name", ["slide.svs", "slide.tif"])
def test_a_cell_of_a_slide_comes_back_too(name: str, tmp_path: Path) -> None:
    pytest.importorskip("openslide")
    slidemaker = pytest.importorskip("slidemaker")  # needs tifffile and pydicom
    flat = field(0.15, size_um=(150.0, 105.0), white=((25, 25), (60, 60), (130, 30), (76, 80)))
    slidemaker.write_pyramid(tmp_path / name, flat)
    Image.fromarray(flat).save(tmp_path / "flat.png")
    seen = look_at(flat, um_per_px=0.15, source="given", overview=False)
    places = [CellPlace(number=cell.number, box=cell.found.box, um_per_px=0.15) for cell in seen.cells]
    assert len(places) == 4
    of_slide, of_field = (cut_again(tmp_path / path, places) for path in (name, "flat.png"))
    assert any(not isinstance(one, str) for one in of_slide)
    for one, same in zip(of_slide, of_field, strict=True):
        assert one == same if isinstance(one, str) else np.array_equal(one, same)


def test_a_picture_of_its_own_teaches_by_the_cell_in_its_middle(tmp_path: Path) -> None:
    rgb = field()
    whole = look_at(rgb, um_per_px=0.1, source="given", overview=False)
    found = next(cell.found for cell in whole.cells)
    x, y = (int(found.box[0] + found.box[2]) // 2, int(found.box[1] + found.box[3]) // 2)
    side = min(x, y, rgb.shape[1] - x, rgb.shape[0] - y, 150)
    Image.fromarray(rgb[y - side : y + side, x - side : x + side]).save(tmp_path / "cell.png")
    cut = cut_out_or_middle(tmp_path / "cell.png", um_per_px=0.1)
    assert not isinstance(cut, str), cut
    assert np.asarray(cut).shape == (450, 450, 3)
    assert picture_kind(cut) == "cut-out"
    Image.fromarray(np.asarray(cut)).save(tmp_path / "cut.png")
    assert np.array_equal(cut_out_or_middle(tmp_path / "cut.png", um_per_px=None), cut), "a cut-out is itself"
    Image.fromarray(np.roll(rgb, (rgb.shape[0] // 2 - y + 300, 0), (0, 1))).save(tmp_path / "aside.png")
    Image.fromarray(np.full_like(rgb, 235)).save(tmp_path / "empty.png")
    for name in ("aside", "empty"):
        assert isinstance(cut_out_or_middle(tmp_path / f"{name}.png", um_per_px=0.1), str)


def test_a_picture_without_the_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(field()).save(tmp_path / "field.png")
    monkeypatch.setitem(sys.modules, "cv2", None)
    told = cut_out_or_middle(tmp_path / "field.png", um_per_px=0.1)
    assert told == "is not a cut-out: this needs cv2, which is not installed. pip install 'leukolens[fields]'"
