// SPDX-License-Identifier: Apache-2.0
// Counting on netlists whose toggles are known beforehand.
#include "counts.h"

#include <gtest/gtest.h>

#include "netlist_builder.h"

namespace blendsim::activity {
namespace {

using test::NetlistBuilder;

std::uint64_t of(const Counts& counts, Count count) { return counts[static_cast<std::size_t>(count)]; }
std::uint64_t of(const Parts& parts, Part part) { return parts[static_cast<std::size_t>(part)]; }

void run(Simulator& simulator, int edges) {
  for (int n = 0; n < edges; ++n) {
    simulator.clock();
    simulator.settle();
  }
}

// A counter of four bits: bit k toggles once in 2^k cycles. Bit 0 by an inverter, bit k by a LUT of bits 0 to k.
NetlistBuilder counter() {
  NetlistBuilder b;
  const std::vector<NetId> q = b.nets(4);
  const std::string functions[] = {"01", "0110", "01111000", "0111111110000000"};
  for (std::size_t k = 0; k < 4; ++k) {
    const std::vector<NetId> inputs(q.begin(), q.begin() + static_cast<std::ptrdiff_t>(k) + 1);
    const NetId next = k == 0 ? b.cell("INV", inputs, {}, "next")[0]
                              : b.cell("LUT" + std::to_string(k + 1), inputs, {{"INIT", functions[k]}}, "next")[0];
    b.drive(q[k], "FDRE", {next, constant_1, constant_0}, {{"INIT", "0"}}, "register");
  }
  return b;
}

TEST(Counts, ACountersBitTogglesEveryTwoToTheKCycles) {
  const NetlistBuilder b = counter();
  Simulator simulator(b.netlist);
  const Counter counts(b.netlist);
  run(simulator, 160);
  const std::vector<Counts> all = counts.counts(simulator);
  ASSERT_EQ(b.netlist.groups, (std::vector<std::string>{"next", "register"}));
  EXPECT_EQ(of(all[1], Count::ff), 160U + 80 + 40 + 20);
  EXPECT_EQ(of(all[0], Count::lut), 160U + 80 + 40 + 20) << "what a bit will be toggles a cycle ahead of it";
  EXPECT_EQ(of(all[0], Count::ff) + of(all[1], Count::lut), 0U);
  EXPECT_EQ(of(all[1], Count::net), 300U);
  EXPECT_EQ(of(all[1], Count::pin), 160U * 4 + 80 * 3 + 40 * 2 + 20) << "bit k is read by 4 - k cells";
  EXPECT_EQ(of(all[0], Count::pin), 300U) << "each by one flip-flop";
}

TEST(Counts, PartsAreCountedByGroup) {
  const NetlistBuilder b = counter();
  const std::vector<Parts> parts = Counter(b.netlist).parts();
  EXPECT_EQ(of(parts[0], Part::lut), 4U);
  EXPECT_EQ(of(parts[0], Part::net), 4U);
  EXPECT_EQ(of(parts[1], Part::ff), 4U);
  EXPECT_EQ(of(parts[1], Part::pin), 10U);
}

TEST(Counts, ClearingBeginsANewWindow) {
  const NetlistBuilder b = counter();
  Simulator simulator(b.netlist);
  const Counter counts(b.netlist);
  run(simulator, 5);
  simulator.clear_counts();
  run(simulator, 16);
  EXPECT_EQ(of(counts.counts(simulator)[1], Count::ff), 16U + 8 + 4 + 2);
}

TEST(Counts, ANetThatChangesTwiceBeforeItSettlesTogglesOnce) {
  NetlistBuilder b;
  const NetId in = b.net();
  const NetId inverted = b.cell("INV", {in})[0];
  (void)b.cell("LUT2", {in, inverted}, {{"INIT", "1000"}});  // in & !in: a glitch in a delay's length, never a toggle
  Simulator simulator(b.netlist);
  for (int n = 0; n < 10; ++n) {
    simulator.set(in, n % 2 == 0);
    simulator.settle();
  }
  const Counts counts = Counter(b.netlist).counts(simulator)[0];
  EXPECT_EQ(of(counts, Count::lut), 10U) << "the inverter's alone";
  EXPECT_EQ(of(counts, Count::pin), 10U);
}

TEST(Counts, AnUnreadNetIsNoneOfTheRoutings) {
  NetlistBuilder b;
  const NetId in = b.net();
  (void)b.cell("INV", {in});
  Simulator simulator(b.netlist);
  simulator.set(in, true);
  simulator.settle();
  const Counts counts = Counter(b.netlist).counts(simulator)[0];
  EXPECT_EQ(of(counts, Count::lut), 1U);
  EXPECT_EQ(of(counts, Count::net) + of(counts, Count::pin), 0U);
}

// 1 + 1111: the carry runs through all four bits; O goes from 1111 to 0000, CO from 0000 to 1111.
TEST(Counts, ACarryTogglesAllItsOutputsAndItsCascadeIsNoPin) {
  NetlistBuilder b;
  const NetId in = b.net();
  std::vector<NetId> inputs = {constant_0, in};
  for (int n = 0; n < 4; ++n) inputs.push_back(constant_0);
  for (int n = 0; n < 4; ++n) inputs.push_back(constant_1);
  const std::vector<NetId> low = b.cell("CARRY4", inputs);
  inputs[0] = low[7], inputs[1] = constant_0;
  (void)b.cell("CARRY4", inputs);
  Simulator simulator(b.netlist);
  simulator.set(in, true);
  simulator.settle();
  const Counts counts = Counter(b.netlist).counts(simulator)[0];
  EXPECT_EQ(of(counts, Count::carry), 16U);
  EXPECT_EQ(of(counts, Count::net), 0U) << "CO to CI is a wire of the column";
}

TEST(Counts, AShiftRegisterCountsEnabledCyclesAndTheBitsThatMove) {
  NetlistBuilder b;
  const std::vector<NetId> control = b.nets(2);  // enable, data
  const NetId q = b.cell("SRL16E", {constant_1, constant_1, constant_0, constant_0, control[0], control[1]})[0];
  Simulator simulator(b.netlist);
  for (int n = 0; n < 16; ++n) {
    simulator.set(control[0], n < 8);
    simulator.set(control[1], n % 2 == 0);
    simulator.settle();
    simulator.clock();
  }
  simulator.settle();
  const Counts counts = Counter(b.netlist).counts(simulator)[0];
  EXPECT_EQ(of(counts, Count::srl_cycle), 8U);
  EXPECT_EQ(of(counts, Count::srl_bit), 1U + 2 + 3 + 4 + 5 + 6 + 7 + 8)
      << "1, 01, 101, 0101: every bit moves every cycle";
  EXPECT_EQ(of(counts, Count::srl), 5U) << "Q is bit 3: 1 after the fourth edge, toggled by every one to the eighth";
  EXPECT_TRUE(simulator.get(q));
}

TEST(Counts, ASliceCountsInputsProductAndOutput) {
  NetlistBuilder b;
  const std::vector<NetId> a = b.nets(2);
  std::vector<NetId> inputs(184, constant_0);
  inputs[0] = a[0], inputs[1] = a[1];      // A
  inputs[30] = constant_1;                 // B = 1
  inputs[123] = inputs[125] = constant_1;  // OPMODE: X, Y = M
  (void)b.cell("DSP48E2", inputs,
               {{"USE_MULT", "MULTIPLY"},
                {"AMULTSEL", "A"},
                {"USE_SIMD", "ONE48"},
                {"A_INPUT", "DIRECT"},
                {"B_INPUT", "DIRECT"}});
  Simulator simulator(b.netlist);
  run(simulator, 2);  // B and OPMODE reach their registers
  simulator.clear_counts();
  simulator.set(a[0], true), simulator.set(a[1], true);
  simulator.settle();
  run(simulator, 5);
  const Counts counts = Counter(b.netlist).counts(simulator)[0];
  EXPECT_EQ(of(counts, Count::dsp_input), 2U);
  EXPECT_EQ(of(counts, Count::dsp_product), 2U);
  EXPECT_EQ(of(counts, Count::dsp_output), 2U);
  EXPECT_EQ(of(counts, Count::dsp_cycle_multiply), 5U);
  EXPECT_EQ(of(counts, Count::dsp_cycle_logic) + of(counts, Count::dsp_cycle_add), 0U);
}

TEST(Simulator, ALoopWithoutARegisterIsRefused) {
  NetlistBuilder b;
  const NetId net = b.net();
  b.drive(net, "INV", {net});
  EXPECT_THROW(Simulator{b.netlist}, std::runtime_error);
}

}  // namespace
}  // namespace blendsim::activity
