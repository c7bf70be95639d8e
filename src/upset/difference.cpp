// SPDX-License-Identifier: Apache-2.0
#include "upset/difference.h"

#include <algorithm>
#include <cstring>

namespace blendsim {
namespace {

// The inverse of BinaryMap::cell: which cell of the map at access.base lies in this bank and address.
bool touches_cell(const Access& access, const BufferWord& word) {
  if (access.slices == 0) return false;
  const std::uint32_t offset = (word.address - access.base) % binary_map_addresses, blocks = (access.width + 3) / 4;
  const std::uint32_t s = offset % access.slices, block = offset / access.slices;
  const std::uint32_t block_x = block % blocks, block_y = block / blocks;
  const std::uint32_t x = block_x * 4 + (word.bank % 4 + 4 - s % 4) % 4;
  const std::uint32_t y = block_y * 4 + (word.bank / 4 + 8 - block_x % 4 - s / 4 % 4) % 4;
  return x < access.width && y >= access.row0 && y < access.row1 && s >= access.slice0 && s < access.slice1;
}

bool touches_fixed(const Access& access, const BufferWord& word) {
  const std::uint32_t first = access.begin - access.slice0;  // of the first row touched
  const std::uint32_t offset = word.address - first;
  const std::uint32_t row = offset / access.slices / access.width, slice = offset % access.slices;
  return row < access.row1 - access.row0 && slice >= access.slice0 && slice < access.slice1;
}

}  // namespace

bool touches(const Access& access, const BufferWord& word) {
  if (access.buffer != word.buffer || word.address < access.begin || word.address >= access.end) return false;
  if (!access.is_map) return true;
  return word.buffer == BufferId::act_binary ? touches_cell(access, word) : touches_fixed(access, word);
}

bool reads_any(std::span<const Access> accesses, const WordSet& words) {
  return std::any_of(accesses.begin(), accesses.end(), [&](const Access& access) {
    return !access.write &&
           std::any_of(words.begin(), words.end(), [&](const BufferWord& word) { return touches(access, word); });
  });
}

void compare(const Buffers& a, const Buffers& b, BufferId buffer, std::uint32_t begin, std::uint32_t end,
             WordSet& words) {
  words.erase(words.lower_bound({buffer, begin, 0}), words.lower_bound({buffer, end, 0}));
  if (begin >= end) return;
  const std::span<const std::uint8_t> left = a.bytes(buffer, begin, end - begin);
  const std::span<const std::uint8_t> right = b.bytes(buffer, begin, end - begin);
  if (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0) return;
  const std::uint32_t banks = buffer == BufferId::act_binary ? binary_banks : 1;
  const std::size_t size = left.size() / (std::size_t{end - begin} * banks);
  for (std::size_t n = 0; n * size < left.size(); ++n) {
    if (std::memcmp(&left[n * size], &right[n * size], size) == 0) continue;
    words.insert({buffer, begin + static_cast<std::uint32_t>(n) / banks, static_cast<std::uint32_t>(n) % banks});
  }
}

}  // namespace blendsim
