// SPDX-License-Identifier: Apache-2.0
#include "cli/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cli/files.h"
#include "cli/terminal.h"
#include "network/graph.h"
#include "network/normalise.h"

namespace blendsim::cli {

namespace {

std::size_t largest(const std::vector<float>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace

Agreement find_agreement(const std::string& file, const Shape& shape, const Inputs& inputs,
                         const std::vector<std::vector<FloatArray>>& outputs, const std::vector<std::string>& names) {
  progress("evaluating the original in float32");
  const Graph graph = normalise(import_onnx(file, {shape}));
  Agreement out;
  out.top1_equal = true;
  for (std::size_t i = 0; i < inputs.images.size(); ++i) {
    const auto tensors = evaluate(graph, inputs.images[i]);
    for (std::size_t o = 0; o < names.size(); ++o) {
      const std::vector<float>& want = tensors.at(names[o]).values;
      const std::vector<float>& got = outputs[i][o].values;
      if (want.size() != got.size()) {
        throw InvariantError("output '" + names[o] + "'", "the lowered network's shape is not the original's");
      }
      for (std::size_t k = 0; k < want.size(); ++k) {
        if (want[k] == got[k]) continue;  // equal infinities too
        const double error = std::abs(double{want[k]} - double{got[k]});
        out.max_abs_error =
            std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(out.max_abs_error, error);
      }
      const bool same = want.size() > 1 ? largest(want) == largest(got) : want == got;
      out.top1_equal = out.top1_equal && same;
    }
    ++out.inputs;
  }
  return out;
}

}  // namespace blendsim::cli
