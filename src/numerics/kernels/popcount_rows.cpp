// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/popcount_rows.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

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

// Where a vector counts 32-bit lanes itself, counts are lanes; elsewhere bytes, which hold those of 31 terms.
constexpr bool counts_words = HWY_TARGET == HWY_AVX3_DL;
constexpr int terms_at_once = 31;
using Word = hn::CappedTag<std::uint32_t, 16>;
using Sum = hn::Repartition<std::int32_t, Word>;
using Byte = hn::Repartition<std::uint8_t, Word>;
using Count = std::conditional_t<counts_words, Word, Byte>;
using Words = hn::Vec<Word>;
using Counts = hn::Vec<Count>;

HWY_INLINE Words operand_of(const std::uint16_t* units) {
  std::uint32_t word;
  std::memcpy(&word, units, sizeof word);
  return hn::Set(Word(), word);
}

template <bool use_and>
HWY_INLINE Counts differing(Words x, Words w) {
  return hn::PopulationCount(hn::BitCast(Count(), use_and ? hn::And(x, w) : hn::Xor(x, w)));
}

HWY_INLINE hn::Vec<Sum> in_words(Counts counts) {
  if constexpr (counts_words) {
    return hn::BitCast(Sum(), counts);
  } else {
    const hn::Repartition<std::uint16_t, Word> d_half;
    const auto bytes = hn::BitCast(d_half, counts);
    const auto halves = hn::Add(hn::And(bytes, hn::Set(d_half, 0xFF)), hn::ShiftRight<8>(bytes));
    const auto words = hn::BitCast(Word(), halves);
    return hn::BitCast(Sum(), hn::Add(hn::And(words, hn::Set(Word(), 0xFFFF)), hn::ShiftRight<16>(words)));
  }
}

// Pixels pixel + p... at once, so that a weight vector is read once for all of them. The pack keeps their counts in
// registers: the compiler leaves an array that a loop walks in memory.
template <bool use_and, bool subtract, std::size_t... p>
HWY_INLINE void block(const PopcountRows& work, int pixel, std::int32_t* sums, std::index_sequence<p...>) {
  constexpr std::size_t count = sizeof...(p);
  const auto lanes = static_cast<int>(hn::Lanes(Word()));
  // What the stores below may alias is read once.
  const int rows = work.rows, terms = work.terms, at_once = counts_words ? terms : terms_at_once;
  const auto unused = hn::Set(Sum(), 32 - work.bits), shift = hn::Set(Sum(), work.shift);
  const std::ptrdiff_t stride = work.pixel_stride, sums_stride = work.sums_stride;
  const std::uint16_t* units = work.units + pixel * stride;
  sums += pixel * sums_stride;
  const std::int32_t* starts[count];
  if (work.start_offsets == nullptr) (..., (starts[p] = sums + p * sums_stride));
  else (..., (starts[p] = work.starts + work.start_offsets[static_cast<std::size_t>(pixel) + p]));
  for (int r = 0; r < rows; r += lanes) {
    const auto before = hn::LoadU(Sum(), work.before + r);
    hn::Vec<Sum> totals[count] = {((void)p, before)...};
    const std::uint32_t* weights = work.weights + r;
    for (int from = 0; from < terms; from += at_once) {
      const int to = std::min(from + at_once, terms), masked = std::clamp(work.whole_terms, from, to);
      Counts counts[count] = {((void)p, hn::Zero(Count()))...};
      for (int t = from; t < masked; ++t, weights += rows) {
        const Words w = hn::LoadU(Word(), weights);
        const std::uint16_t* at = units + work.offsets[t];
        (..., (counts[p] = hn::Add(counts[p], differing<use_and>(operand_of(at + p * stride), w))));
      }
      for (int t = masked; t < to; ++t, weights += rows) {
        const Words w = hn::LoadU(Word(), weights), mask = hn::Set(Word(), work.masks[t]);
        const std::uint16_t* at = units + work.offsets[t];
        (..., (counts[p] = hn::Add(counts[p], differing<use_and>(hn::And(operand_of(at + p * stride), mask), w))));
      }
      (..., (totals[p] = hn::Add(totals[p], in_words(counts[p]))));
    }
    const auto finish = [&](hn::Vec<Sum> total, const std::int32_t* start, std::int32_t* out) HWY_ATTR {
      const auto change = hn::Shl(total, shift), from = hn::LoadU(Sum(), start + r);
      const auto sum = subtract ? hn::Sub(from, change) : hn::Add(from, change);
      // The bits that wrap around fall out at the top.
      hn::StoreU(hn::Shr(hn::Shl(sum, unused), unused), Sum(), out + r);
    };
    (..., finish(totals[p], starts[p], sums + p * sums_stride));
  }
}

template <bool use_and, bool subtract>
void all(const PopcountRows& work, std::int32_t* sums) {
  constexpr int at_once = counts_words ? 8 : 4;  // as many as registers hold
  const auto blocks = [&]<std::size_t count>(int& pixel, std::integral_constant<std::size_t, count>) HWY_ATTR {
    for (; pixel + static_cast<int>(count) <= work.pixels; pixel += static_cast<int>(count)) {
      block<use_and, subtract>(work, pixel, sums, std::make_index_sequence<count>());
    }
  };
  int pixel = 0;
  blocks(pixel, std::integral_constant<std::size_t, at_once>());
  blocks(pixel, std::integral_constant<std::size_t, 2>());
  blocks(pixel, std::integral_constant<std::size_t, 1>());
}

void vectorised(const PopcountRows& work, std::int32_t* sums) {
  if (work.use_and) work.subtract ? all<true, true>(work, sums) : all<true, false>(work, sums);
  else work.subtract ? all<false, true>(work, sums) : all<false, false>(work, sums);
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
      auto count = static_cast<std::uint32_t>(work.before[r]);
      for (int t = 0; t < work.terms; ++t) {
        std::uint32_t x;
        std::memcpy(&x, work.units + p * work.pixel_stride + work.offsets[t], sizeof x);
        if (t >= work.whole_terms) x &= work.masks[t];
        const std::uint32_t w = work.weights[static_cast<std::ptrdiff_t>(t) * work.rows + r];
        count += static_cast<std::uint32_t>(std::popcount(work.use_and ? x & w : x ^ w));
      }
      std::int32_t& sum = sums[p * work.sums_stride + r];
      const std::int32_t start = work.start_offsets != nullptr ? work.starts[work.start_offsets[p] + r] : sum;
      const std::uint32_t change = count << work.shift, from = static_cast<std::uint32_t>(start);
      const std::uint32_t whole = work.subtract ? from - change : from + change;
      const int unused = 32 - work.bits;
      sum = static_cast<std::int32_t>(whole << unused) >> unused;
    }
  }
}

void popcount_rows(const PopcountRows& work, std::int32_t* sums) { HWY_DYNAMIC_DISPATCH(vectorised)(work, sums); }

}  // namespace blendsim
#endif
