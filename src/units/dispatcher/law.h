// SPDX-License-Identifier: Apache-2.0
// Timing law of the dispatcher (rule 5): a pipeline of `decode` registers, one instruction word a cycle.
#pragma once

#include <algorithm>
#include <type_traits>

#include "units/dispatcher/parameters.h"
#include "units/latest.h"

namespace blendsim {

// Cycle in which a word is read: it is there, the word before was read, and the word `decode` places before has been
// written (its register is free).
template <class Moment = Cycles>
[[nodiscard]] constexpr Moment read_cycle(const std::type_identity_t<Moment>& available,
                                          const std::type_identity_t<Moment>& previous_read,
                                          const std::type_identity_t<Moment>& written_decode_before) {
  return latest(available, previous_read + 1, written_decode_before);
}
// Cycle in which a word leaves the pipeline; with an instruction's last word the queue entry is written, if the slot of
// the entry `queue_depth` before was freed in an earlier cycle (`slot_freed`; rule 1). The entry is visible one cycle
// later.
template <class Moment = Cycles>
[[nodiscard]] constexpr Moment write_cycle(const std::type_identity_t<Moment>& read, Cycles decode,
                                           const std::type_identity_t<Moment>& previous_write,
                                           const std::type_identity_t<Moment>& slot_freed) {
  return latest(read + decode, previous_write + 1, slot_freed + 1);
}

// Words of a fetch burst: whole bus words, at most `burst` of them, at most the FIFO.
[[nodiscard]] constexpr std::int64_t fetch_words(std::int64_t burst, std::int64_t port_width, std::int64_t prefetch) {
  const std::int64_t per_beat = std::max<std::int64_t>(1, port_width / 128);
  const std::int64_t words = std::min(std::max<std::int64_t>(1, burst * port_width / 128), prefetch);
  return std::max(per_beat, words / per_beat * per_beat);
}

}  // namespace blendsim
