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

void say(std::string_view text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }

void end_interrupted(int signal) {
  if (::getpid() == owner) {
    bool removed = false;
    for (const Slot& slot : half_written) {
      const char* path = slot.load();
      if (path != nullptr && ::unlink(path) == 0) removed = true;
    }
    if (on_terminal) say("\n");
    say(signal == SIGINT ? "interrupted" : "terminated");
    say(removed ? "; what was half written is removed\n" : "\n");
  }
  ::_exit(128 + signal);
}

}  // namespace

void handle_interrupts() {
  owner = ::getpid();
  on_terminal = ::isatty(STDERR_FILENO) != 0;
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = end_interrupted;
    ::sigaddset(&action.sa_mask, SIGINT);  // one after the other
    ::sigaddset(&action.sa_mask, SIGTERM);
    ::sigaction(signal, &action, nullptr);
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
