"""The fusions give what the formulas of Mondal et al. 2021 and Kundu et al. 2021 give by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leukolens.research.older.ensembles import (
    gompertz_fusion,
    majority_vote,
    soft_vote,
    validation_weights,
    weighted_average,
)

P = np.array([[0.8, 0.3, 0.5], [0.6, 0.1, 0.5]])
LABELS = np.array([1, 1, 0, 0])
VAL = np.array(
    [
        [0.9, 0.8, 0.2, 0.1],  # 4 of 4
        [0.9, 0.4, 0.2, 0.1],  # 3 of 4
        [0.9, 0.4, 0.6, 0.1],  # 2 of 4: kappa 0
        [0.1, 0.4, 0.6, 0.1],  # 1 of 4: kappa −1/2
    ]
)
systems = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(0, 1))


def test_soft_vote_is_the_mean() -> None:
    assert soft_vote(P) == pytest.approx([0.7, 0.2, 0.5])


def test_weights_are_shares_of_the_validation_merit() -> None:
    assert validation_weights(LABELS, VAL) == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert validation_weights(LABELS, VAL, merit="kappa") == pytest.approx([1 / 1.5, 0.5 / 1.5, 0, 0])
    # areas under ROC: 1, 1, 3/4, and 1 of 4 pairs less half a tie: 0.1 < 0.6, 0.1 = 0.1, 0.4 < 0.6, 0.4 > 0.1
    assert validation_weights(LABELS, VAL, merit="auroc") == pytest.approx(np.array([1, 1, 0.75, 0.375]) / 3.125)
    # F1 of ALL and HEM: 1, 1; 2/3, 4/5; 1/2, 1/2; 0, 2/5; both classes weigh the same here
    assert validation_weights(LABELS, VAL, merit="f1") == pytest.approx(
        np.array([1, 11 / 15, 0.5, 0.2]) / (1 + 11 / 15 + 0.7)
    )


def test_without_any_merit_all_weigh_the_same() -> None:
    assert validation_weights(LABELS, VAL[2:], merit="kappa") == pytest.approx([0.5, 0.5])


def test_weighted_average() -> None:
    assert weighted_average(P, [3, 1]) == pytest.approx([0.75, 0.25, 0.5])
    assert weighted_average(P, [1, 1]) == pytest.approx(soft_vote(P))


def test_majority_vote_is_the_share_of_votes() -> None:
    p_all = np.array([[0.9, 0.4], [0.6, 0.5], [0.2, 0.1]])
    assert majority_vote(p_all) == pytest.approx([2 / 3, 1 / 3])
    assert majority_vote(p_all, threshold=0.15) == pytest.approx([1, 2 / 3])


def test_gompertz_fusion_by_hand() -> None:
    # R(.8) = 1 − exp(−e^−1.6) = 0.182821, R(.6) = 0.260066; their sum times 1 − 0.7 is 0.132866 for ALL;
    # R(.2) = 0.488455, R(.4) = 0.361944; times 1 − 0.3 is 0.595280 for HEM
    assert gompertz_fusion(P[:, :1]) == pytest.approx([0.595280 / (0.132866 + 0.595280)], abs=1e-5)
    assert gompertz_fusion(P)[2] == pytest.approx(0.5)


def test_gompertz_ranks_of_kundu() -> None:
    """Kundu's penalty for a class outside the top k is R(0) = 0.632; a certain class has R(1) = 0.127."""
    sure, unsure = gompertz_fusion(np.array([[1.0]])), gompertz_fusion(np.array([[1.0], [0.0]]))
    assert sure == pytest.approx([1])
    assert unsure == pytest.approx([0.5])


@given(systems)
def test_every_fusion_stays_in_range_and_is_symmetric(p_all: np.ndarray) -> None:
    for fuse in (soft_vote, gompertz_fusion):
        fused = fuse(p_all)
        assert fused.shape == p_all.shape[1:]
        assert ((fused >= 0) & (fused <= 1)).all()
        assert fuse(1 - p_all) == pytest.approx(1 - fused)  # swapping the classes' names swaps the verdict
    assert ((majority_vote(p_all) >= 0) & (majority_vote(p_all) <= 1)).all()


@given(systems)
def test_one_system_alone_keeps_its_verdicts(p_all: np.ndarray) -> None:
    alone = p_all[:1]
    for fuse in (soft_vote, gompertz_fusion, majority_vote):
        clear = np.abs(alone[0] - 0.5) > 1e-6
        assert np.array_equal((fuse(alone) >= 0.5)[clear], (alone[0] >= 0.5)[clear])


@pytest.mark.parametrize("wrong", [np.array([0.5, 0.5]), np.array([[1.2]]), np.array([[np.nan]]), np.zeros((0, 3))])
def test_what_is_no_probability_is_refused(wrong: np.ndarray) -> None:
    for fuse in (soft_vote, majority_vote, gompertz_fusion):
        with pytest.raises(ValueError, match="p_all"):
            fuse(wrong)


@pytest.mark.parametrize("weights", [[0, 0], [1, -1]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        weighted_average(P, weights)
