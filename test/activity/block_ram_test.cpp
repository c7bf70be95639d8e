// SPDX-License-Identifier: Apache-2.0
// Block RAM by its law, through yosys's mapping: memories of every shape keep what was written, byte by byte, and a
// word that is read and written in one cycle comes old.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "commands.h"
#include "counts.h"

namespace blendsim::activity {
namespace {

struct Shape {
  int width = 1, depth = 1, slices = 1;  // slices: parts of a word with a write enable each
};
constexpr std::array shapes = {Shape{72, 512},  Shape{36, 1024},   Shape{18, 2048},    Shape{9, 4096},
                               Shape{36, 512},  Shape{18, 1024},   Shape{4, 8192},     Shape{2, 16384},
                               Shape{1, 32768}, Shape{72, 512, 8}, Shape{36, 1024, 4}, Shape{100, 600}};

int address_bits(const Shape& shape) {
  int bits = 0;
  while (1 << bits < shape.depth) ++bits;
  return bits;
}

// Ports of memory n of the module: r, ra, q, w, wa, d with the number behind.
std::string memory_text(std::size_t n, const Shape& shape) {
  return fmt::format(R"(
  input r{0}, input [{1}:0] ra{0}, wa{0}, output reg [{2}:0] q{0}, input [{3}:0] w{0}, input [{2}:0] d{0},)",
                     n, address_bits(shape) - 1, shape.width - 1, shape.slices - 1);
}

std::string body_text(std::size_t n, const Shape& shape) {
  return fmt::format(R"(
  (* ram_style = "block" *) reg [{1}:0] m{0} [0:{2}];
  always @(posedge clk) begin
    if (r{0}) q{0} <= m{0}[ra{0}];
    for (i = 0; i < {3}; i = i + 1) if (w{0}[i]) m{0}[wa{0}][i*{4} +: {4}] <= d{0}[i*{4} +: {4}];
  end
)",
                     n, shape.width - 1, shape.depth - 1, shape.slices, shape.width / shape.slices);
}

std::string module_text() {
  std::string ports, body;
  for (std::size_t n = 0; n < shapes.size(); ++n) ports += memory_text(n, shapes[n]), body += body_text(n, shapes[n]);
  return fmt::format("module memories ({} input clk);\n  integer i;{}endmodule\n", ports, body);
}

// A memory of the netlist beside an array.
class MemoryPair {
 public:
  MemoryPair(const Netlist& netlist, std::size_t n, const Shape& shape, std::mt19937_64& random)
      : netlist_(netlist),
        number_(std::to_string(n)),
        shape_(shape),
        random_(random),
        words_(static_cast<std::size_t>(shape.depth), std::string(static_cast<std::size_t>(shape.width), '0')),
        expected_(static_cast<std::size_t>(shape.width), '0') {}

  // Few addresses, so that reads meet writes.
  void drive(Simulator& simulator) {
    const std::size_t stride = words_.size() / 8;
    const std::size_t read_at = random_() % 8 * stride, write_at = random_() % 8 * stride;
    const bool reads = random_() % 4 != 0;
    std::string data, enables;
    for (int n = 0; n < shape_.width; ++n) data += (random_() & 1) != 0 ? '1' : '0';
    for (int n = 0; n < shape_.slices; ++n) enables += (random_() & 1) != 0 ? '1' : '0';
    set(simulator, "r", reads ? "1" : "0");
    set(simulator, "ra", digits(read_at));
    set(simulator, "wa", digits(write_at));
    set(simulator, "w", enables);
    set(simulator, "d", data);
    if (reads) expected_ = words_[read_at];
    const auto slice = static_cast<std::size_t>(shape_.width / shape_.slices);
    for (std::size_t n = 0; n < enables.size(); ++n) {
      if (enables[n] == '1') words_[write_at].replace(n * slice, slice, data, n * slice, slice);
    }
  }
  void expect(const Simulator& simulator, int cycle) const {
    std::string found;
    for (const NetId net : netlist_.port("q" + number_)->bits) found += simulator.get(net) ? '1' : '0';
    ASSERT_EQ(found, expected_) << shape_.width << " x " << shape_.depth << ", cycle " << cycle;
  }

 private:
  // Digits are lowest first, as ports are.
  static std::string digits(std::size_t value) {
    std::string text;
    for (int n = 0; n < 16; ++n) text += (value >> n & 1) != 0 ? '1' : '0';
    return text;
  }
  void set(Simulator& simulator, const std::string& name, const std::string& digits) const {
    const std::vector<NetId>& bits = netlist_.port(name + number_)->bits;
    for (std::size_t n = 0; n < bits.size(); ++n) simulator.set(bits[n], digits[n] == '1');
  }

  const Netlist& netlist_;
  std::string number_;
  Shape shape_;
  std::mt19937_64& random_;
  std::vector<std::string> words_;
  std::string expected_;
};

TEST(BlockRam, MemoriesOfEveryShapeKeepWhatWasWritten) {
  if (!test::installed("yosys")) GTEST_SKIP() << "yosys is not installed";
  const std::string folder = test::temporary_folder("memories");
  test::write_text(folder + "/memories.v", module_text());
  (void)test::output_of(fmt::format("{0}/scripts/activity.sh verilog memories {1}/memories.v {1}/memories.json",
                                    BLENDSIM_SOURCE, folder));
  const Netlist netlist = read_netlist(test::read_text(folder + "/memories.json"), "memories",
                                       [](std::string_view) { return std::string("memories"); });
  const Parts parts = Counter(netlist).parts()[0];
  EXPECT_GT(parts[static_cast<std::size_t>(Part::ramb18)], 0U);
  EXPECT_GT(parts[static_cast<std::size_t>(Part::ramb36)], 0U);
  Simulator simulator(netlist);
  std::mt19937_64 random(7);
  std::vector<MemoryPair> pairs;
  for (std::size_t n = 0; n < shapes.size(); ++n) pairs.emplace_back(netlist, n, shapes[n], random);
  for (int cycle = 0; cycle < 1000; ++cycle) {
    for (MemoryPair& pair : pairs) pair.drive(simulator);
    simulator.settle();
    simulator.clock();
    simulator.settle();
    for (const MemoryPair& pair : pairs) ASSERT_NO_FATAL_FAILURE(pair.expect(simulator, cycle));
  }
}

}  // namespace
}  // namespace blendsim::activity
