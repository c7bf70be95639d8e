// SPDX-License-Identifier: Apache-2.0
// A lowered network and its run on the machine, against the judge.
#pragma once

#include <string>
#include <vector>

#include "judge.h"
#include "network/integer_network.h"
#include "result/run.h"

namespace blendsim::differential {

// What was wrong. kind: what a shrunk case must keep; where and detail: for the reader.
struct Fault {
  std::string kind, where, detail;
};

struct Tally {
  int layers = 0, exact_layers = 0;
  std::int64_t values = 0;     // compared with the judge's
  std::int64_t uncertain = 0;  // of these, where another order of a float sum may give another code
  std::int64_t admitted = 0;   // differences in layers that are called differing
  int tensors = 0;             // compared
  int hidden = 0;              // layers that cannot be judged: a float sum inside rounds, and a quantiser behind it
  int moved = 0;               // layers that differ behind a code that another order of a float sum decided otherwise
};

struct Comparison {
  std::vector<Fault> faults;
  Tally tally;
};

// Layer by layer, each on the judge's own tensors where it has them; then the host's operators; then end to end.
// `run`: nullptr where the network did not compile for its platform.
[[nodiscard]] Comparison compare(const IntegerNetwork& network, const Run* run, const Judgement& judgement,
                                 const Traits& traits, const FloatArray& input);

}  // namespace blendsim::differential
