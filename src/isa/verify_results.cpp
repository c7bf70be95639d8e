// SPDX-License-Identifier: Apache-2.0
// Every layer's results are written, whole, by the layer's instructions: what a capture collects while they execute.
#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>

#include "isa/interpret.h"
#include "isa/verify_container.h"
#include "isa/verify_internal.h"

namespace blendsim::verification {
namespace {

// The values that a capture would collect, counted as ResultCapture does.
class Results {
 public:
  Results(const Program& program, const MachineParameters& machine)
      : program_(program), machine_(machine), next_group_(program.layers.size()) {
    for (const ProgramLayer& layer : program.layers) written_.emplace_back(layer.results.size(), 0);
  }

  void add(const Stream& stream, std::size_t index) {
    const Instruction& i = stream.instructions[index];
    const std::size_t l = sync_of(i).layer;
    const ProgramLayer& layer = program_.layers[l];
    std::uint32_t first_group = 0;
    const std::optional<WrittenAccumulators> accumulators = written(i, machine_).accumulators;
    if (accumulators) first_group = take_groups(*accumulators, l);
    for (const WrittenPart& part : written_parts(i, layer, machine_, first_group)) {
      const TensorView& view = layer.results[part.result];
      // A map's tile is known to be as wide as its view.
      const auto width = accumulators ? accumulators->out_width : static_cast<std::uint32_t>(view.width);
      if (part.row1 > view.height || width != static_cast<std::uint32_t>(view.width)) {
        refuse(stream, index,
               fmt::format("writes rows {} to {} of {} columns, but layers[{}].results[{}] has {} rows of {}",
                           part.row0, part.row1 - 1, width, l, part.result, view.height, view.width));
      }
      written_[l][part.result] += std::int64_t{part.row1 - part.row0} * (part.channel1 - part.channel0) * view.width;
    }
  }

  void check_whole() const {
    for (std::size_t l = 0; l < written_.size(); ++l) {
      for (std::size_t r = 0; r < written_[l].size(); ++r) {
        const TensorView& view = program_.layers[l].results[r];
        const std::int64_t due = std::int64_t{view.channels} * view.height * view.width;
        Field{fmt::format("layers[{}].results[{}]", l, r)}.require(
            written_[l][r] == due, "", "('{}') has {} values, the layer's instructions write {}", view.name, due,
            written_[l][r]);
      }
    }
  }

 private:
  // Instructions that compute the same rows take row groups in program order.
  std::uint32_t take_groups(const WrittenAccumulators& i, std::size_t layer) {
    auto& next = next_group_[layer][i.region];
    const std::uint32_t first = next[i.out_row];
    for (std::uint32_t row = i.out_row; row < i.out_row + i.rows; ++row) next[row] = first + i.groups;
    return first;
  }

  const Program& program_;
  const MachineParameters& machine_;
  std::vector<std::vector<std::int64_t>> written_;                                 // [layer][result]
  std::vector<std::array<std::map<std::uint32_t, std::uint32_t>, 2>> next_group_;  // [layer][array][row]
};

// Loads of the input walk it as the host packs it.
void check_input_load(const Stream& main, std::size_t index, const LoadInstruction& load, const Program& program) {
  const auto require = [&](bool condition, const char* field) {
    if (!condition) refuse(main, index, fmt::format("{} is not the input's: the host packs it otherwise", field));
  };
  const TensorView& input = program.input;
  const bool stem = program.input_form == TransferForm::stem;
  require(load.form == static_cast<std::uint32_t>(program.input_form), "form");
  require(load.dram_address == std::uint64_t{load.row} * program.input_row_bytes, "dram_address");
  require(load.run_bytes == program.input_row_bytes, "run_bytes");
  require(load.runs == 1 || load.dram_stride == program.input_row_bytes, "dram_stride");
  require(load.height == static_cast<std::uint32_t>(input.height), "height");
  require((stem ? load.in_width : load.width) == static_cast<std::uint32_t>(input.width), stem ? "in_width" : "width");
  require(load.slices == input.slices, "slices");
  require(load.bytes_log2 == (input.bytes == 1 ? 0U : input.bytes == 2 ? 1U : 2U), "bytes_log2");
}

}  // namespace

void check_results(const Stream& main, const Program& program, const MachineParameters& machine) {
  Results results(program, machine);
  for (std::size_t n = 0; n < main.instructions.size(); ++n) {
    results.add(main, n);
    const auto* load = std::get_if<LoadInstruction>(&main.instructions[n]);
    if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::input))
      check_input_load(main, n, *load, program);
  }
  results.check_whole();
}

}  // namespace blendsim::verification
