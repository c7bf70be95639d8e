// SPDX-License-Identifier: Apache-2.0
// A program for mpirun: rank 0 runs jobs of known trials on the other ranks and prints what came of them;
// test/mpi/pool_mpi_test.cpp says what that must be.
//   pool_ranks SCENARIO
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/mpi/environment.hpp>
#include <functional>
#include <map>
#include <stdexcept>

#include "base/diagnostic.h"
#include "explore/pool_mpi.h"
#include "unit/explore/echo.h"

namespace blendsim::explore::test {
namespace {

namespace mpi = boost::mpi;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

const char* same(Pool& pool, const std::vector<Job>& jobs) {
  return texts(pool.run(jobs, {})) == echoed(jobs) ? "same" : "differ";
}

void order(Pool& pool) {
  for (const std::size_t count : {1500, 3, 0, 1500}) fmt::print("{} ", same(pool, some_jobs(count)));
  std::vector<std::size_t> told;
  (void)pool.run(some_jobs(300), [&](std::size_t done) { told.push_back(done); });
  fmt::print("{} {}", std::is_sorted(told.begin(), told.end()) ? "rising" : "falling", told.back());
}

void spread(Pool& pool) {
  const std::vector<Trial> trials = pool.run(some_jobs(200), {});
  bool ordered = true;
  for (std::size_t j = 0; j < trials.size(); ++j) ordered = ordered && trials[j].id == some_jobs(200)[j].id;
  const std::set<pid_t> processes = signatures(trials);
  fmt::print("{} {} processes {}", ordered ? "in order" : "in disorder", processes.size(),
             processes.contains(::getpid()) ? "with rank 0" : "without rank 0");
}

void large(Pool& pool) {
  const std::vector<Job> jobs(300, {7, Point(20'000, 5), false, Effort::first_order});
  fmt::print("{}", same(pool, jobs));
}

// What run() throws, and that the pool goes on.
void failure(Pool& pool) {
  const auto begin = Clock::now();
  try {
    (void)pool.run(some_jobs(200), {});
    fmt::print("nothing");
  } catch (const DiagnosticError& e) {
    const Diagnostic& first = e.diagnostics().front();
    fmt::print("[{}] status {} code {} levers {}", e.what(), static_cast<int>(e.status()), first.code.name(),
               first.levers.size());
  } catch (const InvariantError& e) {
    fmt::print("invariant [{}]", e.what());
  } catch (const std::runtime_error& e) {
    fmt::print("runtime [{}]", e.what());
  }
  fmt::print(" {}", seconds_since(begin) < 10 ? "soon" : "late");
  std::vector<Job> others = some_jobs(200);
  others.erase(others.begin(), others.begin() + 160);
  fmt::print(" {}", same(pool, others));
}

Trial throwing(const Job& job) {
  if (job.id == 1100) throw InvariantError("load: record 3", "later: but quicker");
  if (job.id == 1040) {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    throw DiagnosticError({{"does-not-fit", {"net.onnx", 3, "conv1"}, "too much", "less", {{"a=1", "b=2"}, {}}},
                           {"hazard", {}, "another", {}}},
                          ExitStatus::simulation_failed);
  }
  return echo(job);
}

// One job a rank, each half a second, and as long again without any.
void idle(Pool& pool) {
  const double begin = cpu_seconds();
  const std::vector<Trial> trials = pool.run(some_jobs(2), {});
  (void)pool.run(some_jobs(2), {});
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  double workers = 0;
  for (const Trial& trial : pool.run(some_jobs(2), {})) workers = std::max(workers, trial.outcome.violation);
  fmt::print("{:.4f} {:.4f}", cpu_seconds() - begin, workers);
}

// Says how much this process has used since its first job began.
Trial sleeping(const Job& job) {
  static const double begin = cpu_seconds();
  Trial out = echo(job);
  out.outcome.violation = cpu_seconds() - begin;
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  return out;
}

// Microseconds of rank 0 a job.
void cost(Pool& pool) {
  const std::vector<Job> jobs(100'000, {7, Point(20, 5), false, Effort::first_order});
  const auto begin = Clock::now();
  const double used = cpu_seconds();
  (void)pool.run(jobs, {});
  fmt::print("{:.2f} us of rank 0 a job, {:.2f} us of time", (cpu_seconds() - used) * 10, seconds_since(begin) * 10);
}

// Rank 0 leaves while the others have work for a minute.
void leave(Pool& pool) {
  try {
    (void)pool.run(some_jobs(200), [](std::size_t) { throw std::runtime_error("enough"); });
  } catch (const std::runtime_error& e) {
    fmt::print("{}", e.what());
  }
}

struct Scenario {
  std::function<Trial(const Job&)> work;
  void (*lead)(Pool&);
};

const std::map<std::string, Scenario> scenarios = {
    {"order", {echo, order}},
    {"spread",
     {[](const Job& job) {
        take_a_while(job);
        return signed_work(job);
      },
      spread}},
    {"large", {echo, large}},
    {"diagnostics", {throwing, failure}},
    {"other",
     {[](const Job& job) {
        if (job.id == 1007) throw std::out_of_range("at 7");
        return echo(job);
      },
      failure}},
    {"nameless",
     {[](const Job& job) {
        if (job.id == 1007) throw 7;
        return echo(job);
      },
      failure}},
    {"idle", {sleeping, idle}},
    {"cost",
     {[](const Job& job) {
        return Trial{job.id, job.point, {}, false};
      },
      cost}},
    {"leave",
     {[](const Job& job) {
        if (job.id > 1001) std::this_thread::sleep_for(std::chrono::milliseconds(700));
        return echo(job);
      },
      leave}},
    {"unready", {echo, order}},
    {"stranger", {echo, order}},
};

int lead(const mpi::communicator& ranks, const Scenario& scenario) {
  MpiLeader leader(ranks);
  int status = 0;
  try {
    const auto pool = leader.pool({"digest", {}, {}, "1.0"}, scenario.work);
    scenario.lead(*pool);
  } catch (const DiagnosticError& e) {
    fmt::print("[{}]", e.what());
    status = 1;
  }
  std::fflush(stdout);  // mpirun ends a job of which one rank has failed
  leader.end(status);
  return status;
}

int serve(const mpi::communicator& ranks, const std::string& name, const Scenario& scenario) {
  MpiWorker worker(ranks);
  if (name == "unready" && ranks.rank() >= 2) {
    const DiagnosticError error("file-unreadable", {.file = "net.onnx"}, "does not exist", "look");
    worker.fail(std::make_exception_ptr(error));
  } else {
    const bool other = name == "stranger" && ranks.rank() == 2;
    worker.serve({other ? "another" : "digest", {}, {}, "1.0"}, scenario.work);
  }
  return worker.end();
}

}  // namespace
}  // namespace blendsim::explore::test

int main(int argc, char** argv) {
  using namespace blendsim::explore::test;
  boost::mpi::environment environment(argc, argv);
  const boost::mpi::communicator ranks;
  const std::string name = argc > 1 ? argv[1] : "";
  const Scenario& scenario = scenarios.at(name);
  return ranks.rank() == 0 ? lead(ranks, scenario) : serve(ranks, name, scenario);
}
