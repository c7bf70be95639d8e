// SPDX-License-Identifier: Apache-2.0
// The disassembly of a stream in three parts: what all instructions of a layer on a unit have in common, what each has
// of its own, and what orders it, which is the same for many. Together they are the fields of the line that `blendsim
// inspect` prints; apart they are a quarter of its length, and what changes from tile to tile stands out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trace/subject.h"

namespace blendsim {

class StreamTexts {
 public:
  // The stream outlives the texts.
  explicit StreamTexts(const std::vector<TracedInstruction>& stream);

  // Of an instruction, by its index in program order: made when asked for, and good until the next is.
  [[nodiscard]] std::string_view common(std::size_t instruction);  // "in_height=32 kernel_h=3 ..."
  [[nodiscard]] std::string_view own(std::size_t instruction);     // "out_row=4 destination=128"
  [[nodiscard]] std::string_view order(std::size_t instruction);   // "fence wait data:load post data:post_unit"

  // Instructions of one group have common() in common, those of one rank order(): from 0 on.
  [[nodiscard]] std::size_t group(std::size_t instruction) const { return places_[instruction].group; }
  [[nodiscard]] std::size_t rank(std::size_t instruction) const { return places_[instruction].rank; }
  [[nodiscard]] std::size_t groups() const { return groups_.size(); }
  [[nodiscard]] std::size_t ranks() const { return ranks_; }

 private:
  struct Group {
    const Instruction* first = nullptr;
    FieldMask common = 0;  // set in all of them, to one value
  };
  struct Place {
    std::uint32_t group = 0, rank = 0;
  };
  [[nodiscard]] const Instruction& at(std::size_t instruction) const { return stream_[instruction].instruction; }

  const std::vector<TracedInstruction>& stream_;
  std::vector<Group> groups_;
  std::vector<Place> places_;  // of the instructions
  std::size_t ranks_ = 0;
  std::string text_;  // the last that was asked for, with a blank in front of every word
};

}  // namespace blendsim
