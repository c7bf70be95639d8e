// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "export_support.h"
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
  for (const ZooEntry& entry : zoo_entries()) {
    const bool large = entry.name == "neuroblend18" || entry.name == "blendmixer" || entry.name == "resnet18-bnn";
    if (!large) all.push_back(entry.name);  // those are looked at below, narrow
  }
  return all;
}

double power_of_two(int exponent) { return std::ldexp(1.0, exponent); }

// One image of a trace as the files that original.mjs reads, the input apart as floats.
void write_trace(const std::vector<ZooTensor>& trace, int image, const Folder& folder) {
  std::string rows;
  for (const ZooTensor& tensor : trace) {
    const std::int64_t size = std::int64_t{tensor.channels} * tensor.height * tensor.width;
    const auto begin = tensor.values.begin() + image * size;
    const std::vector<std::int64_t> values(begin, begin + size);
    if (&tensor == &trace.front()) {
      FloatArray x{{1, tensor.channels, tensor.height, tensor.width}, {}};
      const auto unit = static_cast<float>(power_of_two(-tensor.exponent[0]));
      for (const std::int64_t v : values) x.values.push_back(static_cast<float>(v) * unit);
      write_npy(folder / "input.npy", x);
      continue;
    }
    write_npy(folder / tensor_file_name(tensor.name), IntArray{{tensor.channels, tensor.height, tensor.width}, values});
    std::string scales;
    for (const int e : tensor.exponent) {
      char text[40];
      std::snprintf(text, sizeof text, "%s%.17g", scales.empty() ? "" : ",", power_of_two(-e));
      scales += text;
    }
    rows += rows.empty() ? "" : ",\n";
    rows += "{\"name\":\"" + tensor.name + "\",\"file\":\"" + tensor_file_name(tensor.name) +
            "\",\"zero_point\":0,\"accumulator\":false,\"scale\":[" + scales + "]}";
  }
  std::ofstream(folder / "tensors.json") << "[" << rows << "]";
}

class Zoo : public testing::TestWithParam<std::string> {};
// Letters, digits and underscores.
std::string test_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Networks, Zoo, testing::ValuesIn(names()),
                         [](const auto& network) { return test_name(network.param); });

// Generator and ONNX Runtime are two implementations: float32 operators on one side, integers on the other.
TEST_P(Zoo, OriginalInOnnxRuntimeEqualsTheGeneratorsIntegersOnEveryTensor) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  const Folder folder;
  const std::vector<ZooTensor> trace = trace_zoo_network(GetParam(), {}, folder / "net.onnx", images);
  expose_all_tensors(folder / "net.onnx", folder / "exposed.onnx");
  for (int image = 0; image < images; ++image) {
    write_trace(trace, image, folder);
    const Outcome outcome = test::run_script("original.mjs", "--model " + (folder / "exposed.onnx") + " --tensors " +
                                                                 folder.path() + " --input " + (folder / "input.npy"));
    ASSERT_EQ(outcome.status, 0) << outcome.text;
    const std::string summary = std::to_string(trace.size() - 1) + " tensors equal";
    EXPECT_NE(outcome.text.find(summary), std::string::npos) << outcome.text;
  }
}

TEST_P(Zoo, SameOptionsGiveTheSameBytesAndAnotherSeedOthers) {
  const Folder folder;
  for (const char* dialect : {"onnx", "qonnx"}) {
    const ZooOptions options{.dialect = dialect};
    write_zoo_network(GetParam(), options, folder / "a.onnx");
    write_zoo_network(GetParam(), options, folder / "b.onnx");
    write_zoo_network(GetParam(), {.seed = 2, .dialect = dialect}, folder / "c.onnx");
    EXPECT_EQ(test::read_bytes(folder / "a.onnx"), test::read_bytes(folder / "b.onnx"));
    EXPECT_NE(test::read_bytes(folder / "a.onnx"), test::read_bytes(folder / "c.onnx"));
  }
}

TEST_P(Zoo, BothDialectsHaveTheSameTensorsAndValues) {
  const Folder folder;
  const auto onnx = trace_zoo_network(GetParam(), {}, folder / "a.onnx", 1);
  const auto qonnx = trace_zoo_network(GetParam(), {.dialect = "qonnx"}, folder / "b.onnx", 1);
  ASSERT_EQ(onnx.size(), qonnx.size());
  for (std::size_t i = 0; i < onnx.size(); ++i) {
    EXPECT_EQ(onnx[i].name, qonnx[i].name);
    EXPECT_EQ(onnx[i].values, qonnx[i].values) << onnx[i].name;
  }
}

// The 24-bit rule: float32 holds every real value of the network, whatever order an evaluator chooses.
TEST_P(Zoo, EveryValueFitsTheFloat32Significand) {
  const Folder folder;
  for (const ZooTensor& tensor : trace_zoo_network(GetParam(), {}, folder / "a.onnx", 32)) {
    const bool rescaled = tensor.name.rfind("prelu", 0) == 0;  // kept in sixteenths of the float's own unit
    for (const std::int32_t value : tensor.values) {
      ASSERT_LT(std::abs(rescaled && value > 0 ? value / 16 : value), 1 << 24) << tensor.name;
    }
  }
}

// Pinned: gcc and clang, optimised or not, write these bytes. A change here changes everybody's reports.
TEST(ZooFiles, BytesAreTheSameOnEveryHost) {
  const struct {
    const char *name, *onnx, *qonnx;
  } rows[] = {
      {"neuroblend20", "5e95e8a74cc0fd671369a0eca6c33ec2", "d1447a65326f6827202f4033c77d0e97"},
      {"neuroblend_tiny", "2e46d16de01fc79caf1b3d992c295d56", "28845eabf357691f548e884a6c40a3b8"},
      {"mlp_w2a2", "a18db6917b54e2e1c62ad990bbdc706a", "6c4a1e67ffe5844824766d78d563e00b"},
      {"convnet_mixed", "b46f66e8adb0316b2f069034b73b85b3", "61aeba136a72849bed31b5d6a2846cf5"},
  };
  const Folder folder;
  const auto digest_of = [&](const char* name, const ZooOptions& options) {
    write_zoo_network(name, options, folder / "net.onnx");
    return Digest().add(test::read_bytes(folder / "net.onnx")).hex();
  };
  for (const auto& row : rows) {
    EXPECT_EQ(digest_of(row.name, {}), row.onnx) << row.name;
    EXPECT_EQ(digest_of(row.name, {.dialect = "qonnx"}), row.qonnx) << row.name;
  }
}

TEST(ZooNeuroblend, BatchNormalisationMeetsNoTieAndNoZero) {
  const Folder folder;
  std::set<int> seen;
  for (const ZooTensor& tensor : trace_zoo_network("neuroblend_tiny", {}, folder / "a.onnx", 4)) {
    if (tensor.name.find("bn") == std::string::npos) continue;
    for (const std::int32_t value : tensor.values) ASSERT_EQ(value & 1, 1) << tensor.name;
    const bool joins = tensor.name.ends_with("main_bn") || tensor.name.ends_with("skip_bn");
    const int grid = joins ? 10 : 5;
    for (const int exponent : tensor.exponent) EXPECT_GE(exponent, grid + 2) << tensor.name;
    seen.insert(grid);
  }
  EXPECT_EQ(seen.size(), 2U);
}

TEST(ZooNeuroblend, ActivationsAreSpreadOverTheirGrid) {
  const Folder folder;
  int checked = 0;
  for (const ZooTensor& tensor : trace_zoo_network("neuroblend20", {}, folder / "a.onnx", 32)) {
    if (!tensor.name.ends_with(".out")) continue;
    double clipped = 0;
    double positive = 0;
    for (const std::int32_t value : tensor.values) {
      clipped += value == -128 || value == 127 ? 1 : 0;
      positive += value >= 0 ? 1 : 0;
    }
    const auto count = static_cast<double>(tensor.values.size());
    EXPECT_LT(clipped / count, 0.02) << tensor.name;
    EXPECT_GT(positive / count, 0.35) << tensor.name;
    EXPECT_LT(positive / count, 0.65) << tensor.name;
    ++checked;
  }
  EXPECT_EQ(checked, 10);
}

TEST(ZooNeuroblend, SkipPerConvolutionDoublesTheSkipPaths) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  const Folder folder;
  const auto per_block = trace_zoo_network("neuroblend_tiny", {}, folder / "a.onnx", 1);
  const auto per_convolution = trace_zoo_network("neuroblend_tiny", {.skip = "convolution"}, folder / "net.onnx", 1);
  const auto skips = [](const std::vector<ZooTensor>& trace) {
    return std::count_if(trace.begin(), trace.end(), [](const ZooTensor& t) { return t.name.ends_with(".skip_conv"); });
  };
  EXPECT_EQ(skips(per_block), 3);
  EXPECT_EQ(skips(per_convolution), 6);
  expose_all_tensors(folder / "net.onnx", folder / "exposed.onnx");
  write_trace(per_convolution, 0, folder);
  const Outcome outcome = test::run_script("original.mjs", "--model " + (folder / "exposed.onnx") + " --tensors " +
                                                               folder.path() + " --input " + (folder / "input.npy"));
  EXPECT_EQ(outcome.status, 0) << outcome.text;
}

TEST(ZooNeuroblend, WidthAndBlocksShapeTheSkeleton) {
  const Folder folder;
  const auto trace = trace_zoo_network("neuroblend20", {.width = 4, .blocks = 1}, folder / "a.onnx", 1);
  const auto find = [&](const std::string& name) {
    return *std::find_if(trace.begin(), trace.end(), [&](const ZooTensor& t) { return t.name == name; });
  };
  EXPECT_EQ(find("stage1.block1.out").channels, 4);
  EXPECT_EQ(find("stage3.block1.out").channels, 16);
  EXPECT_EQ(find("stage3.block1.out").height, 8);
  EXPECT_EQ(find("logits").channels, 10);
}

// Both stems: of CIFAR's images, and of ImageNet's, whose average over 3x3 pixels no float holds exactly.
TEST(ZooNeuroblend18, OriginalInOnnxRuntimeEqualsTheGeneratorsIntegersOnEveryTensor) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  for (const int size : {32, 96}) {
    const Folder folder;
    const auto trace =
        trace_zoo_network("neuroblend18", {.width = 8, .blocks = 1, .size = size}, folder / "net.onnx", 2);
    expose_all_tensors(folder / "net.onnx", folder / "exposed.onnx");
    for (int image = 0; image < 2; ++image) {
      write_trace(trace, image, folder);
      const Outcome outcome =
          test::run_script("original.mjs", "--model " + (folder / "exposed.onnx") + " --tensors " + folder.path() +
                                               " --input " + (folder / "input.npy"));
      ASSERT_EQ(outcome.status, 0) << size << ": " << outcome.text;
    }
    const auto height = [&](const std::string& name) {
      return std::find_if(trace.begin(), trace.end(), [&](const ZooTensor& t) { return t.name == name; })->height;
    };
    EXPECT_EQ(height("stage1.block1.out"), size == 32 ? 32 : 24);
    EXPECT_EQ(height("stage4.block1.out"), size == 32 ? 4 : 3);
  }
}

TEST(ZooBlendmixer, OriginalInOnnxRuntimeEqualsTheGeneratorsIntegersOnEveryTensor) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  for (const char* skip : {"block", "convolution"}) {
    const Folder folder;
    const ZooOptions options{.skip = skip, .width = 32, .blocks = 2, .size = 16};
    const auto trace = trace_zoo_network("blendmixer", options, folder / "net.onnx", 1);
    expose_all_tensors(folder / "net.onnx", folder / "exposed.onnx");
    write_trace(trace, 0, folder);
    const Outcome outcome = test::run_script("original.mjs", "--model " + (folder / "exposed.onnx") + " --tensors " +
                                                                 folder.path() + " --input " + (folder / "input.npy"));
    ASSERT_EQ(outcome.status, 0) << skip << ": " << outcome.text;
  }
}

std::vector<std::string> repair_names() {
  std::vector<std::string> all{"none"};
  for (const ZooEntry& entry : zoo_repairs()) all.push_back(entry.name);
  return all;
}

class ZooRepair : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Methods, ZooRepair, testing::ValuesIn(repair_names()),
                         [](const auto& repair) { return test_name(repair.param); });

TEST_P(ZooRepair, OriginalInOnnxRuntimeEqualsTheGeneratorsIntegersOnEveryTensor) {
  BLENDSIM_NEEDS_ONNX_RUNTIME();
  for (const char* network : {"resnet20-bnn", "resnet18-bnn"}) {
    const Folder folder;
    const auto trace =
        trace_zoo_network(network, {.repair = GetParam(), .width = 4, .blocks = 1, .size = 32}, folder / "net.onnx", 1);
    expose_all_tensors(folder / "net.onnx", folder / "exposed.onnx");
    write_trace(trace, 0, folder);
    const Outcome outcome = test::run_script("original.mjs", "--model " + (folder / "exposed.onnx") + " --tensors " +
                                                                 folder.path() + " --input " + (folder / "input.npy"));
    ASSERT_EQ(outcome.status, 0) << network << ": " << outcome.text;
  }
}

TEST_P(ZooRepair, ChangesTheNetworkAndBothDialectsSayTheSame) {
  const Folder folder;
  const auto trace_of = [&](const std::string& repair, const std::string& dialect) {
    return trace_zoo_network("resnet20-bnn",
                             {.dialect = dialect, .repair = repair, .width = 4, .blocks = 1, .size = 16},
                             folder / "net.onnx", 1);
  };
  const auto onnx = trace_of(GetParam(), "onnx"), qonnx = trace_of(GetParam(), "qonnx"), plain = trace_of("", "onnx");
  ASSERT_EQ(onnx.size(), qonnx.size());
  bool same = onnx.size() == plain.size();
  for (std::size_t i = 0; i < onnx.size(); ++i) {
    EXPECT_EQ(onnx[i].values, qonnx[i].values) << onnx[i].name;
    same = same && onnx[i].name == plain[i].name && onnx[i].values == plain[i].values;
  }
  EXPECT_EQ(same, GetParam() == "none");
}

// By arithmetic (docs/zoo.md): what each mixing multiplies, a byte beside each binary weight, and the 3.5x of the
// paper.
TEST(ZooSizes, AreThoseOfTheSkeletons) {
  const ZooSize mixer = zoo_size("blendmixer");
  constexpr std::int64_t tokens = 2 * 64 * 64, features = 2 * 128 * 512, ends = 3 * 16 * 128 + 128 * 10;
  EXPECT_EQ(mixer.weights, 8 * 2 * (tokens + features) + ends);
  EXPECT_EQ(mixer.binary_macs, 8 * (tokens * 128 + features * 64));
  EXPECT_EQ(mixer.weight_bits, 8 * 9 * (tokens + features) + 8 * ends);
  EXPECT_EQ(mixer.float_bits, 32 * (8 * (tokens + features) + ends));
  EXPECT_NEAR(static_cast<double>(mixer.float_bits) / static_cast<double>(mixer.weight_bits), 3.56, 0.005);
  EXPECT_GT(zoo_size("blendmixer", {.skip = "block"}).float_bits,
            10 * zoo_size("blendmixer", {.skip = "block"}).weight_bits);

  const ZooSize resnet = zoo_size("neuroblend20");
  EXPECT_EQ(resnet.binary_macs, 40108032);
  EXPECT_EQ(resnet.other_macs, 32 * 32 * 27 * 16 + 2097152 + 640);
  EXPECT_EQ(zoo_size("mlp_w2a2").weight_bits, 2 * zoo_size("mlp_w2a2").weights);
}

TEST(ZooNeuroblend, WideNetworksKeepThe24BitRule) {
  const Folder folder;
  EXPECT_NO_THROW(write_zoo_network("neuroblend20", {.width = 64, .blocks = 1}, folder / "a.onnx"));
}

std::string code_of(const std::string& name, const ZooOptions& options, const std::string& path) {
  try {
    write_zoo_network(name, options, path);
  } catch (const DiagnosticError& error) {
    return std::string(error.diagnostics().front().code.name());
  }
  return "none";
}

TEST(ZooOptions, WhatANetworkDoesNotTakeIsRefused) {
  const Folder folder;
  const std::string path = folder / "a.onnx";
  EXPECT_EQ(code_of("neuroblend21", {}, path), "unknown-network");
  EXPECT_EQ(code_of("neuroblend20", {.dialect = "tflite"}, path), "out-of-range");
  EXPECT_EQ(code_of("neuroblend20", {.skip = "module"}, path), "out-of-range");
  EXPECT_EQ(code_of("neuroblend20", {.width = 0}, path), "out-of-range");
  EXPECT_EQ(code_of("neuroblend20", {.blocks = 17}, path), "out-of-range");
  EXPECT_EQ(code_of("neuroblend20", {.size = 30}, path), "out-of-range");
  EXPECT_EQ(code_of("neuroblend18", {.size = 512}, path), "out-of-range");
  EXPECT_EQ(code_of("blendmixer", {.size = 24}, path), "out-of-range");
  EXPECT_EQ(code_of("blendmixer", {.width = 24}, path), "out-of-range");
  EXPECT_EQ(code_of("resnet20-bnn", {.repair = "prayer"}, path), "out-of-range");
  EXPECT_EQ(code_of("neuroblend20", {.repair = "scale"}, path), "out-of-range");
  EXPECT_EQ(code_of("resnet20-bnn", {.skip = "block"}, path), "out-of-range");
  EXPECT_EQ(code_of("mlp_w2a2", {.size = 16}, path), "out-of-range");
  EXPECT_EQ(code_of("mlp_w2a2", {.skip = "convolution"}, path), "out-of-range");
  EXPECT_EQ(code_of("mlp_w2a2", {.width = 32}, path), "out-of-range");
  EXPECT_EQ(code_of("mlp_w2a2", {}, folder / "missing/a.onnx"), "file-unwritable");
}

TEST_P(Zoo, FloatBatchNormalisationWritesAnotherFile) {
  const Folder folder;
  write_zoo_network(GetParam(), {}, folder / "a.onnx");
  write_zoo_network(GetParam(), {.float_batch_norm = true}, folder / "b.onnx");
  EXPECT_NE(test::read_bytes(folder / "a.onnx"), test::read_bytes(folder / "b.onnx"));
}

}  // namespace
}  // namespace blendsim
