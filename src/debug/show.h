// SPDX-License-Identifier: Apache-2.0
// What an instant looks like, in words and tables.
#pragma once

#include <span>
#include <string>

#include "debug/bench.h"

namespace blendsim::debug {

// "#57", "#57@2" of one of several images, "init#3".
[[nodiscard]] std::string reference(const Bench& bench, Phase phase, std::int32_t record);
// The same and its layer: "#57 conv3".
[[nodiscard]] std::string described(const Bench& bench, Phase phase, std::int32_t record);
// The same with its unit: "#57 xnor_array, conv3".
[[nodiscard]] std::string described_with_unit(const Bench& bench, Phase phase, std::int32_t record);
// "cycle 12,345 of 61,234, image 2 of 5".
[[nodiscard]] std::string heading(const Bench& bench);
// What a unit waits for in an interval: "data of #57 xnor_array, conv3"; empty: it does not.
[[nodiscard]] std::string awaited(const Bench& bench, const IntervalEvent& interval);

// What happens in the present cycle, a line a thing; empty: nothing.
[[nodiscard]] std::string happenings(const Bench& bench);
// Each unit: what it does, since when, until when.
[[nodiscard]] std::string units_now(const Bench& bench);
[[nodiscard]] std::string queues_now(const Bench& bench);
[[nodiscard]] std::string tokens_now(const Bench& bench);
[[nodiscard]] std::string dram_now(const Bench& bench);
[[nodiscard]] std::string layers_now(const Bench& bench);
// Why units wait in the present cycle, down to what it all waits for: a chain each, or one that holds several.
[[nodiscard]] std::string why_now(const Bench& bench, std::span<const UnitId> units);

// An instruction: its stamps, what released it, its tokens, bursts and words.
[[nodiscard]] std::string instruction_text(const Bench& bench, Phase phase, std::int32_t record);
// Records of a phase with what they are at, and what they say.
[[nodiscard]] std::string listing(const Bench& bench, Phase phase, const std::vector<std::int32_t>& records);

}  // namespace blendsim::debug
