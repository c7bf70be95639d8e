// SPDX-License-Identifier: Apache-2.0
// The words that an instruction wrote, as they stand in the buffers or in the output area right after it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "isa/instruction.h"
#include "units/buffer/storage.h"
#include "units/transfer/dram_areas.h"

namespace blendsim {

// A word of a buffer; of act_binary a cell. Or a byte of the output area.
struct WordPlace {
  bool in_output = false;
  BufferId buffer = BufferId::act_fixed;
  std::uint32_t region = 0;
  std::uint32_t address = 0;  // of the buffer, through all regions; act_binary: a bank's; output: the byte
  std::uint32_t bank = 0;     // of act_binary
  bool operator==(const WordPlace&) const = default;

  [[nodiscard]] std::string text() const;  // "word 12 of weights_binary (region 0)"
};

// Calls visit(place, bytes), little end first, for every word that `i` writes, always in the same order. The
// instructions buffer, which holds no values, is left out.
void each_written_word(const Instruction& i, const MachineParameters& machine, const Buffers& buffers,
                       const DramAreas& areas,
                       const std::function<void(const WordPlace&, std::span<const std::uint8_t>)>& visit);

}  // namespace blendsim
