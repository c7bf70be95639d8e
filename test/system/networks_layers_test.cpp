// SPDX-License-Identifier: Apache-2.0
// Every layer's tensor on the machine = the reference executor = ONNX Runtime on the lowered network.
#include "network/zoo.h"
#include "networks.h"

namespace blendsim {
namespace {

struct LayerCase {
  const char* name;
  const char* file;  // of ../shared/models; empty: the zoo's network `name`
  const char* input;
  float divisor;
};

std::ostream& operator<<(std::ostream& out, const LayerCase& c) { return out << c.name; }

class EveryLayer : public ::testing::TestWithParam<LayerCase> {
 protected:
  void SetUp() override {
    const LayerCase& c = GetParam();
    if (*c.file != '\0') {
      BLENDSIM_NEEDS_MODELS();
      onnx = model(c.file);
    } else {
      onnx = work.path("net.onnx");
      write_zoo_network(c.name, {}, onnx);
    }
    machine = std::make_unique<OnMachine>(onnx);
    if (*c.input != '\0') {
      image = images_of(model(c.input), machine->network.input.shape, [&](float v) { return v / c.divisor; }).front();
    } else {
      image.shape = machine->network.input.shape;
      for (std::int64_t i = 0; i < element_count(image.shape); ++i) {
        image.values.push_back(static_cast<float>(i * 7919 % 256 - 128) / 128.0F);
      }
    }
    integers = quantize_input(machine->network.input, image);
  }

  Workspace work;
  std::string onnx;
  std::unique_ptr<OnMachine> machine;
  FloatArray image;
  std::vector<std::int32_t> integers;
};

TEST_P(EveryLayer, OnTheMachineEqualsTheReferenceExecutor) {
  const TensorValues expected = execute(machine->network, integers);
  const auto results = machine->tensors(image);
  for (std::size_t t = 0; t < machine->network.tensors.size(); ++t) {
    const std::string& name = machine->network.tensors[t].name;
    ASSERT_TRUE(results.contains(name)) << name << " is not among the machine's results";
    EXPECT_EQ(results.at(name), expected[t]) << name;
  }
  const auto run = machine->run({image});
  for (std::size_t o = 0; o < run.outputs[0].size(); ++o) {
    EXPECT_EQ(run.outputs[0][o], expected[static_cast<std::size_t>(machine->network.output_tensors[o])]);
  }
}

TEST_P(EveryLayer, OfTheLoweredModelInOnnxRuntimeEqualsTheMachines) {
  if (!std::filesystem::exists(BLENDSIM_NODE_MODULES "/onnxruntime-node")) {
    GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  }
  const std::string lowered = work.path("lowered.onnx"), tensors = work.path("tensors");
  export_lowered(machine->network, lowered);
  std::filesystem::create_directories(tensors);
  const auto results = machine->tensors(image);
  for (const IntTensor& tensor : machine->network.tensors) {
    const std::vector<std::int32_t>& values = results.at(tensor.name);
    write_npy(tensors + "/" + tensor_file_name(tensor.name),
              IntArray{{1, tensor.channels, tensor.height, tensor.width}, {values.begin(), values.end()}});
  }
  const ProcessResult compared = run_process({"node", BLENDSIM_SOURCE "/test/ort/compare.mjs", "--lowered", lowered,
                                              "--tensors", tensors, "--levels", "disabled,all", "--threads", "1,2"});
  EXPECT_EQ(compared.status, 0) << compared.out << compared.err;
}

INSTANTIATE_TEST_SUITE_P(
    Networks, EveryLayer,
    ::testing::Values(LayerCase{"cnv_qonnx", "cnv_w1a1_qonnx.onnx", "deer_u8.npy", 255},
                      LayerCase{"cnv_finn", "cnv_w1a1_finn.onnx", "car_u8.npy", 255},
                      LayerCase{"tfc_finn", "tfc_w1a1_finn.onnx", "tfc_w1a1_input.npy", 1},
                      LayerCase{"tfc_qonnx", "tfc_w1a1_qonnx.onnx", "tfc_w1a1_input.npy", 255},
                      LayerCase{"kws", "kws_w3a3_qonnx.onnx", "kws_first200_i8.npy", 1 / 0.33674246F},
                      LayerCase{"neuroblend20", "", "", 1}, LayerCase{"neuroblend_tiny", "", "", 1},
                      LayerCase{"mlp_w2a2", "", "", 1}, LayerCase{"convnet_mixed", "", "", 1}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace blendsim
