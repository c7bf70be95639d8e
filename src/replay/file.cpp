// SPDX-License-Identifier: Apache-2.0
#include "replay/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/diagnostic.h"
#include "base/digest.h"

namespace blendsim {
namespace {

constexpr std::string_view version = "1";
constexpr std::array<std::string_view, memory_port_count> port_names = {"fetch", "store", "load"};
constexpr std::array<std::string_view, 6> cause_names = {"-", "start", "slot", "grant", "data", "room"};
constexpr std::array<std::string_view, 2> phase_names = {"init", "main"};
// Letters of a stamp behind its node's number.
constexpr std::array<char, 4> stamp_letters = {'D', 'R', 'G', 'L'};

constexpr std::string_view columns =
    "# burst PORT R|W ADDRESS STEP BYTES INSTRUCTION CAUSE:STAMP+CYCLES...   join STAMP+CYCLES...\n"
    "# image DOORBELL COMPLETION, then of each burst: CAUSE REQUEST GRANT FIRST LAST\n";

std::string digest_of(std::string_view text) { return Digest().add(text).hex(); }

void add_wait(std::string& out, const Wait& wait) {
  if (wait.cause != WaitCause::unspecified) out += fmt::format(" {}:", cause_name(wait.cause));
  else out += ' ';
  if (wait.stamp.kind != StampKind::doorbell) out += std::to_string(wait.stamp.node);
  out += fmt::format("{}{:+}", stamp_letters[static_cast<std::size_t>(wait.stamp.kind)], wait.plus);
}

void add_node(std::string& out, const TrafficNode& node) {
  if (node.port) {
    out += fmt::format("burst {} {} {:x} {:x} {} {}", port_name(*node.port), node.write ? 'W' : 'R', node.address,
                       node.step, node.bytes, node.instruction);
  } else {
    out += "join";
  }
  for (const Wait& wait : node.waits) add_wait(out, wait);
  out += '\n';
}

void add_image(std::string& out, const TrafficPhase& phase, const TrafficImage& image) {
  out += fmt::format("image {} {}\n", image.doorbell, image.completion);
  const NodeStamps stamps = by_node(phase, image);
  for (std::size_t n = 0; n < phase.nodes.size(); ++n) {
    const TrafficNode& node = phase.nodes[n];
    if (!node.port) continue;
    const Wait* wait = decisive(node.waits, stamps);
    const BurstStamps& s = stamps.nodes[n];
    out += fmt::format("{} {} {} {} {}\n", cause_name(wait == nullptr ? WaitCause::unspecified : wait->cause),
                       s.request, s.grant, s.first, s.last);
  }
}

// Reads line by line, and words of a line.
class Reader {
 public:
  Reader(std::string_view text, const std::string& path) : rest_(text), path_(path) {}

  [[nodiscard]] bool more() const { return !rest_.empty(); }
  [[nodiscard]] std::string_view peek() const { return rest_.substr(0, rest_.find('\n')); }
  std::string_view line() {
    const std::string_view out = peek();
    rest_.remove_prefix(std::min(rest_.size(), out.size() + 1));
    ++number_;
    words_ = out;
    return out;
  }
  std::string_view word() {
    const std::size_t begin = std::min(words_.find_first_not_of(' '), words_.size());
    words_.remove_prefix(begin);
    const std::string_view out = words_.substr(0, words_.find(' '));
    words_.remove_prefix(out.size());
    return out;
  }
  [[noreturn]] void damaged(const std::string& what) const {
    throw DiagnosticError("file-damaged", {path_, number_, {}}, what, "record the run again");
  }
  template <class Integer>
  Integer integer(std::string_view text, int base = 10) const {
    Integer out{};
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    if (error != std::errc() || end != text.data() + text.size()) damaged(fmt::format("'{}' is no number", text));
    return out;
  }
  template <class Integer>
  Integer integer(int base = 10) {
    return integer<Integer>(word(), base);
  }
  // Of a length that a run can have.
  Cycles cycles(std::string_view text) const {
    const auto out = integer<Cycles>(text);
    if (out > most_traffic_cycles || out < -most_traffic_cycles) damaged(fmt::format("{} cycles are no run's", out));
    return out;
  }
  Cycles moment() {
    const Cycles out = cycles(word());
    if (out < 0) damaged("a cycle is before the phase");
    return out;
  }
  template <std::size_t n>
  std::size_t one_of(const std::array<std::string_view, n>& names, std::string_view text) const {
    const auto at = std::find(names.begin(), names.end(), text);
    if (at == names.end()) damaged(fmt::format("'{}' is not expected here", text));
    return static_cast<std::size_t>(at - names.begin());
  }

 private:
  std::string_view rest_, words_;
  const std::string& path_;
  int number_ = 0;
};

Wait parse_wait(Reader& reader, std::string_view text, std::size_t nodes) {
  Wait wait;
  if (const std::size_t colon = text.find(':'); colon != text.npos) {
    wait.cause = static_cast<WaitCause>(reader.one_of(cause_names, text.substr(0, colon)));
    text.remove_prefix(colon + 1);
  }
  const std::size_t letter = text.find_first_not_of("0123456789");
  const auto kind =
      letter == text.npos ? stamp_letters.end() : std::find(stamp_letters.begin(), stamp_letters.end(), text[letter]);
  if (kind == stamp_letters.end()) reader.damaged(fmt::format("'{}' is no stamp", text));
  wait.stamp.kind = static_cast<StampKind>(kind - stamp_letters.begin());
  wait.plus = reader.cycles(text.substr(letter + 1));
  if (wait.stamp.kind == StampKind::doorbell) return wait;
  wait.stamp.node = reader.integer<std::int32_t>(text.substr(0, letter));
  if (wait.stamp.node < 0 || static_cast<std::size_t>(wait.stamp.node) >= nodes) {
    reader.damaged(fmt::format("'{}' names a line that does not come before", text));
  }
  return wait;
}

std::vector<Wait> parse_waits(Reader& reader, std::size_t nodes) {
  std::vector<Wait> out;
  for (std::string_view word = reader.word(); !word.empty(); word = reader.word())
    out.push_back(parse_wait(reader, word, nodes));
  return out;
}

TrafficNode parse_burst(Reader& reader, std::size_t nodes) {
  TrafficNode node;
  node.port = static_cast<MemoryPort>(reader.one_of(port_names, reader.word()));
  node.write = reader.one_of(std::array<std::string_view, 2>{"R", "W"}, reader.word()) == 1;
  node.address = reader.integer<std::uint64_t>(16);
  node.step = reader.integer<std::uint64_t>(16);
  node.bytes = reader.integer<std::uint32_t>();
  node.instruction = reader.integer<std::int32_t>();
  if (node.bytes == 0 || node.bytes > 4096) reader.damaged("a burst has 1 to 4096 bytes");
  if (node.address > end_of_memories || node.step > end_of_memories)
    reader.damaged("an address is beyond every memory");
  if (node.address / 4096 != (node.address + node.bytes - 1) / 4096) reader.damaged("a burst crosses 4 KiB");
  node.waits = parse_waits(reader, nodes);
  return node;
}

TrafficImage parse_image(Reader& reader, std::size_t bursts) {
  TrafficImage image;
  image.doorbell = reader.moment();
  image.completion = reader.moment();
  for (std::size_t n = 0; n < bursts; ++n) {
    (void)reader.line();
    (void)reader.one_of(cause_names, reader.word());
    BurstStamps& s = image.bursts.emplace_back();
    for (Cycles* stamp : {&s.request, &s.grant, &s.first, &s.last}) *stamp = reader.moment();
  }
  return image;
}

void parse_phase(Reader& reader, TrafficPhase& phase) {
  std::size_t bursts = 0;
  while (reader.more() && !reader.peek().starts_with("phase")) {
    (void)reader.line();
    const std::string_view what = reader.word();
    const std::size_t nodes = phase.nodes.size();
    if (what != "image" && !phase.images.empty()) reader.damaged("a phase ends with its images");
    if (what == "burst") {
      phase.nodes.push_back(parse_burst(reader, nodes));
      ++bursts;
    } else if (what == "join") {
      std::vector<Wait> waits = parse_waits(reader, nodes);
      phase.nodes.emplace_back().waits = std::move(waits);
    } else if (what == "completion") {
      phase.completion = parse_waits(reader, nodes);
    } else if (what == "image") {
      phase.images.push_back(parse_image(reader, bursts));
    } else {
      reader.damaged(fmt::format("'{}' is not expected here", what));
    }
  }
}

// The text without the digest that closes it.
std::string_view checked(std::string_view text, const std::string& path) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (!first.starts_with(traffic_signature)) {
    throw DiagnosticError("file-unrecognised", {path, 0, {}}, "is no recorded memory traffic",
                          "`blendsim run --record FILE` writes one");
  }
  if (const std::string_view found = first.substr(traffic_signature.size()); found != version) {
    throw DiagnosticError("file-unrecognised", {path, 0, {}},
                          fmt::format("is memory traffic of version {}; this is version {}", found, version),
                          "record the run again");
  }
  const std::size_t at = text.rfind("\ndigest ");
  if (at == text.npos || text.substr(at + 8) != digest_of(text.substr(0, at + 1)) + "\n") {
    throw DiagnosticError("file-damaged", {path, 0, {}}, "its digest does not verify", "record the run again");
  }
  return text.substr(0, at + 1);
}

}  // namespace

std::string_view port_name(MemoryPort port) { return port_names[static_cast<std::size_t>(port)]; }
std::string_view cause_name(WaitCause cause) { return cause_names[static_cast<std::size_t>(cause)]; }

std::string traffic_text(const Traffic& traffic) {
  std::string out = fmt::format("{}{}\n{}source {}\nplatform\n", traffic_signature, version, columns, traffic.source);
  for (std::string_view rest = traffic.platform_yaml; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    out += fmt::format("  {}\n", line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  for (const Phase which : {Phase::init, Phase::main}) {
    const TrafficPhase& phase = traffic.of(which);
    if (phase.images.empty()) continue;
    out += fmt::format("phase {}\n", phase_names[static_cast<std::size_t>(which)]);
    for (const TrafficNode& node : phase.nodes) add_node(out, node);
    out += "completion";
    for (const Wait& wait : phase.completion) add_wait(out, wait);
    out += '\n';
    for (const TrafficImage& image : phase.images) add_image(out, phase, image);
  }
  return out + fmt::format("digest {}\n", digest_of(out));
}

Traffic parse_traffic(std::string_view text, const std::string& path) {
  Reader reader(checked(text, path), path);
  Traffic out;
  (void)reader.line();
  while (reader.more()) {
    const std::string_view line = reader.line();
    if (line.starts_with('#')) continue;
    const std::string_view what = reader.word();
    if (what == "source") {
      out.source = line.substr(std::min(line.size(), what.size() + 1));
    } else if (what == "platform") {
      while (reader.peek().starts_with("  ")) out.platform_yaml += std::string(reader.line().substr(2)) + '\n';
    } else if (what == "phase") {
      TrafficPhase& phase = out.phases[reader.one_of(phase_names, reader.word())];
      if (!phase.nodes.empty()) reader.damaged("the phase is there already");
      parse_phase(reader, phase);
    } else {
      reader.damaged(fmt::format("'{}' is not expected here", what));
    }
  }
  return out;
}

}  // namespace blendsim
