// SPDX-License-Identifier: Apache-2.0
// The zoo through import and lowering: equal to ONNX Runtime on the original, to ONNX Runtime on the lowered model and
// to the generator's own integers, on every tensor.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "export_support.h"
#include "network/integer_network.h"
#include "network/onnx_writer.h"
#include "network/tensor_file_name.h"
#include "network/zoo.h"
#include "network/zoo_trace.h"

namespace blendsim {
namespace {

using test::Folder;
using test::Outcome;

constexpr int images = 3;

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const ZooEntry& entry : zoo_entries()) all.push_back(entry.name);
  return all;
}

std::vector<std::int32_t> image_of(const ZooTensor& tensor, int image) {
  const std::ptrdiff_t size = std::ptrdiff_t{tensor.channels} * tensor.height * tensor.width;
  return {tensor.values.begin() + image * size, tensor.values.begin() + (image + 1) * size};
}

float real_of(const ZooTensor& tensor, const std::vector<std::int32_t>& values, std::size_t i) {
  const std::size_t pixels = static_cast<std::size_t>(tensor.height) * static_cast<std::size_t>(tensor.width);
  return static_cast<float>(std::ldexp(values[i], -tensor.exponent[i / pixels]));
}

FloatArray input_image(const ZooTensor& input, int image) {
  const std::vector<std::int32_t> values = image_of(input, image);
  FloatArray x{{1, input.channels, input.height, input.width}, {}};
  for (std::size_t i = 0; i < values.size(); ++i) x.values.push_back(real_of(input, values, i));
  return x;
}

class ZooLowered : public testing::TestWithParam<std::string> {
 protected:
  // Of the large ones narrow ones: the calibration of all their channels takes long.
  static ZooOptions options(const std::string& dialect = "onnx", bool float_batch_norm = false) {
    ZooOptions out;
    out.dialect = dialect;
    out.float_batch_norm = float_batch_norm;
    if (GetParam() == "neuroblend18" || GetParam() == "resnet18-bnn") out.width = 8;
    if (GetParam() == "blendmixer") out.width = 32, out.blocks = 2;
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Networks, ZooLowered, testing::ValuesIn(names()), [](const auto& network) {
  std::string name = network.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(ZooLowered, EveryLayerIsExact) {
  const Folder folder;
  write_zoo_network(GetParam(), options(), folder / "net.onnx");
  for (const Layer& layer : load_network(folder / "net.onnx").layers) {
    EXPECT_TRUE(layer.exactness.exact) << layer.name << ": " << layer.exactness.note;
    EXPECT_EQ(layer.exactness.differing, 0) << layer.name;
    EXPECT_EQ(layer.exactness.ambiguous, 0) << layer.name;
  }
}

TEST_P(ZooLowered, BothDialectsLowerToTheSameNetwork) {
  const Folder folder;
  write_zoo_network(GetParam(), options(), folder / "net.onnx");
  write_zoo_network(GetParam(), options("qonnx"), folder / "net.qonnx");
  const IntegerNetwork onnx = load_network(folder / "net.onnx");
  const IntegerNetwork qonnx = load_network(folder / "net.qonnx");
  ASSERT_EQ(onnx.tensors.size(), qonnx.tensors.size());
  for (std::size_t i = 0; i < onnx.tensors.size(); ++i) {
    EXPECT_EQ(onnx.tensors[i], qonnx.tensors[i]) << onnx.tensors[i].name;
  }
  ASSERT_EQ(onnx.layers.size(), qonnx.layers.size());
  for (std::size_t i = 0; i < onnx.layers.size(); ++i) {
    EXPECT_EQ(onnx.layers[i].op, qonnx.layers[i].op) << onnx.layers[i].name;
    EXPECT_EQ(onnx.layers[i].work, qonnx.layers[i].work) << onnx.layers[i].name;
  }
  EXPECT_EQ(onnx.output_tensors, qonnx.output_tensors);
}

// Tensors of the same name stand for the same thing: the generator's integer (accumulators) or its real value.
TEST_P(ZooLowered, ExecutorEqualsTheGeneratorOnEveryTensor) {
  const Folder folder;
  const std::vector<ZooTensor> trace = trace_zoo_network(GetParam(), options(), folder / "net.onnx", images);
  const IntegerNetwork net = load_network(folder / "net.onnx");
  std::map<std::string, const ZooTensor*> by_name;
  for (const ZooTensor& tensor : trace) by_name[tensor.name] = &tensor;
  for (int image = 0; image < images; ++image) {
    const TensorValues values = execute(net, quantize_input(net.input, input_image(trace.front(), image)));
    int compared = 0;
    for (std::size_t id = 0; id < net.tensors.size(); ++id) {
      const IntTensor& tensor = net.tensors[id];
      const auto found = by_name.find(tensor.name);
      if (found == by_name.end()) continue;
      ++compared;
      const std::vector<std::int32_t> want = image_of(*found->second, image);
      ASSERT_EQ(want.size(), values[id].size()) << tensor.name;
      std::int64_t differing = 0;
      const bool accumulator = tensor.scale == 1.0F;  // no grid of the zoo is 1
      for (std::size_t i = 0; i < want.size(); ++i) {
        const float real = static_cast<float>(values[id][i] - tensor.zero_point) * tensor.scale;
        differing += (accumulator ? values[id][i] == want[i] : real == real_of(*found->second, want, i)) ? 0 : 1;
      }
      EXPECT_EQ(differing, 0) << tensor.name;
    }
    // the dense layer's sum before its bias, and its copy, are no tensors of the file
    EXPECT_GE(compared + 2, static_cast<int>(net.tensors.size()));
  }
}

TEST_P(ZooLowered, HostOutputEqualsTheGeneratorsLogits) {
  const Folder folder;
  const std::vector<ZooTensor> trace = trace_zoo_network(GetParam(), options(), folder / "net.onnx", images);
  const IntegerNetwork net = load_network(folder / "net.onnx");
  const bool softmax = GetParam() == "convnet_mixed";
  ASSERT_EQ(net.outputs.size(), 1U);
  EXPECT_EQ(net.outputs[0].name, softmax ? "probabilities" : "logits");
  for (int image = 0; image < images; ++image) {
    const TensorValues values = execute(net, quantize_input(net.input, input_image(trace.front(), image)));
    const FloatArray output = finish_output(net.outputs[0], values[static_cast<std::size_t>(net.output_tensors[0])]);
    const std::vector<std::int32_t> integers = image_of(trace.back(), image);
    ASSERT_EQ(output.values.size(), integers.size());
    std::vector<double> want;
    double sum = 0;
    for (std::size_t i = 0; i < integers.size(); ++i) {
      want.push_back(real_of(trace.back(), integers, i));
      sum += std::exp(want.back());
    }
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (softmax) EXPECT_NEAR(output.values[i], std::exp(want[i]) / sum, 1e-6) << i;
      else EXPECT_EQ(output.values[i], want[i]) << i;
    }
  }
}

TEST_P(ZooLowered, OriginalAndLoweredInOnnxRuntimeEqualTheExecutor) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  const Folder folder;
  const std::vector<ZooTensor> trace = trace_zoo_network(GetParam(), options(), folder / "net.onnx", images);
  const IntegerNetwork net = load_network(folder / "net.onnx");
  expose_all_tensors(folder / "net.onnx", folder / "exposed.onnx");
  export_lowered(net, folder / "lowered.onnx");
  for (int image = 0; image < images; ++image) {
    const FloatArray x = input_image(trace.front(), image);
    write_tensor_files(net, execute(net, quantize_input(net.input, x)), folder.path());
    write_npy(folder / "x.npy", x);
    const Outcome original = test::run_script("original.mjs", "--model " + (folder / "exposed.onnx") + " --tensors " +
                                                                  folder.path() + " --input " + (folder / "x.npy"));
    EXPECT_EQ(original.status, 0) << original.text;
    const std::string levels = image == 0 ? "" : " --levels all --threads 1";
    const Outcome lowered = test::run_script(
        "compare.mjs", "--lowered " + (folder / "lowered.onnx") + " --tensors " + folder.path() + levels);
    EXPECT_EQ(lowered.status, 0) << lowered.text;
  }
}

TEST_P(ZooLowered, ApproximateLoweringIsStillExactlyWhatOnnxRuntimeComputes) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  const Folder folder;
  const std::vector<ZooTensor> trace = trace_zoo_network(GetParam(), options(), folder / "exact.onnx", 1);
  write_zoo_network(GetParam(), options("onnx", true), folder / "net.onnx");
  const IntegerNetwork net = load_network(folder / "net.onnx");
  export_lowered(net, folder / "lowered.onnx");
  write_tensor_files(net, execute(net, quantize_input(net.input, input_image(trace.front(), 0))), folder.path());
  const Outcome lowered =
      test::run_script("compare.mjs", "--lowered " + (folder / "lowered.onnx") + " --tensors " + folder.path());
  EXPECT_EQ(lowered.status, 0) << lowered.text;
}

// docs/zoo.md: the ResNet-20 skeleton's multiply-accumulates, by arithmetic.
TEST(ZooNeuroblendLowered, MultiplyAccumulatesAreThoseOfTheSkeleton) {
  const Folder folder;
  constexpr std::int64_t stem = 32 * 32 * 27 * 16;
  constexpr std::int64_t dense = 64 * 10;
  for (const auto& [skip, skip_macs] : {std::pair{"block", 2097152}, std::pair{"convolution", 4456448}}) {
    write_zoo_network("neuroblend20", {.skip = skip}, folder / "net.onnx");
    const IntegerNetwork net = load_network(folder / "net.onnx");
    std::int64_t binary = 0;
    std::int64_t fixed = 0;
    int binary_layers = 0;
    for (const Layer& layer : net.layers) {
      const bool is_binary = layer_is_binary(net, layer);
      (is_binary ? binary : fixed) += layer_macs(net, layer);
      binary_layers += is_binary ? 1 : 0;
    }
    EXPECT_EQ(binary_layers, 18);
    EXPECT_EQ(binary, 40108032);
    EXPECT_EQ(fixed, stem + skip_macs + dense) << skip;
  }
}

// Mixing of tokens takes the matrix the other way round, twice a block, and no other transpose is left.
TEST(ZooBlendmixerLowered, TransposesTwiceABlockAndMultipliesAsTheSkeletonDoes) {
  const Folder folder;
  for (const char* skip : {"block", "convolution"}) {
    const ZooOptions options{.skip = skip, .width = 48, .blocks = 3, .size = 16};
    write_zoo_network("blendmixer", options, folder / "net.onnx");
    const IntegerNetwork net = load_network(folder / "net.onnx");
    std::int64_t binary = 0, fixed = 0, transposes = 0;
    for (const Layer& layer : net.layers) {
      (layer_is_binary(net, layer) ? binary : fixed) += layer_macs(net, layer);
      transposes += std::holds_alternative<Transposition>(layer.work) ? 1 : 0;
    }
    constexpr std::int64_t tokens = 16, channels = 48, blocks = 3;
    constexpr std::int64_t main =
        blocks * (2 * tokens * channels / 2 * channels + 2 * channels * 4 * channels * tokens);
    constexpr std::int64_t beside = blocks * (tokens * tokens * channels + channels * channels * tokens);
    constexpr std::int64_t ends = tokens * 3 * 16 * channels + channels * 10;
    EXPECT_EQ(binary, main);
    EXPECT_EQ(fixed, ends + (skip == std::string("block") ? beside : main)) << skip;
    EXPECT_EQ(transposes, 2 * blocks);
    const ZooSize size = zoo_size("blendmixer", options);
    EXPECT_EQ(size.binary_macs, binary);
    EXPECT_EQ(size.other_macs, fixed);
  }
}

// Every repair lowers; exactly, but for the shifts around RPReLU, which are rounded to int16 between the steps.
TEST(ZooRepairLowered, IsWhatTheGeneratorComputes) {
  for (const ZooEntry& repair : zoo_repairs()) {
    SCOPED_TRACE(repair.name);
    const Folder folder;
    const auto trace = trace_zoo_network("resnet20-bnn", {.repair = repair.name, .width = 8, .blocks = 1, .size = 16},
                                         folder / "net.onnx", 1);
    const IntegerNetwork net = load_network(folder / "net.onnx");
    const bool exact =
        std::all_of(net.layers.begin(), net.layers.end(), [](const Layer& l) { return l.exactness.exact; });
    EXPECT_EQ(exact, repair.name != "rprelu");
    if (!exact) continue;
    const TensorValues values = execute(net, quantize_input(net.input, input_image(trace.front(), 0)));
    const auto logits = std::find_if(trace.begin(), trace.end(), [](const auto& t) { return t.name == "logits"; });
    const FloatArray y =
        finish_output(net.outputs.front(), values[static_cast<std::size_t>(net.output_tensors.front())]);
    for (std::size_t i = 0; i < y.values.size(); ++i) EXPECT_EQ(y.values[i], real_of(*logits, logits->values, i));
  }
}

TEST(ZooNeuroblendLowered, FloatBatchNormalisationExercisesTheApproximatePath) {
  const Folder folder;
  write_zoo_network("neuroblend_tiny", {.float_batch_norm = true}, folder / "net.onnx");
  int approximate = 0;
  for (const Layer& layer : load_network(folder / "net.onnx").layers) {
    approximate += layer.exactness.exact ? 0 : 1;
    if (!layer.exactness.exact) {
      EXPECT_GT(layer.exactness.checked, 0) << layer.name;
      EXPECT_LT(layer.exactness.differing * 50, layer.exactness.checked) << layer.name;
      EXPECT_LE(layer.exactness.max_error, 1) << layer.name;
    }
  }
  EXPECT_GT(approximate, 0);
}

}  // namespace
}  // namespace blendsim
