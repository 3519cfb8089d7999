"""A slide's cells are the flat picture's; by tiles each is found once; what is wrong with a slide is its reason."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fieldmaker import field
from PIL import Image

from leukolens import Case, Classifier
from leukolens.predict import slides
from leukolens.predict.prediction import Judgement

pytest.importorskip("openslide")
slidemaker = pytest.importorskip("slidemaker")  # needs tifffile and pydicom
FLAT = field(0.25, size_um=(180.0, 140.0), white=((25, 25), (60, 60), (150, 30), (100, 110), (130, 65)))
FINE = field(0.15, size_um=(150.0, 105.0), white=((25, 25), (60, 60), (130, 30), (76, 80), (100, 53)))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


def places(judgement: Judgement) -> list[tuple[float, ...]]:
    assert all(one.found is not None for one in judgement.predictions)
    return sorted(one.found.box for one in judgement.predictions if one.found)


@pytest.mark.parametrize("name", ["slide.svs", "slide.tif", "slide.dcm"])
def test_a_slide_has_the_cells_of_the_flat_picture_to_the_pixel(
    classifier: Classifier, tmp_path: Path, name: str
) -> None:
    write = slidemaker.write_dicom if name.endswith("dcm") else slidemaker.write_pyramid
    write(tmp_path / name, FLAT)
    Image.fromarray(FLAT).save(tmp_path / "flat.png")
    slide, flat = classifier.judge([tmp_path / name, tmp_path / "flat.png"], um_per_px=slidemaker.UM_PER_PX)
    assert len(flat.predictions) >= 5
    assert places(slide) == places(flat)
    assert [(one.cell, one.verdict, one.p_all, one.reason) for one in slide.predictions] == [
        (one.cell, one.verdict, one.p_all, one.reason) for one in flat.predictions
    ]


def test_a_slides_own_scale_is_taken(classifier: Classifier, tmp_path: Path) -> None:
    slidemaker.write_pyramid(tmp_path / "slide.svs", FLAT)
    (judgement,) = classifier.judge([tmp_path / "slide.svs"])
    assert judgement.field is not None
    assert judgement.field.um_per_px == pytest.approx(slidemaker.UM_PER_PX)
    assert all(one.reason.startswith("is too coarse to be judged (0.25") for one in judgement.predictions)


@pytest.fixture
def by_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """As slides of more than 50 megapixels are read."""
    monkeypatch.setattr(slides, "MAX_PIXELS", 1000)
    monkeypatch.setattr(slides, "TILE", 512)


@pytest.mark.usefixtures("by_tiles")
def test_by_tiles_each_cell_is_found_once(classifier: Classifier, tmp_path: Path) -> None:
    slidemaker.write_pyramid(tmp_path / "slide.svs", FINE)
    Image.fromarray(FINE).save(tmp_path / "flat.png")
    slide, flat = classifier.judge([tmp_path / "slide.svs", tmp_path / "flat.png"], um_per_px=0.15, explain=True)
    assert len(slide.predictions) == len(flat.predictions) == 5
    np.testing.assert_allclose(places(slide), places(flat), atol=6)
    assert [one.cell for one in slide.predictions] == [1, 2, 3, 4, 5]
    judged = [[one.p_all is not None for one in judgement.predictions] for judgement in (slide, flat)]
    assert min(map(sum, judged)) >= 3  # the others are drawn too softly for the limit of sharpness
    assert slide.field is not None
    assert slide.field.size == (FINE.shape[1], FINE.shape[0])
    assert slide.field.overview is not None


@pytest.mark.usefixtures("by_tiles")
def test_a_large_slide_without_a_scale_says_so(classifier: Classifier, tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "slide.svs", FINE, tile=(256, 256), photometric="rgb")
    (judgement,) = classifier.judge([tmp_path / "slide.svs"])
    assert [one.reason.partition(" (")[0] for one in judgement.predictions] == ["has no known scale"]


def test_a_slide_with_a_missing_tile_and_dicom_of_another_modality(classifier: Classifier, tmp_path: Path) -> None:
    slidemaker.write_dicom(tmp_path / "ct.dcm", FLAT, sop_class="1.2.840.10008.5.1.4.1.1.2")
    (tmp_path / "text.svs").write_text("no slide")
    slidemaker.write_pyramid(tmp_path / "torn.svs", FLAT)
    data = (tmp_path / "torn.svs").read_bytes()
    (tmp_path / "torn.svs").write_bytes(data[: len(data) // 4])
    ct, text, torn = classifier([tmp_path / name for name in ("ct.dcm", "text.svs", "torn.svs")])
    assert {one.verdict for one in (ct, text, torn)} == {None}
    assert ct.reason.startswith("is DICOM, but not of a whole slide")
    assert text.reason.startswith("is not a whole slide")
    assert torn.reason


KILLED = """
import os, signal, sys
from leukolens.predict import slides
slides.MAX_PIXELS, slides.TILE = 1000, 512
if sys.argv[1] == "die":
    real = slides.cut_out
    def dying(*given, **named):
        dying.left -= 1
        if dying.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    dying.left = 8
    slides.cut_out = dying
from leukolens.cli import main
main(sys.argv[2:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_run_killed_in_the_middle_of_a_slide_goes_on_to_the_same_cells(tmp_path: Path) -> None:
    slidemaker.write_pyramid(tmp_path / "b.svs", FINE)
    Image.fromarray(FINE).save(tmp_path / "a.png")
    files = [str(tmp_path / name) for name in ("a.png", "b.svs")]

    def run(how: str, case: str, *more: str) -> int:
        options = ["predict", *files, "--um-per-px", "0.15", "--threads", "1", "--case", str(tmp_path / case), *more]
        done = subprocess.run([sys.executable, "-c", KILLED, how, *options], capture_output=True, env=os.environ)
        return done.returncode

    def cells(case: str) -> list[tuple[str, int | None, str, str | None, float | None]]:
        with Case.open(tmp_path / case) as opened:
            return [(row.path, row.cell, row.kind, row.verdict, row.p_all) for row in opened.rows()]

    assert run("live", "whole.case") == 0
    assert run("die", "cut.case") == -signal.SIGKILL
    assert run("live", "cut.case", "--resume") == 0
    assert cells("cut.case") == cells("whole.case")
    assert len(cells("cut.case")) == 10
