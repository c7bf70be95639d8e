// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/diagnostic.h"
#include "units/post_unit/law.h"

namespace blendsim {
namespace {

constexpr int multiplier_bits = 32, offset_bits = 48, shift_bits = 6, limit_bits = 32, threshold_bits = 32;
constexpr int limits_share = 2 * limit_bits / slice_channels, base_share = threshold_bits / slice_channels;

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
  // Calls f(first, from, count) for each piece of a field of `bits` bits that lies in one word: its bits [from, from + count)
  // are the record's from `first` on.
  template <class F>
  void pieces(const Place& place, int bits, F&& f) const {
    for (int from = 0; from < bits;) {
      const std::int64_t at = place.bit + from, in_column = at % column_;
      const int count = std::min(bits - from, static_cast<int>(column_ - in_column));
      f(static_cast<std::size_t>((place.word + at / column_) * width_ + static_cast<std::int64_t>(place.lane) * column_ + in_column),
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

std::int64_t low_word(std::int64_t value) { return static_cast<std::int32_t>(value & 0xFFFFFFFF); }

// Limits travel as one value of 64 bits, lo below hi.
void limits(const Reader& port, const Place& place, QuantiserRecord& q) {
  std::int64_t both = 0;
  port.shared(place, both, limits_share);
  q.lo = low_word(both);
  q.hi = both >> limit_bits;
}
void limits(const Writer& port, const Place& place, const QuantiserRecord& q) {
  Writer::require_fits(q.lo, limit_bits, true);
  Writer::require_fits(q.hi, limit_bits, true);
  port.shared(place, static_cast<std::int64_t>(static_cast<std::uint64_t>(q.hi) << limit_bits | (static_cast<std::uint64_t>(q.lo) & 0xFFFFFFFFU)),
              limits_share);
}
void base(const Reader& port, const Place& place, PostRecord& record) {
  port.shared(place, record.base, base_share);
  record.base = low_word(record.base);
}
void base(const Writer& port, const Place& place, const PostRecord& record) {
  Writer::require_fits(record.base, threshold_bits, true);
  port.shared(place, record.base, base_share);
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
      port.field({word, lane, 0}, q.multiplier[lane], multiplier_bits, true);
      port.field({word, lane, 32}, q.offset[lane], offset_bits, true);
      port.field({word, lane, 80}, q.shift[lane], shift_bits, false);
    }
    limits(port, {word, 0, 86}, q);
    word += port.columns().words(quantiser_lane_bits);
  }
  if (i.activation != 0) {
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      port.field({word, lane, 0}, record.activation.multiplier[lane], multiplier_bits, true);
      port.field({word, lane, 32}, record.activation.shift[lane], shift_bits, false);
    }
    limits(port, {word, 0, 38}, record.activation);
    word += port.columns().words(activation_lane_bits);
  }
  if (i.use_thresholds == 0) return;
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    port.field({word, lane, 0}, record.direction[lane], 1, false);
    for (std::size_t k = 0; k < i.levels; ++k) {
      port.field({word, lane, 3 + threshold_bits * static_cast<int>(k)}, record.thresholds[k][lane], threshold_bits, true);
    }
  }
  base(port, {word, 0, 1}, record);
}

}  // namespace

PostRecord decode_record(const PostInstruction& instruction, std::span<const std::uint8_t> bytes, std::int64_t width) {
  PostRecord record;
  walk(instruction, Reader(bytes, width), record);
  return record;
}

std::vector<std::uint8_t> encode_record(const PostInstruction& instruction, const PostRecord& record, std::int64_t width) {
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
         (i.use_thresholds != 0 ? i.levels : 0) << 5;
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
