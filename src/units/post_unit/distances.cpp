// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/distances.h"

#include <algorithm>
#include <cstring>

#include "units/port_words.h"
#include "units/post_unit/law.h"
#include "units/post_unit/operand.h"

namespace blendsim {
namespace {

// The order of a tile's cells: lane groups, that is slices side by side or the parts of one, and in each its pixels.
// What passes a place of those side by side is a sequence of its own.
struct CellOrder {
  std::uint32_t slices, pixels, at_once, parts;
  std::uint32_t lanes;  // of a place
  CellOrder(const PostInstruction& i, const PostUnitParameters& p)
      : slices(i.slices),
        pixels(i.rows * i.width),
        at_once(static_cast<std::uint32_t>(slices_at_once(p))),
        parts(static_cast<std::uint32_t>(slice_parts(p))),
        lanes(slice_channels / parts) {}

  // visit(slice, part) of a place, in their order.
  template <class Visitor>
  void each_slice(std::uint32_t place, Visitor&& visit) const {
    for (std::uint32_t s = place; s < slices; s += at_once) {
      for (std::uint32_t part = 0; part < parts; ++part) visit(s, part);
    }
  }
};

void add_operand(const PostOperand& operand, const CellOrder& order, std::int64_t bits, DistanceMeter& meter) {
  const std::size_t word = order.lanes * sizeof(std::int32_t);
  PostStrip strip;
  for (std::uint32_t place = 0; place < order.at_once; ++place) {
    PortTrace values(word, std::size_t{order.pixels} * order.slices * order.parts, meter);
    order.each_slice(place, [&](std::uint32_t s, std::uint32_t part) {
      for (std::uint32_t pixel = 0; pixel < order.pixels; pixel += strip_pixels) {
        const std::uint32_t count = std::min(strip_pixels, order.pixels - pixel);
        const PostOperand::Values read = operand.read(pixel, count, s, strip);
        if (read.stride == order.lanes) {
          values.append(read.first, count * word);
        } else {
          for (std::uint32_t p = 0; p < count; ++p)
            values.append(read.first + p * read.stride + part * order.lanes, word);
        }
      }
    });
    values.add_to(Distance::post_operand, order.lanes * static_cast<std::size_t>(bits),
                  static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1));
  }
}

// Values of a part of a slice share a word, or have words of their own.
void add_fixed_results(const PostInstruction& i, const CellOrder& order, const Buffers& buffers, DistanceMeter& meter) {
  const std::uint32_t bytes = 1U << i.fixed_bytes_log2;
  const std::size_t of_part = bytes * port_word_bytes / order.parts, word = std::min(of_part, port_word_bytes);
  const std::uint8_t* map =
      buffers.fixed_bytes(i.fixed, (std::size_t{order.pixels - 1} * i.fixed_slices + order.slices) * bytes);
  const auto at = [&](std::uint32_t pixel, std::uint32_t s) {
    return map + (std::size_t{pixel} * i.fixed_slices + s) * bytes * port_word_bytes;
  };
  for (std::uint32_t place = 0; place < order.at_once; ++place) {
    PortTrace words(word, std::size_t{order.pixels} * order.slices * order.parts * bytes, meter);
    if (order.at_once == 1) {
      order.each_slice(place, [&](std::uint32_t s, std::uint32_t part) {
        for (std::uint32_t p = 0; p < order.pixels; ++p) words.append(at(p, s) + part * of_part, of_part);
      });
    } else {
      for (std::uint32_t first = 0; first < order.slices; first += order.at_once) {
        for (std::uint32_t p = 0; p < order.pixels; ++p) {
          each_port_word(order.at_once, bytes, place, first, order.slices, [&](std::uint32_t s, std::uint32_t n) {
            words.append(at(p, s) + n * port_word_bytes, port_word_bytes);
          });
        }
      }
    }
    words.add_to(Distance::post_result, 8 * word);
  }
}

// A pixel's planes follow one another.
void add_codes(const PostInstruction& i, const CellOrder& order, const Buffers& buffers, DistanceMeter& meter) {
  const auto m = static_cast<std::uint32_t>(buffers.cell_slices());
  const BinaryMap map{i.bits, i.bits_row + i.rows, i.width, i.bits_cells};
  const std::uint16_t* cells = buffers.cells();
  const std::size_t word = sizeof *cells / order.parts;
  for (std::uint32_t place = 0; place < order.at_once; ++place) {
    PortTrace codes(word, std::size_t{order.pixels} * order.slices * order.parts * i.code_bits, meter);
    order.each_slice(place, [&](std::uint32_t s, std::uint32_t part) {
      const std::uint32_t slice = i.bits_slice + s;
      for (std::uint32_t y = i.bits_row; y < i.bits_row + i.rows; ++y) {
        std::uint8_t* row = codes.next(std::size_t{i.width} * i.code_bits * word);
        for (std::uint32_t plane = 0; plane < i.code_bits; ++plane) {
          const Buffers::CellRow in = buffers.cell_row(map, y, slice / m + plane * i.bits_plane_cells);
          for (std::uint32_t x = 0; x < i.width; ++x) {
            const auto code = static_cast<std::uint16_t>(cells[in.at(x) * m + slice % m] >> (part * order.lanes));
            std::memcpy(row + (x * i.code_bits + plane) * word, &code, word);  // little-endian
          }
        }
      }
    });
    codes.add_to(Distance::post_result, 8 * word);
  }
}

}  // namespace

void add_operand_distances(const PostInstruction& i, const MachineParameters& machine, const Buffers& buffers,
                           DistanceMeter& meter) {
  const CellOrder order(i, machine.post_unit);
  const PostOperand a(static_cast<PostSource>(i.a_source), i.a, i.a_stride, i.a_bytes_log2, i.a_signed != 0, machine,
                      buffers);
  const PostOperand b(static_cast<PostSource>(i.b_source), i.b, i.b_stride, i.b_bytes_log2, i.b_signed != 0, machine,
                      buffers);
  add_operand(a, order, machine.post_unit.operand, meter);
  if (b.present()) add_operand(b, order, machine.post_unit.operand, meter);
}

void add_result_distances(const PostInstruction& i, const MachineParameters& machine, const Buffers& buffers,
                          DistanceMeter& meter) {
  const CellOrder order(i, machine.post_unit);
  if (i.write_fixed != 0) add_fixed_results(i, order, buffers, meter);
  if (i.write_bits != 0) add_codes(i, order, buffers, meter);
}

}  // namespace blendsim
