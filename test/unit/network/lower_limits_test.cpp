// SPDX-License-Identifier: Apache-2.0
// Numbers at the ends of what float32, the multiplier and the formats hold: the right integers or a refusal, always
// soon.
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
#include "network/lowering/code_line.h"
#include "network/lowering/runs.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;
using test::Random;
constexpr const char* qonnx = "qonnx.custom_op.general";

void quant(OnnxBuilder& m, const std::string& in, const std::string& out, float scale, float zero, float bits,
           int is_signed) {
  m.scalar(out + "_s", scale);
  m.scalar(out + "_z", zero);
  m.scalar(out + "_b", bits);
  m.node("Quant", {in, out + "_s", out + "_z", out + "_b"}, {out},
         {attr("signed", is_signed), attr("narrow", 0), attr("rounding_mode", "ROUND")}, qonnx);
}

OnnxBuilder start(const Shape& shape = {1, 2, 4, 4}) {
  OnnxBuilder m(19);
  m.input("x", shape);
  m.output("y");
  quant(m, "x", "q", 1, 0, 8, 1);
  return m;
}

// "accepted", or the code and node of the first refusal.
std::string verdict(const OnnxBuilder& m) {
  try {
    (void)lower(m.normalised());
  } catch (const DiagnosticError& error) {
    const Diagnostic& d = error.diagnostics().front();
    return std::string(d.code.name()) + " at " + d.place.node;
  }
  return "accepted";
}

TEST(LowerLimits, ConstantsThatAreNoNumbersAreRefusedWhereTheyAreUsed) {
  for (const float value : {HUGE_VALF, -HUGE_VALF, std::nanf("")}) {
    for (const char* op : {"Add", "Sub", "Mul", "Div", "Pow"}) {
      for (const bool first : {false, true}) {
        if (first && std::string(op) == "Pow") continue;
        OnnxBuilder m = start();
        m.scalar("c", value);
        const std::vector<std::string> operands =
            first ? std::vector<std::string>{"c", "q"} : std::vector<std::string>{"q", "c"};
        m.node(op, operands, {"z"}).set_name("culprit");
        quant(m, "z", "y", 1, 0, 8, 1);
        EXPECT_EQ(verdict(m), "bad-constant at culprit") << op << " by " << value << (first ? ", first" : "");
      }
    }
  }
}

TEST(LowerLimits, ADivisorOfZeroIsRefusedAlsoInOneChannel) {
  for (const std::vector<float>& divisor : {std::vector<float>{0, 0}, std::vector<float>{1, 0}}) {
    OnnxBuilder m = start();
    m.floats("c", {2, 1, 1}, divisor);
    m.node("Div", {"q", "c"}, {"z"}).set_name("culprit");
    quant(m, "z", "y", 1, 0, 4, 1);
    EXPECT_EQ(verdict(m), "bad-constant at culprit");
  }
  OnnxBuilder around = start();  // c / q where q can be 0
  around.scalar("c", 3);
  around.node("Div", {"c", "q"}, {"z"}).set_name("culprit");
  quant(around, "z", "y", 1, 0, 4, 1);
  EXPECT_EQ(verdict(around), "not-lowerable at culprit");
}

TEST(LowerLimits, AnOverflowOfTheFilesFormulaIsRefusedAtItsNode) {
  OnnxBuilder m = start();
  m.scalar("c", 1e38F);
  m.node("Mul", {"q", "c"}, {"big"}).set_name("culprit");
  m.node("Mul", {"big", "c"}, {"bigger"}).set_name("follower");
  quant(m, "bigger", "y", 1, 0, 8, 1);
  EXPECT_EQ(verdict(m), "not-lowerable at culprit");
  OnnxBuilder root = start();
  root.scalar("half", 0.5F);
  root.node("Pow", {"q", "half"}, {"z"}).set_name("culprit");
  quant(root, "z", "y", 1, 0, 4, 0);
  EXPECT_EQ(verdict(root), "not-lowerable at culprit");
}

TEST(LowerLimits, AnUnclippedTruncBeyondEveryFormatIsRefused) {
  OnnxBuilder m = start();
  m.scalar("tiny", 1e-30F);
  m.scalar("zero", 0);
  m.scalar("eight", 8);
  m.scalar("four", 4);
  m.node("Trunc", {"q", "tiny", "zero", "eight", "four"}, {"y"}, {}, qonnx).set_name("culprit");
  EXPECT_EQ(verdict(m), "not-lowerable at culprit");
}

TEST(LowerLimits, ATruncationToOneCodeHasAFormat) {
  OnnxBuilder m = start();
  m.scalar("bound", 0.25F);
  m.node("Clip", {"q", "bound", "bound"}, {"fixed"});
  m.scalar("one", 1);
  m.scalar("zero", 0);
  m.scalar("eight", 8);
  m.scalar("four", 4);
  m.node("Trunc", {"fixed", "one", "zero", "eight", "four"}, {"y"}, {}, qonnx);
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  Random random(1);
  test::expect_equal(graph, net, test::random_input(graph, random, -100, 100));
}

// Slopes from flat to so steep that one integer passes all codes, offsets on both sides, on sums of 9 to 26 bits.
TEST(LowerLimits, EverySlopeHasAFormulaOfTheMachinesWidths) {
  Random random(11);
  for (int i = 0; i < 200; ++i) {
    OnnxBuilder m = start({1, 4, 1, 1});
    std::vector<float> weights;
    const std::int64_t reach = std::int64_t{1} << random.between(0, 6);
    for (int k = 0; k < 12; ++k) weights.push_back(static_cast<float>(random.between(-reach, reach)));
    m.floats("w", {3, 4, 1, 1}, weights);
    m.node("Conv", {"q", "w"}, {"acc"});
    std::vector<float> slope, offset;
    for (int c = 0; c < 3; ++c) {
      slope.push_back(std::ldexp(random.real(-1, 1), static_cast<int>(random.between(-30, 60))));
      offset.push_back(std::ldexp(random.real(-1, 1), static_cast<int>(random.between(-10, 60))));
    }
    m.floats("slope", {3, 1, 1}, slope);
    m.floats("offset", {3, 1, 1}, offset);
    m.node("Mul", {"acc", "slope"}, {"scaled"});
    m.node("Add", {"scaled", "offset"}, {"moved"});
    quant(m, "moved", "y", 0.5F, 0, 8, i & 1);
    const Graph graph = m.normalised();
    const IntegerNetwork net = lower(graph);  // ends in check(): |acc*M + B| < 2^47, |M| within its bits
    if (test::all_exact(net)) {
      test::expect_equal(graph, net, test::random_input(graph, random, -128, 127));
    }
  }
}

// --- exactness that is claimed is counted ----------------------------------------------------------------------------

TEST(LowerLimits, DifferencesOnALargeDomainAreCountedNotSampled) {
  using namespace lowering;
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    const Domain domain{{-random.between(1 << 17, 1 << 19)}, {random.between(1 << 17, 1 << 19)}, 1};
    const Chain chain{make_step(Step::Kind::divide, {{static_cast<float>(random.between(50, 4000))}}),
                      make_step(Step::Kind::multiply, {{random.real(-3, 3)}})};
    const Quantiser quantiser = grid_quantiser(1, 8, "q", "y");
    const Reference reference{chain, quantiser};
    CodeRuns runs(reference, domain);
    const auto fit = fit_affine(runs, 18);
    ASSERT_TRUE(fit);
    std::int64_t differing = 0, largest = 0;
    for (std::int64_t q = domain.lo[0]; q <= domain.hi[0]; ++q) {
      const std::int64_t error = std::abs(fit->affine.apply(q, 0) - reference(q, 0));
      differing += error != 0 ? 1 : 0;
      largest = std::max(largest, error);
    }
    EXPECT_EQ(fit->exactness.differing, differing);
    EXPECT_EQ(fit->exactness.max_error, largest);
    EXPECT_EQ(fit->exactness.exact, differing == 0);
    EXPECT_EQ(fit->exactness.checked, domain.count(0));
  }
}

TEST(LowerLimits, RunsOfCodesAreFoundByBisectionAsByWalking) {
  using namespace lowering;
  for (const float factor : {0.013F, -0.37F, 5.0F, 0.0F}) {
    const Domain domain{{-1001}, {999}, 2};
    const Chain chain{make_step(Step::Kind::multiply, {{factor}})};
    const Quantiser quantiser = grid_quantiser(1, 4, "q", "y");
    const Reference reference{chain, quantiser};
    const auto runs = code_runs(reference, domain, 0);
    ASSERT_TRUE(runs);
    std::int64_t next = domain.lo[0];
    for (const lowering::Run& run : *runs) {
      EXPECT_EQ(run.first, next);
      for (std::int64_t q = run.first; q <= run.last; q += 2) ASSERT_EQ(reference(q, 0), run.code) << q;
      next = run.last + 2;
    }
    EXPECT_EQ(next, domain.hi[0] + 2);
  }
}

TEST(LowerLimits, WhatCannotBeProvenIsNotCalledExactAndSaysSo) {
  using namespace lowering;
  Exactness e;
  Step sine = make_step(Step::Kind::function, {});  // of no direction that anything shows
  sine.function = find_function("Sin");
  const Chain chain{sine};
  const Quantiser quantiser = grid_quantiser(0.25F, 8, "q", "y");
  const Domain domain{{-(1 << 20)}, {1 << 20}, 1};
  const Reference reference{chain, quantiser};
  CodeRuns runs(reference, domain);
  compare(
      runs, 0, e, [&](std::int64_t q) { return reference(q, 0); }, true);
  EXPECT_FALSE(e.exact);
  EXPECT_EQ(e.differing, 0);
  EXPECT_LT(e.checked, domain.count(0));
}

// --- formats and orders of real files --------------------------------------------------------------------------------

// A network that random ones were shrunk to: a straight-through estimator, sign(y) - clip(y) + clip(y), in a map of the
// join's width, whose integers are bytes, and a pooling that leaves them there.
TEST(LowerLimits, AConvolutionReadsTheBytesOfAWiderMap) {
  OnnxBuilder m(13);
  m.input("x", {1, 1, 1, 1});
  m.output("Conv_61");
  m.floats("k0", {}, {0});
  m.floats("k2", {}, {1});
  m.floats("k3", {}, {-1});
  m.floats("k5", {1, 1, 1, 1}, {1});
  m.floats("k7", {}, {0.015625F});
  m.integers("i8", {}, onnx::TensorProto::INT8, {0});
  m.floats("k11", {1, 1, 1, 1}, {1});
  m.floats("k13", {}, {0.015625F});
  m.integers("i14", {}, onnx::TensorProto::INT8, {0});
  m.floats("k18", {}, {0});
  m.floats("k20", {}, {1});
  m.floats("k21", {}, {-1});
  m.floats("k24", {}, {0.015625F});
  m.integers("i25", {}, onnx::TensorProto::INT8, {0});
  m.floats("k28", {1, 1, 1, 1}, {1});
  m.floats("k31", {}, {0.25F});
  m.floats("k33", {}, {0.25F});
  m.floats("k35", {1, 1, 1, 1}, {-0.0234375F});
  m.floats("k37", {}, {1});
  m.floats("k38", {}, {-1});
  m.floats("k40", {1, 1, 1, 1}, {1});
  m.floats("k43", {1}, {0.25F});
  m.floats("k44", {1}, {-1});
  m.floats("k45", {1}, {-2});
  m.floats("k46", {1}, {3.99609375F});
  m.floats("k51", {}, {1});
  m.floats("k52", {}, {-1});
  m.floats("k54", {}, {-1});
  m.floats("k55", {}, {1});
  m.floats("k60", {1, 1, 1, 1}, {1});
  m.node("GreaterOrEqual", {"x", "k0"}, {"GreaterOrEqual_1"});
  m.node("Where", {"GreaterOrEqual_1", "k2", "k3"}, {"Where_4"});
  m.node("Conv", {"Where_4", "k5"}, {"Conv_6"}, {attr("kernel_shape", {1, 1}), attr("pads", {0, 0, 0, 0})});
  m.node("QuantizeLinear", {"Conv_6", "k7", "i8"}, {"QuantizeLinear_9"});
  m.node("DequantizeLinear", {"QuantizeLinear_9", "k7", "i8"}, {"DequantizeLinear_10"});
  m.node("Conv", {"Where_4", "k11"}, {"Conv_12"}, {attr("kernel_shape", {1, 1}), attr("pads", {0, 0, 0, 0})});
  m.node("QuantizeLinear", {"Conv_12", "k13", "i14"}, {"QuantizeLinear_15"});
  m.node("DequantizeLinear", {"QuantizeLinear_15", "k13", "i14"}, {"DequantizeLinear_16"});
  m.node("Add", {"DequantizeLinear_10", "DequantizeLinear_16"}, {"Add_17"});
  m.node("GreaterOrEqual", {"Add_17", "k18"}, {"GreaterOrEqual_19"});
  m.node("Where", {"GreaterOrEqual_19", "k20", "k21"}, {"Where_22"});
  m.node("AveragePool", {"Where_22"}, {"AveragePool_23"}, {attr("kernel_shape", {1, 1}), attr("strides", {2, 1})});
  m.node("QuantizeLinear", {"AveragePool_23", "k24", "i25"}, {"QuantizeLinear_26"});
  m.node("DequantizeLinear", {"QuantizeLinear_26", "k24", "i25"}, {"DequantizeLinear_27"});
  m.node("Conv", {"DequantizeLinear_27", "k28"}, {"Conv_29"}, {attr("kernel_shape", {1, 1}), attr("strides", {2, 2})});
  m.node("Relu", {"Conv_29"}, {"Relu_30"});
  m.node("Mul", {"Relu_30", "k31"}, {"Mul_32"});
  m.node("Mul", {"Mul_32", "k33"}, {"Mul_34"});
  m.node("GreaterOrEqual", {"Mul_34", "k35"}, {"GreaterOrEqual_36"});
  m.node("Where", {"GreaterOrEqual_36", "k37", "k38"}, {"Where_39"});
  m.node("Conv", {"Where_39", "k40"}, {"Conv_41"}, {attr("kernel_shape", {1, 1}), attr("pads", {0, 0, 0, 0})});
  m.node("Add", {"Conv_41", "Where_39"}, {"Add_42"});
  m.node("BatchNormalization", {"Add_42", "k43", "k44", "k45", "k46"}, {"BatchNormalization_47"},
         {attr("epsilon", 0.00390625F)});
  m.scalar("k48", 0);
  m.node("Identity", {"k48"}, {"Identity_49"});
  m.node("GreaterOrEqual", {"BatchNormalization_47", "Identity_49"}, {"GreaterOrEqual_50"});
  m.node("Where", {"GreaterOrEqual_50", "k51", "k52"}, {"Where_53"});
  m.node("Clip", {"BatchNormalization_47", "k54", "k55"}, {"Clip_56"});
  m.node("Sub", {"Where_53", "Clip_56"}, {"Sub_57"});
  m.node("Add", {"Sub_57", "Clip_56"}, {"Add_58"});
  m.node("MaxPool", {"Add_58"}, {"MaxPool_59"}, {attr("kernel_shape", {1, 1}), attr("strides", {2, 2})});
  m.node("Conv", {"MaxPool_59", "k60"}, {"Conv_61"}, {attr("kernel_shape", {1, 1})});
  EXPECT_EQ(verdict(m), "accepted");
}

TEST(LowerLimits, WeightsOfMinus128AreBytes) {
  for (const float unit : {1.0F, 0.125F, 0.0371F}) {
    for (const std::vector<float>& codes : {std::vector<float>{-128, 127, 3, -1}, std::vector<float>{-128, -2, 0, 5}}) {
      OnnxBuilder m = start({1, 4, 3, 3});
      std::vector<float> weights;
      for (const float code : codes) weights.push_back(code * unit);
      m.floats("w", {1, 4, 1, 1}, weights);
      m.node("Conv", {"q", "w"}, {"y"});
      const Graph graph = m.normalised();
      const IntegerNetwork net = lower(graph);
      const auto& conv = std::get<Convolution>(net.layers[0].work);
      EXPECT_LE(conv.weight_format.bits(), 8);
      for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(static_cast<float>(conv.weights[i]), codes[i]) << unit;
    }
  }
}

TEST(LowerLimits, ASameConvolutionWhoseStridePassesItsKernelDropsPixelsInFront) {
  // ONNX Runtime 1.30 on x = 1, 2, ..., n, kernel 1: the first value of the output.
  struct Row {
    int size, stride;
    bool upper;
    float first;
  };
  constexpr Row rows[] = {{8, 4, true, 2},  {7, 4, true, 1},  {9, 5, true, 2},   {11, 6, true, 2},  {12, 6, true, 3},
                          {8, 4, false, 1}, {9, 5, false, 1}, {11, 6, false, 2}, {12, 6, false, 2}, {3, 3, true, 1}};
  for (const Row& row : rows) {
    for (const float zero : {0.0F, 1.0F, 127.0F, -128.0F}) {
      OnnxBuilder m(19);
      m.input("x", {1, 1, 1, row.size});
      m.output("y");
      quant(m, "x", "q", 1, zero, 8, 1);
      m.floats("w", {1, 1, 1, 1}, {1});
      m.node("Conv", {"q", "w"}, {"y"},
             {attr("auto_pad", row.upper ? "SAME_UPPER" : "SAME_LOWER"), attr("strides", {1, row.stride})});
      const Graph graph = m.normalised();
      const IntegerNetwork net = lower(graph);
      const float sign = zero == 127 ? -1 : 1;  // codes above the zero point are few there
      FloatArray x{{1, 1, 1, row.size}, {}};
      for (int i = 1; i <= row.size; ++i) x.values.push_back(sign * static_cast<float>(i));
      const TensorValues values = execute(net, quantize_input(net.input, x));
      const auto y = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]).values;
      ASSERT_EQ(static_cast<int>(y.size()), (row.size + row.stride - 1) / row.stride);
      for (std::size_t i = 0; i < y.size(); ++i) {
        EXPECT_EQ(y[i], sign * (row.first + static_cast<float>(i) * static_cast<float>(row.stride)))
            << row.size << " pixels, " << row.upper << ", zero point " << zero;
      }
    }
  }
}

TEST(LowerLimits, ASameAverageWhoseStridePassesItsKernelDropsPixelsFromOpset19On) {
  // ONNX Runtime 1.30, as above; below opset 19 it refuses, and TensorFlow pads nothing.
  struct Row {
    int size, stride;
    bool upper;
    float first;
  };
  constexpr Row rows[] = {{8, 4, true, 2},  {7, 4, true, 2},  {11, 6, true, 3},  {12, 6, true, 3},  {6, 4, true, 1},
                          {8, 4, false, 2}, {7, 4, false, 1}, {11, 6, false, 2}, {12, 6, false, 3}, {3, 3, true, 2}};
  for (const Row& row : rows) {
    for (const int opset : {13, 19}) {
      OnnxBuilder m(opset);
      m.input("x", {1, 1, 1, row.size});
      m.output("y");
      quant(m, "x", "q", 1, 0, 8, 1);
      m.node("AveragePool", {"q"}, {"y"},
             {attr("kernel_shape", {1, 1}), attr("auto_pad", row.upper ? "SAME_UPPER" : "SAME_LOWER"),
              attr("strides", {1, row.stride})});
      const IntegerNetwork net = lower(m.normalised());
      FloatArray x{{1, 1, 1, row.size}, {}};
      for (int i = 1; i <= row.size; ++i) x.values.push_back(static_cast<float>(i));
      const TensorValues values = execute(net, quantize_input(net.input, x));
      const auto y = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]).values;
      ASSERT_EQ(static_cast<int>(y.size()), (row.size + row.stride - 1) / row.stride);
      EXPECT_EQ(y[0], opset >= 19 ? row.first : 1) << row.size << " pixels, stride " << row.stride << " " << row.upper;
    }
  }
}

TEST(LowerLimits, AQuantiserInFrontOfATransposeOfTheInputIsTheHosts) {
  OnnxBuilder m(19);
  m.input("x", {1, 5, 6, 3});
  m.output("y");
  quant(m, "x", "q", 0.5F, 0, 8, 1);
  m.node("Transpose", {"q"}, {"t"}, {attr("perm", {0, 3, 1, 2})});
  m.floats("w", {2, 3, 2, 2}, {1, 2, 3, 4, -1, -2, -3, -4, 5, 6, 7, 8, 1, 0, 1, 0, 0, 1, 0, 1, 2, 2, -2, -2});
  m.node("Conv", {"t", "w"}, {"y"});
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  Random random(9);
  for (int image = 0; image < 3; ++image) test::expect_equal(graph, net, test::random_input(graph, random, -60, 60));
}

// --- bounded work
// -----------------------------------------------------------------------------------------------------

TEST(LowerLimits, ConstantsThatDoubleAgainAndAgainAreRefusedByName) {
  OnnxBuilder m = start();
  m.floats("c0", {1, 2, 1, 1}, {1, 2});
  for (int i = 0; i < 30; ++i) {
    const std::string name = "c" + std::to_string(i), next = "c" + std::to_string(i + 1);
    m.node("Concat", {name, name}, {next}, {attr("axis", 3)}).set_name("double" + std::to_string(i));
  }
  m.node("Add", {"q", "c30"}, {"y"});
  EXPECT_EQ(verdict(m).substr(0, 26), "constants-too-large at dou");
}

TEST(LowerLimits, ALargeProductOfConstantsIsRefusedByName) {
  OnnxBuilder m = start();
  m.floats("a", {1, 1}, {1});
  std::string wide = "a", tall = "a";
  for (int i = 0; i < 11; ++i) {
    m.node("Concat", {wide, wide}, {"wide" + std::to_string(i)}, {attr("axis", 1)});
    wide = "wide" + std::to_string(i);
  }
  for (int i = 0; i < 11; ++i) {
    m.node("Concat", {wide, wide}, {"square" + std::to_string(i)}, {attr("axis", 0)});
    wide = "square" + std::to_string(i);
  }
  m.node("MatMul", {wide, wide}, {"product"}).set_name("culprit");
  m.node("Add", {"q", "product"}, {"y"});
  EXPECT_EQ(verdict(m).substr(0, 19), "constants-too-large");
}

TEST(LowerLimits, ChainsOfAnyLengthAreWalkedWithoutRunningOutOfStack) {
  OnnxBuilder m = start();
  m.scalar("t", 1);
  m.scalar("plus", 1);
  m.scalar("minus", -1);
  m.node("Less", {"q", "t"}, {"b0"});
  const int length = 40000;
  for (int i = 0; i < length; ++i) m.node("Not", {"b" + std::to_string(i)}, {"b" + std::to_string(i + 1)});
  m.node("Where", {"b" + std::to_string(length), "plus", "minus"}, {"y"});
  EXPECT_NE(verdict(m), "accepted");
}

}  // namespace
}  // namespace blendsim
