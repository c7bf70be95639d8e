// SPDX-License-Identifier: Apache-2.0
// Where a run's areas lie in the external memory, and their bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/context.h"

namespace blendsim {

// Program area at 0, then each image's input and output, each area from a 4 KiB border on. So an image lies where it
// lies whatever batch it comes in, and the first of a batch takes the cycles that it takes alone.
class MemoryMap {
 public:
  // Throws DiagnosticError does-not-fit when the areas exceed the memory's capacity. Without `values` no byte is kept.
  void lay_out(const Program& program, const MachineParameters& machine,
               std::span<const std::vector<std::int32_t>> images, std::size_t count, bool values);

  // How often the program area's bytes became others: equal numbers, equal bytes.
  [[nodiscard]] std::uint64_t program_changes() const { return program_changes_; }

  // Points a context at the areas of an image.
  void select(Context& context, std::size_t image);
  [[nodiscard]] std::span<const std::uint8_t> output(std::size_t image) const;

 private:
  struct Segment {
    std::uint64_t address, size;
    bool operator==(const Segment&) const = default;
  };
  void hold(const Program& program);
  [[nodiscard]] bool holds(const Program& program) const;

  std::uint64_t input_bytes_ = 0, output_bytes_ = 0;
  std::uint64_t input_base_ = 0, output_base_ = 0, stride_ = 0;  // of the first image; from one to the next
  std::vector<std::uint8_t> program_, inputs_, outputs_;
  std::vector<Segment> segments_;  // that program_ was laid out from
  std::uint64_t program_changes_ = 0;
};

}  // namespace blendsim
