// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/post_chain.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/kernels/post_chain.cpp"
#define HWY_WANT_AVX3_DL
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace blendsim {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Real = hn::CappedTag<double, kernel_lanes>;
using RealHalf = hn::Rebind<std::int32_t, Real>;  // as many 32-bit lanes
using Word = hn::CappedTag<std::int32_t, kernel_lanes>;
constexpr int parts = kernel_lanes / static_cast<int>(hn::MaxLanes(Real()));  // vectors of doubles a pixel
constexpr int part_lanes = kernel_lanes / parts;
using Lanes = hn::Vec<Real>;

// y * 2^-s is given; what is left of the formula is to round and to saturate.
template <Rounding rounding>
HWY_INLINE Lanes rounded(Lanes y) {
  if constexpr (rounding == Rounding::half_even) return hn::Round(y);
  if constexpr (rounding == Rounding::floor) return hn::Floor(y);
  return hn::Floor(hn::Add(y, hn::Set(Real(), 0.5)));
}

HWY_INLINE Lanes saturated(const LaneQuantiser& q, Lanes y) {
  return hn::Min(hn::Max(y, hn::Set(Real(), q.lo)), hn::Set(Real(), q.hi));
}

template <Rounding rounding>
HWY_INLINE void quantise(const LaneQuantiser& q, Lanes* x) {
  for (int k = 0; k < parts; ++k) {
    const auto m = hn::LoadU(Real(), q.multiplier.data() + k * part_lanes);
    const auto b = hn::LoadU(Real(), q.offset.data() + k * part_lanes);
    x[k] = saturated(q, rounded<rounding>(hn::MulAdd(x[k], m, b)));
  }
}

HWY_INLINE void activate(const LaneQuantiser& q, Lanes* x) {
  for (int k = 0; k < parts; ++k) {
    const auto scaled = hn::Round(hn::Mul(x[k], hn::LoadU(Real(), q.multiplier.data() + k * part_lanes)));
    x[k] = saturated(q, hn::IfThenElse(hn::Lt(x[k], hn::Zero(Real())), scaled, x[k]));
  }
}

HWY_INLINE void load(const std::int32_t* from, Lanes* x) {
  for (int k = 0; k < parts; ++k) x[k] = hn::PromoteTo(Real(), hn::LoadU(RealHalf(), from + k * part_lanes));
}

template <Rounding rounding>
void chain_as(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
              std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  for (int p = 0; p < pixels; ++p, a += a_stride, u += kernel_lanes) {
    Lanes x[parts];
    load(a, x);
    if (chain.q1 != nullptr) quantise<rounding>(*chain.q1, x);
    if (chain.after_q1 != nullptr) activate(*chain.after_q1, x);
    if (b != nullptr) {
      Lanes y[parts];
      load(b + p * b_stride, y);
      if (chain.q2 != nullptr) quantise<rounding>(*chain.q2, y);
      for (int k = 0; k < parts; ++k) x[k] = hn::Add(x[k], y[k]);
    }
    if (chain.after_join != nullptr) activate(*chain.after_join, x);
    if (chain.q3 != nullptr) quantise<rounding>(*chain.q3, x);
    for (int k = 0; k < parts; ++k) hn::StoreU(hn::DemoteTo(RealHalf(), x[k]), RealHalf(), u + k * part_lanes);
  }
}

void chain_kernel(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
                  std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  switch (chain.rounding) {
    case Rounding::half_even: return chain_as<Rounding::half_even>(chain, a, a_stride, b, b_stride, pixels, u);
    case Rounding::floor: return chain_as<Rounding::floor>(chain, a, a_stride, b, b_stride, pixels, u);
    case Rounding::half_up: return chain_as<Rounding::half_up>(chain, a, a_stride, b, b_stride, pixels, u);
  }
}

// Bit l of the 16 is lane l's comparison.
template <class Compare>
HWY_INLINE void store_bits(Compare&& compare, std::uint16_t* bits) {
  constexpr int lanes = static_cast<int>(hn::MaxLanes(Word()));
  if constexpr (lanes >= 8) {
    std::uint8_t bytes[kernel_lanes] = {};  // StoreMaskBits may write 8
    for (int l = 0; l < kernel_lanes; l += lanes) hn::StoreMaskBits(Word(), compare(l), bytes + l / 8);
    std::memcpy(bits, bytes, sizeof *bits);
  } else {
    std::uint32_t word = 0;
    for (int l = 0; l < kernel_lanes; l += lanes) {
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(Word(), compare(l), bytes);
      word |= static_cast<std::uint32_t>(bytes[0]) << l;
    }
    *bits = static_cast<std::uint16_t>(word);
  }
}

void bits_kernel(const std::int32_t* u, std::ptrdiff_t stride, int pixels, const std::int32_t* threshold,
                 std::uint16_t flip, std::uint16_t* bits) {
  for (int p = 0; p < pixels; ++p, u += stride) {
    store_bits([&](int l) HWY_ATTR { return hn::Lt(hn::LoadU(Word(), u + l), hn::LoadU(Word(), threshold + l)); },
               bits + p);
  }
  for (int p = 0; p < pixels; ++p) bits[p] = static_cast<std::uint16_t>(~(bits[p] ^ flip));
}

// A level counts where its comparison equals the direction: where it is reached, or, complemented, levels - reached.
void codes_kernel(const std::int32_t* u, std::ptrdiff_t stride, int pixels, const std::int32_t* thresholds, int levels,
                  const std::uint8_t* direction, std::int32_t base, std::int32_t* codes) {
  const Word d;
  std::int32_t sign[kernel_lanes], start[kernel_lanes];
  for (int l = 0; l < kernel_lanes; ++l) {
    sign[l] = direction[l] != 0 ? 1 : -1;
    start[l] = direction[l] != 0 ? base : base + levels;
  }
  for (int p = 0; p < pixels; ++p, u += stride, codes += kernel_lanes) {
    for (int l = 0; l < kernel_lanes; l += static_cast<int>(hn::Lanes(d))) {
      const auto x = hn::LoadU(d, u + l), one = hn::LoadU(d, sign + l);
      auto code = hn::LoadU(d, start + l);
      for (int k = 0; k < levels; ++k) {
        const auto below = hn::Lt(x, hn::LoadU(d, thresholds + k * kernel_lanes + l));
        code = hn::Add(code, hn::IfThenZeroElse(below, one));
      }
      hn::StoreU(code, d, codes + l);
    }
  }
}

template <class To>
void narrow_to(const std::int32_t* values, std::ptrdiff_t values_stride, int pixels, std::uint8_t* out,
               std::ptrdiff_t stride) {
  const Word d;
  const hn::Rebind<To, Word> d_to;
  for (int p = 0; p < pixels; ++p, values += values_stride, out += stride) {
    for (int l = 0; l < kernel_lanes; l += static_cast<int>(hn::Lanes(d))) {
      const auto x = hn::LoadU(d, values + l);
      HWY_ALIGN To lanes[kernel_lanes];
      if constexpr (sizeof(To) == 4) hn::StoreU(x, d_to, lanes);
      else hn::StoreU(hn::DemoteTo(d_to, hn::And(x, hn::Set(d, std::numeric_limits<To>::max()))), d_to, lanes);
      std::memcpy(out + static_cast<std::size_t>(l) * sizeof(To), lanes, hn::Lanes(d) * sizeof(To));
    }
  }
}

void narrow_kernel(const std::int32_t* values, std::ptrdiff_t values_stride, int pixels, int bytes, std::uint8_t* out,
                   std::ptrdiff_t stride) {
  if (bytes == 1) narrow_to<std::uint8_t>(values, values_stride, pixels, out, stride);
  else if (bytes == 2) narrow_to<std::uint16_t>(values, values_stride, pixels, out, stride);
  else narrow_to<std::int32_t>(values, values_stride, pixels, out, stride);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace blendsim
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blendsim {
namespace {

constexpr double exact_limit = 4503599627370496.0;  // 2^52: half a unit more is still exact (rounding half up)
constexpr double word_limit = 2147483647.0;

}  // namespace

LaneQuantiser LaneQuantiser::of(const std::int64_t* multiplier, const std::int64_t* offset, const std::int32_t* shift,
                                std::int64_t lo, std::int64_t hi) {
  LaneQuantiser q;
  double factor = 0, constant = 0;
  for (std::size_t lane = 0; lane < kernel_lanes; ++lane) {
    const auto m = static_cast<double>(multiplier[lane]);
    const double b = offset == nullptr ? 0 : static_cast<double>(offset[lane]);
    q.multiplier[lane] = std::ldexp(m, -shift[lane]);
    q.offset[lane] = std::ldexp(b, -shift[lane]);
    factor = std::max(factor, std::abs(m));
    constant = std::max(constant, std::abs(b));
  }
  q.lo = static_cast<double>(lo);
  q.hi = static_cast<double>(hi);
  q.largest = std::max(std::abs(q.lo), std::abs(q.hi));
  const double left = exact_limit - constant;
  q.exact_up_to = factor >= exact_limit || left < 0 ? -1
                  : factor > 0                      ? std::floor(left / factor) - 1
                                                    : std::numeric_limits<double>::max();
  return q;
}

bool PostChain::is_exact(double a_largest, double b_largest) const {
  bool exact = true;
  const auto step = [&](const LaneQuantiser* q, double& largest) {
    if (q == nullptr) return;
    exact = exact && largest <= q->exact_up_to && largest <= exact_limit;
    largest = q->largest;
  };
  step(q1, a_largest);
  step(after_q1, a_largest);
  step(q2, b_largest);
  double u = a_largest + b_largest;
  step(after_join, u);
  step(q3, u);
  return exact && u <= word_limit;
}

HWY_EXPORT(chain_kernel);
HWY_EXPORT(bits_kernel);
HWY_EXPORT(codes_kernel);
HWY_EXPORT(narrow_kernel);

void post_chain(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
                std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  HWY_DYNAMIC_DISPATCH(chain_kernel)(chain, a, a_stride, b, b_stride, pixels, u);
}

void threshold_bits(const std::int32_t* u, std::ptrdiff_t stride, int pixels, const std::int32_t* threshold,
                    std::uint16_t flip, std::uint16_t* bits) {
  HWY_DYNAMIC_DISPATCH(bits_kernel)(u, stride, pixels, threshold, flip, bits);
}

void threshold_codes(const std::int32_t* u, std::ptrdiff_t stride, int pixels, const std::int32_t* thresholds,
                     int levels, const std::uint8_t* direction, std::int32_t base, std::int32_t* codes) {
  HWY_DYNAMIC_DISPATCH(codes_kernel)(u, stride, pixels, thresholds, levels, direction, base, codes);
}

void narrow(const std::int32_t* values, std::ptrdiff_t values_stride, int pixels, int bytes, std::uint8_t* out,
            std::ptrdiff_t stride) {
  HWY_DYNAMIC_DISPATCH(narrow_kernel)(values, values_stride, pixels, bytes, out, stride);
}

}  // namespace blendsim
#endif
