// SPDX-License-Identifier: Apache-2.0
#include "model_machine.h"

#include <algorithm>

#include "base/diagnostic.h"
#include "instruction_writes.h"
#include "isa/interpret.h"
#include "models/context.h"
#include "sim/machine.h"
#include "sim/memory_map.h"

namespace blendsim::conformance {
namespace {

class BurstNotes final : public EventConsumer {
 public:
  void on_phase(const PhaseEvent& event) override { phase_ = event.phase; }
  void on_burst(const BurstEvent& burst) override {
    if (burst.record < 0 || phase_ == Phase::init) return;
    const auto record = static_cast<std::size_t>(burst.record);
    if (bursts.size() <= record) bursts.resize(record + 1);
    bursts[record].push_back(burst);
  }
  std::vector<std::vector<BurstEvent>> bursts;  // by record, in order

 private:
  Phase phase_ = Phase::main;
};

// The model keeps no words of the instructions buffer: init brings main there, from address 0 on (isa.md, rule 6).
std::vector<std::uint32_t> instruction_word(const Word& word) {
  return {static_cast<std::uint32_t>(word.low), static_cast<std::uint32_t>(word.low >> 32),
          static_cast<std::uint32_t>(word.high), static_cast<std::uint32_t>(word.high >> 32)};
}

bool has_instructions(const std::vector<Word>& words) { return !words.empty() && !decode(words).empty(); }

}  // namespace

// The areas of one run, as execute() takes them.
struct ModelMachine::Areas {
  MemoryMap map;
  Context context;
  Areas(const Program& program, const MachineParameters& machine, std::span<const std::vector<std::int32_t>> images) {
    map.lay_out(program, machine, images, images.size(), true);
  }
};

ModelMachine::ModelMachine(const MachineParameters& machine, const Program& program,
                           std::vector<std::vector<std::int32_t>> images)
    : machine_(machine), program_(program), images_(std::move(images)) {
  buffers_.configure(machine_, false);
  main_instructions_ = decode(program_.main);
  Areas areas(program_, machine_, images_);
  for (std::size_t image = 0; image < images_.size(); ++image) {
    areas.map.select(areas.context, image);
    bases_.push_back(areas.context.bases);
  }
  if (has_init()) {
    // init is a run of its own, fetched: as a program without one, its records and bursts can be seen.
    init_instructions_ = decode(program_.init);
    Program alone = program_;
    alone.main.swap(alone.init);
    alone.init.clear();
    alone.outputs.clear();
    alone.main_address = program_.init_address;
    alone.resident = false;
    BurstNotes notes;
    RunOptions options;
    options.consumers = {&notes};
    const Run run = Machine::instance().run(machine_, alone, std::span(images_).first(1), options);
    init_ = events_of(run, notes.bursts, init_instructions_, areas);
    init_records_ = run.records;
  }
  BurstNotes notes;
  RunOptions options;
  options.consumers = {&notes};
  run_ = Machine::instance().run(machine_, program_, images_, options);
  main_ = events_of(run_, notes.bursts, main_instructions_, areas);
  if (init_.cycles != run_.init_cycles)
    throw InvariantError("conformance", "init alone takes other cycles than before main");
}

bool ModelMachine::has_init() const { return has_instructions(program_.init); }

std::vector<std::uint8_t> ModelMachine::memory() const {
  std::vector<std::uint8_t> bytes = program_area(program_);
  for (std::size_t image = 0; image < images_.size(); ++image) {
    const std::vector<std::uint8_t> input = pack_input(program_, machine_, images_[image]);
    bytes.resize(bases_[image][1] + input.size());
    std::copy(input.begin(), input.end(), bytes.begin() + static_cast<std::ptrdiff_t>(bases_[image][1]));
  }
  return bytes;
}

StreamRun ModelMachine::init_stream() const {
  return {program_.init_address, program_.init.size(), false, {bases_.front()}, 2 * init_.cycles + 2000};
}
StreamRun ModelMachine::main_stream() const {
  return {program_.main_address, program_.main.size(), program_.resident, bases_, 2 * run_.cycles + 2000};
}

// Records give the times. The words come from executing in program order, which is what the machine computes
// (QueueUnit::start explains), and their cycles from each unit's law.
MachineEvents ModelMachine::events_of(const Run& run, const std::vector<std::vector<BurstEvent>>& bursts,
                                      const std::vector<Instruction>& instructions, Areas& areas) {
  MachineEvents events;
  events.cycles = run.cycles;
  events.completions = run.completions;
  events.accounts = run.units;
  std::int32_t image = -1;
  for (std::size_t r = 0; r < run.records.size(); ++r) {
    const InstructionRecord& record = run.records[r];
    if (record.image != image) {
      image = record.image;
      areas.map.select(areas.context, static_cast<std::size_t>(image));
    }
    const Instruction& instruction = instructions[static_cast<std::size_t>(record.instruction)];
    execute(instruction, machine_, buffers_, areas.context.areas);
    const auto u = static_cast<std::size_t>(record.unit);
    const auto nth = static_cast<std::int32_t>(events.instructions[u].size());
    events.instructions[u].push_back({record.visible, record.start, record.end});
    const std::span<const BurstEvent> own = r < bursts.size() ? std::span(bursts[r]) : std::span<const BurstEvent>();
    InstructionRecord of_unit = record;  // a load's writer knows the load before it, so the first must be told apart
    of_unit.instruction = nth;
    for (WordWrite& word : instruction_writes({instruction, of_unit, own}, machine_, buffers_)) {
      if (word.place == Place::instructions) word.data = instruction_word(program_.main[word.address]);
      events.writes[u].push_back({record.unit, std::move(word), nth});
    }
  }
  for (auto& writes : events.writes) sort_writes(writes);
  for (std::size_t i = 0; i < run.completions.size(); ++i) {
    const auto output = areas.map.output(i);
    events.outputs.emplace_back(output.begin(), output.end());
  }
  return events;
}

}  // namespace blendsim::conformance
