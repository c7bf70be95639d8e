// SPDX-License-Identifier: Apache-2.0
// The schema blendsim.platform/1: every key of a platform, bound to its member.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/platform.h"
#include "platform/schema.h"

namespace blendsim {

inline constexpr std::string_view platform_schema_name = "blendsim.platform/1";

// Every leaf in canonical order. `memory.timing` is optional: what it does not give comes from the catalogue.
[[nodiscard]] std::vector<Leaf> platform_leaves(Platform& platform);
// What a group of keys is, for the commented template: "xnor_array" -> "binary convolutions and dense layers".
[[nodiscard]] std::string_view group_sentence(std::string_view group);

// The width that follows from the arrays (for parameters: the least that does), bits.
[[nodiscard]] std::int64_t derived_width(BufferId buffer, const MachineParameters& machine);
[[nodiscard]] std::string width_key(BufferId buffer);  // "buffers.act_fixed.width"
// How: "xnor_array.rows * xnor_array.words * 48".
[[nodiscard]] std::string_view width_formula(BufferId buffer);
// Regions that are fixed by the design, or 0.
[[nodiscard]] std::int64_t fixed_regions(BufferId buffer);

// The key of a compute unit's pipeline depth, which may be left out: the least that its stages take.
struct UnitDepth {
  std::int64_t* depth;  // 0 while it is not known
  std::int64_t least;
  std::string (*stages)(const MachineParameters&);
  std::span<const std::string_view> follows_from;                              // keys, its own first
  [[nodiscard]] std::string_view key() const { return follows_from.front(); }  // "xnor_array.depth"
};
// In the list's order; the buffers' widths and latencies must be known.
[[nodiscard]] std::vector<UnitDepth> unit_depths(MachineParameters& machine);
[[nodiscard]] std::string depth_key(std::string_view unit);

// Contradictions between keys that were each read well; skips checks on what `binding` marks bad.
void check_platform(const Platform& platform, const Binding& binding, Diagnostics& diagnostics);

}  // namespace blendsim
