// SPDX-License-Identifier: Apache-2.0
// Thermometer codes of the input: a sum over their bits counts the thresholds that a value reaches.
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;

constexpr int thermometer_levels = 9;

float thermometer_step(int k) { return 0.3F * static_cast<float>(k - 4); }

// x [1, 2, 2, 3] compared with each step, and all bits of a pixel added up.
OnnxBuilder thermometer(const std::string& comparison) {
  OnnxBuilder m;
  m.input("x", {1, 2, 2, 3});
  m.scalar("one", 1);
  m.scalar("minus", -1);
  std::vector<std::string> parts;
  for (int k = 0; k < thermometer_levels; ++k) {
    const std::string n = std::to_string(k);
    m.scalar("t" + n, thermometer_step(k));
    m.node(comparison, {"x", "t" + n}, {"b" + n});
    m.node("Where", {"b" + n, "one", "minus"}, {"s" + n});
    parts.push_back("s" + n);
  }
  m.node("Concat", parts, {"code"}, {attr("axis", 1)});
  m.floats("w", {1, 2 * thermometer_levels, 1, 1}, std::vector<float>(2 * thermometer_levels, 1));
  m.node("Conv", {"code", "w"}, {"y"});
  m.output("y");
  return m;
}

TEST(Thermometers, CountTheStepsBelow) {
  for (const bool or_equal : {true, false}) {
    const IntegerNetwork net = lower(thermometer(or_equal ? "GreaterOrEqual" : "Greater").normalised());
    EXPECT_EQ(net.tensor(net.input_tensor).channels, 2 * thermometer_levels);
    EXPECT_TRUE(net.tensor(net.input_tensor).format.is_bipolar());
    FloatArray x{{1, 2, 2, 3}, {}};
    for (int i = 0; i < 6; ++i) x.values.push_back(thermometer_step(i));  // on a step
    for (int i = 0; i < 6; ++i) x.values.push_back(std::nextafter(thermometer_step(i), -9.0F));
    const TensorValues values = execute(net, quantize_input(net.input, x));
    for (int i = 0; i < 6; ++i) {
      const int first = or_equal ? i + 1 : i, second = i;
      EXPECT_EQ(values[static_cast<std::size_t>(net.output_tensors[0])][static_cast<std::size_t>(i)],
                2 * (first + second) - 2 * thermometer_levels);
    }
  }
}

// Codes that a quantiser made are compared on the machine.
TEST(Thermometers, OfQuantisedValuesAreTheMachines) {
  OnnxBuilder m(19);
  m.input("x", {1, 2, 2, 3});
  m.scalar("scale", 0.25F);
  m.integers("zero", {}, onnx::TensorProto::INT8, {0});
  m.node("QuantizeLinear", {"x", "scale", "zero"}, {"codes"});
  m.node("DequantizeLinear", {"codes", "scale", "zero"}, {"q"});
  m.scalar("one", 1);
  m.scalar("minus", -1);
  for (int k = 0; k < 2; ++k) {
    const std::string n = std::to_string(k);
    m.scalar("t" + n, static_cast<float>(k));
    m.node("GreaterOrEqual", {"q", "t" + n}, {"b" + n});
    m.node("Where", {"b" + n, "one", "minus"}, {"s" + n});
  }
  m.node("Concat", {"s0", "s1"}, {"code"}, {attr("axis", 1)});
  m.floats("w", {1, 4, 1, 1}, {1, 1, -1, 1});
  m.node("Conv", {"code", "w"}, {"y"});
  m.output("y");
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  EXPECT_EQ(net.tensor(net.input_tensor).channels, 2);
  test::Random random(2);
  test::expect_equal(graph, net, test::random_input(graph, random, -3, 3));
}

// Two codes that are no chains of one kind.
TEST(Thermometers, OfTwoKindsAreTwoQuantisers) {
  OnnxBuilder m;
  m.input("x", {1, 2, 2, 3});
  m.scalar("one", 1);
  m.scalar("minus", -1);
  m.node("GreaterOrEqual", {"x", "one"}, {"b"});
  m.node("Where", {"b", "one", "minus"}, {"s"});
  m.node("Sign", {"x"}, {"t"});
  m.node("Concat", {"s", "t"}, {"code"}, {attr("axis", 1)});
  m.floats("w", {1, 4, 1, 1}, {1, 1, -1, 1});
  m.node("Conv", {"code", "w"}, {"y"});
  m.output("y");
  EXPECT_THROW((void)lower(m.normalised()), DiagnosticError);
}

TEST(Tile, RepeatsConstantsAndTheInput) {
  OnnxBuilder m(19);
  m.input("x", {1, 2, 1, 1});
  m.floats("c", {1, 2, 1, 1}, {3, 5});
  m.int64s("r", {4}, {1, 2, 1, 2});
  m.node("Tile", {"c", "r"}, {"cc"});
  m.node("Tile", {"x", "r"}, {"xx"});
  m.node("Add", {"xx", "cc"}, {"s"});
  m.scalar("zero", 0);
  m.scalar("one", 1);
  m.scalar("minus", -1);
  m.node("GreaterOrEqual", {"s", "zero"}, {"b"});
  m.node("Where", {"b", "one", "minus"}, {"y"});
  m.output("y");
  const Graph graph = m.normalised();
  const auto values = evaluate(graph, {{1, 2, 1, 1}, {-4, -4}});
  EXPECT_EQ(values.at("y").shape, (Shape{1, 4, 1, 2}));
  EXPECT_EQ(values.at("y").values, (std::vector<float>{-1, -1, 1, 1, -1, -1, 1, 1}));
}

}  // namespace
}  // namespace blendsim
