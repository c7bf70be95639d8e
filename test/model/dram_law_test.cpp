// SPDX-License-Identifier: Apache-2.0
// Rule 8's law alone: latencies written out from the table, refresh, clock crossing, addresses.
#include <gtest/gtest.h>

#include "test/model/program_builder.h"
#include "units/dram/law.h"

namespace blendsim::test {
namespace {

class DramLaw : public testing::Test {
 protected:
  DramLaw() { channel_.reset(memory_.timing); }
  DramService read(std::uint64_t address, std::uint32_t bytes, std::int64_t visible) {
    return serve(channel_, memory_, {address, bytes, false}, visible);
  }
  DramService write(std::uint64_t address, std::uint32_t bytes, std::int64_t visible) {
    return serve(channel_, memory_, {address, bytes, true}, visible);
  }
  MemoryParameters memory_ = simple_machine().memory;
  // CL 11, CWL 8, RCD 12, RP 13, RAS 28, RC 41, CCD 4, RRD 5, FAW 24, RTP 6, WR 12, WTR 6, RTW 7; 32 bytes in 4 cycles.
  DramChannel channel_;
  static constexpr std::uint64_t row = 2048, bank_stride = 2048, row_stride = 2048 * 8;
};

TEST_F(DramLaw, AReadOfAClosedRowTakesActivateAndReadLatency) {
  const DramService s = read(0, 32, 100);
  EXPECT_EQ(s.grant, 100);
  EXPECT_EQ(s.first_data, 100 + 12 + 11);
  EXPECT_EQ(s.last_data, 100 + 12 + 11 + 3);
  EXPECT_EQ(s.activates, 1);
}

TEST_F(DramLaw, ColumnsFollowEveryCcd) {
  const DramService s = read(0, 256, 100);
  EXPECT_EQ(s.last_data, 100 + 12 + 7 * 4 + 11 + 3);
  EXPECT_EQ(channel_.free, 100 + 12 + 8 * 4);
}

TEST_F(DramLaw, AReadOfTheOpenRowTakesReadLatencyAlone) {
  (void)read(0, 32, 100);
  const DramService s = read(64, 32, 200);
  EXPECT_EQ(s.first_data, 200 + 11);
  EXPECT_EQ(s.activates, 0);
}

TEST_F(DramLaw, AnotherRowOfTheBankIsPrechargedFirst) {
  (void)read(0, 32, 100);
  const DramService s = read(row_stride, 32, 200);
  EXPECT_EQ(s.first_data, 200 + 13 + 12 + 11);
  EXPECT_EQ(s.activates, 1);
}

TEST_F(DramLaw, APrechargeWaitsForRasAndTheNextActivateForRc) {
  (void)read(0, 32, 100);  // ACT in 100, RD in 112, the channel is free in 116
  const DramService s = read(row_stride, 32, 100);
  // PRE no earlier than ACT + RAS = 128 (RD + RTP = 118 is earlier), ACT in 141 = 128 + RP = 100 + RC.
  EXPECT_EQ(s.grant, 116);
  EXPECT_EQ(s.first_data, 141 + 12 + 11);
}

TEST_F(DramLaw, APrechargeWaitsForRtpAfterALateRead) {
  (void)read(0, 256, 100);  // the last RD in 112 + 28 = 140
  const DramService s = read(row_stride, 32, 100);
  EXPECT_EQ(s.first_data, 140 + 6 + 13 + 12 + 11);
}

TEST_F(DramLaw, APrechargeWaitsForWrAfterTheLastWriteData) {
  const DramService w = write(0, 32, 100);
  EXPECT_EQ(w.last_data, 100 + 12 + 8 + 3);
  const DramService s = read(row_stride, 32, 100);
  EXPECT_EQ(s.first_data, w.last_data + 12 + 13 + 12 + 11);
}

TEST_F(DramLaw, AnotherBanksActivateWaitsForRrd) {
  memory_.timing.ccd = 1;
  (void)read(0, 32, 100);  // free in 113
  memory_.timing.rrd = 30;
  EXPECT_EQ(read(bank_stride, 32, 100).first_data, 100 + 30 + 12 + 11);
}

TEST_F(DramLaw, AFifthActivateWaitsForTheWindowOfFour) {
  memory_.timing.faw = 400;
  for (std::uint64_t bank = 0; bank < 4; ++bank) (void)read(bank * bank_stride, 32, 100);
  const DramService s = read(4 * bank_stride, 32, 100);
  EXPECT_EQ(s.first_data, 100 + 400 + 12 + 11);
}

TEST_F(DramLaw, AReadAfterAWriteWaitsForWtrAfterTheData) {
  (void)read(0, 32, 100);
  const DramService w = write(32, 32, 200);
  EXPECT_EQ(w.last_data, 200 + 8 + 3);
  EXPECT_EQ(read(64, 32, 200).first_data, w.last_data + 6 + 11);
}

TEST_F(DramLaw, AWriteAfterAReadWaitsForRtw) {
  (void)read(0, 32, 100);
  (void)read(32, 32, 200);  // RD in 200
  EXPECT_EQ(write(64, 32, 200).first_data, 200 + 7 + 8);
}

TEST_F(DramLaw, ARefreshThatIsDueGoesFirstAndClosesAllRows) {
  const std::int64_t refi = memory_.timing.refi;
  (void)read(0, 32, refi - 200);
  // Not in refi - 1 ...
  EXPECT_EQ(read(64, 32, refi - 1).grant, refi - 1);
  // ... but in refi: PRE when the bank may (RD in refi - 1, + RTP 6), RP 13, RFC 100.
  const DramService s = read(128, 32, refi);
  EXPECT_EQ(s.grant, refi - 1 + 6 + 13 + 100);
  EXPECT_EQ(s.activates, 1);
  EXPECT_EQ(channel_.refreshes, 1);
}

TEST_F(DramLaw, RefreshesOfAnIdleChannelHappenInTheirCycle) {
  const std::int64_t refi = memory_.timing.refi;
  EXPECT_EQ(read(0, 32, 3 * refi + 99).grant, 3 * refi + 100);
  EXPECT_EQ(channel_.refreshes, 3);
}

TEST_F(DramLaw, WhatTheProcessorTakesFollowsEachBurst) {
  memory_.taken_by_cpu = 25;
  (void)read(0, 256, 100);  // held for 12 + 8 * 4 = 44 cycles, others for 44 * 25/75, rounded up
  EXPECT_EQ(channel_.free, 100 + 44 + 15);
}

TEST_F(DramLaw, AddressesAreRowBankColumnAndChannelsInterleaveAt4KiB) {
  memory_.channels = 2;
  const DramLocation a = locate(memory_, 4096 * 2 * 4 + 4096 + 2048 + 17);
  EXPECT_EQ(a.channel, 1);
  EXPECT_EQ(a.column, 17);
  EXPECT_EQ(a.bank, 1);  // local address 4 * 4096 + 2048 + 17 = row 1, bank 1
  EXPECT_EQ(a.row, 1);
}

TEST(ClockCrossing, RoundsUpToTheNextEdgePlusTheSynchroniser) {
  const ClockCrossing up(250'000'000, 1'200'000'000, 2);  // 4.8 memory cycles
  EXPECT_EQ(up.visible(0), 5 + 2);                        // the register changes at edge 1 = 4.8
  EXPECT_EQ(up.visible(4), 24 + 2);
  EXPECT_EQ(up.visible(5), 29 + 2);
  const ClockCrossing down(1'200'000'000, 250'000'000, 2);
  EXPECT_EQ(down.visible(23), 5 + 2);
  EXPECT_EQ(down.visible(24), 6 + 2);
}

TEST(ClockCrossing, KnowsWhenAllThatCouldBeVisibleHasBeenSent) {
  for (const auto& [from, to] : {std::pair{250, 1200}, {1200, 250}, {300, 300}, {333, 799}, {7, 1}}) {
    const ClockCrossing crossing(from * 1'000'000, to * 1'000'000, 1);
    for (std::int64_t at = 2; at < 300; ++at) {
      const std::int64_t sent = crossing.all_sent(at);
      EXPECT_GT(crossing.visible(sent), at);
      if (sent > 0) {
        EXPECT_LE(crossing.visible(sent - 1), at);
      }
    }
  }
}

TEST(ClockCrossing, DoesNotOverflowAfterDays) {
  const ClockCrossing crossing(333'333'333, 1'199'999'999, 1);
  const std::int64_t n = 1'000'000'000'000;
  const auto exact = static_cast<std::int64_t>((static_cast<__int128>(n) * 1'199'999'999 + 333'333'332) / 333'333'333);
  EXPECT_EQ(crossing.ceil_scaled(n), exact);
}

}  // namespace
}  // namespace blendsim::test
