// SPDX-License-Identifier: Apache-2.0
// A run's main phase as waves (docs/formats/waves.md), one time unit a cycle, to be laid over those of rtl/: cycle 0 is
// the first doorbell in both.
//
// Signals of the RTL follow from the events by the registers that lie between: what is decided in a cycle shows in the
// next. A wait is told when it ends, so changes are kept until every unit's time is accounted for; of init only what
// its instructions leave in the queues' registers is seen.
#include <algorithm>
#include <bit>
#include <limits>

#include "trace/formats.h"
#include "trace/queue_state.h"
#include "trace/wave_signals.h"

namespace blendsim {
namespace {

constexpr std::size_t batch = 4096;  // least of changes that are written at once

class Waves final : public Sink {
 public:
  Waves(std::unique_ptr<WaveWriter> writer, const TraceSubject& subject, const TraceOptions& options)
      : subject_(subject),
        selection_(options.window, subject),
        wave_(
            std::move(writer), [this](std::uint32_t owners) { derive(owners); }, options.limit),
        signals_(wave_, subject.machine()) {
    for (const TracedInstruction& traced : subject.stream(Phase::main)) {
      used_[static_cast<std::size_t>(traced.unit)] = true;
      texts_.push_back(disassemble(traced.instruction));
    }
    declare_gates(options.window);
  }

  void on_phase(const PhaseEvent& event) override;
  void on_dispatch(const DispatchEvent& event, const InstructionRecord& record) override;
  void on_interval(const IntervalEvent& event) override;
  void on_start(std::int32_t index, const InstructionRecord& record) override;
  void on_front_free(std::int32_t index, const InstructionRecord& record) override;
  void on_end(std::int32_t index, const InstructionRecord& record) override;

  void close() override {
    if (!closed_) finish(now_);
  }
  [[nodiscard]] std::int64_t bytes() const override { return wave_.bytes(); }
  [[nodiscard]] std::int64_t events() const override { return wave_.changes(); }
  [[nodiscard]] std::optional<TraceStop> stopped() const override { return stopped_; }

 private:
  void declare_gates(const TraceWindow& window);
  // Time has come to `at`: what ended before may be written.
  void advance(Cycles at);
  void edges();
  void derive(std::uint32_t owners);
  void finish(Cycles at);
  void post(std::int32_t index, const InstructionRecord& record);
  [[nodiscard]] bool in_main() const { return phase_ == Phase::main && !closed_; }
  // The masks of an instruction's waits, as `awaited` has them.
  [[nodiscard]] std::uint32_t awaited(std::int32_t index) const {
    const Synchronisation& sync = sync_of(subject_.instruction(phase_, index).instruction);
    return sync.wait_data | sync.wait_space << unit_count;
  }

  const TraceSubject& subject_;
  Selection selection_;
  Waveform wave_;
  WaveSignals signals_;
  Waveform::Signal origin_ = 0;  // gives time 0 its values
  std::optional<Waveform::Signal> image_gate_, layer_gate_;

  Phase phase_ = Phase::main;
  std::int32_t image_ = 0;
  Cycles now_ = 0;
  std::vector<QueueState> queues_ =
      std::vector<QueueState>(unit_count, QueueState(subject_.machine().dispatcher.queue_depth));
  std::array<std::uint32_t, unit_count> heads_{};  // as `awaited` was last told
  std::array<int, unit_count> counts_{};
  std::uint32_t moved_ = 0;  // queues that something enters or leaves in this cycle
  std::array<bool, unit_count> used_{}, has_started_{};
  std::array<Cycles, unit_count> accounted_{};  // up to there intervals are told
  std::vector<std::string> texts_;              // disassembly, by instruction
  bool completed_ = false, closed_ = false;
  std::size_t enough_ = batch;  // pending changes that are worth looking through
  std::optional<TraceStop> stopped_;
};

void Waves::declare_gates(const TraceWindow& window) {
  origin_ = wave_.hidden();
  wave_.add(origin_, 0, 0);
  // A unit without instructions has one interval, which is told when all is over.
  for (const ModelSignals& model : signals_.model) wave_.say(model.activity, 0, std::string(name(Activity::idle)));
  if (!window.cycles.all()) {
    const Waveform::Signal gate = wave_.gate();
    wave_.add(gate, window.cycles.first, 1);
    if (window.cycles.last < std::numeric_limits<Cycles>::max()) wave_.add(gate, window.cycles.last + 1, -1);
  }
  if (!window.images.all()) image_gate_ = wave_.gate();
  if (!window.layers.empty()) layer_gate_ = wave_.gate();
}

void Waves::on_phase(const PhaseEvent& event) {
  if (closed_) return;
  if (event.kind == PhaseEvent::Kind::begin) {
    phase_ = event.phase;
    now_ = 0;
    moved_ = 0;
    for (QueueState& queue : queues_) queue.reset();
    for (std::size_t u = 0; u < queues_.size(); ++u) {  // what init has left there
      if (phase_ == Phase::main) wave_.add(signals_.queue[u].awaited, 0, heads_[u] = queues_[u].head());
    }
  }
  if (!in_main()) return;
  advance(event.at);
  switch (event.kind) {
    case PhaseEvent::Kind::begin: break;
    case PhaseEvent::Kind::doorbell:
      image_ = event.image;
      wave_.pulse(signals_.go, event.at + 1);
      wave_.pulse(signals_.control_go, event.at + 1);
      wave_.add(signals_.running, event.at + 1, 1);
      if (completed_) {
        wave_.add(signals_.complete, event.at + 1, -1);
        wave_.add(signals_.control_complete, event.at + 1, -1);
      }
      if (image_gate_ && selection_.image(image_)) wave_.add(*image_gate_, event.at, 1);
      break;
    case PhaseEvent::Kind::completion:
      wave_.add(signals_.running, event.at, -1);
      wave_.add(signals_.complete, event.at, 1);
      wave_.add(signals_.control_complete, event.at, 1);
      completed_ = true;
      if (image_gate_ && selection_.image(event.image)) wave_.add(*image_gate_, event.at + 1, -1);
      break;
    case PhaseEvent::Kind::end: finish(event.at); break;
  }
}

void Waves::on_dispatch(const DispatchEvent& event, const InstructionRecord& record) {
  if (closed_) return;
  advance(event.written);
  const auto u = static_cast<std::size_t>(record.unit);
  queues_[u].enter(awaited(event.record));
  moved_ |= 1U << u;
  if (!in_main()) return;
  const std::int64_t bit = std::int64_t{1} << u;
  for (const Waveform::Signal s : {signals_.entered, signals_.enter, signals_.control_enter})
    wave_.pulse(s, event.written, bit);
  wave_.pulse(signals_.queue[u].enter, event.written);
  wave_.add(signals_.outstanding, event.written + 1, 1);
}

void Waves::on_start(std::int32_t index, const InstructionRecord& record) {
  if (closed_) return;
  advance(record.start);
  const auto u = static_cast<std::size_t>(record.unit);
  queues_[u].start();
  moved_ |= 1U << u;
  if (!in_main()) return;
  const Cycles at = record.start;
  const QueueSignals& q = signals_.queue[u];
  const std::int64_t bit = std::int64_t{1} << u;
  for (const Waveform::Signal s : {signals_.started, signals_.start}) wave_.pulse(s, at, bit);
  wave_.pulse(q.start, at);
  wave_.pulse(q.commits, at + 1);
  if (!has_started_[u]) wave_.add(q.started, at + 1, 1);
  has_started_[u] = true;
  wave_.add(q.in_flight, at + 1, 1);
  wave_.add(q.front_free, at + 1, -1);
  wave_.add(signals_.front_free, at + 1, -bit);
  for (std::uint32_t masks = awaited(index); masks != 0; masks &= masks - 1)
    wave_.add(q.tokens[static_cast<std::size_t>(std::countr_zero(masks))], at + 1, -1);
  const ModelSignals& m = signals_.model[u];
  wave_.say(m.layer, at, subject_.layer_name(record.layer));
  wave_.say(m.text, at, texts_[static_cast<std::size_t>(record.instruction)]);
  wave_.set(m.instruction, at, record.instruction);
  wave_.set(m.image, at, record.image);
  if (layer_gate_ && selection_.record(phase_, index)) wave_.add(*layer_gate_, at, 1);
}

void Waves::on_front_free(std::int32_t, const InstructionRecord& record) {
  if (!in_main()) return;
  advance(record.front_free);
  const auto u = static_cast<std::size_t>(record.unit);
  wave_.add(signals_.queue[u].front_free, record.front_free, 1);
  wave_.add(signals_.front_free, record.front_free, std::int64_t{1} << u);
}

void Waves::on_end(std::int32_t index, const InstructionRecord& record) {
  if (!in_main()) return;
  advance(record.end);
  const auto u = static_cast<std::size_t>(record.unit);
  const std::int64_t bit = std::int64_t{1} << u;
  for (const Waveform::Signal s : {signals_.ended, signals_.done, signals_.control_done})
    wave_.pulse(s, record.end, bit);
  wave_.pulse(signals_.queue[u].done, record.end);
  wave_.add(signals_.queue[u].in_flight, record.end + 1, -1);
  wave_.add(signals_.outstanding, record.end + 1, -1);
  post(index, record);
  if (layer_gate_ && selection_.record(phase_, index)) wave_.add(*layer_gate_, record.end + 1, -1);
}

// Posts leave in the last cycle, pass token_latency registers, and count in the cycle after they arrived.
void Waves::post(std::int32_t index, const InstructionRecord& record) {
  const Synchronisation& sync = sync_of(subject_.instruction(phase_, index).instruction);
  const int u = blendsim::index(record.unit);
  const QueueSignals& poster = signals_.queue[static_cast<std::size_t>(u)];
  const Cycles at = record.end, arrives = at + subject_.machine().dispatcher.token_latency;
  for (const bool space : {false, true}) {
    for (std::uint32_t mask = space ? sync.post_space : sync.post_data; mask != 0; mask &= mask - 1) {
      const int c = std::countr_zero(mask);
      const QueueSignals& taker = signals_.queue[static_cast<std::size_t>(c)];
      const int link = (space ? unit_count : 0) + u;
      wave_.pulse(space ? poster.post_space : poster.post_data, at, std::int64_t{1} << c);
      wave_.pulse(space ? signals_.post_space : signals_.post_data, at, std::int64_t{1} << (u * unit_count + c));
      wave_.pulse(space ? taker.space_posted : taker.data_posted, at, std::int64_t{1} << u);
      wave_.pulse(space ? taker.unit_space_posted : taker.unit_data_posted, at, std::int64_t{1} << u);
      wave_.pulse(taker.arrived, arrives, std::int64_t{1} << link);
      wave_.add(taker.tokens[static_cast<std::size_t>(link)], arrives + 1, 1);
    }
  }
}

void Waves::on_interval(const IntervalEvent& event) {
  if (!in_main()) return;
  const auto u = static_cast<std::size_t>(event.unit);
  const QueueSignals& q = signals_.queue[u];
  const auto counts = [&](Waveform::Signal signal) {
    wave_.add(signal, event.from + 1, 1);
    wave_.add(signal, event.to + 1, -1);
  };
  switch (event.activity) {
    case Activity::busy: counts(q.counts_busy); break;
    case Activity::stall_dependency: counts(q.counts_dependency); break;
    case Activity::stall_memory: counts(q.counts_memory); break;
    case Activity::stall_downstream: counts(q.counts_downstream); break;
    case Activity::stall_fence: counts(q.counts_fence); break;
    case Activity::stall_dispatch:
    case Activity::idle: break;  // the RTL counts an empty queue without knowing yet which of the two it is
  }
  wave_.say(signals_.model[u].activity, event.from, std::string(name(event.activity)));
  accounted_[u] = event.to;
}

void Waves::advance(Cycles at) {
  if (at <= now_) return;
  edges();
  now_ = at;
  if (!in_main() || wave_.pending() < enough_) return;
  Cycles settled = now_;
  for (std::size_t u = 0; u < accounted_.size(); ++u) {
    if (used_[u]) settled = std::min(settled, accounted_[u]);
  }
  wave_.settle(settled);
  enough_ = std::max(batch, 2 * wave_.pending());  // a unit may wait for most of an image
  if (wave_.full()) finish(settled - 1);
}

// The clock edge that ends this cycle, for the queues in which something moves.
void Waves::edges() {
  for (; moved_ != 0; moved_ &= moved_ - 1) {
    const auto u = static_cast<std::size_t>(std::countr_zero(moved_));
    queues_[u].edge();
    if (phase_ == Phase::init) continue;
    const QueueSignals& q = signals_.queue[u];
    wave_.add(q.awaited, now_ + 1, std::int64_t{queues_[u].head()} - heads_[u]);
    wave_.add(q.count, now_ + 1, queues_[u].count() - counts_[u]);
    heads_[u] = queues_[u].head();
    counts_[u] = queues_[u].count();
  }
}

// The combinational signals of the queues whose registers changed.
void Waves::derive(std::uint32_t owners) {
  const auto depth = static_cast<std::uint64_t>(subject_.machine().dispatcher.queue_depth);
  std::uint64_t full = wave_.value(signals_.full);
  for (; owners != 0; owners &= owners - 1) {
    const int u = std::countr_zero(owners);
    const QueueSignals& q = signals_.queue[static_cast<std::size_t>(u)];
    const std::uint32_t linked = linked_units(static_cast<UnitId>(u));
    std::uint64_t available = wave_.value(q.arrived);
    for (std::uint32_t links = linked | linked << unit_count; links != 0; links &= links - 1) {
      const int link = std::countr_zero(links);
      if (wave_.value(q.tokens[static_cast<std::size_t>(link)]) != 0) available |= std::uint64_t{1} << link;
    }
    const bool is_full = wave_.value(q.count) == depth;
    wave_.derive(q.available, available);
    wave_.derive(q.missing, wave_.value(q.awaited) & ~available);
    wave_.derive(q.waiting, wave_.value(q.count) != 0 ? 1 : 0);
    wave_.derive(q.full, is_full ? 1 : 0);
    full = (full & ~(std::uint64_t{1} << u)) | std::uint64_t{is_full} << u;
  }
  wave_.derive(signals_.full, full);
}

// Writes up to cycle `at`, the last whose changes are all known, unless the file is full before.
void Waves::finish(Cycles at) {
  edges();
  closed_ = true;
  wave_.close(at);
  if (wave_.full()) stopped_ = TraceStop{phase_, *wave_.full(), image_};
}

}  // namespace

std::unique_ptr<Sink> open_vcd(const std::string& file, const TraceSubject& subject, const TraceOptions& options) {
  return std::make_unique<Waves>(open_vcd_writer(file), subject, options);
}
std::unique_ptr<Sink> open_fst(const std::string& file, const TraceSubject& subject, const TraceOptions& options) {
  return std::make_unique<Waves>(open_fst_writer(file, options.limit), subject, options);
}

}  // namespace blendsim
