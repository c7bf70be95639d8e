// SPDX-License-Identifier: Apache-2.0
// A slice's parameter record, decoded. What a step leaves unused stays 0.
//
// A word of the parameters buffer is 16 columns of width / 16 bits, lane l's at bit l * width / 16. In its column a lane
// has, one group after the other and each from a new word on, only what the instruction uses:
//   q1, q2, q3    M (32 bit), B (48), s (6), 4 bits of the limits
//   activation    slope (32), s (6), 4 bits of the limits
//   thresholds    direction (1), 2 bits of the base, levels x 32 bit
// The limits, lo (32) below hi (32), and the base (32) belong to the slice: lane l holds bits [4l, 4l + 4) and
// [2l, 2l + 2). So the unit writes what it reads straight into each lane's own memories, without a shifter. Two's
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

// `bytes`: record_words words of a parameters buffer `width` bits wide.
[[nodiscard]] PostRecord decode_record(const PostInstruction& instruction, std::span<const std::uint8_t> bytes,
                                       std::int64_t width);
// The inverse: record_words words, none without parameters. Throws InvariantError where a value does not fit its bits.
[[nodiscard]] std::vector<std::uint8_t> encode_record(const PostInstruction& instruction, const PostRecord& record,
                                                      std::int64_t width);
// What of an instruction decides a record's layout: instructions of equal kind decode equal bits equally.
[[nodiscard]] std::uint32_t record_kind(const PostInstruction& instruction);

// A record as the kernels take it.
struct PreparedRecord {
  PostRecord record;
  std::array<LaneQuantiser, 3> quantisers;
  LaneQuantiser activation;
  alignas(cache_line_bytes) std::array<std::array<std::int32_t, slice_channels>, 15> thresholds{};
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
                                         std::span<const std::uint8_t> bytes, std::int64_t width);

 private:
  struct Entry {
    std::uint32_t kind = 0;  // record_kind
    PreparedRecord prepared;
  };
  std::vector<std::uint32_t> places_;  // by address: index in entries_ plus 1, or 0
  std::vector<Entry> entries_;
};

}  // namespace blendsim
