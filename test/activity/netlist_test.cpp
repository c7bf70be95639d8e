// SPDX-License-Identifier: Apache-2.0
// The reader of yosys's JSON: what is flattened, named and grouped, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "netlist.h"

namespace blendsim::activity {
namespace {

using testing::HasSubstr;

std::string by_name(std::string_view instance) { return instance.empty() ? "top" : std::string(instance); }

Netlist read(const std::string& modules) { return read_netlist("{\"modules\":{" + modules + "}}", "top", by_name); }

std::string refusal(const std::string& modules) {
  try {
    (void)read(modules);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was refused";
}

// A module `half`: q registers not d, and it feeds d through to `same`; `one` is constant.
const std::string half = R"("half":{"attributes":{},
  "ports":{"clk":{"direction":"input","bits":[2]},"d":{"direction":"input","bits":[3]},
           "one":{"direction":"output","bits":["1"]},"q":{"direction":"output","bits":[4]},
           "same":{"direction":"output","bits":[3]}},
  "cells":{"not":{"type":"INV","parameters":{},"connections":{"I":[3],"O":[5]}},
           "register":{"type":"FDRE","parameters":{"INIT":"x","IS_C_INVERTED":"0"},
                       "connections":{"C":[2],"CE":["1"],"D":[5],"Q":[4],"R":["0"]}}},
  "netnames":{"d":{"bits":[3]},"nd":{"bits":[9,5],"offset":4},"q":{"bits":[4]}}})";

// Two of them in a row behind a clock buffer, and a LUT of the top's own with an open input and an x.
const std::string top = R"("top":{"attributes":{},
  "ports":{"clk":{"direction":"input","bits":[2]},"d":{"direction":"input","bits":[3]},
           "out":{"direction":"output","bits":[6,7,8,9]}},
  "cells":{"buffer":{"type":"BUFG","parameters":{},"connections":{"I":[2],"O":[10]}},
           "first":{"type":"half","parameters":{},"connections":{"clk":[10],"d":[3],"q":[4],"one":[7],"same":[8]}},
           "second":{"type":"half","parameters":{},"connections":{"clk":[10],"d":[4],"q":[6]}},
           "own":{"type":"LUT3","parameters":{"INIT":"0110"},"connections":{"I0":[4],"I1":["x"],"O":[9]}}},
  "netnames":{}})";

TEST(Netlist, InstancesAreFlattenedWithPathsGroupsAndNames) {
  const Netlist netlist = read(half + "," + top);
  ASSERT_EQ(netlist.cells.size(), 5U);
  EXPECT_EQ(netlist.cells[0].path, "first.not");
  EXPECT_EQ(netlist.cells[1].path, "first.register");
  EXPECT_EQ(netlist.cells[2].path, "own");
  EXPECT_EQ(netlist.cells[4].path, "second.register");
  EXPECT_EQ(netlist.groups[netlist.cells[1].group], "first");
  EXPECT_EQ(netlist.groups[netlist.cells[2].group], "top");
  EXPECT_EQ(netlist.groups[netlist.cells[4].group], "second");
  EXPECT_EQ(netlist.net_names[netlist.cells[0].outputs[0]], "first.nd[5]") << "offset 4, second bit";
}

TEST(Netlist, PortsFeedThroughsAndConstantsAreNetsOfTheTop) {
  const Netlist netlist = read(half + "," + top);
  const NetlistPort& out = *netlist.port("out");
  const NetId d = netlist.port("d")->bits[0];
  EXPECT_EQ(out.bits[0], netlist.cells[4].outputs[0]);
  EXPECT_EQ(out.bits[1], constant_1);
  EXPECT_EQ(out.bits[2], d) << "fed through `first`";
  EXPECT_EQ(out.bits[3], netlist.cells[2].outputs[0]);
  EXPECT_EQ(netlist.cells[3].inputs[0], netlist.cells[1].outputs[0]) << "the second's input is the first's register";
  EXPECT_EQ(netlist.port("second", "q")->bits[0], out.bits[0]);
  EXPECT_EQ(netlist.port("second", "nothing"), nullptr);
  EXPECT_EQ(netlist.port("nothing"), nullptr);
}

TEST(Netlist, OpenAndUndefinedInputsAreZero) {
  const Netlist netlist = read(half + "," + top);
  EXPECT_EQ(netlist.cells[2].inputs[1], constant_0);
  EXPECT_EQ(netlist.cells[2].inputs[2], constant_0);
  EXPECT_EQ(parameter(netlist.cells[1], "INIT", 1), 0U);
  EXPECT_EQ(parameter(netlist.cells[2], "INIT", 0), 6U);
  EXPECT_EQ(parameter(netlist.cells[2], "WIDTH", 7), 7U);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

TEST(Netlist, WhatIsNotModelledIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal(half + "," + replaced(top, "LUT3", "LDCE")), HasSubstr("own: a cell of the unknown type LDCE"));
  EXPECT_THAT(refusal(half), HasSubstr("top: no such module"));
  EXPECT_THAT(refusal(replaced(half, "\"IS_C_INVERTED\":\"0\"", "\"IS_C_INVERTED\":\"1\"") + "," + top),
              HasSubstr("first.register: IS_C_INVERTED is set"));
  EXPECT_THAT(
      refusal(half + "," +
              replaced(top, "\"connections\":{\"clk\":[10],\"d\":[4]", "\"connections\":{\"clk\":[3],\"d\":[4]")),
      HasSubstr("second.register: a second clock beside that of first.register"));
  EXPECT_THAT(refusal(half + "," + replaced(top, "\"O\":[9]", "\"O\":[6]")),
              HasSubstr("drives a net that something else drives"));
  EXPECT_THROW((void)read_netlist("{", "top", by_name), std::runtime_error);
}

}  // namespace
}  // namespace blendsim::activity
