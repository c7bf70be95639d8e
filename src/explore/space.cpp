// SPDX-License-Identifier: Apache-2.0
#include "explore/space.h"

namespace blendsim::explore {

double Space::size() const {
  double points = 1;
  for (const Dimension& dimension : dimensions) points *= static_cast<double>(dimension.values.size());
  return points;
}

}  // namespace blendsim::explore
