// SPDX-License-Identifier: Apache-2.0
#include "debug/program_map.h"

#include <algorithm>
#include <utility>

#include "isa/interpret.h"
#include "isa/patch.h"

namespace blendsim::debug {
namespace {

// Does a rectangle of a fixed map or of accumulators hold this word, one of [begin, end)?
bool fixed_map_holds(const Access& a, std::uint32_t address) {
  const std::uint32_t offset = address - (a.begin - a.slice0), pixel = offset / a.slices, slice = offset % a.slices;
  return pixel / a.width < a.row1 - a.row0 && slice >= a.slice0 && slice < a.slice1;
}

// Likewise a rectangle of a binary map, whose cells layout.h spreads over banks: four rows share an address.
bool binary_map_holds(const Access& a, std::uint32_t address, std::int32_t bank) {
  const BinaryMap map{a.base, a.row1, a.width, a.slices};
  const std::uint32_t offset = (address - a.base) % binary_map_addresses, blocks = (a.width + 3) / 4;
  const std::uint32_t s = offset % a.slices, block = offset / a.slices;
  if (s < a.slice0 || s >= a.slice1) return false;
  for (std::uint32_t y = block / blocks * 4; y < block / blocks * 4 + 4; ++y) {
    if (y < a.row0 || y >= a.row1) continue;
    if (bank < 0) return true;
    for (std::uint32_t x = block % blocks * 4; x < std::min(a.width, block % blocks * 4 + 4); ++x) {
      if (map.cell(x, y, s).bank == static_cast<std::uint32_t>(bank)) return true;
    }
  }
  return false;
}

bool holds(const Access& access, const WordPlace& word) {
  if (access.buffer != word.buffer || word.address < access.begin || word.address >= access.end) return false;
  if (!access.is_map) return true;
  return access.buffer == BufferId::act_binary ? binary_map_holds(access, word.address, word.bank)
                                               : fixed_map_holds(access, word.address);
}

}  // namespace

std::string text(const Instant& instant) {
  std::string digits = std::to_string(instant.at);
  for (std::size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return (instant.phase == Phase::init ? "init:" : "") + digits;
}

bool covers(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

ProgramMap::ProgramMap(const Subject& subject) : subject_(subject) {
  if (!subject.program.init.empty()) instructions_[0] = decode(subject.program.init);
  instructions_[1] = decode(subject.program.main);
  for (std::size_t phase = 0; phase < 2; ++phase) {
    for (const Instruction& i : instructions_[phase])
      accesses_[phase].push_back(blendsim::accesses(i, subject.machine));
  }
  find_tensors();
  find_writers();
  add_outputs();
  add_joined();
}

void ProgramMap::find_tensors() {
  const TensorView& input = subject_.program.input;
  tensors_.push_back({input.name, Tensor::Role::input, input.channels, input.height, input.width, {}});
  tensors_.back().parts.push_back({-1, 0, &input, 0, {}});
  const auto& layers = subject_.program.layers;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    bool may_join = false;
    for (std::size_t r = 0; r < layers[layer].results.size(); ++r) {
      const TensorView& view = layers[layer].results[r];
      if (view.place == TensorView::Place::dram) continue;  // an output
      if (!may_join || tensors_.back().name != view.name) {
        tensors_.push_back({view.name, Tensor::Role::result, 0, view.height, view.width, {}});
        may_join = true;
      }
      add_part(tensors_.back(), {static_cast<std::int32_t>(layer), r, &view, 0, {}});
    }
  }
}

void ProgramMap::add_part(Tensor& tensor, TensorPart part) {
  const TensorView& view = *part.view;
  if (!tensor.parts.empty() && tensor.parts.back().view->patch == view.patch)
    part.channel0 = tensor.parts.back().channel0 + tensor.parts.back().view->channels;
  tensor.channels = std::max(tensor.channels, part.channel0 + view.channels);
  tensor.height = std::max(tensor.height, view.top + view.height);
  tensor.width = std::max(tensor.width, view.left + view.width);
  tensor.parts.push_back(std::move(part));
}

// The tensors that stores leave in DRAM, where no result has their name: then they are that result's copy.
void ProgramMap::add_outputs() {
  for (const TensorView& view : subject_.program.outputs) {
    if (tensor(view.name) != nullptr) continue;
    tensors_.push_back({view.name, Tensor::Role::output, view.channels, view.height, view.width, {}});
    TensorPart part{-1, 0, &view, 0, {}};
    const std::uint64_t size = std::uint64_t{view.slices} * view.bytes * slice_channels *
                               static_cast<std::uint64_t>(view.width) * static_cast<std::uint64_t>(view.height);
    for (std::size_t n = 0; n < instructions_[1].size(); ++n) {
      const auto* store = std::get_if<StoreInstruction>(&instructions_[1][n]);
      if (store == nullptr || store->dram_address + std::uint64_t{store->run_bytes} <= view.base) continue;
      if (store->dram_address < view.base + std::max<std::uint64_t>(size, 1)) {
        part.writers.push_back({static_cast<std::int32_t>(n), {0, 0, view.height, 0, view.channels}});
      }
    }
    tensors_.back().parts.push_back(std::move(part));
  }
}

void ProgramMap::add_joined() {
  for (const Joined& joined : subject_.joined) {
    if (tensor(joined.name) != nullptr) continue;
    Tensor whole{joined.name, Tensor::Role::joined, 0, 0, 0, {}};
    const bool known = std::all_of(joined.parts.begin(), joined.parts.end(), [&](const std::string& name) {
      const Tensor* part = tensor(name);
      if (part == nullptr) return false;
      for (TensorPart moved : part->parts) {
        moved.channel0 += whole.channels;
        whole.parts.push_back(std::move(moved));
      }
      whole.channels += part->channels;
      whole.height = part->height;
      whole.width = part->width;
      return true;
    });
    if (known) tensors_.push_back(std::move(whole));
  }
}

TensorPart* ProgramMap::part_of(std::int32_t layer, std::size_t result) {
  for (Tensor& tensor : tensors_) {
    for (TensorPart& part : tensor.parts) {
      if (part.layer == layer && part.result == result) return &part;
    }
  }
  return nullptr;
}

void ProgramMap::find_writers() {
  WrittenResults results(subject_.program, subject_.machine);
  for (std::size_t n = 0; n < instructions_[1].size(); ++n) {
    const auto layer = static_cast<std::int32_t>(sync_of(instructions_[1][n]).layer);
    for (const WrittenPart& part : results.next(instructions_[1][n])) {
      TensorPart* of = part_of(layer, part.result);
      if (of != nullptr) of->writers.push_back({static_cast<std::int32_t>(n), part});
    }
  }
}

const Tensor* ProgramMap::tensor(std::string_view name) const {
  for (const Tensor& tensor : tensors_) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

std::vector<std::int32_t> ProgramMap::layers(std::string_view pattern) const {
  std::vector<std::int32_t> out;
  for (std::size_t layer = 0; layer < subject_.program.layers.size(); ++layer) {
    if (covers(pattern, subject_.program.layers[layer].name)) out.push_back(static_cast<std::int32_t>(layer));
  }
  return out;
}

const std::string& ProgramMap::layer_name(std::int32_t layer) const {
  static const std::string none = "-";
  const auto at = static_cast<std::size_t>(layer);
  return at < subject_.program.layers.size() ? subject_.program.layers[at].name : none;
}

bool ProgramMap::writes(Phase phase, std::size_t instruction, const WordPlace& word) const {
  const auto& list = accesses(phase, instruction);
  return std::any_of(list.begin(), list.end(), [&](const Access& a) { return a.write && holds(a, word); });
}

bool ProgramMap::writes(Phase phase, std::size_t instruction, const ElementPlace& element) const {
  if (element.writers.empty()) return writes(phase, instruction, element.word);
  const auto number = static_cast<std::int32_t>(instruction);
  return phase == Phase::main && std::ranges::find(element.writers, number) != element.writers.end();
}

Access ProgramMap::access_of(const TensorView& view) const {
  Access a;
  a.is_map = a.write = true;
  a.base = view.base;
  a.width = static_cast<std::uint32_t>(view.width);
  a.row1 = static_cast<std::uint32_t>(view.height);
  const auto channels = static_cast<std::uint32_t>(slices_of(view.channels));
  if (view.place == TensorView::Place::act_binary) {
    const auto m = static_cast<std::uint32_t>(subject_.machine.xnor_array.cell_slices());
    a.buffer = BufferId::act_binary;
    a.slices = view.slices;
    a.slice0 = view.first / m;
    a.slice1 = (view.first + channels - 1) / m + 1 + (view.planes - 1) * view.plane_cells;
    a.begin = a.base;
    a.end = a.base + BinaryMap{a.base, a.row1, a.width, a.slices}.size();
  } else {
    a.buffer = BufferId::act_fixed;
    a.slices = view.slices * view.bytes;
    a.slice0 = view.first * view.bytes;
    a.slice1 = (view.first + channels) * view.bytes;
    a.begin = a.base + a.slice0;
    a.end = a.base + (a.row1 * a.width - 1) * a.slices + a.slice1;
  }
  a.region = a.base / static_cast<std::uint32_t>(subject_.machine.buffer(a.buffer).depth);
  return a;
}

std::optional<ElementPlace> ProgramMap::place(const Tensor& tensor, std::int32_t c, std::int32_t y,
                                              std::int32_t x) const {
  const auto part = std::find_if(tensor.parts.rbegin(), tensor.parts.rend(), [&](const TensorPart& candidate) {
    return candidate.channel0 <= c && holds_pixel(*candidate.view, y, x);
  });
  if (part->layer < 0) return std::nullopt;
  const TensorView& view = *part->view;
  const bool comes_and_goes = view.in_bands() || tensor.is_patch(view);
  y -= view.top;
  x -= view.left;
  std::vector<std::int32_t> writers;
  for (const PartWriter& writer : part->writers) {
    const WrittenPart& w = writer.part;
    const std::int32_t own = c - part->channel0;
    if (comes_and_goes && w.row0 <= y && y < w.row1 && w.channel0 <= own && own < w.channel1)
      writers.push_back(writer.instruction);
  }
  const auto channel = static_cast<std::uint32_t>(c - part->channel0), row = static_cast<std::uint32_t>(y),
             column = static_cast<std::uint32_t>(x), slice = view.first + channel / slice_channels;
  const auto height = static_cast<std::uint32_t>(view.height), width = static_cast<std::uint32_t>(view.width);
  if (view.place == TensorView::Place::act_fixed) {
    const FixedMap map{view.base_of(row), height, width, view.slices, view.bytes};
    return ElementPlace{{BufferId::act_fixed, map.word(column, row, slice), -1},
                        view.bytes,
                        channel % slice_channels,
                        std::move(writers)};
  }
  if (view.place != TensorView::Place::act_binary) return std::nullopt;
  const auto m = static_cast<std::uint32_t>(subject_.machine.xnor_array.cell_slices());
  const BinaryMap::Cell cell = BinaryMap{view.base_of(row), height, width, view.slices}.cell(column, row, slice / m);
  return ElementPlace{{BufferId::act_binary, cell.address, static_cast<std::int32_t>(cell.bank)},
                      1,
                      slice % m * slice_channels + channel % slice_channels,
                      std::move(writers)};
}

}  // namespace blendsim::debug
