// SPDX-License-Identifier: Apache-2.0
// Quantisers of the input that the file leaves out. One that whoever imports the network asks for; else, where an input
// that holds integers reaches a sum, one that changes nothing: QONNX's quantization_annotation (finn_datatype), an
// element type uint8 or int8, or a network of RequantShift, which computes on integers from the start.
#include <algorithm>
#include <charconv>

#include "network/dialects/dialect.h"
#include "network/operators/quantiser.h"

namespace blendsim::dialects {

namespace {

bool is_one_of(const std::string& op, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), op) != list.end();
}

bool is_sum(const Node& node) {
  return is_one_of(node.op, {"Conv", "MatMul", "Gemm", "AveragePool", "GlobalAveragePool", "ReduceMean"});
}

bool is_quantiser(const Node& node) {
  return is_one_of(node.op, {"Quant", "IntQuant", "BipolarQuant", "Bipolar", "MultiThreshold", "QuantizeLinear", "Sign",
                             "Trunc", "Round", "Floor", "Ceil", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"});
}

// Whether a sum reads the tensor through operators that quantise nothing.
bool reaches_sum(const Graph& graph, const std::string& tensor) {
  std::set<std::string> seen{tensor};
  for (const Node& node : graph.nodes) {  // sorted: readers come behind
    const bool reads =
        std::any_of(node.inputs.begin(), node.inputs.end(), [&](const auto& i) { return seen.contains(i); });
    if (!reads || is_quantiser(node)) continue;
    if (is_sum(node)) return true;
    seen.insert(node.outputs.begin(), node.outputs.end());
  }
  return false;
}

struct Declared {
  bool bipolar = false;
  std::int64_t lo = 0, hi = 0;
};

// BIPOLAR, BINARY, TERNARY, INT1 to INT8, UINT1 to UINT8 (qonnx/core/datatype.py).
std::optional<Declared> finn_datatype(const std::string& name) {
  if (name == "BIPOLAR") return Declared{true, -1, 1};
  if (name == "BINARY") return Declared{false, 0, 1};
  if (name == "TERNARY") return Declared{false, -1, 1};
  const bool is_signed = name.starts_with("INT"), is_unsigned = name.starts_with("UINT");
  if (!is_signed && !is_unsigned) return std::nullopt;
  int bits = 0;
  const char* first = name.data() + (is_signed ? 3 : 4);
  const auto [end, error] = std::from_chars(first, name.data() + name.size(), bits);
  if (error != std::errc{} || end != name.data() + name.size() || bits < 1 || bits > 8) return std::nullopt;
  const std::int64_t span = std::int64_t{1} << bits;
  return is_signed ? Declared{false, -span / 2, span / 2 - 1} : Declared{false, 0, span - 1};
}

std::optional<Declared> declared(const Graph& graph, const GraphInput& input) {
  if (input.type == "uint8") return Declared{false, 0, 255};
  if (input.type == "int8") return Declared{false, -128, 127};
  const auto annotated = graph.datatypes.find(input.name);
  if (annotated != graph.datatypes.end()) return finn_datatype(annotated->second);
  if (graph.requantises) return Declared{false, 0, 255};
  return std::nullopt;
}

}  // namespace

Node code_quantiser(const Node& reader, const std::string& x, const std::string& y, std::int64_t lo, std::int64_t hi,
                    float zero_point) {
  operators::Quantiser q;
  q.scale = operators::scalar(1);
  q.zero_point = operators::scalar(zero_point);
  q.lo = lo;
  q.hi = hi;
  q.is_signed = lo < 0;
  q.bits = q.is_signed ? 1 : 0;
  while ((std::int64_t{1} << (q.bits - (q.is_signed ? 1 : 0))) <= std::max(hi, -lo - 1)) ++q.bits;
  q.saturate_first = false;
  q.declared = true;
  Node node = operators::canonical_copy(reader, "Quant", 0);
  node.name = y;
  node.origin.clear();
  node.inputs = {x};
  node.outputs = {y};
  q.write(node);
  return node;
}

namespace {

Node quantiser_of(const InputQuantiser& asked, const Node& reader, const std::string& x, const std::string& y) {
  Node node = code_quantiser(reader, x, y, asked.lo, asked.hi, asked.zero_point);
  node.attributes["scale"] = operators::scalar(asked.scale);
  node.attributes.erase("declared");
  if (asked.bipolar) {
    node.op = "Bipolar";
    node.attributes = {{"scale", operators::scalar(asked.scale)}};
  }
  return node;
}

}  // namespace

void declare_input(Graph& graph) {
  if (graph.inputs.size() != 1 || graph.nodes.empty()) return;
  const GraphInput& input = graph.inputs.front();
  const auto type = declared(graph, input);
  if (!graph.input_quantiser && (!type || !reaches_sum(graph, input.name))) return;
  operators::Rewriter out(graph);
  const std::string codes = out.fresh_tensor(input.name + (graph.input_quantiser ? "/quantised" : "/codes"));
  Node quantiser = graph.input_quantiser
                       ? quantiser_of(*graph.input_quantiser, graph.nodes.front(), input.name, codes)
                       : code_quantiser(graph.nodes.front(), input.name, codes, type->lo, type->hi, 0);
  if (!graph.input_quantiser && type->bipolar) {
    quantiser.op = "Bipolar";
    quantiser.attributes = {{"scale", operators::scalar(1)}};
  }
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), input.name, codes);
  out.emit(std::move(quantiser));
  graph.nodes.insert(graph.nodes.begin(), std::move(out.nodes.front()));
}

}  // namespace blendsim::dialects
