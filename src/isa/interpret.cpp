// SPDX-License-Identifier: Apache-2.0
#include "isa/interpret.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/view_values.h"

namespace blendsim {
namespace {

constexpr std::size_t fixed_word_bytes = 16, stem_pixel_bytes = 4;

// A code of `bits` bits as the integer that `format` means by it.
std::int32_t decode_value(std::uint32_t raw, int bits, const Format& format) {
  if (!format.is_signed() || bits == 32) return static_cast<std::int32_t>(raw);
  const int unused = 32 - bits;
  return static_cast<std::int32_t>(raw << unused) >> unused;
}

std::uint32_t bytes_at(std::span<const std::uint8_t> bytes, std::size_t lane, std::size_t size) {
  std::uint32_t raw = 0;
  for (std::size_t b = 0; b < size; ++b) raw |= static_cast<std::uint32_t>(bytes[lane * size + b]) << (8 * b);
  return raw;
}

std::int32_t binary_value(const TensorView& view, const Buffers& buffers, std::uint32_t c, std::uint32_t y,
                          std::uint32_t x) {
  const BinaryMap map{view.base_of(y), static_cast<std::uint32_t>(view.height), static_cast<std::uint32_t>(view.width),
                      view.slices};
  const auto m = static_cast<std::uint32_t>(buffers.cell_slices());
  const std::uint32_t slice = view.first + c / slice_channels;
  std::uint32_t code = 0;
  for (std::uint32_t plane = 0; plane < view.planes; ++plane) {
    const std::uint16_t bits = buffers.cell(map, x, y, slice / m + plane * view.plane_cells)[slice % m];
    code |= (static_cast<std::uint32_t>(bits) >> (c % slice_channels) & 1) << plane;
  }
  if (view.format.is_bipolar()) return code != 0 ? 1 : -1;
  return decode_value(code, static_cast<int>(view.planes), view.format);
}

std::int32_t fixed_value(const TensorView& view, const Buffers& buffers, std::uint32_t c, std::uint32_t y,
                         std::uint32_t x) {
  const FixedMap map{view.base_of(y), static_cast<std::uint32_t>(view.height), static_cast<std::uint32_t>(view.width),
                     view.slices, view.bytes};
  const auto bytes = buffers.fixed(map.word(x, y, view.first + c / slice_channels), view.bytes);
  return decode_value(bytes_at(bytes, c % slice_channels, view.bytes), static_cast<int>(8 * view.bytes), view.format);
}

std::int32_t dram_value(const TensorView& view, std::span<const std::uint8_t> area, std::uint32_t c, std::uint32_t y,
                        std::uint32_t x) {
  const std::size_t pixel = std::size_t{view.slices} * view.bytes * fixed_word_bytes;
  const std::size_t row = view.plane_cells != 0 ? view.plane_cells : pixel * static_cast<std::size_t>(view.width);
  const std::size_t slice = view.first + c / slice_channels;
  const std::size_t at = view.base + y * row + x * pixel + slice * view.bytes * fixed_word_bytes;
  const std::size_t size = view.bytes * fixed_word_bytes;
  if (at > area.size() || size > area.size() - at) {
    throw InvariantError(fmt::format("view '{}'", view.name),
                         fmt::format("lies outside an area of {} bytes", area.size()));
  }
  return decode_value(bytes_at(area.subspan(at, size), c % slice_channels, view.bytes),
                      static_cast<int>(8 * view.bytes), view.format);
}

std::size_t index_of(const TensorView& view, std::int32_t c, std::int32_t y, std::int32_t x) {
  return (static_cast<std::size_t>(c) * static_cast<std::size_t>(view.height) + static_cast<std::size_t>(y)) *
             static_cast<std::size_t>(view.width) +
         static_cast<std::size_t>(x);
}

template <class Value>
void fill(const TensorView& view, const WrittenPart& part, std::vector<std::int32_t>& values, Value&& value) {
  for (std::int32_t c = part.channel0; c < part.channel1; ++c) {
    for (std::int32_t y = part.row0; y < part.row1; ++y) {
      for (std::int32_t x = 0; x < view.width; ++x) {
        values[index_of(view, c, y, x)] =
            value(static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x));
      }
    }
  }
}

// Four bytes a pixel, one a channel.
void pack_stem(const Program& program, std::span<const std::int32_t> values, std::span<std::uint8_t> area) {
  const TensorView& view = program.input;
  const auto width = static_cast<std::size_t>(view.width);
  for (std::int32_t c = 0; c < view.channels; ++c) {
    for (std::int32_t y = 0; y < view.height; ++y) {
      const auto from = values.subspan(index_of(view, c, y, 0), width);
      const std::size_t row = view.base + static_cast<std::size_t>(y) * program.input_row_bytes;
      if (row > area.size() || width * stem_pixel_bytes > area.size() - row) {
        throw InvariantError("input", fmt::format("row {} leaves an area of {} bytes", y, area.size()));
      }
      std::uint8_t* out = area.data() + row + static_cast<std::size_t>(c);
      for (std::size_t x = 0; x < width; ++x) out[x * stem_pixel_bytes] = static_cast<std::uint8_t>(from[x]);
    }
  }
}

// A map's pixels, slice after slice; `m`: slices a cell of binary ones.
void pack_map(const Program& program, std::size_t m, std::span<const std::int32_t> values,
              std::span<std::uint8_t> area) {
  const TensorView& view = program.input;
  const auto byte_at = [&](std::size_t at) -> std::uint8_t& {
    if (at >= area.size())
      throw InvariantError("input", fmt::format("byte {} leaves an area of {} bytes", at, area.size()));
    return area[at];
  };
  // Byte of channel c in the pixel, for each form (units/transfer/instruction.h).
  for (std::int32_t c = 0; c < view.channels; ++c) {
    const auto channel = static_cast<std::size_t>(c), slice = view.first + channel / slice_channels,
               lane = channel % slice_channels;
    for (std::int32_t y = 0; y < view.height; ++y) {
      for (std::int32_t x = 0; x < view.width; ++x) {
        const auto raw = static_cast<std::uint32_t>(values[index_of(view, c, y, x)]);
        const std::size_t row = view.base + static_cast<std::size_t>(y) * program.input_row_bytes;
        const auto column = static_cast<std::size_t>(x);
        switch (program.input_form) {
          case TransferForm::fixed:
            for (std::size_t b = 0; b < view.bytes; ++b) {
              byte_at(row + ((column * view.slices + slice) * slice_channels + lane) * view.bytes + b) =
                  static_cast<std::uint8_t>(raw >> (8 * b));
            }
            break;
          case TransferForm::binary: {
            const std::uint32_t code = view.format.is_bipolar() ? (static_cast<std::int32_t>(raw) > 0 ? 1U : 0U) : raw;
            for (std::size_t plane = 0; plane < view.planes; ++plane) {
              const std::size_t cell = column * view.slices + slice / m + plane * view.plane_cells;
              std::uint8_t& byte = byte_at(row + 2 * (cell * m + slice % m) + lane / 8);
              byte = static_cast<std::uint8_t>(byte | (code >> plane & 1) << (lane % 8));
            }
            break;
          }
          case TransferForm::stem:
          case TransferForm::linear: throw InvariantError("input", "has no linear form");
        }
      }
    }
  }
}

WrittenPart whole(const TensorView& view) { return {0, 0, view.height, 0, view.channels}; }

}  // namespace

void read_part(const TensorView& view, const Buffers& buffers, const WrittenPart& part,
               std::vector<std::int32_t>& values) {
  const bool binary = view.place == TensorView::Place::act_binary;
  fill(view, part, values, [&](std::uint32_t c, std::uint32_t y, std::uint32_t x) {
    return binary ? binary_value(view, buffers, c, y, x) : fixed_value(view, buffers, c, y, x);
  });
}

std::vector<std::int32_t> read_view(const TensorView& view, const Buffers& buffers,
                                    std::span<const std::uint8_t> output_area) {
  std::vector<std::int32_t> values(index_of(view, view.channels, 0, 0));
  switch (view.place) {
    case TensorView::Place::act_binary:
    case TensorView::Place::act_fixed: read_part(view, buffers, whole(view), values); return values;
    case TensorView::Place::dram:
      fill(view, whole(view), values,
           [&](std::uint32_t c, std::uint32_t y, std::uint32_t x) { return dram_value(view, output_area, c, y, x); });
      return values;
    case TensorView::Place::xnor_accumulators:
    case TensorView::Place::mac_accumulators: break;
  }
  throw InvariantError(fmt::format("view '{}'", view.name),
                       "accumulators hold a tensor's rows one after the other, never all");
}

std::vector<std::uint8_t> pack_input(const Program& program, const MachineParameters& machine,
                                     std::span<const std::int32_t> values) {
  const std::size_t image = index_of(program.input, program.input.channels, 0, 0),
                    images = static_cast<std::size_t>(program.images), bytes = program.input_bytes / images;
  if (values.size() != images * image)
    throw InvariantError("input", fmt::format("{} values for {} views of {}", values.size(), images, image));
  std::vector<std::uint8_t> area(program.input_bytes, 0);
  for (std::size_t i = 0; i < images; ++i) {
    const auto from = values.subspan(i * image, image);
    const auto into = std::span(area).subspan(i * bytes, bytes);
    if (program.input_form == TransferForm::stem) pack_stem(program, from, into);
    else pack_map(program, static_cast<std::size_t>(machine.xnor_array.cell_slices()), from, into);
  }
  return area;
}

std::vector<std::uint8_t> program_area(const Program& program) {
  std::vector<std::uint8_t> area(program.program_bytes, 0);
  for (const DramSegment& segment : program.segments) {
    if (segment.address > area.size() || segment.bytes.size() > area.size() - segment.address) {
      throw InvariantError("program area",
                           fmt::format("a segment at {} leaves its {} bytes", segment.address, area.size()));
    }
    std::copy(segment.bytes.begin(), segment.bytes.end(), area.begin() + static_cast<std::ptrdiff_t>(segment.address));
  }
  return area;
}

Interpretation interpret(const Program& program, const MachineParameters& machine, std::span<const std::int32_t> image,
                         bool capture) {
  Buffers buffers;
  buffers.configure(machine, true);
  const std::vector<std::uint8_t> program_bytes = program_area(program), input = pack_input(program, machine, image);
  std::vector<std::uint8_t> output(program.output_bytes, 0);
  const DramAreas dram{program_bytes, input, output};
  for (const Instruction& i : decode(program.init)) execute(i, machine, buffers, dram);
  ResultCapture collected(program, machine);
  for (const Instruction& i : decode(program.main)) {
    execute(i, machine, buffers, dram);
    if (capture) collected.after(i, buffers);
  }
  Interpretation result;
  for (const TensorView& view : program.outputs) result.outputs.push_back(read_view(view, buffers, output));
  if (capture) result.results = collected.results();
  return result;
}

}  // namespace blendsim
