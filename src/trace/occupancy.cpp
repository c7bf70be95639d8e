// SPDX-License-Identifier: Apache-2.0
#include "trace/occupancy.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace blendsim {
namespace {

constexpr Cycles unknown = -1, by_init = -2;

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

// Calls f(word) once for each stretch of neighbours of one history, which most are, and gives all of them what it
// returns.
template <class Word, class F>
void for_each_history(std::span<Word> words, F&& f) {
  for (std::size_t first = 0; first < words.size();) {
    const Word before = words[first];
    const Word after = f(before);
    for (; first < words.size() && words[first] == before; ++first) words[first] = after;
  }
}

}  // namespace

class OccupancyFinder::HeldBuffer {
 public:
  HeldBuffer(const BufferParameters& parameters, Cycles begin)
      : width_(parameters.width),
        begin_(begin),
        words_(static_cast<std::size_t>(parameters.regions * parameters.depth)) {}

  void touch(const Access& access, Cycles start, Cycles end) {
    for_each_run(access, [&](std::uint32_t first, std::uint32_t count) {
      const std::span<HeldWord> words(words_.data() + first, count);
      if (access.write) write(words, start, end);
      else read(words, end);
    });
  }

  [[nodiscard]] std::vector<HeldBits> changes(Cycles end) {
    for (auto first = words_.begin(); first != words_.end();) {
      const auto last = std::find_if(first, words_.end(), [&](const HeldWord& word) { return word != *first; });
      release(*first, first->since == by_init ? end - 1 : first->until, last - first);
      first = last;
    }
    std::sort(deltas_.begin(), deltas_.end());
    std::vector<HeldBits> out;
    std::int64_t bits = 0;
    for (std::size_t d = 0; d < deltas_.size();) {
      const Cycles at = deltas_[d].first;
      const std::int64_t before = bits;
      for (; d < deltas_.size() && deltas_[d].first == at; ++d) bits += deltas_[d].second;
      if (bits != before) out.push_back({at, bits});
    }
    return out;
  }

 private:
  struct HeldWord {
    Cycles since = unknown;  // or by_init
    Cycles until = -1;       // last cycle in which it is needed
    bool operator==(const HeldWord&) const = default;
  };

  static void read(std::span<HeldWord> words, Cycles end) {
    for_each_history(words, [&](const HeldWord& word) {
      return HeldWord{word.since == unknown ? by_init : word.since, std::max(word.until, end)};
    });
  }

  // What was there is needed no longer than until now: no word is held twice.
  void write(std::span<HeldWord> words, Cycles start, Cycles end) {
    for (auto first = words.begin(); first != words.end();) {
      const HeldWord before = *first;
      const auto last = std::find_if(first, words.end(), [&](const HeldWord& word) { return word != before; });
      release(before, std::min(before.until, start - 1), last - first);
      first = last;
    }
    std::fill(words.begin(), words.end(), HeldWord{start, end});
  }

  void release(const HeldWord& word, Cycles until, std::int64_t words) {
    if (word.since == unknown) return;
    deltas_.emplace_back(word.since == by_init ? begin_ : word.since, width_ * words);
    deltas_.emplace_back(until + 1, -width_ * words);
  }

  std::int64_t width_;
  Cycles begin_;
  std::vector<HeldWord> words_;
  std::vector<std::pair<Cycles, std::int64_t>> deltas_;
};

OccupancyFinder::OccupancyFinder(const MachineParameters& machine, Cycles begin) : machine_(machine) {
  for (const BufferParameters& parameters : machine.buffers) buffers_.emplace_back(parameters, begin);
}

OccupancyFinder::~OccupancyFinder() = default;

void OccupancyFinder::take(const Instruction& instruction, Cycles start, Cycles end) {
  accesses_.clear();
  add_accesses(instruction, machine_, accesses_);
  for (const Access& access : accesses_)
    buffers_[static_cast<std::size_t>(index(access.buffer))].touch(access, start, end);
}

Occupancy OccupancyFinder::find(Cycles end) {
  Occupancy out;
  for (std::size_t b = 0; b < buffers_.size(); ++b) out[b] = buffers_[b].changes(end);
  return out;
}

Occupancy find_occupancy(std::span<const InstructionRecord> records, std::span<const Instruction> instructions,
                         const MachineParameters& machine, Cycles end) {
  std::vector<std::size_t> order(records.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return records[a].start < records[b].start; });
  OccupancyFinder finder(machine, 0);
  for (const std::size_t r : order)
    finder.take(instructions[r % instructions.size()], records[r].start, records[r].end);
  return finder.find(end);
}

}  // namespace blendsim
