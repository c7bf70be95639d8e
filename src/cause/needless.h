// SPDX-License-Identifier: Apache-2.0
// Waits for the wrong tile: for a later instruction than anything needs.
#pragma once

#include <cstdint>
#include <vector>

#include "cause/edit.h"
#include "cause/recorded_run.h"

namespace blendsim {

struct NeedlessWait {
  TokenWay token;
  std::int32_t enough = -1;  // the first instruction of the poster's unit whose token would do; -1: no token at all
};

// Of the tokens (of one link and image each), those that come from a later instruction than the order of main needs:
// with the token of `enough` in its place the program is as legal as it was, which is proven anew for each. Tokens are
// judged one by one, the others as they are.
[[nodiscard]] std::vector<NeedlessWait> find_needless(const RecordedRun& run, const std::vector<TokenWay>& tokens);

// main without these waits, each for `enough` instead; of those that together would not be legal as many as are, from
// the first on.
[[nodiscard]] std::vector<Instruction> without(const RecordedRun& run, std::vector<NeedlessWait>& waits);

}  // namespace blendsim
