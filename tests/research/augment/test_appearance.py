"""training.appearance: another stain or no colour, the same cell."""

import pytest
import torch
from scipy.ndimage import convolve1d
from skimage.color import hed2rgb, rgb2hed

from leukolens.research.augment.appearance import draw_appearance, draw_focus, draw_style, refocus, restain, restyle


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def cell() -> torch.Tensor:
    rgb = torch.randint(20, 200, (1, 3, 12, 12), generator=seeded()).float()
    rgb[:, :, :4] = 0
    return rgb


def test_no_jitter_changes_nothing() -> None:
    _, jitter = draw_appearance(1, grey=0, stain=0, generator=seeded())
    assert torch.allclose(restain(cell(), jitter), cell(), atol=1e-2)


def test_twice_the_density_is_scikit_images_hed_doubled() -> None:
    rgb = cell()
    jitter = torch.tensor([[[2.0, 2.0, 2.0], [0.0, 0.0, 0.0]]])
    lit = rgb[0, :, 4:].permute(1, 2, 0).numpy() / 255
    expected = 255 * hed2rgb(2 * rgb2hed(lit))
    found = restain(rgb, jitter)[0, :, 4:].permute(1, 2, 0).numpy()
    inside = (expected > 2).all(axis=2) & (rgb2hed(lit) > 0).all(axis=2)  # scikit-image clips negative densities
    assert inside.any()
    assert found[inside] == pytest.approx(expected[inside], abs=2.5)


def test_black_stays_black_and_all_stays_in_range() -> None:
    _, jitter = draw_appearance(1, grey=0, stain=0.5, generator=seeded())
    found = restain(cell(), jitter)
    assert not found[:, :, :4].any()
    assert found.min() >= 0
    assert found.max() <= 255
    assert not torch.allclose(found, cell(), atol=5)


def test_ranges_are_filled() -> None:
    grey, jitter = draw_appearance(4000, grey=0.25, stain=0.2, generator=seeded())
    assert 0.22 < grey.float().mean() < 0.28
    assert jitter[:, 0].min() == pytest.approx(0.8, abs=0.01)
    assert jitter[:, 0].max() == pytest.approx(1.2, abs=0.01)
    assert jitter[:, 1].abs().max() == pytest.approx(0.2, abs=0.01)


def test_a_cell_takes_the_colours_of_the_one_before_it_and_keeps_its_texture() -> None:
    rgb = torch.cat([cell(), cell().flip(1) * 0.5 + 40 * (cell() > 0)])
    found = restyle(rgb, torch.tensor([0.0, 1.0]))
    assert torch.allclose(found[0], rgb[0], atol=1e-3)
    lit = rgb[1, 0] > 0
    for channel in range(3):
        theirs, ours, mine = rgb[0, channel][lit], found[1, channel][lit], rgb[1, channel][lit]
        assert ours.mean() == pytest.approx(theirs.mean().item(), rel=0.02)
        assert ours.std() == pytest.approx(theirs.std().item(), rel=0.05)
        assert torch.corrcoef(torch.stack([ours, mine]))[0, 1] > 0.99
    assert not found[:, :, ~lit].any()


def test_style_is_drawn_for_its_share_of_images() -> None:
    share = draw_style(4000, style=0.3, generator=seeded())
    assert 0.27 < (share > 0).float().mean() < 0.33
    assert share[share > 0].mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("share", [-1.0, -0.4, 0.7])
def test_focus_takes_or_adds_that_share_of_the_fine_detail(share: float) -> None:
    rgb = cell()
    channels = rgb[0].numpy()
    blurred = channels
    for axis in (1, 2):
        blurred = convolve1d(blurred, [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16], axis=axis, mode="nearest")
    expected = (channels + share * (channels - blurred)).clip(0, 255) * (channels.max(axis=0) > 0)
    found = refocus(rgb, torch.tensor([share]))
    assert found[0].numpy() == pytest.approx(expected, abs=1e-3)
    assert not found[:, :, :4].any()


def test_focus_is_drawn_both_ways() -> None:
    share = draw_focus(4000, focus=0.6, generator=seeded())
    assert share.abs().max() == pytest.approx(0.6, abs=0.01)
    assert abs(share.mean().item()) < 0.02
