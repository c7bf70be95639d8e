// SPDX-License-Identifier: Apache-2.0
#include "units/xnor_array/execute.h"

#include "numerics/kernels/popcount_rows.h"
#include "units/buffer/row_starts.h"
#include "units/xnor_array/distances.h"
#include "units/xnor_array/flat_map.h"
#include "units/xnor_array/plan.h"

namespace blendsim {
namespace {

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

void execute(const XnorInstruction& i, const MachineParameters& machine, Buffers& buffers, DistanceMeter* meter) {
  const XnorFlatMap map(i, buffers);
  const auto key = XnorPlanKey::of(i, map.row_pitch(), static_cast<std::uint32_t>(buffers.cell_slices()),
                                   static_cast<std::uint32_t>(machine.xnor_array.rows));
  const XnorPlan& plan =
      buffers.xnor_plans().at(key, static_cast<const Buffers&>(buffers).binary_weights(i.weights, key.words()));
  const BorderClasses vertical{i.class_top, i.class_bottom}, horizontal{i.class_left, i.class_right};
  const std::uint32_t classes = vertical.count() * horizontal.count();
  const std::ptrdiff_t lanes = buffers.accumulator_lanes();
  const RowStarts starts(horizontal, i.out_width, buffers);

  PopcountRows work;
  work.offsets = plan.offsets.data();
  work.masks = plan.masks.data();
  work.pixel_stride = map.pixel_stride();
  work.sums_stride = static_cast<std::ptrdiff_t>(i.groups) * lanes;
  work.pixels = static_cast<int>(i.out_width);
  work.terms = static_cast<int>(plan.offsets.size());
  work.whole_terms = plan.whole_terms;
  work.rows = static_cast<int>(machine.xnor_array.rows);
  work.use_and = i.use_and != 0;
  // What exceeds an accumulator's bits wraps around, as in rtl/xnor_row.sv. Compiled networks stay inside.
  work.bits = static_cast<int>(machine.xnor_array.accumulator);
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    const std::uint32_t first_class = vertical.index(i.out_row + row, i.out_height) * horizontal.count();
    const std::uint32_t row_sums = i.out_width * i.groups;
    std::int32_t* sums = buffers.accumulators(i.destination + row * row_sums, row_sums).data();
    for (std::uint32_t g = 0; g < i.groups; ++g) {
      // Every pixel starts from the word of its border class; the plane pairs behind the first add to that.
      work.starts = starts.words(i.start + g * classes + first_class);
      work.start_offsets = starts.offsets();
      for (std::uint32_t a = 0; a < i.activation_bits; ++a) {
        work.units = map.units(row, a);
        for (std::uint32_t w = 0; w < i.weight_bits; ++w) {
          const std::ptrdiff_t plane = std::ptrdiff_t{g} * i.weight_bits + w;
          work.weights = plan.weights.data() + plane * work.terms * work.rows;
          work.before = plan.before.data() + plane * work.rows;
          const auto weight = PlaneWeight::of(i, a, w);
          work.subtract = weight.negative != (i.use_and == 0);  // XNOR: differing bits are counted
          work.shift = weight.shift;
          popcount_rows(work, sums + std::ptrdiff_t{g} * lanes);
          work.start_offsets = nullptr;
        }
      }
    }
  }
  if (meter != nullptr) add_distances(i, machine, map, buffers, *meter);
}

}  // namespace blendsim
