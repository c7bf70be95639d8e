// SPDX-License-Identifier: Apache-2.0
// Thermometer codes of the input, in the forms that people write: the host's bits against ONNX Runtime's.
#include "networks.h"

namespace blendsim::differential {
namespace {

constexpr int levels = 5;

std::vector<float> steps(int count) {
  std::vector<float> out;
  for (int k = 0; k < count; ++k) out.push_back(static_cast<float>(3 * k - 7) * 0.25F);
  return out;
}

std::string signs_of(DialectModel& m, const std::string& bits) {
  return m.node("Where", {bits, m.scalar(1), m.scalar(-1)});
}

// Code of x [1, 3, 6, 5]: [1, 15, 6, 5] of +-1, or of 0 and 1.
using Code = std::string (*)(DialectModel&);

std::string each(DialectModel& m, std::string (*one)(DialectModel&, float), const char* behind = "") {
  std::vector<std::string> parts;
  for (const float t : steps(levels)) {
    parts.push_back(one(m, t));
    if (std::string(behind) == "Unsqueeze") parts.back() = m.node("Unsqueeze", {parts.back(), m.int64s({2})});
  }
  return m.node("Concat", parts, {attr("axis", *behind == '\0' ? 1 : 2)});
}

const Code codes[] = {
    [](DialectModel& m) {  // by broadcasting, thresholds between channels and pixels
      const std::string x = m.node("Unsqueeze", {"x", m.int64s({2})});
      const std::string t = m.floats({1, 1, levels, 1, 1}, steps(levels));
      return m.node("Reshape", {signs_of(m, m.node("GreaterOrEqual", {x, t})), m.int64s({1, 15, 6, 5})});
    },
    [](DialectModel& m) {  // the same with thresholds first, of a scaled input, reshaped before it is chosen
      const std::string x = m.node("Unsqueeze", {m.node("Mul", {"x", m.scalar(3)}), m.int64s({1})});
      const std::string bits = m.node("Less", {m.floats({1, levels, 1, 1, 1}, steps(levels)), x});
      return signs_of(m, m.node("Reshape", {bits, m.int64s({1, 15, 6, 5})}));
    },
    [](DialectModel& m) {  // one comparison a level
      return each(m, [](DialectModel& d, float t) { return signs_of(d, d.node("Greater", {"x", d.scalar(t)})); });
    },
    [](DialectModel& m) {  // 0 and 1
      return each(m, [](DialectModel& d, float t) {
        return d.node("Cast", {d.node("LessOrEqual", {"x", d.scalar(t)})}, {attr("to", 1)});
      });
    },
    [](DialectModel& m) {  // chosen behind the Concat, then scaled to +-1
      const std::string bits = each(m, [](DialectModel& d, float t) {
        return d.node("GreaterOrEqual", {"x", d.scalar(t)});
      });
      const std::string real = m.node("Cast", {bits}, {attr("to", 1)});
      return m.node("Sub", {m.node("Mul", {real, m.scalar(2)}), m.scalar(1)});
    },
    [](DialectModel& m) {  // signs of differences, which may be 0
      return each(m, [](DialectModel& d, float t) { return d.node("Sign", {d.node("Sub", {"x", d.scalar(t)})}); });
    },
    [](DialectModel& m) {  // torch.stack along a dimension behind the channels
      const std::string all = each(
          m,
          [](DialectModel& d, float t) {
            return signs_of(d, d.node("GreaterOrEqual", {"x", d.scalar(t)}));
          },
          "Unsqueeze");
      return m.node("Reshape", {all, m.int64s({1, 15, 6, 5})});
    },
    [](DialectModel& m) {  // repeated channels, a threshold each
      const std::string x = m.node("Tile", {"x", m.int64s({1, levels, 1, 1})});
      return signs_of(m, m.node("GreaterOrEqual", {x, m.floats({1, 15, 1, 1}, steps(15))}));
    },
    [](DialectModel& m) {  // thresholds of their own for each channel, one level at a time
      std::vector<std::string> parts;
      for (int k = 0; k < levels; ++k) {
        const std::string t = m.floats({3, 1, 1}, {0.25F * static_cast<float>(k), -0.5F, static_cast<float>(k) - 2});
        parts.push_back(signs_of(m, m.node("GreaterOrEqual", {"x", t})));
      }
      return m.node("Concat", parts, {attr("axis", 1)});
    },
    [](DialectModel& m) {  // expanded, thresholds for each element
      const std::string x =
          m.node("Expand", {m.node("Unsqueeze", {"x", m.int64s({1})}), m.int64s({1, levels, 3, 6, 5})});
      std::vector<float> t;
      for (int i = 0; i < levels * 90; ++i) t.push_back(static_cast<float>(i * 7 % 41 - 20) * 0.125F);
      return m.node("Reshape", {signs_of(m, m.node("GreaterOrEqual", {x, m.floats({1, levels, 3, 6, 5}, t)})),
                                m.int64s({1, 15, 6, 5})});
    },
};

TEST(Thermometers, OfTheInputAreTheHosts) {
  for (std::size_t i = 0; i < std::size(codes); ++i) {
    SCOPED_TRACE(i);
    DialectModel m;
    m.input({1, 3, 6, 5}, float32, -20, 20, 3);
    const std::string x = codes[i](m);
    std::vector<float> w;
    for (const std::int32_t v : spread(6 * 15 * 9, 0, 1, 3)) w.push_back(v == 0 ? -1.0F : 1.0F);
    const std::string y =
        m.node("Conv", {x, m.floats({6, 15, 3, 3}, w)}, {attr("pads", {1, 1, 1, 1}), attr("kernel_shape", {3, 3})});
    m.model.output(m.node("Conv", {m.quantised(y, 1), m.dequantised({3, 6, 1, 1})}));
    expect_equal(m);
    const IntegerNetwork net = m.lowered();
    EXPECT_EQ(net.tensor(net.input_tensor).channels, 15);
    const auto* first = std::get_if<Convolution>(&net.layers.front().work);
    ASSERT_NE(first, nullptr) << net.layers.front().name;
    EXPECT_EQ(first->input, net.input_tensor);
  }
}

}  // namespace
}  // namespace blendsim::differential
