// SPDX-License-Identifier: Apache-2.0
// Pools at the edges of maps, at ties and in front of what falls, against plain loops over the definition.
#include <gtest/gtest.h>

#include <cmath>

#include "base/diagnostic.h"
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

struct Side {
  int size, kernel, stride, dilation = 1, before = 0, behind = 0;
  bool ceil_mode = false;

  [[nodiscard]] int extent() const { return (kernel - 1) * dilation + 1; }
  [[nodiscard]] int outputs() const {  // ONNX: a window must not start in the padding behind
    const int room = size + before + behind - extent();
    int n = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (ceil_mode && (n - 1) * stride >= size + before) --n;
    return n;
  }
};

// One row, averaged by the definition: float32 sum (exact here) over float32 count.
std::vector<float> averages(const Side& s, const std::vector<float>& x, bool padding_counts) {
  std::vector<float> out;
  for (int o = 0; o < s.outputs(); ++o) {
    float sum = 0;
    int inside = 0, counted = 0;
    for (int k = 0; k < s.kernel; ++k) {
      const int at = o * s.stride - s.before + k * s.dilation;
      if (at < s.size + s.behind) ++counted;
      if (at < 0 || at >= s.size) continue;
      ++inside;
      sum += x[static_cast<std::size_t>(at)];
    }
    out.push_back(sum / static_cast<float>(padding_counts ? counted : inside));
  }
  return out;
}

std::vector<float> lowered_row(const OnnxBuilder& m, const FloatArray& x) {
  const IntegerNetwork net = lower(m.normalised());
  const TensorValues values = execute(net, quantize_input(net.input, x));
  return finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]).values;
}

OnnxBuilder average_pool(const Side& s, bool padding_counts) {
  OnnxBuilder m(19);
  m.input("x", {1, 1, 1, s.size});
  quant(m, "x", "q", 1, 0, 8, 1);
  m.node("AveragePool", {"q"}, {"y"},
         {attr("kernel_shape", {1, s.kernel}), attr("strides", {1, s.stride}), attr("dilations", {1, s.dilation}),
          attr("pads", {0, s.before, 0, s.behind}), attr("ceil_mode", s.ceil_mode ? 1 : 0),
          attr("count_include_pad", padding_counts ? 1 : 0)});
  m.output("y");
  return m;
}

FloatArray ramp(int size, Random& random) {
  FloatArray x{{1, 1, 1, size}, {}};
  for (int i = 0; i < size; ++i) x.values.push_back(static_cast<float>(random.between(-128, 127)));
  return x;
}

TEST(LowerPooling, AnAverageDividesByTheTapsThatItsWindowHolds) {
  Random random(1);
  int cut = 0;
  for (int kernel = 1; kernel <= 5; ++kernel) {
    for (int stride = 1; stride <= 4; ++stride) {
      for (int size = kernel; size <= 11; ++size) {
        for (const bool ceil_mode : {false, true}) {
          const Side s{size, kernel, stride, 1, 0, 0, ceil_mode};
          cut += (s.outputs() - 1) * stride + kernel > size ? 1 : 0;
          const FloatArray x = ramp(size, random);
          EXPECT_EQ(lowered_row(average_pool(s, false), x), averages(s, x.values, false))
              << size << " pixels, kernel " << kernel << ", stride " << stride << ", ceil_mode " << ceil_mode;
        }
      }
    }
  }
  EXPECT_GT(cut, 30);
}

TEST(LowerPooling, PaddingCountsWhereItIsSaidToAndWhatCeilModeAddsNever) {
  Random random(2);
  for (int kernel = 2; kernel <= 4; ++kernel) {
    for (int stride = 1; stride <= 3; ++stride) {
      for (int size = 4; size <= 8; ++size) {
        for (const int pads : {0, 1, 2, 3}) {
          const Side s{size, kernel, stride, 1, pads & 1, pads >> 1, true};
          if (s.before >= kernel || s.behind >= kernel) continue;
          const FloatArray x = ramp(size, random);
          for (const bool counts : {false, true}) {
            EXPECT_EQ(lowered_row(average_pool(s, counts), x), averages(s, x.values, counts))
                << size << " pixels, kernel " << kernel << ", stride " << stride << ", pads " << pads << ", counted "
                << counts;
          }
        }
      }
    }
  }
}

void expect_tied_average(int taps, int zero) {
  OnnxBuilder m;
  m.input("x", {1, 1, 1, taps});
  m.scalar("s", 0.25F);
  m.integers("z", {}, onnx::TensorProto::INT8, {zero});
  quant(m, "x", "q", 0.25F, 0, 8, 1);
  m.node("AveragePool", {"q"}, {"mean"}, {attr("kernel_shape", {1, taps})});
  m.node("QuantizeLinear", {"mean", "s", "z"}, {"code"});
  m.node("DequantizeLinear", {"code", "s", "z"}, {"y"});
  m.output("y");
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  EXPECT_TRUE(test::all_exact(net)) << taps << " taps, zero point " << zero;
  for (int sum = -taps; sum <= taps; ++sum) {  // every fraction, ties among them
    FloatArray x{{1, 1, 1, taps}, std::vector<float>(static_cast<std::size_t>(taps), 0.0F)};
    for (int i = 0; i < std::abs(sum); ++i) x.values[static_cast<std::size_t>(i)] = sum < 0 ? -0.25F : 0.25F;
    const float expected = static_cast<float>(std::nearbyint(static_cast<double>(sum) / taps)) * 0.25F;
    const TensorValues values = execute(net, quantize_input(net.input, x));
    const auto y = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]).values;
    EXPECT_EQ(y, std::vector<float>{expected}) << sum << " / " << taps << ", zero point " << zero;
  }
}

TEST(LowerPooling, AnAverageOverAnyNumberOfTapsRoundsItsTiesToEven) {
  for (const int taps : {2, 3, 5, 6, 7, 9, 10, 12, 14, 15, 20, 25, 36, 49, 64, 98, 196}) {
    for (const int zero : {0, 1, -3, 4}) expect_tied_average(taps, zero);
  }
}

TEST(LowerPooling, AnAverageTakesAnyZeroPoint) {
  for (const float zero : {-300.0F, -256.0F, -2.0F, 255.0F, 256.0F, 300.0F}) {
    OnnxBuilder m;
    m.input("x", {1, 1, 1, 6});
    quant(m, "x", "q", 0.5F, zero, 8, 0);
    m.node("AveragePool", {"q"}, {"y"}, {attr("kernel_shape", {1, 3}), attr("pads", {0, 1, 0, 1})});
    m.output("y");
    const Graph graph = m.normalised();
    const IntegerNetwork net = lower(graph);
    for (const Layer& layer : net.layers) {
      if (const auto* pooling = std::get_if<Pooling>(&layer.work)) {  // 9 bits of an instruction
        EXPECT_GE(net.tensor(pooling->input).zero_point, -256) << zero;
        EXPECT_LE(net.tensor(pooling->input).zero_point, 255) << zero;
      }
    }
    Random random(4);
    for (int image = 0; image < 3; ++image) {
      test::expect_equal(graph, net, test::random_input(graph, random, -0.5F * zero, -0.5F * zero + 127));
    }
  }
}

TEST(LowerPooling, TheTwoStepsOfAnAverageRoundInOneWay) {  // an instruction has one rounding for all its steps
  for (const char* mode : {"ROUND", "FLOOR", "CEIL", "HALF_UP", "HALF_DOWN"}) {
    for (const int taps : {3, 6, 14}) {
      OnnxBuilder m;
      m.input("x", {1, 1, 1, taps});
      quant(m, "x", "q", 1, 0, 8, 0);
      m.node("AveragePool", {"q"}, {"mean"}, {attr("kernel_shape", {1, taps})});
      m.scalar("s", 1);
      m.scalar("z", 0);
      m.scalar("b", 8);
      m.node("Quant", {"mean", "s", "z", "b"}, {"y"}, {attr("signed", 0), attr("rounding_mode", mode)}, qonnx);
      m.output("y");
      const Graph graph = m.normalised();
      const IntegerNetwork net = lower(graph);
      EXPECT_TRUE(test::all_exact(net)) << mode << ", " << taps << " taps";
      for (const Layer& layer : net.layers) {
        const auto* post = std::get_if<PostProcessing>(&layer.work);
        if (post != nullptr && post->q1 && post->q3) {
          EXPECT_EQ(post->q1->rounding, post->q3->rounding) << mode;
        }
      }
    }
  }
}

// The window over rows starts in the padding behind and is dropped; the one over columns is cut and makes padding
// pixels.
TEST(LowerPooling, PaddingOfOneSideLeavesTheSizeOfTheOther) {
  Random random(6);
  for (const std::vector<std::int64_t>& pads :
       {std::vector<std::int64_t>{2, 0, 1, 0}, {1, 1, 0, 1}, {0, 2, 0, 1}, {1, 0, 2, 2}}) {
    for (const auto& [height, width] : {std::pair{4, 5}, std::pair{5, 4}, std::pair{9, 8}, std::pair{6, 7}}) {
      OnnxBuilder m(19);
      m.input("x", {1, 2, height, width});
      quant(m, "x", "q", 1, 0, 8, 1);
      m.node("AveragePool", {"q"}, {"y"},
             {attr("kernel_shape", {3, 3}), attr("strides", {3, 2}), attr("pads", {pads[0], pads[1], pads[2], pads[3]}),
              attr("ceil_mode", 1), attr("count_include_pad", 1)});
      m.output("y");
      SCOPED_TRACE(std::to_string(height) + "x" + std::to_string(width));
      const Graph file = m.imported();
      const FloatArray x = test::random_input(file, random, -100, 100);
      FloatArray rounded = x;
      for (float& v : rounded.values) v = std::nearbyint(v);
      const FloatArray expected = evaluate(file, rounded).at("y");
      const IntegerNetwork net = lower(m.normalised());
      const TensorValues values = execute(net, quantize_input(net.input, x));
      const FloatArray y = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]);
      EXPECT_EQ(y.shape, expected.shape);
      EXPECT_EQ(y.values, expected.values);
    }
  }
}

// --- maxima in front of what falls
// ------------------------------------------------------------------------------------

// Each writes "y" from "p", falling as p rises (in some channels).
using Falling = void (*)(OnnxBuilder&);
struct FallingRow {
  const char* name;
  Falling write;
};
void compare_where(OnnxBuilder& m, const char* op, const char* a, const char* b, const char* yes, const char* no) {
  m.node(op, {a, b}, {"bit"});
  m.node("Where", {"bit", yes, no}, {"y"});
}
constexpr FallingRow falling[] = {
    {"Less", [](OnnxBuilder& m) { compare_where(m, "Less", "p", "t", "plus", "minus"); }},
    {"LessOrEqual", [](OnnxBuilder& m) { compare_where(m, "LessOrEqual", "p", "t", "plus", "minus"); }},
    {"Greater with swapped values", [](OnnxBuilder& m) { compare_where(m, "Greater", "p", "t", "minus", "plus"); }},
    {"GreaterOrEqual with swapped operands",
     [](OnnxBuilder& m) { compare_where(m, "GreaterOrEqual", "t", "p", "plus", "minus"); }},
    {"Not",
     [](OnnxBuilder& m) {
       m.node("GreaterOrEqual", {"p", "t"}, {"reached"});
       m.node("Not", {"reached"}, {"bit"});
       m.node("Where", {"bit", "plus", "minus"}, {"y"});
     }},
    {"Cast and arithmetic",
     [](OnnxBuilder& m) {
       m.node("Less", {"p", "t"}, {"bit"});
       m.node("Cast", {"bit"}, {"number"}, {attr("to", 1)});
       m.node("Mul", {"number", "two"}, {"doubled"});
       m.node("Sub", {"doubled", "plus"}, {"y"});
     }},
    {"MultiThreshold with a negative scale",
     [](OnnxBuilder& m) {
       m.floats("levels", {1, 3}, {-3, 1, 4});
       m.node("MultiThreshold", {"p", "levels"}, {"y"}, {attr("out_scale", -0.5F), attr("out_bias", 1.0F)}, qonnx);
     }},
    {"a negative factor in one channel",
     [](OnnxBuilder& m) {
       m.floats("mixed", {3, 1, 1}, {-1, 1, -0.5F});
       m.node("Mul", {"p", "mixed"}, {"scaled"});
       quant(m, "scaled", "y", 1, 0, 3, 1);
     }},
    {"batch normalization with negative gamma",
     [](OnnxBuilder& m) {
       m.floats("gamma", {3}, {-1, 0.5F, -2});
       m.floats("beta", {3}, {1, 0, 0.5F});
       m.floats("mean", {3}, {0, 1, 2});
       m.floats("var", {3}, {1, 1, 1});
       m.node("BatchNormalization", {"p", "gamma", "beta", "mean", "var"}, {"normal"}, {attr("epsilon", 0.0F)});
       m.node("BipolarQuant", {"normal", "plus"}, {"y"}, {}, qonnx);
     }},
};

// x [1, 3, 6, 6] in `bits` bits -> 1x1 conv "acc".
OnnxBuilder accumulators(int bits) {
  OnnxBuilder m(19);
  m.input("x", {1, 3, 6, 6});
  m.scalar("plus", 1);
  m.scalar("minus", -1);
  m.scalar("two", 2);
  m.scalar("t", 2);
  quant(m, "x", "q", 1, 0, static_cast<float>(bits), 1);
  m.floats("w", {3, 3, 1, 1}, {1, -1, 2, 0, 1, 1, -1, 2, -1});
  m.node("Conv", {"q", "w"}, {"acc"});
  return m;
}

void pool(OnnxBuilder& m, const char* op, const char* in, const char* out) {
  if (std::string(op) == "MaxPool") {
    m.node(op, {in}, {out}, {attr("kernel_shape", {2, 2}), attr("strides", {2, 2})});
  } else {
    m.node(op, {in}, {out});
  }
}

TEST(LowerPooling, AMaximumInFrontOfAFallingQuantiserIsTheMaximum) {
  for (const FallingRow& row : falling) {
    for (const char* op : {"MaxPool", "GlobalMaxPool"}) {
      OnnxBuilder m = accumulators(4);
      pool(m, op, "acc", "p");
      row.write(m);
      m.output("y");
      const Graph graph = m.normalised();
      const IntegerNetwork net = lower(graph);
      EXPECT_TRUE(test::all_exact(net)) << row.name;
      Random random(7);
      for (int image = 0; image < 5; ++image) {
        SCOPED_TRACE(std::string(row.name) + " behind " + op);
        test::expect_equal(graph, net, test::random_input(graph, random, -9, 9));
      }
    }
  }
}

// Codes, a factor that turns some or all of them round, a pool, and a convolution that takes 8 bits at most.
TEST(LowerPooling, TurnedCodesArePooledAndConvolvedAtEveryWidth) {
  const std::vector<std::vector<float>> factors = {{-1, -1, -1}, {-0.5F, -0.5F, -0.5F}, {1, -1, 1}, {-2, 2, -2}};
  for (int bits = 1; bits <= 8; ++bits) {
    for (const int is_signed : {0, 1}) {
      for (const auto& factor : factors) {
        for (const char* op : {"MaxPool", "GlobalMaxPool"}) {
          OnnxBuilder m(19);
          m.input("x", {1, 3, 6, 6});
          quant(m, "x", "q", 0.5F, 0, static_cast<float>(bits), is_signed);
          m.floats("factor", {3, 1, 1}, factor);
          m.node("Mul", {"q", "factor"}, {"turned"});
          pool(m, op, "turned", "p");
          m.floats("w", {2, 3, 1, 1}, {1, -2, 3, -1, 1, 2});
          m.node("Conv", {"p", "w"}, {"y"});
          m.output("y");
          SCOPED_TRACE(std::to_string(bits) + " bits, signed " + std::to_string(is_signed) + ", " + op + ", factor " +
                       std::to_string(factor[0]) + " " + std::to_string(factor[1]));
          const Graph graph = m.normalised();
          const IntegerNetwork net = lower(graph);  // checked by check(), which lowering ends with
          Random random(bits * 10 + is_signed);
          for (int image = 0; image < 3; ++image) {
            const float reach = std::ldexp(1.0F, bits - 1);
            test::expect_equal(graph, net, test::random_input(graph, random, -reach, reach));
          }
        }
      }
    }
  }
}

TEST(LowerPooling, TurnedSignsStayBits) {
  OnnxBuilder m = accumulators(4);
  compare_where(m, "Less", "acc", "t", "plus", "minus");
  m.graph().mutable_node(m.graph().node_size() - 1)->set_output(0, "signs");
  pool(m, "MaxPool", "signs", "p");
  m.node("Conv", {"p", "w"}, {"y"});
  m.output("y");
  const Graph graph = m.normalised();
  const IntegerNetwork net = lower(graph);
  for (const Layer& layer : net.layers) {
    if (const auto* pooling = std::get_if<Pooling>(&layer.work)) {
      EXPECT_TRUE(net.tensor(pooling->input).format.is_bipolar());
    }
  }
  Random random(3);
  for (int image = 0; image < 5; ++image) test::expect_equal(graph, net, test::random_input(graph, random, -9, 9));
}

}  // namespace
}  // namespace blendsim
