"""Balance, noise and augmentation: what the network sees, and that every device sees its share of the same epoch."""

import colorsys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from leukolens.training.batches import (
    Batches,
    add_noise,
    balanced,
    brighten,
    desaturate,
    draw_warps,
    generator,
    plain_batches,
    stretched,
    warp,
)
from leukolens.training.settings import Augmentation, TrainSettings

CPU = torch.device("cpu")
STILL = Augmentation(rotation=0, flip=0, brightness=(1, 1), shift=0, zoom=(1, 1), shear=0)
SIGMAS = (0.0, 3.0, 9.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture(count: int = 2, side: int = 24) -> Tensor:
    return torch.rand((count, 3, side, side), generator=seeded(5)) * 255


def batches(count: int = 19, *, rank: int = 0, world: int = 1, **settings: object) -> Batches:
    """`count` flat grey cells of 24 px, half of them ALL; cell i has the value 60 + 8 i."""
    values = 60 + 8 * np.arange(count)
    assert values.max() < 220
    pixels = np.broadcast_to(values[:, None, None, None], (count, 24, 24, 3)).astype(np.uint8)
    plain = TrainSettings(batch=4, balance=False, augmentation=None)
    sample = balanced(np.arange(count), np.arange(count) % 2, balance=False)
    return Batches(
        pixels=torch.from_numpy(pixels.copy()),
        sample=sample,
        settings=replace(plain, **settings),
        device=CPU,
        rank=rank,
        world=world,
    )


def shown(source: Batches, epoch: int) -> list[tuple[int, float]]:
    """(cell, σ) of every image of an epoch, read off its mean and standard deviation."""
    found = []
    for rgb, _ in source.epoch(epoch):
        for image in rgb:
            cell = round((float(image.mean()) - 60) / 8)
            found.append((cell, min(SIGMAS, key=lambda sigma: abs(sigma - float(image.std())))))
    return found


# balance


def test_balance_shows_every_hem_cell_once_more_and_only_the_copy_is_grey() -> None:
    sample = balanced(np.array([5, 6, 7, 8]), np.array([1, 0, 0, 1]), balance=True)
    assert sample.rows.tolist() == [5, 6, 7, 8, 6, 7]
    assert sample.labels.tolist() == [1, 0, 0, 1, 0, 0]
    assert sample.grey.tolist() == [False] * 4 + [True] * 2


def test_without_balance_the_sample_is_the_training_part() -> None:
    sample = balanced(np.array([5, 6, 7, 8]), np.array([1, 0, 0, 1]), balance=False)
    assert sample.rows.tolist() == [5, 6, 7, 8]
    assert not sample.grey.any()


@pytest.mark.parametrize("pixel", [(200, 30, 90), (10, 10, 10), (0, 255, 3), (81, 40, 99), (0, 0, 0)])
def test_a_grey_copy_is_the_cell_with_hsv_saturation_0(pixel: tuple[int, int, int]) -> None:
    rgb = torch.tensor(pixel, dtype=torch.float32)[None, :, None, None].repeat(2, 1, 4, 4)
    grey = desaturate(rgb, torch.tensor([False, True]))
    hue, _, value = colorsys.rgb_to_hsv(*(part / 255 for part in pixel))
    expected = [255 * part for part in colorsys.hsv_to_rgb(hue, 0, value)]
    assert grey[1, :, 2, 1].tolist() == pytest.approx(expected)
    assert torch.equal(grey[0], rgb[0])


def test_an_epoch_holds_coloured_cells_and_grey_copies_of_hem_alone() -> None:
    pixels = torch.randint(0, 255, (6, 16, 16, 3), dtype=torch.uint8, generator=seeded())
    sample = balanced(np.arange(6), np.array([0, 0, 1, 1, 1, 1]), balance=True)
    settings = TrainSettings(batch=4, noise=(), augmentation=None)
    source = Batches(pixels=pixels, sample=sample, settings=settings, device=CPU)
    seen: Counter[tuple[int, bool]] = Counter()
    for rgb, labels in source.epoch(1):
        for image, label in zip(rgb, labels.tolist(), strict=True):
            seen[label, torch.equal(image[0], image[1]) and torch.equal(image[1], image[2])] += 1
    assert seen == {(1, False): 4, (0, False): 2, (0, True): 2}


# noise


def test_noise_has_mean_0_and_the_standard_deviation_asked_for() -> None:
    rgb = torch.full((3, 3, 128, 128), 128.0)
    noise = add_noise(rgb, torch.tensor([0.0, 3.0, 9.0]), seeded()) - rgb
    assert torch.equal(noise[0], torch.zeros_like(noise[0]))
    assert noise[1].std().item() == pytest.approx(3, rel=0.02)
    assert noise[2].std().item() == pytest.approx(9, rel=0.02)
    assert noise.mean(dim=(1, 2, 3)).tolist() == pytest.approx([0, 0, 0], abs=0.15)


def test_noise_is_independent_for_every_channel_pixel_and_image() -> None:
    rgb = torch.full((2, 3, 96, 96), 128.0)
    noise = add_noise(rgb, torch.tensor([5.0, 5.0]), seeded()) - rgb
    assert torch.corrcoef(noise.flatten(2).flatten(0, 1)).fill_diagonal_(0).abs().max() < 0.05
    neighbours = torch.stack([noise[..., :-1].flatten(), noise[..., 1:].flatten()])
    assert torch.corrcoef(neighbours)[0, 1].abs() < 0.05


def test_noise_is_clipped_to_0_255() -> None:
    rgb = torch.tensor([0.0, 255.0])[:, None, None, None].expand(2, 3, 32, 32)
    noisy = add_noise(rgb, torch.tensor([9.0, 9.0]), seeded())
    assert noisy.min() == 0
    assert noisy.max() == 255
    assert noisy[0].mean().item() == pytest.approx(9 / (2 * np.pi) ** 0.5, rel=0.05)  # half of the noise is cut


def test_noise_of_sigma_0_changes_nothing() -> None:
    rgb = picture()
    assert torch.equal(add_noise(rgb, torch.zeros(2), seeded()), rgb)


def test_noise_does_not_depend_on_the_memory_format() -> None:
    rgb, sigma = picture(), torch.tensor([3.0, 9.0])
    apart = add_noise(rgb.contiguous(memory_format=torch.channels_last), sigma, seeded())
    assert torch.equal(add_noise(rgb, sigma, seeded()), apart)


def test_stretching_takes_each_image_from_0_to_255() -> None:
    rgb = torch.rand(3, 3, 8, 8, generator=seeded()) * torch.tensor([50.0, 100.0, 0.0])[:, None, None, None] + 20
    found = stretched(rgb)
    assert found.amin(dim=(1, 2, 3)).tolist() == [0, 0, 0]
    assert found.amax(dim=(1, 2, 3)).tolist() == pytest.approx([255, 255, 0], abs=1e-3)
    assert torch.equal(found[0].flatten().argsort(), rgb[0].flatten().argsort())


def neighbours_correlation(order: str) -> float:
    """Of the noise that the network sees in a grey field, between pixels side by side."""
    turned = Augmentation(rotation=45, brightness=(1, 1), shift=0, zoom=(1, 1), shear=0, flip=0)
    source = batches(8, noise=(9.0,), augmentation=turned, noise_order=order)
    source = replace(source, pixels=torch.full_like(source.pixels, 128))
    rgb = next(iter(source.epoch(1)))[0] - 128
    pairs = torch.stack([rgb[..., :-1].flatten(), rgb[..., 1:].flatten()])
    return float(torch.corrcoef(pairs)[0, 1])


def test_a_warp_smooths_noise_that_comes_before_it() -> None:
    assert neighbours_correlation("before") > 0.2
    assert abs(neighbours_correlation("warped")) < 0.02
    assert abs(neighbours_correlation("last")) < 0.02


@pytest.mark.parametrize(("order", "strength"), [("warped", 4.5), ("last", 9.0)])
def test_brightness_scales_the_noise_that_comes_before_it(order: str, strength: float) -> None:
    halved = Augmentation(rotation=0, brightness=(0.5, 0.5), shift=0, zoom=(1, 1), shear=0, flip=0)
    source = batches(8, noise=(9.0,), augmentation=halved, noise_order=order)
    source = replace(source, pixels=torch.full_like(source.pixels, 128))
    rgb = next(iter(source.epoch(1)))[0]
    assert rgb.mean().item() == pytest.approx(64, abs=0.2)
    assert rgb.std().item() == pytest.approx(strength, rel=0.02)


def test_share_deals_the_noise_levels_in_equal_proportions() -> None:
    for epoch in (1, 2):
        seen = shown(batches(19), epoch)
        assert sorted(cell for cell, _ in seen) == list(range(19))
        counts = Counter(sigma for _, sigma in seen)
        assert sorted(counts.values()) == [6, 6, 7]
        assert set(counts) == set(SIGMAS)


def test_share_shows_every_cell_at_every_level_over_the_epochs() -> None:
    source = batches(10)
    seen = Counter(pair for epoch in range(1, 31) for pair in shown(source, epoch))
    assert len(seen) == 10 * 3
    assert min(seen.values()) >= 2
    assert max(seen.values()) <= 20


def test_beside_shows_every_cell_at_every_level_in_each_epoch() -> None:
    source = batches(10, noise_mixing="beside")
    assert source.steps() == 8
    assert Counter(shown(source, 1)) == {(cell, sigma): 1 for cell in range(10) for sigma in SIGMAS}


def test_no_noise_levels_leave_the_cells_clean() -> None:
    assert Counter(shown(batches(10, noise=()), 1)) == {(cell, 0.0): 1 for cell in range(10)}


# order


def test_the_same_seed_and_epoch_are_the_same_batches() -> None:
    source = batches(augmentation=Augmentation())
    for (rgb, labels), (again, labels_again) in zip(source.epoch(3), source.epoch(3), strict=True):
        assert torch.equal(rgb, again)
        assert torch.equal(labels, labels_again)


def test_another_epoch_or_seed_is_another_order() -> None:
    orders = [
        [cell for cell, _ in shown(batches(seed=seed), epoch)] for seed, epoch in ((0, 1), (0, 2), (1, 1), (1, 2))
    ]
    assert len({tuple(order) for order in orders}) == 4
    assert all(sorted(order) == list(range(19)) for order in orders)


def test_labels_follow_their_cells() -> None:
    for rgb, labels in batches().epoch(1):
        cells = ((rgb.mean(dim=(1, 2, 3)) - 60) / 8).round().long()
        assert torch.equal(cells % 2, labels)


def test_batches_are_channels_last_float_on_the_0_255_scale() -> None:
    rgb, labels = next(batches().epoch(1))
    assert rgb.shape == (4, 3, 24, 24)
    assert rgb.dtype == torch.float32
    assert rgb.is_contiguous(memory_format=torch.channels_last)
    assert labels.dtype == torch.int64
    assert rgb.mean() > 50


@pytest.mark.parametrize(
    ("count", "world", "steps"), [(16, 1, 4), (16, 2, 4), (19, 1, 5), (17, 2, 4), (3, 1, 1), (1, 2, 0)]
)
def test_steps_of_an_epoch(count: int, world: int, steps: int) -> None:
    for rank in range(world):
        source = batches(count, rank=rank, world=world)
        assert source.steps() == steps
        assert len(list(source.epoch(1))) == steps


def test_two_devices_together_see_what_one_sees() -> None:
    settings = {"noise": (), "augmentation": Augmentation(), "noise_mixing": "share"}
    alone = list(batches(16, **settings).epoch(2))
    first, second = (list(batches(16, rank=rank, world=2, **settings).epoch(2)) for rank in range(2))
    assert len(alone) == len(first) == len(second) == 4
    for (rgb, labels), (rgb_0, labels_0), (rgb_1, labels_1) in zip(alone, first, second, strict=True):
        assert torch.equal(labels[0::2], labels_0)
        assert torch.equal(labels[1::2], labels_1)
        assert torch.allclose(rgb[0::2], rgb_0, atol=1e-3)
        assert torch.allclose(rgb[1::2], rgb_1, atol=1e-3)


def test_two_devices_draw_noise_of_their_own_and_share_the_levels() -> None:
    seen = [shown(batches(16, rank=rank, world=2), 1) for rank in range(2)]
    assert sorted(cell for part in seen for cell, _ in part) == list(range(16))
    assert sorted(Counter(sigma for part in seen for _, sigma in part).values()) == [5, 5, 6]


def test_every_key_has_a_generator_of_its_own() -> None:
    keys = [(0, 1), (1, 0), (0, 1, 0, 0), (0, 1, 0, 1), (0, 1, 1, 0), (0, 2)]
    assert len({generator(CPU, *key).initial_seed() for key in keys}) == len(keys)


def test_validation_cells_come_plain_and_in_order() -> None:
    source = batches(10)
    parts = list(plain_batches(source.pixels, torch.tensor([8, 0, 3]), 2, CPU))
    assert [len(part) for part in parts] == [2, 1]
    assert torch.cat(parts)[:, 1, 5, 7].tolist() == [60 + 64, 60, 60 + 24]


# warps


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


def test_every_image_of_an_epoch_has_a_warp_of_its_own() -> None:
    values = [float(rgb[place].mean() / (60 + 8 * 8)) for rgb, _ in flat_epoch() for place in range(len(rgb))]
    assert all(first != second for first, second in pairwise(values))
    assert 0.4 <= min(values) < 0.5
    assert 0.7 < max(values) <= 0.8001


def test_every_showing_of_an_image_is_warped_anew() -> None:
    pixels = torch.randint(0, 255, (1, 24, 24, 3), dtype=torch.uint8, generator=seeded()).expand(4, -1, -1, -1)
    turns = replace(STILL, rotation=45.0)
    source = replace(batches(4, noise=(0.0, 0.0, 0.0), noise_mixing="beside", augmentation=turns), pixels=pixels)
    images = torch.cat([rgb for rgb, _ in source.epoch(1)])
    assert len(images) == 12
    assert len({image.numpy().tobytes() for image in images}) == 12


def flat_epoch() -> list[tuple[Tensor, Tensor]]:
    """Equal flat cells: only the brightness tells them apart."""
    source = batches(19, noise=(), augmentation=Augmentation())
    same = torch.full_like(source.pixels, 60 + 8 * 8)
    return list(replace(source, pixels=same).epoch(1))
