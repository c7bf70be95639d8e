// SPDX-License-Identifier: Apache-2.0
#include "units/pool_unit/unit.h"

#include <algorithm>

#include "units/convolution.h"
#include "units/pipeline.h"
#include "units/pool_unit/execute.h"
#include "units/pool_unit/law.h"

namespace blendsim::units {
namespace {

// Different numbers of taps inside the map along one axis; the divisor must divide by every product.
std::vector<std::int64_t> tap_counts(std::int64_t first, std::int64_t count, std::int64_t stride, std::int64_t kernel,
                                     std::int64_t dilation, std::int64_t pad, std::int64_t size) {
  std::vector<std::int64_t> counts;
  for (std::int64_t position = first; position < first + count; ++position) {
    std::int64_t inside = 0;
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t at = position * stride - pad + k * dilation;
      inside += at >= 0 && at < size ? 1 : 0;
    }
    counts.push_back(inside);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

}  // namespace

Cycles PoolUnit::occupancy(const PoolInstruction& i, const MachineParameters& machine) {
  return blendsim::occupancy(i, machine.pool_unit);
}

std::int64_t PoolUnit::least_depth(const MachineParameters& machine) {
  return blendsim::least_depth(machine.pool_unit, std::max(machine.buffer(BufferId::act_binary).latency,
                                                           machine.buffer(BufferId::act_fixed).latency));
}

std::string PoolUnit::stages(const MachineParameters&) {
  return "first addresses, buffer read, zero point, maximum or sum, multiply, write";
}

void PoolUnit::add_accesses(const PoolInstruction& i, const MachineParameters&, Accesses& accesses) {
  const Rows in = rows_read(i);
  if (i.binary != 0) {
    accesses.binary(false, i.source, i.in_width, i.in_slices, in, i.in_first, i.slices);
    accesses.binary(true, i.destination, i.out_width, i.out_slices, {i.out_row, std::int64_t{i.out_row} + i.rows},
                    i.out_first, i.slices);
    return;
  }
  const std::int64_t in_bytes = std::int64_t{1} << i.in_bytes_log2, out_bytes = std::int64_t{1} << i.out_bytes_log2;
  accesses.fixed(BufferId::act_fixed, false, i.source, i.in_width, i.in_slices * in_bytes, in, 0, i.slices * in_bytes,
                 columns_left_out(i));
  accesses.fixed(BufferId::act_fixed, true, i.destination, i.out_width, i.out_slices * out_bytes, {0, i.rows}, 0,
                 i.slices * out_bytes);
}

// A fixed tap reads its words; a binary step reads a 3x3 window of a cell (dilated: one tap of it).
void PoolUnit::add_actions(const PoolInstruction& i, const MachineParameters& machine, ActionSums& actions) {
  actions.add(Action::pool_start, 1);
  const std::int64_t m = machine.xnor_array.cell_slices(), taps = std::int64_t{i.kernel_h} * i.kernel_w;
  const std::int64_t cells = std::int64_t{i.rows} * i.out_width * i.slices;
  if (i.binary != 0) {
    const bool dilated = i.dilation_h != 1 || i.dilation_w != 1;
    const std::int64_t read =
        dilated ? taps : ceil_divide(i.kernel_h, 3) * ceil_divide(i.kernel_w, 3) * cells_per_operand;
    actions.add(Action::pool_element, cells * taps * m * slice_channels);
    actions.add(Action::pool_binary, cells * taps * m * slice_channels);
    actions.add(Action::act_binary_read, cells * read * m * slice_channels);
    actions.add(Action::act_binary_write, cells * m * slice_channels);
    return;
  }
  actions.add(Action::pool_element, cells * taps * slice_channels);
  actions.add(i.sum != 0 ? Action::pool_sum : Action::pool_maximum, cells * taps * slice_channels);
  actions.add(Action::act_fixed_read, cells * taps * fixed_word_bits << i.in_bytes_log2);
  actions.add(Action::act_fixed_write, cells * fixed_word_bits << i.out_bytes_log2);
}

void PoolUnit::check(const PoolInstruction& i, const FieldCheck& check) {
  check.window(i);
  check.positive({{"slices", i.slices}, {"in_slices", i.in_slices}, {"out_slices", i.out_slices}});
  check.require(i.in_bytes_log2 <= 2 && i.out_bytes_log2 <= 2, "values have 1, 2 or 4 bytes");
  check.require(i.binary == 0 || i.sum == 0, "packed bits have a maximum only");
  check.require(i.sum != 0 || i.in_bytes_log2 == i.out_bytes_log2, "a maximum is as wide as its input");
  const auto rows = tap_counts(i.out_row, i.rows, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height);
  const auto columns = tap_counts(0, i.out_width, i.stride_w, i.kernel_w, i.dilation_w, i.pad_left, i.in_width);
  check.require(rows.front() > 0 && columns.front() > 0, "a window has no tap inside the map");
  for (const std::int64_t r : rows) {
    for (const std::int64_t c : columns) {
      check.require(i.divisor % (r * c) == 0, "divisor {} is no multiple of the {} taps of a window", i.divisor, r * c);
    }
  }
}

Written PoolUnit::written(const PoolInstruction& i, const MachineParameters& machine) {
  const auto m = static_cast<std::uint32_t>(machine.xnor_array.cell_slices());
  if (i.binary != 0) {
    return {{{BufferId::act_binary, i.destination, i.out_width, i.out_slices, 1, i.out_row, i.rows, i.out_first * m,
              i.slices * m}},
            {}};
  }
  return {{{BufferId::act_fixed, i.destination, i.out_width, i.out_slices, 1U << i.out_bytes_log2, i.out_row, i.rows, 0,
            i.slices}},
          {}};
}

void PoolUnit::execute(const PoolInstruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas&,
                       DistanceMeter* meter) {
  blendsim::execute(i, machine, buffers, meter);
}

}  // namespace blendsim::units
