// SPDX-License-Identifier: Apache-2.0
// Where a session stops: breakpoints and watches. The run is known, so each is the list of its hits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "debug/program_map.h"

namespace blendsim::debug {

struct Hit {
  Instant at;
  std::int32_t record = -1;
  std::int64_t amount = 0;  // cycles of a stall, values saturated
};

struct Stop {
  enum class Kind : std::uint8_t { cycle, image, layer, instruction, unit, stall, saturation, watch };
  std::int32_t number = 0;
  Kind kind = Kind::cycle;
  std::string what{};       // as it was asked for: "layer conv3"
  std::vector<Hit> hits{};  // by time
  WordPlace word{};         // of a watch
  bool enabled = true, once = false;
};

class Stops {
 public:
  // Returns the stop's number, from 1 on.
  std::int32_t add(Stop stop);
  [[nodiscard]] std::vector<Stop>& list() { return list_; }
  [[nodiscard]] const std::vector<Stop>& list() const { return list_; }
  [[nodiscard]] Stop* find(std::int32_t number);
  void remove(std::int32_t number);

  // Time of the nearest hit of an enabled stop behind or before an instant.
  [[nodiscard]] std::optional<Instant> next(const Instant& behind) const;
  [[nodiscard]] std::optional<Instant> previous(const Instant& before) const;
  // What hits in an instant.
  struct Here {
    const Stop* stop;
    Hit hit;
  };
  [[nodiscard]] std::vector<Here> here(const Instant& at) const;

 private:
  std::vector<Stop> list_;
  std::int32_t last_number_ = 0;
};

}  // namespace blendsim::debug
