// SPDX-License-Identifier: Apache-2.0
// QuantAvgPool2d of QONNX: the integer sum of each window, shifted right so that obits hold the largest.
// (qonnx/custom_op/general/quantavgpool2d.py; Brevitas' AveragePool -> Trunc becomes it in FINN.)
#include <bit>

#include "network/dialects/dialect.h"
#include "network/operators/quantiser.h"

namespace blendsim::dialects {

namespace {

using operators::Refusal;

bool quant_avg_pool(Expansion& e) {
  e.require_inputs(1);
  (void)e.attributes("kernel stride ibits obits signed data_layout");
  const auto number = [&](const char* key, std::int64_t fallback) {
    const std::int64_t value = e.node.attribute_int(key, fallback);
    if (value < 1 || value > 64) throw Refusal{"bad-constant", std::string(key) + " must be from 1 to 64"};
    return value;
  };
  const std::int64_t kernel = number("kernel", 0), stride = number("stride", 0), ibits = number("ibits", 0),
                     obits = number("obits", 0);
  const bool is_signed = e.node.attribute_int("signed", 0) != 0;
  if (ibits > 16) throw Refusal{"number-width", "ibits above 16"};
  const std::int64_t taps = kernel * kernel, most = ((std::int64_t{1} << ibits) - 1) * taps;
  const auto width = static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(most)));
  const std::int64_t shift = std::max<std::int64_t>(0, width - obits);
  const bool last = e.node.attribute_string("data_layout", "NCHW") == "NHWC";
  std::string x = e.input(0);
  if (last) x = e.add("Transpose", {x}, "channels_first", {{"perm", channels_first(4)}});
  const std::int64_t channels = e.context().shape(x).at(1);
  if (channels > 65536) throw Refusal{"number-width", "more than 65536 channels"};
  const Constant ones{
      {channels, 1, kernel, kernel}, std::vector<float>(static_cast<std::size_t>(channels * taps), 1.0F), "float"};
  const std::string sum = e.add("Conv", {x, e.constant("ones", ones)}, "sum",
                                {{"strides", std::vector<std::int64_t>{stride, stride}}, {"group", channels}});
  const auto divisor = static_cast<float>(std::int64_t{1} << shift);
  const std::int64_t half = std::int64_t{1} << (ibits - 1);
  operators::Quantiser q;
  q.scale = operators::scalar(1);
  q.zero_point = operators::scalar(0);
  q.lo = is_signed ? (-half * taps) >> shift : 0;
  q.hi = is_signed ? ((half - 1) * taps) >> shift : most >> shift;
  q.rounding = "FLOOR";
  q.bits = static_cast<int>(obits);
  q.is_signed = is_signed;
  Node quantiser;
  q.write(quantiser);
  const std::string shifted = e.divided(sum, operators::scalar(divisor), "shifted");
  if (!last) {
    e.finish("Quant", {shifted}, quantiser.attributes);
  } else {
    const std::string y = e.add("Quant", {shifted}, "codes", quantiser.attributes);
    e.finish("Transpose", {y}, {{"perm", channels_last(4)}});
  }
  return true;
}

constexpr Rule table[] = {{"QuantAvgPool2d", "*", quant_avg_pool}};

}  // namespace

std::span<const Rule> quant_avg_pool_rules() { return table; }

}  // namespace blendsim::dialects
