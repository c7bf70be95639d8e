// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/unit.h"

#include <algorithm>

#include "base/table.h"
#include "units/convolution.h"
#include "units/pipeline.h"
#include "units/post_unit/execute.h"
#include "units/post_unit/law.h"

namespace blendsim::units {
namespace {

std::int64_t post_operand_latency(const MachineParameters& machine) {
  return std::max(machine.buffer(BufferId::act_fixed).latency, machine.buffer(BufferId::accumulators).latency);
}

struct Operand {
  PostSource source;
  std::uint32_t kind, address, stride, bytes_log2;
  const char* name;
  const char* stride_name;
  bool may_be_one_pixel = false;
};

std::array<Operand, 2> operands(const PostInstruction& i) {
  return {{{static_cast<PostSource>(i.a_source), i.a_source, i.a, i.a_stride, i.a_bytes_log2, "a", "a_stride"},
           {static_cast<PostSource>(i.b_source), i.b_source, i.b, i.b_stride, i.b_bytes_log2, "b", "b_stride", true}}};
}

void add_operand(const PostInstruction& i, const Operand& o, const MachineParameters& machine, Accesses& accesses) {
  const Rows rows{0, i.rows};
  if (o.source == PostSource::none) return;
  if (o.source == PostSource::fixed_map) {
    const std::int64_t bytes = std::int64_t{1} << o.bytes_log2;
    if (o.stride == 0) return accesses.interval(BufferId::act_fixed, false, o.address, i.slices * bytes);
    accesses.fixed(BufferId::act_fixed, false, o.address, i.width, o.stride * bytes, rows, 0, i.slices * bytes);
    return;
  }
  const std::int64_t array_rows =
      o.source == PostSource::xnor_accumulators ? machine.xnor_array.rows : machine.mac_array.rows;
  const std::int64_t groups = ceil_divide(i.slices * std::int64_t{slice_channels}, array_rows);
  if (o.stride == 0) return accesses.interval(BufferId::accumulators, false, o.address, groups);
  accesses.fixed(BufferId::accumulators, false, o.address, i.width, o.stride, rows, 0, groups);
}

// The elements, and those of each step that makes a multiplier, a shifter or comparators work.
void add_steps(const PostInstruction& i, std::int64_t elements, ActionSums& actions) {
  actions.add(Action::post_start, 1);
  actions.add(Action::post_element, elements);
  actions.add(Action::post_q1, elements * i.use_q1);
  actions.add(Action::post_q2, elements * i.use_q2);
  actions.add(Action::post_q3, elements * i.use_q3);
  actions.add(Action::post_activation, i.activation != 0 ? elements : 0);
  actions.add(Action::post_threshold, i.use_thresholds != 0 ? elements * i.levels : 0);
  actions.add(Action::post_table, i.use_table != 0 ? elements : 0);
  actions.add(Action::post_product, elements * i.product);
  actions.add(Action::post_plain, record_bits(i) == 0 && i.use_table == 0 && i.product == 0 ? elements : 0);
}

void check_operand(const Operand& o, const FieldCheck& check) {
  check.require(o.kind <= static_cast<std::uint32_t>(PostSource::fixed_map) && o.bytes_log2 <= 2,
                "operand {} has no such source or width", o.name);
  if (o.source != PostSource::none && !o.may_be_one_pixel) check.positive({{o.stride_name, o.stride}});
  if (o.source == PostSource::xnor_accumulators)
    check.in_region(BufferId::accumulators, o.address, xnor_accumulator_region, o.name);
  if (o.source == PostSource::mac_accumulators)
    check.in_region(BufferId::accumulators, o.address, mac_accumulator_region, o.name);
}

void check_code(const PostInstruction& i, const FieldCheck& check) {
  check.require((i.use_thresholds != 0) == (i.levels > 0), "levels and use_thresholds contradict each other");
  if (i.use_table != 0) {
    check.require(check.machine.post_unit.table != 0, "the unit has no table (post_unit.table is 0)");
    check.require(i.use_thresholds == 0 && i.code_bipolar == 0, "a table alone makes the code");
    check.require(i.write_bits != 0 || i.fixed_is_code != 0, "nobody gets the table's code");
    check.require(i.write_bits == 0 || (i.code_bits >= 1 && i.code_bits <= widest_code),
                  "an n-bit code has 1 to {} planes", widest_code);
  } else if (i.code_bipolar != 0) {
    check.require(i.code_bits == 1 && i.levels <= 1, "a bipolar code has one plane and at most one level");
  } else if (i.write_bits != 0 || i.fixed_is_code != 0) {
    check.require(i.use_thresholds != 0, "an n-bit code needs thresholds");
    check.require(i.code_bits >= 1 && i.code_bits <= widest_code && i.levels < 1U << i.code_bits,
                  "an n-bit code has 1 to {} planes and at most 2^n - 1 levels", widest_code);
  }
  if (i.write_bits != 0) {
    const std::int64_t plane = i.bits_plane_cells * check.machine.xnor_array.cell_slices();
    check.require(i.code_bits == 1 || std::int64_t{i.bits_slice} + i.slices <= plane, "planes overlap");
  }
}

}  // namespace

Cycles PostUnit::occupancy(const PostInstruction& i, const MachineParameters& machine) {
  return blendsim::occupancy(i, machine.post_unit, machine.buffer(BufferId::parameters).width);
}

std::int64_t PostUnit::least_depth(const MachineParameters& machine) {
  const BufferParameters& parameters = machine.buffer(BufferId::parameters);
  return blendsim::least_depth(machine.post_unit, parameters.width, parameters.latency, post_operand_latency(machine));
}

std::string PostUnit::stages(const MachineParameters& machine) {
  const BufferParameters& records = machine.buffer(BufferId::parameters);
  const std::int64_t operand = post_operand_latency(machine);
  return fmt::format(
      "an element waits {} cycles for its record (the longest has {} words of buffers.parameters, {} bit wide), then "
      "passes {} stages",
      record_lead(machine.post_unit, records.width, records.latency, operand), longest_record_words(records.width),
      records.width, operand + post_stages(machine.post_unit) + threshold_steps(machine.post_unit));
}

void PostUnit::add_accesses(const PostInstruction& i, const MachineParameters& machine, Accesses& accesses) {
  for (const Operand& o : operands(i)) add_operand(i, o, machine, accesses);
  const std::int64_t words = parameter_words(i, machine.buffer(BufferId::parameters).width);
  if (words > 0) accesses.interval(BufferId::parameters, false, i.parameters, words);
  if (i.write_fixed != 0) {
    const std::int64_t bytes = std::int64_t{1} << i.fixed_bytes_log2;
    accesses.fixed(BufferId::act_fixed, true, i.fixed, i.width, i.fixed_slices * bytes, {0, i.rows}, 0,
                   i.slices * bytes);
  }
  if (i.write_bits != 0) {
    const std::int64_t m = machine.xnor_array.cell_slices();
    const std::int64_t first = i.bits_slice / m, last = (std::int64_t{i.bits_slice} + i.slices - 1) / m;
    for (std::uint32_t plane = 0; plane < i.code_bits; ++plane) {
      accesses.binary(true, i.bits, i.width, i.bits_cells, {i.bits_row, std::int64_t{i.bits_row} + i.rows},
                      first + std::int64_t{plane} * i.bits_plane_cells, last - first + 1);
    }
  }
}

void PostUnit::add_actions(const PostInstruction& i, const MachineParameters& machine, ActionSums& actions) {
  const std::int64_t cells = std::int64_t{i.rows} * i.width * i.slices;
  add_steps(i, cells * slice_channels, actions);
  for (const Operand& o : operands(i)) {
    if (o.source == PostSource::xnor_accumulators || o.source == PostSource::mac_accumulators)
      actions.add(Action::accumulators_read, cells * slice_channels * accumulator_bits);
    if (o.source == PostSource::fixed_map) {
      actions.add(Action::act_fixed_read, cells * fixed_word_bits * slice_parts(machine.post_unit) *
                                              part_words(o.bytes_log2, machine.post_unit));
    }
  }
  const std::int64_t width = machine.buffer(BufferId::parameters).width;
  const std::int64_t records =
      record_bits(i) > 0 ? i.slices * slice_parts(machine.post_unit) * record_words(i, width) : 0;
  actions.add(Action::parameters_read, (table_cycles(i) + records) * width);
  if (i.write_fixed != 0) actions.add(Action::act_fixed_write, cells * fixed_word_bits << i.fixed_bytes_log2);
  if (i.write_bits != 0) actions.add(Action::act_binary_write, cells * slice_channels * i.code_bits);
}

void PostUnit::check(const PostInstruction& i, const FieldCheck& check) {
  check.positive({{"a_source", i.a_source}, {"rows", i.rows}, {"width", i.width}, {"slices", i.slices}});
  for (const Operand& o : operands(i)) check_operand(o, check);
  check.require(i.b_source != 0 || i.use_q2 == 0, "q2 has no operand");
  check.require(i.activation <= 2, "activation is 0, 1 or 2");
  if (i.product != 0) {
    check.require(check.machine.post_unit.product != 0, "the unit multiplies no operands (post_unit.product is 0)");
    check.require(i.b_source != 0, "a product has no second operand");
    check.require(i.activation == 0, "a product takes the activation's multiplier: there is none beside it");
  }
  check.require(i.rounding <= 2, "rounding is 0, 1 or 2");
  check.require(i.write_fixed != 0 || i.write_bits != 0, "it writes nothing");
  check.require(i.fixed_is_code == 0 || i.write_fixed != 0, "fixed_is_code without write_fixed");
  check.require(i.fixed_bytes_log2 <= 2, "fixed_bytes_log2 is 0, 1 or 2");
  check_code(i, check);
  check.in_region(BufferId::parameters, i.parameters, post_parameter_region, "parameters");
}

Written PostUnit::written(const PostInstruction& i, const MachineParameters&) {
  Written written;
  if (i.write_fixed != 0) {
    written.maps.push_back({BufferId::act_fixed, i.fixed, i.width, i.fixed_slices, 1U << i.fixed_bytes_log2, i.bits_row,
                            i.rows, 0, i.slices});
  }
  if (i.write_bits != 0) {
    written.maps.push_back(
        {BufferId::act_binary, i.bits, i.width, i.bits_cells, 1, i.bits_row, i.rows, i.bits_slice, i.slices});
  }
  return written;
}

void PostUnit::execute(const PostInstruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas&,
                       DistanceMeter* meter) {
  blendsim::execute(i, machine, buffers, meter);
}

}  // namespace blendsim::units
