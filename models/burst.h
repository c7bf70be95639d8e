// SPDX-License-Identifier: Apache-2.0
// A burst's generic payload: address, length and direction are TLM's; what time needs travels in an extension.
#pragma once

#include <deque>
#include <tlm>
#include <vector>

#include "result/events.h"
#include "units/units.h"

namespace blendsim {

struct BurstExtension : tlm::tlm_extension<BurstExtension> {
  MemoryPort port = MemoryPort::fetch;
  std::int32_t record = -1;  // instruction; -1: instruction fetch
  bool last = false;         // of its instruction
  std::int64_t beats = 0;    // bus words
  Cycles request = 0;        // sent by the initiator
  Cycles complete = 0;       // request, or a write's last beat, left the interconnect
  std::int64_t channel = 0;  // set by the interconnect
  // Set by the memory with the grant; a memory that knows only the end of its data leaves first_data at -1.
  Cycles grant = 0;        // visible to the requester
  Cycles first_data = -1;  // at the memory's border, accelerator cycles; the response's annotated time is the last
  bool row_hit = false;
  std::int64_t activates = 0;
  std::int64_t bank = -1;      // of its first byte; -1: the memory does not tell
  std::int64_t refreshes = 0;  // performed before the grant, since the channel's burst before

  [[nodiscard]] tlm::tlm_extension_base* clone() const override;
  void copy_from(tlm::tlm_extension_base const& other) override;
};

// Payloads are made once and used again: no allocation in a run that is no longer than one before.
class BurstPool : public tlm::tlm_mm_interface {
 public:
  BurstPool() = default;
  BurstPool(const BurstPool&) = delete;
  BurstPool& operator=(const BurstPool&) = delete;
  ~BurstPool() override;

  // A payload with its extension, one reference held.
  [[nodiscard]] tlm::tlm_generic_payload& acquire();
  void free(tlm::tlm_generic_payload* payload) override;
  // All payloads are free again: what an aborted run left in flight is forgotten.
  void reset();

 private:
  struct Entry {
    BurstExtension extension;
    tlm::tlm_generic_payload payload;
  };
  std::deque<Entry> entries_;
  std::vector<tlm::tlm_generic_payload*> free_;
};

// The extension that every payload of a pool carries.
[[nodiscard]] inline BurstExtension& burst_of(tlm::tlm_generic_payload& payload) {
  return *payload.get_extension<BurstExtension>();
}

}  // namespace blendsim
