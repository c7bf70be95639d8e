// SPDX-License-Identifier: Apache-2.0
// Timing law of load and store (rule 7): how an instruction is cut into bursts, and when each may go and lands.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "units/buffer/layout.h"
#include "units/buffer/parameters.h"
#include "units/dram/parameters.h"
#include "units/latest.h"
#include "units/transfer/instruction.h"
#include "units/transfer/parameters.h"

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
      : base_(base + i.dram_address),
        stride_(i.dram_stride),
        runs_(i.runs),
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

// Cycles from the start of a store to its first read: the map's row * width * slices takes two multiplications and an
// addition, each into a register, and the instruction register comes before them. A load has them behind its request.
inline constexpr Cycles store_setup_cycles = 4;

// Cycles for which a burst takes the engine between bus and buffers (the writer of load, the reader of store), which
// moves one bus word, one cell of a binary map or one pixel of a stem a cycle. `cell_bytes`: of a cell, 2m. A cell that
// two bursts share is counted in both.
[[nodiscard]] constexpr Cycles engine_cycles(const TransferInstruction& i, std::int64_t beats, std::int64_t bus_bytes,
                                             std::int64_t cell_bytes) {
  switch (static_cast<TransferForm>(i.form)) {
    case TransferForm::binary: return std::max(beats, ceil_divide(beats * bus_bytes, cell_bytes));
    case TransferForm::stem: return beats * (bus_bytes / 4);
    case TransferForm::linear:
    case TransferForm::fixed: break;
  }
  return beats;
}
// Step of a burst's engine, 1 the first, in which the k-th (1 first) of the cells that end in the burst is complete;
// `carry` bytes of the first came with the burst before.
[[nodiscard]] constexpr Cycles cell_step(std::int64_t k, std::int64_t carry, std::int64_t bus_bytes,
                                         std::int64_t cell_bytes) {
  return std::max(k, ceil_divide(k * cell_bytes - carry, bus_bytes));
}
// Cycle in which a load burst's last word is written: its slot frees then. The writer takes bursts in order, each from
// its first beat on (they come one a cycle).
template <class Moment = Cycles>
[[nodiscard]] constexpr Moment landing(const std::type_identity_t<Moment>& last_beat,
                                       const std::type_identity_t<Moment>& previous_landing, std::int64_t beats,
                                       Cycles engine) {
  return latest(last_beat - beats, previous_landing) + engine;
}
// Cycle in which `store` reads the first word of a burst.
template <class Moment = Cycles>
[[nodiscard]] constexpr Moment first_read(const std::type_identity_t<Moment>& start,
                                          const std::type_identity_t<Moment>& slot_free,
                                          const std::type_identity_t<Moment>& reader_free) {
  return latest(start + store_setup_cycles, slot_free, reader_free);
}
// Pixel slots of a stem's row: what the writer goes through, filler included.
[[nodiscard]] constexpr std::int64_t stem_slots(const TransferInstruction& i) { return i.run_bytes / 4; }

}  // namespace blendsim
