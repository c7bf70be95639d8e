// SPDX-License-Identifier: Apache-2.0
// A network compiled for a shipped platform, for tests of whole runs.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/compile.h"
#include "network/integer_network.h"
#include "network/zoo.h"
#include "sim/machine.h"

namespace blendsim::test {

struct CompiledNetwork {
  CompiledNetwork(const std::string& onnx, const std::string& platform_name, const std::vector<std::string>& sets = {})
      : platform(load_platform(platform_name, sets, {BLENDSIM_CONFIGS})),
        program(compile(load_network(onnx), platform).program) {}

  // Integers of the input's format, other ones for another seed.
  [[nodiscard]] std::vector<std::int32_t> image(std::uint32_t seed) const {
    const HostInput& in = program.host_input;
    std::vector<std::int32_t> values(static_cast<std::size_t>(in.channels * in.height * in.width));
    const std::int64_t low = in.format.min(), span = in.format.max() - low + 1;
    for (std::int32_t& value : values) {
      seed = seed * 1664525U + 1013904223U;
      value = static_cast<std::int32_t>(low + static_cast<std::int64_t>(seed >> 8) % span);
    }
    return values;
  }

  [[nodiscard]] Run run(const std::vector<std::vector<std::int32_t>>& images, const RunOptions& options) const {
    return Machine::instance().run(platform.machine, program, images, options);
  }
  // Timing only.
  [[nodiscard]] Run time(std::size_t images = 1) const {
    RunOptions options;
    options.values = false;
    return run(std::vector<std::vector<std::int32_t>>(images), options);
  }

  Platform platform;
  Program program;
};

// neuroblend20 with one basic block a stage.
inline CompiledNetwork small_blend(const std::string& platform, const std::vector<std::string>& sets = {}) {
  const std::string file = testing::TempDir() + "/blendsim_model_small_blend.onnx";
  ZooOptions options;
  options.blocks = 1;
  write_zoo_network("neuroblend20", options, file);
  return CompiledNetwork(file, platform, sets);
}

}  // namespace blendsim::test
