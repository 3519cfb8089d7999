"""model.onnx or its int8 form → .tflite, operator by operator, for the operations that MobileNet_M is made of.

Google's converter (litert-torch 0.10) cannot stand beside this project's other libraries: its xdsl 0.28 asks for
typing-extensions below 4.13, anyio for 4.16 and more. The network has eleven kinds of operators at most; this writes
the very same numbers, int8 included, and the gate compares the outcome in LiteRT's own interpreter.

The file takes rgb (1, size, size, 3) float32, 0–255, channels last, as images are stored.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from leukolens.base.errors import ModelError
from leukolens.research.export.tflite import Scale, Writer, with_texts


def to_tflite(model: onnx.ModelProto, *, size: int, path: Path) -> bytes:
    """The file, with every text of the model's metadata behind it. size: side of the input, px.

    Raises ModelError, naming `path`, for a network with other operations.
    """
    graph = _Graph(model, size=size, path=path)
    texts = {entry.key: entry.value for entry in model.metadata_props}
    return with_texts(graph.written(model.doc_string), texts)


class _Graph:
    """One pass over the nodes. ONNX has channels second, LiteRT last: four-dimensional tensors are turned."""

    def __init__(self, model: onnx.ModelProto, *, size: int, path: Path) -> None:
        self.path = path
        self.nodes = list(model.graph.node)
        self.outputs = [output.name for output in model.graph.output]
        self.constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
        self.scaled: dict[str, tuple[NDArray[Any], NDArray[np.float32]]] = {}
        self.writer = Writer()
        self.shapes: dict[str, tuple[int, ...]] = {"rgb": (1, size, size, 3)}
        self.int8: dict[str, int] = {}
        self.float32 = {"rgb": self.writer.tensor("rgb", self.shapes["rgb"])}
        self.scales: dict[str, Scale] = {}
        self.done: set[str] = set()

    def written(self, description: str) -> bytes:
        """Translate every node, and finish the file."""
        write: dict[str, Callable[[onnx.NodeProto], None]] = {
            "Conv": self._convolution,
            "QuantizeLinear": self._quantise,
            "DequantizeLinear": self._dequantise,
            "Mul": self._arithmetic,
            "Add": self._arithmetic,
            "Sub": self._arithmetic,
            "Sqrt": self._inverse_root,
            "Clip": self._clip,
            "ReduceMean": self._reduction,
            "ReduceSum": self._reduction,
        }
        for node in self.nodes:
            if node.name in self.done:
                continue
            if node.op_type not in write:
                raise self._refused(f"holds the operation {node.op_type}")
            write[node.op_type](node)
        outputs = {name: self._as_float(name) for name in self.outputs}
        return self.writer.finish({"rgb": self.float32["rgb"]}, outputs, description=description)

    def _refused(self, what: str) -> ModelError:
        return ModelError(f"{what}, which the LiteRT export does not support", path=self.path, hint="Export it as ONNX")

    def _only_reader(self, name: str, kind: str) -> onnx.NodeProto | None:
        """The node that reads `name`, when it is the only one and of that kind."""
        readers = [node for node in self.nodes if name in node.input]
        return readers[0] if len(readers) == 1 and readers[0].op_type == kind else None

    def _scale(self, node: onnx.NodeProto) -> Scale:
        """Of an activation: ONNX Runtime's 0 … 255 become LiteRT's −128 … 127."""
        zero = self.constants[node.input[2]]
        return Scale(
            step=np.atleast_1d(self.constants[node.input[1]]), zero=int(zero) - (128 if zero.dtype == np.uint8 else 0)
        )

    def _convolution(self, node: onnx.NodeProto) -> None:
        """A convolution with what is fused into it: the clip to 0 … 6 and the rounding to int8 behind it."""
        clip = self._only_reader(node.output[0], "Clip")
        behind = node.output[0] if clip is None else clip.output[0]
        rounding = self._only_reader(behind, "QuantizeLinear")
        if clip is not None:
            self._refuse_limits(clip)
        if node.input[1] in self.scaled and rounding is None:
            self._weights_in_float(node)
        is_int8 = node.input[1] in self.scaled
        kernel = self.scaled[node.input[1]][0] if is_int8 else self.constants[node.input[1]]
        depthwise = _attribute(node, "group", 1) > 1
        shape = self._convolved(node, kernel.shape)
        name = node.output[0] if rounding is None else rounding.output[0]
        inputs = [self.int8[node.input[0]] if is_int8 else self._as_float(node.input[0])]
        inputs += self._weights(node, kernel, is_int8=is_int8, depthwise=depthwise)
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        stride = _attribute(node, "strides", [1, 1])
        options.padding, (options.strideH, options.strideW) = schema.Padding.SAME, stride
        options.dilationHFactor = options.dilationWFactor = 1
        fused = schema.ActivationFunctionType
        options.fusedActivationFunction = fused.NONE if clip is None else fused.RELU6
        if depthwise:
            options.depthMultiplier = 1
        code = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        for passed in (clip, rounding if is_int8 else None):
            if passed is not None:
                self.done.add(passed.name)
        if is_int8 and rounding is not None:
            self.scales[name], self.shapes[name] = self._scale(rounding), shape
            self.int8[name] = self.writer.tensor(name, shape, "int8", self.scales[name])
            self.writer.operator(code, inputs, self.int8[name], options)
        else:
            self._operator(code, inputs, behind, shape, options)

    def _weights_in_float(self, node: onnx.NodeProto) -> None:
        """LiteRT has no convolution of int8 that answers in float: the weights keep what 7 bits made of them."""
        for name in node.input[1:]:
            stored, steps = self.scaled.pop(name)
            self.constants[name] = (stored.T * steps).T.astype(np.float32)  # channels first, whatever follows

    def _convolved(self, node: onnx.NodeProto, kernel: tuple[int, ...]) -> tuple[int, ...]:
        """The answer's shape; the padding must be TensorFlow's "same"."""
        _, height, width, channels = self.shapes[node.input[0]]
        strides, pads = _attribute(node, "strides", [1, 1]), _attribute(node, "pads", [0, 0, 0, 0])
        sides, begins, ends = [], [], []
        for side, stride, reach in zip((height, width), strides, kernel[2:], strict=True):
            out = -(-side // stride)
            total = max((out - 1) * stride + reach - side, 0)
            sides.append(out)
            begins.append(total // 2)
            ends.append(total - total // 2)
        if list(pads) != begins + ends or set(_attribute(node, "dilations", [1])) != {1}:
            raise self._refused(f"pads a convolution by {list(pads)}")
        if _attribute(node, "group", 1) not in (1, channels) or (_attribute(node, "group", 1) > 1 and kernel[1] != 1):
            raise self._refused("holds a convolution in groups")
        return (1, *sides, kernel[0])

    def _weights(self, node: onnx.NodeProto, kernel: NDArray[Any], *, is_int8: bool, depthwise: bool) -> list[int]:
        """Kernel and bias, stored. ONNX: (out, in, h, w); LiteRT: (out, h, w, in), depthwise (1, h, w, out).

        A convolution before an `ImageNorm` has no bias, and gets one of zeros.
        """
        turned = kernel.transpose(1, 2, 3, 0) if depthwise else kernel.transpose(0, 2, 3, 1)
        name = node.input[2] if len(node.input) > 2 else f"{node.input[1]}.bias"
        if not is_int8:
            bias = self.constants.get(name, np.zeros(len(kernel), np.float32))
            return [self.writer.constant(node.input[1], turned), self.writer.constant(name, bias)]
        steps = self.scaled[node.input[1]][1]
        none = np.zeros(len(kernel), np.int32), steps * self.scales[node.input[0]].step
        bias, bias_steps = self.scaled.get(name, none)
        return [
            self.writer.constant(node.input[1], turned, Scale(step=steps, axis=3 if depthwise else 0)),
            self.writer.constant(name, bias, Scale(step=bias_steps)),
        ]

    def _quantise(self, node: onnx.NodeProto) -> None:
        """Float → int8, where a convolution in float or the input's scaling stands before."""
        name = node.output[0]
        self.shapes[name], self.scales[name] = self.shapes[node.input[0]], self._scale(node)
        self.int8[name] = self.writer.tensor(name, self.shapes[name], "int8", self.scales[name])
        self.writer.operator("QUANTIZE", [self._as_float(node.input[0])], self.int8[name], schema.QuantizeOptionsT())

    def _dequantise(self, node: onnx.NodeProto) -> None:
        """Of a constant: remember number and step. Of an activation: the same tensor under another name."""
        source, name = node.input[0], node.output[0]
        if source in self.constants:
            self.scaled[name] = (self.constants[source], np.atleast_1d(self.constants[node.input[1]]))
        else:
            self.int8[name], self.shapes[name] = self.int8[source], self.shapes[source]
            self.scales[name] = self.scales[source]

    def _as_float(self, name: str) -> int:
        """The tensor in float; one that is int8 is turned back, once."""
        if name not in self.float32:
            self._operator("DEQUANTIZE", [self.int8[name]], name, self.shapes[name], schema.DequantizeOptionsT())
        return self.float32[name]

    def _arithmetic(self, node: onnx.NodeProto) -> None:
        """An activation times, plus or minus a constant or another activation."""
        inputs, shapes = [], []
        for name in node.input:
            if name in self.constants:
                values = self.constants[name].astype(np.float32)
                values = values.transpose(0, 2, 3, 1) if values.ndim == 4 else values
                inputs.append(self.writer.constant(f"{node.output[0]}.{name}", values))
                shapes.append(values.shape)
            else:
                inputs.append(self._as_float(name))
                shapes.append(self.shapes[name])
        options = {"Mul": schema.MulOptionsT, "Add": schema.AddOptionsT, "Sub": schema.SubOptionsT}[node.op_type]()
        self._operator(node.op_type.upper(), inputs, node.output[0], np.broadcast_shapes(*shapes), options)

    def _inverse_root(self, node: onnx.NodeProto) -> None:
        """One over the root, as `ImageNorm` takes it."""
        reciprocal = self._only_reader(node.output[0], "Reciprocal")
        if reciprocal is None:
            raise self._refused("takes a root")
        self.done.add(reciprocal.name)
        self._operator("RSQRT", [self._as_float(node.input[0])], reciprocal.output[0], self.shapes[node.input[0]])

    def _clip(self, node: onnx.NodeProto) -> None:
        """One that stands behind no convolution."""
        self._refuse_limits(node)
        self._operator("RELU6", [self._as_float(node.input[0])], node.output[0], self.shapes[node.input[0]])

    def _refuse_limits(self, clip: onnx.NodeProto) -> None:
        limits = [float(self.constants[name]) for name in clip.input[1:]]
        if limits != [0.0, 6.0]:
            raise self._refused(f"clips to {limits}")

    def _operator(self, code: str, inputs: list[int], name: str, shape: tuple[int, ...], options: Any = None) -> None:
        """One whose answer is in float."""
        self.shapes[name] = shape
        self.float32[name] = self.writer.tensor(name, shape)
        self.writer.operator(code, inputs, self.float32[name], options)

    def _reduction(self, node: onnx.NodeProto) -> None:
        """Mean or sum over some axes."""
        given, shape = node.input[0], self.shapes[node.input[0]]
        turned = {0: 0, 1: 3, 2: 1, 3: 2} if len(shape) == 4 else {axis: axis for axis in range(len(shape))}
        axes = sorted(turned[int(axis) % len(shape)] for axis in self.constants[node.input[1]].ravel())
        options = schema.ReducerOptionsT()
        options.keepDims = kept = bool(_attribute(node, "keepdims", 1))
        left = tuple(1 if axis in axes else side for axis, side in enumerate(shape) if kept or axis not in axes)
        inputs = [self._as_float(given), self.writer.constant(f"{node.output[0]}.axes", np.array(axes, np.int32))]
        self._operator("MEAN" if node.op_type == "ReduceMean" else "SUM", inputs, node.output[0], left, options)


def _attribute(node: onnx.NodeProto, name: str, default: Any) -> Any:
    return next((helper.get_attribute_value(one) for one in node.attribute if one.name == name), default)
