// SPDX-License-Identifier: Apache-2.0
#include "units/mac_array/distances.h"

#include "units/array_distances.h"
#include "units/mac_array/law.h"

namespace blendsim {
namespace {

constexpr std::size_t unit_lanes = 2;  // a unit of OperandDistances is two lanes

std::size_t taps_of(const MacInstruction& i) { return std::size_t{i.kernel_h} * i.kernel_w; }

void push_lanes(std::size_t first, std::size_t lanes, std::size_t present, std::vector<std::size_t>& offsets) {
  for (std::size_t lane = 0; lane < lanes; lane += unit_lanes)
    offsets.push_back(lane < present ? (first + lane) / unit_lanes : OperandSteps::absent);
}

// For each pixel, for each row group: taps, column groups innermost. The operand is the same in every row group.
void dense_steps(const MacInstruction& i, const MacFlatMap& map, OperandSteps& out) {
  const std::size_t lanes = map.group_lanes();
  for (std::size_t tap = 0; tap < taps_of(i); ++tap) {
    for (std::size_t lane = 0; lane < map.tap_lanes(); lane += lanes)
      push_lanes(map.offsets()[tap] + lane, lanes, lanes, out.offsets);
  }
  out.units = lanes / unit_lanes;
  out.last = out.offsets.size() / out.units - 1;
  for (std::size_t s = 0; s < out.last; ++s) out.follows.push_back({s, s + 1, i.groups});
  out.follows.push_back({out.last, 0, i.groups - 1});
}

// For each pixel, for each row group: taps. A row group has lanes of its own.
void depthwise_steps(const MacInstruction& i, const MacFlatMap& map, std::size_t rows, OperandSteps& out) {
  for (std::size_t g = 0; g < i.groups; ++g) {
    const std::size_t first = g * rows, present = std::max(map.tap_lanes(), first) - first;
    for (std::size_t tap = 0; tap < taps_of(i); ++tap)
      push_lanes(map.offsets()[tap] + first, rows, present, out.offsets);
  }
  out.units = rows / unit_lanes;
  out.last = out.offsets.size() / out.units - 1;
  for (std::size_t s = 0; s < out.last; ++s) out.follows.push_back({s, s + 1, 1});
}

OperandSteps operand_steps(const MacInstruction& i, const MacFlatMap& map, std::size_t rows) {
  OperandSteps out;
  if (i.depthwise != 0) depthwise_steps(i, map, rows, out);
  else dense_steps(i, map, out);
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x)
      out.pixels.push_back((row * map.row_stride() + x * static_cast<std::size_t>(map.pixel_stride())) / unit_lanes);
  }
  return out;
}

std::int64_t operand_distance(const MacInstruction& i, std::size_t rows, const MacFlatMap& map, DistanceMeter& meter) {
  const OperandDistances& operands = meter.operands([&] { return operand_steps(i, map, rows); });
  map.reserve(operands.room() * unit_lanes);
  if (i.depthwise == 0) map.clear_unused_lanes();
  return operands.of(reinterpret_cast<const std::uint16_t*>(map.row(0)),  // cache lines begin there
                     static_cast<std::uint16_t>(map.zero() * 0x0101));
}

std::int64_t weight_distance_of(const MacInstruction& i, const MacArrayParameters& array, const Buffers& buffers) {
  const auto words = static_cast<std::size_t>(steps_per_result(i, array));
  const auto word = static_cast<std::size_t>(array.rows * array.columns);
  const std::int8_t* first = buffers.fixed_weights(i.weights, static_cast<std::uint32_t>(i.groups * words)).data();
  return weight_distance(WordSequence(first, i.depthwise != 0 ? static_cast<std::size_t>(array.rows) : word, word),
                         {std::size_t{i.rows} * i.out_width, i.groups, 1, words});
}

}  // namespace

void add_distances(const MacInstruction& i, const MachineParameters& machine, const MacFlatMap& map,
                   const Buffers& buffers, DistanceMeter& meter) {
  const MacArrayParameters& array = machine.mac_array;
  const std::int64_t follow = occupancy(i, array) - 1, operand_lanes = i.depthwise != 0 ? array.rows : array.columns,
                     weight_lanes = array.rows * (i.depthwise != 0 ? 1 : array.columns);
  meter.add(Distance::mac_activation, operand_distance(i, static_cast<std::size_t>(array.rows), map, meter), follow,
            8 * operand_lanes);
  const std::int64_t weights =
      meter.weights(buffers.constant_changes(), [&] { return weight_distance_of(i, array, buffers); });
  meter.add(Distance::mac_weight, weights, follow, 8 * weight_lanes);
  add_accumulator_distances(i, array.rows, buffers, Distance::mac_accumulator, meter);
}

}  // namespace blendsim
