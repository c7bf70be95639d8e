// SPDX-License-Identifier: Apache-2.0
// An interrupted command leaves no half-written file.
#pragma once

#include <cstddef>
#include <string>

namespace blendsim::cli {

// From here on the signals that end a process in ordinary use (SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU, and SIGPIPE
// without a word) remove what is half written, say so in a line, and end the process with status 128 + their number;
// SIGQUIT with a core, where the system writes them. One that was ignored already stays so (nohup). A process forked
// later ends without a word and removes nothing.
// A file that grows over the system's limit (SIGXFSZ) becomes an error of the write.
void handle_interrupts();

// While it lives, an interruption removes the file, if it is there.
class HalfWritten {
 public:
  explicit HalfWritten(std::string path);
  ~HalfWritten();
  HalfWritten(const HalfWritten&) = delete;
  HalfWritten& operator=(const HalfWritten&) = delete;

 private:
  std::string path_;
  std::size_t slot_;
};

}  // namespace blendsim::cli
