// SPDX-License-Identifier: Apache-2.0
#include "dispatch_model.h"

#include <cstdlib>
#include <systemc>

#include "models/burst_port.h"
#include "models/control.h"
#include "models/dispatcher.h"
#include "models/dram.h"
#include "models/interconnect.h"
#include "models/unit.h"
#include "sim/host.h"

// SystemC's library has a main of its own that wants this.
int sc_main(int, char**) { return 0; }

namespace blendsim::conformance {
namespace {

constexpr Cycles unit_depth = 5;

Cycles drawn(std::mt19937_64& random, int most) {
  return 1 + static_cast<Cycles>(random() % static_cast<std::uint64_t>(most));
}

// Holds its front for a random time; not even the fields are looked at.
class IdleUnit final : public QueueUnit {
 public:
  IdleUnit(const sc_core::sc_module_name& name, UnitId id, Context& context, Tokens& tokens, HazardChecker& hazards)
      : QueueUnit(name, id, context, tokens, hazards) {}
  void draw_from(std::mt19937_64& random, int longest) { random_ = &random, longest_ = longest; }

 private:
  void begin(std::int32_t record, const Instruction&, Cycles start) override {
    const Cycles occupancy = drawn(*random_, longest_);
    front_is_free(start + occupancy);
    add_busy(record, start, start + occupancy);
    finish(record, start + occupancy - 1 + unit_depth);
  }
  std::mt19937_64* random_ = nullptr;
  int longest_ = 1;
};

// Random bursts of one port until the last image has completed.
class Traffic final : public sc_core::sc_module, private BurstListener {
 public:
  Traffic(const sc_core::sc_module_name& name, MemoryPort port, Context& context)
      : sc_module(name), context_(context), port_("memory_port", port, context, *this) {
    SC_HAS_PROCESS(Traffic);
    SC_METHOD(send);
    sensitive << event_;
    dont_initialize();
  }
  template <class Target>
  void bind(Target& target) {
    port_.socket.bind(target);
  }

  void reset(std::mt19937_64& random, int gap, std::vector<TrafficBurst>& bursts) {
    event_.cancel();
    port_.reset();
    random_ = &random;
    gap_ = gap;
    bursts_ = &bursts;
    if (gap > 0) event_.notify(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(1 + drawn(random, 2 * gap))));
  }
  void stop() { gap_ = 0; }

 private:
  void granted() override {
    if (gap_ > 0) context_.notify(event_, port_.granted_at() + drawn(*random_, 2 * gap_) - 1);
  }
  void responded(const BurstExtension&, Cycles) override {}
  void send() {
    if (gap_ == 0) return;
    const std::int64_t bus = context_.machine->memory.bus_bytes();
    const std::int64_t beats = drawn(*random_, 16);
    const std::uint64_t page = (*random_)() % 64 * 4096;
    const std::uint64_t address =
        page + (*random_)() % static_cast<std::uint64_t>(4096 / bus - beats + 1) * static_cast<std::uint64_t>(bus);
    bursts_->push_back({context_.now(), address, beats});
    port_.request(address, static_cast<std::uint32_t>(beats * bus), beats, -1, false);
  }

  Context& context_;
  BurstPort port_;
  sc_core::sc_event event_;
  std::mt19937_64* random_ = nullptr;
  int gap_ = 0;
  std::vector<TrafficBurst>* bursts_ = nullptr;
};

}  // namespace

struct DispatchModel::Parts {
  Context context;
  Tokens tokens;
  HazardChecker hazards{context};
  Host host{"host", context};
  std::array<std::unique_ptr<IdleUnit>, unit_count> units;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Control> control;
  Traffic loads{"loads", MemoryPort::load, context}, stores{"stores", MemoryPort::store, context};
  Interconnect interconnect{"interconnect", context};
  Dram dram{"dram", context};
  PreparedProgram program;

  Parts() {
    std::array<QueueUnit*, unit_count> queues{};
    for (std::size_t u = 0; u < unit_count; ++u) {
      const auto id = static_cast<UnitId>(u);
      units[u] = std::make_unique<IdleUnit>(std::string(name(id)).c_str(), id, context, tokens, hazards);
      queues[u] = units[u].get();
    }
    dispatcher = std::make_unique<Dispatcher>("dispatcher", context, queues);
    control = std::make_unique<Control>("control", context, *dispatcher);
    host.registers.bind(control->registers);
    dispatcher->bind(interconnect.fetch);
    stores.bind(interconnect.store);
    loads.bind(interconnect.load);
    interconnect.memory.bind(dram.socket());
    for (QueueUnit* unit : queues) unit->connect(*dispatcher, *control);
    dispatcher->connect(*control);
  }

  void prepare(const MachineParameters& machine, const DispatchCase& c) {
    program = {};
    program.machine = machine;
    program.layers = 1;
    program.instructions = c.stream;
    for (const Instruction& instruction : c.stream) program.synchronisation.push_back(sync_of(instruction));
    std::size_t words = 0;
    for (const Instruction& instruction : c.stream) {
      words += static_cast<std::size_t>(encoded_words(instruction));
      program.last_words.push_back(words - 1);
    }
    program.last_words.push_back(words);
    context.machine = &machine;
    context.program = &program;
    context.values = false;
    context.failure = nullptr;
    context.reset_coverage();
    context.layer_actions.assign(1, {});
    context.records.clear();
    for (int image = 0; image < c.images; ++image) {
      for (std::size_t n = 0; n < c.stream.size(); ++n) {
        InstructionRecord record;
        record.instruction = static_cast<std::int32_t>(n);
        record.image = image;
        record.unit = unit_of(c.stream[n]);
        record.end = -1;
        context.records.push_back(record);
      }
    }
  }
};

DispatchModel::DispatchModel() {
  setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);  // before the first object of SystemC
  sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
  parts_ = std::make_unique<Parts>();
}

DispatchModel::~DispatchModel() = default;

DispatchModel& DispatchModel::instance() {
  static DispatchModel model;
  return model;
}

DispatchRun DispatchModel::run(const MachineParameters& machine, const DispatchCase& c, std::mt19937_64& random) {
  Parts& p = *parts_;
  DispatchRun run;
  p.prepare(machine, c);
  p.tokens.reset(machine.dispatcher.token_bits);
  p.hazards.reset();
  for (auto& unit : p.units) {
    unit->draw_from(random, c.longest_occupancy);
    unit->reset();
  }
  p.dispatcher->reset(c.resident, c.address);
  p.interconnect.reset();
  p.dram.reset();
  p.host.stop();
  p.control->reset([&](Cycles at) {
    p.host.completed(at);
    if (p.control->completions().size() == static_cast<std::size_t>(c.images)) {
      p.loads.stop();
      p.stores.stop();
    }
  });
  p.context.set_epoch(sc_core::sc_time_stamp().value() + 1);
  p.loads.reset(random, c.traffic_gap, run.loads);
  p.stores.reset(random, c.traffic_gap, run.stores);
  p.host.start(c.images, [&](std::int32_t) { run.doorbells.push_back(p.context.now()); });
  sc_core::sc_start(sc_core::sc_max_time() - sc_core::sc_time_stamp(), sc_core::SC_EXIT_ON_STARVATION);
  if (p.context.failure) std::rethrow_exception(p.context.failure);
  if (!p.host.done()) throw std::logic_error("the model's dispatcher stands still");
  run.records = p.context.records;
  run.completions = p.control->completions();
  run.cycles = run.completions.back() + 1;
  return run;
}

}  // namespace blendsim::conformance
