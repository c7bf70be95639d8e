// SPDX-License-Identifier: Apache-2.0
// What must hold of the steps on the host. Shapes are followed from the network's input to the accelerator's, and from
// the accelerator's outputs to the network's, so that every step finds the operand and the axis that it needs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "isa/verify_container.h"
#include "numerics/float_ops.h"
#include "numerics/functions.h"

namespace blendsim::verification {
namespace {

constexpr std::int64_t most_elements = std::int64_t{1} << 26;  // of a tensor on the host: 256 MiB
constexpr std::int64_t most_work = std::int64_t{1} << 30;      // element operations of one input or output
constexpr std::size_t most_rank = 8;
constexpr std::int64_t widest_code = std::int64_t{1} << 32;  // of a quantiser's bounds

using Kind = HostOp::Kind;

std::string element(const Field& field, const char* list, std::size_t n) {
  return fmt::format("{}.{}[{}]", field.path, list, n);
}

// Returns the number of elements.
std::int64_t check_shape(const Shape& shape, const Field& field, const char* member) {
  field.require(shape.size() <= most_rank, member, "has {} dimensions, more than {}", shape.size(), most_rank);
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    field.require(extent >= 1 && extent <= most_elements / count, member,
                  "is {}: empty, negative or more than {} values", shape_text(shape), most_elements);
    count *= extent;
  }
  return count;
}

// Follows one tensor through its steps.
class Steps {
 public:
  Steps(Shape shape, Field field) : shape_(std::move(shape)), table_(std::move(field)) {}

  void walk(const std::vector<HostOp>& ops) {
    for (std::size_t n = 0; n < ops.size(); ++n) {
      const Field field{element(table_, "ops", n)};
      check_operand(ops[n], field);
      step(ops[n], field);
      const std::int64_t count = check_shape(shape_, field, "operand_shape");
      work_ += count * (ops[n].kind == Kind::thresholds ? std::max<std::int64_t>(1, ops[n].operand.shape[1]) : 1);
      field.require(work_ <= most_work, "", "is one step too many: more than {} element operations", most_work);
    }
  }
  [[nodiscard]] const Shape& shape() const { return shape_; }

 private:
  static void check_operand(const HostOp& op, const Field& field) {
    const std::int64_t count = op.operand.shape.empty() && op.operand.values.empty()
                                   ? 0
                                   : check_shape(op.operand.shape, field, "operand_shape");
    field.require(static_cast<std::int64_t>(op.operand.values.size()) == count, "operand",
                  "has {} values, operand_shape {} says {}", op.operand.values.size(), shape_text(op.operand.shape),
                  count);
  }

  void step(const HostOp& op, const Field& field) {
    switch (op.kind) {
      case Kind::add:
      case Kind::subtract:
      case Kind::multiply:
      case Kind::divide:
      case Kind::power:
      case Kind::reverse_subtract:
      case Kind::reverse_divide:
      case Kind::leaky_relu: return broadcast(op, field);
      case Kind::clip:
        return field.require(op.operand.values.size() == 2, "operand", "has {} values, a clip has 2",
                             op.operand.values.size());
      case Kind::function:
        field.require(find_function(op.function) != nullptr, "function", "is '{}', which there is not", op.function);
        return field.require(op.operand.values.size() == 2, "operand", "has {} values, a function has 2 arguments",
                             op.operand.values.size());
      case Kind::lookup:
        field.within("lo", op.lo, -widest_code, widest_code);
        return field.require(!op.operand.values.empty(), "operand", "is missing");
      case Kind::batch_normalization: return normalise(op, field);
      case Kind::quantize: return quantise(op, field);
      case Kind::thresholds: return compare(op, field);
      case Kind::softmax: return check_axis(op, field);
      case Kind::argmax: return reduce(op, field, 1, op.keep_dimensions);
      case Kind::top_k: return choose(op, field);
      case Kind::reshape: return reshape(op, field);
      case Kind::transpose: return transpose(op, field);
      case Kind::relu:
      case Kind::bipolar:
      case Kind::sign:
      case Kind::identity: return;
    }
    field.refuse("kind", "is no step of the host");
  }

  void broadcast(const HostOp& op, const Field& field) {
    field.require(!op.operand.values.empty(), "operand", "is missing");
    try {
      shape_ = broadcast_shape(shape_, op.operand.shape);
    } catch (const std::invalid_argument& error) {
      field.refuse("operand_shape", error.what());
    }
  }
  // [N, C, ...] with something for each channel.
  void check_channels(const Field& field, const char* member) const {
    field.require(shape_.size() >= 2, member, "needs a tensor with channels, not {}", shape_text(shape_));
  }
  void normalise(const HostOp& op, const Field& field) const {
    check_channels(field, "kind");
    field.require(op.operand.shape == Shape{5, shape_[1]}, "operand_shape", "is {}, must be [5, {}]",
                  shape_text(op.operand.shape), shape_[1]);
  }
  static void quantise(const HostOp& op, const Field& field) {
    field.require(std::isfinite(op.scale) && op.scale != 0, "scale", "is {}, must be finite and not 0", op.scale);
    field.require(std::isfinite(op.zero_point), "zero_point", "is {}, must be finite", op.zero_point);
    field.within("lo", op.lo, -widest_code, widest_code);
    field.within("hi", op.hi, -widest_code, widest_code);
    field.require(op.lo <= op.hi, "lo", "is {}, above hi, {}", op.lo, op.hi);
    try {
      (void)round_as(0, op.rounding);
    } catch (const std::invalid_argument& error) {
      field.refuse("rounding", error.what());
    }
  }
  void compare(const HostOp& op, const Field& field) const {
    check_channels(field, "kind");
    const Shape& t = op.operand.shape;
    field.require(t.size() == 2 && (t[0] == 1 || t[0] == shape_[1]), "operand_shape",
                  "is {}, must be [1 or {}, thresholds]", shape_text(t), shape_[1]);
  }
  void check_axis(const HostOp& op, const Field& field) const {
    field.require(op.axis >= 0 && static_cast<std::size_t>(op.axis) < shape_.size(), "axis",
                  "is {}, outside a tensor of {}", op.axis, shape_text(shape_));
  }
  void reduce(const HostOp& op, const Field& field, std::int64_t extent, bool keeps) {
    check_axis(op, field);
    if (keeps) {
      shape_[static_cast<std::size_t>(op.axis)] = extent;
    } else {
      shape_.erase(shape_.begin() + op.axis);
    }
  }
  void choose(const HostOp& op, const Field& field) {
    check_axis(op, field);
    field.within("count", op.count, 1, shape_[static_cast<std::size_t>(op.axis)]);
    field.within("output", op.output, 0, 1);
    reduce(op, field, op.count, true);
  }
  void reshape(const HostOp& op, const Field& field) {
    const std::int64_t count = check_shape(op.shape, field, "shape");
    field.require(count == element_count(shape_), "shape", "is {}, but the tensor is {}", shape_text(op.shape),
                  shape_text(shape_));
    shape_ = op.shape;
  }
  void transpose(const HostOp& op, const Field& field) {
    std::vector<std::int64_t> sorted = op.shape;
    std::sort(sorted.begin(), sorted.end());
    bool whole = sorted.size() == shape_.size();
    for (std::size_t d = 0; whole && d < sorted.size(); ++d) whole = sorted[d] == static_cast<std::int64_t>(d);
    field.require(whole, "shape", "is {}, no permutation of the dimensions of {}", shape_text(op.shape),
                  shape_text(shape_));
    Shape permuted;
    for (const std::int64_t d : op.shape) permuted.push_back(shape_[static_cast<std::size_t>(d)]);
    shape_ = std::move(permuted);
  }

  Shape shape_;
  Field table_;
  std::int64_t work_ = 0;
};

// The host's [channels, height, width] are the view's.
template <class Host>
void check_map(const Host& host, const TensorView& view, const Field& field) {
  for (const auto& [member, own, other] :
       {std::tuple{"channels", host.channels, view.channels}, std::tuple{"height", host.height, view.height},
        std::tuple{"width", host.width, view.width}}) {
    field.require(own == other, member, "is {}, but the view of '{}' has {}", own, view.name, other);
  }
}

void check_input(const HostInput& input, const TensorView& view) {
  const Field field{"host_input"};
  check_map(input, view, field);
  field.require(input.format == view.format, "format", "is {}, but the view of '{}' has {}", input.format.name(),
                view.name, view.format.name());
  (void)check_shape(input.shape, field, "shape");
  field.within("batch", input.batch, 1, 4096);
  Steps steps(input.shape, field);
  steps.walk(input.ops);
  const std::int64_t due = std::int64_t{view.channels} * view.height * view.width;
  field.require(element_count(steps.shape()) == due, input.ops.empty() ? "shape" : "ops",
                "yields {}, but the accelerator takes {} values", shape_text(steps.shape()), due);
  const auto last = std::find_if(input.ops.rbegin(), input.ops.rend(), [](const HostOp& op) {
    return op.kind != Kind::reshape && op.kind != Kind::transpose && op.kind != Kind::identity;
  });
  if (last == input.ops.rend() || last->kind != Kind::quantize) return;
  const Field op{element(field, "ops", static_cast<std::size_t>(input.ops.rend() - last) - 1)};
  op.within("lo", last->lo, input.format.min(), input.format.max());
  op.within("hi", last->hi, input.format.min(), input.format.max());
}

}  // namespace

void check_host(const Program& program) {
  check_input(program.host_input, program.input);
  Field{"host_outputs"}.require(program.host_outputs.size() == program.outputs.size(), "", "has {} entries, {} are due",
                                program.host_outputs.size(), program.outputs.size());
  for (std::size_t o = 0; o < program.outputs.size(); ++o) {
    const HostOutput& output = program.host_outputs[o];
    const Field field{fmt::format("host_outputs[{}]", o)};
    check_map(output, program.outputs[o], field);
    const std::int64_t due = check_shape(output.shape, field, "shape");
    Steps steps({1, output.channels, output.height, output.width}, field);
    steps.walk(output.ops);
    field.require(element_count(steps.shape()) == due, "shape", "is {}, but the steps yield {}",
                  shape_text(output.shape), shape_text(steps.shape()));
  }
}

}  // namespace blendsim::verification
