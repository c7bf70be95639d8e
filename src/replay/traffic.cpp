// SPDX-License-Identifier: Apache-2.0
#include "replay/traffic.h"

#include <algorithm>

namespace blendsim {

std::size_t TrafficPhase::bursts() const {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(), [](const TrafficNode& node) { return node.port.has_value(); }));
}

Cycles value(const StampRef& stamp, const NodeStamps& stamps) {
  if (stamp.kind == StampKind::doorbell) return stamps.doorbell;
  const BurstStamps& node = stamps.nodes[static_cast<std::size_t>(stamp.node)];
  return stamp.kind == StampKind::request ? node.request : stamp.kind == StampKind::grant ? node.grant : node.last;
}

Cycles value(std::span<const Wait> waits, const NodeStamps& stamps) {
  Cycles out = stamps.doorbell;
  for (const Wait& wait : waits) out = latest(out, value(wait.stamp, stamps) + wait.plus);
  return out;
}

const Wait* decisive(std::span<const Wait> waits, const NodeStamps& stamps) {
  const Wait* out = nullptr;
  Cycles most = 0;
  for (const Wait& wait : waits) {
    const Cycles at = value(wait.stamp, stamps) + wait.plus;
    if (out != nullptr && at <= most) continue;
    out = &wait;
    most = at;
  }
  return out;
}

NodeStamps by_node(const TrafficPhase& phase, const TrafficImage& image) {
  NodeStamps out{image.doorbell, std::vector<BurstStamps>(phase.nodes.size())};
  std::size_t burst = 0;
  for (std::size_t n = 0; n < phase.nodes.size(); ++n) {
    const TrafficNode& node = phase.nodes[n];
    if (node.port) out.nodes[n] = image.bursts.at(burst++);
    else out.nodes[n].request = value(node.waits, out);
  }
  return out;
}

}  // namespace blendsim
