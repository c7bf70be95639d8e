// SPDX-License-Identifier: Apache-2.0
// Changes of a compiled program: its order, not its work.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/program.h"
#include "result/events.h"

namespace blendsim {

// A token's way between two instructions of main (indices in program order).
struct TokenWay {
  TokenKind kind = TokenKind::data;
  std::int32_t posted_by = 0, taken_by = 0;
  bool operator==(const TokenWay&) const = default;
};

// The program with another main of as many words: in DRAM too, wherever its words lie. Throws InvariantError where the
// number of words is another.
[[nodiscard]] Program with_main(const Program& program, const MachineParameters& machine,
                                const std::vector<Instruction>& main);

// Neither posted nor taken. Posts and waits of a link meet in order, so the others of it stay as they are.
void drop_token(std::vector<Instruction>& main, const TokenWay& token);
// Posted by instruction `by` instead, of the same unit and before it; the link must have no post between the two.
void move_post(std::vector<Instruction>& main, const TokenWay& token, std::int32_t by);

}  // namespace blendsim
