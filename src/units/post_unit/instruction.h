// SPDX-License-Identifier: Apache-2.0
// post_unit: batch normalisation, merge, activation, requantisation, thresholds, packing (formula:
// numerics/post_formula.h).
//
// For every lane group (lanes/16 slices, or half of one), for every pixel (rows x width, row-major): per element
//   u = q3(act?(q1(a)) + q2(b)), q3(act?(q1(a) + q2(b))) or, `product`, q3(q1(a) * q2(b)), absent steps skipped.
// Results: `write_fixed` stores u, or the code when fixed_is_code, as fixed_bytes per value; `write_bits` stores the
// code in act_binary: one plane (bipolar: 1 = +1) or code_bits planes of the n-bit code in two's complement. code:
// use_table ? T[u mod 256] : use_thresholds ? Thresholds (count, base) : sign of u (u >= 0 ? 1 : 0, bipolar). Bipolar
// codes have fixed value +-1; a table's are bytes, of which planes hold the low code_bits bits.
//
// Sources: accumulators (word a + (row * width + x) * groups_a + g; element c of the tile is lane c mod rows of group
// c / rows) or act_fixed maps (word a + (pixel * map_slices + s) * bytes, pixel counted from the tile's first row;
// bytes 1, 2, 4; signed or unsigned). The tile covers `slices` slices starting at the addresses given. With b_stride 0
// b is one pixel, which meets all of a's: a channel's factor or summand.
//
// Parameters (region 0): from `parameters` on the table, if the instruction uses one: entry n is byte n of its
// table_words words. Behind it one record a slice, each of record_words (record.h says what lies where in it).
#pragma once

#include <array>
#include <cstdint>

#include "units/synchronisation.h"

namespace blendsim {

enum class PostSource : std::uint8_t { none, xnor_accumulators, mac_accumulators, fixed_map };
enum class ActivationStep : std::uint8_t { none, after_q1, after_join };

struct PostInstruction {
  Synchronisation sync;
  std::uint32_t a_source = 0, b_source = 0;  // PostSource
  std::uint32_t a = 0, b = 0;                // addresses
  std::uint32_t a_stride = 0, b_stride = 0;  // accumulators: row groups of the tile; maps: map_slices
  std::uint32_t a_bytes_log2 = 0, b_bytes_log2 = 0;
  std::uint32_t a_signed = 1, b_signed = 1;
  std::uint32_t rows = 0, width = 0;
  std::uint32_t slices = 0;
  std::uint32_t parameters = 0;
  std::uint32_t use_q1 = 0, use_q2 = 0, use_q3 = 0;
  std::uint32_t activation = 0;  // ActivationStep
  std::uint32_t rounding = 0;    // Rounding, of all q
  std::uint32_t use_thresholds = 0;
  std::uint32_t levels = 0;     // thresholds per channel
  std::uint32_t code_bits = 1;  // planes of the code
  std::uint32_t code_bipolar = 1;
  std::uint32_t write_fixed = 0, fixed_is_code = 0, fixed_bytes_log2 = 0;
  std::uint32_t fixed = 0;         // act_fixed address of the tile's first word
  std::uint32_t fixed_slices = 0;  // FixedMap::slices of the destination
  std::uint32_t write_bits = 0;
  std::uint32_t bits = 0;              // BinaryMap::base
  std::uint32_t bits_cells = 0;        // BinaryMap::cells
  std::uint32_t bits_slice = 0;        // first slice (16 channels) of the tile in a plane of the map
  std::uint32_t bits_plane_cells = 0;  // cells from one plane to the next
  std::uint32_t bits_row = 0;          // map row of the tile's first row
  std::uint32_t use_table = 0;
  std::uint32_t product = 0;
  bool operator==(const PostInstruction&) const = default;
};

inline constexpr std::array post_fields = {
    Field<PostInstruction>{"a_source", &PostInstruction::a_source, 2,
                           "1 xnor accumulators, 2 mac accumulators, 3 fixed map"},
    Field<PostInstruction>{"b_source", &PostInstruction::b_source, 2, "as a_source; 0: no join"},
    Field<PostInstruction>{"a", &PostInstruction::a, 17, "address of operand a"},
    Field<PostInstruction>{"b", &PostInstruction::b, 17, "address of operand b"},
    Field<PostInstruction>{"a_stride", &PostInstruction::a_stride, 9, "words a pixel of a: row groups or map slices"},
    Field<PostInstruction>{"b_stride", &PostInstruction::b_stride, 9, "words a pixel of b; 0: b is one pixel, for all"},
    Field<PostInstruction>{"a_bytes_log2", &PostInstruction::a_bytes_log2, 2, "bytes of a fixed-map value of a"},
    Field<PostInstruction>{"b_bytes_log2", &PostInstruction::b_bytes_log2, 2, "bytes of a fixed-map value of b"},
    Field<PostInstruction>{"a_signed", &PostInstruction::a_signed, 1, "a is two's complement"},
    Field<PostInstruction>{"b_signed", &PostInstruction::b_signed, 1, "b is two's complement"},
    Field<PostInstruction>{"rows", &PostInstruction::rows, 6, "rows of the tile"},
    Field<PostInstruction>{"width", &PostInstruction::width, 9, "columns"},
    Field<PostInstruction>{"slices", &PostInstruction::slices, 9, "slices of the tile"},
    Field<PostInstruction>{"parameters", &PostInstruction::parameters, 14, "first record"},
    Field<PostInstruction>{"use_q1", &PostInstruction::use_q1, 1, "q1 on a"},
    Field<PostInstruction>{"use_q2", &PostInstruction::use_q2, 1, "q2 on b"},
    Field<PostInstruction>{"use_q3", &PostInstruction::use_q3, 1, "q3 on the join"},
    Field<PostInstruction>{"activation", &PostInstruction::activation, 2, "0 none, 1 after q1, 2 after the join"},
    Field<PostInstruction>{"rounding", &PostInstruction::rounding, 2, "0 half to even, 1 floor, 2 half up"},
    Field<PostInstruction>{"use_thresholds", &PostInstruction::use_thresholds, 1, "code by thresholds, else by sign"},
    Field<PostInstruction>{"levels", &PostInstruction::levels, 4, "thresholds per channel"},
    Field<PostInstruction>{"code_bits", &PostInstruction::code_bits, 3, "planes of the code"},
    Field<PostInstruction>{"code_bipolar", &PostInstruction::code_bipolar, 1, "the code stands for +1 and -1"},
    Field<PostInstruction>{"write_fixed", &PostInstruction::write_fixed, 1, "writes act_fixed"},
    Field<PostInstruction>{"fixed_is_code", &PostInstruction::fixed_is_code, 1, "act_fixed gets the code instead of u"},
    Field<PostInstruction>{"fixed_bytes_log2", &PostInstruction::fixed_bytes_log2, 2, "bytes of a value written"},
    Field<PostInstruction>{"fixed", &PostInstruction::fixed, 17, "address of the first word written"},
    Field<PostInstruction>{"fixed_slices", &PostInstruction::fixed_slices, 9, "slices a pixel of the map written"},
    Field<PostInstruction>{"write_bits", &PostInstruction::write_bits, 1, "writes act_binary"},
    Field<PostInstruction>{"bits", &PostInstruction::bits, 14, "bank address of the map written"},
    Field<PostInstruction>{"bits_cells", &PostInstruction::bits_cells, 9, "cells a pixel of the map written"},
    Field<PostInstruction>{"bits_slice", &PostInstruction::bits_slice, 9, "first slice written in a plane"},
    Field<PostInstruction>{"bits_plane_cells", &PostInstruction::bits_plane_cells, 9,
                           "cells from one plane to the next"},
    Field<PostInstruction>{"bits_row", &PostInstruction::bits_row, 9, "first row written, of the map"},
    Field<PostInstruction>{"use_table", &PostInstruction::use_table, 1, "code by a table in front of the records"},
    Field<PostInstruction>{"product", &PostInstruction::product, 1, "the join multiplies; no activation"},
};

// Thresholds that a channel can have, and planes of the widest code that they make.
inline constexpr std::int64_t most_levels = field_maximum(post_fields, "levels");
inline constexpr int widest_code = field_bits(post_fields, "levels");

}  // namespace blendsim
