// SPDX-License-Identifier: Apache-2.0
// A slice's parameter record, decoded. What a step leaves unused stays 0.
//
// Its bits, from bit 0 of the record's first word, only what the instruction uses: for each of the 16 lanes, one lane
// after the other, q1, q2, q3 (M 32, B 48, s 6 each), activation (slope 32, shift 6), thresholds (levels x 32,
// direction 1); then once lo and hi (32 each) of q1, q2, q3, activation; then base (32) with thresholds. Two's
// complement.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "numerics/kernels/post_chain.h"
#include "units/buffer/layout.h"
#include "units/post_unit/instruction.h"

namespace blendsim {

struct QuantiserRecord {
  std::array<std::int64_t, slice_channels> multiplier{};
  std::array<std::int64_t, slice_channels> offset{};
  std::array<std::int32_t, slice_channels> shift{};
  std::int64_t lo = 0, hi = 0;
  bool operator==(const QuantiserRecord&) const = default;
};

struct PostRecord {
  std::array<QuantiserRecord, 3> quantisers;                              // q1, q2, q3
  QuantiserRecord activation;                                             // multiplier = slope, offset unused
  std::array<std::array<std::int64_t, slice_channels>, 15> thresholds{};  // [level][lane]
  std::array<std::uint8_t, slice_channels> direction{};
  std::int64_t base = 0;
  bool operator==(const PostRecord&) const = default;
};

// `bytes`: record_words words of the parameters buffer.
[[nodiscard]] PostRecord decode_record(const PostInstruction& instruction, std::span<const std::uint8_t> bytes);
// The inverse: ceil(record bits / 8) bytes. Throws InvariantError where a value does not fit its bits.
[[nodiscard]] std::vector<std::uint8_t> encode_record(const PostInstruction& instruction, const PostRecord& record);
// What of an instruction decides a record's layout: instructions of equal kind decode equal bits equally.
[[nodiscard]] std::uint32_t record_kind(const PostInstruction& instruction);

// A record as the kernels take it.
struct PreparedRecord {
  PostRecord record;
  std::array<LaneQuantiser, 3> quantisers;
  LaneQuantiser activation;
  std::array<std::array<std::int32_t, slice_channels>, 15> thresholds{};
  std::uint16_t flip = 0;  // bit l: direction of lane l is 0
  [[nodiscard]] static PreparedRecord of(const PostInstruction& instruction, const PostRecord& record);
};

// Decoded records by their address in the parameters buffer.
class RecordCache {
 public:
  // Forgets everything; `words`: of the parameters buffer.
  void resize(std::size_t words);
  void clear();
  // The record at `address`, decoded now if it was not. The reference holds until the next call.
  [[nodiscard]] const PreparedRecord& at(const PostInstruction& instruction, std::uint32_t address,
                                         std::span<const std::uint8_t> bytes);

 private:
  struct Entry {
    std::uint32_t kind = 0;  // record_kind
    PreparedRecord prepared;
  };
  std::vector<std::uint32_t> places_;  // by address: index in entries_ plus 1, or 0
  std::vector<Entry> entries_;
};

}  // namespace blendsim
