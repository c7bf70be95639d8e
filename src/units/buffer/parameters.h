// SPDX-License-Identifier: Apache-2.0
// On-chip buffers: sets of regions, each with one read and one write port (design, rule 6).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/table.h"

namespace blendsim {

enum class BufferId : std::uint8_t {
  act_binary,      // packed bits: 16 banks of cells (16m channels); an address is a bank address
  act_fixed,       // fixed-point maps: words of 16 lanes x 8 bit
  weights_binary,  // one word = rows x words x 48 bit
  weights_fixed,   // one word = rows x columns x 8 bit (depthwise: rows x 8 bit used)
  accumulators,    // one word = 32 bit x the wider array's rows; region 0 xnor_array, region 1 mac_array
  parameters,      // region 0 post_unit records, region 1 xnor_array start words, region 2 mac_array start words
  instructions,    // 128-bit instruction words
};
inline constexpr int buffer_count = 7;
inline constexpr std::array<std::string_view, buffer_count> buffer_names = {
    "act_binary", "act_fixed", "weights_binary", "weights_fixed", "accumulators", "parameters", "instructions"};
[[nodiscard]] constexpr int index(BufferId buffer) { return static_cast<int>(buffer); }
[[nodiscard]] constexpr std::string_view name(BufferId buffer) {
  return buffer_names[static_cast<std::size_t>(buffer)];
}

inline constexpr std::uint32_t xnor_accumulator_region = 0, mac_accumulator_region = 1;
inline constexpr std::uint32_t post_parameter_region = 0, xnor_start_region = 1, mac_start_region = 2;

inline constexpr std::array<std::string_view, 3> memory_kinds = {"bram", "uram", "lutram"};

struct BufferParameters {
  std::int64_t regions = 1;
  std::int64_t width = 128;  // bits of one word; act_binary: of all 16 banks together
  std::int64_t depth = 512;  // words of one region
  std::int64_t kind = 0;     // index into memory_kinds
  std::int64_t latency = 2;  // read latency, inside the reading unit's depth
  bool operator==(const BufferParameters&) const = default;

  [[nodiscard]] std::int64_t capacity_bits() const { return regions * width * depth; }
};

inline constexpr std::array buffer_parameters = {
    Parameter<BufferParameters>{"regions", &BufferParameters::regions, 1, 8, Unit::none,
                                "independent memories, each with one read and one write port"},
    Parameter<BufferParameters>{"width", &BufferParameters::width, 16, 65536, Unit::bit, "bits of one word", {}, true},
    Parameter<BufferParameters>{
        "depth", &BufferParameters::depth, 2, 1 << 20, Unit::none, "words of one region", {}, true},
    Parameter<BufferParameters>{"kind", &BufferParameters::kind, 0, 2, Unit::none, "what it is built of", memory_kinds},
    Parameter<BufferParameters>{"latency", &BufferParameters::latency, 1, 8, Unit::cycle,
                                "read latency, part of the reading unit's depth"},
};

}  // namespace blendsim
