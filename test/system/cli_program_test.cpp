// SPDX-License-Identifier: Apache-2.0
// A program file is untrusted: whatever its checksums say, run and inspect refuse what is damaged, and name the field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "isa/program.h"
#include "process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;

TEST(CliProgram, RunAndInspectRefuseADamagedFieldBehindRightChecksums) {
  const Workspace work;
  ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
  ASSERT_EQ(blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "-o", work.path("good")}).status, 0);
  const Program good = read_program(work.path("good"));
  const std::vector<std::pair<std::string, std::function<void(Program&)>>> damages = {
      {"platform_digest", [](Program& p) { p.platform_digest[0] ^= 1; }},
      {"program_bytes", [](Program& p) { p.program_bytes = std::uint64_t{1} << 36; }},
      {"input.slices", [](Program& p) { p.input.slices = 0; }},
      {"host_input.channels", [](Program& p) { p.host_input.channels = 4000; }},
      {"host_outputs[0].ops[0].operand", [](Program& p) { p.host_outputs[0].ops[0].operand.values.clear(); }},
      {"outputs[0].channels", [](Program& p) { p.outputs[0].channels = -4; }},
      {"layers[1].results[0].height", [](Program& p) { p.layers[1].results[0].height = 1 << 30; }},
      {"instruction", [](Program& p) { p.layers.resize(1); }}};
  for (const auto& [field, change] : damages) {
    Program bad = good;
    change(bad);
    write_program(bad, work.path("bad"));
    for (const char* command : {"run", "inspect"}) {
      const ProcessResult result = blendsim_cli({command, work.path("bad")});
      EXPECT_EQ(result.status, 1) << command << ' ' << field;
      EXPECT_THAT(result.err, HasSubstr("program-invalid"));
      EXPECT_THAT(result.err, HasSubstr(work.path("bad")));
      EXPECT_THAT(result.err, HasSubstr(field));
      EXPECT_EQ(result.out, "");
    }
  }
}

}  // namespace
}  // namespace blendsim
