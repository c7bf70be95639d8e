// SPDX-License-Identifier: Apache-2.0
#include "explore/study_values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <regex>
#include <utility>

namespace blendsim::explore {

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

namespace {

struct Scale {
  std::string_view name;
  double factor;
};

// The factor of "us" where figures are counted in "s".
std::optional<double> factor_of(std::string_view written, std::string_view unit) {
  if (written == unit) return 1;
  constexpr std::array prefixes = {Scale{"p", 1e-12}, Scale{"n", 1e-9}, Scale{"u", 1e-6}, Scale{"m", 1e-3},
                                   Scale{"k", 1e3},   Scale{"M", 1e6},  Scale{"G", 1e9}};
  constexpr std::array sizes = {Scale{"KiB", 1024.}, Scale{"MiB", 1048576.}, Scale{"kB", 1e3}, Scale{"MB", 1e6},
                                Scale{"B", 1.}};
  if (unit == "share" && written == "%") return 0.01;
  if (unit == "bytes") {
    for (const Scale& size : sizes) {
      if (size.name == written) return size.factor;
    }
  }
  const bool takes_prefix = unit == "s" || unit == "Hz" || unit == "J" || unit == "W";
  for (const Scale& prefix : prefixes) {
    if (takes_prefix && written.starts_with(prefix.name) && written.substr(1) == unit) return prefix.factor;
  }
  return std::nullopt;
}

bool is_count(std::string_view unit) { return unit != "s" && unit != "Hz" && unit != "J" && unit != "W"; }

}  // namespace

std::optional<std::vector<std::string>> range_values(std::string_view text) {
  static const std::regex form(
      R"(\s*(\d{1,15})\s*\.\.\s*(\d{1,15})(?:\s+step\s+(\d{1,15})|\s+x\s*(\d{1,3}))?(?:\s+([A-Za-z/%]+))?\s*)");
  std::match_results<std::string_view::const_iterator> match;
  if (!std::regex_match(text.begin(), text.end(), match, form)) return std::nullopt;
  const auto read = [&](std::size_t n, std::int64_t missing) {
    return match[n].matched ? static_cast<std::int64_t>(std::stoll(match[n].str())) : missing;
  };
  const std::int64_t low = read(1, 0), high = read(2, 0), step = read(3, 1), factor = read(4, 0);
  if (high < low || step == 0 || (match[4].matched && (factor < 2 || low == 0))) return std::nullopt;
  constexpr std::size_t most = 1000;  // more than a dimension takes: the reader says so
  const std::string unit = match[5].matched ? " " + match[5].str() : std::string();
  std::vector<std::string> out;
  for (std::int64_t v = low; v <= high && out.size() < most; v = factor > 0 ? v * factor : v + step)
    out.push_back(fmt::format("{}{}", v, unit));
  return out;
}

std::optional<Bound> bound_of(std::string_view text, std::string_view unit) {
  static const std::regex form(R"(\s*(<=|>=)\s*([0-9.]+(?:[eE][+-]?\d+)?)\s*([A-Za-z0-9]*|%)\s*)");
  std::match_results<std::string_view::const_iterator> match;
  if (!std::regex_match(text.begin(), text.end(), match, form)) return std::nullopt;
  const std::optional<double> number = number_of(match[2].str());
  const std::string written = match[3].str();
  const std::optional<double> factor =
      written.empty() && is_count(unit) ? std::optional<double>(1) : factor_of(written, unit);
  if (!number || !factor) return std::nullopt;
  return Bound{match[1].str() == "<=", *number * *factor};
}

std::optional<double> value_of(std::string_view text, std::string_view unit) {
  const std::optional<Bound> bound = bound_of("<= " + std::string(text), unit);
  return bound ? std::optional(bound->value) : std::nullopt;
}

std::optional<double> duration_of(std::string_view text) {
  static const std::regex form(R"(\s*([0-9.]+)\s*(s|min|h)\s*)");
  std::match_results<std::string_view::const_iterator> match;
  if (!std::regex_match(text.begin(), text.end(), match, form)) return std::nullopt;
  const std::optional<double> number = number_of(match[1].str());
  if (!number || *number <= 0) return std::nullopt;
  const std::string unit = match[2].str();
  return *number * (unit == "h" ? 3600 : unit == "min" ? 60 : 1);
}

PrecisionKey precision_key(std::string_view key) {
  constexpr std::string_view group = "precision.";
  if (!key.starts_with(group)) return {};
  key.remove_prefix(group.size());
  const std::size_t dot = key.rfind('.');
  const std::string_view what = dot == std::string_view::npos ? key : key.substr(dot + 1);
  PrecisionKey out;
  out.is_of_weights = what == "weights";
  out.is_known = out.is_of_weights || what == "activations";
  if (dot != std::string_view::npos) out.layers = key.substr(0, dot);
  return out;
}

}  // namespace blendsim::explore
