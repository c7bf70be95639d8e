// SPDX-License-Identifier: Apache-2.0
// A long batch is kept up to the last whole image that fits.
#include <gtest/gtest.h>

#include "page/timeline_recorder.h"

namespace blendsim {
namespace {

// A main phase of images of two instructions and 100 cycles each.
void tell(TimelineRecorder& recorder, std::int32_t images) {
  using Kind = PhaseEvent::Kind;
  recorder.on_phase({Kind::begin, Phase::main, 0, images, 0});
  for (std::int32_t image = 0; image < images; ++image) {
    const Cycles begin = 100 * image;
    recorder.on_phase({Kind::doorbell, Phase::main, image, images, begin});
    for (std::int32_t k = 0; k < 2; ++k) {
      InstructionRecord record;
      record.image = image;
      record.start = begin + 10 + 40 * k;
      record.end = record.start + 30;
      recorder.on_interval({UnitId::load, Activity::busy, 2 * image + k, -1, begin + 50 * k, begin + 50 * (k + 1)});
      BurstEvent burst;
      burst.request = record.start;
      recorder.on_burst(burst);
      recorder.on_end(2 * image + k, record);
    }
    recorder.on_phase({Kind::completion, Phase::main, image, images, begin + 100});
  }
  recorder.on_phase({Kind::end, Phase::main, 0, images, 100 * images});
}

TEST(TimelineRecorder, KeepsWholeImagesAsManyAsFit) {
  for (const auto& [most, kept] : {std::pair{7, 3}, {8, 4}, {9, 4}, {100, 5}, {1, 1}}) {
    TimelineRecorder recorder(static_cast<std::size_t>(most));
    tell(recorder, 5);
    const PhaseRecording& phase = recorder.recording().main();
    EXPECT_EQ(phase.records.size(), static_cast<std::size_t>(2 * kept)) << most;
    EXPECT_EQ(phase.intervals.size(), static_cast<std::size_t>(2 * kept)) << most;
    EXPECT_EQ(phase.bursts.size(), static_cast<std::size_t>(2 * kept)) << most;
    EXPECT_EQ(phase.completions.size(), 5U) << "all are counted";
    EXPECT_EQ(phase.end, 500);
  }
}

TEST(TimelineRecorder, KeepsAWaitThatBeganInTheLastImageKept) {
  TimelineRecorder recorder(2);
  tell(recorder, 1);
  recorder.on_interval({UnitId::store, Activity::stall_memory, 2, 1, 90, 130});
  recorder.on_interval({UnitId::store, Activity::busy, 2, -1, 130, 150});
  ASSERT_EQ(recorder.recording().main().intervals.size(), 3U);
  EXPECT_EQ(recorder.recording().main().intervals.back().from, 90);
}

TEST(TimelineRecorder, AFurtherRunStartsAnew) {
  TimelineRecorder recorder(2);
  tell(recorder, 3);
  tell(recorder, 3);
  EXPECT_EQ(recorder.recording().main().records.size(), 2U);
}

}  // namespace
}  // namespace blendsim
