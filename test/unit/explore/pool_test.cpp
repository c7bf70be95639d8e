// SPDX-License-Identifier: Apache-2.0
#include "explore/pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/diagnostic.h"
#include "child_process.h"
#include "echo.h"

namespace blendsim::explore::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Pool, TrialsAreTheSameAndInOrderForAnyNumberOfWorkers) {
  const std::vector<Job> jobs = some_jobs(1500);
  EXPECT_EQ(texts(local_pool(echo)->run(jobs, {})), echoed(jobs));
  for (const std::size_t workers : {1, 2, 5}) {
    const auto pool = fork_pool(workers, echo);
    EXPECT_EQ(texts(pool->run(jobs, {})), echoed(jobs)) << workers << " workers";
    const std::vector<Job> few = some_jobs(3);
    EXPECT_EQ(texts(pool->run(few, {})), echoed(few));
    EXPECT_TRUE(pool->run({}, {}).empty());
    EXPECT_EQ(texts(pool->run(jobs, {})), echoed(jobs));
  }
}

TEST(Pool, KeepsTheOrderWhereLaterJobsTakeLess) {
  const std::vector<Job> jobs = some_jobs(100);
  const auto pool = fork_pool(4, [](const Job& job) {
    take_a_while(job);
    return signed_work(job);
  });
  const std::vector<Trial> trials = pool->run(jobs, {});
  ASSERT_EQ(trials.size(), jobs.size());
  for (std::size_t j = 0; j < jobs.size(); ++j) EXPECT_EQ(trials[j].id, jobs[j].id);
  const std::set<pid_t> processes = signatures(trials);
  EXPECT_EQ(processes.size(), 4U);
  EXPECT_FALSE(processes.contains(::getpid()));
}

TEST(Pool, TakesMessagesLargerThanASocketHolds) {
  const std::vector<Job> jobs(300, {7, Point(20'000, 5), false, Effort::first_order});
  const auto pool = fork_pool(2, [](const Job& job) {
    Trial out = echo(job);
    out.outcome.figures.assign(20'000, 0.5);
    return out;
  });
  for (const Trial& trial : pool->run(jobs, {})) {
    ASSERT_EQ(trial.point.size(), 20'000U);
    ASSERT_EQ(trial.outcome.figures, std::vector<double>(20'000, 0.5));
  }
}

TEST(Pool, TellsHowManyAreDone) {
  const std::vector<Job> jobs = some_jobs(300);
  for (const bool fork : {false, true}) {
    std::vector<std::size_t> told;
    const auto pool = fork ? fork_pool(2, echo) : local_pool(echo);
    (void)pool->run(jobs, [&](std::size_t done) { told.push_back(done); });
    ASSERT_FALSE(told.empty());
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
    EXPECT_EQ(told.back(), 300U);
  }
}

TEST(Pool, ThrowsWhatWorkThrewFirstInTheOrderOfJobs) {
  const std::vector<Job> jobs = some_jobs(200);
  const DiagnosticError error({{"does-not-fit", {"net.onnx", 3, "conv1"}, "too much", "less", {{"a=1", "b=2"}, {}}},
                               {"hazard", {}, "another", {}}},
                              ExitStatus::simulation_failed);
  const Work work = [&](const Job& job) {
    if (job.id == 1100) throw InvariantError("load: record 3", "later: but quicker");
    if (job.id == 1040) {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      throw error;
    }
    return echo(job);
  };
  for (const std::size_t workers : {0, 1, 2, 5}) {
    const auto pool = workers == 0 ? local_pool(work) : fork_pool(workers, work);
    try {
      (void)pool->run(jobs, {});
      FAIL() << "nothing was thrown";
    } catch (const DiagnosticError& caught) {
      EXPECT_STREQ(caught.what(), error.what());
      EXPECT_EQ(caught.status(), ExitStatus::simulation_failed);
      ASSERT_EQ(caught.diagnostics().size(), 2U);
      EXPECT_EQ(caught.diagnostics()[0].code, Code("does-not-fit"));
      EXPECT_EQ(caught.diagnostics()[0].levers, error.diagnostics()[0].levers);
    }
    const std::vector<Job> others(jobs.begin(), jobs.begin() + 40);
    EXPECT_EQ(texts(pool->run(others, {})), echoed(others)) << "after an exception, " << workers << " workers";
  }
}

TEST(Pool, BringsOtherExceptionsWithTheirTexts) {
  const auto thrown = [](const std::function<void()>& thrower) -> std::string {
    try {
      (void)fork_pool(2, [&](const Job& job) {
        thrower();
        return echo(job);
      })->run(some_jobs(5), {});
    } catch (const InvariantError& e) {
      return std::string("invariant, ") + e.what();
    } catch (const std::runtime_error& e) {
      return std::string("runtime, ") + e.what();
    }
    return {};
  };
  EXPECT_EQ(thrown([] { throw InvariantError("load: record 3", "a: b"); }),
            std::string("invariant, ") + InvariantError("load: record 3", "a: b").what());
  EXPECT_EQ(thrown([] { throw std::out_of_range("at 7"); }), "runtime, at 7");
  EXPECT_EQ(thrown([] { throw 7; }), "runtime, an exception without a text");
}

// A file that the first who comes makes.
class Marker {
 public:
  explicit Marker(const char* name) : path_(fs::temp_directory_path() / fmt::format("pool_{}_{}", ::getpid(), name)) {
    fs::remove(path_);
  }
  ~Marker() { fs::remove(path_); }
  Marker(const Marker&) = delete;
  Marker& operator=(const Marker&) = delete;
  [[nodiscard]] bool first() const {
    const int file = ::open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);
    return file >= 0;
  }

 private:
  fs::path path_;
};

TEST(Pool, StartsAWorkerThatDiesAgainForItsJobs) {
  const std::vector<Job> jobs = some_jobs(400);
  for (const std::int64_t at : {1000, 1037, 1399}) {
    const Marker marker("a");
    const auto pool = fork_pool(2, [&](const Job& job) {
      if (job.id == at && marker.first()) ::kill(::getpid(), SIGKILL);
      return echo(job);
    });
    EXPECT_EQ(texts(pool->run(jobs, {})), echoed(jobs));
    EXPECT_FALSE(marker.first());
    EXPECT_EQ(texts(pool->run(jobs, {})), echoed(jobs));
  }
}

TEST(Pool, CountsDeathsOfAWorkerAtOnePointAlone) {
  const std::vector<Job> jobs = some_jobs(400);
  const Marker markers[] = {Marker("a"), Marker("b"), Marker("c"), Marker("d")};
  const auto pool = fork_pool(1, [&](const Job& job) {
    if (job.id % 100 == 37 && markers[(job.id - 1000) / 100].first()) ::kill(::getpid(), SIGKILL);
    return echo(job);
  });
  EXPECT_EQ(texts(pool->run(jobs, {})), echoed(jobs));
}

TEST(Pool, StartsWorkersAgainThatWereKilledFromOutside) {
  const std::vector<Job> jobs = some_jobs(60);
  const auto pool = fork_pool(3, signed_work);
  std::set<pid_t> before = signatures(pool->run(jobs, {}));
  for (const pid_t worker : before) ::kill(worker, SIGKILL);
  const std::vector<Trial> trials = pool->run(jobs, {});
  EXPECT_EQ(trials.size(), jobs.size());
  before.merge(signatures(trials));
  EXPECT_GE(before.size(), 4U);
}

TEST(Pool, NamesThePointAtWhichAWorkerDiesAgainAndAgain) {
  const std::vector<Job> jobs = some_jobs(400);
  for (const std::size_t workers : {1, 2, 5}) {
    const auto pool = fork_pool(workers, [](const Job& job) {
      if (job.id == 1137) ::kill(::getpid(), SIGKILL);
      if (job.id == 1138) ::_exit(3);
      if (job.id == 1150) throw InvariantError("later", "in the order of jobs");
      return echo(job);
    });
    const auto failure = [&](std::size_t from, std::size_t count) -> std::string {
      try {
        (void)pool->run(std::span(jobs).subspan(from, count), {});
      } catch (const DiagnosticError& e) {
        return e.what();
      }
      return {};
    };
    EXPECT_THAT(failure(0, 400), AllOf(HasSubstr("error[worker-died]: a worker died twice at point 1137: "),
                                       HasSubstr("signal 9 (Killed)")));
    EXPECT_THAT(failure(138, 3), AllOf(HasSubstr("at point 1138: "), HasSubstr("ended with status 3")));
    EXPECT_EQ(failure(0, 137), "");
    EXPECT_EQ(failure(151, 200), "");
  }
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

TEST(Pool, LeavesNoProcessAndNoDescriptorBehind) {
  const std::size_t before = open_descriptors();
  const std::vector<Job> jobs = some_jobs(200);
  for (const std::int64_t trouble : {0, 1050, 1100}) {
    const auto pool = fork_pool(4, [&](const Job& job) {
      if (job.id == 1100 && job.id == trouble) ::kill(::getpid(), SIGKILL);
      if (job.id == trouble) throw std::runtime_error("trouble");
      return echo(job);
    });
    if (trouble == 0) EXPECT_EQ(pool->run(jobs, {}).size(), 200U);
    else EXPECT_ANY_THROW((void)pool->run(jobs, {}));
  }
  EXPECT_ANY_THROW((void)fork_pool(2, echo)->run(jobs, [](std::size_t) { throw std::runtime_error("enough"); }));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Pool, NeitherWaitsForWhatWasUnderWayAtAnExceptionNorTakesItForLaterJobs) {
  const auto begin = std::chrono::steady_clock::now();
  const auto pool = fork_pool(2, [](const Job& job) {
    if (job.id == 1000) throw InvariantError("first", "of all");
    if (job.id == 1001) std::this_thread::sleep_for(std::chrono::seconds(30));
    if (job.id == 1003) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return echo(job);
  });
  const std::vector<Job> jobs = some_jobs(100);
  EXPECT_THROW((void)pool->run(std::span(jobs).first(2), {}), InvariantError);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  const auto enough = [](std::size_t) { throw std::runtime_error("enough"); };
  EXPECT_THROW((void)pool->run(std::span(jobs).subspan(2, 2), enough), std::runtime_error);
  const std::vector<Job> others(jobs.begin() + 4, jobs.end());
  EXPECT_EQ(texts(pool->run(others, {})), echoed(others));
}

// The leader is killed while one worker is at work and another waits.
TEST(Pool, WorkersEndWithTheirLeader) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans become this process's children
  ChildProcess leader([](const ChildProcess::Tell& tell) {
    const auto pool = fork_pool(2, [&](const Job& job) {
      tell(fmt::format("{} ", ::getpid()));
      if (job.id == 1000) ::sleep(60);
      return echo(job);
    });
    (void)pool->run(some_jobs(2), {});
  });
  std::string heard;
  while (std::count(heard.begin(), heard.end(), ' ') < 2) heard += leader.hear();
  const pid_t first = std::stoi(heard), second = std::stoi(heard.substr(heard.find(' ')));
  EXPECT_NE(first, second);
  leader.kill();
  const auto begin = std::chrono::steady_clock::now();
  for (const pid_t worker : {first, second}) EXPECT_EQ(::waitpid(worker, nullptr, 0), worker);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(Pool, WorkersLeaveTheTerminalsSignalsToTheirLeader) {
  ChildProcess leader([](const ChildProcess::Tell& tell) {
    ::setpgid(0, 0);
    static const pid_t self = ::getpid();
    static int heard = 0;
    const auto hear = [](int) {
      if (::getpid() != self) ::_exit(1);
      ++heard;
    };
    for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, hear);
    const auto pool = fork_pool(2, [&](const Job& job) {
      take_a_while(job);
      return signed_work(job);
    });
    std::set<pid_t> workers = signatures(pool->run(some_jobs(20), {}));
    for (const int signal : {SIGINT, SIGTERM}) {
      ::kill(0, signal);
      workers.merge(signatures(pool->run(some_jobs(60), {})));
    }
    tell(fmt::format("{} signals, {} workers", heard, workers.size()));
  });
  EXPECT_EQ(leader.hear_all(), "2 signals, 2 workers");
}

TEST(Pool, TheLeaderSleepsWhileItWaits) {
  const auto pool = fork_pool(2, [](const Job& job) {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    return echo(job);
  });
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  };
  const double before = used();
  (void)pool->run(some_jobs(2), {});
  EXPECT_LT(used() - before, 0.1);
}

TEST(Pool, HasAtLeastOneWorker) { EXPECT_THROW((void)fork_pool(0, echo), InvariantError); }

}  // namespace
}  // namespace blendsim::explore::test
