"""A case's stain becomes the one that the model knows: means and deviations match, and black stays black."""

import numpy as np

from leukolens.cells.colour import WHITE, brought, colour_of, together


def test_colours_brought_to_a_reference_have_its_mean_and_black_stays_black():
    random = np.random.default_rng(0)
    image = np.zeros((60, 60, 3), np.uint8)
    image[10:50, 10:50] = random.integers(60, 120, (40, 40, 3))
    other = np.zeros_like(image)
    other[10:50, 10:50] = random.integers(90, 130, (40, 40, 3))
    reference = colour_of([other], WHITE)
    after = brought(image, WHITE, colour_of([image], WHITE), reference)
    assert not after[:10].any()
    np.testing.assert_allclose(colour_of([after], WHITE).mean, reference.mean, atol=0.01)


def test_two_fields_add_up_to_their_case():
    image = np.full((4, 4, 3), 80, np.uint8)
    one = colour_of([image], WHITE)
    both = together([one, one])
    assert both.pixels == 2 * one.pixels
    np.testing.assert_allclose(both.mean, one.mean)


def test_sums_are_those_of_the_lit_pixels_alone() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    image[0, :2] = (255, 51, 85)  # densities 0, log 5 and log 3
    found = colour_of([image], WHITE)
    assert found.pixels == 2
    np.testing.assert_allclose(found.mean, [0, np.log(5), np.log(3)], rtol=1e-5)
    np.testing.assert_allclose(found.squares, [0, 2 * np.log(5) ** 2, 2 * np.log(3) ** 2], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(found.deviation, 0.02)  # at least, so that nothing is divided by zero


def test_no_pixel_has_no_colour() -> None:
    nothing = colour_of([np.zeros((4, 4, 3), np.uint8)], WHITE)
    assert nothing.pixels == 0
    np.testing.assert_array_equal(nothing.mean, 0)
