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
// which hold parts of a tensor one after the other, an instruction writes the first that is not whole yet. Patches of a
// tensor are written one after the other, in the order of their views.
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
  // A result's tensor, by its first view in the layer, and the number of its patch there.
  struct Patch {
    std::size_t tensor = 0;
    std::int32_t number = 0;
  };
  void find_patches();
  // Whether it is of the patch that is being written.
  [[nodiscard]] bool is_due(std::size_t layer, std::size_t result) const {
    return patch_[layer][result].number == written_patch_[layer][patch_[layer][result].tensor];
  }
  void count(std::size_t layer, const WrittenPart& part);
  [[nodiscard]] std::vector<WrittenPart> accumulator_parts(const WrittenAccumulators& tile, std::size_t layer);
  [[nodiscard]] std::uint32_t take_groups(const WrittenAccumulators& tile, std::size_t layer);
  [[nodiscard]] std::vector<WrittenPart> map_parts(const WrittenMap& tile, std::size_t layer) const;

  const Program& program_;
  const MachineParameters& machine_;
  std::vector<std::vector<std::int64_t>> values_;                                  // [layer][result]
  std::vector<std::vector<Patch>> patch_;                                          // likewise
  std::vector<std::vector<std::int32_t>> written_patch_;                           // [layer][tensor], so far
  std::vector<std::array<std::map<std::uint32_t, std::uint32_t>, 2>> next_group_;  // [layer][array][row]
};

}  // namespace blendsim
