// SPDX-License-Identifier: Apache-2.0
#include "trace/instruction_text.h"

#include <map>

namespace blendsim {
namespace {

// What the instructions of a layer on a unit have in common.
struct Group {
  const Instruction* first = nullptr;
  FieldMask common = 0;  // set in all of them, to one value
};

// Each part is made with a blank in front of every word.
std::string without_blank(std::string text) {
  if (!text.empty()) text.erase(0, 1);
  return text;
}

}  // namespace

StreamTexts stream_texts(const std::vector<TracedInstruction>& stream) {
  StreamTexts out;
  std::map<std::pair<UnitId, std::int32_t>, std::size_t> indices;
  std::vector<Group> groups;
  out.instructions.reserve(stream.size());
  for (const auto& [instruction, unit, layer] : stream) {
    const auto [place, is_new] = indices.try_emplace({unit, layer}, groups.size());
    if (is_new) groups.push_back({&instruction, set_fields(instruction)});
    Group& group = groups[place->second];
    group.common &= ~differing_fields(*group.first, instruction);
    out.instructions.push_back({place->second, {}, {}});
  }
  for (const Group& group : groups) {
    std::string text;
    append_fields(text, *group.first, group.common);
    out.common.push_back(without_blank(std::move(text)));
  }
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const Instruction& instruction = stream[i].instruction;
    InstructionText& text = out.instructions[i];
    append_fields(text.own, instruction, set_fields(instruction) & ~groups[text.common].common);
    append_synchronisation(text.order, instruction);
    text.own = without_blank(std::move(text.own));
    text.order = without_blank(std::move(text.order));
  }
  return out;
}

}  // namespace blendsim
