// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "isa/instruction.h"
#include "traced_run.h"

namespace blendsim::test {
namespace {

// NumPy's format, version 1.0: magic, version, length of the header (little end first), header, rows.
struct Npy {
  std::string header, rows;
};
Npy read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t length = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + length) % 64, 0U) << "data begin at a multiple of 64";
  EXPECT_EQ(bytes[10 + length - 1], '\n');
  return {bytes.substr(10, length), bytes.substr(10 + length)};
}
template <class T>
T field(const Npy& npy, std::size_t row, std::size_t offset) {
  T value;
  std::memcpy(&value, npy.rows.data() + row * 56 + offset, sizeof value);
  return value;
}

TEST(NpyTrace, HoldsEveryInstructionWithItsStamps) {
  const TracedRun traced = traced_run(".npy");
  const Npy npy = read(traced.file);
  const std::size_t init = decode(traced_network().program.init).size(), count = init + traced.run.records.size();
  ASSERT_EQ(npy.rows.size(), 56 * count);
  EXPECT_THAT(npy.header, testing::HasSubstr("'shape': (" + std::to_string(count) + ",)"));
  std::vector<int> seen(traced.run.records.size());
  for (std::size_t row = 0; row < count; ++row) {
    if (field<std::uint8_t>(npy, row, 0) == 0) continue;
    const auto index = static_cast<std::size_t>(field<std::int32_t>(npy, row, 8));
    ASSERT_LT(index, seen.size());
    ++seen[index];
    const InstructionRecord& r = traced.run.records[index];
    EXPECT_EQ(field<std::uint8_t>(npy, row, 1), static_cast<std::uint8_t>(r.unit));
    EXPECT_EQ(field<std::uint8_t>(npy, row, 2), static_cast<std::uint8_t>(r.release));
    EXPECT_EQ(field<std::int32_t>(npy, row, 4), r.layer);
    EXPECT_EQ(field<std::int32_t>(npy, row, 12), r.instruction);
    EXPECT_EQ(field<std::int32_t>(npy, row, 16), r.image);
    EXPECT_EQ(field<std::int32_t>(npy, row, 20), r.released_by);
    EXPECT_EQ(field<std::int64_t>(npy, row, 24), r.visible);
    EXPECT_EQ(field<std::int64_t>(npy, row, 32), r.start);
    EXPECT_EQ(field<std::int64_t>(npy, row, 40), r.front_free);
    EXPECT_EQ(field<std::int64_t>(npy, row, 48), r.end);
  }
  EXPECT_THAT(seen, testing::Each(1));
}

TEST(NpyTrace, OfAnImageHoldsThatImageAlone) {
  const TracedRun traced = traced_run(".npy", with_window({.images = {1, 1}}), 3);
  const Npy npy = read(traced.file);
  ASSERT_EQ(npy.rows.size(), 56 * traced.run.records.size() / 3);
  for (std::size_t row = 0; row < npy.rows.size() / 56; ++row) EXPECT_EQ(field<std::int32_t>(npy, row, 16), 1);
}

TEST(NpyTrace, StopsAtItsLimitAndSaysWhere) {
  TraceOptions options;
  options.limit = 20'000;
  const TracedRun traced = traced_run(".npy", options, 20);
  ASSERT_TRUE(traced.stopped.has_value());
  const Npy npy = read(traced.file);
  const std::size_t rows = npy.rows.size() / 56;
  EXPECT_EQ(npy.rows.size() % 56, 0U);
  EXPECT_LE(traced.bytes, 20'000);
  EXPECT_GT(traced.bytes, 20'000 - 56);
  EXPECT_EQ(field<std::int64_t>(npy, rows - 1, 48), traced.stopped->at);
  EXPECT_EQ(field<std::int32_t>(npy, rows - 1, 16), traced.stopped->image);
}

}  // namespace
}  // namespace blendsim::test
