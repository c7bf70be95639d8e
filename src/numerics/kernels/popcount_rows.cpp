// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/popcount_rows.h"

#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/kernels/popcount_rows.cpp"
#define HWY_WANT_AVX3_DL
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace blendsim {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void vectorised(const PopcountRows& work, std::int32_t* sums) { popcount_rows_reference(work, sums); }

#else

constexpr int half = 8;  // even, or odd, rows of 16

// Pixels [pixel, pixel + count) at once, so that a weight vector is read once for all of them.
template <int count, bool use_and>
HWY_INLINE void block(const PopcountRows& work, int pixel, std::int32_t* sums) {
  const hn::CappedTag<std::uint64_t, half> d;
  const hn::Repartition<std::int32_t, decltype(d)> d_sum;
  const auto lanes = static_cast<int>(hn::Lanes(d));
  const auto scale = hn::Set(d_sum, work.scale), bias = hn::Set(d_sum, work.bias);
  const int unused = 32 - work.bits;
  const std::uint16_t* units = work.units + pixel * work.pixel_stride;
  sums += pixel * work.sums_stride;
  for (int r = 0; r < work.rows; r += 2 * half) {
    for (int k = 0; k < half; k += lanes) {
      hn::Vec<decltype(d)> even[count], odd[count];
      for (int p = 0; p < count; ++p) even[p] = odd[p] = hn::Zero(d);
      const std::uint64_t* weights = work.weights + r + k;
      for (int t = 0; t < work.terms; ++t, weights += work.rows) {
        const auto mask = hn::Set(d, work.masks[t]);
        auto w_even = hn::LoadU(d, weights), w_odd = hn::LoadU(d, weights + half);
        if constexpr (use_and) w_even = hn::And(w_even, mask), w_odd = hn::And(w_odd, mask);
        const std::uint16_t* operand = units + work.offsets[t];
        for (int p = 0; p < count; ++p) {
          std::uint64_t word;
          std::memcpy(&word, operand + p * work.pixel_stride, sizeof word);
          const auto x = hn::Set(d, word);
          if constexpr (use_and) {
            even[p] = hn::Add(even[p], hn::PopulationCount(hn::And(x, w_even)));
            odd[p] = hn::Add(odd[p], hn::PopulationCount(hn::And(x, w_odd)));
          } else {
            even[p] = hn::Add(even[p], hn::PopulationCount(hn::Xor(hn::And(x, mask), w_even)));
            odd[p] = hn::Add(odd[p], hn::PopulationCount(hn::Xor(hn::And(x, mask), w_odd)));
          }
        }
      }
      for (int p = 0; p < count; ++p) {
        const int row = r + 2 * k;
        std::int32_t* out = sums + p * work.sums_stride + row;
        const std::int32_t* start =
            work.start_offsets != nullptr ? work.starts + work.start_offsets[pixel + p] + row : out;
        // Lane 2n of the sums is the low half of lane n: the even row's count; the odd row's goes to the high half.
        const auto counts = hn::BitCast(d_sum, hn::Or(even[p], hn::ShiftLeft<32>(odd[p])));
        const auto sum = hn::Add(hn::Add(hn::LoadU(d_sum, start), bias), hn::Mul(counts, scale));
        hn::StoreU(hn::ShiftRightSame(hn::ShiftLeftSame(sum, unused), unused), d_sum, out);
      }
    }
  }
}

template <bool use_and>
void all(const PopcountRows& work, std::int32_t* sums) {
  constexpr int at_once = 4;
  int pixel = 0;
  for (; pixel + at_once <= work.pixels; pixel += at_once) block<at_once, use_and>(work, pixel, sums);
  for (; pixel < work.pixels; ++pixel) block<1, use_and>(work, pixel, sums);
}

void vectorised(const PopcountRows& work, std::int32_t* sums) {
  if (work.use_and) all<true>(work, sums);
  else all<false>(work, sums);
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace blendsim
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blendsim {

HWY_EXPORT(vectorised);

void popcount_rows_reference(const PopcountRows& work, std::int32_t* sums) {
  for (int p = 0; p < work.pixels; ++p) {
    for (int r = 0; r < work.rows; ++r) {
      std::uint32_t count = 0;
      for (int t = 0; t < work.terms; ++t) {
        std::uint64_t x;
        std::memcpy(&x, work.units + p * work.pixel_stride + work.offsets[t], sizeof x);
        x &= work.masks[t];
        const std::uint64_t w =
            work.weights[static_cast<std::size_t>(t * work.rows) + popcount_place(static_cast<std::size_t>(r))];
        count += static_cast<std::uint32_t>(std::popcount(work.use_and ? x & w : x ^ w));
      }
      std::int32_t& sum = sums[p * work.sums_stride + r];
      const std::int32_t start = work.start_offsets != nullptr ? work.starts[work.start_offsets[p] + r] : sum;
      const std::uint32_t whole = static_cast<std::uint32_t>(start) + static_cast<std::uint32_t>(work.scale) * count +
                                  static_cast<std::uint32_t>(work.bias);
      const int unused = 32 - work.bits;
      sum = static_cast<std::int32_t>(whole << unused) >> unused;
    }
  }
}

void popcount_rows(const PopcountRows& work, std::int32_t* sums) { HWY_DYNAMIC_DISPATCH(vectorised)(work, sums); }

}  // namespace blendsim
#endif
