// SPDX-License-Identifier: Apache-2.0
#include "replay/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/diagnostic.h"
#include "replay/file.h"

namespace blendsim {
namespace {

std::uint32_t column_bytes(const MemoryParameters& memory) {
  return static_cast<std::uint32_t>(memory.width / 8 * memory.timing.burst_length);
}

std::string_view next_word(std::string_view& line) {
  constexpr std::string_view blanks = " \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view out = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(out.size());
  return out;
}

bool number(std::string_view text, int base, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

// DRAMSys reads addresses as hexadecimal, with or without 0x; Ramulator's without are decimal.
bool address_of(std::string_view text, int base_without_prefix, std::uint64_t& out) {
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  return number(prefixed ? text.substr(2) : text, prefixed ? 16 : base_without_prefix, out);
}

constexpr std::uint64_t most_bytes = 1 << 24;  // of a transaction

struct Transaction {
  // What of it no memory has; empty: nothing.
  [[nodiscard]] std::string impossible() const {
    if (bytes > most_bytes) return fmt::format("its size is beyond {} bytes", most_bytes);
    if (cycle > static_cast<std::uint64_t>(most_traffic_cycles))
      return fmt::format("its cycle is beyond {}", most_traffic_cycles);
    if (address > end_of_memories) return fmt::format("its address is beyond {:#x}", end_of_memories);
    return {};
  }

  std::uint64_t cycle = 0, address = 0, bytes = 0;
  bool write = false;
};

bool parse_stl(std::string_view line, Transaction& out) {
  std::string_view word = next_word(line);
  if (word.ends_with(':')) word.remove_suffix(1);
  if (!number(word, 10, out.cycle)) return false;
  word = next_word(line);
  if (word.starts_with('(')) {
    if (!word.ends_with(')') || !number(word.substr(1, word.size() - 2), 10, out.bytes) || out.bytes == 0) return false;
    word = next_word(line);
  }
  if (word != "read" && word != "write") return false;
  out.write = word == "write";
  return address_of(next_word(line), 16, out.address);  // data may follow
}

bool parse_load_store(std::string_view line, Transaction& out) {
  const std::string_view word = next_word(line);
  if (word != "LD" && word != "ST") return false;
  out.write = word == "ST";
  return address_of(next_word(line), 10, out.address) && next_word(line).empty();
}

bool is_blank_or_comment(std::string_view line) {
  const std::string_view first = next_word(line);
  return first.empty() || first.starts_with('#');
}

// What a line would be, if it were right: that a number of it is wrong is for parse_foreign to say.
std::optional<TraceFormat> format_of(std::string_view line, const std::string& path) {
  const std::string_view first = next_word(line);
  if (first == "LD" || first == "ST") return TraceFormat::load_store;
  for (int word = 1; word < 3; ++word) {
    const std::string_view command = next_word(line);
    if (command == "read" || command == "write") return path.ends_with(".rstl") ? TraceFormat::rstl : TraceFormat::stl;
  }
  return std::nullopt;
}

// Calls f(line, number) for each line.
template <class F>
void for_each_line(std::string_view text, F&& f) {
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!f(line, number)) return;
  }
}

// Appends transactions as bursts.
class Collector {
 public:
  Collector(TraceFormat format, const MemoryParameters& memory) : format_(format), memory_(memory) {}

  void add(const Transaction& transaction) {
    const auto bus = static_cast<std::uint64_t>(memory_.bus_bytes());
    const std::uint64_t bytes = transaction.bytes == 0 ? column_bytes(memory_) : transaction.bytes;
    const std::uint64_t end = (transaction.address + bytes + bus - 1) / bus * bus;
    const std::int32_t before = last_;
    for (std::uint64_t at = transaction.address / bus * bus; at < end;) {
      const std::uint64_t part = std::min(end - at, 4096 - at % 4096);
      add(transaction, at, static_cast<std::uint32_t>(part), before);
      at += part;
    }
  }

  TrafficPhase finished() {
    for (const std::int32_t last : ports_) {  // a port's answers come in order
      if (last >= 0) phase_.completion.push_back({{StampKind::last, last}, 0, WaitCause::unspecified});
    }
    return std::move(phase_);
  }

 private:
  TrafficPhase phase_;

  void add(const Transaction& transaction, std::uint64_t address, std::uint32_t bytes, std::int32_t before) {
    TrafficNode node;
    node.port = transaction.write ? MemoryPort::store : MemoryPort::load;
    node.write = transaction.write;
    node.address = address;
    node.bytes = bytes;
    const auto cycle = static_cast<Cycles>(transaction.cycle);
    if (format_ != TraceFormat::rstl || before < 0) node.waits.push_back({{}, cycle, WaitCause::start});
    else node.waits.push_back({{StampKind::last, before}, cycle, WaitCause::start});
    std::int32_t& port = ports_[static_cast<std::size_t>(*node.port)];
    if (port >= 0) node.waits.push_back({{StampKind::grant, port}, 0, WaitCause::grant});
    port = last_ = static_cast<std::int32_t>(phase_.nodes.size());
    phase_.nodes.push_back(std::move(node));
    TrafficImage& image = phase_.images.empty() ? phase_.images.emplace_back() : phase_.images.front();
    image.bursts.push_back({cycle, 0, 0, 0});
  }

  TraceFormat format_;
  const MemoryParameters& memory_;
  std::array<std::int32_t, memory_port_count> ports_{-1, -1, -1};
  std::int32_t last_ = -1;
};

}  // namespace

TraceFormat trace_format(std::string_view text, const std::string& path) {
  if (text.starts_with(traffic_signature)) return TraceFormat::recorded;
  std::optional<TraceFormat> format;
  for_each_line(text, [&](std::string_view line, int) {
    if (is_blank_or_comment(line)) return true;
    format = format_of(line, path);
    return false;
  });
  if (format) return *format;
  throw DiagnosticError("file-unrecognised", {path, 0, {}},
                        "is neither recorded memory traffic nor a trace of DRAMSys (`31: read 0x400140`) or Ramulator "
                        "(`LD 0x400140`)",
                        "`blendsim run --record FILE` writes what replay reads");
}

Traffic parse_foreign(std::string_view text, TraceFormat format, const std::string& path,
                      const MemoryParameters& memory) {
  Collector collector(format, memory);
  for_each_line(text, [&](std::string_view line, int at) {
    if (is_blank_or_comment(line)) return true;
    Transaction transaction;
    const bool read =
        format == TraceFormat::load_store ? parse_load_store(line, transaction) : parse_stl(line, transaction);
    if (!read) {
      throw DiagnosticError("file-damaged", {path, at, {}}, fmt::format("'{}' is no transaction", line),
                            format == TraceFormat::load_store ? "a line is `LD ADDRESS` or `ST ADDRESS`"
                                                              : "a line is `CYCLE: [(BYTES)] read|write ADDRESS`");
    }
    if (const std::string why = transaction.impossible(); !why.empty())
      throw DiagnosticError("file-damaged", {path, at, {}}, fmt::format("'{}': {}", line, why), "correct the line");
    collector.add(transaction);
    return true;
  });
  Traffic traffic;
  traffic.source = path;
  traffic.stamped = false;
  traffic.requested = format == TraceFormat::stl;
  traffic.of(Phase::main) = collector.finished();
  return traffic;
}

std::string foreign_text(const TrafficPhase& phase, TraceFormat format, const MemoryParameters& memory) {
  struct Request {
    Cycles cycle;
    std::uint64_t address;
    std::uint32_t bytes;
    bool write;
  };
  std::vector<Request> requests;
  for (std::size_t i = 0; i < phase.images.size(); ++i) {
    std::size_t burst = 0;
    for (const TrafficNode& node : phase.nodes) {
      if (!node.port) continue;
      requests.push_back(
          {phase.images[i].bursts[burst++].request, node.address + i * node.step, node.bytes, node.write});
    }
  }
  std::stable_sort(requests.begin(), requests.end(),
                   [](const Request& a, const Request& b) { return a.cycle < b.cycle; });
  std::string out;
  if (format == TraceFormat::stl) {
    for (const Request& r : requests)
      out += fmt::format("{}: ({}) {} 0x{:x}\n", r.cycle, r.bytes, r.write ? "write" : "read", r.address);
    return out;
  }
  if (format != TraceFormat::load_store) throw InvariantError("trace", "is not written in this form");
  for (const Request& r : requests) {
    const std::uint64_t step = column_bytes(memory);
    for (std::uint64_t at = r.address / step * step; at < r.address + r.bytes; at += step)
      out += fmt::format("{} 0x{:x}\n", r.write ? "ST" : "LD", at);
  }
  return out;
}

}  // namespace blendsim
