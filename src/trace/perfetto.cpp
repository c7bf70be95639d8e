// SPDX-License-Identifier: Apache-2.0
// A run for Perfetto (docs/formats/pftrace.md): 1 ns is a cycle; init and main are a process each, both from 0.
//
// Waits, bursts and dispatches are written as they come. What needs to know what follows - an instruction's flows, its
// row among those that overlap, layers, counters - is kept until its image is complete: then every instruction that one
// of the image can have released has started, because images share no token.
#include <fmt/format.h>

#include <algorithm>
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
using Argument = PerfettoWriter::Argument;
constexpr auto address_kind = Argument::Kind::address, text_kind = Argument::Kind::text;

// Names of slices' arguments.
enum class Key : std::uint8_t {
  record,
  image,
  text,
  layer_text,
  order,
  release,
  released_by,
  visible,
  front_free,
  waited_for,
  held_by,
  address,
  bytes,
  request,
  grant,
  refreshes,
  instructions
};
constexpr std::array<std::string_view, 17> key_names = {
    "record",     "image",   "text",    "layer_text", "order",   "release", "released_by", "visible",     "front_free",
    "waited_for", "held_by", "address", "bytes",      "request", "grant",   "refreshes",   "instructions"};

// Arguments of one slice, at most nine.
class Arguments {
 public:
  void add(const Argument& argument) { list_[count_++] = argument; }
  [[nodiscard]] std::span<const Argument> list() const { return std::span(list_).first(count_); }

 private:
  std::array<Argument, 9> list_;
  std::size_t count_ = 0;
};

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
    for (std::size_t k = 0; k < key_names.size(); ++k) keys_[k] = writer_.argument(key_names[k]);
    for (std::size_t r = 0; r < release_names.size(); ++r) releases_[r] = writer_.text(release_names[r]);
    for (std::size_t u = 0; u < unit_names.size(); ++u)
      full_[u] = writer_.name(fmt::format("queue of {} is full", unit_names[u]));
    for (std::size_t p = 0; p < port_names.size(); ++p) {
      bursts_[p] = {writer_.name(fmt::format("{} row miss", port_names[p])),
                    writer_.name(fmt::format("{} row hit", port_names[p]))};
    }
    for (std::size_t a = 0; a < activity_names.size(); ++a) {
      const auto activity = static_cast<Activity>(a);
      categories_[a] = writer_.category(activity == Activity::busy   ? "busy"
                                        : activity == Activity::idle ? "idle"
                                                                     : "stall");
      activities_[a] = writer_.name(activity_names[a]);
    }
  }
  // What is kept until the image is complete takes about this much each.
  [[nodiscard]] std::int64_t bytes() const override {
    return writer_.bytes() + kept_bytes * static_cast<std::int64_t>(kept_.size()) +
           left_out_bytes * occupancy_.taken() + counter_bytes * static_cast<std::int64_t>(in_flight_.size());
  }

 protected:
  void phase(const PhaseEvent& event) override;
  void dispatched(const DispatchEvent& event, const InstructionRecord& record) override;
  void interval(const IntervalEvent& event) override;
  void instruction(std::int32_t index, const InstructionRecord& record) override { kept_.push_back({index, record}); }
  void left_out(std::int32_t index, const InstructionRecord& record) override { occupancy_.take(index, record); }
  void burst(const BurstEvent& event) override;
  void finish() override {
    write_image();
    occupancy_.finish(tracks().process);
    writer_.close();
  }

 private:
  static constexpr std::int64_t kept_bytes = 400, left_out_bytes = 100, counter_bytes = 24;
  struct Kept {
    std::int32_t index = 0;
    InstructionRecord record;
  };
  struct Delta {
    Cycles at = 0;
    std::int64_t bytes = 0;
  };

  PhaseTracks& tracks() { return tracks_[static_cast<std::size_t>(now())]; }
  void begin_phase();
  void write_image();
  void write_instructions();
  void write_layers();
  void write_counter();
  void write_instruction(const Kept& kept, std::span<const std::uint64_t> leaves, std::uint64_t arrives);
  [[nodiscard]] std::uint64_t flow_to(std::int32_t index) const {
    return (static_cast<std::uint64_t>(now()) << 32 | static_cast<std::uint32_t>(index)) + 1;
  }
  [[nodiscard]] Argument number(Key key, std::int64_t value) const {
    return {keys_[static_cast<std::size_t>(key)], value, {}};
  }
  [[nodiscard]] Argument text(Key key, Id value) const {
    return {keys_[static_cast<std::size_t>(key)], static_cast<std::int64_t>(value), text_kind};
  }
  // A record, where there is one.
  void add_record(Arguments& arguments, Key key, std::int32_t record) const {
    if (record >= 0) arguments.add(number(key, record));
  }
  Id layer_name(std::int32_t layer);
  struct Text {
    Id common = 0, own = 0, order = 0;
  };
  const Text& text_of(std::int32_t instruction);

  PerfettoWriter writer_;
  std::array<PhaseTracks, 2> tracks_;
  std::array<Id, activity_names.size()> categories_{}, activities_{};
  std::array<Id, key_names.size()> keys_{};
  std::array<Id, release_names.size()> releases_{};
  std::array<Id, unit_count> full_{};
  std::array<std::array<Id, 2>, memory_port_count> bursts_{};  // by row hit
  std::vector<Id> layers_;                                     // 0: not used yet
  StreamTexts stream_texts_;                                   // of the phase
  std::vector<Text> texts_;                                    // by instruction; 0: not used yet
  std::vector<Kept> kept_;                                     // of the image that runs
  std::vector<Delta> in_flight_;                               // bytes between memory and machine
  std::int64_t in_flight_now_ = 0;
  std::optional<Cycles> doorbell_;
  PerfettoOccupancy occupancy_;
};

void Perfetto::begin_phase() {
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
  stream_texts_ = stream_texts(subject().stream(now()));
  texts_.assign(stream_texts_.instructions.size(), {});
}

Id Perfetto::layer_name(std::int32_t layer) {
  if (static_cast<std::size_t>(layer) >= layers_.size()) return writer_.name(subject().layer_name(layer));
  Id& id = layers_[static_cast<std::size_t>(layer)];
  if (id == 0) id = writer_.name(subject().layer_name(layer));
  return id;
}

const Perfetto::Text& Perfetto::text_of(std::int32_t instruction) {
  Text& text = texts_[static_cast<std::size_t>(instruction)];
  if (text.own == 0) {
    const InstructionText& parts = stream_texts_.instructions[static_cast<std::size_t>(instruction)];
    text = {writer_.text(stream_texts_.common[parts.common]), writer_.text(parts.own),
            parts.order.empty() ? 0 : writer_.text(parts.order)};
  }
  return text;
}

void Perfetto::phase(const PhaseEvent& event) {
  switch (event.kind) {
    case PhaseEvent::Kind::begin: begin_phase(); break;
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
                       .category = writer_.category("image"),
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
  Arguments arguments;
  arguments.add(number(Key::record, event.record));
  add_record(arguments, Key::held_by, event.held_by);
  writer_.slice({.track = tracks().dispatcher,
                 .name = full_[static_cast<std::size_t>(record.unit)],
                 .category = writer_.category("held"),
                 .from = event.written - event.held,
                 .to = event.written,
                 .arguments = arguments.list()});
}

void Perfetto::interval(const IntervalEvent& event) {
  const auto a = static_cast<std::size_t>(event.activity);
  Arguments arguments;
  add_record(arguments, Key::record, event.record);
  add_record(arguments, Key::waited_for, event.waited_for);
  writer_.slice({.track = tracks().activity[static_cast<std::size_t>(event.unit)],
                 .name = activities_[a],
                 .category = categories_[a],
                 .from = event.from,
                 .to = event.to,
                 .arguments = arguments.list()});
}

void Perfetto::burst(const BurstEvent& event) {
  const Cycles to = event.last_beat + 1;
  in_flight_.push_back({event.request, event.bytes});
  in_flight_.push_back({to, -std::int64_t{event.bytes}});
  Arguments arguments;
  arguments.add(
      {keys_[static_cast<std::size_t>(Key::address)], static_cast<std::int64_t>(event.address), address_kind});
  arguments.add(number(Key::bytes, event.bytes));
  arguments.add(number(Key::request, event.request));
  arguments.add(number(Key::grant, event.grant));
  add_record(arguments, Key::record, event.record);
  if (event.refreshes > 0) arguments.add(number(Key::refreshes, event.refreshes));
  const std::int32_t bank = event.channel << 16 | (event.bank & 0xFFFF);
  const Track track = tracks().banks[bank].row(
      writer_, tracks().memory,
      [&] { return event.bank < 0 ? "memory" : fmt::format("channel {} bank {}", event.channel, event.bank); },
      event.first_beat, to);
  writer_.slice({.track = track,
                 .name = bursts_[static_cast<std::size_t>(event.port)][event.row_hit ? 1 : 0],
                 .category = writer_.category("burst"),
                 .from = event.first_beat,
                 .to = to,
                 .arguments = arguments.list()});
}

void Perfetto::write_image() {
  if (kept_.empty() && in_flight_.empty()) return;
  std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.index < b.index; });
  write_instructions();
  write_layers();
  write_counter();
  kept_.clear();
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
  const Text& words = text_of(r.instruction);
  Arguments arguments;
  arguments.add(text(Key::text, words.own));
  arguments.add(text(Key::layer_text, words.common));
  if (words.order != 0) arguments.add(text(Key::order, words.order));
  arguments.add(number(Key::record, kept.index));
  arguments.add(number(Key::image, r.image));
  arguments.add(text(Key::release, releases_[static_cast<std::size_t>(r.release)]));
  add_record(arguments, Key::released_by, r.released_by);
  arguments.add(number(Key::visible, r.visible));
  arguments.add(number(Key::front_free, r.front_free));
  const Cycles to = r.end + 1;
  writer_.slice(
      {.track = tracks().instructions[u].row(
           writer_, tracks().units[u], [&] { return fmt::format("{} instructions", name(r.unit)); }, r.start, to),
       .name = layer_name(r.layer),
       .category = writer_.category("instruction"),
       .from = r.start,
       .to = to,
       .arguments = arguments.list(),
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
    const std::array arguments{number(Key::instructions, s.instructions)};
    writer_.slice({.track = tracks().layer_rows.row(
                       writer_, tracks().layers, [] { return std::string("layer"); }, s.from, s.to),
                   .name = layer_name(s.layer),
                   .category = writer_.category("layer"),
                   .from = s.from,
                   .to = s.to,
                   .arguments = arguments});
  }
}

void Perfetto::write_counter() {
  std::stable_sort(in_flight_.begin(), in_flight_.end(), [](const Delta& a, const Delta& b) { return a.at < b.at; });
  for (std::size_t n = 0; n < in_flight_.size(); ++n) {
    in_flight_now_ += in_flight_[n].bytes;
    const bool last = n + 1 == in_flight_.size() || in_flight_[n + 1].at != in_flight_[n].at;
    if (last) writer_.count(tracks().in_flight, in_flight_[n].at, in_flight_now_);
  }
  in_flight_.clear();
}

}  // namespace

std::unique_ptr<Sink> open_perfetto(const std::string& file, const TraceSubject& subject, const TraceOptions& options) {
  return std::make_unique<Perfetto>(file, subject, options);
}

}  // namespace blendsim
