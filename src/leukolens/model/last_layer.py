"""A model file's last layer and its texts, read and replaced in the file's bytes without a library.

What `research.networks.mobilenet` exports ends in two constants, the weight of each feature and an offset:
evidence = Σ over features of positions × weight, plus the offset; the log-odds are its mean, and so weight · pooled
features + offset. Both stay in float in the int8 form. A new layer has the same size, so nothing else moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukolens.model.graph import GRAPH, METADATA, NODE, OPERATION, fields

_INITIALIZER = 5
"""Field of GraphProto."""
_INPUT, _OUTPUT = 1, 2
"""Fields of NodeProto."""
_NAME, _RAW = 8, 9
"""Fields of TensorProto."""
_KEY, _VALUE = 1, 2
"""Fields of StringStringEntryProto."""
_BYTES = 2
"""Kind of a field that begins with its length."""
_NOT_LINEAR = "its answer is not linear in the pooled features that it gives"


@dataclass(frozen=True, kw_only=True)
class LastLayer:
    """The log-odds of ALL are weight · pooled features + offset."""

    weight: NDArray[np.float32]
    """(F,)"""
    offset: float

    def logits(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """features: (…, F) pooled. Returns (…,) log-odds of ALL."""
        return np.asarray(features.astype(np.float64) @ self.weight.astype(np.float64) + self.offset)


@dataclass(frozen=True, kw_only=True)
class _Node:
    operation: str
    inputs: Sequence[str]


def read_last_layer(data: bytes) -> LastLayer:
    """data: a model file. Raises ValueError where its answer is not linear in the pooled features that it gives."""
    weight, offset = (np.frombuffer(data[place], "<f4") for place in _places(data))
    return LastLayer(weight=weight.astype(np.float32), offset=float(offset[0]))


def with_last_layer(data: bytes, layer: LastLayer) -> bytes:
    """The same file with another layer. Raises ValueError as `read_last_layer`, and for a layer of another size."""
    found = bytearray(data)
    for place, values in zip(_places(data), (layer.weight, np.float32(layer.offset)), strict=True):
        new = np.asarray(values, "<f4").tobytes()
        if len(new) != place.stop - place.start:
            raise ValueError(f"{len(new)} bytes do not fit into {place.stop - place.start}")
        found[place] = new
    return bytes(found)


def with_texts(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The same network with these texts in its metadata, and no others."""
    view = memoryview(data)
    kept = [view[begin:end] for number, begin, _, end in fields(view) if number != METADATA]
    entries = (_message(_KEY, key.encode()) + _message(_VALUE, text.encode()) for key, text in texts.items())
    return b"".join([*kept, *(_message(METADATA, entry) for entry in entries)])


def _places(data: bytes) -> tuple[slice, slice]:
    """Where weight and offset stand in the file, as float32, little-endian."""
    view = memoryview(data)
    (graph,) = (slice(start, end) for number, _, start, end in fields(view) if number == GRAPH)
    makers: dict[str, _Node] = {}
    constants: dict[str, slice] = {}
    for number, _, start, end in fields(view, graph.start, graph.stop):
        if number == NODE:
            node, outputs = _node(view, start, end)
            makers |= dict.fromkeys(outputs, node)
        elif number == _INITIALIZER:
            constants |= _constant(view, start, end)
    summed, offset = _parted(makers.get("evidence"), "Add", constants)
    product = makers.get(summed)
    weighed = makers.get(product.inputs[0]) if product is not None and product.operation == "ReduceSum" else None
    positions, weight = _parted(weighed, "Mul", constants)
    pooled = makers.get("features")
    if pooled is None or pooled.operation != "ReduceMean" or pooled.inputs[0] != positions:
        raise ValueError(_NOT_LINEAR)
    return constants[weight], constants[offset]


def _parted(node: _Node | None, operation: str, constants: Mapping[str, slice]) -> tuple[str, str]:
    """The input that the network computes and the constant one."""
    if node is None or node.operation != operation:
        raise ValueError(_NOT_LINEAR)
    computed, constant = sorted(node.inputs, key=lambda name: name in constants)
    if constant not in constants:
        raise ValueError(_NOT_LINEAR)
    return computed, constant


def _node(view: memoryview, start: int, end: int) -> tuple[_Node, list[str]]:
    """A node, and the names of its outputs."""
    parts = [(inner, bytes(view[a:b])) for inner, _, a, b in fields(view, start, end)]
    operation, inputs, outputs = (
        [text.decode() for inner, text in parts if inner == one] for one in (OPERATION, _INPUT, _OUTPUT)
    )
    return _Node(operation="".join(operation), inputs=inputs), outputs


def _constant(view: memoryview, start: int, end: int) -> dict[str, slice]:
    """Its name, and where its bytes stand; {} for one whose values are no raw bytes."""
    places = {inner: slice(a, b) for inner, _, a, b in fields(view, start, end)}
    return {bytes(view[places[_NAME]]).decode(): places[_RAW]} if _RAW in places else {}


def _message(number: int, value: bytes) -> bytes:
    """A field that begins with its length."""
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first."""
    low = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)]
    return bytes([*(byte | 0x80 for byte in low[:-1]), low[-1]])
