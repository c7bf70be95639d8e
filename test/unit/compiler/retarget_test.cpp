// SPDX-License-Identifier: Apache-2.0
// A search's programs are compile()'s in all that takes time, whatever machine came before.
#include "compiler/retarget.h"

#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

// Stands for the machine: any number that follows from the program alone orders the candidates.
Run evaluate(const Program& program, const MachineParameters&) {
  Run run;
  for (const Word& word : program.main)
    run.cycles = (run.cycles * 31 + static_cast<Cycles>(word.low ^ word.high)) % 9973;
  return run;
}

std::vector<Platform> machines() {
  std::vector<Platform> out;
  for (const test::MachineSizes& sizes : {test::MachineSizes{16, 3, 16, 4, 16, 16},
                                          {16, 6, 16, 8, 32, 32},
                                          {64, 12, 32, 16, 64, 64},
                                          {48, 9, 32, 5, 16, 16}})
    out.push_back(test::platform_of(sizes));
  const auto changed = [&](auto&& change) { change(out.emplace_back(test::platform_of()).machine); };
  changed([](MachineParameters& m) { m.memory.read_latency += 40; });
  changed([](MachineParameters& m) { m.memory.port_width *= 2; });
  changed([](MachineParameters& m) { m.dispatcher.token_bits = 2; });
  changed([](MachineParameters& m) { m.buffers[static_cast<std::size_t>(index(BufferId::weights_fixed))].depth = 64; });
  changed([](MachineParameters& m) { m.buffers[static_cast<std::size_t>(index(BufferId::accumulators))].depth = 64; });
  changed([](MachineParameters& m) { m.buffers[static_cast<std::size_t>(index(BufferId::act_fixed))].depth = 64; });
  changed([](MachineParameters& m) { m.mac_array.weight_bits = 4; });
  return out;
}

struct Outcome {
  Program program;
  std::string refusal;
};

template <class Make>
Outcome outcome_of(Make&& make) {
  try {
    return {make(), {}};
  } catch (const DiagnosticError& error) {
    return {{}, error.what()};
  }
}

void expect_same_time(const Program& timing, const Program& complete) {
  EXPECT_EQ(timing.main, complete.main);
  EXPECT_EQ(timing.resident, complete.resident);
  EXPECT_EQ(timing.main_address, complete.main_address);
  EXPECT_EQ(timing.program_bytes, complete.program_bytes);
  EXPECT_EQ(timing.input_bytes, complete.input_bytes);
  EXPECT_EQ(timing.output_bytes, complete.output_bytes);
  EXPECT_EQ(timing.network_digest, complete.network_digest);
  ASSERT_EQ(timing.layers.size(), complete.layers.size());
  for (std::size_t l = 0; l < timing.layers.size(); ++l) {
    EXPECT_EQ(timing.layers[l].name, complete.layers[l].name);
    EXPECT_EQ(timing.layers[l].unit, complete.layers[l].unit);
    EXPECT_EQ(timing.layers[l].macs, complete.layers[l].macs);
  }
}

// A search names the buffer that has too little room; what would make room, and what was alive in the order tried last,
// it does not say.
std::string room_alone(const std::string& refusal) {
  for (const std::string_view buffer : {"act_fixed", "act_binary"}) {
    const bool is_of_room = refusal.find("addresses are alive at once") != std::string::npos ||
                            refusal.find("this order needs") != std::string::npos ||
                            refusal.find(": no room") != std::string::npos;
    if (is_of_room && refusal.find(std::string(buffer) + ":") != std::string::npos) return "does-not-fit: activations";
  }
  return refusal;
}

TEST(Retargeter, MakesTheWordsThatCompileMakesAndRefusesWhatItRefuses) {
  CompileOptions options;
  options.evaluate = evaluate;
  int compared = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const IntegerNetwork network = test::random_integer_network(seed);
    Retargeter retargeter(network);
    for (const Platform& platform : machines()) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      const Outcome complete = outcome_of([&] { return compile(network, platform, options).program; });
      const Outcome timing = outcome_of([&] { return retargeter.timing_program(platform.machine, evaluate); });
      EXPECT_EQ(room_alone(timing.refusal), room_alone(complete.refusal));
      expect_same_time(timing.program, complete.program);
      ++(complete.refusal.empty() ? compared : refused);
    }
  }
  EXPECT_GE(compared, 60);
  EXPECT_GE(refused, 5);
}

// compile() tries every order to its end; a search gives up before where it can.
TEST(Retargeter, FindsRoomWhereCompileFindsIt) {
  int compared = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const IntegerNetwork network = test::random_integer_network(seed);
    Retargeter retargeter(network);
    for (const BufferId buffer : {BufferId::act_fixed, BufferId::act_binary}) {
      for (const std::int64_t depth : {16, 24, 48, 80, 112, 160, 224, 320}) {
        for (const std::int64_t regions : {1, 2}) {
          Platform platform = test::platform_of();
          BufferParameters& b = platform.machine.buffers[static_cast<std::size_t>(index(buffer))];
          b.depth = depth;
          b.regions = regions;
          SCOPED_TRACE(testing::Message()
                       << "seed " << seed << ", " << regions << " x " << depth << " of " << name(buffer));
          const Outcome complete = outcome_of([&] { return compile(network, platform, {}).program; });
          const Outcome timing = outcome_of([&] { return retargeter.timing_program(platform.machine); });
          EXPECT_EQ(timing.refusal.empty(), complete.refusal.empty()) << timing.refusal << complete.refusal;
          ++(complete.refusal.empty() ? compared : refused);
        }
      }
    }
  }
  EXPECT_GE(compared, 100);
  EXPECT_GE(refused, 100);
}

TEST(Retargeter, ForgetsTheMachinesBefore) {
  const IntegerNetwork network = test::random_integer_network(7);
  Retargeter used(network);
  const std::vector<Platform> all = machines();
  for (int round = 0; round < 2; ++round) {
    for (const Platform& platform : all) {
      const Outcome again = outcome_of([&] { return used.timing_program(platform.machine); });
      const Outcome fresh = outcome_of([&] { return Retargeter(network).timing_program(platform.machine); });
      EXPECT_EQ(again.refusal, fresh.refusal);
      EXPECT_EQ(again.program, fresh.program);
    }
  }
}

TEST(Retargeter, CarriesNoConstant) {
  const IntegerNetwork network = test::random_integer_network(1);
  const Program program = Retargeter(network).timing_program(test::platform_of().machine);
  EXPECT_TRUE(program.segments.empty());
  EXPECT_TRUE(program.init.empty());
  EXPECT_FALSE(program.main.empty());
}

}  // namespace
}  // namespace blendsim
