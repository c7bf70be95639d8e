// SPDX-License-Identifier: Apache-2.0
// Upsets of a small network: what became of each against what an interpreter of the flipped program gives, and every
// way in which one can be masked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isa/interpret.h"
#include "test/model/compiled_network.h"
#include "upset/place.h"
#include "upset/verdict.h"

namespace blendsim::test {
namespace {

struct Trial {
  Run sound, run;
  UpsetVerdict verdict;
};

Trial flip(const CompiledNetwork& network, const std::vector<Upset>& upsets) {
  const std::vector<std::vector<std::int32_t>> images{network.image(1)};
  RunOptions options;
  options.check_hazards = options.capture_tensors = true;
  Trial out;
  out.sound = network.run(images, options);
  UpsetTracker tracker(network.program, network.platform.machine);
  options.upsets = upsets;
  options.consumers = {&tracker};
  out.run = network.run(images, options);
  out.verdict = judge_upset(network.program, out.sound, out.run, tracker);
  return out;
}

const CompiledNetwork& network() {
  static const CompiledNetwork net = small_blend("zu3eg");
  return net;
}

Upset at(Cycles cycle, BufferId buffer, std::uint32_t address, std::uint32_t bit) {
  return {cycle, buffer, address, bit};
}

// A weight that lies in the buffer before main begins: the run is that of a network with this weight, as the
// interpreter of a program with the bit flipped in DRAM computes it.
TEST(Upset, OfAWeightGivesTheNetworkWithThatWeight) {
  const MachineParameters& machine = network().platform.machine;
  int reached = 0;
  std::int64_t tried = 0;
  for (const Instruction& instruction : decode(network().program.init)) {
    const auto* load = std::get_if<LoadInstruction>(&instruction);
    if (load == nullptr || load->buffer == static_cast<std::uint32_t>(BufferId::instructions)) continue;
    const auto buffer = static_cast<BufferId>(load->buffer);
    if (buffer != BufferId::weights_binary && buffer != BufferId::weights_fixed) continue;
    if (load->runs != 1 || ++tried > 6) continue;
    const std::uint32_t bit = buffer == BufferId::weights_binary ? 48 * 7 + 3 : 8 * 5 + 2;
    CompiledNetwork changed = network();
    for (DramSegment& segment : changed.program.segments) {
      const std::uint64_t byte = load->dram_address + bit / 8;
      if (byte < segment.address || byte >= segment.address + segment.bytes.size()) continue;
      segment.bytes[byte - segment.address] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
    const auto expected = interpret(changed.program, machine, network().image(1), true);
    const Trial trial = flip(network(), {at(0, buffer, load->buffer_address, bit)});
    ASSERT_EQ(trial.run.outputs[0], expected.outputs);
    ASSERT_EQ(trial.run.tensors[0].size(), expected.results.size());
    for (std::size_t t = 0; t < expected.results.size(); ++t)
      ASSERT_EQ(trial.run.tensors[0][t].values, expected.results[t].values) << expected.results[t].name;
    EXPECT_EQ(trial.verdict.fate == UpsetFate::reached, trial.run.outputs != trial.sound.outputs);
    reached += trial.verdict.fate == UpsetFate::reached ? 1 : 0;
    EXPECT_EQ(trial.run.units, trial.sound.units);
  }
  EXPECT_GT(tried, 0);
  EXPECT_GT(reached, 0);
  // And the next run knows nothing of it.
  const std::vector<std::vector<std::int32_t>> images{network().image(1)};
  EXPECT_EQ(network().run(images, {}).outputs[0], interpret(network().program, machine, images[0], false).outputs);
}

TEST(Upset, IsOverwrittenWhereItsWordIsWrittenFirst) {
  // Before the first cycle no activation is written, and what reads one reads what was written.
  const Trial trial = flip(network(), {at(0, BufferId::act_fixed, 0, 0)});
  EXPECT_EQ(trial.verdict.fate, UpsetFate::overwritten);
  ASSERT_TRUE(trial.verdict.last_step);
  EXPECT_FALSE(trial.verdict.last_step->read);
  EXPECT_TRUE(trial.verdict.layers.empty());
}

TEST(Upset, IsUnreadInAWordThatNothingUses) {
  const BufferParameters& buffer = network().platform.machine.buffer(BufferId::act_fixed);
  const auto last = static_cast<std::uint32_t>(buffer.regions * buffer.depth - 1);
  EXPECT_EQ(flip(network(), {at(100, BufferId::act_fixed, last, 7)}).verdict.fate, UpsetFate::unread);
}

// An instruction that starts in the upset's cycle finds the bit as it was, the next one flipped.
TEST(Upset, FallsBehindTheStartsOfItsCycle) {
  const MachineParameters& machine = network().platform.machine;
  const auto run = network().time();
  const auto instructions = decode(network().program.main);
  const auto reader = std::find_if(run.records.begin(), run.records.end(),
                                   [](const InstructionRecord& record) { return record.unit == UnitId::xnor_array; });
  ASSERT_NE(reader, run.records.end());
  const auto index = static_cast<std::int32_t>(reader - run.records.begin());
  for (const Access& access : accesses(instructions[static_cast<std::size_t>(reader->instruction)], machine)) {
    if (access.buffer != BufferId::weights_binary) continue;
    const Trial before = flip(network(), {at(reader->start - 1, access.buffer, access.begin, 0)});
    ASSERT_TRUE(before.verdict.first_reader);
    EXPECT_EQ(before.verdict.first_reader->record, index);
    const Trial with = flip(network(), {at(reader->start, access.buffer, access.begin, 0)});
    EXPECT_TRUE(!with.verdict.first_reader || with.verdict.first_reader->record != index);
    return;
  }
  FAIL() << "an XNOR instruction reads no weights";
}

TEST(Upset, ComesAfterAllBehindTheLastStart) {
  const Cycles end = network().time().cycles;
  EXPECT_EQ(flip(network(), {at(end - 1, BufferId::act_fixed, 0, 0)}).verdict.fate, UpsetFate::after_all);
}

// Of upsets all over the run each is followed to its end: what the tracker says of it and the outputs agree.
TEST(Upset, IsFollowedToItsFateWhereverItFalls) {
  const Cycles end = network().time().cycles;
  const MachineParameters& machine = network().platform.machine;
  std::map<UpsetFate, int> fates;
  std::uint64_t random = 12345;
  const auto below = [&](std::int64_t n) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>((random >> 33) % static_cast<std::uint64_t>(n));
  };
  for (int n = 0; n < 60; ++n) {
    const auto buffer = static_cast<BufferId>(n % 6);
    const BufferParameters& parameters = machine.buffer(buffer);
    const Upset upset =
        at(below(end), buffer, static_cast<std::uint32_t>(below(std::min<std::int64_t>(parameters.depth, 64))),
           static_cast<std::uint32_t>(below(parameters.width)));
    const Trial trial = flip(network(), {upset});
    const UpsetVerdict& verdict = trial.verdict;
    ++fates[verdict.fate];
    EXPECT_EQ(verdict.fate == UpsetFate::reached, trial.run.outputs != trial.sound.outputs) << n;
    EXPECT_TRUE(verdict.layers.empty() || verdict.first_reader) << n;
    EXPECT_TRUE(verdict.fate != UpsetFate::masked || verdict.last_step->different == 0) << n;
    EXPECT_FALSE(verdict_text(network().program, machine, {upset}, verdict).empty());
  }
  EXPECT_GE(fates.size(), 4U) << testing::PrintToString(fates.size());
  EXPECT_GT(fates[UpsetFate::masked] + fates[UpsetFate::resting], 0);
  EXPECT_GT(fates[UpsetFate::reached], 0);
}

std::string refusal(const std::string& text) {
  try {
    (void)parse_upset(text, network().platform.machine);
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.status(), ExitStatus::bad_usage);
    return error.what();
  }
  return "accepted";
}

TEST(UpsetPlace, SaysWhichPartIsWrong) {
  using testing::HasSubstr;
  const BufferParameters& buffer = network().platform.machine.buffer(BufferId::act_fixed);
  EXPECT_EQ(parse_upset("5:act_fixed.1:0x10:7", network().platform.machine),
            (Upset{5, BufferId::act_fixed, static_cast<std::uint32_t>(buffer.depth + 16), 7}));
  EXPECT_THAT(refusal("5:act_fixed:16"), HasSubstr("3 parts"));
  EXPECT_THAT(refusal("x:act_fixed:16:1"), HasSubstr("cycle 'x'"));
  EXPECT_THAT(refusal("-1:act_fixed:16:1"), HasSubstr("cycle '-1'"));
  EXPECT_THAT(refusal("5:act_fixd:16:1"), HasSubstr("did you mean 'act_fixed'?"));
  EXPECT_THAT(refusal("5:instructions:0:0"), HasSubstr("decoded once"));
  EXPECT_THAT(refusal("5:act_fixed.9:16:1"), HasSubstr("region 9"));
  EXPECT_THAT(refusal("5:act_fixed.0:" + std::to_string(buffer.depth) + ":1"), HasSubstr("beyond a region"));
  EXPECT_THAT(refusal("5:act_fixed:" + std::to_string(buffer.regions * buffer.depth) + ":1"),
              HasSubstr("beyond act_fixed"));
  EXPECT_THAT(refusal("5:act_fixed:0:128"), HasSubstr("the bit is from 0 to 127"));
}

}  // namespace
}  // namespace blendsim::test
