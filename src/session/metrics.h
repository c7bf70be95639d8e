// SPDX-License-Identifier: Apache-2.0
// What a design is judged by: every figure of a report that a study may name as objective or limit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "estimate/clock.h"
#include "isa/program.h"
#include "network/integer_network.h"
#include "platform/platform.h"
#include "power/power.h"
#include "result/run.h"

namespace blendsim {

// What is known of a design once it has been evaluated as far as it goes. What a stage did not reach is null.
struct Evaluated {
  const Platform& platform;
  const ResourceEstimate& resources;
  const IntegerNetwork* network = nullptr;
  const Program* program = nullptr;  // of it
  const Run* run = nullptr;
  const PowerEstimate* power = nullptr;
};

struct Metric {
  // What it needs. `machine` is known before compiling; `oracle`: what a study's oracle says of a network, no
  // evaluator.
  enum class From : std::uint8_t { machine, network, run, power, oracle };
  std::string_view name;  // "latency"
  std::string_view unit;  // what its number counts: "s", "cycles", "share" (of 1), "" for a count
  std::string_view sentence;
  From from;
  double (*get)(const Evaluated&);
};

// In the order in which `blendsim explore` lists them.
[[nodiscard]] std::span<const Metric> metrics();
// Null: there is no such metric.
[[nodiscard]] const Metric* find_metric(std::string_view name);

}  // namespace blendsim
