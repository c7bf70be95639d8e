// SPDX-License-Identifier: Apache-2.0
#include "explore/line_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/diagnostic.h"

namespace blendsim::explore {
namespace {

constexpr std::size_t longest_line = std::size_t{1} << 20;  // bytes; a program that writes more without a newline lies

// The program with both ends of `socket` as its standard streams; 0, or why not.
int spawn(const std::vector<std::string>& command, const std::string& folder, int socket, pid_t& process) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  ::posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  sigset_t none, ours;
  ::sigemptyset(&none);
  ::sigemptyset(&ours);
  ::sigaddset(&ours, SIGINT);
  ::sigaddset(&ours, SIGTERM);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &ours);
  const int status = ::posix_spawnp(&process, arguments.front(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return status;
}

}  // namespace

LineProcess::LineProcess(std::vector<std::string> command, std::string folder)
    : command_(std::move(command)), folder_(std::move(folder)) {}

LineProcess::~LineProcess() { stop(); }

bool LineProcess::runs() const { return process_ > 0 && owner_ == ::getpid(); }

void LineProcess::start() {
  stop();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw DiagnosticError("file-unreadable", {.file = command_.front()},
                          fmt::format("cannot be asked: {}", std::strerror(errno)));
  const int status = spawn(command_, folder_, ends[1], process_);
  ::close(ends[1]);
  if (status != 0) {
    ::close(ends[0]);
    process_ = -1;
    throw DiagnosticError(
        "file-unreadable", {.file = command_.front()}, fmt::format("cannot be started: {}", std::strerror(status)),
        fmt::format("it is looked for on the PATH or, with a slash in it, from {}", folder_.empty() ? "." : folder_));
  }
  socket_ = ends[0];
  owner_ = ::getpid();
}

void LineProcess::stop() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  in_.clear();
  if (runs()) {
    ::kill(-process_, SIGKILL);
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {}
    ending_ = WIFSIGNALED(status) ? fmt::format("was ended by signal {}", WTERMSIG(status))
                                  : fmt::format("ended with status {}", WEXITSTATUS(status));
  }
  process_ = -1;
}

bool LineProcess::send(std::string_view line) {
  const std::string bytes = std::string(line) + '\n';
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t size = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) sent += static_cast<std::size_t>(size);
  }
  return true;
}

bool LineProcess::receive(double seconds) {
  pollfd polled{socket_, POLLIN, 0};
  const double milliseconds = std::min(std::ceil(seconds * 1e3), 1e9);
  if (::poll(&polled, 1, static_cast<int>(milliseconds)) <= 0) return true;
  std::array<char, 4096> buffer{};
  const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  in_.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0 && in_.size() <= longest_line;
}

std::optional<std::string> LineProcess::take_line() {
  const std::size_t end = in_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = in_.substr(0, end);
  in_.erase(0, end + 1);
  return line;
}

}  // namespace blendsim::explore
