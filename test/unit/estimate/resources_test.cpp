// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "estimate/estimate.h"
#include "estimate/formulas.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};

// 36-Kb blocks, as tools count a memory that needs an odd number of halves.
std::int64_t ramb36(std::int64_t width, std::int64_t depth) { return (ramb18(width, depth) + 1) / 2; }

const Resources& part(const ResourceEstimate& e, const std::string& unit) {
  for (const auto& p : e.parts) {
    if (p.unit == unit) return p.used;
  }
  throw std::runtime_error("no part " + unit);
}

TEST(BlockRam, TheLadderGivesTheTilesThatSynthesisGave) {
  EXPECT_EQ(ramb36(192, 512), 3);
  EXPECT_EQ(ramb18(384, 512), 11);
  EXPECT_EQ(ramb18(192, 1024), 11);
  EXPECT_EQ(ramb36(64, 4096), 8);
}

TEST(BlockRam, EveryShapeFillsOneBlockAndOneWordMoreTakesASecond) {
  for (const auto& [width, rows] : {std::pair{36, 512}, {18, 1024}, {9, 2048}, {4, 4096}, {2, 8192}, {1, 16384}}) {
    EXPECT_EQ(ramb18(width, rows), 1) << width;
    EXPECT_EQ(ramb18(width, rows + 1), 2) << width;
  }
  EXPECT_EQ(ramb18(37, 512), 2);
}

// yosys 0.23 on rtl/memory.sv.
TEST(BlockRam, PiecesOfADepthThatIsNoPowerOfTwoLieSideBySideInABlock) {
  const auto expect = [](std::int64_t width, std::int64_t depth, std::int64_t blocks, std::int64_t pieces) {
    const BlockRam b = block_ram(width, depth, 1);
    EXPECT_EQ(b.ramb18, blocks) << width << " x " << depth;
    EXPECT_EQ(b.pieces, pieces) << width << " x " << depth;
  };
  expect(128, 600, 8, 1);
  expect(40, 1100, 4, 3);    // three pieces of five bytes in two blocks of eight
  expect(128, 3000, 23, 3);  // of 15 bytes in blocks of two
  expect(128, 5000, 38, 5);
  expect(128, 8192, 60, 2);
  EXPECT_EQ(block_ram(48, 700, 3).ramb18, 3) << "a slice of 16 bits takes two bytes";
}

TEST(UltraRam, IsFixedAt4096WordsOf72Bits) {
  EXPECT_EQ(uram288(72, 4096), 1);
  EXPECT_EQ(uram288(73, 4096), 2);
  EXPECT_EQ(uram288(72, 4097), 2);
  EXPECT_EQ(uram288(1, 1), 1);
}

TEST(LutRam, TakesEightLutsForEach32By14Or64By7) {
  EXPECT_EQ(lutram_luts(14, 32), 8);
  EXPECT_EQ(lutram_luts(15, 32), 16);
  EXPECT_EQ(lutram_luts(7, 64), 8);
  EXPECT_EQ(lutram_luts(8, 64), 16);
  EXPECT_EQ(lutram_luts(7, 65), 16 + 7) << "two groups and the multiplexer between them";
}

// yosys 0.23 on rtl/delay_line.sv without reset.
TEST(DelayLine, IsRegistersForTwoCyclesAndShiftRegistersOfUpTo32BeyondThem) {
  const auto expect = [](std::int64_t cycles, std::int64_t lut, std::int64_t ff) {
    EXPECT_EQ(delay_line(17, cycles).lut, lut) << cycles;
    EXPECT_EQ(delay_line(17, cycles).ff, ff) << cycles;
  };
  expect(0, 0, 0);
  expect(2, 0, 34);
  expect(3, 17, 0);
  expect(32, 17, 0);
  expect(33, 17, 17);
  expect(34, 34, 0);
}

// yosys 0.23 synth_xilinx -family xcup, hardware notes 2.3.
TEST(Popcount, ClosedFormIsExactForPowersOfTwoOfCountersAndWithinThreeOrOnePerCentElsewhere) {
  struct Measured {
    std::int64_t bits, lut, ff;
  };
  for (const Measured& m : {Measured{6, 3, 3},
                            {12, 9, 10},
                            {24, 22, 25},
                            {48, 49, 56},
                            {96, 104, 119},
                            {192, 215, 246},
                            {384, 438, 501},
                            {768, 885, 1012}}) {
    EXPECT_EQ(popcount(m.bits).lut, m.lut) << m.bits;
    EXPECT_EQ(popcount(m.bits).ff, m.ff) << m.bits;
  }
  for (const Measured& m : {Measured{36, 35, 45}, {64, 69, 89}, {128, 143, 177}, {256, 291, 351}, {512, 589, 696}}) {
    EXPECT_NEAR(static_cast<double>(popcount(m.bits).lut), static_cast<double>(m.lut),
                std::max(3.0, 0.01 * static_cast<double>(m.lut)))
        << m.bits;
    EXPECT_NEAR(static_cast<double>(popcount(m.bits).ff), static_cast<double>(m.ff),
                std::max(3.0, 0.01 * static_cast<double>(m.ff)))
        << m.bits;
  }
}

// What synthesis of rtl/ says of the shipped platforms, good or bad: post_unit alone takes half of a small part.
TEST(Resources, EveryShippedPlatformSaysWhatOfItDoesNotFit) {
  for (const std::string& name : platform_names(paths)) {
    const Platform platform = load_platform(name, {}, paths);
    const ResourceEstimate e = estimate_resources(platform);
    EXPECT_EQ(e.fits, e.over.empty()) << name;
    EXPECT_EQ(e.total.lut * 100 > platform.device.lut * platform.limits.lut,
              std::any_of(e.over.begin(), e.over.end(), [](const std::string& o) { return o.starts_with("lut"); }))
        << name;
    EXPECT_LE(e.total.dsp * 100, platform.device.dsp_slices * platform.limits.dsp) << name;
    EXPECT_LT(e.lut_low, 1);
    EXPECT_GT(e.lut_high, 1);
  }
  for (const char* name : {"k26", "zu7ev", "vu9p"})
    EXPECT_TRUE(estimate_resources(load_platform(name, {}, paths)).fits) << name;
}

TEST(Resources, TotalIsThePartsAndWhatIsReserved) {
  const Platform platform = load_platform("zu3eg", {}, paths);
  const ResourceEstimate e = estimate_resources(platform);
  Resources sum = platform.reserved;
  for (const auto& p : e.parts) {
    sum.lut += p.used.lut;
    sum.ff += p.used.ff;
    sum.dsp += p.used.dsp;
    sum.bram36_halves += p.used.bram36_halves;
    sum.uram += p.used.uram;
  }
  EXPECT_EQ(e.total, sum);
}

TEST(Resources, DspSlicesFollowFromTheArrays) {
  const ResourceEstimate dsp = estimate_resources(load_platform("zu3eg", {}, paths));
  EXPECT_EQ(part(dsp, "xnor_array").dsp, 16 * 3);
  EXPECT_EQ(part(dsp, "mac_array").dsp, 16 * 8);
  EXPECT_EQ(part(dsp, "post_unit").dsp, 16 * 6) << "q1 and q2 of 32 bits take two slices, activation and q3 one";
  const ResourceEstimate packed = estimate_resources(load_platform("zu3eg", {"mac_array.products_per_dsp=2"}, paths));
  EXPECT_EQ(part(packed, "mac_array").dsp, 16 * 8 / 2);
  const ResourceEstimate lut = estimate_resources(load_platform("zu3eg", {"xnor_array.implementation=lut"}, paths));
  EXPECT_EQ(part(lut, "xnor_array").dsp, 0);
  EXPECT_EQ(part(lut, "xnor_array").lut - part(dsp, "xnor_array").lut, 16 * 3 * 48) << "one LUT an XNOR";
}

TEST(Resources, BufferTilesFollowFromWidthDepthRegionsAndKind) {
  const ResourceEstimate e = estimate_resources(load_platform("zu3eg", {}, paths));
  EXPECT_EQ(part(e, "buffer weights_binary").bram36_halves, 2304 / 18) << "1,024 deep: 18 bits a block";
  EXPECT_EQ(part(e, "buffer act_binary").bram36_halves, 2 * 16) << "a block a bank and region";
  EXPECT_EQ(part(e, "buffer act_fixed").bram36_halves, 4 * 8) << "128 bits are 7 blocks of 18 and one of 2";
  const ResourceEstimate uram = estimate_resources(load_platform("zu7ev", {}, paths));
  EXPECT_EQ(part(uram, "buffer weights_fixed").uram, (32 * 16 * 8 + 71) / 72);
  const ResourceEstimate lutram = estimate_resources(
      load_platform("zu3eg", {"buffers.instructions.kind=lutram", "buffers.instructions.depth=64"}, paths));
  EXPECT_EQ(part(lutram, "buffer instructions").bram36_halves, 0);
  EXPECT_GE(part(lutram, "buffer instructions").lut, (128 + 6) / 7 * 8);
}

TEST(Resources, WhatIsOverItsLimitIsNamedWithShareCapacityAndLimit) {
  // 2,304 bits x 2,048 words take 256 RAMB18 instead of 128.
  const ResourceEstimate e = estimate_resources(load_platform("zu3eg", {"buffers.weights_binary.depth=2048"}, paths));
  EXPECT_FALSE(e.fits);
  EXPECT_THAT(e.over, testing::Contains("bram36: 109.0 % of 216, limit 80 %"));
}

TEST(Resources, ALimitIsReachedButNotExceeded) {
  // 288 slices are exactly 80 % of 360.
  Platform platform = load_platform("zu3eg", {}, paths);
  platform.device.lut = 1'000'000;
  platform.device.dsp_slices = 360;
  EXPECT_TRUE(estimate_resources(platform).fits);
  platform.device.dsp_slices = 359;
  EXPECT_THAT(estimate_resources(platform).over, testing::ElementsAre("dsp: 80.2 % of 359, limit 80 %"));
}

TEST(Estimate, AUnitThatThereIsNotTakesNothingAndHasNoQueueAndPorts) {
  const auto estimate = [](const char* lanes) {
    return estimate_resources(
        load_platform("zu3eg", {std::string("transpose_unit.lanes=") + lanes}, ConfigPaths{BLENDSIM_CONFIGS}));
  };
  const ResourceEstimate with = estimate("16"), without = estimate("0");
  const auto names = [](const ResourceEstimate& e) {
    return std::count_if(e.parts.begin(), e.parts.end(),
                         [](const auto& part) { return part.unit == "transpose_unit"; });
  };
  EXPECT_EQ(names(with), 1);
  EXPECT_EQ(names(without), 0);
  EXPECT_NEAR(static_cast<double>(with.total.lut - without.total.lut), 855 + 721 + 848, 30) << "as yosys counts them";
  EXPECT_EQ(with.total.dsp, without.total.dsp);
  EXPECT_EQ(with.total.bram36_halves, without.total.bram36_halves);
}

}  // namespace
}  // namespace blendsim
