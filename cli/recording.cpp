// SPDX-License-Identifier: Apache-2.0
#include "cli/recording.h"

#include <memory>

#include "cli/files.h"
#include "cli/machine_evaluate.h"
#include "compiler/retarget.h"
#include "estimate/estimate.h"
#include "result/recording.h"
#include "sim/machine.h"

namespace blendsim::cli {

RecordedRun record_timing(const Loaded& loaded, std::size_t images) {
  Recording recording;
  RunOptions options;
  options.values = false;
  options.consumers = {&recording};
  const std::vector<std::vector<std::int32_t>> inputs(images);  // time depends on no value
  (void)Machine::instance().run(loaded.platform.machine, loaded.program, inputs, options);
  return {loaded.program, loaded.platform.machine, recording.main()};
}

Reruns reruns(const LoadArguments& arguments, const Loaded& loaded) {
  Reruns out;
  const Evaluate evaluate = machine_evaluate();
  const bool asked_fits = estimate_resources(loaded.platform).fits;
  const auto fits = [asked_fits](const Platform& platform) { return !asked_fits || estimate_resources(platform).fits; };
  out.time = [evaluate, fits, platform = loaded.platform](const Program& program,
                                                          const MachineParameters& machine) -> std::optional<Rerun> {
    Platform other = platform;
    other.machine = machine;
    try {
      return Rerun{evaluate(program, machine).cycles, fits(other)};
    } catch (const DiagnosticError&) {
      return std::nullopt;  // such as a token counter that overflows
    }
  };
  if (!loaded.network) return out;
  const auto retargeter = std::make_shared<Retargeter>(*loaded.network);
  out.compiled = [&arguments, evaluate, fits,
                  retargeter](const std::vector<std::string>& sets) -> std::optional<Rerun> {
    std::vector<std::string> all = arguments.sets;
    all.insert(all.end(), sets.begin(), sets.end());
    try {
      const Platform platform = named_platform(arguments.platform, all);
      const Cycles cycles = evaluate(retargeter->timing_program(platform.machine, evaluate), platform.machine).cycles;
      return Rerun{cycles, fits(platform)};
    } catch (const DiagnosticError&) {
      return std::nullopt;  // no such platform, or the network does not fit it
    }
  };
  return out;
}

}  // namespace blendsim::cli
