// SPDX-License-Identifier: Apache-2.0
// verify() on the output area: maps that wait there are stored before they are loaded, whatever the timing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "verify_example.h"

namespace blendsim::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The example, which then loads what it has stored into region 2 of act_fixed.
struct ReadsBack : Example {
  ReadsBack() {
    auto load = map<LoadInstruction>(DramBase::output, 256);
    load.sync.layer = 3;
    load.sync.wait_data = bit(UnitId::store);
    at<StoreInstruction>(5).sync.post_data = bit(UnitId::load);
    main.push_back(load);
  }
};

TEST(VerifyReadBack, AMapIsLoadedBehindItsStore) { EXPECT_EQ(ReadsBack().refusal(), "accepted"); }

TEST(VerifyReadBack, WithoutATokenTheTwoMayMeet) {
  ReadsBack example;
  example.at<LoadInstruction>(6).sync.wait_data = 0;
  example.at<StoreInstruction>(5).sync.post_data = 0;
  EXPECT_THAT(example.refusal(), AllOf(HasSubstr("main instruction 6 (load)"), HasSubstr("reads bytes 0 to 255"),
                                       HasSubstr("not ordered behind instruction 5 (store)")));
}

TEST(VerifyReadBack, ATokenOfAnEarlierStoreIsNotEnough) {
  ReadsBack example;
  StoreInstruction second = example.at<StoreInstruction>(5);
  second.runs = 2;
  second.row = 2;
  second.dram_address = 128;
  second.sync.wait_data = second.sync.post_data = 0;
  example.at<StoreInstruction>(5).runs = 2;
  example.main.insert(example.main.begin() + 6, second);
  EXPECT_THAT(example.refusal(), HasSubstr("not ordered behind instruction 6 (store)"));
  example.at<LoadInstruction>(7).runs = 2;  // of what the first one stores
  EXPECT_EQ(example.refusal(), "accepted");
}

TEST(VerifyReadBack, WhatNothingHasStoredIsNoMap) {
  ReadsBack beyond;
  beyond.program.output_bytes += 64;
  beyond.program.scratch_bytes = 64;
  beyond.at<LoadInstruction>(6).dram_address = 64;
  EXPECT_THAT(beyond.refusal(), AllOf(HasSubstr("main instruction 6 (load)"), HasSubstr("reads byte 256")));
  ReadsBack early;
  std::swap(early.main[5], early.main[6]);
  early.at<LoadInstruction>(5).sync.wait_data = 0;
  early.at<StoreInstruction>(6).sync.post_data = 0;
  EXPECT_THAT(early.refusal(), HasSubstr("reads byte 0"));
  Example in_init;
  in_init.init.push_back(Example::map<LoadInstruction>(DramBase::output, 256));
  EXPECT_THAT(in_init.refusal(), AllOf(HasSubstr("init instruction 3"), HasSubstr("no image has stored")));
}

TEST(VerifyReadBack, ScratchIsWhatTheOutputsLeave) {
  ReadsBack none;
  none.program.output_bytes += 1 << 16;
  EXPECT_THAT(none.refusal(), HasSubstr("output_bytes"));
  none.program.scratch_bytes = 1 << 16;
  EXPECT_EQ(none.refusal(), "accepted");
  none.program.scratch_bytes += 16;
  EXPECT_THAT(none.refusal(), HasSubstr("scratch_bytes"));
  none.program.scratch_bytes = (1 << 16) - 8;
  EXPECT_THAT(none.refusal(), HasSubstr("no whole bus words"));
}

// Of what was stored the range is known when it is loaded again: a convolution of it takes activations of that range.
TEST(VerifyReadBack, ValuesKeepTheirRange) {
  for (const int limit : {60, 70}) {
    ReadsBack example;
    example.machine.mac_array.activation_bits = 7;
    example.program.input.format = example.program.host_input.format = Format::signed_bits(7);
    PostRecord record = example.record;
    record.quantisers[0].lo = -limit;
    record.quantisers[0].hi = limit;
    example.set_record(record);
    for (const std::size_t n : {1U, 2U}) example.at<MacInstruction>(n).activation_signed = 1;
    example.at<LoadInstruction>(6).sync.post_data = bit(UnitId::mac_array);
    MacInstruction conv = Example::conv(0);
    conv.source = 256;
    conv.activation_signed = 1;
    conv.sync.layer = 3;
    conv.sync.wait_data = bit(UnitId::load);
    example.main.push_back(conv);
    if (limit <= 63) EXPECT_EQ(example.refusal(), "accepted");
    else EXPECT_THAT(example.refusal(), AllOf(HasSubstr("main instruction 7 (mac_array)"), HasSubstr("-70 to 70")));
  }
}

}  // namespace
}  // namespace blendsim::test
