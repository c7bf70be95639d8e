// SPDX-License-Identifier: Apache-2.0
// The program file: the container, then 32 hexadecimal digits of its checksum. Written, read, recognised.
#include <algorithm>
#include <fstream>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "base/written_file.h"
#include "isa/program.h"
#include "isa/program_container.h"

namespace blendsim {
namespace {

constexpr std::size_t trailer_bytes = 32;

std::string trailer_of(std::span<const std::uint8_t> container) {
  Digest digest;
  return digest.add_bytes(container).hex();
}

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw DiagnosticError("program-damaged", Place{path, 0, {}}, what, "compile the network again");
}

std::vector<std::uint8_t> read_all(const std::string& path) {
  constexpr std::size_t chunk = std::size_t{1} << 18;
  std::ifstream stream(path, std::ios::binary);
  std::vector<std::uint8_t> bytes;
  while (stream) {
    const std::size_t before = bytes.size();
    bytes.resize(before + chunk);
    stream.read(reinterpret_cast<char*>(bytes.data() + before), chunk);
    bytes.resize(before + static_cast<std::size_t>(stream.gcount()));
  }
  if (!stream.eof()) throw DiagnosticError("file-unreadable", Place{path, 0, {}}, "cannot be read");
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> program_bytes(const Program& program) {
  std::vector<std::uint8_t> bytes = pack_program(program);
  const std::string trailer = trailer_of(bytes);
  bytes.insert(bytes.end(), trailer.begin(), trailer.end());
  return bytes;
}

void write_program(const Program& program, const std::string& path) {
  const std::vector<std::uint8_t> bytes = program_bytes(program);
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  close_written(stream, path);
}

Program parse_program(std::span<const std::uint8_t> bytes, const std::string& path) {
  if (!has_program_identifier(bytes)) {
    throw DiagnosticError("file-unrecognised", Place{path, 0, {}}, "this is no BlendSim program",
                          "`blendsim compile NET.onnx --platform P -o PROG` writes one");
  }
  if (bytes.size() < trailer_bytes + 8) damaged(path, "the file is truncated");
  const auto container = bytes.first(bytes.size() - trailer_bytes), trailer = bytes.last(trailer_bytes);
  if (!std::ranges::equal(trailer, trailer_of(container)))
    damaged(path, "the bytes differ from their checksum: the file is truncated or was changed");
  StoredProgram stored = unpack_program(container, path);
  if (stored.program.digest() != stored.digest) damaged(path, "the content differs from its digest");
  return std::move(stored.program);
}

Program read_program(const std::string& path) { return parse_program(read_all(path), path); }

bool is_program(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::vector<std::uint8_t> start(8);
  stream.read(reinterpret_cast<char*>(start.data()), 8);
  return stream.gcount() == 8 && has_program_identifier(start);
}

}  // namespace blendsim
