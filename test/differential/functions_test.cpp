// SPDX-License-Identifier: Apache-2.0
// Functions of one value: their bounds, and tables of codes, against ONNX Runtime on the network as written.
#include <functional>

#include "networks.h"
#include "numerics/functions.h"

namespace blendsim::differential {
namespace {

struct Call {
  std::string op;
  std::vector<onnx::AttributeProto> attributes;
  FunctionArguments arguments;
};

std::vector<Call> calls() {
  std::vector<Call> all;
  for (const Function& row : functions()) {
    all.push_back({std::string(row.name), {}, {row.parameters[0].fallback, row.parameters[1].fallback}});
    if (row.name == "Gelu") all.push_back({"Gelu", {attr("approximate", "tanh")}, {1, 0}});
    if (row.name == "Elu" || row.name == "Celu")
      all.push_back({std::string(row.name), {attr("alpha", 2.5F)}, {2.5F, 0}});
  }
  return all;
}

std::string name_of(const Call& call) {
  return call.op + (call.attributes.empty() ? "" : "_" + call.attributes[0].name());
}

class EachFunction : public ::testing::TestWithParam<Call> {};

TEST_P(EachFunction, LiesWithinItsBoundsOfOnnxRuntimes) {
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  const Call& call = GetParam();
  const Function& function = *find_function(call.op);
  test::OnnxBuilder model(20, 9);
  FloatArray x{{1, 12000}, {}};
  std::mt19937_64 random(3);
  for (std::int64_t i = 0; i < x.shape[1]; ++i) {
    const float reach = std::array{0.02F, 0.5F, 2.0F, 6.0F, 14.0F, 30.0F}[static_cast<std::size_t>(i % 6)];
    x.values.push_back(reach * (static_cast<float>(random() >> 40) * 0x1p-23F - 1));
    if (i < 600) x.values.back() = std::ldexp(static_cast<float>(i - 300), -4);  // 0 among them
  }
  model.input("x", x.shape);
  model.node(call.op, {"x"}, {"y"}, call.attributes);
  model.output("y");
  Judge judge;
  const Judgement judged = judge.judge(model.bytes(), {}, x);
  const std::vector<float>& y = judged.at("y").array.values;
  int differing = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const FloatBounds own = bounds_of(function, call.arguments, FloatBounds::exactly(x.values[i]));
    if (!std::isfinite(own.value)) {
      EXPECT_TRUE(!std::isfinite(y[i])) << x.values[i];
      continue;
    }
    EXPECT_LE(own.lo, y[i]) << x.values[i];
    EXPECT_GE(own.hi, y[i]) << x.values[i];
    EXPECT_LE(function.lo, own.value);
    EXPECT_GE(function.hi, own.value);
    differing += own.value != y[i] ? 1 : 0;
  }
  if (function.is_exact()) EXPECT_EQ(differing, 0);
}

// Codes of a Conv's sums -> function -> codes -> Conv.
DialectModel behind_a_code(const std::function<std::string(DialectModel&, const std::string&)>& write, float scale,
                           int zero_point = 0, int type = int8, float out = 0.015625F, int out_zero = -20) {
  DialectModel m(20);
  m.input({1, 4, 6, 6}, float32, -128, 127, 5);
  const std::string y =
      m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({16, 4, 3, 3})}, {attr("pads", {1, 1, 1, 1})});
  const std::string codes = m.quantised(y, scale, zero_point, type);
  m.model.output(m.node("Conv", {m.quantised(write(m, codes), out, out_zero), m.dequantised({3, 16, 1, 1})}));
  return m;
}

TEST_P(EachFunction, OfACodeIsATableThatIsExact) {
  const Call& call = GetParam();
  const bool positive = call.op == "Log" || call.op == "Sqrt";
  DialectModel m = behind_a_code(
      [&](DialectModel& d, const std::string& x) {
        return d.node(call.op, {positive ? d.node("Add", {x, d.scalar(0.25F)}) : x}, call.attributes);
      },
      0.03125F, positive ? 0 : 130, uint8);
  expect_equal(m);
}

// Where a quantiser behind it stays on the host, and in front of the first one.
TEST_P(EachFunction, RunsOnTheHostToo) {
  const Call& call = GetParam();
  DialectModel m(20);
  m.input({1, 4, 6, 6}, float32, 1, 127, 5);
  const std::string x = m.quantised(m.node(call.op, {"x"}, call.attributes), 0.0173F);
  const std::string y = m.quantised(m.node("Relu", {m.node("Conv", {x, m.dequantised({5, 4, 1, 1})})}), 0.03F, -128);
  m.traits.rounding_sums.insert(m.node(call.op, {m.node("Add", {y, m.scalar(0.5F)})}, call.attributes));
  m.model.output(*m.traits.rounding_sums.begin());
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  const Outcome o = m.run();
  EXPECT_EQ(o.kind, Outcome::Kind::equal) << o.reason << "\n" << o.detail;
}

INSTANTIATE_TEST_SUITE_P(Functions, EachFunction, ::testing::ValuesIn(calls()),
                         [](const auto& test) { return name_of(test.param); });

using Write = std::string (*)(DialectModel&, const std::string&);

std::string silu(DialectModel& d, const std::string& x) { return d.node("Mul", {x, d.node("Sigmoid", {x})}); }

std::string gelu(DialectModel& d, const std::string& x) {
  const std::string erf = d.node("Erf", {d.node("Div", {x, d.scalar(std::sqrt(2.0F))})});
  return d.node("Mul", {d.node("Mul", {x, d.node("Add", {erf, d.scalar(1)})}), d.scalar(0.5F)});
}

TEST(Tables, ComputeWhatSeveralOperatorsComputeOfOneCode) {
  const Write forms[] = {
      silu,
      gelu,
      [](DialectModel& d, const std::string& x) {  // HardSwish
        return d.node("Mul", {x, d.node("HardSigmoid", {x}, {attr("alpha", 1.0F / 6), attr("beta", 0.5F)})});
      },
      [](DialectModel& d, const std::string& x) {  // Softsign
        return d.node("Div", {x, d.node("Add", {d.node("Abs", {x}), d.scalar(1)})});
      },
      [](DialectModel& d, const std::string& x) {  // an inner quantiser
        return d.node("Mul", {x, d.quantised(d.node("Sigmoid", {x}), 0.00390625F, 0, uint8)});
      },
      [](DialectModel& d, const std::string& x) {  // two of them
        const std::string gate = d.quantised(d.node("Tanh", {x}), 0.0078125F);
        return d.node("Add", {d.quantised(d.node("Mul", {gate, x}), 0.015625F), gate});
      },
      [](DialectModel& d, const std::string& x) {  // a parabola
        return d.node("Mul", {x, d.node("Mul", {x, d.scalar(0.25F)})});
      },
      [](DialectModel& d, const std::string& x) {
        return d.node("Reciprocal", {d.node("Add", {d.node("Pow", {x, d.scalar(2)}), d.scalar(0.75F)})});
      },
      [](DialectModel& d, const std::string& x) {  // tanh-GELU, spelled out
        const std::string cube = d.node("Pow", {x, d.scalar(3)});
        const std::string inner = d.node("Add", {x, d.node("Mul", {cube, d.scalar(0.044715F)})});
        const std::string t = d.node("Tanh", {d.node("Mul", {inner, d.scalar(0.7978846F)})});
        return d.node("Mul", {d.node("Mul", {x, d.scalar(0.5F)}), d.node("Add", {t, d.scalar(1)})});
      },
      [](DialectModel& d, const std::string& x) {
        return d.node("Sub", {d.node("Sigmoid", {x}), d.node("Sigmoid", {d.node("Neg", {x})})});
      }};
  for (std::size_t i = 0; i < std::size(forms); ++i) {
    SCOPED_TRACE(i);
    DialectModel m = behind_a_code(forms[i], 0.03125F, 3, int8, 0.015625F, -7);
    expect_equal(m);
  }
}

// The pass that makes the code looks it up, unless something else reads the code.
TEST(Tables, AreTheLastStepOfTheirCodesPass) {
  for (const bool shared : {false, true}) {
    DialectModel m(20);
    m.input({1, 4, 6, 6}, float32, -128, 127, 5);
    std::string y = m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({16, 4, 1, 1})});
    y = m.quantised(y, 0.03125F);
    const std::string table = m.quantised(m.node("Tanh", {y}), 0.0078125F);
    m.model.output(m.node("Conv", {table, m.dequantised({3, 16, 1, 1})}));
    if (shared) m.model.output(m.node("Conv", {y, m.dequantised({3, 16, 1, 1})}));
    expect_equal(m);
    const IntegerNetwork net = m.lowered();
    int tables = 0, passes = 0;
    for (const Layer& layer : net.layers) {
      const auto* post = std::get_if<PostProcessing>(&layer.work);
      passes += post != nullptr && (post->q1 || post->table) ? 1 : 0;  // others store an output's sums
      if (post == nullptr || !post->table) continue;
      ++tables;
      EXPECT_TRUE(post->q1) << "the accumulators' own pass";
      EXPECT_EQ(post->fixed != no_tensor, shared);
    }
    EXPECT_EQ(tables, 1);
    EXPECT_EQ(passes, 1);
  }
}

TEST(Tables, FollowTheInputAJoinAndAPool) {
  DialectModel input(20);
  input.input({1, 4, 6, 6}, float32, -128, 127, 5);
  const std::string gate = input.quantised(silu(input, input.quantised("x", 0.03125F)), 0.015625F);
  input.model.output(input.node("Conv", {gate, input.dequantised({3, 4, 1, 1})}));
  expect_equal(input);

  DialectModel join(20);
  join.input({1, 16, 6, 6}, float32, -128, 127, 5);
  const std::string x = join.quantised("x", 0.0625F);
  const std::string branch = join.quantised(join.node("Conv", {x, join.dequantised({16, 16, 1, 1})}), 0.25F);
  const std::string sum = join.quantised(join.node("Add", {branch, x}), 0.25F);
  join.model.output(join.node("Conv", {join.quantised(gelu(join, sum), 0.25F), join.dequantised({3, 16, 1, 1})}));
  expect_equal(join);

  DialectModel pool(20);
  pool.input({1, 16, 6, 6}, float32, -128, 127, 5);
  std::string y = pool.node("MaxPool", {pool.quantised("x", 0.03125F)}, {attr("kernel_shape", {2, 2})});
  y = pool.quantised(pool.node("Softplus", {y}), 0.03125F, -128);
  pool.model.output(pool.node("Conv", {y, pool.dequantised({3, 16, 1, 1})}));
  expect_equal(pool);
}

// Of few bits they are planes of a binary map.
TEST(Tables, WritePlanesToo) {
  for (const int bits : {2, 3, 4}) {
    DialectModel m = behind_a_code(
        [&](DialectModel& d, const std::string& x) {
          const std::string codes =
              d.node("Quant", {d.node("Abs", {x}), d.scalar(0.5F), d.scalar(0), d.scalar(static_cast<float>(bits))},
                     {attr("signed", 0), attr("narrow", 0), attr("rounding_mode", "ROUND")}, "qonnx.custom_op.general");
          return d.quantised(d.node("Conv", {codes, d.floats({16, 16, 1, 1}, whole(256))}), 0.5F);
        },
        0.03125F);
    m.model.opset_import("qonnx.custom_op.general", 1);
    expect_equal(m);
  }
}

TEST(Tables, TakeTheCodesOfARequantisationThatNoLineGivesExactly) {
  for (const float scale : {0.0371F, 0.0519F, 0.0123F}) {
    DialectModel m = behind_a_code([](DialectModel&, const std::string& x) { return x; }, 0.043F, 3, int8, scale, 5);
    expect_equal(m);
  }
}

TEST(Tables, AreRefusedWithHintsThatWork) {
  const auto of_sums = [](const std::function<std::string(DialectModel&, const std::string&)>& write) {
    DialectModel m(20);
    m.input({1, 4, 6, 6}, float32, -128, 127, 5);
    m.model.output(m.node(
        "Conv",
        {m.quantised(write(m, m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({16, 4, 3, 3})})), 0.015625F),
         m.dequantised({3, 16, 1, 1})}));
    return m;
  };
  DialectModel sigmoid = of_sums([](DialectModel& d, const std::string& x) { return d.node("Sigmoid", {x}); });
  expect_refusal(sigmoid, "and a table takes codes of at most");
  DialectModel both = of_sums(silu);
  expect_refusal(both, "Mul of two computed tensors has no integer form");
  DialectModel quantised =
      of_sums([](DialectModel& d, const std::string& x) { return silu(d, d.quantised(x, 0.03125F)); });
  expect_equal(quantised);
  DialectModel channels = of_sums([](DialectModel& d, const std::string& x) {
    std::vector<float> each;
    for (int c = 0; c < 16; ++c) each.push_back(0.5F + 0.1F * static_cast<float>(c));
    return d.node("Tanh", {d.node("Mul", {d.quantised(x, 0.043F), d.floats({1, 16, 1, 1}, each)})});
  });
  expect_refusal(channels, "differ between channels");
}

// Rises, so that thresholds do it straight from the sums.
TEST(Tables, AreNotAskedForByFewCodesOfAFunctionThatRises) {
  DialectModel m(20);
  m.model.opset_import("qonnx.custom_op.general", 1);
  m.input({1, 4, 6, 6}, float32, -128, 127, 5);
  const std::string y = m.node("Sigmoid", {m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({16, 4, 3, 3})})});
  const std::string codes =
      m.node("Quant", {y, m.scalar(0.0717F), m.scalar(0), m.scalar(4)},
             {attr("signed", 0), attr("narrow", 0), attr("rounding_mode", "ROUND")}, "qonnx.custom_op.general");
  m.model.output(m.node("Conv", {codes, m.floats({3, 16, 1, 1}, whole(48))}));
  expect_equal(m);
  for (const Layer& layer : m.lowered().layers) {
    if (const auto* post = std::get_if<PostProcessing>(&layer.work)) EXPECT_FALSE(post->table);
  }
}

}  // namespace
}  // namespace blendsim::differential
