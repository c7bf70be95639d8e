// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/table.h"

namespace blendsim {

// Where the XNOR gates live: in DSP slices, a word each; in LUTs with a register behind each; in the LUTs of popcount's
// first rank (rtl/xnor_row.sv).
enum class XnorImplementation : std::uint8_t { dsp, lut, fused };
inline constexpr std::array<std::string_view, 3> xnor_implementations = {"dsp", "lut", "fused"};

struct XnorArrayParameters {
  std::int64_t rows = 16;
  std::int64_t words = 3;
  std::int64_t implementation = 0;
  std::int64_t depth = 17;
  std::int64_t accumulator = 24;
  bool operator==(const XnorArrayParameters&) const = default;

  [[nodiscard]] constexpr XnorImplementation gates() const { return static_cast<XnorImplementation>(implementation); }
  // m: slices of a cell; a cell holds 16m channels.
  [[nodiscard]] std::int64_t cell_slices() const { return words / 3; }
  // Binary multiply-accumulates a cycle.
  [[nodiscard]] std::int64_t peak_macs() const { return rows * words * 48; }
};

inline constexpr std::array xnor_array_parameters = {
    Parameter<XnorArrayParameters>{
        "rows", &XnorArrayParameters::rows, 16, 256, Unit::none, "output channels computed in parallel", {}, true, 16},
    Parameter<XnorArrayParameters>{"words",
                                   &XnorArrayParameters::words,
                                   3,
                                   24,
                                   Unit::none,
                                   "48-bit operand words a row takes each cycle; 3m words read cells of 16m channels",
                                   {},
                                   true,
                                   3},
    Parameter<XnorArrayParameters>{"implementation", &XnorArrayParameters::implementation, 0, 2, Unit::none,
                                   "where the XNOR gates live: DSP slices, LUTs, or the LUTs that count",
                                   xnor_implementations},
    Parameter<XnorArrayParameters>{"depth", &XnorArrayParameters::depth, 6, 64, Unit::cycle,
                                   "an operand step to the accumulator word written"},
    Parameter<XnorArrayParameters>{"accumulator", &XnorArrayParameters::accumulator, 12, 32, Unit::bit,
                                   "width of an accumulator"},
};

}  // namespace blendsim
