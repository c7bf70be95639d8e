// SPDX-License-Identifier: Apache-2.0
// Many networks: counts, and a folder for every kind of fault.
#pragma once

#include <map>
#include <string>

#include "trial.h"

namespace blendsim::differential {

struct CampaignOptions {
  std::uint64_t first_seed = 1;
  int count = 300;
  std::string folder;        // for the shrunk cases of faults, and progress.json, from which a broken campaign goes on;
                             // empty: nothing is written
  int shrink_trials = 1500;  // networks tried to shrink one fault
  int cases_written = 10;    // faults that are shrunk and written, one of a kind
  bool progress = false;
};

struct FaultSeen {
  int count = 0;
  std::uint64_t first_seed = 0;
  std::string detail, folder;
};

struct Totals {
  int networks = 0, lowered = 0, compiled = 0, equal = 0, refused = 0, unjudged = 0;
  Tally tally;
  std::map<std::string, int> refusals, not_compiled, judge_refusals;
  std::map<std::string, FaultSeen> faults;  // by kind and operators
  [[nodiscard]] std::string text() const;   // tables of the above
};

[[nodiscard]] Totals run_campaign(const CampaignOptions& options);

}  // namespace blendsim::differential
