"""Balance, noise and augmentation: what the network sees, and that every device sees its share of the same epoch."""

import colorsys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from picturemaker import STILL, picture, seeded
from torch import Tensor

from leukolens.research.augment.batches import (
    Batches,
    add_noise,
    balanced,
    desaturate,
    generator,
    mixed,
    plain_batches,
)
from leukolens.research.settings import Augmentation, TrainSettings

CPU = torch.device("cpu")
SIGMAS = (0.0, 3.0, 9.0)


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


def test_noise_is_not_smoothed_by_the_warp() -> None:
    source = batches(8, noise=(9.0,), augmentation=replace(STILL, rotation=45.0))
    source = replace(source, pixels=torch.full_like(source.pixels, 128))
    rgb = next(iter(source.epoch(1)))[0] - 128
    side_by_side = torch.stack([rgb[..., :-1].flatten(), rgb[..., 1:].flatten()])
    assert abs(float(torch.corrcoef(side_by_side)[0, 1])) < 0.02  # above 0.2 where noise comes before the warp


def test_brightness_scales_the_noise_with_the_cell() -> None:
    source = batches(8, noise=(9.0,), augmentation=replace(STILL, brightness=(0.5, 0.5)))
    source = replace(source, pixels=torch.full_like(source.pixels, 128))
    rgb = next(iter(source.epoch(1)))[0]
    assert rgb.mean().item() == pytest.approx(64, abs=0.2)
    assert rgb.std().item() == pytest.approx(4.5, rel=0.02)


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


def test_beside_shows_every_cell_at_every_level_in_one_epoch() -> None:
    source = batches(10, noise_mixing="beside")
    assert source.images() == 30
    assert Counter(shown(source, 1)) == {(cell, sigma): 1 for cell in range(10) for sigma in SIGMAS}
    assert shown(source, 1) != shown(source, 2)


def test_mixup_shares_image_and_label_with_the_neighbour() -> None:
    rgb = torch.tensor([0.0, 100.0, 200.0])[:, None, None, None].expand(3, 3, 2, 2)
    images, targets = mixed(rgb, torch.tensor([1, 0, 0]), 0.75)
    assert images[:, 0, 0, 0].tolist() == pytest.approx([50, 75, 175])
    torch.testing.assert_close(targets, torch.tensor([[0.25, 0.75], [0.75, 0.25], [1.0, 0.0]]))


def test_mixup_draws_a_share_for_each_step_and_the_same_again() -> None:
    source = batches(12, noise=(), mixup=1.0)
    shares = [float(targets.max()) for _, targets in source.epoch(1)]
    assert [targets.shape for _, targets in source.epoch(1)] == [(4, 2)] * 3
    assert shares == [float(targets.max()) for _, targets in source.epoch(1)]
    for _, targets in source.epoch(1):
        torch.testing.assert_close(targets.sum(dim=1), torch.ones(4))


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
    ("count", "world", "steps"),
    [(16, 1, 4), (16, 2, 4), (19, 1, 5), (18, 2, 5), (17, 2, 4), (18, 3, 4), (3, 1, 1), (1, 2, 0)],
)
def test_steps_of_an_epoch(count: int, world: int, steps: int) -> None:
    for rank in range(world):
        source = batches(count, rank=rank, world=world)
        assert source.steps() == steps
        assert len(list(source.epoch(1))) == steps


def test_two_devices_together_see_what_one_sees() -> None:
    settings = {"noise": (), "augmentation": Augmentation()}
    alone = list(batches(16, **settings).epoch(2))
    first, second = (list(batches(16, rank=rank, world=2, **settings).epoch(2)) for rank in range(2))
    assert len(alone) == len(first) == len(second) == 4
    for (rgb, labels), (rgb_0, labels_0), (rgb_1, labels_1) in zip(alone, first, second, strict=True):
        assert torch.equal(labels[0::2], labels_0)
        assert torch.equal(labels[1::2], labels_1)
        assert torch.allclose(rgb[0::2], rgb_0, atol=1e-3)
        assert torch.allclose(rgb[1::2], rgb_1, atol=1e-3)


def test_two_devices_together_see_the_noise_that_one_sees() -> None:
    alone = list(batches(16).epoch(1))
    shares = [list(batches(16, rank=rank, world=2).epoch(1)) for rank in range(2)]
    for step, (rgb, _) in enumerate(alone):
        for rank in range(2):
            assert torch.allclose(rgb[rank::2], shares[rank][step][0], atol=1e-3)


def test_two_devices_share_the_levels_of_noise() -> None:
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


def test_every_image_of_an_epoch_has_a_warp_of_its_own() -> None:
    values = [float(rgb[place].mean() / (60 + 8 * 8)) for rgb, _ in flat_epoch() for place in range(len(rgb))]
    assert all(first != second for first, second in pairwise(values))
    assert 0.4 <= min(values) < 0.5
    assert 0.7 < max(values) <= 0.8001


def flat_epoch() -> list[tuple[Tensor, Tensor]]:
    """Equal flat cells: only the brightness tells them apart."""
    source = batches(19, noise=(), augmentation=Augmentation(brightness_stretch=False))
    same = torch.full_like(source.pixels, 60 + 8 * 8)
    return list(replace(source, pixels=same).epoch(1))


def test_both_classes_lose_their_colour() -> None:
    coloured = torch.rand((200, 24, 24, 3), generator=seeded()).mul(200).byte()
    sample = balanced(np.arange(200), np.arange(200) % 2, balance=False)
    settings = TrainSettings(batch=4, balance=False, noise=(), augmentation=replace(STILL, grey=0.5))
    source = Batches(pixels=coloured, sample=sample, settings=settings, device=CPU)
    grey = {0: 0, 1: 0}
    for rgb, labels in source.epoch(1):
        for image, label in zip(rgb, labels.tolist(), strict=True):
            grey[label] += int((image[0] - image[2]).abs().max() < 1e-3)
    assert all(30 < count < 70 for count in grey.values())


def test_each_image_has_stains_of_its_own_and_all_else_stays() -> None:
    cell = torch.full((1, 24, 24, 3), 60, dtype=torch.uint8)
    cell[0, :, :, 1], cell[0, :4] = 30, 0
    sample = balanced(np.zeros(40, np.int64), np.arange(40) % 2, balance=False)
    ways = (replace(STILL, stains=deviation) for deviation in (0.0, 0.2))
    settings = [TrainSettings(batch=40, balance=False, noise=(), augmentation=way) for way in ways]
    sources = [Batches(pixels=cell, sample=sample, settings=one, device=CPU) for one in settings]
    ((plain, labels), *_), ((stained, same), *_) = (list(source.epoch(1)) for source in sources)
    assert torch.equal(labels, same)
    assert torch.equal(plain.amax(dim=1) > 1, stained.amax(dim=1) > 1)
    assert len({round(float(value), 2) for value in plain[:, 1, 10, 10]}) == 1
    assert len({round(float(value), 2) for value in stained[:, 1, 10, 10]}) == 40
