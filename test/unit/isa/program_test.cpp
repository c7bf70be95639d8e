// SPDX-License-Identifier: Apache-2.0
// The program container: what is written comes back, what is damaged is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "program_builder.h"
#include "random_instruction.h"

namespace blendsim::test {
namespace {

std::string path_of(const std::string& name) { return testing::TempDir() + "/blendsim_" + name; }

std::string slurp(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string with_trailer(const std::string& container) {
  Digest trailer;
  trailer.add_bytes({reinterpret_cast<const std::uint8_t*>(container.data()), container.size()});
  return container + trailer.hex();
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const DiagnosticError& error) {
    return std::string(error.diagnostics().front().code.name());
  }
  return "none";
}

TEST(ProgramFile, ComesBackEqualWithTheSameDigest) {
  const std::string path = path_of("equal.prog");
  const Program program = full_program();
  write_program(program, path);
  EXPECT_TRUE(is_program(path));
  const Program back = read_program(path);
  EXPECT_EQ(back, program);
  EXPECT_EQ(back.digest(), program.digest());
  const std::string first = slurp(path);
  write_program(back, path);
  EXPECT_EQ(slurp(path), first) << "equal programs are equal files";
}

TEST(ProgramFile, AnEmptyProgramComesBackToo) {
  const std::string path = path_of("empty.prog");
  write_program(Program{}, path);
  EXPECT_EQ(read_program(path), Program{});
}

TEST(ProgramFile, EveryMemberReachesTheDigest) {
  const std::string digest = full_program().digest();
  const std::vector<std::function<void(Program&)>> changes = {
      [](Program& p) { p.network += "x"; },
      [](Program& p) { p.network_digest += "x"; },
      [](Program& p) { p.platform_yaml += "x"; },
      [](Program& p) { p.platform_digest += "x"; },
      [](Program& p) { p.init[0].high ^= 1; },
      [](Program& p) { p.main[0].low ^= 1ULL << 63; },
      [](Program& p) { std::swap(p.init, p.main); },
      [](Program& p) { p.resident = true; },
      [](Program& p) { p.segments[0].bytes[1] ^= 1; },
      [](Program& p) { p.segments[1].address += 1; },
      [](Program& p) { p.program_bytes += 1; },
      [](Program& p) { p.input_bytes += 1; },
      [](Program& p) { p.images += 1; },
      [](Program& p) { p.output_bytes += 1; },
      [](Program& p) { p.main_address += 1; },
      [](Program& p) { p.init_address += 1; },
      [](Program& p) { p.layers[0].name += "x"; },
      [](Program& p) { p.layers[1].op += "x"; },
      [](Program& p) { p.layers[1].nodes[1] += "x"; },
      [](Program& p) { p.layers[1].unit += "x"; },
      [](Program& p) { p.layers[1].macs += 1; },
      [](Program& p) { p.layers[1].binary = false; },
      [](Program& p) { p.layers[1].results[1].base += 1; },
      [](Program& p) { p.layers[1].results[0].place = TensorView::Place::act_fixed; },
      [](Program& p) { p.layers[1].results[0].format = Format::signed_bits(3); },
      [](Program& p) { p.layers[1].results[0].channels += 1; },
      [](Program& p) { p.layers[1].results[0].height += 1; },
      [](Program& p) { p.layers[1].results[0].width += 1; },
      [](Program& p) { p.layers[1].results[0].slices += 1; },
      [](Program& p) { p.layers[1].results[0].first += 1; },
      [](Program& p) { p.layers[1].results[0].bytes += 1; },
      [](Program& p) { p.layers[1].results[0].planes += 1; },
      [](Program& p) { p.layers[1].results[0].plane_cells += 1; },
      [](Program& p) { p.input.name += "x"; },
      [](Program& p) { p.input_form = TransferForm::fixed; },
      [](Program& p) { p.input_row_bytes += 1; },
      [](Program& p) { p.host_input.name += "x"; },
      [](Program& p) { p.host_input.shape[0] = 2; },
      [](Program& p) { p.host_input.format = Format::bipolar(); },
      [](Program& p) { p.host_input.channels += 1; },
      [](Program& p) { p.host_input.batch += 1; },
      [](Program& p) { p.assumed = true; },
      [](Program& p) { p.host_input.ops[0].kind = HostOp::Kind::add; },
      [](Program& p) { p.host_input.ops[0].node += "x"; },
      [](Program& p) { p.host_input.ops[0].function = "Tanh"; },
      [](Program& p) { p.host_input.ops[0].operand.values[0] = 0.25F; },
      [](Program& p) { p.host_input.ops[0].operand.shape[0] = 1; },
      [](Program& p) { p.host_input.ops[0].axis += 1; },
      [](Program& p) { p.host_input.ops[0].shape[1] += 1; },
      [](Program& p) { p.host_input.ops[0].scale = 2; },
      [](Program& p) { p.host_input.ops[0].zero_point = 2; },
      [](Program& p) { p.host_input.ops[0].lo += 1; },
      [](Program& p) { p.host_input.ops[0].hi += 1; },
      [](Program& p) { p.host_input.ops[0].rounding = "UP"; },
      [](Program& p) { p.host_input.ops[0].saturate_first = true; },
      [](Program& p) { p.host_input.ops[0].count += 1; },
      [](Program& p) { p.host_input.ops[0].output += 1; },
      [](Program& p) { p.host_input.ops[0].keep_dimensions = true; },
      [](Program& p) { p.outputs[0].base += 1; },
      [](Program& p) { p.host_outputs[0].shape[0] = 2; },
      [](Program& p) { p.host_outputs[0].height += 1; },
      [](Program& p) { p.buffers[6].peak_bits += 1; },
      [](Program& p) { p.notes[1] = "x"; }};
  for (std::size_t n = 0; n < changes.size(); ++n) {
    Program changed = full_program();
    changes[n](changed);
    EXPECT_NE(changed.digest(), digest) << "change " << n;
    const std::string path = path_of("changed.prog");
    write_program(changed, path);
    EXPECT_EQ(read_program(path), changed) << "change " << n;
  }
}

TEST(ProgramFile, OneFlippedBitAnywhereIsRefused) {
  const std::string path = path_of("flipped.prog");
  write_program(full_program(), path);
  const std::string good = slurp(path);
  Engine engine(5);
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    const std::size_t at = engine() % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << (engine() % 8)));
    spill(path, bad);
    const std::string code = code_of([&] { (void)read_program(path); });
    EXPECT_EQ(code, at >= 4 && at < 8 ? "file-unrecognised" : "program-damaged") << "byte " << at;
  }
}

TEST(ProgramFile, TruncationAnywhereIsRefused) {
  const std::string path = path_of("truncated.prog");
  write_program(full_program(), path);
  const std::string good = slurp(path);
  for (std::size_t size = 0; size < good.size(); size += 7) {
    spill(path, good.substr(0, size));
    EXPECT_EQ(code_of([&] { (void)read_program(path); }), size < 8 ? "file-unrecognised" : "program-damaged")
        << size << " bytes";
  }
}

// A forged trailer gets past the checksum: then structure, enumerations and the stored digest stand guard.
TEST(ProgramFile, FlippedBitsUnderAForgedTrailerNeverGiveAnotherProgram) {
  const std::string path = path_of("forged.prog");
  const Program program = full_program();
  write_program(program, path);
  const std::string good = slurp(path).substr(0, slurp(path).size() - 32);
  Engine engine(6);
  int refused = 0;
  for (int round = 0; round < 800; ++round) {
    std::string bad = good;
    const std::size_t at = engine() % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << (engine() % 8)));
    spill(path, with_trailer(bad));
    try {
      EXPECT_EQ(read_program(path), program) << "byte " << at;
    } catch (const DiagnosticError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 600);
}

// Behind every other field of the root table: FlatBuffers' vtable says where.
TEST(ProgramFile, AProgramOfAnotherFormatIsRefusedByThat) {
  const std::string path = path_of("format.prog");
  write_program(full_program(), path);
  std::string container = slurp(path);
  container.resize(container.size() - 32);
  std::uint32_t root = 0;
  std::int32_t to_vtable = 0;
  std::uint16_t size = 0, place = 0;
  std::memcpy(&root, container.data(), sizeof root);
  std::memcpy(&to_vtable, container.data() + root, sizeof to_vtable);
  const std::size_t vtable = root - static_cast<std::size_t>(to_vtable);
  std::memcpy(&size, container.data() + vtable, sizeof size);
  std::memcpy(&place, container.data() + vtable + size - sizeof place, sizeof place);
  std::uint32_t format = 0;
  std::memcpy(&format, container.data() + root + place, sizeof format);
  ASSERT_EQ(format, 7U);
  for (const std::uint32_t other : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 8U}) {
    std::memcpy(container.data() + root + place, &other, sizeof other);
    spill(path, with_trailer(container));
    EXPECT_EQ(code_of([&] { (void)read_program(path); }), "program-version") << other;
  }
}

// Each note's offset is turned to the one long note: a file of kilobytes would be a program of megabytes.
TEST(ProgramFile, PartsThatShareBytesAreRefused) {
  const std::string path = path_of("shared.prog"), text(4000, 'n');
  Program program = full_program();
  program.notes.assign(500, "");
  program.notes[0] = text;
  write_program(program, path);
  std::string container = slurp(path);
  container.resize(container.size() - 32);
  const auto target = static_cast<std::uint32_t>(container.find(text) - sizeof(std::uint32_t));
  const auto offset_at = [&](std::uint32_t at) {
    std::uint32_t offset;
    std::memcpy(&offset, container.data() + at, sizeof offset);
    return offset;
  };
  std::uint32_t first = 0;
  while (first + offset_at(first) != target) first += sizeof first;
  for (std::uint32_t note = 0; note < 500; ++note) {
    const std::uint32_t at = first + 4 * note, offset = target - at;
    std::memcpy(container.data() + at, &offset, sizeof offset);
  }
  spill(path, with_trailer(container));
  try {
    (void)read_program(path);
    ADD_FAILURE() << "accepted";
  } catch (const DiagnosticError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("parts of the container overlap"));
  }
}

TEST(ProgramFile, OtherFilesAreNotPrograms) {
  const std::string path = path_of("other");
  spill(path, "name: a platform\n");
  EXPECT_FALSE(is_program(path));
  EXPECT_EQ(code_of([&] { (void)read_program(path); }), "file-unrecognised");
  EXPECT_FALSE(is_program(path_of("absent")));
  EXPECT_EQ(code_of([&] { (void)read_program(path_of("absent")); }), "file-unreadable");
  EXPECT_EQ(code_of([&] { write_program(Program{}, path_of("no/such/folder/x")); }), "file-unwritable");
}

}  // namespace
}  // namespace blendsim::test
