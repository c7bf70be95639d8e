// SPDX-License-Identifier: Apache-2.0
#include "units/xnor_array/distances.h"

#include "units/array_distances.h"
#include "units/xnor_array/law.h"

namespace blendsim {
namespace {

// Where the units of an operand lie in the flat map, step by step of all activation planes (instruction.h).
class XnorOffsets {
 public:
  XnorOffsets(const XnorInstruction& i, const XnorFlatMap& map, std::uint32_t cell_slices)
      : i_(i), map_(map), cell_slices_(cell_slices) {
    for (plane_ = 0; plane_ < i.activation_bits; ++plane_) {
      if (xnor_steps(i).windows) windows();
      else taps();
    }
  }
  [[nodiscard]] std::vector<std::size_t> take() { return std::move(offsets_); }

 private:
  void windows() {
    for (std::uint32_t ky = 0; ky < i_.kernel_h; ky += 3) {
      for (std::uint32_t kx = 0; kx < i_.kernel_w; kx += 3) {
        for (std::uint32_t c = 0; c < i_.cells; ++c) {
          for (std::uint32_t n = 0; n < cells_per_operand; ++n) cell(ky + n / 3, kx + n % 3, c);
        }
      }
    }
  }
  void taps() {
    for (std::uint32_t tap = 0; tap < i_.kernel_h * i_.kernel_w; ++tap) {
      for (std::uint32_t c = 0; c < i_.cells; c += cells_per_operand) {
        for (std::uint32_t n = 0; n < cells_per_operand; ++n) cell(tap / i_.kernel_w, tap % i_.kernel_w, c + n);
      }
    }
  }
  void cell(std::uint32_t ky, std::uint32_t kx, std::uint32_t c) {
    const bool taken = ky < i_.kernel_h && kx < i_.kernel_w && c < i_.cells;
    for (std::uint32_t k = 0; k < cell_slices_; ++k)
      offsets_.push_back(taken ? map_.offset(plane_, ky, kx, c, k) : OperandSteps::absent);
  }

  const XnorInstruction& i_;
  const XnorFlatMap& map_;
  std::uint32_t cell_slices_, plane_ = 0;
  std::vector<std::size_t> offsets_;
};

// For each pixel, for each row group: each activation plane with each weight plane, the steps innermost.
OperandSteps operand_steps(const XnorInstruction& i, const XnorFlatMap& map, std::uint32_t cell_slices) {
  OperandSteps out;
  out.units = std::size_t{cells_per_operand} * cell_slices;
  out.offsets = XnorOffsets(i, map, cell_slices).take();
  const auto steps = static_cast<std::size_t>(xnor_steps(i).steps);
  const std::size_t planes = i.activation_bits, groups = i.groups;
  for (std::size_t a = 0; a < planes; ++a) {
    const std::size_t first = a * steps, last = first + steps - 1;
    for (std::size_t s = first; s < last; ++s) out.follows.push_back({s, s + 1, groups * i.weight_bits});
    out.follows.push_back({last, first, groups * (i.weight_bits - 1)});
    if (a + 1 < planes) out.follows.push_back({last, last + 1, groups});
  }
  out.last = planes * steps - 1;
  out.follows.push_back({out.last, 0, groups - 1});
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x)
      out.pixels.push_back(row * map.row_stride() + x * static_cast<std::size_t>(map.pixel_stride()));
  }
  return out;
}

std::int64_t weight_distance_of(const XnorInstruction& i, const XnorArrayParameters& array, const Buffers& buffers) {
  const auto words = static_cast<std::size_t>(i.weight_bits * xnor_steps(i).steps);
  const std::uint64_t* first = buffers.binary_weights(i.weights, static_cast<std::uint32_t>(i.groups * words)).data();
  const std::size_t bytes = static_cast<std::size_t>(array.rows * array.words) * sizeof *first;
  return weight_distance(WordSequence(first, bytes, bytes),
                         {std::size_t{i.rows} * i.out_width, i.groups, i.activation_bits, words});
}

}  // namespace

void add_distances(const XnorInstruction& i, const MachineParameters& machine, const XnorFlatMap& map,
                   const Buffers& buffers, DistanceMeter& meter) {
  const XnorArrayParameters& array = machine.xnor_array;
  const std::int64_t steps = occupancy(i, array), width = array.words * dsp_word_bits;
  const OperandDistances& operands =
      meter.operands([&] { return operand_steps(i, map, static_cast<std::uint32_t>(buffers.cell_slices())); });
  map.reserve(operands.room());
  meter.add(Distance::xnor_operand, operands.of(map.units(0, 0), 0), steps - 1, width);
  const std::int64_t weights =
      meter.weights(buffers.constant_changes(), [&] { return weight_distance_of(i, array, buffers); });
  meter.add(Distance::xnor_weight, weights, steps - 1, array.rows * width);
  add_accumulator_distances(i, array.rows, buffers, Distance::xnor_result, meter);
}

}  // namespace blendsim
