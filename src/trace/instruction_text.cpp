// SPDX-License-Identifier: Apache-2.0
#include "trace/instruction_text.h"

#include <map>
#include <tuple>

namespace blendsim {
namespace {

std::string_view without_blank(std::string_view text) {
  text.remove_prefix(text.empty() ? 0 : 1);
  return text;
}

auto order_of(const Instruction& instruction) {
  const Synchronisation& sync = sync_of(instruction);
  return std::tuple(sync.fence, sync.wait_data, sync.wait_space, sync.post_data, sync.post_space);
}

}  // namespace

StreamTexts::StreamTexts(const std::vector<TracedInstruction>& stream) : stream_(stream) {
  std::map<std::pair<UnitId, std::int32_t>, std::uint32_t> groups;
  std::map<decltype(order_of(stream.front().instruction)), std::uint32_t> ranks;
  places_.reserve(stream.size());
  for (const auto& [instruction, unit, layer] : stream) {
    const auto [group, is_new] = groups.try_emplace({unit, layer}, static_cast<std::uint32_t>(groups_.size()));
    if (is_new) groups_.push_back({&instruction, set_fields(instruction)});
    Group& of = groups_[group->second];
    of.common &= ~differing_fields(*of.first, instruction);
    const auto rank = ranks.try_emplace(order_of(instruction), static_cast<std::uint32_t>(ranks.size())).first;
    places_.push_back({group->second, rank->second});
  }
  ranks_ = ranks.size();
}

std::string_view StreamTexts::common(std::size_t instruction) {
  const Group& of = groups_[group(instruction)];
  text_.clear();
  append_fields(text_, *of.first, of.common);
  return without_blank(text_);
}

std::string_view StreamTexts::own(std::size_t instruction) {
  text_.clear();
  append_fields(text_, at(instruction), set_fields(at(instruction)) & ~groups_[group(instruction)].common);
  return without_blank(text_);
}

std::string_view StreamTexts::order(std::size_t instruction) {
  text_.clear();
  append_synchronisation(text_, at(instruction));
  return without_blank(text_);
}

}  // namespace blendsim
