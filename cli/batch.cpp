// SPDX-License-Identifier: Apache-2.0
#include "cli/batch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace blendsim::cli {
namespace {

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

// What a worker hands back: lists of integers and names, each behind its length, in the host's byte order.
class Writer {
 public:
  explicit Writer(std::FILE* file) : file_(file) {}
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

void write_values(const Run& run, Writer& out) {
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
}

struct Worker {
  pid_t process = -1;
  File file{nullptr, &std::fclose};
};

// A process that computes the values of `images` and leaves them in the file; its status is 0 when they are whole.
Worker start_worker(const MachineParameters& machine, const Program& program,
                    std::span<const std::vector<std::int32_t>> images, const RunOptions& options) {
  Worker worker;
  worker.file.reset(std::tmpfile());
  if (!worker.file) return worker;
  worker.process = ::fork();
  if (worker.process != 0) return worker;
  int status = 1;
  try {
    RunOptions silent = options;  // the events are the parent's
    silent.consumers.clear();
    silent.image_done = nullptr;
    Writer out(worker.file.get());
    write_values(Machine::instance().run(machine, program, images, silent), out);
    status = out.good() ? 0 : 1;
  } catch (...) {
    // The parent finds out by running the batch itself.
  }
  ::_exit(status);
}

bool finished(const Worker& worker) {
  if (worker.process < 0) return false;
  int status = 0;
  return ::waitpid(worker.process, &status, 0) == worker.process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Run run_batch(const MachineParameters& machine, const Program& program,
              std::span<const std::vector<std::int32_t>> images, const RunOptions& options, std::size_t jobs) {
  jobs = std::min(jobs, images.size());
  if (jobs <= 1 || !options.values) return Machine::instance().run(machine, program, images, options);
  std::vector<Worker> workers;
  for (std::size_t j = 0; j < jobs; ++j) {
    const std::size_t begin = j * images.size() / jobs, end = (j + 1) * images.size() / jobs;
    workers.push_back(start_worker(machine, program, images.subspan(begin, end - begin), options));
  }
  Run run;
  bool whole = true;
  try {
    RunOptions timing = options;
    timing.values = timing.capture_tensors = false;
    run = Machine::instance().run(machine, program, images, timing);
    run.values = true;
  } catch (...) {
    whole = false;
  }
  for (const Worker& worker : workers) whole = finished(worker) && whole;  // waits for each of them
  if (!whole) return Machine::instance().run(machine, program, images, options);
  for (const Worker& worker : workers) {
    Reader in(worker.file.get());
    append_values(in, run);
  }
  return run;
}

}  // namespace blendsim::cli
