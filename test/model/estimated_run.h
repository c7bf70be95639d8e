// SPDX-License-Identifier: Apache-2.0
// A timing-only run of a compiled network with its power.
#pragma once

#include "power/windows.h"
#include "test/model/compiled_network.h"

namespace blendsim::test {

// The network must outlive it.
struct EstimatedRun {
  EstimatedRun(const CompiledNetwork& n, Run r)
      : network(n),
        run(std::move(r)),
        technology(load_technology(n.platform.technology, {BLENDSIM_CONFIGS})),
        activity(load_activity({BLENDSIM_CONFIGS})),
        resources(estimate_resources(n.platform)),
        model(n.platform, resources, technology, activity),
        power(estimate_power(run, static_cast<std::int64_t>(run.completions.size()), model)) {}
  explicit EstimatedRun(const CompiledNetwork& n, std::size_t images = 1) : EstimatedRun(n, n.time(images)) {}
  EstimatedRun(const EstimatedRun&) = delete;
  EstimatedRun& operator=(const EstimatedRun&) = delete;
  ~EstimatedRun() = default;

  [[nodiscard]] EnergyOverTime over_time() const { return {network.program, model, run, power}; }
  [[nodiscard]] PowerWindows windows(Cycles from, Cycles to, Cycles width) const {
    return over_time().windows(run.records, from, to, width);
  }
  // By PowerWindows::parts.
  [[nodiscard]] std::vector<std::int64_t> energies() const {
    std::vector<std::int64_t> out;
    for (const PartEnergy& part : power.parts) out.push_back(part.action_fj + part.clock_fj);
    out.push_back(power.dram_fj);
    return out;
  }

  const CompiledNetwork& network;
  Run run;
  Technology technology;
  ActivityModel activity;
  ResourceEstimate resources;
  PowerModel model;
  PowerEstimate power;
};

}  // namespace blendsim::test
