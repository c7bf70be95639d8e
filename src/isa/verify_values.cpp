// SPDX-License-Identifier: Apache-2.0
// What the constants in DRAM prove of the values that a program computes.
//
// Both streams are walked in program order; by the order already proven, an instruction finds in the parameters and
// weights buffers what the loads before it brought, and in the accumulators what the convolution before it wrote.
// Bounds hold for every input: maps are taken at their type's range, accumulators at the sum over their own weights
// (of XNOR, where every weight counts as much, over the channels). Where no bound is known nothing is refused. One walk
// with all that it carries along, and therefore longer than other files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "isa/verify_internal.h"
#include "units/convolution.h"
#include "units/mac_array/law.h"
#include "units/post_unit/law.h"
#include "units/post_unit/record.h"
#include "units/xnor_array/law.h"

namespace blendsim::verification {
namespace {

constexpr std::int64_t product_limit = std::int64_t{1} << 47;
constexpr int longest_shift = 47;
constexpr std::int64_t widest_accumulator = std::int64_t{1} << 31;

struct Range {
  std::int64_t lo = 0, hi = 0;
};
constexpr Range unknown;  // fits everything: nothing is refused for what is not known
Range hull(const Range& a, const Range& b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }

// What words of act_fixed hold: read as unsigned values and as signed ones, which differ where a table wrote bytes
// that only their reader gives a sign.
struct MapRange {
  Range as_unsigned, as_signed;
  MapRange(const Range& both = unknown) : as_unsigned(both), as_signed(both) {}
  [[nodiscard]] const Range& read(bool is_signed) const { return is_signed ? as_signed : as_unsigned; }
};
MapRange hull(const MapRange& a, const MapRange& b) {
  MapRange all;
  all.as_unsigned = hull(a.as_unsigned, b.as_unsigned);
  all.as_signed = hull(a.as_signed, b.as_signed);
  return all;
}

Range type_range(std::int64_t bits, bool is_signed) {
  if (!is_signed) return {0, (std::int64_t{1} << bits) - 1};
  return {-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1};
}
bool fits(const Range& inner, const Range& outer) { return inner.lo >= outer.lo && inner.hi <= outer.hi; }
Range sum(const Range& a, const Range& b) { return {a.lo + b.lo, a.hi + b.hi}; }
Range product(const Range& a, const Range& b) {
  const auto [lo, hi] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
  return {lo, hi};
}

// Bytes of a buffer that linear loads fill, word after word.
class Mirror {
 public:
  Mirror(BufferId id, const MachineParameters& machine) : id_(id) {
    const BufferParameters& buffer = machine.buffer(id);
    const auto bus = static_cast<std::size_t>(machine.memory.bus_bytes());
    word_ = static_cast<std::size_t>(ceil_divide(buffer.width, 8));
    stored_ = (word_ + bus - 1) / bus * bus;
    bytes_.resize(static_cast<std::size_t>(buffer.regions * buffer.depth) * word_);
  }
  [[nodiscard]] bool is_filled_by(const TransferInstruction& load) const {
    return load.buffer == static_cast<std::uint32_t>(id_) &&
           load.form == static_cast<std::uint32_t>(TransferForm::linear);
  }
  void fill(const TransferInstruction& load, std::span<const std::uint8_t> area) {
    std::size_t to = load.buffer_address * word_;
    for (std::uint32_t run = 0; run < load.runs; ++run) {
      const std::size_t from = load.dram_address + std::size_t{run} * load.dram_stride;
      for (std::size_t w = 0; w < load.run_bytes / stored_; ++w, to += word_)
        std::copy_n(area.begin() + static_cast<std::ptrdiff_t>(from + w * stored_), word_,
                    bytes_.begin() + static_cast<std::ptrdiff_t>(to));
    }
  }
  [[nodiscard]] std::span<const std::uint8_t> words(std::size_t address, std::size_t count) const {
    return std::span(bytes_).subspan(address * word_, count * word_);
  }

 private:
  BufferId id_;
  std::size_t word_ = 0, stored_ = 0;
  std::vector<std::uint8_t> bytes_;
};

class Values {
 public:
  Values(const Program& program, const MachineParameters& machine)
      : machine_(machine),
        area_(program_area(program)),
        parameters_(BufferId::parameters, machine),
        weights_(BufferId::weights_fixed, machine),
        planes_(BufferId::weights_binary, machine) {
    const BufferParameters& accumulators = machine.buffer(BufferId::accumulators);
    lanes_ = static_cast<std::size_t>(std::max(machine.xnor_array.rows, machine.mac_array.rows));
    reach_.resize(static_cast<std::size_t>(accumulators.regions * accumulators.depth) * lanes_, widest_accumulator);
    const BufferParameters& maps = machine.buffer(BufferId::act_fixed);
    maps_.resize(static_cast<std::size_t>(maps.regions * maps.depth));
    input_ = program.input.format;
  }

  void walk(const Stream& stream) {
    stream_ = &stream;
    for (index_ = 0; index_ < stream.instructions.size(); ++index_)
      std::visit([&](const auto& i) { step(i); }, stream.instructions[index_]);
  }

 private:
  void require(bool condition, const std::string& rule) const {
    if (!condition) refuse(*stream_, index_, rule);
  }

  void step(const LoadInstruction& i) {
    for (Mirror* mirror : {&parameters_, &weights_, &planes_}) {
      if (!mirror->is_filled_by(i)) continue;
      require(i.dram_base == static_cast<std::uint32_t>(DramBase::program),
              "weights and parameters come from the program area");
      mirror->fill(i, area_);
      checked_.clear();
      start_ranges_.clear();
      mac_ranges_.clear();
      xnor_ranges_.clear();
    }
    if (i.buffer != static_cast<std::uint32_t>(BufferId::act_fixed)) return;
    write_map(i, loaded(i));
  }
  // Of values that the host packs, the input's range; of those that store has brought to DRAM, what it read.
  [[nodiscard]] MapRange loaded(const LoadInstruction& i) const {
    if (i.form != static_cast<std::uint32_t>(TransferForm::fixed)) return unknown;
    if (i.dram_base == static_cast<std::uint32_t>(DramBase::input))
      return i.bytes_log2 == 0 ? Range{std::min<std::int64_t>(0, input_.min()), input_.max()} : unknown;
    MapRange range;
    for (std::uint32_t run = 0; run < i.runs; ++run) {
      const std::uint64_t begin = i.dram_address + std::uint64_t{run} * i.dram_stride;
      const std::optional<MapRange> row = stored(begin, begin + i.run_bytes);
      if (!row) return unknown;
      range = hull(range, *row);
    }
    return range;
  }
  void keep_run(std::uint64_t begin, std::uint64_t bytes, const MapRange& range) {
    stored_[begin] = {begin + bytes, range};
  }
  // Of what runs have stored in bytes [begin, end), which do not overlap; none where some are in no run.
  [[nodiscard]] std::optional<MapRange> stored(std::uint64_t begin, std::uint64_t end) const {
    MapRange range;
    auto run = stored_.upper_bound(begin);
    if (run == stored_.begin()) return std::nullopt;
    for (--run; begin < end; ++run) {
      if (run == stored_.end() || run->first > begin || run->second.end <= begin) return std::nullopt;
      range = hull(range, run->second.range);
      begin = run->second.end;
    }
    return range;
  }
  // Of a unit without a rule of its own nothing is known but where it writes.
  template <class I>
  void step(const I& i) {
    write_map(i, unknown);
    for (const Access& access : accesses(i, machine_)) {
      if (access.buffer != BufferId::accumulators || !access.write) continue;
      each_word(access, [&](std::size_t word) {
        std::fill_n(reach_.begin() + static_cast<std::ptrdiff_t>(word * lanes_), lanes_, widest_accumulator);
      });
    }
  }
  void step(const StoreInstruction& i) {
    const MapRange range = read_map(i);
    for (std::uint32_t run = 0; run < i.runs; ++run)
      keep_run(i.dram_address + std::uint64_t{run} * i.dram_stride, i.run_bytes, range);
  }
  void step(const PoolInstruction& i) {
    if (i.binary == 0) write_map(i, i.sum != 0 ? unknown : read_map(i));
  }
  // The values read, and 0 where a slice has no channel; 0 is in every range.
  void step(const TransposeInstruction& i) { write_map(i, read_map(i)); }

  // --- act_fixed -----------------------------------------------------------------------------------------------------

  // What the words of act_fixed that an instruction reads are known to hold.
  [[nodiscard]] MapRange read_map(const Instruction& i) const {
    MapRange range;
    for (const Access& access : accesses(i, machine_)) {
      if (access.buffer != BufferId::act_fixed || access.write) continue;
      each_word(access, [&](std::size_t word) { range = hull(range, maps_[word]); });
    }
    return range;
  }
  void write_map(const Instruction& i, const MapRange& range) {
    for (const Access& access : accesses(i, machine_)) {
      if (access.buffer == BufferId::act_fixed && access.write)
        each_word(access, [&](std::size_t word) { maps_[word] = range; });
    }
  }

  // --- accumulators --------------------------------------------------------------------------------------------------

  // Start values of a row of a row group, over the border classes.
  [[nodiscard]] Range start_range(const auto& i, std::uint32_t group, std::size_t row) const {
    const auto classes = static_cast<std::uint32_t>(border_classes(i));
    Range range{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    for (std::uint32_t c = 0; c < classes; ++c) {
      const auto bytes = parameters_.words(i.start + group * classes + c, 1);
      std::uint32_t raw = 0;
      for (std::size_t b = 0; b < 4; ++b) raw |= std::uint32_t{bytes[4 * row + b]} << (8 * b);
      const auto start = std::int64_t{static_cast<std::int32_t>(raw)};
      range = {std::min(range.lo, start), std::max(range.hi, start)};
    }
    return range;
  }

  // The same of all rows, row group after row group.
  const std::vector<Range>& start_ranges(const auto& i, std::int64_t rows) {
    const std::int64_t classes = border_classes(i);
    const auto [entry, is_new] = start_ranges_.try_emplace({i.start, i.groups, classes, rows});
    if (is_new) {
      for (std::uint32_t g = 0; g < i.groups; ++g) {
        for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) entry->second.push_back(start_range(i, g, r));
      }
    }
    return entry->second;
  }

  // `ranges`: what each row group's rows may hold, group after group.
  void write_accumulators(const auto& i, const std::vector<Range>& ranges) {
    std::vector<std::uint32_t> reach;
    for (const Range& range : ranges)
      reach.push_back(static_cast<std::uint32_t>(std::min(widest_accumulator, std::max(-range.lo, range.hi))));
    const std::size_t rows = ranges.size() / i.groups;
    for (std::size_t pixel = 0; pixel < std::size_t{i.rows} * i.out_width; ++pixel) {
      for (std::size_t g = 0; g < i.groups; ++g) {
        const std::size_t word = i.destination + pixel * i.groups + g;
        std::copy_n(reach.begin() + static_cast<std::ptrdiff_t>(g * rows), rows,
                    reach_.begin() + static_cast<std::ptrdiff_t>(word * lanes_));
      }
    }
  }

  // XNOR: each position that holds a channel adds its plane's power of two or nothing. AND: sums by their weights.
  void step(const XnorInstruction& i) {
    const std::array<std::int64_t, 9> key = {i.weights,
                                             i.start,
                                             i.groups,
                                             xnor_steps(i).steps,
                                             positions(i),
                                             i.activation_bits * 2 + i.activation_signed,
                                             i.weight_bits * 2 + i.weight_signed,
                                             i.use_and,
                                             border_classes(i)};
    const auto [entry, is_new] = xnor_ranges_.try_emplace(key);
    if (is_new) {
      entry->second = start_ranges(i, machine_.xnor_array.rows);
      const auto rows = static_cast<std::size_t>(machine_.xnor_array.rows);
      const bool single = i.activation_bits == 1 && i.weight_bits == 1;
      const Range equal{0, positions(i) * (single ? 2 : type_range(i.activation_bits, false).hi)};
      for (std::size_t n = 0; n < entry->second.size(); ++n) {
        Range& range = entry->second[n];
        range = sum(range, i.use_and == 0 ? equal : and_range(i, n / rows, n % rows));
      }
    }
    write_accumulators(i, entry->second);
  }

  // Taps x channels.
  [[nodiscard]] std::int64_t positions(const XnorInstruction& i) const {
    const std::int64_t cell = slice_channels * machine_.xnor_array.cell_slices();
    return std::int64_t{i.kernel_h} * i.kernel_w * ((i.cells - 1) * cell + i.last_cell_channels + 1);
  }

  // The widest sums of a row over its own weights, of which words hold a plane each, and activations of any value.
  [[nodiscard]] Range and_range(const XnorInstruction& i, std::size_t group, std::size_t row) const {
    const auto steps = static_cast<std::size_t>(xnor_steps(i).steps);
    const std::size_t row_bytes = static_cast<std::size_t>(machine_.xnor_array.words) * dsp_word_bits / 8;
    const std::size_t word_bytes = row_bytes * static_cast<std::size_t>(machine_.xnor_array.rows);
    const auto bytes = planes_.words(i.weights + group * i.weight_bits * steps, i.weight_bits * steps);
    std::int64_t rising = 0, falling = 0;  // sums of the positive and of the negative weights
    for (std::size_t at = 0; at < steps * row_bytes; ++at) {
      const std::size_t byte = at / row_bytes * word_bytes + row * row_bytes + at % row_bytes;
      std::array<std::int64_t, 8> weights{};
      for (std::size_t j = 0; j < i.weight_bits; ++j) {
        const std::uint8_t plane = bytes[j * steps * word_bytes + byte];
        const std::int64_t value = (i.weight_signed != 0 && j + 1 == i.weight_bits ? -1 : 1) * (std::int64_t{1} << j);
        for (std::size_t bit = 0; plane >> bit != 0; ++bit) weights[bit] += (plane >> bit & 1) * value;
      }
      for (const std::int64_t weight : weights) (weight < 0 ? falling : rising) += weight;
    }
    const Range x = type_range(i.activation_bits, i.activation_signed != 0);
    return {rising * x.lo + falling * x.hi, rising * x.hi + falling * x.lo};
  }

  void step(const MacInstruction& i) {
    const Range x = read_map(i).read(i.activation_signed != 0);
    const std::int64_t bits = machine_.mac_array.activation_bits;
    if (!fits(x, type_range(bits, i.activation_signed != 0))) {
      refuse(*stream_, index_,
             fmt::format("takes activations of {} to {}, beyond mac_array.activation_bits, {} bit{}", x.lo, x.hi, bits,
                         i.activation_signed != 0 ? " signed" : ""));
    }
    const std::array<std::int64_t, 9> key = {x.lo,
                                             x.hi,
                                             i.weights,
                                             i.start,
                                             i.groups,
                                             std::int64_t{i.kernel_h} * i.kernel_w,
                                             i.channels,
                                             i.depthwise * 2 + i.activation_signed,
                                             border_classes(i)};
    const auto [entry, is_new] = mac_ranges_.try_emplace(key);
    if (is_new) {
      entry->second = start_ranges(i, machine_.mac_array.rows);
      const auto rows = static_cast<std::size_t>(machine_.mac_array.rows);
      for (std::size_t n = 0; n < entry->second.size(); ++n) {
        Range& range = entry->second[n];
        range = sum(mac_range(i, x, static_cast<std::uint32_t>(n / rows), n % rows), range);
      }
    }
    write_accumulators(i, entry->second);
  }

  // The widest sums of a row over its own weights and activations in x (0 among them: a tap outside the map).
  [[nodiscard]] Range mac_range(const MacInstruction& i, const Range& x, std::uint32_t group, std::size_t row) const {
    const auto columns = static_cast<std::size_t>(machine_.mac_array.columns);
    const std::size_t word_bytes = static_cast<std::size_t>(machine_.mac_array.rows) * columns;
    const std::size_t used = i.depthwise != 0 ? 1 : columns;
    const std::int64_t a_tap = i.depthwise != 0 ? 1 : column_groups(i.channels, machine_.mac_array.columns);
    const std::size_t words = std::size_t{i.kernel_h} * i.kernel_w * static_cast<std::size_t>(a_tap);
    const auto bytes = weights_.words(i.weights + group * words, words);
    const Range widest = type_range(machine_.mac_array.weight_bits, true);
    Range range;
    for (std::size_t w = 0; w < words; ++w) {
      for (std::size_t c = 0; c < used; ++c) {
        const auto weight = static_cast<std::int8_t>(bytes[w * word_bytes + row * used + c]);
        if (weight < widest.lo || weight > widest.hi) {
          refuse(*stream_, index_,
                 fmt::format("row {} of weight word {} holds {}, beyond mac_array.weight_bits, {} bit", row,
                             i.weights + group * words + w, weight, machine_.mac_array.weight_bits));
        }
        range = sum(range, weight < 0 ? Range{x.hi * weight, x.lo * weight} : Range{x.lo * weight, x.hi * weight});
      }
    }
    return range;
  }

  // --- records -------------------------------------------------------------------------------------------------------

  using Lanes = std::array<Range, slice_channels>;

  // Element c of the tile is lane c mod rows of row group c / rows.
  [[nodiscard]] Lanes operand(const PostInstruction& i, bool second, std::uint32_t slice) const {
    const auto source = static_cast<PostSource>(second ? i.b_source : i.a_source);
    Lanes lanes{};
    if (source == PostSource::none) return lanes;
    if (source == PostSource::fixed_map) {
      lanes.fill(type_range(8 << (second ? i.b_bytes_log2 : i.a_bytes_log2), (second ? i.b_signed : i.a_signed) != 0));
      return lanes;
    }
    const auto rows = static_cast<std::uint32_t>(source == PostSource::xnor_accumulators ? machine_.xnor_array.rows
                                                                                         : machine_.mac_array.rows);
    const std::uint32_t channel = slice * slice_channels, stride = second ? i.b_stride : i.a_stride;
    const std::size_t first = std::size_t{second ? i.b : i.a} + channel / rows;
    for (std::size_t pixel = 0; pixel < std::size_t{i.rows} * i.width; ++pixel) {
      const std::uint32_t* reach = &reach_[(first + pixel * stride) * lanes_ + channel % rows];
      for (std::size_t lane = 0; lane < slice_channels; ++lane)
        lanes[lane].hi = std::max(lanes[lane].hi, std::int64_t{reach[lane]});
    }
    for (Range& range : lanes) range.lo = -range.hi;
    return lanes;
  }

  void step(const PostInstruction& i) {
    check_widths(i);
    const Range written = record_bits(i) == 0 && i.product == 0 ? unknown : check_records(i);
    if (i.write_fixed == 0) return;
    if (i.fixed_bytes_log2 != 0) return write_map(i, unknown);
    if (i.fixed_is_code != 0 && i.use_table != 0) return write_map(i, table_range(i));
    write_map(i, i.fixed_is_code != 0 && i.code_bipolar != 0 ? Range{-1, 1} : written);
  }

  // Of all entries: nothing is known of where u lies among them.
  [[nodiscard]] MapRange table_range(const PostInstruction& i) const {
    const auto words = static_cast<std::size_t>(table_words(i, machine_.buffer(BufferId::parameters).width));
    MapRange range;
    for (const std::uint8_t entry : parameters_.words(i.parameters, words).first(table_entries)) {
      const std::int64_t as_signed = static_cast<std::int8_t>(entry);
      range.as_unsigned.hi = std::max(range.as_unsigned.hi, std::int64_t{entry});
      range.as_signed = hull(range.as_signed, {as_signed, as_signed});
    }
    return range;
  }

  // What the unit's widths hold of an instruction by itself.
  void check_widths(const PostInstruction& i) const {
    const PostUnitParameters& unit = machine_.post_unit;
    const bool joins = i.b_source != 0, steps = joins || i.use_q1 != 0 || i.use_q3 != 0 || i.activation != 0;
    for (std::uint32_t s = 0; s < i.slices; ++s) {
      for (const bool second : {false, true}) {
        if (second && !joins) continue;
        const bool quantised = (second ? i.use_q2 : i.use_q1) != 0 || !steps;
        const std::int64_t bits = quantised ? unit.operand : unit.value;
        for (const Range& x : operand(i, second, s)) {
          if (!is_bounded(x) || fits(x, type_range(bits, true))) continue;
          refuse(*stream_, index_,
                 fmt::format("slice {}: operand {} of {} to {} does not fit post_unit.{}, {} bit", s,
                             second ? 'b' : 'a', x.lo, x.hi, quantised ? "operand" : "value", bits));
        }
      }
    }
    if (i.fixed_is_code != 0 && i.fixed_bytes_log2 != 0) refuse(*stream_, index_, "a code is written as a byte");
  }

  // The range of the fixed results, as far as it is known.
  Range check_records(const PostInstruction& i) {
    Range all;
    const std::int64_t width = machine_.buffer(BufferId::parameters).width;
    const auto words = static_cast<std::size_t>(record_words(i, width));
    for (std::uint32_t s = 0; s < i.slices; ++s) {
      const auto address = static_cast<std::size_t>(record_address(i, s, width));
      const Lanes a = operand(i, false, s), b = operand(i, true, s);
      std::vector<std::int64_t> key = {static_cast<std::int64_t>(address), record_kind(i), layout_of(i)};
      for (const Lanes& lanes : {a, b}) {
        for (const Range& range : lanes) key.insert(key.end(), {range.lo, range.hi});
      }
      const auto [entry, is_new] = checked_.try_emplace(std::move(key));
      if (is_new) {
        slice_ = s;
        const auto bytes = record_bits(i) == 0 ? std::span<const std::uint8_t>() : parameters_.words(address, words);
        entry->second = check_record(i, decode_record(i, bytes, width), a, b);
      }
      all = {std::min(all.lo, entry->second.lo), std::max(all.hi, entry->second.hi)};
    }
    return all;
  }
  // What else of an instruction decides a check.
  static std::int64_t layout_of(const PostInstruction& i) {
    return std::int64_t{i.product} << 13 | i.activation | i.b_source << 2 | i.write_fixed << 4 | i.fixed_is_code << 5 |
           i.fixed_bytes_log2 << 6 | i.code_bits << 8 | i.code_bipolar << 12;
  }

  Range check_record(const PostInstruction& i, const PostRecord& record, const Lanes& a, const Lanes& b) {
    Range results;
    // A join alone saturates nothing, and may well stay far within the sum of its operands' ranges.
    const bool clamped = i.use_q3 != 0 || i.activation == static_cast<std::uint32_t>(ActivationStep::after_join) ||
                         (i.b_source == 0 && (i.use_q1 != 0 || i.activation != 0));
    for (lane_ = 0; lane_ < slice_channels; ++lane_) {
      Range u = a[lane_];
      if (i.use_q1 != 0) u = quantised("q1", record.quantisers[0], u);
      if (i.activation == static_cast<std::uint32_t>(ActivationStep::after_q1))
        u = activated(record.activation, u, i.b_source != 0);
      if (i.b_source != 0) {
        const Range other = i.use_q2 != 0 ? quantised("q2", record.quantisers[1], b[lane_]) : b[lane_];
        u = i.product != 0 ? multiplied(u, other) : sum(u, other);
      }
      if (i.activation == static_cast<std::uint32_t>(ActivationStep::after_join))
        u = activated(record.activation, u, false);
      if (i.use_q3 != 0) u = quantised("q3", record.quantisers[2], u);
      if (i.use_thresholds != 0) check_levels(i, record);
      const std::int64_t bits = 8 << i.fixed_bytes_log2;
      if (!clamped || i.write_fixed == 0 || i.fixed_is_code != 0) continue;
      if (!fits(u, type_range(bits, true)) && !fits(u, type_range(bits, false)))
        refuse_lane(fmt::format("results of {} to {} do not fit {} bit", u.lo, u.hi, bits));
      results = {std::min(results.lo, u.lo), std::max(results.hi, u.hi)};
    }
    if (i.use_thresholds == 0 || i.code_bipolar != 0) return results;
    const Range code{record.base, record.base + i.levels};
    if (!fits(code, type_range(i.code_bits, true)) && !fits(code, type_range(i.code_bits, false)))
      refuse(*stream_, index_, fmt::format("codes of {} to {} do not fit {} planes", code.lo, code.hi, i.code_bits));
    return i.fixed_is_code != 0 ? code : results;
  }

  [[noreturn]] void refuse_lane(const std::string& text) const {
    refuse(*stream_, index_, fmt::format("slice {}, lane {}: {}", slice_, lane_, text));
  }

  void check_levels(const PostInstruction& i, const PostRecord& record) const {
    const std::int64_t bits = machine_.post_unit.operand;
    for (std::size_t k = 0; k < i.levels; ++k) {
      const std::int64_t level = record.thresholds[k][lane_];
      if (!fits({level, level}, type_range(bits, true)))
        refuse_lane(fmt::format("threshold {} does not fit post_unit.operand, {} bit", level, bits));
    }
    if (record.base < -128 || record.base + i.levels > 255)
      refuse_lane(fmt::format("codes from {} on do not fit a byte", record.base));
  }

  [[nodiscard]] Range quantised(const char* step, const QuantiserRecord& q, const Range& x) const {
    return checked(step, q, q.offset[lane_], x, machine_.post_unit.value);
  }
  // A factor whose range nobody knows is taken to fit.
  [[nodiscard]] Range multiplied(const Range& u, const Range& by) const {
    const PostUnitParameters& unit = machine_.post_unit;
    if (is_bounded(by) && !fits(by, type_range(product_bits(unit), true)))
      refuse_lane(
          fmt::format("a factor of {} to {} does not fit post_unit.product, {} bit", by.lo, by.hi, product_bits(unit)));
    if (!is_bounded(u) || !is_bounded(by)) return type_range(unit.value + 1, true);
    const Range result = product(u, by);
    if (!fits(result, type_range(unit.value + 1, true)))
      refuse_lane(fmt::format("a product of {} to {} does not fit {} bit (post_unit.value is {})", result.lo, result.hi,
                              unit.value + 1, unit.value));
    return result;
  }
  // A result that is not joined has the join's bit more.
  [[nodiscard]] Range activated(const QuantiserRecord& q, const Range& x, bool joined) const {
    return checked("the activation", q, 0, {std::min<std::int64_t>(x.lo, 0), 0},
                   machine_.post_unit.value + (joined ? 0 : 1));
  }
  // A 32-bit value whose writer does not clamp is known by its type alone: the lowered network proves its range.
  static bool is_bounded(const Range& x) { return x.lo > -widest_accumulator && x.hi < widest_accumulator - 1; }
  [[nodiscard]] Range checked(const char* step, const QuantiserRecord& q, std::int64_t offset, const Range& x,
                              std::int64_t limit_bits) const {
    const PostUnitParameters& unit = machine_.post_unit;
    const std::int64_t factor = q.multiplier[lane_], bits = unit.multiplier + unit.shift_step - 1,
                       shift = q.shift[lane_];
    if (!fits({factor, factor}, type_range(bits, true)))
      refuse_lane(fmt::format(
          "the factor {} of {} does not fit post_unit.multiplier, {} bit for shifts that are multiples of {}", factor,
          step, bits, unit.shift_step));
    if (shift > longest_shift) refuse_lane(fmt::format("{} shifts by {}, more than {}", step, shift, longest_shift));
    if (shift % unit.shift_step != 0)
      refuse_lane(
          fmt::format("{} shifts by {}, no multiple of post_unit.shift_step, {}", step, shift, unit.shift_step));
    if (q.lo > q.hi) refuse_lane(fmt::format("{} saturates to nothing, {} to {}", step, q.lo, q.hi));
    if (!fits({q.lo, q.hi}, type_range(limit_bits, true)))
      refuse_lane(fmt::format("{} saturates to {} to {}, which does not fit {} bits (post_unit.value is {})", step,
                              q.lo, q.hi, limit_bits, unit.value));
    const std::int64_t half = shift == 0 ? 0 : std::int64_t{1} << (shift - 1);
    const Range exact = sum(product(x, {factor, factor}), {offset, offset + half});
    if (is_bounded(x) && (exact.lo <= -product_limit || exact.hi >= product_limit)) {
      refuse_lane(fmt::format("{} may reach {} to {} of operands {} to {}, beyond 47 bit", step, exact.lo, exact.hi,
                              x.lo, x.hi));
    }
    return {q.lo, q.hi};
  }

  const MachineParameters& machine_;
  std::vector<std::uint8_t> area_;
  Mirror parameters_, weights_, planes_;  // planes_: of xnor_array's weights
  std::size_t lanes_ = 0;                 // rows of the wider array
  std::vector<std::uint32_t> reach_;      // largest |value| of each accumulator, lanes_ a word
  std::vector<MapRange> maps_;            // values of each word of act_fixed
  struct StoredRun {
    std::uint64_t end = 0;
    MapRange range;
  };
  std::map<std::uint64_t, StoredRun> stored_;  // by its first byte of the output area
  Format input_;
  // Since the last load of what they follow from:
  std::map<std::array<std::int64_t, 4>, std::vector<Range>> start_ranges_;  // group after group, row after row
  // Group after group, row after row.
  std::map<std::array<std::int64_t, 9>, std::vector<Range>> mac_ranges_, xnor_ranges_;
  std::map<std::vector<std::int64_t>, Range> checked_;  // results, by record and operands
  const Stream* stream_ = nullptr;
  std::size_t index_ = 0, lane_ = 0;
  std::uint32_t slice_ = 0;
};

}  // namespace

void check_values(const Stream& init, const Stream& main, const Program& program, const MachineParameters& machine) {
  Values values(program, machine);
  values.walk(init);
  values.walk(main);
}

}  // namespace blendsim::verification
