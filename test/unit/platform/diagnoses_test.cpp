// SPDX-License-Identifier: Apache-2.0
// Every way a platform can be wrong, by the message that a user reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/diagnostic.h"
#include "platform/platform.h"

namespace blendsim {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

const ConfigPaths paths{BLENDSIM_CONFIGS};

// The shipped zu3eg as a file of one's own, to be spoiled.
class PlatformFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("blendsim_platform_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::create_directories(folder_);
    std::ifstream shipped(paths.root + "/platforms/zu3eg.yaml");
    std::stringstream text;
    text << shipped.rdbuf();
    text_ = text.str();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void replace(const std::string& from, const std::string& to) {
    const std::size_t at = text_.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text_.replace(at, from.size(), to);
  }
  // 1-based line of the first occurrence.
  int line_of(const std::string& part) const {
    return 1 + static_cast<int>(
                   std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(text_.find(part)), '\n'));
  }
  std::string at(int line, const std::string& path) const {
    return file() + ":" + std::to_string(line) + ": '" + path + "'";
  }
  std::string file() const { return (folder_ / "mine.yaml").string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  // The error text, or empty when the platform loads.
  std::string load(const std::vector<std::string>& sets = {}) const {
    write("mine.yaml", text_);
    return load_text(file(), sets);
  }
  static std::string load_text(const std::string& name, const std::vector<std::string>& sets = {}) {
    try {
      static_cast<void>(load_platform(name, sets, paths));
    } catch (const DiagnosticError& e) {
      return e.what();
    }
    return "";
  }

  fs::path folder_;
  std::string text_;
};

TEST_F(PlatformFile, LoadsAsShipped) { EXPECT_EQ(load(), ""); }

TEST_F(PlatformFile, AnUnknownKeyIsNamedWithLineAndNearestSpelling) {
  replace("xnor_array: {rows: 16", "xnor_array: {rowes: 16");
  const std::string text = load();
  EXPECT_THAT(text, HasSubstr("error[unknown-key]: " + at(line_of("rowes"), "xnor_array.rowes") +
                              ": 'xnor_array' has no key 'rowes'\n  hint: did you mean 'rows'?"));
  EXPECT_THAT(text,
              HasSubstr("error[missing-key]: " + at(line_of("rowes"), "xnor_array") +
                        ": the key 'xnor_array.rows' is missing\n"
                        "  hint: xnor_array.rows: output channels computed in parallel (16 to 256 in steps of 16)"));
}

TEST_F(PlatformFile, AnUnknownKeyAtTheTopIsNamed) {
  replace("clock: 250 MHz", "clock: 250 MHz\nclok: 1 MHz");
  EXPECT_THAT(load(), HasSubstr("error[unknown-key]: " + at(line_of("clok"), "clok") +
                                ": this file has no key 'clok'\n  hint: did you mean 'clock'?"));
}

TEST_F(PlatformFile, ADuplicateKeyIsRefusedNamingBothLines) {
  replace("clock: 250 MHz", "clock: 250 MHz\nclock: 200 MHz");
  const int first = line_of("clock: 250");
  EXPECT_EQ(load(), "error[duplicate-key]: " + at(first + 1, "clock") + ": 'clock' is given twice, first in line " +
                        std::to_string(first) + "\n  hint: remove one of the two");
}

TEST_F(PlatformFile, ABareNumberWhereAUnitIsDueIsWrongUnit) {
  replace("clock: 250 MHz", "clock: 250");
  EXPECT_EQ(
      load(),
      "error[wrong-unit]: " + at(line_of("clock:"), "clock") +
          ": '250' has no unit; expected one of: GHz, MHz, kHz, Hz\n  hint: a number carries its unit, such as 1 MHz");
}

TEST_F(PlatformFile, AnotherUnitIsWrongUnit) {
  replace("doorbell: 12 cycles", "doorbell: 12 ns");
  EXPECT_EQ(load(), "error[wrong-unit]: " + at(line_of("doorbell"), "control.doorbell") +
                        ": 'ns' is not a unit of this key; expected one of: cycles\n  hint: such as 1 cycle");
}

TEST_F(PlatformFile, AUnitOnAPlainCountIsWrongUnit) {
  replace("lanes: 16, multiplier", "lanes: 16 bit, multiplier");
  EXPECT_EQ(load(), "error[wrong-unit]: " + at(line_of("lanes: 16 bit"), "post_unit.lanes") +
                        ": '16 bit' carries a unit, but this is a plain count\n  hint: write 16");
}

TEST_F(PlatformFile, AValueOutsideItsRangeOrOffItsStepIsNamedWithWhatIsAllowed) {
  replace("xnor_array: {rows: 16", "xnor_array: {rows: 24");
  EXPECT_THAT(load(), HasSubstr("error[out-of-range]: " + at(line_of("rows: 24"), "xnor_array.rows") +
                                ": 24 is not allowed: 16 to 256 in steps of 16"));
}

TEST_F(PlatformFile, AnAbsurdNumberIsOutOfRangeAndNeverWraps) {
  replace("xnor_array: {rows: 16", "xnor_array: {rows: 99999999999999999999999");
  EXPECT_THAT(load(), HasSubstr("error[out-of-range]"));
}

TEST_F(PlatformFile, AnUnknownChoiceOffersTheNearest) {
  replace("implementation: dsp", "implementation: dsps");
  EXPECT_EQ(load(), "error[wrong-type]: " + at(line_of("dsps"), "xnor_array.implementation") +
                        ": 'dsps' is none of its values: dsp, lut or fused\n  hint: did you mean 'dsp'?");
}

TEST_F(PlatformFile, AListWhereANumberIsDueIsWrongType) {
  replace("words: 3", "words: [3]");
  EXPECT_THAT(load(), HasSubstr("error[wrong-type]: " + at(line_of("words: [3]"), "xnor_array.words") +
                                ": expected 3 to 24 in steps of 3, found a list"));
}

TEST_F(PlatformFile, AWordWhereANumberIsDueIsWrongType) {
  replace("words: 3", "words: three");
  EXPECT_THAT(load(), HasSubstr("'three' is not a number; expected 3 to 24 in steps of 3"));
}

TEST_F(PlatformFile, AValueWhereAGroupIsDueIsWrongType) {
  replace("pool_unit: {lanes: 16}", "pool_unit: 16");
  EXPECT_EQ(load(), "error[wrong-type]: " + at(line_of("pool_unit"), "pool_unit") +
                        ": expected a map of keys, found a single value\n  hint: its keys: lanes, depth");
}

TEST_F(PlatformFile, AMissingGroupIsReportedOnce) {
  const std::size_t begin = text_.find("mac_array:");
  text_.erase(begin, text_.find('\n', begin) - begin + 1);
  EXPECT_EQ(load(), "error[missing-key]: " + file() +
                        ": the key 'mac_array' is missing\n"
                        "  hint: it holds at least 'mac_array.rows': output channels computed in parallel (16 to 256 "
                        "in steps of 16)");
}

TEST_F(PlatformFile, AnUnknownDeviceStandardAndTechnologyAreAllReported) {
  replace("device: xczu3eg-sbva484-1", "device: xczu3eg-sbva484-2");
  replace("LPDDR4-1066", "LPDDR4-1600");
  replace("technology: ultrascale-plus-16nm", "technology: ultrascale-16nm");
  const std::string text = load();
  EXPECT_THAT(text,
              AllOf(HasSubstr("error[unknown-name]: " + at(line_of("device:"), "board.device") +
                              ": no device 'xczu3eg-sbva484-2' in "),
                    HasSubstr("did you mean 'xczu3eg-sbva484-1'?"), HasSubstr("no memory standard 'LPDDR4-1600' in "),
                    HasSubstr("did you mean 'LPDDR4-1066'?"), HasSubstr("no technology 'ultrascale-16nm' in "),
                    HasSubstr("did you mean 'ultrascale-plus-16nm'?")));
}

TEST_F(PlatformFile, SyntaxErrorsCarryTheirLine) {
  replace("control: {doorbell: 12 cycles}", "control: {doorbell: 12 cycles");
  EXPECT_THAT(load(), AllOf(HasSubstr("error[yaml-syntax]: " + file() + ":"), testing::Not(HasSubstr(":0"))));
}

TEST_F(PlatformFile, SeveralDocumentsInAFileAreRefused) {
  text_ += "---\nname: second\n";
  EXPECT_THAT(load(), HasSubstr("the file holds several YAML documents; expected one"));
}

TEST_F(PlatformFile, AListAtTheTopAndAnEmptyFileAreRefused) {
  text_ = "- 1\n";
  EXPECT_THAT(load(), HasSubstr("error[yaml-syntax]"));
  text_ = "";
  EXPECT_THAT(load(), HasSubstr("error[yaml-syntax]"));
}

TEST_F(PlatformFile, AliasesThatMultiplyAreRefusedInsteadOfFillingMemory) {
  text_ = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text_ += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text_ += (k == 0 ? "" : ",") + last;
    text_ += "]\n";
  }
  EXPECT_THAT(load(), HasSubstr("the file expands to more than 100,000 keys and values"));
}

// Keys that are wrong multiply as values do.
TEST_F(PlatformFile, AliasesOfWrongKeysAreRefusedInsteadOfFillingMemory) {
  for (const std::string pair : {"x: 1", "[a]: 1"}) {
    std::string pairs, aliases;
    for (int n = 0; n < 1000; ++n) {
      pairs += (n == 0 ? "" : ",") + pair;
      aliases += n == 0 ? "*m" : ",*m";
    }
    text_ = "schema: blendsim.platform/1\nm: &m {" + pairs + "}\nl: [" + aliases + "]\n";
    EXPECT_THAT(load(), HasSubstr("the file expands to more than 100,000 keys and values")) << pair;
  }
}

TEST_F(PlatformFile, ManyErrorsAreToldUpToAHundred) {
  for (int n = 0; n < 5000; ++n) text_ += "wrong" + std::to_string(n) + ": 1\n";
  const std::string told = load();
  EXPECT_LT(told.size(), 100'000U);
  EXPECT_THAT(told, HasSubstr("... and 49"));
}

// Every value keeps its keys and its text: 20,000 times a long text would be gigabytes.
TEST_F(PlatformFile, AliasesOfLongTextsAndLongKeysAreRefusedInsteadOfFillingMemory) {
  std::string aliases = "*text";
  for (int n = 1; n < 20'000; ++n) aliases += ",*text";
  text_ = "schema: blendsim.platform/1\na: &text " + std::string(100'000, 'x') + "\nb: [" + aliases + "]\n";
  EXPECT_THAT(load(), HasSubstr("the file expands to more than 16 MiB of keys and values"));
  text_ = "schema: blendsim.platform/1\n? " + std::string(100'000, 'k') + "\n: [1, 2]\n";
  EXPECT_THAT(load(), HasSubstr("a key of 100000 characters, 'kkkkkkkkkkkkkkkkkkkk...'"));
}

TEST_F(PlatformFile, AnAliasInsideItsOwnAnchorIsRefused) {
  text_ = "a: &a\n  b: *a\n";
  EXPECT_THAT(load(), HasSubstr("error[yaml-syntax]: " + file() + ":1: values are nested more than 32 levels deep"));
}

TEST_F(PlatformFile, AnotherSchemaIsRefused) {
  replace("blendsim.platform/1", "blendsim.platform/9");
  EXPECT_THAT(load(),
              HasSubstr("'blendsim.platform/9' is not the schema expected here\n  hint: expected blendsim.platform/1"));
}

TEST_F(PlatformFile, AWidthThatContradictsTheArraysNamesBoth) {
  replace("weights_binary: {depth: 1024", "weights_binary: {width: 1024 bit, depth: 1024");
  EXPECT_EQ(load(), "error[contradiction]: " + at(line_of("width: 1024"), "buffers.weights_binary.width") +
                        ": buffers.weights_binary.width is 1024 bit, but the arrays need 2304 bit (xnor_array.rows x "
                        "xnor_array.words x 48 bit)\n"
                        "  hint: leave the key out to have it derived, or change the arrays");
}

TEST_F(PlatformFile, AnEqualWidthMayBeGiven) {
  replace("weights_binary: {depth: 1024", "weights_binary: {width: 2304 bit, depth: 1024");
  EXPECT_EQ(load(), "");
}

TEST_F(PlatformFile, ParametersMayBeWiderInStepsOf128Bits) {
  EXPECT_EQ(load({"buffers.parameters.width=1024 bit"}), "");
  EXPECT_THAT(
      load({"buffers.parameters.width=1000 bit"}),
      HasSubstr("buffers.parameters.width is 1000 bit, but the arrays need a multiple of 128 bit from 512 bit"));
  EXPECT_THAT(load({"buffers.parameters.width=384 bit"}),
              HasSubstr("error[contradiction]: --set buffers.parameters.width"));
}

TEST_F(PlatformFile, RegionsThatTheDesignFixesCannotBeChanged) {
  EXPECT_THAT(load({"buffers.accumulators.regions=3"}),
              HasSubstr("buffers.accumulators.regions is 3, but the design fixes it at 2"));
  EXPECT_THAT(load({"buffers.act_binary.regions=5"}),
              HasSubstr("error[out-of-range]: --set buffers.act_binary.regions: 5 is not allowed: 1 to 4"));
}

// What the commented template prints as a key's range is what loading takes.
TEST_F(PlatformFile, TheTemplateNamesTheRangesThatHold) {
  const std::string text = commented_yaml(load_platform("zu3eg", {}, paths));
  const std::size_t regions = text.find("    regions:", text.find("  act_binary:"));
  EXPECT_THAT(text.substr(regions, text.find('\n', regions) - regions), testing::EndsWith("; 1 to 4"));
  EXPECT_THAT(text, HasSubstr("bus word of the AXI port; 32 bit to 1024 bit, a power of two"));
  EXPECT_THAT(load({"memory.port_width=96 bit"}),
              HasSubstr("error[out-of-range]: --set memory.port_width: 96 bit is not allowed"));
}

TEST_F(PlatformFile, ABufferBeyondTheAddressFieldIsRefusedAtOneWordMore) {
  EXPECT_EQ(load({"buffers.act_fixed.depth=32768"}), "");
  EXPECT_EQ(load({"buffers.act_fixed.depth=32769"}),
            "error[contradiction]: --set buffers.act_fixed.depth: 4 regions of 32769 words are more than the 131072 "
            "that an instruction can address "
            "(field source of mac_array, a of post_unit, b of post_unit, fixed of post_unit, source of pool_unit, "
            "destination of pool_unit, source of transpose_unit, destination of transpose_unit, 17 bit)\n  hint: depth "
            "at most 32768");
  EXPECT_THAT(load({"buffers.accumulators.depth=4097"}), HasSubstr("more than the 8192"));
  EXPECT_THAT(load({"buffers.parameters.depth=5462"}), HasSubstr("more than the 16384"));
  EXPECT_THAT(load({"buffers.weights_binary.depth=65537"}), HasSubstr("more than the 65536"));
}

TEST_F(PlatformFile, UltraRamOnADeviceWithoutItIsRefused) {
  EXPECT_THAT(load({"buffers.act_fixed.kind=uram"}),
              HasSubstr("kind is uram, but xczu3eg-sbva484-1 has no UltraRAM\n  hint: use bram or lutram"));
}

TEST_F(PlatformFile, AClockAboveTheDataSheetIsRefused) {
  EXPECT_EQ(load({"clock=645 MHz"}), "");
  EXPECT_THAT(load({"clock=646 MHz"}), HasSubstr("error[out-of-range]: --set clock: 646 MHz is above what the data "
                                                 "sheet of xczu3eg-sbva484-1 allows for a DSP slice: 645 MHz"));
}

TEST_F(PlatformFile, MoreLanesThanRowsAreRefused) {
  EXPECT_THAT(load({"post_unit.lanes=32", "post_unit.depth=60 cycles"}),
              HasSubstr("post_unit.lanes is 32, but an accumulator word holds 16 channels (xnor_array.rows)"));
}

TEST_F(PlatformFile, ADepthBelowThePipelineIsRefusedAtOneCycleLess) {
  // 4 to the address, 2 read, operand, 2 XNOR in a slice, 1 + 5 popcount levels of 24 counters, plane weight,
  // accumulator.
  EXPECT_EQ(load({"xnor_array.depth=17 cycles"}), "");
  EXPECT_THAT(load({"xnor_array.depth=16 cycles"}),
              HasSubstr("xnor_array.depth is 16 cycles, but its pipeline takes 17 cycles"));
  // 5 issue, 2 read, 1 choice of lanes, 3 multiply, 3 along a cascade of 4, 1 tree level over two cascades.
  EXPECT_EQ(load({"mac_array.depth=15 cycles"}), "");
  EXPECT_THAT(load({"mac_array.depth=14 cycles"}),
              HasSubstr("mac_array.depth is 14 cycles, but its pipeline takes 15 cycles"));
  // q1 and q2 of a lane are 90 bits each, 3 words of 32: 5 cycles until the last; 2 read, 34 stages, 5 for 15
  // thresholds.
  EXPECT_EQ(load({"post_unit.depth=46 cycles"}), "");
  EXPECT_THAT(load({"post_unit.depth=45 cycles"}),
              HasSubstr("post_unit.depth is 45 cycles, but its pipeline takes 46 cycles: an element waits 6 cycles for "
                        "its record (the longest has 27 words"));
}

TEST_F(PlatformFile, AMultiplierWiderThanTheSliceIsRefused) {
  replace("device: xczu3eg-sbva484-1", "device: xc7z020-clg400-1");
  const std::string text = load({"post_unit.multiplier=26 bit", "mac_array.products_per_dsp=2"});
  EXPECT_THAT(text, HasSubstr("a factor of 26 bit, scaled up for shifts that are multiples of 4, has 29 bit, but a "
                              "slice of xc7z020-clg400-1 multiplies 25 bit by 18 bit"));
  EXPECT_THAT(text,
              HasSubstr("two products in a slice need a 27-bit multiplier port, but xc7z020-clg400-1 has 25 bit"));
}

TEST_F(PlatformFile, BurstsStayWithinAnAxiBurstAndThePrefetchFifo) {
  EXPECT_THAT(load({"store.burst=257 beats"}), HasSubstr("257 beats is not allowed: 1 beat to 256 beats"));
  EXPECT_EQ(load({"store.burst=256 beats"}), "") << "256 beats of 16 bytes are 4,096 bytes";
  EXPECT_THAT(load({"load.burst=128 beats"}),
              HasSubstr("dispatcher.prefetch holds 64 words, but one burst brings 128"));
}

TEST_F(PlatformFile, ADoorbellCoversTheFirstReadOfTheInstructionsBuffer) {
  EXPECT_EQ(load({"control.doorbell=5 cycles"}), "")
      << "latency 2; the doorbell, the address and the FIFO take one each";
  EXPECT_THAT(
      load({"control.doorbell=4 cycles"}),
      HasSubstr("control.doorbell is 4 cycles, but the first word takes 5 cycles to come out of buffers.instructions"));
  EXPECT_THAT(load({"control.doorbell=5 cycles", "buffers.instructions.latency=3 cycles"}),
              HasSubstr("control.doorbell: at least 6 cycles"));
}

TEST_F(PlatformFile, APortWiderThanABufferWordIsRefused) {
  EXPECT_THAT(load({"memory.port_width=256 bit"}),
              HasSubstr("memory.port_width is 256 bit, wider than a word of buffers.act_fixed (128 bit)"));
}

TEST_F(PlatformFile, ATimingTableThatContradictsItselfIsRefused) {
  EXPECT_THAT(load({"memory.timing.rc=32"}), HasSubstr("rc is 32, less than ras 23 plus rp 10"));
  EXPECT_THAT(load({"memory.timing.row_bytes=3000 bytes"}), HasSubstr("row_bytes is 3000, not a power of two"));
  EXPECT_THAT(load({"memory.timing.refi=150"}), HasSubstr("rfc is 150, not less than refi 150"));
}

TEST_F(PlatformFile, AnAssumptionMustBeAboutAKeyAndCarryRangeAndReason) {
  replace("  control.doorbell: {range", "  control.dorbell: {range");
  EXPECT_THAT(load(), HasSubstr("an assumption is about a key of the platform; there is no 'control.dorbell'\n  hint: "
                                "did you mean 'control.doorbell'?"));
  replace("control.dorbell: {range: 8..30 cycles", "control.doorbell: {range: 30..8 cycles");
  EXPECT_THAT(load(), HasSubstr("'30..8 cycles' is not a range of control.doorbell\n  hint: write LOW..HIGH cycles, "
                                "within 1 cycle to 1000 cycles"));
  replace("control.doorbell: {range: 30..8 cycles, why", "control.doorbell: {range: 8..30 cycles, wy");
  EXPECT_THAT(load(), AllOf(HasSubstr("has no key 'wy'"), HasSubstr("the key 'why' is missing")));
}

TEST_F(PlatformFile, AnUnquotedCommaInsideBracesIsExplained) {
  replace("why: as for reads", "why: as for reads, more or less");
  EXPECT_THAT(load(), HasSubstr("a text with a comma wants quotes when it stands between { and }"));
}

TEST_F(PlatformFile, EverythingWrongIsReportedTogetherInFileOrder) {
  replace("clock: 250 MHz", "clock: 250");
  replace("words: 3", "words: 4");
  replace("lanes: 16, multiplier", "lanez: 16, multiplier");
  const std::string text = load({"load.burst=9", "nonsense"});
  EXPECT_THAT(text, AllOf(HasSubstr("error[wrong-unit]"), HasSubstr("error[out-of-range]"),
                          HasSubstr("error[unknown-key]"), HasSubstr("error[missing-key]"),
                          HasSubstr("error[bad-override]"), HasSubstr("--set load.burst: '9' has no unit")));
  EXPECT_LT(text.find("'250'"), text.find("lanez"));
}

TEST_F(PlatformFile, ACheckOnAValueThatWasRefusedAddsNoNoise) {
  replace("words: 3", "words: 4");
  EXPECT_EQ(load(), "error[out-of-range]: " + at(line_of("words: 4"), "xnor_array.words") +
                        ": 4 is not allowed: 3 to 24 in steps of 3");
}

// --set ------------------------------------------------------------------------------------------------------------

TEST_F(PlatformFile, OverridesApplyInOrderAndAreKept) {
  const Platform p = load_platform("zu3eg", {"clock=100 MHz", "memory.read_latency=60 cycles", "clock=200 MHz"}, paths);
  EXPECT_EQ(p.machine.clock_hz, 200'000'000);
  EXPECT_EQ(p.machine.memory.read_latency, 60);
  EXPECT_THAT(p.overrides, testing::ElementsAre("memory.read_latency=60 cycles", "clock=200 MHz"))
      << "what a later one takes back is not told";
}

TEST_F(PlatformFile, OverridesMoveTheWidthsThatFollow) {
  const Platform p = load_platform("zu3eg", {"xnor_array.rows=32", "post_unit.depth=44 cycles"}, paths);
  EXPECT_EQ(p.machine.buffer(BufferId::weights_binary).width, 32 * 3 * 48);
  EXPECT_EQ(p.machine.buffer(BufferId::accumulators).width, 32 * 32);
  EXPECT_EQ(p.machine.buffer(BufferId::parameters).width, 32 * 32);
}

TEST_F(PlatformFile, AnOverrideOfAnUnknownKeyOffersTheNearest) {
  EXPECT_EQ(load({"xnor_aray.rows=32"}),
            "error[bad-override]: --set xnor_aray.rows: a platform has no key 'xnor_aray.rows'\n  hint: did you mean "
            "'xnor_array.rows'?");
}

TEST_F(PlatformFile, AnOverrideOfAGroupOrWithoutValueIsRefused) {
  EXPECT_THAT(load({"xnor_array=32"}), HasSubstr("error[bad-override]: --set xnor_array: 'xnor_array' is a group of "
                                                 "keys\n  hint: name one key of it, such as xnor_array.rows"));
  EXPECT_THAT(load({"clock"}), HasSubstr("error[bad-override]: --set clock: expected unit.parameter=value"));
  EXPECT_THAT(load({"clock="}), HasSubstr("expected unit.parameter=value"));
  EXPECT_THAT(load({"=1"}), HasSubstr("expected unit.parameter=value"));
  EXPECT_THAT(load({"extends=zu7ev"}), HasSubstr("a platform has no key 'extends'"));
}

TEST_F(PlatformFile, AnOverrideIsCheckedLikeTheFile) {
  EXPECT_EQ(load({"xnor_array.rows=20"}),
            "error[out-of-range]: --set xnor_array.rows: 20 is not allowed: 16 to 256 in steps of 16");
}

// extends ----------------------------------------------------------------------------------------------------------

TEST_F(PlatformFile, AVariantChangesOnlyWhatItSays) {
  text_ =
      "schema: blendsim.platform/1\nname: mine\nextends: zu3eg\nclock: 200 MHz\nmemory: {read_latency: 50 cycles}\n";
  write("mine.yaml", text_);
  const Platform p = load_platform(file(), {}, paths);
  EXPECT_EQ(p.name, "mine");
  EXPECT_THAT(p.overrides, testing::ElementsAre("clock=200 MHz", "memory.read_latency=50 cycles"));
  EXPECT_THAT(differences(load_platform("zu3eg", {}, paths), p),
              testing::ElementsAre("clock: 250 MHz -> 200 MHz", "memory.read_latency: 40 cycles -> 50 cycles"));
}

TEST_F(PlatformFile, AVariantNeedsANameOfItsOwn) {
  text_ = "schema: blendsim.platform/1\nextends: zu3eg\n";
  EXPECT_THAT(load(), HasSubstr("a platform that extends another needs a name of its own"));
}

TEST_F(PlatformFile, AVariantOfAVariantAndRelativePathsWork) {
  write("base.yaml", "schema: blendsim.platform/1\nname: base\nextends: zu3eg\nclock: 200 MHz\n");
  text_ = "schema: blendsim.platform/1\nname: mine\nextends: base.yaml\nclock: 150 MHz\n";
  EXPECT_EQ(load(), "");
  EXPECT_EQ(load_platform(file(), {}, paths).machine.clock_hz, 150'000'000);
}

TEST_F(PlatformFile, ACircleOfExtendsIsRefused) {
  write("other.yaml", "schema: blendsim.platform/1\nname: other\nextends: mine.yaml\n");
  text_ = "schema: blendsim.platform/1\nname: mine\nextends: other.yaml\n";
  EXPECT_THAT(load(),
              AllOf(HasSubstr("error[contradiction]: "), HasSubstr("other.yaml:3"), HasSubstr("extends itself")));
}

TEST_F(PlatformFile, AnErrorInheritedPointsIntoTheBaseFile) {
  replace("clock: 250 MHz", "clock: 250");
  write("base.yaml", text_);
  const int line = line_of("clock:");
  text_ = "schema: blendsim.platform/1\nname: mine\nextends: base.yaml\n";
  EXPECT_THAT(load(), HasSubstr("base.yaml:" + std::to_string(line) + ": 'clock'"));
}

TEST(PlatformName, UnknownOnesOfferTheNearestAndUnreadableFilesSaySo) {
  try {
    static_cast<void>(load_platform("zu3e", {}, paths));
    FAIL();
  } catch (const DiagnosticError& e) {
    EXPECT_STREQ(e.what(), "error[unknown-name]: no platform 'zu3e'\n  hint: did you mean 'zu3eg'?");
  }
  try {
    static_cast<void>(load_platform("/nowhere/p.yaml", {}, paths));
    FAIL();
  } catch (const DiagnosticError& e) {
    EXPECT_STREQ(e.what(), "error[file-unreadable]: /nowhere/p.yaml: the file does not exist or cannot be read");
  }
}

TEST(PlatformDigest, FollowsTheMachineAndNotTheNames) {
  Platform p = load_platform("zu3eg", {}, paths);
  const std::string digest = p.digest();
  p.name = "another";
  p.summary = "another \"summary\"\nwith a line";
  p.file = "elsewhere";
  EXPECT_EQ(p.digest(), digest);
  EXPECT_EQ(parse_platform(p.yaml(), "program", paths).summary, p.summary) << "texts survive quoting";
  p.machine.memory.timing.cl += 1;
  EXPECT_NE(p.digest(), digest);
}

TEST(EmbeddedPlatform, StandsForItselfAndMakesNoOtherFileBeRead) {
  const auto refusal = [](const std::string& yaml) -> std::string {
    try {
      (void)parse_platform(yaml, "program", paths);
    } catch (const DiagnosticError& e) {
      return e.what();
    }
    return "accepted";
  };
  const std::string text = load_platform("zu3eg", {}, paths).yaml();
  EXPECT_EQ(refusal(text), "accepted");
  EXPECT_NE(refusal(text + "extends: zu7ev\n").find("extends no other"), std::string::npos);
  std::string elsewhere = text;
  const std::size_t at = elsewhere.find("technology: ");
  ASSERT_NE(at, std::string::npos);
  elsewhere.insert(at + 12, "../technologies/");
  EXPECT_NE(refusal(elsewhere).find("no technology '../technologies/"), std::string::npos);
}

}  // namespace
}  // namespace blendsim
