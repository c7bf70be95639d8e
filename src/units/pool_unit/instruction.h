// SPDX-License-Identifier: Apache-2.0
// pool_unit: a tile of rows of max, average or global pooling.
//
// For every lane group, every output pixel (rows x out_width): the window's taps inside the map are combined.
//   binary (act_binary to act_binary, bipolar only): max = OR. A 3x3 window a step.
//   fixed (act_fixed to act_fixed): max, or sum of (value - zero_point), times divisor / taps inside where divisor > 0;
//   one tap a step, of `in_bytes` (1, 2, 4) words; results of out_bytes. Addresses as in mac_array and post_unit.
#pragma once

#include <array>
#include <cstdint>

#include "units/synchronisation.h"

namespace blendsim {

struct PoolInstruction {
  Synchronisation sync;
  std::uint32_t binary = 0;
  std::uint32_t sum = 0;     // 0 max, 1 sum
  std::uint32_t source = 0;  // fixed: the view's first word at (0, 0); binary: BinaryMap::base
  std::uint32_t in_height = 0, in_width = 0;
  std::uint32_t in_slices = 0;  // slices (binary: cells) a pixel of the whole map
  std::uint32_t in_first = 0;   // binary: first cell of the view
  std::uint32_t in_bytes_log2 = 0, in_signed = 1;
  std::uint32_t zero_point = 0;  // two's complement, 9 bits
  std::uint32_t slices = 0;      // slices (binary: cells) of the tile
  std::uint32_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::uint32_t pad_top = 0, pad_left = 0;
  std::uint32_t out_row = 0, rows = 0, out_width = 0;
  std::uint32_t destination = 0;  // fixed: the tile's first word; binary: BinaryMap::base
  std::uint32_t out_slices = 0;   // slices (binary: cells) a pixel of the map written
  std::uint32_t out_first = 0;    // binary: first cell written
  std::uint32_t out_bytes_log2 = 0;
  std::uint32_t out_height = 0;  // of the map written
  std::uint32_t divisor = 0;
  bool operator==(const PoolInstruction&) const = default;
};

inline constexpr std::array pool_fields = {
    Field<PoolInstruction>{"binary", &PoolInstruction::binary, 1, "packed bits"},
    Field<PoolInstruction>{"sum", &PoolInstruction::sum, 1, "0 max, 1 sum"},
    Field<PoolInstruction>{"source", &PoolInstruction::source, 17, "address of the input map"},
    Field<PoolInstruction>{"in_height", &PoolInstruction::in_height, 9, "input rows"},
    Field<PoolInstruction>{"in_width", &PoolInstruction::in_width, 9, "input columns"},
    Field<PoolInstruction>{"in_slices", &PoolInstruction::in_slices, 9, "slices or cells a pixel of the input map"},
    Field<PoolInstruction>{"in_first", &PoolInstruction::in_first, 9, "first cell of the view"},
    Field<PoolInstruction>{"in_bytes_log2", &PoolInstruction::in_bytes_log2, 2, "bytes of an input value"},
    Field<PoolInstruction>{"in_signed", &PoolInstruction::in_signed, 1, "input is two's complement"},
    Field<PoolInstruction>{"zero_point", &PoolInstruction::zero_point, 9, "integer that stands for real 0"},
    Field<PoolInstruction>{"slices", &PoolInstruction::slices, 9, "slices or cells of the tile"},
    Field<PoolInstruction>{"kernel_h", &PoolInstruction::kernel_h, 6, "kernel rows"},
    Field<PoolInstruction>{"kernel_w", &PoolInstruction::kernel_w, 6, "kernel columns"},
    Field<PoolInstruction>{"stride_h", &PoolInstruction::stride_h, 6, "stride down"},
    Field<PoolInstruction>{"stride_w", &PoolInstruction::stride_w, 6, "stride across"},
    Field<PoolInstruction>{"dilation_h", &PoolInstruction::dilation_h, 3, "dilation down"},
    Field<PoolInstruction>{"dilation_w", &PoolInstruction::dilation_w, 3, "dilation across"},
    Field<PoolInstruction>{"pad_top", &PoolInstruction::pad_top, 4, "padding above"},
    Field<PoolInstruction>{"pad_left", &PoolInstruction::pad_left, 4, "padding left"},
    Field<PoolInstruction>{"out_row", &PoolInstruction::out_row, 9, "first output row"},
    Field<PoolInstruction>{"rows", &PoolInstruction::rows, 6, "output rows"},
    Field<PoolInstruction>{"out_width", &PoolInstruction::out_width, 9, "output columns"},
    Field<PoolInstruction>{"destination", &PoolInstruction::destination, 17, "address of the map written"},
    Field<PoolInstruction>{"out_slices", &PoolInstruction::out_slices, 9, "slices or cells a pixel of the map written"},
    Field<PoolInstruction>{"out_first", &PoolInstruction::out_first, 9, "first cell written"},
    Field<PoolInstruction>{"out_bytes_log2", &PoolInstruction::out_bytes_log2, 2, "bytes of a result"},
    Field<PoolInstruction>{"out_height", &PoolInstruction::out_height, 9, "rows of the map written"},
    Field<PoolInstruction>{"divisor", &PoolInstruction::divisor, 14, "common multiple of the tap counts; 0: plain sum"},
};

}  // namespace blendsim
