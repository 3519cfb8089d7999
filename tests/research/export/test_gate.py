"""An export's gate: what it measures is what scikit-learn and a plain loop measure, and each limit holds on its own."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from sklearn.metrics import roc_auc_score

from leukolens.base.errors import ModelError
from leukolens.research.export.gate import (
    FLOAT,
    INT8,
    Answers,
    Parity,
    compare,
    refuse,
    refuse_saturating,
    saturating,
)

SAME = Parity(cells=100, probability=0.0, agreement=1.0, auroc_before=0.9, auroc_after=0.9)


def answers(p_all: list[float]) -> Answers:
    return Answers(p_all=np.array(p_all), verdicts=tuple("ALL" if p >= 0.5 else "HEM" for p in p_all))


def test_parity_is_what_a_plain_loop_finds() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(200) % 2
    before = random.uniform(0, 1, 200).tolist()
    after = np.clip(np.array(before) + random.normal(0, 0.1, 200), 0, 1).tolist()
    found = compare(labels, answers(before), answers(after))
    same = sum((one >= 0.5) == (other >= 0.5) for one, other in zip(before, after, strict=True))
    assert 100 < same < 200
    assert found.cells == 200
    assert found.agreement == same / 200
    assert found.probability == max(abs(one - other) for one, other in zip(before, after, strict=True))
    assert found.auroc_before == roc_auc_score(labels, before)
    assert found.auroc_after == roc_auc_score(labels, after)


def test_uncertain_is_a_verdict_like_others() -> None:
    labels = np.array([0, 1])
    before = Answers(p_all=np.array([0.2, 0.8]), verdicts=("HEM", "ALL"))
    after = Answers(p_all=np.array([0.2, 0.8]), verdicts=("HEM", "uncertain"))
    assert compare(labels, before, after).agreement == 0.5


OUTSIDE = [
    ({"probability": 2e-4}, FLOAT, "p(ALL) differs by up to 0.0002"),
    ({"probability": float("nan")}, INT8, "p(ALL) differs by up to nan"),
    ({"agreement": 0.9899}, INT8, "only 98.99% of the verdicts agree"),
    ({"auroc_after": 0.8979}, INT8, "the AUROC differs by 0.0021"),
    ({"auroc_after": 0.9021}, INT8, "the AUROC differs by 0.0021"),
    ({"auroc_after": float("nan")}, INT8, "the AUROC differs by nan"),
]


@pytest.mark.parametrize(("changed", "limits", "told"), OUTSIDE, ids=[told for _, _, told in OUTSIDE])
def test_each_limit_refuses_and_says_why(changed: dict[str, float], limits: object, told: str) -> None:
    parity = Parity(**(vars(SAME) | changed))
    assert parity.failures(limits) == [told]  # type: ignore[arg-type]
    with pytest.raises(ModelError) as refused:
        refuse(Path("x.onnx"), parity, limits)  # type: ignore[arg-type]
    assert str(refused.value).startswith(f"x.onnx: is not written: on 100 cells {told}. ")


@pytest.mark.parametrize(
    ("changed", "limits"),
    [({}, FLOAT), ({"probability": 1e-4}, FLOAT), ({"probability": 0.5, "agreement": 0.99}, INT8)],
)
def test_inside_the_limits_nothing_is_said(changed: dict[str, float], limits: object) -> None:
    parity = Parity(**(vars(SAME) | changed))
    assert parity.failures(limits) == []  # type: ignore[arg-type]
    refuse(Path("x.onnx"), parity, limits)  # type: ignore[arg-type]


def test_the_limits_are_those_promised() -> None:
    assert FLOAT.probability == 1e-4
    assert (INT8.agreement, INT8.auroc) == (0.99, 0.002)


def int8_model(*weights: int) -> onnx.ModelProto:
    """A graph with one kernel of these int8 weights."""
    kernel = numpy_helper.from_array(np.array(weights, np.int8).reshape(1, -1, 1, 1), "kernel")
    zero = numpy_helper.from_array(np.array(-128, np.int8), "zero")  # a zero point is not a weight
    return helper.make_model(helper.make_graph([], "int8", [], [], [kernel, zero]))


def pair_sum(pixels: tuple[int, int], weights: tuple[int, int]) -> int:
    """What `vpmaddubsw` gives: unsigned times signed bytes, added in pairs, cut off at 16 bits."""
    exact = pixels[0] * weights[0] + pixels[1] * weights[1]
    return max(-32768, min(32767, exact))


@pytest.mark.parametrize("sign", [1, -1])
def test_weights_of_seven_bits_never_saturate_and_larger_ones_can(sign: int) -> None:
    brightest = (255, 255)
    assert pair_sum(brightest, (sign * 64, sign * 64)) == sign * 2 * 255 * 64
    assert pair_sum(brightest, (sign * 65, sign * 65)) != sign * 2 * 255 * 65
    assert saturating(int8_model(sign * 64, -64, 3)) == []
    assert saturating(int8_model(sign * 65, 3)) == ["kernel"]
    assert saturating(int8_model(-128, 3)) == ["kernel"]


def test_a_file_that_could_saturate_is_not_written() -> None:
    refuse_saturating(Path("x.onnx"), int8_model(64, -64))
    with pytest.raises(ModelError, match=r"x\.onnx: is not written: weights above 64 saturate .* \(kernel\)"):
        refuse_saturating(Path("x.onnx"), int8_model(100))
