// SPDX-License-Identifier: Apache-2.0
// Internal to network: the parameters of quantisers, read from the file's form or the canonical one.
#pragma once

#include "network/operators/operator.h"

namespace blendsim::operators {

struct Quantiser {
  Constant scale, zero_point;  // float, [] or broadcastable to X
  std::int64_t lo = 0, hi = 0;
  std::string rounding = "ROUND";
  int bits = 8;
  bool is_signed = true;
  bool saturate_first = true;
  bool bipolar = false;   // one signed bit: only scale counts
  bool declared = false;  // its operand holds integers already, which it only names: others are errors

  void write(Node& node) const;  // the canonical attributes
};

// Of Quant and IntQuant. Throws Refusal.
[[nodiscard]] Quantiser parse_quantiser(const Node& node, const Context& context);

// Upper case, HALF_EVEN as ROUND. Throws Refusal for names that QONNX does not define.
[[nodiscard]] std::string rounding_name(const std::string& name);

// Of QuantizeLinear and DequantizeLinear: scale and zero point shaped to broadcast along `axis`.
struct LinearQuantiser {
  Constant scale, zero_point;
  std::string type;  // of the integers: "int8", ...
  std::int64_t lo = 0, hi = 0;
  int bits = 8;
  bool is_signed = true;
};
[[nodiscard]] LinearQuantiser parse_linear(const Node& node, const Context& context);

}  // namespace blendsim::operators
