// SPDX-License-Identifier: Apache-2.0
// What all modules of one run share: the clock, the program, the records and the options. Set up by Machine, per run.
#pragma once

#include <cstdint>
#include <exception>
#include <systemc>
#include <utility>
#include <vector>

#include "isa/interpret.h"
#include "models/prepared_program.h"
#include "models/switching_sampler.h"
#include "result/event_stream.h"
#include "result/run.h"
#include "units/buffer/storage.h"
#include "units/machine_parameters.h"

namespace blendsim {

struct Context {
  const MachineParameters* machine = nullptr;
  const PreparedProgram* program = nullptr;
  bool values = true;
  bool check_hazards = false;
  std::uint64_t stall_seed = 0;
  EventStream* events = nullptr;        // nobody listens: nullptr, and nothing more is paid
  ResultCapture* capture = nullptr;     // of the image that runs
  SwitchingSampler* sampler = nullptr;  // of main, where switching activity is measured
  std::vector<Upset> upsets;            // to come, the next one last
  Buffers* buffers = nullptr;
  DramAreas areas;                       // of the image that runs
  std::array<std::uint64_t, 3> bases{};  // physical, by DramBase, of the image that runs

  // Program order, image after image, all of the run or those of the image that runs; end = -1 until it is known.
  std::vector<InstructionRecord> records;
  std::int32_t first_record = 0;            // index of records.front()
  std::vector<ActionCounts> layer_actions;  // what time decides: DRAM bytes and activates
  Cycles compute_cycles = 0;                // merged intervals of the compute units' busy cycles
  std::exception_ptr failure;

  [[nodiscard]] Cycles now() const { return static_cast<Cycles>(sc_core::sc_time_stamp().value() - epoch_); }
  void set_epoch(sc_dt::uint64 epoch) { epoch_ = epoch; }

  // Wakes a process at cycle `at`. Rule 1: never in this cycle or before it.
  void notify(sc_core::sc_event& event, Cycles at) const;

  // Runs a process's body. SystemC would turn an exception into an sc_report and stay unusable: it is kept, the kernel
  // pauses at the end of the delta cycle, and Machine throws it outside.
  template <class Body>
  void guard(Body&& body) {
    if (failure) return;
    try {
      std::forward<Body>(body)();
    } catch (...) {
      failure = std::current_exception();
      sc_core::sc_pause();
    }
  }

  // Flips the bits whose upsets lie before a start in cycle `now`.
  void let_upsets_happen(Cycles now) {
    if (upsets.empty() || upsets.back().cycle >= now) [[likely]]
      return;
    flip_before(now);
  }

  // Makes an event and hands it on, where somebody listens. Where nobody does, a comparison is all that it costs: what
  // makes the event stands apart, so that the caller's registers and cache lines are not spent on it.
  template <class Make>
  void tell(const Make& make) const {
    if (events != nullptr) [[unlikely]]
      emit_made(make);
  }

  // Cycles of a random-stall run's delay, from the seed and what is delayed alone: independent of the order of
  // processes.
  enum class Delay : std::uint8_t { start, grant, beats };
  [[nodiscard]] Cycles delay(Delay kind, std::uint64_t which) const;

  [[nodiscard]] const Instruction& instruction(std::int32_t record) const {
    return program->instructions[static_cast<std::size_t>(held(record).instruction)];
  }
  [[nodiscard]] const Synchronisation& synchronisation(std::int32_t record) const {
    return program->synchronisation[static_cast<std::size_t>(held(record).instruction)];
  }
  [[nodiscard]] InstructionRecord& record(std::int32_t index) {
    return records[static_cast<std::size_t>(index - first_record)];
  }
  [[nodiscard]] const InstructionRecord& held(std::int32_t index) const {
    return records[static_cast<std::size_t>(index - first_record)];
  }
  [[nodiscard]] ActionCounts& layer(std::int32_t layer) { return layer_actions[static_cast<std::size_t>(layer)]; }
  // Compute starts come in order of time, so one end of coverage merges the intervals.
  void cover(Cycles start, Cycles end) {
    if (end > covered_) compute_cycles += end - std::max(start, covered_);
    covered_ = std::max(covered_, end);
  }
  void reset_coverage() { covered_ = compute_cycles = 0; }

 private:
  void flip_before(Cycles now);
  template <class Make>
  [[gnu::cold, gnu::noinline]] void emit_made(const Make& make) const {
    events->emit(make(), now());
  }

  sc_dt::uint64 epoch_ = 0;
  Cycles covered_ = 0;
};

}  // namespace blendsim
