// SPDX-License-Identifier: Apache-2.0
// What a refusal proposes was tried: following the hint, and nothing but the hint, compiles the network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

using testing::HasSubstr;
using testing::Not;

const ConfigPaths paths{BLENDSIM_CONFIGS};

std::string refusal(const IntegerNetwork& network, const std::string& name, const std::vector<std::string>& sets) {
  const Platform platform = load_platform(name, sets, paths);
  try {
    (void)compile(network, platform);
  } catch (const DiagnosticError& error) {
    return error.what();
  }
  return "";
}

// Every --set of a message, as a shell would hand it on.
std::vector<std::string> sets_in(const std::string& message) {
  static const std::regex form("--set (?:\"([^\"]*)\"|(\\S+))");
  const std::string hint = message.substr(message.find("\n  hint: "));
  std::vector<std::string> out;
  for (std::sregex_iterator at(hint.begin(), hint.end(), form); at != std::sregex_iterator(); ++at)
    out.push_back((*at)[1].matched ? (*at)[1].str() : (*at)[2].str());
  return out;
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Machines that are too small in one respect or in several; the shipped one compiles each network, so a lever exists.
const std::vector<std::vector<std::string>>& shrunk() {
  static const std::vector<std::vector<std::string>> all = {
      {"buffers.act_fixed.depth=8"},
      {"buffers.act_fixed.depth=16", "buffers.act_fixed.regions=1"},
      {"buffers.act_binary.depth=2", "buffers.act_binary.regions=1"},
      {"buffers.weights_binary.depth=2"},
      {"buffers.weights_fixed.depth=2"},
      {"buffers.accumulators.depth=2"},
      {"buffers.parameters.depth=2"},
      {"mac_array.weight_bits=2 bit"},
      {"mac_array.activation_bits=2 bit"},
      {"mac_array.accumulator=16 bit", "mac_array.weight_bits=4 bit"},
      {"post_unit.multiplier=8 bit"},
      {"mac_array.weight_bits=2 bit", "buffers.act_fixed.depth=8", "buffers.accumulators.depth=2"},
      {"buffers.weights_fixed.depth=2", "buffers.weights_binary.depth=2", "buffers.parameters.depth=2",
       "buffers.act_binary.depth=2"},
  };
  return all;
}

TEST(Levers, NamedInAHintLetTheNetworkCompileWhenTheyAreFollowed) {
  int followed = 0;
  for (std::uint64_t seed = 200; seed < 206; ++seed) {
    const IntegerNetwork network = test::random_integer_network(seed);
    if (!refusal(network, "zu7ev", {}).empty()) continue;
    for (const auto& sets : shrunk()) {
      const std::string message = refusal(network, "zu7ev", sets);
      if (message.empty()) continue;  // small, and yet enough
      const std::vector<std::string> levers = sets_in(message);
      EXPECT_FALSE(levers.empty()) << "seed " << seed << ", " << sets.front() << ": " << message;
      EXPECT_EQ(refusal(network, "zu7ev", joined(sets, levers)), "") << "seed " << seed << ": " << message;
      ++followed;
    }
  }
  EXPECT_GT(followed, 30);
}

TEST(Levers, OfACodeByATableIsTheTable) {
  test::NetworkBuilder b(1);
  b.table_percent = 100;
  const TensorId in = b.input(16, 6, 6, Format::signed_bits(8));
  const TensorId sums = b.conv(in, 16, test::NetworkBuilder::square(1), Format::signed_bits(4));
  b.output(b.post(sums, no_tensor, false, Format::signed_bits(8), true, Format::signed_bits(4)).code);
  EXPECT_EQ(refusal(b.net, "zu3eg", {}), "");
  const std::string message = refusal(b.net, "zu3eg", {"post_unit.table=0"});
  EXPECT_THAT(message, HasSubstr("error[unit-too-narrow]: 'Post1': it computes a function of a code"));
  EXPECT_THAT(sets_in(message), testing::ElementsAre("post_unit.table=256"));
  EXPECT_EQ(refusal(b.net, "zu3eg", {"post_unit.table=256"}), "");
}

TEST(Levers, OfAProductAreItsFactorsBits) {
  test::NetworkBuilder b(1);
  b.product_percent = 100;
  const TensorId in = b.input(16, 6, 6, Format::signed_bits(8));
  const TensorId sums = b.conv(in, 16, test::NetworkBuilder::square(1), Format::signed_bits(4));
  b.output(b.post(sums, in, true, Format::signed_bits(8), false, {}).fixed);
  EXPECT_EQ(refusal(b.net, "zu3eg", {}), "");
  for (const char* less : {"post_unit.product=0 bit", "post_unit.product=7 bit"}) {
    const std::string message = refusal(b.net, "zu3eg", {less});
    EXPECT_THAT(message, HasSubstr("error[unit-too-narrow]: 'Post1': it multiplies by computed values of 8 bits"));
    EXPECT_THAT(sets_in(message), testing::ElementsAre("post_unit.product=8 bit"));
  }
  EXPECT_EQ(refusal(b.net, "zu3eg", {"post_unit.product=8 bit"}), "");
  EXPECT_THAT(refusal(b.net, "zu3eg", {"post_unit.value=14 bit"}), HasSubstr("post_unit.value=15 bit"));
}

// At a border the verifier of programs knows less of a sum than lowering does: a width that it refuses is a refusal of
// the platform, with a hint, not a program that is not legal.
TEST(Levers, WidthsOfSumsAtBordersAreThoseThatTheVerifierKnows) {
  struct Case {
    Format activations, weights;
    int zero_point;
  };
  const Case cases[] = {{Format::bipolar(), Format::signed_bits(4), 0},
                        {Format::bipolar(), Format::bipolar(), 0},
                        {Format::unsigned_bits(4), Format::bipolar(), 0},
                        {Format::unsigned_bits(8), Format::signed_bits(4), 100},
                        {Format::signed_bits(8), Format::signed_bits(3), -128}};
  int compiled = 0, followed = 0;
  for (const auto& [activations, weights, zero_point] : cases) {
    for (const int side : {1, 5}) {
      for (const bool product : {false, true}) {
        test::NetworkBuilder b(7);
        const TensorId in = b.input(16, side, side, activations, zero_point);
        const TensorId sums = b.conv(in, 16, test::NetworkBuilder::square(3, 1, 1), weights);
        const TensorId other = b.conv(in, 16, test::NetworkBuilder::square(1), Format::signed_bits(2));
        b.output(b.post(sums, other, true, Format::signed_bits(8), false, {}).fixed);
        auto& post = std::get<PostProcessing>(b.net.layers.back().work);
        post.q1.reset();
        post.q2.reset();
        post.activation.reset();
        post.activation_place = PostProcessing::ActivationPlace::none;
        post.product = product;
        for (int value = 9; value <= 26; value += 2) {
          const std::vector<std::string> sets{"post_unit.value=" + std::to_string(value) + " bit",
                                              "post_unit.operand=27 bit", "post_unit.product=18 bit"};
          const std::string message = refusal(b.net, "zu7ev", sets);
          compiled += message.empty() ? 1 : 0;
          if (message.find("post_unit.value=") == std::string::npos) continue;
          EXPECT_EQ(refusal(b.net, "zu7ev", joined(sets, sets_in(message))), "") << message;
          ++followed;
        }
      }
    }
  }
  EXPECT_GT(compiled, 50);
  EXPECT_GT(followed, 50);
}

TEST(Levers, OfATranspositionIsTheUnit) {
  test::NetworkBuilder b(1);
  const TensorId in = b.input(16, 6, 6, Format::signed_bits(8));
  const TensorId sums = b.conv(b.transpose(in, 4), 16, test::NetworkBuilder::square(1), Format::signed_bits(4));
  b.output(b.post(sums, no_tensor, true, Format::signed_bits(8), false, {}).fixed);
  EXPECT_EQ(refusal(b.net, "zu3eg", {"transpose_unit.lanes=16"}), "");
  const std::string message = refusal(b.net, "zu3eg", {"transpose_unit.lanes=0"});
  EXPECT_THAT(message, HasSubstr("error[unit-too-narrow]: 'Transpose0': it makes pixels channels"));
  EXPECT_THAT(sets_in(message), testing::ElementsAre("transpose_unit.lanes=16"));
}

// A transposition reads its map whole and writes it whole, 256 words a column.
IntegerNetwork two_maps(int width) {
  test::NetworkBuilder b(1);
  b.output(b.transpose(b.input(4096, 1, width, Format::signed_bits(8)), 64));
  return b.net;
}

// 65,536 words a map, of 131,072 that instructions address: two deep regions can be addressed, the platform's four
// cannot.
TEST(Levers, AreSeveralTogetherWhereOneAloneDoesNotHelp) {
  const IntegerNetwork network = two_maps(256);
  for (const std::vector<std::string>& sets :
       std::vector<std::vector<std::string>>{{}, {"buffers.act_fixed.regions=1"}}) {
    const std::string message = refusal(network, "k26", sets);
    const std::vector<std::string> levers = sets_in(message);
    EXPECT_THAT(levers, testing::Contains(testing::StartsWith("buffers.act_fixed."))) << message;
    EXPECT_EQ(refusal(network, "k26", joined(sets, levers)), "") << message;
  }
}

TEST(Levers, AreNotInventedWhereNoneHelps) {
  const std::string message = refusal(two_maps(300), "k26", {});
  EXPECT_THAT(message, HasSubstr("error[does-not-fit]"));
  EXPECT_THAT(message, Not(HasSubstr("--set")));
  EXPECT_THAT(message, HasSubstr("use a narrower input or fewer channels"));
}

// A stride of 8 is beyond an instruction's field on every machine.
TEST(Levers, ThatOnlyLeadToAnotherRefusalAreNotProposedAndItIsNamed) {
  test::NetworkBuilder b(1);
  const TensorId in = b.input(16, 40, 40, Format::bipolar());
  b.output(b.post(b.conv(in, 16, test::NetworkBuilder::square(3, 8, 1), Format::bipolar()), no_tensor, true,
                  Format::signed_bits(8), false, {})
               .fixed);
  const std::string message = refusal(b.net, "zu7ev", {"buffers.accumulators.depth=2"});
  EXPECT_THAT(message, HasSubstr("error[does-not-fit]"));
  EXPECT_THAT(message, Not(HasSubstr("--set")));
  EXPECT_THAT(message, HasSubstr("behind this is not-lowerable: 'Conv0': "));
  EXPECT_THAT(message, HasSubstr("stride down) is 8, an instruction holds at most 7"));
}

TEST(Levers, BeyondTheRangeOfAKeyAreNotProposed) {
  test::NetworkBuilder b(1);
  const TensorId in = b.input(16, 8, 8, Format::bipolar());
  b.output(b.post(b.conv(in, 32, test::NetworkBuilder::square(3, 1, 1), Format::bipolar()), no_tensor, true,
                  Format::signed_bits(8), false, {})
               .fixed);
  std::get<PostProcessing>(b.net.layers[1].work).q1->multiplier[3] = 1 << 29;
  const std::string message = refusal(b.net, "k26", {});
  EXPECT_THAT(message, HasSubstr("post_unit.multiplier is"));
  EXPECT_THAT(message, HasSubstr("no change of the platform was found that lets it compile (1 tried)"));
}

// A factor of 24 bits scaled up for shifts in steps of 4 has 27, two more than a DSP48E1's port.
TEST(Levers, AWiderFactorComesWithFinerShiftsWhereTheSliceHasNoRoom) {
  test::NetworkBuilder b(1);
  const TensorId in = b.input(16, 8, 8, Format::bipolar());
  b.output(b.post(b.conv(in, 16, test::NetworkBuilder::square(3, 1, 1), Format::bipolar()), no_tensor, true,
                  Format::signed_bits(8), false, {})
               .fixed);
  std::get<PostProcessing>(b.net.layers[1].work).q1->multiplier[3] = (1 << 23) - 1;
  const std::vector<std::string> narrow = {"post_unit.multiplier=20 bit", "post_unit.shift_step=4"};
  const std::string message = refusal(b.net, "z7020", narrow);
  EXPECT_THAT(message, HasSubstr("a factor M needs 24 bits, post_unit.multiplier is 20"));
  const std::vector<std::string> levers = sets_in(message);
  EXPECT_THAT(levers, testing::UnorderedElementsAre("post_unit.multiplier=24 bit", "post_unit.shift_step=2"))
      << message;
  EXPECT_EQ(refusal(b.net, "z7020", joined(narrow, levers)), "") << message;
}

// --- fallbacks ------------------------------------------------------------------------------------------------------
IntegerNetwork binary_layers(int count) {
  test::NetworkBuilder b(1);
  TensorId x = b.input(512, 4, 4, Format::bipolar());
  for (int l = 0; l < count; ++l)
    x = b.post(b.conv(x, 512, test::NetworkBuilder::square(3, 1, 1), Format::bipolar()), no_tensor, false, {}, true,
               Format::bipolar())
            .code;
  b.output(b.post(b.conv(x, 16, {}, Format::bipolar()), no_tensor, true, Format::signed_bits(8), false, {}).fixed);
  return b.net;
}

std::vector<std::string> notes(const IntegerNetwork& network, const std::vector<std::string>& sets) {
  return compile(network, load_platform("zu7ev", sets, paths)).program.notes;
}

// 4,608 products: 14 bits.
TEST(Fallback, OfABinaryConvolutionForAWidthOfTheMachineIsANote) {
  const IntegerNetwork network = binary_layers(1);
  EXPECT_TRUE(notes(network, {}).empty());
  EXPECT_TRUE(notes(network, {"xnor_array.accumulator=14 bit"}).empty());
  const auto found = notes(network, {"xnor_array.accumulator=13 bit"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], testing::ContainsRegex(
                            "^'Conv0': on mac_array instead of xnor_array, [0-9]+ cycles by law instead of [0-9]+: "
                            "sums in .* need --set \"xnor_array.accumulator=14 bit\", there are 13$"));
}

TEST(Fallback, OfManyLayersIsOneNote) {
  const auto found = notes(binary_layers(5), {"xnor_array.accumulator=13 bit"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], HasSubstr(" and 2 more: on mac_array instead of xnor_array"));
}

TEST(Fallback, IsNoNoteWhereTheCyclesWouldHaveDecidedTheSame) {
  test::NetworkBuilder b(1);  // 4 x 8 bit planes: xnor_array would lose by far
  const TensorId in = b.input(512, 4, 4, Format::unsigned_bits(4));
  b.output(b.post(b.conv(in, 16, test::NetworkBuilder::square(3, 1, 1), Format::signed_bits(8)), no_tensor, true,
                  Format::signed_bits(8), false, {})
               .fixed);
  EXPECT_TRUE(notes(b.net, {"xnor_array.accumulator=12 bit"}).empty());
}

// --- what is printed before a refusal
// ---------------------------------------------------------------------------------
std::string printed(const IntegerNetwork& network, const std::vector<std::string>& sets, CompileOptions options) {
  std::string text;
  options.print = [&](const std::string& lines) { text += lines; };
  try {
    (void)compile(network, load_platform("zu7ev", sets, paths), options);
  } catch (const DiagnosticError&) {
    text += "REFUSED\n";
  }
  return text;
}

TEST(DumpAfter, IsOfThePassAskedForAlsoWhereALaterOneRefuses) {
  const IntegerNetwork network = binary_layers(1);
  const std::string tiles = "buffers.weights_binary.depth=2", maps = "buffers.act_binary.depth=2";
  const auto after = [&](const char* pass, const std::string& set) {
    CompileOptions options;
    options.dump_after = pass;
    return printed(network, {set}, options);
  };
  EXPECT_THAT(after("assign", tiles), testing::ContainsRegex("^Conv0: xnor_array: (.|\n)*REFUSED\n$"));
  EXPECT_THAT(after("place", tiles), testing::ContainsRegex("^node 0 input: (.|\n)*REFUSED\n$"));
  EXPECT_EQ(after("tile", tiles), "REFUSED\n") << "tile is what refuses";
  EXPECT_THAT(after("tile", maps), testing::ContainsRegex("^node 0 input: .* rows a tile\n(.|\n)*REFUSED\n$"));
  EXPECT_THAT(after("schedule", maps), testing::ContainsRegex("^order one by one: (.|\n)*REFUSED\n$"));
  EXPECT_EQ(after("allocate", maps), "REFUSED\n");
}

TEST(DumpAfter, ShowsNoLaterPassesWork) {
  const IntegerNetwork network = binary_layers(1);
  std::map<std::string, std::string> dumps;
  for (const auto& [pass, does] : passes()) {
    CompileOptions options;
    options.dump_after = pass;
    dumps[options.dump_after] = printed(network, {"buffers.weights_binary.depth=64"}, options);
  }
  EXPECT_THAT(dumps["schedule"], Not(HasSubstr(" constants\n"))) << "loads of streamed constants are allocate's";
  EXPECT_THAT(dumps["allocate"],
              HasSubstr("constants of node 1, chunk 0 in weights_binary: addresses 2 to 17, DRAM 0, streamed"))
      << "behind the two words of node 2, which stay";
  EXPECT_THAT(dumps["emit"], HasSubstr("segment at 0: "));
  EXPECT_THAT(dumps["verify"], HasSubstr("is legal"));
  for (const auto& [pass, text] : dumps) {
    for (const auto& [other, same] : dumps) EXPECT_TRUE(pass == other || text != same) << pass << " and " << other;
  }
}

TEST(Explanation, IsPrintedAsFarAsTheCompilerGot) {
  CompileOptions options;
  options.explain = true;
  const std::string text = printed(binary_layers(1), {"buffers.act_binary.depth=2"}, options);
  EXPECT_THAT(text, HasSubstr("Conv0: xnor_array: "));
  EXPECT_THAT(text, HasSubstr(" words, resident\n"));
  EXPECT_THAT(text, HasSubstr("order 'one by one': act_binary: "));
  EXPECT_THAT(text, testing::EndsWith("REFUSED\n"));
}

}  // namespace
}  // namespace blendsim
