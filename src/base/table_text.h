// SPDX-License-Identifier: Apache-2.0
// Parameter tables as text: the spelling of quantities, the checks of a row, and what a row allows.
//
// A number carries its unit ("250 MHz", "32 bit", "12 cycles", "70 %"); a row without unit takes a bare integer, a row
// with choices one of their names. Decimals and exponents are allowed where they name a whole number of the base unit
// ("1.5 us", "2.5e2 MHz"); a bare integer takes digits alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/diagnostic_codes.h"
#include "base/table.h"

namespace blendsim {

// A Parameter without its struct: what text needs to know.
struct ParameterRow {
  std::string_view name;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  Unit unit = Unit::none;
  std::string_view sentence;
  std::span<const std::string_view> choices{};
  bool required = false;
  std::int64_t step = 1;
};

template <class S>
[[nodiscard]] constexpr ParameterRow row_of(const Parameter<S>& p) {
  return {p.name, p.minimum, p.maximum, p.unit, p.sentence, p.choices, p.required, p.step};
}

// A value, or why there is none: code and message of the diagnostic, without place.
struct ParsedValue {
  std::optional<std::int64_t> value;
  std::optional<Code> code;
  std::string message;
  std::string hint;
};

// Parses `text` for `row`. Failures: wrong-type (no number, unknown choice, exponent of a count), wrong-unit (absent,
// unknown, superfluous or not a whole number of the base unit), out-of-range (outside the row's range or off its step).
[[nodiscard]] ParsedValue parse_value(std::string_view text, const ParameterRow& row);

// The canonical spelling, which parse_value reads back: "250 MHz", "2 GiB", "1 cycle", "16".
[[nodiscard]] std::string format_quantity(std::int64_t value, Unit unit);
[[nodiscard]] std::string format_value(std::int64_t value, const ParameterRow& row);

// "16 to 256 in steps of 16", "32 bit to 1024 bit, a power of two", "dsp or lut", "1 Hz to 2 GHz".
[[nodiscard]] std::string allowed_text(const ParameterRow& row);

}  // namespace blendsim
