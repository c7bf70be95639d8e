// SPDX-License-Identifier: Apache-2.0
#include "tensor/array.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

using ::testing::ElementsAre;

class File {
 public:
  explicit File(const std::string& bytes = "") : path_(::testing::TempDir() + "array_" + std::to_string(::getpid())) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~File() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string bytes() const {
    std::ifstream stream(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::string path_;
};

// A .npy file as numpy.lib.format describes it.
std::string npy(int version, const std::string& descr, const std::string& order, const std::string& shape,
                const std::string& data) {
  const std::string header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (std::size_t i = 0; i < (version == 1 ? 2U : 4U); ++i)
    bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + data;
}

std::string code_of(const std::string& bytes) {
  const File file(bytes);
  try {
    (void)read_input(file.path());
  } catch (const DiagnosticError& error) {
    return std::string(error.diagnostics()[0].code.name());
  }
  return "";
}

TEST(Npy, IsReadInVersionsOneToThree) {
  for (const int version : {1, 2, 3}) {
    const File file(npy(version, "|u1", "False", "(1, 3)", "\x01\xff\x03"));
    const InputArray input = read_input(file.path());
    EXPECT_EQ(input.dtype, "uint8");
    EXPECT_TRUE(input.integral);
    EXPECT_EQ(input.array.shape, (Shape{1, 3}));
    EXPECT_THAT(input.array.values, ElementsAre(1, 255, 3));
  }
}

TEST(Npy, FortranOrderIsTurnedIntoRows) {
  // The matrix {{1, 2, 3}, {4, 5, 6}} is stored by columns.
  const File file(npy(1, "|i1", "True", "(2, 3)", "\x01\x04\x02\x05\x03\x06"));
  EXPECT_THAT(read_input(file.path()).array.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Npy, WidensEveryTypeToFloat) {
  const auto read = [](const std::string& descr, const auto& values) {
    const std::string data(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
    const File file(npy(1, descr, "False", "(2,)", data));
    return read_input(file.path()).array.values;
  };
  EXPECT_THAT(read("<u2", std::vector<std::uint16_t>{65535, 1}), ElementsAre(65535, 1));
  EXPECT_THAT(read("<i2", std::vector<std::int16_t>{-300, 1}), ElementsAre(-300, 1));
  EXPECT_THAT(read("<i4", std::vector<std::int32_t>{-70000, 1}), ElementsAre(-70000, 1));
  EXPECT_THAT(read("<i8", std::vector<std::int64_t>{-70000, 1}), ElementsAre(-70000, 1));
  EXPECT_THAT(read("<f4", std::vector<float>{0.5F, -1}), ElementsAre(0.5F, -1));
  EXPECT_THAT(read("<f8", std::vector<double>{0.5, -1}), ElementsAre(0.5F, -1));
  EXPECT_THAT(read("|b1", std::vector<std::uint8_t>{1, 0}), ElementsAre(1, 0));
}

TEST(Npy, RefusesWhatItCannotTrust) {
  EXPECT_EQ(code_of(npy(1, "|u1", "False", "(4,)", "abc")), "file-damaged");
  EXPECT_EQ(code_of(npy(1, "|u1", "False", "(2,)", "abc")), "file-damaged");
  EXPECT_EQ(code_of(npy(1, "|u1", "False", "(-1,)", "abc")), "file-damaged");
  EXPECT_EQ(code_of(npy(1, "|u1", "False", "(99999999999, 99999999999)", "abc")), "file-damaged");
  EXPECT_EQ(code_of(npy(9, "|u1", "False", "(3,)", "abc")), "file-damaged");
  EXPECT_EQ(code_of(npy(1, ">f4", "False", "(1,)", "abcd")), "input-type");
  EXPECT_EQ(code_of(npy(1, "<c8", "False", "(1,)", "abcdefgh")), "input-type");
  EXPECT_EQ(code_of(""), "file-damaged");
  EXPECT_EQ(code_of("hello"), "file-unrecognised");
  const std::string whole = npy(1, "<f4", "False", "(1,)", "abcd");
  for (std::size_t size = 6; size < whole.size(); ++size)
    EXPECT_EQ(code_of(whole.substr(0, size)), "file-damaged") << size;
}

TEST(Npy, WhatIsWrittenIsReadBackAndAligned) {
  const File file;
  write_npy(file.path(), FloatArray{{2, 2}, {1, 2.5F, -3, 4}});
  EXPECT_EQ(read_input(file.path()).array, (FloatArray{{2, 2}, {1, 2.5F, -3, 4}}));
  EXPECT_EQ(file.bytes().size() % 64, 16U);
  write_npy(file.path(), IntArray{{}, {1LL << 40}});
  EXPECT_EQ(read_int_npy(file.path()), (IntArray{{}, {1LL << 40}}));
}

TEST(Npy, MissingAndUnwritablePathsAreNamed) {
  EXPECT_THROW((void)read_input("/nowhere/x.npy"), DiagnosticError);
  EXPECT_THROW((void)read_input("/tmp"), DiagnosticError);
  EXPECT_THROW(write_npy("/nowhere/x.npy", FloatArray{{1}, {1}}), DiagnosticError);
}

// 2 x 1 pixels, RGB: (255, 0, 1), (2, 3, 4); made with zlib's stored blocks, CRCs from the PNG specification's
// polynomial.
std::uint32_t crc(const std::string& bytes) {
  std::uint32_t c = 0xffffffff;
  for (const char b : bytes) {
    c ^= static_cast<unsigned char>(b);
    for (int k = 0; k < 8; ++k) c = (c >> 1) ^ ((c & 1) != 0 ? 0xedb88320U : 0U);
  }
  return ~c;
}
std::string big_endian(std::uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16 & 255), static_cast<char>(v >> 8 & 255),
          static_cast<char>(v & 255)};
}
std::string chunk(const std::string& type, const std::string& data) {
  return big_endian(static_cast<std::uint32_t>(data.size())) + type + data + big_endian(crc(type + data));
}
std::string png(char depth, char colour, const std::string& row) {
  const std::string raw = std::string(1, '\0') + row;
  std::uint32_t a = 1, b = 0;
  for (const char byte : raw) {
    a = (a + static_cast<unsigned char>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  const auto size = static_cast<std::uint16_t>(raw.size());
  std::string stored = {'\x78',
                        '\x01',
                        '\x01',
                        static_cast<char>(size & 255),
                        static_cast<char>(size >> 8),
                        static_cast<char>(~size & 255),
                        static_cast<char>((~size >> 8) & 255)};
  stored += raw + big_endian(b << 16 | a);
  return std::string("\x89PNG\r\n\x1a\n", 8) +
         chunk("IHDR", big_endian(2) + big_endian(1) + std::string{depth, colour, '\0', '\0', '\0'}) +
         chunk("IDAT", stored) + chunk("IEND", "");
}

TEST(Png, IsReadAsChannelsFirst) {
  const File colour(png(8, 2, std::string("\xff\x00\x01\x02\x03\x04", 6)));
  const InputArray input = read_input(colour.path());
  EXPECT_EQ(input.array.shape, (Shape{1, 3, 1, 2}));
  EXPECT_THAT(input.array.values, ElementsAre(255, 2, 0, 3, 1, 4));
  const File grey(png(8, 0, std::string("\x07\xfe", 2)));
  EXPECT_EQ(read_input(grey.path()).array, (FloatArray{{1, 1, 1, 2}, {7, 254}}));
}

TEST(Png, RefusesAlphaSixteenBitsAndDamage) {
  EXPECT_EQ(code_of(png(8, 6, "\x01\x02\x03\x04\x05\x06\x07\x08")), "input-type");
  EXPECT_EQ(code_of(png(16, 0, "\x01\x02\x03\x04")), "input-type");
  const std::string whole = png(8, 0, std::string("\x07\xfe", 2));
  for (std::size_t size = 8; size + 12 < whole.size(); ++size)
    EXPECT_EQ(code_of(whole.substr(0, size)), "file-damaged") << size;
}

// libpng would make room for it, and clear that, before it finds that the file ends.
TEST(Png, AChunkThatIsLongerThanTheFileIsRefusedBeforeAnyRoomIsMade) {
  std::string whole = png(8, 0, std::string("\x07\xfe", 2));
  const std::size_t behind_header = 8 + 12 + 13;
  whole.insert(behind_header, big_endian(0x4e473a2a) + "sPLT");
  EXPECT_EQ(code_of(whole), "file-damaged");
  try {
    const File file(whole);
    (void)read_input(file.path());
    FAIL();
  } catch (const DiagnosticError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("a chunk of 1313290794 bytes at byte 33"));
  }
}

}  // namespace
}  // namespace blendsim
