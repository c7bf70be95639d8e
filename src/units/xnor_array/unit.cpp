// SPDX-License-Identifier: Apache-2.0
#include "units/xnor_array/unit.h"

#include "units/convolution.h"
#include "units/pipeline.h"
#include "units/xnor_array/execute.h"
#include "units/xnor_array/law.h"

namespace blendsim::units {

Cycles XnorArray::occupancy(const XnorInstruction& i, const MachineParameters& machine) {
  return blendsim::occupancy(i, machine.xnor_array);
}

std::int64_t XnorArray::least_depth(const MachineParameters& machine) {
  return blendsim::least_depth(machine.xnor_array, machine.buffer(BufferId::act_binary).latency,
                               machine.buffer(BufferId::weights_binary).latency);
}

std::string XnorArray::stages(const MachineParameters&) {
  return "addresses, buffer read, XNOR, popcount tree, plane weight, accumulate";
}

void XnorArray::add_accesses(const XnorInstruction& i, const MachineParameters&, Accesses& accesses) {
  const Rows rows = rows_read(i);
  for (std::uint32_t plane = 0; plane < i.activation_bits; ++plane) {
    accesses.binary(false, i.source, i.in_width, i.map_cells, rows, std::int64_t{i.first_cell} + plane * i.plane_cells,
                    i.cells);
  }
  accesses.interval(BufferId::weights_binary, false, i.weights,
                    std::int64_t{i.groups} * i.weight_bits * xnor_steps(i).steps);
  accesses.interval(BufferId::parameters, false, i.start, i.groups * border_classes(i));
  accesses.interval(BufferId::accumulators, true, i.destination, accumulator_words(i));
}

// Each step reads an operand of 9 cells and a weight word; each accumulator word takes a start word.
void XnorArray::add_actions(const XnorInstruction& i, const MachineParameters& machine, ActionSums& actions) {
  const XnorArrayParameters& p = machine.xnor_array;
  const Cycles steps = blendsim::occupancy(i, p);
  actions.add(Action::xnor_start, 1);
  actions.add(Action::xnor_word, steps * p.rows * p.words);
  actions.add(Action::xnor_result, accumulator_words(i) * p.rows);
  actions.add(Action::act_binary_read, steps * p.words * dsp_word_bits);
  actions.add(Action::weights_binary_read, steps * p.rows * p.words * dsp_word_bits);
  actions.add(Action::parameters_read, accumulator_words(i) * p.rows * accumulator_bits);
  actions.add(Action::accumulators_write, accumulator_words(i) * p.rows * accumulator_bits);
}

void XnorArray::check(const XnorInstruction& i, const FieldCheck& check) {
  check.convolution(i, xnor_accumulator_region, xnor_start_region);
  check.positive({{"cells", i.cells}, {"activation_bits", i.activation_bits}, {"weight_bits", i.weight_bits}});
  check.require(i.activation_bits <= most_planes && i.weight_bits <= most_planes, "operands have at most {} planes",
                most_planes);
  check.require(i.last_cell_channels < slice_channels * check.machine.xnor_array.cell_slices(),
                "last_cell_channels exceeds a cell");
  check.require(i.activation_bits == 1 || i.plane_cells >= i.cells, "planes overlap");
  const bool windows = xnor_steps(i).windows;
  check.require((i.taps == 0) == windows, "taps is {}: its steps are {}", i.taps, windows ? "windows" : "taps");
  if (i.use_and == 0) {
    check.require(i.weight_bits == 1 && i.weight_signed == 0 && i.activation_signed == 0,
                  "XNOR passes take unsigned planes and bipolar weights; other operands need AND");
  }
}

Written XnorArray::written(const XnorInstruction& i, const MachineParameters& machine) {
  return written_accumulators(i, xnor_accumulator_region, machine.xnor_array.rows);
}

void XnorArray::execute(const XnorInstruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas&,
                        DistanceMeter* meter) {
  blendsim::execute(i, machine, buffers, meter);
}

}  // namespace blendsim::units
