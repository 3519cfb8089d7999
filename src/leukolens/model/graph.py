"""A model file's graph, read from its bytes without a library: its digest, its opset, and what it must not hold.

An ONNX file is one protobuf message (onnx.proto3: ModelProto, GraphProto, NodeProto). Only tags and lengths are walked;
weights are skipped. The digest covers every byte but the metadata, where the card stands that holds the digest.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

GRAPH, _OPSETS, METADATA, _FUNCTIONS = 7, 8, 14, 25
"""Fields of ModelProto."""
_SET_DOMAIN, _SET_VERSION = 1, 2
"""Fields of OperatorSetIdProto."""
_OWN = ("", "ai.onnx")
"""Names of ONNX's own domain."""
NODE = 1
"""Field of GraphProto."""
OPERATION, _DOMAIN = 4, 7
"""Fields of NodeProto."""
_LOOPING = frozenset({"Loop", "If", "Scan", "SequenceMap"})
"""Operations that hold graphs of their own: how long they run, and what they hide, this walk would not see."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """What was found in a file."""

    digest: str
    """SHA-256 of the file without its metadata, 64 hexadecimal digits."""
    forbidden: tuple[str, ...]
    """Operations of the kinds that no model of LeukoLens holds, each once; '' domain is ONNX's own."""
    opset: int
    """Version of ONNX's own operators that it is written in; 0 where it names none."""


def read_graph(data: bytes) -> Graph:
    """data: a model file. Raises ValueError where it is not a protobuf message."""
    view, digest, forbidden, opset = memoryview(data), hashlib.sha256(), {}, 0
    for number, begin, start, end in fields(view):
        if number == METADATA:
            continue
        digest.update(view[begin:end])
        if number == _FUNCTIONS:
            forbidden["a function of its own"] = True
        elif number == _OPSETS:
            opset = max(opset, _own_version(view[start:end]))
        elif number == GRAPH:
            for name, domain in _operations(view[start:end]):
                if domain not in _OWN or name in _LOOPING:
                    forbidden[f"{domain}.{name}".lstrip(".")] = True
    return Graph(digest=digest.hexdigest(), forbidden=tuple(forbidden), opset=opset)


def _own_version(operators: memoryview) -> int:
    """Version of a set of operators; 0 where they are not ONNX's own."""
    places = {number: operators[start:end] for number, _, start, end in fields(operators)}
    is_own = bytes(places.get(_SET_DOMAIN, b"")).decode() in _OWN
    return _varint(places[_SET_VERSION], 0)[0] if is_own and _SET_VERSION in places else 0


def _operations(graph: memoryview) -> Iterator[tuple[str, str]]:
    """Name and domain of each node."""
    for number, _, start, end in fields(graph):
        if number == NODE:
            node = graph[start:end]
            texts = {inner: bytes(node[a:b]) for inner, _, a, b in fields(node) if inner in (OPERATION, _DOMAIN)}
            yield texts.get(OPERATION, b"").decode(), texts.get(_DOMAIN, b"").decode()


def fields(message: memoryview, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """Number of each field between two places, where its tag begins, where its value starts and ends.

    Raises ValueError where no message stands there.
    """
    place, last = start, len(message) if end is None else end
    while place < last:
        begin = place
        tag, place = _varint(message, place)
        value = place
        match tag & 7:
            case 0:
                _, place = _varint(message, place)
            case 1:
                place += 8
            case 2:
                length, value = _varint(message, place)
                place = value + length
            case 5:
                place += 4
            case kind:
                raise ValueError(f"a field of kind {kind}")
        if place > last:
            raise ValueError("a field ends after the end of the message")
        yield tag >> 3, begin, value, place


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number that does not end")
