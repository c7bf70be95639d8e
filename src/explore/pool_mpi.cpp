// SPDX-License-Identifier: Apache-2.0
#include "explore/pool_mpi.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/mpi/environment.hpp>
#include <chrono>
#include <deque>
#include <limits>
#include <list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "explore/round.h"

namespace blendsim::explore {
namespace {

namespace mpi = boost::mpi;
using Clock = std::chrono::steady_clock;

enum Tag { ready_tag, failed_tag, jobs_tag, ends_tag, end_tag, bye_tag };

// MPI's own waits turn a core into heat. The sleep grows with the wait, so that it adds an eighth to it at most.
class Wait {
 public:
  void sleep() {
    const Clock::duration eighth = (Clock::now() - begin_) / 8;
    std::this_thread::sleep_for(std::clamp(eighth, shortest, longest));
  }

 private:
  static constexpr Clock::duration shortest = std::chrono::microseconds(50), longest = std::chrono::milliseconds(5);
  Clock::time_point begin_ = Clock::now();
};

// What has come, as iprobe() found it.
std::string receive(const mpi::communicator& ranks, const mpi::status& found) {
  std::string out(static_cast<std::size_t>(found.count<char>().value()), '\0');
  ranks.recv(found.source(), found.tag(), out.data(), static_cast<int>(out.size()));
  return out;
}

mpi::status wait_for(const mpi::communicator& ranks, int source, int tag) {
  for (Wait wait;; wait.sleep()) {
    if (const auto found = ranks.iprobe(source, tag)) return *found;
  }
}

void send_text(const mpi::communicator& ranks, Tag tag, const std::string& text) {
  ranks.send(0, tag, text.data(), static_cast<int>(text.size()));
}

std::string identity_text(const StudyIdentity& study) { return study.digest + ' ' + study.version; }

std::string name_of(int rank, const std::string& host) { return fmt::format("rank {} on {}", rank, host); }

// A failure before there are jobs, with the rank and the host where it was.
std::exception_ptr placed(const std::exception_ptr& failure, const std::string& where) {
  try {
    std::rethrow_exception(failure);
  } catch (const DiagnosticError& e) {
    std::vector<Diagnostic> diagnostics = e.diagnostics();
    for (Diagnostic& d : diagnostics) d.message = fmt::format("{} (at {})", d.message, where);
    return std::make_exception_ptr(DiagnosticError(std::move(diagnostics), e.status()));
  } catch (const std::exception& e) {
    return std::make_exception_ptr(InvariantError(where, e.what()));
  } catch (...) {
    return std::make_exception_ptr(InvariantError(where, "an exception without a text"));
  }
}

}  // namespace

// --- rank 0 ---

struct MpiLeader::Link {
  explicit Link(mpi::communicator all) : ranks(std::move(all)) {}

  void send(int rank, Tag tag, std::string bytes) {
    Sending& message = sending.emplace_back();
    message.bytes = std::move(bytes);
    message.request = ranks.isend(rank, tag, message.bytes.data(), static_cast<int>(message.bytes.size()));
  }
  void forget_sent() {
    std::erase_if(sending, [](Sending& message) { return static_cast<bool>(message.request.test()); });
  }

  // MPI reads the bytes until the request says that it has done.
  struct Sending {
    std::string bytes;
    mpi::request request;
  };
  mpi::communicator ranks;
  std::list<Sending> sending;
};

class MpiLeader::RankPool final : public Pool {
 public:
  explicit RankPool(Link& link) : link_(link), workers_(static_cast<std::size_t>(link.ranks.size()) - 1) {}
  std::vector<Trial> run(std::span<const Job> jobs, const std::function<void(std::size_t)>& done) override;

 private:
  using Open = std::deque<std::size_t>;  // places of the jobs that a worker has, in order
  static constexpr std::size_t nobodys = std::numeric_limits<std::size_t>::max();

  void dispatch(Round& round);
  bool collect(Round& round);

  Link& link_;
  std::vector<Open> workers_;  // of rank 1 first
};

void MpiLeader::RankPool::dispatch(Round& round) {
  for (bool gave = true; gave;) {
    gave = false;
    for (std::size_t w = 0; w < workers_.size(); ++w) {
      const std::size_t chunk = round.chunk(workers_.size());
      if (chunk == 0) return;
      if (workers_[w].size() > chunk) continue;  // it has one to do and one ahead
      std::string message;
      append_jobs(message, round.jobs.subspan(round.next, chunk));
      for (std::size_t j = 0; j < chunk; ++j) workers_[w].push_back(round.next++);
      link_.send(static_cast<int>(w) + 1, jobs_tag, std::move(message));
      gave = true;
    }
  }
}

// False: nothing has come.
bool MpiLeader::RankPool::collect(Round& round) {
  const auto found = link_.ranks.iprobe(mpi::any_source, ends_tag);
  if (!found) return false;
  const std::string bytes = receive(link_.ranks, *found);
  Open& open = workers_.at(static_cast<std::size_t>(found->source()) - 1);
  std::string_view rest = bytes;
  while (const auto message = take_message(rest)) {
    if (open.empty()) throw InvariantError("pool", "a rank tells of a job that it was not given");
    if (open.front() != nobodys) round.finish(open.front(), read_job_end(*message));
    open.pop_front();
  }
  return true;
}

std::vector<Trial> MpiLeader::RankPool::run(std::span<const Job> jobs, const std::function<void(std::size_t)>& done) {
  Round round(jobs);
  try {
    dispatch(round);
    for (Wait wait; !round.over();) {
      if (!collect(round)) {
        wait.sleep();
        continue;
      }
      dispatch(round);
      link_.forget_sent();
      wait = Wait();
      if (done) done(round.count);
    }
    if (round.failure) std::rethrow_exception(round.failure);
  } catch (...) {
    for (Open& open : workers_) std::fill(open.begin(), open.end(), nobodys);
    throw;
  }
  return std::move(round.trials);
}

MpiLeader::MpiLeader(mpi::communicator ranks) : link_(std::make_unique<Link>(std::move(ranks))) {}
MpiLeader::~MpiLeader() = default;

std::unique_ptr<Pool> MpiLeader::pool(const StudyIdentity& study, Work work) {
  const mpi::communicator& ranks = link_->ranks;
  if (ranks.size() == 1) return local_pool(std::move(work));
  std::exception_ptr failure;
  for (int rank = 1; rank < ranks.size(); ++rank) {
    const mpi::status found = wait_for(ranks, rank, mpi::any_tag);
    const std::string text = receive(ranks, found);
    if (failure) continue;
    std::string_view rest = text;
    if (found.tag() == failed_tag) failure = read_job_end(take_message(rest).value()).failure;
    else if (!text.starts_with(identity_text(study) + '\n'))
      failure = std::make_exception_ptr(DiagnosticError(
          "study-changed", {},
          fmt::format("{} reads another study than rank 0, or is of another version", text.substr(text.find('\n') + 1)),
          "put the study, its networks and blendsim-mpi where every host finds the same"));
  }
  if (failure) std::rethrow_exception(failure);
  return std::make_unique<RankPool>(*link_);
}

void MpiLeader::end(int status) {
  const mpi::communicator& ranks = link_->ranks;
  for (int rank = 1; rank < ranks.size(); ++rank)
    link_->send(rank, end_tag, std::string(reinterpret_cast<const char*>(&status), sizeof status));
  Wait wait;
  for (int left = ranks.size() - 1; left > 0 || !link_->sending.empty();) {
    link_->forget_sent();
    const auto found = ranks.iprobe(mpi::any_source, mpi::any_tag);
    if (!found) {
      wait.sleep();
      continue;
    }
    (void)receive(ranks, *found);  // ends of jobs that nobody asks for any more
    if (found->tag() == bye_tag) --left;
  }
}

// --- the others ---

void MpiWorker::serve(const StudyIdentity& study, const Work& work) {
  has_told_ = true;
  send_text(ranks_, ready_tag,
            identity_text(study) + '\n' + name_of(ranks_.rank(), mpi::environment::processor_name()));
  while (true) {
    const mpi::status found = wait_for(ranks_, 0, mpi::any_tag);
    if (found.tag() == end_tag) return;
    const std::string bytes = receive(ranks_, found);
    std::string_view rest = bytes;
    evaluate(take_message(rest).value(), work);
  }
}

void MpiWorker::evaluate(std::string_view message, const Work& work) {
  std::string out;
  auto told = Clock::now();
  const auto tell = [&] {
    if (!out.empty()) send_text(ranks_, ends_tag, out);
    out.clear();
    told = Clock::now();
  };
  for (const Job& job : read_jobs(message)) {
    if (ranks_.iprobe(0, end_tag)) return;  // rank 0 has no use for the rest
    append_end(out, work, job);
    if (Clock::now() - told >= tell_every) tell();
  }
  tell();
}

void MpiWorker::fail(const std::exception_ptr& why) {
  if (has_told_) std::rethrow_exception(why);
  has_told_ = true;
  std::string message;
  append_failure(message, placed(why, name_of(ranks_.rank(), mpi::environment::processor_name())));
  send_text(ranks_, failed_tag, message);
}

int MpiWorker::end() {
  // Where rank 0 evaluates it would wait for this rank's word.
  if (!has_told_)
    fail(std::make_exception_ptr(DiagnosticError("usage", {}, "was started with other arguments than rank 0",
                                                 "start every rank with the same: mpirun -n 3 blendsim-mpi ...")));
  (void)wait_for(ranks_, 0, end_tag);
  int status = 0;
  ranks_.recv(0, end_tag, reinterpret_cast<char*>(&status), sizeof status);
  while (const auto found = ranks_.iprobe(0, jobs_tag)) (void)receive(ranks_, *found);
  send_text(ranks_, bye_tag, "");
  return status;
}

}  // namespace blendsim::explore
