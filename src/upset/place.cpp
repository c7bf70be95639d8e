// SPDX-License-Identifier: Apache-2.0
#include "upset/place.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

[[noreturn]] void wrong(std::string_view text, const std::string& what, const std::string& hint) {
  throw DiagnosticError({{"usage", {}, fmt::format("upset '{}': {}", text, what), hint}}, ExitStatus::bad_usage);
}

std::int64_t number(std::string_view whole, std::string_view part, std::string_view what) {
  std::int64_t out = 0;
  const bool hex = part.starts_with("0x");
  const std::string_view digits = hex ? part.substr(2) : part;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size() || out < 0) {
    wrong(whole, fmt::format("the {} '{}' is no whole number", what, part), "write CYCLE:BUFFER[.REGION]:ADDRESS:BIT");
  }
  return out;
}

BufferId buffer_of(std::string_view whole, std::string_view name) {
  const auto at = std::find(buffer_names.begin(), buffer_names.end(), name);
  if (at == buffer_names.end()) {
    const std::string near = nearest(name, {buffer_names.begin(), buffer_names.end()});
    wrong(whole, fmt::format("no buffer is named '{}'", name),
          near.empty() ? fmt::format("the buffers are {}", fmt::join(buffer_names, ", "))
                       : fmt::format("did you mean '{}'?", near));
  }
  const auto buffer = static_cast<BufferId>(at - buffer_names.begin());
  if (buffer == BufferId::instructions) {
    wrong(whole, "the bits of instructions are not simulated: a program is decoded once",
          "choose an activations, weights, accumulators or parameters buffer");
  }
  return buffer;
}

void require_below(std::string_view whole, std::string_view what, std::int64_t value, std::int64_t end,
                   std::string_view of) {
  if (value < end) return;
  wrong(whole, fmt::format("{} {} is beyond {}", what, value, of),
        fmt::format("the {} is from 0 to {}", what, end - 1));
}

}  // namespace

Upset parse_upset(std::string_view text, const MachineParameters& machine) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = text;;) {
    const std::size_t colon = rest.find(':');
    parts.push_back(rest.substr(0, colon));
    if (colon == rest.npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (parts.size() != 4) {
    wrong(text, fmt::format("has {} part{} between colons, not 4", parts.size(), parts.size() == 1 ? "" : "s"),
          "write CYCLE:BUFFER[.REGION]:ADDRESS:BIT, such as 1200:act_binary:37:5");
  }
  Upset upset;
  upset.cycle = number(text, parts[0], "cycle");
  const std::size_t dot = parts[1].find('.');
  const std::string_view buffer_name = parts[1].substr(0, dot);
  upset.buffer = buffer_of(text, buffer_name);
  const BufferParameters& buffer = machine.buffer(upset.buffer);
  std::int64_t address = number(text, parts[2], "address");
  if (dot != parts[1].npos) {
    const std::int64_t region = number(text, parts[1].substr(dot + 1), "region");
    require_below(text, "region", region, buffer.regions, buffer_name);
    require_below(text, "address", address, buffer.depth, fmt::format("a region of {}", buffer_name));
    address += region * buffer.depth;
  } else {
    require_below(text, "address", address, buffer.regions * buffer.depth, buffer_name);
  }
  const std::int64_t bit = number(text, parts[3], "bit");
  require_below(text, "bit", bit, buffer.width, fmt::format("a word of {}", buffer_name));
  upset.address = static_cast<std::uint32_t>(address);
  upset.bit = static_cast<std::uint32_t>(bit);
  return upset;
}

std::string place_text(const Upset& upset, const MachineParameters& machine) {
  const BufferParameters& buffer = machine.buffer(upset.buffer);
  return fmt::format("{}.{} word {} bit {}", name(upset.buffer), upset.address / buffer.depth,
                     upset.address % buffer.depth, upset.bit);
}

}  // namespace blendsim
