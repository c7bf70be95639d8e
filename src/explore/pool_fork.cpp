// SPDX-License-Identifier: Apache-2.0
// Workers forked from this process, each behind a socket: jobs go there in chunks, trials come back as they are done.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <utility>

#include "base/diagnostic.h"
#include "explore/pool.h"
#include "explore/round.h"

namespace blendsim::explore {
namespace {

// --- in the worker ---

// False: the leader is gone.
bool send_all(int socket, std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t size = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) sent += static_cast<std::size_t>(size);
  }
  bytes.clear();
  return true;
}

// Evaluates what comes until the leader closes its end. With `at_once` each trial is told before the next job begins,
// so that the leader knows at which job the worker died.
void serve(int socket, const Work& work, bool at_once) {
  std::string in, out;
  std::vector<char> buffer(std::size_t{1} << 16);
  while (true) {
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size == 0 || (size < 0 && errno != EINTR)) return;
    if (size < 0) continue;
    in.append(buffer.data(), static_cast<std::size_t>(size));
    std::string_view rest = in;
    auto told = std::chrono::steady_clock::now();
    while (const auto message = take_message(rest)) {
      for (const Job& job : read_jobs(*message)) {
        append_end(out, work, job);
        const auto now = std::chrono::steady_clock::now();
        if (!at_once && now - told < tell_every) continue;
        if (!send_all(socket, out)) return;
        told = now;
      }
      if (!send_all(socket, out)) return;
    }
    in.erase(0, in.size() - rest.size());
  }
}

// --- in the leader ---

// Between fork and the end of the group's signals nothing may come: it is the leader who decides what Ctrl-C and a
// batch system's SIGTERM mean.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t both;
    ::sigemptyset(&both);
    ::sigaddset(&both, SIGINT);
    ::sigaddset(&both, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &both, &before_);
  }
  ~SignalsBlocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

struct Worker {
  Worker() = default;
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] bool runs() const { return process > 0; }
  // Ends it if it has not ended; what it ended with, as waitpid says.
  int stop();
  void send();  // as much as the socket takes now

  pid_t process = -1;
  int socket = -1;
  std::deque<std::size_t> open;  // places of the jobs that it has, in order
  std::string out, in;           // not yet sent, not yet understood
  int deaths = 0;                // since it told something
};

int Worker::stop() {
  if (!runs()) return 0;
  ::close(socket);
  ::kill(process, SIGKILL);  // no effect on how it ended if it has
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {}
  process = socket = -1;
  out.clear();
  in.clear();
  return status;
}

void Worker::send() {
  const ssize_t size = ::send(socket, out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (size > 0) out.erase(0, static_cast<std::size_t>(size));  // an error shows when its end is read
}

std::string ending_text(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("it ended with status {}", WEXITSTATUS(status));
  return fmt::format("it was ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
}

class ForkPool final : public Pool {
 public:
  ForkPool(std::size_t workers, Work work) : work_(std::move(work)), workers_(workers) {
    if (workers == 0) throw InvariantError("pool", "no workers");
    for (Worker& worker : workers_) start(worker);
  }
  std::vector<Trial> run(std::span<const Job> jobs, const std::function<void(std::size_t)>& done) override;

 private:
  void start(Worker& worker);
  void dispatch(Round& round);
  void wait(Round& round);
  void receive(Worker& worker, Round& round);
  void mourn(Worker& worker, Round& round);

  Work work_;
  std::vector<Worker> workers_;
  std::vector<pollfd> polled_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 16);
};

void ForkPool::start(Worker& worker) {
  int ends[2];
  const pid_t leader = ::getpid();
  const bool linked = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
  const SignalsBlocked blocked;
  const pid_t process = linked ? ::fork() : -1;
  if (process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // when the thread that forked ends
    if (::getppid() != leader) ::_exit(0);
    for (const Worker& other : workers_) {
      if (other.runs()) ::close(other.socket);  // else that one would not see the leader's end
    }
    ::close(ends[0]);
    serve(ends[1], work_, worker.deaths > 0);
    ::_exit(0);
  }
  const int reason = errno;
  if (linked) ::close(ends[1]);
  if (process < 0) {
    if (linked) ::close(ends[0]);
    throw DiagnosticError("worker-died", {},
                          fmt::format("a worker of {} cannot be started: {}", workers_.size(), std::strerror(reason)),
                          "take fewer: --jobs 4");
  }
  worker.process = process;
  worker.socket = ends[0];
}

void ForkPool::dispatch(Round& round) {
  for (bool gave = true; gave;) {
    gave = false;
    for (Worker& worker : workers_) {
      const std::size_t chunk = round.chunk(workers_.size());
      if (chunk == 0) return;
      if (worker.open.size() > chunk) continue;  // it has one to do and one ahead
      if (!worker.runs()) start(worker);
      append_jobs(worker.out, round.jobs.subspan(round.next, chunk));
      for (std::size_t j = 0; j < chunk; ++j) worker.open.push_back(round.next++);
      worker.send();
      gave = true;
    }
  }
}

void ForkPool::wait(Round& round) {
  polled_.clear();
  for (const Worker& worker : workers_) {
    const int events = worker.out.empty() ? POLLIN : POLLIN | POLLOUT;
    polled_.push_back({worker.socket, static_cast<short>(events), 0});  // poll passes over sockets below 0
  }
  if (::poll(polled_.data(), polled_.size(), -1) < 0) return;  // a signal
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    if ((polled_[w].revents & POLLOUT) != 0) workers_[w].send();
    if ((polled_[w].revents & ~POLLOUT) != 0) receive(workers_[w], round);
  }
}

void ForkPool::receive(Worker& worker, Round& round) {
  const ssize_t size = ::recv(worker.socket, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return mourn(worker, round);
  worker.in.append(buffer_.data(), static_cast<std::size_t>(size));
  std::string_view rest = worker.in;
  while (const auto message = take_message(rest)) {
    if (worker.open.empty()) throw InvariantError("pool", "a worker tells of a job that it was not given");
    const std::size_t place = worker.open.front();
    worker.open.pop_front();
    round.finish(place, read_job_end(*message));
    worker.deaths = 0;
  }
  worker.in.erase(0, worker.in.size() - rest.size());
}

void ForkPool::mourn(Worker& worker, Round& round) {
  const int status = worker.stop();
  if (worker.open.empty()) return;  // the next chunk starts it again
  if (++worker.deaths == 1) {
    start(worker);
    std::vector<Job> again;
    for (const std::size_t place : worker.open) again.push_back(round.jobs[place]);
    append_jobs(worker.out, again);
    return worker.send();
  }
  // The one before told each trial at once, so it is the first open job that ends them.
  const std::int64_t id = round.jobs[worker.open.front()].id;
  const DiagnosticError died("worker-died", {},
                             fmt::format("a worker died twice at point {}: {}", id, ending_text(status)),
                             "see whether memory runs out; if so, take fewer workers: --jobs 4");
  round.finish(worker.open.front(), {{}, std::make_exception_ptr(died)});
  worker.open.clear();
  worker.deaths = 0;
}

std::vector<Trial> ForkPool::run(std::span<const Job> jobs, const std::function<void(std::size_t)>& done) {
  Round round(jobs);
  try {
    while (!round.over()) {
      const std::size_t before = round.count;
      dispatch(round);
      wait(round);
      if (done && round.count > before) done(round.count);
    }
    if (round.failure) std::rethrow_exception(round.failure);
  } catch (...) {
    for (Worker& worker : workers_) {
      if (!worker.open.empty()) worker.stop();  // rather than to wait for what nobody asks for
      worker.open.clear();
      worker.deaths = 0;
    }
    throw;
  }
  return std::move(round.trials);
}

}  // namespace

std::unique_ptr<Pool> fork_pool(std::size_t workers, Work work) {
  return std::make_unique<ForkPool>(workers, std::move(work));
}

}  // namespace blendsim::explore
