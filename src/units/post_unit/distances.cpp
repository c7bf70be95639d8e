// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/distances.h"

#include <algorithm>
#include <array>
#include <bit>
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

// Values of a map are widened first, to 32 bits a lane.
void add_operand(const PostOperand& operand, const CellOrder& order, std::int64_t bits, DistanceMeter& meter) {
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
  std::array<PostStrip, 2> strips;  // the last word of one is compared with the first one of the next
  std::size_t turn = 0;
  for (std::uint32_t place = 0; place < order.at_once; ++place) {
    PortWords words(order.lanes * sizeof(std::int32_t), mask);
    order.each_slice(place, [&](std::uint32_t s, std::uint32_t part) {
      for (std::uint32_t pixel = 0; pixel < order.pixels; pixel += strip_pixels) {
        const std::uint32_t count = std::min(strip_pixels, order.pixels - pixel);
        const PostOperand::Values values = operand.read(pixel, count, s, strips[turn ^= 1]);
        words.run(values.first + part * order.lanes, values.stride * static_cast<std::ptrdiff_t>(sizeof *values.first),
                  count);
      }
    });
    words.add_to(meter, Distance::post_operand, order.lanes * static_cast<std::size_t>(bits));
  }
}

// Values of a part of a slice share a word, or have words of their own.
void add_fixed_results(const PostInstruction& i, const CellOrder& order, const Buffers& buffers, DistanceMeter& meter) {
  const std::uint32_t bytes = 1U << i.fixed_bytes_log2;
  const std::size_t of_part = bytes * port_word_bytes / order.parts, word = std::min(of_part, port_word_bytes);
  const std::size_t step = std::size_t{i.fixed_slices} * bytes * port_word_bytes;  // from pixel to pixel
  const std::uint8_t* map =
      buffers.fixed_bytes(i.fixed, (std::size_t{order.pixels - 1} * i.fixed_slices + order.slices) * bytes);
  const auto at = [&](std::uint32_t pixel, std::uint32_t s) {
    return map + pixel * step + s * bytes * port_word_bytes;
  };
  for (std::uint32_t place = 0; place < order.at_once; ++place) {
    PortWords words(word);
    if (order.at_once == 1) {
      order.each_slice(place, [&](std::uint32_t s, std::uint32_t part) {
        const std::uint8_t* first = at(0, s) + part * of_part;
        if (of_part == word) return words.run(first, static_cast<std::ptrdiff_t>(step), order.pixels);
        for (std::uint32_t p = 0; p < order.pixels; ++p)
          words.run(first + p * step, static_cast<std::ptrdiff_t>(word), of_part / word);
      });
    } else {
      for (std::uint32_t first = 0; first < order.slices; first += order.at_once) {
        for (std::uint32_t p = 0; p < order.pixels; ++p) {
          each_port_word(order.at_once, bytes, place, first, order.slices,
                         [&](std::uint32_t s, std::uint32_t n) { words.run(at(p, s) + n * port_word_bytes, 0, 1); });
        }
      }
    }
    words.add_to(meter, Distance::post_result, 8 * word);
  }
}

// Codes of a row of pixels of a slice, single slices four side by side as they lie in their banks.
void copy_codes(const Buffers& buffers, const Buffers::CellRow& row, std::uint32_t slice, std::uint32_t width,
                std::uint16_t* out) {
  const auto m = static_cast<std::uint32_t>(buffers.cell_slices());
  const std::uint16_t* cells = buffers.cells();
  std::uint32_t x = 0;
  for (; m == 1 && x + 4 <= width; x += 4) {
    std::uint64_t four;
    std::memcpy(&four, cells + row.block(x / 4), sizeof four);
    four = std::rotr(four, static_cast<int>(row.lane) * slice_channels);
    std::memcpy(out + x, &four, sizeof four);
  }
  for (; x < width; ++x) out[x] = cells[row.at(x) * m + slice % m];
}

// A pixel's planes follow one another.
void add_codes(const PostInstruction& i, const CellOrder& order, const Buffers& buffers, DistanceMeter& meter) {
  const auto m = static_cast<std::uint32_t>(buffers.cell_slices());
  const BinaryMap map{i.bits, i.bits_row + i.rows, i.width, i.bits_cells};
  const std::size_t planes = i.code_bits, word = sizeof(std::uint16_t) / order.parts;
  std::array<std::uint16_t, std::size_t{1} << 9> row;  // instruction.h: width has 9 bits
  for (std::uint32_t place = 0; place < order.at_once; ++place) {
    PortTrace codes(word, order.pixels * std::size_t{order.slices} * order.parts * planes, meter);
    order.each_slice(place, [&](std::uint32_t s, std::uint32_t part) {
      const std::uint32_t slice = i.bits_slice + s;
      for (std::uint32_t y = i.bits_row; y < i.bits_row + i.rows; ++y) {
        std::uint8_t* out = codes.next(i.width * planes * word);
        for (std::size_t plane = 0; plane < planes; ++plane) {
          const auto cell = slice / m + static_cast<std::uint32_t>(plane) * i.bits_plane_cells;
          copy_codes(buffers, buffers.cell_row(map, y, cell), slice, i.width, row.data());
          if (planes == 1 && order.parts == 1) {
            std::memcpy(out, row.data(), i.width * word);
            continue;
          }
          for (std::uint32_t x = 0; x < i.width; ++x)
            std::memcpy(out + (x * planes + plane) * word, reinterpret_cast<const char*>(&row[x]) + part, word);
        }
      }
    });
    codes.add_to(Distance::post_result);
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
