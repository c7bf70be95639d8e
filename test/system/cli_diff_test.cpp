// SPDX-License-Identifier: Apache-2.0
// blendsim diff and run --expect through the binary: one thing is changed, and the first place where it shows is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "networks.h"
#include "process.h"
#include "result/recording.h"
#include "sim/open_program.h"

namespace blendsim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CliDiff : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend20", "--blocks", "1", "-o", net}).status, 0);
    ASSERT_EQ(blendsim_cli({"compile", net, "--platform", "zu3eg", "-o", program}).status, 0);
    opened = open_program(program, {BLENDSIM_CONFIGS});
    RunOptions options;
    options.values = false;
    records = Machine::instance().run(opened.platform.machine, opened.program, {}, options).records;
  }

  // The records as somebody else would write them, the last line first.
  [[nodiscard]] std::string table() const {
    std::string text = "unit,instruction,start,end\n";
    for (auto r = records.rbegin(); r != records.rend(); ++r) {
      text += std::string(name(r->unit)) + "," + std::to_string(r->instruction) + "," + std::to_string(r->start) + "," +
              std::to_string(r->end) + "\n";
    }
    return text;
  }
  [[nodiscard]] std::string layer_of(const InstructionRecord& r) const {
    return opened.program.layers[static_cast<std::size_t>(r.layer)].name;
  }
  [[nodiscard]] std::string name_of(const InstructionRecord& r) const {
    return "#" + std::to_string(r.instruction) + " " + std::string(name(r.unit)) + " (" + layer_of(r) + ")";
  }

  const Workspace work;
  const std::string net = work.path("net.onnx"), program = work.path("net.program");
  OpenedProgram opened;
  std::vector<InstructionRecord> records;
};

std::string grouped_digits(std::int64_t value) {
  std::string text = std::to_string(value);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

// What one run leaves in the process is nothing that the other wrote.
TEST_F(CliDiff, AProgramDiffersNowhereFromItself) {
  for (const std::string network : {"neuroblend20", "neuroblend_tiny", "convnet_mixed", "mlp_w2a2"}) {
    for (const std::string platform : {"k26", "vu9p", "z7020"}) {
      const std::string file = work.path(network + ".onnx"), compiled = work.path(network + ".program");
      ASSERT_EQ(blendsim_cli({"zoo", network, "-o", file}).status, 0);
      if (blendsim_cli({"compile", file, "--platform", platform, "-o", compiled}).status != 0) continue;
      const ProcessResult same = blendsim_cli({"diff", compiled, compiled});
      EXPECT_EQ(same.status, 0) << network << " on " << platform << '\n' << same.out << same.err;
      EXPECT_THAT(same.out, HasSubstr("every value is the same"));
    }
  }
}

TEST_F(CliDiff, OneLateInstructionOfATraceIsNamed) {
  const ProcessResult same = blendsim_cli({"diff", program, "--events", work.write("same.csv", table())});
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  // One in the middle is late by one cycle, and everything that starts behind it by two.
  const std::size_t late = records.size() / 2;
  const Cycles at = records[late].start;
  for (InstructionRecord& r : records) {
    if (r.start > at) r.start += 2, r.end += 2;
  }
  ++records[late].start;
  ++records[late].end;
  const ProcessResult diff = blendsim_cli({"diff", program, "--events", work.write("late.csv", table())});
  EXPECT_EQ(diff.status, 4);
  EXPECT_THAT(diff.out,
              StartsWith("first difference  cycle " + grouped_digits(at) + ": " + name_of(records[late]) +
                         " starts in " + grouped_digits(at) + " in A, in " + grouped_digits(at + 1) + " in B\n"));
  EXPECT_THAT(diff.out, HasSubstr("it starts with the latest of"));
}

// What only one side has is a difference, whichever side it is and whatever the two are.
TEST_F(CliDiff, AnInstructionThatOneSideLacksIsADifference) {
  const std::string whole = work.write("whole.csv", table());
  const std::string more = work.write("more.csv", table() + "store,5000,9,12\n");
  records.pop_back();
  const std::string less = work.write("less.csv", table());
  const auto expect_alone = [&](const std::vector<std::string>& line, const std::string& told) {
    const ProcessResult diff = blendsim_cli(line);
    EXPECT_EQ(diff.status, 4) << diff.out << diff.err;
    EXPECT_THAT(diff.out, HasSubstr(told));
    EXPECT_THAT(diff.out, HasSubstr(" 0 start or end in another cycle"));
  };
  expect_alone({"diff", program, "--events", more}, "1 instruction is in B alone, the first #5000 store\n");
  expect_alone({"diff", program, "--events", less}, "1 instruction is in A alone, the first #");
  expect_alone({"diff", whole, more}, "1 instruction is in B alone, the first #5000 store\n");
  expect_alone({"diff", whole, less}, "1 instruction is in A alone, the first #");
}

TEST_F(CliDiff, AsManyImagesAreTimedAsTheInputHolds) {
  const HostInput& host = opened.program.host_input;
  const std::int64_t size = std::int64_t{host.channels} * host.height * host.width;
  const std::string three = work.path("three.npy");
  write_npy(three, FloatArray{{3, host.channels, host.height, host.width},
                              std::vector<float>(static_cast<std::size_t>(3 * size), 0.0F)});
  const std::string trace = work.path("three_trace.npy");
  ASSERT_EQ(blendsim_cli({"run", program, "--input", three, "--timing-only", "-q", "--trace", trace}).status, 0);
  const ProcessResult same = blendsim_cli({"diff", program, trace, "--input", three});
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  EXPECT_THAT(same.out, HasSubstr("of " + grouped_digits(3 * static_cast<std::int64_t>(records.size())) +
                                  " instructions in both, 0 start"));
  EXPECT_EQ(blendsim_cli({"diff", program, trace}).status, 4) << "a run of one image lacks the others";
  // The middle image's first instruction, a cycle late.
  RunOptions options;
  options.values = false;
  const std::vector<std::vector<std::int32_t>> images(3);
  records = Machine::instance().run(opened.platform.machine, opened.program, images, options).records;
  std::string late = "unit,instruction,start,end,image\n";
  const std::size_t changed = records.size() / 3;
  ++records[changed].end;
  for (const InstructionRecord& r : records) {
    late += std::string(name(r.unit)) + "," + std::to_string(r.instruction) + "," + std::to_string(r.start) + "," +
            std::to_string(r.end) + "," + std::to_string(r.image) + "\n";
  }
  const ProcessResult diff =
      blendsim_cli({"diff", program, "--events", work.write("late.csv", late), "--input", three});
  EXPECT_EQ(diff.status, 4) << diff.err;
  EXPECT_THAT(diff.out, StartsWith("first difference  cycle " + grouped_digits(records[changed].end - 1) + ": #0@1 "));
}

TEST_F(CliDiff, ALayerThatOneReportLacksIsADifference) {
  ASSERT_EQ(blendsim_cli({"run", program, "--timing-only", "--json", work.path("a.json")}).status, 0);
  const std::string other = work.path("other.onnx");
  ASSERT_EQ(blendsim_cli({"zoo", "convnet_mixed", "-o", other}).status, 0);
  ASSERT_EQ(blendsim_cli({"run", other, "--platform", "zu7ev", "--timing-only", "--json", work.path("b.json")}).status,
            0);
  const ProcessResult diff = blendsim_cli({"diff", work.path("a.json"), work.path("b.json")});
  EXPECT_EQ(diff.status, 4);
  EXPECT_THAT(diff.out, AllOf(HasSubstr(" in A alone, the first "), HasSubstr(" in B alone, the first ")));
}

TEST_F(CliDiff, ATraceWhoseCyclesBeginElsewhereIsAligned) {
  for (InstructionRecord& r : records) r.start += 1000, r.end += 1000;
  const std::string shifted = work.write("shifted.csv", table());
  EXPECT_EQ(blendsim_cli({"diff", program, "--events", shifted}).status, 4);
  const ProcessResult aligned = blendsim_cli({"diff", program, "--events", shifted, "--align"});
  EXPECT_EQ(aligned.status, 0) << aligned.out;
  EXPECT_THAT(aligned.out, HasSubstr("-1000 cycles are added to those of B"));
}

TEST_F(CliDiff, ALawThatIsOneCycleLongerShowsWithItsFirstInstruction) {
  const std::int64_t depth = opened.platform.machine.post_unit.depth;
  const ProcessResult diff = blendsim_cli({"diff", net, net, "--platform", "zu3eg", "--timing-only", "--set-b",
                                           "post_unit.depth=" + std::to_string(depth + 1) + " cycles"});
  EXPECT_EQ(diff.status, 4) << diff.err;
  // Nothing can differ before the first of post_unit's ends.
  const auto first =
      std::find_if(records.begin(), records.end(), [](const auto& r) { return r.unit == UnitId::post_unit; });
  ASSERT_NE(first, records.end());
  EXPECT_THAT(diff.out,
              HasSubstr("first difference  cycle " + grouped_digits(first->end) + ": " + name_of(*first) + " ends in " +
                        grouped_digits(first->end) + " in A, in " + grouped_digits(first->end + 1) + " in B\n"));
}

TEST_F(CliDiff, TwoTablesOfRecordsAreComparedWithoutAProgram) {
  const std::string before = work.write("before.csv", table());
  // A law of post_unit that takes a cycle more from its third instruction on.
  int seen = 0;
  Cycles at = 0;
  std::int32_t which = 0;
  for (InstructionRecord& r : records) {
    if (r.unit != UnitId::post_unit || ++seen < 3) continue;
    if (seen == 3) at = r.end, which = r.instruction;
    ++r.end;
  }
  const ProcessResult diff = blendsim_cli({"diff", before, work.write("after.csv", table())});
  EXPECT_EQ(diff.status, 4);
  EXPECT_THAT(diff.out, StartsWith("first difference  cycle " + grouped_digits(at) + ": #" + std::to_string(which) +
                                   " post_unit ends in " + grouped_digits(at) + " in A"));
  EXPECT_EQ(blendsim_cli({"diff", before, before}).status, 0);
}

// The first load of init that brings binary weights, and a bit of one of its words.
TEST_F(CliDiff, AFlippedWeightBitIsNamedByWordBitAndTensor) {
  Program changed = opened.program;
  const std::vector<Instruction> init = decode(changed.init);
  const auto found = std::find_if(init.begin(), init.end(), [](const Instruction& i) {
    const auto* load = std::get_if<LoadInstruction>(&i);
    return load != nullptr && load->buffer == static_cast<std::uint32_t>(BufferId::weights_binary);
  });
  ASSERT_NE(found, init.end());
  const LoadInstruction& load = std::get<LoadInstruction>(*found);
  const auto bus = static_cast<std::uint32_t>(opened.platform.machine.memory.bus_bytes());
  const auto width = static_cast<std::uint32_t>(opened.platform.machine.buffer(BufferId::weights_binary).width);
  const std::uint32_t stored = (width / 8 + bus - 1) / bus * bus;  // bytes of a word in DRAM
  constexpr std::uint32_t word = 1, bit = 53;                      // the second DSP word's sixth bit
  const std::uint64_t byte = load.dram_address + word * stored + bit / 8;
  for (DramSegment& segment : changed.segments) {
    if (segment.address <= byte && byte < segment.address + segment.bytes.size())
      segment.bytes[byte - segment.address] ^= 1U << bit % 8;
  }
  const std::string other = work.path("flipped.program");
  write_program(changed, other);
  const ProcessResult diff = blendsim_cli({"diff", program, other});
  EXPECT_EQ(diff.status, 4) << diff.err;
  EXPECT_THAT(diff.out, HasSubstr("of " + grouped_digits(static_cast<std::int64_t>(records.size())) +
                                  " instructions in both, 0 start or end in another cycle"));
  EXPECT_THAT(diff.out, HasSubstr("first difference  word " + std::to_string(load.buffer_address + word) +
                                  " of weights_binary (region 0) bit " + std::to_string(bit) + " is "));
  EXPECT_THAT(diff.out, HasSubstr("written by init #" + std::to_string(found - init.begin()) + " load ("));
  EXPECT_THAT(diff.out, HasSubstr("it wrote 1 word otherwise"));
  EXPECT_THAT(diff.out, HasSubstr("first tensor      "));
  const ProcessResult same = blendsim_cli({"diff", program, program});
  EXPECT_EQ(same.status, 0);
  EXPECT_THAT(same.out, HasSubstr("every value is the same"));
}

TEST_F(CliDiff, AReportKnowsLayersAlone) {
  ASSERT_EQ(blendsim_cli({"run", program, "--timing-only", "--json", work.path("a.json")}).status, 0);
  EXPECT_EQ(blendsim_cli({"diff", work.path("a.json"), program}).status, 0);
  ASSERT_EQ(blendsim_cli({"run", net, "--platform", "zu7ev", "--timing-only", "--json", work.path("b.json")}).status,
            0);
  const ProcessResult diff = blendsim_cli({"diff", work.path("a.json"), work.path("b.json")});
  EXPECT_EQ(diff.status, 4);
  EXPECT_THAT(diff.out, AllOf(HasSubstr("layer input runs"), HasSubstr("A report knows layers alone")));
  EXPECT_EQ(blendsim_cli({"diff", program}).status, 2);
  EXPECT_EQ(blendsim_cli({"diff", work.path("a.json"), "--events", work.path("b.json")}).status, 2);
}

// --- run --expect -------------------------------------------------------------------------------------------------

TEST_F(CliDiff, OneValueOfOnnxRuntimesTensorsThatIsChangedIsNamed) {
  if (!std::filesystem::exists(BLENDSIM_NODE_MODULES "/onnxruntime-node")) GTEST_SKIP() << "ONNX Runtime is not there";
  const std::string lowered = work.path("lowered.onnx"), ours = work.path("ours"), theirs = work.path("theirs");
  ASSERT_EQ(blendsim_cli({"compile", net, "--platform", "zu3eg", "-o", program, "--lowered", lowered}).status, 0);
  ASSERT_EQ(blendsim_cli({"run", program, "--tensors", ours}).status, 0);
  // A layer in the middle whose results lie in a buffer as whole maps, and its value [0, 1, 2, 3].
  const std::vector<ProgramLayer>& layers = opened.program.layers;
  const auto layer = std::find_if(
      layers.begin() + static_cast<std::ptrdiff_t>(layers.size() / 2), layers.end(), [](const ProgramLayer& l) {
        return !l.results.empty() && l.results[0].place == TensorView::Place::act_fixed && l.results[0].width > 3;
      });
  ASSERT_NE(layer, layers.end());
  const TensorView& view = layer->results[0];
  const std::int64_t place = (std::int64_t{1} * view.height + 2) * view.width + 3;
  const auto write = [&](const std::vector<std::string>& more) {
    std::vector<std::string> command = {"node",      BLENDSIM_SOURCE "/test/ort/write.mjs",
                                        "--lowered", lowered,
                                        "--input",   ours + "/" + tensor_file_name(opened.program.input.name),
                                        "--tensors", theirs};
    command.insert(command.end(), more.begin(), more.end());
    return run_process(command);
  };
  const ProcessResult as_is = write({});
  ASSERT_EQ(as_is.status, 0) << as_is.err;
  const ProcessResult equal = blendsim_cli({"run", program, "--expect", theirs});
  EXPECT_EQ(equal.status, 0) << equal.out << equal.err;
  const ProcessResult changed = write({"--change", view.name + ":" + std::to_string(place)});
  ASSERT_EQ(changed.status, 0) << changed.err;
  const ProcessResult differs = blendsim_cli({"run", program, "--expect", theirs});
  EXPECT_EQ(differs.status, 4) << differs.err;
  EXPECT_THAT(differs.out, HasSubstr("expected  first difference: " + view.name + " [0, 1, 2, 3] is "));
  EXPECT_THAT(differs.out, HasSubstr("; 1 of its "));
  EXPECT_THAT(differs.out, HasSubstr("(" + layer->name + "), cycles "));
}

// In a batch beyond what a report keeps the records of, too.
TEST_F(CliDiff, AnExpectedValueOfALaterImageNamesThatImagesInstruction) {
  const std::vector<ProgramLayer>& layers = opened.program.layers;
  const auto layer = std::find_if(layers.begin(), layers.end(), [](const ProgramLayer& l) {
    return !l.results.empty() && l.results[0].place == TensorView::Place::act_fixed;
  });
  ASSERT_NE(layer, layers.end());
  for (const std::int64_t count : {3, 20}) {
    const std::string images = work.path("images.npy"), ours = work.path("ours" + std::to_string(count));
    write_npy(images, FloatArray{{count, 3, 32, 32}, std::vector<float>(static_cast<std::size_t>(count) * 3072, 0.0F)});
    ASSERT_EQ(blendsim_cli({"run", program, "--input", images, "--tensors", ours, "-q"}).status, 0);
    const std::string file = tensor_file_name(layer->results[0].name), changed = work.path(file);
    IntArray values = read_int_npy(ours + "/" + file);
    const std::size_t last =
        values.values.size() / static_cast<std::size_t>(count) * static_cast<std::size_t>(count - 1);
    ++values.values[last];
    write_npy(changed, values);
    const ProcessResult differs = blendsim_cli({"run", program, "--input", images, "--expect", changed});
    EXPECT_EQ(differs.status, 4) << differs.err;
    EXPECT_THAT(differs.out,
                testing::ContainsRegex("written by #[0-9]+@" + std::to_string(count - 1) + " [a-z_]+ \\("));
  }
}

TEST_F(CliDiff, AnOutputThatIsExpectedIsReadFromOneFile) {
  ASSERT_EQ(blendsim_cli({"run", program, "--tensors", work.path("ours")}).status, 0);
  const FloatArray wrong{{1, 10}, std::vector<float>(10, 1e9F)};
  write_npy(work.path("out.npy"), wrong);
  const ProcessResult differs = blendsim_cli({"run", program, "--expect", work.path("out.npy")});
  EXPECT_EQ(differs.status, 4) << differs.err;
  EXPECT_THAT(differs.out, HasSubstr("[0, 0] is "));
  EXPECT_EQ(blendsim_cli({"run", program, "--expect", work.path("ours")}).status, 0);
  const ProcessResult absent = blendsim_cli({"run", program, "--expect", work.path("nowhere")});
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.err, HasSubstr("file-unreadable"));
  std::filesystem::create_directory(work.path("empty"));
  EXPECT_THAT(blendsim_cli({"run", program, "--expect", work.path("empty")}).err, HasSubstr("file-unrecognised"));
  EXPECT_EQ(blendsim_cli({"run", program, "--expect", work.path("ours"), "--timing-only"}).status, 2);
}

TEST_F(CliDiff, WhatIsExpectedIsNeverWrittenOver) {
  const std::string ours = work.path("ours");
  ASSERT_EQ(blendsim_cli({"run", program, "--tensors", ours}).status, 0);
  const auto refused = [&](const std::vector<std::string>& more, const std::string& file) {
    std::vector<std::string> line = {"run", program, "--expect"};
    line.insert(line.end(), more.begin(), more.end());
    const std::string before = read_text(file);
    const ProcessResult result = blendsim_cli(line);
    EXPECT_EQ(result.status, 2) << result.out << result.err;
    EXPECT_THAT(result.err, HasSubstr("is to be read and written"));
    EXPECT_EQ(read_text(file), before);
  };
  const std::string file = ours + "/" + tensor_file_name(opened.program.input.name);
  refused({ours, "--tensors", ours}, file);
  refused({ours, "--tensors", ours + "/../ours"}, file);
  refused({ours, "--json", file}, file);
  for (const char* option : {"--record", "--json", "--html", "--trace"}) refused({file, option, file}, file);
  EXPECT_EQ(blendsim_cli({"run", program, "--expect", file, "--tensors", ours}).status, 2);
}

TEST_F(CliDiff, AFileOfNoTensorIsWarnedOfAndADifferenceIsSaidQuietlyToo) {
  const std::string ours = work.path("ours");
  ASSERT_EQ(blendsim_cli({"run", program, "--tensors", ours}).status, 0);
  const std::string name = tensor_file_name(opened.program.input.name);
  std::filesystem::copy_file(ours + "/" + name, ours + "/x" + name);
  const ProcessResult stranger = blendsim_cli({"run", program, "--expect", ours, "-q"});
  EXPECT_EQ(stranger.status, 0);
  EXPECT_EQ(stranger.out, "");
  EXPECT_THAT(stranger.err,
              AllOf(HasSubstr("x" + name + ": has the name of no tensor"), HasSubstr("did you mean '" + name + "'?")));
  write_npy(work.path("out.npy"), FloatArray{{1, 10}, std::vector<float>(10, 1e9F)});
  const ProcessResult quiet = blendsim_cli({"run", program, "--expect", work.path("out.npy"), "-q"});
  EXPECT_EQ(quiet.status, 4);
  EXPECT_EQ(quiet.out, "");
  EXPECT_THAT(quiet.err, AllOf(HasSubstr("first difference"), HasSubstr("1 of 1 tensors")));
}

TEST_F(CliDiff, WhatIsOfAnotherShapeIsNamedBehindTheFirstDifferenceToo) {
  const std::string ours = work.path("ours");
  ASSERT_EQ(blendsim_cli({"run", program, "--tensors", ours}).status, 0);
  const auto files = std::distance(std::filesystem::directory_iterator(ours), {});
  const std::string all = std::to_string(files);
  EXPECT_THAT(blendsim_cli({"run", program, "--expect", ours}).out,
              HasSubstr("expected  0 of " + all + " tensors in " + ours + " differ; the network has " + all));
  const TensorView& input = opened.program.input;
  const auto& layers = opened.program.layers;
  const auto layer = std::find_if(layers.begin() + static_cast<std::ptrdiff_t>(layers.size() / 2), layers.end(),
                                  [](const ProgramLayer& l) { return !l.results.empty() && l.results[0].width > 1; });
  ASSERT_NE(layer, layers.end());
  const TensorView& view = layer->results[0];
  const auto zeros = [&](const TensorView& of, Shape shape) {
    write_npy(ours + "/" + tensor_file_name(of.name),
              FloatArray{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)), 1e9F)});
  };
  zeros(input, {1, input.channels, input.height, input.width});
  zeros(view, {1, view.height, view.width, view.channels});
  write_npy(ours + "/foo.npy", FloatArray{{1}, {0}});
  const ProcessResult result = blendsim_cli({"run", program, "--expect", ours});
  EXPECT_EQ(result.status, 4);
  EXPECT_THAT(result.out, HasSubstr("expected  first difference: " + input.name + " "));
  EXPECT_THAT(result.out, HasSubstr("expected  " + view.name + " is [1, "));
  EXPECT_THAT(result.out, HasSubstr("; channels come first: numpy.transpose(array, (0, 3, 1, 2))"));
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("foo.npy: has the name of no tensor"), testing::Not(HasSubstr("did you mean"))));
}

TEST_F(CliDiff, AToleranceIsANumberAndBelongsToAnExpectation) {
  for (const char* wrong : {"nan", "-0.1", "1.5", "x", ""}) {
    EXPECT_EQ(blendsim_cli({"run", program, "--expect", program, "--expect-tolerance", wrong}).status, 2) << wrong;
  }
  EXPECT_EQ(blendsim_cli({"run", program, "--expect-tolerance", "0.1"}).status, 2);
}

TEST_F(CliDiff, TheMachinesParametersThatDifferAreNamed) {
  const ProcessResult differs = blendsim_cli(
      {"diff", net, net, "--platform", "zu3eg", "--set-b", "memory.read_latency=80 cycles", "--timing-only"});
  EXPECT_EQ(differs.status, 4) << differs.err;
  EXPECT_THAT(differs.out, StartsWith("the platforms differ in\n  memory.read_latency: 40 cycles -> 80 cycles\n"));
  EXPECT_THAT(differs.out,
              testing::ContainsRegex("\nof [0-9,]+ instructions in both, [0-9,]+ start or end in another "));
}

TEST_F(CliDiff, ATraceMayComeFromAPipeAndAnotherFileIsNamedAsWhatItIs) {
  const std::string csv = work.write("t.csv", table());
  const ProcessResult piped = run_process(
      {"bash", "-c", "'" BLENDSIM_BINARY "' diff '" + program + "' --events - --timing-only < '" + csv + "'"});
  EXPECT_EQ(piped.status, 0) << piped.err;
  const std::string sqlite = work.write("t.sqlite", std::string("SQLite format 3\0rest", 20));
  for (const std::vector<std::string>& line : {std::vector<std::string>{"diff", sqlite, program},
                                               std::vector<std::string>{"diff", program, "--events", sqlite}}) {
    EXPECT_THAT(blendsim_cli(line).err, AllOf(HasSubstr("this is an SQLite file"), HasSubstr("--trace F.npy")));
  }
  const std::string later = "image,unit,instruction,start,end\n4,load,0,0,4\n";
  EXPECT_THAT(blendsim_cli({"diff", program, "--events", work.write("later.csv", later)}).err,
              HasSubstr("images count from 0"));
}

}  // namespace
}  // namespace blendsim
