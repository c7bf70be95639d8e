// SPDX-License-Identifier: Apache-2.0
// Closed forms of what an instruction does that costs energy (docs/isa.md, "Actions").
#include "isa/interpret.h"
#include "units/mac_array/law.h"
#include "units/pool_unit/law.h"
#include "units/post_unit/law.h"
#include "units/xnor_array/law.h"

namespace blendsim {
namespace {

constexpr std::int64_t accumulator_bits = 32, fixed_word_bits = 128;

// Counts go to two sums, which most actions of an instruction leave alone.
class Counts {
 public:
  Counts(ActionCounts& first, ActionCounts& second) : first_(first), second_(second) {}
  void add(Action action, std::int64_t count) {
    first_[action] += count;
    second_[action] += count;
  }

 private:
  ActionCounts& first_;
  ActionCounts& second_;
};

struct Count {
  const MachineParameters& p;
  Counts counts;

  // Each step reads an operand of 9 cells and a weight word; each accumulator word takes a start word.
  void operator()(const XnorInstruction& i) {
    const Cycles steps = occupancy(i, p.xnor_array);
    const std::int64_t words = std::int64_t{i.rows} * i.out_width * i.groups, rows = p.xnor_array.rows;
    counts.add(Action::xnor_word, steps * rows * p.xnor_array.words);
    counts.add(Action::act_binary_read, steps * p.xnor_array.words * dsp_word_bits);
    counts.add(Action::weights_binary_read, steps * rows * p.xnor_array.words * dsp_word_bits);
    counts.add(Action::parameters_read, words * rows * accumulator_bits);
    counts.add(Action::accumulators_write, words * rows * accumulator_bits);
  }

  void operator()(const MacInstruction& i) {
    const Cycles steps = occupancy(i, p.mac_array);
    const std::int64_t words = std::int64_t{i.rows} * i.out_width * i.groups, rows = p.mac_array.rows;
    const std::int64_t columns = i.depthwise != 0 ? 1 : p.mac_array.columns;
    counts.add(Action::mac, steps * rows * columns);
    counts.add(Action::act_fixed_read, steps * (i.depthwise != 0 ? rows * 8 : fixed_word_bits));
    counts.add(Action::weights_fixed_read, steps * rows * columns * 8);
    counts.add(Action::parameters_read, words * rows * accumulator_bits);
    counts.add(Action::accumulators_write, words * rows * accumulator_bits);
  }

  void operator()(const PostInstruction& i) {
    const std::int64_t cells = std::int64_t{i.rows} * i.width * i.slices;
    counts.add(Action::post_element, cells * slice_channels);
    source(i.a_source, i.a_bytes_log2, cells);
    source(i.b_source, i.b_bytes_log2, cells);
    if (record_bits(i) > 0) {
      const std::int64_t width = p.buffer(BufferId::parameters).width;
      counts.add(Action::parameters_read, i.slices * record_words(i, width) * width);
    }
    if (i.write_fixed != 0) counts.add(Action::act_fixed_write, cells * fixed_word_bits << i.fixed_bytes_log2);
    if (i.write_bits != 0) counts.add(Action::act_binary_write, cells * slice_channels * i.code_bits);
  }

  // A fixed tap reads its words; a binary step reads a 3x3 window of a cell (dilated: one tap of it).
  void operator()(const PoolInstruction& i) {
    const std::int64_t m = p.xnor_array.cell_slices(), taps = std::int64_t{i.kernel_h} * i.kernel_w;
    const std::int64_t cells = std::int64_t{i.rows} * i.out_width * i.slices;
    if (i.binary != 0) {
      const bool dilated = i.dilation_h != 1 || i.dilation_w != 1;
      const std::int64_t read =
          dilated ? taps : ceil_divide(i.kernel_h, 3) * ceil_divide(i.kernel_w, 3) * cells_per_operand;
      counts.add(Action::pool_element, cells * taps * m * slice_channels);
      counts.add(Action::act_binary_read, cells * read * m * slice_channels);
      counts.add(Action::act_binary_write, cells * m * slice_channels);
      return;
    }
    counts.add(Action::pool_element, cells * taps * slice_channels);
    counts.add(Action::act_fixed_read, cells * taps * fixed_word_bits << i.in_bytes_log2);
    counts.add(Action::act_fixed_write, cells * fixed_word_bits << i.out_bytes_log2);
  }

  void operator()(const LoadInstruction& i) { transfer(i, true); }
  void operator()(const StoreInstruction& i) { transfer(i, false); }

 private:
  void source(std::uint32_t kind, std::uint32_t bytes_log2, std::int64_t cells) {
    switch (static_cast<PostSource>(kind)) {
      case PostSource::none:
        break;
      case PostSource::xnor_accumulators:
      case PostSource::mac_accumulators:
        counts.add(Action::accumulators_read, cells * slice_channels * accumulator_bits);
        break;
      case PostSource::fixed_map:
        counts.add(Action::act_fixed_read, cells * fixed_word_bits << bytes_log2);
        break;
    }
  }

  void transfer(const TransferInstruction& i, bool load) {
    const std::int64_t elements = std::int64_t{i.runs} * i.width * i.slices;
    switch (static_cast<TransferForm>(i.form)) {
      case TransferForm::linear: {
        const BufferParameters& buffer = p.buffer(static_cast<BufferId>(i.buffer));
        const std::int64_t bus = p.memory.bus_bytes();
        const std::int64_t words = i.run_bytes / (ceil_divide(ceil_divide(buffer.width, 8), bus) * bus);
        if (load) counts.add(write_action(static_cast<BufferId>(i.buffer)), words * i.runs * buffer.width);
        return;
      }
      case TransferForm::fixed:
        counts.add(load ? Action::act_fixed_write : Action::act_fixed_read, elements * fixed_word_bits << i.bytes_log2);
        return;
      case TransferForm::binary:
        counts.add(load ? Action::act_binary_write : Action::act_binary_read,
                   elements * p.xnor_array.cell_slices() * slice_channels);
        return;
      case TransferForm::stem:
        counts.add(Action::act_fixed_write, std::int64_t{i.runs} * i.width * fixed_word_bits);
        return;
    }
  }

  static Action write_action(BufferId buffer) {
    switch (buffer) {
      case BufferId::act_binary:
        return Action::act_binary_write;
      case BufferId::act_fixed:
        return Action::act_fixed_write;
      case BufferId::weights_binary:
        return Action::weights_binary_write;
      case BufferId::weights_fixed:
        return Action::weights_fixed_write;
      case BufferId::accumulators:
        return Action::accumulators_write;
      case BufferId::parameters:
        return Action::parameters_write;
      case BufferId::instructions:
        break;
    }
    return Action::instructions_write;
  }
};

}  // namespace

void add_actions(const Instruction& i, const MachineParameters& machine, ActionCounts& to, ActionCounts& and_to) {
  std::visit(Count{machine, {to, and_to}}, i);
}

ActionCounts actions(const Instruction& i, const MachineParameters& machine) {
  ActionCounts counts, same;
  add_actions(i, machine, counts, same);
  return counts;
}

}  // namespace blendsim
