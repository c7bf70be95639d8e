// SPDX-License-Identifier: Apache-2.0
#include "platform/platform_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "units/buffer/layout.h"
#include "units/units.h"

namespace blendsim {
namespace {

constexpr std::array clock_parameters = {
    Parameter<MachineParameters>{"clock",
                                 &MachineParameters::clock_hz,
                                 1'000'000,
                                 2'000'000'000,
                                 Unit::hertz,
                                 "accelerator clock; a target, nothing here proves timing closure",
                                 {},
                                 true},
};
constexpr std::array overhead_parameters = {
    Parameter<Platform>{"host_overhead", &Platform::host_overhead_ns, 0, 10'000'000'000, Unit::nanosecond,
                        "driver, cache maintenance and interrupt of one inference; reported apart from latency"},
};
constexpr std::array ambient_parameters = {
    Parameter<Platform>{"ambient", &Platform::ambient_celsius, -40, 125, Unit::celsius,
                        "of the air around the board; the junction's temperature follows from it and the power"},
};
constexpr std::array limit_parameters = {
    Parameter<Limits>{"lut", &Limits::lut, 1, 100, Unit::percent, "fullest the look-up tables may be for `fits`"},
    Parameter<Limits>{"ff", &Limits::ff, 1, 100, Unit::percent, "likewise the flip-flops"},
    Parameter<Limits>{"dsp", &Limits::dsp, 1, 100, Unit::percent, "likewise the DSP slices"},
    Parameter<Limits>{"bram36", &Limits::bram36, 1, 100, Unit::percent, "likewise the block RAMs"},
    Parameter<Limits>{"uram", &Limits::uram, 1, 100, Unit::percent, "likewise the UltraRAMs"},
};
constexpr std::int64_t most_reserved = 100'000'000;
constexpr std::array reserved_parameters = {
    Parameter<Resources>{"lut", &Resources::lut, 0, most_reserved, Unit::none,
                         "look-up tables of what is not modelled: AXI glue, resets, debug"},
    Parameter<Resources>{"ff", &Resources::ff, 0, most_reserved, Unit::none, "flip-flops, likewise"},
    Parameter<Resources>{"dsp", &Resources::dsp, 0, most_reserved, Unit::none, "DSP slices, likewise"},
    Parameter<Resources>{"bram18", &Resources::bram36_halves, 0, most_reserved, Unit::none,
                         "18-Kb halves of block RAMs, likewise"},
    Parameter<Resources>{"uram", &Resources::uram, 0, most_reserved, Unit::none, "UltraRAMs, likewise"},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> sentences = {{
    {"board", "the part, how full it may be, what surrounds it"},
    {"board.limits", "`fits` means below these: fuller parts rarely route"},
    {"board.reserved", "resources of what is not modelled"},
    {"control", "doorbell and completion registers"},
    {"dispatcher", "fetches 128-bit instruction words, decodes, fills the units' queues"},
    {"buffers", "a region has one read and one write port"},
    {"buffers.act_binary", "binary maps in 16 skewed banks; a cell holds 16 channels per 3 words of xnor_array"},
    {"buffers.act_fixed", "fixed-point maps; one word is one pixel of 16 channels"},
    {"buffers.weights_binary", "one word feeds the whole xnor_array for a cycle"},
    {"buffers.weights_fixed", "one word feeds the whole mac_array for a cycle"},
    {"buffers.accumulators", "region 0 from xnor_array, region 1 from mac_array, both to post_unit"},
    {"buffers.parameters", "region 0 post_unit records, regions 1 and 2 start words of xnor_array and mac_array"},
    {"buffers.instructions", "a resident program: one word is one 128-bit instruction word"},
    {"memory", "the external memory and the way to it"},
    {"memory.timing", "the standard's table in cycles of its own clock; from the catalogue unless given"},
    {"assumptions", "copied into every report"},
}};

}  // namespace

std::vector<Leaf> platform_leaves(Platform& p) {
  std::vector<Leaf> leaves;
  MachineParameters& m = p.machine;
  append_text(leaves, "name", p.name, "printed in every report", true);
  append_text(leaves, "summary", p.summary, "one line on what this machine is for", false);
  append_text(leaves, "board.device", p.device.name, "part in configs/devices/devices.yaml; capacities come from there",
              true);
  append_leaves(leaves, "board.limits", p.limits, limit_parameters);
  append_leaves(leaves, "board.reserved", p.reserved, reserved_parameters);
  append_leaves(leaves, "board", p, ambient_parameters);
  append_leaves(leaves, "", m, clock_parameters);
  append_text(leaves, "technology", p.technology, "energies of the process: a file of configs/technologies", true);
  append_leaves(leaves, "control", m.control, control_parameters);
  append_leaves(leaves, "dispatcher", m.dispatcher, dispatcher_parameters);
  // Compute units first: the order in which platforms are written.
  for (const bool memory : {false, true}) {
    Units::for_each([&]<class U>() {
      if (is_memory_unit(U::id) == memory) append_leaves(leaves, std::string(U::name), m.*(U::member), U::parameters);
    });
  }
  for (int b = 0; b < buffer_count; ++b) {
    const std::string group = "buffers." + std::string(buffer_names[static_cast<std::size_t>(b)]);
    append_leaves(leaves, group, m.buffers[static_cast<std::size_t>(b)], buffer_parameters);
    // Width and fixed region counts follow from the design; absent means derived.
    for (Leaf& leaf : leaves) {
      if (leaf.path == group + ".width") leaf.row.required = false;
      if (leaf.path == "buffers.act_binary.regions") leaf.row.maximum = 4;
    }
  }
  append_text(leaves, "memory.standard", p.memory_standard, "timing table of configs/devices/dram.yaml", true);
  append_leaves(leaves, "memory", m.memory, memory_parameters);
  const std::size_t timing = leaves.size();
  append_leaves(leaves, "memory.timing", m.memory.timing, dram_timing_parameters);
  for (std::size_t i = timing; i < leaves.size(); ++i) leaves[i].row.required = false;
  append_leaves(leaves, "", p, overhead_parameters);
  return leaves;
}

std::string_view group_sentence(std::string_view group) {
  for (const auto& [name, sentence] : sentences) {
    if (name == group) return sentence;
  }
  std::string_view of_unit;
  Units::for_each([&]<class U>() {
    if (U::name == group) of_unit = U::sentence;
  });
  return of_unit;
}

std::int64_t derived_width(BufferId buffer, const MachineParameters& m) {
  const std::int64_t rows = std::max(m.xnor_array.rows, m.mac_array.rows);
  switch (buffer) {
    case BufferId::act_binary: return binary_banks * slice_channels * m.xnor_array.cell_slices();
    case BufferId::act_fixed: return slice_channels * 8;
    case BufferId::weights_binary: return m.xnor_array.rows * m.xnor_array.words * dsp_word_bits;
    case BufferId::weights_fixed: return m.mac_array.rows * m.mac_array.columns * 8;
    case BufferId::accumulators: return 32 * rows;
    case BufferId::parameters: return ceil_divide(32 * rows, 128) * 128;
    case BufferId::instructions: return 128;
  }
  throw InvariantError("platform", "unknown buffer");
}

std::string width_key(BufferId buffer) { return fmt::format("buffers.{}.width", name(buffer)); }

std::string_view width_formula(BufferId buffer) {
  switch (buffer) {
    case BufferId::act_binary: return "16 banks x 16 channels x xnor_array.words / 3";
    case BufferId::act_fixed: return "16 channels x 8 bit";
    case BufferId::weights_binary: return "xnor_array.rows x xnor_array.words x 48 bit";
    case BufferId::weights_fixed: return "mac_array.rows x mac_array.columns x 8 bit";
    case BufferId::accumulators: return "32 bit x the larger of xnor_array.rows and mac_array.rows";
    case BufferId::parameters:
      return "at least 32 bit x the larger of xnor_array.rows and mac_array.rows, in steps of 128 bit";
    case BufferId::instructions: return "one instruction word";
  }
  throw InvariantError("platform", "unknown buffer");
}

std::int64_t fixed_regions(BufferId buffer) {
  switch (buffer) {
    case BufferId::act_binary:
    case BufferId::act_fixed: return 0;
    case BufferId::weights_binary:
    case BufferId::weights_fixed:
    case BufferId::instructions: return 1;
    case BufferId::accumulators: return 2;
    case BufferId::parameters: return 3;
  }
  throw InvariantError("platform", "unknown buffer");
}

std::string depth_key(std::string_view unit) { return fmt::format("{}.depth", unit); }

std::vector<UnitDepth> unit_depths(MachineParameters& m) {
  std::vector<UnitDepth> depths;
  Units::for_each([&]<class U>() {
    if constexpr (ComputeDescriptor<U>) {
      static_assert(U::depth_keys.front().starts_with(U::name) && U::depth_keys.front().ends_with(".depth"));
      depths.push_back({&(m.*(U::member)).depth, U::least_depth(m), &U::stages, U::depth_keys});
    }
  });
  return depths;
}

}  // namespace blendsim
