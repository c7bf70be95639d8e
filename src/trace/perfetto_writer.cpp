// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto_writer.h"

#include <algorithm>
#include <array>

#include "trace/perfetto.pb.h"

namespace blendsim {
namespace {

using perfetto::protos::TracePacket;
using perfetto::protos::TrackEvent;

// All packets are of one sequence, whose interned texts hold to its end.
constexpr std::uint32_t sequence = 1, state_cleared = 1, needs_state = 2;
constexpr int ordered_by_rank = 3;

// Fields of a small message in protobuf's encoding: the field's number and kind, then a number of seven bits a byte or
// a length and bytes.
class Fields {
 public:
  void number(int field, std::uint64_t value) {
    put(static_cast<std::uint64_t>(field) << 3);
    put(value);
  }
  void message(int field, const Fields& fields) {
    put(static_cast<std::uint64_t>(field) << 3 | 2);
    put(fields.size_);
    std::copy_n(fields.bytes_.begin(), fields.size_, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += fields.size_;
  }
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  void put(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_[size_++] = static_cast<char>((value & 0x7F) | 0x80);
    bytes_[size_++] = static_cast<char>(value);
  }
  std::array<char, 96> bytes_;  // a number takes ten at most, its field two
  std::size_t size_ = 0;
};

}  // namespace

PerfettoWriter::PerfettoWriter(const std::string& path) : file_(path), packet_(std::make_unique<TracePacket>()) {
  packet_->set_trusted_packet_sequence_id(sequence);
  packet_->set_sequence_flags(state_cleared);
  write_packet();
}

PerfettoWriter::~PerfettoWriter() = default;

void PerfettoWriter::write_packet() {
  const std::size_t size = packet_->ByteSizeLong();
  std::string& buffer = file_.buffer();
  buffer += '\x0a';  // field 1, length-delimited
  std::size_t rest = size;
  for (; rest >= 0x80; rest >>= 7) buffer += static_cast<char>((rest & 0x7F) | 0x80);
  buffer += static_cast<char>(rest);
  const std::size_t begin = buffer.size();
  buffer.resize(begin + size);
  packet_->SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(buffer.data() + begin));
  packet_->Clear();
  file_.flush_if_full();
}

PerfettoWriter::Track PerfettoWriter::describe(Track parent, std::string_view name) {
  auto& track = *packet_->mutable_track_descriptor();
  track.set_uuid(++last_track_);
  if (!name.empty()) track.set_name(name.data(), name.size());
  if (parent != 0) {
    track.set_parent_uuid(parent);
    track.set_sibling_order_rank(children_[parent]++);
  }
  track.set_child_ordering(ordered_by_rank);
  packet_->set_trusted_packet_sequence_id(sequence);
  packet_->set_sequence_flags(needs_state);  // interned texts may come along
  return last_track_;
}

PerfettoWriter::Track PerfettoWriter::process(const std::string& name) {
  const Track track = describe(0, {});
  auto& process = *packet_->mutable_track_descriptor()->mutable_process();
  process.set_pid(static_cast<std::int32_t>(track));
  process.set_process_name(name);
  write_packet();
  return track;
}

PerfettoWriter::Track PerfettoWriter::track(Track parent, std::string_view name) {
  const Track track = describe(parent, name);
  write_packet();
  return track;
}

PerfettoWriter::Track PerfettoWriter::counter(Track parent, std::string_view name, std::string_view unit) {
  const Track track = describe(parent, name);
  packet_->mutable_track_descriptor()->mutable_counter()->set_unit_name(unit.data(), unit.size());
  write_packet();
  return track;
}

PerfettoWriter::Id PerfettoWriter::intern(std::size_t kind, std::string_view text) {
  const auto [entry, is_new] = interned_[kind].try_emplace(std::string(text), interned_[kind].size() + 1);
  if (is_new) {
    auto& data = *packet_->mutable_interned_data();  // goes with the next packet
    auto* list = kind == 0   ? data.mutable_event_names()
                 : kind == 1 ? data.mutable_event_categories()
                 : kind == 2 ? data.mutable_debug_annotation_names()
                             : data.mutable_debug_annotation_string_values();
    auto& interned = *list->Add();
    interned.set_iid(entry->second);
    interned.set_name(text.data(), text.size());
  }
  return entry->second;
}

void PerfettoWriter::begin_packet(Cycles at) {
  packet_->set_timestamp(static_cast<std::uint64_t>(at));
  packet_->set_trusted_packet_sequence_id(sequence);
  event_ = packet_->mutable_track_event();
}

void PerfettoWriter::slice(const Slice& slice) {
  begin_packet(slice.from);
  packet_->set_sequence_flags(needs_state);
  event_->set_type(TrackEvent::TYPE_SLICE_BEGIN);
  event_->set_track_uuid(slice.track);
  event_->set_name_iid(slice.name);
  event_->add_category_iids(slice.category);
  for (const Argument& argument : slice.arguments) {
    auto& annotation = *event_->add_debug_annotations();
    annotation.set_name_iid(argument.name);
    switch (argument.kind) {
      case Argument::Kind::number: annotation.set_int_value(argument.value); break;
      case Argument::Kind::address: annotation.set_pointer_value(static_cast<std::uint64_t>(argument.value)); break;
      case Argument::Kind::text: annotation.set_string_value_iid(static_cast<Id>(argument.value)); break;
    }
  }
  for (const std::uint64_t flow : slice.leaves) event_->add_flow_ids(flow);
  if (slice.arrives != 0) event_->add_terminating_flow_ids(slice.arrives);
  write_packet();
  begin_packet(slice.to);
  event_->set_type(TrackEvent::TYPE_SLICE_END);
  event_->set_track_uuid(slice.track);
  write_packet();
}

// Counters are many and all alike: their packets are written field by field, as libprotobuf would.
void PerfettoWriter::count(Track counter, Cycles at, std::int64_t value) {
  if (packet_->has_interned_data()) {  // which goes along
    begin_packet(at);
    event_->set_type(TrackEvent::TYPE_COUNTER);
    event_->set_track_uuid(counter);
    event_->set_counter_value(value);
    write_packet();
    return;
  }
  Fields event, packet;
  event.number(TrackEvent::kTypeFieldNumber, TrackEvent::TYPE_COUNTER);
  event.number(TrackEvent::kTrackUuidFieldNumber, counter);
  event.number(TrackEvent::kCounterValueFieldNumber, static_cast<std::uint64_t>(value));
  packet.number(TracePacket::kTimestampFieldNumber, static_cast<std::uint64_t>(at));
  packet.number(TracePacket::kTrustedPacketSequenceIdFieldNumber, sequence);
  packet.message(TracePacket::kTrackEventFieldNumber, event);
  Fields file;
  file.message(1, packet);
  file_.append(file.bytes());
}

}  // namespace blendsim
