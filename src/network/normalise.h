// SPDX-License-Identifier: Apache-2.0
// One dialect out of many: after normalise() a Graph holds only the canonical operators below, whatever tool wrote it.
//
// Every canonical operator is float32 in and out ("dequantised" values), so evaluate() runs a normalised graph too, and
// a normalised graph computes what the file says, tensor by tensor. `constant` parameters are attributes of type
// Constant, already dequantised where the file quantised them. X, Y are tensors.
//
//   Quant           X | scale (Constant, [] or broadcastable per channel), zero_point (Constant, same), lo, hi (int),
//                     rounding (QONNX name, upper case), bits, signed (int)
//                   y = (round(clip(X/scale + zero_point, lo, hi)) - zero_point) * scale
//                   from Quant, IntQuant, QuantizeLinear -> [Clip] -> DequantizeLinear. `saturate_first` int: 1 clips
//                   before rounding (QONNX); 0 is ONNX's
//                   y = (clip(round(X/scale) + zero_point, lo, hi) - zero_point) * scale. Equal results unless
//                   zero_point is odd and X/scale is exactly between two integers.
//   Bipolar         X | scale (Constant)                 y = (X >= 0 ? +1 : -1) * scale
//                   from BipolarQuant, 1-bit Quant, Where(X >= 0, s, -s), GreaterOrEqual -> Cast -> Mul 2 -> Sub 1,
//                   STE residue
//   Sign            X                                    y in {-1, 0, +1}
//   MultiThreshold  X | thresholds (Constant [C or 1, n]), out_scale, out_bias (float)
//                   y = out_scale * #{ X >= T[c,i] } + out_bias; channel axis 1
//   Trunc           X | scale, zero_point, in_bits, out_bits, out_scale (Constant/float), lo, hi,
//                   rounding, version (int)
//   Conv            X, W [, B]  | kernel_shape, strides, dilations, pads (explicit [t, l, b, r]), group
//   MatMul          X, W         W is [K, N]: from MatMul, Gemm (transA, transB, alpha and bias become
//                   Transpose, Mul and Add)
//   BatchNormalization X | gamma, beta, mean, variance (Constant [C]), epsilon (float)
//   Add Sub Mul Div Pow   X, Y   either may be a constant tensor of the graph (order kept)
//   Relu, PRelu (X | slope Constant; LeakyRelu becomes this), Clip (X | lo, hi float), Sigmoid
//   MaxPool, AveragePool  X | kernel_shape, strides, pads, dilations, ceil_mode, count_include_pad (int)
//                           GlobalAveragePool, GlobalMaxPool, ReduceMean become these with the full kernel
//   Concat          X... | axis (int, non-negative)
//   Reshape         X | shape (ints, fully resolved)     from Reshape, Flatten, Squeeze, Unsqueeze and Shape chains
//   Transpose       X | perm
//   Softmax, ArgMax, TopK (outputs values, indices | axis, k, largest, sorted), as ONNX
//
//   Integers        X | zero_point (float), lo, hi (int): a network's output of integers
//
// Integer tensors of the file keep their names and are float32 here, less their zero point (Graph::integers).
//
// Weights: the second input of Conv or MatMul is a graph constant, or the output of Quant/Bipolar/Sign/Transpose nodes
// over constants; those nodes are kept (not folded), so that lowering sees integers and scales. W of MatMul that came
// from Transpose(Quant(constant)) is rewritten to Quant of the transposed constant (per-channel parameters too).
// Everything else that has only constant inputs is folded. Dropout and Identity vanish. Each canonical node's `origin`
// lists the file's nodes it stands for, and its outputs keep the file's tensor names.
#pragma once

#include "network/graph.h"

namespace blendsim {

// Throws DiagnosticError naming the node: unsupported-operator, unsupported-attribute, not-constant, bad-constant,
// shape-mismatch, dynamic-shape, number-width. All nodes are checked before it throws.
[[nodiscard]] Graph normalise(Graph graph);

}  // namespace blendsim
