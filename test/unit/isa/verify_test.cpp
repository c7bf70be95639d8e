// SPDX-License-Identifier: Apache-2.0
// verify() and the interpreter on small programs made by hand: a legal one runs, and each rule broken is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "verify_example.h"

namespace blendsim::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Verify, AcceptsALegalProgram) { EXPECT_EQ(Example().refusal(), "accepted"); }

TEST(Interpreter, GivesTheOutputsAndEveryLayersResult) {
  const Example example;
  std::vector<std::int32_t> image(8 * 16);
  for (std::size_t n = 0; n < image.size(); ++n) image[n] = static_cast<std::int32_t>(n * 37 % 256) - 128;
  const Interpretation result = interpret(example.built(), example.machine, image, true);
  ASSERT_EQ(result.outputs.size(), 1U);
  ASSERT_EQ(result.results.size(), 3U);
  EXPECT_EQ(result.results[0].values, image) << "x";
  for (std::size_t c = 0; c < 8; ++c) {
    for (std::size_t pixel = 0; pixel < 16; ++pixel) {
      const auto acc = static_cast<std::int32_t>(c + 1) * image[c * 16 + pixel] + 100 * static_cast<std::int32_t>(c);
      EXPECT_EQ(result.results[1].values[c * 16 + pixel], acc);
      // acc / 8, half to even, saturated to 8 bits
      std::int32_t q = acc >> 3;
      const std::int32_t rest = acc & 7;
      if (rest > 4 || (rest == 4 && (q & 1) != 0)) ++q;
      q = std::clamp(q, -128, 127);
      EXPECT_EQ(result.results[2].values[c * 16 + pixel], q);
      EXPECT_EQ(result.outputs[0][c * 16 + pixel], q);
    }
  }
}

TEST(Interpreter, ReadingWhatWasNeverWrittenIsAnError) {
  Example example;
  example.init.pop_back();
  EXPECT_THROW((void)interpret(example.built(), example.machine, std::vector<std::int32_t>(128), false),
               DiagnosticError);
  EXPECT_THAT(example.refusal(),
              AllOf(HasSubstr("main instruction 3 (post_unit)"), HasSubstr("that nothing has written")));
}

TEST(Interpreter, AMissingPartOfALayersResultIsOurOwnError) {
  Example example;
  example.main.erase(example.main.begin() + 4);  // the second post
  example.at<PostInstruction>(3).sync.post_data = bit(UnitId::store);
  const Program program = example.built();
  Example partial = example;
  std::get<StoreInstruction>(partial.main[4]).runs = 2;  // store only what is written
  EXPECT_THROW((void)interpret(partial.built(), example.machine, std::vector<std::int32_t>(128), true), InvariantError);
}

TEST(Verify, RefusesAMissingTokenOnEitherSide) {
  Example no_post;
  no_post.at<LoadInstruction>(0).sync.post_data = 0;
  EXPECT_THAT(no_post.refusal(), AllOf(HasSubstr("main instruction 1 (mac_array)"), HasSubstr("data token of load")));
  Example no_wait;
  no_wait.at<MacInstruction>(1).sync.wait_data = 0;
  EXPECT_THAT(no_wait.refusal(), AllOf(HasSubstr("main instruction 0 (load)"), HasSubstr("that nothing takes")));
}

TEST(Verify, RefusesEachTokenRemovedAsAPair) {
  Example load_to_conv;  // conv reads the input while load writes it
  load_to_conv.at<LoadInstruction>(0).sync.post_data = 0;
  load_to_conv.at<MacInstruction>(1).sync.wait_data = 0;
  EXPECT_THAT(load_to_conv.refusal(),
              AllOf(HasSubstr("instruction 1 (mac_array)"), HasSubstr("not ordered behind instruction 0 (load)")));
  Example conv_to_post;
  conv_to_post.at<MacInstruction>(2).sync.post_data = 0;
  conv_to_post.at<PostInstruction>(4).sync.wait_data = 0;
  EXPECT_THAT(conv_to_post.refusal(),
              AllOf(HasSubstr("instruction 4 (post_unit)"), HasSubstr("not ordered behind instruction 2 (mac_array)")));
  Example post_to_store;
  post_to_store.at<PostInstruction>(4).sync.post_data = 0;
  post_to_store.at<StoreInstruction>(5).sync.wait_data = 0;
  EXPECT_THAT(post_to_store.refusal(), AllOf(HasSubstr("instruction 5 (store)"), HasSubstr("not ordered behind")));
}

TEST(Verify, ATokenOfTheSecondTileDoesNotOrderThePostBeforeIt) {
  // The store waits for the first post only: the second may still be writing.
  Example example;
  example.at<PostInstruction>(4).sync.post_data = 0;
  example.at<PostInstruction>(3).sync.post_data = bit(UnitId::store);
  EXPECT_THAT(example.refusal(),
              AllOf(HasSubstr("instruction 5 (store)"), HasSubstr("behind instruction 4 (post_unit)")));
}

TEST(Verify, RefusesReadingOwnResultsWithoutAFence) {
  Example example;  // a third post reads what the second wrote, and writes region 2
  PostInstruction again = Example::post(2);
  again.a_source = static_cast<std::uint32_t>(PostSource::fixed_map);
  again.a = 128 + 8;
  again.fixed = 256;
  example.main.insert(example.main.begin() + 5, again);
  EXPECT_THAT(example.refusal(), AllOf(HasSubstr("instruction 5 (post_unit)"),
                                       HasSubstr("not ordered behind instruction 4 (post_unit)"), HasSubstr("fence")));
  // Its read port is the store's too, so it posts the token that the store waits for.
  example.at<PostInstruction>(4).sync.post_data = 0;
  example.at<PostInstruction>(5).sync.post_data = bit(UnitId::store);
  example.at<PostInstruction>(5).sync.fence = 1;
  EXPECT_EQ(example.refusal(), "accepted");
  example.at<PostInstruction>(5).sync.fence = 0;
  EXPECT_THAT(example.refusal(), HasSubstr("fence"));
}

TEST(Verify, RefusesTwoUnitsOnOnePortOfARegion) {
  Example
      example;  // the store reads the input back, region 0, while the convolutions read it: other words are no excuse
  StoreInstruction store = Example::map<StoreInstruction>(DramBase::output, 0);
  store.sync.layer = 3;
  store.sync.wait_data = bit(UnitId::load);
  example.at<LoadInstruction>(0).sync.post_data |= bit(UnitId::store);
  example.main.insert(example.main.begin() + 1, store);
  EXPECT_THAT(example.refusal(),
              AllOf(HasSubstr("instruction 2 (mac_array)"), HasSubstr("read port of region 0 of act_fixed"),
                    HasSubstr("behind instruction 1 (store)")));
}

TEST(Verify, OverwritingAnInputBeforeItsReaderEndedIsRefusedAndASpaceTokenMendsIt) {
  Example example;  // a second load into the same words, of a layer without results
  auto load = Example::map<LoadInstruction>(DramBase::input, 0);
  load.sync.layer = 3;
  example.main.push_back(load);
  EXPECT_THAT(example.refusal(),
              AllOf(HasSubstr("instruction 6 (load)"), HasSubstr("writes"), HasSubstr("(mac_array)")));
  example.at<MacInstruction>(2).sync.post_space = bit(UnitId::load);
  example.at<LoadInstruction>(6).sync.wait_space = bit(UnitId::mac_array);
  EXPECT_EQ(example.refusal(), "accepted");
}

TEST(Verify, OverwritingWhatInitLeftForTheNextImageIsRefused) {
  Example example;
  auto load = Example::constant(BufferId::parameters, 0, 192, 192);
  load.sync.wait_space = bit(UnitId::post_unit);
  example.main.push_back(load);
  example.at<PostInstruction>(4).sync.post_space = bit(UnitId::load);
  EXPECT_THAT(example.refusal(),
              AllOf(HasSubstr("instruction 6 (load)"), HasSubstr("next image needs as init left it")));
}

TEST(Verify, RefusesACounterThatCouldOverflow) {
  Example example;
  example.machine.dispatcher.token_bits = 1;
  // Both convolutions may end before the first post starts: two tokens in a counter of one.
  EXPECT_THAT(example.refusal(), AllOf(HasSubstr("instruction 2 (mac_array)"), HasSubstr("counter that holds 1")));
}

TEST(Verify, TheWordsThatAreFetchedOrLoadedAreTheProgram) {
  const Example example;
  const auto refused = [&](auto&& change) -> std::string {
    Program program = example.built();
    change(program);
    try {
      verify(program, example.machine);
    } catch (const DiagnosticError& error) {
      return error.what();
    }
    return "accepted";
  };
  // Segments: constants, main, init.
  EXPECT_THAT(refused([](Program& p) { p.segments[2].bytes[20] ^= 1; }),
              AllOf(HasSubstr("init"), HasSubstr("word 1 ")));
  EXPECT_THAT(refused([](Program& p) { p.init_address += 16; }), HasSubstr("init"));
  EXPECT_THAT(refused([](Program& p) { p.init_address = p.program_bytes; }), HasSubstr("inside the program area"));
  EXPECT_THAT(refused([](Program& p) { p.segments[1].bytes[5] ^= 1; }),
              AllOf(HasSubstr("main"), HasSubstr("init does not bring its word 0 ")));
  EXPECT_EQ(refused([](Program& p) { p.main_address = 0; }), "accepted") << "resident words are not fetched";
  EXPECT_EQ(refused([](Program& p) { p.resident = false; }), "accepted");
  EXPECT_THAT(refused([](Program& p) {
                p.resident = false;
                p.main_address = 0;
              }),
              AllOf(HasSubstr("main"), HasSubstr("word 0 is not what DRAM holds at byte 0")));
}

TEST(Verify, RefusesFieldsThatTheMachineDoesNotHave) {
  const auto refused = [](auto&& change) {
    Example example;
    change(example);
    return example.refusal();
  };
  EXPECT_THAT(refused([](Example& e) { e.at<MacInstruction>(1).rows = 0; }), HasSubstr("rows must not be 0"));
  EXPECT_THAT(refused([](Example& e) { e.at<MacInstruction>(1).out_row = 3; }), HasSubstr("rows leave the output map"));
  EXPECT_THAT(refused([](Example& e) { e.at<MacInstruction>(1).destination = 0; }),
              HasSubstr("region 0 of accumulators, not in 1"));
  EXPECT_THAT(refused([](Example& e) { e.at<MacInstruction>(1).weights = 64; }), HasSubstr("leave a region"));
  EXPECT_THAT(refused([](Example& e) { e.at<MacInstruction>(1).sync.layer = 4; }), HasSubstr("layer 4"));
  EXPECT_THAT(refused([](Example& e) { e.at<MacInstruction>(1).sync.wait_data |= bit(UnitId::mac_array); }),
              HasSubstr("no link with units:mac_array"));
  EXPECT_THAT(refused([](Example& e) { e.at<PostInstruction>(3).rounding = 3; }), HasSubstr("rounding"));
  EXPECT_THAT(refused([](Example& e) { e.at<PostInstruction>(3).write_fixed = 0; }), HasSubstr("writes nothing"));
  EXPECT_THAT(refused([](Example& e) { e.at<LoadInstruction>(0).run_bytes = 48; }), HasSubstr("shorter than a row"));
  const auto stem = [&](std::uint32_t words, std::uint32_t pad_left) {  // a row of 64 bytes is 16 pixels
    return refused([=](Example& e) {
      auto& load = e.at<LoadInstruction>(0);
      load.form = static_cast<std::uint32_t>(TransferForm::stem);
      load.width = words;
      load.in_width = 4;
      load.pad_left = pad_left;
      load.height = load.runs;
    });
  };
  EXPECT_THAT(stem(17, 0), HasSubstr("a stem's run must hold a pixel for each of the row's 17 words"));
  EXPECT_THAT(stem(16, 15), testing::Not(HasSubstr("a stem's run")));
  EXPECT_THAT(refused([](Example& e) { e.at<LoadInstruction>(0).dram_address = 16; }), HasSubstr("leave an area"));
  EXPECT_THAT(refused([](Example& e) { e.at<LoadInstruction>(0).dram_address = 8; }), HasSubstr("bus words"));
  EXPECT_THAT(refused([](Example& e) { e.at<StoreInstruction>(5).dram_base = 1; }), HasSubstr("output area only"));
  EXPECT_THAT(refused([](Example& e) { e.program.segments[0].address = 1 << 20; }), HasSubstr("program area"));
  EXPECT_THAT(refused([](Example& e) { e.program.outputs[0].base = 16; }), HasSubstr("outputs[0].base"));
}

// XNOR of a 1x1 kernel over C cells: C windows or ceil(C / 9) taps; dilated, always taps.
TEST(Verify, RefusesTheOtherStepsThanTheFewer) {
  const auto refused = [](std::uint32_t cells, std::uint32_t dilation, std::uint32_t taps) {
    Example e;
    XnorInstruction i;
    i.in_height = i.in_width = i.out_height = i.out_width = i.rows = 1;
    i.cells = i.map_cells = i.plane_cells = cells;
    i.dilation_w = dilation;
    i.start = static_cast<std::uint32_t>(xnor_start_region * e.machine.buffer(BufferId::parameters).depth);
    i.taps = taps;
    e.main.insert(e.main.begin(), i);
    return e.refusal();
  };
  EXPECT_THAT(refused(1, 1, 1), HasSubstr("taps is 1: its steps are windows"));
  EXPECT_THAT(refused(1, 1, 0), testing::Not(HasSubstr("its steps are")));
  EXPECT_THAT(refused(2, 1, 0), HasSubstr("taps is 0: its steps are taps"));
  EXPECT_THAT(refused(2, 1, 1), testing::Not(HasSubstr("its steps are")));
  EXPECT_THAT(refused(1, 2, 0), HasSubstr("taps is 0: its steps are taps"));
  EXPECT_THAT(refused(1, 2, 1), testing::Not(HasSubstr("its steps are")));
}

TEST(Actions, FollowTheClosedFormsOfThePage) {
  const Example example;
  const ActionCounts mac = actions(Example::conv(0), example.machine);
  EXPECT_EQ(mac[Action::mac], 8 * 16 * 8) << "8 pixels, one step each";
  EXPECT_EQ(mac[Action::act_fixed_read], 8 * 128);
  EXPECT_EQ(mac[Action::weights_fixed_read], 8 * 16 * 8 * 8);
  EXPECT_EQ(mac[Action::accumulators_write], 8 * 512);
  const ActionCounts post = actions(Example::post(0), example.machine);
  EXPECT_EQ(post[Action::post_element], 8 * 16);
  EXPECT_EQ(post[Action::accumulators_read], 8 * 512);
  EXPECT_EQ(post[Action::parameters_read], 3 * 512);
  EXPECT_EQ(post[Action::act_fixed_write], 8 * 128);
  EXPECT_EQ(actions(example.main[0], example.machine)[Action::act_fixed_write], 16 * 128);
  EXPECT_EQ(actions(example.init[0], example.machine)[Action::weights_fixed_write], 1024);
  EXPECT_EQ(actions(example.main[5], example.machine)[Action::act_fixed_read], 16 * 128);
}

TEST(Actions, OfPostUnitTellTheStepsThatItsElementsPass) {
  const Example example;
  const auto counts = [&](const PostInstruction& i) { return actions(i, example.machine); };
  PostInstruction i = Example::post(0);
  i.use_q1 = i.use_q2 = i.use_q3 = i.activation = i.use_thresholds = i.levels = 0;
  EXPECT_EQ(counts(i)[Action::post_plain], 8 * 16);
  for (const Action step :
       {Action::post_q1, Action::post_q2, Action::post_q3, Action::post_activation, Action::post_threshold}) {
    EXPECT_EQ(counts(i)[step], 0);
  }
  i.use_thresholds = 1;
  i.levels = 3;
  EXPECT_EQ(counts(i)[Action::post_threshold], 8 * 16 * 3);
  EXPECT_EQ(counts(i)[Action::post_plain], 0);
  i.use_thresholds = i.levels = i.code_bipolar = 0;
  i.use_table = i.fixed_is_code = 1;
  EXPECT_EQ(counts(i)[Action::post_table], 8 * 16);
  EXPECT_EQ(counts(i)[Action::post_threshold], 0);
  EXPECT_EQ(counts(i)[Action::post_plain], 0);
  EXPECT_EQ(counts(i)[Action::parameters_read], 32 * 512) << "a word for 8 entries";
  i.use_table = i.fixed_is_code = 0;
  i.code_bipolar = i.b_source = i.product = 1;
  EXPECT_EQ(counts(i)[Action::post_product], 8 * 16);
  EXPECT_EQ(counts(i)[Action::post_plain], 0);
  i.product = i.b_source = 0;
  i.use_q1 = i.use_q3 = 1;
  i.activation = 2;
  EXPECT_EQ(counts(i)[Action::post_q1], 8 * 16);
  EXPECT_EQ(counts(i)[Action::post_q2], 0);
  EXPECT_EQ(counts(i)[Action::post_q3], 8 * 16);
  EXPECT_EQ(counts(i)[Action::post_activation], 8 * 16) << "once, wherever it stands";
  EXPECT_EQ(counts(i)[Action::post_element], 8 * 16);
}

TEST(Actions, OfMacArrayTellDepthwiseStepsApart) {
  const Example example;
  MacInstruction i = Example::conv(0);
  EXPECT_EQ(actions(i, example.machine)[Action::mac_depthwise], 0);
  i.depthwise = 1;
  const ActionCounts counts = actions(i, example.machine);
  EXPECT_EQ(counts[Action::mac_depthwise], 8 * 16) << "8 pixels of 16 rows";
  EXPECT_EQ(counts[Action::mac_depthwise], counts[Action::mac]);
}

TEST(Actions, OfPoolUnitAreOfOneKindEach) {
  const Example example;
  PoolInstruction i;
  i.rows = i.out_width = 2;
  i.slices = 3;
  i.kernel_h = i.kernel_w = 2;
  constexpr std::int64_t taps = 2 * 2 * 3 * 4 * 16;  // results of 16 channels, 4 taps each
  const auto expect = [&](std::int64_t binary, std::int64_t maximum, std::int64_t sum) {
    const ActionCounts counts = actions(i, example.machine);
    EXPECT_EQ(counts[Action::pool_binary], binary);
    EXPECT_EQ(counts[Action::pool_maximum], maximum);
    EXPECT_EQ(counts[Action::pool_sum], sum);
    EXPECT_EQ(counts[Action::pool_element], binary + maximum + sum);
  };
  expect(0, taps, 0);
  i.sum = 1;
  expect(0, 0, taps);
  i.sum = 0;
  i.binary = 1;
  expect(taps * example.machine.xnor_array.cell_slices(), 0, 0);
}

TEST(Actions, OfPostUnitWithHalfASlicesLanesReadSharedWordsTwice) {
  const Example example;
  MachineParameters machine = example.machine;
  machine.post_unit.lanes = 8;
  PostInstruction i = Example::post(0);
  EXPECT_EQ(actions(i, machine)[Action::parameters_read], 2 * 3 * 512);
  EXPECT_EQ(actions(i, machine)[Action::accumulators_read], 8 * 512) << "8 values of 32 bits a half";
  EXPECT_EQ(actions(i, machine)[Action::act_fixed_write], 8 * 128) << "half of a word each";
  i.a_source = static_cast<std::uint32_t>(PostSource::fixed_map);
  EXPECT_EQ(actions(i, machine)[Action::act_fixed_read], 2 * 8 * 128);
  i.a_bytes_log2 = 1;
  EXPECT_EQ(actions(i, machine)[Action::act_fixed_read], 2 * 8 * 128) << "each half has a word of its own";
}

}  // namespace
}  // namespace blendsim::test
