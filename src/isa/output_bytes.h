// SPDX-License-Identifier: Apache-2.0
// Bytes of the output area that an instruction touches: store writes there, load reads back what store has written.
#pragma once

#include <cstdint>
#include <optional>

#include "isa/instruction.h"

namespace blendsim {

// From the first run's first byte to the last one's last: what lies between two runs counts as touched.
struct OutputBytes {
  bool write = false;  // store
  std::uint64_t begin = 0, end = 0;
  [[nodiscard]] bool meets(const OutputBytes& other) const { return begin < other.end && other.begin < end; }
};

// None for an instruction that leaves the output area alone.
[[nodiscard]] inline std::optional<OutputBytes> output_bytes(const Instruction& i) {
  const auto of = [](const TransferInstruction& t, bool write) -> std::optional<OutputBytes> {
    if (t.dram_base != static_cast<std::uint32_t>(DramBase::output) || t.runs == 0) return std::nullopt;
    const std::uint64_t begin = t.dram_address;
    return OutputBytes{write, begin, begin + std::uint64_t{t.runs - 1} * t.dram_stride + t.run_bytes};
  };
  if (const auto* load = std::get_if<LoadInstruction>(&i)) return of(*load, false);
  if (const auto* store = std::get_if<StoreInstruction>(&i)) return of(*store, true);
  return std::nullopt;
}

}  // namespace blendsim
