// SPDX-License-Identifier: Apache-2.0
// A slice's parameter record, decoded, and its layout. What a step leaves unused stays 0.
//
// A word of the parameters buffer is 16 columns of width / 16 bits, lane l's at bit l * width / 16. In its column a
// lane has, one group after the other and each from a new word on, only what the instruction uses: q1, q2, q3, the
// activation, the thresholds. The tables below say what lies where in a group; the SystemVerilog package has them too.
// So the unit writes what it reads straight into each lane's own memories, without a shifter.
//
//   M, B, s   scaled up together, so that s is a multiple of post_unit.shift_step (scale_to_step); two's complement
//   B         holds 2^(s-1) where the instruction rounds to nearest: shifting right then rounds half up, and half to
//   even
//             only differs where all bits shifted out are 0
//   s         s / 12 above s mod 12: the two levels of the shifter
//   limits    belong to the slice: lane l holds bits [4l, 4l + 4) of lo (32 bits) below hi (32 bits)
//   base      belongs to the slice: lane l holds bit l of 16
//   level k   at 32 (k + 1), two's complement; above it whether a value at or above it counts (1) or one below it
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "numerics/kernels/post_chain.h"
#include "units/buffer/layout.h"
#include "units/post_unit/instruction.h"
#include "units/post_unit/law.h"

namespace blendsim {

// A field of a group: bits [first, first + bits) of a lane's column, counted through the group's words.
struct RecordField {
  std::string_view name;
  int first, bits;
  std::string_view sentence;
};
inline constexpr std::array quantiser_layout = {
    RecordField{"factor", 0, 28, "M"},
    RecordField{"limits", 28, 4, "this lane's bits of lo and hi"},
    RecordField{"offset", 32, 28, "low bits of B"},
    RecordField{"offset_high", 64, 20, "high bits of B"},
    RecordField{"shift", 84, 6, "s / 12, s mod 12"},
};
inline constexpr std::array activation_layout = {
    RecordField{"factor", 0, 28, "slope M"},
    RecordField{"limits", 28, 4, "this lane's bits of lo and hi"},
    RecordField{"shift", 32, 6, "s / 12, s mod 12"},
};
inline constexpr std::array threshold_layout = {
    RecordField{"base", 0, 1, "this lane's bit of the code's base"},
    RecordField{"level", 32, 31, "of level 0; level n is 32 n bits behind"},
    RecordField{"direction", 63, 1, "of level 0"},
};
template <class Layout>
[[nodiscard]] constexpr int bits_of(const Layout& layout) {
  return layout.back().first + layout.back().bits;
}
static_assert(bits_of(quantiser_layout) == quantiser_lane_bits && bits_of(activation_layout) == activation_lane_bits &&
              bits_of(threshold_layout) == threshold_lane_bits(1));

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

// Largest |x M + B| < 2^bits that every unit can hold, whatever its shift_step: x M + B and half a step of the result
// stay within 48 bits when scaled by up to 8; and the longest shift that is a multiple of 12 and 4.
inline constexpr int sum_bits_of_every_unit = 44, shift_of_every_unit = 44;
// M, B and s of every lane scaled up by the least power of two that makes s a multiple of `step`.
void scale_to_step(QuantiserRecord& record, std::int64_t step);

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
