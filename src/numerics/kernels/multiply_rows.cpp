// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/multiply_rows.h"

#include <cstring>
#include <utility>

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

// AVX3_DL stands for VNNI too, but its attributes lack it. gcc adds one to those that surround it; clang keeps the
// outer ones only.
#undef BLENDSIM_VNNI
#define BLENDSIM_VNNI (HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL)
#if BLENDSIM_VNNI
HWY_PUSH_ATTRIBUTES("avx512vnni")
#endif

using Sums = hn::CappedTag<std::int32_t, 16>;
using Pairs = hn::Repartition<std::int16_t, Sums>;
using HalfWords = hn::Repartition<std::uint16_t, Sums>;

// Four bytes a lane: unsigned ones of a pixel, the same in every lane, and signed ones of a row in each.
#if BLENDSIM_VNNI

struct Weights {
  hn::Vec<Sums> quads;
  HWY_INLINE explicit Weights(const std::int8_t* from) : quads{_mm512_loadu_si512(from)} {}
};

HWY_INLINE hn::Vec<Sums> multiply_add(hn::Vec<Sums> total, std::uint32_t x, const Weights& w) {
  return {_mm512_dpbusd_epi32(total.raw, hn::Set(hn::Repartition<std::uint32_t, Sums>(), x).raw, w.quads.raw)};
}

#else

// As pairs of 16 bits, bytes 0 and 2 and bytes 1 and 3: no pair of products overflows.
struct Weights {
  hn::Vec<Pairs> even, odd;
  HWY_INLINE explicit Weights(const std::int8_t* from) {
    const auto quads = hn::BitCast(Pairs(), hn::LoadU(hn::Repartition<std::int8_t, Sums>(), from));
    even = hn::ShiftRight<8>(hn::ShiftLeft<8>(quads));
    odd = hn::ShiftRight<8>(quads);
  }
};

HWY_INLINE hn::Vec<Sums> multiply_add(hn::Vec<Sums> total, std::uint32_t x, const Weights& w) {
  const auto quads = hn::BitCast(HalfWords(), hn::Set(hn::Repartition<std::uint32_t, Sums>(), x));
  const auto even = hn::BitCast(Pairs(), hn::And(quads, hn::Set(HalfWords(), 0xFF)));
  const auto odd = hn::BitCast(Pairs(), hn::ShiftRight<8>(quads));
  auto rest = hn::Zero(Sums());  // of those that take two accumulators
  auto sum = hn::ReorderWidenMulAccumulate(Sums(), even, w.even, hn::Zero(Sums()), rest);
  sum = hn::ReorderWidenMulAccumulate(Sums(), odd, w.odd, sum, rest);
  return hn::Add(total, hn::RearrangeToOddPlusEven(sum, rest));
}

#endif

HWY_INLINE std::uint32_t quad_at(const std::uint8_t* operands) {
  std::uint32_t quad;
  std::memcpy(&quad, operands, sizeof quad);
  return quad;
}

// Pixels pixel + p... at once, so that a weight vector is read once for all of them (popcount_rows.cpp).
template <bool biased, std::size_t... p>
HWY_INLINE void block(const MultiplyRows& work, int pixel, std::int32_t* sums, std::index_sequence<p...>) {
  constexpr std::size_t count = sizeof...(p);
  const Sums d;
  const auto lanes = static_cast<int>(hn::Lanes(d));
  // What the stores below may alias is read once.
  const int rows = work.rows, taps = work.taps, quads = work.quads;
  const std::ptrdiff_t stride = work.pixel_stride, sums_stride = work.sums_stride, weights_stride = work.weights_stride;
  const std::uint32_t zeros = work.zero * 0x01010101U;
  const std::uint8_t* operands = work.operands + pixel * stride;
  const std::int32_t* starts[count] = {work.starts + work.start_offsets[static_cast<std::size_t>(pixel) + p]...};
  sums += pixel * sums_stride;
  for (int r = 0; r < rows; r += lanes) {
    hn::Vec<Sums> totals[count] = {hn::LoadU(d, starts[p] + r)...};
    [[maybe_unused]] auto bias = hn::Zero(d);
    for (int t = 0; t < taps; ++t) {
      const std::uint8_t* at = operands + work.offsets[t];
      const std::int8_t* weights = work.weights + t * weights_stride + 4 * r;
      for (int n = 0; n < quads; ++n, at += 4, weights += 4 * rows) {
        const Weights w(weights);
        (..., (totals[p] = multiply_add(totals[p], quad_at(at + p * stride), w)));
        if constexpr (biased) bias = multiply_add(bias, zeros, w);
      }
    }
    (..., hn::StoreU(hn::Sub(totals[p], bias), d, sums + p * sums_stride + r));
  }
}

template <bool biased>
void all(const MultiplyRows& work, std::int32_t* sums) {
  int pixel = 0;
  for (; pixel + 8 <= work.pixels; pixel += 8) block<biased>(work, pixel, sums, std::make_index_sequence<8>());
  for (; pixel + 2 <= work.pixels; pixel += 2) block<biased>(work, pixel, sums, std::make_index_sequence<2>());
  if (pixel < work.pixels) block<biased>(work, pixel, sums, std::make_index_sequence<1>());
}

void dense(const MultiplyRows& work, std::int32_t* sums) {
  if (work.zero != 0) all<true>(work, sums);
  else all<false>(work, sums);
}

#if BLENDSIM_VNNI
HWY_POP_ATTRIBUTES
#endif

#endif

void depthwise(const MultiplyLanes& work, std::int32_t* sums) {
  const hn::CappedTag<std::int32_t, 16> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d_operand;
  const hn::Rebind<std::int8_t, decltype(d)> d_weight;
  const auto zero = hn::Set(d, work.zero);
  const auto step = static_cast<int>(hn::Lanes(d));
  for (int p = 0; p < work.pixels; ++p, sums += work.sums_stride) {
    const std::uint8_t* operands = work.operands + p * work.pixel_stride;
    const std::int32_t* start = work.starts + work.start_offsets[p];
    for (int l = 0; l < work.rows; l += step) {
      auto total = hn::LoadU(d, start + l);
      for (int t = 0; t < work.taps && l < work.lanes; ++t) {
        const auto x = hn::Sub(hn::PromoteTo(d, hn::LoadU(d_operand, operands + work.offsets[t] + l)), zero);
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
        const std::uint8_t* x = work.operands + p * work.pixel_stride + work.offsets[t];
        for (int n = 0; n < work.quads; ++n) {
          const std::int8_t* w = work.weights + t * work.weights_stride + (std::ptrdiff_t{n} * work.rows + r) * 4;
          for (int k = 0; k < 4; ++k) sum = add(sum, (x[4 * n + k] - work.zero) * w[k]);
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
        sum = add(sum, (work.operands[p * work.pixel_stride + work.offsets[t] + r] - work.zero) *
                           work.weights[t * work.weights_stride + r]);
      }
      sums[p * work.sums_stride + r] = sum;
    }
  }
}

void multiply_lanes(const MultiplyLanes& work, std::int32_t* sums) { HWY_DYNAMIC_DISPATCH(depthwise)(work, sums); }

}  // namespace blendsim
#endif
