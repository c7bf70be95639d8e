// SPDX-License-Identifier: Apache-2.0
// The values held by the on-chip buffers, and the one way in which every unit reads and writes them.
//
// Layouts are the ones of layout.h and the instruction headers, in host-friendly words: a 48-bit DSP word is the low
// bits of a uint64, a cell of act_binary is m uint16, an accumulator an int32. Reading an unwritten word is a
// DiagnosticError (unwritten-read) when checks are on.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "units/buffer/layout.h"
#include "units/machine_parameters.h"
#include "units/post_unit/record.h"
#include "units/xnor_array/plan.h"

namespace blendsim {

// Words (act_binary: cells) of each buffer, and the bounds check of every access.
class BufferWords {
 public:
  void set(BufferId buffer, std::size_t words) { total_[static_cast<std::size_t>(index(buffer))] = words; }
  // Returns `address`; throws InvariantError when [address, address + count) leaves the buffer: verify() refuses such
  // programs.
  std::size_t check(BufferId buffer, std::size_t address, std::size_t count) const {
    const std::size_t total = total_[static_cast<std::size_t>(index(buffer))];
    if (count > total || address > total - count) beyond(buffer, address);
    return address;
  }

 private:
  [[noreturn]] static void beyond(BufferId buffer, std::size_t address);

  std::array<std::size_t, buffer_count> total_{};
};

// Room in which units prepare their operands: kept between instructions, so that none of them allocates.
struct Scratch {
  AlignedVector<std::uint16_t> cells;
  AlignedVector<std::uint8_t> lanes;
  std::vector<std::uint32_t> offsets, start_offsets;
};

class Buffers {
 public:
  // Sizes everything for `machine` and forgets all values. What has the size that it had keeps its bits, which no
  // verified program reads before it writes them: weights and parameters always, so that writing the same again costs
  // no decoding; the others without `check_unwritten`, which tracks written words (tests; costs time).
  void configure(const MachineParameters& machine, bool check_unwritten);

  // --- whole words, as load's linear form writes them: bytes little-endian, word bits from bit 0
  // -----------------------
  void write_words(BufferId buffer, std::uint32_t address, std::span<const std::uint8_t> bytes);
  // How often weights or parameters became others: while the number stands, so do their bits.
  [[nodiscard]] std::uint64_t constant_changes() const { return constant_changes_; }

  // --- act_binary: cell_slices() uint16 a cell
  // -------------------------------------------------------------------------
  [[nodiscard]] int cell_slices() const { return cell_slices_; }
  [[nodiscard]] std::span<const std::uint16_t> cell(const BinaryMap& map, std::uint32_t x, std::uint32_t y,
                                                    std::uint32_t s) const;
  [[nodiscard]] std::span<std::uint16_t> cell(const BinaryMap& map, std::uint32_t x, std::uint32_t y, std::uint32_t s);

  // Cells of row y and cell s, along x: the bank arithmetic of layout.h with all that is constant taken out.
  struct CellRow {
    std::size_t address;              // of x = 0, in the banks
    std::uint32_t cells, lane, bank;  // of the map; s mod 4; (y + s/4) mod 4
    // Index of cell x among all cells of the buffer.
    [[nodiscard]] std::size_t at(std::uint32_t x) const { return block(x / 4) + (x + lane) % 4; }
    // Index of the first of the four side by side that hold cells [4 * b, 4 * b + 4), turned by `lane`.
    [[nodiscard]] std::size_t block(std::uint32_t b) const {
      return (address + std::size_t{b} * cells) * binary_banks + 4 * ((bank + b) % 4);
    }
  };
  // Checks that the whole row lies in the buffer; single cells are watched by require_cell and mark_cell when
  // checks_unwritten().
  [[nodiscard]] CellRow cell_row(const BinaryMap& map, std::uint32_t y, std::uint32_t s) const {
    const std::size_t first = map.cell(0, y, s).address, last = map.cell(map.width - 1, y, s).address;
    words_.check(BufferId::act_binary, first * binary_banks, (last - first + 1) * binary_banks);
    return {first, map.cells, s % 4, (y + s / 4) % 4};
  }
  [[nodiscard]] const std::uint16_t* cells() const { return act_binary_.data(); }  // cell i at i * cell_slices()
  [[nodiscard]] std::uint16_t* cells() { return act_binary_.data(); }
  void require_cell(std::size_t i) const { require_written(BufferId::act_binary, i, 1); }
  void mark_cell(std::size_t i) { mark_written(BufferId::act_binary, i, 1); }
  [[nodiscard]] bool checks_unwritten() const { return check_unwritten_; }

  // --- act_fixed: 16 bytes a word
  // --------------------------------------------------------------------------------------
  [[nodiscard]] std::span<const std::uint8_t> fixed(std::uint32_t address, std::uint32_t words) const;
  [[nodiscard]] std::span<std::uint8_t> fixed(std::uint32_t address, std::uint32_t words);

  // The same without a look at what was written: who walks over more words than it uses asks fixed() for those it uses.
  [[nodiscard]] const std::uint8_t* fixed_bytes(std::uint32_t address, std::size_t words) const;
  [[nodiscard]] std::uint8_t* fixed_bytes(std::uint32_t address, std::size_t words);

  // --- weights
  // --------------------------------------------------------------------------------------------------------- rows x
  // words uint64 of 48 bits; row r's words at [r * words, (r + 1) * words).
  [[nodiscard]] std::span<const std::uint64_t> binary_weights(std::uint32_t address, std::uint32_t words) const;
  // What the XNOR array has made of them, forgotten where they become others.
  [[nodiscard]] XnorPlans& xnor_plans() { return xnor_plans_; }
  // rows x columns int8 a word.
  [[nodiscard]] std::span<const std::int8_t> fixed_weights(std::uint32_t address, std::uint32_t words) const;

  // The same words as the kernels take them: [words, ceil(columns / 4), rows, 4], 0 behind the last column.
  [[nodiscard]] const std::int8_t* fixed_weight_quads(std::uint32_t address, std::uint32_t words) const;

  // --- accumulators: accumulator_lanes() int32 a word
  // --------------------------------------------------------------------
  [[nodiscard]] int accumulator_lanes() const { return accumulator_lanes_; }
  [[nodiscard]] std::span<std::int32_t> accumulators(std::uint32_t address, std::uint32_t words);
  [[nodiscard]] std::span<const std::int32_t> accumulators(std::uint32_t address, std::uint32_t words) const;

  // --- parameters
  // --------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::span<const std::uint8_t> parameters(std::uint32_t address, std::uint32_t words) const;
  // Start words: int32, `rows` of them a word, rows * 32 bits <= width; start_word_lanes() values from word to word.
  [[nodiscard]] std::span<const std::int32_t> start_word(std::uint32_t address) const;
  [[nodiscard]] std::size_t start_word_lanes() const { return parameter_width_ / 32; }
  // `words` of them, without a look at what was written.
  [[nodiscard]] const std::int32_t* start_words(std::uint32_t address, std::uint32_t words) const {
    return start_words_.data() + words_.check(BufferId::parameters, address, words) * start_word_lanes();
  }
  [[nodiscard]] std::uint32_t parameter_width() const { return parameter_width_; }  // bits
  // Records that the post unit has decoded, emptied by every write to parameters. The hardware has no such memory: it
  // saves the host from decoding the same bits for every tile.
  [[nodiscard]] RecordCache& decoded_records() { return decoded_records_; }
  [[nodiscard]] Scratch& scratch() { return scratch_; }

  // --- as memories
  // ------------------------------------------------------------------------------------------------------------------
  // Flips a bit of a word, as an upset does: whether the word was written stays as it was. address: below regions *
  // depth, bit: below width. Not of `instructions`, whose bits nothing reads.
  void flip(BufferId buffer, std::uint32_t address, std::uint32_t bit);
  // Words [address, address + count) (of act_binary, bank addresses) as the host keeps them: equal bytes, equal bits.
  // Empty for `instructions`.
  [[nodiscard]] std::span<const std::uint8_t> bytes(BufferId buffer, std::uint32_t address, std::uint32_t count) const;

 private:
  // Values of a word of weight_quads_.
  [[nodiscard]] std::size_t quad_word() const {
    return fixed_weight_bytes_ / fixed_weight_columns_ * ((fixed_weight_columns_ + 3) / 4 * 4);
  }
  // write_words() of one buffer; each returns how many words it wrote.
  std::size_t write_binary_weights(std::uint32_t address, std::span<const std::uint8_t> bytes);
  std::size_t write_fixed_weights(std::uint32_t address, std::span<const std::uint8_t> bytes);
  std::size_t write_parameters(std::uint32_t address, std::span<const std::uint8_t> bytes);
  [[nodiscard]] std::size_t cell_index(const BinaryMap& map, std::uint32_t x, std::uint32_t y, std::uint32_t s) const;
  void mark_written(BufferId buffer, std::size_t first, std::size_t count);
  void require_written(BufferId buffer, std::size_t first, std::size_t count) const;

  BufferWords words_;
  int cell_slices_ = 1;
  int accumulator_lanes_ = 16;
  std::uint32_t parameter_width_ = 0;
  std::uint32_t binary_word_rows_ = 0, binary_word_words_ = 0, fixed_weight_bytes_ = 0, fixed_weight_columns_ = 1;
  bool check_unwritten_ = false;
  std::uint64_t constant_changes_ = 0;
  AlignedVector<std::uint16_t> act_binary_;
  AlignedVector<std::uint8_t> act_fixed_;
  std::vector<std::uint64_t> weights_binary_;
  XnorPlans xnor_plans_;
  AlignedVector<std::int8_t> weights_fixed_;
  AlignedVector<std::int8_t> weight_quads_;  // the same values as weights_fixed_, four columns innermost
  AlignedVector<std::int32_t> accumulators_;
  std::vector<std::uint8_t> parameters_;
  AlignedVector<std::int32_t> start_words_;  // the same bits as parameters_, width / 32 values a word
  RecordCache decoded_records_;
  Scratch scratch_;
  std::vector<bool> written_[buffer_count];
};

}  // namespace blendsim
