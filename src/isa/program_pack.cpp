// SPDX-License-Identifier: Apache-2.0
// From a Program to the FlatBuffers container (program.fbs).
//
// What a table points to is created before it, one named offset after the other: arguments are evaluated in an order of
// the compiler's choice, and the bytes of a program must not depend on it.
#include "isa/program_container.h"
#include "isa/program_generated.h"

namespace blendsim {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

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
  const auto name = builder.CreateString(v.name);
  const auto format = builder.CreateString(v.format.name());
  return file::CreateTensorView(builder, name, static_cast<file::Place>(v.place), format, v.channels, v.height, v.width,
                                v.base, v.slices, v.first, v.bytes, v.planes, v.plane_cells, v.band_rows,
                                v.bands.empty() ? 0 : builder.CreateVector(v.bands), v.patch, v.top, v.left);
}

Offset<file::Layer> pack_layer(FlatBufferBuilder& builder, const ProgramLayer& l) {
  const auto name = builder.CreateString(l.name);
  const auto op = builder.CreateString(l.op);
  const auto nodes = builder.CreateVectorOfStrings(l.nodes);
  const auto unit = builder.CreateString(l.unit);
  const auto results = tables(builder, l.results, pack_view);
  return file::CreateLayer(builder, name, op, nodes, unit, l.macs, l.binary, results);
}

Offset<file::Segment> pack_segment(FlatBufferBuilder& builder, const DramSegment& s) {
  const auto bytes = builder.CreateVector(s.bytes);
  return file::CreateSegment(builder, s.address, bytes);
}

Offset<file::HostOp> pack_op(FlatBufferBuilder& builder, const HostOp& op) {
  const auto node = builder.CreateString(op.node);
  const auto operand_shape = builder.CreateVector(op.operand.shape);
  const auto operand = builder.CreateVector(op.operand.values);
  const auto shape = builder.CreateVector(op.shape);
  const auto rounding = builder.CreateString(op.rounding);
  const auto function = builder.CreateString(op.function);
  return file::CreateHostOp(builder, static_cast<file::HostOpKind>(op.kind), node, operand_shape, operand, op.axis,
                            shape, op.scale, op.zero_point, op.lo, op.hi, rounding, op.saturate_first, op.count,
                            op.output, op.keep_dimensions, function);
}

Offset<file::HostInput> pack_input_steps(FlatBufferBuilder& builder, const HostInput& h) {
  const auto name = builder.CreateString(h.name);
  const auto shape = builder.CreateVector(h.shape);
  const auto ops = tables(builder, h.ops, pack_op);
  const auto format = builder.CreateString(h.format.name());
  return file::CreateHostInput(builder, name, shape, ops, format, h.channels, h.height, h.width, h.batch);
}

Offset<file::HostOutput> pack_output_steps(FlatBufferBuilder& builder, const HostOutput& h) {
  const auto name = builder.CreateString(h.name);
  const auto shape = builder.CreateVector(h.shape);
  const auto ops = tables(builder, h.ops, pack_op);
  return file::CreateHostOutput(builder, name, shape, ops, h.channels, h.height, h.width);
}

void pack(FlatBufferBuilder& builder, const Program& p) {
  std::vector<std::int64_t> peak_bits;
  for (const BufferUse& use : p.buffers) peak_bits.push_back(use.peak_bits);
  const auto digest = builder.CreateString(p.digest());
  const auto network = builder.CreateString(p.network);
  const auto network_digest = builder.CreateString(p.network_digest);
  const auto platform_yaml = builder.CreateString(p.platform_yaml);
  const auto platform_digest = builder.CreateString(p.platform_digest);
  const auto init = words(builder, p.init);
  const auto main = words(builder, p.main);
  const auto segments = tables(builder, p.segments, pack_segment);
  const auto layers = tables(builder, p.layers, pack_layer);
  const auto input = pack_view(builder, p.input);
  const auto host_input = pack_input_steps(builder, p.host_input);
  const auto outputs = tables(builder, p.outputs, pack_view);
  const auto host_outputs = tables(builder, p.host_outputs, pack_output_steps);
  const auto peaks = builder.CreateVector(peak_bits);
  const auto notes = builder.CreateVectorOfStrings(p.notes);
  const auto root = file::CreateProgram(
      builder, digest, network, network_digest, platform_yaml, platform_digest, init, main, p.resident, segments,
      p.program_bytes, p.input_bytes, p.output_bytes, p.main_address, p.init_address, layers, input,
      static_cast<file::TransferForm>(p.input_form), p.input_row_bytes, host_input, outputs, host_outputs, peaks, notes,
      program_format, p.scratch_bytes, p.assumed, p.images);
  builder.Finish(root, file::ProgramIdentifier());
}

}  // namespace

std::vector<std::uint8_t> pack_program(const Program& program) {
  FlatBufferBuilder builder;
  pack(builder, program);
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace blendsim
