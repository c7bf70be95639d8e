// SPDX-License-Identifier: Apache-2.0
// Float networks that quantise() gave quantisers: ONNX Runtime runs the file that was written, and every layer is
// judged as any network's is. The float network, in ONNX Runtime's place, says what was lost.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "network/normalise.h"
#include "network/quantise.h"
#include "networks.h"

namespace blendsim::differential {
namespace {

namespace fs = std::filesystem;

class FloatModel : public DialectModel {
 public:
  explicit FloatModel(const Shape& shape) : DialectModel(13) {
    model.input("x", shape, float32);
    x.shape = shape;
    x.values = normal(element_count(shape), 1);
  }

  std::vector<float> normal(std::int64_t count, float deviation) {
    std::vector<float> out;
    for (std::int64_t i = 0; i < count; ++i) {
      float sum = -6;  // of twelve uniform ones
      for (int k = 0; k < 12; ++k) sum += static_cast<float>(generator_() >> 8) * 0x1p-24F;
      out.push_back(sum * deviation);
    }
    return out;
  }
  std::string weights(const Shape& shape) {
    std::int64_t inputs = 1;
    for (std::size_t d = 1; d < shape.size(); ++d) inputs *= shape[d];
    return floats(shape, normal(element_count(shape), std::sqrt(2.0F / static_cast<float>(inputs))));
  }
  std::string conv(const std::string& from, const Shape& shape, int stride = 1, int groups = 1, bool bias = false) {
    const std::int64_t pad = shape[2] / 2;
    std::vector<std::string> inputs{from, weights(shape)};
    if (bias) inputs.push_back(floats({shape[0]}, normal(shape[0], 0.2F)));
    return node("Conv", inputs,
                {attr("pads", {pad, pad, pad, pad}), attr("strides", {stride, stride}), attr("group", groups)});
  }
  std::string batch_norm(const std::string& from, std::int64_t channels) {
    std::vector<float> gamma = normal(channels, 0.2F), variance = normal(channels, 0.2F);
    for (float& v : gamma) v += 1;
    for (float& v : variance) v = std::fabs(v) + 0.5F;
    return node("BatchNormalization", {from, floats({channels}, gamma), floats({channels}, normal(channels, 0.3F)),
                                       floats({channels}, normal(channels, 0.3F)), floats({channels}, variance)});
  }
  std::string relu(const std::string& from) { return node("Relu", {from}); }
  std::string relu6(const std::string& from) { return node("Clip", {from, scalar(0), scalar(6)}); }
  std::string dense(const std::string& from, std::int64_t inputs, std::int64_t outputs) {
    return node("Gemm", {node("Flatten", {from}), weights({outputs, inputs}), floats({outputs}, normal(outputs, 0.2F))},
                {attr("transB", 1)});
  }

 private:
  std::mt19937 generator_{17};
};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "blendsim-quantised-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder can be made");
    path_ = name;
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Written {
  Graph original;
  Quantised quantised;
  QuantisationLoss loss;
  std::string bytes;
};

// Quantised on the model's own image, written; the file, read again, is the same integer network.
Written write(FloatModel& m, const PrecisionPlan& plan) {
  const Folder folder;
  Written out;
  std::ofstream(folder.file("float.onnx"), std::ios::binary) << m.model.bytes();
  out.original = normalise(import_onnx(folder.file("float.onnx")));
  const QuantiseInput input{plan, 8, {m.x}};
  out.quantised = quantise(out.original, input);
  out.loss = quantisation_loss(out.original, out.quantised.graph, input.images);
  write_network(out.quantised.graph, folder.file("quantised.onnx"));
  out.bytes = bytes_of(folder.file("quantised.onnx"));
  EXPECT_EQ(load_network(folder.file("quantised.onnx")).digest(), lower(out.quantised.graph).digest());
  return out;
}

void expect_right(FloatModel& m, const PrecisionPlan& plan, double least_db) {
  const Written written = write(m, plan);
  EXPECT_GT(written.loss.sqnr_db, least_db);
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  Trials trials;
  Case c;
  c.model = written.bytes;
  c.input = m.x;
  const Outcome o = trials.run(c);
  EXPECT_EQ(o.kind, Outcome::Kind::equal) << o.reason << "\n" << o.detail;
  EXPECT_EQ(o.unjudged, "");
}

std::string residual(FloatModel& m, const std::string& from, std::int64_t in, std::int64_t out, int stride) {
  std::string y = m.relu(m.batch_norm(m.conv(from, {out, in, 3, 3}, stride), out));
  y = m.batch_norm(m.conv(y, {out, out, 3, 3}), out);
  const bool same = in == out && stride == 1;
  return m.relu(m.node("Add", {y, same ? from : m.batch_norm(m.conv(from, {out, in, 1, 1}, stride), out)}));
}

FloatModel resnet() {
  FloatModel m({1, 3, 16, 16});
  std::string y = m.relu(m.batch_norm(m.conv("x", {16, 3, 3, 3}), 16));
  y = residual(m, y, 16, 16, 1);
  y = residual(m, y, 16, 32, 2);
  m.model.output(m.dense(m.node("GlobalAveragePool", {y}), 32, 10));
  return m;
}

FloatModel mobilenet() {  // depthwise, Relu6, a join without a Relu
  FloatModel m({1, 3, 16, 16});
  std::string y = m.relu6(m.batch_norm(m.conv("x", {16, 3, 3, 3}, 2), 16));
  for (int block = 0; block < 2; ++block) {
    std::string z = m.relu6(m.batch_norm(m.conv(y, {48, 16, 1, 1}), 48));
    z = m.relu6(m.batch_norm(m.conv(z, {48, 1, 3, 3}, 1, 48), 48));
    y = m.node("Add", {y, m.batch_norm(m.conv(z, {16, 48, 1, 1}), 16)});
  }
  m.model.output(m.node("Softmax", {m.dense(m.node("GlobalAveragePool", {y}), 16, 10)}, {attr("axis", 1)}));
  return m;
}

FloatModel squeezenet() {  // a pool that cuts windows, parts that are read together, averages at the end
  FloatModel m({1, 3, 19, 19});
  std::string y = m.relu(m.conv("x", {16, 3, 3, 3}, 1, 1, true));
  y = m.node("MaxPool", {y}, {attr("kernel_shape", {3, 3}), attr("strides", {2, 2}), attr("ceil_mode", 1)});
  for (int fire = 0; fire < 2; ++fire) {
    const std::string s = m.relu(m.conv(y, {8, fire == 0 ? 16 : 32, 1, 1}, 1, 1, true));
    const std::string left = m.relu(m.conv(s, {16, 8, 1, 1}, 1, 1, true)),
                      right = m.relu(m.conv(s, {16, 8, 3, 3}, 1, 1, true));
    y = m.node("Concat", {left, right}, {attr("axis", 1)});
  }
  m.model.output(m.node("GlobalAveragePool", {m.relu(m.conv(y, {10, 32, 1, 1}, 1, 1, true))}));
  return m;
}

FloatModel densenet() {  // normalisation and Relu in front of convolutions, behind parts
  FloatModel m({1, 3, 12, 12});
  std::string y = m.conv("x", {16, 3, 3, 3});
  for (std::int64_t channels = 16; channels < 32; channels += 8) {
    const std::string z = m.conv(m.relu(m.batch_norm(y, channels)), {8, channels, 3, 3});
    y = m.node("Concat", {y, z}, {attr("axis", 1)});
  }
  y = m.node("AveragePool", {m.relu(m.batch_norm(y, 32))}, {attr("kernel_shape", {2, 2}), attr("strides", {2, 2})});
  m.model.output(m.conv(y, {10, 32, 1, 1}));
  return m;
}

FloatModel two_heads() {  // slopes below 0, one map with two readers, two outputs
  FloatModel m({1, 3, 16, 16});
  std::string y = m.node("LeakyRelu", {m.batch_norm(m.conv("x", {16, 3, 3, 3}), 16)}, {attr("alpha", 0.125F)});
  y = m.node("MaxPool", {y}, {attr("kernel_shape", {2, 2}), attr("strides", {2, 2})});
  m.model.output(m.conv(m.relu(m.conv(y, {16, 16, 3, 3})), {9, 16, 1, 1}, 1, 1, true));
  m.model.output(m.conv(m.relu(m.conv(y, {16, 16, 1, 1})), {9, 16, 1, 1}, 1, 1, true));
  return m;
}

FloatModel autoencoder() {
  FloatModel m({1, 64});
  std::string y = "x";
  std::int64_t inputs = 64;
  for (const std::int64_t outputs : {32, 8, 32}) {
    y = m.relu(m.batch_norm(m.dense(y, inputs, outputs), outputs));
    inputs = outputs;
  }
  m.model.output(m.dense(y, 32, 64));
  return m;
}

FloatModel pools() {  // parts of other makers share a scale; one dimension, whose activation stands behind a Reshape
  FloatModel m({1, 3, 12, 12});
  std::string y = m.relu(m.conv("x", {16, 3, 3, 3}, 1, 1, true));
  const auto window = {attr("kernel_shape", {2, 2}), attr("strides", {2, 2})};
  y = m.node("Concat", {m.node("AveragePool", {y}, window), m.node("MaxPool", {y}, window)}, {attr("axis", 1)});
  m.model.output(m.conv(y, {10, 32, 1, 1}));
  return m;
}

FloatModel rows() {
  FloatModel m({1, 4, 24});
  const auto conv = [&](const std::string& from, std::int64_t in, std::int64_t out) {
    return m.node("Conv", {from, m.weights({out, in, 3}), m.floats({out}, m.normal(out, 0.2F))},
                  {attr("pads", {1, 1})});
  };
  m.model.output(conv(m.relu(conv("x", 4, 16)), 16, 8));
  return m;
}

FloatModel curves() {  // SiLU, HardSwish and GELU as exporters write them, behind normalisation and in front of it
  FloatModel m({1, 3, 12, 12});
  const auto silu = [&](const std::string& x) { return m.node("Mul", {x, m.node("Sigmoid", {x})}); };
  const auto hard_swish = [&](const std::string& x) {
    return m.node("Mul", {x, m.node("HardSigmoid", {x}, {attr("alpha", 1.0F / 6), attr("beta", 0.5F)})});
  };
  const auto gelu = [&](const std::string& x) {
    const std::string erf = m.node("Erf", {m.node("Div", {x, m.scalar(1.41421356F)})});
    return m.node("Mul", {m.node("Mul", {x, m.node("Add", {erf, m.scalar(1)})}), m.scalar(0.5F)});
  };
  std::string y = silu(m.batch_norm(m.conv("x", {16, 3, 3, 3}), 16));
  y = m.node("Add", {y, silu(m.batch_norm(m.conv(y, {16, 16, 3, 3}), 16))});
  y = m.batch_norm(hard_swish(m.conv(y, {16, 16, 1, 1}, 1, 1, true)), 16);
  y = gelu(m.conv(y, {16, 16, 1, 1}, 2, 1, true));
  y = m.node("Tanh", {m.conv(y, {16, 16, 1, 1})});
  m.model.output(m.dense(m.node("GlobalAveragePool", {m.relu(y)}), 16, 10));
  return m;
}

TEST(QuantisedNetworks, AreWhatOnnxRuntimeComputesOnTheFile) {
  using Make = FloatModel (*)();
  const std::pair<const char*, Make> families[] = {
      {"resnet", resnet},     {"mobilenet", mobilenet}, {"squeezenet", squeezenet},
      {"densenet", densenet}, {"two heads", two_heads}, {"autoencoder", autoencoder},
      {"curves", curves},     {"pools", pools},         {"rows", rows}};
  for (const auto& [name, make] : families) {
    SCOPED_TRACE(name);
    FloatModel m = make();
    expect_right(m, {}, 24);
  }
}

// The shortcut's codes get onto the grid of the addition in the addition: no pass and no map of 16 bits of their own.
TEST(QuantisedNetworks, JoinAShortcutOfAnyScaleInOnePass) {
  for (FloatModel (*make)() : {resnet, mobilenet}) {
    FloatModel m = make();
    const IntegerNetwork network = lower(write(m, {}).quantised.graph);
    int joins = 0;
    for (const IntTensor& t : network.tensors) EXPECT_EQ(t.name.find(":int16"), std::string::npos) << t.name;
    for (const Layer& layer : network.layers) {
      const auto* post = std::get_if<PostProcessing>(&layer.work);
      if (post == nullptr || post->b == no_tensor) continue;
      ++joins;
      EXPECT_TRUE(post->q1 && post->q2 && post->q3) << layer.name;
      EXPECT_EQ(std::min(network.tensor(post->a).format.bits(), network.tensor(post->b).format.bits()), 8)
          << layer.name;
    }
    EXPECT_EQ(joins, 2);
  }
}

TEST(QuantisedNetworks, LoseSixDecibelsABit) {
  double before = 0;
  for (const int bits : {4, 6, 8}) {
    SCOPED_TRACE(bits);
    PrecisionPlan plan;
    plan.weights = plan.activations = bits;
    FloatModel m = two_heads();  // thousands of outputs
    const Written written = write(m, plan);
    if (before != 0) {
      EXPECT_NEAR(written.loss.sqnr_db - before, 12.04, 4);
    }
    before = written.loss.sqnr_db;
  }
}

// A blended block: the main path's convolutions on signs, the skip path's on 8 bits of the same map.
TEST(QuantisedNetworks, ReadOneMapInTwoPrecisions) {
  FloatModel m = resnet();
  PrecisionPlan plan;
  const Written plain = write(m, plan);
  for (const QuantisedLayer& layer : plain.quantised.layers) {
    if (layer.parameters == 9 * 16 * 16 || layer.parameters == 9 * 16 * 32 || layer.parameters == 9 * 32 * 32)
      plan.layers.push_back({layer.name, 1, 1, {}});
  }
  ASSERT_EQ(plan.layers.size(), 4U);
  FloatModel again = resnet();
  expect_right(again, plan, -10);
  const Written blended = write(again, plan);
  const IntegerNetwork network = lower(blended.quantised.graph);
  EXPECT_EQ(std::ranges::count_if(network.layers, [&](const Layer& layer) { return layer_is_binary(network, layer); }),
            0)
      << "behind a Relu the signs are 0 and 1";
  std::int64_t narrow = 0;
  for (const Layer& layer : network.layers) {
    const auto* conv = std::get_if<Convolution>(&layer.work);
    narrow += conv != nullptr && conv->weight_format.is_bipolar() ? 1 : 0;
  }
  EXPECT_EQ(narrow, 4);
}

TEST(QuantisedNetworks, GetOtherBitsInTheRangesOfTheirOwnQuantisers) {
  FloatModel m = squeezenet();
  const Written eight = write(m, {});
  PrecisionPlan plan;
  plan.weights = plan.activations = 4;
  const Quantised four = quantise(eight.quantised.graph, {plan, 8, {}});
  const QuantisationLoss loss = quantisation_loss(eight.original, four.graph, {m.x});
  EXPECT_GT(loss.sqnr_db, 8);
  EXPECT_LT(loss.sqnr_db, eight.loss.sqnr_db);
  for (const QuantisedLayer& layer : four.layers) {
    EXPECT_EQ(layer.weights, 4) << layer.name;
    EXPECT_EQ(layer.activations, 4) << layer.name;
  }
}

}  // namespace
}  // namespace blendsim::differential
