// SPDX-License-Identifier: Apache-2.0
// Words of the instructions of any list of units, from the tables alone (units/instruction_word.h says what lies
// where).
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/diagnostic.h"
#include "units/instruction_word.h"

namespace blendsim {

struct Word {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Word&) const = default;
};

namespace encoding_detail {
[[noreturn]] void refuse_value(std::string_view unit, std::string_view field, std::uint32_t legal, std::uint32_t value);
[[noreturn]] void refuse_word(std::size_t index, const std::string& message);
}  // namespace encoding_detail

template <class List>
class Encoding {
 public:
  using Instruction = typename List::Instruction;

  // Throws DiagnosticError program-invalid naming unit and field when a value exceeds its field.
  static void encode(const Instruction& instruction, std::vector<Word>& words) {
    visit_unit<List>(instruction, [&]<class U>(const typename U::Instruction& i) { encode_unit<U>(i, words); });
  }

  // 1 to most_words.
  [[nodiscard]] static int words(const Instruction& instruction) {
    return visit_unit<List>(instruction, [&]<class U>(const typename U::Instruction& i) { return count_words<U>(i); });
  }

  // A whole stream up to and including END. Throws DiagnosticError program-invalid with the word's index.
  [[nodiscard]] static std::vector<Instruction> decode(std::span<const Word> words) {
    std::vector<Instruction> instructions;
    instructions.reserve(words.size());
    std::size_t index = 0;
    while (index < words.size()) {
      const std::size_t first = index++;
      const std::uint64_t opcode = words[first].low & end_opcode;
      if (opcode == end_opcode) {
        if (words[first] != Word{end_opcode, 0})
          encoding_detail::refuse_word(first, "END carries bits beyond its opcode");
        if (index != words.size()) encoding_detail::refuse_word(index, "words follow END");
        return instructions;
      }
      if (opcode >= List::count) encoding_detail::refuse_word(first, fmt::format("{} is no unit's opcode", opcode));
      Chunks chunks{words[first].low, words[first].high};
      index += following(words, first, chunks);
      instructions.push_back(defaults()[opcode]);
      visit_unit<List>(instructions.back(),
                       [&]<class U>(typename U::Instruction& i) { decode_unit<U>(chunks, first, i); });
    }
    encoding_detail::refuse_word(words.size(), "the stream ends without END");
  }

  // One instruction of each unit, with every field at its default.
  [[nodiscard]] static const std::array<Instruction, List::count>& defaults() {
    static const std::array<Instruction, List::count> all = [] {
      std::array<Instruction, List::count> made;
      std::size_t place = 0;
      List::for_each([&]<class U>() { made[place++] = typename U::Instruction{}; });
      return made;
    }();
    return all;
  }

 private:
  static constexpr int chunk_bits = 64;
  using Chunks = std::array<std::uint64_t, std::size_t{2} * most_words>;

  // Of every instruction's bits at least a fifth is room for what comes.
  static constexpr bool is_roomy() {
    bool roomy = List::count < static_cast<int>(end_opcode);
    List::for_each([&]<class U>() { roomy = roomy && instruction_bits_of<List, U> * 5 <= most_words * word_bits * 4; });
    return roomy;
  }
  static_assert(is_roomy());

  // Reads the words behind the first; returns how many there are.
  static std::size_t following(std::span<const Word> words, std::size_t first, Chunks& chunks) {
    const std::size_t count = words[first].low >> opcode_bits & ((1U << length_bits) - 1);
    if (count >= most_words) encoding_detail::refuse_word(first, fmt::format("no instruction has {} words", count + 1));
    if (words.size() - first - 1 < count) encoding_detail::refuse_word(first, "words of the instruction are missing");
    for (std::size_t w = 1; w <= count; ++w) {
      chunks[2 * w] = words[first + w].low;
      chunks[2 * w + 1] = words[first + w].high;
    }
    if (count > 0 && words[first + count] == Word{})
      encoding_detail::refuse_word(first + count, "a last word of zeros is never written");
    return count;
  }

  template <class U>
  static void encode_unit(const typename U::Instruction& i, std::vector<Word>& words) {
    if (!all_values_fit<List>(i)) refuse<U>(i);
    Chunks chunks{};
    for_each_slot<List>(
        i, [&](std::string_view, std::uint32_t value, auto slot) __attribute__((always_inline)) {
          constexpr int chunk = slot.place / chunk_bits, offset = slot.place % chunk_bits;
          const std::uint64_t bits = slot.pack(value);
          chunks[chunk] |= bits << offset;
          if constexpr (offset + slot.bits > chunk_bits) chunks[chunk + 1] |= bits >> (chunk_bits - offset);
        });
    std::size_t count = most_words;
    while (count > 1 && (chunks[2 * count - 1] | chunks[2 * count - 2]) == 0) --count;
    chunks[0] |= static_cast<std::uint64_t>(index(U::id)) | (count - 1) << opcode_bits;
    for (std::size_t w = 0; w < count; ++w) words.push_back({chunks[2 * w], chunks[2 * w + 1]});
  }

  template <class U>
  [[nodiscard]] static int count_words(const typename U::Instruction& i) {
    std::array<std::uint64_t, most_words> beyond{};  // in each word, or so that it reaches the next
    for_each_slot<List>(
        i, [&](std::string_view, std::uint32_t value, auto slot) __attribute__((always_inline)) {
          constexpr int word = slot.place / word_bits, offset = slot.place % word_bits;
          const std::uint64_t bits = slot.pack(value);
          beyond[word] |= bits;
          if constexpr (offset + slot.bits > word_bits) beyond[word + 1] |= bits >> (word_bits - offset);
        });
    int count = most_words;
    while (count > 1 && beyond[static_cast<std::size_t>(count - 1)] == 0) --count;
    return count;
  }

  template <class U>
  static void decode_unit(const Chunks& chunks, std::size_t at, typename U::Instruction& i) {
    for_each_slot<List>(
        i, [&](std::string_view, std::uint32_t & value, auto slot) __attribute__((always_inline)) {
          constexpr int chunk = slot.place / chunk_bits, offset = slot.place % chunk_bits;
          std::uint64_t bits = chunks[chunk] >> offset;
          if constexpr (offset + slot.bits > chunk_bits) bits |= chunks[chunk + 1] << (chunk_bits - offset);
          value = slot.unpack(static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << slot.bits) - 1)));
        });
    constexpr int used = instruction_bits_of<List, U>, last = used / chunk_bits;
    std::uint64_t beyond = used % chunk_bits == 0 ? 0 : chunks[last] >> used % chunk_bits;
    for (std::size_t chunk = last + (used % chunk_bits == 0 ? 0 : 1); chunk < chunks.size(); ++chunk)
      beyond |= chunks[chunk];
    if (beyond != 0) encoding_detail::refuse_word(at, fmt::format("bits beyond the fields of {} are set", U::name));
  }

  template <class U>
  [[noreturn]] static void refuse(const typename U::Instruction& i) {
    for_each_slot<List>(i, [&](std::string_view field, std::uint32_t value, auto slot) {
      if ((value & ~slot.legal) != 0) encoding_detail::refuse_value(U::name, field, slot.legal, value);
    });
    throw InvariantError("encode", "a field is too narrow, and none is");
  }
};

}  // namespace blendsim
