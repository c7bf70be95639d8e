// SPDX-License-Identifier: Apache-2.0
#include "compiler/facts.h"

#include <algorithm>

namespace blendsim::compiler {

int signed_bits_for(std::int64_t lo, std::int64_t hi) {
  return std::max(2, Format::for_range(std::min<std::int64_t>(lo, -1), std::max<std::int64_t>(hi, 0)).bits());
}

namespace {

int multiplier_bits(const PostProcessing& post) {
  int bits = 0;
  for (const auto* q : {&post.q1, &post.q2, &post.q3}) {
    if (!*q) continue;
    for (const std::int32_t m : (*q)->multiplier) bits = std::max(bits, signed_bits_for(m, m));
  }
  return bits;
}

}  // namespace

NetworkFacts::NetworkFacts(const IntegerNetwork& network)
    : is_accumulator(network.tensors.size(), false), digest(network.digest()) {
  for (const Layer& layer : network.layers) {
    LayerFacts& facts = layers.emplace_back();
    facts.macs = layer_macs(network, layer);
    facts.binary = layer_is_binary(network, layer);
    if (const auto* conv = std::get_if<Convolution>(&layer.work)) {
      is_accumulator[static_cast<std::size_t>(conv->output)] = true;
      if (conv->weights.empty()) continue;
      const auto [lo, hi] = std::minmax_element(conv->weights.begin(), conv->weights.end());
      facts.weight_lo = *lo;
      facts.weight_hi = *hi;
    } else if (const auto* post = std::get_if<PostProcessing>(&layer.work)) {
      facts.multiplier_bits = multiplier_bits(*post);
    }
  }
}

}  // namespace blendsim::compiler
