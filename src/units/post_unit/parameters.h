// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

inline constexpr std::int64_t table_entries = 256;  // a code of 8 bits each

struct PostUnitParameters {
  std::int64_t lanes = 16;
  std::int64_t multiplier = 24;
  std::int64_t operand = 24;
  std::int64_t value = 16;
  std::int64_t shift_step = 4;
  std::int64_t comparators = 3;
  std::int64_t table = 256;
  std::int64_t product = 9;
  std::int64_t depth = 24;
  bool operator==(const PostUnitParameters&) const = default;
};

inline constexpr std::array post_unit_parameters = {
    Parameter<PostUnitParameters>{"lanes",
                                  &PostUnitParameters::lanes,
                                  8,
                                  256,
                                  Unit::none,
                                  "channels processed in parallel; 8 take a slice in two halves",
                                  {},
                                  true,
                                  16},
    Parameter<PostUnitParameters>{"multiplier", &PostUnitParameters::multiplier, 8, 27, Unit::bit,
                                  "widest signed factor M; a limit only: the lowered network fixes the numbers"},
    Parameter<PostUnitParameters>{"operand", &PostUnitParameters::operand, 10, 32, Unit::bit,
                                  "widest accumulator or map value that enters, and threshold; a limit only"},
    Parameter<PostUnitParameters>{
        "value", &PostUnitParameters::value, 9, 31, Unit::bit,
        "widest value that a quantiser or the activation yields; their join has a bit more; a limit only"},
    Parameter<PostUnitParameters>{"shift_step",
                                  &PostUnitParameters::shift_step,
                                  1,
                                  4,
                                  Unit::none,
                                  "shifts are multiples of it: records hold M and B scaled up by less than that many "
                                  "bits, M in a multiplier so much wider",
                                  {},
                                  false,
                                  powers_of_two},
    Parameter<PostUnitParameters>{"comparators", &PostUnitParameters::comparators, 1, 15, Unit::none,
                                  "thresholds compared each cycle and lane"},
    Parameter<PostUnitParameters>{"table",
                                  &PostUnitParameters::table,
                                  0,
                                  table_entries,
                                  Unit::none,
                                  "entries of each lane's table, by which any function of a code of at most 8 bits "
                                  "becomes another one; 0: there is none",
                                  {},
                                  false,
                                  table_entries},
    Parameter<PostUnitParameters>{"product", &PostUnitParameters::product, 0, 18, Unit::bit,
                                  "widest value, of two's complement, by which a join multiplies; the product has a "
                                  "bit more than `value`; 0: joins add only"},
    Parameter<PostUnitParameters>{"depth", &PostUnitParameters::depth, 16, 255, Unit::cycle,
                                  "loop to the result written; an element waits for its record in it"},
};

// Bits of two's complement of a join's second factor: no wider than a quantiser's value, and than the slice's port of
// factors.
[[nodiscard]] constexpr std::int64_t product_bits(const PostUnitParameters& p) {
  return std::min({p.product, p.value, p.multiplier + p.shift_step - 1});
}

}  // namespace blendsim
