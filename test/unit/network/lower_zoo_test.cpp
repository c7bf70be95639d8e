// SPDX-License-Identifier: Apache-2.0
// The built-in networks obey the 24-bit rule, so lowering must be exact on every layer and equal on every tensor.
#include <gtest/gtest.h>

#include "network/normalise.h"
#include "network/zoo.h"
#include "unit/network/lower_support.h"

namespace blendsim {
namespace {

struct Case {
  const char* name;
  const char* dialect;
  const char* skip;
};

class LowerZoo : public ::testing::TestWithParam<Case> {};

TEST_P(LowerZoo, IsExactOnEveryLayerAndEqualOnEveryTensor) {
  ZooOptions options;
  options.dialect = GetParam().dialect;
  options.skip = GetParam().skip;
  const std::string path = ::testing::TempDir() + "blendsim_lower_zoo_" + GetParam().name + "_" + GetParam().dialect +
                           "_" + GetParam().skip + ".onnx";
  write_zoo_network(GetParam().name, options, path);
  const Graph graph = normalise(import_onnx(path));
  const IntegerNetwork net = lower(graph);
  std::remove(path.c_str());
  EXPECT_TRUE(test::all_exact(net)) << test::exactness_text(net);
  test::Random random(7);
  for (int i = 0; i < 2; ++i) {
    const auto done = test::expect_equal(graph, net, test::random_input(graph, random, -1, 1));
    EXPECT_GE(done.tensors, 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, LowerZoo,
                         ::testing::Values(Case{"neuroblend20", "onnx", "block"},
                                           Case{"neuroblend20", "qonnx", "block"},
                                           Case{"neuroblend20", "onnx", "convolution"},
                                           Case{"neuroblend_tiny", "onnx", "block"}, Case{"mlp_w2a2", "onnx", ""},
                                           Case{"convnet_mixed", "onnx", ""}),
                         [](const auto& test_case) {
                           const Case& c = test_case.param;
                           return std::string(c.name) + "_" + c.dialect + "_" + c.skip;
                         });

}  // namespace
}  // namespace blendsim
