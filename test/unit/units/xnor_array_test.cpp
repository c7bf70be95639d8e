// SPDX-License-Identifier: Apache-2.0
// xnor_array against a direct convolution of plain integers, unused lanes and channels filled with garbage.
#include <gtest/gtest.h>

#include "support.h"
#include "units/xnor_array/execute.h"
#include "units/xnor_array/law.h"

namespace blendsim::test {
namespace {

struct Case {
  int m = 1, rows = 16, channels = 1, out_channels = 1, height = 1, width = 1;
  WindowShape window;
  int activation_bits = 1, weight_bits = 1;
  bool use_and = false, activation_signed = false, weight_signed = false;
};

class Experiment {
 public:
  Experiment(const Case& c, std::uint32_t seed)
      : case_(c),
        random_(seed),
        machine_(make_machine({c.rows, 3 * c.m, c.rows, 8, 16})),
        x_(c.channels, c.height, c.width),
        classes_(c.window, c.height, c.width) {
    buffers_.configure(machine_, seed % 2 == 0);  // checks have paths of their own
    out_height_ = c.window.out_height(c.height);
    out_width_ = c.window.out_width(c.width);
    cells_ = static_cast<int>(ceil_divide(c.channels, 16 * c.m));
    groups_ = static_cast<int>(ceil_divide(c.out_channels, c.rows));
    make_instruction();
    make_input();
    make_weights();
    make_starts();
  }

  void run() {
    // Two tiles of rows, so that out_row and the accumulators' place matter.
    const int first = std::max(1, out_height_ / 2);
    tile(0, first);
    if (first < out_height_) tile(first, out_height_ - first);
  }

  void draw_other_weights() {
    w_.clear();
    bias_.clear();
    make_weights();
    make_starts();
  }

 private:
  [[nodiscard]] bool bipolar_input() const { return !case_.use_and && case_.activation_bits == 1; }

  void make_instruction() {
    set_window(i_, case_.window, case_.height, case_.width);
    classes_.set(i_);
    i_.cells = static_cast<std::uint32_t>(cells_);
    i_.first_cell = random_.u(0, 2);
    i_.plane_cells = static_cast<std::uint32_t>(cells_) + random_.u(0, 1);
    i_.map_cells = i_.first_cell + static_cast<std::uint32_t>(case_.activation_bits) * i_.plane_cells;
    i_.source = random_.u(0, 3);
    i_.last_cell_channels = static_cast<std::uint32_t>((case_.channels - 1) % (16 * case_.m));
    i_.groups = static_cast<std::uint32_t>(groups_);
    i_.weights = random_.u(0, 7);
    i_.start = static_cast<std::uint32_t>(machine_.buffer(BufferId::parameters).depth) + random_.u(0, 5);
    i_.activation_bits = static_cast<std::uint32_t>(case_.activation_bits);
    i_.weight_bits = static_cast<std::uint32_t>(case_.weight_bits);
    i_.use_and = case_.use_and;
    i_.activation_signed = case_.activation_signed;
    i_.weight_signed = case_.weight_signed;
  }

  static std::int64_t draw(Random& random, int bits, bool is_signed, bool bipolar) {
    if (bipolar) return random.coin() ? 1 : -1;
    if (is_signed) return random.in(-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1);
    return random.in(0, (std::int64_t{1} << bits) - 1);
  }
  static std::uint64_t code(std::int64_t value, bool bipolar) {
    return bipolar ? (value > 0 ? 1 : 0) : static_cast<std::uint64_t>(value);
  }

  void make_input() {
    const BinaryMap map{i_.source, i_.in_height, i_.in_width, i_.map_cells};
    for (int y = 0; y < case_.height; ++y) {
      for (int x = 0; x < case_.width; ++x) {
        for (std::uint32_t s = 0; s < i_.map_cells; ++s) {  // garbage everywhere first
          for (auto& bits : buffers_.cell(map, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), s)) {
            bits = static_cast<std::uint16_t>(random_.u(0, 65535));
          }
        }
        for (int c = 0; c < case_.channels; ++c) {
          x_.at(c, y, x) = draw(random_, case_.activation_bits, case_.activation_signed, bipolar_input());
          const std::uint64_t value = code(x_.at(c, y, x), bipolar_input());
          for (std::uint32_t p = 0; p < i_.activation_bits; ++p) {
            const auto cell = static_cast<std::uint32_t>(c / (16 * case_.m)) + i_.first_cell + p * i_.plane_cells;
            auto& bits = buffers_.cell(map, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                                       cell)[static_cast<std::size_t>(c % (16 * case_.m) / 16)];
            const auto mask = static_cast<std::uint16_t>(1U << (c % 16));
            bits = static_cast<std::uint16_t>((value >> p & 1) != 0 ? bits | mask : bits & ~mask);
          }
        }
      }
    }
  }

  // Bit of (ky, kx, channel) in the weights of a row: operand step and position in its 144m bits.
  struct Position {
    std::int64_t step;
    std::int64_t bit;
  };
  [[nodiscard]] Position position(int ky, int kx, int c) const {
    const int cell = c / (16 * case_.m), in_cell = c % (16 * case_.m);
    if (xnor_steps(i_).windows) {
      const int windows_across = (case_.window.kernel_w + 2) / 3;
      const int step = ((ky / 3) * windows_across + kx / 3) * cells_ + cell;
      return {step, (ky % 3 * 3 + kx % 3) * 16 * case_.m + in_cell};
    }
    const int nines = (cells_ + 8) / 9;
    return {(ky * case_.window.kernel_w + kx) * nines + cell / 9, cell % 9 * 16 * case_.m + in_cell};
  }

  [[nodiscard]] std::size_t weight_bit(int o, int plane, std::int64_t step, std::int64_t bit) const {
    const std::int64_t word = (std::int64_t{o / case_.rows} * case_.weight_bits + plane) * xnor_steps(i_).steps + step;
    return static_cast<std::size_t>((word * case_.rows + o % case_.rows) * 144 * case_.m + bit);
  }

  void make_weights() {
    const std::int64_t words = std::int64_t{groups_} * case_.weight_bits * xnor_steps(i_).steps;
    bits_ = Bits(static_cast<std::size_t>(words * case_.rows * 144 * case_.m));
    for (std::size_t b = 0; b < static_cast<std::size_t>(words * case_.rows * 144 * case_.m); ++b)
      bits_.set(b, random_.u(0, 1));
    for (int o = 0; o < case_.out_channels; ++o) {
      auto& kernel = w_.emplace_back(case_.channels, case_.window.kernel_h, case_.window.kernel_w);
      for (int c = 0; c < case_.channels; ++c) {
        for (int ky = 0; ky < case_.window.kernel_h; ++ky) {
          for (int kx = 0; kx < case_.window.kernel_w; ++kx) {
            const bool bipolar = !case_.use_and;
            kernel.at(c, ky, kx) = draw(random_, case_.weight_bits, case_.weight_signed, bipolar);
            const Position p = position(ky, kx, c);
            for (int plane = 0; plane < case_.weight_bits; ++plane) {
              bits_.set(weight_bit(o, plane, p.step, p.bit), code(kernel.at(c, ky, kx), bipolar) >> plane & 1);
            }
          }
        }
      }
    }
    buffers_.write_words(BufferId::weights_binary, i_.weights, bits_.bytes());
  }

  // Zeros among all weight bits of row o; `valid`: among the bits that lie on a tap inside the map at (y, x) only.
  [[nodiscard]] std::int64_t all_zeros(int o) const {
    std::int64_t zeros = 0;
    for (std::int64_t step = 0; step < xnor_steps(i_).steps; ++step) {
      for (int bit = 0; bit < 144 * case_.m; ++bit) zeros += bits_.get(weight_bit(o, 0, step, bit)) ? 0 : 1;
    }
    return zeros;
  }
  template <class Visitor>
  void each_tap(int y, int x, Visitor&& visit) const {
    const WindowShape& w = case_.window;
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        const int row = y * w.stride_h - w.pad_top + ky * w.dilation_h,
                  column = x * w.stride_w - w.pad_left + kx * w.dilation_w;
        if (!x_.inside(row, column)) continue;
        for (int c = 0; c < case_.channels; ++c) visit(c, ky, kx, row, column);
      }
    }
  }
  // instruction.h: -valid bits - 2 * zeros of w at forced bits; n planes: every zero counts 2^n - 1; AND: nothing.
  [[nodiscard]] std::int64_t correction(int o, int y, int x) const {
    if (case_.use_and) return 0;
    if (case_.activation_bits > 1) return -((std::int64_t{1} << case_.activation_bits) - 1) * all_zeros(o);
    std::int64_t valid = 0, valid_zeros = 0;
    each_tap(y, x, [&](int c, int ky, int kx, int, int) {
      ++valid;
      valid_zeros += w_[static_cast<std::size_t>(o)].at(c, ky, kx) < 0 ? 1 : 0;
    });
    return -valid - 2 * (all_zeros(o) - valid_zeros);
  }

  void make_starts() {
    const std::uint32_t classes = classes_.count();
    Bits bits(static_cast<std::size_t>(groups_) * classes * static_cast<std::size_t>(case_.rows) * 32);
    std::vector<std::int64_t> seen(static_cast<std::size_t>(case_.out_channels) * classes, INT64_MAX);
    for (int o = 0; o < case_.out_channels; ++o) {
      bias_.push_back(random_.in(-1000, 1000));
      for (int y = 0; y < out_height_; ++y) {
        for (int x = 0; x < out_width_; ++x) {
          const std::uint32_t border = classes_.of(y, x, out_height_, out_width_);
          const std::int64_t start = bias_.back() + correction(o, y, x);
          auto& known = seen[static_cast<std::size_t>(o) * classes + border];
          ASSERT_TRUE(known == INT64_MAX || known == start) << "positions of one border class need one start word";
          known = start;
          const std::size_t word = static_cast<std::size_t>(o / case_.rows) * classes + border;
          bits.set((word * static_cast<std::size_t>(case_.rows) + static_cast<std::size_t>(o % case_.rows)) * 32,
                   static_cast<std::uint64_t>(start), 32);
        }
      }
    }
    buffers_.write_words(BufferId::parameters, i_.start, bits.bytes());
  }

  void tile(int first, int rows) {
    i_.out_row = static_cast<std::uint32_t>(first);
    i_.rows = static_cast<std::uint32_t>(rows);
    i_.destination = static_cast<std::uint32_t>(3 + first);
    execute(i_, machine_, buffers_);
    const Buffers& read = buffers_;
    for (int y = first; y < first + rows; ++y) {
      for (int x = 0; x < out_width_; ++x) {
        for (int o = 0; o < case_.out_channels; ++o) {
          std::int64_t expected = bias_[static_cast<std::size_t>(o)];
          each_tap(y, x, [&](int c, int ky, int kx, int row, int column) {
            expected += x_.at(c, row, column) * w_[static_cast<std::size_t>(o)].at(c, ky, kx);
          });
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
  std::vector<Tensor> w_;
  std::vector<std::int64_t> bias_;
  Bits bits_{0};
  XnorInstruction i_;
  int out_height_ = 0, out_width_ = 0, cells_ = 0, groups_ = 0;
};

Case random_case(Random& random) {
  Case c;
  c.m = random.of({1, 2, 4});
  c.rows = random.of({16, 32});
  c.channels =
      static_cast<int>(random.of({std::int64_t{1}, std::int64_t{16 * c.m}, random.in(1, 40), random.in(1, 200)}));
  c.out_channels = static_cast<int>(random.in(1, 40));
  do {
    c.window = random_window(random, 5);
    c.height = static_cast<int>(random.in(1, 9));
    c.width = static_cast<int>(random.in(1, 9));
  } while (!c.window.fits(c.height, c.width));
  return c;
}

TEST(XnorArray, EqualsADirectConvolutionOfBipolarTensorsAtRandomShapes) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Experiment(random_case(random), seed).run();
    if (HasFatalFailure()) return;
  }
}

TEST(XnorArray, TakesTheWeightsThatWereWrittenLast) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Experiment experiment(random_case(random), seed);
    experiment.run();
    experiment.draw_other_weights();
    experiment.run();
    if (HasFatalFailure()) return;
  }
}

TEST(XnorArray, EqualsADirectConvolutionForEveryCountOfUnsignedPlanesWithBipolarWeights) {
  for (int bits = 2; bits <= 8; ++bits) {
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE(testing::Message() << bits << " planes, seed " << seed);
      Random random(seed);
      Case c = random_case(random);
      c.activation_bits = bits;
      c.channels = std::min(c.channels, 60);
      Experiment(c, seed).run();
      if (HasFatalFailure()) return;
    }
  }
}

TEST(XnorArray, EqualsADirectConvolutionForEveryPairOfPlaneCountsAndSigns) {
  for (int activation = 1; activation <= 8; ++activation) {
    for (int weight = 1; weight <= 8; ++weight) {
      for (int signs = 0; signs < 4; ++signs) {
        SCOPED_TRACE(testing::Message() << activation << " x " << weight << " planes, signs " << signs);
        Random random(static_cast<std::uint32_t>(activation * 100 + weight * 10 + signs));
        Case c = random_case(random);
        c.channels = std::min(c.channels, 20);
        c.out_channels = std::min(c.out_channels, 18);
        c.height = std::min(c.height, 4);
        c.width = std::min(c.width, 4);
        if (!c.window.fits(c.height, c.width)) c.window = {};
        c.use_and = true;
        c.activation_bits = activation;
        c.weight_bits = weight;
        c.activation_signed = (signs & 1) != 0;
        c.weight_signed = (signs & 2) != 0;
        Experiment(c, static_cast<std::uint32_t>(signs + 1)).run();
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(XnorArray, TakesWindowsOrTapsWhicheverNeedsFewerSteps) {
  EXPECT_EQ(XnorSteps::of(3, 3, 4, false).steps, 4);  // one window a cell
  EXPECT_TRUE(XnorSteps::of(3, 3, 4, false).windows);
  EXPECT_EQ(XnorSteps::of(1, 1, 18, false).steps, 2);  // nine cells of the tap at once
  EXPECT_FALSE(XnorSteps::of(1, 1, 18, false).windows);
  EXPECT_EQ(XnorSteps::of(3, 3, 4, true).steps, 9);   // dilation: tap by tap
  EXPECT_EQ(XnorSteps::of(5, 5, 1, false).steps, 4);  // four windows cover 5x5
  EXPECT_EQ(XnorSteps::of(1, 1, 1, false).steps, 1);
  EXPECT_TRUE(XnorSteps::of(1, 1, 1, false).windows) << "a tie goes to windows";
}

TEST(XnorArray, OccupiesPixelsTimesGroupsTimesPlanePairsTimesSteps) {
  XnorInstruction i;
  i.kernel_h = i.kernel_w = 3;
  i.cells = 2;
  i.rows = 2;
  i.out_width = 32;
  i.groups = 2;
  EXPECT_EQ(occupancy(i, XnorArrayParameters{}), 2 * 32 * 2 * 2);
  i.activation_bits = 2;
  i.weight_bits = 3;
  EXPECT_EQ(occupancy(i, XnorArrayParameters{}), 2 * 32 * 2 * 2 * 6);
}

TEST(XnorArray, WritesAWordDepthCyclesAfterItsLastStepAndTheLastOneAtItsEnd) {
  XnorInstruction i;
  i.kernel_h = i.kernel_w = 3;
  i.cells = 5;
  i.rows = 2;
  i.out_width = 7;
  i.groups = 3;
  i.activation_bits = 2;
  XnorArrayParameters p;
  p.depth = 20;
  EXPECT_EQ(written(i, p, 0), 2 * 5 - 1 + 20);
  EXPECT_EQ(written(i, p, 1), 2 * (2 * 5) - 1 + 20);
  EXPECT_EQ(written(i, p, 2 * 7 * 3 - 1), occupancy(i, p) - 1 + 20);
}

TEST(XnorArray, AnAccumulatorWrapsAroundAtItsWidth) {
  for (const int width : {12, 16, 24, 32}) {
    MachineParameters machine = make_machine({16, 3, 16, 8, 16});
    machine.xnor_array.accumulator = width;
    Buffers buffers;
    buffers.configure(machine, false);
    XnorInstruction i;
    i.in_height = i.in_width = i.out_height = i.out_width = i.rows = i.cells = i.map_cells = 1;
    i.last_cell_channels = 15;
    i.start = static_cast<std::uint32_t>(machine.buffer(BufferId::parameters).depth);
    // Activation and weight bits are all 0: XNOR counts the 144 bits of the operand, a pair weighs 2.
    const auto start = static_cast<std::int32_t>((std::int64_t{1} << (width - 1)) - 1 - 100);
    std::vector<std::uint8_t> word(static_cast<std::size_t>(machine.buffer(BufferId::parameters).width / 8));
    for (std::size_t byte = 0; byte < word.size(); ++byte)
      word[byte] = static_cast<std::uint8_t>(static_cast<std::uint32_t>(start) >> byte % 4 * 8);
    buffers.write_words(BufferId::parameters, i.start, word);
    execute(i, machine, buffers);
    const std::int64_t sum = std::int64_t{start} + 2 * 144, wrapped = sum - (std::int64_t{1} << width);
    for (const std::int32_t value : buffers.accumulators(0, 1).first(16)) EXPECT_EQ(value, wrapped) << width << " bits";
  }
}

}  // namespace
}  // namespace blendsim::test
