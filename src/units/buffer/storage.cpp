// SPDX-License-Identifier: Apache-2.0
#include "units/buffer/storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

constexpr std::size_t fixed_word_bytes = 16;

// Word `word` of 48 bits, little-endian.
std::uint64_t dsp_word_at(std::span<const std::uint8_t> bytes, std::size_t word) {
  const std::uint8_t* at = bytes.data() + word * (dsp_word_bits / 8);
  std::uint32_t low;
  std::uint16_t high;
  std::memcpy(&low, at, sizeof low);
  std::memcpy(&high, at + sizeof low, sizeof high);
  return std::uint64_t{high} << 32 | low;
}

// Does the buffer hold these very bytes already? Then what was decoded from them holds too.
bool are_held(std::span<const std::uint8_t> bytes, const void* held) {
  return bytes.empty() || std::memcmp(bytes.data(), held, bytes.size()) == 0;
}

}  // namespace

void BufferWords::beyond(BufferId buffer, std::size_t address) {
  throw InvariantError(fmt::format("buffer {}", name(buffer)), fmt::format("address {} is beyond its end", address));
}

void Buffers::configure(const MachineParameters& machine, bool check_unwritten) {
  const auto words_of = [&](BufferId id) {
    return static_cast<std::size_t>(machine.buffer(id).regions * machine.buffer(id).depth);
  };
  const auto rows = static_cast<std::uint32_t>(machine.xnor_array.rows);
  const auto row_words = static_cast<std::uint32_t>(machine.xnor_array.words);
  const auto columns = static_cast<std::uint32_t>(machine.mac_array.columns);
  const auto weight_bytes = static_cast<std::uint32_t>(machine.mac_array.rows * machine.mac_array.columns);
  const auto width = static_cast<std::uint32_t>(machine.buffer(BufferId::parameters).width);
  const std::size_t binary_weights = words_of(BufferId::weights_binary) * rows * row_words;
  const std::size_t fixed_weights = words_of(BufferId::weights_fixed) * weight_bytes;
  const std::size_t parameter_bytes = words_of(BufferId::parameters) * (width / 8);
  // What init brings is mostly what it brought last time: write_words() then finds the bits decoded already.
  const bool same_words = rows == binary_word_rows_ && row_words == binary_word_words_ &&
                          columns == fixed_weight_columns_ && weight_bytes == fixed_weight_bytes_ &&
                          width == parameter_width_ && binary_weights == weights_binary_.size() &&
                          fixed_weights == weights_fixed_.size() && parameter_bytes == parameters_.size();
  check_unwritten_ = check_unwritten;
  cell_slices_ = static_cast<int>(machine.xnor_array.cell_slices());
  accumulator_lanes_ = static_cast<int>(std::max(machine.xnor_array.rows, machine.mac_array.rows));
  for (int b = 0; b < buffer_count; ++b) {
    const std::size_t cells = static_cast<BufferId>(b) == BufferId::act_binary ? binary_banks : 1;
    words_.set(static_cast<BufferId>(b), words_of(static_cast<BufferId>(b)) * cells);
    written_[b].assign(check_unwritten ? words_of(static_cast<BufferId>(b)) * cells : 0, false);
  }
  const auto size = [&](auto& values, std::size_t count) {
    if (check_unwritten || values.size() != count) values.assign(count, 0);
  };
  size(act_binary_, words_of(BufferId::act_binary) * binary_banks * static_cast<std::size_t>(cell_slices_));
  size(act_fixed_, words_of(BufferId::act_fixed) * fixed_word_bytes);
  size(accumulators_, words_of(BufferId::accumulators) * static_cast<std::size_t>(accumulator_lanes_));
  if (same_words) return;
  ++constant_changes_;
  binary_word_rows_ = rows;
  binary_word_words_ = row_words;
  fixed_weight_columns_ = columns;
  fixed_weight_bytes_ = weight_bytes;
  parameter_width_ = width;
  weights_binary_.assign(binary_weights, 0);
  xnor_plans_.resize(words_of(BufferId::weights_binary));
  weights_fixed_.assign(fixed_weights, 0);
  weight_quads_.assign(words_of(BufferId::weights_fixed) * quad_word(), 0);
  parameters_.assign(parameter_bytes, 0);
  start_words_.assign(words_of(BufferId::parameters) * (width / 32), 0);
  decoded_records_.resize(words_of(BufferId::parameters));
}

void Buffers::mark_written(BufferId buffer, std::size_t first, std::size_t count) {
  auto& written = written_[index(buffer)];
  std::fill_n(written.begin() + static_cast<std::ptrdiff_t>(first), count, true);
}

void Buffers::require_written(BufferId buffer, std::size_t first, std::size_t count) const {
  const auto& written = written_[index(buffer)];
  for (std::size_t i = first; i < first + count; ++i) {
    if (written[i]) continue;
    const std::string place = buffer == BufferId::act_binary
                                  ? fmt::format("bank {} address {}", i % binary_banks, i / binary_banks)
                                  : fmt::format("word {}", i);
    throw DiagnosticError({Diagnostic{"unwritten-read",
                                      Place{{}, 0, std::string(name(buffer))},
                                      fmt::format("{} is read but nothing has written it", place),
                                      {}}},
                          ExitStatus::simulation_failed);
  }
}

std::size_t Buffers::write_binary_weights(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  const std::size_t per_word = std::size_t{binary_word_rows_} * binary_word_words_;
  const std::size_t count = bytes.size() / (per_word * dsp_word_bits / 8);
  words_.check(BufferId::weights_binary, address, count);
  bool changed = false;
  for (std::size_t i = 0; i < count * per_word; ++i) {
    const std::uint64_t bits = dsp_word_at(bytes, i);
    std::uint64_t& held = weights_binary_[address * per_word + i];
    changed = changed || bits != held;
    held = bits;
  }
  if (changed) {
    ++constant_changes_;
    xnor_plans_.forget(address, count);
  }
  return count;
}

std::size_t Buffers::write_fixed_weights(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  const std::size_t count = bytes.size() / fixed_weight_bytes_;
  words_.check(BufferId::weights_fixed, address, count);
  std::int8_t* held = weights_fixed_.data() + std::size_t{address} * fixed_weight_bytes_;
  if (are_held(bytes.first(count * fixed_weight_bytes_), held)) return count;
  ++constant_changes_;
  std::memcpy(held, bytes.data(), count * fixed_weight_bytes_);
  const std::size_t columns = fixed_weight_columns_, rows = fixed_weight_bytes_ / columns;
  for (std::size_t word = 0; word < count; ++word) {
    const std::int8_t* from = held + word * fixed_weight_bytes_;
    std::int8_t* quads = weight_quads_.data() + (address + word) * quad_word();
    for (std::size_t row = 0; row < rows; ++row, from += columns, quads += 4) {
      for (std::size_t column = 0; column < columns; column += 4) {
        std::memcpy(quads + column * rows, from + column, std::min<std::size_t>(4, columns - column));
      }
    }
  }
  return count;
}

std::size_t Buffers::write_parameters(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  const std::size_t word_bytes = parameter_width_ / 8, lanes = parameter_width_ / 32;
  const std::size_t count = bytes.size() / word_bytes;
  words_.check(BufferId::parameters, address, count);
  if (are_held(bytes.first(count * word_bytes), parameters_.data() + address * word_bytes)) return count;
  ++constant_changes_;
  std::copy_n(bytes.begin(), count * word_bytes,
              parameters_.begin() + static_cast<std::ptrdiff_t>(address * word_bytes));
  for (std::size_t w = 0; w < count; ++w) {
    std::memcpy(&start_words_[(address + w) * lanes], &bytes[w * word_bytes], lanes * sizeof start_words_[0]);
  }
  decoded_records_.clear();
  return count;
}

void Buffers::write_words(BufferId buffer, std::uint32_t address, std::span<const std::uint8_t> bytes) {
  std::size_t count = 0;
  switch (buffer) {
    case BufferId::act_fixed:
      count = bytes.size() / fixed_word_bytes;
      words_.check(buffer, address, count);
      std::copy_n(bytes.begin(), count * fixed_word_bytes,
                  act_fixed_.begin() + address * std::ptrdiff_t{fixed_word_bytes});
      break;
    case BufferId::weights_binary: count = write_binary_weights(address, bytes); break;
    case BufferId::weights_fixed: count = write_fixed_weights(address, bytes); break;
    case BufferId::parameters: count = write_parameters(address, bytes); break;
    case BufferId::instructions:  // the decoded program travels beside the values: nothing reads these bits
      return;
    case BufferId::act_binary:
    case BufferId::accumulators:
      throw InvariantError(fmt::format("buffer {}", name(buffer)), "has no whole-word writes");
  }
  if (check_unwritten_) mark_written(buffer, address, count);
}

std::size_t Buffers::cell_index(const BinaryMap& map, std::uint32_t x, std::uint32_t y, std::uint32_t s) const {
  const BinaryMap::Cell place = map.cell(x, y, s);
  return words_.check(BufferId::act_binary, std::size_t{place.address} * binary_banks + place.bank, 1);
}

std::span<const std::uint16_t> Buffers::cell(const BinaryMap& map, std::uint32_t x, std::uint32_t y,
                                             std::uint32_t s) const {
  const std::size_t i = cell_index(map, x, y, s), m = static_cast<std::size_t>(cell_slices_);
  if (check_unwritten_) require_written(BufferId::act_binary, i, 1);
  return std::span(act_binary_).subspan(i * m, m);
}

std::span<std::uint16_t> Buffers::cell(const BinaryMap& map, std::uint32_t x, std::uint32_t y, std::uint32_t s) {
  const std::size_t i = cell_index(map, x, y, s), m = static_cast<std::size_t>(cell_slices_);
  if (check_unwritten_) mark_written(BufferId::act_binary, i, 1);
  return std::span(act_binary_).subspan(i * m, m);
}

std::span<const std::uint8_t> Buffers::fixed(std::uint32_t address, std::uint32_t words) const {
  words_.check(BufferId::act_fixed, address, words);
  if (check_unwritten_) require_written(BufferId::act_fixed, address, words);
  return std::span(act_fixed_).subspan(address * fixed_word_bytes, words * fixed_word_bytes);
}

std::span<std::uint8_t> Buffers::fixed(std::uint32_t address, std::uint32_t words) {
  words_.check(BufferId::act_fixed, address, words);
  if (check_unwritten_) mark_written(BufferId::act_fixed, address, words);
  return std::span(act_fixed_).subspan(address * fixed_word_bytes, words * fixed_word_bytes);
}

const std::uint8_t* Buffers::fixed_bytes(std::uint32_t address, std::size_t words) const {
  return act_fixed_.data() + words_.check(BufferId::act_fixed, address, words) * fixed_word_bytes;
}

std::uint8_t* Buffers::fixed_bytes(std::uint32_t address, std::size_t words) {
  return act_fixed_.data() + words_.check(BufferId::act_fixed, address, words) * fixed_word_bytes;
}

const std::int8_t* Buffers::fixed_weight_quads(std::uint32_t address, std::uint32_t words) const {
  (void)fixed_weights(address, words);
  return weight_quads_.data() + address * quad_word();
}

std::span<const std::uint64_t> Buffers::binary_weights(std::uint32_t address, std::uint32_t words) const {
  const std::size_t per_word = std::size_t{binary_word_rows_} * binary_word_words_;
  words_.check(BufferId::weights_binary, address, words);
  if (check_unwritten_) require_written(BufferId::weights_binary, address, words);
  return std::span(weights_binary_).subspan(address * per_word, words * per_word);
}

std::span<const std::int8_t> Buffers::fixed_weights(std::uint32_t address, std::uint32_t words) const {
  words_.check(BufferId::weights_fixed, address, words);
  if (check_unwritten_) require_written(BufferId::weights_fixed, address, words);
  return std::span(weights_fixed_)
      .subspan(std::size_t{address} * fixed_weight_bytes_, std::size_t{words} * fixed_weight_bytes_);
}

std::span<std::int32_t> Buffers::accumulators(std::uint32_t address, std::uint32_t words) {
  const std::size_t lanes = static_cast<std::size_t>(accumulator_lanes_);
  words_.check(BufferId::accumulators, address, words);
  if (check_unwritten_) mark_written(BufferId::accumulators, address, words);
  return std::span(accumulators_).subspan(address * lanes, words * lanes);
}

std::span<const std::int32_t> Buffers::accumulators(std::uint32_t address, std::uint32_t words) const {
  const std::size_t lanes = static_cast<std::size_t>(accumulator_lanes_);
  words_.check(BufferId::accumulators, address, words);
  if (check_unwritten_) require_written(BufferId::accumulators, address, words);
  return std::span(accumulators_).subspan(address * lanes, words * lanes);
}

std::span<const std::uint8_t> Buffers::parameters(std::uint32_t address, std::uint32_t words) const {
  const std::size_t bytes = parameter_width_ / 8;
  words_.check(BufferId::parameters, address, words);
  if (check_unwritten_) require_written(BufferId::parameters, address, words);
  return std::span(parameters_).subspan(address * bytes, words * bytes);
}

std::span<const std::int32_t> Buffers::start_word(std::uint32_t address) const {
  const std::size_t lanes = parameter_width_ / 32;
  words_.check(BufferId::parameters, address, 1);
  if (check_unwritten_) require_written(BufferId::parameters, address, 1);
  return std::span(start_words_).subspan(address * lanes, lanes);
}

void Buffers::flip(BufferId buffer, std::uint32_t address, std::uint32_t bit) {
  const std::size_t cells = buffer == BufferId::act_binary ? binary_banks : 1;
  words_.check(buffer, address * cells, cells);
  const std::size_t at = address;
  const auto flip_in = [bit](std::vector<std::uint8_t>& word) {
    word.at(bit / 8) = static_cast<std::uint8_t>(word.at(bit / 8) ^ 1U << bit % 8);
  };
  switch (buffer) {
    case BufferId::act_binary: {
      std::uint16_t& slice = act_binary_.at(at * binary_banks * static_cast<std::size_t>(cell_slices_) + bit / 16);
      slice = static_cast<std::uint16_t>(slice ^ 1U << bit % 16);
      return;
    }
    case BufferId::act_fixed: {
      std::uint8_t& byte = act_fixed_.at(at * fixed_word_bytes + bit / 8);
      byte = static_cast<std::uint8_t>(byte ^ 1U << bit % 8);
      return;
    }
    case BufferId::accumulators: {
      std::int32_t& lane = accumulators_.at(at * static_cast<std::size_t>(accumulator_lanes_) + bit / 32);
      lane = static_cast<std::int32_t>(static_cast<std::uint32_t>(lane) ^ 1U << bit % 32);
      return;
    }
    // The constants by the way of their writes, which forget what was made of the old bits.
    case BufferId::weights_binary: {
      const std::size_t per_word = std::size_t{binary_word_rows_} * binary_word_words_;
      constexpr std::size_t bytes = dsp_word_bits / 8;
      std::vector<std::uint8_t> word(per_word * bytes);
      for (std::size_t n = 0; n < per_word; ++n)
        std::memcpy(&word[n * bytes], &weights_binary_[at * per_word + n], bytes);
      flip_in(word);
      write_binary_weights(address, word);
      return;
    }
    case BufferId::weights_fixed: {
      const std::span<const std::uint8_t> held = bytes(buffer, address, 1);
      std::vector<std::uint8_t> word(held.begin(), held.end());
      flip_in(word);
      write_fixed_weights(address, word);
      return;
    }
    case BufferId::parameters: {
      const std::span<const std::uint8_t> held = bytes(buffer, address, 1);
      std::vector<std::uint8_t> word(held.begin(), held.end());
      flip_in(word);
      write_parameters(address, word);
      return;
    }
    case BufferId::instructions: break;
  }
  throw InvariantError(fmt::format("buffer {}", name(buffer)), "holds no bits to flip");
}

std::span<const std::uint8_t> Buffers::bytes(BufferId buffer, std::uint32_t address, std::uint32_t count) const {
  const auto part = [&](const auto& values, std::size_t per_word) {
    const auto words = std::span(values).subspan(address * per_word, count * per_word);
    const auto as_bytes = std::as_bytes(words);
    return std::span(reinterpret_cast<const std::uint8_t*>(as_bytes.data()), as_bytes.size());
  };
  const std::size_t cells = buffer == BufferId::act_binary ? binary_banks : 1;
  words_.check(buffer, address * cells, count * cells);
  switch (buffer) {
    case BufferId::act_binary: return part(act_binary_, cells * static_cast<std::size_t>(cell_slices_));
    case BufferId::act_fixed: return part(act_fixed_, fixed_word_bytes);
    case BufferId::weights_binary: return part(weights_binary_, std::size_t{binary_word_rows_} * binary_word_words_);
    case BufferId::weights_fixed: return part(weights_fixed_, fixed_weight_bytes_);
    case BufferId::accumulators: return part(accumulators_, static_cast<std::size_t>(accumulator_lanes_));
    case BufferId::parameters: return part(parameters_, parameter_width_ / 8);
    case BufferId::instructions: break;
  }
  return {};
}

}  // namespace blendsim
