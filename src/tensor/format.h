// SPDX-License-Identifier: Apache-2.0
// Number formats as values: what a tensor's integers may be and how many bits store one.
#pragma once

#include <cstdint>
#include <string>

namespace blendsim {

class Format {
 public:
  // +1 and -1, stored in one bit: 1 = +1, 0 = -1.
  [[nodiscard]] static constexpr Format bipolar() { return Format(Kind::bipolar, 1); }
  // Two's complement, 2..32 bits.
  [[nodiscard]] static constexpr Format signed_bits(int bits) { return Format(Kind::two_complement, bits); }
  // 1..32 bits.
  [[nodiscard]] static constexpr Format unsigned_bits(int bits) { return Format(Kind::natural, bits); }
  // The narrowest format that holds every integer of [lo, hi].
  [[nodiscard]] static Format for_range(std::int64_t lo, std::int64_t hi);
  // Parses name(); throws std::invalid_argument.
  [[nodiscard]] static Format parse(const std::string& name);

  constexpr Format() = default;

  [[nodiscard]] constexpr bool is_bipolar() const { return kind_ == Kind::bipolar; }
  [[nodiscard]] constexpr bool is_signed() const { return kind_ != Kind::natural; }
  [[nodiscard]] constexpr int bits() const { return bits_; }
  [[nodiscard]] constexpr std::int64_t min() const {
    if (is_bipolar()) return -1;
    return kind_ == Kind::natural ? 0 : -(std::int64_t{1} << (bits_ - 1));
  }
  [[nodiscard]] constexpr std::int64_t max() const {
    if (is_bipolar()) return 1;
    return (std::int64_t{1} << (kind_ == Kind::natural ? bits_ : bits_ - 1)) - 1;
  }
  [[nodiscard]] constexpr bool contains(std::int64_t value) const {
    return is_bipolar() ? (value == 1 || value == -1) : (value >= min() && value <= max());
  }
  [[nodiscard]] std::string name() const;  // BIPOLAR, INT8, UINT3 (QONNX's names)
  constexpr bool operator==(const Format&) const = default;

 private:
  enum class Kind : std::uint8_t { bipolar, two_complement, natural };
  constexpr Format(Kind kind, int bits) : kind_(kind), bits_(bits) {}
  Kind kind_ = Kind::two_complement;
  int bits_ = 32;
};

}  // namespace blendsim
