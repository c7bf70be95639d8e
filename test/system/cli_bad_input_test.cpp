// SPDX-License-Identifier: Apache-2.0
// Every kind of bad input ends with a diagnosis that names it, status 1, and leaves nothing half-written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "network/onnx_writer.h"
#include "process.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A small network and its program, made once.
class CliBadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Workspace;
    ASSERT_EQ(blendsim_cli({"zoo", "mlp_w2a2", "-o", net()}).status, 0);
    const ProcessResult compiled = blendsim_cli({"compile", net(), "--platform", "zu3eg", "-o", program()});
    ASSERT_EQ(compiled.status, 0) << compiled.err;
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static std::string net() { return files_->path("net.onnx"); }
  static std::string program() { return files_->path("net.program"); }

  static void expect_refused(const std::vector<std::string>& arguments, const std::string& code,
                             const std::string& words) {
    const ProcessResult result = blendsim_cli(arguments);
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    EXPECT_THAT(result.err, HasSubstr("error[" + code + "]: "));
    EXPECT_THAT(result.err, HasSubstr(words));
  }
  static void expect_input_refused(const std::string& file, const std::string& code, const std::string& words) {
    expect_refused({"run", program(), "--input", file}, code, words);
  }

  static inline Workspace* files_ = nullptr;
  Workspace work;
};

TEST_F(CliBadInput, NotEveryTextIsYaml) {
  const std::string script = work.write("gen.py", "# makes a network\nimport numpy as np\nx: int = 3\n");
  expect_refused({"inspect", script}, "file-unrecognised", "gen.py");
  expect_refused({"run", script, "--platform", "zu3eg"}, "file-unrecognised", "a text of another kind");
  expect_refused({"run", net(), "--platform", script}, "file-unrecognised", "gen.py");
  expect_refused({"run", net(), "--platform", net()}, "file-unrecognised", "net.onnx");
  expect_refused({"platforms", program()}, "file-unrecognised", "net.program");
  expect_refused({"inspect", work.write("p.yaml", "# mine\n\nschema: [\n")}, "yaml-syntax", "p.yaml");
}

TEST_F(CliBadInput, MissingAndEmptyFiles) {
  expect_refused({"run", "/nowhere/net.onnx", "--platform", "zu3eg"}, "file-unreadable", "/nowhere/net.onnx");
  expect_refused({"run", work.path(""), "--platform", "zu3eg"}, "file-unreadable", work.path(""));
  expect_refused({"run", work.write("empty", ""), "--platform", "zu3eg"}, "file-damaged", "empty");
  expect_input_refused("/nowhere/x.npy", "file-unreadable", "/nowhere/x.npy");
}

// Nothing is lost: not by a name given twice, and not through another name of the same file.
TEST_F(CliBadInput, WhatIsReadIsNotWritten) {
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& kept,
                          const std::string& words) {
    const std::string before = read_text(kept);
    const ProcessResult result = blendsim_cli(arguments);
    EXPECT_EQ(result.status, 2) << result.out;
    EXPECT_THAT(result.err, HasSubstr(words));
    EXPECT_EQ(read_text(kept), before);
  };
  const std::string link = work.path("link");
  std::filesystem::create_symlink(net(), link);
  refused({"compile", net(), "--platform", "zu3eg", "-o", net()}, net(), "is to be read and written");
  refused({"compile", net(), "--platform", "zu3eg", "-o", link}, net(), "is to be read and written");
  refused({"compile", net(), "--platform", "zu3eg", "-o", work.path("a"), "--lowered", work.path("b/../a")}, net(),
          "is to be written twice");
  refused({"run", program(), "--json", program()}, program(), "is to be read and written");
  EXPECT_FALSE(std::filesystem::exists(work.path("a")));
}

TEST_F(CliBadInput, AFileMayBeWrittenByTheNameOfAPlatform) {
  const std::string network = std::filesystem::absolute(net());
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(work.path(""));
  const ProcessResult result =
      blendsim_cli({"run", network, "--platform", "zu3eg", "--timing-only", "--json", "zu3eg"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(std::filesystem::exists("zu3eg"));
  std::filesystem::current_path(before);
}

TEST_F(CliBadInput, WhatIsReadIsNotWrittenIntoAFolderEither) {
  const std::string folder = work.path("tensors");
  ASSERT_EQ(blendsim_cli({"run", program(), "--tensors", folder}).status, 0);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string before = read_text(entry.path());
    const ProcessResult result = blendsim_cli({"run", program(), "--tensors", folder, "--json", entry.path()});
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_EQ(read_text(entry.path()), before);
  }
  const std::string package = work.write("blendsim_pkg.sv", blendsim_cli({"platforms", "zu3eg"}).out),
                    before = read_text(package);
  EXPECT_EQ(blendsim_cli({"rtl", package, "-o", work.path("")}).status, 2);
  EXPECT_EQ(read_text(package), before);
}

TEST_F(CliBadInput, ACompilationThatFailsWritesNothing) {
  const std::string lowered = work.path("lowered.onnx");
  expect_refused({"compile", net(), "--platform", "zu3eg", "--set", "buffers.parameters.depth=2", "-o", work.path("x"),
                  "--lowered", lowered},
                 "does-not-fit", "parameters");
  EXPECT_FALSE(std::filesystem::exists(lowered));
}

TEST_F(CliBadInput, AFolderIsNoFile) {
  expect_refused({"run", work.path(""), "--platform", "zu3eg"}, "file-unreadable", "is a folder, a file is expected");
}

TEST_F(CliBadInput, ASeedIsDigits) {
  const ProcessResult zoo = blendsim_cli({"zoo", "mlp_w2a2", "-o", work.path("net.onnx"), "--seed", "-1"});
  EXPECT_EQ(zoo.status, 2);
  EXPECT_THAT(zoo.err, HasSubstr("'-1' is not a whole number"));
  const ProcessResult stalls = blendsim_cli({"run", program(), "--stalls", "0"});
  EXPECT_EQ(stalls.status, 2);
  EXPECT_THAT(stalls.err, HasSubstr("'0' is not a whole number from 1 on"));
}

TEST_F(CliBadInput, AClockAboveTheEstimateIsSaidAndAboveTheDataSheetRefused) {
  const ProcessResult fast = blendsim_cli({"run", net(), "--platform", "zu3eg", "--set", "clock=600 MHz"});
  EXPECT_EQ(fast.status, 0);
  EXPECT_THAT(fast.out, HasSubstr("WARNING, above ~"));
  EXPECT_THAT(fast.err, HasSubstr("warning[clock-above-estimate]"));
  EXPECT_THAT(fast.err, testing::ContainsRegex("--set \"clock=[0-9]+ MHz\""));
  EXPECT_EQ(fast.out.find("above the estimate"), std::string::npos) << "said once in the report, in the line clock";
  expect_refused({"run", net(), "--platform", "zu3eg", "--set", "clock=700 MHz"}, "out-of-range",
                 "above what the data sheet");
}

TEST_F(CliBadInput, AFileOfAnotherKindIsNamedForWhatItIs) {
  expect_refused({"run", work.write("x.onnx", "name: no network\n"), "--platform", "zu3eg"}, "file-unrecognised",
                 "YAML");
  expect_refused({"run", work.write("y.onnx", "{\"schema\": 1}"), "--platform", "zu3eg"}, "file-unrecognised", "JSON");
  expect_refused({"run", work.write("z.onnx", std::string("\xff\x00\x13", 3)), "--platform", "zu3eg"},
                 "file-unrecognised", "z.onnx");
  expect_refused({"compile", program(), "--platform", "zu3eg", "-o", work.path("p")}, "file-unrecognised", "a program");
}

TEST_F(CliBadInput, FilesAreKnownByContentNotByExtension) {
  const std::string onnx = work.write("network.yaml", read_text(net())),
                    prog = work.write("program.onnx", read_text(program()));
  EXPECT_EQ(blendsim_cli({"run", onnx, "--platform", "zu3eg", "--timing-only"}).status, 0);
  EXPECT_EQ(blendsim_cli({"run", prog, "--timing-only"}).status, 0);
  EXPECT_THAT(blendsim_cli({"inspect", prog}).out, HasSubstr("main: "));
}

TEST_F(CliBadInput, ATruncatedNetworkIsRefusedAtEveryLength) {
  const std::string bytes = read_text(net());
  for (const double part : {0.01, 0.3, 0.5, 0.9, 0.999}) {
    const std::string cut =
        work.write("cut.onnx", bytes.substr(0, static_cast<std::size_t>(part * static_cast<double>(bytes.size()))));
    const ProcessResult result = blendsim_cli({"run", cut, "--platform", "zu3eg"});
    EXPECT_EQ(result.status, 1) << part << result.err;
    EXPECT_THAT(result.err, HasSubstr("cut.onnx"));
  }
}

TEST_F(CliBadInput, ATruncatedOrChangedProgramIsRefusedWhole) {
  const std::string bytes = read_text(program());
  expect_refused({"run", work.write("cut", bytes.substr(0, bytes.size() / 2))}, "program-damaged", "cut");
  for (int place = 1; place <= 8; ++place) {
    std::string changed = bytes;
    char& byte = changed[changed.size() * static_cast<std::size_t>(place) / 9];
    byte = static_cast<char>(byte ^ 0x10);
    expect_refused({"run", work.write("changed", changed)}, "program-damaged", "changed");
  }
}

TEST_F(CliBadInput, AnInputOfAnotherShapeNamesBothShapes) {
  const std::string file = work.path("x.npy");
  write_npy(file, FloatArray{{1, 3, 16, 16}, std::vector<float>(768)});
  expect_input_refused(file, "input-shape", "[1, 3, 16, 16]");
  expect_input_refused(file, "input-shape", "[1, 1, 16, 16]");
  write_npy(file, FloatArray{{16, 16, 1}, std::vector<float>(256)});
  expect_input_refused(file, "input-shape", "channels come first: numpy.transpose(array, (2, 0, 1))");
  write_npy(file, FloatArray{{2, 16, 16, 1}, std::vector<float>(512)});
  expect_input_refused(file, "input-shape", "numpy.transpose(array, (0, 3, 1, 2))");
}

TEST_F(CliBadInput, TheLeadingBatchDimensionMayBeMissingOrCountImages) {
  const std::string file = work.path("x.npy");
  write_npy(file, FloatArray{{1, 16, 16}, std::vector<float>(256)});
  EXPECT_EQ(blendsim_cli({"run", program(), "--input", file}).status, 0);
  write_npy(file, FloatArray{{3, 1, 16, 16}, std::vector<float>(768)});
  EXPECT_THAT(blendsim_cli({"run", program(), "--input", file}).out, HasSubstr("file (3 images)"));
  EXPECT_THAT(blendsim_cli({"run", program(), "--input", file, "--input", file}).out, HasSubstr("file (6 images)"));
}

TEST_F(CliBadInput, NanAndInfinityAreNamedWithTheirPlace) {
  const std::string file = work.path("x.npy");
  FloatArray array{{1, 1, 16, 16}, std::vector<float>(256)};
  array.values[17] = std::numeric_limits<float>::quiet_NaN();
  write_npy(file, array);
  expect_input_refused(file, "input-value", "value 17");
  array.values[17] = std::numeric_limits<float>::infinity();
  write_npy(file, array);
  expect_input_refused(file, "input-value", "inf");
}

TEST_F(CliBadInput, AnInputThatIsNoArrayOrOfAnotherTypeIsRefused) {
  expect_input_refused(work.write("x.npy", "hello, this is no array"), "file-unrecognised", "x.npy");
  std::string complex_array = "\x93NUMPY";
  complex_array +=
      std::string("\x01\x00\x46\x00", 4) + "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1, 16, 16), }   \n";
  expect_input_refused(work.write("c.npy", complex_array + std::string(2048, '\0')), "input-type", "c8");
}

TEST_F(CliBadInput, AnInputScaleIsAPositiveNumberOrFraction) {
  const std::string file = work.path("x.npy");
  write_npy(file, FloatArray{{1, 1, 16, 16}, std::vector<float>(256)});
  for (const std::string scale : {"0", "-1", "1/0", "x", "1/", "nan", "inf", "1/2/3"}) {
    expect_refused({"run", program(), "--input", file, "--input-scale", scale}, "input-scale", "'" + scale + "'");
  }
}

TEST_F(CliBadInput, ADynamicShapeIsNamed) {
  OnnxWriter writer("dynamic", 17, 8);
  writer.input("x", OnnxType::float32, {1, 4});
  writer.output(writer.node({.op = "Relu", .inputs = {"x"}, .output = "y"}), OnnxType::float32, {1, 4});
  const std::string file = work.path("dynamic.onnx");
  writer.save(file);
  std::string bytes = read_text(file);
  // dim { dim_value: 4 } becomes dim { dim_param: "" }: field 1 varint 4 -> field 2 of length 0, wherever it stands.
  const std::string fixed("\x0a\x02\x08\x04", 4), open("\x0a\x02\x12\x00", 4);
  for (std::size_t at = bytes.find(fixed); at != std::string::npos; at = bytes.find(fixed, at))
    bytes.replace(at, 4, open);
  expect_refused({"run", work.write("dynamic.onnx", bytes), "--platform", "zu3eg"}, "dynamic-shape", "x");
}

TEST_F(CliBadInput, AnUnknownPlatformNameOffersTheNearest) {
  const ProcessResult result = blendsim_cli({"run", net(), "--platform", "zu3e"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("zu3eg"));
}

TEST_F(CliBadInput, AnUnknownKeyIsNamedWithItsLineAndTheNearestSpelling) {
  const std::string yaml = "schema: blendsim.platform/1\nextends: zu3eg\nname: mine\nxnor_array: {row: 32}\n";
  const std::string file = work.write("mine.yaml", yaml);
  expect_refused({"run", net(), "--platform", file}, "unknown-key", "mine.yaml:4");
  expect_refused({"run", net(), "--platform", file}, "unknown-key", "'rows'");
}

TEST_F(CliBadInput, ADuplicateKeyIsNamedWithItsLine) {
  const std::string yaml = "schema: blendsim.platform/1\nextends: zu3eg\nname: mine\nclock: 250 MHz\nclock: 200 MHz\n";
  expect_refused({"run", net(), "--platform", work.write("mine.yaml", yaml)}, "duplicate-key", "mine.yaml:5");
}

TEST_F(CliBadInput, ASetWithAnUnknownKeyOrWithoutAValueIsRefused) {
  expect_refused({"run", net(), "--platform", "zu3eg", "--set", "xnor_array.row=32"}, "bad-override", "rows");
  expect_refused({"run", net(), "--platform", "zu3eg", "--set", "xnor_array.rows"}, "bad-override", "xnor_array.rows");
}

TEST_F(CliBadInput, ANetworkThatDoesNotFitSaysWhatItNeeds) {
  const ProcessResult result =
      blendsim_cli({"run", net(), "--platform", "zu3eg", "--set", "buffers.act_fixed.depth=2"});
  EXPECT_EQ(result.status, 1) << result.out;
  EXPECT_THAT(result.err, AnyOf(HasSubstr("error[does-not-fit]"), HasSubstr("error[unit-too-narrow]")));
  EXPECT_THAT(result.err, HasSubstr("act_fixed"));
}

TEST_F(CliBadInput, APlatformThatContradictsTheProgramNamesTheKeys) {
  expect_refused({"run", program(), "--platform", "zu3eg", "--set", "store.outstanding=2"}, "platform-mismatch",
                 "--platform zu3eg in\n  store.outstanding: ");
  const ProcessResult other = blendsim_cli({"run", program(), "--platform", "k26"});
  EXPECT_THAT(other.err, HasSubstr("error[platform-mismatch]"));
  EXPECT_THAT(other.err, testing::ContainsRegex("\n  and [0-9]+ more\n"));
  EXPECT_EQ(std::count(other.err.begin(), other.err.end(), '\n'), 13) << "title, ten keys, the rest, a hint";
  EXPECT_EQ(blendsim_cli({"run", program(), "--platform", "zu3eg", "--timing-only"}).status, 0);
}

TEST_F(CliBadInput, AnUnwritableOutputIsNamedAndNothingIsLeftBehind) {
  expect_refused({"zoo", "mlp_w2a2", "-o", "/nowhere/net.onnx"}, "file-unwritable", "/nowhere/net.onnx");
  expect_refused({"compile", net(), "--platform", "zu3eg", "-o", "/nowhere/p"}, "file-unwritable", "/nowhere/p");
  expect_refused({"rtl", "zu3eg", "-o", "/proc/nowhere"}, "file-unwritable", "/proc/nowhere");
  expect_refused({"rtl", "zu3eg", "-o", work.write("file", "x")}, "file-unwritable", "file");
  expect_refused({"run", program(), "--json", "/nowhere/r.json"}, "file-unwritable", "/nowhere/r.json");
  expect_refused({"run", program(), "--json", work.path("")}, "file-unwritable", "folder");
}

TEST_F(CliBadInput, ARefusedRunLeavesTheOldOutputAsItWas) {
  const std::string report = work.write("report.json", "as before");
  EXPECT_EQ(blendsim_cli({"run", program(), "--input", "/nowhere", "--json", report}).status, 1);
  EXPECT_EQ(read_text(report), "as before");
  EXPECT_EQ(blendsim_cli({"zoo", "no_such_network", "-o", report}).status, 1);
  EXPECT_EQ(read_text(report), "as before");
  const auto files = std::filesystem::directory_iterator(std::filesystem::path(report).parent_path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(CliBadInput, AnUnknownZooNetworkOffersTheNearest) {
  expect_refused({"zoo", "neuroblend2", "-o", work.path("x")}, "unknown-network", "neuroblend20");
}

TEST_F(CliBadInput, ComparingWhatIsNoReportIsRefused) {
  expect_refused({"compare", net(), net()}, "file-unrecognised", "expected a report, this is an ONNX network");
  expect_refused({"compare", work.write("a", "{}"), work.write("b", "{}")}, "report-schema", "blendsim.report/2");
}

}  // namespace
}  // namespace blendsim
