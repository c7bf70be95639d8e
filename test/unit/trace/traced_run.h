// SPDX-License-Identifier: Apache-2.0
// A small Blend block run with a trace in one format.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "test/model/estimated_run.h"
#include "trace/executed_recorder.h"
#include "trace/sink.h"

namespace blendsim::test {

inline const CompiledNetwork& traced_network() {
  static const CompiledNetwork network = small_blend("zu3eg");
  return network;
}

struct TracedRun {
  Run run;
  std::string file;
  std::int64_t bytes = 0, events = 0;
  std::optional<TraceStop> stopped;
};

// Timing only. Files are named by the running test. Of its power over time in windows of so many cycles; 0: none.
inline TracedRun traced_run(const std::string& ending, TraceOptions options = {}, std::size_t images = 1,
                            Cycles window = 0) {
  if (window != 0) options.power_window = window;
  const CompiledNetwork& network = traced_network();
  const TraceSubject subject(network.program, network.platform.machine, network.platform.name);
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  TracedRun out;
  out.file = testing::TempDir() + "/blendsim_" + std::to_string(::getpid()) + "_" + test->test_suite_name() + "_" +
             test->name() + ending;
  const std::unique_ptr<Sink> sink = open_sink(format_of(out.file), out.file, subject, options);
  RunOptions run;
  run.values = false;
  ExecutedRecorder executed(options.window);
  executed.watch(*sink);
  run.consumers = {sink.get(), &executed};
  out.run = network.run(std::vector<std::vector<std::int32_t>>(images), run);
  if (window != 0) {
    const EstimatedRun estimated(network, out.run);
    sink->power(estimated.over_time().windows(executed.records(), executed.from(), executed.to(), window));
  }
  sink->close();
  out.bytes = sink->bytes();
  out.events = sink->events();
  out.stopped = sink->stopped();
  EXPECT_EQ(out.bytes, static_cast<std::int64_t>(std::filesystem::file_size(out.file)));
  return out;
}

inline TraceOptions with_window(const TraceWindow& window) {
  TraceOptions options;
  options.window = window;
  return options;
}

}  // namespace blendsim::test
