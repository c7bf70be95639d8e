// SPDX-License-Identifier: Apache-2.0
#include "replay/moment.h"

namespace blendsim {

void Moment::add(const Wait& term) {
  for (Wait& own : terms_) {
    if (own.stamp != term.stamp) continue;
    if (own.plus < term.plus) own = term;
    return;
  }
  terms_.push_back(term);
}

Moment latest(const Moment& a, const Moment& b) {
  Moment sum = a;
  for (const Wait& term : b.terms()) sum.add(term);
  return sum;
}

}  // namespace blendsim
