// SPDX-License-Identifier: Apache-2.0
// Pass assign: the unit of each convolution (the cheaper by law among those that can), and the copies each tensor
// needs.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/diagnostic.h"
#include "compiler/levers.h"
#include "compiler/plan.h"
#include "units/mac_array/law.h"
#include "units/post_unit/instruction.h"
#include "units/transfer/instruction.h"
#include "units/xnor_array/law.h"

namespace blendsim::compiler {
namespace {

constexpr int widest_multiplier = 27;  // of any slice's port

constexpr int stem_channels = 4, stem_pixels = 4;

class Chooser {
 public:
  Chooser(const IntegerNetwork& network, const MachineParameters& machine) : network_(network), machine_(machine) {}

  ConvChoice choose(LayerId l, const Convolution& conv, const LayerFacts& facts, Reasons* reasons) {
    const Layer& layer = layer_of(network_, l);
    weights_ = &facts;
    const IntTensor& in = network_.tensor(conv.input);
    const IntTensor& out = network_.tensor(conv.output);
    pixels_ = Cycles{out.height} * out.width;
    const Candidate xnor = on_xnor(conv, in, out), mac = on_mac(conv, in, out);
    if (!xnor.can() && !mac.can()) {
      std::vector<Lever> levers;
      for (const Candidate* c : {&mac, &xnor}) {
        if (c->possible) levers.push_back(c->lever());
      }
      throw refusal("unit-too-narrow", layer.name,
                    fmt::format("no unit can compute this convolution of {} x {}: mac_array: {}; xnor_array: {}",
                                in.format.name(), conv.weight_format.name(), mac.problem(), xnor.problem()),
                    std::move(levers), "quantise to fewer bits, or give the layer fewer inputs");
    }
    const bool use_xnor = xnor.can() && (!mac.can() || xnor.cycles <= mac.cycles);
    if (reasons != nullptr) explain(l, xnor, mac, use_xnor, *reasons);
    return (use_xnor ? xnor : mac).choice;
  }

 private:
  // A width of the machine that is too small for a layer.
  struct Shortage {
    std::string what, parameter;
    std::int64_t needed = 0, have = 0;
    [[nodiscard]] std::string set() const { return fmt::format("{}={} bit", parameter, needed); }
    [[nodiscard]] std::string text() const {
      return fmt::format("{} need --set \"{}\", there are {}", what, set(), have);
    }
  };
  // The layer on one array. `possible`: no more than widths of the machine stand against it; else `why`.
  struct Candidate {
    ConvChoice choice;
    Cycles cycles = 0;
    bool possible = true;
    std::string why;
    std::vector<Shortage> shortages;
    [[nodiscard]] bool can() const { return possible && shortages.empty(); }
    [[nodiscard]] Lever lever() const {
      Lever sets;
      for (const Shortage& s : shortages) sets.push_back(s.set());
      return sets;
    }
    [[nodiscard]] std::string problem() const {
      std::string out = why;
      for (const Shortage& s : shortages) out += (out.empty() ? "" : ", ") + s.text();
      return out;
    }
  };

  void explain(LayerId l, const Candidate& xnor, const Candidate& mac, bool use_xnor, Reasons& reasons) const {
    const Candidate &taken = use_xnor ? xnor : mac, &other = use_xnor ? mac : xnor;
    const std::string_view name = use_xnor ? "mac_array" : "xnor_array";
    reasons.units[l] = fmt::format(
        "{}: {} cycles by law; {}", use_xnor ? "xnor_array" : "mac_array", taken.cycles,
        other.can() ? fmt::format("{} {}", name, other.cycles) : fmt::format("{} cannot: {}", name, other.problem()));
    // Only a width of the machine decided, not the layer's form and not the cycles: xnor_array would have it on a tie.
    const bool better = use_xnor ? other.cycles < taken.cycles : other.cycles <= taken.cycles;
    if (other.can() || !other.possible || !better) return;
    reasons.fallbacks.push_back({l, !use_xnor, other.shortages.front().parameter, other.shortages.front().needed,
                                 other.problem(), taken.cycles, other.cycles});
  }

  // Groups can be computed one by one where their channels are whole cells (slices) and their outputs whole row groups.
  [[nodiscard]] bool can_split(const Convolution& conv, const IntTensor& in, const IntTensor& out,
                               std::int64_t cell) const {
    const std::int64_t rows = std::max(machine_.xnor_array.rows, machine_.mac_array.rows);
    return (in.channels / conv.groups) % cell == 0 && (out.channels / conv.groups) % rows == 0 &&
           rows % machine_.xnor_array.rows == 0 && rows % machine_.mac_array.rows == 0;
  }

  [[nodiscard]] Candidate on_xnor(const Convolution& conv, const IntTensor& in, const IntTensor& out) const {
    Candidate result;
    if (!in.format.is_bipolar() && in.format.bits() > widest_code) {
      result.possible = false;
      result.why = fmt::format("{} activations have no bit planes (at most {} bits)", in.format.name(), widest_code);
      return result;
    }
    ConvChoice& c = result.choice;
    c.xnor = true;
    const std::int64_t cell = slice_channels * machine_.xnor_array.cell_slices();
    const bool split = conv.groups > 1 && can_split(conv, in, out, cell);
    c.split = split ? conv.groups : 1;
    const bool zeros = conv.groups > c.split;
    const bool bipolar_weights = conv.weight_format.is_bipolar() && !zeros;
    if (in.format.is_bipolar()) {
      if (!bipolar_weights) {
        c.use_and = c.doubled = c.weight_signed = true;
        c.weight_bits = signed_bits_for(2 * weights_->weight_lo, 2 * weights_->weight_hi);
      }
    } else {
      c.activation_bits = in.format.bits();
      c.activation_signed = in.format.is_signed();
      if (c.activation_signed || !bipolar_weights || c.activation_bits == 1) {
        c.use_and = true;
        c.weight_signed = weights_->weight_lo < 0;
        c.weight_bits = c.weight_signed ? signed_bits_for(weights_->weight_lo, weights_->weight_hi)
                                        : Format::for_range(0, std::max<std::int64_t>(1, weights_->weight_hi)).bits();
      }
    }
    if (c.weight_bits > most_planes) {
      result.possible = false;
      result.why = fmt::format("the weights take {} bit planes, an instruction has {}", c.weight_bits, most_planes);
      return result;
    }
    need(sums_text(out), "xnor_array.accumulator", signed_bits_for(out.lo, out.hi), machine_.xnor_array.accumulator,
         result);
    const std::int64_t cells = ceil_divide(in.channels / c.split, cell);
    const Window& win = conv.window;
    const auto steps =
        XnorSteps::of(win.kernel_h, win.kernel_w, cells, win.dilation_h != 1 || win.dilation_w != 1).steps;
    result.cycles =
        pixels_ * ceil_divide(out.channels, machine_.xnor_array.rows) * c.activation_bits * c.weight_bits * steps;
    return result;
  }

  [[nodiscard]] Candidate on_mac(const Convolution& conv, const IntTensor& in, const IntTensor& out) const {
    Candidate result;
    need(in.format.name() + " activations", "mac_array.activation_bits", in.format.is_bipolar() ? 2 : in.format.bits(),
         machine_.mac_array.activation_bits, result);
    need(fmt::format("weights in [{}, {}]", weights_->weight_lo, weights_->weight_hi), "mac_array.weight_bits",
         signed_bits_for(weights_->weight_lo, weights_->weight_hi), machine_.mac_array.weight_bits, result);
    need(sums_text(out), "mac_array.accumulator", signed_bits_for(out.lo, out.hi), machine_.mac_array.accumulator,
         result);
    ConvChoice& c = result.choice;
    c.depthwise = conv.groups > 1 && conv.groups == in.channels && conv.groups == out.channels;
    c.split = !c.depthwise && conv.groups > 1 && can_split(conv, in, out, slice_channels) ? conv.groups : 1;
    const std::int64_t taps = std::int64_t{conv.window.kernel_h} * conv.window.kernel_w;
    const std::int64_t columns = c.depthwise ? 1 : column_groups(in.channels / c.split, machine_.mac_array.columns);
    const std::int64_t groups = ceil_divide(out.channels, machine_.mac_array.rows);
    result.cycles = pixels_ * groups * taps * columns;
    if (stem_possible(conv, in)) {
      const std::int64_t lanes = stem_channels * std::min(stem_pixels, conv.window.kernel_w);
      const Cycles stem = pixels_ * groups * conv.window.kernel_h * ceil_divide(conv.window.kernel_w, stem_pixels) *
                          column_groups(lanes, machine_.mac_array.columns);
      if (stem < result.cycles) {
        c.stem = true;
        result.cycles = stem;
      }
    }
    return result;
  }

  // The network's input with at most 4 channels, read by this convolution alone.
  [[nodiscard]] bool stem_possible(const Convolution& conv, const IntTensor& in) const {
    if (conv.input != network_.input_tensor || in.channels > stem_channels || conv.groups != 1) return false;
    if (conv.window.dilation_w != 1 || in.format.is_bipolar() ||
        conv.window.pad_left > field_maximum(transfer_fields, "pad_left"))
      return false;
    // A wider input is loaded in patches, which its map has to ask for.
    const int words = (network_.tensor(conv.output).width - 1) * conv.window.stride_w + 1;
    if (in.width > most_map_side && words <= most_map_side) return false;
    if (!padding_is_a_byte(in)) return false;  // load writes it between the pixels
    int readers = 0;
    for (const Layer& layer : network_.layers) {
      for (const TensorId id : layer_inputs(layer)) readers += id == conv.input ? 1 : 0;
    }
    for (const TensorId id : network_.output_tensors) readers += id == conv.input ? 1 : 0;
    return readers == 1;
  }

  static bool padding_is_a_byte(const IntTensor& in) {
    const Format byte = in.format.is_signed() ? Format::signed_bits(8) : Format::unsigned_bits(8);
    return byte.contains(in.zero_point);
  }

  static void need(std::string what, const char* parameter, std::int64_t bits, std::int64_t have,
                   Candidate& candidate) {
    if (bits > have) candidate.shortages.push_back({std::move(what), parameter, bits, have});
  }

  static std::string sums_text(const IntTensor& out) { return fmt::format("sums in [{}, {}]", out.lo, out.hi); }

  const IntegerNetwork& network_;
  const MachineParameters& machine_;
  const LayerFacts* weights_ = nullptr;
  Cycles pixels_ = 0;
};

void find_live_layers(const IntegerNetwork& network, Assignment& a) {
  a.live.assign(network.layers.size(), false);
  Table<TensorId, bool> wanted(network.tensors.size());
  for (const TensorId id : network.output_tensors) wanted[id] = true;
  for (LayerId l = a.live.next(); l-- > LayerId(0);) {
    const std::vector<TensorId> outputs = layer_outputs(layer_of(network, l));
    a.live[l] = std::any_of(outputs.begin(), outputs.end(), [&](TensorId id) { return wanted[id]; });
    if (!a.live[l]) continue;
    for (const TensorId id : layer_inputs(layer_of(network, l))) wanted[id] = true;
  }
}

// Needs flow from readers to writers: a pooling or concatenation can only write the forms it reads.
void find_needs(const IntegerNetwork& network, const NetworkFacts& facts, Assignment& a) {
  a.needs.assign(network.tensors.size(), {});
  const auto need = [&](TensorId id) -> Needs& { return a.needs[id]; };
  for (const TensorId id : network.output_tensors) need(id).fixed = true;
  for (LayerId l = a.live.next(); l-- > LayerId(0);) {
    const Layer& layer = layer_of(network, l);
    if (!a.live[l]) continue;
    if (const auto* conv = std::get_if<Convolution>(&layer.work)) {
      (a.convolutions[l].xnor ? need(conv->input).binary : need(conv->input).fixed) = true;
    } else if (const auto* post = std::get_if<PostProcessing>(&layer.work)) {
      // Accumulators are read in place; `place` asks for a map where they cannot be.
      const auto read = [&](TensorId id) {
        if (id == no_tensor) return;
        if (!facts.is_accumulator[id]) need(id).fixed = true;
      };
      read(post->a);
      read(post->b);
    } else if (const auto* pool = std::get_if<Pooling>(&layer.work)) {
      Needs& out = need(pool->output);
      const bool bits = pool->kind == Pooling::Kind::max && network.tensor(pool->input).format.is_bipolar();
      if (!bits && out.binary) out.fixed = true;  // a copy makes the planes
      if (bits && out.binary) need(pool->input).binary = true;
      if (out.fixed) need(pool->input).fixed = true;
    } else if (const auto* turn = std::get_if<Transposition>(&layer.work)) {
      need(turn->output).fixed = need(turn->input).fixed = true;  // a copy makes planes
    } else {
      const auto& concat = std::get<Concatenation>(layer.work);
      for (const TensorId id : concat.inputs) {
        need(id).fixed |= need(concat.output).fixed;
        need(id).binary |= need(concat.output).binary;
      }
    }
  }
  // The input is loaded in one form; a copy makes the planes from the fixed map.
  Needs& input = need(network.input_tensor);
  if (input.binary && !network.tensor(network.input_tensor).format.is_bipolar()) input.fixed = true;
  if (network.tensor(network.input_tensor).format.bits() > 8 && (input.fixed || input.binary)) {
    throw DiagnosticError("not-lowerable", Place{{}, 0, network.tensor(network.input_tensor).name},
                          "the input has more than 8 bits a value", "quantise the input to at most 8 bits");
  }
}

// A wider multiplier; where the part's slice then has no room to scale a factor up, with shifts in finer steps.
std::vector<Lever> wider_multiplier(int bits, const PostUnitParameters& unit) {
  const std::string widens = fmt::format("post_unit.multiplier={} bit", bits);
  std::vector<Lever> levers{{widens}};
  for (std::int64_t step = unit.shift_step / 2; bits <= widest_multiplier && step >= 1; step /= 2)
    levers.push_back({widens, fmt::format("post_unit.shift_step={}", step)});
  return levers;
}

// What post_unit's widths cannot hold, each with the parameter to widen.
void check_post_unit(const IntegerNetwork& network, const NetworkFacts& facts, const MachineParameters& machine,
                     Diagnostics& found) {
  const PostUnitParameters& unit = machine.post_unit;
  const auto refuse = [&](LayerId l, const std::string& message, std::vector<Lever> levers) {
    found.add(refusal("unit-too-narrow", layer_of(network, l).name, message, std::move(levers)).diagnostics().front());
  };
  for (const LayerId l : layers_of(network)) {
    const LayerFacts& layer = facts.layers[l];
    if (layer.multiplier_bits > unit.multiplier) {
      refuse(
          l,
          fmt::format("a factor M needs {} bits, post_unit.multiplier is {}", layer.multiplier_bits, unit.multiplier),
          wider_multiplier(layer.multiplier_bits, unit));
    }
    const std::int64_t operand = std::max<std::int64_t>(layer.post.operand, layer.post.value + 1);
    const std::string widens = fmt::format("post_unit.operand={} bit", operand);
    if (layer.post.value > unit.value) {
      Lever lever{fmt::format("post_unit.value={} bit", layer.post.value)};
      if (operand > unit.operand) lever.push_back(widens);
      refuse(l, fmt::format("its steps yield values of {} bits, post_unit.value is {}", layer.post.value, unit.value),
             {std::move(lever)});
    } else if (layer.post.operand > unit.operand) {
      refuse(l, fmt::format("it reads values of {} bits, post_unit.operand is {}", layer.post.operand, unit.operand),
             {{widens}});
    }
    if (layer.post.product > product_bits(unit)) {
      refuse(l,
             fmt::format("it multiplies by computed values of {} bits, post_unit.product is {}", layer.post.product,
                         product_bits(unit)),
             {{fmt::format("post_unit.product={} bit", layer.post.product)}});
    }
    if (layer.post.table && unit.table == 0) {
      refuse(l, "it computes a function of a code, for which post_unit.table, which is 0, must hold the code's values",
             {{fmt::format("post_unit.table={}", table_entries)}});
    }
    if (layer.post.shift_step < unit.shift_step) {
      refuse(l,
             fmt::format("scaled to shifts that are multiples of {}, post_unit.shift_step, its sums pass 47 bits",
                         unit.shift_step),
             {{fmt::format("post_unit.shift_step={}", layer.post.shift_step)}});
    }
  }
}

// Of a machine that has no transpose_unit, what needs it.
void check_transpositions(const IntegerNetwork& network, const MachineParameters& machine, Diagnostics& found) {
  if (has_unit(UnitId::transpose_unit, machine)) return;
  for (const LayerId l : layers_of(network)) {
    if (!std::holds_alternative<Transposition>(layer_of(network, l).work)) continue;
    found.add(refusal("unit-too-narrow", layer_of(network, l).name,
                      "it makes pixels channels, for which transpose_unit.lanes, which is 0, must be 16",
                      {{"transpose_unit.lanes=16"}})
                  .diagnostics()
                  .front());
  }
}

}  // namespace

Assignment assign(const IntegerNetwork& network, const NetworkFacts& facts, const MachineParameters& machine,
                  Reasons* reasons) {
  Assignment a;
  if (reasons != nullptr) reasons->units.assign(network.layers.size(), {});
  a.convolutions.assign(network.layers.size(), {});
  Diagnostics found;
  check_post_unit(network, facts, machine, found);
  check_transpositions(network, machine, found);
  Chooser chooser(network, machine);
  for (const LayerId l : layers_of(network)) {
    const auto* conv = std::get_if<Convolution>(&layer_of(network, l).work);
    if (conv == nullptr) continue;
    try {
      a.convolutions[l] = chooser.choose(l, *conv, facts.layers[l], reasons);
    } catch (const DiagnosticError& error) {
      for (const Diagnostic& d : error.diagnostics()) found.add(d);
    }
  }
  found.throw_if_any();
  find_live_layers(network, a);
  find_needs(network, facts, a);
  return a;
}

}  // namespace blendsim::compiler
