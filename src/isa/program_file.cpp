// SPDX-License-Identifier: Apache-2.0
// The FlatBuffers container (program.fbs): write, read, recognise.
#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "isa/program.h"
#include "isa/program_generated.h"

namespace blendsim {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

static_assert(static_cast<int>(file::Place::MAX) == static_cast<int>(TensorView::Place::mac_accumulators));
static_assert(static_cast<int>(file::TransferForm::MAX) == static_cast<int>(TransferForm::stem));
static_assert(static_cast<int>(file::HostOpKind::MAX) == static_cast<int>(HostOp::Kind::identity));

constexpr std::size_t trailer_bytes = 32;

std::string trailer_of(const std::uint8_t* bytes, std::size_t size) {
  Digest digest;
  return digest.add_bytes({bytes, size}).hex();
}

// --- writing -----------------------------------------------------------------------------------------------------

template <class Source, class Convert>
auto tables(FlatBufferBuilder& builder, const std::vector<Source>& list, Convert&& convert) {
  std::vector<decltype(convert(builder, list.front()))> offsets;
  for (const Source& item : list) offsets.push_back(convert(builder, item));
  return builder.CreateVector(offsets);
}

auto words(FlatBufferBuilder& builder, const std::vector<Word>& list) {
  std::vector<file::Word> out;
  for (const Word& word : list) out.emplace_back(word.low, word.high);
  return builder.CreateVectorOfStructs(out);
}

Offset<file::TensorView> pack_view(FlatBufferBuilder& builder, const TensorView& v) {
  return file::CreateTensorView(builder, builder.CreateString(v.name), static_cast<file::Place>(v.place),
                                builder.CreateString(v.format.name()), v.channels, v.height, v.width, v.base, v.slices,
                                v.first, v.bytes, v.planes, v.plane_cells);
}

Offset<file::Layer> pack_layer(FlatBufferBuilder& builder, const ProgramLayer& l) {
  return file::CreateLayer(builder, builder.CreateString(l.name), builder.CreateString(l.op),
                           builder.CreateVectorOfStrings(l.nodes), builder.CreateString(l.unit), l.macs, l.binary,
                           tables(builder, l.results, pack_view));
}

Offset<file::Segment> pack_segment(FlatBufferBuilder& builder, const DramSegment& s) {
  return file::CreateSegment(builder, s.address, builder.CreateVector(s.bytes));
}

Offset<file::HostOp> pack_op(FlatBufferBuilder& builder, const HostOp& op) {
  return file::CreateHostOp(builder, static_cast<file::HostOpKind>(op.kind), builder.CreateString(op.node),
                            builder.CreateVector(op.operand.shape), builder.CreateVector(op.operand.values), op.axis,
                            builder.CreateVector(op.shape), op.scale, op.zero_point, op.lo, op.hi,
                            builder.CreateString(op.rounding), op.saturate_first, op.count, op.output,
                            op.keep_dimensions);
}

Offset<file::HostInput> pack_input_steps(FlatBufferBuilder& builder, const HostInput& h) {
  return file::CreateHostInput(builder, builder.CreateString(h.name), builder.CreateVector(h.shape),
                               tables(builder, h.ops, pack_op), builder.CreateString(h.format.name()), h.channels,
                               h.height, h.width);
}

Offset<file::HostOutput> pack_output_steps(FlatBufferBuilder& builder, const HostOutput& h) {
  return file::CreateHostOutput(builder, builder.CreateString(h.name), builder.CreateVector(h.shape),
                                tables(builder, h.ops, pack_op), h.channels, h.height, h.width);
}

void pack_program(FlatBufferBuilder& builder, const Program& p) {
  std::vector<std::int64_t> peaks;
  for (const BufferUse& use : p.buffers) peaks.push_back(use.peak_bits);
  builder.Finish(
      file::CreateProgram(builder, builder.CreateString(p.digest()), builder.CreateString(p.network),
                          builder.CreateString(p.network_digest), builder.CreateString(p.platform_yaml),
                          builder.CreateString(p.platform_digest), words(builder, p.init), words(builder, p.main),
                          p.resident, tables(builder, p.segments, pack_segment), p.program_bytes, p.input_bytes,
                          p.output_bytes, p.main_address, p.init_address, tables(builder, p.layers, pack_layer),
                          pack_view(builder, p.input), static_cast<file::TransferForm>(p.input_form), p.input_row_bytes,
                          pack_input_steps(builder, p.host_input), tables(builder, p.outputs, pack_view),
                          tables(builder, p.host_outputs, pack_output_steps), builder.CreateVector(peaks),
                          builder.CreateVectorOfStrings(p.notes)),
      file::ProgramIdentifier());
}

// --- reading -----------------------------------------------------------------------------------------------------

template <class Target, class List, class Convert>
std::vector<Target> unpack_all(const List& list, Convert&& convert) {
  std::vector<Target> out;
  out.reserve(list.size());
  for (const auto* item : list) out.push_back(convert(*item));
  return out;
}

template <class Target>
std::vector<Target> values(const flatbuffers::Vector<Target>& list) {
  return {list.begin(), list.end()};
}
std::vector<std::uint8_t> values(const flatbuffers::Vector<std::uint8_t>& bytes) {
  return {bytes.data(), bytes.data() + bytes.size()};
}

std::string text(const flatbuffers::String& s) { return s.str(); }

// Throws std::invalid_argument for a value beyond the enumeration; caught by read_program.
template <class Target, class Stored>
Target enumerator(Stored stored) {
  if (stored > Stored::MAX) throw std::invalid_argument("a value is outside its enumeration");
  return static_cast<Target>(stored);
}

TensorView unpack_view(const file::TensorView& v) {
  return {v.name()->str(),
          enumerator<TensorView::Place>(v.place()),
          Format::parse(v.format()->str()),
          v.channels(),
          v.height(),
          v.width(),
          v.base(),
          v.slices(),
          v.first(),
          v.bytes(),
          v.planes(),
          v.plane_cells()};
}

ProgramLayer unpack_layer(const file::Layer& l) {
  return {l.name()->str(), l.op()->str(), unpack_all<std::string>(*l.nodes(), text),        l.unit()->str(),
          l.macs(),        l.binary(),    unpack_all<TensorView>(*l.results(), unpack_view)};
}

DramSegment unpack_segment(const file::Segment& s) { return {s.address(), values(*s.bytes())}; }

HostOp unpack_op(const file::HostOp& o) {
  HostOp op;
  op.kind = enumerator<HostOp::Kind>(o.kind());
  op.node = o.node()->str();
  op.operand = {values(*o.operand_shape()), values(*o.operand())};
  op.axis = o.axis();
  op.shape = values(*o.shape());
  op.scale = o.scale();
  op.zero_point = o.zero_point();
  op.lo = o.lo();
  op.hi = o.hi();
  op.rounding = o.rounding()->str();
  op.saturate_first = o.saturate_first();
  op.count = o.count();
  op.output = o.output();
  op.keep_dimensions = o.keep_dimensions();
  return op;
}

HostInput unpack_input_steps(const file::HostInput& h) {
  return {h.name()->str(),
          values(*h.shape()),
          unpack_all<HostOp>(*h.ops(), unpack_op),
          Format::parse(h.format()->str()),
          h.channels(),
          h.height(),
          h.width()};
}

HostOutput unpack_output_steps(const file::HostOutput& h) {
  return {h.name()->str(),
          values(*h.shape()),
          unpack_all<HostOp>(*h.ops(), unpack_op),
          h.channels(),
          h.height(),
          h.width()};
}

Program unpack_program(const file::Program& f) {
  const auto word = [](const file::Word& w) { return Word{w.low(), w.high()}; };
  Program p;
  p.network = f.network()->str();
  p.network_digest = f.network_digest()->str();
  p.platform_yaml = f.platform_yaml()->str();
  p.platform_digest = f.platform_digest()->str();
  p.init = unpack_all<Word>(*f.init(), word);
  p.main = unpack_all<Word>(*f.main(), word);
  p.resident = f.resident();
  p.segments = unpack_all<DramSegment>(*f.segments(), unpack_segment);
  p.program_bytes = f.program_bytes();
  p.input_bytes = f.input_bytes();
  p.output_bytes = f.output_bytes();
  p.main_address = f.main_address();
  p.init_address = f.init_address();
  p.layers = unpack_all<ProgramLayer>(*f.layers(), unpack_layer);
  p.input = unpack_view(*f.input());
  p.input_form = enumerator<TransferForm>(f.input_form());
  p.input_row_bytes = f.input_row_bytes();
  p.host_input = unpack_input_steps(*f.host_input());
  p.outputs = unpack_all<TensorView>(*f.outputs(), unpack_view);
  p.host_outputs = unpack_all<HostOutput>(*f.host_outputs(), unpack_output_steps);
  for (const std::int64_t bits : *f.peak_bits()) p.buffers.push_back({bits});
  p.notes = unpack_all<std::string>(*f.notes(), text);
  return p;
}

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw DiagnosticError("program-damaged", Place{path, 0, {}}, what, "compile the network again");
}

bool has_identifier(const std::vector<std::uint8_t>& bytes) {
  return bytes.size() >= 8 && std::equal(bytes.begin() + 4, bytes.begin() + 8, file::ProgramIdentifier());
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

void write_program(const Program& program, const std::string& path) {
  FlatBufferBuilder builder;
  pack_program(builder, program);
  const std::string trailer = trailer_of(builder.GetBufferPointer(), builder.GetSize());
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(builder.GetBufferPointer()),
               static_cast<std::streamsize>(builder.GetSize()));
  stream << trailer;
  stream.close();
  if (!stream) throw DiagnosticError("file-unwritable", Place{path, 0, {}}, "the program cannot be written");
}

Program read_program(const std::string& path) {
  const std::vector<std::uint8_t> bytes = read_all(path);
  if (!has_identifier(bytes)) {
    throw DiagnosticError("file-unrecognised", Place{path, 0, {}}, "this is no BlendSim program",
                          "`blendsim compile NET.onnx --platform P -o PROG` writes one");
  }
  if (bytes.size() < trailer_bytes + 8) damaged(path, "the file is truncated");
  const std::size_t size = bytes.size() - trailer_bytes;
  if (std::string(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end()) != trailer_of(bytes.data(), size)) {
    damaged(path, "the bytes differ from their checksum: the file is truncated or was changed");
  }
  flatbuffers::Verifier verifier(bytes.data(), size);
  if (!file::VerifyProgramBuffer(verifier)) damaged(path, "the container's structure does not verify");
  const file::Program& stored = *file::GetProgram(bytes.data());
  Program program;
  try {
    program = unpack_program(stored);
  } catch (const std::invalid_argument& error) {
    damaged(path, error.what());
  }
  if (program.digest() != stored.digest()->str()) damaged(path, "the content differs from its digest");
  return program;
}

bool is_program(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::vector<std::uint8_t> start(8);
  stream.read(reinterpret_cast<char*>(start.data()), 8);
  return stream.gcount() == 8 && has_identifier(start);
}

}  // namespace blendsim
