// SPDX-License-Identifier: Apache-2.0
// What became of an upset: where it was masked, or what it reached.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "result/run.h"
#include "upset/tracker.h"

namespace blendsim {

enum class UpsetFate : std::uint8_t {
  after_all,    // no instruction starts after it
  overwritten,  // its word was written before anything read it
  unread,       // nothing read or wrote it until the end
  masked,       // what read it came to the same results, at once or further on, and nothing that differs is left
  resting,      // the same, but words that differ are left, which nothing read any more
  reached,      // an output differs
};

// The first place where a tensor differs, and how many values of it do.
struct TensorDifference {
  std::int32_t image = 0;
  std::string name;                 // of the machine's tensor
  std::string output;               // the network's, which the host makes of it; empty: a layer's
  std::vector<std::int64_t> index;  // [channel, y, x]
  std::int64_t values = 0, of = 0;
  std::int32_t sound = 0, upset = 0;
};

// The largest value of an output that is one vector, after the host's operators.
struct TopOne {
  std::string output;
  std::int32_t image = 0;
  std::int64_t sound = 0, upset = 0;  // place of the first of the largest
};

struct UpsetVerdict {
  UpsetFate fate = UpsetFate::masked;
  std::optional<UpsetStep> first_reader;  // read a word that differs
  std::optional<UpsetStep> last_step;     // after which nothing differs (overwritten, masked), or the last that met it
  std::vector<TensorDifference> layers;   // every tensor that differs, in the program's order
  std::vector<TensorDifference> outputs;  // every output that differs, image by image
  std::vector<TopOne> top;                // of those that are vectors
};

// `sound`: the run without the upsets. Both with values, captured tensors and the same images. Throws InvariantError
// where the runs' times differ: an upset of values moves none.
[[nodiscard]] UpsetVerdict judge_upset(const Program& program, const Run& sound, const Run& upset,
                                       const UpsetTracker& tracker);
// Some lines for people.
[[nodiscard]] std::string verdict_text(const Program& program, const MachineParameters& machine,
                                       const std::vector<Upset>& upsets, const UpsetVerdict& verdict);

}  // namespace blendsim
