// SPDX-License-Identifier: Apache-2.0
// Hand-made traffic: stamps by rule 8 worked out, its file, and the traces of other simulators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "replay/file.h"
#include "replay/foreign.h"
#include "replay/outcome.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;

constexpr std::int64_t clock_hz = 200'000'000;

TrafficNode burst(MemoryPort port, std::uint64_t address, std::uint32_t bytes, std::vector<Wait> waits) {
  TrafficNode node;
  node.port = port;
  node.write = port == MemoryPort::store;
  node.address = address;
  node.bytes = bytes;
  node.waits = std::move(waits);
  return node;
}
Wait doorbell(Cycles plus) { return {{}, plus, WaitCause::start}; }
Wait after(StampKind kind, std::int32_t node, Cycles plus) { return {{kind, node}, plus, WaitCause::unspecified}; }

TrafficPhase phase_of(std::vector<TrafficNode> nodes, std::vector<Wait> completion, std::size_t images = 1) {
  TrafficPhase phase;
  phase.nodes = std::move(nodes);
  phase.completion = std::move(completion);
  phase.images.resize(images);
  return phase;
}

std::vector<BurstStamps> replayed(const TrafficPhase& phase, const MemoryParameters& memory) {
  return replay(phase, memory, clock_hz, ReplayMode::dependencies).images.front().bursts;
}

// Equal clocks, sync 1: sent in n, visible in n + 2, there and back. A closed row: RCD 12 + CL 11, 32 bytes in 4
// cycles.
TEST(Replay, OfOneReadIsRuleEight) {
  const MemoryParameters memory = simple_machine().memory;
  const auto stamps = replayed(phase_of({burst(MemoryPort::load, 0, 32, {doorbell(10)})}, {}), memory);
  const Cycles grant = 10 + 2, first_data = grant + 12 + 11, last_data = first_data + 3;
  EXPECT_EQ(stamps[0], (BurstStamps{10, grant + 2, last_data + 2 + 20 - 1, last_data + 2 + 20}));
}

// A write reaches the memory with its last beat; CWL 8, and 10 cycles to the response.
TEST(Replay, OfOneWriteIsRuleEight) {
  const MemoryParameters memory = simple_machine().memory;
  const auto stamps = replayed(phase_of({burst(MemoryPort::store, 0, 64, {doorbell(10)})}, {}), memory);
  const Cycles complete = 10 + 3, grant = complete + 2, last_data = grant + 12 + 4 + 8 + 3;
  EXPECT_EQ(stamps[0], (BurstStamps{10, grant + 2, 10, last_data + 2 + 10}));
}

TEST(Replay, LetsARequestWaitForWhatItWaitedFor) {
  MachineParameters m = simple_machine();
  // 2 waits for the later of 0's last beat + 5 (through the join 1) and the doorbell + 40.
  TrafficNode join;
  join.waits = {after(StampKind::last, 0, 3)};
  const TrafficPhase phase =
      phase_of({burst(MemoryPort::load, 0, 32, {doorbell(10)}), join,
                burst(MemoryPort::store, 64, 32, {after(StampKind::request, 1, 2), doorbell(40)})},
               {after(StampKind::last, 2, 7)}, 2);
  for (const std::int64_t latency : {1, 20, 300}) {
    m.memory.read_latency = latency;
    const ReplayedPhase out = replay(phase, m.memory, clock_hz, ReplayMode::dependencies);
    const auto& bursts = out.images[0].bursts;
    EXPECT_EQ(bursts[1].request, std::max<Cycles>(40, bursts[0].last + 5)) << latency;
    EXPECT_EQ(out.images[0].completion, bursts[1].last + 7);
    EXPECT_EQ(out.images[1].doorbell, out.images[0].completion + 1);
    EXPECT_EQ(out.images[1].bursts[0].request, out.images[1].doorbell + 10);
    EXPECT_EQ(out.end(), out.images[1].completion);
    EXPECT_EQ(out.memory.read_bytes, 64);
    EXPECT_EQ(out.memory.write_bytes, 64);
  }
}

// Ties of visibility go to fetch before store before load.
TEST(Replay, BreaksTiesByPort) {
  const MemoryParameters memory = simple_machine().memory;
  const TrafficPhase phase =
      phase_of({burst(MemoryPort::load, 0, 32, {doorbell(10)}), burst(MemoryPort::store, 4096, 16, {doorbell(10)}),
                burst(MemoryPort::fetch, 8192, 32, {doorbell(10)}),
                burst(MemoryPort::fetch, 8224, 32, {after(StampKind::grant, 2, 0)})},
               {});
  const ReplayedPhase out = replay(phase, memory, clock_hz, ReplayMode::dependencies);
  EXPECT_EQ(out.order, (std::vector<Served>{{0, 2}, {0, 1}, {0, 0}, {0, 3}}));
}

TEST(Replay, SaysWhereTheMemoryServesInAnotherOrder) {
  MachineParameters fast = simple_machine(), slow = simple_machine();
  slow.memory.read_latency = 300;
  Traffic traffic;
  traffic.source = "made up";
  // The store follows the load's answer; the fetch comes in cycle 200, behind it here and before it there.
  traffic.of(Phase::main) = phase_of(
      {burst(MemoryPort::load, 0, 32, {doorbell(10)}), burst(MemoryPort::store, 64, 32, {after(StampKind::last, 0, 1)}),
       burst(MemoryPort::fetch, 128, 32, {doorbell(200)})},
      {after(StampKind::last, 1, 1), after(StampKind::last, 2, 1)});
  traffic.of(Phase::main).images =
      replay(traffic.of(Phase::main), fast.memory, clock_hz, ReplayMode::dependencies).images;
  const ReplayOutcome same = replay_beside(traffic, fast, fast, ReplayMode::dependencies);
  EXPECT_TRUE(same.exact(traffic));
  EXPECT_EQ(same.phases[1].reordered, 0);
  EXPECT_THAT(outcome_text(traffic, same, {}), HasSubstr("every stamp of the recording comes out again"));

  const ReplayOutcome other = replay_beside(traffic, fast, slow, ReplayMode::dependencies);
  EXPECT_TRUE(other.exact(traffic));
  EXPECT_EQ(other.phases[1].reordered, 2);
  EXPECT_EQ(other.phases[1].first_reordered, (Served{0, 2}));
  EXPECT_THAT(outcome_text(traffic, other, {}), HasSubstr("2 bursts in another place"));

  // Open loop the store goes in its recorded cycle, whatever the load's answer.
  const ReplayOutcome open = replay_beside(traffic, fast, slow, ReplayMode::open_loop);
  EXPECT_FALSE(open.exact(traffic));
  EXPECT_EQ(open.phases[1].replayed.images[0].bursts[1].request, traffic.of(Phase::main).images[0].bursts[1].request);
  EXPECT_THAT(outcome_text(traffic, open, {}), HasSubstr("NOT EXACT"));

  // A recording that this law does not give is not claimed to be exact.
  ++traffic.of(Phase::main).images[0].bursts[0].last;
  const ReplayOutcome wrong = replay_beside(traffic, fast, fast, ReplayMode::dependencies);
  EXPECT_FALSE(wrong.faithful());
  EXPECT_THAT(outcome_text(traffic, wrong, {}), HasSubstr("NOT EXACT"));
}

TEST(Replay, RefusesAMemoryThatIsTooSmall) {
  MemoryParameters memory = simple_machine().memory;
  memory.capacity = 1 << 20;
  EXPECT_THROW((void)replayed(phase_of({burst(MemoryPort::load, (1 << 20) - 16, 32, {doorbell(0)})}, {}), memory),
               DiagnosticError);
}

Traffic sample() {
  Traffic traffic;
  traffic.source = "a network";
  traffic.platform_yaml = "name: x\nclock: 200 MHz\n";
  TrafficNode join;
  join.waits = {after(StampKind::grant, 0, -3), doorbell(7)};
  traffic.of(Phase::main) = phase_of({burst(MemoryPort::load, 0x1000, 32, {doorbell(10)}), join,
                                      burst(MemoryPort::store, 64, 32, {after(StampKind::request, 1, 2)})},
                                     {after(StampKind::last, 2, 1)});
  traffic.of(Phase::main).nodes[0].step = 0x3000;
  traffic.of(Phase::main).nodes[0].instruction = 4;
  traffic.of(Phase::main).images =
      replay(traffic.of(Phase::main), simple_machine().memory, clock_hz, ReplayMode::dependencies).images;
  return traffic;
}

TEST(TrafficFile, ReadsWhatItWrote) {
  const Traffic traffic = sample();
  const std::string text = traffic_text(traffic);
  EXPECT_THAT(text, HasSubstr("burst load R 1000 3000 32 4 start:D+10\n"));
  EXPECT_THAT(text, HasSubstr("join 0G-3 start:D+7\n"));
  EXPECT_THAT(text, HasSubstr("completion 2L+1\n"));
  const Traffic again = parse_traffic(text, "m");
  EXPECT_EQ(again.source, traffic.source);
  EXPECT_EQ(again.platform_yaml, traffic.platform_yaml);
  EXPECT_EQ(again.of(Phase::main).nodes, traffic.of(Phase::main).nodes);
  EXPECT_EQ(again.of(Phase::main).completion, traffic.of(Phase::main).completion);
  EXPECT_EQ(again.of(Phase::main).images[0].bursts, traffic.of(Phase::main).images[0].bursts);
  EXPECT_TRUE(again.of(Phase::init).images.empty());
  EXPECT_EQ(traffic_text(again), text);
}

std::string problem(const std::string& text) {
  try {
    (void)parse_traffic(text, "m");
  } catch (const DiagnosticError& error) {
    return error.what();
  }
  return "accepted";
}

// With a digest that fits, so that the lines themselves are judged.
std::string sealed(std::string text) {
  text = text.substr(0, text.rfind("digest"));
  return text + "digest " + Digest().add(std::string_view(text)).hex() + "\n";
}

std::string replaced(std::string text, const std::string& a, const std::string& b) {
  return text.replace(text.find(a), a.size(), b);
}

TEST(TrafficFile, RefusesWhatIsDamaged) {
  const std::string text = traffic_text(sample());
  EXPECT_THAT(problem(replaced(text, "D+10", "D+11")), HasSubstr("digest does not verify"));
  EXPECT_THAT(problem(text.substr(0, text.size() / 2)), HasSubstr("digest does not verify"));
  EXPECT_THAT(problem(replaced(text, "memory/1", "memory/7")), HasSubstr("of version 7"));
  EXPECT_THAT(problem("hello\n"), HasSubstr("no recorded memory traffic"));
  EXPECT_EQ(problem(sealed(text)), "accepted");
  EXPECT_THAT(problem(sealed(replaced(text, "0G-3", "5G-3"))), HasSubstr("does not come before"));
  EXPECT_THAT(problem(sealed(replaced(text, "0G-3", "1G-3"))), HasSubstr("does not come before"));
  EXPECT_THAT(problem(sealed(replaced(text, "0G-3", "0X-3"))), HasSubstr("is no stamp"));
  EXPECT_THAT(problem(sealed(replaced(text, "R 1000", "Q 1000"))), HasSubstr("'Q' is not expected"));
  EXPECT_THAT(problem(sealed(replaced(text, " 32 4 ", " 0 4 "))), HasSubstr("1 to 4096 bytes"));
  EXPECT_THAT(problem(sealed(replaced(text, "\njoin", "\njoke"))), HasSubstr("'joke' is not expected"));
}

// Whatever the lines say, the answer is a replay or a diagnostic.
TEST(TrafficFile, AnswersAnyChangeOfItsLines) {
  const std::string text = traffic_text(sample());
  std::uint64_t random = 1;
  const auto below = [&](std::size_t n) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(random >> 33) % n;
  };
  const std::string alphabet = "0123456789abcdefDRGL+-: \n";
  int accepted = 0, refused = 0;
  for (int n = 0; n < 4000; ++n) {
    std::string changed = text;
    const std::size_t begin = changed.find("phase main");
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = begin + below(changed.rfind("digest") - begin);
      const char c = alphabet[below(alphabet.size())];
      if (below(3) == 0) changed.erase(at, 1);
      else if (below(2) == 0) changed.insert(at, 1, c);
      else changed[at] = c;
    }
    try {
      const Traffic traffic = parse_traffic(sealed(changed), "m");
      for (const ReplayMode mode : {ReplayMode::dependencies, ReplayMode::open_loop})
        (void)replay_beside(traffic, simple_machine(), simple_machine(), mode);
      ++accepted;
    } catch (const DiagnosticError&) {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 100);
}

constexpr const char* stl =
    "# comment\n"
    "31: read 0x400140\n"
    "33: (128) read 0x400fc0\n"
    "56: write 0x8000 0x1234\n";

TEST(ForeignTrace, OfDramsysIsReadWithItsCyclesAndLengths) {
  const MemoryParameters memory = simple_machine().memory;  // 32 bytes a column command
  ASSERT_EQ(trace_format(stl, "t.stl"), TraceFormat::stl);
  const Traffic traffic = parse_foreign(stl, TraceFormat::stl, "t.stl", memory);
  const TrafficPhase& phase = traffic.of(Phase::main);
  ASSERT_EQ(phase.nodes.size(), 4U);  // the second crosses 4 KiB
  EXPECT_EQ(phase.nodes[0].address, 0x400140U);
  EXPECT_EQ(phase.nodes[0].bytes, 32U);
  EXPECT_EQ(phase.nodes[1].bytes, 64U);
  EXPECT_EQ(phase.nodes[2].address, 0x401000U);
  EXPECT_EQ(phase.nodes[2].bytes, 64U);
  EXPECT_TRUE(phase.nodes[3].write);
  const auto stamps = replayed(phase, memory);
  EXPECT_EQ(stamps[0].request, 31);
  EXPECT_EQ(stamps[1].request, std::max<Cycles>(33, stamps[0].grant));
  EXPECT_EQ(stamps[3].request, 56);
  EXPECT_FALSE(traffic.stamped);
}

TEST(ForeignTrace, OfDramsysMayCountFromTheEndOfTheTransactionBefore) {
  const MemoryParameters memory = simple_machine().memory;
  ASSERT_EQ(trace_format(stl, "t.rstl"), TraceFormat::rstl);
  const auto stamps = replayed(parse_foreign(stl, TraceFormat::rstl, "t.rstl", memory).of(Phase::main), memory);
  EXPECT_EQ(stamps[0].request, 31);
  EXPECT_EQ(stamps[1].request, stamps[0].last + 33);
  EXPECT_EQ(stamps[3].request, stamps[2].last + 56);
}

TEST(ForeignTrace, OfRamulatorGoesAsFastAsItIsGranted) {
  const MemoryParameters memory = simple_machine().memory;
  const std::string text = "LD 0x40\nLD 128\nST 0x80\n";
  ASSERT_EQ(trace_format(text, "t"), TraceFormat::load_store);
  const Traffic traffic = parse_foreign(text, TraceFormat::load_store, "t", memory);
  const auto stamps = replayed(traffic.of(Phase::main), memory);
  EXPECT_EQ(traffic.of(Phase::main).nodes[1].address, 128U);
  EXPECT_EQ(stamps[0].request, 0);
  EXPECT_EQ(stamps[1].request, stamps[0].grant);
  EXPECT_TRUE(traffic.of(Phase::main).nodes[2].write);
}

// What a trace does not hold is no 0 of the recording.
TEST(ForeignTrace, HasNoRecordedStampsInTheTableOfBursts) {
  const MachineParameters machine = simple_machine();
  const auto row = [&](const std::string& text, TraceFormat format) {
    const Traffic traffic = parse_foreign(text, format, "t", machine.memory);
    const std::string csv = outcome_csv(traffic, replay_beside(traffic, machine, machine, ReplayMode::dependencies));
    return csv.substr(csv.find('\n') + 1);
  };
  EXPECT_THAT(row("5: (32) read 0x0\n", TraceFormat::stl), testing::StartsWith("main,0,0,load,read,0x0,32,,5,,,,5,"));
  EXPECT_THAT(row("5: (32) read 0x0\n", TraceFormat::rstl), testing::StartsWith("main,0,0,load,read,0x0,32,,,,,,5,"));
  EXPECT_THAT(row("LD 0x0\n", TraceFormat::load_store), testing::StartsWith("main,0,0,load,read,0x0,32,,,,,,0,"));
}

TEST(ForeignTrace, IsWrittenForBothSimulators) {
  const Traffic traffic = sample();
  const MemoryParameters memory = simple_machine().memory;
  const auto& bursts = traffic.of(Phase::main).images[0].bursts;
  EXPECT_EQ(foreign_text(traffic.of(Phase::main), TraceFormat::stl, memory),
            "10: (32) read 0x1000\n" + std::to_string(bursts[1].request) + ": (32) write 0x40\n");
  EXPECT_EQ(foreign_text(traffic.of(Phase::main), TraceFormat::load_store, memory), "LD 0x1000\nST 0x40\n");
  const std::string text = foreign_text(traffic.of(Phase::main), TraceFormat::stl, memory);
  EXPECT_EQ(replayed(parse_foreign(text, TraceFormat::stl, "t.stl", memory).of(Phase::main), memory), bursts);
}

TEST(ForeignTrace, SaysWhichLineIsNoTransaction) {
  const MemoryParameters memory = simple_machine().memory;
  for (const char* line : {"31 reed 0x4", "31: (0) read 0x4", "x: read 0x4", "31: read zz", "31: (12 read 0x4"}) {
    try {
      (void)parse_foreign(std::string("1: read 0x0\n") + line + "\n", TraceFormat::stl, "t.stl", memory);
      FAIL() << line;
    } catch (const DiagnosticError& error) {
      EXPECT_THAT(error.what(), HasSubstr("t.stl:2")) << line;
    }
  }
  const auto refusal = [&](const std::string& line) -> std::string {
    try {
      (void)parse_foreign(line, trace_format(line, "t.stl"), "t.stl", memory);
    } catch (const DiagnosticError& error) {
      return error.what();
    }
    return "read";
  };
  EXPECT_THAT(refusal("0: (0) read 0x0\n"), HasSubstr("t.stl:1: '0: (0) read 0x0' is no transaction"));
  EXPECT_THAT(refusal("0: read 0xffffffffffffffff\n"), HasSubstr("its address is beyond"));
  EXPECT_THAT(refusal("0: (99999999) write 0x0\n"), HasSubstr("its size is beyond"));
  EXPECT_THAT(refusal("9999999999999999999: write 0x0\n"), HasSubstr("its cycle is beyond"));
  EXPECT_THAT(refusal("LD nowhere\n"), HasSubstr("a line is `LD ADDRESS`"));
  EXPECT_THROW((void)trace_format("what is this\n", "t"), DiagnosticError);
  EXPECT_THROW((void)trace_format("", "t"), DiagnosticError);
}

}  // namespace
}  // namespace blendsim::test
