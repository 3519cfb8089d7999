"""A reviewed cell of a field teaches by the very pixels that were judged; one that is not found again is told."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fieldmaker import field
from PIL import Image

from leukolens import Case, Classifier
from leukolens.adapt.field_cells import cut_again
from leukolens.adapt.reviewed import CellPlace, reviewed_cells
from leukolens.adapt.seen import see
from leukolens.base.errors import ImageError
from leukolens.cases.fill import before, fill
from leukolens.cases.missed import add_missed
from leukolens.cases.reading import ReadCell, cells_of
from leukolens.cases.review import review
from leukolens.model.network_file import NetworkFile
from leukolens.model.preprocess import to_network
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
    cells = [cell for cell in reviewed_cells([day.where], network.card) if cell.place and cell.place.box != BOX]
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
    cells = reviewed_cells([day.where], network.card)
    assert len(cells) == len(read(day))
    seen = see(cells, network)
    added = next(cell.number for cell in read(day) if cell.box == BOX)
    assert f"a.png cell {added}: left out, it was added by a reader" in caplog.text
    assert f"{len(cells) - len(seen.cells)} of {len(cells)} reviewed cells were left out" in caplog.text
    assert len(seen.cells) == 2
    labels = {cell.content: int(cell.word.verdict == "ALL") for cell in read(day)}
    assert seen.labels.tolist() == [labels[cell.content] for cell in seen.cells]


def test_what_is_not_there_is_told(day: Case, tmp_path: Path) -> None:
    path = tmp_path / "fields/a.png"
    (told,) = cut_again(path, [CellPlace(number=1, box=BOX, um_per_px=0.1)])
    assert told == "was added by a reader, or is not found again: it has no outline to be cut out by"
    path.write_bytes(b"")
    with pytest.raises(ImageError):
        cut_again(path, [CellPlace(number=1, box=BOX, um_per_px=0.1)])
