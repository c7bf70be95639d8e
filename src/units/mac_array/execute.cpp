// SPDX-License-Identifier: Apache-2.0
#include "units/mac_array/execute.h"

#include <algorithm>
#include <vector>

#include "units/mac_array/law.h"

namespace blendsim {
namespace {

// One pixel's window: for every tap the lanes of the view's slices, widened; 0 outside the map.
class Window {
 public:
  Window(const MacInstruction& i, const Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        map_{i.source, i.in_height, i.in_width, i.map_slices, 1},
        slices_(static_cast<std::uint32_t>(slices_of(i.channels))),
        lanes_(std::size_t{slices_} * slice_channels),
        values_(std::size_t{i.kernel_h} * i.kernel_w * lanes_) {}

  void gather(std::uint32_t y, std::uint32_t x) {
    std::int16_t* out = values_.data();
    for (std::uint32_t ky = 0; ky < i_.kernel_h; ++ky) {
      const int row = static_cast<int>(y * i_.stride_h + ky * i_.dilation_h) - static_cast<int>(i_.pad_top);
      for (std::uint32_t kx = 0; kx < i_.kernel_w; ++kx, out += lanes_) {
        const int column = static_cast<int>(x * i_.stride_w + kx * i_.dilation_w) - static_cast<int>(i_.pad_left);
        if (row < 0 || column < 0 || row >= static_cast<int>(i_.in_height) || column >= static_cast<int>(i_.in_width)) {
          std::fill_n(out, lanes_, std::int16_t{0});
          continue;
        }
        const auto bytes =
            buffers_.fixed(map_.word(static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(row), 0), slices_);
        if (i_.activation_signed != 0) {
          for (std::size_t lane = 0; lane < lanes_; ++lane) out[lane] = static_cast<std::int8_t>(bytes[lane]);
        } else {
          for (std::size_t lane = 0; lane < lanes_; ++lane) out[lane] = bytes[lane];
        }
      }
    }
  }
  [[nodiscard]] const std::int16_t* tap(std::size_t t) const { return values_.data() + t * lanes_; }

 private:
  const MacInstruction& i_;
  const Buffers& buffers_;
  FixedMap map_;
  std::uint32_t slices_;
  std::size_t lanes_;
  std::vector<std::int16_t> values_;
};

// Lanes of one column group: [first, first + count) of the tap.
struct ColumnGroup {
  std::uint32_t first, count;
};

std::vector<ColumnGroup> column_groups_of(std::uint32_t channels, std::uint32_t columns) {
  std::vector<ColumnGroup> groups;
  for (std::uint32_t slice = 0; slice < channels; slice += slice_channels) {
    const std::uint32_t end = std::min<std::uint32_t>(slice + slice_channels, channels);
    for (std::uint32_t lane = slice; lane < end; lane += columns)
      groups.push_back({lane, std::min(columns, end - lane)});
  }
  return groups;
}

// sums[r] += weights of one word (rows x columns) times the group's lanes.
void multiply_dense(const std::int8_t* weights, const std::int16_t* lanes, std::uint32_t count, std::uint32_t rows,
                    std::uint32_t columns, std::int32_t* sums) {
  if (columns == 16 && count == 16) {  // fixed trip counts: the compiler vectorises these two
    for (std::uint32_t r = 0; r < rows; ++r) {
      std::int32_t sum = 0;
      for (int lane = 0; lane < 16; ++lane) sum += weights[r * 16 + static_cast<std::uint32_t>(lane)] * lanes[lane];
      sums[r] += sum;
    }
  } else if (columns == 8 && count == 8) {
    for (std::uint32_t r = 0; r < rows; ++r) {
      std::int32_t sum = 0;
      for (int lane = 0; lane < 8; ++lane) sum += weights[r * 8 + static_cast<std::uint32_t>(lane)] * lanes[lane];
      sums[r] += sum;
    }
  } else {
    for (std::uint32_t r = 0; r < rows; ++r) {
      std::int32_t sum = 0;
      for (std::uint32_t lane = 0; lane < count; ++lane) sum += weights[r * columns + lane] * lanes[lane];
      sums[r] += sum;
    }
  }
}

}  // namespace

void execute(const MacInstruction& i, const MachineParameters& machine, Buffers& buffers) {
  const Buffers& read = buffers;
  const auto rows = static_cast<std::uint32_t>(machine.mac_array.rows);
  const auto columns = static_cast<std::uint32_t>(machine.mac_array.columns);
  const std::uint32_t taps = i.kernel_h * i.kernel_w;
  const std::vector<ColumnGroup> column_groups = column_groups_of(i.channels, columns);
  const std::uint32_t all_lanes = static_cast<std::uint32_t>(slices_of(i.channels)) * slice_channels;
  const std::uint32_t words_per_tap = i.depthwise != 0 ? 1 : static_cast<std::uint32_t>(column_groups.size());
  const std::size_t word_bytes = std::size_t{rows} * columns;
  const auto weights = read.fixed_weights(i.weights, i.groups * taps * words_per_tap);
  const BorderClasses vertical{i.class_top, i.class_bottom}, horizontal{i.class_left, i.class_right};
  const std::uint32_t classes = vertical.count() * horizontal.count();
  Window window(i, read);
  std::vector<std::int32_t> sums(rows);

  for (std::uint32_t row = 0; row < i.rows; ++row) {
    const std::uint32_t y = i.out_row + row, class_y = vertical.index(y, i.out_height);
    for (std::uint32_t x = 0; x < i.out_width; ++x) {
      window.gather(y, x);
      const std::uint32_t border = class_y * horizontal.count() + horizontal.index(x, i.out_width);
      for (std::uint32_t g = 0; g < i.groups; ++g) {
        const auto start = read.start_word(i.start + g * classes + border);
        std::copy_n(start.begin(), rows, sums.begin());
        // Depthwise: a group's rows beyond the view's last slice have no lane and keep their start value.
        const std::uint32_t own_lanes = std::min(rows, all_lanes - std::min(all_lanes, g * rows));
        const std::int8_t* word = weights.data() + std::size_t{g} * taps * words_per_tap * word_bytes;
        for (std::uint32_t tap = 0; tap < taps; ++tap) {
          if (i.depthwise != 0) {
            const std::int16_t* own = window.tap(tap) + std::size_t{g} * rows;
            for (std::uint32_t r = 0; r < own_lanes; ++r) sums[r] += word[r] * own[r];
            word += word_bytes;
            continue;
          }
          for (const ColumnGroup& group : column_groups) {
            multiply_dense(word, window.tap(tap) + group.first, group.count, rows, columns, sums.data());
            word += word_bytes;
          }
        }
        const auto out = buffers.accumulators(i.destination + (row * i.out_width + x) * i.groups + g, 1);
        std::copy_n(sums.begin(), rows, out.begin());
      }
    }
  }
}

}  // namespace blendsim
