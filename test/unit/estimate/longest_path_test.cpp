// SPDX-License-Identifier: Apache-2.0
// scripts/longest_path.py on netlists made by hand. The delays are the script's table: FF 96 ps clock to output, LUT
// 125, carry 200 from S, 25 from CI to CO, 120 from CI to O, nets 230 (one load), 260 (up to 8), 340 (up to 32), 460;
// local 30 or none.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using Json = nlohmann::ordered_json;

class LongestPathScript : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("python3 -c pass 2>/dev/null") != 0) GTEST_SKIP() << "python3 is not installed";
  }
  ~LongestPathScript() override { std::filesystem::remove(file_); }

  // A cell: type, inputs and outputs with their nets by number.
  void cell(const std::string& type, const Json& inputs, const Json& outputs) {
    Json c = {{"type", type}, {"port_directions", Json::object()}, {"connections", Json::object()}};
    const auto add = [&](const Json& ports, const char* direction) {
      for (const auto& [name, bits] : ports.items()) {
        c["port_directions"][name] = direction;
        c["connections"][name] = bits.is_array() ? bits : Json::array({bits});
        for (const Json& bit : c["connections"][name]) {
          if (!bit.is_number()) continue;
          const std::string net = "n" + std::to_string(bit.get<int>());
          top_["netnames"][net] = {{"hide_name", 0}, {"bits", {bit}}};
        }
      }
    };
    add(inputs, "input");
    add(outputs, "output");
    top_["cells"]["cell" + std::to_string(top_["cells"].size())] = c;
  }
  void register_of(int d, int q) { cell("FDRE", {{"C", 1}, {"CE", "1"}, {"R", "0"}, {"D", d}}, {{"Q", q}}); }

  std::string run() {
    std::ofstream(file_) << Json{{"modules", {{"top", top_}}}};
    const std::string command = "python3 " BLENDSIM_SOURCE "/scripts/longest_path.py " + file_ + " top 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    for (char buffer[256]; std::fgets(buffer, sizeof buffer, pipe) != nullptr;) out += buffer;
    pclose(pipe);
    return out;
  }

 private:
  Json top_ = {{"ports", Json::object()}, {"cells", Json::object()}, {"netnames", Json::object()}};
  std::string file_ =
      (std::filesystem::temp_directory_path() / ("blendsim_netlist_" + std::to_string(::getpid()) + ".json")).string();
};

TEST_F(LongestPathScript, ALutBetweenRegistersIsOneLevelAndItsNetToARegisterIsWithinTheSlice) {
  register_of(3, 2);
  cell("LUT1", {{"I0", 2}}, {{"O", 3}});
  EXPECT_EQ(run(), "1,221,260,n2,n2,FF LUT FF\n");
}

TEST_F(LongestPathScript, ACarryChainIsOneWithTheLutInFrontOfIt) {
  register_of(9, 2);
  cell("LUT1", {{"I0", 2}}, {{"O", 3}});
  cell("CARRY4", {{"CI", "0"}, {"CYINIT", "0"}, {"DI", {"0", "0", "0", "0"}}, {"S", {3, "0", "0", "0"}}},
       {{"CO", {"x", "x", "x", 5}}});
  cell("CARRY4", {{"CI", 5}, {"CYINIT", "0"}, {"DI", {"0", "0", "0", "0"}}, {"S", {"0", "0", "0", "0"}}}, {{"O", {9}}});
  EXPECT_EQ(run(), "1,541,290,n2,n2,FF LUT CARRY CARRY FF\n") << "96 + 125 + 200 + 120, and 230 + 30 + 0 + 30";
}

TEST_F(LongestPathScript, AMultiplexerBehindItsLutsTakesNoNetAndItsSelectionTakesOne) {
  register_of(5, 2);
  cell("LUT1", {{"I0", 2}}, {{"O", 3}});
  cell("MUXF7", {{"I0", 3}, {"I1", "0"}, {"S", "0"}}, {{"O", 5}});
  EXPECT_EQ(run(), "1,301,260,n2,n2,FF LUT MUXF FF\n");
  cell("LUT1", {{"I0", 2}}, {{"O", 6}});
  cell("MUXF7", {{"I0", "0"}, {"I1", "0"}, {"S", 6}}, {{"O", 7}});
  register_of(7, 8);
  EXPECT_EQ(run(), "2,301,520,n2,n8,FF LUT MUXF FF\n") << "n2 has two loads now: 260, 230 and 30";
}

TEST_F(LongestPathScript, ANetTakesLongerWithItsLoads) {
  cell("FDRE", {{"C", 1}, {"CE", "1"}, {"R", "0"}, {"D", "0"}}, {{"Q", 2}});
  for (int load = 0; load < 9; ++load) register_of(2, 10 + load);
  EXPECT_EQ(run().substr(0, 9), "0,96,340,");
}

TEST_F(LongestPathScript, EnablesAndMemoriesHaveTheirSetUpAndClockToOutput) {
  cell("RAMB18E2", {{"CLKARDCLK", 1}, {"ADDRARDADDR", {"0"}}}, {{"DOUTADOUT", {2}}});
  cell("FDRE", {{"C", 1}, {"CE", 2}, {"R", "0"}, {"D", "0"}}, {{"Q", 3}});
  EXPECT_EQ(run(), "0,1043,230,cell0,n3,RAMB FF\n");
}

TEST_F(LongestPathScript, ALoopWithoutARegisterIsRefused) {
  register_of(3, 2);
  cell("LUT2", {{"I0", 2}, {"I1", 3}}, {{"O", 3}});
  EXPECT_NE(run().find("a loop of cells without a register at n3"), std::string::npos);
}

}  // namespace
