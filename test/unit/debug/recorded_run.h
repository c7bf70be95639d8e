// SPDX-License-Identifier: Apache-2.0
// A run of a built-in network, recorded, with a session over it; and the same run as the machine tells it otherwise.
#pragma once

#include <map>
#include <memory>

#include "debug/bench.h"
#include "debug/session.h"
#include "test/model/compiled_network.h"

namespace blendsim::test {

struct RecordedRun {
  explicit RecordedRun(const std::string& network, const std::string& platform = "zu3eg", std::uint32_t images = 1,
                       const ZooOptions& options_of_network = {}, const std::vector<std::string>& sets = {})
      : compiled(zoo_file(network, options_of_network), platform, sets) {
    for (std::uint32_t n = 0; n < images; ++n) inputs.push_back(compiled.image(n + 1));
    RunOptions options;
    options.capture_tensors = true;
    options.consumers = {&recording};
    run = compiled.run(inputs, options);
    session = std::make_unique<debug::Session>(
        debug::Subject{compiled.program, compiled.platform.machine, recording, inputs});
  }
  [[nodiscard]] debug::Bench& bench() { return session->bench(); }
  // The cycle of main in which the session stands.
  [[nodiscard]] Cycles now() { return bench().now.at; }
  std::string perform(const std::string& line) { return session->perform(line); }

  static std::string zoo_file(const std::string& network, const ZooOptions& options) {
    const std::string file = testing::TempDir() + "/blendsim_debug_" + network + std::to_string(::getpid()) + ".onnx";
    write_zoo_network(network, options, file);
    return file;
  }

  CompiledNetwork compiled;
  std::vector<std::vector<std::int32_t>> inputs;
  Recording recording;
  Run run;
  std::unique_ptr<debug::Session> session;
};

// Compiled and recorded once a process.
inline RecordedRun& tiny() {
  static RecordedRun run("neuroblend_tiny", "zu3eg", 2);
  return run;
}

}  // namespace blendsim::test
