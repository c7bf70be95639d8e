// SPDX-License-Identifier: Apache-2.0
#include "cli/recording.h"

#include <memory>

#include "cli/files.h"
#include "cli/machine_evaluate.h"
#include "compiler/retarget.h"
#include "result/recording.h"
#include "sim/machine.h"

namespace blendsim::cli {

RecordedRun record_timing(const Loaded& loaded) {
  Recording recording;
  RunOptions options;
  options.values = false;
  options.consumers = {&recording};
  (void)Machine::instance().run(loaded.platform.machine, loaded.program, {}, options);
  return {loaded.program, loaded.platform.machine, recording.main()};
}

Reruns reruns(const LoadArguments& arguments, const Loaded& loaded) {
  Reruns out;
  const Evaluate evaluate = machine_evaluate();
  out.time = [evaluate](const Program& program, const MachineParameters& machine) {
    return evaluate(program, machine).cycles;
  };
  if (!loaded.network) return out;
  const auto retargeter = std::make_shared<Retargeter>(*loaded.network);
  out.compiled = [&arguments, evaluate, retargeter](const std::vector<std::string>& sets) -> std::optional<Cycles> {
    std::vector<std::string> all = arguments.sets;
    all.insert(all.end(), sets.begin(), sets.end());
    try {
      const Platform platform = named_platform(arguments.platform, all);
      return evaluate(retargeter->timing_program(platform.machine, evaluate), platform.machine).cycles;
    } catch (const DiagnosticError&) {
      return std::nullopt;  // no such platform, or the network does not fit it
    }
  };
  return out;
}

}  // namespace blendsim::cli
