// SPDX-License-Identifier: Apache-2.0
// The signals of a wave: those of rtl/machine.sv under their names there, and `model` beside them, in words.
#pragma once

#include <array>

#include "trace/subject.h"
#include "trace/waveform.h"

namespace blendsim {

using UnitSignals = std::array<Waveform::Signal, unit_count>;

// rtl/queue_unit.sv behind one unit, machine.queue[u].unit.
struct QueueSignals {
  Waveform::Signal data_posted, space_posted;  // of machine.queue[u] too
  Waveform::Signal unit_data_posted, unit_space_posted;
  Waveform::Signal enter, full, start, front_free, done, post_data, post_space;
  Waveform::Signal count, waiting, in_flight, awaited, arrived, available, missing;
  Waveform::Signal started, commits, counts_busy, counts_memory, counts_dependency, counts_downstream, counts_fence;
  std::array<Waveform::Signal, 2 * unit_count> tokens{};  // of links that there are
};

// What the model says of a unit in words.
struct ModelSignals {
  Waveform::Signal instruction, image, layer, text, activity;
};

struct WaveSignals {
  // Declares all of them.
  WaveSignals(Waveform& wave, const MachineParameters& machine);

  Waveform::Signal entered, started, ended;  // machine's outputs, a bit a unit
  Waveform::Signal enter, full, start, front_free, done, post_data, post_space;
  Waveform::Signal complete, go;
  Waveform::Signal control_go, control_complete, control_enter, control_done, running, outstanding;
  std::array<QueueSignals, unit_count> queue;
  std::array<ModelSignals, unit_count> model;
};

// Units with which a unit has links, a bit each.
[[nodiscard]] std::uint32_t linked_units(UnitId unit);

}  // namespace blendsim
