"""The crop is centred, the resize antialiased, and training, evaluation and prediction share this one function."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from leukolens.base.errors import ImageError
from leukolens.images.decode import read_rgb
from leukolens.model.network_file import Scores
from leukolens.model.preprocess import Preprocess, half_extent, to_network
from leukolens.predict.classifier import Classifier
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store

NOISE = np.random.default_rng(1).integers(0, 256, (450, 450, 3), np.uint8)


def lit(side: int, *places: tuple[int, int]) -> NDArray[np.uint8]:
    """Black but for one green pixel at each (row, column)."""
    image = np.zeros((side, side, 3), np.uint8)
    for row, column in places:
        image[row, column, 1] = 1
    return image


def test_the_defaults_are_the_papers_size_and_our_crop() -> None:
    assert Preprocess() == Preprocess(crop=300, size=224)


def test_the_networks_input_is_224_rgb_bytes() -> None:
    out = to_network(NOISE, Preprocess(), name="x")
    assert out.shape == (224, 224, 3)
    assert out.dtype == np.uint8


@pytest.mark.parametrize(
    ("shape", "crop", "top", "left"),
    [
        ((450, 450), 300, 75, 75),
        ((450, 450), 450, 0, 0),
        ((400, 450), 300, 50, 75),
        ((300, 301), 300, 0, 0),
        ((303, 300), 300, 1, 0),
    ],
)
def test_the_crop_is_centred(shape: tuple[int, int], crop: int, top: int, left: int) -> None:
    image = NOISE[: shape[0], : shape[1]]
    out = to_network(image, Preprocess(crop=crop, size=crop), name="x")
    np.testing.assert_array_equal(out, image[top : top + crop, left : left + crop])


@pytest.mark.parametrize(("crop", "size"), [(300, 224), (300, 64), (448, 224), (200, 224)])
def test_the_middle_of_the_image_stays_the_middle(crop: int, size: int) -> None:
    image = np.zeros((450, 450, 3), np.uint8)
    image[222:228, 222:228] = 255
    light = to_network(image, Preprocess(crop=crop, size=size), name="x")[..., 0].astype(float)
    places = np.arange(size) + 0.5
    assert light.sum(axis=1) @ places / light.sum() == pytest.approx(size / 2)
    assert light.sum(axis=0) @ places / light.sum() == pytest.approx(size / 2)


def test_colours_and_corners_keep_their_places() -> None:
    image = np.zeros((450, 450, 3), np.uint8)
    image[:225, :225] = (255, 0, 0)
    image[:225, 225:] = (0, 255, 0)
    image[225:, :225] = (0, 0, 255)
    out = to_network(image, Preprocess(), name="x")
    corners = [out[0, 0], out[0, 223], out[223, 0], out[223, 223]]
    np.testing.assert_array_equal(corners, [(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)])
    np.testing.assert_array_equal(out[110, 110], (255, 0, 0))
    np.testing.assert_array_equal(out[110, 113], (0, 255, 0))
    np.testing.assert_array_equal(out[113, 110], (0, 0, 255))


def test_a_checkerboard_of_single_pixels_becomes_flat_grey() -> None:
    """Without antialiasing it becomes black, white or a pattern."""
    board = (np.indices((450, 450)).sum(axis=0) % 2 * 255).astype(np.uint8)
    halved = to_network(np.dstack([board] * 3), Preprocess(crop=448, size=224), name="x")
    assert set(np.unique(halved[2:-2, 2:-2])) <= {127, 128}
    default = to_network(np.dstack([board] * 3), Preprocess(), name="x")
    assert default.std() < 8
    assert default.mean() == pytest.approx(127.5, abs=1)


@pytest.mark.parametrize(("edge", "expected"), [(225, [100, 109, 191, 200]), (228, [100, 100, 100, 100, 174, 200])])
def test_an_edge_is_resized_bilinearly(edge: int, expected: list[int]) -> None:
    """Other filters overshoot or are steeper; a model must see what it was trained on."""
    image = np.full((450, 450, 3), 100, np.uint8)
    image[:, edge:] = 200
    row = to_network(image, Preprocess(), name="x")[7, :, 1]
    np.testing.assert_array_equal(row[110 : 110 + len(expected)], expected)
    assert set(row[:110]) == {100}
    assert set(row[110 + len(expected) :]) == {200}


def test_an_even_image_stays_even() -> None:
    image = np.full((450, 450, 3), (66, 27, 84), np.uint8)
    np.testing.assert_array_equal(to_network(image, Preprocess(), name="x"), image[:224, :224])


@pytest.mark.parametrize("shape", [(299, 450), (450, 299), (1, 1)])
def test_an_image_smaller_than_the_crop_is_refused_with_its_hint(shape: tuple[int, int]) -> None:
    with pytest.raises(ImageError) as caught:
        to_network(np.zeros((*shape, 3), np.uint8), Preprocess(), name="cell_7.bmp")
    message = f"cell_7.bmp: is {shape[1]}×{shape[0]} px, smaller than the crop of 300 px. Give the image as"
    assert str(caught.value).startswith(message)
    assert "--crop" in str(caught.value)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (lit(450), 0),
        (lit(450, (225, 225)), 1),
        (lit(450, (224, 224)), 1),
        (lit(450, (225, 229)), 5),
        (lit(450, (229, 225)), 5),
        (lit(450, (225, 220)), 5),
        (lit(450, (220, 225)), 5),
        (lit(450, (225, 225), (75, 230)), 150),
        (lit(450, (225, 225), (374, 230)), 150),
        (lit(450, (225, 225), (230, 375)), 151),
        (lit(450, (0, 0)), 225),
        (lit(450, (449, 225)), 225),
        (lit(451, (225, 225)), 1),
        (lit(451, (0, 225)), 226),
        (np.full((450, 450, 3), 255, np.uint8), 225),
        (np.full((300, 450, 3), 255, np.uint8), 225),
    ],
)
def test_half_extent_reaches_to_the_outer_edge_of_the_farthest_lit_pixel(
    image: NDArray[np.uint8], expected: int
) -> None:
    assert half_extent(image) == expected


def test_a_cell_of_half_the_crop_fits_and_one_pixel_more_is_cut() -> None:
    """The promise under half_extent, checked on what the crop leaves."""
    whole, cut = lit(450, (75, 225)), lit(450, (74, 225))
    kept = Preprocess(crop=300, size=300)
    assert half_extent(whole) == 150
    assert to_network(whole, kept, name="x").any()
    assert half_extent(cut) == 151
    assert not to_network(cut, kept, name="x").any()


def test_store_and_classifier_feed_the_network_the_same_bytes(
    run: Path, cells: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = Classifier(run / "model.onnx", threads=1)
    chosen = index(cells).cells[::17]
    expected = np.stack([to_network(read_rgb(c.path), classifier.card.preprocess, name=c.path) for c in chosen])
    np.testing.assert_array_equal(open_store(chosen, classifier.card.preprocess).pixels, expected)

    fed: list[NDArray[np.float32]] = []
    scores = Classifier.scores

    def spy(self: Classifier, rgb: NDArray[np.float32]) -> Scores:
        fed.append(rgb)
        return scores(self, rgb)

    monkeypatch.setattr(Classifier, "scores", spy)
    judged = [prediction.p_all for prediction in classifier(cell.path for cell in chosen)]
    np.testing.assert_array_equal(np.concatenate(fed), expected.transpose(0, 3, 1, 2))
    assert judged == list(classifier.probabilities(expected))
