// SPDX-License-Identifier: Apache-2.0
#include "replay/settle.h"

#include <algorithm>

namespace blendsim {
namespace {

// The least that a stamp of a node lies behind its request.
Cycles least_after_request(StampKind kind) {
  switch (kind) {
    case StampKind::doorbell:
    case StampKind::request: return 0;
    case StampKind::grant: return 1;
    case StampKind::last: break;
  }
  return 2;
}

}  // namespace

void Settler::added() {
  while (least_.size() < nodes_.size()) {
    Cycles least = 0;
    for (const Wait& wait : nodes_[least_.size()].waits) {
      const Cycles of_node =
          wait.stamp.kind == StampKind::doorbell
              ? 0
              : least_[static_cast<std::size_t>(wait.stamp.node)] + least_after_request(wait.stamp.kind);
      least = std::max(least, of_node + wait.plus);
    }
    least_.push_back(least);
  }
}

// Looks one node back from `by`.
bool Settler::is_passed(const Wait& term, const Wait& by) const {
  if (by.stamp.kind == StampKind::doorbell) return false;
  const auto node = static_cast<std::size_t>(by.stamp.node);
  const Cycles behind = least_after_request(by.stamp.kind) + by.plus;
  if (term.stamp.kind == StampKind::doorbell) return least_[node] + behind >= term.plus;
  if (term.stamp.node == by.stamp.node) {
    return by.stamp.kind > term.stamp.kind && behind - least_after_request(term.stamp.kind) >= term.plus;
  }
  const auto& waits = nodes_[node].waits;
  return std::any_of(waits.begin(), waits.end(),
                     [&](const Wait& wait) { return wait.stamp == term.stamp && wait.plus + behind >= term.plus; });
}

std::vector<Wait> Settler::needed(const Moment& moment) const {
  std::vector<Wait> out;
  for (const Wait& term : moment.terms()) {
    const bool passed = std::any_of(moment.terms().begin(), moment.terms().end(),
                                    [&](const Wait& by) { return by.stamp != term.stamp && is_passed(term, by); });
    if (!passed) out.push_back(term);
  }
  return out;
}

Moment Settler::settled(const Moment& moment) {
  std::vector<Wait> terms = needed(moment);
  if (terms.size() <= most_terms) return Moment(std::move(terms));
  for (Wait& term : terms) term.cause = WaitCause::unspecified;
  TrafficNode join;
  join.waits = std::move(terms);
  nodes_.push_back(std::move(join));
  added();
  return Moment({StampKind::request, static_cast<std::int32_t>(nodes_.size()) - 1}, 0);
}

}  // namespace blendsim
