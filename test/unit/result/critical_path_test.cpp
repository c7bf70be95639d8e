// SPDX-License-Identifier: Apache-2.0
// The critical path of hand-made records: pieces follow on one another and add up to `cycles`.
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "result/critical_path.h"

namespace blendsim {
namespace {

InstructionRecord record(std::int32_t layer, UnitId unit, Cycles start, Cycles end, Release release, std::int32_t by) {
  InstructionRecord r;
  r.layer = layer;
  r.unit = unit;
  r.start = start;
  r.end = end;
  r.release = release;
  r.released_by = by;
  return r;
}

TEST(CriticalPath, GoesFromTheLastEndThroughTokensToTheDoorbell) {
  blendsim::Run run;
  run.records = {record(0, UnitId::load, 20, 60, Release::dispatch, -1),
                 record(1, UnitId::xnor_array, 61, 90, Release::data_token, 0),
                 record(0, UnitId::load, 30, 70, Release::front, 0)};
  run.cycles = 92;
  run.completions = {92};
  find_critical_path(run, 2);
  EXPECT_EQ(run.layer_critical_cycles, (std::vector<Cycles>{61, 31}));
  EXPECT_EQ(run.layer_critical_by[0][0], 41);
  EXPECT_EQ(run.layer_critical_by[0][unit_count], 20);
  EXPECT_EQ(run.layer_critical_by[1][2], 31);
}

TEST(CriticalPath, ItsPiecesComeInOrderOfTimeWithoutAGap) {
  blendsim::Run run;
  run.records = {record(0, UnitId::load, 20, 60, Release::dispatch, -1),
                 record(1, UnitId::xnor_array, 61, 90, Release::data_token, 0)};
  run.cycles = 92;
  run.completions = {92};
  EXPECT_EQ(critical_pieces(run), (std::vector<CriticalPiece>{{0, 0, unit_count, 0, 20},
                                                              {0, 0, index(UnitId::load), 20, 61},
                                                              {1, 1, index(UnitId::xnor_array), 61, 92}}));
}

TEST(CriticalPath, GivesAHeldDispatcherToDispatchInTheWaitingLayer) {
  blendsim::Run run;
  run.records = {record(0, UnitId::xnor_array, 10, 40, Release::dispatch, -1),
                 record(1, UnitId::mac_array, 55, 80, Release::dispatch, 0)};
  run.cycles = 82;
  run.completions = {82};
  find_critical_path(run, 2);
  EXPECT_EQ(run.layer_critical_by[1][unit_count], 45);
  EXPECT_EQ(run.layer_critical_by[0][unit_count], 10);
  EXPECT_EQ(run.layer_critical_by[0][2], 0);
}

TEST(CriticalPath, GivesALateEndWordToDispatch) {
  blendsim::Run run;
  run.records = {record(0, UnitId::pool_unit, 10, 40, Release::dispatch, -1)};
  run.cycles = 100;
  run.completions = {100};
  find_critical_path(run, 1);
  EXPECT_EQ(run.layer_critical_by[0][unit_count], 100 - 42 + 10);
  EXPECT_EQ(run.layer_critical_by[0][5], 32);
}

TEST(CriticalPath, GoesThroughEachImage) {
  blendsim::Run run;
  run.records = {record(0, UnitId::pool_unit, 10, 40, Release::dispatch, -1),
                 record(0, UnitId::pool_unit, 53, 83, Release::dispatch, -1)};
  run.records[1].image = 1;
  run.cycles = 85;
  run.completions = {42, 85};
  find_critical_path(run, 1);
  EXPECT_EQ(run.layer_critical_by[0][5], 64);
  EXPECT_EQ(run.layer_critical_by[0][unit_count], 21);
}

// Work, not time: twice the images are twice the records looked at.
TEST(CriticalPath, LooksAtEachRecordAtMostTwiceHoweverManyImagesThereAre) {
  for (const std::int32_t images : {1, 10, 1000}) {
    blendsim::Run run;
    for (std::int32_t image = 0; image < images; ++image) {
      const Cycles begin = Cycles{image} * 100;
      for (std::int32_t i = 0; i < 3; ++i) {
        run.records.push_back(record(i, UnitId::pool_unit, begin + 10 + 20 * i, begin + 30 + 20 * i,
                                     i == 0 ? Release::dispatch : Release::front, i == 0 ? -1 : image * 3 + i - 1));
        run.records.back().image = image;
      }
      run.completions.push_back(begin + 72);
    }
    run.cycles = run.completions.back();
    EXPECT_LE(find_critical_path(run, 3), 2 * run.records.size());
    EXPECT_EQ(run.layer_critical_cycles[2], Cycles{images} * 22) << "20 and the completion";
    EXPECT_EQ(run.layer_critical_cycles[0] + run.layer_critical_cycles[1] + run.layer_critical_cycles[2], run.cycles);
  }
}

TEST(CriticalPath, RefusesAReleaseThatLiesAfterWhatItReleased) {
  blendsim::Run run;
  run.records = {record(0, UnitId::load, 70, 80, Release::dispatch, -1),
                 record(0, UnitId::xnor_array, 61, 90, Release::data_token, 0)};
  run.cycles = 92;
  run.completions = {92};
  EXPECT_THROW(find_critical_path(run, 1), InvariantError);
}

}  // namespace
}  // namespace blendsim
