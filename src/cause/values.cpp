// SPDX-License-Identifier: Apache-2.0
#include "cause/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "base/digest.h"
#include "isa/interpret.h"
#include "isa/patch.h"

namespace blendsim {

WrittenDigests::WrittenDigests(const Program& program, const MachineParameters& machine) : machine_(machine) {
  instructions_[static_cast<std::size_t>(Phase::init)] =
      program.init.empty() ? std::vector<Instruction>{} : decode(program.init);
  instructions_[static_cast<std::size_t>(Phase::main)] = decode(program.main);
}

void WrittenDigests::on_phase(const PhaseEvent& event) { phase_ = event.phase; }

void WrittenDigests::on_execute(const ExecuteEvent& event, const InstructionRecord& record) {
  std::vector<Written>& written = written_[static_cast<std::size_t>(phase_)];
  if (written.size() <= static_cast<std::size_t>(event.record))
    written.resize(static_cast<std::size_t>(event.record) + 1);
  Digest digest;
  each_written_word(instructions(phase_).at(static_cast<std::size_t>(record.instruction)), machine_, event.buffers,
                    event.areas,
                    [&](const WordPlace&, std::span<const std::uint8_t> bytes) { digest.add_bytes(bytes); });
  written[static_cast<std::size_t>(event.record)] = {digest.hex(), event.at};
}

std::optional<WrittenRecord> first_difference(const WrittenDigests& a, const WrittenDigests& b) {
  for (const Phase phase : {Phase::init, Phase::main}) {
    std::optional<WrittenRecord> first;
    const auto &of_a = a.of(phase), &of_b = b.of(phase);
    for (std::size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
      if (of_a[i].digest == of_b[i].digest || (first && first->at <= of_a[i].at)) continue;
      first = WrittenRecord{phase, static_cast<std::int32_t>(i), of_a[i].at};
    }
    if (first) return first;
  }
  return std::nullopt;
}

WrittenWords::WrittenWords(const Program& program, const MachineParameters& machine, const WrittenRecord& record)
    : machine_(machine),
      record_(record),
      instructions_(decode(record.phase == Phase::init ? program.init : program.main)) {}

void WrittenWords::on_execute(const ExecuteEvent& event, const InstructionRecord& record) {
  if (phase_ != record_.phase || event.record != record_.record) return;
  each_written_word(instructions_.at(static_cast<std::size_t>(record.instruction)), machine_, event.buffers,
                    event.areas, [&](const WordPlace& place, std::span<const std::uint8_t> bytes) {
                      words.push_back({place, {bytes.begin(), bytes.end()}});
                    });
}

std::optional<BitDifference> first_bit(const std::vector<WrittenWords::Word>& a,
                                       const std::vector<WrittenWords::Word>& b) {
  std::optional<BitDifference> found;
  if (a.size() != b.size()) return found;
  for (std::size_t w = 0; w < a.size(); ++w) {
    if (a[w].place != b[w].place || a[w].bytes.size() != b[w].bytes.size()) return std::nullopt;
    if (a[w].bytes == b[w].bytes) continue;
    if (!found) {
      const auto differs = std::mismatch(a[w].bytes.begin(), a[w].bytes.end(), b[w].bytes.begin());
      const auto bit =
          static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(*differs.first ^ *differs.second)));
      found = BitDifference{a[w].place, static_cast<std::size_t>(differs.first - a[w].bytes.begin()) * 8 + bit,
                            (*differs.first >> bit & 1) != 0, (*differs.second >> bit & 1) != 0, 0};
    }
    ++found->words;
  }
  return found;
}

std::string TensorIndex::text() const { return fmt::format("[{}, {}, {}]", channel, row, column); }

TensorIndex index_in(const std::vector<std::int64_t>& shape, std::size_t place) {
  const auto at = static_cast<std::int64_t>(place);
  const std::int64_t width = shape.at(2), plane = shape.at(1) * width;
  return {at / plane, at % plane / width, at % width};
}

namespace {

bool holds(const WrittenPart& part, const TensorView& view, std::int64_t channel, const TensorIndex& at) {
  const std::int64_t row = at.row - view.top;
  return holds_pixel(view, at.row, at.column) && part.channel0 <= channel && channel < part.channel1 &&
         part.row0 <= row && row < part.row1;
}

}  // namespace

std::optional<Writer> find_writer(const Program& program, const MachineParameters& machine, const std::string& tensor,
                                  const TensorIndex& at) {
  std::optional<Writer> writer;
  WrittenResults written(program, machine);
  const std::vector<Instruction> main = decode(program.main);
  for (std::size_t n = 0; n < main.size(); ++n) {
    const std::uint32_t layer = sync_of(main[n]).layer;
    const std::vector<TensorView>& results = program.layers.at(layer).results;
    for (const WrittenPart& part : written.next(main[n])) {
      if (results[part.result].name != tensor) continue;
      // Neighbouring results of one name are parts of one tensor: of a patch, one after the other in its channels.
      const TensorView& view = results[part.result];
      std::int64_t before = 0;
      for (std::size_t r = part.result; r-- > 0 && results[r].name == tensor && results[r].patch == view.patch;)
        before += results[r].channels;
      if (holds(part, view, at.channel - before, at))
        writer = Writer{static_cast<std::int32_t>(n), static_cast<std::int32_t>(layer)};
    }
  }
  return writer;
}

}  // namespace blendsim
