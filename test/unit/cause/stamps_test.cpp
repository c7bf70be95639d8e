// SPDX-License-Identifier: Apache-2.0
// Tables of records as others write them, and where two of them part first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "base/diagnostic.h"
#include "cause/divergence.h"
#include "cause/stamps.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;

std::string write(const std::string& name, const std::string& bytes) {
  const std::string path = testing::TempDir() + "/blendsim_cause_" + std::to_string(::getpid()) + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string refusal(const std::string& bytes) {
  try {
    (void)read_stamps(write("bad.csv", bytes));
  } catch (const DiagnosticError& error) {
    return error.what();
  }
  return "read";
}

TEST(Stamps, ATableIsReadInAnyOrderOfColumnsAndLines) {
  const std::string path = write("table.csv",
                                 "# an analyser's dump\r\nend, start ,probe,instruction,unit\r\n"
                                 "9,5,x,1,xnor_array\r\n\r\n4,0,y,0,load\r\n");
  const std::vector<Stamp> want = {{0, 0, UnitId::load, 0, 4}, {1, 0, UnitId::xnor_array, 5, 9}};
  EXPECT_EQ(read_stamps(path), want);
}

TEST(Stamps, ASpreadsheetsMarkAndCapitalsAreRead) {
  const std::vector<Stamp> want = {{0, 0, UnitId::load, 0, 4}};
  EXPECT_EQ(read_stamps(write("mark.csv", "\xef\xbb\xbfUnit,Instruction,START,End\nload,0,0,4\n")), want);
}

TEST(Stamps, ImagesFollowOneAnother) {
  const std::string path =
      write("images.csv", "image,unit,instruction,start,end\n1,load,0,20,24\n0,load,0,0,4\n0,store,1,9,9\n");
  const std::vector<Stamp> want = {
      {0, 0, UnitId::load, 0, 4}, {1, 0, UnitId::store, 9, 9}, {0, 1, UnitId::load, 20, 24}};
  EXPECT_EQ(read_stamps(path), want);
}

TEST(Stamps, WhatIsNoTableIsRefusedWithItsLine) {
  EXPECT_THAT(refusal(""), HasSubstr("its first line names no column"));
  EXPECT_THAT(refusal("$date today $end\n"), HasSubstr("its first line names no column"));
  EXPECT_THAT(refusal(std::string("\x01\0\x02", 3)), HasSubstr("it is binary"));
  EXPECT_THAT(refusal("instruction,start,end\n"), HasSubstr("no column 'unit'"));
  EXPECT_THAT(refusal("unit,instruction,start\n"), HasSubstr("no column 'end'"));
  const std::string head = "unit,instruction,start,end\n";
  EXPECT_THAT(refusal(head + "lod,0,0,1\n"), testing::AllOf(HasSubstr(":2:"), HasSubstr("did you mean 'load'?")));
  EXPECT_THAT(refusal(head + "load,0,0,1\nload,1,2\n"), testing::AllOf(HasSubstr(":3:"), HasSubstr("has no end")));
  EXPECT_THAT(refusal(head + "load,-1,0,1\n"), HasSubstr("'-1' is no instruction"));
  EXPECT_THAT(refusal(head + "load,0,1.5,2\n"), HasSubstr("'1.5' is no start"));
  EXPECT_THAT(refusal(head + "load,0,0,99999999999999999999\n"), HasSubstr("is no end"));
  EXPECT_THAT(refusal(head + "load,0,3,2\n"), HasSubstr("ends before it starts"));
  EXPECT_THAT(refusal(head + "load,0,0,1\nload,0,2,3\n"), HasSubstr("is there twice"));
}

// As numpy.save writes a structured array: np.array([...], dtype=[('start','<i8'),('unit','u1'),...]).
std::string npy(const std::string& fields, const std::string& data, int rows) {
  std::string header =
      "{'descr': [" + fields + "], 'fortran_order': False, 'shape': (" + std::to_string(rows) + ",), }";
  header.resize((header.size() + 10 + 64) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 0xFF);
  out += static_cast<char>(header.size() >> 8);
  return out + header + data;
}

TEST(Stamps, AStructuredArrayIsReadByItsFieldsNames) {
  const std::string fields =
      "('start', '<i8'), ('unit', '|u1'), ('phase', '|u1'), ('instruction', '<i2'), ('end', '<i4')";
  const auto row = [](char start, char unit, char phase, char instruction, char end) {
    return std::string({start, 0, 0, 0, 0, 0, 0, 0, unit, phase, instruction, 0, end, 0, 0, 0});
  };
  // init's record, of phase 0, is none of main's.
  const std::string path = write("records.npy", npy(fields, row(1, 0, 0, 0, 3) + row(7, 2, 1, 5, 9), 2));
  const std::vector<Stamp> want = {{5, 0, UnitId::xnor_array, 7, 9}};
  EXPECT_EQ(read_stamps(path), want);
  EXPECT_THAT(refusal(npy(fields, row(1, 0, 1, 0, 3) + "x", 1)), HasSubstr("cut off"));
  EXPECT_THAT(refusal(npy(fields, row(1, 77, 1, 0, 3), 1)), HasSubstr("record 0 cannot be one"));
  EXPECT_THAT(refusal(npy("('start', '<f8')", "12345678", 1)), HasSubstr("no little-endian integer"));
  EXPECT_THAT(refusal(npy("('start', '<i8')", "12345678", 1)), HasSubstr("has no field 'unit'"));
}

TEST(Divergence, TheFirstIsTheEarliestCycleNotTheFirstInstruction) {
  const std::vector<Stamp> a = {{0, 0, UnitId::load, 0, 50}, {1, 0, UnitId::xnor_array, 10, 20}};
  std::vector<Stamp> b = a;
  b[0].end = 51;  // in cycle 50
  b[1].end = 21;  // in cycle 20
  const StampComparison all = compare_stamps(a, b, pair_by_index(a, b));
  ASSERT_TRUE(all.first.has_value());
  EXPECT_EQ(all.first->a, 1u);
  EXPECT_EQ(all.first->at, 20);
  EXPECT_EQ(all.first->what, Divergence::What::end);
  EXPECT_EQ(all.differing, 2);
  EXPECT_EQ(all.compared, 2);
}

TEST(Divergence, AStartComesBeforeAnEndInItsCycle) {
  const std::vector<Stamp> a = {{0, 0, UnitId::load, 0, 20}, {1, 0, UnitId::xnor_array, 20, 30}};
  std::vector<Stamp> b = a;
  b[0].end = 21;
  b[1].start = 21;
  const StampComparison all = compare_stamps(a, b, pair_by_index(a, b));
  ASSERT_TRUE(all.first.has_value());
  EXPECT_EQ(all.first->what, Divergence::What::start);
  EXPECT_EQ(all.first->a, 1u);
}

TEST(Divergence, WhatOneListLacksIsCountedAndAShiftTakenOff) {
  const std::vector<Stamp> a = {{0, 0, UnitId::load, 0, 5}, {1, 0, UnitId::store, 6, 9}};
  const std::vector<Stamp> b = {{1, 0, UnitId::store, 106, 109}, {7, 0, UnitId::store, 200, 201}};
  const StampComparison all = compare_stamps(a, b, pair_by_index(a, b), -100);
  EXPECT_FALSE(all.first.has_value());
  EXPECT_EQ(all.compared, 1);
  EXPECT_EQ(all.only_a, 1);
  EXPECT_EQ(all.only_b, 1);
  EXPECT_EQ(all.first_only_a, 0u);
  EXPECT_EQ(all.first_only_b, 1u);
  EXPECT_FALSE(all.equal()) << "one list lacks what the other has";
  EXPECT_EQ(compare_stamps(a, b, pair_by_index(a, b)).first->at, 6);
}

TEST(Divergence, AnInstructionOfAnotherUnitIsNoLaterOne) {
  const std::vector<Stamp> a = {{0, 0, UnitId::load, 3, 5}};
  const std::vector<Stamp> b = {{0, 0, UnitId::store, 3, 5}};
  const StampComparison all = compare_stamps(a, b, pair_by_index(a, b));
  ASSERT_TRUE(all.first.has_value());
  EXPECT_EQ(all.first->what, Divergence::What::unit);
}

}  // namespace
}  // namespace blendsim
