// SPDX-License-Identifier: Apache-2.0
// Where two runs part first in values: the word, the tensor, the instruction that wrote them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cause/written_words.h"
#include "isa/program.h"
#include "result/events.h"
#include "result/run.h"

namespace blendsim {

// A consumer of a run with values: what each instruction wrote, as one number a record.
class WrittenDigests final : public EventConsumer {
 public:
  WrittenDigests(const Program& program, const MachineParameters& machine);
  void on_phase(const PhaseEvent& event) override;
  void on_execute(const ExecuteEvent& event, const InstructionRecord& record) override;

  struct Written {
    std::string digest;
    Cycles at = 0;  // the instruction's start
  };
  // By record.
  [[nodiscard]] const std::vector<Written>& of(Phase phase) const { return written_[static_cast<std::size_t>(phase)]; }
  [[nodiscard]] const std::vector<Instruction>& instructions(Phase phase) const {
    return instructions_[static_cast<std::size_t>(phase)];
  }

 private:
  const MachineParameters& machine_;
  Phase phase_ = Phase::main;
  std::vector<Instruction> instructions_[2];
  std::vector<Written> written_[2];
};

struct WrittenRecord {
  Phase phase = Phase::init;
  std::int32_t record = 0;
  Cycles at = 0;  // of a's run, in the phase
};
// The first in time of a's run that wrote something else in b's; init before main. Nothing: none did, as far as both
// have records.
[[nodiscard]] std::optional<WrittenRecord> first_difference(const WrittenDigests& a, const WrittenDigests& b);

// A consumer that keeps all that one instruction wrote.
class WrittenWords final : public EventConsumer {
 public:
  WrittenWords(const Program& program, const MachineParameters& machine, const WrittenRecord& record);
  void on_phase(const PhaseEvent& event) override { phase_ = event.phase; }
  void on_execute(const ExecuteEvent& event, const InstructionRecord& record) override;

  struct Word {
    WordPlace place;
    std::vector<std::uint8_t> bytes;  // little end first
  };
  std::vector<Word> words;

 private:
  const MachineParameters& machine_;
  WrittenRecord record_;
  std::vector<Instruction> instructions_;
  Phase phase_ = Phase::main;
};

struct BitDifference {
  WordPlace place;
  std::size_t bit = 0;  // the lowest that differs
  bool a = false, b = false;
  std::size_t words = 0;  // that differ, of this instruction
};
// Nothing where both wrote the same, or other words.
[[nodiscard]] std::optional<BitDifference> first_bit(const std::vector<WrittenWords::Word>& a,
                                                     const std::vector<WrittenWords::Word>& b);

// A value of a layer's tensor [channels, height, width].
struct TensorIndex {
  std::int64_t channel = 0, row = 0, column = 0;
  [[nodiscard]] std::string text() const;  // "[3, 0, 12]"
};
[[nodiscard]] TensorIndex index_in(const std::vector<std::int64_t>& shape, std::size_t place);

// The instruction of main (index in program order) that wrote this value last, and the layer it belongs to; nothing for
// a tensor that no instruction writes (a concatenation, whose parts do).
struct Writer {
  std::int32_t instruction = 0;
  std::int32_t layer = 0;
};
[[nodiscard]] std::optional<Writer> find_writer(const Program& program, const MachineParameters& machine,
                                                const std::string& tensor, const TensorIndex& at);

}  // namespace blendsim
