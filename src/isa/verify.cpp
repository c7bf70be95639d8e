// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/verify_internal.h"

namespace blendsim {
namespace verification {

void refuse(const Stream& stream, std::size_t index, const std::string& message, std::string hint) {
  const std::string place =
      fmt::format("{} instruction {} ({})", stream.name, index, name(unit_of(stream.instructions[index])));
  throw DiagnosticError("program-invalid", Place{{}, 0, place}, message, std::move(hint));
}

namespace {

[[noreturn]] void refuse_program(std::string node, std::string message) {
  throw DiagnosticError("program-invalid", Place{{}, 0, std::move(node)}, std::move(message));
}

void check_areas(const Program& program, const MachineParameters& machine) {
  const auto bus = static_cast<std::uint64_t>(machine.memory.bus_bytes());
  for (const auto& [area, bytes] :
       {std::pair{"program", program.program_bytes}, std::pair{"input", program.input_bytes},
        std::pair{"output", program.output_bytes}}) {
    if (bytes % bus != 0)
      refuse_program(fmt::format("{} area", area), fmt::format("{} bytes are no whole bus words of {}", bytes, bus));
  }
  for (const DramSegment& segment : program.segments) {
    if (segment.address > program.program_bytes || segment.bytes.size() > program.program_bytes - segment.address) {
      refuse_program("program area", fmt::format("a segment of {} bytes at {} leaves its {} bytes",
                                                 segment.bytes.size(), segment.address, program.program_bytes));
    }
  }
  const BufferParameters& buffer = machine.buffer(BufferId::instructions);
  if (program.resident && static_cast<std::int64_t>(program.main.size()) > buffer.regions * buffer.depth) {
    refuse_program("instructions", fmt::format("{} resident words exceed the buffer's {}", program.main.size(),
                                               buffer.regions * buffer.depth));
  }
}

void check_views(const Program& program, const MachineParameters& machine) {
  if (program.outputs.size() != program.host_outputs.size())
    refuse_program("outputs", "and host_outputs differ in number");
  if (program.buffers.size() != static_cast<std::size_t>(buffer_count))
    refuse_program("buffers", "one entry a buffer is due");
  const auto check = [&](const TensorView& view, std::string_view table) {
    const auto bad = [&](const std::string& what) { refuse_program(fmt::format("{} '{}'", table, view.name), what); };
    if (view.channels < 1 || view.height < 1 || view.width < 1) bad("has an empty dimension");
    if (view.bytes != 1 && view.bytes != 2 && view.bytes != 4) bad("values have 1, 2 or 4 bytes");
    if (view.planes < 1 || view.planes > 8) bad("codes have 1 to 8 planes");
    const std::int64_t slices = std::int64_t{view.first} + slices_of(view.channels);
    if (view.place == TensorView::Place::act_fixed) {
      const BufferParameters& buffer = machine.buffer(BufferId::act_fixed);
      const std::int64_t words = std::int64_t{view.height} * view.width * view.slices * view.bytes;
      if (slices > view.slices || view.base + words > buffer.regions * buffer.depth) bad("leaves its map or buffer");
    } else if (view.place == TensorView::Place::act_binary) {
      const BufferParameters& buffer = machine.buffer(BufferId::act_binary);
      const BinaryMap map{view.base, static_cast<std::uint32_t>(view.height), static_cast<std::uint32_t>(view.width),
                          view.slices};
      const std::int64_t cells =
          ceil_divide(slices, machine.xnor_array.cell_slices()) + std::int64_t{view.planes - 1} * view.plane_cells;
      if (cells > view.slices || std::int64_t{view.base} + map.size() > buffer.regions * buffer.depth)
        bad("leaves its map or buffer");
    }
  };
  for (const ProgramLayer& layer : program.layers) {
    for (const TensorView& view : layer.results) check(view, fmt::format("layer '{}' result", layer.name));
  }
  check(program.input, "input");
  for (const TensorView& view : program.outputs) {
    check(view, "output");
    const std::uint64_t pixel = std::uint64_t{view.slices} * view.bytes * slice_channels;
    const std::uint64_t row = view.plane_cells != 0 ? view.plane_cells : pixel * static_cast<std::uint64_t>(view.width);
    const auto rows = static_cast<std::uint64_t>(view.height), columns = static_cast<std::uint64_t>(view.width);
    if (view.place != TensorView::Place::dram ||
        view.base + (rows - 1) * row + columns * pixel > program.output_bytes) {
      refuse_program(fmt::format("output '{}'", view.name), "does not lie inside the output area");
    }
  }
}

}  // namespace
}  // namespace verification

void verify(const Program& program, const MachineParameters& machine) {
  const verification::Stream init{"init", decode(program.init)}, main{"main", decode(program.main)};
  verification::check_areas(program, machine);
  verification::check_views(program, machine);
  verification::check_fields(init, program, machine);
  verification::check_fields(main, program, machine);
  verification::check_words(init, program, machine);
  verification::check_order(init, main, machine);
  verification::check_values(init, main, program, machine);
}

}  // namespace blendsim
