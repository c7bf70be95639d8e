// SPDX-License-Identifier: Apache-2.0
// Pass assign: the unit of each convolution (the cheaper by law among those that can), and the copies each tensor
// needs.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/diagnostic.h"
#include "compiler/plan.h"
#include "units/mac_array/law.h"
#include "units/xnor_array/law.h"

namespace blendsim::compiler {
namespace {

constexpr int widest_code = 4;  // planes that thresholds can make
constexpr int most_planes = 8;
constexpr int stem_channels = 4, stem_pixels = 4;

class Chooser {
 public:
  Chooser(const IntegerNetwork& network, const MachineParameters& machine) : network_(network), machine_(machine) {}

  ConvChoice choose(const Layer& layer, const Convolution& conv, const LayerFacts& facts, std::string* reason) {
    weights_ = &facts;
    const IntTensor& in = network_.tensor(conv.input);
    const IntTensor& out = network_.tensor(conv.output);
    pixels_ = Cycles{out.height} * out.width;
    std::string xnor_problem, mac_problem;
    const auto xnor = on_xnor(conv, in, out, xnor_problem);
    const auto mac = on_mac(conv, in, out, mac_problem);
    if (!xnor && !mac) {
      throw DiagnosticError(
          "unit-too-narrow", Place{{}, 0, layer.name},
          fmt::format("no unit can compute this convolution of {} x {}", in.format.name(), conv.weight_format.name()),
          fmt::format("mac_array: {}; xnor_array: {}", mac_problem, xnor_problem));
    }
    const bool use_xnor = xnor && (!mac || xnor->cycles <= mac->cycles);
    if (reason != nullptr) {
      *reason = fmt::format(
          "{}: {} cycles by law; {}", use_xnor ? "xnor_array" : "mac_array", (use_xnor ? xnor : mac)->cycles,
          use_xnor ? (mac ? fmt::format("mac_array {}", mac->cycles) : "mac_array cannot: " + mac_problem)
                   : (xnor ? fmt::format("xnor_array {}", xnor->cycles) : "xnor_array cannot: " + xnor_problem));
    }
    return (use_xnor ? xnor : mac)->choice;
  }

 private:
  struct Candidate {
    ConvChoice choice;
    Cycles cycles = 0;
  };

  // Groups can be computed one by one where their channels are whole cells (slices) and their outputs whole row groups.
  [[nodiscard]] bool can_split(const Convolution& conv, const IntTensor& in, const IntTensor& out,
                               std::int64_t cell) const {
    const std::int64_t rows = std::max(machine_.xnor_array.rows, machine_.mac_array.rows);
    return (in.channels / conv.groups) % cell == 0 && (out.channels / conv.groups) % rows == 0 &&
           rows % machine_.xnor_array.rows == 0 && rows % machine_.mac_array.rows == 0;
  }

  std::optional<Candidate> on_xnor(const Convolution& conv, const IntTensor& in, const IntTensor& out,
                                   std::string& problem) const {
    if (!in.format.is_bipolar() && in.format.bits() > widest_code) {
      problem = fmt::format("{} activations have no bit planes (at most {} bits)", in.format.name(), widest_code);
      return std::nullopt;
    }
    Candidate result;
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
      problem = fmt::format("the weights take {} bit planes, an instruction has {}", c.weight_bits, most_planes);
      return std::nullopt;
    }
    if (!fits(out, machine_.xnor_array.accumulator, "xnor_array.accumulator", problem)) return std::nullopt;
    const std::int64_t cells = ceil_divide(in.channels / c.split, cell);
    const Window& win = conv.window;
    const auto steps =
        XnorSteps::of(win.kernel_h, win.kernel_w, cells, win.dilation_h != 1 || win.dilation_w != 1).steps;
    result.cycles =
        pixels_ * ceil_divide(out.channels, machine_.xnor_array.rows) * c.activation_bits * c.weight_bits * steps;
    return result;
  }

  std::optional<Candidate> on_mac(const Convolution& conv, const IntTensor& in, const IntTensor& out,
                                  std::string& problem) const {
    const int bits = in.format.is_bipolar() ? 2 : in.format.bits();
    if (bits > machine_.mac_array.activation_bits) {
      problem = fmt::format("{} activations need --set \"mac_array.activation_bits={} bit\", there are {}", in.format.name(), bits,
                            machine_.mac_array.activation_bits);
      return std::nullopt;
    }
    const int weight_bits = signed_bits_for(weights_->weight_lo, weights_->weight_hi);
    if (weight_bits > machine_.mac_array.weight_bits) {
      problem = fmt::format("weights in [{}, {}] need --set \"mac_array.weight_bits={} bit\", there are {}", weights_->weight_lo,
                            weights_->weight_hi, weight_bits, machine_.mac_array.weight_bits);
      return std::nullopt;
    }
    if (!fits(out, machine_.mac_array.accumulator, "mac_array.accumulator", problem)) return std::nullopt;
    Candidate result;
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
    if (conv.window.dilation_w != 1 || in.format.is_bipolar() || conv.window.pad_left > 15 || in.width > 511)
      return false;
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

  static bool fits(const IntTensor& out, std::int64_t bits, const char* parameter, std::string& problem) {
    const int needed = signed_bits_for(out.lo, out.hi);
    if (needed <= bits) return true;
    problem = fmt::format("sums in [{}, {}] need --set \"{}={} bit\", there are {}", out.lo, out.hi, parameter, needed, bits);
    return false;
  }

  const IntegerNetwork& network_;
  const MachineParameters& machine_;
  const LayerFacts* weights_ = nullptr;
  Cycles pixels_ = 0;
};

void find_live_layers(const IntegerNetwork& network, Assignment& a) {
  a.live.assign(network.layers.size(), false);
  std::vector<bool> wanted(network.tensors.size(), false);
  for (const TensorId id : network.output_tensors) wanted[static_cast<std::size_t>(id)] = true;
  for (std::size_t l = network.layers.size(); l-- > 0;) {
    for (const TensorId id : layer_outputs(network.layers[l]))
      a.live[l] = a.live[l] || wanted[static_cast<std::size_t>(id)];
    if (!a.live[l]) continue;
    for (const TensorId id : layer_inputs(network.layers[l])) wanted[static_cast<std::size_t>(id)] = true;
  }
}

// Needs flow from readers to writers: a pooling or concatenation can only write the forms it reads.
void find_needs(const IntegerNetwork& network, const NetworkFacts& facts, Assignment& a) {
  a.needs.resize(network.tensors.size());
  const auto need = [&](TensorId id) -> Needs& { return a.needs[static_cast<std::size_t>(id)]; };
  for (const TensorId id : network.output_tensors) need(id).fixed = true;
  for (std::size_t l = network.layers.size(); l-- > 0;) {
    const Layer& layer = network.layers[l];
    if (!a.live[l]) continue;
    if (const auto* conv = std::get_if<Convolution>(&layer.work)) {
      (a.convolutions[l].xnor ? need(conv->input).binary : need(conv->input).fixed) = true;
    } else if (const auto* post = std::get_if<PostProcessing>(&layer.work)) {
      // Accumulators are read in place; `place` asks for a map where they cannot be.
      const auto read = [&](TensorId id) {
        if (id == no_tensor) return;
        if (!facts.is_accumulator[static_cast<std::size_t>(id)]) need(id).fixed = true;
      };
      read(post->a);
      read(post->b);
    } else if (const auto* pool = std::get_if<Pooling>(&layer.work)) {
      Needs& out = need(pool->output);
      const bool bits = pool->kind == Pooling::Kind::max && network.tensor(pool->input).format.is_bipolar();
      if (!bits && out.binary) out.fixed = true;  // a copy makes the planes
      if (bits && out.binary) need(pool->input).binary = true;
      if (out.fixed) need(pool->input).fixed = true;
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

void check_multipliers(const IntegerNetwork& network, const NetworkFacts& facts, const MachineParameters& machine,
                       Diagnostics& found) {
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const int bits = facts.layers[l].multiplier_bits;
    if (bits <= machine.post_unit.multiplier) continue;
    found.error("unit-too-narrow", Place{{}, 0, network.layers[l].name},
                fmt::format("a factor M needs {} bits, post_unit.multiplier is {}", bits, machine.post_unit.multiplier),
                fmt::format("--set \"post_unit.multiplier={} bit\"{}", bits, bits > 27 ? " (beyond the widest, 27)" : ""));
  }
}

}  // namespace

Assignment assign(const IntegerNetwork& network, const NetworkFacts& facts, const MachineParameters& machine,
                  std::vector<std::string>* reasons) {
  Assignment a;
  if (reasons != nullptr) reasons->assign(network.layers.size(), {});
  a.convolutions.resize(network.layers.size());
  Diagnostics found;
  check_multipliers(network, facts, machine, found);
  Chooser chooser(network, machine);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto* conv = std::get_if<Convolution>(&network.layers[l].work);
    if (conv == nullptr) continue;
    try {
      a.convolutions[l] =
          chooser.choose(network.layers[l], *conv, facts.layers[l], reasons == nullptr ? nullptr : &(*reasons)[l]);
    } catch (const DiagnosticError& error) {
      for (const Diagnostic& d : error.diagnostics()) found.error(d.code, d.place, d.message, d.hint);
    }
  }
  found.throw_if_any();
  find_live_layers(network, a);
  find_needs(network, facts, a);
  return a;
}

}  // namespace blendsim::compiler
