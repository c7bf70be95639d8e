// SPDX-License-Identifier: Apache-2.0
#include "debug/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/diagnostic.h"
#include "isa/layer_names.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

constexpr std::string_view init_prefix = "init", main_prefix = "main";

std::vector<std::string> tensor_names(const Bench& bench) {
  std::vector<std::string> names;
  for (const Tensor& tensor : bench.map.tensors()) names.push_back(tensor.name);
  for (const HostOutput& output : bench.subject.program.host_outputs) names.push_back(output.name);
  return names;
}

std::string near_hint(std::string_view text, const std::vector<std::string>& names, const std::string& otherwise) {
  const std::string near = nearest(text, names);
  return near.empty() ? otherwise : fmt::format("did you mean '{}'?", near);
}

// "3" or "0:4" of `size`.
TensorSlice::Range range_of(std::string_view text, std::int32_t size, std::string_view what) {
  const std::size_t colon = text.find(':');
  const auto from = number(text.substr(0, colon));
  const auto to = colon == std::string_view::npos ? from : number(text.substr(colon + 1));
  if (!from || !to) refuse(fmt::format("'{}' is no index", text), "[3] is one, [0:4] are those from 0 to 3");
  const std::int64_t end = colon == std::string_view::npos ? *to + 1 : *to;
  if (*from >= end || end > size) {
    refuse(fmt::format("[{}] lies outside: there are {} {}, from 0 on", text, size, what), "`info tensors` has shapes");
  }
  return {static_cast<std::int32_t>(*from), static_cast<std::int32_t>(end)};
}

}  // namespace

void refuse(const std::string& message, const std::string& hint) {
  throw DiagnosticError({{"usage", {}, message, hint}}, ExitStatus::bad_usage);
}

Arguments::Arguments(std::string_view line) {
  bool quoted = false, any = false;
  std::string word;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
      if (any) words_.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words_.push_back(std::move(word));
}

bool Arguments::take(std::string_view word) {
  if (empty() || peek() != word) return false;
  ++next_;
  return true;
}

std::string Arguments::rest() {
  std::string out;
  while (!empty()) out += (out.empty() ? "" : " ") + take();
  return out;
}

void Arguments::done(std::string_view usage) const {
  if (!empty()) refuse(fmt::format("'{}' is one word too many", peek()), fmt::format("usage: {}", usage));
}

std::optional<std::int64_t> number(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ',' && !digits.empty()) continue;
    if (c < '0' || c > '9') return std::nullopt;
    digits += c;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || digits.empty() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::int64_t take_count(Arguments& arguments) {
  if (arguments.empty()) return 1;
  const auto value = number(arguments.peek());
  if (!value) return 1;
  if (*value == 0) refuse("a count of 0 does nothing", "leave it out, or count from 1 on");
  (void)arguments.take();
  return *value;
}

std::optional<UnitId> unit_named(std::string_view text) {
  const int found = by_beginning(unit_names, text);
  return found < 0 ? std::nullopt : std::optional(static_cast<UnitId>(found));
}

std::optional<BufferId> try_buffer(std::string_view text) {
  const int found = by_beginning(buffer_names, text);
  return found < 0 ? std::nullopt : std::optional(static_cast<BufferId>(found));
}

BufferId buffer_named(std::string_view text) {
  if (const auto buffer = try_buffer(text)) return *buffer;
  const std::vector<std::string> names(buffer_names.begin(), buffer_names.end());
  refuse(fmt::format("no one buffer is named '{}'", text), near_hint(text, names, "`info buffers` lists them"));
}

Instant cycle_named(const Bench& bench, std::string_view text) {
  Instant out{bench.now.phase, 0};
  std::string_view digits = text;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view phase = text.substr(0, colon);
    if (phase != init_prefix && phase != main_prefix) {
      refuse(fmt::format("'{}' is no phase", phase), "a cycle reads 123, init:123 or main:123");
    }
    out.phase = phase == init_prefix ? Phase::init : Phase::main;
    digits = text.substr(colon + 1);
  }
  const auto value = number(digits);
  if (!value) refuse(fmt::format("'{}' is no cycle", text), "a cycle reads 123, 12,345, init:123 or main:123");
  const Cycles end = bench.line(out.phase).end();
  if (*value > end) {
    refuse(fmt::format("cycle {} lies behind the end of {}, {}", debug::text(Instant{Phase::main, *value}),
                       out.phase == Phase::init ? init_prefix : main_prefix, debug::text(Instant{Phase::main, end})),
           "`goto end` goes to the last one");
  }
  out.at = *value;
  return out;
}

bool looks_like_record(std::string_view text) { return text.starts_with('#') || text.starts_with("init#"); }

RecordPlace record_named(const Bench& bench, std::string_view text) {
  const bool init = text.starts_with("init#");
  const std::size_t hash = text.find('#'), at = text.find('@');
  const std::int64_t instruction = number(text.substr(std::min(hash, text.size() - 1) + 1, at - hash - 1)).value_or(-1);
  const std::int64_t here = init ? 0 : bench.image();
  const std::int64_t image = at == std::string_view::npos ? here : number(text.substr(at + 1)).value_or(-1);
  if (instruction < 0 || image < 0) {
    refuse(fmt::format("'{}' names no instruction", text), "#57 is one of main, #57@2 that of image 2, init#3 of init");
  }
  const Phase phase = init ? Phase::init : Phase::main;
  const auto count = static_cast<std::int64_t>(bench.map.instructions(phase).size());
  const std::int64_t images = init ? 1 : bench.main.images();
  if (instruction >= count || image >= images) {
    refuse(fmt::format("there is no instruction {}: {} has {}, of {} image{}", text, init ? "init" : "main", count,
                       images, images == 1 ? "" : "s"),
           "they count from 0 on, as `blendsim inspect` of the program lists them");
  }
  return {phase, static_cast<std::int32_t>(image * count + instruction)};
}

std::vector<std::int32_t> layers_named(const Bench& bench, std::string_view pattern) {
  std::vector<std::int32_t> found = bench.map.layers(pattern);
  if (!found.empty()) return found;
  refuse(fmt::format("no layer is named '{}'", pattern),
         layer_hint(bench.subject.program, pattern, "`info layers` lists them; a cycle reads 123, an instruction #57"));
}

bool is_tensor(const Bench& bench, std::string_view text) {
  if (bench.map.tensor(text) != nullptr) return true;
  const std::size_t bracket = text.find_last_of('[');
  return bracket != std::string_view::npos && text.ends_with(']') && is_tensor(bench, text.substr(0, bracket));
}

TensorSlice tensor_named(const Bench& bench, std::string_view text) {
  TensorSlice out;
  std::string_view name = text;
  std::vector<std::string_view> indices;  // last one first
  // A name may have brackets of its own: they are indices only where what is before them is a tensor's name.
  while (bench.map.tensor(name) == nullptr && name.ends_with(']') && name.find('[') != std::string_view::npos) {
    const std::size_t bracket = name.find_last_of('[');
    indices.push_back(name.substr(bracket + 1, name.size() - bracket - 2));
    name = name.substr(0, bracket);
  }
  out.tensor = bench.map.tensor(name);
  if (out.tensor == nullptr) {
    refuse(fmt::format("no tensor is named '{}'", name),
           tensor_hint(bench.subject.program, name, tensor_names(bench), "`info tensors` lists them"));
  }
  if (indices.size() > 3) refuse("a tensor has three indices: [channel][row][column]", "leave some out");
  const std::array<std::int32_t, 3> sizes = {out.tensor->channels, out.tensor->height, out.tensor->width};
  constexpr std::array<std::string_view, 3> names = {"channels", "rows", "columns"};
  const std::array<TensorSlice::Range*, 3> ranges = {&out.channels, &out.rows, &out.columns};
  for (std::size_t d = 0; d < 3; ++d) {
    *ranges[d] = {0, sizes[d]};
    if (d < indices.size()) *ranges[d] = range_of(indices[indices.size() - 1 - d], sizes[d], names[d]);
  }
  out.given = static_cast<int>(indices.size());
  return out;
}

std::uint32_t take_address(const Bench& bench, BufferId buffer, Arguments& arguments) {
  const BufferParameters& p = bench.subject.machine.buffer(buffer);
  const auto take = [&](std::string_view what, std::int64_t limit) {
    const auto value = arguments.empty() ? std::nullopt : number(arguments.take());
    if (!value || *value >= limit) {
      refuse(fmt::format("{} wants its {}, from 0 to {}", name(buffer), what, grouped(limit - 1)),
             fmt::format("such as: {} 0 0", name(buffer)));
    }
    return *value;
  };
  const std::int64_t region = take("region", p.regions);
  return static_cast<std::uint32_t>(region * p.depth + take("address", p.depth));
}

}  // namespace blendsim::debug
