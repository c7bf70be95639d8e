// SPDX-License-Identifier: Apache-2.0
#include "post_unit_stream.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "units/post_unit/law.h"
#include "units/post_unit/record.h"

namespace blendsim::conformance {
namespace {

class Random {
 public:
  explicit Random(std::mt19937_64& engine) : engine_(engine) {}
  std::int64_t in(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(engine_() % (static_cast<std::uint64_t>(hi - lo) + 1));
  }
  std::uint32_t u(std::int64_t lo, std::int64_t hi) { return static_cast<std::uint32_t>(in(lo, hi)); }
  bool percent(int p) { return in(0, 99) < p; }
  template <class T>
  T of(std::initializer_list<T> values) {
    return values.begin()[in(0, static_cast<std::int64_t>(values.size()) - 1)];
  }

 private:
  std::mt19937_64& engine_;
};

// --- operands
// ------------------------------------------------------------------------------------------------------------

constexpr std::uint32_t fixed_map = static_cast<std::uint32_t>(PostSource::fixed_map);

struct Operand {
  std::uint32_t source = 0, address = 0, stride = 0, bytes_log2 = 0, is_signed = 1;
};
Operand a_of(const PostInstruction& i) { return {i.a_source, i.a, i.a_stride, i.a_bytes_log2, i.a_signed}; }
Operand b_of(const PostInstruction& i) { return {i.b_source, i.b, i.b_stride, i.b_bytes_log2, i.b_signed}; }

std::int64_t array_rows(const MachineParameters& machine, std::uint32_t source) {
  return source == static_cast<std::uint32_t>(PostSource::xnor_accumulators) ? machine.xnor_array.rows
                                                                             : machine.mac_array.rows;
}

// Accumulators grow through their region: |x| < 2^bits in its four quarters, so that narrow ones meet wide factors. The
// widest fill post_unit.operand; those of the second half fit post_unit.value no more.
std::array<int, 4> accumulator_bits(const PostUnitParameters& p) {
  const int value = static_cast<int>(p.value) - 1, operand = static_cast<int>(p.operand) - 1;
  return {std::min(8, value), value, (value + operand) / 2, operand};
}
std::int64_t quarter(const MachineParameters& machine) { return machine.buffer(BufferId::accumulators).depth / 4; }
int bits_of_word(const MachineParameters& machine, std::int64_t word) {
  const std::int64_t place = word % machine.buffer(BufferId::accumulators).depth;
  return accumulator_bits(
      machine.post_unit)[static_cast<std::size_t>(std::min<std::int64_t>(3, place / quarter(machine)))];
}

struct Range {
  std::int64_t lo = 0, hi = 0;
  [[nodiscard]] std::int64_t magnitude() const { return std::max({-lo, hi, std::int64_t{1}}); }
};
Range join(const Range& a, const Range& b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }
Range sum(const Range& a, const Range& b) { return {a.lo + b.lo, a.hi + b.hi}; }
Range product(const Range& a, const Range& b) {
  const auto [lo, hi] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
  return {lo, hi};
}

// What the values of an operand may be: a map's by its type, since any instruction may have written it.
Range range_of(const Operand& o, const PostInstruction& i, const MachineParameters& machine) {
  if (o.source == 0) return {};
  if (o.source == fixed_map) {
    const std::int64_t codes = std::int64_t{1} << (o.bytes_log2 == 2 ? machine.post_unit.operand : 8 << o.bytes_log2);
    return o.is_signed != 0 ? Range{-codes / 2, codes / 2 - 1} : Range{0, codes - 1};
  }
  const std::int64_t groups = ceil_divide(std::int64_t{i.slices} * slice_channels, array_rows(machine, o.source));
  const std::int64_t last = std::int64_t{o.address} + (std::int64_t{i.rows} * i.width - 1) * o.stride + groups - 1;
  const std::int64_t limit = std::int64_t{1} << bits_of_word(machine, last);
  return {-limit, limit - 1};
}

// --- kinds of instructions
// -------------------------------------------------------------------------------------------------

// What instructions that share records have in common, and where those lie.
struct Kind {
  PostInstruction fields;
  std::uint32_t most_slices = 1;
  int a_bits = 31, b_bits = 31;  // widest operand, its sign included
};

// Magnitude of a factor that is no quantiser's: nine bits of two's complement. Two factors' widths fit the product's.
constexpr std::int64_t plain_factor = 256;

// What joins or is activated without a quantiser fits post_unit.value.
void keep_to_widths(Kind& kind, const PostUnitParameters& p, Random& random) {
  const PostInstruction& f = kind.fields;
  const int value = static_cast<int>(p.value), operand = static_cast<int>(p.operand);
  const bool steps = f.b_source != 0 || f.use_q1 != 0 || f.use_q3 != 0 || f.activation != 0;
  const auto bits = [&](bool narrow) {
    return narrow ? random.of({9, value}) : random.of({9, value, operand, operand});
  };
  kind.a_bits = bits(steps && f.use_q1 == 0);
  kind.b_bits = bits(f.use_q2 == 0);
  if (f.product != 0 && f.use_q1 == 0) kind.a_bits = 9;
  if (f.product != 0 && f.use_q2 == 0) kind.b_bits = 9;
}

// Two factors, at least one of them quantised: two plain ones reach a bit too many.
void multiply(PostInstruction& f, const PostUnitParameters& p, Random& random) {
  f.product = f.b_source = 1;
  f.activation = 0;
  f.use_q2 = product_bits(p) < 9 || f.use_q1 == 0 ? 1 : random.u(0, 1);
}

Kind random_kind(const MachineParameters& machine, Random& random) {
  Kind kind;
  PostInstruction& f = kind.fields;
  f.b_source = random.u(0, 1);  // only whether there is one
  f.use_q1 = random.u(0, 1);
  f.use_q2 = f.b_source * random.u(0, 1);
  f.use_q3 = random.percent(40) ? 1 : 0;
  f.activation = random.of({0U, 0U, 1U, 2U});
  f.code_bipolar = random.u(0, 1);
  f.use_thresholds = random.percent(f.code_bipolar != 0 ? 50 : 70) ? 1 : 0;
  if (f.code_bipolar == 0 && f.use_thresholds != 0) {
    f.code_bits = random.u(1, 4);
    f.levels = random.percent(30) ? (1U << f.code_bits) - 1 : random.u(1, (1 << f.code_bits) - 1);
  } else if (f.use_thresholds != 0) {
    f.levels = 1;
  }
  if (machine.post_unit.table != 0 && random.percent(25)) {
    f.use_table = 1;
    f.use_thresholds = f.levels = f.code_bipolar = 0;
    f.code_bits = random.u(1, 4);
  } else if (random.percent(10)) {  // the longest record
    f.b_source = f.use_q1 = f.use_q2 = f.use_q3 = f.use_thresholds = 1;
    f.activation = random.u(1, 2);
    f.code_bipolar = 0;
    f.code_bits = 4;
    f.levels = 15;
  }
  if (machine.post_unit.product != 0 && random.percent(25)) multiply(f, machine.post_unit, random);
  f.rounding = random.u(0, 2);  // records hold what it adds
  keep_to_widths(kind, machine.post_unit, random);
  kind.most_slices = random.u(1, 2 * slices_at_once(machine.post_unit) + 2);
  return kind;
}

// As many kinds as the records' region holds, the last one without parameters.
std::vector<Kind> random_kinds(const MachineParameters& machine, Random& random) {
  const BufferParameters& parameters = machine.buffer(BufferId::parameters);
  std::vector<Kind> kinds;
  std::int64_t address = 0;
  for (int attempt = 0; attempt < 60; ++attempt) {
    Kind kind = random_kind(machine, random);
    kind.fields.slices = kind.most_slices;
    const std::int64_t words = parameter_words(kind.fields, parameters.width);
    if (address + words > parameters.depth) continue;
    kind.fields.parameters = static_cast<std::uint32_t>(words == 0 ? 0 : address);
    address += words;
    kinds.push_back(kind);
  }
  return kinds;
}

// --- instructions
// ----------------------------------------------------------------------------------------------------------

class Builder {
 public:
  Builder(const MachineParameters& machine, Random& random) : machine_(machine), random_(random) {}

  // false: what was drawn does not fit the buffers.
  bool build(const Kind& kind, PostInstruction& i) {
    i = kind.fields;
    i.slices = random_.u(1, kind.most_slices);
    i.rows = random_.percent(50) ? 1 : random_.u(1, 5);
    i.width = random_.percent(40) ? 1 : random_.u(1, 9);
    Operand a, b;
    if (!operand(i, kind.a_bits, false, a)) return false;
    if (i.b_source != 0 && !operand(i, kind.b_bits, random_.percent(25), b)) return false;
    i.a_source = a.source, i.a = a.address, i.a_stride = a.stride, i.a_bytes_log2 = a.bytes_log2,
    i.a_signed = a.is_signed;
    i.b_source = b.source, i.b = b.address, i.b_stride = b.stride, i.b_bytes_log2 = b.bytes_log2,
    i.b_signed = b.is_signed;
    return results(i);
  }

 private:
  // `words` consecutive words of a region, from `first` on of `depth`.
  bool place(std::int64_t words, std::int64_t base, std::int64_t depth, std::uint32_t& address) {
    if (words > depth) return false;
    address = static_cast<std::uint32_t>(base + random_.in(0, depth - words));
    return true;
  }

  bool operand(const PostInstruction& i, int bits, bool one_pixel, Operand& o) {
    const std::int64_t pixels = one_pixel ? 1 : std::int64_t{i.rows} * i.width;
    o.source = random_.u(1, 3);
    if (o.source == fixed_map) {
      const bool widest = bits == machine_.post_unit.operand && random_.percent(40);
      o.bytes_log2 = widest ? 2 : bits < 16 ? 0 : random_.u(0, 1);
      o.is_signed = widest || (8 << o.bytes_log2) >= bits ? 1 : random_.u(0, 1);
      o.stride = one_pixel ? 0 : i.slices + (random_.percent(60) ? 0 : random_.u(0, 3));
      const BufferParameters& map = machine_.buffer(BufferId::act_fixed);
      const std::int64_t region = widest ? map.regions - 1 : random_.percent(70) ? 0 : random_.in(0, map.regions - 1);
      return place(((pixels - 1) * o.stride + i.slices) << o.bytes_log2, region * map.depth, map.depth, o.address);
    }
    const std::int64_t groups = ceil_divide(std::int64_t{i.slices} * slice_channels, array_rows(machine_, o.source));
    o.stride = one_pixel ? 0 : static_cast<std::uint32_t>(groups + (random_.percent(60) ? 0 : random_.in(0, 2)));
    const std::int64_t depth = machine_.buffer(BufferId::accumulators).depth;
    std::int64_t room = depth;
    for (std::size_t q = 0; q < 3; ++q) {
      if (bits <= accumulator_bits(machine_.post_unit)[q + 1]) {
        room = static_cast<std::int64_t>(q + 1) * quarter(machine_);
        break;
      }
    }
    return place((pixels - 1) * o.stride + groups, (o.source - 1) * depth, room, o.address);
  }

  [[nodiscard]] bool reads_region(const PostInstruction& i, std::int64_t region) const {
    const std::int64_t depth = machine_.buffer(BufferId::act_fixed).depth;
    return (i.a_source == fixed_map && i.a / depth == region) || (i.b_source == fixed_map && i.b / depth == region);
  }

  bool results(PostInstruction& i) {
    const bool has_code = i.code_bipolar != 0 || i.use_thresholds != 0 || i.use_table != 0;
    i.write_bits = has_code ? random_.u(0, 1) : 0;
    i.write_fixed = i.write_bits == 0 ? 1 : random_.u(0, 1);
    i.fixed_is_code = !has_code ? 0 : i.use_table != 0 && i.write_bits == 0 ? 1 : i.write_fixed * random_.u(0, 1);
    return (i.write_fixed == 0 || fixed_results(i)) && (i.write_bits == 0 || bit_results(i));
  }

  bool fixed_results(PostInstruction& i) {
    const std::int64_t depth = machine_.buffer(BufferId::act_fixed).depth;
    const bool from_wide = i.a / depth == machine_.buffer(BufferId::act_fixed).regions - 1;
    if (i.a_source == fixed_map && i.b_source == 0 && i.fixed_is_code == 0 && (!from_wide || i.a_bytes_log2 == 2) &&
        random_.percent(20)) {  // in place
      i.fixed = i.a, i.fixed_slices = i.a_stride, i.fixed_bytes_log2 = i.a_bytes_log2;
      return true;
    }
    const BufferParameters& map = machine_.buffer(BufferId::act_fixed);
    i.fixed_bytes_log2 = i.fixed_is_code != 0 ? 0 : random_.u(0, 2);
    i.fixed_slices = i.slices + (random_.percent(60) ? 0 : random_.u(0, 3));
    // The last region holds values of 4 bytes that fit post_unit.operand, and nothing else.
    const std::int64_t pixels = std::int64_t{i.rows} * i.width,
                       region = random_.in(0, map.regions - (i.fixed_bytes_log2 == 2 ? 1 : 2));
    return !reads_region(i, region) && place(((pixels - 1) * i.fixed_slices + i.slices) << i.fixed_bytes_log2,
                                             region * map.depth, map.depth, i.fixed);
  }

  bool bit_results(PostInstruction& i) {
    const BufferParameters& map = machine_.buffer(BufferId::act_binary);
    const std::int64_t m = machine_.xnor_array.cell_slices();
    i.bits_slice = random_.percent(40) ? 0 : random_.u(0, 3 * m);
    i.bits_plane_cells =
        static_cast<std::uint32_t>(ceil_divide(std::int64_t{i.bits_slice} + i.slices, m) + random_.in(0, 1));
    i.bits_cells = i.bits_plane_cells * i.code_bits + random_.u(0, 1);
    i.bits_row = random_.percent(50) ? 0 : random_.u(0, 9);
    const BinaryMap whole{0, i.bits_row + i.rows, i.width, i.bits_cells};
    const std::int64_t region = random_.in(0, map.regions - 1);
    return place(whole.size(), region * map.depth, map.depth, i.bits);
  }

  const MachineParameters& machine_;
  Random& random_;
};

// --- records
// ---------------------------------------------------------------------------------------------------------------

class Records {
 public:
  Records(const MachineParameters& machine, Random& random) : unit_(machine.post_unit), random_(random) {}

  // A record that keeps to rule 8 for operands of these ranges.
  PostRecord make(const PostInstruction& i, Range a, const Range& b) {
    PostRecord r;
    if (i.product != 0) {
      const std::int64_t by = (std::int64_t{1} << (product_bits(unit_) - 1)) - 1;
      const std::int64_t beside_plain = (std::int64_t{1} << unit_.value) / plain_factor - 1;
      if (i.use_q1 != 0) a = factor(r.quantisers[0], a, beside_plain);
      a = product(a, i.use_q2 != 0 ? factor(r.quantisers[1], b, std::min({by, beside_plain, plain_factor - 1})) : b);
      if (i.use_q3 != 0) a = quantiser(r.quantisers[2], a, true);
      if (i.use_thresholds != 0) thresholds(r, i, a);
      return r;
    }
    if (i.use_q1 != 0) a = quantiser(r.quantisers[0], a, true);
    if (i.activation == 1) a = quantiser(r.activation, a, false, i.b_source == 0);
    if (i.b_source != 0) a = sum(a, i.use_q2 != 0 ? quantiser(r.quantisers[1], b, true) : b);
    if (i.activation == 2) a = quantiser(r.activation, a, false, true);
    if (i.use_q3 != 0) a = quantiser(r.quantisers[2], a, true);
    if (i.use_thresholds != 0) thresholds(r, i, a);
    return r;
  }

 private:
  // A quantiser whose results stay within -most and most.
  Range factor(QuantiserRecord& q, const Range& x, std::int64_t most) {
    quantiser(q, x, true);
    q.lo = random_.percent(25) ? 0 : random_.percent(40) ? random_.in(-most, 0) : -most;
    q.hi = random_.percent(40) ? random_.in(std::max<std::int64_t>(0, q.lo), most) : most;
    return {q.lo, q.hi};
  }

  // Factors up to the widest that keep |x M| and offsets within 2^45, so that there is room for half a step of the
  // longest shift; shifts that leave something of the result.
  Range quantiser(QuantiserRecord& q, const Range& x, bool has_offset, bool one_more = false) {
    const std::int64_t factor_bits = unit_.multiplier + unit_.shift_step - 1, most = std::int64_t{1} << 45;
    const std::int64_t widest =
        std::max<std::int64_t>(1, std::min(most / x.magnitude(), (std::int64_t{1} << (factor_bits - 1)) - 1));
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      switch (random_.in(0, 3)) {
        case 0:
          q.multiplier[lane] = random_.in(-std::min<std::int64_t>(5, widest), std::min<std::int64_t>(5, widest));
          break;
        case 1: q.multiplier[lane] = random_.of({widest, -widest, -widest / 2, std::int64_t{1}}); break;
        default: q.multiplier[lane] = random_.in(-widest, widest);
      }
      const int reach = bit_width(q.multiplier[lane]) + bit_width(x.magnitude());
      const std::int64_t shift =
          random_.percent(25) ? random_.in(0, 47) : std::clamp<std::int64_t>(reach - random_.in(0, 24), 0, 47);
      q.shift[lane] = static_cast<std::int32_t>(shift / unit_.shift_step * unit_.shift_step);
      if (!has_offset || random_.percent(20)) continue;
      const std::int64_t limit = (std::int64_t{1} << random_.in(0, random_.percent(50) ? std::min(45, reach) : 45)) - 1;
      q.offset[lane] = random_.percent(30) && q.shift[lane] > 0
                           ? random_.in(-3, 3) * (std::int64_t{1} << (q.shift[lane] - 1)) % limit_of(limit)
                           : random_.in(-limit, limit);
    }
    return limits(q, one_more);
  }
  static std::int64_t limit_of(std::int64_t limit) { return limit + 1; }
  static int bit_width(std::int64_t value) {
    int width = 0;
    for (std::int64_t left = value < 0 ? -value : value; left != 0; left >>= 1) ++width;
    return width;
  }

  Range limits(QuantiserRecord& q, bool one_more) {
    const std::int64_t widest = unit_.value - (one_more ? 0 : 1);
    const std::int64_t most = (std::int64_t{1} << random_.of({std::min<std::int64_t>(7, widest),
                                                              std::min<std::int64_t>(12, widest), widest, widest})) -
                              1;
    switch (random_.in(0, 3)) {
      case 0: q.lo = 0, q.hi = most; break;
      case 1: q.lo = random_.in(-most, most), q.hi = random_.in(q.lo, most); break;
      default: q.lo = -most - 1, q.hi = most;
    }
    return {q.lo, q.hi};
  }

  void thresholds(PostRecord& r, const PostInstruction& i, const Range& u) {
    const std::int64_t most = (std::int64_t{1} << (std::min<std::int64_t>(31, unit_.operand) - 1)) - 1;
    const std::int64_t lo = std::max(u.lo, -most), hi = std::min(std::max(u.hi, lo), most);
    r.base = random_.percent(60) ? random_.in(-8, 7) : random_.in(-128, 255 - static_cast<std::int64_t>(i.levels));
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      r.direction[lane] = static_cast<std::uint8_t>(random_.u(0, 1));
      for (std::size_t k = 0; k < i.levels; ++k)
        r.thresholds[k][lane] = random_.percent(50) ? random_.in(lo, hi) : random_.in(lo, hi) / 64;
    }
  }

  const PostUnitParameters& unit_;
  Random& random_;
};

}  // namespace

std::vector<Instruction> random_post_unit_stream(const MachineParameters& machine, std::mt19937_64& engine, int count) {
  Random random(engine);
  const std::vector<Kind> kinds = random_kinds(machine, random);
  Builder builder(machine, random);
  std::vector<Instruction> stream;
  while (stream.size() < static_cast<std::size_t>(count)) {
    PostInstruction i;
    if (builder.build(kinds[random.u(0, static_cast<std::int64_t>(kinds.size()) - 1)], i)) stream.emplace_back(i);
  }
  return stream;
}

void fill_post_unit(const MachineParameters& machine, std::span<const Instruction> stream, std::mt19937_64& engine,
                    Buffers& buffers) {
  fill_random(machine, engine, buffers);
  Random random(engine);
  const BufferParameters& accumulators = machine.buffer(BufferId::accumulators);
  for (std::int64_t word = 0; word < accumulators.regions * accumulators.depth; ++word) {
    const std::int64_t limit = std::int64_t{1} << bits_of_word(machine, word);
    for (std::int32_t& value : buffers.accumulators(static_cast<std::uint32_t>(word), 1)) {
      value = static_cast<std::int32_t>(random.percent(20)
                                            ? random.of({-limit, limit - 1, std::int64_t{0}, std::int64_t{-1}})
                                            : random.in(-limit, limit - 1));
    }
  }
  const BufferParameters& map = machine.buffer(BufferId::act_fixed);
  const std::int64_t widest = std::int64_t{1} << (machine.post_unit.operand - 1);
  for (std::int64_t word = (map.regions - 1) * map.depth; word < map.regions * map.depth; ++word) {
    for (std::size_t byte = 0; byte < 16; byte += 4) {
      const auto value = static_cast<std::int32_t>(
          random.percent(20) ? random.of({-widest, widest - 1, std::int64_t{0}, std::int64_t{-1}})
                             : random.in(-widest, widest - 1));
      std::memcpy(&buffers.fixed(static_cast<std::uint32_t>(word), 1)[byte], &value, sizeof value);
    }
  }
  struct Users {
    const PostInstruction* any = nullptr;
    std::uint32_t slices = 0;
    Range a, b;
  };
  std::map<std::uint32_t, Users> records;
  for (const Instruction& instruction : stream) {
    const auto& i = std::get<PostInstruction>(instruction);
    if (record_bits(i) == 0) continue;
    Users& users = records[i.parameters];
    users.any = &i;
    users.slices = std::max(users.slices, i.slices);
    users.a = join(users.a, range_of(a_of(i), i, machine));
    users.b = join(users.b, range_of(b_of(i), i, machine));
  }
  const std::int64_t width = machine.buffer(BufferId::parameters).width;
  for (const auto& record : records) {
    const Users& users = record.second;
    for (std::uint32_t s = 0; s < users.slices; ++s) {
      buffers.write_words(
          BufferId::parameters, static_cast<std::uint32_t>(record_address(*users.any, s, width)),
          encode_record(*users.any, Records(machine, random).make(*users.any, users.a, users.b), width));
    }
  }
}

}  // namespace blendsim::conformance
