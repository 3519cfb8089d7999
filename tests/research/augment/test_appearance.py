"""augment.appearance: another stain, the same cell."""

import pytest
import torch
from skimage.color import hed2rgb, rgb2hed

from leukolens.research.augment.appearance import draw_stains, restain


def cell() -> torch.Tensor:
    rgb = torch.randint(20, 200, (1, 3, 12, 12), generator=torch.Generator().manual_seed(0)).float()
    rgb[:, :, :4] = 0
    return rgb


def test_factors_of_one_change_nothing() -> None:
    assert torch.allclose(restain(cell(), (1.0, 1.0, 1.0)), cell(), atol=1e-2)


def test_twice_the_density_is_scikit_images_hed_doubled() -> None:
    rgb = cell()
    lit = rgb[0, :, 4:].permute(1, 2, 0).numpy() / 255
    expected = 255 * hed2rgb(2 * rgb2hed(lit))
    found = restain(rgb, (2.0, 2.0, 2.0))[0, :, 4:].permute(1, 2, 0).numpy()
    inside = (expected > 2).all(axis=2) & (rgb2hed(lit) > 0).all(axis=2)  # scikit-image clips negative densities
    assert inside.any()
    assert found[inside] == pytest.approx(expected[inside], abs=2.5)


def test_black_stays_black_and_all_stays_in_range() -> None:
    found = restain(cell(), (1.5, 0.5, 1.2))
    assert not found[:, :, :4].any()
    assert found.min() >= 0
    assert found.max() <= 255
    assert not torch.allclose(found, cell(), atol=5)


def test_factors_of_each_image_are_those_of_one_after_the_other() -> None:
    rgb, factors = torch.cat([cell(), cell()]), torch.tensor([[1.2, 0.8, 1.0], [0.7, 1.0, 1.4]])
    alone = [restain(one[None], tuple(each.tolist())) for one, each in zip(rgb, factors, strict=True)]
    torch.testing.assert_close(restain(rgb, factors), torch.cat(alone))


def test_stains_are_as_likely_stronger_as_weaker_and_stay_within_bounds() -> None:
    found = draw_stains(4000, 0.15, torch.Generator().manual_seed(0))
    assert found.shape == (4000, 3)
    assert float(found.log().mean()) == pytest.approx(0, abs=0.005)
    assert float(found.log().std()) == pytest.approx(0.15, abs=0.005)
    wide = draw_stains(100, 2.0, torch.Generator().manual_seed(0))
    assert (float(wide.min()), float(wide.max())) == pytest.approx((1 / 1.5, 1.5))
