// SPDX-License-Identifier: Apache-2.0
// Cells against yosys's models of them in Icarus, and the DSP slice against rtl/dsp48e2.sv: random parameters, random
// inputs, every output of every cycle.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "commands.h"
#include "netlist_builder.h"
#include "simulator.h"

namespace blendsim::activity {
namespace {

constexpr int cycles = 300;

std::string random_bits(std::mt19937_64& random, int count) {
  std::string bits;
  for (int n = 0; n < count; ++n) bits += (random() & 1) != 0 ? '1' : '0';
  return bits;
}

// Contents, functions and registers of a random cell; of a DSP slice the arrangement.
Parameters random_parameters(const CellType& type, std::mt19937_64& random) {
  const auto digit = [&](std::uint64_t below) { return std::to_string(random() % below); };
  const auto number = [&](std::uint64_t below) { return std::string(31, '0') + (digit(below) == "0" ? "0" : "1"); };
  switch (type.kind) {
    case CellKind::lut: return {{"INIT", random_bits(random, 1 << bits_of(type.inputs))}};
    case CellKind::lut6_2: return {{"INIT", random_bits(random, 64)}};
    case CellKind::fdre:
    case CellKind::fdse: return {{"INIT", random_bits(random, 1)}};
    case CellKind::srl16: return {{"INIT", random_bits(random, 16)}};
    case CellKind::srl32: return {{"INIT", random_bits(random, 32)}};
    case CellKind::carry8: return {{"CARRY_TYPE", random() % 2 == 0 ? "SINGLE_CY8" : "DUAL_CY4"}};
    case CellKind::lut_ram: {
      Parameters parameters;
      for (std::size_t port = 0; port < type.outputs.size(); ++port)
        parameters[std::string("INIT_") + static_cast<char>('A' + port)] = random_bits(random, 64);
      return parameters;
    }
    case CellKind::dsp48e2: {
      const bool multiplies = random() % 2 == 0, adds = multiplies && random() % 2 == 0;
      const std::string control = number(2);
      return {{"USE_MULT", multiplies ? "MULTIPLY" : "NONE"},
              {"AMULTSEL", adds ? "AD" : "A"},
              {"A_INPUT", "DIRECT"},
              {"B_INPUT", "DIRECT"},
              {"USE_SIMD", "ONE48"},
              {"AREG", std::string(30, '0') + (random() % 2 == 0 ? "01" : "10")},
              {"BREG", std::string(30, '0') + (random() % 2 == 0 ? "00" : "10")},
              {"CREG", number(2)},
              {"DREG", number(2)},
              {"ADREG", number(2)},
              {"MREG", multiplies ? number(2) : number(1)},
              {"OPMODEREG", control},
              {"ALUMODEREG", control},
              {"PREG", std::string(31, '0') + "1"}};
    }
    default: return {};
  }
}

// A legal OPMODE and ALUMODE of the list in rtl/dsp48e2.sv: ALUMODE in the bits from 9 on.
std::uint64_t random_control(bool multiplies, std::mt19937_64& random) {
  const auto one_of = [&](std::initializer_list<std::uint64_t> values) {
    return *(values.begin() + random() % values.size());
  };
  const std::uint64_t z = one_of({0, 1, 2, 3, 5});
  if (random() % 2 == 0) {
    const std::uint64_t x = multiplies ? one_of({0, 2}) : one_of({0, 2, 3});
    return one_of({4, 5, 6, 7, 12, 13, 14, 15}) << 9 | z << 4 | one_of({0, 2}) << 2 | x;
  }
  const bool product = multiplies && random() % 2 == 0;
  const std::uint64_t x = product ? 1 : multiplies ? one_of({0, 2}) : one_of({0, 2, 3});
  const std::uint64_t y = product ? 1 : one_of({0, 2, 3});
  return one_of({0, 1, 2, 3}) << 9 | one_of({0, 1, 3}) << 7 | z << 4 | y << 2 | x;
}

// Cells side by side, each with inputs and outputs of its own.
class SideBySide {
 public:
  explicit SideBySide(std::uint64_t seed) : random_(seed) {}

  void add(const CellType& type) {
    const std::vector<NetId> in = builder_.nets(bits_of(type.inputs));
    const Parameters parameters = random_parameters(type, random_);
    const std::vector<NetId> out = builder_.cell(std::string(type.name), in, parameters);
    verilog_ += instance(type, parameters);
    inputs_.insert(inputs_.end(), in.begin(), in.end());
    outputs_.insert(outputs_.end(), out.begin(), out.end());
  }

  // A line a cycle, its last bit the first input; so `in[n]` is input n.
  std::string stimulus() {
    std::string lines;
    for (int cycle = 0; cycle < cycles; ++cycle) {
      std::string bits = random_bits(random_, static_cast<int>(inputs_.size()));
      for (const auto& [first, multiplies] : controls_) {
        const std::uint64_t control = random_control(multiplies, random_);
        for (std::size_t n = 0; n < 13; ++n) bits[bits.size() - 1 - first - n] = (control >> n & 1) != 0 ? '1' : '0';
      }
      lines += bits + "\n";
    }
    return lines;
  }

  std::string bench() const {
    return fmt::format(R"(
module bench;
  reg clk = 0;
  reg [{0}:0] in, lines [0:{1}];
  wire [{2}:0] out;
  integer n;
{3}
  initial begin
    $readmemb("stimulus.txt", lines);
    for (n = 0; n <= {1}; n = n + 1) begin
      in = lines[n];
      #1 $display("%b", out);
      clk = 1;
      #1 clk = 0;
    end
  end
endmodule
)",
                       inputs_.size() - 1, cycles - 1, outputs_.size() - 1, verilog_);
  }

  // The same lines from the simulator.
  std::string simulate(const std::string& stimulus) const {
    Simulator simulator(builder_.netlist);
    std::string lines;
    for (std::size_t at = 0; at < stimulus.size(); at += inputs_.size() + 1) {
      for (std::size_t n = 0; n < inputs_.size(); ++n)
        simulator.set(inputs_[n], stimulus[at + inputs_.size() - 1 - n] == '1');
      simulator.settle();
      for (auto net = outputs_.rbegin(); net != outputs_.rend(); ++net) lines += simulator.get(*net) ? '1' : '0';
      lines += "\n";
      simulator.clock();
    }
    return lines;
  }

 private:
  std::string instance(const CellType& type, const Parameters& parameters) {
    std::string text = fmt::format("  {}", type.name), sets, pins;
    for (const auto& [name, value] : parameters) {
      const bool digits = value.find_first_not_of("01") == std::string::npos;
      sets += fmt::format("{}.{}({})", sets.empty() ? "" : ", ", name,
                          digits ? fmt::format("{}'b{}", value.size(), value) : "\"" + value + "\"");
    }
    if (!sets.empty()) text += " #(" + sets + ")";
    std::size_t in = inputs_.size(), out = outputs_.size();
    if (!type.clock.empty()) pins += fmt::format(".{}(clk), ", type.clock);
    for (const Pin& pin : type.inputs) {
      if (pin.name == "OPMODE") controls_.emplace_back(in, parameters.at("USE_MULT") == "MULTIPLY");
      pins += fmt::format(".{}(in[{} +: {}]), ", pin.name, in, pin.width);
      in += static_cast<std::size_t>(pin.width);
    }
    for (const Pin& pin : type.outputs) {
      pins += fmt::format(".{}(out[{} +: {}]), ", pin.name, out, pin.width);
      out += static_cast<std::size_t>(pin.width);
    }
    pins.resize(pins.size() - 2);
    return fmt::format("{} c{} ({});\n", text, out, pins);
  }

  std::mt19937_64 random_;
  test::NetlistBuilder builder_;
  std::vector<NetId> inputs_, outputs_;
  std::vector<std::pair<std::size_t, bool>> controls_;  // first input bit of a slice's OPMODE, whether it multiplies
  std::string verilog_;
};

void expect_as_in_icarus(SideBySide& cells, const std::string& name, const std::string& sources) {
  const std::string folder = test::temporary_folder(name), stimulus = cells.stimulus();
  test::write_text(folder + "/stimulus.txt", stimulus);
  test::write_text(folder + "/bench.v", cells.bench());
  const std::string lines = test::output_of("cd '" + folder + "' && iverilog -g2012 -s bench -o bench bench.v " +
                                            sources + " && vvp -n bench");
  EXPECT_EQ(lines, cells.simulate(stimulus));
  EXPECT_GT(std::set<char>(lines.begin(), lines.end()).size(), 2U) << "neither all zero nor undefined";
}

std::string yosys_cells() {
  return test::output_of("echo -n $(dirname $(dirname $(command -v yosys)))/share/yosys/xilinx/cells_sim.v");
}

TEST(Cells, EveryKindIsAsYosysDescribesIt) {
  if (!test::installed("yosys") || !test::installed("iverilog")) GTEST_SKIP() << "yosys or iverilog is not installed";
  SideBySide cells(1);
  for (const CellType& type : cell_types()) {
    const bool has_model =
        type.counted != CellClass::alias && type.counted != CellClass::dsp && type.counted != CellClass::block_ram;
    for (int n = 0; has_model && n < 8; ++n) cells.add(type);
  }
  expect_as_in_icarus(cells, "cells", yosys_cells());
}

TEST(Cells, TheSliceIsThatOfTheRtl) {
  if (!test::installed("iverilog")) GTEST_SKIP() << "iverilog is not installed";
  SideBySide cells(2);
  for (int n = 0; n < 24; ++n) cells.add(*find_cell_type("DSP48E2"));
  const std::string source = BLENDSIM_SOURCE;
  expect_as_in_icarus(cells, "slice", source + "/test/activity/rtl/dsp48e2_cell.v " + source + "/rtl/dsp48e2.sv");
}

}  // namespace
}  // namespace blendsim::activity
