// SPDX-License-Identifier: Apache-2.0
// One slice of a post_unit instruction, element by element as the formula says it: the reference of execute.cpp, and
// what runs where the vectorised kernels cannot carry a value exactly.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "units/buffer/storage.h"
#include "units/machine_parameters.h"
#include "units/post_unit/instruction.h"
#include "units/post_unit/record.h"

namespace blendsim {

// The table that an instruction reads; zeros where it uses none.
using PostTable = std::array<std::uint8_t, table_entries>;
[[nodiscard]] PostTable table_of(const PostInstruction& instruction, const Buffers& buffers);

void execute_slice_plain(const PostInstruction& instruction, const MachineParameters& machine, std::uint32_t slice,
                         const PostRecord& record, Buffers& buffers);

// Values that lie outside [lo, hi] before a step's clamp, of all lanes. What a lower limit of 0 clamps is a Relu's work
// and does not count.
enum class PostStep : std::uint8_t { q1, q2, q3, activation };
inline constexpr std::array<std::string_view, 4> post_step_names = {"q1", "q2", "q3", "activation"};
struct Saturation {
  struct Step {
    std::int64_t below = 0, above = 0;  // below lo, above hi
  };
  std::array<Step, post_step_names.size()> steps{};

  [[nodiscard]] Step& operator[](PostStep step) { return steps[static_cast<std::size_t>(step)]; }
  [[nodiscard]] std::int64_t total() const {
    std::int64_t sum = 0;
    for (const Step& step : steps) sum += step.below + step.above;
    return sum;
  }
};

// What an instruction saturates when it executes now, of buffers as they are before: it may overwrite its operand.
[[nodiscard]] Saturation saturation(const PostInstruction& instruction, const MachineParameters& machine,
                                    const Buffers& buffers);

}  // namespace blendsim
