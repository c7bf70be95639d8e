// SPDX-License-Identifier: Apache-2.0
// Networks in other dialects, and of data that moves: what ONNX Runtime computes on them as written.
#include <tuple>

#include "networks.h"

namespace blendsim::differential {
namespace {

// x -> 8-bit codes -> Conv by 3x3 -> what `write` adds -> a sum -> the output.
template <class F>
DialectModel between(F write, int opset = 13) {
  DialectModel m(opset);
  m.input({1, 4, 6, 6}, float32, -128, 127, 5);
  const std::string y =
      m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({6, 4, 3, 3})}, {attr("pads", {1, 1, 1, 1})});
  m.model.output(write(m, y));
  return m;
}

TEST(Staircases, AreQuantisersInAnyOrderOfTheirOperators) {
  using Write = std::string (*)(DialectModel&, const std::string&);
  const Write orders[] = {
      [](DialectModel& m, const std::string& x) {  // DoReFa
        const std::string clipped = m.node("Clip", {x, m.scalar(0), m.scalar(1)});
        return m.node("Div", {m.node("Round", {m.node("Mul", {clipped, m.scalar(16)})}), m.scalar(16)});
      },
      [](DialectModel& m, const std::string& x) {  // LSQ
        const std::string steps = m.node("Div", {x, m.scalar(0.25F)});
        const std::string codes = m.node("Round", {m.node("Clip", {steps, m.scalar(-8), m.scalar(7)})});
        return m.node("Mul", {codes, m.scalar(0.25F)});
      },
      [](DialectModel& m, const std::string& x) {  // rounded, then clipped
        const std::string codes = m.node("Round", {m.node("Div", {x, m.scalar(0.125F)})});
        return m.node("Mul", {m.node("Clip", {codes, m.scalar(-100), m.scalar(100)}), m.scalar(0.125F)});
      },
      [](DialectModel& m, const std::string& x) {  // with a zero point
        std::string y = m.node("Round", {m.node("Div", {x, m.scalar(0.125F)})});
        y = m.node("Clip", {m.node("Add", {y, m.scalar(101)}), m.scalar(0), m.scalar(255)});
        return m.node("Mul", {m.node("Sub", {y, m.scalar(101)}), m.scalar(0.125F)});
      },
      [](DialectModel& m, const std::string& x) {  // half up
        const std::string steps = m.node("Mul", {m.node("Relu", {x}), m.scalar(4)});
        const std::string up = m.node("Floor", {m.node("Add", {steps, m.scalar(0.5F)})});
        return m.node("Min", {up, m.scalar(15)});
      },
      [](DialectModel& m, const std::string& x) {  // fractions cut off
        const std::string clipped = m.node("Clip", {x, m.scalar(0), m.scalar(63)});
        return m.node("Cast", {m.node("Cast", {clipped}, {attr("to", 6)})}, {attr("to", 1)});
      },
      [](DialectModel& m, const std::string& x) {  // the straight-through estimator's residue
        const std::string steps = m.node("Clip", {m.node("Mul", {x, m.scalar(2)}), m.scalar(-8), m.scalar(7)});
        return m.node("Add", {m.node("Sub", {m.node("Round", {steps}), steps}), steps});
      }};
  for (std::size_t i = 0; i < std::size(orders); ++i) {
    SCOPED_TRACE(i);
    DialectModel m = between([&](DialectModel& d, const std::string& x) {
      return d.node("Conv", {orders[i](d, x), d.dequantised({3, 6, 1, 1})});
    });
    expect_equal(m);
  }
}

TEST(Staircases, WithoutBoundsAreRefusedWithAHintThatWorks) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    return d.node("Conv", {d.node("Round", {x}), d.dequantised({3, 6, 1, 1})});
  });
  expect_refusal(m, "nothing bounds the integers");
}

TEST(ChannelsLast, AreTransposesThatVanish) {
  DialectModel m;
  const char* domain = "qonnx.custom_op.channels_last";
  m.model.opset_import(domain, 1);
  m.input({1, 6, 6, 4}, float32, -128, 127, 5);
  std::string y =
      m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({5, 3, 3, 4}), m.floats({5}, {1, 2, 3, 4, 5})},
             {attr("kernel_shape", {3, 3}), attr("pads", {1, 1, 1, 1})}, domain);
  y = m.node("MaxPool", {y}, {attr("kernel_shape", {2, 2}), attr("strides", {2, 2})}, domain);
  const std::vector<float> ones(5, 1.0F), halves(5, 0.5F);
  y = m.node("BatchNormalization",
             {y, m.floats({5}, halves), m.floats({5}, ones), m.floats({5}, ones), m.floats({5}, ones)},
             {attr("epsilon", 0.0F)}, domain);
  y = m.quantised(m.node("Relu", {y}), 0.25F, 0, uint8);
  m.model.output(m.node("Conv", {y, m.dequantised({3, 1, 1, 5})}, {attr("kernel_shape", {1, 1})}, domain));
  expect_equal(m);
}

TEST(Layout, TheRowsOfADenseLayerTakeATransposeInFrontOfIt) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    std::string y =
        d.node("Transpose", {d.quantised(d.node("Relu", {x}), 0.5F, 0, uint8)}, {attr("perm", {0, 2, 3, 1})});
    y = d.quantised(d.node("Flatten", {y}), 1.0F, 0, uint8);
    return d.node("Gemm", {y, d.dequantised({5, 216})}, {attr("transB", 1)});
  });
  expect_equal(m);
}

TEST(Layout, ATransposeAtTheOutputIsTheHosts) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    const std::string y = d.node("Transpose", {x}, {attr("perm", {0, 2, 3, 1})});
    return d.quantised(d.node("Add", {y, d.floats({6}, {1, 2, 3, -1, -2, -3})}), 0.25F);
  });
  expect_equal(m);
}

TEST(Layout, ATransposeBetweenLayersIsRefusedByName) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    const std::string y = d.node("Transpose", {d.quantised(x, 0.5F)}, {attr("perm", {0, 3, 1, 2})});
    return d.node("Conv", {y, d.dequantised({3, 6, 1, 1})});
  });
  expect_refusal(m, "transposes");
}

TEST(RequantShift, RoundsHalfUpInIntegers) {
  for (const bool is_signed : {true, false}) {
    DialectModel m;
    m.model.opset_import("PACTOps", 1);
    m.input({1, 3, 5, 5}, float32, 0, 255);
    onnx::AttributeProto div = attr("div", 0);
    div.set_type(onnx::AttributeProto::TENSOR);
    *div.mutable_t() = test::tensor_proto("", {}, float32);
    div.mutable_t()->add_float_data(256);
    const auto shift = [&](const std::string& x, const std::string& factor) {
      return m.node("RequantShift", {x, factor, m.scalar(128)},
                    {div, attr("n_levels_out", 256.0F), attr("signed", is_signed ? 1.0F : 0.0F)}, "PACTOps");
    };
    std::string y = m.node("Conv", {"x", m.floats({4, 3, 3, 3}, whole(108))});
    y = shift(y, m.floats({4, 1, 1}, {3, 7, 5, 1}));
    m.model.output(shift(m.node("Conv", {y, m.floats({2, 4, 1, 1}, whole(8))}), m.scalar(9)));
    expect_equal(m);
  }
}

TEST(QuantAvgPool, ShiftsTheSumOfAWindow) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    d.model.opset_import("qonnx.custom_op.general", 1);
    const std::string codes = d.quantised(d.node("Relu", {x}), 1.0F, 0, uint8);
    const std::string y =
        d.node("QuantAvgPool2d", {codes},
               {attr("kernel", 3), attr("stride", 2), attr("ibits", 8), attr("obits", 7), attr("signed", 0)},
               "qonnx.custom_op.general");
    return d.node("Conv", {y, d.dequantised({3, 6, 1, 1})});
  });
  expect_equal(m);
}

TEST(Annotations, TellTheIntegersOfAnInput) {
  for (const char* type : {"BIPOLAR", "INT4", "UINT8", "TERNARY"}) {
    DialectModel m;
    const bool wide = type == std::string("UINT8"), bipolar = type == std::string("BIPOLAR");
    m.input({1, 24}, float32, wide ? 0 : -1, wide ? 255 : 1);
    for (float& v : m.x.values) v = bipolar && v == 0 ? 1 : v;
    auto& annotation = *m.model.graph().add_quantization_annotation();
    annotation.set_tensor_name("x");
    auto& entry = *annotation.add_quant_parameter_tensor_names();
    entry.set_key("finn_datatype");
    entry.set_value(type);
    const std::string y = m.node("Div", {m.node("Add", {"x", m.scalar(1)}), m.scalar(2)});
    m.model.output(m.node("Gemm", {wide ? "x" : y, m.dequantised({24, 5})}));
    SCOPED_TRACE(type);
    expect_equal(m);
  }
}

struct MoveCase {
  const char* name;
  int outputs;  // channels behind the move
  std::string (*write)(DialectModel&, const std::string&);
};

class Moves : public ::testing::TestWithParam<MoveCase> {};

// In front of a convolution, which absorbs it, and of a quantiser and an output, where it is one of its own.
TEST_P(Moves, ComputeWhatOnnxRuntimeComputes) {
  for (const bool absorbed : {true, false}) {
    DialectModel m = between([&](DialectModel& d, const std::string& x) {
      const std::string y = GetParam().write(d, d.quantised(x, 0.5F));
      if (!absorbed) return d.quantised(y, 0.25F);
      return d.node("Conv", {y, d.dequantised({3, GetParam().outputs, 2, 2})}, {attr("pads", {1, 1, 0, 0})});
    });
    SCOPED_TRACE(absorbed);
    expect_equal(m);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Operators, Moves,
    ::testing::Values(
        MoveCase{"Pad", 6,
                 [](DialectModel& d, const std::string& x) {
                   return d.node("Pad", {x, d.int64s({0, 0, 1, 2, 0, 0, 0, 1})});
                 }},
        MoveCase{
            "SpaceToDepth", 24,
            [](DialectModel& d, const std::string& x) { return d.node("SpaceToDepth", {x}, {attr("blocksize", 2)}); }},
        MoveCase{"SliceOfChannels", 3,
                 [](DialectModel& d, const std::string& x) {
                   return d.node("Slice", {x, d.int64s({1}), d.int64s({6}), d.int64s({1}), d.int64s({2})});
                 }},
        MoveCase{"SliceOfPixels", 6,
                 [](DialectModel& d, const std::string& x) {
                   return d.node("Slice", {x, d.int64s({1, 0}), d.int64s({5, 6}), d.int64s({2, 3}), d.int64s({1, 2})});
                 }},
        MoveCase{"Gather", 4,
                 [](DialectModel& d, const std::string& x) {
                   return d.node("Gather", {x, d.int64s({5, 0, 3, 2})}, {attr("axis", 1)});
                 }},
        MoveCase{"GatherOfOneTwice", 3,
                 [](DialectModel& d, const std::string& x) {
                   return d.node("Gather", {x, d.int64s({5, 0, 5})}, {attr("axis", 1)});
                 }},
        MoveCase{"ChannelShuffle", 6,
                 [](DialectModel& d, const std::string& x) {
                   std::string y = d.node("Reshape", {x, d.int64s({1, 2, 3, 6, 6})});
                   y = d.node("Transpose", {y}, {attr("perm", {0, 2, 1, 3, 4})});
                   return d.node("Reshape", {y, d.int64s({1, 6, 6, 6})});
                 }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Moves, BehindAPoolThatWaitsForItsQuantiserReadItsOutput) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    const std::string pooled = d.node("GlobalMaxPool", {d.quantised(x, 0.5F)});
    const std::string y = d.node("Gather", {d.node("Relu", {pooled}), d.int64s({4, 0, 2})}, {attr("axis", 1)});
    return d.quantised(y, 0.5F);
  });
  expect_equal(m);
}

TEST(Moves, SplitGivesEachReaderItsPart) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    const std::string q = d.quantised(x, 0.5F), a = d.output_name("part"), b = d.output_name("part");
    d.model.node("Split", {q, d.int64s({2, 4})}, {a, b}, {attr("axis", 1)}).set_name("split");
    const std::string y = d.quantised(d.node("Conv", {a, d.dequantised({2, 2, 1, 1})}), 0.5F);
    return d.node("Conv", {d.node("Concat", {y, b}, {attr("axis", 1)}), d.dequantised({3, 6, 1, 1})});
  });
  expect_equal(m);
}

TEST(Moves, PaddingByAnotherValueThanZeroIsRefusedWithItsReason) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    return d.quantised(d.node("Pad", {d.quantised(x, 0.5F), d.int64s({0, 0, 1, 1, 0, 0, 1, 1}), d.scalar(1)}), 0.5F);
  });
  expect_refusal(m, "the machine pads with the code of # only");
}

TEST(Tails, MovePixelsOnTheHost) {
  DialectModel blocks = between([](DialectModel& d, const std::string& x) {
    const std::string y = d.node("Conv", {d.quantised(x, 0.5F), d.dequantised({8, 6, 1, 1})});
    return d.node("DepthToSpace", {d.quantised(y, 0.5F)}, {attr("blocksize", 2), attr("mode", "CRD")});
  });
  expect_equal(blocks);
  DialectModel larger = between([](DialectModel& d, const std::string& x) {
    const std::string scales = d.floats({4}, {1, 1, 3, 2});
    return d.node("Resize", {d.quantised(x, 0.5F), "", scales}, {attr("mode", "nearest")});
  });
  expect_equal(larger);
}

TEST(Tails, QuantiseOnTheHostWhatTheHostComputes) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    const std::string y = d.node("Transpose", {d.quantised(x, 0.5F)}, {attr("perm", {0, 2, 3, 1})});
    const std::string gate = d.node("HardSigmoid", {y}, {attr("alpha", 0.25F), attr("beta", 0.5F)});
    return d.node("QuantizeLinear", {d.node("Sigmoid", {gate}), d.scalar(0.25F), d.zero(uint8, 3)});
  });
  expect_equal(m);
}

TEST(HardSigmoid, IsALineWithBounds) {
  DialectModel m = between([](DialectModel& d, const std::string& x) {
    const std::string gate = d.node("HardSigmoid", {d.node("Neg", {x})}, {attr("alpha", 0.125F), attr("beta", 0.5F)});
    return d.node("Conv", {d.quantised(gate, 0.0078125F, 0, uint8), d.dequantised({3, 6, 1, 1})});
  });
  expect_equal(m);
}

TEST(Rows, OfOneDimensionAreMapsOfOneRow) {
  DialectModel m;
  m.input({1, 4, 20}, float32, -128, 127, 5);
  std::string y = m.node("Conv", {m.quantised("x", 0.0625F), m.dequantised({6, 4, 3})},
                         {attr("pads", {4, 0}), attr("dilations", {2})});
  y = m.node("MaxPool", {m.quantised(m.node("Relu", {y}), 0.5F, 0, uint8)},
             {attr("kernel_shape", {2}), attr("strides", {2})});
  y = m.node("AveragePool", {y}, {attr("kernel_shape", {2}), attr("strides", {2})});
  y = m.quantised(m.node("Flatten", {y}), 0.5F, 0, uint8);
  m.model.output(m.node("Gemm", {y, m.dequantised({30, 5})}));
  expect_equal(m);
}

TEST(Tokens, AreThePixelsOfAConvolution) {
  DialectModel m;
  m.input({1, 9, 8}, float32, -128, 127, 5);
  std::string y = m.node("MatMul", {m.quantised("x", 0.0625F), m.dequantised({8, 6})});
  y = m.quantised(m.node("Add", {y, m.floats({6}, {1, 2, 3, -1, -2, -3})}), 0.5F);
  y = m.node("MatMul", {y, m.dequantised({6, 4})});
  y = m.node("ReduceMean", {m.quantised(m.node("Relu", {y}), 1.0F, 0, uint8)},
             {attr("axes", {1}), attr("keepdims", 0)});
  m.model.output(m.node("Gemm", {m.quantised(y, 1.0F, 0, uint8), m.dequantised({4, 3})}));
  expect_equal(m);
}

TEST(Tokens, AreMixedByWeightsOnTheLeft) {
  DialectModel m;
  m.input({1, 9, 8}, float32, -128, 127, 5);
  m.model.output(m.node("MatMul", {m.floats({5, 9}, whole(45)), m.quantised("x", 0.0625F)}));
  expect_equal(m);
}

// Where the stride passes the kernel SAME's formula is negative, and these drop pixels in front (found by seed
// 1102369).
TEST(AveragePools, OfPaddingThatCountsInCeilModeDropPixelsBeyondTheKernelBeforeOpset19) {
  for (const auto& [size, kernel, stride, pad] : {std::tuple{3, 1, 3, "SAME_UPPER"},
                                                  {3, 1, 3, "SAME_LOWER"},
                                                  {6, 1, 3, "SAME_UPPER"},
                                                  {7, 1, 4, "SAME_LOWER"},
                                                  {7, 2, 4, "SAME_UPPER"},
                                                  {6, 2, 3, "SAME_LOWER"}}) {
    SCOPED_TRACE(testing::Message() << size << " " << kernel << " " << stride << " " << pad);
    DialectModel m;
    m.input({1, 2, size, size}, float32, -128, 127, 5);
    m.model.output(m.node("AveragePool", {m.quantised("x", 0.0625F)},
                          {attr("kernel_shape", {kernel, kernel}), attr("strides", {stride, stride}),
                           attr("auto_pad", pad), attr("ceil_mode", 1), attr("count_include_pad", 1)}));
    expect_equal(m);
  }
}

// The input's codes lie as the second transpose has them, and are no longer what its tensor holds (seed 1202510).
TEST(Transposes, OfTheInputAroundAnOperatorNameNoTensorThatTheCodesAreNot) {
  DialectModel m;
  m.input({1, 1, 2, 3}, float32, -128, 127, 5);
  const std::string signs =
      m.node("Where", {m.node("GreaterOrEqual", {"x", m.scalar(0.5F)}), m.scalar(1), m.scalar(-3)});
  const std::string rows = m.node("Transpose", {signs}, {attr("perm", {0, 2, 3, 1})});
  const std::string back = m.node("Transpose", {m.node("Relu", {rows})}, {attr("perm", {0, 3, 1, 2})});
  m.model.output(m.quantised(back, 0.0625F));
  expect_equal(m);
}

}  // namespace
}  // namespace blendsim::differential
