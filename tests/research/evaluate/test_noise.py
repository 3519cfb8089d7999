"""Test noise: an image's own, whatever is tested beside it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from leukolens.research.evaluate.noise import with_noise


def grey(count: int, value: float = 128) -> NDArray[np.float32]:
    return np.full((count, 3, 64, 64), value, np.float32)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 10.0])
def test_noise_has_mean_0_and_the_standard_deviation_asked_for(sigma: float) -> None:
    noise = with_noise(grey(4), range(4), sigma=sigma, seed=0) - 128
    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=0.03 * sigma)
    assert noise.std() == pytest.approx(sigma, rel=0.02)
    assert np.abs(np.corrcoef(noise.reshape(12, -1)) - np.eye(12)).max() < 0.08  # each image and channel has its own


def test_noise_does_not_depend_on_the_batch() -> None:
    rgb = np.random.default_rng(0).uniform(0, 255, (5, 3, 16, 16)).astype(np.float32)
    rows = [7, 2, 30, 4, 11]
    together = with_noise(rgb, rows, sigma=5, seed=1)
    for place, row in enumerate(rows):
        alone = with_noise(rgb[place : place + 1], [row], sigma=5, seed=1)
        assert np.array_equal(alone[0], together[place])
    backwards = with_noise(rgb[::-1], rows[::-1], sigma=5, seed=1)
    assert np.array_equal(backwards[::-1], together)


@pytest.mark.parametrize("other", [{"seed": 1}, {"sigma": 5.001}, {"rows": [4]}])
def test_another_seed_sigma_or_row_is_another_noise(other: dict[str, object]) -> None:
    options: dict[str, object] = {"rows": [3], "sigma": 5.0, "seed": 0}
    first = with_noise(grey(1), **options)  # type: ignore[arg-type]
    assert np.array_equal(first, with_noise(grey(1), **options))  # type: ignore[arg-type]
    second = with_noise(grey(1), **options | other)  # type: ignore[arg-type]
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_noise_is_clipped_to_0_255() -> None:
    for value in (0, 255):
        noisy = with_noise(grey(1, value), [0], sigma=10, seed=0)
        assert noisy.min() >= 0
        assert noisy.max() <= 255
        assert (noisy == value).mean() == pytest.approx(0.5, abs=0.02)


def test_sigma_0_is_the_clean_image() -> None:
    rgb = grey(2)
    assert np.array_equal(with_noise(rgb, [0, 1], sigma=0, seed=0), rgb)


def test_the_image_itself_is_left_alone() -> None:
    rgb = grey(2)
    with_noise(rgb, [0, 1], sigma=9, seed=0)
    assert (rgb == 128).all()
