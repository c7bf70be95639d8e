// SPDX-License-Identifier: Apache-2.0
// Questions in SQL whose answers the run itself knows.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <numeric>

#include "traced_run.h"

namespace blendsim::test {
namespace {

class Answers {
 public:
  explicit Answers(const std::string& file) {
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  }
  ~Answers() { sqlite3_close(database_); }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  std::vector<std::vector<std::string>> rows(const std::string& sql) {
    std::vector<std::vector<std::string>> out;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database_);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      auto& row = out.emplace_back();
      for (int c = 0; c < sqlite3_column_count(statement); ++c) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, c));
        row.emplace_back(text == nullptr ? "NULL" : text);
      }
    }
    sqlite3_finalize(statement);
    return out;
  }
  std::int64_t number(const std::string& sql) {
    const auto found = rows(sql);
    return found.empty() || found[0][0] == "NULL" ? 0 : std::stoll(found[0][0]);
  }

 private:
  sqlite3* database_ = nullptr;
};

TEST(SqliteTrace, SumsOfIntervalsAreTheAccounts) {
  const TracedRun traced = traced_run(".sqlite", {}, 2);
  Answers db(traced.file);
  for (std::size_t u = 0; u < unit_count; ++u) {
    for (std::size_t a = 0; a < activity_names.size(); ++a) {
      const std::string sql = "SELECT cycles FROM stall_by_cause WHERE phase = 'main' AND unit = '" +
                              std::string(unit_names[u]) + "' AND cause = '" + std::string(activity_names[a]) + "'";
      EXPECT_EQ(db.number(sql), traced.run.units[u][static_cast<Activity>(a)]) << sql;
    }
  }
  EXPECT_EQ(db.number("SELECT count(*) FROM wait WHERE cause IN ('busy', 'idle')"), 0);
  EXPECT_EQ(db.number("SELECT count(*) FROM run WHERE key = 'window'"), 0);
  EXPECT_EQ(db.rows("PRAGMA integrity_check"), (std::vector<std::vector<std::string>>{{"ok"}}));
}

TEST(SqliteTrace, HoldsTheRunsInstructionsBurstsAndImages) {
  const TracedRun traced = traced_run(".sqlite", {}, 2);
  Answers db(traced.file);
  EXPECT_EQ(db.number("SELECT count(*) FROM instruction WHERE phase = 'main'"),
            static_cast<std::int64_t>(traced.run.records.size()));
  EXPECT_EQ(db.number("SELECT count(*) FROM burst WHERE phase = 'main'"), traced.run.memory.bursts);
  EXPECT_EQ(db.number("SELECT sum(bytes) FROM burst WHERE phase = 'main' AND write = 1"),
            traced.run.memory.write_bytes);
  EXPECT_EQ(db.number("SELECT completion FROM image WHERE phase = 'main' AND image = 1"), traced.run.cycles);
  EXPECT_EQ(db.number("SELECT value FROM run WHERE key = 'init_cycles'"), traced.run.init_cycles);
  EXPECT_EQ(db.number("SELECT value FROM run WHERE key = 'main_cycles'"), traced.run.cycles);
  EXPECT_EQ(db.number("SELECT count(*) FROM buffer"), buffer_count);
  for (std::size_t r = 0; r < traced.run.records.size(); r += 37) {
    const InstructionRecord& record = traced.run.records[r];
    const auto row = db.rows(
        "SELECT start, front_free, \"end\", release, coalesce(released_by, -1), text FROM "
        "instruction JOIN program USING (phase, instruction) WHERE phase = 'main' AND record = " +
        std::to_string(r));
    ASSERT_EQ(row.size(), 1U);
    EXPECT_EQ(row[0],
              (std::vector<std::string>{
                  std::to_string(record.start), std::to_string(record.front_free), std::to_string(record.end),
                  std::string(name(record.release)), std::to_string(record.released_by),
                  disassemble(decode(traced_network().program.main)[static_cast<std::size_t>(record.instruction)])}));
  }
}

// src/result/critical_path.cpp says the same in another way.
TEST(SqliteTrace, TheCriticalPathCoversTheRunAndGivesEachLayerItsShare) {
  const TracedRun traced = traced_run(".sqlite", {}, 3);
  Answers db(traced.file);
  EXPECT_EQ(db.number("SELECT sum(to_cycle - from_cycle) FROM critical_path"), traced.run.cycles);
  for (std::size_t l = 0; l < traced.run.layer_critical_cycles.size(); ++l) {
    const std::string of_layer = " FROM critical_path WHERE layer = " + std::to_string(l);
    EXPECT_EQ(db.number("SELECT sum(to_cycle - from_cycle)" + of_layer), traced.run.layer_critical_cycles[l]) << l;
    for (std::size_t u = 0; u < unit_count; ++u) {
      EXPECT_EQ(db.number("SELECT sum(to_cycle - from_cycle)" + of_layer + " AND owner = '" +
                          std::string(unit_names[u]) + "'"),
                traced.run.layer_critical_by[l][u]);
    }
  }
  // The stretches follow on one another.
  const auto rows = db.rows("SELECT from_cycle, to_cycle FROM critical_path ORDER BY from_cycle");
  std::string cursor = "0";
  for (const auto& row : rows) {
    EXPECT_EQ(row[0], cursor);
    cursor = row[1];
  }
}

// The law of the report's layers[].busy_cycles: while the front of the layer's own unit is held for it.
TEST(SqliteTrace, LayerTimeCountsEveryInstructionAndTheCyclesOfItsFront) {
  const TracedRun traced = traced_run(".sqlite");
  Answers db(traced.file);
  EXPECT_EQ(db.number("SELECT sum(instructions) FROM layer_time WHERE phase = 'main'"),
            static_cast<std::int64_t>(traced.run.records.size()));
  const auto& layers = traced_network().program.layers;
  std::vector<Cycles> busy(layers.size());
  for (const InstructionRecord& r : traced.run.records) {
    const auto layer = static_cast<std::size_t>(r.layer);
    if (name(r.unit) == layers[layer].unit) busy[layer] += r.front_free - r.start;
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    EXPECT_EQ(db.number("SELECT busy_cycles FROM layer_time WHERE phase = 'main' AND layer = " + std::to_string(l)),
              busy[l])
        << layers[l].name;
  }
}

TEST(SqliteTrace, OfAPartHasNoCriticalPathButOfItsWholeImages) {
  for (const TraceWindow& window : {TraceWindow{.cycles = {0, 500}}, TraceWindow{.layers = {"stage1.*"}}}) {
    const TracedRun traced = traced_run(".sqlite", with_window(window));
    Answers db(traced.file);
    EXPECT_GT(db.number("SELECT count(*) FROM instruction WHERE phase = 'main'"), 0);
    EXPECT_EQ(db.number("SELECT count(*) FROM critical_path"), 0);
    EXPECT_THAT(db.rows("SELECT value FROM run WHERE key = 'window'")[0][0],
                testing::AnyOf("cycles 0..500", "layers stage1.*"));
  }
  const TracedRun traced = traced_run(".sqlite", with_window({.images = {1, 1}}), 3);
  Answers db(traced.file);
  EXPECT_EQ(db.rows("SELECT DISTINCT image FROM critical_path"), (std::vector<std::vector<std::string>>{{"1"}}));
  EXPECT_EQ(db.number("SELECT sum(to_cycle - from_cycle) FROM critical_path"),
            traced.run.completions[1] - traced.run.completions[0]);
}

TEST(SqliteTrace, StopsBelowItsLimitAndSaysWhere) {
  TraceOptions options;
  options.limit = 1'000'000;
  const TracedRun traced = traced_run(".sqlite", options, 40);
  ASSERT_TRUE(traced.stopped.has_value());
  EXPECT_LE(traced.bytes, options.limit);
  EXPECT_GT(traced.bytes, options.limit / 2);
  Answers db(traced.file);
  EXPECT_EQ(db.number("SELECT value FROM run WHERE key = 'stopped_at'"), traced.stopped->at);
  EXPECT_LE(db.number("SELECT max(\"end\") FROM instruction WHERE phase = 'main'"), traced.stopped->at);
  EXPECT_EQ(db.rows("PRAGMA integrity_check"), (std::vector<std::vector<std::string>>{{"ok"}}));
}

// Windows of the whole run, of a few cycles, and of an image of several.
TEST(SqliteTrace, PowerOverTimeSumsToTheEstimate) {
  const TracedRun traced = traced_run(".sqlite", {}, 2, 100);
  const EstimatedRun estimated(traced_network(), traced.run);
  Answers db(traced.file);
  const std::vector<std::int64_t> energies = estimated.energies();
  const PowerWindows windows = estimated.windows(0, traced.run.cycles, 100);
  for (std::size_t part = 0; part < energies.size(); ++part) {
    const std::string of = " FROM power WHERE part = '" + windows.parts[part] + "'";
    EXPECT_EQ(db.number("SELECT sum(fj)" + of), energies[part]) << of;
    EXPECT_EQ(db.number("SELECT fj" + of + " AND from_cycle = 500"), windows.fj[part][5]) << of;
    EXPECT_EQ(db.number("SELECT sum(to_cycle - from_cycle)" + of), traced.run.cycles) << of;
  }
  const auto hz = static_cast<double>(traced_network().platform.machine.clock_hz);
  const double watt = std::stod(
      db.rows("SELECT sum(watt * (to_cycle - from_cycle)) / max(to_cycle) FROM power_over_time WHERE part <> 'dram'")
          .at(0)
          .at(0));
  EXPECT_NEAR(watt,
              1e-15 * static_cast<double>(estimated.power.dynamic_fj + estimated.power.clock_fj) * hz /
                  static_cast<double>(traced.run.cycles),
              1e-9);
}

TEST(SqliteTrace, PowerOverTimeOfAPartIsThatOfTheWhole) {
  const TracedRun whole = traced_run(".sqlite", {}, 3, 64);
  const EstimatedRun estimated(traced_network(), whole.run);
  const auto expect = [&](const TraceWindow& window, Cycles from, Cycles to) {
    const TracedRun traced = traced_run(".sqlite", with_window(window), 3, 64);
    Answers db(traced.file);
    const PowerWindows expected = estimated.windows(from, to, 64);
    for (std::size_t part = 0; part < expected.parts.size(); ++part) {
      const auto rows =
          db.rows("SELECT from_cycle, to_cycle, fj FROM power WHERE part = '" + expected.parts[part] + "' ORDER BY 1");
      ASSERT_EQ(rows.size(), expected.count()) << window_text(window);
      for (std::size_t w = 0; w < rows.size(); ++w) {
        EXPECT_EQ(rows[w], (std::vector<std::string>{std::to_string(expected.begin(w)), std::to_string(expected.end(w)),
                                                     std::to_string(expected.fj[part][w])}))
            << expected.parts[part] << " of " << window_text(window);
      }
    }
  };
  const std::vector<Cycles>& completions = whole.run.completions;
  expect({.cycles = {100, 299}}, 100, 300);
  expect({.images = {1, 1}}, completions[0], completions[1]);
  expect({.images = {1, 5}}, completions[0], completions[2]);
  expect({.layers = {"stage1.block1.conv1"}}, 0, completions[2]);
  expect({.cycles = {completions[2] + 5, completions[2] + 9}}, 0, 0);
}

// A trace that becomes full has kept room for the power of what it holds, in windows of any width.
TEST(SqliteTrace, PowerOverTimeEndsWhereTheTraceDoes) {
  for (const Cycles width : {Cycles{1}, Cycles{64}, Cycles{1000}}) {
    TraceOptions options;
    options.limit = 1'000'000;
    const TracedRun traced = traced_run(".sqlite", options, 40, width);
    ASSERT_TRUE(traced.stopped.has_value());
    EXPECT_LE(traced.bytes, options.limit);
    EXPECT_GT(traced.bytes, options.limit / 2);
    Answers db(traced.file);
    const std::int64_t end = db.number("SELECT max(to_cycle) FROM power");
    EXPECT_LE(end, traced.stopped->at);
    EXPECT_GT(end + width, traced.stopped->at);
    const EstimatedRun estimated(traced_network(), traced.run);
    const PowerWindows windows = estimated.windows(0, end, width);
    for (std::size_t part = 0; part < windows.parts.size(); ++part) {
      EXPECT_EQ(db.number("SELECT sum(fj) FROM power WHERE part = '" + windows.parts[part] + "'"),
                std::accumulate(windows.fj[part].begin(), windows.fj[part].end(), std::int64_t{0}));
    }
  }
}

// Few events are chosen, but power is of all layers: what is not chosen fills the file too.
TEST(SqliteTrace, PowerOfAChosenLayerStaysBelowTheLimit) {
  for (const std::string ending : {".sqlite", ".pftrace"}) {
    for (const TraceWindow& window : {TraceWindow{.layers = {"stage1.block1.conv1"}},
                                      TraceWindow{.images = {20, 29}, .layers = {"stage1.block1.conv1"}},
                                      TraceWindow{.cycles = {30'000}, .layers = {"stage1.block1.conv1"}}}) {
      TraceOptions options = with_window(window);
      options.limit = 1'000'000;
      const TracedRun traced = traced_run(ending, options, 40, 1);
      EXPECT_LE(traced.bytes, options.limit) << ending << ' ' << window_text(window);
      EXPECT_GT(traced.bytes, options.limit / 6) << ending << ' ' << window_text(window);
      EXPECT_TRUE(traced.stopped.has_value()) << ending << ' ' << window_text(window);
    }
  }
}

TEST(SqliteTrace, IsNotFullOfPowerThatIsNotChosen) {
  TraceOptions options = with_window({.images = {38, 38}});
  options.limit = 1'000'000;
  const TracedRun traced = traced_run(".sqlite", options, 40, 10);
  EXPECT_FALSE(traced.stopped.has_value());
  Answers db(traced.file);
  EXPECT_EQ(db.number("SELECT min(from_cycle) FROM power"), traced.run.completions[37]);
  EXPECT_EQ(db.number("SELECT max(to_cycle) FROM power"), traced.run.completions[38]);
}

}  // namespace
}  // namespace blendsim::test
