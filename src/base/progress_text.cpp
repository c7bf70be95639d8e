// SPDX-License-Identifier: Apache-2.0
#include "base/progress_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace blendsim {

namespace {

// Three significant digits without an exponent, whole from 100 on.
std::string digits(double value) {
  if (value >= 99.95) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}", value, value >= 9.995 ? 1 : 2);
}

}  // namespace

std::string rate_text(double per_second) {
  if (per_second >= 1) return digits(per_second) + "/s";
  return per_second * 60 >= 1 ? digits(per_second * 60) + "/min" : digits(per_second * 3600) + "/h";
}

std::string progress_text(std::string_view what, std::string_view items, std::size_t done, std::size_t total,
                          double seconds) {
  std::string out = fmt::format("{}: {} of {} {}", what, done, total, items);
  if (done == 0 || seconds <= 0) return out;
  const double rate = static_cast<double>(done) / seconds;
  const auto left = static_cast<std::int64_t>(std::round(static_cast<double>(total - std::min(done, total)) / rate));
  out += fmt::format(", {}, ", rate_text(rate));
  if (left >= 3600) return out + fmt::format("{} h {} min left", left / 3600, left / 60 % 60);
  return out + (left >= 60 ? fmt::format("{} min {} s left", left / 60, left % 60) : fmt::format("{} s left", left));
}

}  // namespace blendsim
