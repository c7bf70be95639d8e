// SPDX-License-Identifier: Apache-2.0
// Real trained networks: the lowered integers give the scores and classes that others' implementations printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/diagnostic.h"
#include "network/integer_network.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

const std::string models = std::string(BLENDSIM_SHARED) + "/models/";

bool absent(const std::string& file) { return !std::filesystem::exists(models + file); }

std::vector<float> run(const IntegerNetwork& net, const FloatArray& x, std::size_t output = 0) {
  const TensorValues values = execute(net, quantize_input(net.input, x));
  return finish_output(net.outputs[output], values[static_cast<std::size_t>(net.output_tensors[output])]).values;
}

FloatArray image(const IntArray& batch, std::size_t index, const Shape& shape, float divisor) {
  FloatArray x{shape, {}};
  const auto size = static_cast<std::size_t>(element_count(shape));
  for (std::size_t i = 0; i < size; ++i)
    x.values.push_back(static_cast<float>(batch.values[index * size + i]) / divisor);
  return x;
}

class CnvTest : public ::testing::TestWithParam<const char*> {};

TEST_P(CnvTest, ScoresEqualTheFpgaOnAllImages) {
  if (absent(GetParam())) GTEST_SKIP() << models << " is absent";
  const IntegerNetwork net = load_network(models + GetParam());
  for (const Layer& layer : net.layers) EXPECT_TRUE(layer.exactness.exact) << layer.name;
  const std::vector<std::pair<const char*, std::vector<float>>> golden = {
      {"deer_u8.npy", {234, 231, 265, 248, 410, 257, 224, 262, 226, 233}},
      {"car_u8.npy", {258, 417, 233, 206, 238, 215, 222, 238, 236, 249}}};
  for (const auto& [file, scores] : golden) {
    EXPECT_EQ(run(net, image(read_int_npy(models + file), 0, {1, 3, 32, 32}, 255)), scores) << file;
  }
  const IntArray images = read_int_npy(models + "cifar10_test_first20_u8.npy");
  const IntArray expected = read_int_npy(models + "cnv_w1a1_first20_scores.npy");
  for (std::size_t i = 0; i < 20; ++i) {
    const auto scores = run(net, image(images, i, {1, 3, 32, 32}, 255));
    ASSERT_EQ(scores.size(), 10U);
    for (std::size_t k = 0; k < 10; ++k)
      EXPECT_EQ(static_cast<std::int64_t>(scores[k]), expected.values[i * 10 + k]) << i;
  }
}

TEST_P(CnvTest, BecomesNineConvolutionsWithThresholdsBetween) {
  if (absent(GetParam())) GTEST_SKIP() << models << " is absent";
  const IntegerNetwork net = load_network(models + GetParam());
  int convolutions = 0, binary = 0, codes = 0, pools = 0;
  std::int64_t macs = 0;
  for (const Layer& layer : net.layers) {
    macs += layer_macs(net, layer);
    convolutions += std::holds_alternative<Convolution>(layer.work) ? 1 : 0;
    binary += layer_is_binary(net, layer) ? 1 : 0;
    pools += std::holds_alternative<Pooling>(layer.work) ? 1 : 0;
    if (const auto* post = std::get_if<PostProcessing>(&layer.work)) codes += post->code != no_tensor ? 1 : 0;
  }
  EXPECT_EQ(convolutions, 9);
  EXPECT_EQ(binary, 8);
  EXPECT_EQ(codes, 8);
  EXPECT_EQ(pools, 2);
  EXPECT_EQ(net.layers.size(), 9U + 8U + 2U + 1U);  // the last accumulator is copied for the host
  EXPECT_NEAR(static_cast<double>(macs), 59.46e6, 0.01e6);
  EXPECT_EQ(net.tensor(net.output_tensors[0]).format, Format::signed_bits(16));
}

TEST_P(CnvTest, OneImageExecutesWithinASecond) {
  if (absent(GetParam())) GTEST_SKIP() << models << " is absent";
  const IntegerNetwork net = load_network(models + GetParam());
  const FloatArray x = image(read_int_npy(models + "deer_u8.npy"), 0, {1, 3, 32, 32}, 255);
  const auto start = std::chrono::steady_clock::now();
  (void)run(net, x);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
            5.0);  // shared hosts are slow
}

INSTANTIATE_TEST_SUITE_P(Dialects, CnvTest, ::testing::Values("cnv_w1a1_qonnx.onnx", "cnv_w1a1_finn.onnx"));

TEST(LowerModels, BothDialectsOfCnvGiveTheSameThresholds) {
  if (absent("cnv_w1a1_finn.onnx")) GTEST_SKIP() << models << " is absent";
  const IntegerNetwork a = load_network(models + "cnv_w1a1_qonnx.onnx"),
                       b = load_network(models + "cnv_w1a1_finn.onnx");
  const FloatArray x = image(read_int_npy(models + "deer_u8.npy"), 0, {1, 3, 32, 32}, 255);
  const TensorValues va = execute(a, quantize_input(a.input, x)), vb = execute(b, quantize_input(b.input, x));
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    for (std::size_t j = 0; j < b.tensors.size(); ++j) {
      if (a.tensors[i].format.is_bipolar() && a.tensors[i].name == b.tensors[j].name) {
        EXPECT_EQ(va[i], vb[j]) << a.tensors[i].name;
      }
    }
  }
}

TEST(LowerModels, TfcInFinnDialectGivesFinnsOwnClasses) {
  if (absent("tfc_w1a1_finn.onnx")) GTEST_SKIP() << models << " is absent";
  const IntegerNetwork net = load_network(models + "tfc_w1a1_finn.onnx");
  const IntArray expected = read_int_npy(models + "tfc_w1a1_expected_class.npy");
  const InputArray input = read_input(models + "tfc_w1a1_input.npy");
  for (std::size_t i = 0; i < 4; ++i) {
    FloatArray x{{1, 1, 28, 28}, {}};
    x.values.assign(input.array.values.begin() + static_cast<std::ptrdiff_t>(i * 784),
                    input.array.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * 784));
    EXPECT_EQ(run(net, x), std::vector<float>{static_cast<float>(expected.values[i])});
  }
  EXPECT_EQ(net.input.channels, 784);
}

TEST(LowerModels, TfcInQonnxDialectGivesTheSameClasses) {
  if (absent("tfc_w1a1_qonnx.onnx")) GTEST_SKIP() << models << " is absent";
  const IntegerNetwork net = load_network(models + "tfc_w1a1_qonnx.onnx");
  const IntArray expected = read_int_npy(models + "tfc_w1a1_expected_class.npy");
  const InputArray input = read_input(models + "tfc_w1a1_input.npy");
  for (std::size_t i = 0; i < 4; ++i) {
    FloatArray x{{1, 1, 28, 28}, {}};
    for (std::size_t k = 0; k < 784; ++k) x.values.push_back(input.array.values[i * 784 + k] / 255.0F);
    const auto logits = run(net, x);
    ASSERT_EQ(logits.size(), 10U);
    EXPECT_EQ(std::max_element(logits.begin(), logits.end()) - logits.begin(), expected.values[i]);
  }
}

TEST(LowerModels, KeywordSpottingGivesTheQonnxExecutorsClasses) {
  if (absent("kws_w3a3_qonnx.onnx")) GTEST_SKIP() << models << " is absent";
  const IntegerNetwork net = load_network(models + "kws_w3a3_qonnx.onnx");
  const IntArray samples = read_int_npy(models + "kws_first200_i8.npy");
  const IntArray expected = read_int_npy(models + "kws_first200_expected_class.npy");
  for (std::size_t i = 0; i < 200; ++i) {
    FloatArray x{{1, 1, 10, 49}, {}};
    for (std::size_t k = 0; k < 490; ++k)
      x.values.push_back(static_cast<float>(samples.values[i * 490 + k]) * 0.33674246F);
    const auto logits = run(net, x);
    ASSERT_EQ(logits.size(), 12U);
    EXPECT_EQ(std::max_element(logits.begin(), logits.end()) - logits.begin(), expected.values[i]) << i;
  }
}

TEST(LowerModels, AResidualBlockWithoutQuantisersIsRefusedByName) {
  if (absent("residual_block_qonnx.onnx")) GTEST_SKIP() << models << " is absent";
  try {
    (void)load_network(models + "residual_block_qonnx.onnx");
    FAIL() << "it was accepted";
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code.name(), "not-quantised");
    EXPECT_EQ(error.diagnostics().front().place.node, "Conv_0");
  }
}

}  // namespace
}  // namespace blendsim
