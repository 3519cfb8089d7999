import numpy as np

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
