// SPDX-License-Identifier: Apache-2.0
// The words of a command line, and what they can name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debug/bench.h"

namespace blendsim::debug {

// Wrong usage of a command: DiagnosticError, bad_usage.
[[noreturn]] void refuse(const std::string& message, const std::string& hint);

// Words are apart by blanks; "double quotes" keep blanks.
class Arguments {
 public:
  explicit Arguments(std::string_view line);

  [[nodiscard]] bool empty() const { return next_ == words_.size(); }
  [[nodiscard]] std::size_t left() const { return words_.size() - next_; }
  [[nodiscard]] const std::string& peek() const { return words_[next_]; }
  std::string take() { return words_[next_++]; }
  // Takes the next word if it is this one.
  bool take(std::string_view word);
  // What is left, as one text.
  [[nodiscard]] std::string rest();
  // Refuses what nobody has taken.
  void done(std::string_view usage) const;

 private:
  std::vector<std::string> words_;
  std::size_t next_ = 0;
};

// "12,345" or "12345"; nullopt: no number.
[[nodiscard]] std::optional<std::int64_t> number(std::string_view text);
// A number of at least 1 where there is one, else 1.
[[nodiscard]] std::int64_t take_count(Arguments& arguments);
// A word of a list by its name or the beginning of one; -1: none, or more than one begins so.
template <class Names>
[[nodiscard]] int by_beginning(const Names& names, std::string_view text) {
  int found = -1, at = 0;
  for (const std::string_view name : names) {
    if (name == text) return at;
    if (!text.empty() && name.starts_with(text)) found = found == -1 ? at : -2;
    ++at;
  }
  return found < 0 ? -1 : found;
}
[[nodiscard]] std::optional<UnitId> unit_named(std::string_view text);
[[nodiscard]] BufferId buffer_named(std::string_view text);  // refuses
[[nodiscard]] std::optional<BufferId> try_buffer(std::string_view text);

// A cycle: "123" of the present phase, "init:123", "main:123". Refuses one that the phase does not have.
[[nodiscard]] Instant cycle_named(const Bench& bench, std::string_view text);
struct RecordPlace {
  Phase phase = Phase::main;
  std::int32_t record = 0;
};
// "#57" of the present image, "#57@2" of image 2, "init#3". Refuses one that there is not.
[[nodiscard]] RecordPlace record_named(const Bench& bench, std::string_view text);
[[nodiscard]] bool looks_like_record(std::string_view text);
// Layers by name or pattern; refuses where none is covered.
[[nodiscard]] std::vector<std::int32_t> layers_named(const Bench& bench, std::string_view pattern);

// "conv1", "conv1[3]", "conv1[3][0:4][7]": ranges [from, to) of channels, rows and columns.
struct TensorSlice {
  const Tensor* tensor = nullptr;
  struct Range {
    std::int32_t from = 0, to = 0;
  };
  Range channels, rows, columns;
  int given = 0;  // how many of the three
  [[nodiscard]] bool is_element() const {
    return channels.to - channels.from == 1 && rows.to - rows.from == 1 && columns.to - columns.from == 1;
  }
};
[[nodiscard]] TensorSlice tensor_named(const Bench& bench, std::string_view text);  // refuses
[[nodiscard]] bool is_tensor(const Bench& bench, std::string_view text);

// "REGION ADDRESS": the address through all regions. Refuses what the buffer does not have.
[[nodiscard]] std::uint32_t take_address(const Bench& bench, BufferId buffer, Arguments& arguments);

}  // namespace blendsim::debug
