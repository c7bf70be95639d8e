// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/popcount_rows.h"

#include <bit>

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

// `count` pixels at once, so that a weight vector is read once for all of them.
template <int count, bool use_and>
HWY_INLINE void block(const PopcountRows& work, const std::uint64_t* operands, std::int32_t* sums) {
  const hn::CappedTag<std::uint64_t, 8> d;
  const hn::Rebind<std::int32_t, decltype(d)> d_sum;
  const hn::Rebind<std::uint32_t, decltype(d)> d_narrow;
  const auto lanes = static_cast<int>(hn::Lanes(d));
  const auto scale = hn::Set(d_sum, work.scale), bias = hn::Set(d_sum, work.bias);
  for (int r = 0; r < work.rows; r += lanes) {
    hn::Vec<decltype(d)> counts[count];
    for (int p = 0; p < count; ++p) counts[p] = hn::Zero(d);
    const std::uint64_t* weights = work.weights + r;
    for (int t = 0; t < work.terms; ++t, weights += work.rows) {
      const auto w = hn::LoadU(d, weights);
      for (int p = 0; p < count; ++p) {
        const auto x = hn::Set(d, operands[p * work.operands_stride + t]);
        counts[p] = hn::Add(counts[p], hn::PopulationCount(use_and ? hn::And(x, w) : hn::Xor(x, w)));
      }
    }
    for (int p = 0; p < count; ++p) {
      std::int32_t* out = sums + p * work.sums_stride + r;
      const auto narrow = hn::BitCast(d_sum, hn::TruncateTo(d_narrow, counts[p]));
      hn::StoreU(hn::Add(hn::LoadU(d_sum, out), hn::Add(hn::Mul(narrow, scale), bias)), d_sum, out);
    }
  }
}

template <bool use_and>
void all(const PopcountRows& work, std::int32_t* sums) {
  constexpr int at_once = 4;
  const std::uint64_t* operands = work.operands;
  int left = work.pixels;
  for (; left >= at_once; left -= at_once) {
    block<at_once, use_and>(work, operands, sums);
    operands += at_once * work.operands_stride;
    sums += at_once * work.sums_stride;
  }
  for (; left > 0; --left) {
    block<1, use_and>(work, operands, sums);
    operands += work.operands_stride;
    sums += work.sums_stride;
  }
}

void vectorised(const PopcountRows& work, std::int32_t* sums) {
  if (work.use_and) all<true>(work, sums);
  else all<false>(work, sums);
}

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
        const std::uint64_t x = work.operands[p * work.operands_stride + t];
        const std::uint64_t w = work.weights[static_cast<std::ptrdiff_t>(t) * work.rows + r];
        count += static_cast<std::uint32_t>(std::popcount(work.use_and ? x & w : x ^ w));
      }
      std::int32_t& sum = sums[p * work.sums_stride + r];
      sum = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) + static_cast<std::uint32_t>(work.scale) * count +
                                      static_cast<std::uint32_t>(work.bias));
    }
  }
}

void popcount_rows(const PopcountRows& work, std::int32_t* sums) { HWY_DYNAMIC_DISPATCH(vectorised)(work, sums); }

}  // namespace blendsim
#endif
