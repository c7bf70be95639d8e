// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

struct TransposeUnitParameters {
  std::int64_t lanes = 16;
  std::int64_t depth = 24;
  bool operator==(const TransposeUnitParameters&) const = default;
};

inline constexpr std::array transpose_unit_parameters = {
    Parameter<TransposeUnitParameters>{"lanes",
                                       &TransposeUnitParameters::lanes,
                                       0,
                                       16,
                                       Unit::none,
                                       "values of a word, which are pixels of the word written; 0: the machine has no "
                                       "such unit",
                                       {},
                                       false,
                                       16},
    Parameter<TransposeUnitParameters>{"depth", &TransposeUnitParameters::depth, 16, 64, Unit::cycle,
                                       "first read address to the first word written, a block of 16 pixels later"},
};

}  // namespace blendsim
