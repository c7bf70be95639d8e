// SPDX-License-Identifier: Apache-2.0
// The lowered model in ONNX Runtime against the reference executor, bit for bit, at two optimisation levels with one
// and two threads.
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/diagnostic.h"
#include "export_networks.h"
#include "export_support.h"
#include "network/tensor_file_name.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using test::Folder;
using test::HandBuilt;
using test::Outcome;
using Kind = Pooling::Kind;
using Place = PostProcessing::ActivationPlace;

const Format int8 = Format::signed_bits(8);
const Format uint8 = Format::unsigned_bits(8);
const Format bipolar = Format::bipolar();

Outcome compare(const IntegerNetwork& net, const std::vector<std::int32_t>& input, const Folder& folder) {
  export_lowered(net, folder / "lowered.onnx");
  write_tensor_files(net, execute(net, input), folder.path());
  return test::run_script("compare.mjs", "--lowered " + (folder / "lowered.onnx") + " --tensors " + folder.path());
}

void expect_equal(HandBuilt& hand, const std::vector<std::int32_t>& input) {
  const Folder folder;
  const Outcome outcome = compare(hand.net, input, folder);
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  const std::string tensors = std::to_string(hand.net.tensors.size() - 1) + " tensors, 4 runs: all equal";
  EXPECT_NE(outcome.text.find(tensors), std::string::npos) << outcome.text;
}

int count_nodes(const std::string& path, const std::string& op) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(test::read_bytes(path)));
  int count = 0;
  for (const auto& node : model.graph().node()) count += node.op_type() == op ? 1 : 0;
  return count;
}

PostProcessing sum_of(TensorId a, TensorId b) {
  PostProcessing work;
  work.a = a;
  work.b = b;
  return work;
}

std::string refusal(const IntegerNetwork& net) {
  const Folder folder;
  try {
    export_lowered(net, folder / "lowered.onnx");
  } catch (const DiagnosticError& error) {
    EXPECT_FALSE(std::filesystem::exists(folder / "lowered.onnx"));
    return error.what();
  }
  return "written";
}

TEST(ExportLowered, ConvolutionsOfEveryShapeAreExact) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(8, 9, 7, int8);
  const Window same{.kernel_h = 3, .kernel_w = 3, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  Window strided = same;
  strided.stride_h = strided.stride_w = 2;
  hand.convolution(0, 5, {}, 1, int8);
  hand.convolution(0, 16, same, 1, int8);
  hand.convolution(0, 3, strided, 1, Format::signed_bits(2));
  hand.convolution(0, 4, same, 1, uint8);
  hand.convolution(0, 6, {.kernel_h = 3, .kernel_w = 2, .stride_w = 3, .pad_top = 2, .pad_right = 1}, 1, int8);
  const Window dilated{.kernel_h = 3, .kernel_w = 3, .dilation_h = 2, .dilation_w = 3, .pad_left = 3, .pad_right = 2};
  hand.convolution(0, 4, dilated, 1, int8);
  hand.convolution(0, 12, same, 4, int8);
  hand.convolution(0, 8, strided, 8, int8);
  hand.convolution(0, 8, same, 1, bipolar);
  hand.convolution(0, 10, {.kernel_h = 9, .kernel_w = 7}, 1, int8);
  expect_equal(hand, hand.random_input());
}

TEST(ExportLowered, PaddingOfSignsContributesZero) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(20, 5, 6, bipolar);
  const Window same{.kernel_h = 3, .kernel_w = 3, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  Window strided = same;
  strided.stride_h = strided.stride_w = 2;
  hand.convolution(0, 7, same, 1, bipolar);
  hand.convolution(0, 7, strided, 1, bipolar);
  const Window wide{.kernel_h = 5, .kernel_w = 5, .pad_top = 4, .pad_left = 4, .pad_bottom = 4, .pad_right = 4};
  hand.convolution(0, 20, wide, 20, bipolar);
  expect_equal(hand, hand.random_input());
}

TEST(ExportLowered, PaddingWithAZeroPointIsRealZero) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(3, 6, 6, uint8, 113);
  const Window same{.kernel_h = 3, .kernel_w = 3, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  hand.convolution(0, 5, same, 1, int8);
  hand.pool(0, Kind::sum, same);
  hand.pool(0, Kind::sum, same, 36);
  hand.pool(0, Kind::max, same);
  expect_equal(hand, hand.random_input());
}

TEST(ExportLowered, MapsOfOnePixelAreDenseLayers) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(70, 1, 1, int8);
  const TensorId sums = hand.convolution(0, 11, {}, 1, int8);
  hand.pool(sums, Kind::max, {});
  hand.pool(0, Kind::sum, {});
  const Window same{.kernel_h = 3, .kernel_w = 3, .pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
  hand.convolution(0, 4, same, 1, int8);
  expect_equal(hand, hand.random_input());
}

// 255 * (518 * 127 + 7) = 2^24 - 1; one more unit of weight exceeds what float32 sums exactly.
TEST(ExportLowered, SumsAreCutExactlyWhereTheyReach2To24) {
  for (const int last : {7, 8}) {
    HandBuilt hand(519, 1, 1, uint8);
    std::vector<std::int16_t> weights(519, 127);
    weights.back() = static_cast<std::int16_t>(last);
    hand.convolution(0, 1, {}, 1, int8, weights);
    const Folder folder;
    export_lowered(hand.net, folder / "lowered.onnx");
    EXPECT_EQ(count_nodes(folder / "lowered.onnx", "Conv"), last == 7 ? 1 : 2);
    if (test::onnx_runtime_present()) expect_equal(hand, std::vector<std::int32_t>(519, 255));
  }
}

TEST(ExportLowered, SumsBeyond2To24AreCutOverChannelsGroupsAndTaps) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt wide(1200, 2, 2, uint8);
  wide.convolution(0, 3, {}, 1, int8, std::vector<std::int16_t>(3600, 127));
  wide.convolution(0, 4, {}, 2, int8, std::vector<std::int16_t>(2400, -127));
  wide.convolution(0, 5, {.kernel_h = 2, .kernel_w = 2}, 1, uint8);
  std::vector<std::int32_t> input(4800, 255);
  input[17] = 254;
  input[4001] = 1;
  expect_equal(wide, input);

  HandBuilt tall(2, 40, 40, uint8);
  tall.convolution(0, 2, {.kernel_h = 40, .kernel_w = 40}, 1, int8, std::vector<std::int16_t>(6400, 127));
  tall.convolution(0, 2, {.kernel_h = 40, .kernel_w = 39, .pad_left = 5, .pad_right = 3}, 2, int8);
  std::vector<std::int32_t> ones(3200, 255);
  ones[5] = 254;
  expect_equal(tall, ones);
}

TEST(ExportLowered, RequantisationRoundsAndSaturatesInEveryMode) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(9, 4, 5, Format::signed_bits(16));
  for (const Rounding rounding : {Rounding::half_even, Rounding::floor, Rounding::half_up}) {
    for (const int shift : {0, 1, 5, 12, 23}) {
      PostProcessing work;
      work.a = 0;
      work.q1 = hand.affine(9, std::max(shift, 3), shift, -128, 127, rounding);
      hand.post(work, -128, 127, true);
      work.q1 = hand.affine(9, std::max(shift, 3), shift, 0, 255, rounding);
      hand.post(work, 0, 255, true, &bipolar);
    }
    PostProcessing far;
    far.a = 0;
    far.q1 = hand.affine(9, 24, 47, -100, 100, rounding);
    hand.post(far, -100, 100, true);
  }
  std::vector<std::int32_t> input = hand.random_input();
  for (int i = 0; i < 60; ++i) input[static_cast<std::size_t>(3 * i)] = i - 30;  // where ties and signs are
  expect_equal(hand, input);
}

TEST(ExportLowered, JoinAndActivationApplyInTheStatedOrder) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(6, 5, 4, int8);
  const TensorId main = hand.convolution(0, 6, {}, 1, int8);
  const TensorId skip = hand.convolution(0, 6, {}, 1, Format::signed_bits(4));
  Activation leaky;
  for (int c = 0; c < 6; ++c) {
    leaky.slope.push_back(c == 0 ? 0 : c == 1 ? -70000 : hand.uniform(-3000, 3000));
    leaky.shift.push_back(static_cast<std::uint8_t>(c * 3));
  }
  leaky.lo = -5000;
  leaky.hi = 6000;
  for (const Place place : {Place::none, Place::after_q1, Place::after_join}) {
    for (const int present : {0, 1, 2, 3, 4, 5, 6, 7}) {
      PostProcessing work;
      work.a = main;
      work.b = skip;
      work.activation_place = place;
      if (place != Place::none) work.activation = leaky;
      if ((present & 1) != 0) work.q1 = hand.affine(6, 12, 10, -32768, 32767, Rounding::half_even);
      if ((present & 2) != 0) work.q2 = hand.affine(6, 12, 9, -32768, 32767, Rounding::half_even);
      if ((present & 4) != 0) work.q3 = hand.affine(6, 8, 12, -128, 127, Rounding::half_even);
      const std::int64_t bound = (present & 4) != 0 ? 128 : std::int64_t{1} << 30;
      hand.post(work, -bound, bound, true, &bipolar);
    }
  }
  PostProcessing alone;
  alone.a = main;
  alone.activation_place = Place::after_q1;
  alone.activation = leaky;
  hand.post(alone, leaky.lo, leaky.hi, true);
  expect_equal(hand, hand.random_input());
}

TEST(ExportLowered, CodesByThresholdsCountInBothDirections) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(9, 4, 4, int8);
  const TensorId sums = hand.convolution(0, 9, {}, 1, int8);
  const std::int64_t reach = hand.net.tensor(sums).hi;
  PostProcessing work;
  work.a = sums;
  hand.post(work, -reach, reach, true, &bipolar);  // the sum itself and its sign
  work.thresholds = hand.thresholds(9, 1, -reach, reach);
  hand.post(work, 0, 0, false, &bipolar);
  for (const int bits : {1, 2, 3, 4}) {
    for (const std::int64_t base : {0, -3}) {
      const Format code = base == 0 ? Format::unsigned_bits(bits) : Format::signed_bits(bits + 2);
      work.thresholds = hand.thresholds(9, (1 << bits) - 1, -reach, reach, base);
      hand.post(work, 0, 0, false, &code);
    }
  }
  PostProcessing both;
  both.a = sums;
  both.q1 = hand.affine(9, 8, 12, -40, 90, Rounding::half_even);
  both.thresholds = hand.thresholds(9, 3, -40, 90);
  const Format two = Format::unsigned_bits(2);
  hand.post(both, -40, 90, true, &two);
  expect_equal(hand, hand.random_input());
}

// hi + 1 = 2^31 has no int32: compared as int64.
TEST(ExportLowered, ThresholdsBeyond32BitsAreCompared) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(4, 2, 3, Format::signed_bits(32));
  PostProcessing work;
  work.a = 0;
  work.thresholds = Thresholds{1, {2147483648, -2147483648, 2147483647, 5}, {1, 1, 0, 0}, 0};
  hand.post(work, 0, 0, false, &bipolar);
  hand.post(sum_of(0, 0), 0, 0, false, &bipolar);
  std::vector<std::int32_t> input(24);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = i % 2 == 0 ? INT32_MAX : INT32_MIN;
  input[20] = 5;
  input[21] = 4;
  expect_equal(hand, input);
}

TEST(ExportLowered, PoolingIgnoresWhatLiesOutside) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(5, 7, 8, int8);
  const Window two{.kernel_h = 2, .kernel_w = 2, .stride_h = 2, .stride_w = 2};
  const Window padded{.kernel_h = 3,
                      .kernel_w = 3,
                      .stride_h = 2,
                      .stride_w = 2,
                      .pad_top = 1,
                      .pad_left = 1,
                      .pad_bottom = 1,
                      .pad_right = 1};
  const Window uneven{.kernel_h = 2, .kernel_w = 3, .stride_h = 1, .stride_w = 2, .pad_top = 1, .pad_right = 2};
  const Window dilated{.kernel_h = 2, .kernel_w = 2, .dilation_h = 3, .dilation_w = 2, .pad_top = 2, .pad_bottom = 2};
  const Window whole{.kernel_h = 7, .kernel_w = 8};
  for (const Window& window : {two, padded, uneven, dilated, whole}) {
    hand.pool(0, Kind::max, window);
    hand.pool(0, Kind::sum, window);
  }
  hand.pool(0, Kind::max, two, 0, 4, 4);  // ceil_mode: the last row's window is cut
  hand.pool(0, Kind::sum, two, 0, 4, 4);
  hand.pool(0, Kind::sum, two, 4, 4, 4);  // ... and divided by what lies inside
  hand.pool(0, Kind::sum, padded, 36);
  expect_equal(hand, hand.random_input());

  HandBuilt signs(6, 5, 5, bipolar);
  signs.pool(0, Kind::max, padded);
  signs.pool(0, Kind::sum, padded);
  std::vector<std::int32_t> negative(150, -1);
  negative[30] = 1;
  expect_equal(signs, negative);
}

TEST(ExportLowered, PoolingOfWideIntegersIsExact) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt wide(2, 4, 4, Format::signed_bits(32));
  wide.pool(0, Kind::max, {.kernel_h = 2, .kernel_w = 2, .pad_top = 1, .pad_left = 1});
  std::vector<std::int32_t> input(32, 2147483646);
  input[3] = 2147483647;
  input[20] = -2147483647 - 1;
  expect_equal(wide, input);

  HandBuilt halves(3, 32, 32, Format::signed_bits(16));
  halves.pool(0, Kind::sum, {.kernel_h = 32, .kernel_w = 32});
  std::vector<std::int32_t> large(3072, 32767);
  large[4] = 32766;
  large[2999] = -32768;
  expect_equal(halves, large);
}

TEST(ExportLowered, ConcatenationKeepsTheOrder) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(3, 4, 4, int8);
  const TensorId a = hand.pool(0, Kind::max, {.kernel_h = 2, .kernel_w = 2, .pad_top = 1, .pad_left = 1});
  hand.convolution(hand.concat({a, 0, a}), 4, {}, 1, int8);
  expect_equal(hand, hand.random_input());
}

TEST(ExportLowered, RandomNetworksAreExact) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  for (unsigned seed = 1; seed <= 12; ++seed) {
    HandBuilt hand(1 + static_cast<int>(seed) % 5, 8, 7, seed % 3 == 0 ? uint8 : int8, seed % 3 == 0 ? 31 : 0, seed);
    TensorId x = 0;
    for (int depth = 0; depth < 4; ++depth) {
      const int kernel = hand.uniform(1, 3);
      const int pad = hand.uniform(0, kernel - 1);
      const int stride = hand.uniform(1, 2);
      const Window window{.kernel_h = kernel, .kernel_w = 1, .stride_w = stride, .pad_top = pad, .pad_left = 1};
      const int channels = hand.uniform(1, 9);
      const TensorId sums = hand.convolution(x, channels, window, 1, Format::signed_bits(hand.uniform(2, 8)));
      PostProcessing work;
      work.a = sums;
      work.q1 = hand.affine(channels, 10, 14, -128, 127, static_cast<Rounding>(hand.uniform(0, 2)));
      work.thresholds = hand.thresholds(channels, 7, -128, 127);
      const Format code = Format::unsigned_bits(3);
      const PostProcessing& post = hand.post(work, -128, 127, true, &code);
      x = hand.uniform(0, 1) != 0 ? post.fixed : post.code;
    }
    expect_equal(hand, hand.random_input());
  }
}

TEST(ExportLowered, TheSameNetworkGivesTheSameBytes) {
  const auto build = [](const std::string& path) {
    HandBuilt hand(4, 4, 4, int8);
    hand.convolution(0, 4, {}, 1, int8);
    export_lowered(hand.net, path);
    return test::read_bytes(path);
  };
  const Folder folder;
  EXPECT_EQ(build(folder / "a.onnx"), build(folder / "b.onnx"));
}

TEST(ExportLowered, WhatCannotBeProvenIsRefusedByName) {
  HandBuilt weights(4, 2, 2, int8);
  weights.convolution(0, 1, {}, 1, Format::signed_bits(16), {1, 2, 300, 4});
  EXPECT_NE(refusal(weights.net).find("export-bound"), std::string::npos);
  EXPECT_NE(refusal(weights.net).find("layer/0 Conv"), std::string::npos);

  HandBuilt wide(2, 4, 4, Format::signed_bits(32));
  wide.pool(0, Kind::sum, {.kernel_h = 2, .kernel_w = 2});
  EXPECT_NE(refusal(wide.net).find("export-bound"), std::string::npos);

  HandBuilt far(2, 2, 2, Format::signed_bits(32));
  PostProcessing work;
  work.a = 0;
  work.q1 = Affine{{1 << 22, 3}, {0, 0}, {30, 30}, -128, 127, Rounding::half_even};  // 2^31 * 2^22 = 2^53
  far.post(work, -128, 127, true);
  EXPECT_NE(refusal(far.net).find("2^53"), std::string::npos);
  work.q1->multiplier[0] = (1 << 22) - 1;
  std::get<PostProcessing>(far.net.layers[0].work).q1 = work.q1;
  EXPECT_EQ(refusal(far.net), "written");

  HandBuilt join(2, 2, 2, Format::signed_bits(32));
  join.post(sum_of(0, 0), INT32_MIN, INT32_MAX, true);
  EXPECT_NE(refusal(join.net).find("32 bits"), std::string::npos);
}

TEST(CompareScript, FailsOnADifferenceAMissingFileAndNothingToCompare) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  HandBuilt hand(3, 2, 2, int8);
  const TensorId sums = hand.convolution(0, 2, {}, 1, int8);
  const Folder folder;
  ASSERT_EQ(compare(hand.net, hand.random_input(), folder).status, 0);
  const std::string arguments = "--lowered " + (folder / "lowered.onnx") + " --tensors " + folder.path();
  const std::string file = folder / tensor_file_name(hand.net.tensor(sums).name);

  IntArray values = read_int_npy(file);
  values.values[5] += 1;
  write_npy(file, values);
  const Outcome differs = test::run_script("compare.mjs", arguments);
  EXPECT_EQ(differs.status, 4);
  EXPECT_NE(differs.text.find("at 5:"), std::string::npos) << differs.text;

  std::filesystem::remove(file);
  EXPECT_EQ(test::run_script("compare.mjs", arguments).status, 1);
  EXPECT_EQ(test::run_script("compare.mjs", arguments + " --level all").status, 2);
  std::ofstream(folder / "tensors.json") << "[]";
  EXPECT_EQ(test::run_script("original.mjs", "--model " + (folder / "lowered.onnx") + " --tensors " + folder.path() +
                                                 " --input " + (folder / "input.npy"))
                .status,
            1);
}

TEST(TensorFileName, UnsafeBytesArePercentEncoded) {
  EXPECT_EQ(tensor_file_name("stage1.block2.out"), "stage1.block2.out.npy");
  EXPECT_EQ(tensor_file_name("/layer1/conv:0 %"), "%2Flayer1%2Fconv%3A0%20%25.npy");
  EXPECT_EQ(tensor_file_name("../x"), "%2E.%2Fx.npy");
}

}  // namespace
}  // namespace blendsim
