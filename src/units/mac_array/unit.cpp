// SPDX-License-Identifier: Apache-2.0
#include "units/mac_array/unit.h"

#include "units/convolution.h"
#include "units/mac_array/execute.h"
#include "units/mac_array/law.h"
#include "units/pipeline.h"

namespace blendsim::units {

Cycles MacArray::occupancy(const MacInstruction& i, const MachineParameters& machine) {
  return blendsim::occupancy(i, machine.mac_array);
}

std::int64_t MacArray::least_depth(const MachineParameters& machine) {
  return blendsim::least_depth(machine.mac_array, machine.buffer(BufferId::act_fixed).latency,
                               machine.buffer(BufferId::weights_fixed).latency,
                               machine.buffer(BufferId::parameters).latency);
}

std::string MacArray::stages(const MachineParameters&) {
  return "first addresses, buffer read, choice of lanes, multiply, cascade, adder tree with the accumulator";
}

void MacArray::add_accesses(const MacInstruction& i, const MachineParameters& machine, Accesses& accesses) {
  accesses.fixed(BufferId::act_fixed, false, i.source, i.in_width, i.map_slices, rows_read(i), 0, slices_of(i.channels),
                 columns_left_out(i));
  const std::int64_t columns = i.depthwise != 0 ? 1 : column_groups(i.channels, machine.mac_array.columns);
  accesses.interval(BufferId::weights_fixed, false, i.weights,
                    std::int64_t{i.groups} * i.kernel_h * i.kernel_w * columns);
  accesses.interval(BufferId::parameters, false, i.start, i.groups * border_classes(i));
  accesses.interval(BufferId::accumulators, true, i.destination, accumulator_words(i));
}

void MacArray::add_actions(const MacInstruction& i, const MachineParameters& machine, ActionSums& actions) {
  const Cycles steps = blendsim::occupancy(i, machine.mac_array);
  const std::int64_t rows = machine.mac_array.rows;
  const std::int64_t columns = i.depthwise != 0 ? 1 : machine.mac_array.columns;
  actions.add(Action::mac_start, 1);
  actions.add(Action::mac, steps * rows * columns);
  actions.add(Action::mac_result, accumulator_words(i) * rows);
  actions.add(Action::mac_depthwise, i.depthwise != 0 ? steps * rows : 0);
  actions.add(Action::act_fixed_read, steps * (i.depthwise != 0 ? rows * 8 : fixed_word_bits));
  actions.add(Action::weights_fixed_read, steps * rows * columns * 8);
  actions.add(Action::parameters_read, accumulator_words(i) * rows * accumulator_bits);
  actions.add(Action::accumulators_write, accumulator_words(i) * rows * accumulator_bits);
}

void MacArray::check(const MacInstruction& i, const FieldCheck& check) {
  check.convolution(i, mac_accumulator_region, mac_start_region);
  check.positive({{"channels", i.channels}});
  check.require(
      i.depthwise == 0 || (i.groups - 1) * check.machine.mac_array.rows < slices_of(i.channels) * slice_channels,
      "a depthwise row group has no channel");
}

Written MacArray::written(const MacInstruction& i, const MachineParameters& machine) {
  return written_accumulators(i, mac_accumulator_region, machine.mac_array.rows);
}

void MacArray::execute(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas&,
                       DistanceMeter* meter) {
  blendsim::execute(i, machine, buffers, meter);
}

}  // namespace blendsim::units
