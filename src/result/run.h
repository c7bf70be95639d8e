// SPDX-License-Identifier: Apache-2.0
// What a run yields, as plain data: integers only, nothing about how it was obtained.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "result/switching.h"
#include "units/actions.h"
#include "units/buffer/parameters.h"
#include "units/units.h"

namespace blendsim {

// What the start of an instruction waited for last: the latest of rule 2's terms, ties in this order.
enum class Release : std::uint8_t { dispatch, front, data_token, space_token, fence };

// One executed instruction. Times are accelerator cycles since the accepted doorbell.
struct InstructionRecord {
  std::int32_t instruction = 0;  // index in program order (decoded)
  std::int32_t image = 0;
  std::int32_t layer = 0;
  UnitId unit = UnitId::load;
  Release release = Release::dispatch;
  std::int32_t released_by =
      -1;  // record index: token poster, previous of the unit, or (dispatch) the record whose start last
           // freed a queue slot that the dispatcher waited for; -1: none, the doorbell
  std::int32_t held_by = -1;  // record whose start last freed a queue slot that the dispatcher waited for, in this
                              // image; -1: none so far
  Cycles visible = 0;         // at the queue's head or in it: first cycle in which it could start
  Cycles start = 0;
  Cycles front_free = 0;  // start + occupancy (load, store: after the last request)
  Cycles end = 0;         // rule 3, rule 7
  bool operator==(const InstructionRecord&) const = default;
};

// What a cycle of a unit is spent on (rule 9), in the order of UnitCycles.
enum class Activity : std::uint8_t {
  busy,
  stall_dependency,  // for the data of a compute unit
  stall_memory,      // for the data of load or store
  stall_downstream,  // for space
  stall_fence,       // for the end of the unit's own instruction before
  stall_dispatch,    // for an instruction, the unit having had one before
  idle,              // before its first instruction, after its last
};
inline constexpr std::array<std::string_view, 7> activity_names = {
    "busy", "stall_dependency", "stall_memory", "stall_downstream", "stall_fence", "stall_dispatch", "idle"};
[[nodiscard]] constexpr std::string_view name(Activity activity) {
  return activity_names[static_cast<std::size_t>(activity)];
}

// Rule 9: busy + stalls + idle = elapsed, exactly.
struct UnitCycles {
  Cycles busy = 0;
  Cycles stall_dependency = 0, stall_memory = 0, stall_downstream = 0, stall_fence = 0, stall_dispatch = 0;
  Cycles idle = 0;
  [[nodiscard]] Cycles total() const {
    return busy + stall_dependency + stall_memory + stall_downstream + stall_fence + stall_dispatch + idle;
  }
  [[nodiscard]] Cycles& operator[](Activity activity) { return this->*places[static_cast<std::size_t>(activity)]; }
  [[nodiscard]] Cycles operator[](Activity activity) const { return this->*places[static_cast<std::size_t>(activity)]; }
  bool operator==(const UnitCycles&) const = default;

 private:
  static const std::array<Cycles UnitCycles::*, activity_names.size()> places;
};
inline constexpr std::array<Cycles UnitCycles::*, activity_names.size()> UnitCycles::places = {
    &UnitCycles::busy,        &UnitCycles::stall_dependency, &UnitCycles::stall_memory, &UnitCycles::stall_downstream,
    &UnitCycles::stall_fence, &UnitCycles::stall_dispatch,   &UnitCycles::idle};

struct MemoryCounts {
  std::int64_t read_bytes = 0, write_bytes = 0;
  std::int64_t bursts = 0, row_hits = 0, row_misses = 0, refreshes = 0;
  Cycles busy = 0;  // accelerator cycles from a request's grant to its last data, summed
  bool operator==(const MemoryCounts&) const = default;
};

struct LayerResult {
  std::string name;
  std::vector<std::int64_t> shape;  // [channels, height, width]
  std::vector<std::int32_t> values;
};

struct Run {
  Cycles cycles = 0;  // accepted doorbell to completion flag of the last inference
  Cycles init_cycles = 0;
  std::vector<Cycles> completions;  // of each image
  std::array<UnitCycles, unit_count> units{};
  std::vector<InstructionRecord> records;     // program order, image after image, or of the first image alone
  std::int32_t last_record = -1;              // the record whose end (or response) completed the run
  std::vector<Cycles> layer_critical_cycles;  // per program layer; sum equals `cycles`
  std::vector<std::array<Cycles, unit_count + 1>> layer_critical_by;  // ... split by unit; last: dispatch
  Cycles compute_cycles = 0;                                          // with at least one compute unit busy
  std::array<ActionCounts, unit_count + 1> actions{};                 // by unit; last: dispatcher, DRAM
  std::vector<ActionCounts> layer_actions;                            // per program layer
  std::optional<Switching> switching;                                 // where it was asked for
  MemoryCounts memory;
  bool values = true;                                           // false: --timing-only
  std::vector<std::vector<std::vector<std::int32_t>>> outputs;  // [image][output]
  std::vector<std::vector<LayerResult>> tensors;                // [image], when asked for
  std::int64_t fetched_bursts = 0;                              // of a program that is not resident
  bool warm = false;  // of the host: the machine ran this program last, nothing was prepared anew
};

// Walks back from completion and fills layer_critical_cycles and layer_critical_by (critical_path.cpp). Returns how
// many records it looked at: each at most twice, however many images there are.
std::size_t find_critical_path(Run& run, std::size_t layers);

}  // namespace blendsim
