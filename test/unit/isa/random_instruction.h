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

// Every value anywhere in its bits, masks in the unit's links; about half of the fields 0, so that one-word
// instructions occur too.
inline Instruction random_instruction(Engine& engine, UnitId unit) {
  Instruction instruction = make_instruction(unit);
  const bool sparse = engine() % 2 == 0;
  std::visit(
      [&](auto& i) {
        for_each_slot<Units>(i, [&](std::string_view, std::uint32_t& value, auto slot) {
          const std::uint32_t random = engine();
          value = sparse && engine() % 8 != 0 ? 0 : slot.unpack(random & slot.pack(slot.legal));
        });
      },
      instruction);
  return instruction;
}

}  // namespace blendsim::test
