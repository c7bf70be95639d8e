// SPDX-License-Identifier: Apache-2.0
#include "network/normalise/fold_budget.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"

namespace blendsim {

namespace {

double elements(const Shape& shape) {
  double count = 1;
  for (const std::int64_t dimension : shape) count *= static_cast<double>(dimension);
  return count;
}

// Operations for one element of the result: terms of a sum, or one.
double terms(const Graph& graph, const Node& node) {
  const operators::Context context(graph);
  const auto shape = [&](std::size_t i) -> const Shape& { return context.shape(node.inputs.at(i)); };
  if (node.op == "MatMul" || node.op == "Gemm") return static_cast<double>(std::max<std::int64_t>(1, shape(1).at(0)));
  if (node.op == "Conv") return elements(shape(1)) / static_cast<double>(std::max<std::int64_t>(1, shape(1).at(0)));
  double taps = 1;
  for (const std::int64_t side : node.attribute_ints("kernel_shape", {})) taps *= static_cast<double>(side);
  if (node.op == "MultiThreshold") taps = elements(shape(1));
  if (node.op.starts_with("Global") || node.op == "ReduceMean") taps = elements(shape(0));
  return taps;
}

}  // namespace

FoldBudget::FoldBudget(const Graph& graph) : results_(1 << 22), operations_(1 << 28) {
  for (const auto& [name, constant] : graph.constants) {
    results_ += 32 * elements(constant.shape);
    operations_ += 256 * elements(constant.shape);
  }
}

void FoldBudget::spend(const Graph& graph, const Node& node, const std::vector<Shape>& results) {
  double count = 0;
  for (const Shape& shape : results) count += elements(shape);
  results_ -= count;
  operations_ -= count * terms(graph, node);
  if (results_ >= 0 && operations_ >= 0) return;
  throw DiagnosticError("constants-too-large", {graph.file, 0, node.name},
                        fmt::format("{} on constants: its {:.0f} results, with those of the constants before it, are "
                                    "more than a network of this size can need",
                                    node.op, count),
                        "compute the constants before exporting, so that the file holds what the network uses");
}

}  // namespace blendsim
