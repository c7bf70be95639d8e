// SPDX-License-Identifier: Apache-2.0
// Pass emit: the program: words, constants in DRAM, layer table, and where every tensor can be read back.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/diagnostic.h"
#include "compiler/plan.h"
#include "units/buffer/layout.h"
#include "units/field_limits.h"
#include "units/post_unit/law.h"

namespace blendsim::compiler {
namespace {

constexpr std::int64_t longest_run = (most_run_bytes + 1) / 2;  // bytes: a power of two, so whole words of any bus

class Emitter {
 public:
  Emitter(const Plan& plan, Content content)
      : plan_(plan), network_(*plan.network), machine_(*plan.machine), complete_(content == Content::complete) {}

  Program run() {
    program_.network = network_.name;
    program_.network_digest = plan_.facts->digest;
    for (int image = 0; image < plan_.images; ++image) make_layers(image);
    make_input();
    make_outputs();
    make_constants();
    make_words();
    if (!complete_) {
      program_.init.clear();  // its room in DRAM stays: every address is the complete program's
      return std::move(program_);
    }
    list_results();
    measure_buffers();
    program_.notes = network_.notes;
    program_.assumed = network_.assumed;
    for (const Layer& layer : network_.layers) {
      if (!layer.exactness.note.empty() && !network_.assumed)
        program_.notes.push_back(fmt::format("{}: {}", layer.name, layer.exactness.note));
    }
    note_fallbacks();
    program_.notes.insert(program_.notes.end(), plan_.notes.begin(), plan_.notes.end());
    return std::move(program_);
  }

 private:
  // A line for each reason, however many layers it holds for.
  void note_fallbacks() {
    constexpr std::size_t shown = 3;
    std::map<std::pair<bool, std::string>, std::vector<const Fallback*>> groups;
    for (const Fallback& f : plan_.fallbacks) groups[{f.from_xnor, f.parameter}].push_back(&f);
    for (const auto& [key, list] : groups) {
      std::string names;
      Cycles taken = 0, missed = 0;
      const Fallback* most = list.front();
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (i < shown) names += fmt::format("{}'{}'", i == 0 ? "" : ", ", plan_.layer(list[i]->layer).name);
        taken += list[i]->taken;
        missed += list[i]->missed;
        if (list[i]->needed > most->needed) most = list[i];
      }
      if (list.size() > shown) names += fmt::format(" and {} more", list.size() - shown);
      program_.notes.push_back(fmt::format("{}: on {} instead of {}, {} cycles by law instead of {}: {}", names,
                                           key.first ? "mac_array" : "xnor_array",
                                           key.first ? "xnor_array" : "mac_array", taken, missed, most->reason));
    }
  }

  // --- layer table ---------------------------------------------------------------------------------------------------
  void make_layers(int image) {
    const auto add = [&](ProgramLayer row) {
      row.name = image_name(row.name, image);
      program_.layers.push_back(std::move(row));
    };
    add({"input", "Load", {}, "load", 0, false, {}});
    for (const LayerId l : layers_of(network_)) {
      const Layer& layer = plan_.layer(l);
      std::string unit = "post_unit";
      if (std::holds_alternative<Convolution>(layer.work))
        unit = plan_.assignment.convolutions[l].xnor ? "xnor_array" : "mac_array";
      if (std::holds_alternative<Pooling>(layer.work) || std::holds_alternative<Concatenation>(layer.work))
        unit = "pool_unit";
      if (std::holds_alternative<Transposition>(layer.work)) unit = "transpose_unit";
      const LayerFacts& facts = plan_.facts->layers[l];
      add({layer.name, layer.op, {}, unit, facts.macs, facts.binary, {}});
      if (complete_) program_.layers.back().nodes = layer.nodes;
    }
    add({"output", "Store", {}, "store", 0, false, {}});
  }

  void list_results() {
    for (const Node& node : plan_.nodes) {
      if (const auto* stage = std::get_if<Stage>(&node.work)) {
        for (const ConvPart& part : stage->convs) add_accumulators(*stage, part, node);
        for (const PostPart& part : stage->posts) {
          if (part.work == nullptr) continue;
          add_map(part.layer, part.fixed, part.fixed_tensor, node);
          add_map(part.layer, part.bits, part.bits_tensor, node);
        }
      } else if (const auto* pool = std::get_if<PoolPart>(&node.work)) {
        const auto* work = pool->layer.exists() ? std::get_if<Pooling>(&plan_.layer(pool->layer).work) : nullptr;
        if (work != nullptr && pool->out.tensor == work->output) add_map(pool->layer, pool->out, work->output, node);
      } else if (const auto* turn = std::get_if<TransposePart>(&node.work)) {
        add_map(turn->layer, turn->out, turn->out.tensor, node);
      }
    }
  }

  // Channel runs of a tensor in consecutive positions that start at a slice; none where one does not.
  struct Run {
    int channels = 0, slice = 0;
  };
  static std::vector<Run> runs_of(const Lanes& lanes) {
    std::vector<Run> runs;
    for (const int c : lanes.position.keys()) {
      if (c == 0 || lanes.position[c] != lanes.position[c - 1] + 1) {
        if (lanes.position[c] % slice_channels != 0) return {};
        runs.push_back({0, lanes.position[c] / slice_channels});
      }
      ++runs.back().channels;
    }
    return runs;
  }

  [[nodiscard]] TensorView view_of(TensorId id, int image) const {
    const IntTensor& t = network_.tensor(id);
    TensorView view;
    view.name = image_name(t.name, image);
    view.format = t.format;
    view.channels = t.channels;
    view.height = t.height;
    view.width = t.width;
    return view;
  }

  [[nodiscard]] std::vector<TensorView>& results(LayerId layer, int image) {
    return program_.layers[position_of(plan_.row_of_image(row_of(layer), image))].results;
  }

  static void be_patch(TensorView& view, const Node& node) {
    view.patch = node.patch;
    view.top = node.corner.row;
    view.left = node.corner.column;
    view.height = node.height;
    view.width = node.width;
  }

  void add_accumulators(const Stage& stage, const ConvPart& part, const Node& node) {
    if (stage.first_slice > 0) return;  // as of the first part: of all rows of all parts
    if (!stage.lanes.is_dense() && array_rows(machine_, part.choice.xnor) != slice_channels) return;
    for (const Run& run : runs_of(stage.lanes)) {
      TensorView view = view_of(plan_.convolution(part).output, node.image);
      be_patch(view, node);
      view.place = part.choice.xnor ? TensorView::Place::xnor_accumulators : TensorView::Place::mac_accumulators;
      view.channels = run.channels;
      view.bytes = 4;
      results(part.layer, node.image).push_back(view);
    }
  }

  // One copy of each tensor, from the layer that writes it.
  void add_map(LayerId layer, const View& at, TensorId id, const Node& node) {
    const Listed key{node.image, id, std::min(at.first, 0), node.patch};
    if (!at.exists() || !listed_.insert(key).second) return;
    const Map& map = plan_.map(at);
    for (const Run& run : runs_of(at.lanes)) {
      TensorView view = view_of(id, node.image);
      be_patch(view, node);
      view.place = map.binary ? TensorView::Place::act_binary : TensorView::Place::act_fixed;
      view.channels = run.channels;
      place(view, map);
      view.slices = u32(map.slices * map.planes);
      view.first = u32(at.first + run.slice);
      view.bytes = u32(map.bytes);
      view.planes = u32(map.planes);
      view.plane_cells = map.binary ? u32(map.slices) : 0;
      std::vector<TensorView>& all = results(layer, node.image);
      const auto last =
          std::find_if(all.rbegin(), all.rend(), [&](const TensorView& v) { return v.name == view.name; });
      all.insert(last == all.rend() ? all.end() : last.base(), view);
    }
  }

  void place(TensorView& view, const Map& map) const {
    if (map.bands == 1) {
      view.base = map.base;
      return;
    }
    view.band_rows = map.band_rows;
    for (int k = 0; k < map.bands; ++k) view.bands.push_back(plan_.origin(map.first_band + k));
  }

  // --- input and outputs ---------------------------------------------------------------------------------------------
  void make_input() {
    const LoadPart& part = std::get<LoadPart>(plan_.nodes.front().work);
    const Map& map = plan_.map(part.view);
    const IntTensor& t = network_.tensor(network_.input_tensor);
    program_.input_form = part.form;
    program_.input_row_bytes = u32(row_pitch(plan_, part));
    program_.images = plan_.images;
    program_.input_bytes = std::uint64_t{program_.input_row_bytes} * u32(t.height) * u32(plan_.images);
    if (!complete_) return;
    program_.input = view_of(network_.input_tensor, 0);
    program_.input.place = TensorView::Place::dram;
    program_.input.slices =
        u32(map.binary ? ceil_divide(part.view.lanes.slices, plan_.cell_slices()) : part.view.lanes.slices);
    program_.input.plane_cells = map.binary ? program_.input.slices : 0;
    program_.host_input = network_.input;
  }

  void make_outputs() {
    if (complete_) {
      for (int image = 0; image < plan_.images; ++image) {
        for (HostOutput output : network_.outputs) {
          output.name = image_name(output.name, image);
          program_.host_outputs.push_back(std::move(output));
        }
      }
      program_.outputs.resize(program_.host_outputs.size());
    }
    for (const Node& node : plan_.nodes) {
      const auto* part = std::get_if<StorePart>(&node.work);
      if (part == nullptr || part->spill.exists()) continue;
      const Map& map = plan_.map(part->view);
      TensorView view = view_of(network_.output_tensors[part->output], node.image);
      view.place = TensorView::Place::dram;
      view.base = part->address;
      view.slices = u32(part->view.lanes.slices);
      view.bytes = u32(map.bytes);
      const std::int64_t row = row_pitch(plan_, node, *part);
      if (row != std::int64_t{view.width} * view.slices * view.bytes * slice_channels) view.plane_cells = u32(row);
      program_.output_bytes =
          std::max(program_.output_bytes, part->address + static_cast<std::uint64_t>(row * view.height));
      const std::size_t of_image = static_cast<std::size_t>(node.image) * network_.output_tensors.size();
      if (complete_) program_.outputs[of_image + part->output] = std::move(view);
    }
    program_.scratch_bytes = plan_.scratch_bytes;
    program_.output_bytes += plan_.scratch_bytes;
  }

  // --- constants
  // -------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::vector<std::uint8_t> part_bytes(const Block& block, std::size_t part) const {
    const Node& node = plan_.nodes[block.node];
    const Stage& stage = std::get<Stage>(node.work);
    const int before = block.chunk * node.chunk, slices = std::min(node.chunk, stage.slices() - before);
    const int slice = stage.first_slice + before;
    if (block.space == Space::records) return record_bytes(block, PostId(part), slice, slices);
    const ConvPart& conv = stage.convs[ConvId(part)];
    if (conv.choice.xnor != (block.space == Space::weights_binary || block.space == Space::xnor_starts)) return {};
    if (block.space == Space::weights_binary || block.space == Space::weights_fixed)
      return weight_words(plan_, stage, conv, slice, slices);
    return start_words(plan_, node, conv, slice, slices);
  }

  [[nodiscard]] std::vector<std::uint8_t> record_bytes(const Block& block, PostId part, int slice, int slices) const {
    TileOp op;
    op.kind = TileOp::Kind::post;
    op.node = block.node;
    op.post = part;
    op.chunk = block.chunk;
    op.slice = slice;
    op.slices = slices;
    op.rows = 1;
    const auto instruction = std::get<PostInstruction>(build(plan_, op));
    return post_records(plan_, plan_.stage(op), plan_.post(op), instruction, slice, slices);
  }

  void make_constants() {
    DramSegment segment;
    for (const SpaceUse& use : plan_.spaces) {
      for (const BlockId b : use.blocks) {
        const Block& block = plan_.blocks[b];
        if (block.original.exists()) continue;
        const std::int64_t stored = dram_word_bytes(machine_, buffer_id(block.space));
        if (dram_end_ != block.dram) throw InvariantError("compiler", "constants do not lie one after the other");
        dram_end_ += static_cast<std::uint64_t>(block.words * stored);
        if (complete_) add_block(segment.bytes, block, static_cast<std::size_t>(stored));
      }
    }
    if (!segment.bytes.empty()) program_.segments.push_back(std::move(segment));
  }

  // Each word in `stored` bytes of its own.
  void add_block(std::vector<std::uint8_t>& bytes, const Block& block, std::size_t stored) const {
    const auto width = static_cast<std::size_t>(ceil_divide(buffer_of(machine_, block.space).width, 8));
    bytes.resize(static_cast<std::size_t>(dram_end_));
    for (std::size_t part = 0; part < block.part_offset.size(); ++part) {
      const std::vector<std::uint8_t> words = part_bytes(block, part);
      const auto first = static_cast<std::size_t>(block.part_offset[part]);
      const auto next =
          static_cast<std::size_t>(part + 1 < block.part_offset.size() ? block.part_offset[part + 1] : block.words);
      const std::size_t count = words.size() / width;
      if (count != next - first) {
        throw InvariantError("compiler", fmt::format("{} constant words where {} are due", count, next - first));
      }
      for (std::size_t w = 0; w < count; ++w) {
        std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(w * width), width,
                    bytes.begin() + static_cast<std::ptrdiff_t>(block.dram + (first + w) * stored));
      }
    }
  }

  // --- words
  // -----------------------------------------------------------------------------------------------------------
  void load_linear(BufferId buffer, std::uint64_t dram, std::int64_t address, std::int64_t words) {
    const std::int64_t stored = dram_word_bytes(machine_, buffer), depth = machine_.buffer(buffer).depth;
    while (words > 0) {
      const std::int64_t count = std::min({words, longest_run / stored, (address / depth + 1) * depth - address});
      LoadInstruction i;
      i.form = u32(TransferForm::linear);
      i.dram_base = u32(DramBase::program);
      i.dram_address = u32(dram);
      i.run_bytes = u32(count * stored);
      i.runs = 1;
      i.buffer = u32(buffer);
      i.buffer_address = u32(address);
      encode(i, program_.init);
      dram += static_cast<std::uint64_t>(count * stored);
      address += count;
      words -= count;
    }
  }

  void load_resident_constants() {
    for (const SpaceUse& use : plan_.spaces) {
      const Block* first = nullptr;  // of those that follow each other, in the buffer and in DRAM
      std::int64_t words = 0;
      const auto load = [&] {
        if (first != nullptr) load_linear(buffer_id(first->space), first->dram, first->address, words);
      };
      for (const BlockId b : use.blocks) {
        const Block& block = plan_.blocks[b];
        if (block.use.exists()) continue;
        const std::int64_t stored = dram_word_bytes(machine_, buffer_id(block.space));
        if (first == nullptr || block.address != first->address + words ||
            block.dram != first->dram + static_cast<std::uint64_t>(words * stored)) {
          load();
          first = &block;
          words = 0;
        }
        words += block.words;
      }
      load();
    }
  }

  // Room for words behind everything before, from a bus word on.
  [[nodiscard]] std::uint64_t add_words(const std::vector<Word>& words, std::size_t stored) {
    const auto bus = std::max<std::uint64_t>(static_cast<std::uint64_t>(machine_.memory.bus_bytes()), sizeof(Word));
    const auto whole = [&](std::uint64_t bytes) { return (bytes + bus - 1) / bus * bus; };
    const std::uint64_t address = whole(dram_end_), size = whole(words.size() * stored);
    program_.program_bytes = dram_end_ = address + size;
    if (!complete_) return address;
    DramSegment segment{address, std::vector<std::uint8_t>(size)};
    for (std::size_t w = 0; w < words.size(); ++w) {
      for (std::size_t b = 0; b < 8; ++b) {
        segment.bytes[w * stored + b] = static_cast<std::uint8_t>(words[w].low >> (8 * b));
        segment.bytes[w * stored + 8 + b] = static_cast<std::uint8_t>(words[w].high >> (8 * b));
      }
    }
    program_.segments.push_back(std::move(segment));
    return address;
  }

  void make_words() {
    program_.main.reserve(2 * plan_.instructions.size() + 1);
    for (const Instruction& i : plan_.instructions) encode(i, program_.main);
    encode_end(program_.main);
    const BufferParameters& buffer = machine_.buffer(BufferId::instructions);
    program_.resident = static_cast<std::int64_t>(program_.main.size()) <= buffer.depth * buffer.regions;
    program_.main_address = add_words(program_.main, 16);
    load_resident_constants();
    if (program_.resident) {
      const auto stored = static_cast<std::size_t>(dram_word_bytes(machine_, BufferId::instructions));
      // Fetched words are packed; loaded ones take whole bus words each.
      const std::uint64_t from = stored == 16 ? program_.main_address : add_words(program_.main, stored);
      load_linear(BufferId::instructions, from, 0, static_cast<std::int64_t>(program_.main.size()));
    }
    encode_end(program_.init);
    if (program_.init.size() > 1) program_.init_address = add_words(program_.init, 16);
  }

  // --- buffers
  // -----------------------------------------------------------------------------------------------------------
  void measure_buffers() {
    program_.buffers.assign(buffer_count, {});
    const auto add = [&](BufferId id, std::int64_t words) {
      program_.buffers[position_of(id)].peak_bits += words * machine_.buffer(id).width;
    };
    add(BufferId::act_binary, plan_.peak[BufferId::act_binary]);
    add(BufferId::act_fixed, plan_.peak[BufferId::act_fixed]);
    for (const Space s : all_spaces) {
      std::uint32_t begin = ~0U, end = 0;
      for (const BlockId b : plan_.spaces[s].blocks) {
        const Block& block = plan_.blocks[b];
        begin = std::min(begin, block.address);
        end = std::max(end, block.address + u32(block.words));
      }
      if (end > 0) add(buffer_id(s), end - begin);
    }
    std::array<std::set<std::uint32_t>, 2> slots;
    for (const TileOp& op : plan_.ops) {
      if (op.kind == TileOp::Kind::conv) slots[op.unit == UnitId::xnor_array ? 0 : 1].insert(op.accumulators);
    }
    for (std::size_t r = 0; r < 2; ++r)
      add(BufferId::accumulators, static_cast<std::int64_t>(slots[r].size()) * plan_.accumulator_slot[r]);
    if (program_.resident) add(BufferId::instructions, static_cast<std::int64_t>(program_.main.size()));
  }

  const Plan& plan_;
  const IntegerNetwork& network_;
  const MachineParameters& machine_;
  bool complete_;
  Program program_;
  std::uint64_t dram_end_ = 0;                         // of the program area, so far
  using Listed = std::tuple<int, TensorId, int, int>;  // image, minus the slices of the parts before, patch
  std::set<Listed> listed_;
};

}  // namespace

Program emit(const Plan& plan, Content content) { return Emitter(plan, content).run(); }

}  // namespace blendsim::compiler
