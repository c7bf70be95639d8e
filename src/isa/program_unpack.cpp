// SPDX-License-Identifier: Apache-2.0
// From the FlatBuffers container (program.fbs) to a Program. The container may be anybody's: FlatBuffers' verifier
// keeps every offset inside it, enumerations and formats are checked here, and a budget keeps tables from being read
// twice.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "base/diagnostic.h"
#include "isa/program_container.h"
#include "isa/program_generated.h"

namespace blendsim {
namespace {

static_assert(static_cast<int>(file::Place::MAX) == static_cast<int>(TensorView::Place::mac_accumulators));
static_assert(static_cast<int>(file::TransferForm::MAX) == static_cast<int>(TransferForm::stem));
static_assert(static_cast<int>(file::HostOpKind::MAX) == static_cast<int>(HostOp::Kind::identity));

// Throws std::invalid_argument for what the schema's types allow and a Program does not; caught by unpack_program.
class Unpacker {
 public:
  // Each byte of a container belongs to one string, vector or table. Offsets that share them could make a small file a
  // huge program.
  explicit Unpacker(std::size_t bytes) : budget_(bytes) {}

  Program program(const file::Program& f) {
    Program p;
    p.network = text(f.network());
    p.network_digest = text(f.network_digest());
    p.platform_yaml = text(f.platform_yaml());
    p.platform_digest = text(f.platform_digest());
    p.init = words(*f.init());
    p.main = words(*f.main());
    p.resident = f.resident();
    p.segments = all<DramSegment>(*f.segments(), [this](const auto& s) { return segment(s); });
    p.program_bytes = f.program_bytes();
    p.input_bytes = f.input_bytes();
    p.output_bytes = f.output_bytes();
    p.scratch_bytes = f.scratch_bytes();
    p.assumed = f.assumed();
    p.images = f.images();
    p.main_address = f.main_address();
    p.init_address = f.init_address();
    p.layers = all<ProgramLayer>(*f.layers(), [this](const auto& l) { return layer(l); });
    p.input = view(*f.input());
    p.input_form = enumerator<TransferForm>("input_form", f.input_form());
    p.input_row_bytes = f.input_row_bytes();
    p.host_input = input_steps(*f.host_input());
    p.outputs = all<TensorView>(*f.outputs(), [this](const auto& v) { return view(v); });
    p.host_outputs = all<HostOutput>(*f.host_outputs(), [this](const auto& h) { return output_steps(h); });
    for (const std::int64_t bits : values(*f.peak_bits())) p.buffers.push_back({bits});
    p.notes = texts(*f.notes());
    return p;
  }
  std::string text(const flatbuffers::String* s) {
    take(s->size() + sizeof(flatbuffers::uoffset_t) + 1);
    return s->str();
  }

 private:
  void take(std::size_t bytes) {
    if (bytes > budget_) throw std::invalid_argument("parts of the container overlap");
    budget_ -= bytes;
  }

  template <class Target, class List, class Convert>
  std::vector<Target> all(const List& list, Convert&& convert) {
    std::vector<Target> out;
    take(list.size() * sizeof(flatbuffers::uoffset_t) + sizeof(flatbuffers::uoffset_t));
    for (const auto* item : list) {
      take(sizeof(flatbuffers::soffset_t));
      out.push_back(convert(*item));
    }
    return out;
  }
  // FlatBuffers' verifier knows nothing of the alignment of a vector's elements, so they are copied as bytes.
  template <class Element, class Stored>
  std::vector<Element> copied(const flatbuffers::Vector<Stored>& list) {
    static_assert(std::endian::native == std::endian::little && std::is_trivially_copyable_v<Element>);
    take(list.size() * sizeof(Element) + sizeof(flatbuffers::uoffset_t));
    std::vector<Element> out(list.size());
    if (!out.empty()) std::memcpy(out.data(), list.Data(), out.size() * sizeof(Element));
    return out;
  }
  template <class Element>
  std::vector<Element> values(const flatbuffers::Vector<Element>& list) {
    return copied<Element>(list);
  }
  std::vector<std::string> texts(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>& list) {
    take(list.size() * sizeof(flatbuffers::uoffset_t) + sizeof(flatbuffers::uoffset_t));
    std::vector<std::string> out;
    for (const flatbuffers::String* s : list) out.push_back(text(s));
    return out;
  }
  std::vector<Word> words(const flatbuffers::Vector<const file::Word*>& list) {
    static_assert(sizeof(Word) == sizeof(file::Word));  // bits 0..63 first in both
    return copied<Word>(list);
  }

  template <class Target, class Stored>
  static Target enumerator(const char* field, Stored stored) {
    if (stored > Stored::MAX) {
      throw std::invalid_argument(fmt::format("{}: {} is outside its enumeration", field, static_cast<int>(stored)));
    }
    return static_cast<Target>(stored);
  }
  Format format(const std::string& owner, const flatbuffers::String* name) {
    try {
      return Format::parse(text(name));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("format of '{}': {}", owner, error.what()));
    }
  }

  TensorView view(const file::TensorView& f) {
    TensorView v;
    v.name = text(f.name());
    v.place = enumerator<TensorView::Place>("place", f.place());
    v.format = format(v.name, f.format());
    v.channels = f.channels();
    v.height = f.height();
    v.width = f.width();
    v.base = f.base();
    v.slices = f.slices();
    v.first = f.first();
    v.bytes = f.bytes();
    v.planes = f.planes();
    v.plane_cells = f.plane_cells();
    v.band_rows = f.band_rows();
    if (f.bands() != nullptr) v.bands = values(*f.bands());
    v.patch = f.patch();
    v.top = f.top();
    v.left = f.left();
    return v;
  }
  ProgramLayer layer(const file::Layer& f) {
    ProgramLayer l;
    l.name = text(f.name());
    l.op = text(f.op());
    l.nodes = texts(*f.nodes());
    l.unit = text(f.unit());
    l.macs = f.macs();
    l.binary = f.binary();
    l.results = all<TensorView>(*f.results(), [this](const auto& v) { return view(v); });
    return l;
  }
  DramSegment segment(const file::Segment& f) { return {f.address(), values(*f.bytes())}; }
  HostOp op(const file::HostOp& f) {
    HostOp o;
    o.kind = enumerator<HostOp::Kind>("kind", f.kind());
    o.node = text(f.node());
    o.operand = {values(*f.operand_shape()), values(*f.operand())};
    o.axis = f.axis();
    o.shape = values(*f.shape());
    o.scale = f.scale();
    o.zero_point = f.zero_point();
    o.lo = f.lo();
    o.hi = f.hi();
    o.rounding = text(f.rounding());
    o.saturate_first = f.saturate_first();
    o.count = f.count();
    o.output = f.output();
    o.keep_dimensions = f.keep_dimensions();
    o.function = text(f.function());
    return o;
  }
  template <class Host, class Stored>
  void steps(Host& host, const Stored& f) {
    host.name = text(f.name());
    host.shape = values(*f.shape());
    host.ops = all<HostOp>(*f.ops(), [this](const auto& o) { return op(o); });
    host.channels = f.channels();
    host.height = f.height();
    host.width = f.width();
  }
  HostInput input_steps(const file::HostInput& f) {
    HostInput host;
    steps(host, f);
    host.format = format(host.name, f.format());
    host.batch = f.batch();
    return host;
  }
  HostOutput output_steps(const file::HostOutput& f) {
    HostOutput host;
    steps(host, f);
    return host;
  }

  std::size_t budget_;
};

[[noreturn]] void refuse_container(const std::string& path, const std::string& what) {
  throw DiagnosticError("program-damaged", Place{path, 0, {}}, what, "compile the network again");
}

}  // namespace

bool has_program_identifier(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 8 && std::equal(bytes.begin() + 4, bytes.begin() + 8, file::ProgramIdentifier());
}

StoredProgram unpack_program(std::span<const std::uint8_t> container, const std::string& path) {
  flatbuffers::Verifier verifier(container.data(), container.size());
  if (!has_program_identifier(container) || !file::VerifyProgramBuffer(verifier))
    refuse_container(path, "the container's structure does not verify");
  const file::Program& stored = *file::GetProgram(container.data());
  if (stored.format() != program_format) {
    throw DiagnosticError("program-version", Place{path, 0, {}},
                          fmt::format("the program has format {}, this BlendSim reads and writes {}",
                                      std::max<std::uint32_t>(1, stored.format()), program_format),
                          "compile the network again");
  }
  Unpacker unpacker(container.size());
  try {
    std::string digest = unpacker.text(stored.digest());
    return {unpacker.program(stored), std::move(digest)};
  } catch (const std::invalid_argument& error) {
    refuse_container(path, error.what());
  }
}

}  // namespace blendsim
