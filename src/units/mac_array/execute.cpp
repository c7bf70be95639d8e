// SPDX-License-Identifier: Apache-2.0
#include "units/mac_array/execute.h"

#include <algorithm>
#include <cstring>

#include "numerics/kernels/multiply_rows.h"
#include "units/mac_array/law.h"

namespace blendsim {
namespace {

constexpr std::size_t most_lanes = 32768;  // of the pixels gathered at once: they stay in a first or second level cache

// The operands of some pixels of an output row: for every tap the view's lanes, widened, 0 outside the map. Dense: the
// lanes of the column groups, each ceil(columns / 2) pairs, and 0 behind the last channel. Depthwise: all lanes of the
// slices.
class Window {
 public:
  Window(const MacInstruction& i, std::uint32_t columns, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        map_{i.source, i.in_height, i.in_width, i.map_slices, 1},
        slices_(static_cast<std::uint32_t>(slices_of(i.channels))),
        columns_(columns),
        side_by_side_(i.depthwise != 0 || (columns % 2 == 0 && slice_channels % columns == 0)) {
    const std::size_t groups = static_cast<std::size_t>(column_groups(i.channels, columns));
    tap_lanes_ = i.depthwise != 0 ? std::size_t{slices_} * slice_channels : groups * ((columns + 1) / 2 * 2);
    at_once_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(most_lanes / pixel_lanes(), 4, i.out_width));
    // A slice is written whole, also where the last column groups end before it: the next tap overwrites that.
    lanes_.resize(std::max(lanes_.size(), at_once_ * pixel_lanes() + slice_channels));
  }

  [[nodiscard]] std::size_t tap_lanes() const { return tap_lanes_; }
  [[nodiscard]] std::size_t pixel_lanes() const { return tap_lanes_ * i_.kernel_h * i_.kernel_w; }
  [[nodiscard]] std::uint32_t pixels_at_once() const { return at_once_; }
  [[nodiscard]] const std::int16_t* lanes() const { return lanes_.data(); }

  // Pixels [x, x + count) of output row y.
  void gather(std::uint32_t y, std::uint32_t x, std::uint32_t count) {
    std::int16_t* out = lanes_.data();
    for (std::uint32_t pixel = x; pixel < x + count; ++pixel) {
      for (std::uint32_t ky = 0; ky < i_.kernel_h; ++ky) {
        const std::int64_t row = std::int64_t{y} * i_.stride_h + ky * i_.dilation_h - i_.pad_top;
        for (std::uint32_t kx = 0; kx < i_.kernel_w; ++kx, out += tap_lanes_) {
          const std::int64_t column = std::int64_t{pixel} * i_.stride_w + kx * i_.dilation_w - i_.pad_left;
          if (row < 0 || column < 0 || row >= i_.in_height || column >= i_.in_width) {
            std::fill_n(out, tap_lanes_, std::int16_t{0});
          } else {
            tap(static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(row), out);
          }
        }
      }
    }
  }

 private:
  void tap(std::uint32_t x, std::uint32_t y, std::int16_t* out) const {
    const std::uint8_t* bytes = static_cast<const Buffers&>(buffers_).fixed(map_.word(x, y, 0), slices_).data();
    if (!side_by_side_) return tap_by_groups(bytes, out);
    for (std::uint32_t slice = 0; slice < slices_; ++slice) {
      widen(bytes + slice * slice_channels, slice_channels, out + slice * slice_channels);
    }
    if (i_.depthwise == 0 && tap_lanes_ > i_.channels) std::fill(out + i_.channels, out + tap_lanes_, std::int16_t{0});
  }

  void tap_by_groups(const std::uint8_t* bytes, std::int16_t* out) const {
    const std::uint32_t padded = (columns_ + 1) / 2 * 2;
    for (std::uint32_t slice = 0; slice < i_.channels; slice += slice_channels) {
      const std::uint32_t end = std::min<std::uint32_t>(slice + slice_channels, i_.channels);
      for (std::uint32_t lane = slice; lane < end; lane += columns_, out += padded) {
        std::fill_n(out, padded, std::int16_t{0});
        widen(bytes + lane, std::min(columns_, end - lane), out);
      }
    }
  }

  void widen(const std::uint8_t* bytes, std::uint32_t count, std::int16_t* out) const {
    if (i_.activation_signed != 0) {
      for (std::uint32_t lane = 0; lane < count; ++lane) out[lane] = static_cast<std::int8_t>(bytes[lane]);
    } else {
      for (std::uint32_t lane = 0; lane < count; ++lane) out[lane] = bytes[lane];
    }
  }

  const MacInstruction& i_;
  Buffers& buffers_;
  FixedMap map_;
  std::uint32_t slices_, columns_;
  bool side_by_side_;  // the column groups' lanes follow on one another as the map's do
  std::size_t tap_lanes_ = 0;
  std::uint32_t at_once_ = 1;
  std::vector<std::int16_t>& lanes_ = buffers_.scratch().lanes;
};

class Tile {
 public:
  Tile(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        rows_(static_cast<std::uint32_t>(machine.mac_array.rows)),
        window_(i, static_cast<std::uint32_t>(machine.mac_array.columns), buffers),
        taps_(i.kernel_h * i.kernel_w),
        words_per_tap_(i.depthwise != 0
                           ? 1
                           : static_cast<std::uint32_t>(column_groups(i.channels, machine.mac_array.columns))),
        word_bytes_(static_cast<std::ptrdiff_t>(machine.mac_array.rows * machine.mac_array.columns)),
        lanes_(buffers.accumulator_lanes()) {}

  void execute() {
    for (std::uint32_t row = 0; row < i_.rows; ++row) {
      for (std::uint32_t x = 0; x < i_.out_width; x += window_.pixels_at_once()) {
        const std::uint32_t count = std::min(window_.pixels_at_once(), i_.out_width - x);
        window_.gather(i_.out_row + row, x, count);
        std::int32_t* sums =
            buffers_.accumulators(i_.destination + (row * i_.out_width + x) * i_.groups, count * i_.groups).data();
        start(i_.out_row + row, x, count, sums);
        if (i_.depthwise != 0) depthwise(count, sums);
        else dense(count, sums);
      }
    }
  }

 private:
  // Every pixel starts from the word of its border class.
  void start(std::uint32_t y, std::uint32_t x, std::uint32_t count, std::int32_t* sums) const {
    const Buffers& read = buffers_;
    const BorderClasses vertical{i_.class_top, i_.class_bottom}, horizontal{i_.class_left, i_.class_right};
    const std::uint32_t classes = vertical.count() * horizontal.count();
    const std::uint32_t first = vertical.index(y, i_.out_height) * horizontal.count();
    for (std::uint32_t g = 0; g < i_.groups; ++g) {
      std::uint32_t held = horizontal.count();
      const std::int32_t* word = nullptr;
      for (std::uint32_t p = 0; p < count; ++p) {
        const std::uint32_t border = horizontal.index(x + p, i_.out_width);
        if (border != held) word = read.start_word(i_.start + g * classes + first + border).data();
        held = border;
        std::int32_t* out = sums + (std::ptrdiff_t{p} * i_.groups + g) * lanes_;
        for (std::uint32_t r = 0; r < rows_; r += slice_channels) {
          std::memcpy(out + r, word + r, slice_channels * sizeof *out);
        }
      }
    }
  }

  void dense(std::uint32_t count, std::int32_t* sums) const {
    const std::uint32_t words = taps_ * words_per_tap_;
    const std::int16_t* weights = buffers_.fixed_weight_pairs(i_.weights, i_.groups * words);
    const auto pixel_lanes = static_cast<std::ptrdiff_t>(window_.pixel_lanes());
    MultiplyRows work{};
    work.operands = window_.lanes();
    work.operands_stride = pixel_lanes;
    work.sums_stride = static_cast<std::ptrdiff_t>(i_.groups) * lanes_;
    work.pixels = static_cast<int>(count);
    work.pairs = static_cast<int>(pixel_lanes / 2);
    work.rows = static_cast<int>(rows_);
    for (std::uint32_t g = 0; g < i_.groups; ++g) {
      work.weights = weights + std::ptrdiff_t{g} * pixel_lanes * rows_;
      multiply_rows(work, sums + std::ptrdiff_t{g} * lanes_);
    }
  }

  // A group's rows beyond the view's last slice have no lane and keep their start value.
  void depthwise(std::uint32_t count, std::int32_t* sums) const {
    const Buffers& read = buffers_;
    const std::int8_t* weights = read.fixed_weights(i_.weights, i_.groups * taps_).data();
    const auto tap_lanes = static_cast<std::uint32_t>(window_.tap_lanes());
    for (std::uint32_t p = 0; p < count; ++p) {
      for (std::uint32_t g = 0; g < i_.groups; ++g, sums += lanes_) {
        const MultiplyLanes work{window_.lanes() + p * window_.pixel_lanes() + std::size_t{g} * rows_,
                                 weights + std::ptrdiff_t{g} * taps_ * word_bytes_,
                                 static_cast<std::ptrdiff_t>(tap_lanes),
                                 word_bytes_,
                                 static_cast<int>(taps_),
                                 static_cast<int>(std::min(rows_, tap_lanes - std::min(tap_lanes, g * rows_)))};
        multiply_lanes(work, sums);
      }
    }
  }

  const MacInstruction& i_;
  Buffers& buffers_;
  std::uint32_t rows_;
  Window window_;
  std::uint32_t taps_, words_per_tap_;
  std::ptrdiff_t word_bytes_, lanes_;
};

}  // namespace

void execute(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers) {
  Tile(i, machine, buffers).execute();
}

}  // namespace blendsim
