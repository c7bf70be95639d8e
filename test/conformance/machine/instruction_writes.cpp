// SPDX-License-Identifier: Apache-2.0
#include "instruction_writes.h"

#include <algorithm>
#include <array>

#include "load_stream.h"
#include "mac_array_stream.h"
#include "pool_unit_stream.h"
#include "post_unit_stream.h"
#include "transpose_unit_stream.h"
#include "xnor_array_stream.h"

namespace blendsim::conformance {
namespace {

std::vector<WordWrite> load_lane_writes(const Executed& executed, const MachineParameters& machine,
                                        const Buffers& after) {
  std::vector<WordWrite> lanes;
  for (WordWrite& word : load_writes(executed, machine, after)) {
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

// Units whose write ports bench_machine.sv brings out. store writes no buffer: what it sends is in the outputs.
struct Writer {
  UnitId unit;
  std::vector<WordWrite> (*writes)(const Executed&, const MachineParameters&, const Buffers&);
};
constexpr std::array writers = {
    Writer{UnitId::load, load_lane_writes},      Writer{UnitId::xnor_array, xnor_array_writes},
    Writer{UnitId::mac_array, mac_array_writes}, Writer{UnitId::post_unit, post_unit_writes},
    Writer{UnitId::pool_unit, pool_unit_writes}, Writer{UnitId::transpose_unit, transpose_unit_writes},
};

}  // namespace

std::vector<WordWrite> instruction_writes(const Executed& executed, const MachineParameters& machine,
                                          const Buffers& after) {
  const UnitId unit = unit_of(executed.instruction);
  const auto* writer = std::find_if(writers.begin(), writers.end(), [&](const Writer& w) { return w.unit == unit; });
  return writer == writers.end() ? std::vector<WordWrite>() : writer->writes(executed, machine, after);
}

}  // namespace blendsim::conformance
