import numpy as np

from leukolens.cells.colour import WHITE, brought, colour_of, together
from leukolens.cells.stain import Light, find_light, optical_density


def test_the_empty_slide_has_no_density_and_a_tenth_of_its_light_has_2_3():
    light = Light(colour=(200.0, 180.0, 160.0), share=1.0)
    density = optical_density(np.array([[[200, 180, 160], [20, 18, 16]]], np.uint8), light)
    np.testing.assert_allclose(density[0], [[0, 0, 0], [np.log(10)] * 3], atol=1e-6)


def test_the_light_is_the_slide_and_not_a_glint():
    rgb = np.full((100, 100, 3), (210, 200, 190), np.uint8)
    rgb[20:60, 20:60] = (90, 60, 120)
    rgb[:3, :3] = 255
    np.testing.assert_allclose(find_light(rgb).colour, (210, 200, 190), atol=1)


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
