#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a network whose every weight is its tensor's greatest magnitude: the least that a program can toggle.

    equal_words.py IN.onnx OUT.onnx
"""
import sys

import numpy
import onnx
from onnx import numpy_helper


def initializer_of(graph, name):
    """The initializer that a weight comes from, through quantisers; None: there is none."""
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    producers = {output: node for node in graph.node for output in node.output}
    while name not in initializers:
        if name not in producers:
            return None
        name = producers[name].input[0]
    return initializers[name]


def main(source, target):
    model = onnx.load(source)
    for node in model.graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul"):
            continue
        tensor = initializer_of(model.graph, node.input[1])
        if tensor is None:
            continue
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array(numpy.full_like(values, numpy.abs(values).max()), tensor.name))
    onnx.save(model, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
