// SPDX-License-Identifier: Apache-2.0
// Perfetto's packets, one after another in a file: tracks, slices, counters, with names kept once.
//
// A trace file is a message of repeated packets (field 1), so packets can be appended as they come. The reader sorts
// them by time and, where times are equal, keeps their order.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "result/events.h"
#include "trace/file.h"
#include "trace/perfetto_arguments.h"

namespace perfetto::protos {
class TracePacket;
}

namespace blendsim {

class PerfettoWriter {
 public:
  using Track = std::uint64_t;
  using Id = std::uint64_t;  // of an interned text

  // What a slice says beside its arguments: an address, shown in hexadecimal, or an interned text.
  struct Annotation {
    enum class Kind : std::uint8_t { address, text };
    Id name = 0;
    std::uint64_t value = 0;
    Kind kind = Kind::text;
  };
  struct Slice {
    Track track = 0;
    Id name = 0, category = 0;
    Cycles from = 0, to = 0;       // [from, to)
    std::string_view arguments{};  // encoded
    std::span<const Annotation> annotations{};
    std::span<const std::uint64_t> leaves{};  // flows that begin here
    std::uint64_t arrives = 0;                // flow that ends here; 0: none
  };

  explicit PerfettoWriter(const std::string& path);
  PerfettoWriter(const PerfettoWriter&) = delete;
  PerfettoWriter& operator=(const PerfettoWriter&) = delete;

  [[nodiscard]] Track process(const std::string& name);
  // Children of a track come in the order in which they are made.
  [[nodiscard]] Track track(Track parent, std::string_view name);
  [[nodiscard]] Track counter(Track parent, std::string_view name, std::string_view unit);

  // Ids of texts, given at their first use.
  [[nodiscard]] Id name(std::string_view text) { return intern(event_name, text); }
  [[nodiscard]] Id category(std::string_view text) { return intern(event_category, text); }
  [[nodiscard]] Id annotation(std::string_view text) { return intern(annotation_name, text); }
  [[nodiscard]] Id text(std::string_view text) { return intern(annotation_text, text); }

  void slice(const Slice& slice);

  // Values of counters, in any order, at most one a counter and cycle; written by the next write_counts(). In between,
  // count_along() has slices take along those of the cycles in which they begin and end, which saves a packet each.
  void count(Track counter, Cycles at, std::int64_t value) { counts_.push_back({at, counter, value}); }
  void count_along();
  void write_counts();
  // A value at once; cycles of one counter in any order.
  void measure(Track counter, Cycles at, double value);
  [[nodiscard]] std::int64_t counts() const { return static_cast<std::int64_t>(counts_.size()); }

  [[nodiscard]] std::int64_t bytes() const { return file_.bytes(); }
  void close() { file_.close(); }

 private:
  enum Kind : std::uint8_t { event_name, event_category, annotation_name, annotation_text };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Count {
    Cycles at = 0;
    Track counter = 0;
    std::int64_t value = 0;
    bool is_written = false;
  };
  Id intern(Kind kind, std::string_view text);
  void take_counts(Cycles at);
  void write_event(Cycles at, bool is_interned);
  void write_packet(const perfetto::protos::TracePacket& packet);
  Track describe(perfetto::protos::TracePacket& packet, Track parent, std::string_view name);

  OutputFile file_;
  Track last_track_ = 0;
  std::unordered_map<Track, int> children_;
  std::array<std::unordered_map<std::string, Id, Hash, std::equal_to<>>, 4> interned_;
  ProtobufFields new_texts_;  // go with the next packet
  std::vector<Count> counts_;
  bool counts_go_along_ = false;          // they are in order of time
  ProtobufFields event_, packet_, part_;  // being written
};

}  // namespace blendsim
