// SPDX-License-Identifier: Apache-2.0
// What post_unit writes, and when: the words of each cell by its lane group (units/post_unit/law.h).
#include <algorithm>
#include <cstring>

#include "post_unit_stream.h"
#include "units/post_unit/law.h"

namespace blendsim::conformance {
namespace {

class Writes {
 public:
  Writes(const PostInstruction& i, const MachineParameters& machine, Cycles start, const Buffers& after)
      : i_(i),
        p_(machine.post_unit),
        width_(machine.buffer(BufferId::parameters).width),
        start_(start),
        after_(after),
        at_once_(static_cast<std::uint32_t>(slices_at_once(p_))),
        m_(static_cast<std::uint32_t>(machine.xnor_array.cell_slices())) {}

  // Slice `s` of a pixel, where a lane group is one or more: the group's words go out at_once_ a cycle.
  void whole(std::uint32_t pixel, std::uint32_t s) {
    const std::uint32_t group = s / at_once_, bytes = 1U << i_.fixed_bytes_log2;
    for (std::uint32_t b = 0; i_.write_fixed != 0 && b < bytes; ++b) {
      const Cycles cycle = time(group, pixel, (s % at_once_ * bytes + b) / at_once_, bytes);
      writes_.push_back(
          {cycle, Place::act_fixed, fixed_address(pixel, s) + b, fixed(fixed_address(pixel, s) + b, 0, 16)});
    }
    for (std::uint32_t plane = 0; i_.write_bits != 0 && plane < i_.code_bits; ++plane) {
      const Bits bits = bits_of(pixel, s, plane);
      writes_.push_back({time(group, pixel, plane, i_.code_bits), Place::act_binary, bits.address, {bits.value}});
    }
  }

  // Likewise, where it is half of one: of values of one byte it writes 8 of the word's 16, else words of its own.
  void halves(std::uint32_t pixel, std::uint32_t s) {
    const std::uint32_t bytes = 1U << i_.fixed_bytes_log2, words = std::max(1U, bytes / 2);
    for (std::uint32_t half = 0; half < 2; ++half) {
      const std::uint32_t group = 2 * s + half, first = fixed_address(pixel, s) + (bytes == 1 ? 0 : half * words);
      for (std::uint32_t w = 0; i_.write_fixed != 0 && w < words; ++w) {
        for (std::uint32_t part = 0; part < 2; ++part) {
          if (bytes == 1 && part != half) continue;
          writes_.push_back({time(group, pixel, w, words), Place::act_fixed_half, 2 * (first + w) + part,
                             fixed(first + w, 8 * part, 8)});
        }
      }
      for (std::uint32_t plane = 0; i_.write_bits != 0 && plane < i_.code_bits; ++plane) {
        const Bits bits = bits_of(pixel, s, plane);
        writes_.push_back({time(group, pixel, plane, i_.code_bits),
                           Place::act_binary_half,
                           2 * bits.address + half,
                           {bits.value >> 8 * half & 0xFF}});
      }
    }
  }

  std::vector<WordWrite> take() { return std::move(writes_); }

 private:
  struct Bits {
    std::uint32_t address, value;  // of 16 bits
  };

  [[nodiscard]] Cycles time(std::uint32_t group, std::uint32_t pixel, std::uint32_t word, std::uint32_t words) const {
    return start_ + word_time(i_, p_, width_, group, pixel, word, words);
  }
  [[nodiscard]] std::uint32_t fixed_address(std::uint32_t pixel, std::uint32_t s) const {
    return i_.fixed + ((pixel * i_.fixed_slices + s) << i_.fixed_bytes_log2);
  }
  // `count` bytes of a word, from `first` on.
  [[nodiscard]] std::vector<std::uint32_t> fixed(std::uint32_t address, std::size_t first, std::size_t count) const {
    std::vector<std::uint32_t> data(count / sizeof(std::uint32_t));
    std::memcpy(data.data(), after_.fixed(address, 1).data() + first, count);
    return data;
  }
  [[nodiscard]] Bits bits_of(std::uint32_t pixel, std::uint32_t s, std::uint32_t plane) const {
    const BinaryMap map{i_.bits, i_.bits_row + i_.rows, i_.width, i_.bits_cells};
    const std::uint32_t slice = i_.bits_slice + s, x = pixel % i_.width, y = i_.bits_row + pixel / i_.width;
    const std::uint32_t cell = slice / m_ + plane * i_.bits_plane_cells;
    const BinaryMap::Cell at = map.cell(x, y, cell);
    return {(at.address * binary_banks + at.bank) * m_ + slice % m_, after_.cell(map, x, y, cell)[slice % m_]};
  }

  const PostInstruction& i_;
  const PostUnitParameters& p_;
  std::int64_t width_;
  Cycles start_;
  const Buffers& after_;
  std::uint32_t at_once_, m_;
  std::vector<WordWrite> writes_;
};

}  // namespace

std::vector<WordWrite> post_unit_writes(const Executed& executed, const MachineParameters& machine,
                                        const Buffers& after) {
  const auto& i = std::get<PostInstruction>(executed.instruction);
  Writes writes(i, machine, executed.record.start, after);
  for (std::uint32_t pixel = 0; pixel < i.rows * i.width; ++pixel) {
    for (std::uint32_t s = 0; s < i.slices; ++s) {
      if (slice_parts(machine.post_unit) > 1) writes.halves(pixel, s);
      else writes.whole(pixel, s);
    }
  }
  return writes.take();
}

}  // namespace blendsim::conformance
