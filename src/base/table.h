// SPDX-License-Identifier: Apache-2.0
// Self-describing tables: a struct of integers and a constexpr array of rows that names each member once.
//
// From the rows derive YAML binding, range errors, --set, the commented template, docs, digests, instruction encoding,
// decoding, disassembly, random legal instructions and the SystemVerilog parameter package. A new field is one row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace blendsim {

enum class Unit {
  none,
  cycle,
  bit,
  word,
  beat,
  byte,
  hertz,
  percent,
  celsius,
  row,
  nanosecond,
  femtojoule,
  microwatt,
  kelvin,
  millikelvin_per_watt
};

[[nodiscard]] constexpr std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::none: return "";
    case Unit::cycle: return "cycles";
    case Unit::bit: return "bit";
    case Unit::word: return "words";
    case Unit::beat: return "beats";
    case Unit::byte: return "bytes";
    case Unit::hertz: return "Hz";
    case Unit::percent: return "%";
    case Unit::celsius: return "C";
    case Unit::row: return "rows";
    case Unit::nanosecond: return "ns";
    case Unit::femtojoule: return "fJ";
    case Unit::microwatt: return "uW";
    case Unit::kelvin: return "K";
    case Unit::millikelvin_per_watt: return "mK/W";
  }
  return "";
}

// A step for values that must be powers of two.
inline constexpr std::int64_t powers_of_two = 0;

// One parameter of a unit. Values are integers in [minimum, maximum]; a choice is stored as its index into `choices`.
template <class S>
struct Parameter {
  std::string_view name;
  std::int64_t S::*member;
  std::int64_t minimum;
  std::int64_t maximum;
  Unit unit;
  std::string_view sentence;                    // "Output channels computed in parallel."
  std::span<const std::string_view> choices{};  // non-empty: an enumeration
  bool required = false;                        // false: the struct's initialiser is the default
  std::int64_t step = 1;                        // a multiple of this, or the minimum; or powers_of_two
};

// One field of an instruction: `bits` wide, unsigned, at the place that its order in the table gives it.
template <class I>
struct Field {
  std::string_view name;
  std::uint32_t I::*member;
  int bits;
  std::string_view sentence;

  [[nodiscard]] constexpr std::uint64_t maximum() const { return (std::uint64_t{1} << bits) - 1; }
};

// Bits that a table of fields takes.
template <class Fields>
[[nodiscard]] constexpr int total_bits(const Fields& fields) {
  int sum = 0;
  for (const auto& field : fields) sum += field.bits;
  return sum;
}

// Of one field of a table; in a constant, a name that the table lacks does not compile.
template <class Fields>
[[nodiscard]] constexpr int field_bits(const Fields& fields, std::string_view name) {
  for (const auto& field : fields) {
    if (field.name == name) return field.bits;
  }
  throw "no such field";
}
template <class Fields>
[[nodiscard]] constexpr std::int64_t field_maximum(const Fields& fields, std::string_view name) {
  return (std::int64_t{1} << field_bits(fields, name)) - 1;
}

}  // namespace blendsim
