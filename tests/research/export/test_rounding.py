"""Weights that int8 holds exactly: what the convolutions answer moves less than with each weight rounded alone."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from leukolens.research.data.phantoms import draw_cell
from leukolens.research.export.rounding import LEVELS, round_together, rounded

RANDOM = np.random.default_rng(0)
ALIKE = RANDOM.normal(size=(2, 12, 4)) @ RANDOM.normal(size=(2, 4, 500)) + 0.1 * RANDOM.normal(size=(2, 12, 500))
"""(G, I, N): the inputs of two groups, twelve each, of which four would tell most."""
COVARIANCE = ALIKE @ ALIKE.transpose(0, 2, 1) / ALIKE.shape[2]
WEIGHTS = RANDOM.normal(size=(2, 30, 12))


def steps(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(weights).max(axis=2, keepdims=True) / LEVELS


def test_weights_lie_on_their_channels_grid() -> None:
    found = round_together(WEIGHTS, COVARIANCE) / steps(WEIGHTS)
    np.testing.assert_allclose(found, np.round(found), atol=1e-9)
    np.testing.assert_allclose(np.abs(found).max(axis=2), LEVELS)  # so that the quantiser finds the same grid


def test_the_answers_err_less_than_with_each_weight_rounded_alone() -> None:
    alone = np.round(WEIGHTS / steps(WEIGHTS)) * steps(WEIGHTS)
    together = round_together(WEIGHTS, COVARIANCE)
    errors = [((weights - WEIGHTS) @ ALIKE).std() for weights in (alone, together)]
    assert errors[1] < 0.7 * errors[0]


def test_inputs_that_have_nothing_in_common_leave_nearest_rounding() -> None:
    together = round_together(WEIGHTS, np.stack([np.eye(12)] * 2))
    np.testing.assert_allclose(together, np.round(WEIGHTS / steps(WEIGHTS)) * steps(WEIGHTS))


def test_inputs_that_are_always_zero_do_not_matter() -> None:
    found = round_together(WEIGHTS, np.zeros((2, 12, 12)))
    assert np.isfinite(found).all()


# whole models

CELLS = np.stack([draw_cell("all", np.random.default_rng(number))[193:257, 103:167] for number in range(6)])
"""(6, 64, 64, 3): a part of each cell and of the black beside it."""


def network(*, groups: int, stride: int) -> onnx.ModelProto:
    """Two 3×3 convolutions, the second with groups; padded, the last with a stride."""
    first = RANDOM.normal(size=(8, 3, 3, 3)).astype(np.float32) / 255
    second = RANDOM.normal(size=(16, 8 // groups, 3, 3)).astype(np.float32)
    tensors = {"w1": first, "b1": np.ones(8, np.float32), "w2": second, "b2": np.ones(16, np.float32)}
    around = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["rgb", "w1", "b1"], ["a"], **around),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2", "b2"], ["c"], group=groups, strides=[stride, stride], **around),
    ]
    graph = helper.make_graph(
        nodes,
        "two",
        [helper.make_tensor_value_info("rgb", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in tensors.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def answers(model: onnx.ModelProto) -> NDArray[np.float32]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rgb = CELLS.transpose(0, 3, 1, 2).astype(np.float32)
    return np.concatenate([session.run(None, {"rgb": cell[None]})[0] for cell in rgb])


def one_by_one(model: onnx.ModelProto) -> onnx.ModelProto:
    found = onnx.ModelProto()
    found.CopyFrom(model)
    for tensor in found.graph.initializer:
        if tensor.name.startswith("w"):
            weights = numpy_helper.to_array(tensor)
            step = np.abs(weights).max(axis=(1, 2, 3), keepdims=True) / LEVELS
            tensor.CopyFrom(numpy_helper.from_array(np.round(weights / step) * step, tensor.name))
    return found


@pytest.mark.parametrize("groups", [1, 2, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_model_answers_as_before_on_the_average_and_more_closely(groups: int, stride: int) -> None:
    model = network(groups=groups, stride=stride)
    before = answers(model)
    error, plain = (answers(other) - before for other in (rounded(model, CELLS, float_first=0), one_by_one(model)))
    assert np.square(error).mean() < 0.5 * np.square(plain).mean()
    assert np.abs(error.mean(axis=(0, 2, 3))).max() < 0.3 * np.abs(plain.mean(axis=(0, 2, 3))).max()


def test_the_first_convolutions_keep_their_weights() -> None:
    model = network(groups=1, stride=1)
    found = {one.name: numpy_helper.to_array(one) for one in rounded(model, CELLS, float_first=1).graph.initializer}
    was = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    np.testing.assert_array_equal(found["w1"], was["w1"])
    assert (found["w2"] != was["w2"]).any()


def test_a_convolution_without_a_bias_gets_one_for_what_rounding_moves() -> None:
    model = network(groups=2, stride=1)
    for node in model.graph.node:
        if node.op_type == "Conv":
            del node.input[2]
    before = answers(model)
    error, plain = (answers(other) - before for other in (rounded(model, CELLS, float_first=0), one_by_one(model)))
    assert np.square(error).mean() < 0.5 * np.square(plain).mean()
    assert np.abs(error.mean(axis=(0, 2, 3))).max() < 0.3 * np.abs(plain.mean(axis=(0, 2, 3))).max()


def test_the_model_itself_is_left_alone() -> None:
    model = network(groups=1, stride=1)
    was = model.SerializeToString()
    rounded(model, CELLS, float_first=0)
    assert model.SerializeToString() == was
