// SPDX-License-Identifier: Apache-2.0
#include "models/burst.h"

namespace blendsim {

tlm::tlm_extension_base* BurstExtension::clone() const {
  return new BurstExtension(*this);  // TLM-2.0 owns clones and deletes them
}

void BurstExtension::copy_from(tlm::tlm_extension_base const& other) {
  *this = static_cast<const BurstExtension&>(other);
}

BurstPool::~BurstPool() {
  for (Entry& entry : entries_) entry.payload.clear_extension<BurstExtension>();
}

tlm::tlm_generic_payload& BurstPool::acquire() {
  if (free_.empty()) {
    Entry& entry = entries_.emplace_back();
    entry.payload.set_mm(this);
    entry.payload.set_extension(&entry.extension);
    free_.push_back(&entry.payload);
  }
  tlm::tlm_generic_payload& payload = *free_.back();
  free_.pop_back();
  payload.acquire();
  return payload;
}

void BurstPool::free(tlm::tlm_generic_payload* payload) { free_.push_back(payload); }

void BurstPool::reset() {
  if (free_.size() == entries_.size()) return;
  free_.clear();
  for (Entry& entry : entries_) {
    while (entry.payload.get_ref_count() > 1) entry.payload.release();
    if (entry.payload.get_ref_count() == 1) entry.payload.release();  // calls free()
    else free_.push_back(&entry.payload);
  }
}

}  // namespace blendsim
