// SPDX-License-Identifier: Apache-2.0
// A batch of images on several cores, with the Run that one core gives.
//
// SystemC elaborates one machine a process, so cores are processes. Time does not depend on values: this process
// simulates the whole batch for its timing, images back to back as they are, while each worker computes the values of a
// stretch of consecutive images. Cycles, records and counts are the whole batch's; outputs and tensors are the
// workers', in order, and so are the sums of switching activity.
#pragma once

#include <span>
#include <vector>

#include "sim/machine.h"

namespace blendsim::cli {

// jobs: at least 1; more than there are images is as many as there are. Throws what Machine::run throws: a batch in
// which anything fails is run again by this process alone, so that the diagnosis does not depend on `jobs`.
[[nodiscard]] Run run_batch(const MachineParameters& machine, const Program& program,
                            std::span<const std::vector<std::int32_t>> images, const RunOptions& options,
                            std::size_t jobs);

}  // namespace blendsim::cli
