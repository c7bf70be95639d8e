// SPDX-License-Identifier: Apache-2.0
// A network compiled for a shipped platform, for tests of whole runs.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
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

// A network of the zoo as a file that is this process's own: tests run side by side. Gone at its end.
class ZooFile {
 public:
  explicit ZooFile(const std::string& name, const ZooOptions& options = {})
      : path_(testing::TempDir() + "/blendsim_" + name + "_" + std::to_string(::getpid()) + "_" +
              std::to_string(next()++) + ".onnx") {
    write_zoo_network(name, options, path_);
  }
  ~ZooFile() { std::remove(path_.c_str()); }
  ZooFile(const ZooFile&) = delete;
  ZooFile& operator=(const ZooFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static int& next() {
    static int number = 0;
    return number;
  }
  std::string path_;
};

// neuroblend20 with one basic block a stage.
inline ZooOptions one_block() {
  ZooOptions options;
  options.blocks = 1;
  return options;
}
inline CompiledNetwork small_blend(const std::string& platform, const std::vector<std::string>& sets = {}) {
  return CompiledNetwork(ZooFile("neuroblend20", one_block()).path(), platform, sets);
}

}  // namespace blendsim::test
