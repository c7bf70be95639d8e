// SPDX-License-Identifier: Apache-2.0
// The packets of a trace, read back; test/system/traces_test.cpp asks Perfetto's own trace processor.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "trace/instruction_text.h"
#include "trace/occupancy.h"
#include "trace/perfetto.pb.h"
#include "traced_run.h"

namespace blendsim::test {
namespace {

using perfetto::protos::TracePacket;
using perfetto::protos::TrackEvent;

std::vector<TracePacket> read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<TracePacket> packets;
  for (std::size_t at = 0; at < bytes.size();) {
    EXPECT_EQ(bytes[at++], '\x0a');
    std::size_t size = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      size |= static_cast<std::size_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    EXPECT_LE(at + size, bytes.size()) << "the file ends within a packet";
    EXPECT_TRUE(packets.emplace_back().ParseFromArray(bytes.data() + at, static_cast<int>(size)));
    at += size;
  }
  return packets;
}

struct Slice {
  std::string track, name, category;
  std::uint64_t process = 0;
  std::int64_t from = 0, to = -1;
  std::vector<std::uint64_t> leaves, arrives;
  std::map<std::string, std::string> arguments;  // numbers in decimal
};

std::uint64_t read_number(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
}
std::string_view read_bytes(std::string_view& bytes) {
  const std::size_t size = read_number(bytes);
  const std::string_view out = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return out;
}

// The message that extends a track event, read by the description of it that the trace brings along.
class Extension {
 public:
  explicit Extension(const perfetto::protos::ExtensionDescriptor& descriptor) {
    EXPECT_EQ(descriptor.extension_set().file_size(), 1);
    const auto& file = descriptor.extension_set().file(0);
    EXPECT_EQ(file.extension(0).extendee(), ".perfetto.protos.TrackEvent");
    EXPECT_EQ(file.extension(0).name(), "debug");
    EXPECT_EQ(file.extension(0).type_name(), "." + file.package() + "." + file.message_type(0).name());
    number_ = file.extension(0).number();
    for (const auto& field : file.message_type(0).field()) fields_[field.number()] = field;
    for (const auto& value : file.enum_type(0).value()) values_[value.number()] = value.name();
    enumeration_ = "." + file.package() + "." + file.enum_type(0).name();
  }

  void read(const TrackEvent& event, std::map<std::string, std::string>& out) const {
    std::string_view rest = event.unknown_fields();
    if (rest.empty()) return;
    EXPECT_EQ(read_number(rest), number_ << 3 | 2);
    std::string_view message = read_bytes(rest);
    EXPECT_TRUE(rest.empty());
    while (!message.empty()) {
      const std::uint64_t key = read_number(message);
      const auto& field = fields_.at(static_cast<int>(key >> 3));
      EXPECT_EQ(key & 7, field.type() == 9 ? 2U : 0U);
      if (field.type() == 9) {
        out[field.name()] = std::string(read_bytes(message));
        continue;
      }
      const std::uint64_t value = read_number(message);
      if (field.type() == 14) EXPECT_EQ(field.type_name(), enumeration_);
      else EXPECT_EQ(field.type(), 3);
      out[field.name()] = field.type() == 14 ? values_.at(static_cast<int>(value)) : std::to_string(value);
    }
  }

 private:
  std::uint64_t number_ = 0;
  std::map<int, perfetto::protos::FieldDescriptorProto> fields_;
  std::map<int, std::string> values_;
  std::string enumeration_;
};

// Slices as a reader makes them of begins and ends in order of time; texts as they were interned.
struct Trace {
  explicit Trace(const std::string& file) : packets(read(file)) {
    std::map<std::uint64_t, std::string> names, categories, keys, texts;
    const Extension extension(packets.front().extension_descriptor());
    for (const TracePacket& packet : packets) {
      for (const auto& entry : packet.interned_data().event_names()) names[entry.iid()] = entry.name();
      for (const auto& entry : packet.interned_data().event_categories()) categories[entry.iid()] = entry.name();
      for (const auto& entry : packet.interned_data().debug_annotation_names()) keys[entry.iid()] = entry.name();
      for (const auto& entry : packet.interned_data().debug_annotation_string_values())
        texts[entry.iid()] = entry.name();
      if (packet.has_track_descriptor()) tracks[packet.track_descriptor().uuid()] = packet.track_descriptor();
    }
    std::vector<const TracePacket*> sorted;
    for (const TracePacket& packet : packets) {
      if (packet.has_track_event()) sorted.push_back(&packet);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const TracePacket* a, const TracePacket* b) { return a->timestamp() < b->timestamp(); });
    std::map<std::uint64_t, std::vector<std::size_t>> open;  // by track
    for (const TracePacket* packet : sorted) {
      const TrackEvent& event = packet->track_event();
      auto& stack = open[event.track_uuid()];
      const auto at = static_cast<std::int64_t>(packet->timestamp());
      if (event.type() == TrackEvent::TYPE_SLICE_BEGIN) {
        EXPECT_TRUE(stack.empty()) << "slices of a track overlap";
        stack.push_back(slices.size());
        slices.push_back({tracks.at(event.track_uuid()).name(),
                          names.at(event.name_iid()),
                          categories.at(event.category_iids(0)),
                          root(event.track_uuid()),
                          at,
                          -1,
                          {event.flow_ids().begin(), event.flow_ids().end()},
                          {event.terminating_flow_ids().begin(), event.terminating_flow_ids().end()},
                          {}});
        auto& arguments = slices.back().arguments;
        extension.read(event, arguments);
        for (const auto& annotation : event.debug_annotations())
          arguments[keys.at(annotation.name_iid())] = annotation.has_pointer_value()
                                                          ? std::to_string(annotation.pointer_value())
                                                          : texts.at(annotation.string_value_iid());
      } else if (event.type() == TrackEvent::TYPE_SLICE_END) {
        if (stack.empty()) {
          ADD_FAILURE() << "an end without a begin";
          continue;
        }
        slices[stack.back()].to = at;
        stack.pop_back();
      }
    }
  }
  std::uint64_t root(std::uint64_t track) const {
    while (tracks.at(track).has_parent_uuid()) track = tracks.at(track).parent_uuid();
    return track;
  }
  std::string process_name(const Slice& slice) const { return tracks.at(slice.process).process().process_name(); }

  std::vector<TracePacket> packets;
  std::map<std::uint64_t, perfetto::protos::TrackDescriptor> tracks;
  std::vector<Slice> slices;
};

TEST(PerfettoTrace, SumsOfActivitiesAreTheAccounts) {
  const TracedRun traced = traced_run(".pftrace", {}, 2);
  const Trace trace(traced.file);
  std::map<std::pair<std::string, std::string>, std::int64_t> sums;
  for (const Slice& slice : trace.slices) {
    ASSERT_GE(slice.to, slice.from);
    if (trace.process_name(slice).starts_with("main")) sums[{slice.track, slice.name}] += slice.to - slice.from;
  }
  for (std::size_t u = 0; u < unit_count; ++u) {
    for (std::size_t a = 0; a < activity_names.size(); ++a) {
      EXPECT_EQ((sums[{std::string(unit_names[u]) + " activity", std::string(activity_names[a])}]),
                traced.run.units[u][static_cast<Activity>(a)])
          << unit_names[u] << " " << activity_names[a];
    }
  }
}

TEST(PerfettoTrace, EveryInstructionIsASliceAndEveryReleaseAFlowOfItsOwn) {
  const TracedRun traced = traced_run(".pftrace", {}, 2);
  const Trace trace(traced.file);
  std::size_t instructions = 0, released = 0;
  std::map<std::uint64_t, std::int64_t> sources;  // by flow: when its source begins
  std::set<std::uint64_t> ends;
  for (const Slice& slice : trace.slices) {
    if (slice.category != "instruction") continue;
    instructions += trace.process_name(slice).starts_with("main") ? 1 : 0;
    for (const std::uint64_t flow : slice.leaves) EXPECT_TRUE(sources.emplace(flow, slice.from).second);
  }
  EXPECT_EQ(instructions, traced.run.records.size());
  for (const Slice& slice : trace.slices) {
    for (const std::uint64_t flow : slice.arrives) {
      EXPECT_TRUE(ends.insert(flow).second) << "one end a flow";
      ASSERT_EQ(sources.count(flow), 1U);
      EXPECT_LT(sources[flow], slice.from) << "a reader takes the earlier slice for the source";
      released += trace.process_name(slice).starts_with("main") ? 1 : 0;
    }
  }
  EXPECT_EQ(ends.size(), sources.size());
  std::size_t expected = 0;
  for (const InstructionRecord& record : traced.run.records) expected += record.released_by >= 0 ? 1 : 0;
  EXPECT_EQ(released, expected);
  EXPECT_EQ(expected, traced.run.records.size() - 2) << "only each image's first waits for nothing but the doorbell";
}

// Of one image, whose instructions' own texts stand in their places, and of two, where they are interned.
TEST(PerfettoTrace, AnInstructionsArgumentsAreItsRecordAndItsDisassembly) {
  const std::vector<Instruction> program = decode(traced_network().program.main);
  const auto words = [](const std::string& text) {
    std::istringstream in(text);
    return std::multiset<std::string>(std::istream_iterator<std::string>(in), {});
  };
  for (const std::size_t images : {1, 2}) {
    const TracedRun traced = traced_run(".pftrace", {}, images);
    std::size_t seen = 0;
    const Trace trace(traced.file);
    for (const Slice& slice : trace.slices) {
      if (slice.category != "instruction" || !trace.process_name(slice).starts_with("main")) continue;
      ++seen;
      auto arguments = slice.arguments;
      const InstructionRecord& record = traced.run.records.at(std::stoul(arguments.at("record")));
      const auto instruction = static_cast<std::size_t>(record.instruction);
      EXPECT_EQ(slice.from, record.start);
      EXPECT_EQ(slice.to, record.end + 1);
      auto expected = words(disassemble(program[instruction]));
      expected.erase(std::string(unit_names[static_cast<std::size_t>(record.unit)]));
      expected.erase("layer=" + std::to_string(record.layer));
      EXPECT_EQ(words(arguments["layer_text"] + " " + arguments["order"] + " " + arguments["text"]), expected);
      for (const char* key : {"record", "layer_text", "order", "text"}) arguments.erase(key);
      std::map<std::string, std::string> stamps = {{"image", std::to_string(record.image)},
                                                   {"release", std::string(name(record.release))},
                                                   {"visible", std::to_string(record.visible)},
                                                   {"front_free", std::to_string(record.front_free)}};
      if (record.released_by >= 0) stamps["released_by"] = std::to_string(record.released_by);
      EXPECT_EQ(arguments, stamps);
    }
    EXPECT_EQ(seen, traced.run.records.size());
  }
}

TEST(PerfettoTrace, HasImagesLayersAndBursts) {
  const TracedRun traced = traced_run(".pftrace", {}, 2);
  const Trace trace(traced.file);
  std::map<std::string, int> categories;
  for (const Slice& slice : trace.slices) {
    if (!trace.process_name(slice).starts_with("main")) continue;
    ++categories[slice.category];
    if (slice.name == "image 1") {
      EXPECT_EQ(slice.to, traced.run.cycles);
    }
  }
  EXPECT_EQ(categories["image"], 2);
  EXPECT_EQ(categories["burst"], traced.run.memory.bursts);
  std::set<std::pair<int, int>> layers;
  for (const InstructionRecord& record : traced.run.records) layers.emplace(record.image, record.layer);
  EXPECT_EQ(categories["layer"], static_cast<int>(layers.size()));
}

// Values of counters by name of the track, those of init before main's.
struct Step {
  std::int64_t at = 0, value = 0;
  bool operator==(const Step&) const = default;
};
std::map<std::string, std::vector<std::vector<Step>>> counters(const std::string& file) {
  std::map<std::string, std::vector<std::vector<Step>>> out;
  const Trace trace(file);
  std::map<std::uint64_t, std::vector<Step>> steps;
  for (const TracePacket& packet : trace.packets) {
    const TrackEvent& event = packet.track_event();
    const auto at = static_cast<std::int64_t>(packet.timestamp());
    if (event.type() == TrackEvent::TYPE_COUNTER && event.has_counter_value())
      steps[event.track_uuid()].push_back({at, event.counter_value()});
    EXPECT_EQ(event.extra_counter_values_size(), event.extra_counter_track_uuids_size());
    // What trace processor reads of them: eight at most, and none behind the first 0.
    EXPECT_LE(event.extra_counter_values_size(), 8);
    EXPECT_TRUE(std::is_partitioned(event.extra_counter_values().begin(), event.extra_counter_values().end(),
                                    [](std::int64_t value) { return value != 0; }));
    for (int n = 0; n < event.extra_counter_values_size(); ++n)
      steps[event.extra_counter_track_uuids(n)].push_back({at, event.extra_counter_values(n)});
  }
  for (auto& [track, list] : steps) {
    const auto earlier = [](const Step& a, const Step& b) { return a.at < b.at; };
    std::sort(list.begin(), list.end(), earlier);
    EXPECT_EQ(std::adjacent_find(list.begin(), list.end(), std::not_fn(earlier)), list.end()) << "one value a cycle";
    out[trace.tracks.at(track).name()].push_back(std::move(list));
  }
  return out;
}

// What is in flight returns to nothing, and at its highest is what load and store may have outstanding.
TEST(PerfettoTrace, CountsBytesInFlight) {
  const auto values = counters(traced_run(".pftrace").file).at("bytes in flight");
  EXPECT_EQ(values.size(), 2U) << "init and main";
  for (const std::vector<Step>& list : values) {
    const auto by_value = [](const Step& a, const Step& b) { return a.value < b.value; };
    EXPECT_EQ(list.back().value, 0);
    EXPECT_GT(std::max_element(list.begin(), list.end(), by_value)->value, 0);
    EXPECT_GE(std::min_element(list.begin(), list.end(), by_value)->value, 0);
  }
}

// Found image by image as the page finds it of the whole phase.
std::map<std::string, std::vector<Step>> bits_held(const Run& run) {
  const Program& program = traced_network().program;
  Occupancy held =
      find_occupancy(run.records, decode(program.main), traced_network().platform.machine, run.completions.back());
  const auto own = static_cast<std::size_t>(index(BufferId::instructions));
  held[own] = {{0, program.buffers[own].peak_bits}};
  std::map<std::string, std::vector<Step>> out;
  for (std::size_t b = 0; b < held.size(); ++b) {
    for (const HeldBits& bits : held[b])
      if (bits.bits != 0 || bits.at != 0)
        out["bits held in " + std::string(buffer_names[b])].push_back({bits.at, bits.bits});
  }
  return out;
}
std::map<std::string, std::vector<Step>> traced_bits(const std::string& file) {
  std::map<std::string, std::vector<Step>> out;
  for (auto& [name, lists] : counters(file)) {
    if (!name.starts_with("bits held")) continue;
    EXPECT_EQ(lists.size(), 1U) << "main's alone";
    out[name] = lists[0];
  }
  return out;
}

// A packet of its own takes more than twice what a value takes with a slice.
TEST(PerfettoTrace, MostValuesOfCountersGoAlongWithSlices) {
  const Trace trace(traced_run(".pftrace").file);
  int alone = 0, along = 0;
  for (const TracePacket& packet : trace.packets) {
    alone += packet.track_event().type() == TrackEvent::TYPE_COUNTER ? 1 : 0;
    along += packet.track_event().extra_counter_values_size();
  }
  EXPECT_GT(along, 2 * alone);
}

TEST(PerfettoTrace, CountsTheBitsThatEachBufferHolds) {
  const TracedRun traced = traced_run(".pftrace", {}, 3);
  const auto expected = bits_held(traced.run);
  EXPECT_GT(expected.size(), 4U);
  EXPECT_EQ(traced_bits(traced.file), expected);
}

TEST(PerfettoTrace, OfAWindowCountsTheBitsThatAllInstructionsHold) {
  constexpr Cycles first = 400, last = 900;
  TraceWindow window{.cycles = {first, last}, .layers = {"stage1.block1.conv1"}};
  const TracedRun traced = traced_run(".pftrace", with_window(window));
  auto expected = bits_held(traced.run);
  for (auto& [name, steps] : expected) {
    std::vector<Step> inside;
    for (const Step& step : steps) {
      if (step.at > last) break;
      if (step.at <= first) inside.assign(1, {first, step.value});
      else inside.push_back(step);
    }
    if (!inside.empty() && inside.front() == Step{first, 0}) inside.erase(inside.begin());
    steps = inside;
  }
  std::erase_if(expected, [](const auto& entry) { return entry.second.empty(); });
  EXPECT_EQ(traced_bits(traced.file), expected);
}

// Steps in watts: each holds until the next.
TEST(PerfettoTrace, PowerOverTimeSumsToTheEstimate) {
  constexpr Cycles width = 64;
  const TracedRun traced = traced_run(".pftrace", {}, 1, width);
  const Trace trace(traced.file);
  std::map<std::string, std::map<Cycles, double>> steps;
  for (const TracePacket& packet : trace.packets) {
    const TrackEvent& event = packet.track_event();
    if (event.has_double_counter_value())
      steps[trace.tracks.at(event.track_uuid()).name()][static_cast<Cycles>(packet.timestamp())] =
          event.double_counter_value();
  }
  const EstimatedRun estimated(traced_network(), traced.run);
  const PowerWindows windows = estimated.windows(0, traced.run.cycles, width);
  ASSERT_EQ(steps.size(), windows.parts.size());
  const auto hz = static_cast<double>(traced_network().platform.machine.clock_hz);
  for (std::size_t part = 0; part < windows.parts.size(); ++part) {
    const std::map<Cycles, double>& list = steps.at("power of " + windows.parts[part]);
    EXPECT_EQ(list.begin()->first, 0);
    const auto& fj = windows.fj[part];
    const bool is_there = std::any_of(fj.begin(), fj.end(), [](std::int64_t each) { return each > 0; });
    EXPECT_EQ(list.rbegin()->first, is_there ? traced.run.cycles : 0) << windows.parts[part];
    EXPECT_EQ(list.rbegin()->second, 0) << "nothing is known beyond the run";
    std::int64_t sum = 0;
    for (std::size_t w = 0; w < windows.count(); ++w) {
      const double watt = std::prev(list.upper_bound(windows.begin(w)))->second;
      sum += std::llround(watt * static_cast<double>(windows.end(w) - windows.begin(w)) / hz * 1e15);
    }
    EXPECT_EQ(sum, estimated.energies()[part]) << windows.parts[part];
  }
}

TEST(PerfettoTrace, StopsBelowItsLimitAndStaysWhole) {
  TraceOptions options;
  options.limit = 1'000'000;
  const TracedRun traced = traced_run(".pftrace", options, 60, 64);
  ASSERT_TRUE(traced.stopped.has_value());
  EXPECT_LE(traced.bytes, options.limit);
  EXPECT_GT(traced.bytes, options.limit / 2);
  const Trace trace(traced.file);
  for (const Slice& slice : trace.slices) EXPECT_GE(slice.to, slice.from) << "every slice ends";
}

TEST(PerfettoTrace, OfALayerHoldsItAndNothingElse) {
  const TracedRun traced = traced_run(".pftrace", with_window({.layers = {"stage1.block1.conv1"}}));
  const Trace trace(traced.file);
  std::set<std::string> names;
  for (const Slice& slice : trace.slices) {
    if (slice.category == "instruction" || slice.category == "layer") names.insert(slice.name);
  }
  EXPECT_EQ(names, std::set<std::string>{"stage1.block1.conv1"});
}

TEST(InstructionTexts, TogetherAreTheDisassembly) {
  const TraceSubject subject(traced_network().program, traced_network().platform.machine, "zu3eg");
  const auto& stream = subject.stream(Phase::main);
  StreamTexts texts(stream);
  std::size_t whole = 0, parts = 0;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const std::string own(texts.own(i)), order(texts.order(i)), common(texts.common(i));
    std::multiset<std::string> expected, got;
    std::istringstream line(disassemble(stream[i].instruction)), both(common + " " + own + " " + order);
    std::string word;
    line >> word;  // the unit
    while (line >> word) expected.insert(word);
    while (both >> word) got.insert(word);
    got.insert("layer=" + std::to_string(stream[i].layer));
    EXPECT_EQ(got, expected) << i;
    whole += disassemble(stream[i].instruction).size();
    parts += own.size();
  }
  EXPECT_LT(2 * parts, whole);
}

}  // namespace
}  // namespace blendsim::test
