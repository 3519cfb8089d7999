"""95 % intervals of metrics that a confusion matrix determines, from a bootstrap over images.

Drawing N images with replacement draws the four counts of the matrix from a multinomial distribution: exactly the plain
bootstrap, without touching an image. Patients are not independent images, so these intervals are too narrow for new
patients; they say how far chance alone moves a test of this size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A metric's 2.5 and 97.5 % quantiles, 0–1."""

    low: float
    high: float


def intervals(
    confusion: tuple[tuple[int, int], tuple[int, int]], *, seed: int, draws: int = DRAWS
) -> dict[str, Interval]:
    """confusion: rows the truth, columns the verdict, HEM then ALL. Returns an interval for each metric's name.

    accuracy, balanced_accuracy, macro_precision, macro_f1, weighted_precision, precision_all, precision_hem.
    """
    counts = np.array(confusion, np.float64).ravel()
    total = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, draws)
    quantiles = {name: np.nanquantile(values, (0.025, 0.975)) for name, values in metrics(drawn).items()}
    return {name: Interval(low=float(low), high=float(high)) for name, (low, high) in quantiles.items()}


def paired_difference(right: NDArray[np.bool_], other: NDArray[np.bool_], *, seed: int, draws: int = DRAWS) -> Interval:
    """Interval of accuracy(other) − accuracy(right) of two systems on the same N images, which are drawn together.

    right, other: (N,) whether each system judged each image rightly.
    """
    only_other, only_right = int((other & ~right).sum()), int((right & ~other).sum())
    total = len(right)
    shares = np.array([only_other, only_right, total - only_other - only_right]) / total
    drawn = np.random.default_rng(seed).multinomial(total, shares, draws)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / total, (0.025, 0.975))
    return Interval(low=float(low), high=float(high))


def metrics(counts: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """counts: (D, 4) HEM as HEM, HEM as ALL, ALL as HEM, ALL as ALL. Returns each metric, (D,); 0 where undefined."""
    hem_hem, hem_all, all_hem, all_all = counts.T.astype(np.float64)
    precision_hem, recall_hem = _share(hem_hem, hem_hem + all_hem), _share(hem_hem, hem_hem + hem_all)
    precision_all, recall_all = _share(all_all, all_all + hem_all), _share(all_all, all_all + all_hem)
    hem, all_ = hem_hem + hem_all, all_hem + all_all
    f1_hem = _share(2 * precision_hem * recall_hem, precision_hem + recall_hem)
    f1_all = _share(2 * precision_all * recall_all, precision_all + recall_all)
    return {
        "accuracy": (hem_hem + all_all) / (hem + all_),
        "balanced_accuracy": (recall_hem + recall_all) / 2,
        "macro_precision": (precision_hem + precision_all) / 2,
        "macro_f1": (f1_hem + f1_all) / 2,
        "weighted_precision": (hem * precision_hem + all_ * precision_all) / (hem + all_),
        "precision_all": precision_all,
        "precision_hem": precision_hem,
        "recall_all": recall_all,
        "f1_all": f1_all,
    }


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
