// SPDX-License-Identifier: Apache-2.0
// Changes programs and mends them: checksum, digest and the instruction words in DRAM follow what was changed, so that
// the proof is met and not the checksum. Half of the changes are to bytes, half to one field of the program.
#include <algorithm>
#include <cstring>
#include <optional>
#include <random>
#include <variant>

#include "base/diagnostic.h"
#include "isa/fields.h"
#include "isa/program_container.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace blendsim::fuzz {
namespace {

constexpr std::size_t trailer_bytes = 32;

using Slot = std::variant<std::int32_t*, std::uint32_t*, std::int64_t*, std::uint64_t*, std::uint8_t*, float*, bool*,
                          std::string*, Format*, TensorView::Place*, HostOp::Kind*, TransferForm*>;

// Every member of a program that is a single value.
class Slots {
 public:
  explicit Slots(Program& p) {
    add(p.network, p.network_digest, p.platform_yaml, p.platform_digest, p.resident, p.program_bytes, p.input_bytes,
        p.output_bytes, p.scratch_bytes, p.images, p.main_address, p.init_address, p.input_form, p.input_row_bytes);
    for (DramSegment& segment : p.segments) {
      add(segment.address);
      for (std::size_t b = 0; b < segment.bytes.size(); b += 16) add(segment.bytes[b]);
    }
    for (ProgramLayer& layer : p.layers) {
      add(layer.name, layer.op, layer.unit, layer.macs, layer.binary);
      for (TensorView& view : layer.results) add_view(view);
    }
    add_view(p.input);
    add_host(p.host_input);
    add(p.host_input.format);
    for (TensorView& view : p.outputs) add_view(view);
    for (HostOutput& output : p.host_outputs) add_host(output);
    for (BufferUse& use : p.buffers) add(use.peak_bits);
  }
  std::vector<Slot> list;

 private:
  void add(auto&... members) { (list.emplace_back(&members), ...); }
  void add_view(TensorView& v) {
    add(v.name, v.place, v.format, v.channels, v.height, v.width, v.base, v.slices, v.first, v.bytes, v.planes,
        v.plane_cells, v.band_rows);
    for (std::uint32_t& base : v.bands) add(base);
  }
  void add_host(auto& host) {
    add(host.name, host.channels, host.height, host.width);
    for (std::int64_t& extent : host.shape) add(extent);
    for (HostOp& op : host.ops) {
      add(op.kind, op.node, op.axis, op.scale, op.zero_point, op.lo, op.hi, op.rounding, op.saturate_first, op.count,
          op.output, op.keep_dimensions);
      for (std::int64_t& extent : op.operand.shape) add(extent);
      for (std::int64_t& extent : op.shape) add(extent);
      if (!op.operand.values.empty()) add(op.operand.values.front(), op.operand.values.back());
    }
  }
};

class Mutator {
 public:
  Mutator(Program& program, unsigned seed) : p_(program), random_(seed) {}

  void run() {
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2: return change_instruction();
      case 3: return change_lists();
      default: return change_slot();
    }
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  template <class T>
  T number(T old) {
    switch (random_() % 7) {
      case 0: return static_cast<T>(old + 1);
      case 1: return static_cast<T>(old - 1);
      case 2: return T{0};
      case 3: return static_cast<T>(std::uint64_t{1} << random_() % (8 * sizeof(T)));
      case 4: return static_cast<T>(~std::uint64_t{0} >> random_() % 64);
      case 5: return static_cast<T>(old ^ static_cast<T>(std::uint64_t{1} << random_() % (8 * sizeof(T))));
      default: return static_cast<T>(random_() % 33);
    }
  }
  void change(auto* n) { *n = number(*n); }
  void change(bool* b) { *b = !*b; }
  void change(float* f) {
    std::uint32_t bits;
    std::memcpy(&bits, f, sizeof bits);
    bits = number(bits);
    std::memcpy(f, &bits, sizeof bits);
  }
  void change(Format* f) {
    *f = random_() % 4 == 0   ? Format::bipolar()
         : random_() % 2 == 0 ? Format::signed_bits(2 + static_cast<int>(below(31)))
                              : Format::unsigned_bits(1 + static_cast<int>(below(32)));
  }
  void change(TensorView::Place* place) { *place = static_cast<TensorView::Place>(below(5)); }
  void change(HostOp::Kind* kind) { *kind = static_cast<HostOp::Kind>(below(22)); }
  void change(TransferForm* form) { *form = static_cast<TransferForm>(below(4)); }
  void change(std::string* s) {
    static const char* const words[] = {"ROUND",      "HALF_EVEN", "CEIL",      "FLOOR",     "UP",
                                        "DOWN",       "HALF_UP",   "HALF_DOWN", "",          "load",
                                        "xnor_array", "mac_array", "post_unit", "pool_unit", "\x1b[2J"};
    if (s->size() < 64) *s = words[below(std::size(words))];
    else (*s)[below(s->size())] = static_cast<char>(random_());
  }
  void change_slot() {
    const Slots slots(p_);
    std::visit([this](auto* slot) { change(slot); }, slots.list[below(slots.list.size())]);
  }

  // Appended, removed, doubled, swapped.
  template <class T>
  void change_list(std::vector<T>& list) {
    if (list.empty()) return void(list.emplace_back());
    const std::size_t at = below(list.size());
    switch (random_() % 4) {
      case 0: list.erase(list.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1: list.push_back(list[at]); break;
      case 2: std::swap(list[at], list[below(list.size())]); break;
      default: list.emplace_back(); break;
    }
  }
  void change_lists() {
    switch (random_() % 9) {
      case 0: return change_list(p_.segments);
      case 1: return change_list(p_.layers);
      case 2: return change_list(p_.layers.empty() ? p_.outputs : p_.layers[below(p_.layers.size())].results);
      case 3: return change_list(p_.host_input.ops);
      case 4: return change_list(p_.host_input.shape);
      case 5: return p_.host_outputs.empty() ? void() : change_list(p_.host_outputs[below(p_.host_outputs.size())].ops);
      case 6:
        return p_.host_outputs.empty() ? void() : change_list(p_.host_outputs[below(p_.host_outputs.size())].shape);
      case 7: return change_list(p_.outputs);
      default: return change_list(p_.host_outputs);
    }
  }

  void change_instruction() {
    const bool of_main = random_() % 4 != 0;
    try {
      std::vector<Instruction> init = decode(p_.init), main = decode(p_.main);
      std::vector<Instruction>& stream = of_main ? main : init;
      if (stream.empty()) return;
      if (random_() % 8 == 0) change_list(stream);
      else std::visit([this](auto& i) { change_field(i); }, stream[below(stream.size())]);
      lay_out(init, main);
    } catch (const DiagnosticError&) {  // words that are no instructions stay as they are
    }
  }
  template <class I>
  void change_field(I& i) {
    std::size_t count = 0;
    for_each_slot<Units>(i, [&](auto, std::uint32_t&, auto) { ++count; });
    std::size_t chosen = below(count);
    for_each_slot<Units>(i, [&](auto, std::uint32_t& value, auto slot) {
      if (chosen-- == 0) value = number(value) & slot.legal;
    });
  }

  // Both streams' words into DRAM anew, behind the constants, and init brings main as it is now.
  void lay_out(std::vector<Instruction>& init, const std::vector<Instruction>& main) {
    std::erase_if(p_.segments,
                  [&](const DramSegment& s) { return s.address >= std::min(p_.main_address, p_.init_address); });
    std::vector<Word> words;
    for (const Instruction& i : main) encode(i, words);
    encode_end(words);
    p_.main = words;
    p_.main_address = append(p_.main);
    for (Instruction& i : init) {
      auto* load = std::get_if<LoadInstruction>(&i);
      if (load == nullptr || load->buffer != static_cast<std::uint32_t>(BufferId::instructions)) continue;
      load->dram_address = static_cast<std::uint32_t>(p_.main_address);
      load->run_bytes = load->dram_stride = static_cast<std::uint32_t>(p_.main.size() * sizeof(Word));
    }
    words.clear();
    for (const Instruction& i : init) encode(i, words);
    encode_end(words);
    p_.init = words;
    p_.init_address = append(p_.init);
  }
  std::uint64_t append(const std::vector<Word>& words) {
    constexpr std::uint64_t border = 64;
    std::uint64_t end = 0;
    for (const DramSegment& s : p_.segments) end = std::max(end, s.address + s.bytes.size());
    const std::uint64_t address = (end + border - 1) / border * border;
    std::vector<std::uint8_t> bytes;
    for (const Word& word : words) {
      for (const std::uint64_t half : {word.low, word.high}) {
        for (int b = 0; b < 8; ++b) bytes.push_back(static_cast<std::uint8_t>(half >> (8 * b)));
      }
    }
    bytes.resize((bytes.size() + border - 1) / border * border);
    p_.program_bytes = address + bytes.size();
    p_.segments.push_back({address, std::move(bytes)});
    return address;
  }

  Program& p_;
  std::mt19937_64 random_;
};

std::optional<Program> unpacked(std::span<const std::uint8_t> container) {
  try {
    return unpack_program(container, "mutated").program;
  } catch (const DiagnosticError&) {
    return std::nullopt;
  }
}

}  // namespace
}  // namespace blendsim::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  using namespace blendsim;
  using namespace blendsim::fuzz;
  const auto container = [&](std::size_t bytes) {
    return std::span<const std::uint8_t>(data, bytes > trailer_bytes ? bytes - trailer_bytes : bytes);
  };
  std::optional<Program> program = unpacked(container(size));
  if (!program || seed % 2 == 0) {
    size = LLVMFuzzerMutate(data, size, max_size);
    program = unpacked(container(size));
    if (!program) return size;
  } else {
    for (unsigned n = 0; n <= seed / 2 % 3; ++n) Mutator(*program, seed + n).run();
  }
  const std::vector<std::uint8_t> mended = program_bytes(*program);
  if (mended.size() > max_size) return size;
  std::copy(mended.begin(), mended.end(), data);
  return mended.size();
}
