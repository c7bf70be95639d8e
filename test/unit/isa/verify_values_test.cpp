// SPDX-License-Identifier: Apache-2.0
// verify() on values: outputs are stored whole, and nothing is wider than its unit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "verify_example.h"

namespace blendsim::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(VerifyOutputs, EveryByteIsStoredOnce) {
  Example short_store;
  short_store.at<StoreInstruction>(5).runs = 3;
  EXPECT_THAT(short_store.refusal(),
              AllOf(HasSubstr("output 'y'"), HasSubstr("no store writes byte 192"), HasSubstr("row 3")));
  Example twice;
  StoreInstruction again = Example::map<StoreInstruction>(DramBase::output, 128);
  again.sync.layer = 3;
  twice.main.push_back(again);
  EXPECT_THAT(twice.refusal(),
              AllOf(HasSubstr("main instruction 6 (store)"), HasSubstr("writes byte 0 of the output")));
  // Two halves are as good as a whole.
  Example halves;
  halves.at<StoreInstruction>(5).runs = 2;
  again.runs = 2;
  again.row = 2;
  again.dram_address = 128;
  halves.main.push_back(again);
  EXPECT_EQ(halves.refusal(), "accepted");
}

TEST(VerifyOutputs, FillerAtTheEndOfARunIsNoValue) {
  Example example;
  example.program.outputs[0].width = 5;  // rows of 80 bytes, of which a store of width 4 gives 64
  example.program.outputs[0].height = 3;
  example.program.host_outputs[0] = {"y", {1, 8, 3, 5}, {}, 8, 3, 5};
  example.program.output_bytes = 320;
  example.at<StoreInstruction>(5).run_bytes = example.at<StoreInstruction>(5).dram_stride = 80;
  EXPECT_THAT(example.refusal(), HasSubstr("no store writes byte 64"));
}

// The example's record is that of M = 1 and s = 3 scaled up to shifts that are multiples of 4: M = 2, s = 4.
std::string with_record(const std::function<void(QuantiserRecord&)>& change, bool scaled = true) {
  Example example;
  PostRecord record = example.record;
  change(record.quantisers[0]);
  example.set_record(record, scaled);
  return example.refusal();
}

TEST(VerifyRecords, AFactorFitsTheMultiplierWithItsScale) {
  EXPECT_EQ(with_record([](QuantiserRecord& q) { q.multiplier[3] = (1 << 26) - 1; }), "accepted");
  EXPECT_EQ(with_record([](QuantiserRecord& q) { q.multiplier[3] = -(1 << 26); }), "accepted");
  EXPECT_THAT(with_record([](QuantiserRecord& q) { q.multiplier[3] = 1 << 26; }),
              AllOf(HasSubstr("main instruction 3 (post_unit)"), HasSubstr("slice 0, lane 3"),
                    HasSubstr("the factor 67108864 of q1 does not fit post_unit.multiplier, 27 bit")));
}

// Output channel 7 has the weight 8 once and starts at 700: at most 8 * 127 + 700. Lane 15 has no weight, and starts at
// 1500. Rounding to nearest adds 8.
TEST(VerifyRecords, ProductOffsetAndHalfStayBelow47BitsInEachLane) {
  constexpr std::int64_t limit = std::int64_t{1} << 47, most = 2 * (8 * 127 + 700), half = 8, start = 2 * 1500;
  EXPECT_EQ(with_record([](QuantiserRecord& q) { q.offset[7] = limit - 1 - most - half; }), "accepted");
  EXPECT_THAT(with_record([](QuantiserRecord& q) { q.offset[7] = limit - most - half; }),
              AllOf(HasSubstr("slice 0, lane 7: q1 may reach"), HasSubstr("beyond 47 bit")));
  EXPECT_EQ(with_record([](QuantiserRecord& q) { q.offset[15] = 1 - limit + start; }), "accepted");
  EXPECT_THAT(with_record([](QuantiserRecord& q) { q.offset[15] = start - limit; }), HasSubstr("lane 15"));
}

TEST(VerifyRecords, ShiftsSaturationAndResultsAreSound) {
  EXPECT_EQ(with_record([](QuantiserRecord& q) { q.shift[1] = 44; }), "accepted");
  EXPECT_THAT(with_record([](QuantiserRecord& q) { q.shift[1] = 46; }, false),
              HasSubstr("lane 1: q1 shifts by 46, no multiple of post_unit.shift_step, 4"));
  EXPECT_THAT(with_record([](QuantiserRecord& q) { q.lo = 128; }), HasSubstr("q1 saturates to nothing, 128 to 127"));
  EXPECT_EQ(with_record([](QuantiserRecord& q) { q.lo = 0, q.hi = 255; }), "accepted");
  EXPECT_THAT(with_record([](QuantiserRecord& q) { q.lo = -1, q.hi = 128; }),
              HasSubstr("results of -1 to 128 do not fit 8 bit"));
  EXPECT_THAT(with_record([](QuantiserRecord& q) { q.lo = -32769, q.hi = 0; }),
              HasSubstr("q1 saturates to -32769 to 0, which does not fit 16 bits (post_unit.value is 16)"));
}

TEST(VerifyRecords, AShiftThatTheShifterHasNoPlaceForIsRefused) {
  Example example;  // lane 2's last 6 bits of the third word: s / 12 = 0 above "s mod 12" = 12
  const std::size_t bit = 2 * 512 + 2 * 32 + 84 - 64;
  auto& bytes = example.program.segments[0].bytes;
  const std::size_t record = Example::weight_bytes + 64;
  for (std::size_t n = 0; n < 6; ++n) {
    auto& byte = bytes[record + (bit + n) / 8];
    byte = static_cast<std::uint8_t>((byte & ~(1U << (bit + n) % 8)) | ((12U >> n & 1U) << (bit + n) % 8));
  }
  EXPECT_THAT(example.refusal(), HasSubstr("lane 2: q1 shifts by 48, more than 47"));
}

// q3 alone, on an operand of lane 15 that is `start` and no product.
std::string with_q3(std::uint32_t start) {
  Example example;
  for (const std::size_t n : {3, 4}) {
    auto& post = std::get<PostInstruction>(example.main[n]);
    post.use_q1 = 0;
    post.use_q3 = 1;  // one quantiser lies where any one does
  }
  for (std::size_t b = 0; b < 4; ++b)
    example.program.segments[0].bytes[Example::weight_bytes + 4 * 15 + b] = static_cast<std::uint8_t>(start >> (8 * b));
  return example.refusal();
}

TEST(VerifyRecords, AnOperandWithoutAQuantiserFitsTheValue) {
  EXPECT_EQ(with_q3((1 << 15) - 1), "accepted");
  EXPECT_THAT(with_q3(1 << 15),
              HasSubstr("slice 0: operand a of -32768 to 32768 does not fit post_unit.value, 16 bit"));
}

TEST(VerifyOperands, WeightsAndActivationsFitTheArray) {
  Example weights;  // the largest is 8
  weights.machine.mac_array.weight_bits = 5;
  EXPECT_EQ(weights.refusal(), "accepted");
  weights.machine.mac_array.weight_bits = 4;
  EXPECT_THAT(weights.refusal(),
              AllOf(HasSubstr("main instruction 1 (mac_array)"),
                    HasSubstr("row 7 of weight word 0 holds 8, beyond mac_array.weight_bits, 4 bit")));
  Example activations;
  activations.machine.mac_array.activation_bits = 7;
  EXPECT_THAT(activations.refusal(), AllOf(HasSubstr("main instruction 1 (mac_array)"), HasSubstr("-128 to 127")));
  activations.program.input.format = activations.program.host_input.format = Format::signed_bits(7);
  EXPECT_EQ(activations.refusal(), "accepted");
}

// A table whose codes go to a second convolution, of the same weights: its 256 bytes lie in front of the record.
std::string with_table(const std::function<void(std::vector<std::uint8_t>&, Example&, PostInstruction&)>& change) {
  Example example;
  std::vector<std::uint8_t>& bytes = example.program.segments[0].bytes;
  std::vector<std::uint8_t> table(256, 1);
  PostInstruction looks_up = Example::post(0);
  looks_up.use_table = looks_up.fixed_is_code = 1;
  looks_up.code_bipolar = 0;
  change(table, example, looks_up);
  bytes.insert(bytes.begin() + Example::weight_bytes + 64, table.begin(), table.end());
  example.program.program_bytes = bytes.size();
  std::get<LoadInstruction>(example.init[2]).run_bytes += 256;
  for (const std::size_t at : {std::size_t{3}, std::size_t{4}}) {
    auto& post = example.at<PostInstruction>(at);
    post.use_table = looks_up.use_table;
    post.fixed_is_code = looks_up.fixed_is_code;
    post.code_bipolar = looks_up.code_bipolar;
    post.use_thresholds = looks_up.use_thresholds;
    post.levels = looks_up.levels;
  }
  return example.refusal();
}

TEST(VerifyTables, LieInFrontOfTheRecordAndMakeTheCodeAlone) {
  EXPECT_EQ(with_table([](auto&, Example&, PostInstruction&) {}), "accepted");
  EXPECT_THAT(with_table([](auto&, Example& e, PostInstruction&) { e.machine.post_unit.table = 0; }),
              HasSubstr("the unit has no table"));
  EXPECT_THAT(with_table([](auto&, Example&, PostInstruction& i) { i.code_bipolar = 1; }),
              HasSubstr("a table alone makes the code"));
  EXPECT_THAT(with_table([](auto&, Example&, PostInstruction& i) { i.use_thresholds = i.levels = 1; }),
              HasSubstr("a table alone makes the code"));
  EXPECT_THAT(with_table([](auto&, Example&, PostInstruction& i) { i.fixed_is_code = 0; }),
              HasSubstr("nobody gets the table's code"));
}

// The sums times one pixel, which meets all of them.
std::string with_product(const std::function<void(Example&, PostInstruction&)>& change, int largest_factor = 15) {
  Example example;
  PostRecord record = example.record;
  for (QuantiserRecord* q : {&record.quantisers[0], &record.quantisers[1]}) {
    q->multiplier.fill(1);
    q->shift.fill(0);
    q->lo = -largest_factor;
    q->hi = largest_factor;
  }
  PostInstruction multiplies = Example::post(0);
  multiplies.b_source = static_cast<std::uint32_t>(PostSource::fixed_map);
  multiplies.b = 2 * 128;  // of a region that mac_array does not read
  multiplies.product = 1;
  multiplies.fixed_bytes_log2 = 1;
  change(example, multiplies);
  example.main.insert(example.main.begin(), Example::map<LoadInstruction>(DramBase::input, multiplies.b));
  for (const std::size_t at : {std::size_t{4}, std::size_t{5}}) {
    auto& post = example.at<PostInstruction>(at);
    post.b_source = multiplies.b_source;
    post.b = multiplies.b;
    post.b_stride = multiplies.b_stride;
    post.product = multiplies.product;
    post.activation = multiplies.activation;
    post.use_q1 = multiplies.use_q1;
    post.use_q2 = multiplies.use_q2;
  }
  if (multiplies.use_q1 != 0) example.set_record(record);
  return example.refusal();
}

TEST(VerifyProducts, TakeASecondOperandAndTheActivationsMultiplier) {
  EXPECT_EQ(with_product([](Example&, PostInstruction&) {}), "accepted");
  EXPECT_THAT(with_product([](Example& e, PostInstruction&) { e.machine.post_unit.product = 0; }),
              HasSubstr("the unit multiplies no operands (post_unit.product is 0)"));
  EXPECT_THAT(with_product([](Example&, PostInstruction& i) { i.b_source = 0; }),
              HasSubstr("a product has no second operand"));
  EXPECT_THAT(with_product([](Example&, PostInstruction& i) { i.activation = 1; }),
              HasSubstr("a product takes the activation's multiplier"));
}

TEST(VerifyProducts, FitTheirWidths) {
  EXPECT_THAT(with_product([](Example& e, PostInstruction&) { e.machine.post_unit.product = 7; }),
              HasSubstr("lane 0: a factor of -128 to 127 does not fit post_unit.product, 7 bit"));
  EXPECT_EQ(with_product([](Example& e, PostInstruction&) { e.machine.post_unit.product = 8; }), "accepted");
  EXPECT_EQ(with_product([](Example&, PostInstruction&) {}, 511), "accepted");
  EXPECT_THAT(with_product([](Example&, PostInstruction&) {}, 513),
              HasSubstr("a product of -65664 to 65664 does not fit 17 bit (post_unit.value is 16)"));
  EXPECT_THAT(with_product([](Example&, PostInstruction& i) { i.use_q1 = 0; }), HasSubstr("does not fit"))
      << "channel 7's sums reach 1716, times 128";
}

}  // namespace
}  // namespace blendsim::test
