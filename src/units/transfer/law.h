// SPDX-License-Identifier: Apache-2.0
// Timing law of load and store (rule 7): how an instruction is cut into bursts, and when each may go and lands.
#pragma once

#include <algorithm>
#include <cstdint>

#include "units/buffer/layout.h"
#include "units/buffer/parameters.h"
#include "units/dram/parameters.h"
#include "units/transfer/instruction.h"
#include "units/transfer/parameters.h"
#include "units/unit_id.h"

namespace blendsim {

struct BurstRange {
  std::uint64_t address = 0;  // physical
  std::uint32_t bytes = 0;    // whole bus words
};

// Walks an instruction's bursts in order: run by run, each at most `burst` bus words, none across 4 KiB (and so none
// across a channel). Run i is at base + dram_address + i * dram_stride.
class BurstWalk {
 public:
  BurstWalk() = default;
  BurstWalk(const TransferInstruction& i, std::uint64_t base, const TransferParameters& p, std::int64_t bus_bytes)
      : base_(base + i.dram_address), stride_(i.dram_stride), runs_(i.runs),
        run_bytes_(static_cast<std::uint64_t>(ceil_divide(i.run_bytes, bus_bytes) * bus_bytes)),
        longest_(static_cast<std::uint64_t>(p.burst * bus_bytes)) {}

  [[nodiscard]] bool done() const { return run_ == runs_ || run_bytes_ == 0; }
  // !done()
  BurstRange next() {
    const std::uint64_t address = base_ + run_ * stride_ + offset_;
    const std::uint64_t bytes = std::min({run_bytes_ - offset_, longest_, 4096 - address % 4096});
    offset_ += bytes;
    if (offset_ == run_bytes_) {
      offset_ = 0;
      ++run_;
    }
    return {address, static_cast<std::uint32_t>(bytes)};
  }

 private:
  std::uint64_t base_ = 0, stride_ = 0, runs_ = 0, run_bytes_ = 0, longest_ = 0;
  std::uint64_t run_ = 0, offset_ = 0;
};

// Bus words that an instruction moves: what a cost model needs of it.
[[nodiscard]] constexpr std::int64_t transfer_beats(const TransferInstruction& i, std::int64_t bus_bytes) {
  return std::int64_t{i.runs} * ceil_divide(i.run_bytes, bus_bytes);
}
[[nodiscard]] inline std::int64_t transfer_bursts(const TransferInstruction& i, std::uint64_t base,
                                                  const TransferParameters& p, std::int64_t bus_bytes) {
  std::int64_t bursts = 0;
  for (BurstWalk walk(i, base, p, bus_bytes); !walk.done(); ++bursts) (void)walk.next();
  return bursts;
}

// Cycles for which the writer of `load` is taken by a beat; 0: bursts land with their last beat. A stem burst writes
// one word a pixel of 4 bytes: 4 cycles a beat of 128 bits.
[[nodiscard]] constexpr Cycles writer_cycles_per_beat(const TransferInstruction& i, std::int64_t bus_bytes) {
  return i.form == static_cast<std::uint32_t>(TransferForm::stem) ? bus_bytes / 4 : 0;
}
// Cycle in which a load burst's last word is written: its slot frees then.
[[nodiscard]] constexpr Cycles landing(Cycles last_beat, Cycles previous_landing, std::int64_t beats, Cycles per_beat) {
  return std::max(last_beat, previous_landing) + beats * per_beat;
}
// Cycles in which `store` reads one bus word: a buffer gives one word a cycle.
[[nodiscard]] constexpr Cycles reader_cycles_per_beat(const BufferParameters& buffer, std::int64_t port_width) {
  return std::max<Cycles>(1, ceil_divide(port_width, buffer.width));
}

}  // namespace blendsim
