// SPDX-License-Identifier: Apache-2.0
// Networks that other tools trained and exported: their lowered form in ONNX Runtime against the reference executor.
#include <gtest/gtest.h>

#include "export_support.h"
#include "network/integer_network.h"
#include "network/tensor_file_name.h"

namespace blendsim {
namespace {

class PublishedModel : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, PublishedModel,
                         testing::Values("cnv_w1a1_finn", "cnv_w1a1_qonnx", "kws_w3a3_qonnx", "tfc_w1a1_finn",
                                         "tfc_w1a1_qonnx"),
                         [](const auto& model) { return std::string(model.param); });

TEST_P(PublishedModel, LoweredInOnnxRuntimeEqualsTheExecutorOnEveryTensor) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  const std::string path = std::string(BLENDSIM_SHARED) + "/models/" + GetParam() + ".onnx";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  const test::Folder folder;
  const IntegerNetwork net = load_network(path);
  export_lowered(net, folder / "lowered.onnx");
  const IntTensor& in = net.tensor(net.input_tensor);
  std::vector<std::int32_t> input;
  std::uint32_t state = 7;
  for (std::int64_t i = 0; i < in.size(); ++i) {
    state = state * 1664525U + 1013904223U;
    const auto range = static_cast<std::uint64_t>(in.hi - in.lo + 1);
    const auto value = static_cast<std::int32_t>(in.lo + static_cast<std::int64_t>((state >> 8) * range >> 24));
    input.push_back(in.format.is_bipolar() ? (value >= 0 ? 1 : -1) : value);
  }
  write_tensor_files(net, execute(net, input), folder.path());
  const test::Outcome outcome =
      test::run_script("compare.mjs", "--lowered " + (folder / "lowered.onnx") + " --tensors " + folder.path());
  EXPECT_EQ(outcome.status, 0) << outcome.text;
}

}  // namespace
}  // namespace blendsim
