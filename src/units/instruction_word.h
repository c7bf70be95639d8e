// SPDX-License-Identifier: Apache-2.0
// How an instruction lies in its words (ADR 0011): header, token links, what all instructions have, the unit's fields.
//
// The header is the opcode (the unit's place in the list; END) and how many words follow the first. Of the four masks
// of token links a unit's instructions carry the bits of its links alone. Words behind the last one that is not 0 are
// left out.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "units/synchronisation.h"
#include "units/unit_list.h"

namespace blendsim {

inline constexpr int word_bits = 128;
inline constexpr int opcode_bits = 4;
inline constexpr int length_bits = 2;
inline constexpr int header_bits = opcode_bits + length_bits;
inline constexpr int most_words = 3;
inline constexpr std::uint32_t end_opcode = (1U << opcode_bits) - 1;

// Whether two units can meet at a port or at the same words: then tokens may order them.
template <class U, class V>
[[nodiscard]] constexpr bool are_linked() {
  if (U::id == V::id) return false;
  for (const PortUse& u : U::uses) {
    for (const PortUse& v : V::uses) {
      if (u.buffer == v.buffer && (u.region == v.region || u.region == any_region || v.region == any_region))
        return true;
    }
  }
  return false;
}

namespace instruction_word_detail {
template <class U, class... Us>
constexpr std::uint32_t links(UnitList<Us...>) {
  std::uint32_t mask = 0;
  int place = 0;
  ((mask |= (are_linked<U, Us>() ? 1U : 0U) << place++), ...);
  return mask;
}
}  // namespace instruction_word_detail

// The links of unit U of the list, as masks of Synchronisation have them.
template <class List, class U>
inline constexpr std::uint32_t links_of = instruction_word_detail::links<U>(List{});

template <class List, class U>
inline constexpr int synchronisation_bits = static_cast<int>(link_masks.size()) * std::popcount(links_of<List, U>) +
                                            total_bits(synchronisation_fields);
template <class List, class U>
inline constexpr int instruction_bits_of = header_bits + synchronisation_bits<List, U> + total_bits(U::fields);

// Of an entry of a queue: whole words that hold every unit's instruction.
template <class List>
inline constexpr int entry_bits_of = [] {
  int longest = 0;
  List::for_each(
      [&]<class U>() { longest = instruction_bits_of<List, U> > longest ? instruction_bits_of<List, U> : longest; });
  return (longest + word_bits - 1) / word_bits * word_bits;
}();

// Where a value lies: those of its bits that are `legal`, packed together, at bits [place, place + bits).
template <int Place, std::uint32_t Legal>
struct Slot {
  static constexpr int place = Place, bits = std::popcount(Legal);
  static constexpr std::uint32_t legal = Legal;

  [[nodiscard]] static constexpr std::uint32_t pack(std::uint32_t value) {
    if constexpr (std::has_single_bit(std::uint64_t{Legal} + 1)) return value;
    else return packed(value, std::make_index_sequence<runs.count>{});
  }
  [[nodiscard]] static constexpr std::uint32_t unpack(std::uint32_t value) {
    if constexpr (std::has_single_bit(std::uint64_t{Legal} + 1)) return value;
    else return unpacked(value, std::make_index_sequence<runs.count>{});
  }

 private:
  // Stretches of adjacent legal bits: few, and so a mask is a shift or two.
  struct Runs {
    std::array<std::uint32_t, 16> mask{};
    std::array<int, 16> from{}, to{};
    std::size_t count = 0;
  };
  static constexpr Runs runs = [] {
    Runs all;
    for (int bit = 0, below = 0; bit < 32;) {
      const int length = std::countr_one(Legal >> bit);
      if (length == 0) {
        ++bit;
        continue;
      }
      all.mask[all.count] = static_cast<std::uint32_t>((std::uint64_t{1} << length) - 1);
      all.from[all.count] = bit;
      all.to[all.count++] = below;
      bit += length;
      below += length;
    }
    return all;
  }();
  template <std::size_t... N>
  [[nodiscard]] static constexpr std::uint32_t packed(std::uint32_t value, std::index_sequence<N...>) {
    return ((((value >> runs.from[N]) & runs.mask[N]) << runs.to[N]) | ... | 0U);
  }
  template <std::size_t... N>
  [[nodiscard]] static constexpr std::uint32_t unpacked(std::uint32_t value, std::index_sequence<N...>) {
    return ((((value >> runs.to[N]) & runs.mask[N]) << runs.from[N]) | ... | 0U);
  }
};

// visit(name, value&, slot) for everything behind the header, in encoding order, unrolled: what encodes and decodes is
// then shifts and masks by constants.
template <class List, class I, class Visitor>
[[gnu::always_inline]] inline void for_each_slot(I& i, Visitor&& visit) {
  using U = UnitWith<List, I>;
  constexpr std::uint32_t links = links_of<List, U>;
  constexpr int link_count = std::popcount(links);
  [&]<std::size_t... N>(std::index_sequence<N...>) __attribute__((always_inline)) {
    (visit(link_masks[N].name, i.sync.*(link_masks[N].member),
           Slot<header_bits + static_cast<int>(N) * link_count, links>{}),
     ...);
  }
  (std::make_index_sequence<link_masks.size()>{});
  constexpr auto place_of = [](const auto& table, int first, std::size_t field) {
    for (std::size_t n = 0; n < field; ++n) first += table[n].bits;
    return first;
  };
  constexpr int common = header_bits + static_cast<int>(link_masks.size()) * link_count;
  [&]<std::size_t... N>(std::index_sequence<N...>) __attribute__((always_inline)) {
    (visit(synchronisation_fields[N].name, i.sync.*(synchronisation_fields[N].member),
           Slot<place_of(synchronisation_fields, common, N), synchronisation_fields[N].maximum()>{}),
     ...);
  }
  (std::make_index_sequence<synchronisation_fields.size()>{});
  constexpr int own = common + total_bits(synchronisation_fields);
  [&]<std::size_t... N>(std::index_sequence<N...>) __attribute__((always_inline)) {
    (visit(U::fields[N].name, i.*(U::fields[N].member), Slot<place_of(U::fields, own, N), U::fields[N].maximum()>{}),
     ...);
  }
  (std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<decltype(U::fields)>>>{});
}

// Whether every value is one that its slot holds: one test in the end instead of one a field.
template <class List, class I>
[[nodiscard]] bool all_values_fit(const I& i) {
  std::uint32_t beyond = 0;
  for_each_slot<List>(
      i, [&](std::string_view, std::uint32_t value, auto slot)
             __attribute__((always_inline)) { beyond |= value & ~slot.legal; });
  return beyond == 0;
}

}  // namespace blendsim
