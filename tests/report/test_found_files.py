"""What `find` writes of a slide: the flat picture's cells to the pixel, and by tiles each cell once."""

import csv
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fieldmaker import field
from PIL import Image

from leukolens.base.errors import ImageError
from leukolens.cells.picture import picture_kind
from leukolens.predict import slides
from leukolens.report.found_files import Summary, write_found

pytest.importorskip("openslide")
slidemaker = pytest.importorskip("slidemaker")  # needs tifffile and pydicom
FINE = field(0.15, size_um=(150.0, 105.0), white=((25, 25), (60, 60), (130, 30), (76, 80), (100, 53)))


def written(path: Path, folder: Path, um_per_px: float | None = 0.15) -> tuple[list[dict[str, Any]], Summary]:
    folder.mkdir()
    lines = write_found(path, "f", folder, um_per_px)
    rows = []
    while True:
        try:
            rows.append(next(lines))
        except StopIteration as end:
            return rows, end.value


@pytest.mark.parametrize("name", ["slide.svs", "slide.tif", "slide.dcm"])
def test_a_slide_gives_what_its_flat_picture_gives(tmp_path: Path, name: str) -> None:
    write = slidemaker.write_dicom if name.endswith("dcm") else slidemaker.write_pyramid
    write(tmp_path / name, FINE)
    Image.fromarray(FINE).save(tmp_path / "flat.png")
    slide, flat = written(tmp_path / name, tmp_path / "a"), written(tmp_path / "flat.png", tmp_path / "b")
    assert slide == flat
    assert flat[1].found == 5
    for made in sorted((tmp_path / "b").iterdir()):
        assert made.read_bytes() == (tmp_path / "a" / made.name).read_bytes()


def test_by_tiles_each_cell_is_written_once_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slidemaker.write_pyramid(tmp_path / "slide.svs", FINE)
    Image.fromarray(FINE).save(tmp_path / "flat.png")
    flat, _ = written(tmp_path / "flat.png", tmp_path / "b")
    monkeypatch.setattr(slides, "MAX_PIXELS", 1000)
    monkeypatch.setattr(slides, "TILE", 512)
    rows, summary = written(tmp_path / "slide.svs", tmp_path / "a")
    assert (summary.found, len(rows)) == (5, 5)
    sides = ("x0", "y0", "x1", "y1")
    boxes, expected = (sorted([float(row[side]) for side in sides] for row in each) for each in (rows, flat))
    np.testing.assert_allclose(boxes, expected, atol=6)
    features = json.loads((tmp_path / "a" / "f.geojson").read_text())["features"]
    assert [one["properties"]["name"] for one in features] == ["1", "2", "3", "4", "5"]
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"f.geojson", "f.overlay.png", *(f"f.{number}.png" for number in range(1, 6))}
    with Image.open(tmp_path / "a" / "f.1.png") as image:
        assert picture_kind(image) == "cut-out"


def test_memory_does_not_grow_with_the_cells_of_a_slide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slides, "MAX_PIXELS", 1000)
    monkeypatch.setattr(slides, "TILE", 512)
    peaks = []
    for times in (1, 4):
        slidemaker.write_pyramid(tmp_path / f"{times}.svs", np.tile(FINE, (times, 1, 1)))
        tracemalloc.start()
        rows, _ = written(tmp_path / f"{times}.svs", tmp_path / str(times))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(rows) >= 4 * times
    assert peaks[1] < 1.15 * peaks[0]


def test_a_large_slide_without_a_scale_and_dicom_of_another_modality_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "slide.svs", FINE, tile=(256, 256), photometric="rgb")
    slidemaker.write_dicom(tmp_path / "ct.dcm", FINE, sop_class="1.2.840.10008.5.1.4.1.1.2")
    monkeypatch.setattr(slides, "MAX_PIXELS", 1000)
    with pytest.raises(ImageError, match="has no known scale"):
        written(tmp_path / "slide.svs", tmp_path / "a", None)
    with pytest.raises(ImageError, match="is DICOM, but not of a whole slide"):
        written(tmp_path / "ct.dcm", tmp_path / "b")


def test_the_lines_fit_the_table(tmp_path: Path) -> None:
    Image.fromarray(FINE).save(tmp_path / "flat.png")
    rows, _ = written(tmp_path / "flat.png", tmp_path / "b")
    with (tmp_path / "x.csv").open("w", newline="") as file:
        csv.DictWriter(file, list(rows[0])).writerows(rows)
    assert [row["cell"] for row in rows] == [1, 2, 3, 4, 5]
