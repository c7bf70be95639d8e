// SPDX-License-Identifier: Apache-2.0
// What of a program does not depend on time: its instructions, what they touch, and where its tensors lie.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debug/subject.h"
#include "isa/interpret.h"

namespace blendsim::debug {

// What an instruction of main writes of a view: rows and channels of `part`.
struct PartWriter {
  std::int32_t instruction = 0;
  WrittenPart part;
};
// A result of a layer, or a network's input or output in DRAM.
struct TensorPart {
  std::int32_t layer = -1;  // -1: of input and outputs
  std::size_t result = 0;
  const TensorView* view = nullptr;
  std::int32_t channel0 = 0;  // of the tensor
  std::vector<PartWriter> writers;
};
// Neighbouring results of one name are parts of one tensor, one behind the other in its channels, and its patches; so
// are the tensors that the network concatenates.
struct Tensor {
  enum class Role : std::uint8_t { input, result, output, joined };
  std::string name;
  Role role = Role::result;
  std::int32_t channels = 0, height = 0, width = 0;
  std::vector<TensorPart> parts;
  // Rows and columns of it, which is never there as a whole: its patches take each other's place.
  [[nodiscard]] bool is_patch(const TensorView& view) const { return view.height != height || view.width != width; }
};

// A word of a buffer: an address through all regions. Of act_binary one of its 16 banks, or (-1) all.
struct WordPlace {
  BufferId buffer = BufferId::act_fixed;
  std::uint32_t address = 0;
  std::int32_t bank = -1;
};
// One value of a tensor: its first word (of a value of 2 or 4 bytes, or of several planes), and where in it.
struct ElementPlace {
  WordPlace word;
  std::uint32_t words = 1;
  std::uint32_t lane = 0;  // value, or bit of a cell
  // Of a ring or a patch, whose words are other rows' before and after: the instructions of main that write this row.
  // Else none.
  std::vector<std::int32_t> writers = {};
};

class ProgramMap {
 public:
  explicit ProgramMap(const Subject& subject);

  [[nodiscard]] const std::vector<Instruction>& instructions(Phase phase) const {
    return instructions_[static_cast<std::size_t>(phase)];
  }
  [[nodiscard]] const std::vector<Access>& accesses(Phase phase, std::size_t instruction) const {
    return accesses_[static_cast<std::size_t>(phase)][instruction];
  }
  [[nodiscard]] const std::vector<Tensor>& tensors() const { return tensors_; }
  [[nodiscard]] const Tensor* tensor(std::string_view name) const;  // nullptr: none has this name
  // Layers whose name a pattern (* and ?) covers, in order.
  [[nodiscard]] std::vector<std::int32_t> layers(std::string_view pattern) const;
  [[nodiscard]] const std::string& layer_name(std::int32_t layer) const;
  // Does the instruction write this word?
  [[nodiscard]] bool writes(Phase phase, std::size_t instruction, const WordPlace& word) const;
  [[nodiscard]] bool writes(Phase phase, std::size_t instruction, const ElementPlace& element) const;
  // Where a view in act_binary or act_fixed lies: as what an instruction that writes it all would touch.
  [[nodiscard]] Access access_of(const TensorView& view) const;
  // Of a tensor in act_binary or act_fixed; nullopt: it lies elsewhere.
  [[nodiscard]] std::optional<ElementPlace> place(const Tensor& tensor, std::int32_t c, std::int32_t y,
                                                  std::int32_t x) const;

 private:
  void find_tensors();
  static void add_part(Tensor& tensor, TensorPart part);
  void find_writers();
  void add_outputs();
  void add_joined();
  [[nodiscard]] TensorPart* part_of(std::int32_t layer, std::size_t result);

  const Subject& subject_;
  std::vector<Instruction> instructions_[2];
  std::vector<std::vector<Access>> accesses_[2];
  std::vector<Tensor> tensors_;
};

// Does `pattern` with * and ? cover the whole of `text`?
[[nodiscard]] bool covers(std::string_view pattern, std::string_view text);

}  // namespace blendsim::debug
