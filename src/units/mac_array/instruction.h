// SPDX-License-Identifier: Apache-2.0
// mac_array: a tile of rows of a fixed-point convolution, dense or depthwise.
//
// For every output pixel (rows x out_width, row-major), for every row group g:
//   dense:     for ky, kx, column group k in ceil(channels/columns): acc[r] += sum over lanes of w[r][lane] * x[lane];
//              column group k reads lanes [k*columns, (k+1)*columns) of the pixel, counted through its slices. Where
//              columns does not divide 16, every slice starts a new column group: k runs over slices x
//              ceil(16/columns), the last slice over ceil(its valid channels / columns).
//   depthwise: for ky, kx: acc[r] += w[r] * x[lane r of group g]; the input slices of group g are its output channels'.
// acc starts from start[class][r]; taps outside the map contribute 0. Operands are 8-bit lanes of act_fixed, signed or
// unsigned by instruction; weights signed 8 bit. Weight word address = weights + (g * taps + tap) * column_groups + k
// (depthwise: weights + g * taps + tap); row r's columns at bytes [r*columns, (r+1)*columns); depthwise row r at byte
// r. Start word address as in xnor_array, in parameters region 2. Accumulator word at destination + (row * out_width +
// x) * groups + g.
#pragma once

#include <array>
#include <cstdint>

#include "units/synchronisation.h"

namespace blendsim {

struct MacInstruction {
  Synchronisation sync;
  std::uint32_t source = 0;  // act_fixed address of the view's first slice at (0, 0)
  std::uint32_t in_height = 0, in_width = 0;
  std::uint32_t map_slices = 0;  // slices a pixel of the whole map
  std::uint32_t channels = 0;    // input channels of the view (lanes walked)
  std::uint32_t kernel_h = 1, kernel_w = 1;
  std::uint32_t stride_h = 1, stride_w = 1;
  std::uint32_t dilation_h = 1, dilation_w = 1;
  std::uint32_t pad_top = 0, pad_left = 0;
  std::uint32_t out_row = 0, rows = 0;
  std::uint32_t out_height = 0, out_width = 0;
  std::uint32_t class_top = 0, class_bottom = 0, class_left = 0, class_right = 0;
  std::uint32_t groups = 1;
  std::uint32_t weights = 0;
  std::uint32_t start = 0;
  std::uint32_t destination = 0;
  std::uint32_t depthwise = 0;
  std::uint32_t activation_signed = 1;
  bool operator==(const MacInstruction&) const = default;
};

inline constexpr std::array mac_fields = {
    Field<MacInstruction>{"source", &MacInstruction::source, 17, "address of the input map's first word"},
    Field<MacInstruction>{"in_height", &MacInstruction::in_height, 9, "input rows"},
    Field<MacInstruction>{"in_width", &MacInstruction::in_width, 9, "input columns"},
    Field<MacInstruction>{"map_slices", &MacInstruction::map_slices, 9, "slices a pixel of the whole map"},
    Field<MacInstruction>{"channels", &MacInstruction::channels, 13, "input channels"},
    Field<MacInstruction>{"kernel_h", &MacInstruction::kernel_h, 5, "kernel rows"},
    Field<MacInstruction>{"kernel_w", &MacInstruction::kernel_w, 5, "kernel columns"},
    Field<MacInstruction>{"stride_h", &MacInstruction::stride_h, 3, "stride down"},
    Field<MacInstruction>{"stride_w", &MacInstruction::stride_w, 3, "stride across"},
    Field<MacInstruction>{"dilation_h", &MacInstruction::dilation_h, 3, "dilation down"},
    Field<MacInstruction>{"dilation_w", &MacInstruction::dilation_w, 3, "dilation across"},
    Field<MacInstruction>{"pad_top", &MacInstruction::pad_top, 4, "padding above"},
    Field<MacInstruction>{"pad_left", &MacInstruction::pad_left, 4, "padding left"},
    Field<MacInstruction>{"out_row", &MacInstruction::out_row, 9, "first output row"},
    Field<MacInstruction>{"rows", &MacInstruction::rows, 6, "output rows"},
    Field<MacInstruction>{"out_height", &MacInstruction::out_height, 9, "output rows of the whole map"},
    Field<MacInstruction>{"out_width", &MacInstruction::out_width, 9, "output columns"},
    Field<MacInstruction>{"class_top", &MacInstruction::class_top, 4, "border classes at the top"},
    Field<MacInstruction>{"class_bottom", &MacInstruction::class_bottom, 4, "border classes at the bottom"},
    Field<MacInstruction>{"class_left", &MacInstruction::class_left, 4, "border classes at the left"},
    Field<MacInstruction>{"class_right", &MacInstruction::class_right, 4, "border classes at the right"},
    Field<MacInstruction>{"groups", &MacInstruction::groups, 6, "row groups"},
    Field<MacInstruction>{"weights", &MacInstruction::weights, 16, "first weight word"},
    Field<MacInstruction>{"start", &MacInstruction::start, 14, "first start word"},
    Field<MacInstruction>{"destination", &MacInstruction::destination, 13, "first accumulator word"},
    Field<MacInstruction>{"depthwise", &MacInstruction::depthwise, 1, "own-lane operand"},
    Field<MacInstruction>{"activation_signed", &MacInstruction::activation_signed, 1,
                          "activations are two's complement"},
};

}  // namespace blendsim
