// SPDX-License-Identifier: Apache-2.0
// Whole programs: rtl/machine.sv and the model agree in every cycle and every word. Names that begin with Long are not
// run by default (scripts/test.sh --long).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "machine_bench.h"
#include "network/zoo.h"
#include "rtl_module.h"
#include "unit/compiler/network_builder.h"

namespace blendsim::conformance {
namespace {

const std::string models = std::string(BLENDSIM_SHARED) + "/models/";

Platform platform_named(const std::string& name, const std::vector<std::string>& sets = {}) {
  const std::string own = std::string(BLENDSIM_SOURCE) + "/test/conformance/platforms/" + name + ".yaml";
  return load_platform(std::filesystem::exists(own) ? own : name, sets, {BLENDSIM_CONFIGS});
}

class MachineConformance : public testing::Test {
 protected:
  void SetUp() override {
    if (!RtlModule::available()) GTEST_SKIP() << "verilator is not installed";
  }

  // `images` seeded images, back to back.
  static BenchResult run(const Platform& platform, const Program& program, int images = 1,
                         const BenchOptions& options = {}) {
    std::vector<std::vector<std::int32_t>> inputs;
    for (int n = 0; n < images; ++n) inputs.push_back(group(program, n));
    return run_machine_bench(platform.machine, program, inputs, options);
  }
  // As many seeded images as the program computes, one after the other.
  static std::vector<std::int32_t> group(const Program& program, int number) {
    std::vector<std::int32_t> all;
    for (int i = 0; i < program.images; ++i) {
      const std::vector<std::int32_t> image =
          random_image(program.host_input, static_cast<std::uint64_t>(number * program.images + i) + 1);
      all.insert(all.end(), image.begin(), image.end());
    }
    return all;
  }
  static void expect_no_difference(const Platform& platform, const IntegerNetwork& network, int images = 1) {
    expect_no_difference(network.name, platform, compile(network, platform).program, images);
  }
  static void expect_no_difference(const std::string& name, const Platform& platform, const Program& program,
                                   int images) {
    const BenchResult result = run(platform, program, images);
    EXPECT_EQ(result.divergence, "") << name << " on " << platform.name;
    EXPECT_GT(result.compared.words, 0U);
    EXPECT_EQ(result.compared.cycle_differences + result.compared.word_differences, 0U);
    append_row("program", images == 1 ? name : name + " x" + std::to_string(images), platform.name, result.compared);
  }
  static bool has_rings(const Program& program) {
    return std::ranges::any_of(program.layers, [](const ProgramLayer& layer) {
      return std::ranges::any_of(layer.results, [](const TensorView& view) { return view.in_bands(); });
    });
  }
  // What no program can express, or does not fit, the compiler refuses: at least a quarter must remain.
  static void expect_random_networks_agree(const Platform& platform, std::uint64_t first, int count, int images,
                                           const test::RandomNetworkOptions& sizes = {}, int least_in_rings = 0) {
    int compiled = 0, in_rings = 0;
    for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(count); ++seed) {
      std::optional<Program> program;
      try {
        program = compile(test::random_integer_network(seed, sizes), platform).program;
      } catch (const DiagnosticError&) {
        continue;
      }
      ++compiled;
      in_rings += has_rings(*program) ? 1 : 0;
      expect_no_difference("random network " + std::to_string(seed), platform, *program, images);
    }
    EXPECT_GE(4 * compiled, count);
    EXPECT_GE(in_rings, least_in_rings);
  }
  // Exporters give every network the same name.
  static IntegerNetwork named(const std::string& name, IntegerNetwork network) {
    network.name = name;
    return network;
  }
  static IntegerNetwork zoo(const std::string& name, const ZooOptions& options = {}) {
    const std::string file =
        testing::TempDir() + "/blendsim_conformance_" + name + std::to_string(options.width.value_or(0)) + ".onnx";
    write_zoo_network(name, options, file);
    return load_network(file);
  }
};

// Binary main path, fixed-point skip path, joins: two modules of neuroblend20's kind.
IntegerNetwork blend(int images_high, int channels) {
  using test::NetworkBuilder;
  NetworkBuilder b(7);
  const Format bits8 = Format::signed_bits(8);
  const TensorId in = b.input(3, images_high, images_high, Format::unsigned_bits(8));
  auto stem = b.post(b.conv(in, channels, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, true,
                     Format::bipolar());
  const TensorId main = b.conv(stem.code, channels, NetworkBuilder::square(3, 1, 1), Format::bipolar());
  const TensorId skip = b.conv(stem.fixed, channels, NetworkBuilder::square(1), bits8);
  auto joined = b.post(main, skip, true, bits8, true, Format::bipolar());
  const TensorId down = b.conv(joined.code, 2 * channels, NetworkBuilder::square(3, 2, 1), Format::bipolar());
  auto last = b.post(down, no_tensor, true, bits8, false, bits8);
  const TensorId pooled =
      b.pool(last.fixed, Pooling::Kind::sum, NetworkBuilder::square(b.net.tensor(last.fixed).height));
  b.output(b.post(pooled, no_tensor, true, bits8, false, bits8).fixed);
  b.net.name = "blend";
  return b.net;
}

// Depthwise and grouped convolutions, maximum and average windows, padding and strides.
IntegerNetwork pooling(int side = 10) {
  using test::NetworkBuilder;
  NetworkBuilder b(11);
  const Format bits8 = Format::signed_bits(8);
  const TensorId in = b.input(16, side, side, bits8);
  const TensorId maximum = b.pool(in, Pooling::Kind::max, NetworkBuilder::square(3, 1, 1));
  auto deep = b.post(b.conv(maximum, 16, NetworkBuilder::square(3, 2, 1), bits8, 16), no_tensor, true, bits8, true,
                     Format::bipolar());
  const TensorId codes = b.pool(deep.code, Pooling::Kind::max, NetworkBuilder::square(2, 1, 0));
  auto wide =
      b.post(b.conv(codes, 32, NetworkBuilder::square(1), Format::bipolar()), no_tensor, true, bits8, false, bits8);
  const TensorId average = b.pool(wide.fixed, Pooling::Kind::sum, NetworkBuilder::square(2, 2), 4);
  b.output(b.post(average, no_tensor, true, bits8, false, bits8).fixed);
  b.net.name = "pooling";
  return b.net;
}

// Codes by tables: a fixed map, planes beside the integers looked up, +1 and -1 in both forms.
IntegerNetwork tables() {
  using test::NetworkBuilder;
  NetworkBuilder b(5);
  b.table_percent = 100;
  const Format bits8 = Format::signed_bits(8);
  const TensorId in = b.input(16, 6, 6, bits8);
  auto planes = b.post(b.conv(in, 40, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, true,
                       Format::unsigned_bits(3));
  auto signs = b.post(b.conv(planes.code, 32, NetworkBuilder::square(1), Format::bipolar()), no_tensor, false, bits8,
                      true, Format::bipolar());
  auto first = b.post(b.conv(signs.code, 40, NetworkBuilder::square(3, 1, 1), Format::bipolar()), no_tensor, false,
                      bits8, true, Format::signed_bits(4));
  auto second = b.post(first.code, planes.fixed, false, bits8, true, Format::unsigned_bits(2));
  b.output(second.code);
  b.output(signs.code);
  b.net.name = "tables";
  return b.net;
}

// Joins that multiply: by a map, and by one pixel that follows from all of the other operand.
IntegerNetwork products() {
  using test::NetworkBuilder;
  NetworkBuilder b(6);
  b.product_percent = 100;
  const Format bits8 = Format::signed_bits(8);
  const TensorId in = b.input(20, 6, 6, bits8);
  auto map = b.post(b.conv(in, 40, NetworkBuilder::square(3, 1, 1), bits8),
                    b.conv(in, 40, NetworkBuilder::square(1), Format::signed_bits(4)), true, bits8, true,
                    Format::unsigned_bits(2));
  auto squeezed =
      b.post(b.pool(map.fixed, Pooling::Kind::sum, NetworkBuilder::square(6)), no_tensor, true, bits8, false, bits8);
  auto scaled = b.post(map.fixed, b.conv(squeezed.fixed, 40, {}, Format::signed_bits(4)), true, bits8, false, bits8);
  b.output(scaled.fixed);
  b.output(map.code);
  b.net.name = "products";
  return b.net;
}

// A mixer: pixels and channels change places and back, rows of several widths, codes of few bits, of a view and of the
// input; blocks that are not full.
IntegerNetwork transpositions() {
  using test::NetworkBuilder;
  NetworkBuilder b(9);
  const Format bits8 = Format::signed_bits(8);
  const TensorId in = b.input(20, 6, 6, bits8);
  auto tokens =
      b.post(b.conv(b.transpose(in, 5), 36, NetworkBuilder::square(1), bits8), no_tensor, true, bits8, false, bits8);
  const TensorId back = b.transpose(tokens.fixed, 6);
  auto mixed = b.post(b.conv(back, 48, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, true,
                      Format::unsigned_bits(3));
  auto codes = b.post(b.conv(b.transpose(mixed.code, 16), 24, NetworkBuilder::square(1), Format::signed_bits(2)),
                      no_tensor, true, bits8, false, bits8);
  b.output(codes.fixed);
  b.output(b.transpose(mixed.fixed, 48));
  b.net.name = "transpositions";
  return b.net;
}

TEST_F(MachineConformance, TranspositionsAgree) {
  for (const char* name : {"zu3eg", "tiny", "wide"})
    expect_no_difference(platform_named(name, {"transpose_unit.lanes=16", "post_unit.operand=24 bit"}),
                         transpositions(), 2);
}
TEST_F(MachineConformance, AMachineWithoutTransposeUnitAgrees) {
  expect_no_difference(platform_named("zu3eg", {"transpose_unit.lanes=0"}), pooling());
}

TEST_F(MachineConformance, ProductsAgree) {
  for (const char* name : {"zu3eg", "tiny"}) expect_no_difference(platform_named(name), products(), 2);
}

TEST_F(MachineConformance, CodesByTablesAgree) {
  for (const char* name : {"zu3eg", "tiny"}) expect_no_difference(platform_named(name), tables(), 2);
}

TEST_F(MachineConformance, ABlendOfBothPathsAgreesOnZu3eg) {
  expect_no_difference(platform_named("zu3eg"), blend(8, 16));
}
TEST_F(MachineConformance, PoolingDepthwiseAndAveragesAgreeOnZu3eg) {
  expect_no_difference(platform_named("zu3eg"), pooling());
}
TEST_F(MachineConformance, ImagesOfABatchAgree) { expect_no_difference(platform_named("zu3eg"), blend(6, 16), 3); }
TEST_F(MachineConformance, Neuroblend20OfReducedSizeAgrees) {
  ZooOptions reduced;
  reduced.width = 8;
  reduced.blocks = 1;
  expect_no_difference(platform_named("zu3eg"), zoo("neuroblend20", reduced));
}
TEST_F(MachineConformance, KeywordsInThreeBitsAgree) {
  expect_no_difference(platform_named("zu3eg"), named("kws_w3a3", load_network(models + "kws_w3a3_qonnx.onnx")));
}
TEST_F(MachineConformance, TheDenseTfcAgrees) {
  expect_no_difference(platform_named("zu3eg"), named("tfc_w1a1", load_network(models + "tfc_w1a1_qonnx.onnx")));
}
TEST_F(MachineConformance, RandomNetworksAgreeOnZu3eg) {
  expect_random_networks_agree(platform_named("zu3eg"), 1, 12, 1);
}

// The smallest machine: everything fetched through the narrowest port, queues of two entries, tokens of two cycles.
TEST_F(MachineConformance, AFetchedProgramAgreesOnTheTinyMachine) {
  const Platform platform = platform_named("tiny");
  const IntegerNetwork network = zoo("neuroblend_tiny");
  ASSERT_FALSE(compile(network, platform).program.resident);
  expect_no_difference(platform, network, 2);
}
// Maps that find no room as wholes: every unit that walks one meets the end of a ring.
TEST_F(MachineConformance, RingsOfRowsAgreeOnTheTinyMachine) {
  const Platform platform = platform_named("tiny");
  ZooOptions large;
  large.width = 8;
  large.blocks = 1;
  large.size = 24;
  IntegerNetwork network = zoo("neuroblend20", large);
  network.name = "neuroblend20 of 24x24";
  ASSERT_TRUE(has_rings(compile(network, platform).program));
  expect_no_difference(platform, network, 2);
  IntegerNetwork pools = pooling(34);
  pools.name = "pooling of 34x34";
  ASSERT_TRUE(has_rings(compile(pools, platform).program));
  expect_no_difference(platform, pools, 2);
}
// Two modules on a map that is wider than instructions name: a stem, bits beside bytes, a join of pixels inside a map,
// a skip path on every other pixel, a pooling.
IntegerNetwork wide(int height, int width) {
  using test::NetworkBuilder;
  NetworkBuilder b(8);
  const Format bits8 = Format::signed_bits(8);
  const TensorId in = b.input(3, height, width, bits8, 3);
  auto x =
      b.post(b.conv(in, 16, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, true, Format::bipolar());
  const TensorId main = b.conv(x.code, 16, NetworkBuilder::square(3, 1, 1), Format::bipolar());
  auto y = b.post(main, x.fixed, true, bits8, true, Format::bipolar());
  const TensorId down = b.conv(y.code, 32, NetworkBuilder::square(3, 2, 1), Format::bipolar());
  const TensorId skip = b.conv(y.fixed, 32, NetworkBuilder::square(1, 2), bits8);
  auto joined = b.post(down, skip, true, bits8, false, Format::bipolar());
  b.output(b.pool(joined.fixed, Pooling::Kind::max, NetworkBuilder::square(3, 1, 1)));
  return b.net;
}
// Segments in patches: rows of DRAM with a pitch, addresses inside maps, single rows of a join.
TEST_F(MachineConformance, PatchesOfMapsAgreeOnTheTinyMachine) {
  const auto in_patches = [](const Program& program) {
    return std::ranges::any_of(program.layers, [](const ProgramLayer& layer) {
      return std::ranges::any_of(layer.results, [](const TensorView& view) { return view.left > 0; });
    });
  };
  const Platform platform = platform_named("tiny");
  const Program columns = compile(wide(5, 530), platform).program;
  ASSERT_TRUE(in_patches(columns));
  expect_no_difference("two modules on 5x530", platform, columns, 2);
  const Platform cramped = platform_named("tiny", {"buffers.act_fixed.depth=96"});
  ASSERT_TRUE(in_patches(compile(wide(18, 40), cramped).program));
  expect_no_difference("two modules on 18x40", cramped, compile(wide(18, 40), cramped).program, 1);
}
// Maps that wait in DRAM: what one image stores the same image loads again, in both forms. A skip path's weights take
// 64 words: its layer is gone through in two parts.
TEST_F(MachineConformance, MapsThatWaitInDramAgreeOnTheTinyMachine) {
  const Platform platform = platform_named("tiny", {"buffers.act_fixed.depth=256", "buffers.weights_fixed.depth=100"});
  ZooOptions large;
  large.width = 16;
  large.blocks = 1;
  large.size = 24;
  IntegerNetwork network = zoo("neuroblend20", large);
  network.name = "neuroblend20 of 24x24, 16 channels wide";
  const Program program = compile(network, platform).program;
  ASSERT_GT(program.scratch_bytes, 0U);
  ASSERT_TRUE(std::ranges::any_of(program.layers, [](const ProgramLayer& layer) {
    return std::ranges::adjacent_find(layer.results, {}, &TensorView::name) != layer.results.end();
  })) << "no layer is gone through in parts";
  expect_no_difference(network.name, platform, program, 2);
}
// Units at work on different images, and the next group behind the first.
TEST_F(MachineConformance, ImagesSideBySideAgreeOnTheTinyMachine) {
  CompileOptions options;
  options.images = 3;
  const Platform platform = platform_named("tiny");
  for (const IntegerNetwork& network : {blend(6, 16), pooling(6)}) {
    const Program program = compile(network, platform, options).program;
    ASSERT_EQ(program.images, 3);
    expect_no_difference(network.name + ", three images side by side", platform, program, 2);
  }
}
TEST_F(MachineConformance, RandomNetworksAgreeOnTheTinyMachine) {
  expect_random_networks_agree(platform_named("tiny"), 21, 12, 1);
}

// A third build of a machine, for waveforms.
TEST_F(MachineConformance, LongACorruptedWordIsFoundWithLayerInstructionUnitCycleAndWaveforms) {
  const Platform platform = platform_named("tiny");
  const Program program = compile(blend(6, 16), platform).program;
  BenchOptions options;
  options.vcd_folder = testing::TempDir() + "/blendsim_conformance_vcd";
  std::filesystem::remove_all(options.vcd_folder);
  options.corrupt = {UnitId::post_unit, 1'000'000'000};
  EXPECT_THROW((void)run(platform, program, 1, options), std::invalid_argument) << "beyond the last word";
  options.corrupt = {UnitId::post_unit, 700};
  const BenchResult result = run(platform, program, 1, options);
  EXPECT_THAT(result.divergence, testing::HasSubstr("main: first divergence in cycle "));
  EXPECT_THAT(result.divergence, testing::HasSubstr("unit post_unit"));
  EXPECT_THAT(result.divergence, testing::ContainsRegex("layer [0-9]+ \\(Post"));
  EXPECT_THAT(result.divergence, testing::ContainsRegex("instruction [0-9]+: post_unit"));
  EXPECT_THAT(result.divergence, testing::ContainsRegex("\\] differs first in bits 0 to 31: model"));
  ASSERT_EQ(result.waveforms.size(), 2U);
  for (const std::string& file : result.waveforms) {
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_THAT(text, testing::HasSubstr("$enddefinitions")) << file;
    EXPECT_THAT(text, testing::HasSubstr("post_unit")) << file;
  }
}

TEST_F(MachineConformance, Neuroblend20AgreesOnZu3eg) {
  expect_no_difference(platform_named("zu3eg"), zoo("neuroblend20"));
}
TEST_F(MachineConformance, CnvAgreesOnZu3eg) {
  expect_no_difference(platform_named("zu3eg"), named("cnv_w1a1", load_network(models + "cnv_w1a1_qonnx.onnx")));
}
// Machines that take minutes to verilate.
TEST_F(MachineConformance, LongNeuroblend20AndCnvAgreeOnK26) {
  expect_no_difference(platform_named("k26"), zoo("neuroblend20"));
  expect_no_difference(platform_named("k26"), named("cnv_w1a1", load_network(models + "cnv_w1a1_qonnx.onnx")));
}
TEST_F(MachineConformance, LongABatchAgreesOnTheOtherSmallPlatforms) {
  expect_no_difference(platform_named("zu3eg-wide"), blend(8, 16), 2);
  expect_no_difference(platform_named("z7020"), blend(8, 16), 2);
}
TEST_F(MachineConformance, LongRandomNetworksAgreeOnTheWideMachine) {
  expect_random_networks_agree(platform_named("wide"), 41, 12, 2);
}
// Maps of up to 40 rows, of which the machine holds few.
test::RandomNetworkOptions tall() {
  test::RandomNetworkOptions sizes;
  sizes.layers = 2;
  sizes.largest_map = 40;
  sizes.channels = {3, 8, 16, 20};
  return sizes;
}
TEST_F(MachineConformance, LongRingsOfRandomNetworksAgreeOnTheWideMachine) {
  expect_random_networks_agree(platform_named("wide"), 401, 60, 1, tall(), 3);
}
TEST_F(MachineConformance, LongRingsOfRandomNetworksAgreeOnTheTinyMachine) {
  expect_random_networks_agree(platform_named("tiny"), 401, 60, 1, tall(), 4);
}
TEST_F(MachineConformance, LongRandomNetworksAgreeOnTheOddMachine) {
  // The units' odd machine holds no 8-bit values, which every network has.
  const std::vector<std::string> sets = {"mac_array.activation_bits=8 bit", "mac_array.weight_bits=8 bit",
                                         "mac_array.accumulator=32 bit",    "buffers.act_binary.depth=300",
                                         "buffers.act_fixed.depth=1500",    "buffers.weights_binary.depth=400",
                                         "buffers.weights_fixed.depth=900", "buffers.parameters.depth=400"};
  expect_random_networks_agree(platform_named("odd", sets), 41, 12, 2);
}
// A lane group that begins in one word of accumulators and ends in the next.
TEST_F(MachineConformance, LongRandomNetworksAgreeWhereRowsAreNoMultipleOfTheLanes) {
  expect_random_networks_agree(platform_named("wide", {"xnor_array.rows=48", "post_unit.depth=200 cycles"}), 61, 8, 1);
}
TEST_F(MachineConformance, LongManyRandomNetworksAgreeOnZu3eg) {
  expect_random_networks_agree(platform_named("zu3eg"), 100, 150, 1);
}
TEST_F(MachineConformance, LongManyRandomNetworksAgreeOnTheTinyMachine) {
  expect_random_networks_agree(platform_named("tiny"), 100, 100, 1);
}

}  // namespace
}  // namespace blendsim::conformance
