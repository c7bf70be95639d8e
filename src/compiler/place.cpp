// SPDX-License-Identifier: Apache-2.0
// Pass place: joins convolutions with the post-processing that reads their accumulators into stages, gives every copy
// of every tensor a map or a range of a concatenation's map, and orders the nodes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/group.h"
#include "compiler/plan.h"
#include "compiler/views.h"
#include "units/buffer/layout.h"
#include "units/field_limits.h"

namespace blendsim::compiler {
namespace {

Table<TensorId, LayerId> producers(const IntegerNetwork& network) {
  Table<TensorId, LayerId> of(network.tensors.size());
  for (const LayerId l : layers_of(network)) {
    for (const TensorId id : layer_outputs(layer_of(network, l))) of[id] = l;
  }
  return of;
}

constexpr int few_rows = 3;  // of a block of a pooling: they are held twice

class Placer {
 public:
  explicit Placer(Plan& plan) : plan_(plan), network_(*plan.network), producer_(producers(network_)), views_(plan) {}

  void run() {
    groups_ = group_layers(network_, producer_, plan_.assignment);
    make_input();
    for (const std::vector<LayerId>& members : groups_.members) make_group(members);
    store_outputs();
    views_.drop_unused();
  }

 private:
  [[nodiscard]] const Layer& layer(LayerId l) const { return layer_of(network_, l); }
  Needs& needs(TensorId id) { return plan_.assignment.needs[id]; }
  [[nodiscard]] bool is_accumulator(TensorId id) const { return plan_.facts->is_accumulator[id]; }

  void make_group(const std::vector<LayerId>& members) {
    const LayerId first = members.front();
    if (const auto* pool = std::get_if<Pooling>(&layer(first).work)) make_pool(first, *pool);
    else if (const auto* concat = std::get_if<Concatenation>(&layer(first).work)) make_concatenation(first, *concat);
    else if (const auto* turn = std::get_if<Transposition>(&layer(first).work)) make_transposition(first, *turn);
    else make_stage(members);
  }

  void store_outputs() {
    std::uint32_t address = 0;
    for (std::size_t i = 0; i < network_.output_tensors.size(); ++i) {
      const TensorId id = network_.output_tensors[i];
      const View& v = plan_.fixed[id];
      if (!v.lanes.is_dense()) {
        not_lowerable(network_.tensor(id).name,
                      "a network output that is a concatenation of parts with a channel count that "
                      "is no multiple of 16 cannot be stored as one tensor",
                      "make the parts outputs of their own");
      }
      const IntTensor& t = network_.tensor(id);
      plan_.nodes.add({StorePart{v, i, {}, address}, plan_.output_row(), t.height, t.width});
      const std::int64_t bus = plan_.machine->memory.bus_bytes();
      const std::int64_t row = std::int64_t{t.width} * v.lanes.slices * bytes_of(t.format) * slice_channels;
      address += u32(t.height * ceil_divide(row, bus) * bus);
    }
  }

  void make_input() {
    const TensorId id = network_.input_tensor;
    const IntTensor& t = network_.tensor(id);
    LoadPart input;
    const ConvPart* stem = nullptr;
    for (const LayerId l : layers_of(network_)) {
      const auto* conv = std::get_if<Convolution>(&layer(l).work);
      if (conv == nullptr || conv->input != id || !plan_.assignment.convolutions[l].stem) continue;
      stem_ = stem_part(l, *conv);
      stem = &*stem_;
    }
    const bool binary = needs(id).binary && !needs(id).fixed;
    if (stem != nullptr) {
      Map map;
      map.name = t.name;
      map.height = t.height;
      map.width = stem->in_width;
      map.slices = 1;
      input = {{plan_.maps.add(map), 0, Lanes::dense(slice_channels), id},
               TransferForm::stem,
               plan_.convolution(*stem).window.pad_left,
               t.zero_point & 0xff,
               t.width,
               {}};
      plan_.fixed[id] = input.view;
    } else {
      input.view = views_.view(id, Lanes::dense(t.channels), binary);
      input.form = binary ? TransferForm::binary : TransferForm::fixed;
    }
    plan_.nodes.add({input, input_row, t.height, t.width});
    if (needs(id).binary && needs(id).fixed) make_planes(LayerId(), id);
  }

  // Words of four pixels: the kernel's columns shrink to a quarter, and every word lies inside the row.
  ConvPart stem_part(LayerId l, const Convolution& conv) const {
    const IntTensor& in = network_.tensor(conv.input);
    ConvPart part;
    part.layer = l;
    part.choice = plan_.assignment.convolutions[l];
    part.window = conv.window;
    part.window.kernel_w = static_cast<int>(ceil_divide(conv.window.kernel_w, 4));
    part.window.dilation_w = part.window.kernel_w > 1 ? 4 : 1;
    part.window.pad_left = part.window.pad_right = 0;
    part.in_height = in.height;
    part.in_width =
        (network_.tensor(conv.output).width - 1) * conv.window.stride_w + 4 * (part.window.kernel_w - 1) + 1;
    part.channels = 4 * std::min(4, conv.window.kernel_w);
    return part;
  }

  // A copy of a tensor's fixed map as bits: by its sign, or by one threshold a value.
  void make_planes(LayerId producer, TensorId id) {
    const View source = plan_.fixed[id];
    const IntTensor& t = network_.tensor(id);
    Stage stage;
    PostPart part;
    part.layer = producer;
    part.a = {{}, source, t.format};
    part.bits = views_.view(id, source.lanes, true);
    part.bits_tensor = id;
    part.thresholds = value_thresholds(t, source.lanes.channel_count());
    stage.lanes = source.lanes;
    stage.posts.add(part);
    plan_.nodes.add({stage, row_of(producer), t.height, t.width});
  }

  static std::optional<Thresholds> value_thresholds(const IntTensor& t, int channels) {
    if (t.format.is_bipolar()) return std::nullopt;
    Thresholds th;
    th.levels = static_cast<int>(t.format.max() - t.format.min());
    th.base = t.format.min();
    th.direction.assign(static_cast<std::size_t>(channels), 1);
    for (int c = 0; c < channels; ++c) {
      for (int k = 0; k < th.levels; ++k) th.values.push_back(t.format.min() + 1 + k);
    }
    return th;
  }

  void copy(LayerId producer, const View& from, const View& to, const IntTensor& t) {
    for (int plane = 0; plane < plan_.map(from).planes; ++plane) {
      PoolPart part;
      part.layer = producer;
      part.in = from;
      part.out = to;
      part.in_format = t.format;
      part.plane = plane;
      plan_.nodes.add({part, row_of(producer), t.height, t.width});
    }
  }

  void make_pool(LayerId l, const Pooling& pool) {
    const IntTensor& in = network_.tensor(pool.input);
    const IntTensor& out = network_.tensor(pool.output);
    const bool planes = pool.kind == Pooling::Kind::max && in.format.is_bipolar();
    for (const bool binary : {false, true}) {
      if (!(binary ? needs(pool.output).binary && planes : needs(pool.output).fixed)) continue;
      PoolPart part;
      part.layer = l;
      part.sum = pool.kind == Pooling::Kind::sum;
      part.in = views_.of(binary)[pool.input];
      part.out = views_.view(pool.output, part.in.lanes, binary);
      part.window = pool.window;
      part.in_format = in.format;
      part.zero_point = part.sum ? in.zero_point : 0;
      part.divisor = pool.common_divisor;
      if (!binary && covers_map(pool, in, out)) part = pool_in_blocks(part, out, tall_window(in));
      plan_.nodes.add({part, row_of(l), out.height, out.width});
    }
    if (needs(pool.output).binary && !planes) make_planes(l, pool.output);
  }

  void make_transposition(LayerId l, const Transposition& turn) {
    const IntTensor& out = network_.tensor(turn.output);
    TransposePart part;
    part.layer = l;
    part.in = plan_.fixed[turn.input];
    part.out = views_.view(turn.output, Lanes::dense(out.channels), false);
    if (!part.in.lanes.is_dense() || !part.out.lanes.is_dense()) {
      not_lowerable(layer(l).name,
                    "what it transposes is a concatenation of parts with a channel count that is no multiple of 16",
                    "make the concatenated channel counts multiples of 16");
    }
    plan_.nodes.add({part, row_of(l), out.height, out.width});
    if (needs(turn.output).binary) make_planes(l, turn.output);
  }

  // One window that is the whole map, and one result, which is divided by nothing here.
  [[nodiscard]] static bool covers_map(const Pooling& pool, const IntTensor& in, const IntTensor& out) {
    const Window& w = pool.window;
    return out.height == 1 && out.width == 1 && w.kernel_h == in.height && w.kernel_w == in.width &&
           w.dilation_h == 1 && w.dilation_w == 1 && w.pad_top == 0 && w.pad_left == 0 &&
           (pool.common_divisor == 0 || pool.common_divisor == in.height * in.width);
  }

  // Rows from which on a window of all of the map is pooled in blocks: those of any map that no region holds whole.
  [[nodiscard]] int tall_window(const IntTensor& in) const {
    constexpr int tall = 16;
    return words_of(in) <= plan_.machine->buffer(BufferId::act_fixed).depth ? tall : few_rows + 1;
  }

  // A tall window would have to wait for all of the map: nodes are added that pool blocks of a few rows each as they
  // come, until what is left, which is returned, is small. A block at the map's end may have fewer taps.
  PoolPart pool_in_blocks(PoolPart part, const IntTensor& out, int tall) {
    constexpr auto widest = static_cast<int>(field_maximum(pool_fields, "kernel_w"));
    constexpr int few = few_rows;
    part.divisor = 0;
    while (std::max(part.window.kernel_h, part.window.kernel_w) >= tall) {
      PoolPart blocks = part;
      Window& w = blocks.window;
      const int height = w.kernel_h, width = w.kernel_w;
      w.kernel_h = w.stride_h = std::min(few, height);
      if (width > widest) w.kernel_w = w.stride_w = few * few * (tall > few + 1 ? 1 : few);
      Map map;
      map.name = fmt::format("{}.{}_rows", out.name, w.kernel_h);
      map.height = static_cast<int>(ceil_divide(height, w.kernel_h));
      map.width = static_cast<int>(ceil_divide(width, w.kernel_w));
      map.slices = part.out.lanes.slices;
      map.bytes = bytes_of(out.format);
      blocks.out = {plan_.maps.add(map), 0, part.out.lanes, no_tensor};
      plan_.nodes.add({blocks, row_of(part.layer), map.height, map.width});
      part.in = blocks.out;
      part.in_format = out.format;
      part.zero_point = 0;
      part.window.kernel_h = map.height;
      part.window.kernel_w = map.width;
    }
    return part;
  }

  void make_concatenation(LayerId l, const Concatenation& concat) {
    for (const bool binary : {false, true}) {
      if (!(binary ? needs(concat.output).binary : needs(concat.output).fixed)) continue;
      for (const Views::Copy& c : views_.concatenate(l, concat, binary))
        copy(producer_[c.tensor], c.from, c.to, network_.tensor(c.tensor));
    }
  }

  // Lanes that a stage's maps and depthwise inputs force on it; dense where nothing does.
  [[nodiscard]] Lanes stage_lanes(const std::vector<LayerId>& members, int channels) {
    std::optional<Lanes> forced;
    const auto force = [&](const Lanes& lanes, LayerId l) {
      if (forced && !(*forced == lanes)) {
        not_lowerable(layer(l).name,
                      "its operands' channels lie differently because of a concatenation of channel counts that "
                      "are no multiples of 16",
                      "make the concatenated channel counts multiples of 16");
      }
      forced = lanes;
    };
    for (const LayerId l : members) {
      if (const auto* conv = std::get_if<Convolution>(&layer(l).work)) {
        if (plan_.assignment.convolutions[l].depthwise) force(plan_.fixed[conv->input].lanes, l);
        continue;
      }
      const auto& post = std::get<PostProcessing>(layer(l).work);
      for (const TensorId id : {post.a, post.b}) {
        if (id == no_tensor || in_accumulators(l, id)) continue;
        if (plan_.fixed[id].exists()) force(plan_.fixed[id].lanes, l);
      }
    }
    return forced ? *forced : Lanes::dense(channels);
  }

  [[nodiscard]] bool in_accumulators(LayerId post, TensorId id) const {
    return is_accumulator(id) && !groups_.unfused.contains({post, id});
  }

  void make_stage(const std::vector<LayerId>& members) {
    const TensorId shape = layer_outputs(layer(members.front())).front();
    const IntTensor& t = network_.tensor(shape);
    Stage stage;
    stage.lanes = stage_lanes(members, t.channels);
    std::map<TensorId, ConvId> conv_of;
    for (const LayerId l : members) {
      if (const auto* conv = std::get_if<Convolution>(&layer(l).work)) {
        conv_of[conv->output] = stage.convs.add(make_conv(l, *conv));
      }
    }
    for (const auto& [id, conv] : conv_of) {
      if (needs(id).fixed) add_accumulator_copy(stage, id, conv);
    }
    for (const LayerId l : members) {
      if (const auto* post = std::get_if<PostProcessing>(&layer(l).work)) add_posts(stage, l, *post, conv_of);
    }
    plan_.nodes.add({stage, row_of(members.front()), t.height, t.width});
  }

  ConvPart make_conv(LayerId l, const Convolution& conv) {
    if (stem_ && stem_->layer == l) {
      stem_->source = plan_.fixed[conv.input];
      return *stem_;
    }
    ConvPart part;
    part.layer = l;
    part.choice = plan_.assignment.convolutions[l];
    part.source = views_.of(part.choice.xnor)[conv.input];
    const IntTensor& in = network_.tensor(conv.input);
    part.in_height = in.height;
    part.in_width = in.width;
    part.channels = part.source.lanes.position.empty() ? 0 : part.source.lanes.position.back() + 1;
    part.window = conv.window;
    if (!part.source.lanes.is_dense()) avoid_gaps(l, part.choice);
    return part;
  }

  // Bits of unused lanes are unknown: AND with a zero weight ignores them, XNOR cannot.
  void avoid_gaps(LayerId l, ConvChoice& choice) const {
    if (choice.split > 1) {
      not_lowerable(layer(l).name,
                    "a grouped convolution reads a concatenation of channel counts that are no multiples of 16",
                    "make the concatenated channel counts multiples of 16");
    }
    if (!choice.xnor || choice.use_and) return;
    choice.use_and = choice.weight_signed = true;
    choice.doubled = choice.activation_bits == 1;
    choice.weight_bits = choice.doubled ? 3 : 2;
  }

  void add_accumulator_copy(Stage& stage, TensorId id, ConvId conv) {
    PostPart part;
    part.layer = producer_[id];
    part.a = {conv, {}, network_.tensor(id).format};
    part.fixed = views_.view(id, stage.lanes, false);
    part.fixed_tensor = id;
    stage.posts.add(part);
  }

  Operand operand(LayerId l, TensorId id, const std::map<TensorId, ConvId>& conv_of) const {
    if (id == no_tensor) return {};
    if (in_accumulators(l, id)) return {conv_of.at(id), {}, network_.tensor(id).format};
    return {{}, plan_.fixed[id], network_.tensor(id).format};
  }

  static void encode(PostPart& part, const PostProcessing& post) {
    part.thresholds = post.thresholds;
    part.table = post.table ? &*post.table : nullptr;
  }

  // One instruction writes u and the code's bits; a second or third one what is left.
  void add_posts(Stage& stage, LayerId l, const PostProcessing& post, const std::map<TensorId, ConvId>& conv_of) {
    const Needs none;
    const Needs u = post.fixed == no_tensor ? none : needs(post.fixed);
    const Needs code = post.code == no_tensor ? none : needs(post.code);
    PostPart base;
    base.layer = l;
    base.work = &post;
    base.a = operand(l, post.a, conv_of);
    base.b = operand(l, post.b, conv_of);
    base.b.one_pixel = has_one_pixel(network_, post);
    // A table's bytes of +1 and -1 are no planes.
    const bool apart = post.table && code.binary && code.fixed && network_.tensor(post.code).format.is_bipolar();
    if (u.fixed || code.binary || code.fixed) {
      PostPart part = base;
      if (code.binary || (code.fixed && !u.fixed)) encode(part, post);
      if (code.binary) {
        part.bits = views_.view(post.code, stage.lanes, true);
        part.bits_tensor = post.code;
      }
      if (u.fixed || (code.fixed && !apart)) {
        part.fixed_is_code = !u.fixed;
        part.fixed_tensor = u.fixed ? post.fixed : post.code;
        part.fixed = views_.view(part.fixed_tensor, stage.lanes, false);
      }
      stage.posts.add(part);
    }
    if (code.fixed && (u.fixed || apart)) {
      PostPart part = base;
      encode(part, post);
      part.fixed_is_code = true;
      part.fixed_tensor = post.code;
      part.fixed = views_.view(post.code, stage.lanes, false);
      stage.posts.add(part);
    }
    if (u.binary) {
      PostPart part = base;
      part.bits = views_.view(post.fixed, stage.lanes, true);
      part.bits_tensor = post.fixed;
      part.thresholds = value_thresholds(network_.tensor(post.fixed), network_.tensor(post.fixed).channels);
      stage.posts.add(part);
    }
  }

  Plan& plan_;
  const IntegerNetwork& network_;
  Table<TensorId, LayerId> producer_;
  Groups groups_;
  Views views_;
  std::optional<ConvPart> stem_;
};

}  // namespace

void place(Plan& plan) { Placer(plan).run(); }

}  // namespace blendsim::compiler
