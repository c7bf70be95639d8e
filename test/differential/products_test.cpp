// SPDX-License-Identifier: Apache-2.0
// Products of two computed tensors, and sums with one pixel, against ONNX Runtime on the network as written.
#include <functional>

#include "networks.h"

namespace blendsim::differential {
namespace {

using WriteFactor = std::function<std::string(DialectModel&, const std::string&)>;

// Codes of a Conv's sums -> write -> codes -> Conv.
DialectModel around(const WriteFactor& write, float out = 0.0625F, int out_zero = 0, int type = int8,
                    float scale = 0.03125F) {
  DialectModel m(20);
  m.input({1, 8, 7, 6}, float32, -128, 127, 5);
  const std::string y =
      m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({16, 8, 3, 3})}, {attr("pads", {1, 1, 1, 1})});
  const std::string z = write(m, m.quantised(y, scale, 3));
  m.model.output(m.node("Conv", {m.quantised(z, out, out_zero, type), m.dequantised({3, 16, 1, 1})}));
  return m;
}

std::string another(DialectModel& m, const std::string& x, int channels = 16) {
  return m.node("Conv", {x, m.dequantised({channels, 16, 1, 1})});
}

// Squeeze and excitation: [1, 16, 1, 1].
std::string excitation(DialectModel& m, const std::string& x) {
  const std::string pooled = m.quantised(m.node("GlobalAveragePool", {x}), 0.0078125F);
  const std::string hidden =
      m.quantised(m.node("Relu", {m.node("Conv", {pooled, m.dequantised({4, 16, 1, 1})})}), 0.015625F, 0, uint8);
  const std::string sums = m.quantised(m.node("Conv", {hidden, m.dequantised({16, 4, 1, 1})}), 0.03125F);
  return m.quantised(m.node("HardSigmoid", {sums}, {attr("alpha", 1.0F / 6), attr("beta", 0.5F)}), 0.00390625F, 0,
                     uint8);
}

int products(const IntegerNetwork& net) {
  int count = 0;
  for (const Layer& layer : net.layers) {
    const auto* post = std::get_if<PostProcessing>(&layer.work);
    count += post != nullptr && post->product ? 1 : 0;
  }
  return count;
}

TEST(Products, OfCodesAreExactWhateverTheirZeroPoints) {
  for (const int zero : {0, 5, -100}) {
    for (const int type : {int8, uint8}) {
      DialectModel m = around(
          [&](DialectModel& d, const std::string& x) {
            return d.node("Mul", {x, d.quantised(another(d, x), 0.25F, type == uint8 ? zero + 120 : zero, type)});
          },
          0.25F, -7);
      expect_equal(m);
      EXPECT_EQ(products(m.lowered()), 1);
    }
  }
}

TEST(Products, AtScalesThatAreNoPowersOfTwoAreExactWhereEveryPairIs) {
  for (const float scale : {0.0371F, 0.0519F, 0.0123F}) {
    DialectModel m = around(
        [&](DialectModel& d, const std::string& x) {
          return d.node("Mul", {x, d.quantised(another(d, x), scale, 3)});
        },
        0.0173F, 11, int8, 0.0437F);
    if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
    const Outcome o = m.run();
    EXPECT_EQ(o.kind, Outcome::Kind::equal) << o.reason << "\n" << o.detail;
    EXPECT_EQ(products(m.lowered()), 1);
  }
}

// Sums may be wider than the values of the judge's platform, which refuses them by name then.
void expect_equal_but_for_width(DialectModel& m) {
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  const Outcome o = m.run();
  EXPECT_EQ(o.kind, Outcome::Kind::equal) << o.reason << "\n" << o.detail;
  EXPECT_EQ(o.tally.exact_layers, o.tally.layers);
  EXPECT_TRUE(o.not_compiled.empty() || o.not_compiled.starts_with("unit-too-narrow")) << o.not_compiled;
}

TEST(Products, OfSumsOfBitsAndWithCodesOfOneBit) {
  DialectModel sums = around([](DialectModel& d, const std::string& x) {
    return d.node("Mul", {another(d, d.quantised(x, 0.5F)), d.quantised(another(d, x), 0.25F)});
  });
  expect_equal_but_for_width(sums);
  DialectModel gate = around([](DialectModel& d, const std::string& x) {
    const std::string opens = d.node("Cast", {d.node("Greater", {another(d, x), d.scalar(0.75F)})}, {attr("to", 1)});
    const std::string a = d.node("Mul", {opens, x});
    const std::string b = d.node("Mul", {d.node("Sub", {d.scalar(1), opens}), d.quantised(another(d, x), 0.125F)});
    return d.node("Add", {a, b});
  });
  expect_equal_but_for_width(gate);
  DialectModel signs = around([](DialectModel& d, const std::string& x) {
    const std::string sign =
        d.node("Where", {d.node("GreaterOrEqual", {another(d, x), d.scalar(0)}), d.scalar(1), d.scalar(-1)});
    return d.node("Mul", {x, sign});
  });
  expect_equal(signs);
}

TEST(Products, WithOnePixelForAllOthersAndSumsToo) {
  for (const char* op : {"Mul", "Add", "Sub"}) {
    for (const bool first : {false, true}) {
      DialectModel m = around([&](DialectModel& d, const std::string& x) {
        const std::string gate = excitation(d, x);
        return d.node(op, {first ? gate : x, first ? x : gate});
      });
      expect_equal(m);
    }
  }
}

TEST(Products, WithOneChannelForAllOthers) {
  DialectModel m = around([](DialectModel& d, const std::string& x) {
    return d.node("Mul", {x, d.quantised(another(d, x, 1), 0.25F, 9)});
  });
  expect_equal(m);
}

TEST(Products, GatedLinearUnit) {
  DialectModel m(20);
  m.input({1, 8, 6, 6}, float32, -128, 127, 5);
  const std::string y = m.quantised(m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({32, 8, 1, 1})}), 0.0625F);
  std::vector<std::string> halves = {m.output_name("half"), m.output_name("half")};
  m.model.node("Split", {y, m.int64s({16, 16})}, halves, {attr("axis", 1)}).set_name("split");
  const std::string gate = m.quantised(m.node("Sigmoid", {halves[1]}), 0.00390625F, 0, uint8);
  const std::string z = m.quantised(m.node("Mul", {halves[0], gate}), 0.03125F);
  m.model.output(m.node("Conv", {z, m.dequantised({3, 16, 1, 1})}));
  expect_equal(m);
}

TEST(Products, AreTablesWhereOneCodeMakesBothFactors) {
  DialectModel m = around([](DialectModel& d, const std::string& x) { return d.node("Mul", {x, x}); });
  expect_equal(m);
  EXPECT_EQ(products(m.lowered()), 0);
}

TEST(Products, BehindARelu) {
  DialectModel m = around([](DialectModel& d, const std::string& x) {
    return d.node("Relu", {d.node("Mul", {x, d.quantised(another(d, x), 0.25F)})});
  });
  expect_equal(m);
}

TEST(Products, AreRefusedWithHintsThatWork) {
  DialectModel shapes = around([](DialectModel& d, const std::string& x) {
    return d.node("Mul", {x, d.quantised(d.node("MaxPool", {another(d, x)}, {attr("kernel_shape", {7, 1})}), 0.25F)});
  });
  expect_refusal(shapes, "cannot be joined on the machine");
  DialectModel quotient = around([](DialectModel& d, const std::string& x) {
    return d.node("Div", {x, d.quantised(another(d, x), 0.25F, 100)});
  });
  expect_refusal(quotient, "Div of two computed tensors has no integer form");
}

}  // namespace
}  // namespace blendsim::differential
