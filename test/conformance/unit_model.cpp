// SPDX-License-Identifier: Apache-2.0
#include "unit_model.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include "models/dispatcher.h"
#include "models/dram.h"
#include "models/interconnect.h"
#include "models/queue_units.h"

// SystemC's library has a main of its own that wants this.
int sc_main(int, char**) { return 0; }

namespace blendsim::conformance {
namespace {

int below(std::mt19937_64& random, int n) {
  return n <= 0 ? 0 : static_cast<int>(random() % static_cast<std::uint64_t>(n));
}

// Offers entries and posts tokens, each a random while after the start that it refers to. An entry enters by rule 5:
// one cycle after the entry before at the earliest, and after the start of the one `queue_depth` places before.
class Stimulus {
 public:
  Stimulus(const MachineParameters& machine, QueueUnit& unit, UnitId id, Tokens& tokens, Context& context,
           const Profile& profile, std::mt19937_64& random, ModelRun& run)
      : machine_(machine),
        unit_(unit),
        id_(id),
        tokens_(tokens),
        context_(context),
        profile_(profile),
        random_(random),
        run_(run) {}

  void started(Cycles start) {
    starts_.push_back(start);
    advance();
  }
  void advance() {
    while (post_next()) {}
    while (offer_next()) {}
  }

 private:
  // Start of instruction `k`: known, or before the first (cycle 0).
  [[nodiscard]] bool known(std::ptrdiff_t k) const { return k < static_cast<std::ptrdiff_t>(starts_.size()); }
  [[nodiscard]] Cycles start(std::ptrdiff_t k) const { return k < 0 ? 0 : starts_[static_cast<std::size_t>(k)]; }

  bool offer_next() {
    const auto k = static_cast<std::ptrdiff_t>(run_.offered.size());
    if (k == static_cast<std::ptrdiff_t>(context_.records.size())) return false;
    const std::ptrdiff_t after = profile_.entry_ahead == 0 ? -1 : k - profile_.entry_ahead;
    const std::ptrdiff_t slot = k - static_cast<std::ptrdiff_t>(machine_.dispatcher.queue_depth);
    if (!known(after) || !known(slot)) return false;
    const Cycles offered = start(after) + below(random_, profile_.entry_gap + 1);
    entered_ = std::max(offered, entered_ + 1);
    if (slot >= 0) entered_ = std::max(entered_, start(slot) + 1);
    run_.offered.push_back(offered);
    context_.record(static_cast<std::int32_t>(k)).visible = entered_ + 1;
    unit_.push(static_cast<std::int32_t>(k));
    return true;
  }

  // The tokens of one instruction, when the starts that they refer to are known. A counter never overflows: a token is
  // posted after the start that takes the one 2^token_bits - 1 places before on its link.
  bool post_next() {
    const auto k = static_cast<std::ptrdiff_t>(posted_);
    if (posted_ == context_.records.size()) return false;
    if (ahead_ == 0) ahead_ = 1 + below(random_, profile_.token_ahead);
    const Synchronisation& sync = sync_of(context_.instruction(static_cast<std::int32_t>(k)));
    const std::uint32_t mask = sync.wait_data | sync.wait_space << unit_count;
    bool ready = known(k - ahead_);
    for (std::size_t link = 0; link < links_.size(); ++link)
      ready = ready && ((mask >> link & 1) == 0 || known(room_after(links_[link])));
    if (!ready) return false;
    for (std::size_t link = 0; link < links_.size(); ++link) {
      if ((mask >> link & 1) != 0) post(link, k, start(k - ahead_) + below(random_, profile_.token_delay + 1));
    }
    ahead_ = 0;
    ++posted_;
    return true;
  }

  struct Link {
    Cycles last = -1;
    std::vector<std::ptrdiff_t> takers;
  };

  // The instruction whose start makes room for the link's next token; -1: there is room.
  [[nodiscard]] std::ptrdiff_t room_after(const Link& link) const {
    const std::size_t most = (std::size_t{1} << machine_.dispatcher.token_bits) - 1;
    return link.takers.size() < most ? -1 : link.takers[link.takers.size() - most];
  }

  void post(std::size_t link, std::ptrdiff_t taker, Cycles cycle) {
    Link& l = links_[link];
    l.last = std::max({cycle, l.last + 1, start(room_after(l))});  // one a cycle: a unit's ends are cycles apart
    l.takers.push_back(taker);
    const bool space = link >= unit_count;
    const auto producer = static_cast<int>(link % unit_count);
    run_.tokens.push_back({l.last, space, producer});
    tokens_.post(space ? TokenKind::space : TokenKind::data, static_cast<UnitId>(producer), id_,
                 {l.last + machine_.dispatcher.token_latency, -1});
  }

  const MachineParameters& machine_;
  QueueUnit& unit_;
  UnitId id_;
  Tokens& tokens_;
  Context& context_;
  const Profile& profile_;
  std::mt19937_64& random_;
  ModelRun& run_;
  std::vector<Cycles> starts_;
  Cycles entered_ = -1;
  std::size_t posted_ = 0;  // instructions whose tokens are posted
  int ahead_ = 0;           // of the next one's tokens; 0: not drawn yet
  std::array<Link, 2 * unit_count> links_;
};

class BurstRecorder final : public EventConsumer {
 public:
  explicit BurstRecorder(ModelRun& run) : run_(run) {}
  void on_burst(const BurstEvent& event) override {
    if (event.record >= 0) run_.bursts[static_cast<std::size_t>(event.record)].push_back(event);
  }

 private:
  ModelRun& run_;
};

}  // namespace

struct UnitModel::Parts : SlotListener, EndListener {
  Context context;
  Tokens tokens;
  HazardChecker hazards{context};
  QueueUnits queue_units{context, tokens, hazards};
  std::array<QueueUnit*, unit_count>& units = queue_units.all;
  Dispatcher dispatcher{"dispatcher", context, units};  // binds the interconnect's third port; never goes
  Interconnect interconnect{"interconnect", context};
  Dram dram{"dram", context};
  PreparedProgram program;
  Stimulus* stimulus = nullptr;

  Parts() {
    dispatcher.bind(interconnect.fetch);
    queue_units.store.bind(interconnect.store);
    queue_units.load.bind(interconnect.load);
    interconnect.memory.bind(dram.socket());
    for (QueueUnit* unit : units) unit->connect(*this, *this);
  }

  void slot_freed(UnitId, std::int32_t, Cycles start) override { stimulus->started(start); }
  void ended(std::int32_t, Cycles) override {}

  void reset(const MachineParameters& machine, UnitId unit, const std::vector<Instruction>& stream) {
    context.machine = &machine;
    queue_units.configure(machine);
    program.machine = machine;
    program.instructions = stream;
    program.synchronisation.clear();
    for (const Instruction& instruction : stream) program.synchronisation.push_back(sync_of(instruction));
    program.layers = 1;
    context.program = &program;
    context.values = false;
    context.failure = nullptr;
    context.bases = dram_bases;
    context.reset_coverage();
    context.layer_actions.assign(1, {});
    context.records.assign(stream.size(), {});
    for (std::size_t n = 0; n < stream.size(); ++n) {
      context.records[n].instruction = static_cast<std::int32_t>(n);
      context.records[n].unit = unit;
      context.records[n].end = -1;
    }
    tokens.reset(machine.dispatcher.token_bits);
    for (QueueUnit* each : units) each->reset();
    dispatcher.reset(true, 0);
    interconnect.reset();
    dram.reset();
  }
};

UnitModel::UnitModel() {
  setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);  // before the first object of SystemC
  sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
  parts_ = std::make_unique<Parts>();
}

UnitModel::~UnitModel() = default;

UnitModel& UnitModel::instance() {
  static UnitModel model;
  return model;
}

ModelRun UnitModel::run(const MachineParameters& machine, UnitId unit, const std::vector<Instruction>& stream,
                        const Profile& profile, std::mt19937_64& random) {
  Parts& parts = *parts_;
  parts.reset(machine, unit, stream);
  ModelRun run;
  run.bursts.resize(stream.size());
  BurstRecorder recorder(run);
  EventConsumer* const recorders[] = {&recorder};
  EventStream events(recorders);
  events.begin(Phase::main, 1, parts.context.records);
  parts.context.events = &events;
  QueueUnit& tested = *parts.units[static_cast<std::size_t>(unit)];
  Stimulus stimulus(machine, tested, unit, parts.tokens, parts.context, profile, random, run);
  parts.stimulus = &stimulus;
  parts.context.set_epoch(sc_core::sc_time_stamp().value() + 1);
  stimulus.advance();
  sc_core::sc_start(sc_core::sc_max_time() - sc_core::sc_time_stamp(), sc_core::SC_EXIT_ON_STARVATION);
  parts.context.events = nullptr;
  if (parts.context.failure) std::rethrow_exception(parts.context.failure);
  if (const std::int32_t head = tested.waiting(); head >= 0 || run.offered.size() != stream.size()) {
    throw std::logic_error("the model's unit stands still at instruction " + std::to_string(head));
  }
  run.records = parts.context.records;
  run.cycles = run.records.empty() ? 0 : run.records.back().end + 1;
  tested.close(run.cycles);
  events.end(run.cycles);
  run.account = tested.account(run.cycles);
  std::stable_sort(run.tokens.begin(), run.tokens.end(),
                   [](const TokenPost& a, const TokenPost& b) { return a.cycle < b.cycle; });
  return run;
}

}  // namespace blendsim::conformance
