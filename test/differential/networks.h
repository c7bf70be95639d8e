// SPDX-License-Identifier: Apache-2.0
// Small networks in the dialects that people bring, for the tests of rewriting: values are whole numbers over powers of
// two unless a test says otherwise, so that what ONNX Runtime gives is what the machine must give.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <numeric>

#include "network/integer_network.h"
#include "trial.h"

namespace blendsim::differential {

inline constexpr int float32 = onnx::TensorProto::FLOAT, int8 = onnx::TensorProto::INT8,
                     uint8 = onnx::TensorProto::UINT8, int32 = onnx::TensorProto::INT32;

// Numbers that look random, the same on every host.
inline std::vector<std::int32_t> spread(std::int64_t count, int lo, int hi, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> out;
  for (std::int64_t i = 0; i < count; ++i)
    out.push_back(lo + static_cast<int>((random() >> 16) % static_cast<std::uint64_t>(hi - lo + 1)));
  return out;
}

// Small whole numbers as floats: weights without a quantiser.
inline std::vector<float> whole(std::int64_t count) {
  const std::vector<std::int32_t> values = spread(count, -7, 7, 5);
  return {values.begin(), values.end()};
}

class DialectModel {
 public:
  explicit DialectModel(int opset = 13) : model(opset, 8) {}

  test::OnnxBuilder model;
  Traits traits;
  FloatArray x;

  // The network's input and values for it: k / 2^fraction, or integers.
  void input(const Shape& shape, int type = onnx::TensorProto::FLOAT, int lo = -128, int hi = 127, int fraction = 0) {
    model.input("x", shape, type);
    x.shape = shape;
    for (const std::int32_t v : spread(element_count(shape), lo, hi, 7))
      x.values.push_back(std::ldexp(static_cast<float>(v), -fraction));
  }
  std::string scalar(float value) {
    model.scalar(fresh("k"), value);
    return last_;
  }
  std::string floats(const Shape& shape, const std::vector<float>& values) {
    model.floats(fresh("k"), shape, values);
    return last_;
  }
  std::string int64s(const std::vector<std::int64_t>& values) {
    model.int64s(fresh("i"), {static_cast<std::int64_t>(values.size())}, values);
    return last_;
  }
  std::string zero(int type, int value = 0) {
    model.integers(fresh("z"), {}, type, {value});
    return last_;
  }
  std::string weights(const Shape& shape, int type = onnx::TensorProto::INT8, int lo = -7, int hi = 7) {
    model.integers(fresh("w"), shape, type, spread(element_count(shape), lo, hi, 11));
    return last_;
  }
  // A node with one output, of its name.
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<onnx::AttributeProto>& attributes = {}, const std::string& domain = "") {
    const std::string output = fresh(op + "_");
    model.node(op, inputs, {output}, attributes, domain).set_name(output + "_node");
    return output;
  }
  // QuantizeLinear -> DequantizeLinear
  std::string quantised(const std::string& tensor, float scale, int zero_point = 0,
                        int type = onnx::TensorProto::INT8) {
    const std::string s = scalar(scale), z = zero(type, zero_point);
    return node("DequantizeLinear", {node("QuantizeLinear", {tensor, s, z}), s, z});
  }
  // int8 weights -> DequantizeLinear
  std::string dequantised(const Shape& shape, float scale = 0.125F) {
    return node("DequantizeLinear", {weights(shape), scalar(scale), zero(onnx::TensorProto::INT8)});
  }

  // Lowered, run on a machine and compared with ONNX Runtime on the network as written.
  Outcome run() {
    mark_integers(model.model(), traits);
    Trials trials;
    Case c;
    c.model = model.bytes();
    c.traits = traits;
    c.input = x;
    return trials.run(c);
  }
  [[nodiscard]] IntegerNetwork lowered() {
    const std::string path = ::testing::TempDir() + "blendsim_lowered_" + std::to_string(getpid()) + ".onnx";
    std::ofstream(path, std::ios::binary) << model.bytes();
    return load_network(path);
  }
  // The name for an initializer that the test writes itself.
  std::string output_name(const std::string& stem) { return fresh(stem); }

 private:
  std::string fresh(const std::string& stem) { return last_ = stem + std::to_string(count_++); }
  int count_ = 0;
  std::string last_;
};

inline void expect_equal(DialectModel& m) {
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  const Outcome o = m.run();
  EXPECT_EQ(o.kind, Outcome::Kind::equal) << o.reason << "\n" << o.detail;
  EXPECT_EQ(o.unjudged, "");
  EXPECT_EQ(o.not_compiled, "");
  EXPECT_EQ(o.tally.exact_layers, o.tally.layers);
}

inline void expect_refusal(DialectModel& m, const std::string& part) {
  const Outcome o = m.run();
  EXPECT_EQ(o.kind, Outcome::Kind::refused) << o.detail;
  EXPECT_NE(o.reason.find(part), std::string::npos) << o.reason;
}

}  // namespace blendsim::differential
