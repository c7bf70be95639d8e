// SPDX-License-Identifier: Apache-2.0
// What a test lets another process do.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <string>

namespace blendsim::explore::test {

// A process that runs `work`, which tells things through a pipe; killed, if it is still there, with this object.
class ChildProcess {
 public:
  using Tell = std::function<void(const std::string&)>;
  explicit ChildProcess(const std::function<void(const Tell&)>& work) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::close(ends[0]);
      const Tell tell = [&](const std::string& text) { (void)!::write(ends[1], text.data(), text.size()); };
      try {
        work(tell);
      } catch (const std::exception& e) {
        tell(e.what());
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }
  ~ChildProcess() {
    kill();
    ::close(from_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t id() const { return process_; }
  // The next that it tells, or nothing when it has ended.
  [[nodiscard]] std::string hear() const {
    char text[4096];
    const ssize_t size = ::read(from_, text, sizeof text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
  }
  // All that it tells until it ends.
  [[nodiscard]] std::string hear_all() const {
    std::string out;
    for (std::string text = hear(); !text.empty(); text = hear()) out += text;
    return out;
  }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }

 private:
  pid_t process_ = -1;
  int from_ = -1;
};

}  // namespace blendsim::explore::test
