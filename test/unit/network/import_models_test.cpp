// SPDX-License-Identifier: Apache-2.0
// Real trained networks: they import, normalise, and evaluate to what others' implementations printed.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "base/diagnostic.h"
#include "unit/network/onnx_builder.h"

namespace blendsim::test {
namespace {

const std::string models = std::string(BLENDSIM_SHARED) + "/models/";

#define REQUIRE_MODELS() \
  if (!std::filesystem::exists(models)) GTEST_SKIP() << "the folder " << models << " with trained networks is absent"

const std::set<std::string> canonical_operators = {"Quant",   "Bipolar",   "Sign",        "MultiThreshold",
                                                   "Trunc",   "Conv",      "MatMul",      "BatchNormalization",
                                                   "Add",     "Sub",       "Mul",         "Div",
                                                   "Pow",     "Relu",      "PRelu",       "Clip",
                                                   "Sigmoid", "MaxPool",   "AveragePool", "Concat",
                                                   "Reshape", "Transpose", "Softmax",     "ArgMax",
                                                   "TopK"};

FloatArray scaled(FloatArray x, float divisor) {
  for (float& v : x.values) v /= divisor;
  return x;
}

FloatArray image(const FloatArray& batch, std::int64_t n, Shape shape) {
  const auto size = static_cast<std::ptrdiff_t>(element_count(shape));
  const auto first = batch.values.begin() + n * size;
  return {std::move(shape), std::vector<float>(first, first + size)};
}

std::int64_t arg_max(const FloatArray& y) {
  return std::max_element(y.values.begin(), y.values.end()) - y.values.begin();
}

TEST(Models, AllNormaliseToTheCanonicalOperatorsAndKeepTheirTensorNames) {
  REQUIRE_MODELS();
  for (const char* file : {"cnv_w1a1_qonnx", "cnv_w1a1_finn", "tfc_w1a1_qonnx", "tfc_w1a1_finn", "kws_w3a3_qonnx",
                           "residual_block_qonnx"}) {
    SCOPED_TRACE(file);
    const Graph imported = import_onnx(models + file + ".onnx");
    const Graph graph = normalise(imported);
    for (const Node& node : graph.nodes) {
      EXPECT_TRUE(canonical_operators.contains(node.op)) << node.op;
      EXPECT_FALSE(node.origin.empty());
      for (const std::string& output : node.outputs) {
        EXPECT_TRUE(output.empty() || graph.shapes.contains(output)) << output;
      }
    }
    EXPECT_EQ(graph.outputs, imported.outputs);
  }
}

class Cnv : public ::testing::TestWithParam<const char*> {};

TEST_P(Cnv, GivesTheScoresReadBackFromTheBoard) {
  REQUIRE_MODELS();
  const Graph graph = normalise(import_onnx(models + GetParam()));
  const FloatArray deer = scaled(read_input(models + "deer_u8.npy").array, 255);
  const FloatArray car = scaled(read_input(models + "car_u8.npy").array, 255);
  EXPECT_THAT(evaluate(graph, image(deer, 0, {1, 3, 32, 32})).at("out").values,
              ::testing::ElementsAre(234, 231, 265, 248, 410, 257, 224, 262, 226, 233));
  EXPECT_THAT(evaluate(graph, image(car, 0, {1, 3, 32, 32})).at("out").values,
              ::testing::ElementsAre(258, 417, 233, 206, 238, 215, 222, 238, 236, 249));
}

TEST_P(Cnv, GivesTheScoresOfAnIndependentExecutor) {
  REQUIRE_MODELS();
  const Graph graph = normalise(import_onnx(models + GetParam()));
  const FloatArray images = scaled(read_input(models + "cifar10_test_first20_u8.npy").array, 255);
  const FloatArray scores = read_input(models + "cnv_w1a1_first20_scores.npy").array;
  for (std::int64_t n = 0; n < 4; ++n) {
    EXPECT_EQ(evaluate(graph, image(images, n, {1, 3, 32, 32})).at("out"), image(scores, n, {1, 10}));
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, Cnv, ::testing::Values("cnv_w1a1_qonnx.onnx", "cnv_w1a1_finn.onnx"));

TEST(Models, TfcInFinnDialectGivesTheClassesThatFinnExpects) {
  REQUIRE_MODELS();
  const Graph graph = normalise(import_onnx(models + "tfc_w1a1_finn.onnx"));
  const FloatArray digits = read_input(models + "tfc_w1a1_input.npy").array;
  std::vector<float> classes;
  for (std::int64_t n = 0; n < 4; ++n) {
    classes.push_back(evaluate(graph, image(digits, n, {1, 1, 28, 28})).at("global_out").values.at(0));
  }
  EXPECT_THAT(classes, ::testing::ElementsAre(7, 2, 1, 0));
}

TEST(Models, TfcInBothDialectsHasEqualLogits) {
  REQUIRE_MODELS();
  const Graph finn = normalise(import_onnx(models + "tfc_w1a1_finn.onnx"));
  const Graph qonnx = normalise(import_onnx(models + "tfc_w1a1_qonnx.onnx"));
  const FloatArray digits = read_input(models + "tfc_w1a1_input.npy").array;
  const std::int64_t classes[] = {7, 2, 1, 0};
  for (std::int64_t n = 0; n < 4; ++n) {
    const FloatArray digit = image(digits, n, {1, 1, 28, 28});
    const FloatArray logits = evaluate(qonnx, scaled(digit, 255)).at("74");
    EXPECT_EQ(logits.values, evaluate(finn, digit).at("Add_0_out0").values);
    EXPECT_EQ(arg_max(logits), classes[n]);
  }
}

TEST(Models, KeywordSpottingGivesTheClassesOfTheQonnxExecutor) {
  REQUIRE_MODELS();
  const Graph graph = normalise(import_onnx(models + "kws_w3a3_qonnx.onnx"));
  FloatArray words = read_input(models + "kws_first200_i8.npy").array;
  for (float& v : words.values) v *= 0.33674246F;
  const IntArray classes = read_int_npy(models + "kws_first200_expected_class.npy");
  for (std::int64_t n = 0; n < 40; ++n) {
    const FloatArray logits = evaluate(graph, image(words, n, {1, 1, 10, 49})).at("70");
    EXPECT_EQ(arg_max(logits), classes.values[static_cast<std::size_t>(n)]) << n;
  }
}

TEST(Models, NormalisingChangesNoTensor) {
  REQUIRE_MODELS();
  for (const char* file : {"tfc_w1a1_qonnx", "tfc_w1a1_finn", "kws_w3a3_qonnx", "residual_block_qonnx"}) {
    SCOPED_TRACE(file);
    const Graph imported = import_onnx(models + file + ".onnx");
    FloatArray x{imported.inputs[0].shape, {}};
    for (std::int64_t i = 0; i < element_count(x.shape); ++i)
      x.values.push_back(static_cast<float>(i * 37 % 101) / 101);
    const auto before = evaluate(imported, x), after = evaluate(normalise(imported), x);
    int common = 0;
    for (const auto& [name, value] : after) {
      const auto found = before.find(name);
      if (found == before.end()) continue;
      EXPECT_EQ(found->second, value) << name;
      ++common;
    }
    EXPECT_GT(common, 5);
  }
}

TEST(Models, WeightsBehindTransposeAreQuantisersOfTheTransposedConstant) {
  REQUIRE_MODELS();
  const Graph graph = normalise(import_onnx(models + "kws_w3a3_qonnx.onnx"));
  int found = 0;
  for (const Node& node : graph.nodes) {
    EXPECT_NE(node.op, "Transpose");
    if (node.op != "Quant" || node.outputs[0] != "33") continue;
    ++found;
    EXPECT_EQ(graph.constant(node.inputs[0])->shape, (Shape{490, 256}));
    EXPECT_EQ(std::get<Constant>(node.attributes.at("scale")).shape, (Shape{1, 256}));
  }
  EXPECT_EQ(found, 1);
}

TEST(Models, ShapeChainsAreFoldedIntoOneReshape) {
  REQUIRE_MODELS();
  const Graph graph = import_onnx(models + "tfc_w1a1_qonnx.onnx");
  ASSERT_FALSE(graph.nodes.empty());
  EXPECT_EQ(graph.nodes[0].op, "Reshape");
  EXPECT_EQ(graph.shapes.at("31"), (Shape{1, 784}));
}

}  // namespace
}  // namespace blendsim::test
