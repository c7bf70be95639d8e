// SPDX-License-Identifier: Apache-2.0
// Lowering by abstract interpretation: each float tensor of the normalised graph becomes a Value, node by node.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "network/graph.h"
#include "network/lowering/builder.h"
#include "network/lowering/weights.h"

namespace blendsim::lowering {

// A max pool that waits for the next quantiser: it commutes with what is non-decreasing.
struct PendingPool {
  Window window;
  int height = 0, width = 0;     // of its output
  std::size_t chain_before = 0;  // operations that stand before it
  bool of_codes = false;         // moved behind its quantiser: its result is that quantiser's tensor
  std::string node, output;
  std::vector<std::string> origin;
};

// What a float tensor is while lowering: chain(map), or host operators before the input or after an output.
struct Value {
  enum class State : std::uint8_t { failed, host, integer, tail };
  State state = State::failed;
  Shape shape;        // in the file
  MapPtr map;         // integer, tail
  Chain chain;        // integer: not yet realised
  bool flat = false;  // integer: [1, C*H*W], channels no longer an axis
  std::optional<PendingPool> pool;
  std::vector<HostOp> ops;  // host: so far; tail: after the accelerator
  std::vector<std::string> origin;
  std::string tail_node;    // the node after which everything is the host's
  std::string tail_reason;  // why, where that is to be told
};

// Why a value is the host's, as the end of a sentence about its tail_node.
[[nodiscard]] inline std::string tail_reason(const Value& value) {
  return value.tail_reason.empty() ? "has no integer form on the machine" : value.tail_reason;
}

// A hint for a layer without a quantiser: what the file may change, and what changes no file.
[[nodiscard]] inline std::string or_calibrate(const std::string& hint) {
  return hint + "; or --calibrate IMAGES quantises it here, --assume 8 for latency, resources and power alone";
}

class Lowerer {
 public:
  Lowerer(const Graph& graph, const LoweringOptions& options);
  [[nodiscard]] IntegerNetwork run();

 private:
  using Handler = void (Lowerer::*)(const Node&);
  struct HandlerRow {
    const char* op;
    Handler handler;
  };
  static const std::vector<HandlerRow>& handlers();

  // lower.cpp
  void lower_node(const Node& node);
  void require_finite(const Node& node, const std::string& output) const;
  void elementwise(const Node& node);
  [[noreturn]] void refuse_pair(const Node& node, const Value& a, const Value& b) const;
  [[nodiscard]] bool is_untouched_input(const Value& x, const std::string& tensor) const;
  void rearrange_input(Value& x, const HostOp& op, const Shape& shape);
  void reshape(const Node& node);
  void output_operator(const Node& node);  // Softmax, ArgMax, TopK
  void integers(const Node& node);         // an output of integers
  void append_step(const Node& node, Value value, Step step);
  void append_host(const Node& node, Value value, HostOp op);
  void finish_outputs();

  // quantise.cpp
  void quantiser(const Node& node);
  [[nodiscard]] bool feeds_machine(const std::string& tensor) const;
  [[nodiscard]] static bool is_beyond_machine(const Value& value, const Quantiser& q);
  Value quantise_host(const Node& node, const Value& value, const Quantiser& q);
  void append_host_quantiser(const Node& node, const Value& value, const Quantiser& q, std::vector<HostOp>& ops) const;
  void settle_quantiser(const Value& value, Quantiser& q) const;  // fits the value's channels; bounds of Trunc
  [[nodiscard]] static bool is_on_its_grid(const Value& value, const Quantiser& q);
  Value quantise(Value value, Quantiser q);
  [[nodiscard]] Value quantise_pooled(Value value, const Quantiser& q);
  MapPtr coded_map(const Value& value, const Quantiser& q);      // nullptr: not monotone
  MapPtr affine_map(const Value& value, const Quantiser& q);     // nullptr: no line
  MapPtr activated_map(const Value& value, const Quantiser& q);  // nullptr: no Relu or PRelu between lines
  MapPtr three_step_map(const Value& value, const Quantiser& q, const AffineFit& other);
  MapPtr any_map(const Value& value, const Quantiser& q);
  void require_reachable_rounding(const Quantiser& q, const Exactness& exactness) const;
  MapPtr new_map(const Value& like, const Quantiser& q);
  Value quantised_value(const Value& from, MapPtr map, const Quantiser& q);

  // table.cpp
  [[nodiscard]] static std::string uncertain_note(std::int64_t uncertain, std::int64_t checked);
  [[nodiscard]] static bool fits_table(const Value& value, const Quantiser& q);
  MapPtr table_map(const Value& value, const Quantiser& q);  // nullptr: more than 8 bits, or not alike in all channels
  static void derive(const Value& value, const Quantiser& q, const MapPtr& map);
  [[noreturn]] void refuse_form(const Value& value, const Quantiser& q) const;
  // The scale at which a function of one code (Abs) gives integers of 8 bits; absent: there is none.
  [[nodiscard]] static std::optional<Quantiser> code_grid(const Value& value, const std::string& node);
  // A function of two operands that follow from one code; absent: they do not.
  [[nodiscard]] std::optional<Value> of_one_code(const Node& node, const Value& a, const Value& b) const;

  // convolution.cpp
  void convolution(const Node& node);
  void dense(const Node& node);
  void emit_convolution(const Node& node, const Value& x, IntegerWeights weights, Convolution work, const Shape& shape);
  // wide_weights.cpp
  // Weights of more than 8 bits in parts of 8 over as many copies of the input's channels.
  void spread_weights(Value& x, IntegerWeights& weights, Convolution& work, const std::string& node);
  MapPtr picked(const Value& x, const std::vector<std::size_t>& sources, std::size_t groups, const std::string& name);
  MapPtr side_by_side(const std::vector<MapPtr>& maps, const Value& x, const std::string& name);

  // The input as integers of at most 8 bits in a tensor, (q - zero_point) * scale.
  Value convolution_input(const Node& node, const Value& input);
  [[nodiscard]] IntegerWeights weights_of(const Node& node, std::size_t out_axis) const;
  // input scale * weight scale of each output channel.
  [[nodiscard]] PerChannel accumulator_scale(const Node& node, const PerChannel& scale, const IntegerWeights& weights,
                                             std::size_t channels, std::size_t outputs, std::size_t groups) const;
  // The scale (one, or one a channel) when chain(q) == (q - zero_point) * scale; absent: something else.
  [[nodiscard]] std::optional<PerChannel> pure_scale(const Value& value) const;

  // grid.cpp
  // The scale at which all the value's reals are integers of at most 32 bits; absent: there is none.
  [[nodiscard]] std::optional<Quantiser> integer_grid(const Value& value, const std::string& node) const;
  // k, so that int16 at 2^k holds all the values: the options' where that is fine enough, else the finest.
  [[nodiscard]] int grid_exponent(const std::vector<Value>& values, const Node& node) const;
  Value on_grid(const Value& value, const Node& node, int exponent);

  // join.cpp
  void join(const Node& node, Value a, Value b, bool subtract);
  struct Operand {
    Value value;
    double scale = 1;
  };
  // Both on one grid: unit * factor[i] is the scale of operand i.
  struct CommonGrid {
    Operand operands[2];
    std::int64_t factors[2] = {1, 1};
    double unit = 1;
  };
  std::optional<Operand> join_operand(Value value, const Node& node);  // absent: it has no integer grid
  CommonGrid common_grid(const Node& node, const Value& a, const Value& b, bool subtract);

  [[noreturn]] void refuse_shapes(const Node& node, const Value& a, const Value& b) const;

  // product.cpp
  void multiply(const Node& node, const Value& a, const Value& b);
  // Integers (q - zero point) * scale, one pixel's or of the other's shape.
  Value factor(const Value& value, const Value& other, const Node& node);
  // A map of one channel in `channels` equal ones, the sums of a convolution.
  Value repeated(const Value& value, int channels, const Node& node);
  // Whether the quantiser decides for every pair of factors as it does for their exact product; noted with the map.
  void prove_pairs(const Value& value, const Quantiser& q) const;

  // max_pool.cpp
  void max_pool(const Node& node);
  Value resolve_pool(Value value);  // writes a pending max pool
  // A channel: -1 where the value falls as its integer rises, else 1.
  [[nodiscard]] std::vector<std::int32_t> pool_signs(const Value& value) const;
  MapPtr pooled(const PendingPool& pool, const Map& from, const std::string& name, float scale);
  struct PooledName {
    std::string name;
    float scale = 1;
  };
  [[nodiscard]] PooledName pooled_name(const PendingPool& pool, const Value& before) const;

  // average_pool.cpp
  void average_pool(const Node& node);
  Value average_input(const Node& node, bool padding_counts);

  // concat.cpp
  void concat(const Node& node);
  std::vector<Value> concat_inputs(const Node& node);  // on one grid
  [[nodiscard]] std::optional<Quantiser> concat_grid(const std::vector<Value>& parts, const Node& node) const;

  // transpose.cpp
  void transpose(const Node& node);
  Value corner_turn(const Node& node, Value x);  // refuses what is no map of codes, or no turn
  Value turned_codes(const Node& node, Value x);
  Value turned_signs(const Node& node, Value x);

  // window.cpp
  void require_taps(const Node& node, const Window& window, const Map& in) const;  // of every window of a pool
  // Of the machine's map, behind a pool that waits.
  struct MapSize {
    int height = 0, width = 0;
  };
  [[nodiscard]] static MapSize map_size(const Value& x);
  [[nodiscard]] MapSize size_of_turned(std::int64_t pixels, const Node& node) const;
  // [1, C, H, W] in the file, where a Reshape left the machine's map another height and width.
  [[nodiscard]] static bool is_reshaped(const Value& x);
  [[noreturn]] void refuse_reshaped(const Node& node, const Value& x) const;
  // A pool's window over the machine's map: of a reshaped one only all of it.
  [[nodiscard]] Window pool_window(const Node& node, const Value& x) const;

  // copies.cpp
  // The map's integers (times -1 where a sign says so) in the narrowest of INT8, UINT8, INT16, INT32 from least_bits
  // on.
  MapPtr copy_map(const Value& value, const std::vector<std::int32_t>& signs, const std::string& name,
                  int least_bits = 16);
  // The same of +1 and -1, which stay bits; and with min + max of the format added where the sign is negative, so that
  // no bit more is needed.
  MapPtr negated_signs(const Value& value, const std::vector<std::int32_t>& signs, const std::string& name);
  MapPtr mirrored(const Value& value, const std::vector<std::int32_t>& signs, const std::string& name);
  // The value on a copy of its map, which is no open sum, with another zero point.
  Value rebased(Value value, int zero_point);

  // tools
  [[nodiscard]] const Value& value_of(const std::string& tensor) const { return values_.at(tensor); }
  [[nodiscard]] bool is_constant(const std::string& tensor) const { return constants_.count(tensor) != 0; }
  [[nodiscard]] Constant constant_of(const std::string& tensor) const;
  [[nodiscard]] const Shape& shape_of(const std::string& tensor) const { return graph_.shapes.at(tensor); }
  void define(const std::string& tensor, Value value);
  Value to_tail(const Value& value, const std::string& node);
  [[noreturn]] void refuse(Code code, const std::string& node, std::string message, std::string hint = {}) const;

  const Graph& graph_;
  LoweringOptions options_;
  Builder builder_;
  Producers producers_;
  std::set<std::string> constants_;
  std::map<std::string, int> consumers_;
  std::map<std::string, Value> values_;
  std::map<std::int64_t, MapSize> map_sizes_;  // by pixels, of maps that were transposed
  Diagnostics diagnostics_;
  std::string host_node_;  // the quantiser that made the input tensor
};

// The largest unit of which every scale is a whole multiple (at most 127 in the smallest); absent: there is none.
[[nodiscard]] std::optional<double> common_unit(const std::vector<double>& scales);

// Whether none of its parameters is one a channel.
[[nodiscard]] bool is_scalar(const Step& step);

// The file's nodes that a node, and those that a value's chain, stands for.
[[nodiscard]] std::vector<std::string> origin_of(const Node& node);
[[nodiscard]] std::vector<std::string> chain_nodes(const Value& value);

}  // namespace blendsim::lowering
