// SPDX-License-Identifier: Apache-2.0
// mac_array against a direct convolution of plain integers, unused lanes filled with garbage.
#include <gtest/gtest.h>

#include "support.h"
#include "units/mac_array/execute.h"
#include "units/mac_array/law.h"

namespace blendsim::test {
namespace {

struct Case {
  int rows = 16, columns = 8, channels = 1, out_channels = 1, height = 1, width = 1;
  WindowShape window;
  bool depthwise = false, is_signed = true;
};

class Experiment {
 public:
  Experiment(const Case& c, std::uint32_t seed)
      : case_(c),
        random_(seed),
        machine_(make_machine({16, 3, c.rows, c.columns, 16})),
        x_(c.channels, c.height, c.width),
        classes_(c.window, c.height, c.width),
        out_height_(c.window.out_height(c.height)),
        out_width_(c.window.out_width(c.width)),
        groups_(static_cast<int>(ceil_divide(c.out_channels, c.rows))) {
    buffers_.configure(machine_, seed % 2 == 0);
    set_window(i_, c.window, c.height, c.width);
    classes_.set(i_);
    const std::uint32_t before = random_.u(0, 2), slices = static_cast<std::uint32_t>(slices_of(c.channels));
    i_.map_slices = before + slices + random_.u(0, 2);
    i_.source = 5 + before;
    i_.channels = static_cast<std::uint32_t>(c.channels);
    i_.groups = static_cast<std::uint32_t>(groups_);
    i_.weights = random_.u(0, 7);
    i_.start = static_cast<std::uint32_t>(2 * machine_.buffer(BufferId::parameters).depth) + random_.u(0, 5);
    i_.depthwise = c.depthwise;
    i_.activation_signed = c.is_signed;
    make_input(slices);
    make_weights();
    make_starts();
  }

  void run() {
    const int first = std::max(1, out_height_ / 2);
    tile(0, first);
    if (first < out_height_) tile(first, out_height_ - first);
  }

 private:
  void make_input(std::uint32_t slices) {
    const FixedMap map{i_.source, i_.in_height, i_.in_width, i_.map_slices, 1};
    for (int y = 0; y < case_.height; ++y) {
      for (int x = 0; x < case_.width; ++x) {
        for (std::uint32_t s = 0; s < slices; ++s) {
          const auto word =
              buffers_.fixed(map.word(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), s), 1);
          for (std::size_t lane = 0; lane < 16; ++lane) {
            word[lane] = static_cast<std::uint8_t>(random_.u(0, 255));
            const int c = static_cast<int>(s * 16 + lane);
            if (c < case_.channels)
              x_.at(c, y, x) = case_.is_signed ? static_cast<std::int8_t>(word[lane]) : word[lane];
          }
        }
      }
    }
  }

  // Word and byte of weight (o, c, tap), from the header's words.
  [[nodiscard]] std::size_t place(int o, int c, int tap) const {
    const int taps = case_.window.kernel_h * case_.window.kernel_w, group = o / case_.rows, row = o % case_.rows;
    const int word_bytes = case_.rows * case_.columns;
    if (case_.depthwise) return static_cast<std::size_t>((group * taps + tap) * word_bytes + row);
    int column_groups = 0, k = 0, lane = 0;  // walk the lanes: a new group every `columns` lanes and at every slice
    int in_group = case_.columns;
    for (int n = 0; n < case_.channels; ++n) {
      if (in_group == case_.columns || n % 16 == 0) {
        ++column_groups;
        in_group = 0;
      }
      if (n == c) {
        k = column_groups - 1;
        lane = in_group;
      }
      ++in_group;
    }
    return static_cast<std::size_t>(((group * taps + tap) * column_groups + k) * word_bytes + row * case_.columns +
                                    lane);
  }

  void make_weights() {
    const std::size_t words =
        static_cast<std::size_t>(groups_ * case_.window.kernel_h * case_.window.kernel_w) *
        static_cast<std::size_t>(case_.depthwise ? 1 : column_groups(case_.channels, case_.columns));
    std::vector<std::uint8_t> bytes(words * static_cast<std::size_t>(case_.rows * case_.columns));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_.u(0, 255));
    for (int o = 0; o < case_.out_channels; ++o) {
      auto& kernel = w_.emplace_back(case_.channels, case_.window.kernel_h, case_.window.kernel_w);
      for (int c = 0; c < case_.channels; ++c) {
        if (case_.depthwise && c != o) continue;
        for (int tap = 0; tap < case_.window.kernel_h * case_.window.kernel_w; ++tap) {
          const auto value = static_cast<std::int8_t>(random_.in(-128, 127));
          kernel.at(c, tap / case_.window.kernel_w, tap % case_.window.kernel_w) = value;
          bytes.at(place(o, c, tap)) = static_cast<std::uint8_t>(value);
        }
      }
    }
    buffers_.write_words(BufferId::weights_fixed, i_.weights, bytes);
  }

  void make_starts() {
    const std::uint32_t classes = classes_.count();
    Bits bits(static_cast<std::size_t>(groups_) * classes * static_cast<std::size_t>(case_.rows) * 32);
    for (std::uint32_t n = 0; n < static_cast<std::uint32_t>(case_.out_channels) * classes; ++n) {
      starts_.push_back(random_.in(-100000, 100000));  // one for each channel and border class
      const std::uint32_t o = n / classes, rows = static_cast<std::uint32_t>(case_.rows);
      bits.set((std::size_t{o / rows * classes + n % classes} * rows + o % rows) * 32,
               static_cast<std::uint64_t>(starts_.back()), 32);
    }
    const std::size_t bytes = static_cast<std::size_t>(machine_.buffer(BufferId::parameters).width / 8);
    for (std::size_t w = 0; w < static_cast<std::size_t>(groups_) * classes;
         ++w) {  // a word may be wider than the rows
      std::vector<std::uint8_t> word(bytes);
      std::copy_n(bits.bytes().begin() + static_cast<std::ptrdiff_t>(w * static_cast<std::size_t>(case_.rows) * 4),
                  static_cast<std::size_t>(case_.rows) * 4, word.begin());
      buffers_.write_words(BufferId::parameters, i_.start + static_cast<std::uint32_t>(w), word);
    }
  }

  void tile(int first, int rows) {
    i_.out_row = static_cast<std::uint32_t>(first);
    i_.rows = static_cast<std::uint32_t>(rows);
    i_.destination = static_cast<std::uint32_t>(machine_.buffer(BufferId::accumulators).depth + 3 + first);
    execute(i_, machine_, buffers_);
    const Buffers& read = buffers_;
    const WindowShape& w = case_.window;
    for (int y = first; y < first + rows; ++y) {
      for (int x = 0; x < out_width_; ++x) {
        for (int o = 0; o < case_.out_channels; ++o) {
          std::int64_t expected =
              starts_[static_cast<std::size_t>(o) * classes_.count() + classes_.of(y, x, out_height_, out_width_)];
          for (int ky = 0; ky < w.kernel_h; ++ky) {
            for (int kx = 0; kx < w.kernel_w; ++kx) {
              const int row = y * w.stride_h - w.pad_top + ky * w.dilation_h,
                        column = x * w.stride_w - w.pad_left + kx * w.dilation_w;
              if (!x_.inside(row, column)) continue;
              for (int c = 0; c < case_.channels; ++c)
                expected += x_.at(c, row, column) * w_[static_cast<std::size_t>(o)].at(c, ky, kx);
            }
          }
          const int word = ((y - first) * out_width_ + x) * groups_ + o / case_.rows;
          ASSERT_EQ(read.accumulators(i_.destination + static_cast<std::uint32_t>(word),
                                      1)[static_cast<std::size_t>(o % case_.rows)],
                    expected)
              << "output (" << o << ", " << y << ", " << x << ")";
        }
      }
    }
  }

  Case case_;
  Random random_;
  MachineParameters machine_;
  Buffers buffers_;
  Tensor x_;
  Classes classes_;
  int out_height_, out_width_, groups_;
  std::vector<Tensor> w_;
  std::vector<std::int64_t> starts_;
  MacInstruction i_;
};

Case random_case(Random& random, int columns) {
  Case c;
  c.columns = columns;
  c.rows = random.of({16, 32});
  c.channels = static_cast<int>(random.in(1, 50));
  c.out_channels = static_cast<int>(random.in(1, 40));
  c.is_signed = random.coin();
  do {
    c.window = random_window(random, 4);
    c.height = static_cast<int>(random.in(1, 8));
    c.width = static_cast<int>(random.in(1, 8));
  } while (!c.window.fits(c.height, c.width));
  return c;
}

TEST(MacArray, EqualsADirectConvolutionForEveryColumnCount) {
  for (const int columns : {1, 2, 3, 4, 5, 6, 8, 12, 16}) {
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
      SCOPED_TRACE(testing::Message() << columns << " columns, seed " << seed);
      Random random(seed);
      Experiment(random_case(random, columns), seed).run();
      if (HasFatalFailure()) return;
    }
  }
}

TEST(MacArray, EqualsADepthwiseConvolution) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Case c = random_case(random, 8);
    c.depthwise = true;
    c.out_channels = c.channels;
    Experiment(c, seed).run();
    if (HasFatalFailure()) return;
  }
}

TEST(MacArray, HoldsTheLargestSumsExactly) {
  // 13 bits of channels would allow 8,191 x 128 x 255: well inside 32 bits, so no accumulator wraps.
  static_assert(std::int64_t{8191} * 128 * 255 < (std::int64_t{1} << 31));
  Case c;
  c.channels = 1024;
  c.out_channels = 16;
  c.columns = 16;
  c.is_signed = false;
  Experiment(c, 3).run();
}

TEST(MacArray, SplitsChannelsIntoColumnGroupsThatNeverSpanTwoWords) {
  EXPECT_EQ(column_groups(16, 8), 2);
  EXPECT_EQ(column_groups(17, 8), 3);
  EXPECT_EQ(column_groups(3, 8), 1);
  EXPECT_EQ(column_groups(16, 12), 2);
  EXPECT_EQ(column_groups(32, 12), 4);
  EXPECT_EQ(column_groups(28, 12), 3);
  EXPECT_EQ(column_groups(29, 12), 4);
  EXPECT_EQ(column_groups(20, 3), 6 + 2);
}

TEST(MacArray, OccupiesPixelsTimesTapsTimesColumnGroupsTimesRowGroups) {
  MacInstruction i;
  i.kernel_h = i.kernel_w = 3;
  i.channels = 16;
  i.rows = 2;
  i.out_width = 32;
  i.groups = 2;
  EXPECT_EQ(occupancy(i, MacArrayParameters{}), 2 * 32 * 9 * 2 * 2);
  i.depthwise = 1;
  EXPECT_EQ(occupancy(i, MacArrayParameters{}), 2 * 32 * 9 * 2);
}

TEST(MacArray, WritesEachWordWithItsLastStepInTheOrderOfAddresses) {
  MacInstruction i;
  i.kernel_h = i.kernel_w = 2;
  i.channels = 9;  // two column groups of 8
  i.rows = 2;
  i.out_width = 3;
  i.groups = 2;
  const MacArrayParameters p;
  EXPECT_EQ(write_time(i, p, 0, 0, 0), 8 - 1 + p.depth) << "2x2 taps of two groups";
  EXPECT_EQ(write_time(i, p, 0, 0, 1), 16 - 1 + p.depth);
  EXPECT_EQ(write_time(i, p, 0, 1, 0), 24 - 1 + p.depth);
  EXPECT_EQ(write_time(i, p, 1, 2, 1), occupancy(i, p) - 1 + p.depth) << "the last word is the end (rule 3)";
  i.depthwise = 1;
  EXPECT_EQ(write_time(i, p, 1, 0, 0), 7 * 4 - 1 + p.depth);
}

}  // namespace
}  // namespace blendsim::test
