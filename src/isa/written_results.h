// SPDX-License-Identifier: Apache-2.0
// Which values of its layer's results each instruction writes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "isa/program.h"

namespace blendsim {

// The part of a view that one instruction wrote: rows [row0, row1), channels [channel0, channel1).
struct WrittenPart {
  std::size_t result = 0;  // index into ProgramLayer::results
  std::int32_t row0 = 0, row1 = 0, channel0 = 0, channel1 = 0;
  std::int64_t view_group = 0;  // accumulators: the instruction's row group at which the view begins; may be negative
};

// Asked of every instruction of main, one image long, in an order in which each unit's keep theirs: the program's, or
// that in which they execute.
//
// Accumulators: an array's accumulator views of a layer follow each other, each in ceil(channels / rows) row groups;
// instructions that compute the same rows take row groups one after the other. Maps: of several views at one place,
// which hold parts of a tensor one after the other, an instruction writes the first that is not whole yet.
class WrittenResults {
 public:
  WrittenResults(const Program& program, const MachineParameters& machine);
  // Throws InvariantError where the instruction's layer is not in the table.
  [[nodiscard]] std::vector<WrittenPart> next(const Instruction& i);
  // Values of a result that were written so far; what was written twice is counted twice.
  [[nodiscard]] std::int64_t values(std::size_t layer, std::size_t result) const { return values_[layer][result]; }
  [[nodiscard]] static std::int64_t values_of(const TensorView& view) {
    return std::int64_t{view.channels} * view.height * view.width;
  }

 private:
  [[nodiscard]] std::uint32_t take_groups(const WrittenAccumulators& tile, std::size_t layer);
  [[nodiscard]] std::vector<WrittenPart> map_parts(const WrittenMap& tile, std::size_t layer) const;

  const Program& program_;
  const MachineParameters& machine_;
  std::vector<std::vector<std::int64_t>> values_;                                  // [layer][result]
  std::vector<std::array<std::map<std::uint32_t, std::uint32_t>, 2>> next_group_;  // [layer][array][row]
};

}  // namespace blendsim
