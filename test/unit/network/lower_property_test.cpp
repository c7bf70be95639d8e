// SPDX-License-Identifier: Apache-2.0
// Random networks: whenever lowering calls every layer exact, each quantised tensor and each output of the lowered
// network equals the float evaluation of the graph.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "unit/network/lower_support.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using test::attr;

constexpr const char* qonnx = "qonnx.custom_op.general";
constexpr const char* modes[] = {"ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"};

// Writes a random chain of convolutions, normalisations, activations, quantisers, pools, joins and concatenations.
class NetworkMaker {
 public:
  explicit NetworkMaker(std::uint64_t seed) : random_(seed) {}

  Graph make() {
    model_.input("x", {1, channels_, size_, size_});
    quantise_input();
    const int stages = static_cast<int>(random_.between(1, 3));
    for (int i = 0; i < stages; ++i) stage();
    finish();
    return model_.normalised();
  }

 private:
  std::string fresh(const std::string& stem) { return stem + std::to_string(count_++); }

  std::string scalar(float value) {
    const std::string name = fresh("c");
    model_.scalar(name, value);
    return name;
  }

  std::string floats(const Shape& shape, const std::vector<float>& values) {
    const std::string name = fresh("k");
    model_.floats(name, shape, values);
    return name;
  }

  void node(const std::string& op, std::vector<std::string> inputs,
            const std::vector<onnx::AttributeProto>& attributes = {}, const std::string& domain = "") {
    inputs.insert(inputs.begin(), now_);
    const std::string out = fresh(op);
    model_.node(op, inputs, {out}, attributes, domain).set_name(out + "_node");
    now_ = out;
  }

  std::string power_of_two(int lo, int hi) {
    return scalar(std::ldexp(1.0F, static_cast<int>(random_.between(lo, hi))));
  }

  void quant(int bits, bool is_signed, const std::string& scale, int zero_point, const char* mode) {
    node("Quant", {scale, scalar(static_cast<float>(zero_point)), scalar(static_cast<float>(bits))},
         {attr("signed", is_signed ? 1 : 0), attr("narrow", random_.chance(30) ? 1 : 0), attr("rounding_mode", mode)},
         qonnx);
  }

  void quantise_input() {
    if (random_.chance(25)) return node("BipolarQuant", {power_of_two(-2, 1)}, {}, qonnx);
    const bool is_signed = random_.chance(50);
    const int bits = static_cast<int>(random_.between(2, 8));
    const int zero = is_signed ? 0 : static_cast<int>(random_.between(0, (1 << bits) - 1));
    quant(bits, is_signed, power_of_two(-5, -2), zero, "ROUND");
  }

  std::string weights(const Shape& shape) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < element_count(shape); ++i) values.push_back(random_.real(-1, 1));
    const std::string raw = floats(shape, values), out = fresh("w");
    if (random_.chance(50)) {
      model_.node("BipolarQuant", {raw, power_of_two(-2, 1)}, {out}, {}, qonnx);
      return out;
    }
    std::vector<float> scales;
    for (std::int64_t o = 0; o < shape[0]; ++o)
      scales.push_back(std::ldexp(1.0F, static_cast<int>(random_.between(-4, -1))));
    Shape scale_shape(shape.size(), 1);
    scale_shape[0] = shape[0];
    model_.node("Quant",
                {raw, floats(scale_shape, scales), scalar(0), scalar(static_cast<float>(random_.between(2, 5)))}, {out},
                {attr("signed", 1), attr("narrow", 1), attr("rounding_mode", "ROUND")}, qonnx);
    return out;
  }

  void convolve() {
    const std::int64_t groups = random_.chance(30) ? channels_ : random_.chance(30) && channels_ % 2 == 0 ? 2 : 1;
    const std::int64_t kernel = random_.between(1, std::min<std::int64_t>(3, size_)),
                       stride = size_ > 6 ? random_.between(1, 2) : 1;
    const std::int64_t dilation = kernel == 2 && size_ > 5 ? random_.between(1, 2) : 1;
    const std::int64_t pad = random_.between(0, kernel - 1), end = random_.chance(30) ? 0 : pad;
    const std::int64_t outputs = groups * random_.between(1, groups > 2 ? 2 : 4);
    std::vector<std::string> inputs = {weights({outputs, channels_ / groups, kernel, kernel})};
    if (random_.chance(30)) {
      std::vector<float> bias;
      for (std::int64_t o = 0; o < outputs; ++o) bias.push_back(static_cast<float>(random_.between(-64, 64)) / 16);
      inputs.push_back(floats({outputs}, bias));
    }
    node("Conv", inputs,
         {attr("group", groups), attr("kernel_shape", {kernel, kernel}), attr("strides", {stride, stride}),
          attr("dilations", {dilation, dilation}), attr("pads", {pad, pad, end, end})});
    channels_ = outputs;
    size_ = (size_ + pad + end - dilation * (kernel - 1) - 1) / stride + 1;
  }

  std::vector<float> channel_values(float lo, float hi) {
    std::vector<float> values;
    for (std::int64_t c = 0; c < channels_; ++c) values.push_back(random_.real(lo, hi));
    return values;
  }

  void normalise_channels() {
    std::vector<float> gamma = channel_values(-1.5F, 1.5F);
    if (random_.chance(30)) gamma[0] = 0;
    node("BatchNormalization",
         {floats({channels_}, gamma), floats({channels_}, channel_values(-1, 1)),
          floats({channels_}, channel_values(-3, 3)), floats({channels_}, channel_values(0.3F, 9))},
         {attr("epsilon", 1e-4F)});
  }

  void activate() {
    switch (random_.between(0, 4)) {
      case 0: return node("Relu", {});
      case 1: return node("PRelu", {floats({channels_, 1, 1}, channel_values(0, 1))});
      case 2: return node("Mul", {floats({channels_, 1, 1}, channel_values(-1, 1))});
      case 3: return node("Sub", {floats({1, channels_, 1, 1}, channel_values(-1, 1))});
      default: return;
    }
  }

  // Few bits: by thresholds, always exact. 8 bits: exact only where an equal multiplier exists.
  void quantise() {
    switch (random_.between(0, 4)) {
      case 0: return node("BipolarQuant", {power_of_two(-1, 1)}, {}, qonnx);
      case 1: {
        std::vector<float> thresholds;
        const std::int64_t levels = random_.between(1, 7);
        for (std::int64_t c = 0; c < channels_; ++c) {
          std::vector<float> row;
          for (std::int64_t k = 0; k < levels; ++k) row.push_back(random_.real(-3, 3));
          std::sort(row.begin(), row.end());
          thresholds.insert(thresholds.end(), row.begin(), row.end());
        }
        return node(
            "MultiThreshold", {floats({channels_, levels}, thresholds)},
            {attr("out_scale", 1.0F), attr("out_bias", random_.chance(50) ? 0.0F : -2.0F), attr("out_dtype", "INT4")},
            qonnx);
      }
      case 2: return quant(8, true, power_of_two(-4, -2), 0, "ROUND");
      default: {
        const bool is_signed = random_.chance(50);
        const int bits = static_cast<int>(random_.between(2, 4));
        const int zero = is_signed ? 0 : static_cast<int>(random_.between(0, (1 << bits) - 1));
        return quant(bits, is_signed, power_of_two(-2, 0), zero, modes[random_.between(0, 6)]);
      }
    }
  }

  void pool(bool average) {
    if (size_ < 4) return;
    const std::int64_t pad = random_.between(0, 1);
    const std::vector<onnx::AttributeProto> window = {attr("kernel_shape", {2, 2}), attr("strides", {2, 2}),
                                                      attr("pads", {pad, pad, pad, pad})};
    if (average) {
      auto attributes = window;
      attributes.push_back(attr("count_include_pad", 1));
      node("AveragePool", {}, attributes);
    } else {
      node("MaxPool", {}, window);
    }
    size_ = (size_ + 2 * pad - 2) / 2 + 1;
  }

  void stage() {
    const std::string before = now_;
    const std::int64_t channels = channels_, size = size_;
    convolve();
    if (random_.chance(60)) normalise_channels();
    activate();
    if (random_.chance(25)) pool(false);
    quantise();
    if (channels == channels_ && size == size_ && random_.chance(70)) {
      node(random_.chance(70) ? "Add" : "Sub", {before});
      if (random_.chance(50)) normalise_channels();
      quantise();
    } else if (random_.chance(20)) {
      node("Concat", {now_}, {attr("axis", 1)});
      channels_ *= 2;
    }
    if (random_.chance(40)) {
      const bool average = random_.chance(40);
      pool(average);
      if (average) quantise();
    }
  }

  void finish() {
    node("Flatten", {}, {attr("axis", 1)});
    const std::int64_t inputs = channels_ * size_ * size_;
    const std::string w = weights({5, inputs}), turned = fresh("t");
    model_.node("Transpose", {w}, {turned}, {attr("perm", {1, 0})});
    node("MatMul", {turned});
    node("Add", {floats({5}, {0.5F, -1, 2, 0.25F, -3})});
    model_.output(now_);
  }

  test::Random random_;
  test::OnnxBuilder model_;
  std::string now_ = "x";
  std::int64_t channels_ = 4, size_ = 8;
  int count_ = 0;
};

TEST(LowerProperty, ExactNetworksEqualTheFloatEvaluationOnEveryTensor) {
  int exact = 0, approximate = 0, refused = 0;
  std::int64_t values = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const Graph graph = NetworkMaker(seed).make();
    IntegerNetwork net;
    try {
      net = lower(graph);
    } catch (const DiagnosticError& error) {
      ++refused;
      RecordProperty("refused_" + std::to_string(seed), error.what());
      continue;
    }
    if (!test::all_exact(net)) {
      ++approximate;
      continue;
    }
    ++exact;
    test::Random random(seed + 1000);
    for (int i = 0; i < 3; ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      values += test::expect_equal(graph, net, test::random_input(graph, random, -3, 3)).values;
    }
    if (HasFailure()) break;
  }
  RecordProperty("exact", exact);
  RecordProperty("approximate", approximate);
  EXPECT_GE(exact, 250) << approximate << " approximate, " << refused << " refused";
  EXPECT_GE(values, 100000);
  EXPECT_LE(refused, 40);
}

}  // namespace
}  // namespace blendsim
