// SPDX-License-Identifier: Apache-2.0
#include "page/occupancy.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace blendsim {
namespace {

struct HeldWord {
  Cycles since = -1;     // -1: nothing is known of it yet
  Cycles until = -1;     // last cycle in which it is needed
  bool brought = false;  // by init
  bool operator==(const HeldWord&) const = default;
};

// Calls f(first, count) for each run of adjacent words that an access touches.
template <class F>
void for_each_run(const Access& access, F&& f) {
  if (!access.is_map || access.buffer == BufferId::act_binary || access.slice1 - access.slice0 == access.slices) {
    f(access.begin, access.end - access.begin);
    return;
  }
  const std::uint32_t words = access.slice1 - access.slice0;
  for (std::uint32_t first = access.begin; first < access.end; first += access.slices) f(first, words);
}

class HeldBuffer {
 public:
  explicit HeldBuffer(const BufferParameters& parameters)
      : width_(parameters.width), words_(static_cast<std::size_t>(parameters.regions * parameters.depth)) {}

  void touch(const Access& access, const InstructionRecord& record) {
    for_each_run(access, [&](std::uint32_t first, std::uint32_t count) {
      const std::span<HeldWord> words(words_.data() + first, count);
      if (access.write) write(words, record);
      else read(words, record);
    });
  }

  [[nodiscard]] std::vector<HeldBits> changes(Cycles end) {
    for (HeldWord& word : words_) {
      if (word.brought) word.until = end - 1;
    }
    release(words_);
    std::vector<HeldBits> out;
    std::int64_t bits = 0;
    for (const auto& [at, delta] : deltas_) {
      if (delta == 0) continue;
      out.push_back({at, bits += delta});
    }
    return out;
  }

 private:
  static void read(std::span<HeldWord> words, const InstructionRecord& record) {
    for (HeldWord& word : words) {
      if (word.since < 0) word = {0, 0, true};
      word.until = std::max(word.until, record.end);
    }
  }

  void write(std::span<HeldWord> words, const InstructionRecord& record) {
    for (HeldWord& word : words) word.until = std::min(word.until, record.start - 1);  // never held twice
    release(words);
    std::fill(words.begin(), words.end(), HeldWord{record.start, record.end, false});
  }

  // Neighbours mostly have one history: one entry for all of them.
  void release(std::span<const HeldWord> words) {
    for (auto first = words.begin(); first != words.end();) {
      const auto last = std::find_if(first, words.end(), [&](const HeldWord& word) { return word != *first; });
      if (first->since >= 0) {
        const std::int64_t bits = width_ * (last - first);
        deltas_[first->since] += bits;
        deltas_[first->until + 1] -= bits;
      }
      first = last;
    }
  }

  std::int64_t width_;
  std::vector<HeldWord> words_;
  std::map<Cycles, std::int64_t> deltas_;
};

}  // namespace

Occupancy find_occupancy(std::span<const InstructionRecord> records, std::span<const Instruction> instructions,
                         const MachineParameters& machine, Cycles end) {
  std::vector<HeldBuffer> buffers(machine.buffers.begin(), machine.buffers.end());
  std::vector<std::size_t> order(records.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return records[a].start < records[b].start; });
  std::vector<std::vector<Access>> touched;
  for (const Instruction& instruction : instructions) touched.push_back(accesses(instruction, machine));
  for (const std::size_t r : order) {
    for (const Access& access : touched[r % instructions.size()]) {
      buffers[static_cast<std::size_t>(index(access.buffer))].touch(access, records[r]);
    }
  }
  Occupancy out;
  for (std::size_t b = 0; b < buffers.size(); ++b) out[b] = buffers[b].changes(end);
  return out;
}

}  // namespace blendsim
