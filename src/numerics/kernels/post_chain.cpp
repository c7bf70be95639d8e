// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/post_chain.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

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
using Word = hn::CappedTag<std::int32_t, kernel_lanes>;
template <class Real>
using Tag = hn::CappedTag<Real, kernel_lanes>;
template <class Real>
using Lanes = hn::Vec<Tag<Real>>;
template <class Real>
using Words = hn::Rebind<std::int32_t, Tag<Real>>;  // as many lanes of 32 bits
template <class Real>
constexpr int part_lanes = static_cast<int>(hn::MaxLanes(Tag<Real>()));
template <class Real>
constexpr int parts = kernel_lanes / part_lanes<Real>;  // vectors a pixel

HWY_INLINE const LaneFactors<float>& factors_of(const LaneQuantiser& q, float) { return q.single; }
HWY_INLINE const LaneFactors<double>& factors_of(const LaneQuantiser& q, double) { return q.wide; }

// y * 2^-s is given; what is left of the formula is to round and to saturate.
template <Rounding rounding, class Real>
HWY_INLINE Lanes<Real> rounded(Real, Lanes<Real> y) {
  if constexpr (rounding == Rounding::half_even) return hn::Round(y);
  if constexpr (rounding == Rounding::floor) return hn::Floor(y);
  return hn::Floor(hn::Add(y, hn::Set(Tag<Real>(), Real{0.5})));
}

template <class Real>
HWY_INLINE Lanes<Real> saturated(const LaneFactors<Real>& q, Lanes<Real> y) {
  return hn::Min(hn::Max(y, hn::Set(Tag<Real>(), q.lo)), hn::Set(Tag<Real>(), q.hi));
}

// Is rounding what store() does anyhow? Bounds are integers, so numbers may be saturated first.
template <Rounding rounding, class Real>
constexpr bool store_rounds = rounding == Rounding::half_even&& std::is_same_v<Real, float>;

template <Rounding rounding, class Real>
HWY_INLINE void quantise(const LaneFactors<Real>& q, bool is_last, Lanes<Real>* x) {
  for (int k = 0; k < parts<Real>; ++k) {
    const auto m = hn::LoadU(Tag<Real>(), q.multiplier.data() + k * part_lanes<Real>);
    const auto b = hn::LoadU(Tag<Real>(), q.offset.data() + k * part_lanes<Real>);
    auto y = hn::MulAdd(x[k], m, b);
    if (!store_rounds<rounding, Real> || !is_last) y = rounded<rounding>(Real(), y);
    x[k] = saturated(q, y);
  }
}

template <class Real>
HWY_INLINE void activate(const LaneFactors<Real>& q, Lanes<Real>* x) {
  const Tag<Real> d;
  for (int k = 0; k < parts<Real>; ++k) {
    const auto scaled = hn::Round(hn::Mul(x[k], hn::LoadU(d, q.multiplier.data() + k * part_lanes<Real>)));
    x[k] = saturated(q, hn::IfThenElse(hn::Lt(x[k], hn::Zero(d)), scaled, x[k]));
  }
}

template <class Real>
HWY_INLINE void load(const std::int32_t* from, Lanes<Real>* x) {
  for (int k = 0; k < parts<Real>; ++k) {
    const auto words = hn::LoadU(Words<Real>(), from + k * part_lanes<Real>);
    if constexpr (sizeof(Real) == 8) x[k] = hn::PromoteTo(Tag<Real>(), words);
    else x[k] = hn::ConvertTo(Tag<Real>(), words);
  }
}

// Rounded half to even. Every number is below 2^31, so the processor's own conversion holds; Highway's mends what
// exceeds it.
HWY_INLINE hn::Vec<Words<float>> to_words(Lanes<float> x) {
#if !HWY_ARCH_X86 || HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  return hn::NearestInt(x);
#elif HWY_TARGET <= HWY_AVX3
  return hn::Vec<Words<float>>{_mm512_cvtps_epi32(x.raw)};
#elif HWY_TARGET <= HWY_AVX2
  return hn::Vec<Words<float>>{_mm256_cvtps_epi32(x.raw)};
#else
  return hn::Vec<Words<float>>{_mm_cvtps_epi32(x.raw)};
#endif
}

template <class Real>
HWY_INLINE void store(const Lanes<Real>* x, std::int32_t* to) {
  for (int k = 0; k < parts<Real>; ++k) {
    const Words<Real> d;
    if constexpr (sizeof(Real) == 8) hn::StoreU(hn::DemoteTo(d, x[k]), d, to + k * part_lanes<Real>);
    else hn::StoreU(to_words(x[k]), d, to + k * part_lanes<Real>);
  }
}

template <class Real>
HWY_INLINE Lanes<Real> larger(Lanes<Real> largest, const Lanes<Real>* x) {
  for (int k = 0; k < parts<Real>; ++k) largest = hn::Max(largest, hn::Abs(x[k]));
  return largest;
}

template <class Real, Rounding rounding, bool measures>
Magnitudes chain_as(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
                    std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  const Tag<Real> d;
  const bool ends_with_q1 =
      chain.after_q1 == nullptr && b == nullptr && chain.after_join == nullptr && chain.q3 == nullptr;
  const bool multiplies = chain.product;
  [[maybe_unused]] Lanes<Real> a_largest = hn::Zero(d), b_largest = hn::Zero(d);
  for (int p = 0; p < pixels; ++p, a += a_stride, u += kernel_lanes) {
    Lanes<Real> x[parts<Real>];
    load<Real>(a, x);
    if constexpr (measures) a_largest = larger<Real>(a_largest, x);
    if (chain.q1 != nullptr) quantise<rounding, Real>(factors_of(*chain.q1, Real()), ends_with_q1, x);
    if (chain.after_q1 != nullptr) activate<Real>(factors_of(*chain.after_q1, Real()), x);
    if (b != nullptr) {
      Lanes<Real> y[parts<Real>];
      load<Real>(b + p * b_stride, y);
      if constexpr (measures) b_largest = larger<Real>(b_largest, y);
      if (chain.q2 != nullptr) quantise<rounding, Real>(factors_of(*chain.q2, Real()), false, y);
      for (int k = 0; k < parts<Real>; ++k) x[k] = multiplies ? hn::Mul(x[k], y[k]) : hn::Add(x[k], y[k]);
    }
    if (chain.after_join != nullptr) activate<Real>(factors_of(*chain.after_join, Real()), x);
    if (chain.q3 != nullptr) quantise<rounding, Real>(factors_of(*chain.q3, Real()), true, x);
    store<Real>(x, u);
  }
  if constexpr (!measures) return {};
  else return {hn::GetLane(hn::MaxOfLanes(d, a_largest)), hn::GetLane(hn::MaxOfLanes(d, b_largest))};
}

template <class Real, bool measures>
Magnitudes chain_in(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
                    std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  switch (chain.rounding) {
    case Rounding::half_even:
      return chain_as<Real, Rounding::half_even, measures>(chain, a, a_stride, b, b_stride, pixels, u);
    case Rounding::floor: return chain_as<Real, Rounding::floor, measures>(chain, a, a_stride, b, b_stride, pixels, u);
    case Rounding::half_up: break;
  }
  return chain_as<Real, Rounding::half_up, measures>(chain, a, a_stride, b, b_stride, pixels, u);
}

void chain_kernel(const PostChain& chain, Carrier carrier, const std::int32_t* a, std::ptrdiff_t a_stride,
                  const std::int32_t* b, std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  if (carrier == Carrier::single) (void)chain_in<float, false>(chain, a, a_stride, b, b_stride, pixels, u);
  else (void)chain_in<double, false>(chain, a, a_stride, b, b_stride, pixels, u);
}

Magnitudes try_kernel(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
                      std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  return chain_in<float, true>(chain, a, a_stride, b, b_stride, pixels, u);
}

double largest_kernel(const std::int32_t* values, std::ptrdiff_t stride, int pixels) {
  const Word d;
  auto lowest = hn::Zero(d), highest = hn::Zero(d);
  for (int p = 0; p < pixels; ++p, values += stride) {
    for (int l = 0; l < kernel_lanes; l += static_cast<int>(hn::Lanes(d))) {
      const auto x = hn::LoadU(d, values + l);
      lowest = hn::Min(lowest, x);
      highest = hn::Max(highest, x);
    }
  }
  return std::max(-static_cast<double>(hn::GetLane(hn::MinOfLanes(d, lowest))),
                  static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, highest))));
}

// Bit l of the 16 is lane l's comparison.
template <class Compare>
HWY_INLINE void store_bits(Compare&& compare, std::uint16_t* bits) {
  constexpr int lanes = static_cast<int>(hn::MaxLanes(Word()));
  if constexpr (lanes == kernel_lanes) {
    hn::StoreMaskBits(Word(), compare(0), reinterpret_cast<std::uint8_t*>(bits));
  } else if constexpr (lanes >= 8) {
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
      To* to = reinterpret_cast<To*>(out) + l;  // stores are unaligned
      if constexpr (sizeof(To) == 4) hn::StoreU(x, d_to, to);
      else hn::StoreU(hn::DemoteTo(d_to, hn::And(x, hn::Set(d, std::numeric_limits<To>::max()))), d_to, to);
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

// 2^(p-1): half a unit more is still exact (rounding half up).
template <class Real>
constexpr auto exact_limit = static_cast<double>(std::int64_t{1} << (std::numeric_limits<Real>::digits - 1));
constexpr double word_limit = 2147483647.0;

template <class Real>
LaneFactors<Real> factors(const std::int64_t* multiplier, const std::int64_t* offset, const std::int32_t* shift,
                          std::int64_t lo, std::int64_t hi) {
  LaneFactors<Real> q;
  double factor = 0, constant = 0;
  for (std::size_t lane = 0; lane < kernel_lanes; ++lane) {
    const auto m = static_cast<double>(multiplier[lane]);
    const double b = offset == nullptr ? 0 : static_cast<double>(offset[lane]);
    q.multiplier[lane] = static_cast<Real>(std::ldexp(m, -shift[lane]));
    q.offset[lane] = static_cast<Real>(std::ldexp(b, -shift[lane]));
    factor = std::max(factor, std::abs(m));
    constant = std::max(constant, std::abs(b));
  }
  q.lo = static_cast<Real>(lo);
  q.hi = static_cast<Real>(hi);
  constexpr double limit = exact_limit<Real>;
  const double left = limit - constant,
               bound = std::max(std::abs(static_cast<double>(lo)), std::abs(static_cast<double>(hi)));
  q.exact_up_to = factor >= limit || left < 0 || bound > limit ? -1
                  : factor > 0                                 ? std::floor(left / factor) - 1
                                                               : std::numeric_limits<double>::max();
  return q;
}

// Do numbers of type Real carry every value exactly, and does u fit 32 bits?
template <class Real>
bool is_exact(const PostChain& chain, double a_largest, double b_largest) {
  bool exact = true;
  const auto step = [&](const LaneQuantiser* q, double& largest) {
    exact = exact && largest <= exact_limit<Real>;
    if (q == nullptr) return;
    if constexpr (std::is_same_v<Real, float>) exact = exact && largest <= q->single.exact_up_to;
    else exact = exact && largest <= q->wide.exact_up_to;
    largest = q->largest;
  };
  step(chain.q1, a_largest);
  step(chain.after_q1, a_largest);
  step(chain.q2, b_largest);
  double u = chain.product ? a_largest * b_largest : a_largest + b_largest;
  step(chain.after_join, u);
  step(chain.q3, u);
  return exact && u <= word_limit;
}

}  // namespace

LaneQuantiser LaneQuantiser::of(const std::int64_t* multiplier, const std::int64_t* offset, const std::int32_t* shift,
                                std::int64_t lo, std::int64_t hi) {
  return {factors<float>(multiplier, offset, shift, lo, hi), factors<double>(multiplier, offset, shift, lo, hi),
          std::max(std::abs(static_cast<double>(lo)), std::abs(static_cast<double>(hi)))};
}

bool PostChain::is_exact_in(Carrier carrier, double a_largest, double b_largest) const {
  return carrier == Carrier::single ? is_exact<float>(*this, a_largest, b_largest)
                                    : is_exact<double>(*this, a_largest, b_largest);
}

Carrier PostChain::carrier(double a_largest, double b_largest) const {
  if (is_exact_in(Carrier::single, a_largest, b_largest)) return Carrier::single;
  return is_exact_in(Carrier::wide, a_largest, b_largest) ? Carrier::wide : Carrier::none;
}

HWY_EXPORT(chain_kernel);
HWY_EXPORT(largest_kernel);
HWY_EXPORT(try_kernel);
HWY_EXPORT(bits_kernel);
HWY_EXPORT(codes_kernel);
HWY_EXPORT(narrow_kernel);

double largest_magnitude(const std::int32_t* values, std::ptrdiff_t stride, int pixels) {
  return HWY_DYNAMIC_DISPATCH(largest_kernel)(values, stride, pixels);
}

void post_chain(const PostChain& chain, Carrier carrier, const std::int32_t* a, std::ptrdiff_t a_stride,
                const std::int32_t* b, std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  HWY_DYNAMIC_DISPATCH(chain_kernel)(chain, carrier, a, a_stride, b, b_stride, pixels, u);
}

Magnitudes try_post_chain(const PostChain& chain, const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b,
                          std::ptrdiff_t b_stride, int pixels, std::int32_t* u) {
  return HWY_DYNAMIC_DISPATCH(try_kernel)(chain, a, a_stride, b, b_stride, pixels, u);
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
