// SPDX-License-Identifier: Apache-2.0
// Kernels of Hamming distances equal their plain references, on every target that this host offers.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "numerics/kernels/distance.h"
#include "test/unit/numerics/kernels.h"

namespace blendsim {
namespace {

TEST(Distance, equals_the_reference_on_every_target) {
  Numbers numbers;
  const auto bytes = numbers.many<std::uint8_t>(700, 0, 255);
  for (std::size_t count = 0; count < 300; ++count) {
    for (const std::uint32_t mask : {0xFFFFFFFFU, 0x00FFFFFFU, 0x1234U}) {
      const std::uint8_t *a = bytes.data() + count % 7, *b = a + 301;
      const std::int64_t expected = differing_bits_reference(a, b, count, mask);
      on_every_target([&] { EXPECT_EQ(differing_bits(a, b, count, mask), expected) << count << " bytes"; });
    }
  }
}

TEST(Distance, of_successive_words_equals_the_reference_on_every_target) {
  Numbers numbers;
  const auto bytes = numbers.many<std::uint8_t>(4000, 0, 255);
  for (const std::size_t word : {1U, 2U, 6U, 8U, 16U, 18U, 64U, 72U}) {
    for (const std::size_t gap : {0U, 1U, 48U}) {
      for (const std::size_t count : {0U, 1U, 2U, 31U}) {
        for (const std::uint32_t mask : {0xFFFFFFFFU, 0x00FFFFFFU}) {
          const auto stride = static_cast<std::ptrdiff_t>(word + gap);
          const std::int64_t expected = successive_differing_bits_reference(bytes.data(), word, stride, count, mask);
          on_every_target([&] {
            EXPECT_EQ(successive_differing_bits(bytes.data(), word, stride, count, mask), expected)
                << count << " words of " << word << " bytes, " << gap << " apart";
          });
        }
      }
    }
  }
}

TEST(Distance, weighed_equals_the_reference_on_every_target) {
  Numbers numbers;
  for (const std::size_t units : {units_at_once, 3 * units_at_once, std::size_t{1} << 16}) {
    const auto a = numbers.many<std::uint16_t>(units, 0, 0xFFFF), b = numbers.many<std::uint16_t>(units, 0, 0xFFFF);
    const auto weights = numbers.many<std::int16_t>(units, 0, most_weight);
    for (const std::uint16_t* other : {b.data(), static_cast<const std::uint16_t*>(nullptr)}) {
      const WeighedUnits work{a.data(), other, 0x8080, weights.data(), units};
      const std::int64_t expected = weighed_differing_bits_reference(work);
      on_every_target([&] { EXPECT_EQ(weighed_differing_bits(work), expected) << units << " units"; });
    }
  }
}

// Every bit differs and every weight is the largest: no sum overflows.
TEST(Distance, weighed_holds_its_largest_sum) {
  constexpr std::size_t units = std::size_t{1} << 16;
  const std::vector<std::uint16_t> ones(units, 0xFFFF);
  const std::vector<std::int16_t> weights(units, most_weight);
  on_every_target([&] {
    EXPECT_EQ(weighed_differing_bits({ones.data(), nullptr, 0, weights.data(), units}),
              16 * most_weight * std::int64_t{units});
  });
}

}  // namespace
}  // namespace blendsim
