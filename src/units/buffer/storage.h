// SPDX-License-Identifier: Apache-2.0
// The values held by the on-chip buffers, and the one way in which every unit reads and writes them.
//
// Layouts are the ones of layout.h and the instruction headers, in host-friendly words: a 48-bit DSP word is the low bits
// of a uint64, a cell of act_binary is m uint16, an accumulator an int32. Reading an unwritten word is a DiagnosticError
// (unwritten-read) when checks are on.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "units/buffer/layout.h"
#include "units/machine_parameters.h"
#include "units/post_unit/record.h"

namespace blendsim {

// Words (act_binary: cells) of each buffer, and the bounds check of every access.
class BufferWords {
 public:
  void set(BufferId buffer, std::size_t words) { total_[static_cast<std::size_t>(index(buffer))] = words; }
  // Returns `address`; throws InvariantError when [address, address + count) leaves the buffer: verify() refuses such programs.
  std::size_t check(BufferId buffer, std::size_t address, std::size_t count) const;

 private:
  std::array<std::size_t, buffer_count> total_{};
};

class Buffers {
 public:
  // Sizes everything for `machine` and forgets all values. `check_unwritten` tracks written words (tests; costs time).
  void configure(const MachineParameters& machine, bool check_unwritten);

  // --- whole words, as load's linear form writes them: bytes little-endian, word bits from bit 0 -----------------------
  void write_words(BufferId buffer, std::uint32_t address, std::span<const std::uint8_t> bytes);

  // --- act_binary: cell_slices() uint16 a cell -------------------------------------------------------------------------
  [[nodiscard]] int cell_slices() const { return cell_slices_; }
  [[nodiscard]] std::span<const std::uint16_t> cell(const BinaryMap& map, std::uint32_t x, std::uint32_t y, std::uint32_t s) const;
  [[nodiscard]] std::span<std::uint16_t> cell(const BinaryMap& map, std::uint32_t x, std::uint32_t y, std::uint32_t s);

  // --- act_fixed: 16 bytes a word --------------------------------------------------------------------------------------
  [[nodiscard]] std::span<const std::uint8_t> fixed(std::uint32_t address, std::uint32_t words) const;
  [[nodiscard]] std::span<std::uint8_t> fixed(std::uint32_t address, std::uint32_t words);

  // --- weights ---------------------------------------------------------------------------------------------------------
  // rows x words uint64 of 48 bits; row r's words at [r * words, (r + 1) * words).
  [[nodiscard]] std::span<const std::uint64_t> binary_weights(std::uint32_t address, std::uint32_t words) const;
  // rows x columns int8 a word.
  [[nodiscard]] std::span<const std::int8_t> fixed_weights(std::uint32_t address, std::uint32_t words) const;

  // --- accumulators: accumulator_lanes() int32 a word --------------------------------------------------------------------
  [[nodiscard]] int accumulator_lanes() const { return accumulator_lanes_; }
  [[nodiscard]] std::span<std::int32_t> accumulators(std::uint32_t address, std::uint32_t words);
  [[nodiscard]] std::span<const std::int32_t> accumulators(std::uint32_t address, std::uint32_t words) const;

  // --- parameters --------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::span<const std::uint8_t> parameters(std::uint32_t address, std::uint32_t words) const;
  // Start words: int32, `rows` of them a word, rows * 32 bits <= width.
  [[nodiscard]] std::span<const std::int32_t> start_word(std::uint32_t address) const;
  [[nodiscard]] std::uint32_t parameter_width() const { return parameter_width_; }  // bits
  // Increases with every write to weights or parameters: what a unit decoded before is stale after a change.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  // Records that the post unit has decoded, by (address, kind of record); emptied by every write to parameters. The
  // hardware has no such memory: it saves the host from decoding the same bits for every tile.
  using DecodedRecords = std::map<std::pair<std::uint32_t, std::uint32_t>, PostRecord>;
  [[nodiscard]] DecodedRecords& decoded_records() { return decoded_records_; }

 private:
  [[nodiscard]] std::size_t cell_index(const BinaryMap& map, std::uint32_t x, std::uint32_t y, std::uint32_t s) const;
  void mark_written(BufferId buffer, std::size_t first, std::size_t count);
  void require_written(BufferId buffer, std::size_t first, std::size_t count) const;

  BufferWords words_;
  int cell_slices_ = 1;
  int accumulator_lanes_ = 16;
  std::uint32_t parameter_width_ = 0;
  std::uint64_t version_ = 0;
  std::uint32_t binary_word_rows_ = 0, binary_word_words_ = 0, fixed_weight_bytes_ = 0;
  bool check_unwritten_ = false;
  std::vector<std::uint16_t> act_binary_;
  std::vector<std::uint8_t> act_fixed_;
  std::vector<std::uint64_t> weights_binary_;
  std::vector<std::int8_t> weights_fixed_;
  std::vector<std::int32_t> accumulators_;
  std::vector<std::uint8_t> parameters_;
  std::vector<std::int32_t> start_words_;  // the same bits as parameters_, width / 32 values a word
  DecodedRecords decoded_records_;
  std::vector<bool> written_[buffer_count];
};

}  // namespace blendsim
