// SPDX-License-Identifier: Apache-2.0
// A program of the user's that is asked by lines and answers by lines.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blendsim::explore {

// Its standard input and output are one socket, its error output is this process's. It is a process group of its own,
// so that it hears no Ctrl-C: what that means the caller decides. It is told to end by the end of its input, and ended
// with all that it started by stop().
class LineProcess {
 public:
  // `command`: program and arguments; `folder`: where it runs, relative paths in the command being relative to it.
  LineProcess(std::vector<std::string> command, std::string folder);
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  // Of a process that forked after start() this is none: the program is its parent's.
  [[nodiscard]] bool runs() const;
  // Throws DiagnosticError file-unreadable where there is no such program.
  void start();
  void stop();
  // A line, without its newline. False: it does not take it, having ended.
  [[nodiscard]] bool send(std::string_view line);
  // Takes what has come; waits for it at most so long (seconds; 0: not at all). False: the output has ended.
  [[nodiscard]] bool receive(double seconds);
  // The first line that has come, without its newline; null: no whole one.
  [[nodiscard]] std::optional<std::string> take_line();
  [[nodiscard]] int descriptor() const { return socket_; }
  // "ended with status 1", "was ended by signal 9": of the last one that stop() was called on.
  [[nodiscard]] const std::string& ending() const { return ending_; }

 private:
  std::vector<std::string> command_;
  std::string folder_;
  pid_t process_ = -1, owner_ = -1;
  int socket_ = -1;
  std::string in_, ending_;
};

}  // namespace blendsim::explore
