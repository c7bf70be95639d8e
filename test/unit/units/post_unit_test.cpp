// SPDX-License-Identifier: Apache-2.0
// post_unit against the formula written out on plain integers, for random legal instructions.
#include <gtest/gtest.h>

#include "support.h"
#include "units/post_unit/execute.h"
#include "units/post_unit/law.h"
#include "units/post_unit/plain.h"

namespace blendsim::test {
namespace {

__extension__ using Wide = __int128;

// round(value / 2^shift) from the definition: the nearest integer by comparing distances in halves.
std::int64_t rounded(Wide value, int shift, std::uint32_t rounding) {
  const Wide unit = Wide{1} << shift;
  Wide below = value / unit;
  if (below * unit > value) --below;
  const Wide twice = 2 * (value - below * unit);
  bool up = false;
  if (rounding == 0) up = twice > unit || (twice == unit && below % 2 != 0);
  if (rounding == 2) up = twice >= unit;
  return static_cast<std::int64_t>(below + (up ? 1 : 0));
}

class Experiment {
 public:
  explicit Experiment(std::uint32_t seed) : random_(seed) {
    const int m = random_.of({1, 2, 4});
    machine_ = make_machine({random_.of({16, 32}), 3 * m, random_.of({16, 48}), 8, random_.of({16, 32})});
    buffers_.configure(machine_, seed % 2 == 0);
    i_.rows = random_.u(1, 3);
    i_.width = random_.u(1, 7);
    i_.slices = random_.u(1, 5);
    choose_steps();
    choose_code();
    make_records();
    a_ = make_source(random_.u(1, 3), i_.a_source, i_.a, i_.a_stride, i_.a_bytes_log2, i_.a_signed, 0);
    if (random_.coin())
      b_ = make_source(random_.u(1, 3), i_.b_source, i_.b, i_.b_stride, i_.b_bytes_log2, i_.b_signed, 1);
    if (i_.b_source == 0) i_.use_q2 = i_.product = 0;
    write_records();
    choose_results();
  }

  void run() {
    const Saturation counted = saturation(i_, machine_, buffers_);
    execute(i_, machine_, buffers_);
    for (std::uint32_t pixel = 0; pixel < i_.rows * i_.width; ++pixel) {
      for (std::uint32_t c = 0; c < i_.slices * 16; ++c) {
        SCOPED_TRACE(testing::Message() << "pixel " << pixel << " channel " << c);
        const std::int64_t u = expected(pixel, c);
        const PostRecord& record = records_[c / 16];
        std::int64_t count = u >= 0 ? 1 : 0;
        if (i_.use_thresholds != 0) {
          count = 0;
          for (std::uint32_t k = 0; k < i_.levels; ++k) {
            const bool reached = u >= record.thresholds[k][c % 16];
            if (record.direction[c % 16] != 0 ? reached : !reached) ++count;
          }
        }
        const std::int64_t value = i_.use_table != 0      ? std::int64_t{table_[static_cast<std::size_t>(u & 255)]}
                                   : i_.code_bipolar != 0 ? (count != 0 ? 1 : -1)
                                                          : record.base + count;
        const std::int64_t code = i_.code_bipolar != 0 ? count : value;
        if (i_.write_fixed != 0) {
          const bool is_byte = i_.use_table != 0 && i_.fixed_bytes_log2 == 0;  // whose sign is the reader's
          ASSERT_EQ(fixed_result(pixel, c), i_.fixed_is_code == 0 ? u
                                            : is_byte             ? static_cast<std::int8_t>(value)
                                                                  : value);
        }
        if (i_.write_bits != 0) {
          for (std::uint32_t plane = 0; plane < i_.code_bits; ++plane) {
            ASSERT_EQ(bit_result(pixel, c, plane), static_cast<std::uint64_t>(code) >> plane & 1) << "plane " << plane;
          }
        }
      }
    }
    for (std::size_t step = 0; step < counted.steps.size(); ++step) {
      EXPECT_EQ(counted.steps[step].below, saturated_.steps[step].below) << post_step_names[step];
      EXPECT_EQ(counted.steps[step].above, saturated_.steps[step].above) << post_step_names[step];
    }
  }

 private:
  void choose_steps() {
    i_.use_q1 = random_.u(0, 1);
    i_.use_q2 = random_.u(0, 1);
    i_.use_q3 = random_.u(0, 1);
    i_.activation = random_.u(0, 2);
    i_.rounding = random_.u(0, 2);
    if (random_.in(0, 3) != 0) return;
    i_.product = i_.use_q1 = i_.use_q2 = 1;  // two of 16 bits
    i_.activation = 0;
  }

  void choose_code() {
    if (random_.in(0, 2) == 0) {
      i_.code_bipolar = 0;
      i_.use_table = 1;
      i_.code_bits = random_.u(1, 4);
      for (std::uint8_t& entry : table_) entry = static_cast<std::uint8_t>(random_.in(0, 255));
      return;
    }
    if (random_.coin()) {  // bipolar, by sign or by a threshold
      i_.use_thresholds = i_.levels = random_.u(0, 1);
      return;
    }
    i_.code_bipolar = 0;
    i_.use_thresholds = 1;
    i_.code_bits = random_.u(1, 4);
    i_.levels = random_.u(1, (1 << i_.code_bits) - 1);
  }

  QuantiserRecord quantiser(int bits) {
    QuantiserRecord q;
    q.lo = random_.in(0, 3) == 0 ? 0 : -random_.in(0, std::int64_t{1} << (bits - 1));
    q.hi = random_.in(0, (std::int64_t{1} << (bits - 1)) - 1);
    for (std::size_t lane = 0; lane < 16; ++lane) {
      q.multiplier[lane] = random_.in(-(1 << 17), (1 << 17) - 1);
      q.offset[lane] = random_.in(-(std::int64_t{1} << 40), std::int64_t{1} << 40);
      q.shift[lane] = static_cast<std::int32_t>(random_.in(0, 47));
      if (small_ || random_.coin()) {  // small shifts and multipliers meet ties and stay unsaturated
        q.multiplier[lane] = random_.in(-3, 3);
        q.offset[lane] = random_.in(-20, 20);
        q.shift[lane] = static_cast<std::int32_t>(random_.in(0, 3));
      }
    }
    return q;
  }

  void make_records() {
    for (std::uint32_t s = 0; s < i_.slices; ++s) {
      PostRecord record;
      if (i_.use_q1 != 0) record.quantisers[0] = quantiser(16);
      if (i_.use_q2 != 0) record.quantisers[1] = quantiser(16);
      if (i_.use_q3 != 0) record.quantisers[2] = quantiser(random_.of({8, 16, 32}));
      if (i_.activation != 0) {
        record.activation = quantiser(32);
        record.activation.offset = {};
      }
      if (i_.use_thresholds != 0) {
        record.base = random_.in(-8, 7);
        for (std::size_t lane = 0; lane < 16; ++lane) {
          record.direction[lane] = static_cast<std::uint8_t>(random_.u(0, 1));
          for (std::size_t k = 0; k < i_.levels; ++k) record.thresholds[k][lane] = random_.in(-400, 400);
        }
      }
      records_.push_back(record);
    }
  }

  // The record's bits as the header lists them, written by an encoder of the test's own.
  void write_records() {
    const std::int64_t width = machine_.buffer(BufferId::parameters).width, words = record_words(i_, width);
    i_.parameters = random_.u(0, 9);
    const std::int64_t before = i_.use_table != 0 ? (8 * 256 + width - 1) / width : 0;
    if (i_.use_table != 0) {
      std::vector<std::uint8_t> bytes(table_.begin(), table_.end());
      bytes.resize(static_cast<std::size_t>(before * width / 8));
      buffers_.write_words(BufferId::parameters, i_.parameters, bytes);
    }
    const auto first = i_.parameters + static_cast<std::uint32_t>(before);
    for (std::uint32_t s = 0; s < i_.slices; ++s) {
      const PostRecord& r = records_[s];
      Bits bits(static_cast<std::size_t>(words * width));
      // A lane's column is width / 16 bits of each word; a group begins with a word of its own.
      const auto column = static_cast<std::size_t>(width / 16);
      std::vector<bool> stream;  // of the lane
      const auto put = [&](std::int64_t value, int count) {
        for (int bit = 0; bit < count; ++bit) stream.push_back((value >> bit & 1) != 0);
      };
      const auto end_group = [&] {
        while (stream.size() % column != 0) stream.push_back(false);
      };
      const auto limits = [&](const QuantiserRecord& q, std::size_t lane) {
        put((lane < 8 ? q.lo : q.hi) >> (lane % 8 * 4), 4);
      };
      const std::uint32_t used[3] = {i_.use_q1, i_.use_q2, i_.use_q3};
      for (std::size_t lane = 0; lane < 16; ++lane) {
        stream.clear();
        for (std::size_t q = 0; q < 3; ++q) {
          if (used[q] == 0) continue;
          const std::int32_t s = r.quantisers[q].shift[lane];
          const std::int64_t b =
              r.quantisers[q].offset[lane] + (i_.rounding != 1 && s > 0 ? std::int64_t{1} << (s - 1) : 0);
          put(r.quantisers[q].multiplier[lane], 28);
          limits(r.quantisers[q], lane);
          put(b, 28);
          put(0, 4);
          put(b >> 28, 20);
          put(s / 12 * 16 + s % 12, 6);
          end_group();
        }
        if (i_.activation != 0) {
          put(r.activation.multiplier[lane], 28);
          limits(r.activation, lane);
          put(r.activation.shift[lane] / 12 * 16 + r.activation.shift[lane] % 12, 6);
          end_group();
        }
        if (i_.use_thresholds != 0) {
          put(r.base >> lane, 32);
          std::fill(stream.end() - 31, stream.end(), false);
          for (std::size_t k = 0; k < i_.levels; ++k) {
            put(r.thresholds[k][lane], 31);
            put(r.direction[lane], 1);
          }
          end_group();
        }
        EXPECT_EQ(std::max(column, stream.size()), static_cast<std::size_t>(words) * column);
        for (std::size_t bit = 0; bit < stream.size(); ++bit) {
          if (stream[bit])
            bits.set(bit / column * static_cast<std::size_t>(width) + lane * column + bit % column, 1, 1);
        }
      }
      if (record_bits(i_) > 0) {
        buffers_.write_words(BufferId::parameters, first + s * static_cast<std::uint32_t>(words), bits.bytes());
        const auto encoded = encode_record(i_, r, width);
        EXPECT_TRUE(std::equal(encoded.begin(), encoded.end(), bits.bytes().begin())) << "encode_record";
      }
    }
  }

  std::vector<std::int64_t> make_source(std::uint32_t kind, std::uint32_t& source, std::uint32_t& address,
                                        std::uint32_t& stride, std::uint32_t& bytes_log2, std::uint32_t& is_signed,
                                        std::uint32_t region) {
    source = kind;
    const std::uint32_t channels = i_.slices * 16;
    std::vector<std::int64_t> values;
    if (kind == 3) {
      bytes_log2 = random_.u(0, 2);
      is_signed = bytes_log2 == 2 ? 1 : random_.u(0, 1);
      stride = i_.slices + random_.u(0, 2);
      address = region * 4096 + random_.u(0, 5);
    } else {
      const auto rows = static_cast<std::uint32_t>(kind == 1 ? machine_.xnor_array.rows : machine_.mac_array.rows);
      stride = (channels + rows - 1) / rows + random_.u(0, 1);
      address = (kind - 1) * 4096 + region * 1000 + random_.u(0, 5);
    }
    const std::uint32_t bytes = 1U << bytes_log2;
    const bool one_pixel = region == 1 && random_.in(0, 3) == 0;  // b alone
    if (one_pixel) stride = 0;
    for (std::uint32_t pixel = 0; pixel < (one_pixel ? 1 : i_.rows * i_.width); ++pixel) {
      for (std::uint32_t c = 0; c < channels; ++c) {
        if (kind == 3) {
          const int bits = static_cast<int>(8 * bytes) - (bytes == 4 ? 8 : 0);
          const std::int64_t value =
              is_signed != 0 ? random_.in(-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1)
                             : random_.in(0, (std::int64_t{1} << bits) - 1);
          const auto word = buffers_.fixed(address + (pixel * stride + c / 16) * bytes, bytes);
          for (std::uint32_t b = 0; b < bytes; ++b)
            word[c % 16 * bytes + b] = static_cast<std::uint8_t>(value >> (8 * b));
          values.push_back(value);
        } else {
          const auto rows = static_cast<std::uint32_t>(kind == 1 ? machine_.xnor_array.rows : machine_.mac_array.rows);
          values.push_back(random_.of({random_.in(-400, 400), random_.in(-(1 << 20), 1 << 20)}));
          buffers_.accumulators(address + pixel * stride + c / rows, 1)[c % rows] =
              static_cast<std::int32_t>(values.back());
        }
      }
    }
    return values;
  }

  void choose_results() {
    const std::uint32_t what = random_.u(1, 3);
    const auto m = static_cast<std::uint32_t>(buffers_.cell_slices());
    i_.write_fixed = what & 1;
    i_.write_bits = what >> 1;
    i_.fixed_is_code = i_.use_table != 0 && i_.write_bits == 0 ? 1 : i_.write_fixed * random_.u(0, 1);
    // u without q3 may take 32 bits; a code fits a byte.
    i_.fixed_bytes_log2 = i_.fixed_is_code != 0 ? random_.u(0, 2) : 2;
    i_.fixed = 2 * 4096 + random_.u(0, 9);
    i_.fixed_slices = i_.slices + random_.u(0, 2);
    i_.bits = random_.u(0, 5);
    i_.bits_slice = random_.u(0, 3);
    i_.bits_plane_cells = (i_.bits_slice + i_.slices + m - 1) / m + random_.u(0, 1);
    i_.bits_cells = i_.bits_plane_cells * i_.code_bits;
    i_.bits_row = random_.u(0, 5);
  }

  // Counts in saturated_ what it takes to a limit; one of 0 below is a Relu's.
  std::int64_t limited(const QuantiserRecord& q, std::int64_t y, PostStep step) {
    if (y < q.lo && q.lo != 0) ++saturated_[step].below;
    if (y > q.hi) ++saturated_[step].above;
    return y < q.lo ? q.lo : y > q.hi ? q.hi : y;
  }
  std::int64_t quantised(PostStep step, const QuantiserRecord& q, std::size_t lane, std::int64_t x) {
    return limited(q, rounded(Wide{x} * q.multiplier[lane] + q.offset[lane], q.shift[lane], i_.rounding), step);
  }
  std::int64_t activated(const QuantiserRecord& q, std::size_t lane, std::int64_t x) {
    return limited(q, x >= 0 ? x : rounded(Wide{x} * q.multiplier[lane], q.shift[lane], 0), PostStep::activation);
  }

  [[nodiscard]] std::int64_t expected(std::uint32_t pixel, std::uint32_t c) {
    const PostRecord& r = records_[c / 16];
    const std::size_t lane = c % 16, at = pixel * i_.slices * 16 + c;
    std::int64_t u = a_[at];
    if (i_.use_q1 != 0) u = quantised(PostStep::q1, r.quantisers[0], lane, u);
    if (i_.activation == 1) u = activated(r.activation, lane, u);
    if (i_.b_source != 0) {
      const std::int64_t b = b_[i_.b_stride == 0 ? c : at];
      const std::int64_t other = i_.use_q2 != 0 ? quantised(PostStep::q2, r.quantisers[1], lane, b) : b;
      u = i_.product != 0 ? u * other : u + other;
    }
    if (i_.activation == 2) u = activated(r.activation, lane, u);
    if (i_.use_q3 != 0) u = quantised(PostStep::q3, r.quantisers[2], lane, u);
    return u;
  }

  [[nodiscard]] std::int64_t fixed_result(std::uint32_t pixel, std::uint32_t c) const {
    const std::uint32_t bytes = 1U << i_.fixed_bytes_log2;
    const auto word =
        static_cast<const Buffers&>(buffers_).fixed(i_.fixed + (pixel * i_.fixed_slices + c / 16) * bytes, bytes);
    std::int64_t value = 0;
    for (std::uint32_t b = 0; b < bytes; ++b) value += std::int64_t{word[c % 16 * bytes + b]} << (8 * b);
    return value >= std::int64_t{1} << (8 * bytes - 1) ? value - (std::int64_t{1} << (8 * bytes)) : value;
  }
  [[nodiscard]] std::uint64_t bit_result(std::uint32_t pixel, std::uint32_t c, std::uint32_t plane) const {
    const auto m = static_cast<std::uint32_t>(buffers_.cell_slices());
    const BinaryMap map{i_.bits, i_.bits_row + i_.rows, i_.width, i_.bits_cells};
    const std::uint32_t slice = i_.bits_slice + c / 16;
    const auto cell = static_cast<const Buffers&>(buffers_).cell(map, pixel % i_.width, i_.bits_row + pixel / i_.width,
                                                                 slice / m + plane * i_.bits_plane_cells);
    return cell[slice % m] >> (c % 16) & 1U;
  }

  Random random_;
  const bool small_ = random_.coin();  // in all lanes: single numbers can carry the chain
  MachineParameters machine_;
  Buffers buffers_;
  PostInstruction i_;
  std::vector<PostRecord> records_;
  std::array<std::uint8_t, 256> table_{};
  std::vector<std::int64_t> a_, b_;
  Saturation saturated_;  // by the test's own steps
};

TEST(PostUnit, EqualsTheFormulaForRandomLegalInstructions) {
  for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Experiment(seed).run();
    if (HasFatalFailure()) return;
  }
}

TEST(PostUnit, DecodesARecordAgainAfterItsWordsChange) {
  MachineParameters machine = make_machine({});
  Buffers buffers;
  buffers.configure(machine, true);
  PostInstruction i;
  i.a_source = static_cast<std::uint32_t>(PostSource::xnor_accumulators);
  i.a_stride = i.rows = i.width = i.slices = i.use_q1 = i.write_fixed = i.fixed_slices = 1;
  buffers.accumulators(0, 1)[0] = 10;
  const auto result_with = [&](std::int64_t multiplier) {
    PostRecord record;
    record.quantisers[0].multiplier.fill(multiplier);
    record.quantisers[0].lo = -128;
    record.quantisers[0].hi = 127;
    buffers.write_words(BufferId::parameters, 0, encode_record(i, record, machine.buffer(BufferId::parameters).width));
    execute(i, machine, buffers);
    return static_cast<std::int8_t>(static_cast<const Buffers&>(buffers).fixed(0, 1)[0]);
  };
  EXPECT_EQ(result_with(3), 30);
  EXPECT_EQ(result_with(-2), -20);
  EXPECT_EQ(result_with(100), 127);
}

TEST(PostUnit, ACellTakesAsManyCyclesAsItsSlowestPart) {
  const PostUnitParameters p;  // 3 comparators
  PostInstruction i;
  i.a_source = 1;
  i.write_fixed = 1;
  EXPECT_EQ(cell_cycles(i, p), 1);
  i.fixed_bytes_log2 = 1;
  EXPECT_EQ(cell_cycles(i, p), 2) << "16-bit values fill two words";
  i.a_source = i.b_source = 3;
  i.a_bytes_log2 = 1;
  EXPECT_EQ(cell_cycles(i, p), 3) << "two fixed operands share the read port";
  i.a_source = i.b_source = 1;
  EXPECT_EQ(cell_cycles(i, p), 2) << "two operands out of one array's accumulators share its port";
  i.b_source = 2;
  i.fixed_bytes_log2 = 0;
  EXPECT_EQ(cell_cycles(i, p), 1) << "each array's accumulators have a port";
  i.use_thresholds = 1;
  i.levels = 15;
  EXPECT_EQ(cell_cycles(i, p), 5) << "15 levels by 3 comparators";
}

TEST(PostUnit, ReadsItsRecordsBehindThePixelsOfTheGroupBefore) {
  PostUnitParameters p;
  p.lanes = 16;
  PostInstruction i;
  i.a_source = 1;
  i.use_q1 = i.write_fixed = 1;
  i.slices = 3;
  i.rows = 1;
  i.width = 32;
  EXPECT_EQ(record_bits(i), 16 * 86 + 64);
  EXPECT_EQ(record_words(i, 512), 3);
  EXPECT_EQ(record_words(i, 1536), 1) << "90 bits a lane in a column of 96";
  EXPECT_EQ(occupancy(i, p, 512), 3 * 32);
  i.width = 2;
  EXPECT_EQ(occupancy(i, p, 512), 3 * 3) << "two pixels hide two of a record's three words";
}

TEST(PostUnit, CopiesItsTableInFrontOfTheFirstLaneGroup) {
  PostUnitParameters p;
  p.lanes = 16;
  p.depth = 46;
  PostInstruction i;
  i.a_source = i.use_q1 = i.rows = i.write_fixed = i.fixed_is_code = i.use_table = 1;
  i.code_bipolar = 0;
  i.slices = 3;
  i.width = 32;
  EXPECT_EQ(occupancy(i, p, 512), 32 + 3 * 32) << "256 entries, 8 a cycle";
  EXPECT_EQ(occupancy(i, p, 2048), 32 + 3 * 32) << "whatever a word holds";
  EXPECT_EQ(word_time(i, p, 512, 0, 0, 0, 1), 32 + 46);
  EXPECT_EQ(table_words(i, 512), 4);
  EXPECT_EQ(table_words(i, 1536), 2) << "the second word is filled in part";
  EXPECT_EQ(record_address(i, 2, 512), 4 + 2 * 3);
  i.use_table = 0;
  EXPECT_EQ(occupancy(i, p, 512), 3 * 32);
  EXPECT_EQ(record_address(i, 2, 512), 2 * 3);
}

TEST(PostUnit, LooksUpSignedAndUnsignedCodesByTheirLowByte) {
  const MachineParameters machine = make_machine({});
  Buffers buffers;
  buffers.configure(machine, true);
  PostInstruction i;
  i.a_source = static_cast<std::uint32_t>(PostSource::mac_accumulators);
  i.a = 4096;
  i.a_stride = i.rows = i.width = i.slices = i.write_fixed = i.fixed_is_code = i.fixed_slices = i.use_table = 1;
  i.code_bipolar = 0;
  std::vector<std::uint8_t> table(256);
  for (std::size_t n = 0; n < 256; ++n) table[n] = static_cast<std::uint8_t>(255 - n);
  buffers.write_words(BufferId::parameters, 0, table);
  const auto sums = buffers.accumulators(4096, 1);
  const std::array<std::pair<std::int32_t, int>, 5> cases = {{{-128, 127}, {-1, 0}, {0, 255}, {127, 128}, {255, 0}}};
  for (std::size_t n = 0; n < cases.size(); ++n) sums[n] = cases[n].first;
  for (std::size_t n = cases.size(); n < 16; ++n) sums[n] = 0;
  execute(i, machine, buffers);
  for (std::size_t n = 0; n < cases.size(); ++n)
    EXPECT_EQ(static_cast<const Buffers&>(buffers).fixed(0, 1)[n], cases[n].second) << cases[n].first;
}

TEST(PostUnit, MultipliesInTheTimeOfASum) {
  const PostUnitParameters p;
  PostInstruction i;
  i.a_source = i.b_source = 3;
  i.use_q1 = i.use_q2 = i.use_q3 = i.rows = i.write_fixed = 1;
  i.slices = 3;
  i.width = 32;
  const Cycles sum = occupancy(i, p, 512);
  i.product = 1;
  EXPECT_EQ(occupancy(i, p, 512), sum);
  EXPECT_EQ(record_words(i, 512), 3 * 3) << "three quantisers";
}

TEST(PostUnit, OnePixelMeetsAllOfTheOtherOperands) {
  const MachineParameters machine = make_machine({});
  Buffers buffers;
  buffers.configure(machine, true);
  PostInstruction i;
  i.a_source = i.b_source = static_cast<std::uint32_t>(PostSource::fixed_map);
  i.a_signed = 0;
  i.b = 100;
  i.a_stride = i.slices = i.write_fixed = i.fixed_slices = 1;
  i.fixed = 4096;
  i.fixed_bytes_log2 = 1;
  i.rows = 2;
  i.width = 3;
  for (std::uint32_t pixel = 0; pixel < 6; ++pixel) buffers.fixed(pixel, 1)[5] = static_cast<std::uint8_t>(200 + pixel);
  buffers.fixed(100, 1)[5] = static_cast<std::uint8_t>(-100);
  for (const std::uint32_t product : {0U, 1U}) {
    i.product = product;
    execute(i, machine, buffers);
    for (std::uint32_t pixel = 0; pixel < 6; ++pixel) {
      const auto word = static_cast<const Buffers&>(buffers).fixed(4096 + 2 * pixel, 2);
      const auto result = static_cast<std::int16_t>(word[10] | word[11] << 8);
      const int a = 200 + static_cast<int>(pixel);
      EXPECT_EQ(result, product != 0 ? static_cast<std::int16_t>(a * -100) : a - 100) << pixel;
    }
  }
}

TEST(PostUnit, WritesACellsWordsInTheLastCyclesOfItsTime) {
  PostUnitParameters p;
  p.lanes = 16;
  p.depth = 46;
  PostInstruction i;
  i.a_source = i.use_q1 = i.rows = i.write_fixed = 1;
  i.slices = 2;
  i.width = 4;
  EXPECT_EQ(word_time(i, p, 512, 0, 0, 0, 1), 46) << "the first cell's word, at the end of one cycle's cell";
  EXPECT_EQ(word_time(i, p, 512, 1, 3, 0, 1), occupancy(i, p, 512) - 1 + 46)
      << "the last word is the instruction's end";
  i.b_source = 3;
  i.b_bytes_log2 = 2;
  i.fixed_bytes_log2 = 1;
  ASSERT_EQ(cell_cycles(i, p), 4);
  EXPECT_EQ(word_time(i, p, 512, 0, 0, 0, 2), 2 + 46) << "two words in the last two of four cycles";
  EXPECT_EQ(word_time(i, p, 512, 0, 0, 1, 2), 3 + 46);
  EXPECT_EQ(word_time(i, p, 512, 1, 0, 1, 2), 4 * 4 + 3 + 46) << "the second lane group";
  i.width = 1;
  i.b_source = 0;
  i.fixed_bytes_log2 = 0;
  EXPECT_EQ(word_time(i, p, 512, 1, 0, 0, 1), 3 + 46) << "one pixel waits for the group before to read three words";
}

// 8 lanes: each half of a slice has words of its own where values have 2 or 4 bytes, and shares the word of bytes.
TEST(PostUnit, WithHalfASlicesLanesReadsAndWritesWhatIsTheHalfsOwn) {
  PostUnitParameters p;
  p.lanes = 8;
  PostInstruction i;
  i.a_source = 1;
  i.write_fixed = 1;
  EXPECT_EQ(cell_cycles(i, p), 1);
  i.fixed_bytes_log2 = 1;
  EXPECT_EQ(cell_cycles(i, p), 1) << "eight 16-bit values fill a word";
  i.fixed_bytes_log2 = 2;
  EXPECT_EQ(cell_cycles(i, p), 2);
  i.a_source = i.b_source = 3;
  i.b_bytes_log2 = 2;
  EXPECT_EQ(cell_cycles(i, p), 3) << "the shared word of bytes, two words of 32-bit values";
  i.a_source = i.b_source = 2;
  i.fixed_bytes_log2 = 0;
  EXPECT_EQ(cell_cycles(i, p), 2) << "two operands out of one array's accumulators share its port";
  i.write_bits = 1;
  i.code_bits = 3;
  EXPECT_EQ(cell_cycles(i, p), 3) << "a plane's bits go out in halves";
}

TEST(PostUnit, WithHalfASlicesLanesTakesTheSlicesHalvesOneAfterTheOther) {
  PostUnitParameters p;
  p.lanes = 8;
  p.depth = 46;
  PostInstruction i;
  i.a_source = i.use_q1 = i.rows = i.write_fixed = 1;
  i.slices = 3;
  i.width = 32;
  EXPECT_EQ(occupancy(i, p, 512), 3 * 2 * 32);
  EXPECT_EQ(word_time(i, p, 512, 3, 5, 0, 1), 3 * 32 + 5 + 46) << "the upper half of the second slice";
  i.width = 2;
  EXPECT_EQ(occupancy(i, p, 512), 3 * 2 * 3) << "each half reads the record's three words";
  EXPECT_EQ(word_time(i, p, 512, 1, 0, 0, 1), 3 + 46);
}

}  // namespace
}  // namespace blendsim::test
