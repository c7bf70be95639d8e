// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/distance.h"

#include <algorithm>
#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/kernels/distance.cpp"
#define HWY_WANT_AVX3_DL
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace blendsim {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

std::int64_t distance(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes, std::uint32_t mask) {
  return differing_bits_reference(a, b, bytes, mask);
}
std::int64_t weighed(const WeighedUnits& work) { return weighed_differing_bits_reference(work); }

#else

using Byte = hn::CappedTag<std::uint8_t, 64>;
using Word = hn::Repartition<std::uint64_t, Byte>;

// What is left of the bytes behind the last vector, eight at a time.
HWY_INLINE std::int64_t distance_rest(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes,
                                      std::uint32_t mask) {
  const std::uint64_t masks = std::uint64_t{mask} << 32 | mask;
  std::int64_t bits = 0;
  for (std::size_t n = 0; n < bytes; n += sizeof masks) {
    std::uint64_t x = 0, y = 0;
    const std::size_t count = std::min(bytes - n, sizeof masks);
    std::memcpy(&x, a + n, count);
    std::memcpy(&y, b + n, count);
    bits += std::popcount((x ^ y) & masks);
  }
  return bits;
}

std::int64_t distance(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes, std::uint32_t mask) {
  const auto masks = hn::BitCast(Byte(), hn::Set(hn::Repartition<std::uint32_t, Byte>(), mask));
  const std::size_t lanes = hn::Lanes(Byte());
  auto sum = hn::Zero(Word());
  std::size_t n = 0;
  for (; n + lanes <= bytes; n += lanes) {
    const auto differing = hn::And(hn::Xor(hn::LoadU(Byte(), a + n), hn::LoadU(Byte(), b + n)), masks);
    sum = hn::Add(sum, hn::PopulationCount(hn::BitCast(Word(), differing)));
  }
  const auto bits = static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(Word(), sum)));
  return n == bytes ? bits : bits + distance_rest(a + n, b + n, bytes - n, mask);
}

using Unit = hn::Repartition<std::uint16_t, Byte>;
using Weight = hn::Repartition<std::int16_t, Byte>;
using Sum = hn::Repartition<std::int32_t, Byte>;

// At most 2^14 units: the products of all lanes together stay below 2^31.
constexpr std::size_t units_in_words = std::size_t{1} << 14;
static_assert(units_in_words * 16 * most_weight < std::size_t{1} << 31);

template <bool constant>
HWY_INLINE std::int64_t weighed_part(const WeighedUnits& work, std::size_t from, std::size_t to) {
  const auto value = hn::Set(Unit(), work.constant);
  auto even = hn::Zero(Sum()), odd = hn::Zero(Sum());
  for (std::size_t n = from; n < to; n += hn::Lanes(Unit())) {
    const auto x = hn::LoadU(Unit(), work.a + n), y = constant ? value : hn::LoadU(Unit(), work.b + n);
    const auto bits = hn::BitCast(Weight(), hn::PopulationCount(hn::Xor(x, y)));
    even = hn::ReorderWidenMulAccumulate(Sum(), bits, hn::LoadU(Weight(), work.weights + n), even, odd);
  }
  return hn::GetLane(hn::SumOfLanes(Sum(), hn::Add(even, odd)));
}

template <bool constant>
std::int64_t weighed_all(const WeighedUnits& work) {
  std::int64_t sum = 0;
  for (std::size_t n = 0; n < work.units; n += units_in_words)
    sum += weighed_part<constant>(work, n, std::min(n + units_in_words, work.units));
  return sum;
}

std::int64_t weighed(const WeighedUnits& work) {
  return work.b == nullptr ? weighed_all<true>(work) : weighed_all<false>(work);
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace blendsim
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blendsim {

HWY_EXPORT(distance);
HWY_EXPORT(weighed);

std::int64_t differing_bits_reference(const void* a, const void* b, std::size_t bytes, std::uint32_t mask) {
  const auto* x = static_cast<const std::uint8_t*>(a);
  const auto* y = static_cast<const std::uint8_t*>(b);
  std::int64_t bits = 0;
  for (std::size_t n = 0; n < bytes; ++n)
    bits += std::popcount(static_cast<std::uint8_t>((x[n] ^ y[n]) & mask >> (8 * (n % 4))));
  return bits;
}

std::int64_t weighed_differing_bits_reference(const WeighedUnits& work) {
  std::int64_t sum = 0;
  for (std::size_t n = 0; n < work.units; ++n) {
    const std::uint16_t b = work.b == nullptr ? work.constant : work.b[n];
    sum += std::int64_t{work.weights[n]} * std::popcount(static_cast<std::uint16_t>(work.a[n] ^ b));
  }
  return sum;
}

std::int64_t differing_bits(const void* a, const void* b, std::size_t bytes, std::uint32_t mask) {
  return HWY_DYNAMIC_DISPATCH(distance)(static_cast<const std::uint8_t*>(a), static_cast<const std::uint8_t*>(b), bytes,
                                        mask);
}

std::int64_t weighed_differing_bits(const WeighedUnits& work) { return HWY_DYNAMIC_DISPATCH(weighed)(work); }

}  // namespace blendsim
#endif
