// SPDX-License-Identifier: Apache-2.0
// Every layer's results are written, whole, by the layer's instructions: what a capture collects while they execute.
#include <fmt/format.h>

#include <optional>

#include "isa/interpret.h"
#include "isa/verify_container.h"
#include "isa/verify_internal.h"
#include "isa/written_results.h"

namespace blendsim::verification {
namespace {

// A map's tile is known to be as wide as its view; a tile of accumulators may be anything.
void check_extent(const Stream& stream, std::size_t index, const WrittenPart& part, const Program& program,
                  const MachineParameters& machine) {
  const Instruction& i = stream.instructions[index];
  const std::size_t layer = sync_of(i).layer;
  const TensorView& view = program.layers[layer].results[part.result];
  const std::optional<WrittenAccumulators> accumulators = written(i, machine).accumulators;
  const auto width = accumulators ? accumulators->out_width : static_cast<std::uint32_t>(view.width);
  if (part.row1 <= view.height && width == static_cast<std::uint32_t>(view.width)) return;
  refuse(stream, index,
         fmt::format("writes rows {} to {} of {} columns, but layers[{}].results[{}] has {} rows of {}", part.row0,
                     part.row1 - 1, width, layer, part.result, view.height, view.width));
}

void check_whole(const WrittenResults& results, const Program& program) {
  for (std::size_t l = 0; l < program.layers.size(); ++l) {
    for (std::size_t r = 0; r < program.layers[l].results.size(); ++r) {
      const TensorView& view = program.layers[l].results[r];
      const std::int64_t due = WrittenResults::values_of(view), written = results.values(l, r);
      Field{fmt::format("layers[{}].results[{}]", l, r)}.require(
          written == due, "", "('{}') has {} values, the layer's instructions write {}", view.name, due, written);
    }
  }
}

// Bytes of a pixel of the input in DRAM.
std::uint64_t input_pixel(const Program& program, const MachineParameters& machine) {
  const TensorView& input = program.input;
  switch (program.input_form) {
    case TransferForm::stem: return 4;
    case TransferForm::binary: return 2U * input.slices * static_cast<std::uint64_t>(machine.xnor_array.cell_slices());
    default: return std::uint64_t{input.slices} * input.bytes * slice_channels;
  }
}

// Loads of the input walk it as the host packs it: all of it, or a patch of rows and columns.
void check_input_load(const Stream& main, std::size_t index, const LoadInstruction& load, const Program& program,
                      const MachineParameters& machine) {
  const auto require = [&](bool condition, const char* field) {
    if (!condition) refuse(main, index, fmt::format("{} is not the input's: the host packs it otherwise", field));
  };
  const TensorView& input = program.input;
  const bool stem = program.input_form == TransferForm::stem;
  require(load.form == static_cast<std::uint32_t>(program.input_form), "form");
  const std::uint64_t image = program.input_bytes / static_cast<std::uint64_t>(program.images),
                      pixel = input_pixel(program, machine), row = load.dram_address % image / program.input_row_bytes,
                      byte = load.dram_address % program.input_row_bytes;
  require(byte % pixel == 0 && row + load.runs <= static_cast<std::uint64_t>(input.height), "dram_address");
  require(load.runs == 1 || load.dram_stride == program.input_row_bytes, "dram_stride");
  require(byte + load.run_bytes <= program.input_row_bytes, "run_bytes");
  require(byte / pixel + (stem ? load.in_width : load.width) <= static_cast<std::uint64_t>(input.width),
          stem ? "in_width" : "width");
  require(load.slices == input.slices, "slices");
  require(load.bytes_log2 == (input.bytes == 1 ? 0U : input.bytes == 2 ? 1U : 2U), "bytes_log2");
}

}  // namespace

void check_results(const Stream& main, const Program& program, const MachineParameters& machine) {
  WrittenResults results(program, machine);
  for (std::size_t n = 0; n < main.instructions.size(); ++n) {
    for (const WrittenPart& part : results.next(main.instructions[n])) check_extent(main, n, part, program, machine);
    const auto* load = std::get_if<LoadInstruction>(&main.instructions[n]);
    if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::input))
      check_input_load(main, n, *load, program, machine);
  }
  check_whole(results, program);
}

}  // namespace blendsim::verification
