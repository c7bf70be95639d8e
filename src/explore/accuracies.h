// SPDX-License-Identifier: Apache-2.0
// What the oracle has said, kept in the journal: a network is asked for once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "explore/journal.h"
#include "explore/oracle.h"
#include "explore/study.h"

namespace blendsim::explore {

class Accuracies {
 public:
  // All referred to; the journal is open to be written.
  Accuracies(const Study& study, Journal& journal, Oracle& oracle);

  // Gives each complete trial the oracle's figure, and ends those that it puts beyond a limit at the stage `machine`,
  // as it does those of which the oracle has no answer: code "oracle-failed", the reason as subject. Other trials are
  // not asked for: what the simulator refuses needs no training. An answer is in the journal before the next is waited
  // for.
  void complete(std::span<Trial> trials);
  // Networks that were asked for, of these trials and those before: a function of the study's trials, whatever was
  // answered for a batch that was lost.
  std::int64_t count(std::span<const Trial> trials);

 private:
  void ask(std::span<const Trial> trials);

  const Study& study_;
  Journal& journal_;
  Oracle& oracle_;
  std::map<std::string, Answer> answers_;
  std::set<std::string> counted_;
};

// The study's oracle. Null: it has none, or asks nothing of it.
[[nodiscard]] std::unique_ptr<Oracle> oracle_of(const Study& study);

// The figure of `trial` from an answer, and what that means for it.
void take_answer(const Study& study, const Answer& answer, Trial& trial);

}  // namespace blendsim::explore
