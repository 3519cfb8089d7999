"""training.warps: one affine warp and one factor do what Keras's ImageDataGenerator does in several steps."""

from dataclasses import replace

import pytest
import torch
from picturemaker import STILL, picture, seeded
from torch import Tensor

from leukolens.research.augment.warps import brighten, draw_warps, stretched, warp
from leukolens.research.settings import Augmentation


def augmented(rgb: torch.Tensor, settings: Augmentation) -> torch.Tensor:
    """Warped and brightened by one draw."""
    matrices, factor = draw_warps(len(rgb), settings, seeded())
    return brighten(warp(rgb, matrices), factor)


def placed(rgb: Tensor, matrix: list[list[float]], brightness: float = 1.0) -> Tensor:
    count = len(rgb)
    return brighten(warp(rgb, torch.tensor([matrix] * count)), torch.full((count,), brightness))


def test_settings_that_do_nothing_give_back_the_image() -> None:
    rgb = picture()
    assert torch.allclose(augmented(rgb, STILL), rgb, atol=1e-3)


def test_a_flip_mirrors_left_and_right() -> None:
    rgb = picture()
    flipped = augmented(rgb, replace(STILL, flip=1.0))
    assert torch.allclose(flipped, rgb.flip(3), atol=1e-3)


def test_half_of_the_images_are_flipped() -> None:
    warps, _ = draw_warps(1000, replace(STILL, flip=0.5), seeded())
    assert 430 < int((warps[:, 0, 0] < 0).sum()) < 570


def test_a_quarter_turn_is_exact() -> None:
    rgb = picture()
    turned = placed(rgb, [[0.0, -1, 0], [1, 0, 0]])  # output (x, y) shows input (−y, x)
    assert torch.allclose(turned, rgb.rot90(1, (2, 3)), atol=1e-2)
    assert not torch.allclose(turned, rgb.rot90(-1, (2, 3)), atol=10)


def test_the_border_is_repeated_outside_the_image() -> None:
    rgb = picture()
    moved = placed(rgb, [[1.0, 0, 1], [0, 1, 0]])  # by half the side
    assert torch.allclose(moved[..., :12], rgb[..., 12:], atol=1e-2)
    assert torch.allclose(moved[..., 12:], rgb[..., -1:].expand(-1, -1, -1, 12), atol=1e-2)


def test_zoom_below_1_magnifies() -> None:
    rgb = torch.zeros(1, 3, 64, 64)
    rgb[..., 24:40, 24:40] = 200
    area = float((rgb > 100).sum())
    closer = augmented(rgb, replace(STILL, zoom=(0.5, 0.5)))
    assert float((closer > 100).sum()) == pytest.approx(4 * area, rel=0.05)


def test_brightness_is_a_factor_and_clipped() -> None:
    rgb = torch.full((1, 3, 8, 8), 200.0)
    still = [[1.0, 0, 0], [0, 1.0, 0]]
    assert placed(rgb, still, 0.4).unique().tolist() == pytest.approx([80.0])
    assert placed(rgb, still, 2.0).unique().tolist() == [255.0]


def test_rotation_fills_its_range() -> None:
    warps, _ = draw_warps(1000, replace(STILL, rotation=45.0), seeded())
    angle = torch.rad2deg(torch.atan2(warps[:, 1, 0], warps[:, 0, 0]))
    assert angle.abs().max() <= 45.001
    assert angle.min() < -43
    assert angle.max() > 43
    assert torch.allclose(torch.linalg.det(warps[:, :, :2]), torch.ones(1000), atol=1e-5)
    assert not warps[:, :, 2].any()


def test_shift_is_a_share_of_the_side_for_each_axis() -> None:
    warps, _ = draw_warps(1000, replace(STILL, shift=0.1), seeded())
    share = warps[:, :, 2] / 2  # the side is 2 in −1 to 1
    assert share.abs().max() <= 0.1001
    assert (share.amax(dim=0) > 0.095).all()
    assert (share.amin(dim=0) < -0.095).all()
    assert torch.corrcoef(share.T)[0, 1].abs() < 0.1


def test_zoom_draws_each_axis_from_its_range() -> None:
    warps, _ = draw_warps(1000, replace(STILL, zoom=(0.8, 1.0)), seeded())
    factors = torch.stack([warps[:, 0, 0], warps[:, 1, 1]])
    assert 0.8 <= factors.min() < 0.805
    assert 0.995 < factors.max() <= 1.0
    assert torch.corrcoef(factors)[0, 1].abs() < 0.1


def test_shear_stays_within_its_degrees() -> None:
    warps, _ = draw_warps(1000, replace(STILL, shear=3.0), seeded())
    slant = torch.rad2deg(torch.asin(-warps[:, 0, 1]))
    assert slant.abs().max() <= 3.001
    assert slant.max() > 2.9
    assert torch.allclose(warps[:, 1, 1], torch.cos(torch.deg2rad(slant)), atol=1e-5)


def test_brightness_fills_its_range() -> None:
    _, brightness = draw_warps(1000, Augmentation(), seeded())
    assert 0.4 <= brightness.min() < 0.405
    assert 0.795 < brightness.max() <= 0.8


def test_warps_are_composed_as_keras_does_rotation_shift_shear_zoom_then_flip() -> None:
    full = Augmentation()
    parts = [
        replace(STILL, rotation=full.rotation),
        replace(STILL, shift=full.shift),
        replace(STILL, shear=full.shear),
        replace(STILL, zoom=full.zoom),
        replace(STILL, flip=full.flip),
    ]
    bottom = torch.tensor([0.0, 0.0, 1.0]).expand(50, 1, 3)
    product = torch.eye(3).expand(50, 3, 3)
    for part in parts:  # every draw takes the same numbers from the generator, whatever its range
        product = product @ torch.cat([draw_warps(50, part, seeded(3))[0], bottom], dim=1)
    assert torch.allclose(draw_warps(50, full, seeded(3))[0], product[:, :2], atol=1e-5)


def test_stretching_takes_each_image_from_0_to_255() -> None:
    rgb = torch.rand(3, 3, 8, 8, generator=seeded()) * torch.tensor([50.0, 100.0, 0.0])[:, None, None, None] + 20
    found = stretched(rgb)
    assert found.amin(dim=(1, 2, 3)).tolist() == [0, 0, 0]
    assert found.amax(dim=(1, 2, 3)).tolist() == pytest.approx([255, 255, 0], abs=1e-3)
    assert torch.equal(found[0].flatten().argsort(), rgb[0].flatten().argsort())
