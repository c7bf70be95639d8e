// SPDX-License-Identifier: Apache-2.0
// Keeps moments short: drops what can never be the latest, and turns into a join what still has many terms.
#pragma once

#include <vector>

#include "replay/traffic.h"

namespace blendsim {

class Settler {
 public:
  // `nodes`: outlives this, and grows at its end alone; whoever adds a node calls added().
  explicit Settler(std::vector<TrafficNode>& nodes) : nodes_(nodes) {}

  // The moment without the terms that another one of it always reaches or passes, whatever the memory answers: a grant
  // comes a cycle after its request at the earliest, the last beat or response a cycle after the grant.
  [[nodiscard]] std::vector<Wait> needed(const Moment& moment) const;
  // The same moment with at most `most_terms` of them: of more, a join is made.
  [[nodiscard]] Moment settled(const Moment& moment);
  [[nodiscard]] std::vector<Wait> waits(const Moment& moment) { return needed(settled(moment)); }
  void added();

  static constexpr std::size_t most_terms = 4;

 private:
  [[nodiscard]] bool is_passed(const Wait& term, const Wait& by) const;

  std::vector<TrafficNode>& nodes_;
  std::vector<Cycles> least_;  // of each node's request, behind the doorbell
};

}  // namespace blendsim
