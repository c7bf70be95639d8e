// SPDX-License-Identifier: Apache-2.0
// Encoding, decoding, disassembly and the page that describes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/diagnostic.h"
#include "random_instruction.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;

TEST(Encoding, ComesBackEqualForRandomInstructionsOfEveryUnit) {
  Engine engine(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Instruction> instructions;
    std::vector<Word> words;
    for (int n = 0; n < 20; ++n) {
      instructions.push_back(random_instruction(engine, all_units[engine() % unit_count]));
      const std::size_t before = words.size();
      encode(instructions.back(), words);
      EXPECT_EQ(words.size() - before, static_cast<std::size_t>(encoded_words(instructions.back())));
    }
    encode_end(words);
    EXPECT_EQ(decode(words), instructions);
  }
}

// The layout as ADR 0011 states it, counted by hand: opcode 4 bits, 2 bits of length; mac_array has links with load,
// store, post_unit, pool_unit and transpose_unit, so 4 masks of 5 bits; fence 1, layer 10.
TEST(Encoding, PutsOpcodeSynchronisationAndFieldsInTableOrder) {
  MacInstruction i;
  i = {};
  i.kernel_h = i.kernel_w = i.stride_h = i.stride_w = i.dilation_h = i.dilation_w = i.groups = i.activation_signed = 0;
  i.sync.wait_data = 0b000001;
  i.sync.post_space = 0b110010;
  i.sync.fence = 1;
  i.sync.layer = 0x2A5;
  i.source = 0x1FFFF;
  std::vector<Word> words;
  encode(i, words);
  ASSERT_EQ(words.size(), 1U);
  const std::uint64_t low = 3 | std::uint64_t{1} << 6 | std::uint64_t{0b01110} << 21 | std::uint64_t{1} << 26 |
                            std::uint64_t{0x2A5} << 27 | std::uint64_t{0x1FFFF} << 37;
  EXPECT_EQ(words[0].low, low);
  EXPECT_EQ(words[0].high, 0U);
}

TEST(Encoding, EveryInstructionHasAFifthOfItsBitsToSpare) {
  Units::for_each([]<class U>() { EXPECT_LE((instruction_bits_of<Units, U>), 3 * 128 * 4 / 5) << U::name; });
}

// A link is one of two units that meet at a region of a buffer: by hand from docs/isa.md.
TEST(Encoding, UnitsThatShareNoRegionHaveNoLink) {
  EXPECT_EQ((links_of<Units, units::Load>), 0b1111110U);
  EXPECT_EQ((links_of<Units, units::Store>), 0b1111101U);
  EXPECT_EQ((links_of<Units, units::XnorArray>), 0b0110011U);
  EXPECT_EQ((links_of<Units, units::MacArray>), 0b1110011U);
  EXPECT_EQ((links_of<Units, units::PostUnit>), 0b1101111U);
  EXPECT_EQ((links_of<Units, units::PoolUnit>), 0b1011111U);
  EXPECT_EQ((links_of<Units, units::TransposeUnit>), 0b0111011U);
  XnorInstruction i;
  i.sync.wait_data = 1U << index(UnitId::mac_array);
  std::vector<Word> words;
  try {
    encode(i, words);
    FAIL();
  } catch (const DiagnosticError& error) {
    EXPECT_THAT(error.what(), HasSubstr("xnor_array.wait_data"));
    EXPECT_THAT(error.what(), HasSubstr("no link with units:mac_array"));
  }
}

// What `uses` left out would have no link, and so no token could order it.
TEST(Encoding, UsesNameEveryBufferThatAnInstructionTouches) {
  MachineParameters machine;
  for (BufferParameters& buffer : machine.buffers) buffer.depth = 1 << 18;
  Engine engine(11);
  Units::for_each([&]<class U>() {
    std::array<int, buffer_count> touched{};
    for (int round = 0; round < 4000; ++round) {
      typename U::Instruction i;
      for (const auto& field : U::fields)
        i.*(field.member) = (1 + engine() % 6) & static_cast<std::uint32_t>(field.maximum());
      try {
        for (const Access& access : accesses(i, machine)) ++touched[static_cast<std::size_t>(index(access.buffer))];
      } catch (const DiagnosticError&) {  // outside a region, or no buffer
      }
    }
    for (int b = 0; b < buffer_count; ++b) {
      const bool named =
          std::any_of(U::uses.begin(), U::uses.end(), [&](const PortUse& use) { return index(use.buffer) == b; });
      const bool refused = touched[static_cast<std::size_t>(b)] != 0 && is_memory_unit(U::id);  // by the field rules
      EXPECT_TRUE(named || refused || touched[static_cast<std::size_t>(b)] == 0)
          << U::name << " " << buffer_names[static_cast<std::size_t>(b)];
      EXPECT_TRUE(!named || touched[static_cast<std::size_t>(b)] != 0)
          << U::name << " " << buffer_names[static_cast<std::size_t>(b)];
    }
  });
}

TEST(Encoding, NamesUnitAndFieldOfAValueThatIsTooLarge) {
  PoolInstruction i;
  i.rows = 64;  // 6 bits
  std::vector<Word> words;
  try {
    encode(i, words);
    FAIL();
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code.name(), "program-invalid");
    EXPECT_THAT(error.what(), HasSubstr("pool_unit.rows"));
    EXPECT_THAT(error.what(), HasSubstr("64"));
  }
  EXPECT_TRUE(words.empty());
}

template <class Words>
std::string refusal(const Words& words) {
  try {
    (void)decode(words);
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code.name(), "program-invalid");
    return error.what();
  }
  return "accepted";
}

TEST(Decoding, RefusesWhatEncodingNeverWrites) {
  XnorInstruction two_words;
  two_words.weight_signed = 1;
  std::vector<Word> words;
  encode(two_words, words);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_THAT(refusal(words), HasSubstr("without END"));
  EXPECT_THAT(refusal(std::vector<Word>{words[0]}), HasSubstr("words of the instruction are missing"));
  EXPECT_THAT(refusal(std::vector<Word>{words[0], Word{}}), HasSubstr("never written"));
  EXPECT_THAT(refusal(std::vector<Word>{{7, 0}}), HasSubstr("no unit's opcode"));
  EXPECT_THAT(refusal(std::vector<Word>{{14, 0}}), HasSubstr("no unit's opcode"));
  EXPECT_THAT(refusal(std::vector<Word>{{2 | 3 << opcode_bits, 0}}), HasSubstr("no instruction has 4 words"));
  EXPECT_THAT(refusal(std::vector<Word>{{end_opcode | 16, 0}}), HasSubstr("END carries bits"));
  EXPECT_THAT(refusal(std::vector<Word>{{end_opcode, 0}, {0, 0}}), HasSubstr("words follow END"));
  words[1].high |= std::uint64_t{1} << 63;
  EXPECT_THAT(refusal(words), HasSubstr("beyond the fields"));
  EXPECT_THAT(refusal(std::vector<Word>{}), HasSubstr("without END"));
}

TEST(Decoding, NeverCrashesOnRandomWords) {
  std::mt19937_64 engine(3);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Word> words(engine() % 6);
    for (Word& word : words) word = {engine(), engine()};
    if (!words.empty()) words.back() = {end_opcode, 0};
    try {
      std::vector<Word> again;
      for (const Instruction& i : decode(words)) encode(i, again);
      encode_end(again);
      EXPECT_EQ(again, words);
    } catch (const DiagnosticError&) {}
  }
}

TEST(Disassembly, IsOneLineWithTheFieldsThatDifferFromTheirDefaults) {
  XnorInstruction i;
  i.rows = 2;
  i.kernel_h = 3;
  i.sync.layer = 4;
  i.sync.fence = 1;
  i.sync.wait_data = 1U << index(UnitId::load) | 1U << index(UnitId::post_unit);
  i.sync.post_space = 1U << index(UnitId::load);
  EXPECT_EQ(disassemble(i), "xnor_array kernel_h=3 rows=2 layer=4 fence wait data:load,post_unit post space:load");
  EXPECT_EQ(disassemble(LoadInstruction{}), "load       layer=0");
}

TEST(InstructionPage, NamesEveryFieldWithItsBitsAndSentence) {
  std::ifstream stream(BLENDSIM_SOURCE "/docs/isa.md");
  const std::string page{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(page.empty());
  const auto check = [&](const auto& fields) {
    for (const auto& field : fields) {
      EXPECT_THAT(page, HasSubstr("| `" + std::string(field.name) + "` | " + std::to_string(field.bits) + " | " +
                                  std::string(field.sentence) + " |"));
    }
  };
  check(synchronisation_fields);
  Units::for_each([&]<class U>() { check(U::fields); });
}

TEST(Laws, DepthIsTheUnitsParameterAndMemoryUnitsHaveNone) {
  MachineParameters machine;
  machine.xnor_array.depth = 12;
  machine.pool_unit.depth = 8;
  EXPECT_EQ(depth_of(UnitId::xnor_array, machine), 12);
  EXPECT_EQ(depth_of(UnitId::pool_unit, machine), 8);
  EXPECT_THROW((void)depth_of(UnitId::load, machine), InvariantError);
  EXPECT_THROW((void)occupancy(Instruction{StoreInstruction{}}, machine), InvariantError);
}

}  // namespace
}  // namespace blendsim::test
