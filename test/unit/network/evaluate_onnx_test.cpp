// SPDX-License-Identifier: Apache-2.0
// evaluate(), on the graph as imported and as normalised, against ONNX Runtime without optimisation. Data are small
// integers or halves wherever the operator keeps them exact; then the comparison is exact, else relative.
#include <gtest/gtest.h>

#include "network/tensor_file_name.h"
#include "unit/network/export_support.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;
using test::OnnxBuilder;

// A model whose nodes each write an output.
class Model {
 public:
  explicit Model(const Shape& shape, int opset = 13, int ir_version = 8)
      : builder(opset, ir_version), shape_(shape), random_(7) {
    builder.input("x", shape);
  }

  OnnxBuilder builder;

  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<onnx::AttributeProto>& attributes = {}, bool is_output = true) {
    const std::string name = op + std::to_string(count_++);
    builder.node(op, inputs, {name}, attributes);
    if (is_output) builder.output(name);
    return name;
  }
  std::string hidden(const std::string& op, const std::vector<std::string>& inputs,
                     const std::vector<onnx::AttributeProto>& attributes = {}) {
    return node(op, inputs, attributes, false);
  }
  std::string floats(const Shape& shape, const std::vector<float>& values) {
    const std::string name = "f" + std::to_string(count_++);
    builder.floats(name, shape, values);
    return name;
  }
  std::string number(float value) { return floats({}, {value}); }
  std::string whole(const Shape& shape, std::int64_t lo, std::int64_t hi) {
    return floats(shape, drawn(shape, lo, hi, 1));
  }
  std::string int64s(const std::vector<std::int64_t>& values) {
    const std::string name = "i" + std::to_string(count_++);
    builder.int64s(name, {static_cast<std::int64_t>(values.size())}, values);
    return name;
  }
  std::string integers(const Shape& shape, int type, const std::vector<std::int32_t>& values) {
    const std::string name = "q" + std::to_string(count_++);
    builder.integers(name, shape, type, values);
    return name;
  }
  // Multiples of `unit`.
  std::vector<float> drawn(const Shape& shape, std::int64_t lo, std::int64_t hi, float unit) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < element_count(shape); ++i)
      values.push_back(static_cast<float>(random_.between(lo, hi)) * unit);
    return values;
  }

  // On inputs unit * {lo ... hi}.
  void expect_as_onnx_runtime(std::int64_t lo, std::int64_t hi, float unit, const char* tolerance = "0") {
    const test::Folder folder;
    const FloatArray x{shape_, drawn(shape_, lo, hi, unit)};
    const auto imported = evaluate(builder.imported(), x), normalised = evaluate(builder.normalised(), x);
    for (const auto& output : builder.graph().output()) {
      const FloatArray& y = imported.at(output.name());
      EXPECT_EQ(normalised.at(output.name()), y) << output.name();
      write_npy(folder / tensor_file_name(output.name()), y);
    }
    write_npy(folder / "input.npy", x);
    builder.write(folder / "model.onnx");
    const test::Outcome outcome = test::run_script(
        "compare.mjs", "--lowered " + (folder / "model.onnx") + " --tensors " + folder.path() + " --input " +
                           (folder / "input.npy") + " --levels disabled --threads 1 --tolerance " + tolerance);
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    EXPECT_NE(outcome.text.find(std::to_string(builder.graph().output_size()) + " tensors, 1 runs: all equal"),
              std::string::npos)
        << outcome.text;
  }

 private:
  Shape shape_;
  test::Random random_;
  int count_ = 0;
};

TEST(EvaluateAsOnnxRuntime, ConvolutionsOfEveryGeometryAreEqual) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 4, 9, 8});
  m.node("Conv", {"x", m.whole({6, 4, 3, 2}, -5, 5)}, {attr("pads", {1, 0, 2, 1}), attr("strides", {2, 1})});
  m.node("Conv", {"x", m.whole({6, 2, 3, 3}, -5, 5)}, {attr("group", 2), attr("dilations", {2, 1})});
  m.node("Conv", {"x", m.whole({8, 1, 4, 3}, -5, 5), m.whole({8}, -9, 9)},
         {attr("group", 4), attr("auto_pad", "SAME_UPPER"), attr("strides", {2, 3}), attr("kernel_shape", {4, 3})});
  m.node("Conv", {"x", m.whole({3, 4, 3, 4}, -5, 5)}, {attr("auto_pad", "SAME_LOWER"), attr("strides", {2, 2})});
  m.node("Conv", {"x", m.whole({3, 4, 2, 5}, -5, 5)}, {attr("auto_pad", "VALID"), attr("strides", {3, 1})});
  m.expect_as_onnx_runtime(-8, 8, 1);
}

TEST(EvaluateAsOnnxRuntime, DenseLayersOfEveryFormAreEqual) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 3, 4, 5});
  const std::string flat = m.node("Flatten", {"x"});
  const std::string row = m.hidden("Reshape", {"x", m.int64s({1, -1})});
  const std::string column = m.hidden("Reshape", {"x", m.int64s({60, 1})});
  const std::string rows = m.hidden("Reshape", {"x", m.int64s({1, 12, 5})});
  m.node("MatMul", {flat, m.whole({60, 7}, -4, 4)});
  m.node("MatMul", {rows, m.whole({5, 3}, -4, 4)});
  m.node("Gemm", {row, m.whole({60, 7}, -4, 4)});
  m.node("Gemm", {row, m.whole({7, 60}, -4, 4), m.whole({7}, -4, 4)}, {attr("transB", 1)});
  m.node("Gemm", {row, m.whole({7, 60}, -4, 4), m.whole({1, 7}, -4, 4)},
         {attr("transB", 1), attr("alpha", 0.5F), attr("beta", -2.0F)});
  m.node("Gemm", {row, m.whole({60, 3}, -4, 4)}, {attr("alpha", 0.25F), attr("beta", 3.0F)});
  m.node("Gemm", {row, m.whole({60, 3}, -4, 4), m.number(5)}, {attr("beta", 0.5F)});
  m.node("Gemm", {column, m.whole({60, 3}, -4, 4), m.whole({3}, -4, 4)}, {attr("transA", 1), attr("alpha", 2.0F)});
  m.node("Gemm", {column, m.whole({3, 60}, -4, 4)}, {attr("transA", 1), attr("transB", 1)});
  m.expect_as_onnx_runtime(-8, 8, 1);
}

TEST(EvaluateAsOnnxRuntime, MaximaOfEveryWindowAreEqual) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 2, 9, 8});
  m.node("MaxPool", {"x"}, {attr("kernel_shape", {2, 3})});
  m.node("MaxPool", {"x"}, {attr("kernel_shape", {3, 3}), attr("strides", {2, 2}), attr("pads", {1, 0, 1, 2})});
  m.node("MaxPool", {"x"}, {attr("kernel_shape", {3, 3}), attr("strides", {2, 3}), attr("ceil_mode", 1)});
  m.node("MaxPool", {"x"},
         {attr("kernel_shape", {2, 2}), attr("strides", {3, 3}), attr("pads", {0, 1, 1, 1}), attr("ceil_mode", 1)});
  m.node("MaxPool", {"x"}, {attr("kernel_shape", {3, 2}), attr("dilations", {2, 3}), attr("pads", {1, 1, 1, 1})});
  m.node("MaxPool", {"x"}, {attr("kernel_shape", {3, 2}), attr("strides", {2, 2}), attr("auto_pad", "SAME_UPPER")});
  m.node("MaxPool", {"x"}, {attr("kernel_shape", {2, 3}), attr("strides", {2, 2}), attr("auto_pad", "SAME_LOWER")});
  m.node("MaxPool", {"x"}, {attr("kernel_shape", {2, 3}), attr("strides", {2, 2}), attr("auto_pad", "VALID")});
  m.node("GlobalMaxPool", {"x"});
  m.expect_as_onnx_runtime(-40, 3, 0.5F);
}

TEST(EvaluateAsOnnxRuntime, AveragesOfEveryWindowAgree) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 2, 9, 8}, 19, 9);
  for (const int count : {0, 1}) {
    const auto counted = attr("count_include_pad", count);
    m.node("AveragePool", {"x"}, {counted, attr("kernel_shape", {2, 3})});
    m.node("AveragePool", {"x"},
           {counted, attr("kernel_shape", {3, 3}), attr("strides", {2, 2}), attr("pads", {1, 0, 1, 2})});
    m.node("AveragePool", {"x"},
           {counted, attr("kernel_shape", {3, 3}), attr("strides", {2, 3}), attr("ceil_mode", 1)});
    m.node("AveragePool", {"x"},
           {counted, attr("kernel_shape", {3, 2}), attr("dilations", {2, 3}), attr("pads", {1, 1, 1, 1})});
    m.node("AveragePool", {"x"},
           {counted, attr("kernel_shape", {3, 2}), attr("strides", {2, 2}), attr("auto_pad", "SAME_UPPER")});
    m.node("AveragePool", {"x"},
           {counted, attr("kernel_shape", {2, 3}), attr("strides", {2, 2}), attr("auto_pad", "SAME_LOWER")});
    m.node("AveragePool", {"x"},
           {counted, attr("kernel_shape", {2, 3}), attr("strides", {2, 2}), attr("auto_pad", "VALID")});
    m.node("AveragePool", {"x"},
           {counted, attr("kernel_shape", {3, 3}), attr("strides", {2, 3}), attr("pads", {1, 1, 0, 1}),
            attr("ceil_mode", 1)});
  }
  m.node("GlobalAveragePool", {"x"});
  m.node("ReduceMean", {"x", m.int64s({2, 3})});
  m.node("ReduceMean", {"x", m.int64s({-1, -2})}, {attr("keepdims", 0)});
  m.expect_as_onnx_runtime(-40, 40, 0.5F, "1e-6");
}

TEST(EvaluateAsOnnxRuntime, ElementwiseOperatorsAreEqual) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 3, 4, 5}, 16);
  const std::string channels = m.floats({3, 1, 1}, {2, -0.5F, 4}),
                    all = m.floats({1, 3, 4, 5}, m.drawn({60}, 1, 9, 0.25F));
  const std::string positive = m.hidden("Clip", {"x", m.number(0.5F)});
  for (const char* op : {"Add", "Sub", "Mul", "Div"}) {
    m.node(op, {"x", channels});
    m.node(op, {all, positive});
    m.node(op, {"x", m.number(2)});
  }
  m.node("Mul", {"x", "x"});
  m.node("Pow", {"x", m.number(2)});
  m.node("Pow", {"x", m.number(3)});
  m.node("Relu", {"x"});
  m.node("PRelu", {"x", channels});
  m.node("PRelu", {"x", m.floats({1}, {0.25F})});
  m.node("LeakyRelu", {"x"}, {attr("alpha", 0.125F)});
  m.node("Clip", {"x", m.number(-1), m.number(2.5F)});
  m.node("Clip", {"x", "", m.number(1)});
  m.node("Clip", {"x"});
  m.node("Sign", {"x"});
  m.node("Min", {"x", m.number(1.5F)});
  m.node("Max", {m.number(-1.5F), "x"});
  m.expect_as_onnx_runtime(-16, 15, 0.5F);
}

// 0 and the threshold itself are among the inputs; both orders of the operands; values +-alpha, one or one a channel.
TEST(EvaluateAsOnnxRuntime, ComparisonsThatMakeSignsAreEqual) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 3, 4, 5}, 16);
  const std::string zero = m.number(0), bounds = m.floats({3, 1, 1}, {1, -1.5F, 0}), one = m.number(1),
                    minus = m.number(-1);
  const std::string alpha = m.number(0.75F), minus_alpha = m.number(-0.75F);
  const std::string alphas = m.floats({1, 3, 1, 1}, {0.5F, 2, 0.125F}),
                    minus_alphas = m.floats({1, 3, 1, 1}, {-0.5F, -2, -0.125F});
  for (const char* op : {"Greater", "GreaterOrEqual", "Less", "LessOrEqual"}) {
    m.node("Where", {m.hidden(op, {"x", zero}), one, minus});
    m.node("Where", {m.hidden(op, {zero, "x"}), alpha, minus_alpha});
    m.node("Where", {m.hidden(op, {"x", bounds}), one, minus});
    m.node("Where", {m.hidden(op, {"x", zero}), alphas, minus_alphas});
    m.node("Where", {m.hidden(op, {"x", bounds}), minus_alphas, alphas});
    const std::string bit = m.hidden("Cast", {m.hidden(op, {"x", zero})}, {attr("to", 1)});
    m.node("Sub", {m.hidden("Mul", {bit, m.number(2)}), one});
  }
  m.expect_as_onnx_runtime(-6, 6, 0.5F);
}

TEST(EvaluateAsOnnxRuntime, BatchNormalizationOfRanksTwoToFourAgrees) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  for (const int opset : {9, 15}) {
    Model m({1, 3, 4, 5}, opset);
    const auto normalise = [&](const std::string& x, std::int64_t channels) {
      const Shape shape{channels};
      const std::vector<std::string> inputs{
          x, m.floats(shape, m.drawn(shape, -9, 9, 0.3F)), m.floats(shape, m.drawn(shape, -9, 9, 0.1F)),
          m.floats(shape, m.drawn(shape, -9, 9, 0.1F)), m.floats(shape, m.drawn(shape, 1, 9, 0.3F))};
      m.node("BatchNormalization", inputs, {attr("epsilon", 1e-3F)});
    };
    normalise("x", 3);
    normalise(m.hidden("Reshape", {"x", m.int64s({1, 12, 5})}), 12);
    normalise(m.hidden("Reshape", {"x", m.int64s({1, 60})}), 60);
    m.expect_as_onnx_runtime(-16, 16, 0.25F, "2e-6");
  }
}

TEST(EvaluateAsOnnxRuntime, MovementsAreEqual) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 3, 4, 1});
  m.node("Flatten", {"x"}, {attr("axis", 2)});
  m.node("Flatten", {"x"}, {attr("axis", 0)});
  m.node("Reshape", {"x", m.int64s({0, -1, 2})});
  m.node("Squeeze", {"x", m.int64s({-1})});
  m.node("Squeeze", {"x"});
  m.node("Unsqueeze", {"x", m.int64s({0, -1})});
  m.node("Transpose", {"x"});
  m.node("Transpose", {"x"}, {attr("perm", {0, 2, 3, 1})});
  m.node("Concat", {"x", "x", m.whole({1, 2, 4, 1}, -3, 3)}, {attr("axis", 1)});
  m.node("Concat", {"x", "x"}, {attr("axis", -1)});
  m.expect_as_onnx_runtime(-9, 9, 1);
}

// Before opset 13 Softmax flattens everything from `axis` on; from 13 on it works along one axis.
TEST(EvaluateAsOnnxRuntime, SoftmaxFollowsItsOpset) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model old({1, 5, 4, 3}, 11);
  old.node("Softmax", {"x"}, {attr("axis", 3)});
  old.node("Softmax", {"x"}, {attr("axis", 2)});
  old.node("Softmax", {"x"});
  old.node("Softmax", {old.hidden("Flatten", {"x"})});
  old.expect_as_onnx_runtime(-16, 16, 0.25F, "1e-6");
  Model current({1, 5, 4, 3});
  current.node("Softmax", {"x"});
  current.node("Softmax", {"x"}, {attr("axis", 1)});
  current.node("Softmax", {"x"}, {attr("axis", -2)});
  current.node("Sigmoid", {"x"});
  current.expect_as_onnx_runtime(-16, 16, 0.25F, "1e-6");
}

TEST(EvaluateAsOnnxRuntime, ArgMaxAndTopKBreakTiesAlike) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  Model m({1, 6, 4, 3});
  const auto real = [&](const std::string& indices) { m.node("Cast", {indices}, {attr("to", 1)}); };
  real(m.hidden("ArgMax", {"x"}, {attr("axis", 1)}));
  real(m.hidden("ArgMax", {"x"}, {attr("axis", -1), attr("keepdims", 0)}));
  real(m.hidden("ArgMax", {"x"}));
  for (const int largest : {1, 0}) {
    for (const std::int64_t axis : {1, -1}) {
      const std::string name = "top" + std::to_string(largest) + std::to_string(axis + 1);
      m.builder.node("TopK", {"x", m.int64s({3})}, {name, name + "_at"},
                     {attr("axis", axis), attr("largest", largest)});
      m.builder.output(name);
      real(name + "_at");
    }
  }
  m.expect_as_onnx_runtime(-3, 3, 1);
}

// Ties, saturation at both ends, zero points, one scale or one a channel.
TEST(EvaluateAsOnnxRuntime, LinearQuantisersAreEqual) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  using Proto = onnx::TensorProto;
  Model m({1, 3, 9, 9});
  const auto pair = [&](Model& model, const std::vector<std::string>& parameters,
                        const std::vector<onnx::AttributeProto>& attributes = {}) {
    std::vector<std::string> inputs{"x"};
    inputs.insert(inputs.end(), parameters.begin(), parameters.end());
    inputs[0] = model.hidden("QuantizeLinear", inputs, attributes);
    model.node("DequantizeLinear", inputs, attributes);
  };
  pair(m, {m.number(0.5F), m.integers({}, Proto::INT8, {0})});
  pair(m, {m.number(0.25F), m.integers({}, Proto::INT8, {-7})});
  pair(m, {m.number(0.25F), m.integers({}, Proto::UINT8, {131})});
  pair(m, {m.number(0.3F), m.integers({}, Proto::UINT8, {3})});
  pair(m, {m.number(1)});
  pair(m, {m.floats({3}, {0.5F, 0.25F, 0.3F}), m.integers({3}, Proto::INT8, {0, 5, -9})}, {attr("axis", 1)});
  pair(m, {m.floats({9}, m.drawn({9}, 1, 9, 0.25F)), m.integers({9}, Proto::UINT8, {1, 2, 3, 4, 5, 6, 7, 8, 9})},
       {attr("axis", -1)});
  const std::string weights = m.integers({3, 1, 2, 2}, Proto::INT8, {-128, 127, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const std::string real =
      m.hidden("DequantizeLinear", {weights, m.floats({3}, {0.5F, 0.25F, 2}), m.integers({3}, Proto::INT8, {0, 0, 0})},
               {attr("axis", 0)});
  m.node("Conv", {"x", real}, {attr("group", 3)});
  m.expect_as_onnx_runtime(-300, 300, 0.125F);

  Model wide({1, 3, 9, 9}, 21, 10);
  pair(wide, {wide.number(0.0009765625F), wide.integers({}, Proto::INT16, {0})});
  pair(wide, {wide.number(0.0009765625F), wide.integers({}, Proto::UINT16, {40000})});
  wide.expect_as_onnx_runtime(-300, 300, 0.1259765625F);
}

}  // namespace
}  // namespace blendsim
