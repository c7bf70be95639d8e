// SPDX-License-Identifier: Apache-2.0
// A run for Perfetto (docs/formats/pftrace.md): 1 ns is a cycle; init and main are a process each, both from 0.
//
// Waits and dispatches are written as they come. What needs to know what follows - an instruction's flows, its row
// among those that overlap, layers, counters and what takes their values along - is kept until its image is complete:
// then every instruction that one of the image can have released has started, because images share no token.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "trace/formats.h"
#include "trace/instruction_text.h"
#include "trace/perfetto_occupancy.h"
#include "trace/perfetto_writer.h"
#include "trace/slice_sink.h"

namespace blendsim {
namespace {

using Track = PerfettoWriter::Track;
using Id = PerfettoWriter::Id;
using Annotation = PerfettoWriter::Annotation;

enum class Category : std::uint8_t { busy, stall, idle, image, layer, instruction, held, burst };
constexpr std::array<std::string_view, 8> category_names = {"busy",  "stall",       "idle", "image",
                                                            "layer", "instruction", "held", "burst"};

// Tracks of one name that together hold slices which overlap: each slice goes to the first track that is free.
class Rows {
 public:
  // `name()` names a further row.
  template <class Name>
  Track row(PerfettoWriter& writer, Track parent, Name&& name, Cycles from, Cycles to) {
    for (Row& row : rows_) {
      if (row.until > from) continue;
      row.until = to;
      return row.track;
    }
    rows_.push_back({writer.track(parent, name()), to});
    return rows_.back().track;
  }

 private:
  struct Row {
    Track track = 0;
    Cycles until = 0;
  };
  std::vector<Row> rows_;
};

// The tracks of a phase, made when first used.
struct PhaseTracks {
  Track process = 0, images = 0, layers = 0, dispatcher = 0, memory = 0, in_flight = 0;
  std::array<Track, unit_count> units{}, activity{};
  std::array<Rows, unit_count> instructions;
  Rows layer_rows;
  std::map<std::int32_t, Rows> banks;
};

class Perfetto final : public SliceSink {
 public:
  Perfetto(const std::string& file, const TraceSubject& subject, const TraceOptions& options)
      : SliceSink(subject, options),
        writer_(file),
        layers_(subject.program().layers.size()),
        occupancy_(writer_, subject, options.window.cycles) {
    text_key_ = writer_.annotation(argument_fields[static_cast<std::size_t>(Key::text) - 1].name);
    layer_text_key_ = writer_.annotation("layer_text");
    order_key_ = writer_.annotation("order");
    address_key_ = writer_.annotation("address");
    for (std::size_t c = 0; c < category_names.size(); ++c) categories_[c] = writer_.category(category_names[c]);
    for (std::size_t u = 0; u < unit_names.size(); ++u)
      full_[u] = writer_.name(fmt::format("queue of {} is full", unit_names[u]));
    for (std::size_t p = 0; p < port_names.size(); ++p) {
      burst_names_[p] = {writer_.name(fmt::format("{} row miss", port_names[p])),
                         writer_.name(fmt::format("{} row hit", port_names[p]))};
    }
    for (std::size_t a = 0; a < activity_names.size(); ++a) activities_[a] = writer_.name(activity_names[a]);
  }
  // What is kept until the image is complete takes about this much each.
  [[nodiscard]] std::int64_t bytes() const override {
    if (is_closed_) return writer_.bytes();
    return writer_.bytes() + kept_bytes * static_cast<std::int64_t>(kept_.size()) +
           left_out_bytes * occupancy_.taken() + burst_bytes * static_cast<std::int64_t>(bursts_.size()) +
           count_bytes * writer_.counts();
  }

 protected:
  void phase(const PhaseEvent& event) override;
  void dispatched(const DispatchEvent& event, const InstructionRecord& record) override;
  void interval(const IntervalEvent& event) override;
  void instruction(std::int32_t index, const InstructionRecord& record) override { kept_.push_back({index, record}); }
  void left_out(std::int32_t index, const InstructionRecord& record) override { occupancy_.take(index, record); }
  void burst(const BurstEvent& event) override;
  [[nodiscard]] std::int64_t most_of_a_window() const override { return 28 * power_parts; }
  void power_window(const PowerWindows& windows, std::size_t window) override;
  void finish() override {
    for (std::size_t part = 0; part < power_.size(); ++part) measure_power(part, {}, power_end_, 0);
    occupancy_.finish(tracks().process);
    write_image();
    writer_.close();
    is_closed_ = true;
  }

 private:
  static constexpr Id unused = std::numeric_limits<Id>::max();
  static constexpr std::int64_t kept_bytes = 400, left_out_bytes = 100, burst_bytes = 160, count_bytes = 24;
  struct Kept {
    std::int32_t index = 0;
    InstructionRecord record;
  };
  struct KeptBurst {
    BurstEvent event;
    Track track = 0;
  };

  PhaseTracks& tracks() { return tracks_[static_cast<std::size_t>(now())]; }
  [[nodiscard]] Id category(Category category) const { return categories_[static_cast<std::size_t>(category)]; }
  void begin_phase(std::int32_t images);
  void write_image();
  void write_instructions();
  void write_layers();
  void count_in_flight();
  void measure_power(std::size_t part, const std::string& name, Cycles at, double watt);
  void write_burst(const KeptBurst& burst);
  void write_instruction(const Kept& kept, std::span<const std::uint64_t> leaves, std::uint64_t arrives);
  [[nodiscard]] std::uint64_t flow_to(std::int32_t index) const {
    return (static_cast<std::uint64_t>(now()) << 32 | static_cast<std::uint32_t>(index)) + 1;
  }
  Id layer_name(std::int32_t layer);
  // An instruction's texts, without those that are empty: what it shares is interned, as is its own where it runs more
  // than once; a text that is used once is shorter in its place.
  std::span<const Annotation> add_texts(std::size_t instruction);

  PerfettoWriter writer_;
  std::array<PhaseTracks, 2> tracks_;
  Arguments arguments_;  // of the slice that is being written
  std::array<Id, category_names.size()> categories_{};
  std::array<Id, activity_names.size()> activities_{};
  Id text_key_ = 0, layer_text_key_ = 0, order_key_ = 0, address_key_ = 0;
  std::array<Id, unit_count> full_{};
  std::array<std::array<Id, 2>, memory_port_count> burst_names_{};  // by row hit
  std::vector<Id> layers_;                                          // 0: not used yet
  std::optional<StreamTexts> texts_;                                // of the phase
  std::vector<Id> common_, order_, own_;                            // by group, rank, instruction
  std::array<Annotation, 3> annotations_{};                         // of the slice that is being written
  std::vector<Kept> kept_;                                          // of the image that runs
  std::vector<KeptBurst> bursts_;                                   // likewise
  std::int64_t in_flight_ = 0;                                      // bytes between memory and machine
  std::optional<Cycles> doorbell_;
  PerfettoOccupancy occupancy_;
  struct PowerCounter {
    Track track = 0;
    double watt = -1;  // written last
  };
  std::vector<PowerCounter> power_;  // by part
  Cycles power_end_ = 0;
  bool is_closed_ = false;
};

void Perfetto::begin_phase(std::int32_t images) {
  PhaseTracks& t = tracks();
  t = {};
  t.process = writer_.process(
      fmt::format("{} of {} on {} (1 ns = 1 cycle)", name(now()), subject().program().network, subject().platform()));
  t.images = writer_.track(t.process, now() == Phase::init ? "init" : "images");
  t.layers = writer_.track(t.process, "layers");
  for (std::size_t u = 0; u < t.units.size(); ++u) {
    t.units[u] = writer_.track(t.process, unit_names[u]);
    t.activity[u] = writer_.track(t.units[u], fmt::format("{} activity", unit_names[u]));
  }
  t.dispatcher = writer_.track(t.process, "dispatcher");
  t.memory = writer_.track(t.process, "memory");
  t.in_flight = writer_.counter(t.process, "bytes in flight", "B");
  const std::vector<TracedInstruction>& stream = subject().stream(now());
  texts_.emplace(stream);
  common_.assign(texts_->groups(), unused);
  order_.assign(texts_->ranks(), unused);
  own_.assign(images == 1 ? 0 : stream.size(), unused);
  kept_.reserve(stream.size());
}

Id Perfetto::layer_name(std::int32_t layer) {
  if (static_cast<std::size_t>(layer) >= layers_.size()) return writer_.name(subject().layer_name(layer));
  Id& id = layers_[static_cast<std::size_t>(layer)];
  if (id == 0) id = writer_.name(subject().layer_name(layer));
  return id;
}

std::span<const Annotation> Perfetto::add_texts(std::size_t instruction) {
  std::size_t count = 0;
  const auto annotate = [&](Id key, Id& id, std::string_view (StreamTexts::*text)(std::size_t)) {
    if (id == unused) {
      const std::string_view words = (*texts_.*text)(instruction);
      id = words.empty() ? 0 : writer_.text(words);
    }
    if (id != 0) annotations_[count++] = {key, id};
  };
  annotate(layer_text_key_, common_[texts_->group(instruction)], &StreamTexts::common);
  annotate(order_key_, order_[texts_->rank(instruction)], &StreamTexts::order);
  if (!own_.empty()) annotate(text_key_, own_[instruction], &StreamTexts::own);
  else if (const std::string_view own = texts_->own(instruction); !own.empty()) arguments_.text(Key::text, own);
  return std::span(annotations_).first(count);
}

void Perfetto::phase(const PhaseEvent& event) {
  switch (event.kind) {
    case PhaseEvent::Kind::begin: begin_phase(event.images); break;
    case PhaseEvent::Kind::doorbell: doorbell_ = event.at; break;
    case PhaseEvent::Kind::completion:
      if (now() == Phase::main) {
        for (const Kept& k : kept_) occupancy_.take(k.index, k.record);
        occupancy_.image_complete(tracks().process, event.at);
      }
      write_image();
      if (doorbell_ && selection().image(event.image) && selection().cycles(now(), *doorbell_, event.at)) {
        writer_.slice({.track = tracks().images,
                       .name = writer_.name(now() == Phase::init ? "init" : fmt::format("image {}", event.image)),
                       .category = category(Category::image),
                       .from = *doorbell_,
                       .to = event.at});
      }
      doorbell_.reset();
      break;
    case PhaseEvent::Kind::end: break;
  }
}

// A full queue holds the dispatcher: the rest of its time is a word a cycle.
void Perfetto::dispatched(const DispatchEvent& event, const InstructionRecord& record) {
  if (event.held <= 0) return;
  writer_.slice(
      {.track = tracks().dispatcher,
       .name = full_[static_cast<std::size_t>(record.unit)],
       .category = category(Category::held),
       .from = event.written - event.held,
       .to = event.written,
       .arguments =
           arguments_.clear().number(Key::record, event.record).record(Key::held_by, event.held_by).encoded()});
}

void Perfetto::interval(const IntervalEvent& event) {
  const Category of = event.activity == Activity::busy   ? Category::busy
                      : event.activity == Activity::idle ? Category::idle
                                                         : Category::stall;
  writer_.slice(
      {.track = tracks().activity[static_cast<std::size_t>(event.unit)],
       .name = activities_[static_cast<std::size_t>(event.activity)],
       .category = category(of),
       .from = event.from,
       .to = event.to,
       .arguments =
           arguments_.clear().record(Key::record, event.record).record(Key::waited_for, event.waited_for).encoded()});
}

void Perfetto::burst(const BurstEvent& event) {
  const std::int32_t bank = event.channel << 16 | (event.bank & 0xFFFF);
  const Track track = tracks().banks[bank].row(
      writer_, tracks().memory,
      [&] { return event.bank < 0 ? "memory" : fmt::format("channel {} bank {}", event.channel, event.bank); },
      event.first_beat, event.last_beat + 1);
  bursts_.push_back({event, track});
}

void Perfetto::write_burst(const KeptBurst& burst) {
  const BurstEvent& event = burst.event;
  arguments_.clear()
      .number(Key::bytes, event.bytes)
      .number(Key::request, event.request)
      .number(Key::grant, event.grant)
      .record(Key::record, event.record);
  if (event.refreshes > 0) arguments_.number(Key::refreshes, event.refreshes);
  const std::array address{Annotation{address_key_, event.address, Annotation::Kind::address}};
  writer_.slice({.track = burst.track,
                 .name = burst_names_[static_cast<std::size_t>(event.port)][event.row_hit ? 1 : 0],
                 .category = category(Category::burst),
                 .from = event.first_beat,
                 .to = event.last_beat + 1,
                 .arguments = arguments_.encoded(),
                 .annotations = address});
}

void Perfetto::write_image() {
  count_in_flight();
  writer_.count_along();
  std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.index < b.index; });
  write_instructions();
  write_layers();
  for (const KeptBurst& burst : bursts_) write_burst(burst);
  writer_.write_counts();
  kept_.clear();
  bursts_.clear();
}

// A flow has an id of its own, of the instruction that it releases, and one source: an id with several ends would lose
// all but one of them.
void Perfetto::write_instructions() {
  struct Edge {
    std::int32_t from = 0, to = 0;
  };
  std::vector<Edge> edges;
  const auto kept = [this](std::int32_t index) {
    return std::binary_search(kept_.begin(), kept_.end(), Kept{index, {}},
                              [](const Kept& a, const Kept& b) { return a.index < b.index; });
  };
  for (const Kept& k : kept_) {
    if (k.record.released_by >= 0 && kept(k.record.released_by)) edges.push_back({k.record.released_by, k.index});
  }
  std::stable_sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.from < b.from; });
  std::size_t edge = 0;
  std::vector<std::uint64_t> leaves;
  for (const Kept& k : kept_) {
    leaves.clear();
    for (; edge < edges.size() && edges[edge].from == k.index; ++edge) leaves.push_back(flow_to(edges[edge].to));
    const bool arrives = k.record.released_by >= 0 && kept(k.record.released_by);
    write_instruction(k, leaves, arrives ? flow_to(k.index) : 0);
  }
}

void Perfetto::write_instruction(const Kept& kept, std::span<const std::uint64_t> leaves, std::uint64_t arrives) {
  const InstructionRecord& r = kept.record;
  const auto u = static_cast<std::size_t>(r.unit);
  arguments_.clear();
  const std::span<const Annotation> texts = add_texts(static_cast<std::size_t>(r.instruction));
  arguments_.number(Key::record, kept.index)
      .number(Key::image, r.image)
      .number(Key::release, static_cast<std::int64_t>(r.release))
      .record(Key::released_by, r.released_by)
      .number(Key::visible, r.visible)
      .number(Key::front_free, r.front_free);
  const Cycles to = r.end + 1;
  writer_.slice(
      {.track = tracks().instructions[u].row(
           writer_, tracks().units[u], [&] { return fmt::format("{} instructions", name(r.unit)); }, r.start, to),
       .name = layer_name(r.layer),
       .category = category(Category::instruction),
       .from = r.start,
       .to = to,
       .arguments = arguments_.encoded(),
       .annotations = texts,
       .leaves = leaves,
       .arrives = arrives});
}

// A layer's slice reaches from its first start to its last end in the image.
void Perfetto::write_layers() {
  struct Stretch {
    Cycles from = 0, to = 0;
    std::int32_t layer = 0, instructions = 0;
  };
  std::map<std::int32_t, Stretch> of_layer;
  for (const Kept& k : kept_) {
    Stretch& s = of_layer.try_emplace(k.record.layer, Stretch{k.record.start, 0, k.record.layer, 0}).first->second;
    s.from = std::min(s.from, k.record.start);
    s.to = std::max(s.to, k.record.end + 1);
    ++s.instructions;
  }
  std::vector<Stretch> list;
  for (const auto& [layer, stretch] : of_layer) list.push_back(stretch);
  std::stable_sort(list.begin(), list.end(), [](const Stretch& a, const Stretch& b) { return a.from < b.from; });
  for (const Stretch& s : list) {
    writer_.slice({.track = tracks().layer_rows.row(
                       writer_, tracks().layers, [] { return std::string("layer"); }, s.from, s.to),
                   .name = layer_name(s.layer),
                   .category = category(Category::layer),
                   .from = s.from,
                   .to = s.to,
                   .arguments = arguments_.clear().number(Key::instructions, s.instructions).encoded()});
  }
}

void Perfetto::count_in_flight() {
  struct Delta {
    Cycles at = 0;
    std::int64_t bytes = 0;
  };
  std::vector<Delta> deltas;
  deltas.reserve(2 * bursts_.size());
  for (const auto& [event, track] : bursts_) {
    deltas.push_back({event.request, event.bytes});
    deltas.push_back({event.last_beat + 1, -std::int64_t{event.bytes}});
  }
  std::sort(deltas.begin(), deltas.end(), [](const Delta& a, const Delta& b) { return a.at < b.at; });
  for (std::size_t n = 0; n < deltas.size(); ++n) {
    in_flight_ += deltas[n].bytes;
    const bool last = n + 1 == deltas.size() || deltas[n + 1].at != deltas[n].at;
    if (last) writer_.count(tracks().in_flight, deltas[n].at, in_flight_);
  }
}

// Steps: a value holds until the next one.
void Perfetto::measure_power(std::size_t part, const std::string& name, Cycles at, double watt) {
  PowerCounter& counter = power_[part];
  if (counter.watt == watt) return;
  if (counter.track == 0) {
    const Track process = tracks_[static_cast<std::size_t>(Phase::main)].process;
    counter.track = writer_.counter(process, fmt::format("power of {}", name), "W");
  }
  writer_.measure(counter.track, at, counter.watt = watt);
}

void Perfetto::power_window(const PowerWindows& windows, std::size_t window) {
  power_.resize(windows.parts.size());
  const Cycles from = windows.begin(window);
  power_end_ = windows.end(window);
  for (std::size_t part = 0; part < windows.parts.size(); ++part) {
    measure_power(part, windows.parts[part], from,
                  watts(windows.fj[part][window], power_end_ - from, subject().machine().clock_hz));
  }
}

}  // namespace

std::unique_ptr<Sink> open_perfetto(const std::string& file, const TraceSubject& subject, const TraceOptions& options) {
  return std::make_unique<Perfetto>(file, subject, options);
}

}  // namespace blendsim
