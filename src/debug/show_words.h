// SPDX-License-Identifier: Apache-2.0
// Buffers as the words they are or the tensors they hold.
#pragma once

#include <string>

#include "debug/arguments.h"

namespace blendsim::debug {

enum class NumberForm : std::uint8_t { natural, hexadecimal };  // natural: as the buffer's units read it

// `count` words from `address` on (through all regions), each with who wrote it.
[[nodiscard]] std::string words_text(Bench& bench, BufferId buffer, std::uint32_t address, std::int64_t count,
                                     NumberForm form);
// One word as text, a line or several; "unwritten" where nothing has written it. `bank`: of act_binary, -1: all.
[[nodiscard]] std::string word_text(const Buffers& buffers, const Bench& bench, const WordPlace& word, NumberForm form);
// "act_fixed region 0 word 17".
[[nodiscard]] std::string place_text(const Bench& bench, const WordPlace& word);

// What a tensor is and how it stands, then the values asked for.
[[nodiscard]] std::string tensor_text(Bench& bench, const TensorSlice& slice);
// A network's output, by its place in the program's list: what the host will make of the machine's tensor.
[[nodiscard]] std::string output_text(Bench& bench, std::size_t output);
[[nodiscard]] std::string tensors_now(Bench& bench, std::string_view pattern);
[[nodiscard]] std::string buffers_now(Bench& bench);
// What post_unit's steps saturate, by layer, of the whole run.
[[nodiscard]] std::string saturation_text(Bench& bench);

}  // namespace blendsim::debug
