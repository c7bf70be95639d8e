// SPDX-License-Identifier: Apache-2.0
// What the commands of a session work on: the run, the present cycle, the stops.
#pragma once

#include <string>
#include <vector>

#include "debug/program_map.h"
#include "debug/stops.h"
#include "debug/timeline.h"
#include "debug/values.h"

namespace blendsim::debug {

struct Bench {
  explicit Bench(const Subject& what)
      : subject(what),
        map(subject),
        init(subject.recording.init()),
        main(subject.recording.main()),
        values(subject, map, init, main) {}
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  [[nodiscard]] const Timeline& line(Phase phase) const { return phase == Phase::init ? init : main; }
  [[nodiscard]] const Timeline& line() const { return line(now.phase); }
  [[nodiscard]] std::int32_t image() const { return now.phase == Phase::main ? main.image(now.at) : 0; }
  [[nodiscard]] const Instruction& instruction(Phase phase, std::int32_t record) const {
    return map.instructions(phase)[static_cast<std::size_t>(line(phase).record(record).instruction)];
  }

  Subject subject;
  ProgramMap map;
  Timeline init, main;
  Values values;
  Stops stops;
  Instant now;                        // begins in cycle 0 of main
  Instant visited;                    // where the last command that moved came from
  std::vector<std::string> displays;  // commands that every stop performs
  bool over = false;
};

}  // namespace blendsim::debug
