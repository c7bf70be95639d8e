// SPDX-License-Identifier: Apache-2.0
// Seeded random numbers, and encodable instructions straight from the tables.
#pragma once

#include <random>

#include "isa/fields.h"

namespace blendsim::test {

// std::mt19937's values as what they are: 32 bits.
class Engine {
 public:
  explicit Engine(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

// Every field anywhere in its bits; about half of the fields 0, so that one-word instructions occur too.
inline Instruction random_instruction(Engine& engine, UnitId unit) {
  Instruction instruction = make_instruction(unit);
  const bool sparse = engine() % 2 == 0;
  std::visit(
      [&](auto& i) {
        for_each_field(i, [&](std::string_view, int bits, std::uint32_t& value) {
          const std::uint32_t random = engine();
          value =
              sparse && engine() % 8 != 0 ? 0 : static_cast<std::uint32_t>(random & ((std::uint64_t{1} << bits) - 1));
        });
      },
      instruction);
  return instruction;
}

}  // namespace blendsim::test
