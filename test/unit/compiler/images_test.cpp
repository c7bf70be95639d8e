// SPDX-License-Identifier: Apache-2.0
// Programs that compute several images: compile() proves each of them, legal and equal to the network's own execution
// on every tensor of every image. What is left to show is that images do not mix, and what they share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "isa/interpret.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

using test::NetworkBuilder;
using testing::HasSubstr;

constexpr Format bits8 = Format::signed_bits(8);

BufferParameters& buffer(Platform& p, BufferId id) { return p.machine.buffers[static_cast<std::size_t>(index(id))]; }

// A stem on mac_array, binary convolutions behind it.
IntegerNetwork blended(int height = 12, int channels = 32) {
  NetworkBuilder b(5);
  const TensorId in = b.input(3, height, 12, Format::unsigned_bits(8));
  auto x = b.post(b.conv(in, channels, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, true,
                  Format::bipolar());
  for (int i = 0; i < 3; ++i) {
    x = b.post(b.conv(x.code, channels, NetworkBuilder::square(3, 1, 1), Format::bipolar()), x.fixed, true, bits8, true,
               Format::bipolar());
  }
  b.output(x.fixed);
  b.output(
      b.post(b.conv(x.code, 16, NetworkBuilder::square(1), Format::bipolar()), no_tensor, true, bits8, false, bits8)
          .fixed);
  return b.net;
}

// Bytes of constants that main loads, and that the program holds.
std::int64_t streamed_bytes(const Program& program) {
  std::int64_t bytes = 0;
  for (const Instruction& i : decode(program.main)) {
    const auto* load = std::get_if<LoadInstruction>(&i);
    if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::program)) bytes += load->run_bytes;
  }
  return bytes;
}

Program compiled(const IntegerNetwork& network, const Platform& platform, int images, bool few_loads = false) {
  CompileOptions options;
  options.images = images;
  if (few_loads) {
    options.evaluate = [](const Program& program, const MachineParameters&) {
      Run run;
      run.cycles = streamed_bytes(program);
      return run;
    };
  }
  return compile(network, platform, options).program;
}

std::vector<std::int32_t> random_image(const IntegerNetwork& network, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const IntTensor& t = network.tensor(network.input_tensor);
  std::vector<std::int32_t> values(static_cast<std::size_t>(t.size()));
  for (std::int32_t& v : values)
    v = static_cast<std::int32_t>(t.lo +
                                  static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(t.hi - t.lo + 1)));
  return values;
}

// The outputs of each image as of a program for one.
void expect_images_apart(const IntegerNetwork& network, const Platform& platform, int images, bool few_loads = false) {
  const Program one = compiled(network, platform, 1), several = compiled(network, platform, images, few_loads);
  std::vector<std::int32_t> all;
  std::vector<std::vector<std::int32_t>> due;
  for (int i = 0; i < images; ++i) {
    const std::vector<std::int32_t> image = random_image(network, static_cast<std::uint64_t>(i));
    all.insert(all.end(), image.begin(), image.end());
    const Interpretation run = interpret(one, platform.machine, image, false);
    due.insert(due.end(), run.outputs.begin(), run.outputs.end());
  }
  EXPECT_EQ(interpret(several, platform.machine, all, false).outputs, due);
  EXPECT_EQ(std::set(due.begin(), due.end()).size(), due.size()) << "images that look alike show nothing";
  EXPECT_EQ(several.layers.size(), one.layers.size() * static_cast<std::size_t>(images));
  EXPECT_EQ(several.input_bytes, one.input_bytes * static_cast<std::uint64_t>(images));
}

TEST(Images, EachHasItsOwnValues) {
  for (const int images : {2, 3, 7}) expect_images_apart(blended(), test::platform_of(), images);
}

TEST(Images, HaveNamesOfTheirOwn) {
  const Program program = compiled(blended(), test::platform_of(), 3);
  std::set<std::string> names;
  for (const ProgramLayer& layer : program.layers) EXPECT_TRUE(names.insert(layer.name).second) << layer.name;
  EXPECT_TRUE(names.contains("input@2"));
  EXPECT_EQ(program.host_outputs[2].name, program.host_outputs[0].name + "@1");
}

// Weights are there once, however many images read them.
TEST(Images, ShareTheirConstants) {
  const IntegerNetwork network = blended();
  const Program one = compiled(network, test::platform_of(), 1), four = compiled(network, test::platform_of(), 4);
  const auto constants = [](const Program& program) { return program.segments.front().bytes; };
  EXPECT_EQ(constants(one), constants(four));
  EXPECT_EQ(streamed_bytes(four), 0);
}

// Streamed ones are loaded once for all images whose maps find room together, else once for each; from one place.
TEST(Images, ThatStreamTheirConstantsReadThemFromOnePlace) {
  const IntegerNetwork network = blended();
  for (const auto& [fixed_depth, times] : {std::pair{16384, 1}, std::pair{1000, 5}}) {
    Platform p = test::platform_of();
    buffer(p, BufferId::weights_binary).depth = 8;
    buffer(p, BufferId::act_fixed) = {1, 128, fixed_depth, 0, 2};
    const Program one = compiled(network, p, 1), five = compiled(network, p, 5, true);
    ASSERT_GT(streamed_bytes(one), 0);
    EXPECT_EQ(streamed_bytes(five), times * streamed_bytes(one)) << fixed_depth;
    EXPECT_EQ(one.segments.front().bytes, five.segments.front().bytes);
    expect_images_apart(network, p, 5, true);
  }
}

// No more room than one image takes: the next one's maps follow the present one's.
TEST(Images, NeedNoMoreRoomThanOne) {
  const IntegerNetwork network = blended();
  const auto fits = [&](std::int64_t depth, int images) {
    Platform p = test::platform_of();
    buffer(p, BufferId::act_fixed) = {1, 128, depth, 0, 2};
    try {
      const Program program = compiled(network, p, images);
      return std::ranges::none_of(program.layers,
                                  [](const ProgramLayer& layer) {
                                    return std::ranges::any_of(layer.results,
                                                               [](const TensorView& view) { return view.in_bands(); });
                                  }) &&
             program.scratch_bytes == 0;
    } catch (const DiagnosticError&) {
      return false;
    }
  };
  std::int64_t least = 1;
  while (!fits(least, 1)) least += 16;
  EXPECT_TRUE(fits(least, 4));
}

TEST(Images, InRingsAndSegmentsAreApartToo) {
  NetworkBuilder b(3);
  TensorId x = b.input(16, 40, 32, bits8);
  for (int i = 0; i < 3; ++i)
    x = b.post(b.conv(x, 16, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, false, bits8).fixed;
  b.output(x);
  bool rings = false, segments = false;
  for (const int rows : {30, 12, 5}) {
    Platform p = test::platform_of();
    buffer(p, BufferId::act_fixed) = {1, 128, rows * 32, 0, 2};
    const Program program = compiled(b.net, p, 2);
    segments = segments || program.scratch_bytes > 0;
    rings = rings || std::ranges::any_of(program.layers, [](const ProgramLayer& layer) {
              return std::ranges::any_of(layer.results, [](const TensorView& view) { return view.in_bands(); });
            });
    expect_images_apart(b.net, p, 2);
    expect_images_apart(b.net, p, 3);
  }
  EXPECT_TRUE(rings);
  EXPECT_TRUE(segments);
}

// On machines with room for everything and for little; where one image fits, more do.
TEST(Images, OfRandomNetworksAreApart) {
  int compiled_networks = 0, streamed = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const IntegerNetwork network = test::random_integer_network(seed, {});
    Platform p = test::platform_of();
    if (seed % 2 == 0) {
      buffer(p, BufferId::weights_binary).depth = 4 << (seed / 2 % 5);
      buffer(p, BufferId::weights_fixed).depth = 16 << (seed / 2 % 6);
      buffer(p, BufferId::parameters).depth = 16 << (seed / 2 % 4);
      buffer(p, BufferId::act_fixed).depth = 256 << (seed / 2 % 6);
    }
    SCOPED_TRACE(seed);
    try {
      streamed += streamed_bytes(compiled(network, p, 1)) > 0 ? 1 : 0;
    } catch (const DiagnosticError&) {
      continue;
    } catch (const InvariantError& e) {
      ADD_FAILURE() << e.what();
      continue;
    }
    ++compiled_networks;
    EXPECT_NO_THROW((void)compiled(network, p, 2 + static_cast<int>(seed % 4), seed % 4 < 2)) << seed;
  }
  EXPECT_GE(compiled_networks, 75);
  EXPECT_GE(streamed, 10);
}

TEST(Images, MoreThanAnInstructionCanNameAreRefusedWithHowManyItCan) {
  const IntegerNetwork network = blended();
  const int rows = static_cast<int>(network.layers.size()) + 2, most = 1024 / rows;
  try {
    (void)compiled(network, test::platform_of(), most + 1);
    FAIL() << "nothing was refused";
  } catch (const DiagnosticError& e) {
    EXPECT_EQ(e.diagnostics().front().code, Code("does-not-fit"));
    EXPECT_THAT(e.what(), HasSubstr("hint: --in-flight " + std::to_string(most)));
  }
  EXPECT_EQ(compiled(network, test::platform_of(), most).images, most);
}

}  // namespace
}  // namespace blendsim
