// SPDX-License-Identifier: Apache-2.0
#include "trace/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "base/diagnostic.h"
#include "isa/layer_names.h"

namespace blendsim {
namespace {

[[noreturn]] void bad_range(const std::string& text, const std::string& option) {
  throw DiagnosticError({{"usage",
                          {},
                          fmt::format("{}: '{}' is no range", option, text),
                          fmt::format("write {0} 100..200, {0} 100.. or {0} ..200; both ends are included", option)}},
                        ExitStatus::bad_usage);
}

std::int64_t parse_end(std::string_view digits, const std::string& text, const std::string& option) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) bad_range(text, option);
  return value;
}

}  // namespace

Range parse_range(const std::string& text, const std::string& option) {
  Range range;
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) {
    range.first = range.last = parse_end(text, text, option);
    return range;
  }
  const std::string_view view(text);
  const std::string_view first = view.substr(0, dots), last = view.substr(dots + 2);
  if (first.empty() && last.empty()) bad_range(text, option);
  if (!first.empty()) range.first = parse_end(first, text, option);
  if (!last.empty()) range.last = parse_end(last, text, option);
  if (range.last < range.first) bad_range(text, option);
  return range;
}

std::string window_text(const TraceWindow& window) {
  std::string out;
  const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  const auto add_range = [&](const char* what, const Range& range) {
    if (range.all()) return;
    const bool open = range.last == std::numeric_limits<std::int64_t>::max();
    add(fmt::format("{} {}..{}", what, range.first, open ? "" : std::to_string(range.last)));
  };
  add_range("cycles", window.cycles);
  add_range("images", window.images);
  if (!window.layers.empty()) add(fmt::format("layers {}", fmt::join(window.layers, " ")));
  return out;
}

Selection::Selection(const TraceWindow& window, const TraceSubject& subject)
    : subject_(subject), cycles_(window.cycles), images_(window.images) {
  const std::vector<ProgramLayer>& layers = subject.program().layers;
  if (window.layers.empty()) return;
  layers_.assign(layers.size(), false);
  for (const std::string& pattern : window.layers) {
    const std::vector<std::int32_t> found = layers_named(subject.program(), pattern);
    for (const std::int32_t layer : found) layers_[static_cast<std::size_t>(layer)] = true;
    if (!found.empty()) continue;
    throw DiagnosticError(
        {{"usage",
          {},
          fmt::format("'{}' is the name of no layer of this program, nor a pattern that one has", pattern),
          layer_hint(
              subject.program(), pattern,
              fmt::format("`blendsim inspect` lists its {} layers; a pattern may have * and ?", layers.size()))}},
        ExitStatus::bad_usage);
  }
}

bool Selection::record(Phase phase, std::int32_t record) const {
  if (phase == Phase::main && !images_.contains(subject_.image(phase, record))) return false;
  if (layers_.empty()) return true;
  const auto layer = static_cast<std::size_t>(subject_.instruction(phase, record).layer);
  return layer < layers_.size() && layers_[layer];
}

}  // namespace blendsim
