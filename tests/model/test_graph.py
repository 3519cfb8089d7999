"""The walk over a model file's bytes: a digest of all but the metadata, and what no model of ours holds."""

import contextlib
import hashlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from leukolens.model.graph import read_graph


def model(*nodes: onnx.NodeProto, weight: float = 1.0) -> onnx.ModelProto:
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    kernel = numpy_helper.from_array(np.array([weight], np.float32), "kernel")
    graph = helper.make_graph(list(nodes), "graph", ends[:1], ends[1:], [kernel])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


ADD = helper.make_node("Add", ["x", "kernel"], ["y"])


def test_the_digest_is_that_of_the_file_without_its_metadata() -> None:
    proto = model(ADD)
    bare = hashlib.sha256(proto.SerializeToString()).hexdigest()
    helper.set_model_props(proto, {"leukolens.card": "x" * 300, "other": "y"})
    found = read_graph(proto.SerializeToString())
    assert (found.digest, found.forbidden, found.opset) == (bare, (), 18)


def test_the_opset_is_that_of_onnxs_own_operators() -> None:
    proto = model(ADD)
    proto.opset_import.append(helper.make_opsetid("com.example", 300))
    assert read_graph(proto.SerializeToString()).opset == 18
    del proto.opset_import[:]
    assert read_graph(proto.SerializeToString()).opset == 0


def test_weights_and_structure_are_in_the_digest() -> None:
    other = (model(ADD, weight=1.0000001), model(helper.make_node("Mul", ["x", "kernel"], ["y"])))
    digests = {read_graph(proto.SerializeToString()).digest for proto in (model(ADD), *other)}
    assert len(digests) == 3


@pytest.mark.parametrize("operation", ["Loop", "If", "Scan"])
def test_operations_with_graphs_of_their_own_are_named(operation: str) -> None:
    body = helper.make_graph([ADD], "body", [], [])
    node = helper.make_node(operation, ["x"], ["y"], body=body)
    assert read_graph(model(ADD, node, node).SerializeToString()).forbidden == (operation,)


def test_other_domains_and_functions_are_named() -> None:
    node = helper.make_node("Shell", ["x"], ["y"], domain="com.example")
    proto = model(node)
    function = helper.make_function("here", "F", ["x"], ["y"], [ADD], [helper.make_opsetid("", 18)])
    proto.functions.append(function)
    assert set(read_graph(proto.SerializeToString()).forbidden) == {"com.example.Shell", "a function of its own"}


def test_bytes_that_are_no_message_are_an_error_and_never_a_crash() -> None:
    data, random = model(ADD).SerializeToString(), np.random.default_rng(0)
    for cut in range(1, len(data)):
        _read_or_refuse(data[:cut])
    for _ in range(300):
        _read_or_refuse(random.bytes(60))


def _read_or_refuse(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert len(read_graph(data).digest) == 64
