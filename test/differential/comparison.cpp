// SPDX-License-Identifier: Apache-2.0
#include "comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "integer_layers.h"
#include "numerics/host_op.h"

namespace blendsim::differential {

namespace {

constexpr const char* fine_rounding = "no power of two";  // in BlendSim's notes
constexpr const char* hidden_note = " (a float sum inside may round otherwise)";

// The judge's tensor in a tensor's integers: each element from lo to hi; empty: it is not made of its integers.
struct Expected {
  std::vector<std::int64_t> lo, hi, own;  // own: of the judge's value itself
  std::vector<bool> known;                // false: NaN or infinite
};

class Comparer {
 public:
  Comparer(const IntegerNetwork& network, const Judgement& judgement, const Traits& traits)
      : network_(network),
        judgement_(judgement),
        traits_(traits),
        open_(network.tensors.size()),
        moved_(network.tensors.size()) {}

  // Quantisers inside a layer whose codes another order of a float sum may change: nothing of theirs can be judged.
  void find_hidden_uncertainty() {
    std::set<std::string> own;
    for (const IntTensor& tensor : network_.tensors) own.insert(tensor.name);
    for (const auto& [name, judged] : judgement_) {
      if (!judged.low.empty() && judged.low != judged.high && !own.contains(name)) hidden_.insert(name + "_node");
    }
  }
  [[nodiscard]] bool hides(const Layer& layer) const {
    return std::any_of(layer.nodes.begin(), layer.nodes.end(),
                       [&](const std::string& node) { return hidden_.contains(node); });
  }

  void input(const FloatArray& x) {
    forced_.resize(network_.tensors.size());
    own_.resize(network_.tensors.size());
    const auto id = static_cast<std::size_t>(network_.input_tensor);
    own_[id] = forced_[id] = quantize_input(network_.input, x);
    judge_tensor(network_.input_tensor, "input");
  }

  void layer(const Layer& layer) {
    ++result_.tally.layers;
    result_.tally.exact_layers += layer.exactness.exact ? 1 : 0;
    compute_layer(network_, layer, own_);
    compute_layer(network_, layer, forced_);
    Exactness claim = layer.exactness;
    bool moved = false;
    if (hides(layer)) {
      claim.exact = false;
      claim.note += hidden_note;
      ++result_.tally.hidden;
    }
    for (const TensorId id : layer_inputs(layer)) {
      const Exactness& before = open_[static_cast<std::size_t>(id)];
      moved = moved || moved_[static_cast<std::size_t>(id)];
      add(claim, before);
      if (!before.exact) claim.max_error = 0;  // counts units of another tensor: no bound here
    }
    place_ = operators(layer);
    for (const TensorId id : layer_outputs(layer)) {
      open_[static_cast<std::size_t>(id)] = claim;
      moved_[static_cast<std::size_t>(id)] = moved;
      judge_tensor(id, layer.op);
    }
  }

  void machine(const Run& run) {
    for (const LayerResult& result : run.tensors.at(0)) {
      for (std::size_t t = 0; t < network_.tensors.size(); ++t) {
        if (network_.tensors[t].name == result.name && result.values != own_[t]) {
          fault("machine", result.name, "the machine's tensor is not what its layer's definition gives");
        }
      }
    }
    for (std::size_t o = 0; o < network_.outputs.size(); ++o) {
      if (run.outputs.at(0).at(o) != own_[static_cast<std::size_t>(network_.output_tensors[o])]) {
        fault("machine", network_.outputs[o].name, "the machine's output is not what the layers' definitions give");
      }
    }
  }

  void outputs() {
    const bool end_to_end = all_exact_ && result_.tally.uncertain == 0;
    for (std::size_t o = 0; o < network_.outputs.size(); ++o) {
      const auto id = static_cast<std::size_t>(network_.output_tensors[o]);
      if (!moved_[id]) output(network_.outputs[o], forced_[id], open_[id], "output");
      if (end_to_end) output(network_.outputs[o], own_[id], {}, "end to end");
    }
  }

  [[nodiscard]] Comparison result() && { return std::move(result_); }

 private:
  void fault(const std::string& kind, const std::string& where, const std::string& detail) {
    Fault fault{kind, where, detail};
    if (kind == "label") result_.faults.push_back(std::move(fault));  // behind everything that is worse
    else
      result_.faults.insert(
          std::find_if(result_.faults.begin(), result_.faults.end(), [](const Fault& f) { return f.kind == "label"; }),
          std::move(fault));
  }

  // The operators of the file that a layer stands for: Conv_3_node is a Conv.
  static std::string operators(const Layer& layer) {
    std::string out;
    std::set<std::string> seen;
    for (const std::string& node : layer.nodes) {
      const std::string op = node.substr(0, node.find('_'));
      if (seen.insert(op).second) out += (out.empty() ? "" : " ") + op;
    }
    return out;
  }

  static void add(Exactness& claim, const Exactness& other) {
    claim.exact = claim.exact && other.exact;
    claim.checked += other.checked;
    claim.differing += other.differing;
    if (!other.note.empty()) claim.note += (claim.note.empty() ? "" : "; ") + other.note;
  }

  // In the unit that the lowered tensor claims; channels with scales of their own: in the file's.
  [[nodiscard]] std::vector<double> scales_of(const IntTensor& t) const {
    const auto found = traits_.channel_scales.find(t.name);
    if (found == traits_.channel_scales.end() || found->second.size() != static_cast<std::size_t>(t.channels)) {
      return std::vector<double>(static_cast<std::size_t>(t.channels), static_cast<double>(t.scale));
    }
    return {found->second.begin(), found->second.end()};
  }

  [[nodiscard]] Expected expected(const IntTensor& t, const Judged& judged) const {
    Expected out;
    const std::vector<double> scales = scales_of(t);
    const auto integers = traits_.integers.find(t.name);  // known less their zero point
    const float file_zero = integers == traits_.integers.end() ? 0.0F : static_cast<float>(integers->second);
    const std::size_t pixels = static_cast<std::size_t>(t.height) * static_cast<std::size_t>(t.width);
    const auto& v = judged.array.values;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double scale = scales[i / pixels], zero = t.zero_point;
      const auto code = [&](float x) { return static_cast<double>(x - file_zero) / scale + zero; };
      const auto whole = [&](float x) { return std::nearbyint(code(x)); };
      const double exact = code(v[i]), middle = whole(v[i]);
      const bool known = std::isfinite(exact) && std::fabs(exact) < 1e15;
      out.known.push_back(known);
      if (known && judged.low.empty() && std::fabs(exact - middle) > 1e-4 * std::max(1.0, std::fabs(exact) * 1e-2))
        return {};
      double lo = middle, hi = middle;
      if (!judged.low.empty()) {
        for (const float x : {judged.low[i], judged.high[i]}) {
          if (!std::isfinite(x)) continue;
          lo = std::min(lo, whole(x));
          hi = std::max(hi, whole(x));
        }
      }
      out.lo.push_back(known ? static_cast<std::int64_t>(lo) : 0);
      out.hi.push_back(known ? static_cast<std::int64_t>(hi) : 0);
      out.own.push_back(known ? static_cast<std::int64_t>(middle) : 0);
    }
    return out;
  }

  // What another order of a float sum may decide otherwise, and nobody compares, is not known behind it either.
  void unjudged(TensorId id, const Judged& judged) {
    if (judged.low.empty() || judged.low == judged.high) return;
    ++result_.tally.uncertain;
    moved_[static_cast<std::size_t>(id)] = true;
  }

  void judge_tensor(TensorId id, const std::string& op) {
    const auto t = static_cast<std::size_t>(id);
    const IntTensor& tensor = network_.tensors[t];
    all_exact_ = all_exact_ && open_[t].exact;
    const auto found = judgement_.find(tensor.name);
    if (found == judgement_.end() || found->second.array.values.size() != static_cast<std::size_t>(tensor.size()))
      return;
    if (tensor.format == Format::signed_bits(32) && tensor.scale == 1) return;  // an accumulator in units of its own
    const auto scales = traits_.channel_scales.find(tensor.name);
    if (scales != traits_.channel_scales.end() && scales->second.empty()) return unjudged(id, found->second);
    const Expected want = expected(tensor, found->second);
    if (want.lo.empty() || !traits_.codes.contains(tensor.name)) {  // a name of the file that is no code there
      if (tensor.scale != 1) mislabelled(tensor, forced_[t], found->second.array.values);
      return unjudged(id, found->second);
    }
    ++result_.tally.tensors;
    std::int64_t differing = 0, largest = 0, first = -1;
    const std::int64_t step = tensor.format.is_bipolar() ? 2 : 1;  // from one code to the next
    for (std::size_t i = 0; i < want.lo.size(); ++i) {
      if (!want.known[i]) {
        ++result_.tally.uncertain;
        continue;
      }
      ++result_.tally.values;
      result_.tally.uncertain += want.lo[i] != want.hi[i] ? 1 : 0;
      const std::int64_t got = forced_[t][i], error = std::max(want.lo[i] - got, got - want.hi[i]);
      if (error <= 0) continue;
      if (differing++ == 0) first = static_cast<std::int64_t>(i);
      largest = std::max(largest, error / step);
    }
    if (differing != 0 && op == "MaxPool" && open_[t].exact && is_line(forced_[t], want)) {
      return fault(
          "label", place_,
          fmt::format("'{}' is another number of the file's tensor of this name: {} where that is {}", tensor.name,
                      forced_[t][static_cast<std::size_t>(first)], want.own[static_cast<std::size_t>(first)]));
    }
    if (differing != 0) judge_claim(tensor, op, open_[t], differing, largest, static_cast<std::size_t>(first), want);
    bool representable = true;  // a Sign that another order of the sum makes 0 is none of a tensor of +-1
    for (std::size_t i = 0; i < want.lo.size(); ++i) {
      representable =
          representable && (!want.known[i] || want.lo[i] == want.hi[i] || tensor.format.contains(want.own[i]));
    }
    if (!representable) {
      open_[t].exact = false;
      open_[t].note += hidden_note;
      return;
    }
    for (std::size_t i = 0; i < want.lo.size(); ++i) {  // the next layers are judged on the file's own tensor
      if (!want.known[i]) continue;
      if (want.lo[i] != want.hi[i] && forced_[t][i] != want.own[i]) moved_[t] = true;
      forced_[t][i] = static_cast<std::int32_t>(want.own[i]);
    }
    // Rounding at a scale that is no power of two is finer than this tensor's integers: it shows behind it.
    if (open_[t].note.find(fine_rounding) == std::string::npos) open_[t] = {};
  }

  // Whether the judge's integers are a*x + b of the tensor's: then its name is wrong, and maybe not its values, which
  // the following tensors and the outputs show.
  static bool is_line(const std::vector<std::int32_t>& x, const Expected& y) {
    std::size_t other = 0;
    while (other < x.size() && x[other] == x[0]) ++other;
    if (other < x.size() && y.own[other] == y.own[0]) return false;
    const std::int64_t dx = other == x.size() ? 1 : x[other] - x[0],
                       dy = other == x.size() ? 0 : y.own[other] - y.own[0];
    for (std::size_t i = 0; i < x.size(); ++i) {
      if ((y.own[i] - y.own[0]) * dx != (x[i] - x[0]) * dy) return false;
    }
    return true;
  }

  void judge_claim(const IntTensor& tensor, const std::string& op, const Exactness& claim, std::int64_t differing,
                   std::int64_t largest, std::size_t first, const Expected& want) {
    const std::string detail = fmt::format(
        "{} of {} values of '{}' ({}) differ by up to {}, first at {}: {} where the judge has {}{}; claimed: {}{}",
        differing, want.lo.size(), tensor.name, op, largest, first, forced_at(tensor, first), want.lo[first],
        want.hi[first] != want.lo[first] ? fmt::format(" to {}", want.hi[first]) : "",
        claim.exact ? "exact"
                    : fmt::format("{} of {} differ by up to {}", claim.differing, claim.checked, claim.max_error),
        claim.note.empty() ? "" : ", " + claim.note);
    if (moved_[static_cast<std::size_t>(&tensor - network_.tensors.data())]) {
      ++result_.tally.moved;
      return;
    }
    if (claim.exact) return fault("wrong " + op, place_, detail);
    if (claim.note.find(hidden_note) != std::string::npos) return;
    if (claim.checked > 0 && claim.differing == 0 && claim.ambiguous == 0 &&
        claim.note.find(fine_rounding) == std::string::npos) {
      return fault("claim of none " + op, place_, detail);
    }
    if (claim.max_error > 0 && largest > claim.max_error && claim.note.find("sample") == std::string::npos) {
      return fault("claim of less " + op, place_, detail);
    }
    result_.tally.admitted += differing;
  }

  [[nodiscard]] std::int32_t forced_at(const IntTensor& tensor, std::size_t i) const {
    return forced_[static_cast<std::size_t>(&tensor - network_.tensors.data())][i];
  }

  // A tensor that bears a name of the file, but another scale than the file's tensor has.
  void mislabelled(const IntTensor& tensor, const std::vector<std::int32_t>& integers,
                   const std::vector<float>& values) {
    double ratio = 0;
    int seen = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double own = (integers[i] - tensor.zero_point) * static_cast<double>(tensor.scale);
      if (own == 0 && values[i] == 0) continue;
      if (own == 0 || values[i] == 0 || !std::isfinite(values[i])) return;
      const double here = static_cast<double>(values[i]) / own;
      if (ratio != 0 && std::fabs(here - ratio) > 1e-5 * std::fabs(ratio)) return;
      ratio = here;
      ++seen;
    }
    if (seen < 2 || std::fabs(ratio - 1) < 1e-3) return;  // equal, or an approximation, which is counted elsewhere
    fault("label", place_,
          fmt::format("'{}' has the scale {}, the file's tensor of this name {} times that", tensor.name, tensor.scale,
                      ratio));
  }

  void output(const HostOutput& host, const std::vector<std::int32_t>& integers, const Exactness& claim,
              const std::string& kind) {
    const auto found = judgement_.find(host.name);
    if (found == judgement_.end()) return;
    const FloatArray got = finish_output(host, integers);
    const auto& want = found->second.array.values;
    if (got.shape != found->second.array.shape) {
      return fault(
          kind + " shape", host.name,
          fmt::format("{} where the judge has {}", shape_text(got.shape), shape_text(found->second.array.shape)));
    }
    const bool index =
        !host.ops.empty() && (host.ops.back().kind == HostOp::Kind::argmax ||
                              (host.ops.back().kind == HostOp::Kind::top_k && host.ops.back().output == 1));
    if (!claim.exact || (index && !traits_.rounding_sums.empty())) return;
    double reach = 0;
    for (const float v : want) reach = std::isfinite(v) ? std::max(reach, std::fabs(static_cast<double>(v))) : reach;
    for (const HostOp& op : host.ops) {  // exponentials, each library its own
      if (op.kind == HostOp::Kind::function || op.kind == HostOp::Kind::lookup || op.kind == HostOp::Kind::softmax)
        reach = std::max(reach, 1.0);
    }
    const double tolerance = traits_.rounding_sums.empty() ? reach * 1e-6 : reach * 3e-5;
    const auto& [array, low, high] = found->second;
    const auto another_order = [&](std::size_t i) {  // a sum that cancels is as wrong as its terms, not as its value
      return !low.empty() && got.values[i] >= low[i] && got.values[i] <= high[i];
    };
    for (std::size_t i = 0; i < want.size(); ++i) {
      const bool same = got.values[i] == want[i] || another_order(i) ||
                        (std::isnan(got.values[i]) && std::isnan(want[i])) ||
                        std::fabs(static_cast<double>(got.values[i]) - static_cast<double>(want[i])) <= tolerance;
      if (!same) {
        return fault("wrong " + kind, host.name,
                     fmt::format("{} at {} is {}, the judge has {}", host.name, i, got.values[i], want[i]));
      }
    }
  }

  const IntegerNetwork& network_;
  const Judgement& judgement_;
  const Traits& traits_;
  TensorValues forced_;          // each tensor as the file has it, else computed from such
  TensorValues own_;             // computed from the input's integers
  std::vector<Exactness> open_;  // what the layers since the last judged tensors claim together
  // Follows from a code that the judge, by another order of a float sum, has otherwise: such a code may lie outside of
  // what lowering proved for the tensor, and a table behind it has no entry for what cannot be.
  std::vector<bool> moved_;
  std::set<std::string> hidden_;  // nodes
  std::string place_;             // of the layer being judged
  bool all_exact_ = true;
  Comparison result_;
};

}  // namespace

Comparison compare(const IntegerNetwork& network, const Run* run, const Judgement& judgement, const Traits& traits,
                   const FloatArray& input) {
  Comparer comparer(network, judgement, traits);
  comparer.find_hidden_uncertainty();
  comparer.input(input);
  for (const Layer& layer : network.layers) comparer.layer(layer);
  if (run != nullptr) comparer.machine(*run);
  comparer.outputs();
  return std::move(comparer).result();
}

}  // namespace blendsim::differential
