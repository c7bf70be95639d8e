// SPDX-License-Identifier: Apache-2.0
// Tracks are described through libprotobuf; events, which are many and all alike, are written field by field.
#include "trace/perfetto_writer.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "trace/perfetto.pb.h"

namespace blendsim {
namespace {

using perfetto::protos::DebugAnnotation;
using perfetto::protos::Interned;
using perfetto::protos::InternedData;
using perfetto::protos::TracePacket;
using perfetto::protos::TrackEvent;

// All packets are of one sequence, whose interned texts hold to its end.
constexpr std::uint32_t sequence = 1, state_cleared = 1, needs_state = 2;
constexpr int packet_field = 1, ordered_by_rank = 3;
constexpr int most_along = 8;  // values of counters that trace processor keeps of an event
constexpr std::array<int, 4> interned_fields = {
    InternedData::kEventNamesFieldNumber, InternedData::kEventCategoriesFieldNumber,
    InternedData::kDebugAnnotationNamesFieldNumber, InternedData::kDebugAnnotationStringValuesFieldNumber};

}  // namespace

PerfettoWriter::PerfettoWriter(const std::string& path) : file_(path) {
  TracePacket packet;
  packet.set_trusted_packet_sequence_id(sequence);
  packet.set_sequence_flags(state_cleared);
  describe_arguments(*packet.mutable_extension_descriptor());
  write_packet(packet);
}

void PerfettoWriter::write_packet(const TracePacket& packet) {
  packet_.clear();
  packet_.bytes(packet_field, packet.SerializeAsString());
  file_.append(packet_.encoded());
}

PerfettoWriter::Track PerfettoWriter::describe(TracePacket& packet, Track parent, std::string_view name) {
  auto& track = *packet.mutable_track_descriptor();
  track.set_uuid(++last_track_);
  if (!name.empty()) track.set_name(name.data(), name.size());
  if (parent != 0) {
    track.set_parent_uuid(parent);
    track.set_sibling_order_rank(children_[parent]++);
  }
  track.set_child_ordering(ordered_by_rank);
  packet.set_trusted_packet_sequence_id(sequence);
  return last_track_;
}

PerfettoWriter::Track PerfettoWriter::process(const std::string& name) {
  TracePacket packet;
  const Track track = describe(packet, 0, {});
  auto& process = *packet.mutable_track_descriptor()->mutable_process();
  process.set_pid(static_cast<std::int32_t>(track));
  process.set_process_name(name);
  write_packet(packet);
  return track;
}

PerfettoWriter::Track PerfettoWriter::track(Track parent, std::string_view name) {
  TracePacket packet;
  const Track track = describe(packet, parent, name);
  write_packet(packet);
  return track;
}

PerfettoWriter::Track PerfettoWriter::counter(Track parent, std::string_view name, std::string_view unit) {
  TracePacket packet;
  const Track track = describe(packet, parent, name);
  packet.mutable_track_descriptor()->mutable_counter()->set_unit_name(unit.data(), unit.size());
  write_packet(packet);
  return track;
}

PerfettoWriter::Id PerfettoWriter::intern(Kind kind, std::string_view text) {
  auto& interned = interned_[kind];
  if (const auto known = interned.find(text); known != interned.end()) return known->second;
  const Id id = interned.size() + 1;
  interned.emplace(text, id);
  part_.clear();
  part_.number(Interned::kIidFieldNumber, id);
  part_.bytes(Interned::kNameFieldNumber, text);
  new_texts_.bytes(interned_fields[kind], part_.encoded());
  return id;
}

// Of event_, which has interned texts or not.
void PerfettoWriter::write_event(Cycles at, bool is_interned) {
  packet_.clear();
  packet_.number(TracePacket::kTimestampFieldNumber, static_cast<std::uint64_t>(at));
  packet_.number(TracePacket::kTrustedPacketSequenceIdFieldNumber, sequence);
  packet_.bytes(TracePacket::kTrackEventFieldNumber, event_.encoded());
  if (is_interned) {
    if (!new_texts_.empty()) packet_.bytes(TracePacket::kInternedDataFieldNumber, new_texts_.encoded());
    new_texts_.clear();
    packet_.number(TracePacket::kSequenceFlagsFieldNumber, needs_state);
  }
  file_.append(packet_.encoded_in(packet_field));
}

void PerfettoWriter::slice(const Slice& slice) {
  event_.clear();
  event_.number(TrackEvent::kCategoryIidsFieldNumber, slice.category);
  for (const Annotation& annotation : slice.annotations) {
    part_.clear();
    part_.number(DebugAnnotation::kNameIidFieldNumber, annotation.name);
    part_.number(annotation.kind == Annotation::Kind::address ? DebugAnnotation::kPointerValueFieldNumber
                                                              : DebugAnnotation::kStringValueIidFieldNumber,
                 annotation.value);
    event_.bytes(TrackEvent::kDebugAnnotationsFieldNumber, part_.encoded());
  }
  event_.number(TrackEvent::kTypeFieldNumber, TrackEvent::TYPE_SLICE_BEGIN);
  event_.number(TrackEvent::kNameIidFieldNumber, slice.name);
  event_.number(TrackEvent::kTrackUuidFieldNumber, slice.track);
  take_counts(slice.from);
  for (const std::uint64_t flow : slice.leaves) event_.fixed64(TrackEvent::kFlowIdsFieldNumber, flow);
  if (slice.arrives != 0) event_.fixed64(TrackEvent::kTerminatingFlowIdsFieldNumber, slice.arrives);
  if (!slice.arguments.empty()) event_.bytes(arguments_field, slice.arguments);
  write_event(slice.from, true);

  event_.clear();
  event_.number(TrackEvent::kTypeFieldNumber, TrackEvent::TYPE_SLICE_END);
  event_.number(TrackEvent::kTrackUuidFieldNumber, slice.track);
  take_counts(slice.to);
  write_event(slice.to, false);
}

// Trace processor keeps an event's values up to the first that is 0, and takes the others for 0: these come last.
void PerfettoWriter::count_along() {
  std::sort(counts_.begin(), counts_.end(), [](const Count& a, const Count& b) {
    return std::tuple(a.at, a.value == 0, a.counter) < std::tuple(b.at, b.value == 0, b.counter);
  });
  counts_go_along_ = true;
}

void PerfettoWriter::take_counts(Cycles at) {
  if (!counts_go_along_) return;
  auto count =
      std::lower_bound(counts_.begin(), counts_.end(), at, [](const Count& c, Cycles cycle) { return c.at < cycle; });
  int taken = 0;
  for (; count != counts_.end() && count->at == at && taken < most_along; ++count) {
    if (count->is_written) continue;
    ++taken;
    event_.number(TrackEvent::kExtraCounterValuesFieldNumber, static_cast<std::uint64_t>(count->value));
    event_.number(TrackEvent::kExtraCounterTrackUuidsFieldNumber, count->counter);
    count->is_written = true;
  }
}

void PerfettoWriter::measure(Track counter, Cycles at, double value) {
  event_.clear();
  event_.number(TrackEvent::kTypeFieldNumber, TrackEvent::TYPE_COUNTER);
  event_.number(TrackEvent::kTrackUuidFieldNumber, counter);
  event_.fixed64(TrackEvent::kDoubleCounterValueFieldNumber, std::bit_cast<std::uint64_t>(value));
  write_event(at, false);
}

void PerfettoWriter::write_counts() {
  for (const Count& count : counts_) {
    if (count.is_written) continue;
    event_.clear();
    event_.number(TrackEvent::kTypeFieldNumber, TrackEvent::TYPE_COUNTER);
    event_.number(TrackEvent::kTrackUuidFieldNumber, count.counter);
    event_.number(TrackEvent::kCounterValueFieldNumber, static_cast<std::uint64_t>(count.value));
    write_event(count.at, false);
  }
  counts_.clear();
  counts_go_along_ = false;
}

}  // namespace blendsim
