// SPDX-License-Identifier: Apache-2.0
// The memory traffic of a run as plain data: every burst, what its request waits for, and the stamps that it had.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/moment.h"
#include "result/events.h"

namespace blendsim {

// What a reader of files takes: the longest time of a run, and the end of every memory (memory.capacity's limit).
inline constexpr Cycles most_traffic_cycles = Cycles{1} << 36;
inline constexpr std::uint64_t end_of_memories = std::uint64_t{1} << 40;

// A burst of an image's program, or a join: a moment that several others name.
struct TrafficNode {
  std::optional<MemoryPort> port;  // none: a join
  bool write = false;
  std::uint64_t address = 0, step = 0;  // of image k: address + k * step
  std::uint32_t bytes = 0;              // whole bus words, within one 4 KiB block
  std::int32_t instruction = -1;        // in program order; -1: instruction fetch
  std::vector<Wait> waits;              // the request is the latest of them; nodes before this one only
  bool operator==(const TrafficNode&) const = default;
};

// Accelerator cycles of the phase. first and last: of a read's beats as they arrive; of a write, its data's first beat
// and the response.
struct BurstStamps {
  Cycles request = 0, grant = 0, first = 0, last = 0;
  bool operator==(const BurstStamps&) const = default;
};

struct TrafficImage {
  Cycles doorbell = 0, completion = 0;
  std::vector<BurstStamps> bursts;  // in the order of the nodes, joins left out
};

struct TrafficPhase {
  std::vector<TrafficNode> nodes;
  std::vector<Wait> completion;              // of an image; empty: its end is not known to follow from anything
  std::vector<TrafficImage> images;          // as recorded
  [[nodiscard]] std::size_t bursts() const;  // of an image
};

struct Traffic {
  std::string source;                  // what was recorded: the network's name, or the file of a foreign trace
  std::string platform_yaml;           // canonical, of the machine that ran; empty: a foreign trace
  std::array<TrafficPhase, 2> phases;  // by Phase; init may be empty
  bool stamped = true;                 // false: a foreign trace, which has no answers, and requests at most
  bool requested = true;               // the requests have cycles of their own
  [[nodiscard]] TrafficPhase& of(Phase phase) { return phases[static_cast<std::size_t>(phase)]; }
  [[nodiscard]] const TrafficPhase& of(Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
};

// Stamps of an image by node; of a join, `request` alone.
struct NodeStamps {
  Cycles doorbell = 0;
  std::vector<BurstStamps> nodes;
};
[[nodiscard]] Cycles value(const StampRef& stamp, const NodeStamps& stamps);
// The latest of some waits. No wait: the doorbell.
[[nodiscard]] Cycles value(std::span<const Wait> waits, const NodeStamps& stamps);
// The wait that decided: the first of those with the value. No wait: nullptr.
[[nodiscard]] const Wait* decisive(std::span<const Wait> waits, const NodeStamps& stamps);
// An image's recorded stamps, its joins computed.
[[nodiscard]] NodeStamps by_node(const TrafficPhase& phase, const TrafficImage& image);

}  // namespace blendsim
