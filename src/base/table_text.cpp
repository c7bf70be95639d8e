// SPDX-License-Identifier: Apache-2.0
#include "base/table_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

struct Spelling {
  Unit unit;
  std::string_view text;
  std::int64_t scale;  // of the base unit
  bool canonical;      // may be printed; of several with one scale only one is
};

// Largest scale first within a unit: format_quantity takes the first that divides the value.
constexpr Spelling spellings[] = {
    {Unit::cycle, "cycles", 1, true},
    {Unit::cycle, "cycle", 1, false},
    {Unit::bit, "bit", 1, true},
    {Unit::bit, "bits", 1, false},
    {Unit::word, "words", 1, true},
    {Unit::word, "word", 1, false},
    {Unit::beat, "beats", 1, true},
    {Unit::beat, "beat", 1, false},
    {Unit::byte, "GiB", std::int64_t{1} << 30, true},
    {Unit::byte, "MiB", std::int64_t{1} << 20, true},
    {Unit::byte, "KiB", std::int64_t{1} << 10, true},
    {Unit::byte, "bytes", 1, true},
    {Unit::byte, "byte", 1, false},
    {Unit::hertz, "GHz", 1'000'000'000, true},
    {Unit::hertz, "MHz", 1'000'000, true},
    {Unit::hertz, "kHz", 1'000, true},
    {Unit::hertz, "Hz", 1, true},
    {Unit::percent, "%", 1, true},
    {Unit::celsius, "C", 1, true},
    {Unit::row, "rows", 1, true},
    {Unit::row, "row", 1, false},
    {Unit::nanosecond, "s", 1'000'000'000, true},
    {Unit::nanosecond, "ms", 1'000'000, true},
    {Unit::nanosecond, "us", 1'000, true},
    {Unit::nanosecond, "ns", 1, true},
    {Unit::femtojoule, "nJ", 1'000'000, true},
    {Unit::femtojoule, "pJ", 1'000, true},
    {Unit::femtojoule, "fJ", 1, true},
    {Unit::microwatt, "W", 1'000'000, true},
    {Unit::microwatt, "mW", 1'000, true},
    {Unit::microwatt, "uW", 1, true},
    {Unit::kelvin, "K", 1, true},
    {Unit::millikelvin_per_watt, "K/W", 1000, true},
    {Unit::millikelvin_per_watt, "mK/W", 1, true},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A decimal number exactly: digits * 10^exponent. Without digits it is 0.
struct Decimal {
  bool negative = false;
  std::string digits;  // neither a leading nor a trailing zero
  std::int64_t exponent = 0;
  // Of the highest digit: the number is below 10^magnitude.
  [[nodiscard]] std::int64_t magnitude() const { return exponent + static_cast<std::int64_t>(digits.size()); }
};

struct Split {
  std::optional<Decimal> number;
  bool has_exponent = false;
  std::string_view suffix;
};

// "e30" and what follows it; no exponent: 0, and `text` stays.
std::int64_t take_exponent(std::string_view& text, bool& found) {
  constexpr std::int64_t largest = 1'000'000;  // beyond it every number is out of range or no whole number
  std::size_t i = 1;
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return 0;
  const bool negative = text.size() > i && text[i] == '-';
  if (text.size() > i && (text[i] == '-' || text[i] == '+')) ++i;
  found = text.size() > i && is_digit(text[i]);
  if (!found) return 0;
  std::int64_t exponent = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) exponent = std::min(largest, exponent * 10 + (text[i] - '0'));
  text.remove_prefix(i);
  return negative ? -exponent : exponent;
}

// [-]digits[.digits][e[+-]digits], then the unit.
Split split(std::string_view text) {
  Split out;
  Decimal number;
  number.negative = text.starts_with('-');
  if (number.negative) text.remove_prefix(1);
  const auto take_digits = [&] {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    number.digits += text.substr(0, count);
    text.remove_prefix(count);
    return static_cast<std::int64_t>(count);
  };
  if (take_digits() == 0) return out;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::int64_t places = take_digits();
    if (places == 0) return out;
    number.exponent = -places;
  }
  number.exponent += take_exponent(text, out.has_exponent);
  number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
  while (number.digits.ends_with('0')) {
    number.digits.pop_back();
    ++number.exponent;
  }
  out.suffix = trim(text);
  // A unit holds letters alone: 1_000, 1,000, 1.5.2 and 0x10 are numbers that were written wrongly.
  const bool more = std::any_of(out.suffix.begin(), out.suffix.end(), [](char c) {
    return is_digit(c) || std::string_view("_,.'+-").find(c) != std::string_view::npos;
  });
  if (!more) out.number = number;
  return out;
}

std::string units_text(Unit unit) {
  std::vector<std::string> names;
  for (const Spelling& s : spellings) {
    if (s.unit == unit && s.canonical) names.emplace_back(s.text);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// An example that the row would take, for hints.
std::string example(const ParameterRow& row) { return format_value(row.minimum > 0 ? row.minimum : row.maximum, row); }

ParsedValue failure(Code code, std::string message, std::string hint = {}) {
  return {std::nullopt, code, std::move(message), std::move(hint)};
}

ParsedValue parse_choice(std::string_view text, const ParameterRow& row) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < row.choices.size(); ++i) {
    if (row.choices[i] == text) return {static_cast<std::int64_t>(i), std::nullopt, {}, {}};
    names.emplace_back(row.choices[i]);
  }
  const std::string near = nearest(text, names);
  return failure("wrong-type", fmt::format("'{}' is none of its values: {}", text, allowed_text(row)),
                 near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near));
}

bool on_step(std::int64_t value, const ParameterRow& row) {
  if (row.step == powers_of_two) return std::has_single_bit(static_cast<std::uint64_t>(value));
  return value % row.step == 0 || value == row.minimum;
}

ParsedValue check_range(std::int64_t value, const ParameterRow& row) {
  if (value >= row.minimum && value <= row.maximum && on_step(value, row)) return {value, std::nullopt, {}, {}};
  return failure("out-of-range",
                 fmt::format("{} is not allowed: {}", format_quantity(value, row.unit), allowed_text(row)));
}

ParsedValue not_allowed(std::string_view text, const ParameterRow& row) {
  return failure("out-of-range", fmt::format("{} is not allowed: {}", text, allowed_text(row)));
}

ParsedValue not_whole(std::string_view text, const ParameterRow& row) {
  if (row.unit == Unit::none) return failure("wrong-type", fmt::format("'{}' is not a whole number", text));
  return failure("wrong-unit", fmt::format("'{}' is not a whole number of {}", text, unit_name(row.unit)));
}

__extension__ using Wide = __int128;

ParsedValue scaled(const Decimal& number, std::int64_t scale, std::string_view text, const ParameterRow& row) {
  constexpr std::int64_t most_digits = 18;
  if (number.digits.empty()) return check_range(0, row);
  const std::int64_t magnitude = number.magnitude();
  if (magnitude > most_digits + 1) return not_allowed(text, row);
  Wide value = 0, divisor = 1;  // digits below 10^18 by a scale below 2^31; more digits are no whole number of anything
  if (static_cast<std::int64_t>(number.digits.size()) > most_digits || magnitude < -most_digits) {
    const double bound =
        std::pow(10.0, static_cast<double>(magnitude)) * static_cast<double>(scale);  // the number is below it
    const bool below =
        row.minimum >= (number.negative ? 0 : 1) && (number.negative || bound <= static_cast<double>(row.minimum));
    return below ? not_allowed(text, row) : not_whole(text, row);
  }
  for (const char digit : number.digits) value = value * 10 + (digit - '0');
  for (std::int64_t e = number.exponent; e > 0; --e) value *= 10;
  for (std::int64_t e = number.exponent; e < 0; ++e) divisor *= 10;
  value *= number.negative ? -scale : scale;
  const Wide whole = value / divisor - (value % divisor < 0 ? 1 : 0);  // rounded down
  if (value % divisor != 0) {
    return whole < row.minimum || whole >= row.maximum ? not_allowed(text, row) : not_whole(text, row);
  }
  value = whole;
  if (value < std::numeric_limits<std::int64_t>::min() || value > std::numeric_limits<std::int64_t>::max())
    return not_allowed(text, row);
  return check_range(static_cast<std::int64_t>(value), row);
}

}  // namespace

ParsedValue parse_value(std::string_view raw, const ParameterRow& row) {
  const std::string_view text = trim(raw);
  if (!row.choices.empty()) return parse_choice(text, row);
  const Split parts = split(text);
  if (!parts.number) {
    return failure("wrong-type", fmt::format("'{}' is not a number; expected {}", text, allowed_text(row)));
  }
  if (row.unit == Unit::none) {
    if (!parts.suffix.empty()) {
      return failure("wrong-unit", fmt::format("'{}' carries a unit, but this is a plain count", text),
                     fmt::format("write {}", trim(text.substr(0, text.size() - parts.suffix.size()))));
    }
    ParsedValue count = scaled(*parts.number, 1, text, row);
    if (!count.value || !parts.has_exponent) return count;
    return failure("wrong-type", fmt::format("'{}' is not a plain whole number", text),
                   fmt::format("write it in digits alone, without exponent: {}", *count.value));
  }
  if (parts.suffix.empty()) {
    return failure("wrong-unit", fmt::format("'{}' has no unit; expected one of: {}", text, units_text(row.unit)),
                   fmt::format("a number carries its unit, such as {}", example(row)));
  }
  for (const Spelling& s : spellings) {
    if (s.unit == row.unit && s.text == parts.suffix) return scaled(*parts.number, s.scale, text, row);
  }
  return failure("wrong-unit",
                 fmt::format("'{}' is not a unit of this key; expected one of: {}", parts.suffix, units_text(row.unit)),
                 fmt::format("such as {}", example(row)));
}

std::string format_quantity(std::int64_t value, Unit unit) {
  if (unit == Unit::none) return fmt::format("{}", value);
  for (const Spelling& s : spellings) {
    if (s.unit != unit || !s.canonical || value % s.scale != 0 || (value == 0 && s.scale != 1)) continue;
    std::string_view text = s.text;
    const bool singular = value == 1 && s.scale == 1 && text.ends_with('s') && unit != Unit::nanosecond;
    if (singular) text.remove_suffix(1);
    return fmt::format("{} {}", value / s.scale, text);
  }
  return fmt::format("{} {}", value, unit_name(unit));
}

std::string format_value(std::int64_t value, const ParameterRow& row) {
  if (row.choices.empty()) return format_quantity(value, row.unit);
  if (value < 0 || value >= static_cast<std::int64_t>(row.choices.size())) {
    throw InvariantError(std::string(row.name), fmt::format("{} is no index of its choices", value));
  }
  return std::string(row.choices[static_cast<std::size_t>(value)]);
}

std::string allowed_text(const ParameterRow& row) {
  if (!row.choices.empty()) {
    const auto last = row.choices.end() - 1;
    return row.choices.size() == 1 ? std::string(*last)
                                   : fmt::format("{} or {}", fmt::join(row.choices.begin(), last, ", "), *last);
  }
  const auto text = [&](std::int64_t value) { return format_quantity(value, row.unit); };
  if (row.minimum == row.maximum) return "only " + text(row.minimum);
  const std::string range = text(row.minimum) + " to " + text(row.maximum);
  if (row.step == powers_of_two) return range + ", a power of two";
  if (row.step == 1) return range;
  const std::int64_t beyond = row.minimum % row.step;  // a minimum off the steps is a value of its own
  if (beyond == 0) return fmt::format("{} in steps of {}", range, text(row.step));
  return fmt::format("{}, or {} to {} in steps of {}", text(row.minimum), text(row.minimum - beyond + row.step),
                     text(row.maximum), text(row.step));
}

}  // namespace blendsim
