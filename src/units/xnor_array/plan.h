// SPDX-License-Identifier: Apache-2.0
// What the kernels of a tile take that neither the map's values nor the tile's place decide: where a pixel's operand
// words lie in the flat map, and the weights in the order of those words. The hardware has no such memory.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "units/xnor_array/instruction.h"

namespace blendsim {

// A kernel row of a pixel is a run of units (16 bits, a slice of a cell) side by side in the flat map; with dilated
// columns each tap is, and the whole window where the map's rows are interleaved. A run's units are taken two at a
// time, a last odd one under a mask.
struct XnorPlan {
  std::vector<std::uint32_t> offsets, masks;  // [terms]: units from the pixel's first; whole words first
  int whole_terms = 0;                        // that need no mask
  AlignedVector<std::uint32_t> weights;       // [groups, weight planes, terms, rows]
  // [groups, weight planes, rows]: what a count begins with. XNOR of n bits is n less the bits that differ, and of the
  // n of a step some have no unit in a run: they differ wherever the weight is 1, their operand being 0.
  AlignedVector<std::int32_t> before;
};

// What a plan depends on besides the weights' bits.
struct XnorPlanKey {
  std::uint32_t weights = 0, planes = 0;  // first word; groups x weight planes
  std::uint32_t kernel_h = 1, kernel_w = 1, dilation_h = 1, dilation_w = 1, cells = 0, use_and = 0;
  std::uint32_t row_pitch = 0;  // units of a row of the flat map; 0: the kernel's rows are interleaved, unit by unit
  std::uint32_t cell_slices = 1, rows = 16;
  [[nodiscard]] static XnorPlanKey of(const XnorInstruction& instruction, std::uint32_t row_pitch,
                                      std::uint32_t cell_slices, std::uint32_t rows);
  [[nodiscard]] std::uint32_t words() const;  // of the weights buffer
  bool operator==(const XnorPlanKey&) const = default;
};

// `weights`: the words of the buffer, [words, rows, 3 x cell_slices] of 48 bits.
[[nodiscard]] XnorPlan make_plan(const XnorPlanKey& key, std::span<const std::uint64_t> weights);

// Plans by the address of their weights.
class XnorPlans {
 public:
  // Forgets everything; `words`: of the weights buffer.
  void resize(std::size_t words);
  // Forgets what was made from words [address, address + count).
  void forget(std::size_t address, std::size_t count);
  // The plan, made now if it was not. The reference holds until the next call.
  [[nodiscard]] const XnorPlan& at(const XnorPlanKey& key, std::span<const std::uint64_t> weights);

 private:
  struct Entry {
    XnorPlanKey key;
    bool valid = false;
    XnorPlan plan;
  };
  // By address, for rows apart and interleaved (a layer's last tile may be its only one of one row): index in entries_
  // plus 1, or 0.
  std::vector<std::array<std::uint32_t, 2>> places_;
  std::vector<Entry> entries_;
};

}  // namespace blendsim
