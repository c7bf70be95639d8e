// SPDX-License-Identifier: Apache-2.0
// Hamming distances of the words that pass a port one after the other: what a unit's energy depends on besides its
// actions. Each is a sum over the words of an instruction, in the order in which the hardware takes them, each word
// compared with the one before; an instruction's first word is compared with nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "units/unit_id.h"

namespace blendsim {

enum class Distance : std::uint8_t {
  load_data,          // bus words of the runs, in DRAM's order, filler included
  store_data,         // the same
  xnor_operand,       // operands of 48 * words bits, a step each; 0 at taps outside the map and in unused lanes
  xnor_weight,        // weight words of all rows, a step each
  xnor_result,        // accumulator words, 32 bits a row
  mac_activation,     // operands of 8 bits a column (depthwise: a row), a step each; 0 where nothing is taken
  mac_weight,         // weight words, 8 bits a row and column (depthwise: a row), a step each
  mac_accumulator,    // accumulator words, 32 bits a row
  post_operand,       // a's and b's values as they enter the lanes, post_unit.operand bits each, a slice or half of one
  post_result,        // words written to act_fixed and planes written to act_binary, of each slice that goes at once
  pool_operand,       // fixed: words read, of each slice that goes at once; binary: cells of a step, 0 outside the map
  pool_result,        // words or cells written
  transpose_operand,  // words read
  transpose_result,   // words written
};
inline constexpr std::array<std::string_view, 14> distance_names = {
    "load_data",      "store_data",  "xnor_operand",      "xnor_weight",     "xnor_result",
    "mac_activation", "mac_weight",  "mac_accumulator",   "post_operand",    "post_result",
    "pool_operand",   "pool_result", "transpose_operand", "transpose_result"};
inline constexpr int distance_count = distance_names.size();

// The unit at whose port they are, in the order of the units.
inline constexpr std::array<UnitId, distance_count> distance_units = {
    UnitId::load,      UnitId::store,     UnitId::xnor_array,     UnitId::xnor_array,    UnitId::xnor_array,
    UnitId::mac_array, UnitId::mac_array, UnitId::mac_array,      UnitId::post_unit,     UnitId::post_unit,
    UnitId::pool_unit, UnitId::pool_unit, UnitId::transpose_unit, UnitId::transpose_unit};

// Those of a unit: from the first to behind the last; none of a unit that is not in distance_units.
struct DistanceRange {
  std::size_t first = 0, end = 0;
  [[nodiscard]] static constexpr DistanceRange of(UnitId unit) {
    DistanceRange range;
    for (std::size_t d = 0; d < distance_units.size(); ++d) {
      range.first += distance_units[d] < unit ? 1 : 0;
      range.end += distance_units[d] <= unit ? 1 : 0;
    }
    return range;
  }
};

struct DistanceSum {
  std::int64_t bits = 0;      // that differ
  std::int64_t words = 0;     // compared with the one before
  std::int64_t compared = 0;  // bits: words x width; `bits` of them is the density
  DistanceSum& operator+=(const DistanceSum& other) {
    bits += other.bits;
    words += other.words;
    compared += other.compared;
    return *this;
  }
  bool operator==(const DistanceSum&) const = default;
};

struct Distances {
  std::array<DistanceSum, distance_count> sums{};

  [[nodiscard]] const DistanceSum& operator[](Distance d) const { return sums[static_cast<std::size_t>(d)]; }
  [[nodiscard]] DistanceSum& operator[](Distance d) { return sums[static_cast<std::size_t>(d)]; }
  bool operator==(const Distances&) const = default;
};

// Density of the distances of x XNOR w, where x and w change bit by bit independently of each other.
[[nodiscard]] constexpr double xnor_density(double x, double w) { return x + w - 2 * x * w; }

}  // namespace blendsim
