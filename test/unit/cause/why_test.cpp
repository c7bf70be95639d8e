// SPDX-License-Identifier: Apache-2.0
// Planted defects: the cause named first is the one planted, and what it would save is what a run without it saves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "cause/causes.h"
#include "cause/chain.h"
#include "cause/edit.h"
#include "cause/needless.h"
#include "cause/waits.h"
#include "cause/why_text.h"
#include "compiler/retarget.h"
#include "isa/layer_names.h"
#include "result/recording.h"
#include "test/model/compiled_network.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

PhaseRecording record(const MachineParameters& machine, const Program& program) {
  Recording recording;
  RunOptions options;
  options.values = false;
  options.consumers = {&recording};
  (void)Machine::instance().run(machine, program, {}, options);
  return recording.main();
}

blendsim::Run time(const Program& program, const MachineParameters& machine) {
  RunOptions options;
  options.values = false;
  return Machine::instance().run(machine, program, {}, options);
}

Cycles cycles_of(const Program& program, const MachineParameters& machine) { return time(program, machine).cycles; }

std::optional<Rerun> time_of(const Program& program, const MachineParameters& machine) {
  try {
    return Rerun{cycles_of(program, machine), true};
  } catch (const DiagnosticError&) {
    return std::nullopt;  // a token counter overflows
  }
}

Reruns same_program() { return {time_of, {}}; }

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// A compiled network, and the tokens of its run.
const CompiledNetwork& network() {
  static const CompiledNetwork compiled = small_blend("zu3eg");
  return compiled;
}

// Posts the token of one wait later than it is needed, where that lengthens the run most: nothing but the order is
// changed.
struct Planted {
  Program program;
  TokenWay token;  // as planted
  std::int32_t needed = -1;
};

Planted plant_wrong_tile() {
  const CompiledNetwork& good = network();
  const MachineParameters& machine = good.platform.machine;
  const RecordedRun run(good.program, machine, record(machine, good.program));
  Planted worst;
  Cycles longest = run.cycles();
  for (const TokenEvent& token : run.run().tokens) {
    const auto mask = token.kind == TokenKind::data ? &Synchronisation::post_data : &Synchronisation::post_space;
    const std::uint32_t consumer = 1U << index(token.consumer);
    // The unit's last instruction before the taker in program order, none of those between posting to it.
    std::int32_t later = token.posted_by;
    for (std::int32_t at = token.posted_by + 1; at < token.taken_by; ++at) {
      if (run.record(at).unit != token.producer) continue;
      if ((sync_of(run.instruction(at)).*mask & consumer) != 0) break;
      later = at;
    }
    if (later == token.posted_by) continue;
    std::vector<Instruction> main = run.instructions();
    sync_of(main[static_cast<std::size_t>(token.posted_by)]).*mask &= ~consumer;
    sync_of(main[static_cast<std::size_t>(later)]).*mask |= consumer;
    Planted planted{with_main(good.program, machine, main), {token.kind, later, token.taken_by}, token.posted_by};
    const Cycles cycles = cycles_of(planted.program, machine);
    if (cycles <= longest) continue;
    longest = cycles;
    worst = std::move(planted);
  }
  return worst;
}

TEST(Why, ATokenForTheWrongTileIsNamedFirstAndSavesWhatTheRightOneSaves) {
  const Planted planted = plant_wrong_tile();
  ASSERT_GE(planted.needed, 0) << "no token of the program can be posted later";
  const MachineParameters& machine = network().platform.machine;
  ASSERT_NO_THROW(verify(planted.program, machine));  // a defect of speed alone
  const RecordedRun run(planted.program, machine, record(machine, planted.program));
  const std::vector<Cause> causes = find_causes(run, same_program());
  ASSERT_FALSE(causes.empty());
  EXPECT_EQ(causes.front().kind, Cause::Kind::defect);
  EXPECT_EQ(causes.front().cycles, cycles_of(network().program, machine));
  EXPECT_THAT(first_line(causes_text(run, causes, 5, true)),
              testing::AllOf(HasSubstr("wrong tile"), HasSubstr("#" + std::to_string(planted.token.taken_by) + " "),
                             HasSubstr("#" + std::to_string(planted.token.posted_by) + " "),
                             HasSubstr("needs only #" + std::to_string(planted.needed))));
}

TEST(Why, NoWaitOfACompiledProgramIsForTheWrongTile) {
  const MachineParameters& machine = network().platform.machine;
  const RecordedRun run(network().program, machine, record(machine, network().program));
  std::vector<TokenWay> tokens;
  for (const TokenEvent& token : run.run().tokens) {
    if (run.is_critical(token.taken_by)) tokens.push_back({token.kind, token.posted_by, token.taken_by});
  }
  EXPECT_FALSE(tokens.empty());
  EXPECT_THAT(find_needless(run, tokens), testing::IsEmpty());
}

TEST(Why, ALatencyOf400IsNamedFirstAndSavesWhatARunWithoutSaves) {
  MachineParameters slow = network().platform.machine;
  slow.memory.read_latency = 400;
  MachineParameters fast = slow;
  fast.memory.read_latency = 1;
  const RecordedRun run(network().program, slow, record(slow, network().program));
  const std::vector<Cause> causes = find_causes(run, same_program());
  ASSERT_FALSE(causes.empty());
  EXPECT_THAT(first_line(causes_text(run, causes, 5, true)), HasSubstr("memory.read_latency is 400 cycles"));
  ASSERT_NE(find_headline(run, causes), nullptr);
  EXPECT_EQ(find_headline(run, causes)->cycles, cycles_of(network().program, fast));
}

TEST(Why, ABufferWithOneRegionLessIsNamedFirstAndSavesWhatTheOtherSaves) {
  const std::vector<std::string> less = {"buffers.act_fixed.depth=2048", "buffers.act_fixed.regions=1"};
  const CompiledNetwork scarce = small_blend("zu3eg", less);
  const MachineParameters& machine = scarce.platform.machine;
  const RecordedRun run(scarce.program, machine, record(machine, scarce.program));
  const IntegerNetwork lowered = load_network(ZooFile("neuroblend20", one_block()).path());
  Retargeter retargeter(lowered);
  const auto compiled = [&](const std::vector<std::string>& sets) -> std::optional<Rerun> {
    std::vector<std::string> all = less;
    all.insert(all.end(), sets.begin(), sets.end());
    try {
      const MachineParameters other = load_platform("zu3eg", all, {BLENDSIM_CONFIGS}).machine;
      return Rerun{cycles_of(retargeter.timing_program(other, time), other), true};
    } catch (const DiagnosticError&) {
      return std::nullopt;
    }
  };
  const std::vector<Cause> causes = find_causes(run, {time_of, compiled});
  ASSERT_FALSE(causes.empty());
  EXPECT_THAT(first_line(causes_text(run, causes, 5, true)), HasSubstr("buffers.act_fixed has 1 region"));
  const std::vector<std::string> sets = {"buffers.act_fixed.depth=2048", "buffers.act_fixed.regions=2"};
  const Platform enough = load_platform("zu3eg", sets, {BLENDSIM_CONFIGS});
  CompileOptions options;
  options.evaluate = time;
  ASSERT_NE(find_headline(run, causes), nullptr);
  EXPECT_LT(find_headline(run, causes)->cycles, run.cycles());
  EXPECT_EQ(find_headline(run, causes)->cycles, cycles_of(compile(lowered, enough, options).program, enough.machine));
}

// A compiler that has `saved` cycles less for what it knows; nothing for what it does not.
Reruns compiles_to(const RecordedRun& run, std::map<std::string, std::pair<Cycles, bool>> known) {
  return {time_of, [&run, known = std::move(known)](const std::vector<std::string>& sets) -> std::optional<Rerun> {
            std::string all;
            for (const std::string& set : sets) all += (all.empty() ? "" : " ") + set;
            const auto found = known.find(all);
            if (found == known.end()) return std::nullopt;
            return Rerun{run.cycles() - found->second.first, found->second.second};
          }};
}

TEST(Why, ALargerUnitThatIsTooMuchForItsPartIsTriedWithMoreProductsOfADspSlice) {
  const MachineParameters& machine = network().platform.machine;
  ASSERT_EQ(machine.mac_array.products_per_dsp, 1);
  const std::string columns = "mac_array.columns=" + std::to_string(2 * machine.mac_array.columns);
  const RecordedRun run(network().program, machine, record(machine, network().program));
  const std::string text = causes_text(
      run,
      find_causes(
          run, compiles_to(run, {{columns, {500, false}}, {columns + " mac_array.products_per_dsp=2", {500, true}}})),
      99, true);
  EXPECT_THAT(text, HasSubstr("--set " + columns + " --set mac_array.products_per_dsp=2: "));
  EXPECT_THAT(text, Not(HasSubstr("the part")));
}

// The last resort: what is left of the buffers holds the program's weights, and half of it would not.
TEST(Why, ALargerUnitIsTriedWithoutWhatTheProgramDoesNotNeed) {
  const MachineParameters& machine = network().platform.machine;
  const std::string columns = "mac_array.columns=" + std::to_string(2 * machine.mac_array.columns);
  const RecordedRun run(network().program, machine, record(machine, network().program));
  std::vector<std::string> tried;
  const auto compiled = [&](const std::vector<std::string>& sets) -> std::optional<Rerun> {
    if (sets.front() != columns) return std::nullopt;
    tried = sets;
    return Rerun{run.cycles() - 500, sets.size() > 2};
  };
  const std::vector<Cause> causes = find_causes(run, {time_of, compiled});
  const auto found = std::find_if(causes.begin(), causes.end(),
                                  [&](const Cause& cause) { return cause.without.find(columns) != std::string::npos; });
  ASSERT_NE(found, causes.end());
  EXPECT_TRUE(found->fits);
  std::int64_t depths = 0;
  for (const std::string& set : tried) {
    for (const BufferId id : {BufferId::weights_binary, BufferId::weights_fixed}) {
      const std::string key = "buffers." + std::string(name(id)) + ".depth=";
      if (!set.starts_with(key)) continue;
      const std::int64_t bits =
          std::stoll(set.substr(key.size())) * machine.buffer(id).regions * machine.buffer(id).width;
      const std::int64_t used = network().program.buffers[static_cast<std::size_t>(index(id))].peak_bits;
      EXPECT_GE(bits, used) << set;
      EXPECT_LT(bits / 2, used) << set;
      ++depths;
    }
  }
  EXPECT_GT(depths, 0) << "every buffer of this machine is full";
}

TEST(Why, TheLargestGainThatFitsIsNamedWhereTheLargestDoesNot) {
  const MachineParameters& machine = network().platform.machine;
  const std::string columns = "mac_array.columns=" + std::to_string(2 * machine.mac_array.columns);
  const std::string lanes = "pool_unit.lanes=" + std::to_string(2 * machine.pool_unit.lanes);
  const RecordedRun run(network().program, machine, record(machine, network().program));
  const auto nothing = [](const Program&, const MachineParameters&) { return std::optional<Rerun>(); };
  const auto text = [&](bool lanes_fit) {
    const Reruns reruns =
        compiles_to(run, {{columns, {run.cycles() - 2, false}}, {lanes, {run.cycles() - 3, lanes_fit}}});
    return causes_text(run, find_causes(run, {nothing, reruns.compiled}), 1, true);
  };
  EXPECT_THAT(text(true),
              testing::ContainsRegex("largest that fits the part: [0-9,]+ .*, pool_unit.lanes is .*" + lanes));
  EXPECT_THAT(text(false), HasSubstr("none of these machines fits the part\n"));
}

TEST(Why, TheSharesOfTheCriticalPathAddUpToTheRun) {
  for (const char* platform : {"zu3eg", "z7020", "k26"}) {
    const CompiledNetwork compiled = small_blend(platform);
    const MachineParameters& machine = compiled.platform.machine;
    const RecordedRun run(compiled.program, machine, record(machine, compiled.program));
    Cycles sum = 0;
    for (const ChainLink& link : critical_chain(run)) sum += link.to - link.from;
    EXPECT_EQ(sum, run.cycles()) << platform;
  }
}

// --- chains, on programs whose every cycle is known ---------------------------------------------------------------

TEST(Why, AChainLeadsBackToWhatBeganTheWait) {
  const MachineParameters machine = simple_machine();
  // The first xnor instruction is seen in 10 + 1 + 2 + 1 = 14 and the second starts 300 later; post_unit, which wants
  // the second one's token, has done its own first work long before.
  const Program program =
      make_program(std::vector<Step>{post_step(5), xnor(300), xnor(40).post(UnitId::post_unit).layer(1),
                                     post_step(7).wait(UnitId::xnor_array).layer(2)});
  const RecordedRun run(program, machine, record(machine, program));
  const std::vector<WaitGroup> waits = find_waits(run);
  ASSERT_FALSE(waits.empty());
  const IntervalEvent& wait = waits[0].longest;
  EXPECT_EQ(wait.unit, UnitId::post_unit);
  EXPECT_EQ(wait.activity, Activity::stall_dependency);
  EXPECT_EQ(waits[0].critical, wait.to - wait.from);
  const Cycles first = visible(machine, 3);  // each takes two words
  EXPECT_EQ(wait.to, first + 300 + 40 - 1 + machine.xnor_array.depth + 1);
  const std::vector<ChainLink> chain = chain_of(run, wait);
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_EQ(chain[0].first, 2);
  EXPECT_EQ(chain[0].from, first + 300);
  EXPECT_EQ(chain[0].to, wait.to);
  EXPECT_EQ(chain[1].first, 1);
  EXPECT_EQ(chain[1].from, first);
  EXPECT_EQ(chain[1].to, first + 300);
}

TEST(Why, AFullQueueIsTheDispatchersReason) {
  MachineParameters machine = simple_machine();
  machine.dispatcher.queue_depth = 1;
  // Two more xnor instructions than the queue holds keep the dispatcher from pool_unit's second.
  const Program program = make_program(std::vector<Step>{pool(3), xnor(200), xnor(200), xnor(200), pool(500)});
  const RecordedRun run(program, machine, record(machine, program));
  WaitFilter filter;
  filter.unit = UnitId::pool_unit;
  const std::vector<WaitGroup> waits = find_waits(run, filter);
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_EQ(waits[0].longest.activity, Activity::stall_dispatch);
  const std::vector<ChainLink> chain = chain_of(run, waits[0].longest);
  ASSERT_FALSE(chain.empty());
  EXPECT_EQ(chain[0].kind, ChainLink::Kind::queue);
  EXPECT_EQ(chain[0].first, 2);  // whose start freed the slot
  EXPECT_EQ(chain[0].last, 3);   // that stood before the queue
  const std::vector<Cause> causes = find_causes(run, same_program());
  ASSERT_FALSE(causes.empty());
  EXPECT_THAT(causes.front().what, HasSubstr("dispatcher.queue_depth is 1"));
  MachineParameters deep = machine;
  deep.dispatcher.queue_depth = 1024;
  EXPECT_EQ(causes.front().cycles, cycles_of(program, deep));
}

TEST(Why, EveryChainIsWithoutAGapAndReachesItsWait) {
  const MachineParameters& machine = network().platform.machine;
  const RecordedRun run(network().program, machine, record(machine, network().program));
  std::int64_t looked_at = 0;
  for (const IntervalEvent& interval : run.run().intervals) {
    if (interval.activity == Activity::busy || interval.record < 0) continue;
    const std::vector<ChainLink> chain = chain_of(run, interval);
    ASSERT_FALSE(chain.empty());
    EXPECT_EQ(chain.front().to, interval.to);
    for (std::size_t i = 1; i < chain.size(); ++i) EXPECT_EQ(chain[i].to, chain[i - 1].from);
    const bool from_the_doorbell =
        chain.back().kind == ChainLink::Kind::decode || chain.back().kind == ChainLink::Kind::fetch;
    EXPECT_TRUE(from_the_doorbell || chain.back().from <= interval.from) << chain_text(run, chain, 0);
    ++looked_at;
  }
  EXPECT_GT(looked_at, 50);
}

TEST(Why, GroupsOfWaitsAddUpToTheAccounts) {
  const MachineParameters& machine = network().platform.machine;
  Recording recording;
  RunOptions options;
  options.values = false;
  options.consumers = {&recording};
  const blendsim::Run whole = Machine::instance().run(machine, network().program, {}, options);
  const RecordedRun run(network().program, machine, recording.main());
  for (const UnitId unit : all_units) {
    Cycles sum = 0;
    WaitFilter filter;
    filter.unit = unit;
    for (const WaitGroup& group : find_waits(run, filter)) sum += group.cycles;
    const UnitCycles& account = whole.units[static_cast<std::size_t>(index(unit))];
    EXPECT_EQ(sum, account.total() - account.busy - account.idle) << name(unit);
  }
}

TEST(Why, AnUnknownLayerNamesTheNearest) {
  try {
    (void)find_layers(network().program, "inputt");
    FAIL();
  } catch (const DiagnosticError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("unknown-name"), HasSubstr("did you mean 'input'?")));
  }
}

TEST(Why, APatternMeansAllItsLayersAndATensorNamesItsLayer) {
  const Program& program = network().program;
  std::vector<std::int32_t> all(program.layers.size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(find_layers(program, "*"), all);
  EXPECT_EQ(find_layers(program, "inp?t"), std::vector<std::int32_t>{0});
  const auto layer = std::find_if(program.layers.begin(), program.layers.end(), [](const ProgramLayer& l) {
    return !l.results.empty() && l.results.front().name != l.name;
  });
  ASSERT_NE(layer, program.layers.end());
  const std::string tensor = layer->results.front().name;
  ASSERT_TRUE(layers_named(program, tensor).empty());
  EXPECT_EQ(layer_hint(program, tensor, ""),
            "'" + tensor + "' is a tensor; the layer that writes it is '" + layer->name + "'");
  EXPECT_EQ(tensor_hint(program, layer->name, {}, "none"),
            "'" + layer->name + "' is a layer; what it writes is '" + tensor + "'");
}

}  // namespace
}  // namespace blendsim::test
