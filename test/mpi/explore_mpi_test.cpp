// SPDX-License-Identifier: Apache-2.0
// blendsim-mpi explore finds and keeps what one process of blendsim does, with any number of ranks, and whoever is
// killed.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "mpi_test.h"

namespace blendsim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string study = R"(schema: blendsim.study/1
networks: [neuroblend_tiny]
platform: k26
search:
  xnor_array.rows: [16, 32, 48]
  xnor_array.words: [3, 6]
  mac_array.columns: [4, 8, 16]
  post_unit.lanes: [16, 32]
  post_unit.comparators: [1, 3]
  buffers.act_fixed: {regions: 1..4, depth: 128..2048 x2}
  buffers.accumulators.depth: [32, 64, 128]
objectives: {cycles: min, lut: min}
limits: {fits: true}
method: {name: evolve, batch: 16}
budget: {evaluations: 120}
)";

class MpiExplore : public MpiTest {
 protected:
  void SetUp() override {
    MpiTest::SetUp();
    work.write("study.yaml", study);
  }
  ProcessResult shell(const std::string& line) { return run_shell(line, work.path("")); }
  ProcessResult ranks(int count, const std::string& options) {
    return shell(mpirun + std::to_string(count) + " blendsim-mpi explore " + options);
  }
  // A job of so many ranks, its mpirun's process in $job, when its first batch is committed.
  static std::string started(int count) {
    return shell_functions + mpirun + std::to_string(count) +
           " blendsim-mpi explore study.yaml & job=$!; "
           "until [ \"$(sqlite3 study.db 'SELECT count(*) FROM batch' 2>/dev/null || echo 0)\" -gt 0 ]; do sleep 0.1; "
           "done; ";
  }
  // All that a journal holds but times.
  std::string content() { return query(trials) + query(rest); }
  std::string query(const std::string& sql) {
    const ProcessResult result = shell("sqlite3 study.db \"" + sql + "\"");
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }
  void forget() { shell("rm -f study.db*"); }
  void endless() {
    std::string text = study;
    work.write("study.yaml", text.replace(text.find("120"), 3, "9999999"));
  }
  // What one process writes and prints; the journal is then gone.
  ProcessResult one_process() {
    const ProcessResult one = shell("blendsim explore study.yaml --all");
    EXPECT_EQ(one.status, 0) << one.err;
    kept = content();
    forget();
    return one;
  }

  static constexpr const char* trials = "SELECT id, hex(point), * FROM trial ORDER BY id";
  static constexpr const char* rest =
      "SELECT * FROM verified ORDER BY id; SELECT id, first, last, hypervolume FROM batch; SELECT * FROM rejected; "
      "SELECT * FROM setting; SELECT * FROM figure; SELECT * FROM study";
  // Ranks are mpirun's children; `process_of_rank mpirun`, or of a rank that is not there yet, is mpirun itself.
  static inline const std::string shell_functions =
      "process_of_rank() { local p; for p in $(pgrep -P $job); do "
      "tr '\\0' '\\n' <\"/proc/$p/environ\" 2>/dev/null | grep -qx \"OMPI_COMM_WORLD_RANK=$1\" && echo $p && return; "
      "done; echo $job; }; "
      "ends() { local i; for i in $(seq 200); do [ ! -e /proc/$1 ] || grep -q '^State:.Z' /proc/$1/status && return; "
      "sleep 0.1; done; false; }; ";
  // Trials that are of no batch.
  static constexpr const char* homeless =
      "SELECT id FROM trial WHERE NOT EXISTS (SELECT 1 FROM batch WHERE trial.id BETWEEN first AND last)";
  Workspace work;
  std::string kept;
};

// The text without the line that has the time it took.
std::string without_time(const std::string& text) {
  const std::size_t at = text.find("\npoints ");
  return text.substr(0, at) + text.substr(text.find('\n', at + 1));
}

TEST_F(MpiExplore, WritesTheSameJournalAndPrintsTheSameFrontWithAnyNumberOfRanks) {
  const ProcessResult one = one_process();
  for (const int count : {1, 2, 3, 5}) {
    const ProcessResult many = ranks(count, "study.yaml --all");
    EXPECT_EQ(many.status, 0) << many.err;
    EXPECT_EQ(without_time(many.out), without_time(one.out)) << count << " ranks";
    EXPECT_EQ(content(), kept) << count << " ranks";
    forget();
  }
}

TEST_F(MpiExplore, LooksAtAJournalAsOneProcessDoes) {
  ASSERT_EQ(shell("blendsim explore study.yaml -q").status, 0);
  for (const std::string options : {"--show --all", "--show -q --csv -", "--why 0", "--take 0"}) {
    const ProcessResult one = shell("blendsim explore study.yaml " + options);
    const ProcessResult many = ranks(3, "study.yaml " + options);
    EXPECT_EQ(many.status, 0) << many.err;
    EXPECT_EQ(many.out, one.out) << options;
  }
}

// What is killed, and when, is drawn; the journal is looked at after each.
TEST_F(MpiExplore, LosesNoCommittedBatchWhoeverIsKilledAndGoesOn) {
  const std::string front = without_time(one_process().out);
  std::mt19937 random(1);
  std::string before;
  for (int i = 0; i < 15; ++i) {
    const std::string victim = i % 3 == 0 ? "mpirun" : std::to_string(i % 3 - 1);
    const std::string after = std::to_string(std::uniform_real_distribution<>(0.2, 1.0)(random));
    // All ranks have to end, whichever is killed. An mpirun may wait for ever for one that was killed while it began.
    const ProcessResult killed =
        shell(shell_functions + mpirun + "3 blendsim-mpi explore study.yaml -q & job=$!; sleep " + after +
              "; ranks=$(pgrep -P $job); kill -9 $(process_of_rank " + victim +
              "); for p in $ranks; do ends $p || echo still there; done; ends $job || kill -9 $job; wait $job");
    EXPECT_EQ(killed.out, "") << victim << " killed after " << after << " s";
    if (!std::filesystem::exists(work.path("study.db"))) continue;
    EXPECT_EQ(query("PRAGMA integrity_check"), "ok\n");
    const ProcessResult tables = shell("sqlite3 study.db \"SELECT count(*) FROM trial\"");
    if (tables.status != 0) continue;  // not yet made
    const std::string now = query(trials);
    EXPECT_TRUE(now.starts_with(before)) << "a batch that was there is gone";
    EXPECT_TRUE(query(homeless).empty());
    before = now;
  }
  const ProcessResult end = ranks(3, "study.yaml --all");
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_EQ(without_time(end.out), front);
  EXPECT_EQ(content(), kept);
}

TEST_F(MpiExplore, EndsAfterTheRunningBatchOnASignalToRankZero) {
  endless();
  for (const std::string signal : {"INT", "TERM", "USR1"}) {
    const ProcessResult stopped =
        shell(started(3) + "kill -" + signal + " $(process_of_rank 0); wait $job; echo status $?");
    EXPECT_THAT(stopped.out, AllOf(HasSubstr("within the limits"), HasSubstr("status 0"))) << signal << stopped.err;
    forget();
  }
}

TEST_F(MpiExplore, EndsAfterTheRunningBatchWhenMpirunForwardsUsr1) {
  endless();
  const ProcessResult stopped = shell(started(3) + "kill -USR1 $job; wait $job; echo status $?");
  EXPECT_THAT(stopped.out, AllOf(HasSubstr("within the limits"), HasSubstr("status 0"))) << stopped.err;
}

// mpirun ends all ranks then, a second later with SIGKILL; workers must not have ended before.
TEST_F(MpiExplore, LosesNothingWhenMpirunIsTerminated) {
  const ProcessResult one = one_process();
  for (const std::string after : {"0.6", "0.8", "1"})
    shell("true; " + mpirun + "3 blendsim-mpi explore study.yaml -q & job=$!; sleep " + after +
          "; kill -TERM $job; wait $job");
  const ProcessResult end = ranks(2, "study.yaml --all");
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_EQ(without_time(end.out), without_time(one.out));
}

TEST_F(MpiExplore, AWrongStudyIsSaidOnceAndEndsEveryRankWithItsStatus) {
  std::string text = study;
  work.write("study.yaml", text.replace(text.find("rows"), 4, "row"));
  const ProcessResult wrong = ranks(3, "study.yaml");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("study.yaml:5: "));
  EXPECT_EQ(wrong.err.find("error["), wrong.err.rfind("error[")) << wrong.err;
  EXPECT_EQ(wrong.out.find("study.yaml"), std::string::npos);
  const ProcessResult each = shell(mpirun + "3 bash -c 'blendsim-mpi explore study.yaml 2>/dev/null; echo $?'");
  EXPECT_EQ(each.out, "1\n1\n1\n");
}

TEST_F(MpiExplore, RefusesWhatIsNotForRanks) {
  const ProcessResult jobs = ranks(2, "study.yaml --jobs 4");
  EXPECT_EQ(jobs.status, 2);
  EXPECT_THAT(jobs.err, AllOf(HasSubstr("error[usage]"), HasSubstr("mpirun -n N says how many")));
  const ProcessResult run = shell(mpirun + "2 blendsim-mpi run net.onnx");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("blendsim-mpi has no command but `explore`"), HasSubstr("`blendsim run`")));
  EXPECT_EQ(shell(mpirun + "2 blendsim-mpi explor study.yaml").status, 2);
}

TEST_F(MpiExplore, ASecondJobOnTheJournalIsRefusedAndEnds) {
  endless();
  const ProcessResult second =
      shell(started(2) + mpirun + "3 blendsim-mpi explore study.yaml; echo second $?; kill -USR1 $job; wait $job");
  EXPECT_THAT(second.out, HasSubstr("second 1"));
  EXPECT_THAT(second.err, HasSubstr("error[journal-in-use]"));
}

TEST_F(MpiExplore, HelpAndVersionAreSaidOnce) {
  EXPECT_EQ(shell(mpirun + "3 blendsim-mpi --version").out.find("blendsim-mpi 0."), 0U);
  const std::string help = shell(mpirun + "3 blendsim-mpi explore --help").out;
  EXPECT_EQ(help.find("Usage:"), help.rfind("Usage:"));
  EXPECT_NE(help.find("Usage:"), std::string::npos);
}

}  // namespace
}  // namespace blendsim
