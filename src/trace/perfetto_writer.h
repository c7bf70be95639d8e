// SPDX-License-Identifier: Apache-2.0
// Perfetto's packets, one after another in a file: tracks, slices, counters, with names kept once.
//
// A trace file is a message of repeated packets (field 1), so packets can be appended as they come. The reader sorts
// them by time and, where times are equal, keeps their order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "result/events.h"
#include "trace/file.h"

namespace perfetto::protos {
class TracePacket;
class TrackEvent;
}  // namespace perfetto::protos

namespace blendsim {

class PerfettoWriter {
 public:
  using Track = std::uint64_t;
  using Id = std::uint64_t;  // of an interned text

  // An argument of a slice: a number, an address (shown in hexadecimal) or an interned text.
  struct Argument {
    enum class Kind : std::uint8_t { number, address, text };
    Id name = 0;
    std::int64_t value = 0;
    Kind kind = Kind::number;
  };
  struct Slice {
    Track track = 0;
    Id name = 0, category = 0;
    Cycles from = 0, to = 0;  // [from, to)
    std::span<const Argument> arguments{};
    std::span<const std::uint64_t> leaves{};  // flows that begin here
    std::uint64_t arrives = 0;                // flow that ends here; 0: none
  };

  explicit PerfettoWriter(const std::string& path);
  ~PerfettoWriter();
  PerfettoWriter(const PerfettoWriter&) = delete;
  PerfettoWriter& operator=(const PerfettoWriter&) = delete;

  [[nodiscard]] Track process(const std::string& name);
  // Children of a track come in the order in which they are made.
  [[nodiscard]] Track track(Track parent, std::string_view name);
  [[nodiscard]] Track counter(Track parent, std::string_view name, std::string_view unit);

  // Ids of texts, given at their first use.
  [[nodiscard]] Id name(std::string_view text) { return intern(0, text); }
  [[nodiscard]] Id category(std::string_view text) { return intern(1, text); }
  [[nodiscard]] Id argument(std::string_view text) { return intern(2, text); }
  [[nodiscard]] Id text(std::string_view text) { return intern(3, text); }

  void slice(const Slice& slice);
  void count(Track counter, Cycles at, std::int64_t value);

  [[nodiscard]] std::int64_t bytes() const { return file_.bytes(); }
  void close() { file_.close(); }

 private:
  Id intern(std::size_t kind, std::string_view text);
  void begin_packet(Cycles at);
  void write_packet();
  Track describe(Track parent, std::string_view name);

  OutputFile file_;
  std::unique_ptr<perfetto::protos::TracePacket> packet_;
  perfetto::protos::TrackEvent* event_ = nullptr;  // packet_'s
  Track last_track_ = 0;
  std::unordered_map<Track, int> children_;
  std::array<std::unordered_map<std::string, Id>, 4> interned_;
};

}  // namespace blendsim
