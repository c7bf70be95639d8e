// SPDX-License-Identifier: Apache-2.0
// The disassembly of a stream in three parts: what all instructions of a layer on a unit have in common, what each has
// of its own, and what orders it, which is the same for many. Together they are the fields of the line that `blendsim
// inspect` prints; apart they are a quarter of its length, and what changes from tile to tile stands out.
#pragma once

#include <string>
#include <vector>

#include "trace/subject.h"

namespace blendsim {

struct InstructionText {
  std::size_t common = 0;  // index into StreamTexts::common
  std::string own;         // "out_row=4 destination=128"
  std::string order;       // "fence wait data:load post data:post_unit"
};

struct StreamTexts {
  std::vector<std::string> common;            // "in_height=32 kernel_h=3 ...", one a layer and unit
  std::vector<InstructionText> instructions;  // in program order
};

[[nodiscard]] StreamTexts stream_texts(const std::vector<TracedInstruction>& stream);

}  // namespace blendsim
