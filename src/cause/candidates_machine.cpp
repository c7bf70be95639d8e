// SPDX-License-Identifier: Apache-2.0
// Candidates in the machine: what of memory, dispatcher and buffers a better one would not cost.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "cause/candidates.h"
#include "report/format_text.h"

namespace blendsim {

namespace {

// A parameter of the machine, and the value at which it costs nothing or the least that there is.
struct Ideal {
  std::string_view key, unit;  // as --set takes it: "memory.read_latency", " cycles"
  std::int64_t& (*parameter)(MachineParameters&);
  std::int64_t value = 1;
  bool only_fetched = false;  // of programs that are not resident
};

constexpr std::array ideals = {
    Ideal{"memory.read_latency", " cycle", [](MachineParameters& m) -> std::int64_t& { return m.memory.read_latency; }},
    Ideal{"memory.write_latency", " cycle",
          [](MachineParameters& m) -> std::int64_t& { return m.memory.write_latency; }},
    Ideal{"memory.sync", " cycle", [](MachineParameters& m) -> std::int64_t& { return m.memory.sync; }},
    Ideal{"memory.taken_by_cpu", " %", [](MachineParameters& m) -> std::int64_t& { return m.memory.taken_by_cpu; }, 0},
    Ideal{"memory.width", " bit", [](MachineParameters& m) -> std::int64_t& { return m.memory.width; }, 1024},
    Ideal{"load.outstanding", "", [](MachineParameters& m) -> std::int64_t& { return m.load.outstanding; }, 64},
    Ideal{"store.outstanding", "", [](MachineParameters& m) -> std::int64_t& { return m.store.outstanding; }, 64},
    Ideal{"dispatcher.queue_depth", "", [](MachineParameters& m) -> std::int64_t& { return m.dispatcher.queue_depth; },
          1024},
    Ideal{"dispatcher.token_latency", " cycle",
          [](MachineParameters& m) -> std::int64_t& { return m.dispatcher.token_latency; }},
    Ideal{"dispatcher.decode", " cycle", [](MachineParameters& m) -> std::int64_t& { return m.dispatcher.decode; }},
    Ideal{"dispatcher.prefetch", " words", [](MachineParameters& m) -> std::int64_t& { return m.dispatcher.prefetch; },
          4096, true},
};

std::string value_text(std::int64_t value, std::string_view unit) {
  const bool plural = unit == " cycle" && value != 1;
  return fmt::format("{}{}{}", value, unit, plural ? "s" : "");
}

// With the network compiled anew where that can be; else the same program.
std::optional<Cycles> time_with(const RecordedRun& run, const Reruns& reruns, const MachineParameters& machine,
                                const std::vector<std::string>& sets) {
  if (reruns.compiled) {
    if (const std::optional<Cycles> cycles = reruns.compiled(sets)) return cycles;
  }
  return reruns.time(run.program(), machine);
}

void add_parameters(const RecordedRun& run, const Reruns& reruns, std::vector<Candidate>& candidates) {
  for (const Ideal& ideal : ideals) {
    MachineParameters machine = run.machine();
    std::int64_t& value = ideal.parameter(machine);
    const std::int64_t before = value;
    if (before == ideal.value || (ideal.only_fetched && run.program().resident)) continue;
    value = ideal.value;
    const std::string set = fmt::format("{}={}", ideal.key, value_text(ideal.value, ideal.unit));
    candidates.push_back({Cause::Kind::machine, fmt::format("{} is {}", ideal.key, value_text(before, ideal.unit)),
                          reruns.compiled ? fmt::format("compiled and run with --set {}", set)
                                          : fmt::format("the same program with {}", set),
                          [&run, &reruns, machine, set] { return time_with(run, reruns, machine, {set}); }});
  }
}

void add_dram(const RecordedRun& run, const Reruns& reruns, std::vector<Candidate>& candidates) {
  std::int64_t refreshes = 0, misses = 0;
  for (const BurstEvent& burst : run.run().bursts) {
    refreshes += burst.refreshes;
    if (burst.bank >= 0 && !burst.row_hit) ++misses;
  }
  const auto same_program = [&](std::string what, std::string without, auto change) {
    MachineParameters machine = run.machine();
    change(machine.memory.timing);
    candidates.push_back(
        {Cause::Kind::machine, std::move(what), std::move(without),
         [&run, &reruns, machine]() -> std::optional<Cycles> { return reruns.time(run.program(), machine); }});
  };
  if (refreshes > 0) {
    same_program(fmt::format("DRAM refresh: bursts met {}", grouped(refreshes)),
                 "the same program on a memory without refresh",
                 [](DramTiming& timing) { timing.refi = std::int64_t{1} << 48; });
  }
  if (misses > 0) {
    same_program(fmt::format("DRAM row misses: {} of {} bursts", grouped(misses),
                             grouped(static_cast<std::int64_t>(run.run().bursts.size()))),
                 "the same program on a memory whose rows are all open",
                 [](DramTiming& t) { t.rcd = t.rp = t.ras = t.rc = t.rrd = t.faw = t.rtp = t.wr = 0; });
  }
}

}  // namespace

std::vector<Candidate> machine_candidates(const RecordedRun& run, const Reruns& reruns) {
  std::vector<Candidate> candidates;
  add_parameters(run, reruns, candidates);
  add_dram(run, reruns, candidates);
  if (!run.program().resident) {
    candidates.push_back({Cause::Kind::machine, "instructions are fetched from DRAM while the program runs",
                          "the same program with its instructions on chip", [&run, &reruns]() -> std::optional<Cycles> {
                            Program program = run.program();
                            program.resident = true;
                            return reruns.time(program, run.machine());
                          }});
  }
  return candidates;
}

namespace {

// Buffers in which two instructions meet: what the later one waits for.
void add_meeting(const RecordedRun& run, std::int32_t first, std::int32_t second, std::set<BufferId>& buffers) {
  const std::vector<Access> before = accesses(run.instruction(first), run.machine());
  for (const Access& access : accesses(run.instruction(second), run.machine())) {
    for (const Access& other : before) {
      if (access.buffer == other.buffer && access.region == other.region && (access.write || other.write))
        buffers.insert(access.buffer);
    }
  }
}

// Buffers that hold less than the run could use: for whose space, or behind whose loads, something critical waits.
std::set<BufferId> scarce_buffers(const RecordedRun& run) {
  std::set<BufferId> buffers;
  for (const std::int32_t index : run.critical()) {
    const InstructionRecord& record = run.record(index);
    if (record.release == Release::space_token || record.release == Release::data_token)
      add_meeting(run, record.released_by, index, buffers);
    if (const auto* load = std::get_if<LoadInstruction>(&run.instruction(index)))
      buffers.insert(static_cast<BufferId>(load->buffer));
  }
  buffers.erase(BufferId::instructions);
  buffers.erase(BufferId::parameters);
  return buffers;
}

}  // namespace

std::vector<Candidate> buffer_candidates(const RecordedRun& run, const Reruns& reruns) {
  std::vector<Candidate> candidates;
  if (!reruns.compiled) return candidates;
  const auto add = [&](std::string what, std::string set) {
    candidates.push_back({Cause::Kind::machine, std::move(what), fmt::format("compiled and run with --set {}", set),
                          [&reruns, set] { return reruns.compiled({set}); }});
  };
  for (const BufferId buffer : scarce_buffers(run)) {
    const BufferParameters& parameters = run.machine().buffers[static_cast<std::size_t>(index(buffer))];
    const std::string key = fmt::format("buffers.{}", name(buffer));
    // Accumulators have a region for each array, whatever there are.
    if (buffer != BufferId::accumulators) {
      add(fmt::format("{} has {} region{}", key, parameters.regions, parameters.regions == 1 ? "" : "s"),
          fmt::format("{}.regions={}", key, parameters.regions + 1));
    }
    add(fmt::format("{} has {} words a region", key, grouped(parameters.depth)),
        fmt::format("{}.depth={}", key, 2 * parameters.depth));
  }
  return candidates;
}

}  // namespace blendsim
