// SPDX-License-Identifier: Apache-2.0
// One network through BlendSim, in a process of its own: nothing that it does can end the test.
#pragma once

#include <string>

#include "comparison.h"
#include "generator.h"

namespace blendsim::differential {

struct Outcome {
  enum class Kind { equal, refused, fault };
  Kind kind = Kind::equal;
  std::string reason;  // fault: its kind; refused: code and message without names and numbers
  std::string where, detail;
  std::string not_compiled;  // lowered and compared, but its platform refuses it: why
  std::string unjudged;      // the judge refuses it: why; run all the same
  Tally tally;
};

inline constexpr int seconds_a_network = 20;

class Trials {
 public:
  Trials();
  // Judges and runs a case. BlendSim has seconds_a_network, and 6 GB.
  [[nodiscard]] Outcome run(const Case& c);
  // Writes a case as a user would meet it: model.onnx, x.npy, expected.npy of each output, README.txt.
  void write(const std::string& folder, const Case& c, const Outcome& outcome, const std::string& origin);

 private:
  Judge judge_;
};

// A message without what differs between networks of one kind: names in quotes and digits.
[[nodiscard]] std::string skeleton(const std::string& message);

[[nodiscard]] std::string platform_text(int index);

}  // namespace blendsim::differential
