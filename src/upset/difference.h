// SPDX-License-Identifier: Apache-2.0
// Words in which two machines' buffers differ, and what of them an instruction reads.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "units/access.h"
#include "units/buffer/storage.h"

namespace blendsim {

// A word, or, of act_binary, the cell of one bank at an address.
struct BufferWord {
  BufferId buffer = BufferId::act_fixed;
  std::uint32_t address = 0, bank = 0;
  auto operator<=>(const BufferWord&) const = default;
};

using WordSet = std::set<BufferWord>;

// Does the access touch this word?
[[nodiscard]] bool touches(const Access& access, const BufferWord& word);
[[nodiscard]] bool reads_any(std::span<const Access> accesses, const WordSet& words);
// Replaces what `words` says of [begin, end) of a buffer by how the two differ there.
void compare(const Buffers& a, const Buffers& b, BufferId buffer, std::uint32_t begin, std::uint32_t end,
             WordSet& words);

}  // namespace blendsim
