// SPDX-License-Identifier: Apache-2.0
// Evaluates points whose networks a program makes, or the study's own is quantised for.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "explore/pool.h"
#include "explore/study.h"

namespace blendsim::explore {

// A process has one of its own, and one program that makes networks, which is started when it is first asked and stays.
// It is given a line of JSON (Study::network_text) and writes the path of an ONNX file, relative to the study's folder,
// which it may write over for the next line. The last 16 networks are kept.
// Of a study that quantises (Study::quantised) there is no program, but this: a plan's network.
using QuantiseNetwork = std::function<IntegerNetwork(const PrecisionPlan&)>;

class MadeNetworks {
 public:
  // `study` is referred to; `machine` runs a program for its timing.
  MadeNetworks(const Study& study, Evaluate machine, QuantiseNetwork quantise = {});
  ~MadeNetworks();
  MadeNetworks(const MadeNetworks&) = delete;
  MadeNetworks& operator=(const MadeNetworks&) = delete;

  // What the platform alone says of a point of Study::asked_space(); nothing where its machine is searched for.
  [[nodiscard]] Outcome screen(const Point& point) const;
  // What one job comes to, the oracle's figure apart. A job that asks for repair is repaired or, where the study
  // searches machines for each network, gets the best that is found: the least in the first objective of the machine or
  // of a run, of those alike in it in the next. A network that the program does not make, or that cannot be lowered,
  // ends its point at the stage `program`: code "maker-failed", or the diagnostic's. Throws DiagnosticError where there
  // is no such program.
  [[nodiscard]] Trial evaluate(const Job& job);
  // The figures of a point of Study::asked_space(), the oracle's apart; NaN: unknown. A point's are kept.
  [[nodiscard]] std::vector<double> figures(const Point& point);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim::explore
