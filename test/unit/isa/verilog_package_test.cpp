// SPDX-License-Identifier: Apache-2.0
// The SystemVerilog package says of every field what encode() does, and of every parameter what the machine is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <sstream>

#include "isa/fields.h"
#include "isa/verilog_package.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;

// A packed struct as SystemVerilog lays it out: the last member is at bit 0.
struct Struct {
  struct Member {
    std::string name;
    int offset = 0, bits = 0;
  };
  std::vector<Member> members;  // as declared: most significant first
  int bits = 0;
};

std::map<std::string, Struct> structs_of(const std::string& package) {
  const std::regex member(R"(^\s+logic (?:\[(\d+):0\] )?(\w+);.*)"), close(R"(^\s*\} (\w+);)");
  std::map<std::string, Struct> out;
  Struct open;
  bool inside = false;
  std::istringstream lines(package);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.find("typedef struct packed") != std::string::npos) {
      open = {};
      inside = true;
    } else if (inside && std::regex_match(line, match, member)) {
      open.members.push_back({match[2], 0, match[1].matched ? std::stoi(match[1]) + 1 : 1});
    } else if (inside && std::regex_match(line, match, close)) {
      for (auto m = open.members.rbegin(); m != open.members.rend(); ++m)
        m->offset = std::exchange(open.bits, open.bits + m->bits);
      out[match[1]] = open;
      inside = false;
    }
  }
  return out;
}

std::int64_t constant(const std::string& package, const std::string& name) {
  std::smatch match;
  if (!std::regex_search(package, match, std::regex(" " + name + " = (?:64'd)?(\\d+);"))) {
    ADD_FAILURE() << name << " is missing";
    return -1;
  }
  return std::stoll(match[1]);
}

// Bits [offset, offset + bits) of an encoded instruction.
std::uint64_t bits_of(const std::vector<Word>& words, int offset, int bits) {
  std::uint64_t value = 0;
  for (int b = 0; b < bits; ++b) {
    const auto at = static_cast<std::size_t>(offset + b);
    if (at / 128 >= words.size()) continue;
    const Word& word = words[at / 128];
    value |= ((at % 128 < 64 ? word.low >> at % 64 : word.high >> at % 64) & 1) << b;
  }
  return value;
}

// Each value alone at its largest: exactly its bits are set.
template <class U>
void check_struct(const Struct& s) {
  std::map<std::string, Struct::Member> members;
  for (const Struct::Member& m : s.members) members[m.name] = m;
  EXPECT_EQ(members.at("opcode").offset, 0);
  EXPECT_EQ(members.at("opcode").bits, 4);
  EXPECT_EQ(members.at("words_behind").offset, 4);
  EXPECT_EQ(members.at("words_behind").bits, 2);
  std::vector<std::string> fields;
  typename U::Instruction probe;
  for_each_slot<Units>(probe, [&](std::string_view f, std::uint32_t&, auto) { fields.emplace_back(f); });
  EXPECT_EQ(members.size(), fields.size() + 2);
  for (const std::string& field : fields) {
    typename U::Instruction instruction;
    for_each_slot<Units>(
        instruction, [&](std::string_view f, std::uint32_t& value, auto slot) { value = f == field ? slot.legal : 0; });
    std::vector<Word> words;
    encode(instruction, words);
    const Struct::Member& m = members.at(field);
    EXPECT_EQ(bits_of(words, m.offset, m.bits), (std::uint64_t{1} << m.bits) - 1) << U::name << "." << field;
    for (int bit = 6; bit < most_words * word_bits; ++bit) {
      if (bit >= m.offset && bit < m.offset + m.bits) continue;
      EXPECT_EQ(bits_of(words, bit, 1), 0U) << field << " sets bit " << bit;
    }
  }
}

TEST(VerilogPackage, EveryFieldLiesWhereEncodePutsIt) {
  const auto structs = structs_of(verilog_package({}, "test"));
  Units::for_each([&]<class U>() { check_struct<U>(structs.at(std::string(U::layout).append("_instruction_t"))); });
}

TEST(VerilogPackage, TheFieldsOfEachStructAddUpToTheEncodedBits) {
  const std::string package = verilog_package({}, "test");
  const auto structs = structs_of(package);
  Units::for_each([&]<class U>() {
    EXPECT_EQ(structs.at(std::string(U::layout).append("_instruction_t")).bits, (instruction_bits_of<Units, U>));
  });
  for (const auto& [name, s] : structs) {
    std::string prefix = name.substr(0, name.size() - 2);
    for (char& c : prefix) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(constant(package, prefix + "_BITS"), s.bits);
  }
  EXPECT_EQ(constant(package, "HEADER_BITS"), 6);
  EXPECT_EQ(constant(package, "ENTRY_BITS"), 256);  // the longest has 248 bits
}

TEST(VerilogPackage, ParametersAreThoseOfTheMachine) {
  MachineParameters machine;
  machine.control.doorbell = 7;
  machine.dispatcher.token_latency = 3;
  machine.store.outstanding = 5;
  machine.xnor_array.words = 9;
  machine.xnor_array.implementation = 1;
  machine.mac_array.columns = 12;
  machine.post_unit.comparators = 4;
  machine.pool_unit.depth = 21;
  machine.buffers[static_cast<std::size_t>(BufferId::act_fixed)] = {3, 128, 700, 2, 4};
  machine.memory.capacity = std::int64_t{1} << 36;
  const std::string package = verilog_package(machine, "test");
  EXPECT_EQ(constant(package, "CONTROL_DOORBELL"), 7);
  EXPECT_EQ(constant(package, "DISPATCHER_TOKEN_LATENCY"), 3);
  EXPECT_EQ(constant(package, "STORE_OUTSTANDING"), 5);
  EXPECT_EQ(constant(package, "XNOR_ARRAY_WORDS"), 9);
  EXPECT_EQ(constant(package, "XNOR_ARRAY_IMPLEMENTATION"), constant(package, "XNOR_ARRAY_IMPLEMENTATION_LUT"));
  EXPECT_EQ(constant(package, "MAC_ARRAY_COLUMNS"), 12);
  EXPECT_EQ(constant(package, "POST_UNIT_COMPARATORS"), 4);
  EXPECT_EQ(constant(package, "POOL_UNIT_DEPTH"), 21);
  EXPECT_EQ(constant(package, "BUFFER_ACT_FIXED_REGIONS"), 3);
  EXPECT_EQ(constant(package, "BUFFER_ACT_FIXED_DEPTH"), 700);
  EXPECT_EQ(constant(package, "BUFFER_ACT_FIXED_LATENCY"), 4);
  EXPECT_EQ(constant(package, "BUFFER_ACT_FIXED_KIND"), constant(package, "BUFFER_KIND_LUTRAM"));
  EXPECT_EQ(constant(package, "BUFFER_ACT_FIXED_ADDRESS_BITS"), 12);  // 2,100 words
  EXPECT_EQ(constant(package, "MEMORY_CAPACITY"), std::int64_t{1} << 36);
}

TEST(VerilogPackage, UnitsAndBuffersHaveTheNumbersOfTheHeaders) {
  const std::string package = verilog_package({}, "test");
  EXPECT_EQ(constant(package, "UNIT_LOAD"), 0);
  EXPECT_EQ(constant(package, "UNIT_POOL_UNIT"), 5);
  EXPECT_EQ(constant(package, "UNITS"), unit_count);
  EXPECT_EQ(constant(package, "OPCODE_END"), 15);
  EXPECT_EQ(constant(package, "BUFFER_ID_ACT_BINARY"), index(BufferId::act_binary));
  EXPECT_EQ(constant(package, "BUFFER_ID_INSTRUCTIONS"), index(BufferId::instructions));
}

TEST(VerilogPackage, ATitleOfSeveralLinesStaysAComment) {
  EXPECT_THAT(verilog_package({}, "one\ntwo"), HasSubstr("// one two\n"));
}

}  // namespace
}  // namespace blendsim
