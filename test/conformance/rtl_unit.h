// SPDX-License-Identifier: Apache-2.0
// A bench of rtl/ as the engine sees it, whatever its unit, platform and port widths.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "result/run.h"
#include "unit_bench.h"
#include "units/instruction_word.h"

namespace blendsim::conformance {

inline constexpr std::size_t entry_words = entry_bits_of<Units> / 32;  // of a queue, in pieces of 32 bits

// What a bench is given in a cycle.
struct RtlInputs {
  bool enter = false;
  std::array<std::uint32_t, entry_words> entry{};
  std::uint32_t data_posted = 0, space_posted = 0;  // bit u: by unit u
};

// What a cycle showed. Writes: in no particular order.
struct RtlCycle {
  bool start = false, done = false, overflow = false;
  std::uint32_t post_data = 0, post_space = 0;
  std::vector<WordWrite> writes;
};

class RtlUnit {
 public:
  virtual ~RtlUnit() = default;
  // Holds reset for two cycles; the next cycle() is cycle 0.
  virtual void reset() = 0;
  // One word of a buffer; before reset().
  virtual void preload(BufferId buffer, std::uint32_t address, std::span<const std::uint32_t> word) = 0;
  // May an entry enter in the coming cycle?
  [[nodiscard]] virtual bool full() const = 0;
  // One clock cycle. `memory` answers the AXI ports of load and store; others have none.
  virtual const RtlCycle& cycle(Cycles now, const RtlInputs& inputs, AxiMemory* memory) = 0;
  // The accounts but `idle`, which is the rest of any window; settled two cycles after the last end.
  [[nodiscard]] virtual UnitCycles account() const = 0;
};

// Verilated units that were built, by unit and platform; nullptr: none of that name.
[[nodiscard]] std::unique_ptr<RtlUnit> make_rtl_unit(std::string_view unit, std::string_view platform,
                                                     const MachineParameters& machine);

}  // namespace blendsim::conformance
