// SPDX-License-Identifier: Apache-2.0
// Timing law of xnor_array (design, sections 3 and 4): a product of loop counts.
#pragma once

#include <algorithm>
#include <cstdint>

#include "units/buffer/layout.h"
#include "units/unit_id.h"
#include "units/xnor_array/instruction.h"
#include "units/xnor_array/parameters.h"

namespace blendsim {

// Operand steps of one plane pair. `cells` = C cells of 16m channels; 9 cells make an operand.
struct XnorSteps {
  bool windows = true;
  std::int64_t steps = 1;

  [[nodiscard]] static constexpr XnorSteps of(std::int64_t kernel_h, std::int64_t kernel_w, std::int64_t cells,
                                              bool dilated) {
    const std::int64_t windows = ceil_divide(kernel_h, 3) * ceil_divide(kernel_w, 3) * cells;
    const std::int64_t taps = kernel_h * kernel_w * ceil_divide(cells, cells_per_operand);
    if (dilated || taps < windows) return {false, taps};
    return {true, windows};
  }
};

[[nodiscard]] constexpr XnorSteps xnor_steps(const XnorInstruction& i) {
  return XnorSteps::of(i.kernel_h, i.kernel_w, i.cells, i.dilation_h != 1 || i.dilation_w != 1);
}

// Cycles for which an instruction holds the front: pixels x row groups x plane pairs x steps.
[[nodiscard]] constexpr Cycles occupancy(const XnorInstruction& i, const XnorArrayParameters&) {
  return Cycles{i.rows} * i.out_width * i.groups * i.activation_bits * i.weight_bits * xnor_steps(i).steps;
}

// Cycles from the start to the one in which accumulator word destination + `word` is written: `depth` after its last
// step.
[[nodiscard]] constexpr Cycles written(const XnorInstruction& i, const XnorArrayParameters& p, Cycles word) {
  const Cycles steps = Cycles{i.activation_bits} * i.weight_bits * xnor_steps(i).steps;
  return (word + 1) * steps - 1 + p.depth;
}

}  // namespace blendsim
