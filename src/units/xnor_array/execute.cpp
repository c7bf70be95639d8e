// SPDX-License-Identifier: Apache-2.0
#include "units/xnor_array/execute.h"

#include <algorithm>
#include <array>
#include <vector>

#include "units/xnor_array/dot.h"
#include "units/xnor_array/law.h"

namespace blendsim {
namespace {

// Which cells an operand step takes: cell k of 9 is tap (ky, kx), cell c of the view; kx < 0: no cell, forced to 0.
struct OperandCell {
  std::int32_t ky = -1, kx = -1, c = -1;
};
using OperandPlan = std::array<OperandCell, cells_per_operand>;

std::vector<OperandPlan> plan_of(const XnorInstruction& i) {
  const auto kernel_h = static_cast<std::int32_t>(i.kernel_h), kernel_w = static_cast<std::int32_t>(i.kernel_w);
  const auto cells = static_cast<std::int32_t>(i.cells);
  const bool windows = xnor_steps(i).windows;
  const std::int32_t reach = windows ? 3 : 1, cells_at_once = windows ? 1 : cells_per_operand;
  std::vector<OperandPlan> plan;
  for (std::int32_t ky = 0; ky < kernel_h; ky += reach) {
    for (std::int32_t kx = 0; kx < kernel_w; kx += reach) {
      for (std::int32_t c = 0; c < cells; c += cells_at_once) {
        OperandPlan step;
        for (std::int32_t k = 0; k < cells_per_operand; ++k) {
          const OperandCell cell = windows ? OperandCell{ky + k / 3, kx + k % 3, c} : OperandCell{ky, kx, c + k};
          if (cell.ky < kernel_h && cell.kx < kernel_w && cell.c < cells) step[static_cast<std::size_t>(k)] = cell;
        }
        plan.push_back(step);
      }
    }
  }
  return plan;
}

// Gathers the operands of one output pixel and activation plane, one after the other.
class Gather {
 public:
  Gather(const XnorInstruction& i, const Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        map_{i.source, i.in_height, i.in_width, i.map_cells},
        plan_(plan_of(i)),
        m_(buffers.cell_slices()) {
    // Valid bits of each slice of a view's last cell: the channels behind the last one are forced to 0.
    last_masks_.resize(static_cast<std::size_t>(m_));
    const int valid = static_cast<int>(i.last_cell_channels) + 1;
    for (int slice = 0; slice < m_; ++slice) {
      const int bits = std::clamp(valid - slice * slice_channels, 0, slice_channels);
      last_masks_[static_cast<std::size_t>(slice)] = static_cast<std::uint16_t>((1U << bits) - 1);
    }
  }

  [[nodiscard]] std::int64_t steps() const { return static_cast<std::int64_t>(plan_.size()); }

  void pixel(std::uint32_t y, std::uint32_t x, std::uint32_t plane, std::uint64_t* operand) const {
    const int top = static_cast<int>(y * i_.stride_h) - static_cast<int>(i_.pad_top);
    const int left = static_cast<int>(x * i_.stride_w) - static_cast<int>(i_.pad_left);
    const std::uint32_t first = i_.first_cell + plane * i_.plane_cells;
    for (const OperandPlan& step : plan_) {
      std::fill_n(operand, 3 * m_, std::uint64_t{0});
      for (int k = 0; k < cells_per_operand; ++k) {
        const OperandCell& cell = step[static_cast<std::size_t>(k)];
        if (cell.ky < 0) continue;
        const int row = top + cell.ky * static_cast<int>(i_.dilation_h);
        const int column = left + cell.kx * static_cast<int>(i_.dilation_w);
        if (row < 0 || column < 0 || row >= static_cast<int>(i_.in_height) || column >= static_cast<int>(i_.in_width))
          continue;
        place(buffers_.cell(map_, static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(row),
                            first + static_cast<std::uint32_t>(cell.c)),
              k, static_cast<std::uint32_t>(cell.c) + 1 == i_.cells, operand);
      }
      operand += 3 * m_;
    }
  }

 private:
  // Cell k's slices are the 16-bit units k*m .. of the operand; a 48-bit word takes three of them.
  void place(std::span<const std::uint16_t> cell, int k, bool last, std::uint64_t* operand) const {
    for (int slice = 0; slice < m_; ++slice) {
      const auto s = static_cast<std::size_t>(slice);
      const int unit = k * m_ + slice;
      const std::uint64_t bits = last ? cell[s] & last_masks_[s] : cell[s];
      operand[unit / 3] |= bits << (slice_channels * (unit % 3));
    }
  }

  const XnorInstruction& i_;
  const Buffers& buffers_;
  BinaryMap map_;
  std::vector<OperandPlan> plan_;
  int m_;
  std::vector<std::uint16_t> last_masks_;
};

// Power of two and sign of a plane pair (instruction.h).
struct PlaneWeight {
  int shift;
  bool negative;
  static PlaneWeight of(const XnorInstruction& i, std::uint32_t activation, std::uint32_t weight) {
    if (i.use_and == 0) {
      const bool single = i.activation_bits == 1 && i.weight_bits == 1;
      return {single ? 1 : static_cast<int>(activation), false};
    }
    const bool activation_sign = i.activation_signed != 0 && activation + 1 == i.activation_bits;
    const bool weight_sign = i.weight_signed != 0 && weight + 1 == i.weight_bits;
    return {static_cast<int>(activation + weight), activation_sign != weight_sign};
  }
};

}  // namespace

void execute(const XnorInstruction& i, const MachineParameters& machine, Buffers& buffers) {
  const Buffers& read = buffers;
  const int rows = static_cast<int>(machine.xnor_array.rows), words = static_cast<int>(machine.xnor_array.words);
  const Gather gather(i, read);
  const std::int64_t steps = gather.steps(), operand_words = steps * words;
  const BorderClasses vertical{i.class_top, i.class_bottom}, horizontal{i.class_left, i.class_right};
  const std::uint32_t classes = vertical.count() * horizontal.count();
  const auto weights = read.binary_weights(i.weights, static_cast<std::uint32_t>(i.groups * i.weight_bits * steps));
  std::vector<std::uint64_t> operands(static_cast<std::size_t>(i.activation_bits * operand_words));
  std::vector<std::int64_t> counts(static_cast<std::size_t>(rows)), sums(static_cast<std::size_t>(rows));

  for (std::uint32_t row = 0; row < i.rows; ++row) {
    const std::uint32_t y = i.out_row + row, class_y = vertical.index(y, i.out_height);
    for (std::uint32_t x = 0; x < i.out_width; ++x) {
      for (std::uint32_t a = 0; a < i.activation_bits; ++a) gather.pixel(y, x, a, operands.data() + a * operand_words);
      const std::uint32_t border = class_y * horizontal.count() + horizontal.index(x, i.out_width);
      for (std::uint32_t g = 0; g < i.groups; ++g) {
        const auto start = read.start_word(i.start + g * classes + border);
        for (int r = 0; r < rows; ++r) sums[static_cast<std::size_t>(r)] = start[static_cast<std::size_t>(r)];
        for (std::uint32_t a = 0; a < i.activation_bits; ++a) {
          for (std::uint32_t w = 0; w < i.weight_bits; ++w) {
            const std::uint64_t* planes = weights.data() + (g * i.weight_bits + w) * operand_words * rows;
            xnor_dot({operands.data() + a * operand_words, planes, steps, rows, words, i.use_and != 0}, counts.data());
            const PlaneWeight weight = PlaneWeight::of(i, a, w);
            for (int r = 0; r < rows; ++r) {
              const std::int64_t term = counts[static_cast<std::size_t>(r)] << weight.shift;
              sums[static_cast<std::size_t>(r)] += weight.negative ? -term : term;
            }
          }
        }
        const auto out = buffers.accumulators(i.destination + (row * i.out_width + x) * i.groups + g, 1);
        for (int r = 0; r < rows; ++r) {
          out[static_cast<std::size_t>(r)] = static_cast<std::int32_t>(sums[static_cast<std::size_t>(r)]);
        }
      }
    }
  }
}

}  // namespace blendsim
