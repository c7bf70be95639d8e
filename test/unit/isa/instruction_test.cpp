// SPDX-License-Identifier: Apache-2.0
// Encoding, decoding, disassembly and the page that describes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

// The layout as instruction.h states it, counted by hand: opcode 3 bits, second-word bit, then 6 + 6 + 6 + 6 + 1 + 10.
TEST(Encoding, PutsOpcodeSynchronisationAndFieldsInTableOrder) {
  MacInstruction i;
  i = {};
  i.kernel_h = i.kernel_w = i.stride_h = i.stride_w = i.dilation_h = i.dilation_w = i.groups = i.activation_signed = 0;
  i.sync.wait_data = 0b000001;
  i.sync.post_space = 0b100000;
  i.sync.fence = 1;
  i.sync.layer = 0x2A5;
  i.source = 0x1FFFF;
  std::vector<Word> words;
  encode(i, words);
  ASSERT_EQ(words.size(), 1U);
  const std::uint64_t low = 3 | std::uint64_t{1} << 4 | std::uint64_t{0b100000} << 22 | std::uint64_t{1} << 28 |
                            std::uint64_t{0x2A5} << 29 | std::uint64_t{0x1FFFF} << 39;
  EXPECT_EQ(words[0].low, low);
  EXPECT_EQ(words[0].high, 0U);
}

TEST(Encoding, EveryUnitFitsTwoWords) {
  EXPECT_EQ(header_bits + total_bits(synchronisation_fields), 39);
  EXPECT_LE(instruction_bits<XnorInstruction>(), 256);
  EXPECT_LE(instruction_bits<MacInstruction>(), 256);
  EXPECT_LE(instruction_bits<PostInstruction>(), 256);
  EXPECT_LE(instruction_bits<PoolInstruction>(), 256);
  EXPECT_LE(instruction_bits<LoadInstruction>(), 256);
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
  EXPECT_THAT(refusal(std::vector<Word>{words[0]}), HasSubstr("second word is missing"));
  EXPECT_THAT(refusal(std::vector<Word>{words[0], Word{}}), HasSubstr("never written"));
  EXPECT_THAT(refusal(std::vector<Word>{{6, 0}}), HasSubstr("no unit's opcode"));
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
    } catch (const DiagnosticError&) {
    }
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
  check(transfer_fields);
  check(xnor_fields);
  check(mac_fields);
  check(post_fields);
  check(pool_fields);
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
