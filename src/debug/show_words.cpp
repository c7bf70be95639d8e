// SPDX-License-Identifier: Apache-2.0
#include "debug/show_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/diagnostic.h"
#include "debug/show.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

// Values side by side, `per_line` a line.
template <class T, class Text>
std::string lines_of(std::span<const T> values, std::size_t per_line, Text&& text) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += i % per_line == 0 ? "\n" : " ";
    out += text(values[i]);
  }
  return out;
}

std::string bytes_text(std::span<const std::uint8_t> bytes, NumberForm form, std::size_t per_line) {
  return lines_of(bytes, per_line, [form](std::uint8_t byte) {
    return form == NumberForm::hexadecimal ? fmt::format("{:02x}", byte)
                                           : fmt::format("{:>4}", static_cast<std::int8_t>(byte));
  });
}

// A cell of 16m channels, its highest channel first, as a number is written.
std::string cell_text(std::span<const std::uint16_t> cell) {
  std::string out;
  for (std::size_t m = cell.size(); m-- > 0;) out += fmt::format("{:04x}", cell[m]);
  return out;
}

std::string cells_text(const Buffers& buffers, const WordPlace& word) {
  const auto m = static_cast<std::size_t>(buffers.cell_slices());
  std::string out;
  for (std::int32_t bank = 0; bank < binary_banks; ++bank) {
    if (word.bank >= 0 && bank != word.bank) continue;
    const std::size_t i = std::size_t{word.address} * binary_banks + static_cast<std::size_t>(bank);
    std::string cell = std::string(4 * m, '.');  // nothing has written it
    try {
      buffers.require_cell(i);
      cell = cell_text(std::span(buffers.cells() + i * m, m));
    } catch (const DiagnosticError&) {}
    if (!out.empty()) out += bank % (m > 1 ? 4 : 8) == 0 ? '\n' : ' ';
    out += cell;
  }
  return out;
}

std::string hex_word(const Word& word) { return fmt::format("{:016x}{:016x}", word.high, word.low); }

}  // namespace

std::string place_text(const Bench& bench, const WordPlace& word) {
  const auto depth = static_cast<std::uint32_t>(bench.subject.machine.buffer(word.buffer).depth);
  std::string out = fmt::format("{} region {} word {}", name(word.buffer), word.address / depth, word.address % depth);
  return word.bank < 0 ? out : out + fmt::format(" bank {}", word.bank);
}

std::string word_text(const Buffers& buffers, const Bench& bench, const WordPlace& word, NumberForm form) {
  const bool hex = form == NumberForm::hexadecimal;
  const MachineParameters& machine = bench.subject.machine;
  try {
    switch (word.buffer) {
      case BufferId::act_binary: return cells_text(buffers, word);
      case BufferId::act_fixed: return bytes_text(buffers.fixed(word.address, 1), form, 16);
      case BufferId::accumulators:
        return lines_of(buffers.accumulators(word.address, 1), 8, [hex](std::int32_t v) {
          return hex ? fmt::format("{:08x}", static_cast<std::uint32_t>(v)) : fmt::format("{:>9}", v);
        });
      case BufferId::weights_binary:
        return lines_of(buffers.binary_weights(word.address, 1), static_cast<std::size_t>(machine.xnor_array.words),
                        [](std::uint64_t v) { return fmt::format("{:012x}", v); });
      case BufferId::weights_fixed: {
        const auto bytes = buffers.fixed_weights(word.address, 1);
        return bytes_text({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, form,
                          static_cast<std::size_t>(machine.mac_array.columns));
      }
      case BufferId::parameters: return bytes_text(buffers.parameters(word.address, 1), NumberForm::hexadecimal, 32);
      case BufferId::instructions: break;
    }
  } catch (const DiagnosticError&) {  // what reads an unwritten word
    return "unwritten";
  }
  const auto& main = bench.subject.program.main;
  return bench.subject.program.resident && word.address < main.size() ? hex_word(main[word.address]) : "unwritten";
}

std::string words_text(Bench& bench, BufferId buffer, std::uint32_t address, std::int64_t count, NumberForm form) {
  const BufferParameters& p = bench.subject.machine.buffer(buffer);
  const auto end = static_cast<std::uint32_t>(std::min(p.regions * p.depth, std::int64_t{address} + count));
  const Buffers& buffers = bench.values.buffers(bench.now);
  std::string out;
  for (std::uint32_t a = address; a < end; ++a) {
    const WordPlace word{buffer, a, -1};
    const std::string value = word_text(buffers, bench, word, form);
    const auto writer = bench.values.writer(word, bench.now);
    const std::string by = writer ? "written by " + described(bench, writer->phase, writer->record) : "";
    const std::string head = fmt::format("{}:{}", a / p.depth, a % p.depth);
    if (value.find('\n') == std::string::npos) {
      out += fmt::format("{:<9} {}{}{}\n", head, value, by.empty() ? "" : "  ", by);
      continue;
    }
    out += fmt::format("{:<9} {}\n", head, by);
    for (std::size_t from = 0; from < value.size();) {
      const std::size_t to = std::min(value.find('\n', from), value.size());
      out += "  " + value.substr(from, to - from) + '\n';
      from = to + 1;
    }
  }
  return out;
}

}  // namespace blendsim::debug
