// SPDX-License-Identifier: Apache-2.0
// rtl/buffer.sv and rtl/banked_buffer.sv against an array of bytes.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "rtl_module.h"

namespace blendsim::conformance {
namespace {

struct Shape {
  int banks, regions, depth, width, latency, readers, writers, words, slices, kind;
};

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << s.banks << " banks of " << s.regions << " regions of " << s.depth << " words of " << s.width
             << " bits, latency " << s.latency << ", " << s.words << " words at once";
}

RtlSource source_of(const Shape& s) {
  RtlSource source{"banked_buffer", "", {}};
  const auto add = [&](const char* name, int value) {
    source.parameters.push_back(std::string(name) + "=" + std::to_string(value));
  };
  add("BANKS", s.banks), add("REGIONS", s.regions), add("DEPTH", s.depth), add("WIDTH", s.width),
      add("LATENCY", s.latency);
  add("READERS", s.readers), add("WRITERS", s.writers), add("WORDS", s.words), add("SLICES", s.slices),
      add("KIND", s.kind);
  return source;
}

int bits_of(int count) {
  int bits = 0;
  while (1 << bits < count) ++bits;
  return bits;
}

// One cycle's access of a bank: each region is given to one unit at most.
class Stimulus {
 public:
  Stimulus(const Shape& shape, std::uint64_t seed) : s_(shape), random_(seed) {}
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  // A region a unit, none twice, or -1.
  std::vector<int> share(int units) {
    std::vector<int> regions(static_cast<std::size_t>(std::max(units, s_.regions)), -1);
    for (int r = 0; r < s_.regions; ++r) regions[static_cast<std::size_t>(r)] = below(4) == 0 ? -1 : r;
    std::shuffle(regions.begin(), regions.end(), random_);
    regions.resize(static_cast<std::size_t>(units));
    return regions;
  }
  std::uint64_t bits() { return random_(); }

 private:
  Shape s_;
  std::mt19937_64 random_;
};

class BufferConformance : public testing::TestWithParam<Shape> {};

TEST_P(BufferConformance, EveryWordReadIsTheOneWrittenLastLatencyCyclesAfterItsAddress) {
  if (!RtlModule::available()) GTEST_SKIP() << "verilator is not installed";
  const Shape s = GetParam();
  RtlModule rtl(source_of(s));
  Port read = rtl.port("read"), read_address = rtl.port("read_address"), read_data = rtl.port("read_data");
  Port write = rtl.port("write"), write_address = rtl.port("write_address"), write_data = rtl.port("write_data");
  const int address_bits = bits_of(s.regions * s.depth), slice = s.width / s.slices;
  Stimulus stimulus(s, 1);
  // [bank][address][slice], as of the cycle that runs.
  std::vector<std::uint64_t> content(static_cast<std::size_t>(s.banks * s.regions * s.depth * s.slices));
  const auto at = [&](int bank, int address, int part) -> std::uint64_t& {
    return content[static_cast<std::size_t>((bank * s.regions * s.depth + address) * s.slices + part)];
  };
  struct Expected {
    int offset;
    std::uint64_t value;
  };
  std::deque<std::vector<Expected>> due(static_cast<std::size_t>(s.latency));
  std::int64_t compared = 0;
  for (int cycle = 0; cycle < 4000; ++cycle) {
    read.set(0), write.set(0);
    std::vector<Expected> expected;
    struct Written {
      int bank, address, part;
      std::uint64_t value;
    };
    std::vector<Written> written;
    for (int bank = 0; bank < s.banks; ++bank) {
      const std::vector<int> readers = stimulus.share(s.readers), writers = stimulus.share(s.writers);
      for (int u = 0; u < s.readers; ++u) {
        const int region = readers[static_cast<std::size_t>(u)];
        if (region < 0) continue;
        const int first = region * s.depth + stimulus.below(s.depth);
        read.set(u * s.banks + bank, 1, 1);
        read_address.set((u * s.banks + bank) * address_bits, address_bits, static_cast<std::uint64_t>(first));
        for (int n = 0; n < s.words && first + n < (region + 1) * s.depth; ++n) {
          for (int part = 0; part < s.slices; ++part) {
            expected.push_back(
                {((u * s.words + n) * s.banks + bank) * s.width + part * slice, at(bank, first + n, part)});
          }
        }
      }
      for (int u = 0; u < s.writers; ++u) {
        const int region = writers[static_cast<std::size_t>(u)];
        if (region < 0) continue;
        const int first = region * s.depth + stimulus.below(s.depth);
        write_address.set((u * s.banks + bank) * address_bits, address_bits, static_cast<std::uint64_t>(first));
        for (int n = 0; n < s.words && first + n < (region + 1) * s.depth; ++n) {
          for (int part = 0; part < s.slices; ++part) {
            if (stimulus.below(4) == 0) continue;
            const std::uint64_t value = stimulus.bits() & ((std::uint64_t{1} << slice) - 1);
            write.set(((u * s.words + n) * s.banks + bank) * s.slices + part, 1, 1);
            write_data.set(((u * s.words + n) * s.banks + bank) * s.width + part * slice, slice, value);
            written.push_back({bank, first + n, part, value});
          }
        }
      }
    }
    rtl.settle();
    for (const Expected& e : due.front()) {
      ASSERT_EQ(read_data.get(e.offset, slice), e.value) << "cycle " << cycle << ", bit " << e.offset;
      ++compared;
    }
    due.pop_front();
    due.push_back(std::move(expected));
    rtl.edge();
    for (const Written& w : written) at(w.bank, w.address, w.part) = w.value;
  }
  EXPECT_GT(compared, 2000);
  EXPECT_EQ(rtl.take_errors(), "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, BufferConformance,
                         testing::Values(Shape{1, 1, 512, 32, 2, 1, 1, 1, 1, 0},  // a plain memory
                                         Shape{4, 3, 100, 32, 1, 4, 3, 3, 1, 0},  // act_fixed with 48 lanes
                                         Shape{4, 4, 64, 32, 3, 4, 3, 2, 1, 1},   // with 32 lanes, slow
                                         Shape{16, 3, 37, 48, 2, 3, 3, 1, 3, 2},  // act_binary with cells of 48
                                         Shape{1, 8, 50, 32, 2, 5, 4, 4, 1,
                                               0},  // more of everything than one LUT chooses from
                                         Shape{1, 1, 9000, 16, 1, 1, 1, 1, 1, 1},  // deeper than an UltraRAM
                                         Shape{1, 2, 330, 16, 2, 1, 2, 1, 2, 2},   // deeper than a LUT RAM
                                         Shape{1, 3, 37, 16, 1, 2, 2, 3, 1, 0}));  // regions that begin in any way

TEST(BufferConformance, TwoUnitsOnOnePortOfARegionAreAnError) {
  if (!RtlModule::available()) GTEST_SKIP() << "verilator is not installed";
  const Shape s{1, 2, 64, 32, 1, 2, 2, 1, 1, 0};
  RtlModule rtl(source_of(s));
  Port read = rtl.port("read"), write = rtl.port("write"), read_address = rtl.port("read_address");
  read.set(3), write.set(1);
  read_address.set(5 << 7 | 64);  // one region each
  rtl.settle(), rtl.edge();
  EXPECT_EQ(rtl.take_errors(), "");
  read_address.set(5 << 7 | 9);
  rtl.settle(), rtl.edge();
  EXPECT_NE(rtl.take_errors(), "");
}

}  // namespace
}  // namespace blendsim::conformance
