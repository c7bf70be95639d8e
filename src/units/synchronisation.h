// SPDX-License-Identifier: Apache-2.0
// What every instruction says about order (design, rules of time 2 to 4).
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"
#include "units/unit_id.h"

namespace blendsim {

// Bit u of a mask is the link with unit UnitId(u): for waits the producer's tokens, for posts the consumer that gets one.
// A unit has no link with itself; `fence` orders it with its own previous instruction.
struct Synchronisation {
  std::uint32_t wait_data = 0;
  std::uint32_t wait_space = 0;
  std::uint32_t post_data = 0;
  std::uint32_t post_space = 0;
  std::uint32_t fence = 0;
  std::uint32_t layer = 0;  // row of the program's layer table
  bool operator==(const Synchronisation&) const = default;
};

inline constexpr int link_bits = 6;  // of a mask

inline constexpr std::array synchronisation_fields = {
    Field<Synchronisation>{"wait_data", &Synchronisation::wait_data, link_bits, "links whose data token it takes at its start"},
    Field<Synchronisation>{"wait_space", &Synchronisation::wait_space, link_bits, "links whose space token it takes at its start"},
    Field<Synchronisation>{"post_data", &Synchronisation::post_data, link_bits, "units that get a data token at its end"},
    Field<Synchronisation>{"post_space", &Synchronisation::post_space, link_bits, "units that get a space token at its end"},
    Field<Synchronisation>{"fence", &Synchronisation::fence, 1, "starts after the end of the unit's previous instruction"},
    Field<Synchronisation>{"layer", &Synchronisation::layer, 10, "row of the layer table"},
};

}  // namespace blendsim
