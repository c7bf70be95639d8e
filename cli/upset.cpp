// SPDX-License-Identifier: Apache-2.0
#include "cli/upset.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/files.h"
#include "upset/place.h"
#include "upset/verdict.h"

namespace blendsim::cli {

UpsetRun run_upsets(const Loaded& loaded, const Inputs& inputs, const RunOptions& options,
                    const std::vector<std::string>& flips) {
  const MachineParameters& machine = loaded.platform.machine;
  RunOptions watched = options;
  watched.check_hazards = watched.capture_tensors = true;  // both begin with cleared buffers
  watched.consumers.clear();
  std::vector<Upset> upsets;
  for (const std::string& flip : flips) {
    upsets.push_back(parse_upset(flip, machine));
    const Upset& upset = upsets.back();
    const auto same = [&](const Upset& other) {
      return other.buffer == upset.buffer && other.address == upset.address && other.bit == upset.bit;
    };
    if (std::any_of(upsets.begin(), upsets.end() - 1, same))
      usage_error(fmt::format("--flip names {} twice", place_text(upset, machine)), "flip it once");
  }
  const Run sound = Machine::instance().run(machine, loaded.program, inputs.quantised, watched);
  for (const Upset& upset : upsets) {
    if (upset.cycle < sound.cycles) continue;
    usage_error(fmt::format("--flip in cycle {}: the run is over by then", upset.cycle),
                fmt::format("its cycles are 0 to {}", sound.cycles - 1));
  }
  UpsetTracker tracker(loaded.program, machine);
  watched.upsets = upsets;
  watched.consumers = options.consumers;
  watched.consumers.push_back(&tracker);
  UpsetRun out;
  out.run = Machine::instance().run(machine, loaded.program, inputs.quantised, watched);
  out.text = verdict_text(loaded.program, machine, upsets, judge_upset(loaded.program, sound, out.run, tracker));
  return out;
}

}  // namespace blendsim::cli
