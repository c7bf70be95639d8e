// SPDX-License-Identifier: Apache-2.0
// xnor_array: a tile of rows of a binary (or bit-plane) convolution.
//
// For every output pixel (rows x out_width, row-major), for every row group g (innermost of the outer loops), `occ`
// operand steps: plane pairs (activation plane a outermost, weight plane w), then the steps of window or tap mode.
// accumulator word at destination + (row * out_width + x) * groups + g:
//   acc[r] = start[class][r] + sum over plane pairs of sign * (popcount(operand OP weight[r]) << weight),
// with OP = XNOR or AND. Bits of taps outside the map and of unused lanes are forced to 0 in the operand; the start
// word makes the sum exact. Plane weights:
//   xnor, 1 x 1 planes: << 1, sign +   (dot = 2 * popcount + start, start = -valid bits - 2 * zeros of w at forced
//   bits) xnor, n unsigned activation planes x bipolar weights: plane i: << i, sign + and: planes i, j: << (i + j);
//   sign - where exactly one of i, j is the sign plane of a signed operand.
// Steps, with C = cells per plane of the view, m = cell slices:
//   windows: for ky3 in ceil(kh/3), kx3 in ceil(kw/3), c in C: operand = 9 cells (ky3*3+dy, kx3*3+dx) tap-major, cell c
//   taps:    for ky in kh, kx in kw, c9 in ceil(C/9): operand = cells c9*9 .. c9*9+8 of one tap
// windows when dilation is 1 and it takes fewer steps or as many, else taps: `taps` says which, so that the hardware
// need not count. An operand is 9 * 16m bits = 3m words of
// 48, cell k at bits [k*16m, (k+1)*16m), channel i of a cell at its bit i. weight word address = weights + ((g *
// pairs_w + j) * steps + step) for weight plane j; each word holds rows x 3m x 48 bits, row r at bits [r*144m,
// (r+1)*144m). Start word address = start + (g * classes + class_y * classes_x + class_x), in parameters region 1, 32
// bits a row.
#pragma once

#include <array>
#include <cstdint>

#include "units/synchronisation.h"

namespace blendsim {

inline constexpr int most_planes = 8;  // of either operand

struct XnorInstruction {
  Synchronisation sync;
  std::uint32_t source = 0;  // BinaryMap::base
  std::uint32_t in_height = 0, in_width = 0;
  std::uint32_t map_cells = 0;           // BinaryMap::cells of the whole map
  std::uint32_t first_cell = 0;          // of the view
  std::uint32_t cells = 0;               // C: cells of the view, one plane
  std::uint32_t plane_cells = 0;         // distance of planes, in cells
  std::uint32_t last_cell_channels = 0;  // valid channels of cell C-1, minus 1 (0..16m-1): the rest is forced to 0
  std::uint32_t kernel_h = 1, kernel_w = 1;
  std::uint32_t stride_h = 1, stride_w = 1;
  std::uint32_t dilation_h = 1, dilation_w = 1;
  std::uint32_t pad_top = 0, pad_left = 0;
  std::uint32_t out_row = 0, rows = 0;
  std::uint32_t out_height = 0, out_width = 0;
  std::uint32_t class_top = 0, class_bottom = 0, class_left = 0, class_right = 0;  // BorderClasses
  std::uint32_t groups = 1;       // row groups of `rows` output channels
  std::uint32_t weights = 0;      // weights_binary address
  std::uint32_t start = 0;        // parameters address
  std::uint32_t destination = 0;  // accumulators address
  std::uint32_t activation_bits = 1, weight_bits = 1;
  std::uint32_t use_and = 0;
  std::uint32_t activation_signed = 0, weight_signed = 0;
  std::uint32_t taps = 0;
  bool operator==(const XnorInstruction&) const = default;
};

inline constexpr std::array xnor_fields = {
    Field<XnorInstruction>{"source", &XnorInstruction::source, 14, "bank address of the input map"},
    Field<XnorInstruction>{"in_height", &XnorInstruction::in_height, 9, "input rows"},
    Field<XnorInstruction>{"in_width", &XnorInstruction::in_width, 9, "input columns"},
    Field<XnorInstruction>{"map_cells", &XnorInstruction::map_cells, 9, "cells a pixel of the whole map"},
    Field<XnorInstruction>{"first_cell", &XnorInstruction::first_cell, 9, "first cell of the view"},
    Field<XnorInstruction>{"cells", &XnorInstruction::cells, 9, "cells of the view in one plane"},
    Field<XnorInstruction>{"plane_cells", &XnorInstruction::plane_cells, 9, "cells from one plane to the next"},
    Field<XnorInstruction>{"last_cell_channels", &XnorInstruction::last_cell_channels, 7,
                           "valid channels of the last cell, minus 1"},
    Field<XnorInstruction>{"kernel_h", &XnorInstruction::kernel_h, 5, "kernel rows"},
    Field<XnorInstruction>{"kernel_w", &XnorInstruction::kernel_w, 5, "kernel columns"},
    Field<XnorInstruction>{"stride_h", &XnorInstruction::stride_h, 3, "stride down"},
    Field<XnorInstruction>{"stride_w", &XnorInstruction::stride_w, 3, "stride across"},
    Field<XnorInstruction>{"dilation_h", &XnorInstruction::dilation_h, 3, "dilation down"},
    Field<XnorInstruction>{"dilation_w", &XnorInstruction::dilation_w, 3, "dilation across"},
    Field<XnorInstruction>{"pad_top", &XnorInstruction::pad_top, 4, "padding above"},
    Field<XnorInstruction>{"pad_left", &XnorInstruction::pad_left, 4, "padding left"},
    Field<XnorInstruction>{"out_row", &XnorInstruction::out_row, 9, "first output row"},
    Field<XnorInstruction>{"rows", &XnorInstruction::rows, 6, "output rows"},
    Field<XnorInstruction>{"out_height", &XnorInstruction::out_height, 9, "output rows of the whole map"},
    Field<XnorInstruction>{"out_width", &XnorInstruction::out_width, 9, "output columns"},
    Field<XnorInstruction>{"class_top", &XnorInstruction::class_top, 4, "border classes at the top"},
    Field<XnorInstruction>{"class_bottom", &XnorInstruction::class_bottom, 4, "border classes at the bottom"},
    Field<XnorInstruction>{"class_left", &XnorInstruction::class_left, 4, "border classes at the left"},
    Field<XnorInstruction>{"class_right", &XnorInstruction::class_right, 4, "border classes at the right"},
    Field<XnorInstruction>{"groups", &XnorInstruction::groups, 6, "row groups"},
    Field<XnorInstruction>{"weights", &XnorInstruction::weights, 16, "first weight word"},
    Field<XnorInstruction>{"start", &XnorInstruction::start, 14, "first start word"},
    Field<XnorInstruction>{"destination", &XnorInstruction::destination, 13, "first accumulator word"},
    Field<XnorInstruction>{"activation_bits", &XnorInstruction::activation_bits, 4, "activation planes"},
    Field<XnorInstruction>{"weight_bits", &XnorInstruction::weight_bits, 4, "weight planes"},
    Field<XnorInstruction>{"use_and", &XnorInstruction::use_and, 1, "0 XNOR, 1 AND"},
    Field<XnorInstruction>{"activation_signed", &XnorInstruction::activation_signed, 1,
                           "last activation plane is the sign"},
    Field<XnorInstruction>{"weight_signed", &XnorInstruction::weight_signed, 1, "last weight plane is the sign"},
    Field<XnorInstruction>{"taps", &XnorInstruction::taps, 1, "steps are taps, not windows"},
};

}  // namespace blendsim
