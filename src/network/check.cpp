// SPDX-License-Identifier: Apache-2.0
// Checks a lowered network against every rule of integer_network.h. Ranges are propagated anew, channel by channel and
// independently of lowering, and must lie inside what each tensor claims.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <type_traits>

#include "base/diagnostic.h"
#include "network/integer_network.h"

namespace blendsim {

namespace {

struct Range {
  std::int64_t lo = 0, hi = 0;
};
using Ranges = std::vector<Range>;  // one a channel

class Checker {
 public:
  explicit Checker(const IntegerNetwork& network) : network_(network), ranges_(network.tensors.size()) {}

  void run() {
    where_ = "network '" + network_.name + "'";
    check_tensors();
    require(valid(network_.input_tensor), "the input tensor does not exist");
    const IntTensor& in = network_.tensor(network_.input_tensor);
    require(in.format == network_.input.format && in.channels == network_.input.channels &&
                in.height == network_.input.height && in.width == network_.input.width,
            "the input tensor is not what the host writes");
    write(network_.input_tensor, Ranges(static_cast<std::size_t>(in.channels), {in.lo, in.hi}));
    std::set<std::string> names;
    for (const Layer& layer : network_.layers) {
      where_ = "layer '" + layer.name + "'";
      require(!layer.name.empty() && names.insert(layer.name).second, "its name is empty or not unique");
      for (const TensorId id : layer_inputs(layer))
        require(valid(id) && !of(id).empty(), "it reads what no layer before it wrote");
      require(!layer_outputs(layer).empty(), "it writes nothing");
      for (const TensorId id : layer_outputs(layer)) require(valid(id), "it writes a tensor that does not exist");
      std::visit([&](const auto& work) { check_work(work); }, layer.work);
    }
    where_ = "network '" + network_.name + "'";
    require(network_.outputs.size() == network_.output_tensors.size(), "outputs and their tensors differ in number");
    for (std::size_t i = 0; i < network_.outputs.size(); ++i) {
      const TensorId id = network_.output_tensors[i];
      require(valid(id) && !of(id).empty(), "an output reads what no layer wrote");
      const IntTensor& t = network_.tensor(id);
      const HostOutput& out = network_.outputs[i];
      require(t.channels == out.channels && t.height == out.height && t.width == out.width,
              "an output's shape differs");
    }
  }

 private:
  // message: a text, or what makes one, called only where it is needed.
  template <class Message>
  void require(bool condition, const Message& message) const {
    if (condition) [[likely]]
      return;
    if constexpr (std::is_invocable_v<Message>) {
      throw InvariantError(where_, message());
    } else {
      throw InvariantError(where_, message);
    }
  }
  [[nodiscard]] bool valid(TensorId id) const { return id >= 0 && id < static_cast<TensorId>(network_.tensors.size()); }
  [[nodiscard]] const Ranges& of(TensorId id) const { return ranges_[static_cast<std::size_t>(id)]; }

  void check_tensors() const {
    std::set<std::string> names;
    for (const IntTensor& t : network_.tensors) {
      require(!t.name.empty() && names.insert(t.name).second, "tensor name '" + t.name + "' is empty or not unique");
      require(t.channels > 0 && t.height > 0 && t.width > 0, "tensor '" + t.name + "' is empty");
      require(t.lo <= t.hi && t.format.contains(t.lo) && t.format.contains(t.hi),
              "tensor '" + t.name + "' claims a range outside its format");
    }
  }

  void write(TensorId id, Ranges ranges) {
    const IntTensor& t = network_.tensor(id);
    require(of(id).empty(), "tensor '" + t.name + "' is written twice");
    require(ranges.size() == static_cast<std::size_t>(t.channels), "tensor '" + t.name + "' has other channels");
    for (const Range& r : ranges) {
      require(r.lo >= t.lo && r.hi <= t.hi, [&] {
        return fmt::format("[{}, {}] leaves the range [{}, {}] of tensor '{}'", r.lo, r.hi, t.lo, t.hi, t.name);
      });
    }
    ranges_[static_cast<std::size_t>(id)] = std::move(ranges);
  }

  void require_window(const Window& w) const {
    require(
        w.kernel_h > 0 && w.kernel_w > 0 && w.stride_h > 0 && w.stride_w > 0 && w.dilation_h > 0 && w.dilation_w > 0,
        "a window size is not positive");
    require(w.pad_top >= 0 && w.pad_left >= 0 && w.pad_bottom >= 0 && w.pad_right >= 0, "a padding is negative");
  }

  static Range product_of(const Range& a, const Range& b) {
    const auto [lo, hi] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
    return {lo, hi};
  }

  // Of the sum of weight * x over the weights, x in [x.lo, x.hi] for each.
  static Range product_range(Range x, std::span<const std::int16_t> weights) {
    std::int32_t rising = 0, falling = 0;  // 2^16 weights of 8 bits at most
    for (const std::int16_t weight : weights) {
      rising += std::max<int>(weight, 0);
      falling += std::min<int>(weight, 0);
    }
    return {rising * x.lo + falling * x.hi, rising * x.hi + falling * x.lo};
  }

  void check_work(const Convolution& conv) {
    const IntTensor& in = network_.tensor(conv.input);
    const IntTensor& out = network_.tensor(conv.output);
    const Window& w = conv.window;
    require_window(w);
    require(conv.groups > 0 && in.channels % conv.groups == 0 && out.channels % conv.groups == 0,
            "groups do not divide channels");
    require(in.format.bits() <= 8 && conv.weight_format.bits() <= 8, "an operand is wider than 8 bits");
    require(out.format == Format::signed_bits(32), "its accumulator is not INT32");
    const int inputs = in.channels / conv.groups, taps = w.kernel_h * w.kernel_w;
    require(std::int64_t{inputs} * taps <= 65536, "it sums more than 2^16 products");
    require(conv.weights.size() == static_cast<std::size_t>(out.channels) * static_cast<std::size_t>(inputs * taps),
            "its weights are not [out, in / groups, kernel_h, kernel_w]");
    require(
        out.height == (in.height + w.pad_top + w.pad_bottom - w.dilation_h * (w.kernel_h - 1) - 1) / w.stride_h + 1 &&
            out.width == (in.width + w.pad_left + w.pad_right - w.dilation_w * (w.kernel_w - 1) - 1) / w.stride_w + 1,
        "its output has the wrong size");
    for (const std::int16_t weight : conv.weights) {
      require(conv.weight_format.contains(weight),
              [&] { return fmt::format("weight {} is no {}", weight, conv.weight_format.name()); });
    }
    const bool padded = w.pad_top + w.pad_left + w.pad_bottom + w.pad_right > 0;
    Ranges ranges;
    const std::int16_t* row = conv.weights.data();
    for (int o = 0; o < out.channels; ++o) {
      Range sum;
      const int group = o / (out.channels / conv.groups);
      const Range* channels = of(conv.input).data() + static_cast<std::ptrdiff_t>(group) * inputs;
      for (int i = 0; i < inputs;) {
        Range x = channels[i];
        int alike = 1;
        while (i + alike < inputs && channels[i + alike].lo == x.lo && channels[i + alike].hi == x.hi) ++alike;
        const std::span<const std::int16_t> weights(row,
                                                    static_cast<std::size_t>(alike) * static_cast<std::size_t>(taps));
        i += alike;
        row += weights.size();
        x = {x.lo - in.zero_point, x.hi - in.zero_point};
        if (padded) x = {std::min<std::int64_t>(x.lo, 0), std::max<std::int64_t>(x.hi, 0)};
        const Range taken = product_range(x, weights);
        sum = {sum.lo + taken.lo, sum.hi + taken.hi};
      }
      ranges.push_back(sum);
    }
    write(conv.output, std::move(ranges));
  }

  Ranges apply(const Affine& q, const Ranges& x) const {
    require(q.multiplier.size() == x.size() && q.offset.size() == x.size() && q.shift.size() == x.size(),
            "a requantisation has other channels");
    require(q.lo <= q.hi, "a saturation range is empty");
    std::int64_t lowest = 0, highest = 0;
    for (const Range& r : x) {
      lowest = std::min(lowest, r.lo);
      highest = std::max(highest, r.hi);
    }
    const bool narrow = lowest >= -131072 && highest < 131072;
    const int bits = narrow ? network_.options.multiplier_bits_binary : network_.options.multiplier_bits_fixed;
    const std::int64_t limit = std::int64_t{1} << (bits - 1), sum_limit = std::int64_t{1} << 47;
    Ranges out;
    for (std::size_t c = 0; c < x.size(); ++c) {
      require(std::abs(std::int64_t{q.multiplier[c]}) < limit,
              [&] { return fmt::format("multiplier {} exceeds {} bits", q.multiplier[c], bits); });
      require(q.shift[c] <= 47, "a shift exceeds 47");
      for (const std::int64_t end : {x[c].lo, x[c].hi}) {
        require(std::abs(end * q.multiplier[c] + q.offset[c]) < sum_limit, "acc*M + B reaches 2^47");
      }
      const std::int64_t a = q.apply(x[c].lo, c), b = q.apply(x[c].hi, c);
      out.push_back({std::min(a, b), std::max(a, b)});
    }
    return out;
  }

  Ranges apply(const Activation& activation, const Ranges& x) const {
    require(activation.slope.size() == x.size() && activation.shift.size() == x.size(),
            "an activation has other channels");
    Ranges out;
    for (std::size_t c = 0; c < x.size(); ++c) {
      require(std::abs(activation.slope[c]) < 131072 && activation.shift[c] <= 47,
              "a slope exceeds 18 bits or its shift 47");
      Range r{activation.apply(x[c].lo, c), activation.apply(x[c].hi, c)};
      if (x[c].lo < 0 && x[c].hi >= 0) {  // the bend and both sides of it
        for (const std::int64_t y : {activation.apply(0, c), activation.apply(-1, c)})
          r = {std::min(r.lo, y), std::max({r.lo, r.hi, y})};
      }
      out.push_back({std::min(r.lo, r.hi), std::max(r.lo, r.hi)});
    }
    return out;
  }

  void check_code(const PostProcessing& post, const Ranges& u) {
    const IntTensor& code = network_.tensor(post.code);
    Ranges out;
    if (post.table) {
      require(!post.thresholds, "a code has thresholds and a table");
      for (const Range& r : u) {
        require(CodeTable::holds(r.lo, r.hi), "a table is asked for codes of more than 8 bits");
        Range entries{post.table->at(r.lo), post.table->at(r.lo)};
        for (std::int64_t v = r.lo; v <= r.hi; ++v)
          entries = {std::min(entries.lo, post.table->at(v)), std::max(entries.hi, post.table->at(v))};
        out.push_back(entries);
      }
    } else if (post.thresholds) {
      const Thresholds& t = *post.thresholds;
      const auto levels = static_cast<std::size_t>(t.levels);
      require(t.levels >= 1 && t.levels <= 15 && t.values.size() == levels * u.size() && t.direction.size() == u.size(),
              "its thresholds are not [channels, 1..15]");
      require(!code.format.is_bipolar() || t.levels == 1, "a bipolar code has more than one threshold");
      for (std::size_t c = 0; c < u.size(); ++c) {
        require(std::is_sorted(t.values.begin() + static_cast<std::ptrdiff_t>(c * levels),
                               t.values.begin() + static_cast<std::ptrdiff_t>((c + 1) * levels)),
                "thresholds are not ascending");
        const std::int64_t a = t.count(u[c].lo, c), b = t.count(u[c].hi, c);
        const Range count{std::min(a, b), std::max(a, b)};
        out.push_back(code.format.is_bipolar() ? Range{2 * count.lo - 1, 2 * count.hi - 1}
                                               : Range{t.base + count.lo, t.base + count.hi});
      }
    } else {
      require(code.format.is_bipolar(), "a code without thresholds is not bipolar");
      for (const Range& r : u) out.push_back({r.lo >= 0 ? 1 : -1, r.hi >= 0 ? 1 : -1});
    }
    require(code.format.bits() <= (post.table ? 8 : 4), "a code is wider than 4 bits, or one by a table than 8");
    write(post.code, std::move(out));
  }

  void check_work(const PostProcessing& post) {
    using Place = PostProcessing::ActivationPlace;
    const IntTensor& a = network_.tensor(post.a);
    require((post.activation_place != Place::none) == post.activation.has_value(), "activation and its place disagree");
    require(post.b != no_tensor || (!post.q2 && !post.product), "q2 or a product without a second operand");
    require(!post.product || !post.activation, "a product beside an activation");
    Ranges u = of(post.a);
    if (post.q1) u = apply(*post.q1, u);
    if (post.activation_place == Place::after_q1) u = apply(*post.activation, u);
    if (post.b != no_tensor) {
      const IntTensor& b = network_.tensor(post.b);
      require(
          a.channels == b.channels && ((a.height == b.height && a.width == b.width) || has_one_pixel(network_, post)),
          "its operands differ in shape");
      const Ranges other = post.q2 ? apply(*post.q2, of(post.b)) : of(post.b);
      for (std::size_t c = 0; c < u.size(); ++c)
        u[c] = post.product ? product_of(u[c], other[c]) : Range{u[c].lo + other[c].lo, u[c].hi + other[c].hi};
    }
    if (post.activation_place == Place::after_join) u = apply(*post.activation, u);
    if (post.q3) u = apply(*post.q3, u);
    for (const TensorId id : {post.fixed, post.code}) {
      if (id == no_tensor) continue;
      const IntTensor& t = network_.tensor(id);
      require(a.channels == t.channels && a.height == t.height && a.width == t.width, "its output has another shape");
    }
    require(post.code != no_tensor || (!post.thresholds && !post.table), "thresholds or a table without a code");
    if (post.code != no_tensor) check_code(post, u);
    if (post.fixed == no_tensor) return;
    require(!network_.tensor(post.fixed).format.is_bipolar(), "its fixed output is bipolar");
    write(post.fixed, std::move(u));
  }

  void check_work(const Pooling& pool) {
    const IntTensor& in = network_.tensor(pool.input);
    const IntTensor& out = network_.tensor(pool.output);
    const Window& w = pool.window;
    require_window(w);
    require(in.channels == out.channels, "its channels differ");
    Ranges ranges = of(pool.input);
    if (pool.kind == Pooling::Kind::max) {
      require(in.format == out.format && in.zero_point == out.zero_point, "a max pool changes the format");
    } else {
      require(out.format == Format::signed_bits(32) && pool.common_divisor >= 0, "a sum is not INT32");
      const std::int64_t most = pool.common_divisor > 0 ? pool.common_divisor : std::int64_t{w.kernel_h} * w.kernel_w;
      const bool partial = has_partial_window(w, in, out);
      for (Range& r : ranges) {
        r = {(r.lo - in.zero_point) * most, (r.hi - in.zero_point) * most};
        if (partial && pool.common_divisor == 0) r = {std::min<std::int64_t>(r.lo, 0), std::max<std::int64_t>(r.hi, 0)};
      }
    }
    for (int y = 0; y < out.height; ++y)
      check_taps(w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, in.height, y, pool);
    for (int x = 0; x < out.width; ++x) check_taps(w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, in.width, x, pool);
    write(pool.output, std::move(ranges));
  }

  static bool has_partial_window(const Window& w, const IntTensor& in, const IntTensor& out) {
    return w.pad_top > 0 || w.pad_left > 0 ||
           (out.height - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h >= in.height ||
           (out.width - 1) * w.stride_w - w.pad_left + (w.kernel_w - 1) * w.dilation_w >= in.width;
  }

  void check_taps(int kernel, int stride, int dilation, int pad, int size, int position, const Pooling& pool) const {
    int inside = 0;
    for (int k = 0; k < kernel; ++k) {
      const int at = position * stride - pad + k * dilation;
      inside += at >= 0 && at < size ? 1 : 0;
    }
    require(inside > 0, "a window lies outside the map");
    require(pool.common_divisor == 0 || pool.common_divisor % inside == 0,
            "a window's count does not divide the common divisor");
  }

  void check_work(const Concatenation& concat) {
    const IntTensor& out = network_.tensor(concat.output);
    Ranges ranges;
    for (const TensorId id : concat.inputs) {
      const IntTensor& in = network_.tensor(id);
      require(in.format == out.format && in.height == out.height && in.width == out.width &&
                  in.zero_point == out.zero_point,
              "its inputs differ in format or size");
      ranges.insert(ranges.end(), of(id).begin(), of(id).end());
    }
    write(concat.output, std::move(ranges));
  }

  void check_work(const Transposition& turn) {
    const IntTensor &in = network_.tensor(turn.input), &out = network_.tensor(turn.output);
    require(in.format == out.format && in.zero_point == out.zero_point, "its input and output differ in format");
    require(!in.format.is_bipolar() && in.format.bits() <= 8, "it moves values of at most 8 bits, not bipolar ones");
    require(in.height * in.width == out.channels && out.height * out.width == in.channels,
            "its output has not as many channels as its input has pixels, or the other way round");
    Range range = of(turn.input).front();
    for (const Range& channel : of(turn.input))
      range = {std::min(range.lo, channel.lo), std::max(range.hi, channel.hi)};
    write(turn.output, Ranges(static_cast<std::size_t>(out.channels), range));
  }

  const IntegerNetwork& network_;
  std::vector<Ranges> ranges_;
  std::string where_;
};

}  // namespace

void check(const IntegerNetwork& network) { Checker(network).run(); }

}  // namespace blendsim
