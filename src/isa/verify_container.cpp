// SPDX-License-Identifier: Apache-2.0
// What must hold of the program's container, field by field, before anything of it is used or allocated: areas and
// segments, instruction addresses, the layer table, every view. verify_host.cpp says the same of the host's steps.
//
// A program file is untrusted input. Every size here is bounded by the machine, by the file's own bytes, or by a limit
// below, so that what is accepted can be laid out, packed, read back and captured without another check.
#include "isa/verify_container.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/verify_internal.h"
#include "units/dram/law.h"
#include "units/field_limits.h"

namespace blendsim::verification {

void Field::refuse(const std::string& member, const std::string& rule) const {
  throw DiagnosticError("program-invalid", Place{{}, 0, member.empty() ? path : path + "." + member}, rule,
                        "compile the network again");
}

void Field::within(const std::string& member, std::int64_t value, std::int64_t lo, std::int64_t hi) const {
  if (value < lo || value > hi) refuse(member, fmt::format("is {}, must be {} to {}", value, lo, hi));
}

namespace {

constexpr std::int64_t most_channels = most_map_slices * slice_channels;
constexpr std::uint64_t most_image_bytes = std::uint64_t{1} << 28;  // of an input or output area
constexpr std::int64_t most_side = std::int64_t{1} << 16;           // rows or columns of a tensor
constexpr std::uint64_t most_gap = 4096;  // that nothing explains: between segments, at the end of an area

class ContainerChecker {
 public:
  ContainerChecker(const Program& program, const MachineParameters& machine)
      : program_(program),
        machine_(machine),
        bus_(static_cast<std::uint64_t>(machine.memory.bus_bytes())),
        cell_slices_(machine.xnor_array.cell_slices()) {}

  void run() const {
    check_sizes();
    check_segments();
    check_words();
    check_buffers();
    const Field layers{"layers"};
    layers.within("size", static_cast<std::int64_t>(program_.layers.size()), 1, most_layers);
    for (std::size_t l = 0; l < program_.layers.size(); ++l) check_layer(l);
    check_images();
    check_input();
    check_outputs();
  }

 private:
  void check_images() const {
    const Field images{"images"};
    images.within("", program_.images, 1, most_layers);
    images.require(program_.layers.size() % static_cast<std::size_t>(program_.images) == 0, "",
                   "is {}, but there are {} layers", program_.images, program_.layers.size());
    images.require(program_.outputs.size() % static_cast<std::size_t>(program_.images) == 0, "",
                   "is {}, but there are {} outputs", program_.images, program_.outputs.size());
  }

  // --- DRAM ----------------------------------------------------------------------------------------------------------

  void check_sizes() const {
    for (const auto& [member, bytes] :
         {std::pair{"program_bytes", program_.program_bytes}, std::pair{"input_bytes", program_.input_bytes},
          std::pair{"output_bytes", program_.output_bytes}}) {
      const Field field{member};
      field.require(bytes % bus_ == 0, "", "is {}, no whole bus words of {} bytes", bytes, bus_);
      field.require(bytes <= static_cast<std::uint64_t>(machine_.memory.capacity), "",
                    "is {}, more than memory.capacity, {}", bytes, machine_.memory.capacity);
    }
    for (const auto& [member, bytes] :
         {std::pair{"input_bytes", program_.input_bytes}, std::pair{"output_bytes", program_.output_bytes}}) {
      Field{member}.require(bytes > 0 && bytes <= most_image_bytes, "", "is {}, must be 1 to {}", bytes,
                            most_image_bytes);
    }
  }

  // In ascending order, apart, and all of the area but for gaps that alignment leaves: its size is the file's.
  void check_segments() const {
    std::uint64_t end = 0;
    for (std::size_t n = 0; n < program_.segments.size(); ++n) {
      const DramSegment& segment = program_.segments[n];
      const Field field{fmt::format("segments[{}]", n)};
      field.require(segment.address >= end, "address", "is {}, inside the segment before, which ends at {}",
                    segment.address, end);
      field.require(segment.address - end < most_gap, "address",
                    "is {}: the program area has a gap of {} bytes or more behind {}", segment.address, most_gap, end);
      field.require(
          segment.address <= program_.program_bytes && segment.bytes.size() <= program_.program_bytes - segment.address,
          "bytes", "are {} at {}, beyond the program area of {}", segment.bytes.size(), segment.address,
          program_.program_bytes);
      end = segment.address + segment.bytes.size();
    }
    Field{"program_bytes"}.require(program_.program_bytes - end < most_gap, "",
                                   "is {}, but the last segment ends at {}", program_.program_bytes, end);
  }

  // Both streams lie in the program area, whole words from a bus word on; a resident one fits its buffer as well.
  void check_words() const {
    const BufferParameters& buffer = machine_.buffer(BufferId::instructions);
    Field{"main"}.require(
        !program_.resident || static_cast<std::int64_t>(program_.main.size()) <= buffer.regions * buffer.depth, "",
        "has {} resident words, the instructions buffer holds {}", program_.main.size(), buffer.regions * buffer.depth);
    check_address("main_address", program_.main_address, program_.main.size());
    const bool fetched = program_.init.size() > 1;  // one word: END
    check_address("init_address", program_.init_address, fetched ? program_.init.size() : 0);
  }
  void check_address(const char* member, std::uint64_t address, std::size_t words) const {
    const std::uint64_t border = std::max<std::uint64_t>(bus_, sizeof(Word)), area = program_.program_bytes;
    Field{member}.require(address % border == 0, "", "is {}, no multiple of {}", address, border);
    Field{member}.require(address <= area && words * sizeof(Word) <= area - address, "",
                          "is {}, and {} words from there do not lie inside the program area of {} bytes", address,
                          words, area);
  }

  void check_buffers() const {
    const Field field{"peak_bits"};
    field.require(program_.buffers.size() == static_cast<std::size_t>(buffer_count), "", "has {} entries, {} are due",
                  program_.buffers.size(), buffer_count);
    for (std::size_t b = 0; b < program_.buffers.size(); ++b) {
      Field{fmt::format("peak_bits[{}]", b)}.within("", program_.buffers[b].peak_bits, 0,
                                                    machine_.buffers[b].capacity_bits());
    }
  }

  // --- the layer table -----------------------------------------------------------------------------------------------

  void check_layer(std::size_t l) const {
    const ProgramLayer& layer = program_.layers[l];
    const Field field{fmt::format("layers[{}]", l)};
    field.require(!layer.name.empty(), "name", "is empty");
    field.require(!layer.op.empty(), "op", "is empty");
    field.require(std::find(unit_names.begin(), unit_names.end(), layer.unit) != unit_names.end(), "unit",
                  "is '{}', no unit of the machine", layer.unit);
    field.require(layer.macs >= 0, "macs", "is {}, negative", layer.macs);
    for (std::size_t r = 0; r < layer.results.size(); ++r) {
      const TensorView& view = layer.results[r];
      const Field result{fmt::format("{}.results[{}]", field.path, r)};
      check_result(view, result);
      const bool goes_on = r > 0 && layer.results[r - 1].name == view.name;
      const std::int32_t before = goes_on ? layer.results[r - 1].patch : 0;
      result.within("patch", view.patch, before, goes_on ? before + 1 : 0);
    }
  }

  // What every view says of its tensor.
  void check_tensor(const TensorView& view, const Field& field) const {
    field.require(!view.name.empty(), "name", "is empty");
    field.within("channels", view.channels, 1, most_channels);
  }
  // ... of what lies on chip, where instructions name its rows and columns,
  void check_patch(const TensorView& view, const Field& field) const {
    field.within("height", view.height, 1, most_map_side);
    field.within("width", view.width, 1, most_map_side);
    field.within("top", view.top, 0, most_side - view.height);
    field.within("left", view.left, 0, most_side - view.width);
  }
  // ... and of what lies in DRAM.
  void check_whole(const TensorView& view, const Field& field) const {
    field.within("height", view.height, 1, most_side);
    field.within("width", view.width, 1, most_side);
    field.require(view.patch == 0 && view.top == 0 && view.left == 0, "patch",
                  "is {} at {}, {}, but only results have patches", view.patch, view.top, view.left);
  }
  // The view's slices [first, first + its own) are some of the map's.
  void check_slices(const TensorView& view, const Field& field, std::int64_t own, std::int64_t per_unit) const {
    field.within("slices", view.slices, 1, most_map_slices);
    field.within("first", view.first, 0, most_map_slices * per_unit - 1);
    field.require(std::int64_t{view.first} + own <= view.slices * per_unit, "slices",
                  "is {}: a pixel of the map does not hold the view's {} slices from {} on", view.slices, own,
                  view.first);
  }
  // Values of 1, 2 or 4 bytes that hold the format.
  void check_bytes(const TensorView& view, const Field& field) const {
    field.require(view.bytes == 1 || view.bytes == 2 || view.bytes == 4, "bytes", "is {}, must be 1, 2 or 4",
                  view.bytes);
    field.require(view.format.bits() <= 8 * static_cast<int>(view.bytes), "format", "is {}, wider than {} bytes",
                  view.format.name(), view.bytes);
  }
  void check_one_plane(const TensorView& view, const Field& field) const {
    field.require(view.planes == 1, "planes", "is {}, but only packed bits have planes", view.planes);
  }
  void unused(std::uint32_t value, const char* member, const Field& field) const {
    field.require(value == 0, member, "is {}, must be 0 here", value);
  }

  void check_result(const TensorView& view, const Field& field) const {
    check_tensor(view, field);
    check_patch(view, field);
    switch (view.place) {
      case TensorView::Place::act_fixed: return check_fixed(view, field);
      case TensorView::Place::act_binary: return check_binary(view, field);
      case TensorView::Place::xnor_accumulators:
      case TensorView::Place::mac_accumulators: return check_accumulators(view, field);
      case TensorView::Place::dram: break;
    }
    field.refuse("place", "is dram: a layer's results are read back on chip");
  }

  // No map, nor a band of one, crosses a region.
  void check_region(const Field& field, BufferId id, std::int64_t first, std::int64_t size) const {
    const BufferParameters& buffer = machine_.buffer(id);
    const std::int64_t last = first + size - 1;
    field.require(last < buffer.regions * buffer.depth && first / buffer.depth == last / buffer.depth, "base",
                  "is {}: the map's {} words leave a region of {} ({} words; there are {})", first, size, name(id),
                  buffer.depth, buffer.regions);
  }
  void check_fixed(const TensorView& view, const Field& field) const {
    check_bytes(view, field);
    check_slices(view, field, slices_of(view.channels), 1);
    check_one_plane(view, field);
    unused(view.plane_cells, "plane_cells", field);
    const std::int64_t row_words = std::int64_t{view.width} * view.slices * view.bytes;
    for_bands(view, field, fixed_map_addresses, [&](std::uint32_t base, std::int64_t row, std::int64_t rows) {
      check_region(field, BufferId::act_fixed, (base + row * row_words) % fixed_map_addresses, rows * row_words);
    });
  }
  // Cells a pixel: each plane's, plane_cells apart.
  void check_planes(const TensorView& view, const Field& field) const {
    field.require(view.bytes == 1, "bytes", "is {}, but packed bits have none", view.bytes);
    field.within("planes", view.planes, 1, most_planes);
    field.require(view.format.bits() <= static_cast<int>(view.planes), "format", "is {}, wider than {} planes",
                  view.format.name(), view.planes);
    check_slices(view, field, slices_of(view.channels), cell_slices_);
    const std::int64_t cells = ceil_divide(std::int64_t{view.first} + slices_of(view.channels), cell_slices_);
    field.within("plane_cells", view.plane_cells, view.planes == 1 ? 0 : cells, most_map_slices);
    field.require(cells + std::int64_t{view.planes - 1} * view.plane_cells <= view.slices, "plane_cells",
                  "is {}: {} planes do not fit {} cells a pixel", view.plane_cells, view.planes, view.slices);
  }
  void check_binary(const TensorView& view, const Field& field) const {
    check_planes(view, field);
    const std::int64_t block_row = ceil_divide(view.width, 4) * view.slices;
    for_bands(view, field, binary_map_addresses, [&](std::uint32_t base, std::int64_t row, std::int64_t rows) {
      const std::int64_t first = row / 4, count = (row + rows - 1) / 4 + 1 - first;
      check_region(field, BufferId::act_binary, (base + first * block_row) % binary_map_addresses, count * block_row);
    });
  }
  // Visits the rows that lie together: the base of a map of which they are a part, the first, and how many.
  template <class Visit>
  void for_bands(const TensorView& view, const Field& field, std::uint32_t addresses, Visit&& visit) const {
    if (!view.in_bands()) {
      field.require(view.band_rows == 0, "band_rows", "is {}, but there are no bands", view.band_rows);
      return visit(view.base, 0, view.height);
    }
    unused(view.base, "base", field);
    field.within("band_rows", view.band_rows, 1, view.height);
    const std::int64_t count = ceil_divide(view.height, view.band_rows);
    field.require(static_cast<std::int64_t>(view.bands.size()) == count, "bands",
                  "has {} bands, {} rows in {}s make {}", view.bands.size(), view.height, view.band_rows, count);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t row = k * view.band_rows;
      const std::uint32_t base = view.bands[static_cast<std::size_t>(k)];
      field.require(base < addresses, "bands", "has base {}, instructions address {} words", base, addresses);
      visit(base, row, std::min<std::int64_t>(view.band_rows, view.height - row));
    }
  }
  static void no_bands(const TensorView& view, const Field& field) {
    field.require(!view.in_bands() && view.band_rows == 0, "bands", "are there, but only a map on chip has bands");
  }
  void check_accumulators(const TensorView& view, const Field& field) const {
    field.require(view.format == Format::signed_bits(32), "format", "is {}, but accumulators are INT32",
                  view.format.name());
    field.require(view.bytes == 4, "bytes", "is {}, but accumulators have 4", view.bytes);
    check_one_plane(view, field);
    unused(view.base, "base", field);
    no_bands(view, field);
    unused(view.slices, "slices", field);
    unused(view.first, "first", field);
    unused(view.plane_cells, "plane_cells", field);
  }

  // --- input and outputs ---------------------------------------------------------------------------------------------

  void check_input() const {
    const TensorView& view = program_.input;
    const Field field{"input"};
    check_tensor(view, field);
    check_whole(view, field);
    field.require(view.place == TensorView::Place::dram, "place", "must be dram");
    no_bands(view, field);
    unused(view.base, "base", field);
    std::int64_t pixel = 0;  // bytes
    switch (program_.input_form) {
      case TransferForm::fixed:
        check_bytes(view, field);
        check_slices(view, field, slices_of(view.channels), 1);
        check_one_plane(view, field);
        unused(view.plane_cells, "plane_cells", field);
        pixel = std::int64_t{view.slices} * view.bytes * slice_channels;
        break;
      case TransferForm::binary:
        check_planes(view, field);
        pixel = 2 * view.slices * cell_slices_;
        break;
      case TransferForm::stem:
        field.within("channels", view.channels, 1, 4);
        field.require(view.bytes == 1, "bytes", "is {}, but the stem form has 1", view.bytes);
        check_bytes(view, field);
        field.require(view.slices == 1, "slices", "is {}, but the stem form has 1", view.slices);
        unused(view.first, "first", field);
        check_one_plane(view, field);
        unused(view.plane_cells, "plane_cells", field);
        pixel = 4;
        break;
      case TransferForm::linear: Field{"input_form"}.refuse("", "is linear, but an input is a map");
    }
    const Field row{"input_row_bytes"};
    row.require(program_.input_row_bytes % bus_ == 0, "", "is {}, no whole bus words of {} bytes",
                program_.input_row_bytes, bus_);
    row.within("", program_.input_row_bytes, pixel * view.width, most_run_bytes);
    Field{"input_bytes"}.require(program_.input_bytes == std::uint64_t{program_.input_row_bytes} *
                                                             static_cast<std::uint64_t>(view.height) *
                                                             static_cast<std::uint64_t>(program_.images),
                                 "", "is {}, but {} rows of {} bytes are due for each of {} images",
                                 program_.input_bytes, view.height, program_.input_row_bytes, program_.images);
  }

  void check_outputs() const {
    const Field table{"outputs"};
    table.require(!program_.outputs.empty(), "", "is empty");
    std::uint64_t end = 0;  // of the outputs so far; their bytes are apart, as one store a byte proves
    for (std::size_t o = 0; o < program_.outputs.size(); ++o)
      end = std::max(end, check_output(program_.outputs[o], Field{fmt::format("outputs[{}]", o)}));
    const std::uint64_t scratch = program_.scratch_bytes;
    Field{"scratch_bytes"}.require(scratch % bus_ == 0, "", "is {}, no whole bus words of {} bytes", scratch, bus_);
    Field{"scratch_bytes"}.require(scratch <= program_.output_bytes - end, "",
                                   "is {}, but the output area has {} bytes behind its outputs", scratch,
                                   program_.output_bytes - end);
    Field{"output_bytes"}.require(program_.output_bytes - scratch - end < most_gap, "",
                                  "is {}, but the outputs end at {} and {} bytes are scratch", program_.output_bytes,
                                  end, scratch);
  }
  // Returns where it ends.
  [[nodiscard]] std::uint64_t check_output(const TensorView& view, const Field& field) const {
    check_tensor(view, field);
    check_whole(view, field);
    field.require(view.place == TensorView::Place::dram, "place", "must be dram");
    no_bands(view, field);
    check_bytes(view, field);
    check_slices(view, field, slices_of(view.channels), 1);
    check_one_plane(view, field);
    const std::uint64_t values =
        std::uint64_t{view.slices} * view.bytes * slice_channels * static_cast<std::uint64_t>(view.width);
    if (view.plane_cells != 0) {
      field.require(view.plane_cells >= values && view.plane_cells <= most_run_bytes, "plane_cells",
                    "is {}, must be 0 or a row's {} bytes to {}", view.plane_cells, values, most_run_bytes);
    }
    const std::uint64_t row = view.plane_cells != 0 ? view.plane_cells : values;
    const std::uint64_t end = view.base + (static_cast<std::uint64_t>(view.height) - 1) * row + values;
    field.require(end <= program_.output_bytes, "base", "is {}: the output ends at {}, outside the output area of {}",
                  view.base, end, program_.output_bytes);
    return end;
  }

  const Program& program_;
  const MachineParameters& machine_;
  std::uint64_t bus_;
  std::int64_t cell_slices_;
};

}  // namespace

void check_container(const Program& program, const MachineParameters& machine) {
  ContainerChecker(program, machine).run();
  check_host(program);
}

}  // namespace blendsim::verification
