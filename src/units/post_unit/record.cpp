// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/diagnostic.h"
#include "numerics/post_formula.h"

namespace blendsim {
namespace {

constexpr int limit_bits = 32, base_bits = 16, digit_bits = 32, offset_bits = 48;
constexpr int coarse_shift = 12;
constexpr std::int32_t no_shift = 48;  // what the shifter has no place for decodes as more than any shift, 3 x 12 + 11

constexpr RecordField field_of(std::span<const RecordField> layout, std::string_view name) {
  for (const RecordField& field : layout)
    if (field.name == name) return field;
  throw InvariantError("post_unit record", "no such field");
}
constexpr RecordField factor = field_of(quantiser_layout, "factor"), low_offset = field_of(quantiser_layout, "offset"),
                      high_offset = field_of(quantiser_layout, "offset_high"),
                      limits_at = field_of(quantiser_layout, "limits"), shift_at = field_of(quantiser_layout, "shift"),
                      slope = field_of(activation_layout, "factor"), slope_shift = field_of(activation_layout, "shift"),
                      slope_limits = field_of(activation_layout, "limits"),
                      base_at = field_of(threshold_layout, "base"), level_at = field_of(threshold_layout, "level"),
                      direction_at = field_of(threshold_layout, "direction");
static_assert(low_offset.bits + high_offset.bits == offset_bits && limits_at.bits * slice_channels == 2 * limit_bits &&
              base_at.bits * slice_channels == base_bits);

// What rounding to nearest adds before the shift.
std::int64_t half_of(std::int32_t shift, Rounding rounding) {
  return shift == 0 || rounding == Rounding::floor ? 0 : std::int64_t{1} << (shift - 1);
}

// Where bit 0 of a lane's field lies: bits from the group's first word on, in the lane's column.
struct Place {
  std::int64_t word;
  std::size_t lane;
  int bit;
};

// Bits of a record, in columns of `column` bits a lane.
class Columns {
 public:
  explicit Columns(std::int64_t width) : width_(width), column_(width / slice_channels) {}
  [[nodiscard]] std::int64_t words(std::int64_t bits) const { return ceil_divide(bits, column_); }
  // Calls f(first, from, count) for each piece of a field of `bits` bits that lies in one word: its bits [from, from +
  // count) are the record's from `first` on.
  template <class F>
  void pieces(const Place& place, int bits, F&& f) const {
    for (int from = 0; from < bits;) {
      const std::int64_t at = place.bit + from, in_column = at % column_;
      const int count = std::min(bits - from, static_cast<int>(column_ - in_column));
      f(static_cast<std::size_t>((place.word + at / column_) * width_ +
                                 static_cast<std::int64_t>(place.lane) * column_ + in_column),
        from, count);
      from += count;
    }
  }

 private:
  std::int64_t width_, column_;
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::int64_t width) : columns_(width), bytes_(bytes) {}
  [[nodiscard]] const Columns& columns() const { return columns_; }

  template <class Value>
  void field(const Place& place, Value& value, int bits, bool is_signed) const {
    const std::uint64_t raw = get(place, bits), sign = std::uint64_t{1} << (bits - 1);
    value = static_cast<Value>(static_cast<std::int64_t>(is_signed ? (raw ^ sign) - sign : raw));
  }
  // A value that all lanes share, `share` bits of it with each.
  void shared(Place place, std::int64_t& value, int share) const {
    std::uint64_t raw = 0;
    for (place.lane = 0; place.lane < slice_channels; ++place.lane)
      raw |= get(place, share) << (static_cast<int>(place.lane) * share);
    value = static_cast<std::int64_t>(raw);
  }

 private:
  [[nodiscard]] std::uint64_t get(const Place& place, int bits) const {
    std::uint64_t raw = 0;
    columns_.pieces(place, bits, [&](std::size_t first, int from, int count) { raw |= bits_at(first, count) << from; });
    return raw;
  }
  // `count` bits, at most a field's 48, from bit `first` on.
  [[nodiscard]] std::uint64_t bits_at(std::size_t first, int count) const {
    static_assert(offset_bits + 7 <= 64);
    const std::size_t byte = first / 8;
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes_[byte], std::min(sizeof word, bytes_.size() - byte));
    return word >> (first % 8) & ((std::uint64_t{1} << count) - 1);
  }

  Columns columns_;
  std::span<const std::uint8_t> bytes_;
};

class Writer {
 public:
  Writer(std::span<std::uint8_t> bytes, std::int64_t width) : columns_(width), bytes_(bytes) {}
  [[nodiscard]] const Columns& columns() const { return columns_; }

  void field(const Place& place, std::int64_t value, int bits, bool is_signed) const {
    require_fits(value, bits, is_signed);
    put(place, static_cast<std::uint64_t>(value), bits);
  }
  void shared(Place place, std::int64_t value, int share) const {
    const auto raw = static_cast<std::uint64_t>(value);
    for (place.lane = 0; place.lane < slice_channels; ++place.lane)
      put(place, raw >> (static_cast<int>(place.lane) * share), share);
  }
  static void require_fits(std::int64_t value, int bits, bool is_signed) {
    const std::int64_t lowest = is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
    const std::int64_t highest = (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
    if (value < lowest || value > highest)
      throw InvariantError("post_unit record", fmt::format("{} does not fit {} bits", value, bits));
  }

 private:
  void put(const Place& place, std::uint64_t raw, int bits) const {
    columns_.pieces(place, bits, [&](std::size_t first, int from, int count) {
      for (int bit = 0; bit < count; ++bit) {
        const std::size_t at = first + static_cast<std::size_t>(bit);
        bytes_[at / 8] = static_cast<std::uint8_t>(bytes_[at / 8] | (raw >> (from + bit) & 1) << (at % 8));
      }
    });
  }

  Columns columns_;
  std::span<std::uint8_t> bytes_;
};

std::int64_t sign_extended(std::int64_t value, int bits) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << (64 - bits)) >> (64 - bits);
}

// Limits travel as one value of 64 bits, lo below hi.
void limits(const Reader& port, const Place& place, QuantiserRecord& q) {
  std::int64_t both = 0;
  port.shared(place, both, limits_at.bits);
  q.lo = sign_extended(both, limit_bits);
  q.hi = both >> limit_bits;
}
void limits(const Writer& port, const Place& place, const QuantiserRecord& q) {
  Writer::require_fits(q.lo, limit_bits, true);
  Writer::require_fits(q.hi, limit_bits, true);
  port.shared(place,
              static_cast<std::int64_t>(static_cast<std::uint64_t>(q.hi) << limit_bits |
                                        (static_cast<std::uint64_t>(q.lo) & 0xFFFFFFFFU)),
              limits_at.bits);
}
void base(const Reader& port, const Place& place, PostRecord& record) {
  port.shared(place, record.base, base_at.bits);
  record.base = sign_extended(record.base, base_bits);
}
void base(const Writer& port, const Place& place, const PostRecord& record) {
  Writer::require_fits(record.base, base_bits, true);
  port.shared(place, record.base, base_at.bits);
}

// A shift as the unit's two levels take it.
void shift(const Reader& port, const Place& place, std::int32_t& value) {
  std::int32_t levels = 0;
  port.field(place, levels, shift_at.bits, false);
  value = levels % 16 < coarse_shift ? levels / 16 * coarse_shift + levels % 16 : no_shift;
}
void shift(const Writer& port, const Place& place, std::int32_t value) {
  port.field(place, value / coarse_shift * 16 + value % coarse_shift, shift_at.bits, false);
}

// B with what rounding adds, in its two parts.
void offset(const Reader& port, std::int64_t word, std::size_t lane, QuantiserRecord& q, Rounding rounding) {
  std::int64_t low = 0, high = 0;
  port.field({word, lane, low_offset.first}, low, low_offset.bits, false);
  port.field({word, lane, high_offset.first}, high, high_offset.bits, true);
  q.offset[lane] = high * (std::int64_t{1} << low_offset.bits) + low - half_of(q.shift[lane], rounding);
}
void offset(const Writer& port, std::int64_t word, std::size_t lane, const QuantiserRecord& q, Rounding rounding) {
  const std::int64_t value = q.offset[lane] + half_of(q.shift[lane], rounding);
  Writer::require_fits(value, offset_bits, true);
  port.field({word, lane, low_offset.first}, value & ((std::int64_t{1} << low_offset.bits) - 1), low_offset.bits,
             false);
  port.field({word, lane, high_offset.first}, value >> low_offset.bits, high_offset.bits, true);
}

// Every field of a record through a Reader or a Writer, group after group.
template <class Port, class Record>
void walk(const PostInstruction& i, const Port& port, Record& record) {
  std::int64_t word = 0;
  const std::array<bool, 3> used = {i.use_q1 != 0, i.use_q2 != 0, i.use_q3 != 0};
  for (std::size_t n = 0; n < used.size(); ++n) {
    if (!used[n]) continue;
    auto& q = record.quantisers[n];
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      port.field({word, lane, factor.first}, q.multiplier[lane], factor.bits, true);
      shift(port, {word, lane, shift_at.first}, q.shift[lane]);
      offset(port, word, lane, q, static_cast<Rounding>(i.rounding));
    }
    limits(port, {word, 0, limits_at.first}, q);
    word += port.columns().words(quantiser_lane_bits);
  }
  if (i.activation != 0) {
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      port.field({word, lane, slope.first}, record.activation.multiplier[lane], slope.bits, true);
      shift(port, {word, lane, slope_shift.first}, record.activation.shift[lane]);
    }
    limits(port, {word, 0, slope_limits.first}, record.activation);
    word += port.columns().words(activation_lane_bits);
  }
  if (i.use_thresholds == 0) return;
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    for (std::size_t k = 0; k < i.levels; ++k) {
      const int behind = digit_bits * static_cast<int>(k);
      port.field({word, lane, level_at.first + behind}, record.thresholds[k][lane], level_at.bits, true);
      port.field({word, lane, direction_at.first + behind}, record.direction[lane], direction_at.bits, false);
    }
  }
  base(port, {word, 0, base_at.first}, record);
}

}  // namespace

void scale_to_step(QuantiserRecord& record, std::int64_t step) {
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    const std::int64_t beyond = record.shift[lane] % step;
    if (beyond == 0) continue;
    const std::int64_t scale = std::int64_t{1} << (step - beyond);
    record.multiplier[lane] *= scale;
    record.offset[lane] *= scale;
    record.shift[lane] += static_cast<std::int32_t>(step - beyond);
  }
}

PostRecord decode_record(const PostInstruction& instruction, std::span<const std::uint8_t> bytes, std::int64_t width) {
  PostRecord record;
  walk(instruction, Reader(bytes, width), record);
  return record;
}

std::vector<std::uint8_t> encode_record(const PostInstruction& instruction, const PostRecord& record,
                                        std::int64_t width) {
  const std::int64_t words = record_bits(instruction) == 0 ? 0 : record_words(instruction, width);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(words * width / 8));
  walk(instruction, Writer(bytes, width), record);
  return bytes;
}

PreparedRecord PreparedRecord::of(const PostInstruction& instruction, const PostRecord& record) {
  PreparedRecord prepared;
  prepared.record = record;
  const auto lanes_of = [](const QuantiserRecord& q, bool has_offset) {
    return LaneQuantiser::of(q.multiplier.data(), has_offset ? q.offset.data() : nullptr, q.shift.data(), q.lo, q.hi);
  };
  for (std::size_t q = 0; q < prepared.quantisers.size(); ++q) {
    prepared.quantisers[q] = lanes_of(record.quantisers[q], true);
  }
  prepared.activation = lanes_of(record.activation, false);
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    for (std::size_t k = 0; k < instruction.levels && k < prepared.thresholds.size(); ++k) {
      prepared.thresholds[k][lane] = static_cast<std::int32_t>(record.thresholds[k][lane]);
    }
    if (instruction.use_thresholds != 0 && record.direction[lane] == 0) {
      prepared.flip = static_cast<std::uint16_t>(prepared.flip | 1U << lane);
    }
  }
  return prepared;
}

std::uint32_t record_kind(const PostInstruction& i) {
  return i.use_q1 | i.use_q2 << 1 | i.use_q3 << 2 | std::uint32_t{i.activation != 0} << 3 | i.use_thresholds << 4 |
         (i.use_thresholds != 0 ? i.levels : 0) << 5 | i.rounding << 9;
}

void RecordCache::resize(std::size_t words) {
  places_.assign(words, 0);
  entries_.clear();
}

void RecordCache::clear() {
  if (!entries_.empty()) resize(places_.size());
}

const PreparedRecord& RecordCache::at(const PostInstruction& instruction, std::uint32_t address,
                                      std::span<const std::uint8_t> bytes, std::int64_t width) {
  const std::uint32_t kind = record_kind(instruction);
  std::uint32_t& place = places_[address];
  if (place == 0) {
    entries_.emplace_back();
    place = static_cast<std::uint32_t>(entries_.size());
  } else if (entries_[place - 1].kind == kind) {
    return entries_[place - 1].prepared;
  }
  entries_[place - 1] = {kind, PreparedRecord::of(instruction, decode_record(instruction, bytes, width))};
  return entries_[place - 1].prepared;
}

}  // namespace blendsim
