// SPDX-License-Identifier: Apache-2.0
#include "cli/batch.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "cli/terminal.h"

namespace blendsim::cli {
namespace {

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

// What a worker hands back: lists of integers and names, each behind its length, in the host's byte order.
class ValueWriter {
 public:
  explicit ValueWriter(std::FILE* file) : file_(file) {}
  void put(std::uint64_t value) { bytes(&value, sizeof value); }
  template <class T>
  void list(const std::vector<T>& values) {
    put(values.size());
    bytes(values.data(), values.size() * sizeof(T));
  }
  void text(const std::string& value) {
    put(value.size());
    bytes(value.data(), value.size());
  }
  [[nodiscard]] bool good() { return good_ && std::fflush(file_) == 0; }

 private:
  void bytes(const void* data, std::size_t size) { good_ = good_ && std::fwrite(data, 1, size, file_) == size; }
  std::FILE* file_;
  bool good_ = true;
};

class Reader {
 public:
  explicit Reader(std::FILE* file) : file_(file) { std::rewind(file); }
  std::size_t get() {
    std::uint64_t value = 0;
    bytes(&value, sizeof value);
    return value;
  }
  template <class T>
  std::vector<T> list() {
    std::vector<T> values(get());
    bytes(values.data(), values.size() * sizeof(T));
    return values;
  }
  std::string text() {
    std::string value(get(), '\0');
    bytes(value.data(), value.size());
    return value;
  }

 private:
  void bytes(void* data, std::size_t size) {
    if (std::fread(data, 1, size, file_) != size) throw std::runtime_error("a worker's results are incomplete");
  }
  std::FILE* file_;
};

// The sums of a worker's images; layers and everything in them are numbers.
static_assert(std::is_trivially_copyable_v<LayerSwitching>);

void write_values(const Run& run, ValueWriter& out) {
  out.put(run.outputs.size());
  for (const auto& image : run.outputs) {
    out.put(image.size());
    for (const auto& output : image) out.list(output);
  }
  out.put(run.tensors.size());
  for (const auto& image : run.tensors) {
    out.put(image.size());
    for (const LayerResult& result : image) {
      out.text(result.name);
      out.list(result.shape);
      out.list(result.values);
    }
  }
  out.put(run.switching ? 1 : 0);
  if (!run.switching) return;
  out.put(static_cast<std::uint64_t>(run.switching->every));
  out.list(run.switching->layers);
}

void append_values(Reader& in, Run& run) {
  for (std::size_t images = in.get(); images > 0; --images) {
    auto& image = run.outputs.emplace_back();
    for (std::size_t outputs = in.get(); outputs > 0; --outputs) image.push_back(in.list<std::int32_t>());
  }
  for (std::size_t images = in.get(); images > 0; --images) {
    auto& image = run.tensors.emplace_back();
    for (std::size_t results = in.get(); results > 0; --results) {
      LayerResult& result = image.emplace_back();
      result.name = in.text();
      result.shape = in.list<std::int64_t>();
      result.values = in.list<std::int32_t>();
    }
  }
  if (in.get() == 0) return;
  Switching sums{static_cast<std::int64_t>(in.get()), in.list<LayerSwitching>()};
  if (run.switching) *run.switching += sums;
  else run.switching = std::move(sums);
}

// Images done, counted by several processes.
class SharedCount {
 public:
  SharedCount() {
    void* memory = ::mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) count_ = new (memory) Count(0);
  }
  ~SharedCount() {
    if (count_ != nullptr) ::munmap(count_, sizeof(Count));
  }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;

  void add_one() {
    if (count_ != nullptr) ++*count_;
  }
  [[nodiscard]] std::size_t value() const { return count_ == nullptr ? 0 : count_->load(); }

 private:
  using Count = std::atomic<std::size_t>;
  static_assert(Count::is_always_lock_free, "another process may hold no lock");
  Count* count_ = nullptr;
};

Run run_alone(const MachineParameters& machine, const Program& program,
              std::span<const std::vector<std::int32_t>> images, RunOptions options) {
  Progress progress("simulating", "images", images.size());
  if (progress.shown())
    options.image_done = [&progress](std::int32_t done) { progress.at(static_cast<std::size_t>(done)); };
  return Machine::instance().run(machine, program, images, options);
}

struct Worker {
  pid_t process = -1;
  File file{nullptr, &std::fclose};
};

// A process that computes the values of `images` and leaves them in the file; its status is 0 when they are whole. It
// counts images in `done`, if that is not null.
Worker start_worker(const MachineParameters& machine, const Program& program,
                    std::span<const std::vector<std::int32_t>> images, RunOptions options, SharedCount* done) {
  Worker worker;
  worker.file.reset(std::tmpfile());
  if (!worker.file) return worker;
  const pid_t parent = ::getpid();
  worker.process = ::fork();
  if (worker.process != 0) return worker;
  // It works for nobody once the parent has ended, which may be before this line.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(1);
  int status = 1;
  options.consumers.clear();  // the events are the parent's
  options.image_done = nullptr;
  if (done != nullptr) options.image_done = [done](std::int32_t) { done->add_one(); };
  try {
    ValueWriter out(worker.file.get());
    write_values(Machine::instance().run(machine, program, images, options), out);
    status = out.good() ? 0 : 1;
  } catch (...) {
    // The parent finds out by running the batch itself.
  }
  ::_exit(status);
}

// Waits for the worker; meanwhile tells how far all of them are.
bool finished(const Worker& worker, Progress& progress, const SharedCount& done) {
  if (worker.process < 0) return false;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(worker.process, &status, progress.shown() ? WNOHANG : 0)) == 0) {
    progress.at(done.value());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return ended == worker.process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Run run_batch(const MachineParameters& machine, const Program& program,
              std::span<const std::vector<std::int32_t>> images, const RunOptions& options, std::size_t jobs) {
  jobs = std::min(jobs, images.size());
  if (jobs <= 1 || !options.values) return run_alone(machine, program, images, options);
  SharedCount done;
  Progress progress("simulating", "images", images.size());
  std::vector<Worker> workers;
  for (std::size_t j = 0; j < jobs; ++j) {
    const std::size_t begin = j * images.size() / jobs, end = (j + 1) * images.size() / jobs;
    workers.push_back(start_worker(machine, program, images.subspan(begin, end - begin), options,
                                   progress.shown() ? &done : nullptr));
  }
  Run run;
  bool whole = true;
  try {
    RunOptions timing = options;
    timing.values = timing.capture_tensors = false;
    timing.activity_every = 0;  // the workers'
    if (progress.shown()) timing.image_done = [&](std::int32_t) { progress.at(done.value()); };
    run = Machine::instance().run(machine, program, images, timing);
    run.values = true;
  } catch (...) {
    whole = false;
  }
  for (const Worker& worker : workers) whole = finished(worker, progress, done) && whole;  // waits for each of them
  if (!whole) {
    RunOptions again = options;  // the consumers have heard of it
    again.consumers.clear();
    return run_alone(machine, program, images, again);
  }
  for (const Worker& worker : workers) {
    Reader in(worker.file.get());
    append_values(in, run);
  }
  return run;
}

}  // namespace blendsim::cli
