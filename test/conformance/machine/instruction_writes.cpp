// SPDX-License-Identifier: Apache-2.0
#include "instruction_writes.h"

#include "load_stream.h"
#include "mac_array_stream.h"
#include "pool_unit_stream.h"
#include "post_unit_stream.h"
#include "xnor_array_stream.h"

namespace blendsim::conformance {
namespace {

std::vector<WordWrite> in_lanes(std::vector<WordWrite> words) {
  std::vector<WordWrite> lanes;
  for (WordWrite& word : words) {
    if (word.place != Place::act_fixed) {
      lanes.push_back(std::move(word));
      continue;
    }
    for (std::uint32_t lane = 0; lane < word.data.size(); ++lane) {
      lanes.push_back({word.cycle, Place::act_fixed_lane, word.address * 4 + lane, {word.data[lane]}});
    }
  }
  return lanes;
}

}  // namespace

std::vector<WordWrite> instruction_writes(const Executed& executed, const MachineParameters& machine,
                                          const Buffers& after) {
  switch (unit_of(executed.instruction)) {
    case UnitId::load: return in_lanes(load_writes(executed, machine, after));
    case UnitId::store: break;  // writes no buffer: what it sends is in the outputs
    case UnitId::xnor_array: return xnor_array_writes(executed, machine, after);
    case UnitId::mac_array: return mac_array_writes(executed, machine, after);
    case UnitId::post_unit: return post_unit_writes(executed, machine, after);
    case UnitId::pool_unit: return pool_unit_writes(executed, machine, after);
  }
  return {};
}

}  // namespace blendsim::conformance
