"""A field's cells reach the network in C-NMC's form and colour, and whatever is wrong with a picture is its reason."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fieldmaker import BAD, Rgb, field, with_bar
from PIL import Image

from leukolens import Classifier
from leukolens.cells.colour import CNMC, WHITE, colour_of
from leukolens.predict.fields import OVERVIEW, look_at
from leukolens.predict.prediction import Judgement


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """The shipped one: it checks what it is given."""
    return Classifier()


def judged(classifier: Classifier, rgb: Rgb, um_per_px: float | None = None) -> Judgement:
    (judgement,) = classifier.judge([rgb], um_per_px=um_per_px)
    return judgement


def test_a_fields_cells_are_of_cnmcs_form_scale_and_colour() -> None:
    seen = look_at(field(), um_per_px=0.1, source="given", overview=False)
    images = [cell.image for cell in seen.cells if cell.image is not None]
    assert len(images) == 2
    for image in images:
        assert image.shape == (450, 450, 3)
        assert not image[0].any()
        across = 2 * np.sqrt(image.any(2).sum() / np.pi) * 0.055
        assert across == pytest.approx(11.5, rel=0.1)  # µm, as it was drawn
    colour = colour_of(images, WHITE)
    np.testing.assert_allclose(colour.mean, CNMC.mean, rtol=0.06)
    np.testing.assert_allclose(colour.deviation, CNMC.deviation, rtol=0.25)


def test_one_map_serves_the_whole_field_so_that_a_darker_cell_stays_darker() -> None:
    rgb = field()  # white cells at 25, 25 and 58, 40 µm
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    upper = np.hypot(x - 250, y - 250) < 54
    rgb[upper] = (0.7 * rgb[upper]).astype(np.uint8)
    cells = look_at(rgb, um_per_px=0.1, source="given", overview=False).cells
    dark, light = (cell.image[cell.image.any(2)].mean() for cell in cells if cell.image is not None)
    assert dark < light - 10


def test_an_overview_is_bounded() -> None:
    rgb = np.asarray(Image.fromarray(field()).resize((3000, 2250)))
    overview = look_at(rgb, um_per_px=0.0267, source="given", overview=True).facts.overview
    assert overview is not None
    assert max(overview.shape) == OVERVIEW


@pytest.mark.parametrize(("draw", "reason"), BAD.values(), ids=list(BAD))
def test_what_is_not_a_field_to_judge_says_why(classifier: Classifier, draw: Callable[[], Rgb], reason: str) -> None:
    judgement = judged(classifier, draw())
    assert judgement.field is not None
    for one in judgement.predictions:
        assert (one.verdict, one.p_all) == ("refused", None)
        assert one.reason.startswith(reason)


@pytest.mark.parametrize("um_per_px", [0.25, 0.04])
def test_a_scale_that_contradicts_the_red_cells_is_refused(classifier: Classifier, um_per_px: float) -> None:
    for one in judged(classifier, field(), um_per_px).predictions:
        assert one.verdict == "refused"
        assert f"has {um_per_px:.3g} µm per px (given), but its" in one.reason


def test_a_burnt_in_scale_bar_is_not_a_cell(classifier: Classifier) -> None:
    bare, barred = (judged(classifier, rgb) for rgb in (field(), with_bar()))
    assert [one.verdict for one in barred.predictions] == [one.verdict for one in bare.predictions]
    assert barred.field is not None
    assert bare.field is not None
    assert barred.field.um_per_px == pytest.approx(bare.field.um_per_px, rel=0.02)


def test_a_hundred_megapixels_are_refused_before_they_are_decoded(classifier: Classifier, tmp_path: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")
    (one,) = classifier([tmp_path / "large.png"])
    assert one.verdict is None
    assert one.reason.startswith("has more than 50,000,000 pixels. Cut it into fields or cells first")


def test_a_scale_that_the_file_tells_is_taken(classifier: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "field.png"
    Image.fromarray(field(red=0, platelets=0)).save(path, dpi=(254_000, 254_000))
    (judgement,) = classifier.judge([path])
    assert judgement.field is not None
    assert judgement.field.um_per_px == pytest.approx(0.1, rel=1e-3)
    assert judgement.field.um_per_px_source == "resolution"
    assert all(one.p_all is not None for one in judgement.predictions)
