// SPDX-License-Identifier: Apache-2.0
// What every instruction says about order (design, rules of time 2 to 4).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/table.h"

namespace blendsim {

// Bit u of a mask is the link with unit UnitId(u): for waits the producer's tokens, for posts the consumer that gets
// one. Only units that share a region of a buffer have a link; `fence` orders it with its own previous instruction.
struct Synchronisation {
  std::uint32_t wait_data = 0;
  std::uint32_t wait_space = 0;
  std::uint32_t post_data = 0;
  std::uint32_t post_space = 0;
  std::uint32_t fence = 0;
  std::uint32_t layer = 0;  // row of the program's layer table
  bool operator==(const Synchronisation&) const = default;
};

// A mask of links: one of the four. An instruction carries the bits of its unit's links (instruction_word.h).
struct LinkMask {
  std::string_view name;
  std::uint32_t Synchronisation::*member;
  std::string_view sentence;
};
inline constexpr std::array link_masks = {
    LinkMask{"wait_data", &Synchronisation::wait_data, "links whose data token it takes at its start"},
    LinkMask{"wait_space", &Synchronisation::wait_space, "links whose space token it takes at its start"},
    LinkMask{"post_data", &Synchronisation::post_data, "units that get a data token at its end"},
    LinkMask{"post_space", &Synchronisation::post_space, "units that get a space token at its end"},
};

inline constexpr std::array synchronisation_fields = {
    Field<Synchronisation>{"fence", &Synchronisation::fence, 1,
                           "starts after the end of the unit's previous instruction"},
    Field<Synchronisation>{"layer", &Synchronisation::layer, 10, "row of the layer table"},
};

}  // namespace blendsim
