// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string_view>
#include <utility>

namespace blendsim::cli {
namespace {

// What the handler reads: it may come between any two instructions, so there are no locks and no memory is asked for.
using Slot = std::atomic<const char*>;
static_assert(Slot::is_always_lock_free);
std::array<Slot, 64> half_written{};  // more are never open at once: two a trace, one for any other output
pid_t owner = 0;
bool on_terminal = false;  // there the cursor stands behind ^C

struct Signal {
  int number;
  std::string_view words;
};
constexpr std::array signals = {Signal{SIGHUP, "hung up"},     Signal{SIGINT, "interrupted"},  Signal{SIGQUIT, "quit"},
                                Signal{SIGTERM, "terminated"}, Signal{SIGXCPU, "out of time"}, Signal{SIGPIPE, ""}};

void say(std::string_view text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }

void say_why(int signal, bool removed) {
  if (on_terminal) say("\n");
  for (const Signal& known : signals) {
    if (known.number == signal) say(known.words);
  }
  say(removed ? "; what was half written is removed\n" : "\n");
}

void end_interrupted(int signal) {
  if (::getpid() == owner) {
    bool removed = false;
    for (const Slot& slot : half_written) {
      const char* path = slot.load();
      if (path != nullptr && ::unlink(path) == 0) removed = true;
    }
    if (signal != SIGPIPE) say_why(signal, removed);
    if (signal == SIGQUIT) {  // the system's own handling comes when this one returns
      ::signal(SIGQUIT, SIG_DFL);
      ::raise(SIGQUIT);
      return;
    }
  }
  ::_exit(128 + signal);
}

}  // namespace

void handle_interrupts() {
  owner = ::getpid();
  on_terminal = ::isatty(STDERR_FILENO) != 0;
  for (const Signal& signal : signals) {
    struct sigaction action {};
    if (::sigaction(signal.number, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = end_interrupted;
    for (const Signal& other : signals) ::sigaddset(&action.sa_mask, other.number);  // one after the other
    ::sigaction(signal.number, &action, nullptr);
  }
  ::signal(SIGXFSZ, SIG_IGN);
}

HalfWritten::HalfWritten(std::string path) : path_(std::move(path)), slot_(0) {
  for (; slot_ < half_written.size(); ++slot_) {
    const char* none = nullptr;
    if (half_written[slot_].compare_exchange_strong(none, path_.c_str())) return;
  }
}

HalfWritten::~HalfWritten() {
  if (slot_ < half_written.size()) half_written[slot_].store(nullptr);
}

}  // namespace blendsim::cli
