// SPDX-License-Identifier: Apache-2.0
#include "models/context.h"

#include <string>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): a bijective mix of 64 bits.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

void Context::notify(sc_core::sc_event& event, Cycles at) const {
  const Cycles in = at - now();
  if (in <= 0) {
    throw InvariantError("cycle " + std::to_string(now()),
                         "a process would wake at cycle " + std::to_string(at) + ", which is not later (rule 1)");
  }
  event.notify(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(in)));
}

void Context::flip_before(Cycles now) {
  for (; !upsets.empty() && upsets.back().cycle < now; upsets.pop_back()) {
    const Upset& upset = upsets.back();
    if (events != nullptr) events->upset({upset, now, *buffers, areas});
    buffers->flip(upset.buffer, upset.address, upset.bit);
  }
}

Cycles Context::delay(Delay kind, std::uint64_t which) const {
  if (stall_seed == 0) return 0;
  const std::uint64_t random = mix(mix(stall_seed) ^ mix(which * 4 + static_cast<std::uint64_t>(kind)));
  // Half of the events go undisturbed, the others wait 1 to 16 cycles.
  return random % 2 == 0 ? 0 : static_cast<Cycles>(1 + (random >> 8) % 16);
}

}  // namespace blendsim
