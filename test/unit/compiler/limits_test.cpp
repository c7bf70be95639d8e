// SPDX-License-Identifier: Apache-2.0
// Small buffers, narrow counters, wide buses: compile() still proves every program, or says what would make it fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "isa/interpret.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

using testing::HasSubstr;

BufferParameters& buffer(Platform& p, BufferId id) { return p.machine.buffers[static_cast<std::size_t>(index(id))]; }

// Compiles 25 random networks; all that is refused must be refused for one of `codes`.
int compile_all(const Platform& platform, const std::vector<Code>& codes, bool count_streamed = false) {
  int compiled = 0, streamed = 0;
  for (std::uint64_t seed = 100; seed < 125; ++seed) {
    test::RandomNetworkOptions options;
    options.layers = count_streamed ? 12 : 6;
    const IntegerNetwork network = test::random_integer_network(seed, options);
    try {
      const Program program = compile(network, platform).program;
      ++compiled;
      for (const Instruction& i : decode(program.main)) {
        const auto* load = std::get_if<LoadInstruction>(&i);
        if (load != nullptr && load->form == static_cast<std::uint32_t>(TransferForm::linear)) {
          ++streamed;
          break;
        }
      }
    } catch (const DiagnosticError& error) {
      EXPECT_THAT(codes, testing::Contains(error.diagnostics().front().code))
          << "seed " << seed << ": " << error.what();
    } catch (const InvariantError& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
  }
  return count_streamed ? streamed : compiled;
}

TEST(SmallBuffers, stream_binary_weights_and_still_compute_the_reference) {
  Platform p = test::platform_of();
  buffer(p, BufferId::weights_binary).depth = 64;
  EXPECT_GE(compile_all(p, {"not-lowerable", "does-not-fit"}, true), 3);
}

TEST(SmallBuffers, stream_fixed_weights_and_still_compute_the_reference) {
  Platform p = test::platform_of();
  buffer(p, BufferId::weights_fixed).depth = 96;
  EXPECT_GT(compile_all(p, {"not-lowerable", "does-not-fit"}, true), 5);
}

// What the compiler lets through, the verifier proves: both find the widest sums of the same weights and channels.
TEST(NarrowOperands, are_refused_by_the_compiler_or_proven) {
  for (const int words : {3, 12}) {
    for (std::int64_t operand = 9; operand <= 26; ++operand) {
      Platform p = test::platform_of({.words = words});
      p.machine.post_unit.operand = operand;
      p.machine.post_unit.value = std::min(p.machine.post_unit.value, operand - 1);
      SCOPED_TRACE(testing::Message() << words << " words, operand of " << operand << " bit");
      compile_all(p, {"not-lowerable", "does-not-fit", "unit-too-narrow"});
    }
  }
}

TEST(SmallBuffers, stream_parameters_and_still_compute_the_reference) {
  Platform p = test::platform_of();
  buffer(p, BufferId::parameters).depth = 40;
  EXPECT_GT(compile_all(p, {"not-lowerable", "does-not-fit"}, true), 5);
}

TEST(SmallBuffers, stream_everything_through_several_regions) {
  Platform p = test::platform_of({32, 6, 16, 8, 16, 16});
  buffer(p, BufferId::weights_binary) = {2, 32 * 6 * 48, 32, 0, 2};
  buffer(p, BufferId::weights_fixed) = {3, 16 * 8 * 8, 50, 0, 2};
  buffer(p, BufferId::parameters).depth = 48;
  EXPECT_GT(compile_all(p, {"not-lowerable", "does-not-fit"}, true), 3);
}

TEST(SmallBuffers, cut_rows_into_chunks_of_channels_where_accumulators_are_few) {
  Platform p = test::platform_of();
  buffer(p, BufferId::accumulators).depth = 24;
  EXPECT_GT(compile_all(p, {"not-lowerable", "does-not-fit"}), 15);
}

TEST(SmallBuffers, reuse_activation_words_when_lifetimes_are_apart) {
  Platform p = test::platform_of();
  buffer(p, BufferId::act_fixed) = {2, 128, 700, 0, 2};
  buffer(p, BufferId::act_binary) = {3, 256, 24, 0, 2};
  EXPECT_GT(compile_all(p, {"not-lowerable", "does-not-fit"}), 10);
}

TEST(OneRegion, shares_its_ports_in_order) {
  Platform p = test::platform_of();
  buffer(p, BufferId::act_fixed).regions = 1;
  buffer(p, BufferId::act_binary).regions = 1;
  EXPECT_GT(compile_all(p, {"not-lowerable"}), 20);
}

TEST(TokenCounters, of_one_bit_never_overflow) {
  Platform p = test::platform_of();
  p.machine.dispatcher.token_bits = 1;
  EXPECT_GT(compile_all(p, {"not-lowerable"}), 20);
}

TEST(TokenCounters, of_two_bits_never_overflow) {
  Platform p = test::platform_of();
  p.machine.dispatcher.token_bits = 2;
  EXPECT_GT(compile_all(p, {"not-lowerable"}), 20);
}

TEST(BusWords, of_64_bytes_pad_rows_words_and_instructions) {
  Platform p = test::platform_of();
  p.machine.memory.port_width = 512;
  EXPECT_GT(compile_all(p, {"not-lowerable"}), 20);
}

TEST(BusWords, of_4_bytes_work_too) {
  Platform p = test::platform_of();
  p.machine.memory.port_width = 32;
  EXPECT_GT(compile_all(p, {"not-lowerable"}), 20);
}

TEST(Programs, that_exceed_the_instruction_buffer_are_fetched_from_dram) {
  Platform p = test::platform_of();
  const IntegerNetwork network = test::random_integer_network(7);
  EXPECT_TRUE(compile(network, p).program.resident);
  buffer(p, BufferId::instructions).depth = 16;
  EXPECT_FALSE(compile(network, p).program.resident);
}

TEST(Programs, of_two_compilations_are_equal) {
  const Platform p = test::platform_of();
  for (const std::uint64_t seed : {3, 4, 5}) {
    const IntegerNetwork network = test::random_integer_network(seed);
    EXPECT_EQ(compile(network, p).program, compile(network, p).program);
  }
}

// --- diagnoses
// ----------------------------------------------------------------------------------------------------------

// A convolution of 16 channels on 64 pixels. A map of one row can be no ring.
IntegerNetwork small_network(Format input = Format::bipolar(), Format weights = Format::bipolar(),
                             Window w = test::NetworkBuilder::square(3, 1, 1), int height = 8) {
  test::NetworkBuilder b(1);
  const TensorId in = b.input(16, height, 64 / height, input);
  const auto out = b.post(b.conv(in, 32, w, weights), no_tensor, true, Format::signed_bits(8), false, {});
  b.output(out.fixed);
  return b.net;
}

// 16 pixels of so many channels, which become pixels: as many words each. Neither map can lie in parts.
IntegerNetwork turned(int channels) {
  test::NetworkBuilder b(1);
  b.output(b.transpose(b.input(channels, 1, 16, Format::signed_bits(8)), 1));
  return b.net;
}

Diagnostic refusal(const IntegerNetwork& network, const Platform& p) {
  try {
    (void)compile(network, p);
  } catch (const DiagnosticError& error) {
    return error.diagnostics().front();
  }
  ADD_FAILURE() << "it was compiled";
  return {"does-not-fit", {}, "", ""};
}

TEST(Diagnosis, of_activations_names_the_buffer_its_tensors_and_a_depth_that_fits) {
  Platform p = test::platform_of();
  buffer(p, BufferId::act_fixed) = {1, 128, 100, 0, 2};
  const IntegerNetwork flat = turned(128);
  const Diagnostic d = refusal(flat, p);
  EXPECT_EQ(d.code, Code("does-not-fit"));
  EXPECT_THAT(d.message, testing::ContainsRegex("^act_fixed: '.*' takes 128 addresses of one region, and a region has "
                                                "100; 256 addresses are alive at once"));
  EXPECT_THAT(d.message, HasSubstr("there is 1 region of 100"));
  EXPECT_EQ(d.hint, "--set buffers.act_fixed.depth=256");
  buffer(p, BufferId::act_fixed).depth = 256;
  EXPECT_NO_THROW((void)compile(flat, p));
  buffer(p, BufferId::act_fixed).depth = 255;
  EXPECT_EQ(refusal(flat, p).code, Code("does-not-fit"));
}

// Each of two maps of 96 words fits a region, both do not.
TEST(Diagnosis, of_activations_that_fit_one_by_one_says_how_many_are_alive_at_once) {
  Platform p = test::platform_of();
  buffer(p, BufferId::act_fixed) = {1, 128, 130, 0, 2};
  const Diagnostic d = refusal(turned(96), p);
  EXPECT_EQ(d.code, Code("does-not-fit"));
  EXPECT_THAT(d.message, testing::StartsWith("act_fixed: 192 addresses are alive at once ("));
  EXPECT_THAT(d.message, testing::EndsWith("there is 1 region of 130: 62 too few"));
}

TEST(Diagnosis, of_weights_names_the_layer_and_the_depth_of_one_row_group) {
  Platform p = test::platform_of();
  buffer(p, BufferId::weights_fixed).depth = 8;
  // 8-bit weights: 9 taps x 4 column groups of 4 = 36 words a row group.
  const Diagnostic d = refusal(small_network(Format::signed_bits(8), Format::signed_bits(8)), p);
  EXPECT_EQ(d.code, Code("does-not-fit"));
  EXPECT_EQ(d.place.node, "Conv0");
  EXPECT_EQ(d.message, "weights_fixed: one row group of this layer takes 36 words, there are 8: 28 too few");
  EXPECT_EQ(d.hint, "--set buffers.weights_fixed.depth=36");
}

TEST(Diagnosis, of_accumulators_names_the_row_and_the_depth) {
  Platform p = test::platform_of();
  buffer(p, BufferId::accumulators).depth = 7;
  const Diagnostic d = refusal(small_network(), p);
  EXPECT_EQ(d.message, "accumulators: one row of one row group takes 8 words, the region holds 7: 1 too few");
  EXPECT_THAT(d.hint, HasSubstr("--set buffers.accumulators.depth=8"));
}

TEST(Diagnosis, of_a_narrow_array_names_the_parameter_and_the_value) {
  Platform p = test::platform_of();
  p.machine.mac_array.weight_bits = 4;
  const Diagnostic d = refusal(small_network(Format::signed_bits(8), Format::signed_bits(8)), p);
  EXPECT_EQ(d.code, Code("unit-too-narrow"));
  EXPECT_EQ(d.place.node, "Conv0");
  EXPECT_THAT(d.message, HasSubstr("--set \"mac_array.weight_bits=8 bit\", there are 4"));
  EXPECT_EQ(d.hint, "--set \"mac_array.weight_bits=8 bit\"");
}

TEST(Diagnosis, of_a_narrow_accumulator_names_the_parameter_and_the_value) {
  Platform p = test::platform_of();
  p.machine.mac_array.accumulator = 16;
  // At most 16 channels x 9 taps x 128 x 128 = 2,359,296: at least 17 bits, whatever the weights drawn.
  const Diagnostic d = refusal(small_network(Format::signed_bits(8), Format::signed_bits(8)), p);
  EXPECT_EQ(d.code, Code("unit-too-narrow"));
  EXPECT_THAT(d.message, testing::ContainsRegex("--set \"mac_array.accumulator=[0-9]+ bit\", there are 16"));
  EXPECT_THAT(d.hint, testing::ContainsRegex("^--set \"mac_array.accumulator=[0-9]+ bit\"$"));
}

TEST(Diagnosis, of_a_narrow_multiplier_names_the_parameter_and_the_value) {
  Platform p = test::platform_of();
  p.machine.post_unit.multiplier = 8;
  IntegerNetwork network = small_network();
  std::get<PostProcessing>(network.layers[1].work).q1->multiplier[3] = 1000;  // 11 bits with its sign
  const Diagnostic d = refusal(network, p);
  EXPECT_EQ(d.code, Code("unit-too-narrow"));
  EXPECT_EQ(d.hint, "--set \"post_unit.multiplier=11 bit\"");
}

TEST(Diagnosis, of_a_field_names_layer_field_and_limit) {
  test::NetworkBuilder b(1);
  const TensorId in = b.input(16, 40, 40, Format::bipolar());
  b.output(b.post(b.conv(in, 16, test::NetworkBuilder::square(3, 8, 1), Format::bipolar()), no_tensor, true,
                  Format::signed_bits(8), false, {})
               .fixed);
  const Diagnostic d = refusal(b.net, test::platform_of());
  EXPECT_EQ(d.code, Code("not-lowerable"));
  EXPECT_EQ(d.place.node, "Conv0");
  EXPECT_THAT(d.message, HasSubstr("stride_h (stride down) is 8, an instruction holds at most 7"));
}

TEST(DumpAfter, shows_each_pass_and_refuses_an_unknown_one) {
  const IntegerNetwork network = small_network();
  const Platform p = test::platform_of();
  for (const auto& [pass, does] : passes()) {
    CompileOptions options;
    std::string text;
    options.dump_after = pass;
    options.print = [&](const std::string& lines) { text += lines; };
    (void)compile(network, p, options);
    EXPECT_THAT(text, HasSubstr(pass == "allocate" || pass == "split" ? "map 0"
                                : pass == "assign"                    ? "cycles by law"
                                : pass == "place" || pass == "tile"   ? "node 0 input"
                                : pass == "images"                    ? "image 0"
                                : pass == "spill"                     ? "segment 0"
                                : pass == "verify"                    ? "is legal"
                                                                      : "xnor_array"));
  }
  CompileOptions options;
  options.dump_after = "alocate";
  try {
    (void)compile(network, p, options);
    FAIL();
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code, Code("usage"));
    EXPECT_EQ(error.diagnostics().front().hint, "did you mean 'allocate'?");
  }
}

TEST(Explanation, says_unit_residence_order_and_proof) {
  CompileOptions options;
  options.explain = true;
  std::vector<std::string> lines;
  options.print = [&](const std::string& line) { lines.push_back(line); };
  (void)compile(small_network(), test::platform_of(), options);
  EXPECT_THAT(lines, testing::Contains(HasSubstr("Conv0: xnor_array: ")));
  EXPECT_THAT(lines, testing::Contains(HasSubstr("weights_binary: 2 of 8192 words, resident")));
  EXPECT_THAT(lines, testing::Contains(HasSubstr("chosen: order")));
  EXPECT_THAT(lines.back(), HasSubstr("verified: the program is legal; "));
}

TEST(Orders, are_compared_on_the_machine_when_it_is_given) {
  CompileOptions options;
  int asked = 0;
  options.evaluate = [&](const Program&, const MachineParameters&) {
    blendsim::Run run;
    run.cycles = 1000 - 100 * ++asked;  // the last one asked is the fastest
    return run;
  };
  options.explain = true;
  std::string text;
  options.print = [&](const std::string& lines) { text += lines; };
  (void)compile(small_network(), test::platform_of(), options);
  EXPECT_EQ(asked, 8) << "four orders of two lengths of tiles";
  EXPECT_THAT(text, HasSubstr("chosen: order 'latest-start', tiles of at least 32 cycles; "));
}

TEST(Orders, are_of_the_usual_tiles_alone_where_the_laws_compare_them) {
  CompileOptions options;
  options.explain = true;
  std::string text;
  options.print = [&](const std::string& lines) { text += lines; };
  (void)compile(small_network(), test::platform_of(), options);
  EXPECT_THAT(text, HasSubstr("tiles of at least 64 cycles\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("tiles of at least 32 cycles\n")));
}

TEST(DumpAfter, is_of_the_tiles_that_were_chosen) {
  const auto dump = [](Cycles of_long_tiles, Cycles of_short_tiles) {
    CompileOptions options;
    options.dump_after = "tile";
    int asked = 0;
    options.evaluate = [&](const Program&, const MachineParameters&) {
      blendsim::Run run;
      run.cycles = 1000 * (asked < 4 ? of_long_tiles : of_short_tiles) - asked;  // the last order of a length
      ++asked;
      return run;
    };
    std::string text;
    options.print = [&](const std::string& lines) { text += lines; };
    (void)compile(small_network(), test::platform_of(), options);
    return text;
  };
  const std::string longer = dump(1, 2), shorter = dump(2, 1);
  EXPECT_NE(longer, shorter);
  for (const std::string& text : {longer, shorter})
    EXPECT_EQ(text.find("node 0 input"), text.rfind("node 0 input")) << "printed once: " << text;
}

// A row of 9 pixels and a kernel of 7 take 9 + 4 words, but no more than the run has pixel slots are written.
TEST(Stem, pads_its_row_in_dram_to_a_slot_for_each_word) {
  test::NetworkBuilder b(1);
  const TensorId in = b.input(3, 9, 9, Format::unsigned_bits(8));
  const TensorId accumulators = b.conv(in, 16, test::NetworkBuilder::square(7, 1, 3), Format::signed_bits(8));
  b.output(b.post(accumulators, no_tensor, true, Format::signed_bits(8), false, Format::bipolar()).fixed);
  const Program program = compile(b.net, test::platform_of({16, 3, 16, 16})).program;
  int stems = 0;
  for (const Instruction& i : decode(program.main)) {
    const auto* load = std::get_if<LoadInstruction>(&i);
    if (load == nullptr || load->form != static_cast<std::uint32_t>(TransferForm::stem)) continue;
    ++stems;
    EXPECT_EQ(load->in_width, 9U);
    EXPECT_EQ(load->width, 13U);
    EXPECT_EQ(load->run_bytes, 64U) << "13 slots of 4 bytes in whole bus words of 16";
  }
  EXPECT_GT(stems, 0);
}

}  // namespace
}  // namespace blendsim
