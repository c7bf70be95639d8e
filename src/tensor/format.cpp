// SPDX-License-Identifier: Apache-2.0
#include "tensor/format.h"

#include <charconv>
#include <stdexcept>

namespace blendsim {

Format Format::for_range(std::int64_t lo, std::int64_t hi) {
  for (int bits = 1; bits <= 32; ++bits) {
    if (lo >= 0 && hi <= unsigned_bits(bits).max()) return unsigned_bits(bits);
    if (lo < 0 && bits >= 2 && lo >= signed_bits(bits).min() && hi <= signed_bits(bits).max()) return signed_bits(bits);
  }
  throw std::invalid_argument("range needs more than 32 bits");
}

Format Format::parse(const std::string& name) {
  if (name == "BIPOLAR") return bipolar();
  if (name == "BINARY") return unsigned_bits(1);
  const bool is_unsigned = name.rfind("UINT", 0) == 0;
  const std::size_t digits = is_unsigned ? 4 : 3;
  int bits = 0;
  if (name.size() > digits && (is_unsigned || name.rfind("INT", 0) == 0)) {
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + digits, end, bits);
    if (parsed.ec == std::errc{} && parsed.ptr == end && bits >= (is_unsigned ? 1 : 2) && bits <= 32) {
      return is_unsigned ? unsigned_bits(bits) : signed_bits(bits);
    }
  }
  throw std::invalid_argument("'" + name + "' is not a number format");
}

std::string Format::name() const {
  if (is_bipolar()) return "BIPOLAR";
  return (kind_ == Kind::natural ? "UINT" : "INT") + std::to_string(bits_);
}

}  // namespace blendsim
