// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/plain.h"

#include <algorithm>
#include <array>

#include "numerics/post_formula.h"
#include "units/post_unit/law.h"

namespace blendsim {
namespace {

using Lanes = std::array<std::int64_t, slice_channels>;

// One operand of the tile: 16 values of one pixel and slice.
class Source {
 public:
  Source(PostSource kind, std::uint32_t address, std::uint32_t stride, std::uint32_t bytes_log2, bool is_signed,
         const MachineParameters& machine, const Buffers& buffers)
      : kind_(kind),
        address_(address),
        stride_(stride),
        bytes_(1U << bytes_log2),
        is_signed_(is_signed),
        rows_(static_cast<std::uint32_t>(kind == PostSource::xnor_accumulators ? machine.xnor_array.rows
                                                                               : machine.mac_array.rows)),
        buffers_(buffers) {}

  [[nodiscard]] bool present() const { return kind_ != PostSource::none; }

  void read(std::uint32_t pixel, std::uint32_t slice, Lanes& out) const {
    if (kind_ == PostSource::fixed_map) return read_map(pixel, slice, out);
    const std::uint32_t channel = slice * slice_channels;  // lane c mod rows of group c / rows
    const auto word = buffers_.accumulators(address_ + pixel * stride_ + channel / rows_, 1);
    for (std::size_t lane = 0; lane < slice_channels; ++lane) out[lane] = word[channel % rows_ + lane];
  }

 private:
  void read_map(std::uint32_t pixel, std::uint32_t slice, Lanes& out) const {
    const auto bytes = buffers_.fixed(address_ + (pixel * stride_ + slice) * bytes_, bytes_);
    const int unused = 32 - 8 * static_cast<int>(bytes_);
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      std::uint32_t raw = 0;
      for (std::size_t b = 0; b < bytes_; ++b) raw |= static_cast<std::uint32_t>(bytes[lane * bytes_ + b]) << (8 * b);
      out[lane] = is_signed_ ? std::int64_t{static_cast<std::int32_t>(raw << unused) >> unused} : std::int64_t{raw};
    }
  }

  PostSource kind_;
  std::uint32_t address_, stride_, bytes_;
  bool is_signed_;
  std::uint32_t rows_;
  const Buffers& buffers_;
};

std::int64_t clamp(const QuantiserRecord& q, std::int64_t value, Saturation::Step& step) {
  step.below += value < q.lo && q.lo < 0 ? 1 : 0;  // a limit of 0 is a Relu's, which cuts nothing off
  step.above += value > q.hi ? 1 : 0;
  return std::clamp(value, q.lo, q.hi);
}

template <Rounding rounding>
void quantise_as(const QuantiserRecord& q, Lanes& x, Saturation::Step& step) {
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    const std::int64_t value = x[lane] * q.multiplier[lane] + q.offset[lane];
    x[lane] = clamp(q, shift_round(value, q.shift[lane], rounding), step);
  }
}

void quantise(const QuantiserRecord& q, Rounding rounding, Lanes& x, Saturation::Step& step) {
  switch (rounding) {
    case Rounding::half_even: return quantise_as<Rounding::half_even>(q, x, step);
    case Rounding::floor: return quantise_as<Rounding::floor>(q, x, step);
    case Rounding::half_up: return quantise_as<Rounding::half_up>(q, x, step);
  }
}

void activate(const QuantiserRecord& q, Lanes& x, Saturation::Step& step) {
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    const std::int64_t y =
        x[lane] < 0 ? shift_round(x[lane] * q.multiplier[lane], q.shift[lane], Rounding::half_even) : x[lane];
    x[lane] = clamp(q, y, step);
  }
}

// u of 16 channels of a pixel, from the operands; `seen` counts what the steps saturate.
class Elements {
 public:
  Elements(const PostInstruction& i, const MachineParameters& machine, const Buffers& buffers)
      : i_(i),
        a_(static_cast<PostSource>(i.a_source), i.a, i.a_stride, i.a_bytes_log2, i.a_signed != 0, machine, buffers),
        b_(static_cast<PostSource>(i.b_source), i.b, i.b_stride, i.b_bytes_log2, i.b_signed != 0, machine, buffers) {}

  [[nodiscard]] Lanes at(const PostRecord& record, std::uint32_t pixel, std::uint32_t s, Saturation& seen) const {
    const auto rounding = static_cast<Rounding>(i_.rounding);
    const auto step = static_cast<ActivationStep>(i_.activation);
    Lanes u{};
    a_.read(pixel, s, u);
    if (i_.use_q1 != 0) quantise(record.quantisers[0], rounding, u, seen[PostStep::q1]);
    if (step == ActivationStep::after_q1) activate(record.activation, u, seen[PostStep::activation]);
    if (b_.present()) {
      Lanes b{};
      b_.read(pixel, s, b);
      if (i_.use_q2 != 0) quantise(record.quantisers[1], rounding, b, seen[PostStep::q2]);
      for (std::size_t lane = 0; lane < slice_channels; ++lane)
        u[lane] = i_.product != 0 ? u[lane] * b[lane] : u[lane] + b[lane];
    }
    if (step == ActivationStep::after_join) activate(record.activation, u, seen[PostStep::activation]);
    if (i_.use_q3 != 0) quantise(record.quantisers[2], rounding, u, seen[PostStep::q3]);
    return u;
  }

 private:
  const PostInstruction& i_;
  Source a_, b_;
};

// The code of u: what the planes hold, and (bipolar) the value +-1 that a fixed map gets.
void encode(const PostInstruction& i, const PostRecord& record, const PostTable& table, const Lanes& u, Lanes& code,
            Lanes& value) {
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    if (i.use_table != 0) {
      code[lane] = value[lane] = table[static_cast<std::uint8_t>(u[lane])];
      continue;
    }
    std::int64_t count = u[lane] >= 0 ? 1 : 0;
    if (i.use_thresholds != 0) {
      count = 0;
      for (std::size_t k = 0; k < i.levels; ++k) {
        count += (u[lane] >= record.thresholds[k][lane]) == (record.direction[lane] != 0) ? 1 : 0;
      }
    }
    if (i.code_bipolar != 0) {
      code[lane] = count != 0 ? 1 : 0;
      value[lane] = count != 0 ? 1 : -1;
    } else {
      code[lane] = value[lane] = record.base + count;
    }
  }
}

class Tile {
 public:
  Tile(const PostInstruction& i, const MachineParameters& machine, Buffers& buffers)
      : i_(i),
        buffers_(buffers),
        elements_(i, machine, buffers),
        table_(table_of(i, buffers)),
        fixed_bytes_(1U << i.fixed_bytes_log2),
        bits_map_{i.bits, i.bits_row + i.rows, i.width, i.bits_cells} {}

  void slice(std::uint32_t s, const PostRecord& record) {
    Lanes code{}, value{};
    Saturation seen;
    for (std::uint32_t pixel = 0; pixel < i_.rows * i_.width; ++pixel) {
      const Lanes u = elements_.at(record, pixel, s, seen);
      if (i_.write_bits != 0 || i_.fixed_is_code != 0) encode(i_, record, table_, u, code, value);
      if (i_.write_fixed != 0) write_fixed(pixel, s, i_.fixed_is_code != 0 ? value : u);
      if (i_.write_bits != 0) write_bits(pixel, s, code);
    }
  }

 private:
  void write_fixed(std::uint32_t pixel, std::uint32_t s, const Lanes& values) {
    const auto bytes = buffers_.fixed(i_.fixed + (pixel * i_.fixed_slices + s) * fixed_bytes_, fixed_bytes_);
    for (std::size_t lane = 0; lane < slice_channels; ++lane) {
      const auto raw = static_cast<std::uint64_t>(values[lane]);
      for (std::size_t b = 0; b < fixed_bytes_; ++b)
        bytes[lane * fixed_bytes_ + b] = static_cast<std::uint8_t>(raw >> (8 * b));
    }
  }

  void write_bits(std::uint32_t pixel, std::uint32_t s, const Lanes& code) {
    const auto m = static_cast<std::uint32_t>(buffers_.cell_slices());
    const std::uint32_t slice = i_.bits_slice + s, x = pixel % i_.width, y = i_.bits_row + pixel / i_.width;
    for (std::uint32_t plane = 0; plane < i_.code_bits; ++plane) {
      std::uint32_t word = 0;
      for (std::size_t lane = 0; lane < slice_channels; ++lane) {
        word |= static_cast<std::uint32_t>(static_cast<std::uint64_t>(code[lane]) >> plane & 1) << lane;
      }
      buffers_.cell(bits_map_, x, y, slice / m + plane * i_.bits_plane_cells)[slice % m] =
          static_cast<std::uint16_t>(word);
    }
  }

  const PostInstruction& i_;
  Buffers& buffers_;
  Elements elements_;
  PostTable table_;
  std::uint32_t fixed_bytes_;
  BinaryMap bits_map_;
};

}  // namespace

PostTable table_of(const PostInstruction& i, const Buffers& buffers) {
  PostTable table{};
  if (i.use_table == 0) return table;
  const auto words = static_cast<std::uint32_t>(table_words(i, buffers.parameter_width()));
  const auto bytes = buffers.parameters(i.parameters, words);
  std::copy_n(bytes.begin(), table.size(), table.begin());
  return table;
}

void execute_slice_plain(const PostInstruction& i, const MachineParameters& machine, std::uint32_t slice,
                         const PostRecord& record, Buffers& buffers) {
  Tile(i, machine, buffers).slice(slice, record);
}

Saturation saturation(const PostInstruction& i, const MachineParameters& machine, const Buffers& buffers) {
  const Elements elements(i, machine, buffers);
  const std::uint32_t width = buffers.parameter_width();
  const auto words = static_cast<std::uint32_t>(record_bits(i) == 0 ? 0 : record_words(i, width));
  Saturation seen;
  for (std::uint32_t s = 0; s < i.slices; ++s) {
    PostRecord record;
    if (words != 0)
      record =
          decode_record(i, buffers.parameters(static_cast<std::uint32_t>(record_address(i, s, width)), words), width);
    for (std::uint32_t pixel = 0; pixel < i.rows * i.width; ++pixel) (void)elements.at(record, pixel, s, seen);
  }
  return seen;
}

}  // namespace blendsim
