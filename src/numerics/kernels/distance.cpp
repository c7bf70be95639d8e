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
std::int64_t successive(const std::uint8_t* first, std::size_t bytes, std::ptrdiff_t stride, std::size_t count,
                        std::uint32_t mask) {
  return successive_differing_bits_reference(first, bytes, stride, count, mask);
}
std::int64_t weighed(const WeighedUnits& work) { return weighed_differing_bits_reference(work); }

#else

using Byte = hn::CappedTag<std::uint8_t, 64>;
using Word = hn::Repartition<std::uint64_t, Byte>;

// Counts of one pair of words after the other: whole vectors in the lanes of one, the rest eight bytes at a time.
class Counter {
 public:
  HWY_INLINE explicit Counter(std::uint32_t mask)
      : masks_(hn::BitCast(Byte(), hn::Set(hn::Repartition<std::uint32_t, Byte>(), mask))),
        mask_(std::uint64_t{mask} << 32 | mask),
        vectors_(hn::Zero(Word())) {}

  HWY_INLINE void count(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
    std::size_t n = 0;
    for (; n + hn::Lanes(Byte()) <= bytes; n += hn::Lanes(Byte())) {
      const auto differing = hn::And(hn::Xor(hn::LoadU(Byte(), a + n), hn::LoadU(Byte(), b + n)), masks_);
      vectors_ = hn::Add(vectors_, hn::PopulationCount(hn::BitCast(Word(), differing)));
    }
    for (; n + sizeof mask_ <= bytes; n += sizeof mask_) count_eight(a + n, b + n, sizeof mask_);
    if (n < bytes) count_eight(a + n, b + n, bytes - n);
  }
  [[nodiscard]] HWY_INLINE std::int64_t sum() const {
    return rest_ + static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(Word(), vectors_)));
  }

 private:
  HWY_INLINE void count_eight(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
    std::uint64_t x = 0, y = 0;
    std::memcpy(&x, a, bytes);
    std::memcpy(&y, b, bytes);
    rest_ += std::popcount((x ^ y) & mask_);
  }

  hn::Vec<Byte> masks_;
  std::uint64_t mask_;
  hn::Vec<Word> vectors_;
  std::int64_t rest_ = 0;
};

std::int64_t distance(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes, std::uint32_t mask) {
  Counter counter(mask);
  counter.count(a, b, bytes);
  return counter.sum();
}

template <std::size_t bytes>
HWY_INLINE void count_words(const std::uint8_t* first, std::ptrdiff_t stride, std::size_t count, Counter& counter) {
  for (; count > 1; --count, first += stride) counter.count(first, first + stride, bytes);
}

// Words that follow on one another are two long rows, as long as the mask has its place in each word. Of others those
// of act_fixed and of a slice's accumulators have loops of their own.
std::int64_t successive(const std::uint8_t* first, std::size_t bytes, std::ptrdiff_t stride, std::size_t count,
                        std::uint32_t mask) {
  if (count < 2) return 0;
  Counter counter(mask);
  if (stride == static_cast<std::ptrdiff_t>(bytes) && (bytes % sizeof mask == 0 || mask == 0xFFFFFFFF)) {
    counter.count(first, first + stride, (count - 1) * bytes);
  } else if (bytes == 16) {
    count_words<16>(first, stride, count, counter);
  } else if (bytes == 64) {
    count_words<64>(first, stride, count, counter);
  } else {
    for (; count > 1; --count, first += stride) counter.count(first, first + stride, bytes);
  }
  return counter.sum();
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
HWY_EXPORT(successive);
HWY_EXPORT(weighed);

std::int64_t differing_bits_reference(const void* a, const void* b, std::size_t bytes, std::uint32_t mask) {
  const auto* x = static_cast<const std::uint8_t*>(a);
  const auto* y = static_cast<const std::uint8_t*>(b);
  std::int64_t bits = 0;
  for (std::size_t n = 0; n < bytes; ++n)
    bits += std::popcount(static_cast<std::uint8_t>((x[n] ^ y[n]) & mask >> (8 * (n % 4))));
  return bits;
}

std::int64_t successive_differing_bits_reference(const void* first, std::size_t bytes, std::ptrdiff_t stride,
                                                 std::size_t count, std::uint32_t mask) {
  std::int64_t bits = 0;
  const auto* word = static_cast<const std::uint8_t*>(first);
  for (; count > 1; --count, word += stride) bits += differing_bits_reference(word, word + stride, bytes, mask);
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

std::int64_t successive_differing_bits(const void* first, std::size_t bytes, std::ptrdiff_t stride, std::size_t count,
                                       std::uint32_t mask) {
  return HWY_DYNAMIC_DISPATCH(successive)(static_cast<const std::uint8_t*>(first), bytes, stride, count, mask);
}

std::int64_t weighed_differing_bits(const WeighedUnits& work) { return HWY_DYNAMIC_DISPATCH(weighed)(work); }

}  // namespace blendsim
#endif
