// SPDX-License-Identifier: Apache-2.0
// Networks that lie beside the project, in the dialects that people bring: loaded, run, and compared with ONNX Runtime
// on the file as it is. What a network's layers admit not to be exact may differ by as much.
#include <filesystem>
#include <fstream>

#include "networks.h"

namespace blendsim::differential {
namespace {

#define BLENDSIM_NETWORKS BLENDSIM_SOURCE "/../shared/cases/networks/"

class SharedNetwork : public ::testing::TestWithParam<const char*> {};

TEST_P(SharedNetwork, ComputesWhatOnnxRuntimeComputes) {
  const std::string folder = std::string(BLENDSIM_NETWORKS) + GetParam();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no networks at " BLENDSIM_NETWORKS;
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  std::ifstream file(folder + "/net.onnx", std::ios::binary);
  Case c;
  c.model.assign(std::istreambuf_iterator<char>(file), {});
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(c.model));
  static const std::set<std::string> sums{
      "Conv", "MatMul", "Gemm", "AveragePool", "ReduceMean", "BatchNormalization", "Softmax", "GlobalAveragePool"};
  for (const auto& node : model.graph().node()) {
    const std::string& y = node.output(0);
    if (sums.contains(node.op_type())) c.traits.rounding_sums.insert(y);  // scales that are no powers of two
    if (node.op_type() == "DequantizeLinear") c.traits.quantised.insert(y), c.traits.codes.insert(y);
  }
  mark_integers(model, c.traits);
  for (const auto& [name, zero] : c.traits.integers) c.traits.quantised.insert(name);
  c.input = read_input(folder + "/x.npy").array;
  if (c.input.shape[0] != 1) {  // several images: the first
    const std::int64_t images = std::exchange(c.input.shape[0], 1);
    c.input.values.resize(c.input.values.size() / static_cast<std::size_t>(images));
  }
  Trials trials;
  const Outcome o = trials.run(c);
  EXPECT_EQ(o.kind, Outcome::Kind::equal) << o.reason << "\n" << o.detail;
  EXPECT_EQ(o.unjudged, "");
}

INSTANTIATE_TEST_SUITE_P(Dialects, SharedNetwork,
                         ::testing::Values("weights_minus128", "uint8_input", "int8_output", "qlinear_resnet8",
                                           "dorefa_round", "nhwc_flatten", "pad_node", "space_to_depth",
                                           "slice_channels", "split_channels", "tokens_input", "reduce_mean_tokens",
                                           "depth_to_space_tail", "resize_nearest", "conv1d", "join_not_exact",
                                           "sigmoid_lut", "tanh_lut", "uint8_weights", "thermometer_input"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace blendsim::differential
