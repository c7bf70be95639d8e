// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_evaluate.h"

#include "sim/machine.h"

namespace blendsim::cli {

Evaluate machine_evaluate() {
  return [](const Program& program, const Platform& platform) {
    const HostInput& input = program.host_input;
    const std::size_t size = static_cast<std::size_t>(input.channels) * static_cast<std::size_t>(input.height) *
                             static_cast<std::size_t>(input.width);
    const std::vector<std::vector<std::int32_t>> image = {std::vector<std::int32_t>(size)};
    RunOptions options;
    options.values = false;
    return Machine::instance().run(platform.machine, program, image, options);
  };
}

}  // namespace blendsim::cli
