// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

struct MacArrayParameters {
  std::int64_t rows = 16;
  std::int64_t columns = 8;
  std::int64_t activation_bits = 8;
  std::int64_t weight_bits = 8;
  std::int64_t products_per_dsp = 1;
  std::int64_t depth = 10;
  std::int64_t accumulator = 32;
  bool operator==(const MacArrayParameters&) const = default;

  [[nodiscard]] std::int64_t peak_macs() const { return rows * columns; }
};

inline constexpr std::array mac_array_parameters = {
    Parameter<MacArrayParameters>{
        "rows", &MacArrayParameters::rows, 16, 256, Unit::none, "output channels computed in parallel", {}, true, 16},
    Parameter<MacArrayParameters>{"columns",
                                  &MacArrayParameters::columns,
                                  1,
                                  16,
                                  Unit::none,
                                  "input channels of one pixel taken each cycle; at most the 16 lanes of a word",
                                  {},
                                  true},
    Parameter<MacArrayParameters>{"activation_bits", &MacArrayParameters::activation_bits, 2, 8, Unit::bit,
                                  "widest activation operand"},
    Parameter<MacArrayParameters>{"weight_bits", &MacArrayParameters::weight_bits, 2, 8, Unit::bit,
                                  "widest weight operand"},
    Parameter<MacArrayParameters>{"products_per_dsp", &MacArrayParameters::products_per_dsp, 1, 2, Unit::none,
                                  "2 packs two products that share an operand into one DSP slice"},
    Parameter<MacArrayParameters>{"depth", &MacArrayParameters::depth, 5, 64, Unit::cycle,
                                  "first read address to the accumulator word written"},
    Parameter<MacArrayParameters>{"accumulator", &MacArrayParameters::accumulator, 16, 32, Unit::bit,
                                  "width of an accumulator"},
};

}  // namespace blendsim
