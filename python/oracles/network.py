# SPDX-License-Identifier: Apache-2.0
"""A family of small convolutional networks whose layers have widths of their own, and their QONNX files.

A network is a stack of 3x3 convolutions, each with batch normalisation, ReLU and a quantiser, the last of a stage
followed by a 2x2 maximum, and a dense layer of `classes` scores. Layer i has `width * 2^i` channels.

Integers are `bits` wide and their scales powers of two, so that no product or sum of the file rounds in float32.
Weights: symmetric, -(2^(bits-1) - 1) to 2^(bits-1) - 1; of one bit -1 and +1. Activations: unsigned.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

INPUT_BITS = 8


@dataclasses.dataclass(frozen=True)
class Spec:
    """What a point of a study describes. `weights` and `activations`: bits a layer; the dense layer has weights."""

    channels: int  # of the input map
    side: int  # of it, in pixels
    classes: int
    width: int
    kernel: int
    weights: tuple[int, ...]  # conv1, ..., dense
    activations: tuple[int, ...]  # conv1, ...
    input_scale: float  # a power of two

    @property
    def convolutions(self) -> int:
        return len(self.activations)

    def shape(self, layer: int) -> tuple[int, ...]:
        """Of a layer's weights: [out, in, k, k] of a convolution, [classes, features] of the dense layer."""
        if layer < self.convolutions:
            before = self.channels if layer == 0 else self.width << (layer - 1)
            return (self.width << layer, before, self.kernel, self.kernel)
        side = self.side >> self.convolutions
        return (self.classes, (self.width << (self.convolutions - 1)) * side * side)

    def size_bits(self) -> int:
        """Bits of all weights."""
        return sum(math.prod(self.shape(layer)) * bits for layer, bits in enumerate(self.weights))

    def architecture(self) -> tuple:
        """All but the widths of numbers."""
        return (self.channels, self.side, self.classes, self.width, self.kernel, self.convolutions)


def spec_of(point: dict, channels: int, side: int, classes: int, convolutions: int, input_scale: float) -> Spec:
    """The network of `{"network.width": 8, "precision.conv1.weights": 4, ...}`; what is not named has 8 bits.

    Raises ValueError for a name that the family has not, and for a value out of range.
    """
    names = [f"conv{i + 1}" for i in range(convolutions)]
    known = {"network.width": 8, "network.kernel": 3}
    known |= {f"precision.{name}.weights": 8 for name in [*names, "dense"]}
    known |= {f"precision.{name}.activations": 8 for name in names}
    for name, value in point.items():
        if name not in known:
            raise ValueError(f"no key '{name}'; there are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{name} is {value!r}, not a whole number")
        if name.startswith("precision.") and not 1 <= value <= 8:
            raise ValueError(f"{name} is {value}, not 1 to 8 bits")
        known[name] = value
    if known["network.kernel"] not in (1, 3, 5) or not 1 <= known["network.width"] <= 128:
        raise ValueError("network.kernel is 1, 3 or 5, network.width 1 to 128")
    return Spec(
        channels, side, classes, known["network.width"], known["network.kernel"],
        tuple(known[f"precision.{name}.weights"] for name in [*names, "dense"]),
        tuple(known[f"precision.{name}.activations"] for name in names), input_scale)


def weight_limit(bits: int) -> int:
    """The largest integer of a weight."""
    return 1 if bits == 1 else (1 << (bits - 1)) - 1


def quantised_weights(weights: np.ndarray, bits: int, scale: float) -> np.ndarray:
    """As the file's Quant or BipolarQuant computes them: ties to even, and +1 for 0 of one bit."""
    if bits == 1:
        return np.where(weights >= 0, np.float32(scale), np.float32(-scale))
    limit = weight_limit(bits)
    return np.clip(np.round(weights / np.float32(scale)), -limit, limit) * np.float32(scale)


def weight_scale(weights: np.ndarray, bits: int) -> float:
    """The power of two with the least squared error."""
    top = math.ceil(math.log2(max(float(np.abs(weights).max()), 1e-6)))
    candidates = [2.0**e for e in range(top - bits - 3, top + 1)]
    errors = [float(np.square(quantised_weights(weights, bits, s) - weights).sum()) for s in candidates]
    return candidates[int(np.argmin(errors))]


def activation_scale(values: np.ndarray, bits: int) -> float:
    """Alike, of unsigned integers, for values that a ReLU let through."""
    values = np.maximum(values, 0)
    top = math.ceil(math.log2(max(float(values.max()), 1e-6)))
    candidates = [2.0**e for e in range(top - bits - 3, top + 1)]
    limit = (1 << bits) - 1
    errors = [float(np.square(np.clip(np.round(values / s), 0, limit) * s - values).sum()) for s in candidates]
    return candidates[int(np.argmin(errors))]


@dataclasses.dataclass
class Parameters:
    """Of a network, as arrays of float32: trained, or any. Lists are by layer."""

    weights: list[np.ndarray]
    weight_scales: list[float]
    activation_scales: list[float]
    gamma: list[np.ndarray]  # of batch normalisation, [out], as are the next three
    beta: list[np.ndarray]
    mean: list[np.ndarray]
    variance: list[np.ndarray]
    bias: np.ndarray  # of the dense layer, [classes]


EPSILON = 1e-5


def untrained(spec: Spec, seed: int = 1) -> Parameters:
    """Weights that nobody trained: what a machine takes for a network does not depend on them."""
    random = np.random.default_rng(seed)
    weights, outs = [], []
    for layer in range(spec.convolutions + 1):
        shape = spec.shape(layer)
        deviation = math.sqrt(2 / math.prod(shape[1:]))
        weights.append((random.standard_normal(shape) * deviation).astype(np.float32))
        outs.append(shape[0])
    ones = [np.ones(n, np.float32) for n in outs[:-1]]
    zeros = [np.zeros(n, np.float32) for n in outs[:-1]]
    return Parameters(
        weights, [weight_scale(w, b) for w, b in zip(weights, spec.weights)],
        [2.0 ** (2 - bits) for bits in spec.activations],
        ones, zeros, zeros, ones, np.zeros(spec.classes, np.float32))


def write_qonnx(spec: Spec, parameters: Parameters, file: str) -> None:
    """The network as QONNX: input `image` [1, channels, side, side], output `scores` [1, classes]."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []

    def constant(name: str, value) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(op: str, inputs: list[str], output: str, domain: str = "", **attributes) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def quant(tensor: str, output: str, scale: float, bits: int, signed: int) -> str:
        if signed and bits == 1:
            return node("BipolarQuant", [tensor, constant(output + ".scale", scale)], output, "qonnx.custom_op.general")
        inputs = [tensor, constant(output + ".scale", scale), constant(output + ".zero", 0.0),
                  constant(output + ".bits", float(bits))]
        return node("Quant", inputs, output, "qonnx.custom_op.general", signed=signed, narrow=signed,
                    rounding_mode="ROUND")

    def weights(layer: int, name: str) -> str:
        return quant(constant(name + ".weight", parameters.weights[layer]), name + ".quantised",
                     parameters.weight_scales[layer], spec.weights[layer], 1)

    tensor = quant("image", "input", spec.input_scale, INPUT_BITS, 0)
    pad = spec.kernel // 2
    for layer in range(spec.convolutions):
        name = f"conv{layer + 1}"
        tensor = node("Conv", [tensor, weights(layer, name)], name, kernel_shape=[spec.kernel] * 2, pads=[pad] * 4)
        batch = [constant(f"{name}.{part}", getattr(parameters, part)[layer])
                 for part in ("gamma", "beta", "mean", "variance")]
        tensor = node("BatchNormalization", [tensor, *batch], name + ".norm", epsilon=EPSILON)
        tensor = node("Relu", [tensor], name + ".relu")
        tensor = quant(tensor, name + ".out", parameters.activation_scales[layer], spec.activations[layer], 0)
        tensor = node("MaxPool", [tensor], name + ".pool", kernel_shape=[2, 2], strides=[2, 2])
    tensor = node("Flatten", [tensor], "flat", axis=1)
    tensor = node("Gemm", [tensor, weights(spec.convolutions, "dense"), constant("dense.bias", parameters.bias)],
                  "scores", transB=1)
    graph = helper.make_graph(
        nodes, "network",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, spec.channels, spec.side, spec.side])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, spec.classes])], constants)
    model = helper.make_model(graph, producer_name="blendsim", opset_imports=[
        helper.make_opsetid("", 13), helper.make_opsetid("qonnx.custom_op.general", 1)])
    with open(file, "wb") as stream:
        stream.write(model.SerializeToString())
