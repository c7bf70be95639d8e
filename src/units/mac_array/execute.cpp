// SPDX-License-Identifier: Apache-2.0
#include "units/mac_array/execute.h"

#include <algorithm>

#include "numerics/kernels/multiply_rows.h"
#include "units/buffer/row_starts.h"
#include "units/mac_array/distances.h"
#include "units/mac_array/flat_map.h"
#include "units/mac_array/law.h"

namespace blendsim {
namespace {

class Tile {
 public:
  Tile(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        rows_(static_cast<std::uint32_t>(machine.mac_array.rows)),
        word_bytes_(static_cast<std::ptrdiff_t>(machine.mac_array.rows * machine.mac_array.columns)),
        map_(i, static_cast<std::uint32_t>(machine.mac_array.columns), buffers),
        taps_(i.kernel_h * i.kernel_w),
        words_per_tap_(
            i.depthwise != 0 ? 1 : static_cast<std::uint32_t>(column_groups(i.channels, machine.mac_array.columns))),
        starts_({i.class_left, i.class_right}, i.out_width, buffers) {}

  void execute() {
    for (std::uint32_t row = 0; row < i_.rows; ++row) {
      const std::uint32_t words = i_.out_width * i_.groups;
      std::int32_t* sums = buffers_.accumulators(i_.destination + row * words, words).data();
      if (i_.depthwise != 0) depthwise(row, sums);
      else dense(row, sums);
    }
  }
  [[nodiscard]] const MacFlatMap& map() const { return map_; }

 private:
  // What both kernels take alike; every pixel starts from the word of its border class.
  template <class Work>
  [[nodiscard]] Work work(std::uint32_t row) const {
    Work work;
    work.operands = map_.row(row);
    work.offsets = map_.offsets();
    work.start_offsets = starts_.offsets();
    work.pixel_stride = map_.pixel_stride();
    work.sums_stride = static_cast<std::ptrdiff_t>(i_.groups) * buffers_.accumulator_lanes();
    work.pixels = static_cast<int>(i_.out_width);
    work.taps = static_cast<int>(taps_);
    work.rows = static_cast<int>(rows_);
    work.zero = map_.zero();
    return work;
  }
  [[nodiscard]] const std::int32_t* starts(std::uint32_t row, std::uint32_t g) const {
    const BorderClasses vertical{i_.class_top, i_.class_bottom};
    const std::uint32_t across = BorderClasses{i_.class_left, i_.class_right}.count();
    return starts_.words(i_.start + (g * vertical.count() + vertical.index(i_.out_row + row, i_.out_height)) * across);
  }

  void dense(std::uint32_t row, std::int32_t* sums) const {
    const std::uint32_t words = taps_ * words_per_tap_;
    auto pixels = work<MultiplyRows>(row);
    pixels.quads = static_cast<int>(map_.quads());
    pixels.weights_stride = static_cast<std::ptrdiff_t>(map_.tap_lanes() * rows_);
    const std::int8_t* weights = buffers_.fixed_weight_quads(i_.weights, i_.groups * words);
    for (std::uint32_t g = 0; g < i_.groups; ++g) {
      pixels.starts = starts(row, g);
      pixels.weights = weights + std::size_t{g} * taps_ * map_.tap_lanes() * rows_;
      multiply_rows(pixels, sums + std::ptrdiff_t{g} * buffers_.accumulator_lanes());
    }
  }

  // A group's rows beyond the view's last slice have no lane and keep their start value.
  void depthwise(std::uint32_t row, std::int32_t* sums) const {
    const auto tap_lanes = static_cast<std::uint32_t>(map_.tap_lanes());
    auto pixels = work<MultiplyLanes>(row);
    pixels.weights_stride = word_bytes_;
    const std::int8_t* weights =
        static_cast<const Buffers&>(buffers_).fixed_weights(i_.weights, i_.groups * taps_).data();
    for (std::uint32_t g = 0; g < i_.groups; ++g) {
      pixels.starts = starts(row, g);
      pixels.weights = weights + std::ptrdiff_t{g} * taps_ * word_bytes_;
      const std::uint32_t first_lane = std::min(tap_lanes, g * rows_);
      pixels.operands = map_.row(row) + first_lane;
      pixels.lanes = static_cast<int>(std::min(rows_, tap_lanes - first_lane));
      multiply_lanes(pixels, sums + std::ptrdiff_t{g} * buffers_.accumulator_lanes());
    }
  }

  const MacInstruction& i_;
  Buffers& buffers_;
  std::uint32_t rows_;
  std::ptrdiff_t word_bytes_;
  MacFlatMap map_;
  std::uint32_t taps_, words_per_tap_;
  RowStarts starts_;
};

}  // namespace

void execute(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers, DistanceMeter* meter) {
  Tile tile(i, machine, buffers);
  tile.execute();
  if (meter != nullptr) add_distances(i, machine, tile.map(), buffers, *meter);
}

}  // namespace blendsim
