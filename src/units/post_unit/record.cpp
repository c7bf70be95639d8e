// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/record.h"

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "units/post_unit/law.h"

namespace blendsim {
namespace {

constexpr int multiplier_bits = 32, offset_bits = 48, shift_bits = 6, limit_bits = 32, threshold_bits = 32;

// field(value&, bits, is signed) for everything a record holds, in order. Reader and writer share it.
template <class Record, class Field>
void walk(const PostInstruction& i, Record& record, Field&& field) {
  const std::array<bool, 3> used = {i.use_q1 != 0, i.use_q2 != 0, i.use_q3 != 0};
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    for (std::size_t q = 0; q < used.size(); ++q) {
      if (!used[q]) continue;
      field(record.quantisers[q].multiplier[lane], multiplier_bits, true);
      field(record.quantisers[q].offset[lane], offset_bits, true);
      field(record.quantisers[q].shift[lane], shift_bits, false);
    }
    if (i.activation != 0) {
      field(record.activation.multiplier[lane], multiplier_bits, true);
      field(record.activation.shift[lane], shift_bits, false);
    }
    if (i.use_thresholds != 0) {
      for (std::size_t k = 0; k < i.levels; ++k) field(record.thresholds[k][lane], threshold_bits, true);
      field(record.direction[lane], 1, false);
    }
  }
  for (std::size_t q = 0; q < used.size(); ++q) {
    if (!used[q]) continue;
    field(record.quantisers[q].lo, limit_bits, true);
    field(record.quantisers[q].hi, limit_bits, true);
  }
  if (i.activation != 0) {
    field(record.activation.lo, limit_bits, true);
    field(record.activation.hi, limit_bits, true);
  }
  if (i.use_thresholds != 0) field(record.base, threshold_bits, true);
}

}  // namespace

PostRecord decode_record(const PostInstruction& instruction, std::span<const std::uint8_t> bytes) {
  PostRecord record;
  std::size_t position = 0;
  walk(instruction, record, [&](auto& value, int bits, bool is_signed) {
    std::uint64_t raw = 0;
    for (int bit = 0; bit < bits;) {  // whole bytes where possible
      const int offset = static_cast<int>(position % 8), take = std::min(8 - offset, bits - bit);
      const std::uint64_t part = static_cast<std::uint64_t>(bytes[position / 8]) >> offset & ((1U << take) - 1);
      raw |= part << bit;
      bit += take;
      position += static_cast<std::size_t>(take);
    }
    const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
    const std::uint64_t extended = is_signed ? (raw ^ sign) - sign : raw;
    value = static_cast<std::decay_t<decltype(value)>>(static_cast<std::int64_t>(extended));
  });
  return record;
}

std::vector<std::uint8_t> encode_record(const PostInstruction& instruction, const PostRecord& record) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(ceil_divide(record_bits(instruction), 8)));
  std::size_t position = 0;
  walk(instruction, record, [&](const auto& field, int bits, bool is_signed) {
    const auto value = static_cast<std::int64_t>(field);
    const std::int64_t lowest = is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
    const std::int64_t highest = (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
    if (value < lowest || value > highest) {
      throw InvariantError("post_unit record", fmt::format("{} does not fit {} bits", value, bits));
    }
    for (int bit = 0; bit < bits; ++bit, ++position) {
      const auto one = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> bit & 1);
      bytes[position / 8] = static_cast<std::uint8_t>(bytes[position / 8] | one << (position % 8));
    }
  });
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
                                      std::span<const std::uint8_t> bytes) {
  const std::uint32_t kind = record_kind(instruction);
  std::uint32_t& place = places_[address];
  if (place == 0) {
    entries_.emplace_back();
    place = static_cast<std::uint32_t>(entries_.size());
  } else if (entries_[place - 1].kind == kind) {
    return entries_[place - 1].prepared;
  }
  entries_[place - 1] = {kind, PreparedRecord::of(instruction, decode_record(instruction, bytes))};
  return entries_[place - 1].prepared;
}

}  // namespace blendsim
