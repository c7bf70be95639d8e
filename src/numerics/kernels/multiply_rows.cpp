// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/multiply_rows.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/kernels/multiply_rows.cpp"
#define HWY_WANT_AVX3_DL
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace blendsim {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void dense(const MultiplyRows& work, std::int32_t* sums) { multiply_rows_reference(work, sums); }

#else

// AVX3_DL stands for VNNI too, but its attributes lack it. gcc adds one to those that surround it; clang keeps the outer ones only.
#undef BLENDSIM_VNNI
#define BLENDSIM_VNNI (HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL)
#if BLENDSIM_VNNI
HWY_PUSH_ATTRIBUTES("avx512vnni")
#endif

using Sums = hn::CappedTag<std::int32_t, 16>;
using Pairs = hn::Repartition<std::int16_t, Sums>;

// Sums of pairs of products, added to total; where that takes two accumulators, also to odd.
HWY_INLINE void multiply_add(hn::Vec<Pairs> x, hn::Vec<Pairs> w, hn::Vec<Sums>& total, hn::Vec<Sums>& odd) {
#if BLENDSIM_VNNI
  (void)odd;
  total.raw = _mm512_dpwssd_epi32(total.raw, x.raw, w.raw);  // VNNI; Highway multiplies and adds in two steps
#else
  total = hn::ReorderWidenMulAccumulate(Sums(), x, w, total, odd);
#endif
}

// Pixels [pixel, pixel + count) at once, so that a weight vector is read once for all of them.
template <int count>
HWY_INLINE void block(const MultiplyRows& work, int pixel, std::int32_t* sums) {
  const Sums d;
  const Pairs d_pairs;
  const auto lanes = static_cast<int>(hn::Lanes(d));
  for (int r = 0; r < work.rows; r += lanes) {
    hn::Vec<decltype(d)> totals[count], odd[count];
    for (int p = 0; p < count; ++p) {
      totals[p] = hn::LoadU(d, work.starts + work.start_offsets[pixel + p] + r);
      odd[p] = hn::Zero(d);
    }
    const std::int16_t* weights = work.weights + 2 * r;
    for (int t = 0; t < work.taps; ++t) {
      const std::int16_t* operands = work.operands + pixel * work.pixel_stride + work.offsets[t];
      for (int n = 0; n < work.pairs; ++n, operands += 2, weights += 2 * work.rows) {
        const auto w = hn::LoadU(d_pairs, weights);
        for (int p = 0; p < count; ++p) {
          std::int32_t pair;
          std::memcpy(&pair, operands + p * work.pixel_stride, sizeof pair);
          const auto x = hn::BitCast(d_pairs, hn::Set(d, pair));
          multiply_add(x, w, totals[p], odd[p]);
        }
      }
    }
    for (int p = 0; p < count; ++p) {
      hn::StoreU(hn::RearrangeToOddPlusEven(totals[p], odd[p]), d, sums + (pixel + p) * work.sums_stride + r);
    }
  }
}

void dense(const MultiplyRows& work, std::int32_t* sums) {
  constexpr int at_once = 8;  // the accumulation of one pixel alone waits for itself
  int pixel = 0;
  for (; pixel + at_once <= work.pixels; pixel += at_once) block<at_once>(work, pixel, sums);
  for (; pixel < work.pixels; ++pixel) block<1>(work, pixel, sums);
}

#if BLENDSIM_VNNI
HWY_POP_ATTRIBUTES
#endif

#endif

void depthwise(const MultiplyLanes& work, std::int32_t* sums) {
  const hn::CappedTag<std::int32_t, 16> d;
  const hn::Rebind<std::int16_t, decltype(d)> d_operand;
  const hn::Rebind<std::int8_t, decltype(d)> d_weight;
  const auto step = static_cast<int>(hn::Lanes(d));
  for (int p = 0; p < work.pixels; ++p, sums += work.sums_stride) {
    const std::int16_t* operands = work.operands + p * work.pixel_stride;
    const std::int32_t* start = work.starts + work.start_offsets[p];
    for (int l = 0; l < work.rows; l += step) {
      auto total = hn::LoadU(d, start + l);
      for (int t = 0; t < work.taps && l < work.lanes; ++t) {
        const auto x = hn::PromoteTo(d, hn::LoadU(d_operand, operands + work.offsets[t] + l));
        const auto w = hn::PromoteTo(d, hn::LoadU(d_weight, work.weights + t * work.weights_stride + l));
        total = hn::Add(total, hn::Mul(x, w));
      }
      hn::StoreU(total, d, sums + l);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace blendsim
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blendsim {
namespace {

// Sums wrap modulo 2^32, as the vectors' do.
std::int32_t add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

}  // namespace

HWY_EXPORT(dense);
HWY_EXPORT(depthwise);

void multiply_rows_reference(const MultiplyRows& work, std::int32_t* sums) {
  for (int p = 0; p < work.pixels; ++p) {
    for (int r = 0; r < work.rows; ++r) {
      std::int32_t sum = work.starts[work.start_offsets[p] + static_cast<std::uint32_t>(r)];
      for (int t = 0; t < work.taps; ++t) {
        const std::int16_t* x = work.operands + p * work.pixel_stride + work.offsets[t];
        for (int n = 0; n < work.pairs; ++n) {
          const std::ptrdiff_t pair = std::ptrdiff_t{t} * work.pairs + n;
          const std::int16_t* w = work.weights + (pair * work.rows + r) * 2;
          sum = add(sum, x[2 * n] * w[0] + x[2 * n + 1] * w[1]);
        }
      }
      sums[p * work.sums_stride + r] = sum;
    }
  }
}

void multiply_rows(const MultiplyRows& work, std::int32_t* sums) { HWY_DYNAMIC_DISPATCH(dense)(work, sums); }

void multiply_lanes_reference(const MultiplyLanes& work, std::int32_t* sums) {
  for (int p = 0; p < work.pixels; ++p) {
    for (int r = 0; r < work.rows; ++r) {
      std::int32_t sum = work.starts[work.start_offsets[p] + static_cast<std::uint32_t>(r)];
      for (int t = 0; t < work.taps && r < work.lanes; ++t) {
        sum = add(sum, work.operands[p * work.pixel_stride + work.offsets[t] + r] *
                           work.weights[t * work.weights_stride + r]);
      }
      sums[p * work.sums_stride + r] = sum;
    }
  }
}

void multiply_lanes(const MultiplyLanes& work, std::int32_t* sums) { HWY_DYNAMIC_DISPATCH(depthwise)(work, sums); }

}  // namespace blendsim
#endif
