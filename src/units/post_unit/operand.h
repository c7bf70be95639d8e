// SPDX-License-Identifier: Apache-2.0
// An operand of post_unit as its kernels take it: a strip of pixels of one slice at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "numerics/kernels/widen.h"
#include "units/buffer/storage.h"
#include "units/machine_parameters.h"
#include "units/post_unit/instruction.h"

namespace blendsim {

inline constexpr double largest_word = 2147483648.0;  // magnitude of 32 bits
inline constexpr std::uint32_t strip_pixels = 64;     // pixels of a slice that pass the kernels together
using PostStrip = std::array<std::int32_t, std::size_t{strip_pixels} * slice_channels>;

// Words of act_fixed that a map's tile takes, from its first to behind its last.
struct PostWords {
  std::uint64_t first, end;
  [[nodiscard]] bool meets(const PostWords& other) const { return first < other.end && other.first < end; }
};

// One operand of the tile, a strip of one slice at a time.
class PostOperand {
 public:
  PostOperand(PostSource kind, std::uint32_t address, std::uint32_t stride, std::uint32_t bytes_log2, bool is_signed,
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
  // The largest magnitude that a value can have; 4 unsigned bytes do not fit the kernels' operands.
  [[nodiscard]] double largest() const {
    if (!present()) return 0;
    if (kind_ != PostSource::fixed_map || bytes_ == 4) return largest_word;
    const double codes = bytes_ == 1 ? 256.0 : 65536.0;
    return is_signed_ ? codes / 2 : codes;
  }
  [[nodiscard]] bool fits() const { return kind_ != PostSource::fixed_map || bytes_ < 4 || is_signed_; }
  [[nodiscard]] PostWords words(std::uint32_t pixels, std::uint32_t slices) const {
    if (kind_ != PostSource::fixed_map) return {0, 0};
    return {address_, address_ + (std::uint64_t{pixels - 1} * stride_ + slices) * bytes_};
  }

  // Values of pixels [pixel, pixel + count): where they begin and how far one pixel's 16 are from the next one's.
  struct Values {
    const std::int32_t* first;
    std::ptrdiff_t stride;
  };
  Values read(std::uint32_t pixel, std::uint32_t count, std::uint32_t slice, PostStrip& room) const {
    if (kind_ == PostSource::fixed_map) {
      read_map(pixel, count, slice, room.data());
      return {room.data(), slice_channels};
    }
    const std::uint32_t channel = slice * slice_channels;  // lane c mod rows of group c / rows
    const std::uint32_t first = address_ + pixel * stride_ + channel / rows_;
    if (buffers_.checks_unwritten()) {
      for (std::uint32_t p = 0; p < count; ++p) (void)buffers_.accumulators(first + p * stride_, 1);
    }
    (void)buffers_.accumulators(first + (count - 1) * stride_, 1);
    return {buffers_.accumulators(first, 1).data() + channel % rows_,
            static_cast<std::ptrdiff_t>(stride_) * buffers_.accumulator_lanes()};
  }

 private:
  void read_map(std::uint32_t pixel, std::uint32_t count, std::uint32_t slice, std::int32_t* out) const {
    const std::uint32_t first = address_ + (pixel * stride_ + slice) * bytes_, step = stride_ * bytes_;
    if (buffers_.checks_unwritten()) {
      for (std::uint32_t p = 0; p < count; ++p) (void)buffers_.fixed(first + p * step, bytes_);
    }
    const std::uint8_t* from = buffers_.fixed_bytes(first, std::size_t{count - 1} * step + bytes_);
    widen_slices(from, std::ptrdiff_t{step} * slice_channels, static_cast<int>(count), static_cast<int>(bytes_),
                 is_signed_, out);
  }

  PostSource kind_;
  std::uint32_t address_, stride_, bytes_;
  bool is_signed_;
  std::uint32_t rows_;
  const Buffers& buffers_;
};

}  // namespace blendsim
