// SPDX-License-Identifier: Apache-2.0
// load, store and the buffers themselves.
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "support.h"
#include "units/transfer/execute.h"

namespace blendsim::test {
namespace {

std::vector<std::uint8_t> random_bytes(Random& random, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.u(0, 255));
  return bytes;
}

struct Machine {
  MachineParameters parameters = make_machine({});
  Buffers buffers;
  Machine() { buffers.configure(parameters, true); }
};

TEST(Transfer, AMapStoredAfterLoadingComesBackByteForByte) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    Machine machine;
    TransferInstruction i;
    const bool binary = random.coin();
    i.form = static_cast<std::uint32_t>(binary ? TransferForm::binary : TransferForm::fixed);
    i.buffer = static_cast<std::uint32_t>(index(binary ? BufferId::act_binary : BufferId::act_fixed));
    i.bytes_log2 = binary ? 0 : random.u(0, 2);
    i.width = random.u(1, 9);
    i.height = random.u(1, 9);
    i.row = random.u(0, i.height - 1);
    i.runs = i.height - i.row;
    i.slices = random.u(1, 4);
    i.first = binary ? random.u(0, 2) : 0;
    i.map_slices = i.first + i.slices + random.u(0, 2);
    i.buffer_address = random.u(0, 9);
    const std::uint32_t row_bytes = i.width * i.slices * (binary ? 2U : 16U << i.bytes_log2);
    i.run_bytes = (row_bytes + 15) / 16 * 16;  // filler at the end
    i.dram_address = 16 * random.u(0, 3);
    i.dram_stride = i.run_bytes + 16 * random.u(0, 2);
    const auto source = random_bytes(random, i.dram_address + i.runs * i.dram_stride);
    std::vector<std::uint8_t> back(source.size(), 0);
    execute_load(i, machine.parameters, source, machine.buffers);
    execute_store(i, machine.parameters, machine.buffers, back);
    for (std::size_t at = 0; at < source.size(); ++at) {
      const bool in_row = at >= i.dram_address && (at - i.dram_address) % i.dram_stride < row_bytes;
      ASSERT_EQ(back[at], in_row ? source[at] : 0) << "byte " << at;
    }
  }
}

TEST(Transfer, FixedMapLiesPixelByPixelSliceBySlice) {
  Random random(1);
  Machine machine;
  TransferInstruction i;
  i.form = static_cast<std::uint32_t>(TransferForm::fixed);
  i.buffer = static_cast<std::uint32_t>(index(BufferId::act_fixed));
  i.width = 3;
  i.height = 4;
  i.row = 1;
  i.runs = 2;
  i.slices = 2;
  i.map_slices = 5;
  i.buffer_address = 7;
  i.run_bytes = i.dram_stride = 96;
  const auto source = random_bytes(random, 192);
  execute_load(i, machine.parameters, source, machine.buffers);
  const auto word =
      static_cast<const Buffers&>(machine.buffers).fixed(7 + ((2 * 3 + 1) * 5 + 1), 1);  // (x 1, y 2, slice 1)
  for (std::size_t lane = 0; lane < 16; ++lane) EXPECT_EQ(word[lane], source[96 + (1 * 2 + 1) * 16 + lane]);
}

TEST(Transfer, StemWordHoldsFourNeighbouringPixelsAndFillOutside) {
  Random random(2);
  Machine machine;
  TransferInstruction i;
  i.form = static_cast<std::uint32_t>(TransferForm::stem);
  i.buffer = static_cast<std::uint32_t>(index(BufferId::act_fixed));
  i.in_width = 5;
  i.pad_left = 1;
  i.width = 7;
  i.height = 2;
  i.runs = 2;
  i.fill = 9;
  i.run_bytes = i.dram_stride = 32;
  const auto source = random_bytes(random, 64);
  execute_load(i, machine.parameters, source, machine.buffers);
  for (std::uint32_t y = 0; y < 2; ++y) {
    for (std::uint32_t x = 0; x < 7; ++x) {
      const auto word = static_cast<const Buffers&>(machine.buffers).fixed(y * 7 + x, 1);
      for (int k = 0; k < 4; ++k) {
        const int pixel = static_cast<int>(x) - 1 + k;
        for (int b = 0; b < 4; ++b) {
          const int expected = pixel < 0 || pixel >= 5 ? 9 : source[y * 32 + static_cast<std::size_t>(pixel * 4 + b)];
          ASSERT_EQ(word[static_cast<std::size_t>(4 * k + b)], expected);
        }
      }
    }
  }
}

TEST(Transfer, LinearWordsTakeWholeBusWordsInDram) {
  Random random(3);
  Machine machine;
  machine.parameters.memory.port_width = 1024;  // bus word 128 bytes: a 288-byte weight word takes three of them
  TransferInstruction i;
  i.form = static_cast<std::uint32_t>(TransferForm::linear);
  i.buffer = static_cast<std::uint32_t>(index(BufferId::weights_binary));
  i.buffer_address = 5;
  i.runs = 2;
  i.run_bytes = 2 * 384 + 128;  // two words and filler
  i.dram_stride = 1024;
  const auto source = random_bytes(random, 2048);
  execute_load(i, machine.parameters, source, machine.buffers);
  for (std::uint32_t n = 0; n < 4; ++n) {
    const auto word = static_cast<const Buffers&>(machine.buffers).binary_weights(5 + n, 1);
    const std::size_t at = n / 2 * 1024 + n % 2 * 384;
    ASSERT_EQ(word.size(), 48U);
    for (std::size_t w = 0; w < word.size(); ++w) {
      std::uint64_t expected = 0;
      for (std::size_t b = 0; b < 6; ++b) expected |= std::uint64_t{source[at + w * 6 + b]} << (8 * b);
      ASSERT_EQ(word[w], expected);
    }
  }
}

TEST(Buffers, ReadingAnUnwrittenWordNamesBufferAndWord) {
  Machine machine;
  const Buffers& read = machine.buffers;
  machine.buffers.fixed(3, 1)[0] = 1;
  EXPECT_EQ(read.fixed(3, 1)[0], 1);
  try {
    (void)read.fixed(3, 2);
    FAIL() << "word 4 was never written";
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code.name(), "unwritten-read");
    EXPECT_EQ(error.status(), ExitStatus::simulation_failed);
    EXPECT_NE(std::string(error.what()).find("act_fixed"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("word 4"), std::string::npos);
  }
  const BinaryMap map{0, 4, 4, 1};
  EXPECT_THROW((void)read.cell(map, 0, 0, 0), DiagnosticError);
  EXPECT_THROW((void)read.binary_weights(0, 1), DiagnosticError);
  EXPECT_THROW((void)read.accumulators(0, 1), DiagnosticError);
  EXPECT_THROW((void)read.start_word(0), DiagnosticError);
}

TEST(Buffers, AnAddressBeyondTheEndIsOurOwnError) {
  Machine machine;
  EXPECT_NO_THROW((void)machine.buffers.fixed(4 * 4096 - 1, 1));
  EXPECT_THROW((void)machine.buffers.fixed(4 * 4096, 1), InvariantError);
  EXPECT_THROW((void)machine.buffers.fixed(4 * 4096 - 1, 2), InvariantError);
}

TEST(Layout, EveryCellOfABinaryMapHasItsOwnPlace) {
  for (const auto& [height, width, cells] :
       {std::tuple{9U, 10U, 3U}, std::tuple{4U, 4U, 16U}, std::tuple{1U, 1U, 5U}, std::tuple{7U, 3U, 1U}}) {
    const BinaryMap map{11, height, width, cells};
    std::vector<bool> taken(std::size_t{map.size()} * 16);
    for (std::uint32_t y = 0; y < height; ++y) {
      for (std::uint32_t x = 0; x < width; ++x) {
        for (std::uint32_t s = 0; s < cells; ++s) {
          const auto place = map.cell(x, y, s);
          ASSERT_GE(place.address, 11U);
          ASSERT_LT(place.address, 11U + map.size());
          const std::size_t at = std::size_t{place.address - 11} * 16 + place.bank;
          ASSERT_FALSE(taken[at]);
          taken[at] = true;
        }
      }
    }
  }
}

TEST(Layout, AWindowARowAndAPixelsCellsComeFromDifferentBanks) {
  const BinaryMap map{0, 16, 20, 20};
  const auto distinct = [](const std::vector<std::uint32_t>& banks) {
    std::uint32_t seen = 0;
    for (const std::uint32_t bank : banks) {
      if ((seen >> bank & 1) != 0) return false;
      seen |= 1U << bank;
    }
    return true;
  };
  for (std::uint32_t y = 0; y + 3 <= 16; ++y) {
    for (std::uint32_t x = 0; x + 3 <= 20; ++x) {
      std::vector<std::uint32_t> window, pixel;
      for (std::uint32_t k = 0; k < 9; ++k) window.push_back(map.cell(x + k % 3, y + k / 3, 7).bank);
      for (std::uint32_t s = 0; s < 16; ++s) pixel.push_back(map.cell(x, y, s + y % 4).bank);
      EXPECT_TRUE(distinct(window)) << x << ", " << y;
      EXPECT_TRUE(distinct(pixel)) << x << ", " << y;
    }
    std::vector<std::uint32_t> row;
    for (std::uint32_t x = 0; x < 16; ++x) row.push_back(map.cell(x, y, 3).bank);
    EXPECT_TRUE(distinct(row)) << y;
  }
}

}  // namespace
}  // namespace blendsim::test
