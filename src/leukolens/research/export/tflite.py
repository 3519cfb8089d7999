"""A .tflite file from scratch: tensors and operators in, a flatbuffer out, with texts appended as its metadata are.

The format: schema.fbs of TensorFlow Lite, version 3, through the classes that ai-edge-litert generates from it. Texts
stand in a ZIP archive behind the flatbuffer, where Android's MetadataExtractor and any unzip find them.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "DEQUANTIZE": 2}
"""From which version of an operator on it takes int8 with a scale for each channel; 1 for all others."""
TYPES = {"float32": "FLOAT32", "int8": "INT8", "int32": "INT32"}
ALIGNMENT = 16
"""Bytes; schema.fbs asks for it, and an ARM core may trap without."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How whole numbers stand for reals: (stored − zero) × step."""

    step: NDArray[np.float32]
    """(1,), or one for each channel."""
    zero: int = 0
    axis: int = 0
    """Which axis of the tensor the channels are."""


class _Buffer(schema.BufferT):  # type: ignore[misc]  # the generated classes have no types
    """A buffer whose bytes begin at a multiple of ALIGNMENT."""

    def Pack(self, builder: Any) -> Any:
        """The generated name."""
        if self.data is not None:
            builder.Prep(ALIGNMENT, len(self.data))
        return super().Pack(builder)


class Writer:
    """Collects one graph. A tensor is known by its number, in the order of addition."""

    def __init__(self) -> None:
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [_Buffer()]  # number 0 is the empty one of all computed tensors
        self._operators: list[Any] = []
        self._codes: list[str] = []

    def tensor(self, name: str, shape: Sequence[int], kind: str = "float32", scale: Scale | None = None) -> int:
        """One that is computed. kind: 'float32', 'int8' or 'int32'."""
        made = schema.TensorT()
        made.name, made.shape, made.hasRank = name.encode(), list(shape), True
        made.type = getattr(schema.TensorType, TYPES[kind])
        if scale is not None:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale = scale.step.astype(np.float32)
            made.quantization.zeroPoint = np.full(len(scale.step), scale.zero, np.int64)
            made.quantization.quantizedDimension = scale.axis
        self._tensors.append(made)
        return len(self._tensors) - 1

    def constant(self, name: str, values: NDArray[Any], scale: Scale | None = None) -> int:
        """One that is stored: float32, int8 or int32."""
        number = self.tensor(name, values.shape, str(values.dtype), scale)
        buffer = _Buffer()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._tensors[number].buffer = len(self._buffers)
        self._buffers.append(buffer)
        return number

    def operator(self, code: str, inputs: Sequence[int], output: int, options: Any = None) -> None:
        """code: a name of BuiltinOperator. options: the generated object of that operator, where it has one."""
        if code not in self._codes:
            self._codes.append(code)
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = self._codes.index(code), list(inputs), [output]
        if options is not None:
            made.builtinOptions = options
            made.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self._operators.append(made)

    def finish(self, inputs: Mapping[str, int], outputs: Mapping[str, int], *, description: str) -> bytes:
        """The file. inputs, outputs: name → tensor; one signature names them."""
        graph = schema.SubGraphT()
        graph.name = b"main"
        graph.tensors, graph.operators = self._tensors, self._operators
        graph.inputs, graph.outputs = list(inputs.values()), list(outputs.values())
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = b"serving_default", 0
        signature.inputs, signature.outputs = _maps(inputs), _maps(outputs)
        model = schema.ModelT()
        model.version, model.description = 3, description.encode()
        model.operatorCodes = [_code(code) for code in self._codes]
        model.subgraphs, model.buffers, model.signatureDefs = [graph], self._buffers, [signature]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _maps(tensors: Mapping[str, int]) -> list[Any]:
    made = []
    for name, number in tensors.items():
        one = schema.TensorMapT()
        one.name, one.tensorIndex = name.encode(), number
        made.append(one)
    return made


def _code(name: str) -> Any:
    made = schema.OperatorCodeT()
    made.builtinCode = getattr(schema.BuiltinOperator, name)
    made.deprecatedBuiltinCode = min(made.builtinCode, 127)  # readers older than 2020 look here
    made.version = VERSIONS.get(name, 1)
    return made


def with_texts(model: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with `texts` behind it, name → text; equal texts are equal bytes."""
    file = io.BytesIO(model)
    with zipfile.ZipFile(file, "a") as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode())
    return file.getvalue()
