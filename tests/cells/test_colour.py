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
