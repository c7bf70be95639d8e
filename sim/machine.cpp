// SPDX-License-Identifier: Apache-2.0
#include "sim/machine.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <systemc>

#include "base/diagnostic.h"
#include "models/buffer_memory.h"
#include "models/control.h"
#include "models/dispatcher.h"
#include "models/dram.h"
#include "models/interconnect.h"
#include "models/queue_units.h"
#include "sim/host.h"
#include "sim/image_sums.h"
#include "sim/memory_map.h"

// SystemC's library has a main of its own that wants this; programs here have theirs and elaborate by
// Machine::instance.
int sc_main(int, char**) { return 0; }

namespace blendsim {

// The wiring, from top to bottom.
struct Machine::Parts {
  Context context;
  Tokens tokens;
  HazardChecker hazards{context};

  Host host{"host", context};
  QueueUnits queue_units{context, tokens, hazards};
  std::array<QueueUnit*, unit_count>& units = queue_units.all;
  Dispatcher dispatcher{"dispatcher", context, units};
  Control control{"control", context, dispatcher};
  BufferMemory buffers{"buffers"};
  Interconnect interconnect{"interconnect", context};
  std::unique_ptr<MemoryModel> dram;

  std::array<PreparedProgram, 2> prepared;  // by Phase: of the program that ran last
  std::array<bool, 2> was_prepared{};       // ... and whether this run found it so
  // What init's cycles follow from besides prepared[0], when it ran last, and what they were; none: not known.
  struct InitRun {
    std::uint64_t address = 0, input_bytes = 0, program_bytes = 0, stall_seed = 0;
    bool operator==(const InitRun&) const = default;
  };
  std::optional<InitRun> init_run;
  Cycles init_cycles = 0;
  // Where weights and parameters hold what the program's init brings, since when: both numbers as they were right after
  // it.
  struct Brought {
    std::uint64_t program_changes = 0, constant_changes = 0;
    bool operator==(const Brought&) const = default;
  };
  std::optional<Brought> brought;
  std::optional<SwitchingSampler> sampler;     // of prepared main, kept while the sample stays the same
  std::optional<EventStream> events;           // of a run that somebody listens to
  std::optional<ImageSums> image_sums;         // of a run whose records are not kept
  std::vector<InstructionRecord> first_image;  // its first image's
  MemoryMap memory_map;

  explicit Parts(const MemoryFactory& memory)
      : dram(memory ? memory(context) : std::make_unique<Dram>("dram", context)) {
    host.registers.bind(control.registers);
    dispatcher.bind(interconnect.fetch);
    queue_units.store.bind(interconnect.store);
    queue_units.load.bind(interconnect.load);
    interconnect.memory.bind(dram->socket());
    for (QueueUnit* unit : units) unit->connect(dispatcher, control);
    dispatcher.connect(control);
  }

  void configure(const MachineParameters& machine);
  void sample(const PreparedProgram& main, std::int64_t every);
  [[nodiscard]] Brought now() const { return {memory_map.program_changes(), context.buffers->constant_changes()}; }
  void bring(const MachineParameters& machine);
  const PreparedProgram& prepare_once(Phase phase, const std::vector<Word>& words, const Program& program);
  bool run_init(const Program& program, const RunOptions& options, Run& run);
  std::vector<std::unique_ptr<ResultCapture>> run_main(const Program& program, const PreparedProgram& main,
                                                       std::size_t images, const RunOptions& options);
  void reset(const PreparedProgram& program, std::size_t images, bool resident, std::uint64_t program_address,
             bool keep_records);
  void begin_image(std::int32_t image);
  void end_image();
  void simulate(Phase phase, std::size_t images, const std::function<void(std::int32_t)>& image);
  [[noreturn]] void report_deadlock() const;
  void collect(Run& run, const PreparedProgram& program, bool resident);
};

// Every parameter is read at reset; nothing of a topology depends on them.
void Machine::Parts::configure(const MachineParameters& machine) {
  context.machine = &machine;
  queue_units.configure(machine);
}

// A sampler knows its program; a run without one in between leaves it as it is.
void Machine::Parts::sample(const PreparedProgram& main, std::int64_t every) {
  const bool other_program = !was_prepared[static_cast<std::size_t>(Phase::main)];
  if (other_program || (sampler && every != 0 && sampler->every() != every)) sampler.reset();
  if (every == 0) return;
  if (!sampler) sampler.emplace(main, every);
  sampler->reset();
  context.sampler = &*sampler;
}

// Queues and tokens empty, DRAM rows closed, refresh phase 0. The buffers keep what init brought.
void Machine::Parts::reset(const PreparedProgram& program, std::size_t images, bool resident,
                           std::uint64_t program_address, bool keep_records) {
  context.program = &program;
  context.failure = nullptr;
  context.reset_coverage();
  context.layer_actions.assign(program.layers, {});
  context.records.clear();
  context.first_record = 0;
  image_sums.reset();
  first_image.clear();
  if (!keep_records) {
    images = 1;
    image_sums.emplace(program.layers);
  }
  context.records.reserve(images * program.records.size());
  for (std::size_t image = 0; image < images; ++image) {
    context.records.insert(context.records.end(), program.records.begin(), program.records.end());
    if (image == 0) continue;
    const auto begin = context.records.end() - static_cast<std::ptrdiff_t>(program.records.size());
    std::for_each(begin, context.records.end(),
                  [&](InstructionRecord& record) { record.image = static_cast<std::int32_t>(image); });
  }
  hazards.reset();
  tokens.reset(context.machine->dispatcher.token_bits);
  for (QueueUnit* unit : units) unit->reset();
  dispatcher.reset(resident, program_address);
  interconnect.reset();
  dram->reset();
  control.reset([this](Cycles at) { host.completed(at); });
  host.stop();
}

// What init brings, in program order and without time (as QueueUnit::start explains).
void Machine::Parts::bring(const MachineParameters& machine) {
  bool constants = true;
  for (const Instruction& instruction : prepared[0].instructions) {
    execute(instruction, machine, *context.buffers, context.areas);
    const auto* copy = std::get_if<LoadInstruction>(&instruction);
    constants = constants && copy != nullptr && static_cast<DramBase>(copy->dram_base) == DramBase::program &&
                static_cast<TransferForm>(copy->form) == TransferForm::linear &&
                static_cast<BufferId>(copy->buffer) != BufferId::act_fixed;
  }
  brought.reset();
  if (constants) brought = now();
}

void Machine::Parts::simulate(Phase phase, std::size_t images, const std::function<void(std::int32_t)>& image) {
  if (events) events->begin(phase, static_cast<std::int32_t>(images), context.records);
  context.set_epoch(sc_core::sc_time_stamp().value() + 1);
  host.start(static_cast<std::int32_t>(images), [&](std::int32_t next) {
    if (next > 0) begin_image(next);
    image(next);
  });
  sc_core::sc_start(sc_core::sc_max_time() - sc_core::sc_time_stamp(), sc_core::SC_EXIT_ON_STARVATION);
  if (events && (context.failure || !host.done())) events->stop(context.now());
  if (context.failure) std::rethrow_exception(context.failure);
  if (!host.done()) report_deadlock();
  tokens.check_all_taken();
  const Cycles end = control.completions().back();
  for (QueueUnit* unit : units) unit->close(end);
  if (!events) return;
  dram->close(end);
  events->end(end);
}

// The image before has ended: images share no token, no queue slot and no burst.
void Machine::Parts::begin_image(std::int32_t image) {
  tokens.check_all_taken();
  tokens.begin_image();
  hazards.begin_image();
  for (QueueUnit* unit : units) unit->begin_image();
  if (!image_sums) return;
  const auto size = static_cast<std::int32_t>(context.program->instructions.size());
  if (events) events->begin_image(image * size, context.now());
  end_image();
  std::copy(context.program->records.begin(), context.program->records.end(), context.records.begin());
  for (InstructionRecord& record : context.records) record.image = image;
  context.first_record = image * size;
}

// The records of the image that ran last are complete, and only the first image's are kept.
void Machine::Parts::end_image() {
  const std::vector<Cycles>& completions = control.completions();
  const std::size_t before = completions.size() - 1;
  image_sums->add(context.records, context.first_record, before == 0 ? 0 : completions[before - 1],
                  completions[before]);
  if (before == 0) first_image = context.records;
}

void Machine::Parts::report_deadlock() const {
  std::string text =
      "nothing can happen any more after cycle " + std::to_string(context.now()) + "; each unit's head waits for";
  for (const QueueUnit* unit : units) {
    const std::int32_t head = unit->waiting();
    if (head < 0) continue;
    const InstructionRecord& record = context.held(head);
    text += "\n    " + std::string(name(record.unit)) + ": instruction " + std::to_string(record.instruction) +
            " of image " + std::to_string(record.image) + " (" + disassemble(context.instruction(head)) +
            ") waits for " + unit->missing();
  }
  throw DiagnosticError({{"deadlock", {}, text, "each post must precede its wait in program order"}},
                        ExitStatus::simulation_failed);
}

namespace {

void add_scaled(ActionCounts& sum, const ActionCounts& counts, std::int64_t times) {
  for (std::size_t i = 0; i < counts.counts.size(); ++i) sum.counts[i] += counts.counts[i] * times;
}

// Each dispatched word of a resident program was read from the instructions buffer, once. One that is not resident
// comes through the prefetch FIFO, and its bytes are among DRAM's.
void count_instruction_reads(ActionCounts& counts, bool resident) {
  if (resident) counts[Action::instructions_read] += counts[Action::dispatch] * std::int64_t{8 * sizeof(Word)};
}

}  // namespace

// What the modules counted, as a Run.
void Machine::Parts::collect(Run& run, const PreparedProgram& program, bool resident) {
  run.completions = control.completions();
  run.cycles = run.completions.back();
  const auto images = static_cast<std::int64_t>(run.completions.size());
  for (std::size_t u = 0; u < units.size(); ++u) {
    run.units[u] = units[u]->account(run.cycles);
    add_scaled(run.actions[u], program.unit_actions[u], images);
  }
  run.compute_cycles = context.compute_cycles;
  run.memory = dram->counts(run.cycles);
  run.memory.busy = interconnect.busy();
  run.fetched_bursts = dispatcher.fetched_bursts();

  ActionCounts& shared = run.actions[unit_count];
  const auto words = static_cast<std::int64_t>(program.word_count());
  shared[Action::dispatch] += words * images;
  count_instruction_reads(shared, resident);
  shared[Action::dram_read_byte] += run.memory.read_bytes;
  shared[Action::dram_write_byte] += run.memory.write_bytes;
  shared[Action::dram_activate] += dram->activates();
  shared[Action::dram_refresh] += run.memory.refreshes;

  run.layer_actions = context.layer_actions;
  for (std::size_t l = 0; l < run.layer_actions.size(); ++l) {
    add_scaled(run.layer_actions[l], program.layer_actions[l], images);
    count_instruction_reads(run.layer_actions[l], resident);
  }
  // Of the last image's records, the first with the latest end.
  Cycles last_end = -1;
  for (std::size_t r = context.records.size() - program.records.size(); r < context.records.size(); ++r) {
    if (context.records[r].end <= last_end) continue;
    last_end = context.records[r].end;
    run.last_record = context.first_record + static_cast<std::int32_t>(r);
  }
  if (!image_sums) {
    run.records = std::move(context.records);
    find_critical_path(run, program.layers);
    return;
  }
  end_image();
  run.records = std::move(first_image);
  image_sums->put_into(run);
}

Machine::Machine(const MemoryFactory& memory) {
  // Before the first object of SystemC: its banner is not ours to print, and one tick is one accelerator cycle.
  setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
  sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
  parts_ = std::make_unique<Parts>(memory);
}

Machine::~Machine() = default;

Machine& Machine::instance(const MemoryFactory& memory) {
  static bool elaborated = false;
  if (elaborated && memory) throw InvariantError("machine", "is elaborated already, with its memory");
  static Machine machine(memory);
  elaborated = true;
  return machine;
}

const PreparedProgram& Machine::Parts::prepare_once(Phase phase, const std::vector<Word>& words,
                                                    const Program& program) {
  const auto which = static_cast<std::size_t>(phase);
  PreparedProgram& kept = prepared[which];
  was_prepared[which] = kept.is_for(words, *context.machine, program.layers.size());
  if (was_prepared[which]) return kept;
  if (phase == Phase::init) init_run.reset(), brought.reset();
  return kept = prepare(words, *context.machine, program.layers.size());
}

// Returns whether everything about it was known from the run before.
bool Machine::Parts::run_init(const Program& program, const RunOptions& options, Run& run) {
  if (program.init.empty()) return true;
  const PreparedProgram& init = prepare_once(Phase::init, program.init, program);
  if (init.instructions.empty()) return true;
  const InitRun this_run{program.init_address, program.input_bytes, program.program_bytes, options.stall_seed};
  memory_map.select(context, 0);
  if (init_run == this_run && !options.check_hazards && !events) {
    // Known from the last run: only what it brings is brought again, where something changed it.
    if (options.values && brought != now()) bring(*context.machine);
    run.init_cycles = init_cycles;
    return true;
  }
  init_run.reset();
  brought.reset();
  reset(init, 1, false, program.init_address, true);  // nothing is on chip yet
  simulate(Phase::init, 1, [](std::int32_t) {});
  run.init_cycles = init_cycles = control.completions().back();
  init_run = this_run;
  return false;
}

// Returns what was captured of each image.
std::vector<std::unique_ptr<ResultCapture>> Machine::Parts::run_main(const Program& program,
                                                                     const PreparedProgram& main, std::size_t images,
                                                                     const RunOptions& options) {
  std::vector<std::unique_ptr<ResultCapture>> captures;
  reset(main, images, program.resident, program.main_address, options.keep_records);
  context.upsets = options.upsets;
  std::stable_sort(context.upsets.begin(), context.upsets.end(),
                   [](const Upset& a, const Upset& b) { return a.cycle > b.cycle; });
  simulate(Phase::main, images, [&](std::int32_t image) {
    if (options.image_done && image > 0) options.image_done(image);
    memory_map.select(context, static_cast<std::size_t>(image));
    if (!options.capture_tensors || !options.values) return;
    captures.push_back(std::make_unique<ResultCapture>(program, *context.machine));
    context.capture = captures.back().get();
  });
  if (options.image_done) options.image_done(static_cast<std::int32_t>(images));
  return captures;
}

namespace {

std::vector<LayerResult> layer_results(const ResultCapture& capture) {
  std::vector<LayerResult> out;
  for (ResultCapture::Result& result : capture.results()) {
    out.push_back(
        {result.name, {result.view.channels, result.view.height, result.view.width}, std::move(result.values)});
  }
  return out;
}

}  // namespace

Run Machine::run(const MachineParameters& machine, const Program& program,
                 std::span<const std::vector<std::int32_t>> images, const RunOptions& options) {
  Parts& parts = *parts_;
  Context& context = parts.context;
  const std::size_t count = images.empty() && !options.values ? 1 : images.size();
  if (count == 0) throw InvariantError("machine", "a run with values needs an image");
  if (!options.upsets.empty() && !options.values) throw InvariantError("machine", "an upset needs values to fall on");
  if (options.activity_every != 0 && !options.values) throw InvariantError("machine", "activity is that of values");
  parts.configure(machine);
  context.values = options.values;
  context.check_hazards = options.check_hazards;
  context.stall_seed = options.stall_seed;
  context.capture = nullptr;
  context.sampler = nullptr;
  context.upsets.clear();
  context.buffers = &parts.buffers.direct();
  parts.events.reset();
  if (!options.consumers.empty()) parts.events.emplace(options.consumers);
  context.events = parts.events ? &*parts.events : nullptr;
  parts.memory_map.lay_out(program, machine, images, count, options.values);
  if (options.values) {
    parts.buffers.reset(machine, options.check_hazards);
    if (parts.events) context.buffers->clear_activations();  // a listener may look at whole words
  }

  Run run;
  run.values = options.values;
  const bool known = parts.run_init(program, options, run);
  const PreparedProgram& main = parts.prepare_once(Phase::main, program.main, program);
  run.warm = parts.was_prepared[static_cast<std::size_t>(Phase::main)] && known;
  parts.sample(main, options.activity_every);
  const auto captures = parts.run_main(program, main, count, options);
  parts.collect(run, main, program.resident);
  if (context.sampler != nullptr) run.switching = context.sampler->sums(static_cast<std::int64_t>(count));

  for (std::size_t image = 0; options.values && image < count; ++image) {
    auto& outputs = run.outputs.emplace_back();
    for (const TensorView& view : program.outputs)
      outputs.push_back(read_view(view, *context.buffers, parts.memory_map.output(image)));
  }
  for (const auto& capture : captures) run.tensors.push_back(layer_results(*capture));
  return run;
}

}  // namespace blendsim
