// SPDX-License-Identifier: Apache-2.0
// What instructions can say at most: how far into a buffer they address, how large a map they walk. Limits of the
// compiler, the verifier and of platforms follow from here.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string>

#include "units/buffer/layout.h"
#include "units/units.h"

namespace blendsim {

// Bits of the narrowest field that holds an address of the buffer.
[[nodiscard]] constexpr int address_bits_of(BufferId buffer) {
  int bits = std::numeric_limits<int>::max();
  Units::for_each([&]<class U>() {
    for (const PortUse& use : U::uses) {
      if (use.buffer == buffer) bits = std::min(bits, field_bits(U::fields, use.address));
    }
  });
  return bits;
}

namespace field_limits_detail {
inline constexpr auto bits = [] {
  std::array<int, buffer_count> all{};
  for (std::size_t b = 0; b < all.size(); ++b) all[b] = address_bits_of(static_cast<BufferId>(b));
  return all;
}();
}  // namespace field_limits_detail

[[nodiscard]] constexpr int address_bits(BufferId buffer) {
  return field_limits_detail::bits[static_cast<std::size_t>(index(buffer))];
}
// Words that instructions can address.
[[nodiscard]] constexpr std::int64_t addressed_words(BufferId buffer) {
  return std::int64_t{1} << address_bits(buffer);
}

static_assert(binary_map_addresses == addressed_words(BufferId::act_binary));
static_assert(fixed_map_addresses == addressed_words(BufferId::act_fixed));

// The largest value that all fields of these names hold, in whichever unit they are.
[[nodiscard]] consteval std::int64_t least_maximum(std::initializer_list<std::string_view> names) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  Units::for_each([&]<class U>() {
    for (const auto& field : U::fields) {
      if (std::find(names.begin(), names.end(), field.name) != names.end())
        least = std::min(least, static_cast<std::int64_t>(field.maximum()));
    }
  });
  return least;
}

inline constexpr std::int64_t most_tile_rows = least_maximum({"rows"});
inline constexpr std::int64_t most_row_groups = least_maximum({"groups"});
inline constexpr std::int64_t most_map_side =
    least_maximum({"in_height", "in_width", "out_height", "out_width", "height", "width"});
// Slices, of a binary map cells, a pixel.
inline constexpr std::int64_t most_map_slices =
    least_maximum({"map_slices", "map_cells", "in_slices", "out_slices", "fixed_slices", "bits_cells"});
inline constexpr std::int64_t most_run_bytes = least_maximum({"run_bytes"});
inline constexpr std::int64_t most_layers = field_maximum(synchronisation_fields, "layer") + 1;

// "source of mac_array, fixed of post_unit": the fields that narrow.
[[nodiscard]] std::string narrowest_address_fields(BufferId buffer);

}  // namespace blendsim
