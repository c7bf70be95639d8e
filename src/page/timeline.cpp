// SPDX-License-Identifier: Apache-2.0
#include "page/timeline.h"

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "result/critical_path.h"
#include "trace/occupancy.h"

namespace blendsim {
namespace {

using Column = std::vector<std::int64_t>;

// The stretch of a phase that is told: whole images.
struct Shown {
  std::size_t images = 0, records = 0;
  Cycles end = 0;
};

Shown find_shown(const PhaseRecording& phase, std::size_t instructions) {
  const std::size_t images = instructions == 0 ? phase.completions.size() : phase.records.size() / instructions;
  return {images, phase.records.size(), images == phase.completions.size() ? phase.end : phase.completions[images - 1]};
}

// 0: none; else how far before `from` the record lies (a record never waits for itself).
std::int64_t back(std::int32_t from, std::int32_t to) { return to < 0 ? 0 : std::int64_t{from} - to; }

Json records_of(std::span<const InstructionRecord> records) {
  Column visible, start, front, end, release, released_by;
  Cycles before = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const InstructionRecord& r = records[i];
    start.push_back(r.start - before);
    before = r.start;
    visible.push_back(r.start - r.visible);
    front.push_back(r.front_free - r.start);
    end.push_back(r.end - r.start);
    release.push_back(static_cast<std::int64_t>(r.release));
    released_by.push_back(back(static_cast<std::int32_t>(i), r.released_by));
  }
  return {{"start", start}, {"visible", visible}, {"front_free", front},
          {"end", end},     {"release", release}, {"released_by", released_by}};
}

// A unit's stretches follow one another from 0 on.
Json intervals_of(const PhaseRecording& phase, const Shown& shown, UnitId unit) {
  Column activity, cycles, record, waited_for;
  std::int64_t before = 0;
  Cycles cursor = 0;
  for (const IntervalEvent& e : phase.intervals) {
    if (e.unit != unit || e.from >= shown.end) continue;
    if (e.from != cursor) throw InvariantError("page", "a unit's stretches leave a gap");
    cursor = e.to;
    activity.push_back(static_cast<std::int64_t>(e.activity));
    cycles.push_back(std::min(e.to, shown.end) - e.from);
    record.push_back(e.record - before);
    before = e.record;
    waited_for.push_back(back(e.record, e.waited_for));
  }
  return {{"activity", activity}, {"cycles", cycles}, {"record", record}, {"waited_for", waited_for}};
}

Json bursts_of(const PhaseRecording& phase, const Shown& shown) {
  Column record, port, bytes, request, grant, first, last, hit, bank;
  std::int64_t record_before = 0, before = 0;
  for (const BurstEvent& e : phase.bursts) {
    if (e.request >= shown.end) continue;
    record.push_back(e.record - record_before);
    record_before = e.record;
    port.push_back(static_cast<std::int64_t>(e.port));
    bytes.push_back(e.bytes);
    request.push_back(e.request - before);
    before = e.request;
    grant.push_back(e.grant - e.request);
    first.push_back(e.first_beat - e.request);
    last.push_back(e.last_beat - e.request);
    hit.push_back(e.row_hit ? 1 : 0);
    bank.push_back(e.bank);
  }
  return {{"record", record}, {"port", port},      {"bytes", bytes}, {"request", request}, {"grant", grant},
          {"first", first},   {"last_beat", last}, {"row_hit", hit}, {"bank", bank}};
}

std::int64_t energy_fj(const ActionCounts& counts, const ActionEnergies& energies) {
  std::int64_t sum = 0;
  for (std::size_t a = 0; a < counts.counts.size(); ++a) sum += counts.counts[a] * energies.fj(static_cast<Action>(a));
  return sum;
}

// By decoded instruction: text, layer, unit; what its actions cost, and the dispatch of its words.
Json instructions_of(std::span<const Instruction> instructions, const TimelineInput& in, bool resident) {
  Json text = Json::array();
  Column layer, unit, energy, dispatch;
  const RunEnergies energies(in.power, in.run);
  for (const Instruction& i : instructions) {
    text.push_back(disassemble(i));
    layer.push_back(sync_of(i).layer);
    unit.push_back(index(unit_of(i)));
    energy.push_back(energy_fj(actions(i, in.platform.machine), energies.of_layer(sync_of(i).layer)));
    ActionCounts words;
    words[Action::dispatch] = encoded_words(i);
    if (resident) words[Action::instructions_read] = words[Action::dispatch] * std::int64_t{8 * sizeof(Word)};
    dispatch.push_back(energy_fj(words, energies.of_rest()));
  }
  return {{"text", text}, {"layer", layer}, {"unit", unit}, {"energy_fj", energy}, {"dispatch_fj", dispatch}};
}

Json phase_of(const PhaseRecording& phase, const Shown& shown, std::span<const Instruction> instructions,
              const TimelineInput& in, bool resident) {
  Json out = {{"end", shown.end}, {"images", phase.completions.size()}, {"images_shown", shown.images}};
  const auto first = [&](const std::vector<Cycles>& all) {
    return Column(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), shown.images)));
  };
  out["doorbells"] = first(phase.doorbells);
  out["completions"] = first(phase.completions);
  out["instructions"] = instructions_of(instructions, in, resident);
  out["records"] = records_of(std::span(phase.records).first(shown.records));
  for (const UnitId unit : all_units) out["intervals"][std::string(name(unit))] = intervals_of(phase, shown, unit);
  out["bursts"] = bursts_of(phase, shown);
  return out;
}

// Pieces follow one another from 0 on; `unit` may be unit_count: dispatch.
Json critical_of(const Run& run, const Shown& shown) {
  Column record, unit, cycles;
  std::int64_t before = 0;
  for (const CriticalPiece& piece : critical_pieces(run)) {
    if (piece.from >= shown.end) break;
    record.push_back(piece.record - before);
    before = piece.record;
    unit.push_back(piece.by);
    cycles.push_back(std::min(piece.to, shown.end) - piece.from);
  }
  return {{"record", record}, {"unit", unit}, {"cycles", cycles}};
}

Json occupancy_of(const PhaseRecording& phase, const Shown& shown, std::span<const Instruction> instructions,
                  const TimelineInput& in) {
  Json out = Json::object();
  const MachineParameters& machine = in.platform.machine;
  Occupancy held = find_occupancy(std::span(phase.records).first(shown.records), instructions, machine, shown.end);
  const std::int64_t program_bits =
      in.program.buffers[static_cast<std::size_t>(index(BufferId::instructions))].peak_bits;
  held[static_cast<std::size_t>(index(BufferId::instructions))] = {{0, program_bits}};
  for (std::size_t b = 0; b < held.size(); ++b) {
    Column at, bits;
    HeldBits before;
    for (const HeldBits& now : held[b]) {
      at.push_back(now.at - before.at);
      bits.push_back(now.bits - before.bits);
      before = now;
    }
    out[std::string(buffer_names[b])] = {{"at", at}, {"bits", bits}};
  }
  return out;
}

}  // namespace

Json timeline_json(const TimelineInput& in) {
  const std::vector<Instruction> init = decode(in.program.init), main = decode(in.program.main);
  const PhaseRecording& before = in.recording.init();
  const PhaseRecording& phase = in.recording.main();
  const Shown shown = find_shown(phase, main.size());
  Json out = Json::object();
  out["digest"] = nullptr;  // its place
  out["main"] = phase_of(phase, shown, main, in, in.program.resident);
  out["main"]["critical"] = critical_of(in.run, shown);
  out["main"]["occupancy"] = occupancy_of(phase, shown, main, in);
  out["init"] = nullptr;
  if (!before.records.empty()) out["init"] = phase_of(before, {1, before.records.size(), before.end}, init, in, false);
  const ActionEnergies energies = in.power.energies(in.power.profile());
  for (const Action action :
       {Action::dram_read_byte, Action::dram_write_byte, Action::dram_activate, Action::dram_refresh}) {
    out["energy_fj"][std::string(action_names[static_cast<std::size_t>(action)])] = energies.fj(action);
  }
  for (const ClockedPart& part : in.power.clocked()) out["clock_fj"][part.name] = part.cycle_fj;
  Json rest = out;
  rest.erase("digest");
  out["digest"] = report_digest(rest);
  return out;
}

}  // namespace blendsim
