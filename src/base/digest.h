// SPDX-License-Identifier: Apache-2.0
// 128-bit content digests (XXH3). Not cryptographic: they tell whether two things are the same, not who made them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace blendsim {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  // Integers are added little-endian and 8 bytes wide, strings with their length: no two sequences collide by layout.
  Digest& add(std::int64_t value);
  Digest& add(std::string_view text);
  Digest& add(std::span<const std::int64_t> values);  // as one by one
  Digest& add_bytes(std::span<const std::uint8_t> bytes);

  [[nodiscard]] std::string hex() const;  // 32 lower-case digits of everything added so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace blendsim
