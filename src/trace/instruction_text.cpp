// SPDX-License-Identifier: Apache-2.0
#include "trace/instruction_text.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace blendsim {
namespace {

// A line without the unit and the layer, which are told otherwise.
std::vector<std::string> words_of(const Instruction& instruction) {
  const std::string line = disassemble(instruction);
  std::vector<std::string> words;
  for (std::size_t at = line.find(' '); at < line.size();) {
    const std::size_t begin = line.find_first_not_of(' ', at);
    if (begin == std::string::npos) break;
    at = std::min(line.find(' ', begin), line.size());
    std::string word = line.substr(begin, at - begin);
    if (!word.starts_with("layer=")) words.push_back(std::move(word));
  }
  return words;
}

bool is_field(const std::string& word) { return word.find('=') != std::string::npos; }

void append(std::string& text, const std::string& word) {
  if (!text.empty()) text += ' ';
  text += word;
}

}  // namespace

StreamTexts stream_texts(const std::vector<TracedInstruction>& stream) {
  StreamTexts out;
  std::vector<std::vector<std::string>> words;
  std::map<std::pair<UnitId, std::int32_t>, std::size_t> groups;
  std::vector<std::vector<std::string>> common;  // fields that all of a group have had so far
  for (const TracedInstruction& traced : stream) {
    words.push_back(words_of(traced.instruction));
    const std::vector<std::string>& own = words.back();
    const auto [group, is_new] = groups.try_emplace({traced.unit, traced.layer}, common.size());
    out.instructions.push_back({group->second, {}});
    if (is_new) {
      common.emplace_back();
      std::copy_if(own.begin(), own.end(), std::back_inserter(common.back()), is_field);
      continue;
    }
    std::erase_if(common[group->second],
                  [&own](const std::string& field) { return std::find(own.begin(), own.end(), field) == own.end(); });
  }
  for (const auto& fields : common) {
    out.common.emplace_back();
    for (const std::string& field : fields) append(out.common.back(), field);
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& shared = common[out.instructions[i].common];
    for (const std::string& word : words[i]) {
      if (std::find(shared.begin(), shared.end(), word) == shared.end()) append(out.instructions[i].own, word);
    }
  }
  return out;
}

}  // namespace blendsim
