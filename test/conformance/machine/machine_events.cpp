// SPDX-License-Identifier: Apache-2.0
#include "machine_events.h"

#include <algorithm>
#include <tuple>

namespace blendsim::conformance {

void sort_writes(std::vector<UnitWrite>& writes) {
  std::stable_sort(writes.begin(), writes.end(), [](const UnitWrite& a, const UnitWrite& b) {
    return std::tie(a.word.cycle, a.word.place, a.word.address) < std::tie(b.word.cycle, b.word.place, b.word.address);
  });
}

}  // namespace blendsim::conformance
