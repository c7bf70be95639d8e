// SPDX-License-Identifier: Apache-2.0
#include "isa/program.h"

#include <bit>

#include "base/digest.h"

namespace blendsim {
namespace {

// Every container is added with its size first, so that no two programs share a sequence.
template <class List, class Each>
void add_list(Digest& digest, const List& list, Each&& each) {
  digest.add(static_cast<std::int64_t>(list.size()));
  for (const auto& item : list) each(item);
}

void add_float(Digest& digest, float value) { digest.add(std::int64_t{std::bit_cast<std::uint32_t>(value)}); }

void add_shape(Digest& digest, const Shape& shape) {
  add_list(digest, shape, [&](std::int64_t extent) { digest.add(extent); });
}

void add_words(Digest& digest, const std::vector<Word>& words) {
  add_list(digest, words, [&](const Word& word) {
    digest.add(static_cast<std::int64_t>(word.low)).add(static_cast<std::int64_t>(word.high));
  });
}

void add(Digest& digest, const TensorView& view) {
  digest.add(view.name).add(static_cast<std::int64_t>(view.place)).add(view.format.name());
  digest.add(view.channels).add(view.height).add(view.width).add(view.base).add(view.slices).add(view.first);
  digest.add(view.bytes).add(view.planes).add(view.plane_cells);
  if (view.patch != 0 || view.top != 0 || view.left != 0)
    digest.add("patch").add(view.patch).add(view.top).add(view.left);
  if (!view.in_bands() && view.band_rows == 0) return;
  digest.add(view.band_rows);
  add_list(digest, view.bands, [&](std::uint32_t base) { digest.add(base); });
}

void add(Digest& digest, const ProgramLayer& layer) {
  digest.add(layer.name).add(layer.op);
  add_list(digest, layer.nodes, [&](const std::string& node) { digest.add(node); });
  digest.add(layer.unit).add(layer.macs).add(layer.binary ? 1 : 0);
  add_list(digest, layer.results, [&](const TensorView& view) { add(digest, view); });
}

void add(Digest& digest, const HostOp& op) {
  digest.add(static_cast<std::int64_t>(op.kind)).add(op.node);
  add_shape(digest, op.operand.shape);
  add_list(digest, op.operand.values, [&](float value) { add_float(digest, value); });
  digest.add(op.axis);
  add_shape(digest, op.shape);
  add_float(digest, op.scale);
  add_float(digest, op.zero_point);
  digest.add(op.lo).add(op.hi).add(op.rounding).add(op.saturate_first ? 1 : 0).add(op.count).add(op.output);
  digest.add(op.keep_dimensions ? 1 : 0);
  if (!op.function.empty()) digest.add("function").add(op.function);
}

template <class Host>
void add_host(Digest& digest, const Host& host) {
  digest.add(host.name);
  add_shape(digest, host.shape);
  add_list(digest, host.ops, [&](const HostOp& op) { add(digest, op); });
  digest.add(host.channels).add(host.height).add(host.width);
}

}  // namespace

std::string Program::digest() const {
  Digest digest;
  digest.add("blendsim.program/2").add(network).add(network_digest).add(platform_yaml).add(platform_digest);
  add_words(digest, init);
  add_words(digest, main);
  digest.add(resident ? 1 : 0);
  add_list(digest, segments, [&](const DramSegment& segment) {
    digest.add(static_cast<std::int64_t>(segment.address)).add_bytes(segment.bytes);
  });
  for (const std::uint64_t size : {program_bytes, input_bytes, output_bytes, main_address, init_address}) {
    digest.add(static_cast<std::int64_t>(size));
  }
  if (scratch_bytes > 0) digest.add("scratch").add(static_cast<std::int64_t>(scratch_bytes));
  if (assumed) digest.add("assumed");
  if (images != 1) digest.add("images").add(std::int64_t{images});
  add_list(digest, layers, [&](const ProgramLayer& layer) { add(digest, layer); });
  add(digest, input);
  digest.add(static_cast<std::int64_t>(input_form)).add(input_row_bytes).add(host_input.format.name());
  add_host(digest, host_input);
  if (host_input.batch != 1) digest.add("batch").add(std::int64_t{host_input.batch});
  add_list(digest, outputs, [&](const TensorView& view) { add(digest, view); });
  add_list(digest, host_outputs, [&](const HostOutput& output) { add_host(digest, output); });
  add_list(digest, buffers, [&](const BufferUse& use) { digest.add(use.peak_bits); });
  add_list(digest, notes, [&](const std::string& note) { digest.add(note); });
  return digest.hex();
}

}  // namespace blendsim
