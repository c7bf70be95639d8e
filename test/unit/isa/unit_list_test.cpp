// SPDX-License-Identifier: Apache-2.0
// The machinery behind the list of units, on a list with a unit more than the machine has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "base/diagnostic.h"
#include "isa/encoding.h"
#include "units/field_limits.h"
#include "units/units.h"

namespace blendsim {
namespace {

// The largest of two maps, element by element: fields only, for there is no such unit in the machine.
struct MaximumInstruction {
  Synchronisation sync;
  std::uint32_t a = 0, b = 0, pixels = 0, destination = 0;
  bool operator==(const MaximumInstruction&) const = default;
};
struct Maximum {
  using Instruction = MaximumInstruction;
  static constexpr auto id = static_cast<UnitId>(7);
  static constexpr std::string_view name = "maximum";
  static constexpr std::array fields = {
      Field<MaximumInstruction>{"a", &MaximumInstruction::a, 17, "first operand"},
      Field<MaximumInstruction>{"b", &MaximumInstruction::b, 17, "second operand"},
      Field<MaximumInstruction>{"pixels", &MaximumInstruction::pixels, 32, "pixels"},
      Field<MaximumInstruction>{"destination", &MaximumInstruction::destination, 17, "map written"},
  };
  static constexpr std::array uses = {PortUse{BufferId::act_fixed, any_region, "a"},
                                      PortUse{BufferId::weights_binary, any_region, "b"}};
};
static_assert(!UnitDescriptor<Maximum>, "what a descriptor lacks is found by the compiler");

using Eight = UnitList<units::Load, units::Store, units::XnorArray, units::MacArray, units::PostUnit, units::PoolUnit,
                       units::TransposeUnit, Maximum>;

struct Apart : Maximum {
  static constexpr std::array uses = {PortUse{BufferId::accumulators, mac_accumulator_region, "a"}};
};

template <class List, class I>
I random_values(std::mt19937& random) {
  I i;
  const bool sparse = random() % 2 == 0;
  for_each_slot<List>(i, [&](std::string_view, std::uint32_t& value, auto slot) {
    value = sparse && random() % 4 != 0 ? 0 : slot.unpack(static_cast<std::uint32_t>(random()) & slot.pack(slot.legal));
  });
  return i;
}

TEST(UnitList, AnEighthUnitIsEncodedAndDecodedAsTheOthersAre) {
  static_assert(Eight::count == 8);
  std::mt19937 random(5);
  std::vector<Eight::Instruction> stream;
  std::vector<Word> words;
  for (int round = 0; round < 200; ++round) {
    Eight::for_each([&]<class U>() {
      stream.emplace_back(random_values<Eight, typename U::Instruction>(random));
      const std::size_t before = words.size();
      Encoding<Eight>::encode(stream.back(), words);
      EXPECT_EQ(words.size() - before, static_cast<std::size_t>(Encoding<Eight>::words(stream.back())));
    });
  }
  words.push_back({end_opcode, 0});
  EXPECT_EQ(Encoding<Eight>::decode(words), stream);
}

// It shares act_fixed or weights_binary with every other, and costs those a bit a mask; nobody else pays.
TEST(UnitList, AUnitCostsOnlyThoseThatItMeets) {
  using WithApart = UnitList<units::Load, units::Store, units::XnorArray, units::MacArray, units::PostUnit,
                             units::PoolUnit, units::TransposeUnit, Apart>;
  EXPECT_EQ((instruction_bits_of<Eight, units::XnorArray>), (instruction_bits_of<Units, units::XnorArray> + 4));
  EXPECT_EQ((instruction_bits_of<WithApart, units::XnorArray>), (instruction_bits_of<Units, units::XnorArray>));
  EXPECT_EQ((instruction_bits_of<WithApart, units::MacArray>), (instruction_bits_of<Units, units::MacArray> + 4));
  EXPECT_EQ((links_of<WithApart, Apart>), 0b011000U) << "mac_array and post_unit";
}

// Twelve units of which each meets each: masks of 11 bits, and still a fifth of the bits to spare.
TEST(UnitList, ThereIsRoomForTwelveUnitsThatAllMeet) {
  const int others = 11 - std::popcount(links_of<Units, units::PostUnit>);
  Units::for_each([&]<class U>() {
    const int bits = instruction_bits_of<Units, U> + 4 * (11 - std::popcount(links_of<Units, U>));
    EXPECT_LE(5 * bits, 4 * most_words * word_bits) << U::name;
  });
  EXPECT_GT(others, 0);
  EXPECT_LE(12U, end_opcode);
}

TEST(UnitList, AMaskTakesTheBitsOfItsLinksAlone) {
  using Packed = Slot<0, 0b1101'0011U>;
  EXPECT_EQ(Packed::bits, 5);
  EXPECT_EQ(Packed::pack(0b1000'0010U), 0b10010U);
  for (std::uint32_t packed = 0; packed < 32; ++packed) {
    EXPECT_EQ(Packed::pack(Packed::unpack(packed)), packed);
    EXPECT_EQ(Packed::unpack(packed) & ~Packed::legal, 0U);
  }
}

TEST(UnitList, AnUnknownUnitIsAnError) {
  EXPECT_THROW(with_unit(static_cast<UnitId>(unit_count), []<class U>() { return U::name; }), InvariantError);
}

// By hand from docs/isa.md: what the compiler and the verifier take as the limits of a map and a tile.
TEST(FieldLimits, AreTheSmallestMaximumOfTheFieldsOfThatName) {
  EXPECT_EQ(most_map_side, 511);
  EXPECT_EQ(most_map_slices, 511);
  EXPECT_EQ(most_tile_rows, 63);
  EXPECT_EQ(most_row_groups, 63);
  EXPECT_EQ(most_run_bytes, (1 << 24) - 1);
  EXPECT_EQ(most_layers, 1024);
  EXPECT_EQ(addressed_words(BufferId::act_fixed), 1 << 17);
  EXPECT_EQ(addressed_words(BufferId::act_binary), 1 << 14);
  EXPECT_EQ(addressed_words(BufferId::weights_binary), 1 << 16);
  EXPECT_EQ(addressed_words(BufferId::accumulators), 1 << 13);
  EXPECT_EQ(narrowest_address_fields(BufferId::accumulators), "destination of xnor_array, destination of mac_array");
}

}  // namespace
}  // namespace blendsim
