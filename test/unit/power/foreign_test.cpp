// SPDX-License-Identifier: Apache-2.0
#include "power/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

const ConfigPaths paths{BLENDSIM_CONFIGS};

ForeignDesign design(const char* activity) {
  ForeignDesign d;
  d.device = load_platform("zu7ev", {}, paths).device;
  d.used = {.lut = 95'719, .ff = 79'687, .dsp = 513, .bram36_halves = 384, .uram = 0};
  d.clock_hz = 100'000'000;
  d.activity = load_activity_class(activity, paths);
  return d;
}

TEST(ForeignDesign, ThatIsIdleTakesClocksAndStaticAlone) {
  const Technology t = load_technology("ultrascale-plus-16nm", paths);
  const ForeignPower power = estimate_foreign(design("idle"), t, {{}, 30, {}});
  const double clock =
      1e8 * 1e-15 * static_cast<double>(79'687 * t[Primitive::ff_clock].value + 384 * t[Primitive::bram18_clock].value);
  EXPECT_NEAR(power.idle.clock, clock, 1e-9);
  EXPECT_EQ(power.active.dynamic, 0);
  EXPECT_EQ(power.active.total(), power.idle.total());
}

// A routed ZCU104 design at 100 MHz, 4.745 W on chip by Vivado, built to toggle; its clocks 0.218 W, its DSP slices
// 0.164.
TEST(ForeignDesign, VivadosReportLiesWithinTheBand) {
  const Technology t = load_technology("ultrascale-plus-16nm", paths);
  const ForeignPower power = estimate_foreign(design("heavy"), t, {});
  EXPECT_LT(power.active_total.low, 4.745);
  EXPECT_GT(power.active_total.high, 4.745);
  EXPECT_NEAR(power.active.clock, 0.218, 0.4 * 0.218);
}

TEST(ForeignDesign, AtHalfTheClockTakesHalfTheDynamicPower) {
  const Technology t = load_technology("ultrascale-plus-16nm", paths);
  ForeignDesign d = design("typical");
  const ForeignPower fast = estimate_foreign(d, t, {{}, 30, {}});
  d.clock_hz /= 2;
  const ForeignPower slow = estimate_foreign(d, t, {{}, 30, {}});
  EXPECT_DOUBLE_EQ(slow.active.dynamic, fast.active.dynamic / 2);
  EXPECT_DOUBLE_EQ(slow.active.clock, fast.active.clock / 2);
}

TEST(ForeignDesign, AnUnknownClassNamesThoseThatThereAre) {
  try {
    static_cast<void>(load_activity_class("typcal", paths));
    FAIL();
  } catch (const DiagnosticError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("did you mean 'typical'?"));
  }
}

}  // namespace
}  // namespace blendsim
