// SPDX-License-Identifier: Apache-2.0
// What the streams of load and store share: random maps inside a buffer, runs inside an area, the memory behind the
// ports.
#pragma once

#include <memory>
#include <random>

#include "unit_bench.h"

namespace blendsim::conformance {

class TransferRandom {
 public:
  TransferRandom(const MachineParameters& machine, std::mt19937_64& random) : machine_(machine), random_(random) {}

  [[nodiscard]] std::uint32_t number(std::int64_t low, std::int64_t high) {  // both included
    return static_cast<std::uint32_t>(
        low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1)));
  }
  [[nodiscard]] bool one_in(int n) { return number(1, n) == 1; }

  // A fixed or binary map with some of its rows and slices, or all; about `beats` bus words at most.
  [[nodiscard]] TransferInstruction map(bool binary, std::int64_t beats);
  // Bytes of a run that holds a row of `bytes`: whole bus words, at times with filler behind.
  [[nodiscard]] std::uint32_t run_bytes(std::int64_t bytes);
  // Where the runs lie, inside an area; at times across 4 KiB. `apart`: no byte is in two runs.
  void place(TransferInstruction& i, bool apart);
  // First word of `words` consecutive ones that lie in one region.
  [[nodiscard]] std::uint32_t base(BufferId buffer, std::int64_t words);

 private:
  const MachineParameters& machine_;
  std::mt19937_64& random_;
};

// Interconnect and DRAM by the law, behind a bench's ports. Throws where a unit breaks the protocol or the law's times.
[[nodiscard]] std::unique_ptr<AxiMemory> transfer_memory(const MachineParameters& machine, DramBytes& bytes);

}  // namespace blendsim::conformance
