// SPDX-License-Identifier: Apache-2.0
#include "units/transfer/unit.h"

#include "base/diagnostic.h"
#include "units/convolution.h"
#include "units/transfer/execute.h"
#include "units/transfer/law.h"

namespace blendsim::units {
namespace {

// Buffer words in one run of the linear form; each takes a whole number of bus words in DRAM.
std::int64_t linear_words(const TransferInstruction& i, const MachineParameters& machine) {
  const std::int64_t bus = machine.memory.bus_bytes();
  const std::int64_t bytes = ceil_divide(machine.buffer(static_cast<BufferId>(i.buffer)).width, 8);
  return i.run_bytes / (ceil_divide(bytes, bus) * bus);
}

void add_transfer(const TransferInstruction& i, bool write, const MachineParameters& machine, Accesses& accesses) {
  if (i.buffer >= static_cast<std::uint32_t>(buffer_count)) {
    accesses.invalid(BufferId::instructions, fmt::format("{} is no buffer; the last one is", i.buffer));
  }
  const auto buffer = static_cast<BufferId>(i.buffer);
  const Rows rows{i.row, std::int64_t{i.row} + i.runs};
  switch (static_cast<TransferForm>(i.form)) {
    case TransferForm::linear:
      accesses.interval(buffer, write, i.buffer_address, linear_words(i, machine) * i.runs);
      break;
    case TransferForm::fixed: {
      const std::int64_t bytes = std::int64_t{1} << i.bytes_log2;
      accesses.fixed(buffer, write, i.buffer_address, i.width, i.map_slices * bytes, rows, 0, i.slices * bytes);
      break;
    }
    case TransferForm::binary:
      accesses.binary(write, i.buffer_address, i.width, i.map_slices, rows, i.first, i.slices);
      break;
    case TransferForm::stem: accesses.fixed(buffer, write, i.buffer_address, i.width, 1, rows, 0, 1); break;
  }
}

Action write_action(BufferId buffer) {
  switch (buffer) {
    case BufferId::act_binary: return Action::act_binary_write;
    case BufferId::act_fixed: return Action::act_fixed_write;
    case BufferId::weights_binary: return Action::weights_binary_write;
    case BufferId::weights_fixed: return Action::weights_fixed_write;
    case BufferId::accumulators: return Action::accumulators_write;
    case BufferId::parameters: return Action::parameters_write;
    case BufferId::instructions: break;
  }
  return Action::instructions_write;
}

void add_transfer(const TransferInstruction& i, bool load, const MachineParameters& machine, ActionSums& actions) {
  const std::int64_t elements = std::int64_t{i.runs} * i.width * i.slices;
  actions.add(load ? Action::load_start : Action::store_start, 1);
  actions.add(load ? Action::load_byte : Action::store_byte, std::int64_t{i.runs} * i.run_bytes);
  switch (static_cast<TransferForm>(i.form)) {
    case TransferForm::linear: {
      const auto buffer = static_cast<BufferId>(i.buffer);
      if (load) actions.add(write_action(buffer), linear_words(i, machine) * i.runs * machine.buffer(buffer).width);
      return;
    }
    case TransferForm::fixed:
      actions.add(load ? Action::act_fixed_write : Action::act_fixed_read, elements * fixed_word_bits << i.bytes_log2);
      return;
    case TransferForm::binary:
      actions.add(load ? Action::act_binary_write : Action::act_binary_read,
                  elements * machine.xnor_array.cell_slices() * slice_channels);
      return;
    case TransferForm::stem:
      actions.add(Action::act_fixed_write, std::int64_t{i.runs} * i.width * fixed_word_bits);
      return;
  }
}

std::span<const std::uint8_t> area_of(const LoadInstruction& i, const DramAreas& dram) {
  switch (static_cast<DramBase>(i.dram_base)) {
    case DramBase::program: return dram.program;
    case DramBase::input: return dram.input;
    case DramBase::output: return dram.output;
  }
  throw InvariantError("load", fmt::format("{} is no DRAM base", i.dram_base));
}

void check_transfer(const TransferInstruction& i, const FieldCheck& check) {
  check.require(i.dram_base <= static_cast<std::uint32_t>(DramBase::output), "dram_base is 0, 1 or 2");
  check.require(i.buffer < static_cast<std::uint32_t>(buffer_count), "there is no such buffer");
  check.positive({{"runs", i.runs}, {"run_bytes", i.run_bytes}});
  const auto bus = static_cast<std::uint64_t>(check.machine.memory.bus_bytes());
  check.require(i.dram_address % bus == 0 && i.run_bytes % bus == 0 && (i.runs == 1 || i.dram_stride % bus == 0),
                "runs start and end on bus words");
  const std::uint64_t end = i.dram_address + std::uint64_t{i.runs - 1} * i.dram_stride + i.run_bytes;
  check.require(end <= check.area_bytes[i.dram_base], "DRAM bytes up to {} leave an area of {}", end,
                check.area_bytes[i.dram_base]);
  const auto form = static_cast<TransferForm>(i.form);
  if (form == TransferForm::linear) return;
  check.positive({{"width", i.width}, {"height", i.height}});
  check.require(i.row + i.runs <= i.height, "rows leave the map");
  if (form == TransferForm::stem) return;
  check.positive({{"map_slices", i.map_slices}, {"slices", i.slices}});
  check.require(i.bytes_log2 <= 2, "bytes_log2 is 0, 1 or 2");
  const bool fixed = form == TransferForm::fixed;
  check.require(i.buffer == static_cast<std::uint32_t>(fixed ? BufferId::act_fixed : BufferId::act_binary),
                "the form does not fit the buffer");
  const std::uint64_t element = fixed ? std::uint64_t{16} << i.bytes_log2
                                      : 2 * static_cast<std::uint64_t>(check.machine.xnor_array.cell_slices());
  check.require(i.run_bytes >= element * i.width * i.slices, "a run is shorter than a row");
}

}  // namespace

void Load::add_accesses(const LoadInstruction& i, const MachineParameters& machine, Accesses& accesses) {
  add_transfer(i, true, machine, accesses);
}

void Load::add_actions(const LoadInstruction& i, const MachineParameters& machine, ActionSums& actions) {
  add_transfer(i, true, machine, actions);
}

void Load::check(const LoadInstruction& i, const FieldCheck& check) {
  check_transfer(i, check);
  const auto form = static_cast<TransferForm>(i.form);
  const auto buffer = static_cast<BufferId>(i.buffer);
  check.require(!check.in_init || i.dram_base != static_cast<std::uint32_t>(DramBase::output),
                "init must not read the output area: no image has stored anything yet");
  if (form == TransferForm::linear) {
    check.require(buffer != BufferId::act_binary && buffer != BufferId::accumulators,
                  "the linear form does not fill this buffer");
    check.require(buffer != BufferId::instructions || check.in_init, "main must not overwrite the instructions");
    const std::int64_t bus = check.machine.memory.bus_bytes(),
                       width = ceil_divide(check.machine.buffer(buffer).width, 8);
    check.require(i.run_bytes >= ceil_divide(width, bus) * bus, "a run holds no whole word of the buffer");
  }
  if (form == TransferForm::stem) {
    check.positive({{"in_width", i.in_width}});
    check.require(buffer == BufferId::act_fixed, "the stem form fills act_fixed");
    check.require(i.run_bytes >= i.in_width * 4, "a run is shorter than a row");
    check.require(
        stem_slots(i) >= 4 && stem_slots(i) >= i.width && stem_slots(i) > i.pad_left,
        "a stem's run must hold a pixel for each of the row's {} words, 4 at least and more than pad_left, but {} "
        "bytes are {} pixels",
        i.width, i.run_bytes, stem_slots(i));
  }
}

// What comes back from the output area is no result of the layer that reads it: another has written it before.
Written Load::written(const LoadInstruction& i, const MachineParameters& machine) {
  if (i.dram_base == static_cast<std::uint32_t>(DramBase::output)) return {};
  const auto m = static_cast<std::uint32_t>(machine.xnor_array.cell_slices());
  if (i.form == static_cast<std::uint32_t>(TransferForm::binary)) {
    return {
        {{BufferId::act_binary, i.buffer_address, i.width, i.map_slices, 1, i.row, i.runs, i.first * m, i.slices * m}},
        {}};
  }
  if (i.form != static_cast<std::uint32_t>(TransferForm::fixed)) return {};
  const std::uint32_t bytes = 1U << i.bytes_log2;
  const std::uint32_t first = FixedMap{i.buffer_address, i.height, i.width, i.map_slices, bytes}.word(0, i.row, 0);
  return {{{BufferId::act_fixed, first, i.width, i.map_slices, bytes, i.row, i.runs, 0, i.slices}}, {}};
}

void Load::execute(const LoadInstruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram,
                   DistanceMeter* meter) {
  const auto area = area_of(i, dram);
  execute_load(i, machine, area, buffers);
  if (meter != nullptr) add_run_distances(i, machine, area, Distance::load_data, *meter);
}

void Store::add_accesses(const StoreInstruction& i, const MachineParameters& machine, Accesses& accesses) {
  add_transfer(i, false, machine, accesses);
}

void Store::add_actions(const StoreInstruction& i, const MachineParameters& machine, ActionSums& actions) {
  add_transfer(i, false, machine, actions);
}

void Store::check(const StoreInstruction& i, const FieldCheck& check) {
  check_transfer(i, check);
  check.require(i.dram_base == static_cast<std::uint32_t>(DramBase::output), "store writes the output area only");
  check.require(i.form == static_cast<std::uint32_t>(TransferForm::fixed) ||
                    i.form == static_cast<std::uint32_t>(TransferForm::binary),
                "store moves maps only");
}

Written Store::written(const StoreInstruction&, const MachineParameters&) { return {}; }

void Store::execute(const StoreInstruction& i, const MachineParameters& machine, Buffers& buffers,
                    const DramAreas& dram, DistanceMeter* meter) {
  if (static_cast<DramBase>(i.dram_base) != DramBase::output)
    throw InvariantError("store", "writes the output area only");
  execute_store(i, machine, buffers, dram.output);
  if (meter != nullptr) add_run_distances(i, machine, dram.output, Distance::store_data, *meter);
}

}  // namespace blendsim::units
