"""The distance is that of a Gaussian computed the long way, its limit keeps what it says, and it travels as text."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from cardfuzzer import damaged
from numpy.typing import NDArray
from scipy.spatial.distance import mahalanobis
from sklearn.decomposition import PCA

from leukolens.base.errors import ModelError, RunError
from leukolens.model.distance import FeatureReference, at_level, fit_reference, from_json
from leukolens.model.network_file import as_input
from leukolens.model.preprocess import to_network
from leukolens.predict.classifier import Classifier
from leukolens.research.data.phantoms import PhantomSettings, phantoms

HERE = Path("model.onnx")


def cloud(seed: int, count: int, *, width: int = 20) -> NDArray[np.float32]:
    """(count, width) of a slanted Gaussian around 3, the same one for every seed."""
    shape = np.random.default_rng(0).normal(size=(width, width)) * np.linspace(2, 0.1, width)[:, None]
    return (3 + np.random.default_rng([1, seed]).normal(size=(count, width)) @ shape).astype(np.float32)


TRAINING, HELD_OUT, UNSEEN = cloud(1, 400), cloud(2, 500), cloud(3, 5000)
REFERENCE = fit_reference(TRAINING, HELD_OUT, directions=6)


def test_the_distance_is_mahalanobis_with_the_model_covariance() -> None:
    """scikit-learn's probabilistic PCA builds the covariance, scipy inverts and applies it."""
    pca = PCA(6, svd_solver="full").fit(TRAINING.astype(float))
    precision = np.linalg.inv(pca.get_covariance())
    mean = TRAINING.astype(float).mean(axis=0)
    expected = [mahalanobis(cell, mean, precision) / math.sqrt(20) for cell in HELD_OUT[:50]]
    np.testing.assert_allclose(REFERENCE.distance(HELD_OUT[:50]), expected, rtol=1e-4)


def test_the_mean_is_at_0_and_a_training_cell_at_about_1() -> None:
    assert REFERENCE.distance(REFERENCE.mean[None])[0] == 0
    assert np.sqrt((REFERENCE.distance(TRAINING) ** 2).mean()) == pytest.approx(1, abs=0.01)


def test_a_deviation_counts_by_how_rare_it_is() -> None:
    """A step along the main direction is near, the same step across it far: not so for a plain distance."""
    step = 4 * REFERENCE.directions[0]
    across = np.linalg.svd(REFERENCE.directions)[2][-1].astype(np.float32) * 4
    along, aside = REFERENCE.distance(np.stack([REFERENCE.mean + step, REFERENCE.mean + across]))
    assert along == pytest.approx(4 / REFERENCE.deviations[0] / math.sqrt(20), rel=1e-4)
    assert aside == pytest.approx(4 / REFERENCE.residual / math.sqrt(20), rel=1e-4)
    assert aside > 3 * along


def test_the_limit_keeps_99_percent_of_the_held_out_and_of_cells_like_them() -> None:
    kept = REFERENCE.distance(HELD_OUT) <= REFERENCE.limit
    assert kept.sum() == 496  # the smallest distance with at least 99 % of 500 within it, counted from 0: place 495.01
    assert 0.97 < (REFERENCE.distance(UNSEEN) <= REFERENCE.limit).mean() < 0.998
    wider = at_level(REFERENCE, HELD_OUT, level=1.0)
    assert wider.limit == REFERENCE.distance(HELD_OUT).max() > REFERENCE.limit
    assert at_level(REFERENCE, HELD_OUT[:50]).limit == REFERENCE.distance(HELD_OUT[:50]).max()
    np.testing.assert_array_equal(wider.mean, REFERENCE.mean)


def test_the_reason_names_distance_limit_and_hint() -> None:
    reference = FeatureReference(
        mean=np.zeros(4, np.float32),
        directions=np.eye(4, dtype=np.float32)[:1],
        deviations=np.ones(1, np.float32),
        residual=2.0,
        limit=1.2,
    )
    assert reference.refusal(1.2) is None
    found = reference.refusal(1.234567)
    assert found is not None
    assert found.kind == "unlike"
    assert found.text == "is unlike the cells that the model knows (distance 1.23, at most 1.20)"
    assert found.hint == "Give lymphoid cells prepared and segmented as in C-NMC"
    assert reference.refusal(math.nan) is not None


def test_it_travels_as_text_without_a_loss() -> None:
    again = from_json(REFERENCE.to_json(), path=HERE)
    assert (again.residual, again.limit) == (REFERENCE.residual, REFERENCE.limit)
    np.testing.assert_array_equal(again.distance(UNSEEN), REFERENCE.distance(UNSEEN))
    for name in ("mean", "directions", "deviations"):
        np.testing.assert_array_equal(getattr(again, name), getattr(REFERENCE, name))
        assert getattr(again, name).dtype == np.float32


def test_of_1024_features_it_takes_less_than_100_kb() -> None:
    wide = fit_reference(cloud(1, 300, width=1024), cloud(2, 100, width=1024))
    assert wide.directions.shape == (16, 1024)
    assert len(wide.to_json()) < 100_000


@pytest.mark.parametrize("count", [4, 5, 20, 130])
def test_of_few_cells_fewer_directions_are_kept_and_unseen_ones_stay_finite(count: int) -> None:
    few = fit_reference(cloud(1, count, width=300), HELD_OUT.repeat(15, axis=1))
    assert len(few.deviations) == min(16, (count - 1) // 2)
    np.testing.assert_allclose(few.directions @ few.directions.T, np.eye(len(few.deviations)), atol=1e-5)
    assert np.isfinite(few.distance(cloud(2, 5, width=300))).all()


def test_features_that_never_vary_divide_by_no_zero() -> None:
    still = np.ones((20, 8), np.float32)
    reference = fit_reference(still, still)
    assert reference.limit == 0
    assert np.isfinite(reference.distance(still + 1)).all()


@pytest.mark.parametrize(("training", "held_out"), [(3, 5), (0, 5), (10, 0)])
def test_too_few_cells_are_refused(training: int, held_out: int) -> None:
    with pytest.raises(RunError, match=rf"{training} training and {held_out} held-out cells are too few"):
        fit_reference(TRAINING[:training], HELD_OUT[:held_out])


@pytest.mark.parametrize(
    "change",
    [
        {"mean": "no base64"},
        {"mean": "AAAA"},
        {"directions": "AAAAAA=="},
        {"limit": None},
        {"residual": "much"},
    ],
    ids=str,
)
def test_a_damaged_text_is_refused_by_name(change: dict[str, object]) -> None:
    facts = json.loads(REFERENCE.to_json()) | change
    with pytest.raises(
        ModelError, match=r"model\.onnx: holds a damaged reference of features .*Export the model again"
    ):
        from_json(json.dumps(facts), path=HERE)


def test_a_text_that_is_no_reference_or_newer_is_refused() -> None:
    for text in ("", "[]", "{}", '{"format": 1}'):
        with pytest.raises(ModelError, match="damaged reference"):
            from_json(text, path=HERE)
    with pytest.raises(ModelError, match="was made by a newer LeukoLens"):
        from_json('{"format": 2}', path=HERE)


def test_an_exported_model_tells_noise_from_cells(run: Path) -> None:
    """On generated cells, with the features of a real export: pictures of noise lie farther than any unseen cell."""
    classifier = Classifier(run / "model.onnx", threads=1)
    settings = PhantomSettings(folds=1, subjects=4, cells=15, seed=5)
    drawn = [to_network(rgb, classifier.card.preprocess, name=name) for name, rgb in phantoms(settings)]
    noise = np.random.default_rng(0).integers(0, 256, (10, *drawn[0].shape), np.uint8)
    found, strange = (classifier.scores(as_input(pixels)).features for pixels in (drawn, noise))
    assert found is not None
    assert strange is not None
    reference = fit_reference(found[0::3], found[1::3])
    assert (reference.distance(found[2::3]) <= reference.limit).mean() > 0.8
    assert (reference.distance(strange) > reference.limit).all()


def test_every_damaged_reference_is_named_or_harmless() -> None:
    chance, text, unnamed = random.Random(1), REFERENCE.to_json(), 0
    for _ in range(100):
        try:
            found = from_json(damaged(text, chance), path=HERE)
        except ModelError as error:
            unnamed += not str(error).startswith("model.onnx: ")
            continue
        assert np.isfinite(found.distance(np.ones((2, 20), np.float32))).all()
    assert unnamed == 0
