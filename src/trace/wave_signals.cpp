// SPDX-License-Identifier: Apache-2.0
#include "trace/wave_signals.h"

#include <fmt/format.h>

namespace blendsim {
namespace {

constexpr int outstanding_bits = 16;  // COUNT of rtl/control.sv

int bits_of(std::int64_t highest) {
  int bits = 0;
  while (std::int64_t{1} << bits <= highest) ++bits;
  return bits;
}

// Most instructions of a unit between start and end, as the parameter package says.
std::int64_t most_in_flight(UnitId unit, const MachineParameters& machine) {
  return with_unit(unit, [&]<class U>() -> std::int64_t {
    if constexpr (ComputeDescriptor<U>) return (machine.*(U::member)).depth;
    else return (machine.*(U::member)).outstanding + 1;
  });
}

void declare_queue(Waveform& wave, const MachineParameters& machine, UnitId unit, QueueSignals& q) {
  const int u = index(unit), depth = bits_of(machine.dispatcher.queue_depth);
  const auto bit = [&](const char* name, std::uint64_t initial = 0) { return wave.bits(name, 1, u, initial); };
  wave.open_scope(fmt::format("queue[{}]", u));
  q.data_posted = wave.bits("data_posted", unit_count);
  q.space_posted = wave.bits("space_posted", unit_count);
  wave.open_scope("unit");
  q.enter = bit("enter"), q.full = bit("full");
  q.unit_data_posted = wave.bits("data_posted", unit_count);
  q.unit_space_posted = wave.bits("space_posted", unit_count);
  q.post_data = wave.bits("post_data", unit_count), q.post_space = wave.bits("post_space", unit_count);
  q.start = bit("start"), q.front_free = bit("front_free", 1), q.done = bit("done");
  q.count = wave.bits("count", depth, u), q.waiting = bit("waiting");
  q.in_flight = wave.bits("in_flight", bits_of(most_in_flight(unit, machine)));
  q.awaited = wave.bits("awaited", 2 * unit_count, u), q.arrived = wave.bits("arrived", 2 * unit_count, u);
  q.available = wave.bits("available", 2 * unit_count, u), q.missing = wave.bits("missing", 2 * unit_count, u);
  q.started = bit("started"), q.commits = bit("commits");
  q.counts_busy = bit("counts_busy"), q.counts_memory = bit("counts_memory");
  q.counts_dependency = bit("counts_dependency"), q.counts_downstream = bit("counts_downstream");
  q.counts_fence = bit("counts_fence");
  const std::uint32_t linked = linked_units(unit);
  for (int link = 0; link < 2 * unit_count; ++link) {
    if ((linked >> link % unit_count & 1) == 0) continue;
    wave.open_scope(fmt::format("g_link[{}]", link));
    wave.open_scope("g_other");
    q.tokens[static_cast<std::size_t>(link)] = wave.bits("tokens", static_cast<int>(machine.dispatcher.token_bits), u);
    wave.close_scope();
    wave.close_scope();
  }
  wave.close_scope();
  wave.close_scope();
}

}  // namespace

std::uint32_t linked_units(UnitId unit) {
  return with_unit(unit, []<class U>() -> std::uint32_t { return links_of<Units, U>; });
}

WaveSignals::WaveSignals(Waveform& wave, const MachineParameters& machine) {
  const auto units = [&](const char* name, std::uint64_t initial = 0) {
    return wave.bits(name, unit_count, -1, initial);
  };
  constexpr std::uint64_t all = (std::uint64_t{1} << unit_count) - 1;
  wave.open_scope("machine");
  complete = wave.bits("complete", 1);
  entered = units("entered"), started = units("started"), ended = units("ended");
  go = wave.bits("go", 1);
  enter = units("enter"), full = units("full"), start = units("start"), done = units("done");
  front_free = units("front_free", all);
  post_data = wave.bits("post_data", unit_count * unit_count);
  post_space = wave.bits("post_space", unit_count * unit_count);
  wave.open_scope("control");
  control_complete = wave.bits("complete", 1), control_go = wave.bits("go", 1);
  control_enter = units("enter"), control_done = units("done");
  running = wave.bits("running", 1), outstanding = wave.bits("outstanding", outstanding_bits);
  wave.close_scope();
  for (const UnitId unit : all_units) declare_queue(wave, machine, unit, queue[static_cast<std::size_t>(unit)]);
  wave.close_scope();
  wave.open_scope("model");
  for (const UnitId unit : all_units) {
    ModelSignals& m = model[static_cast<std::size_t>(unit)];
    wave.open_scope(name(unit));
    m.activity = wave.text("activity"), m.layer = wave.text("layer"), m.text = wave.text("text");
    m.instruction = wave.bits("instruction", 32), m.image = wave.bits("image", 32);
    wave.close_scope();
  }
  wave.close_scope();
  wave.end_declarations();
}

}  // namespace blendsim
