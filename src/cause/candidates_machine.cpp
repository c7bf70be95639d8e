// SPDX-License-Identifier: Apache-2.0
// Candidates in memory and buffers: what DRAM does besides, and what larger buffers would hold.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cause/candidates.h"
#include "cause/tunable.h"
#include "report/format_text.h"

namespace blendsim {

std::optional<Trial> compiled_trial(const Reruns& reruns, const std::vector<std::string>& sets) {
  if (!reruns.compiled) return std::nullopt;
  const std::optional<Rerun> rerun = reruns.compiled(sets);
  if (!rerun) return std::nullopt;
  std::string options;
  for (const std::string& set : sets) options += (options.empty() ? "" : " ") + set_option(set);
  return Trial{rerun->cycles,
               fmt::format("compiled and run with {}{}", options,
                           rerun->fits ? "" : " --allow-oversize (the part is too small)"),
               rerun->fits};
}

std::optional<Trial> same_program_trial(const Reruns& reruns, const Program& program, const MachineParameters& machine,
                                        const std::string& without) {
  const std::optional<Rerun> rerun = reruns.time(program, machine);
  if (!rerun) return std::nullopt;
  return Trial{rerun->cycles, without};
}

namespace {

void add_dram(const RecordedRun& run, const Reruns& reruns, std::vector<Candidate>& candidates) {
  std::int64_t refreshes = 0, misses = 0;
  for (const BurstEvent& burst : run.run().bursts) {
    refreshes += burst.refreshes;
    if (burst.bank >= 0 && !burst.row_hit) ++misses;
  }
  const auto same_program = [&](std::string what, const std::string& without, auto change) {
    MachineParameters machine = run.machine();
    change(machine.memory.timing);
    candidates.push_back({Cause::Kind::machine, std::move(what), [&run, &reruns, machine, without] {
                            return same_program_trial(reruns, run.program(), machine, without);
                          }});
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

std::vector<Candidate> dram_candidates(const RecordedRun& run, const Reruns& reruns) {
  std::vector<Candidate> candidates;
  add_dram(run, reruns, candidates);
  if (!run.program().resident) {
    candidates.push_back(
        {Cause::Kind::machine, "instructions are fetched from DRAM while the program runs", [&run, &reruns] {
           Program program = run.program();
           program.resident = true;
           return same_program_trial(reruns, program, run.machine(), "the same program with its instructions on chip");
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
    candidates.push_back(
        {Cause::Kind::machine, std::move(what), [&reruns, set] { return compiled_trial(reruns, {set}); }});
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
