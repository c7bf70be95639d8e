// SPDX-License-Identifier: Apache-2.0
#include "units/post_unit/execute.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "numerics/kernels/post_chain.h"
#include "numerics/kernels/widen.h"
#include "units/post_unit/distances.h"
#include "units/post_unit/law.h"
#include "units/post_unit/operand.h"
#include "units/post_unit/plain.h"
#include "units/post_unit/record.h"

namespace blendsim {
namespace {

class Tile {
 public:
  Tile(const PostInstruction& i, const MachineParameters& machine, Buffers& buffers)
      : i_(i),
        machine_(machine),
        buffers_(buffers),
        a_(static_cast<PostSource>(i.a_source), i.a, i.a_stride, i.a_bytes_log2, i.a_signed != 0, machine, buffers),
        b_(static_cast<PostSource>(i.b_source), i.b, i.b_stride, i.b_bytes_log2, i.b_signed != 0, machine, buffers),
        fixed_bytes_(1U << i.fixed_bytes_log2),
        pixels_(i.rows * i.width),
        record_words_(record_bits(i) == 0 ? 0 : static_cast<std::uint32_t>(record_words(i, buffers.parameter_width()))),
        table_(table_of(i, buffers)),
        in_place_(reads_what_it_writes()) {}

  void slice(std::uint32_t s) {
    static const PreparedRecord none;
    const PreparedRecord& record = record_words_ == 0 ? none : record_of(s);
    const PostChain chain = chain_of(record);
    if (in_place_ || !a_.fits() || !b_.fits()) return execute_slice_plain(i_, machine_, s, record.record, buffers_);
    if (is_copy(chain)) return (void)strips(s, record, chain, Carrier::wide, false);
    // By the sources' widths, or else by the values themselves: single numbers are tried where they can do.
    const double a = a_.largest(), b = b_.largest();
    if (chain.is_exact_in(Carrier::single, a, b)) return (void)strips(s, record, chain, Carrier::single, false);
    if (chain.is_exact_in(Carrier::single, 0, 0) && strips(s, record, chain, Carrier::single, true)) return;
    if (chain.is_exact_in(Carrier::wide, a, b) ||
        chain.is_exact_in(Carrier::wide, largest_in(a_, s), largest_in(b_, s))) {
      return (void)strips(s, record, chain, Carrier::wide, false);
    }
    execute_slice_plain(i_, machine_, s, record.record, buffers_);
  }

 private:
  const PreparedRecord& record_of(std::uint32_t s) {
    const auto address = static_cast<std::uint32_t>(record_address(i_, s, buffers_.parameter_width()));
    const Buffers& read = buffers_;
    return buffers_.decoded_records().at(i_, address, read.parameters(address, record_words_), read.parameter_width());
  }

  // Pixels of a strip are read before any is written: a tile that overwrites its own operand goes element by element.
  [[nodiscard]] bool reads_what_it_writes() const {
    if (i_.write_fixed == 0) return false;
    const PostWords written{i_.fixed,
                            i_.fixed + (std::uint64_t{pixels_ - 1} * i_.fixed_slices + i_.slices) * fixed_bytes_};
    return written.meets(a_.words(pixels_, i_.slices)) || written.meets(b_.words(pixels_, i_.slices));
  }

  [[nodiscard]] PostChain chain_of(const PreparedRecord& record) const {
    const auto step = static_cast<ActivationStep>(i_.activation);
    PostChain chain;
    if (i_.use_q1 != 0) chain.q1 = &record.quantisers[0];
    if (i_.use_q2 != 0 && b_.present()) chain.q2 = &record.quantisers[1];
    if (i_.use_q3 != 0) chain.q3 = &record.quantisers[2];
    if (step == ActivationStep::after_q1) chain.after_q1 = &record.activation;
    if (step == ActivationStep::after_join) chain.after_join = &record.activation;
    chain.rounding = static_cast<Rounding>(i_.rounding);
    chain.product = i_.product != 0;
    return chain;
  }
  // u = a: no arithmetic, so nothing to carry.
  [[nodiscard]] bool is_copy(const PostChain& chain) const {
    return !b_.present() && chain.q1 == nullptr && chain.q3 == nullptr && chain.after_q1 == nullptr &&
           chain.after_join == nullptr;
  }
  [[nodiscard]] double largest_in(const PostOperand& source, std::uint32_t s) {
    if (source.largest() < largest_word) return source.largest();
    double largest = 0;
    for (std::uint32_t pixel = 0; pixel < pixels_; pixel += strip_pixels) {
      const std::uint32_t count = std::min(strip_pixels, pixels_ - pixel);
      const PostOperand::Values values = source.read(pixel, count, s, u_room_);
      largest = std::max(largest, largest_magnitude(values.first, values.stride, static_cast<int>(count)));
    }
    return largest;
  }

  // A slice's pixels; false: `carrier` was tried and did not hold a value, and what is written is to be written again.
  bool strips(std::uint32_t s, const PreparedRecord& record, const PostChain& chain, Carrier carrier, bool is_try) {
    for (std::uint32_t pixel = 0; pixel < pixels_; pixel += strip_pixels) {
      if (!strip(s, pixel, std::min(strip_pixels, pixels_ - pixel), record, chain, carrier, is_try)) return false;
    }
    return true;
  }

  bool strip(std::uint32_t s, std::uint32_t pixel, std::uint32_t count, const PreparedRecord& record,
             const PostChain& chain, Carrier carrier, bool is_try) {
    const auto pixels = static_cast<int>(count);
    PostOperand::Values u = a_.read(pixel, count, s, a_room_);
    if (!is_copy(chain)) {
      const PostOperand::Values b = b_.present() ? b_.read(pixel, count, s, b_room_) : PostOperand::Values{nullptr, 0};
      if (is_try) {
        const Magnitudes seen = try_post_chain(chain, u.first, u.stride, b.first, b.stride, pixels, u_room_.data());
        if (!chain.is_exact_in(Carrier::single, seen.a, seen.b)) return false;
      } else {
        post_chain(chain, carrier, u.first, u.stride, b.first, b.stride, pixels, u_room_.data());
      }
      u = {u_room_.data(), slice_channels};
    }
    finish(s, pixel, count, record, u);
    return true;
  }

  // From u on: codes, and what is written.
  void finish(std::uint32_t s, std::uint32_t pixel, std::uint32_t count, const PreparedRecord& record,
              PostOperand::Values u) {
    const auto pixels = static_cast<int>(count);
    const bool one_bit = i_.code_bipolar != 0 && (i_.use_thresholds == 0 || i_.levels == 1);
    const bool code = i_.write_bits != 0 || i_.fixed_is_code != 0;
    if (code && one_bit) {
      static constexpr std::array<std::int32_t, slice_channels> zeros{};
      threshold_bits(u.first, u.stride, pixels, i_.use_thresholds != 0 ? record.thresholds[0].data() : zeros.data(),
                     record.flip, bits_.data());
    } else if (code && i_.use_table != 0) {
      for (std::size_t p = 0; p < count; ++p) {
        const std::int32_t* from = u.first + static_cast<std::ptrdiff_t>(p) * u.stride;
        for (std::size_t lane = 0; lane < slice_channels; ++lane)
          codes_[p * slice_channels + lane] = table_[static_cast<std::uint8_t>(from[lane])];
      }
    } else if (code) {
      codes(u, pixels, record);
    }
    if (i_.write_fixed != 0 && i_.fixed_is_code == 0) write_fixed(s, pixel, count, u);
    if (i_.write_fixed != 0 && i_.fixed_is_code != 0) write_codes(s, pixel, count, one_bit);
    if (i_.write_bits != 0) write_bits(s, pixel, count, one_bit);
  }

  // Counts of thresholds, or of the sign as the one threshold 0, from the record's base on.
  void codes(PostOperand::Values u, int pixels, const PreparedRecord& record) {
    static constexpr std::array<std::int32_t, slice_channels> zeros{};
    static constexpr std::array<std::uint8_t, slice_channels> up = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const bool thresholds = i_.use_thresholds != 0;
    const auto base = static_cast<std::int32_t>(i_.code_bipolar != 0 ? 0 : record.record.base);
    threshold_codes(u.first, u.stride, pixels, thresholds ? record.thresholds[0].data() : zeros.data(),
                    thresholds ? static_cast<int>(i_.levels) : 1,
                    thresholds ? record.record.direction.data() : up.data(), base, codes_.data());
    if (i_.code_bipolar == 0) return;
    for (std::int32_t& code : codes_) code = code != 0 ? 1 : 0;
  }

  void write_fixed(std::uint32_t s, std::uint32_t pixel, std::uint32_t count, PostOperand::Values values) {
    const std::uint32_t first = i_.fixed + (pixel * i_.fixed_slices + s) * fixed_bytes_;
    const std::uint32_t step = i_.fixed_slices * fixed_bytes_;
    if (buffers_.checks_unwritten()) {
      for (std::uint32_t p = 0; p < count; ++p) (void)buffers_.fixed(first + p * step, fixed_bytes_);
    }
    narrow(values.first, values.stride, static_cast<int>(count), static_cast<int>(fixed_bytes_),
           buffers_.fixed_bytes(first, std::size_t{count - 1} * step + fixed_bytes_),
           static_cast<std::ptrdiff_t>(step) * slice_channels);
  }

  void write_codes(std::uint32_t s, std::uint32_t pixel, std::uint32_t count, bool one_bit) {
    if (i_.code_bipolar != 0) {
      for (std::uint32_t p = 0; p < count; ++p) {
        for (std::uint32_t lane = 0; lane < slice_channels; ++lane) {
          const std::size_t at = p * slice_channels + lane;
          u_room_[at] = (one_bit ? bits_[p] >> lane & 1 : codes_[at]) != 0 ? 1 : -1;
        }
      }
    }
    write_fixed(s, pixel, count, {i_.code_bipolar != 0 ? u_room_.data() : codes_.data(), slice_channels});
  }

  void write_bits(std::uint32_t s, std::uint32_t pixel, std::uint32_t count, bool one_bit) {
    const auto m = static_cast<std::uint32_t>(buffers_.cell_slices());
    const BinaryMap map{i_.bits, i_.bits_row + i_.rows, i_.width, i_.bits_cells};
    const std::uint32_t slice = i_.bits_slice + s;
    for (std::uint32_t plane = 0; plane < i_.code_bits; ++plane) {
      if (!one_bit) plane_bits(plane, count);
      else if (plane > 0) bits_.fill(0);  // the code is 0 or 1
      for (std::uint32_t p = 0; p < count;) {
        const std::uint32_t y = i_.bits_row + (pixel + p) / i_.width, x = (pixel + p) % i_.width;
        const std::uint32_t run = std::min(count - p, i_.width - x);
        const Buffers::CellRow row = buffers_.cell_row(map, y, slice / m + plane * i_.bits_plane_cells);
        const std::uint32_t blocks = m == 1 && x % 4 == 0 && !buffers_.checks_unwritten() ? run / 4 : 0;
        put_words(row, x / 4, &bits_[p], blocks);
        for (std::uint32_t k = 4 * blocks; k < run; ++k) {
          const std::size_t cell = row.at(x + k);
          if (buffers_.checks_unwritten()) buffers_.mark_cell(cell);
          buffers_.cells()[cell * m + slice % m] = bits_[p + k];
        }
        p += run;
      }
    }
  }

  // Single slices, four side by side in their banks, from block `block` of the row on.
  void put_words(const Buffers::CellRow row, std::uint32_t block, const std::uint16_t* bits, std::uint32_t blocks) {
    std::uint16_t* cells = buffers_.cells();
    for (const std::uint32_t end = block + blocks; block < end; ++block, bits += 4) {
      std::uint64_t four;
      std::memcpy(&four, bits, sizeof four);
      four = std::rotl(four, static_cast<int>(row.lane) * slice_channels);
      std::memcpy(cells + row.block(block), &four, sizeof four);
    }
  }

  void plane_bits(std::uint32_t plane, std::uint32_t count) {
    for (std::uint32_t p = 0; p < count; ++p) {
      std::uint32_t word = 0;
      for (std::uint32_t lane = 0; lane < slice_channels; ++lane) {
        word |= (static_cast<std::uint32_t>(codes_[p * slice_channels + lane]) >> plane & 1) << lane;
      }
      bits_[p] = static_cast<std::uint16_t>(word);
    }
  }

  const PostInstruction& i_;
  const MachineParameters& machine_;
  Buffers& buffers_;
  PostOperand a_, b_;
  std::uint32_t fixed_bytes_, pixels_, record_words_;
  PostTable table_;
  bool in_place_;
  alignas(cache_line_bytes) PostStrip a_room_, b_room_, u_room_, codes_;
  std::array<std::uint16_t, strip_pixels> bits_;
};

}  // namespace

void execute(const PostInstruction& i, const MachineParameters& machine, Buffers& buffers, DistanceMeter* meter) {
  if (meter != nullptr) add_operand_distances(i, machine, buffers, *meter);  // it may overwrite its operand
  Tile tile(i, machine, buffers);
  for (std::uint32_t s = 0; s < i.slices; ++s) tile.slice(s);
  if (meter != nullptr) add_result_distances(i, machine, buffers, *meter);
}

}  // namespace blendsim
