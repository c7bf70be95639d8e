// SPDX-License-Identifier: Apache-2.0
// Power over time: windows of any width and of any stretch are sums of the same cycles, and of the whole run they are
// the estimate.
#include "power/windows.h"

#include <gtest/gtest.h>

#include <numeric>

#include "isa/interpret.h"
#include "test/model/estimated_run.h"

namespace blendsim::test {
namespace {

void expect_sums(const CompiledNetwork& network, std::size_t images) {
  const EstimatedRun e(network, images);
  for (const Cycles width : {Cycles{1}, Cycles{7}, Cycles{64}, Cycles{1000}, e.run.cycles, e.run.cycles * 5}) {
    const PowerWindows w = e.windows(0, e.run.cycles, width);
    ASSERT_EQ(w.parts.size(), e.energies().size());
    EXPECT_EQ(w.end(w.count() - 1), e.run.cycles);
    for (std::size_t part = 0; part < w.parts.size(); ++part) {
      const std::int64_t sum = std::accumulate(w.fj[part].begin(), w.fj[part].end(), std::int64_t{0});
      EXPECT_EQ(sum, e.energies()[part]) << w.parts[part] << " in windows of " << width;
    }
  }
}

TEST(PowerWindows, OfTheWholeRunSumToTheEstimateToTheLastFemtojoule) { expect_sums(small_blend("zu3eg"), 2); }
TEST(PowerWindows, SumToItForAProgramThatIsFetched) {
  const CompiledNetwork network = small_blend("zu3eg", {"buffers.instructions.depth=64"});
  ASSERT_FALSE(network.program.resident);
  expect_sums(network, 1);
}

TEST(PowerWindows, OfAnyStretchAreItsCycles) {
  const CompiledNetwork network = small_blend("zu3eg");
  const EstimatedRun e(network);
  const PowerWindows cycles = e.windows(0, e.run.cycles, 1);
  const struct {
    Cycles from, to, width;
  } cases[] = {{0, e.run.cycles, 64}, {100, 300, 64}, {127, 129, 128}, {130, 140, 1000}, {64, 128, 64}, {0, 1, 64}};
  for (const auto& c : cases) {
    const PowerWindows w = e.windows(c.from, c.to, c.width);
    Cycles at = c.from;
    for (std::size_t i = 0; i < w.count(); ++i) {
      EXPECT_EQ(w.begin(i), at) << "windows follow one another";
      at = w.end(i);
      EXPECT_TRUE(at % c.width == 0 || i + 1 == w.count()) << "and end at multiples of their width";
      for (std::size_t part = 0; part < w.parts.size(); ++part) {
        const auto first = cycles.fj[part].begin();
        EXPECT_EQ(w.fj[part][i], std::accumulate(first + w.begin(i), first + w.end(i), std::int64_t{0}))
            << w.parts[part] << ' ' << c.from << ".." << c.to << " in windows of " << c.width;
      }
    }
    EXPECT_EQ(at, c.to);
  }
  EXPECT_EQ(e.windows(10, 10, 64).count(), 0U);
}

// Against each instruction's energy and stamps, cycle by cycle, in floating point.
TEST(PowerWindows, AnInstructionTakesItsEnergyWhileItsFrontWorks) {
  const CompiledNetwork network = small_blend("zu3eg");
  const EstimatedRun e(network);
  const PowerWindows w = e.windows(0, e.run.cycles, 1);
  const std::vector<Instruction> stream = decode(network.program.main);
  const ActionEnergies energies = e.model.energies(e.model.profile());
  for (const UnitId unit : all_units) {
    const auto u = static_cast<std::size_t>(index(unit));
    std::vector<double> expected(static_cast<std::size_t>(e.run.cycles),
                                 static_cast<double>(e.model.clocked()[u].cycle_fj));
    for (const InstructionRecord& r : e.run.records) {
      if (r.unit != unit) continue;
      const ActionCounts counts = actions(stream[static_cast<std::size_t>(r.instruction)], network.platform.machine);
      double fj = 0;
      for (std::size_t a = 0; a < counts.counts.size(); ++a)
        fj += static_cast<double>(counts.counts[a] * energies.logic_fj[a]);
      for (Cycles c = r.start; c < r.front_free; ++c)
        expected[static_cast<std::size_t>(c)] += fj / static_cast<double>(r.front_free - r.start);
    }
    for (std::size_t c = 0; c < expected.size(); ++c)
      ASSERT_NEAR(static_cast<double>(w.fj[u][c]), expected[c], 2) << unit_names[u] << " in cycle " << c;
  }
}

TEST(PowerWindows, ThePeakIsTheHighestWholeWindowWithLeakageAndProcessor) {
  const CompiledNetwork network = small_blend("zu3eg");
  const EstimatedRun e(network);
  const std::int64_t hz = network.platform.machine.clock_hz;
  const PowerWindows w = e.windows(0, e.run.cycles, 64);
  double most = 0;
  for (std::size_t i = 0; i < w.count(); ++i) {
    if (w.end(i) - w.begin(i) < 64) continue;
    double joule = 0;
    for (const auto& part : w.fj) joule += 1e-15 * static_cast<double>(part[i]);
    most = std::max(most, joule * static_cast<double>(hz) / 64);
  }
  const PowerPeak peak = find_peak(w, e.power, hz);
  EXPECT_NEAR(peak.dynamic_w, most, 1e-9);
  EXPECT_EQ(peak.to - peak.from, 64);
  EXPECT_NEAR(std::accumulate(peak.part_w.begin(), peak.part_w.end(), 0.0), most, 1e-9);
  const Rails& rails = e.power.watts;
  EXPECT_NEAR(peak.total_w - peak.dynamic_w, rails.core_static + rails.other_static + rails.processor, 1e-9);
  EXPECT_GE(peak.total_w, rails.total()) << "the average is below the peak";
  // The whole run as one window is the average.
  EXPECT_NEAR(find_peak(e.windows(0, e.run.cycles, e.run.cycles), e.power, hz).total_w, rails.total(), 1e-9);
}

TEST(PowerWindows, OfAnInferenceAre33To64UnlessItIsShort) {
  EXPECT_EQ(default_window(1), 64);
  EXPECT_EQ(default_window(64 * 64), 64);
  EXPECT_EQ(default_window(64 * 64 + 1), 128);
  for (const Cycles image : {5000, 23'535, 1'000'000}) {
    const Cycles width = default_window(image);
    EXPECT_LE((image + width - 1) / width, 64);
    EXPECT_GT((image + width - 1) / width, 32);
  }
}

}  // namespace
}  // namespace blendsim::test
