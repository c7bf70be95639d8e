// SPDX-License-Identifier: Apache-2.0
// Weights, start words and post-processing records in the order in which the units read them (units/*/instruction.h).
#include <algorithm>

#include "compiler/plan.h"
#include "units/buffer/layout.h"
#include "units/mac_array/law.h"
#include "units/post_unit/law.h"
#include "units/post_unit/record.h"
#include "units/xnor_array/law.h"

namespace blendsim::compiler {
namespace {

constexpr int stem_lanes = 4;  // a pixel

// A convolution's weights by output position and operand lane, groups expanded with zeros.
class Weights {
 public:
  Weights(const Plan& plan, const Stage& stage, const ConvPart& part, int slice)
      : part_(part), conv_(plan.convolution(part)), outputs_(stage.lanes.channels()), first_slice_(slice) {
    in_channels_ = plan.network->tensor(conv_.input).channels;
    const int out_channels = plan.network->tensor(conv_.output).channels;
    in_per_group_ = in_channels_ / conv_.groups;
    out_per_group_ = out_channels / conv_.groups;
    inputs_ = part.source.lanes.channels();
    lanes_ = part.channels / part.choice.split;
    if (part.choice.split > 1) first_input_ = slice * slice_channels / out_per_group_ * in_per_group_;
  }

  [[nodiscard]] int lanes() const { return lanes_; }
  // Output channel of array row `row` of the chunk; -1: none.
  [[nodiscard]] int output(int row) const {
    const int position = first_slice_ * slice_channels + row;
    return position < outputs_.next() ? outputs_[position] : -1;
  }
  // Whether an operand lane holds a channel (stem: a pixel's) at this tap, and the weight; false: nothing.
  [[nodiscard]] bool at(int output, int lane, int ky, int kx, int& weight) const {
    int channel = 0, column = kx;
    if (part_.choice.stem) {
      column = kx * 4 + lane / stem_lanes;
      channel = lane % stem_lanes;
      if (column >= conv_.window.kernel_w || channel >= in_channels_) return false;
    } else {
      channel = inputs_[first_input_ + lane];
      if (channel < 0) return false;
    }
    weight = 0;
    if (output < 0 || channel / in_per_group_ != output / out_per_group_) return true;
    const std::int64_t index =
        ((std::int64_t{output} * in_per_group_ + channel % in_per_group_) * conv_.window.kernel_h + ky) *
            conv_.window.kernel_w +
        column;
    weight = conv_.weights[static_cast<std::size_t>(index)];
    return true;
  }
  // A depthwise convolution's own weight.
  [[nodiscard]] int own(int output, int ky, int kx) const {
    if (output < 0) return 0;
    return conv_.weights[static_cast<std::size_t>(
        (std::int64_t{output} * conv_.window.kernel_h + ky) * conv_.window.kernel_w + kx)];
  }

 private:
  const ConvPart& part_;
  const Convolution& conv_;
  Table<int, int> outputs_, inputs_;
  int first_slice_ = 0, first_input_ = 0, in_channels_ = 0, in_per_group_ = 0, out_per_group_ = 0, lanes_ = 0;
};

void set_bit(std::vector<std::uint8_t>& bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 1U << (bit % 8));
}

// Cell k of operand step `step`: its tap and cell; false: beyond the kernel or the view.
struct Steps {
  int kernel_h, kernel_w, cells;
  bool windows;

  [[nodiscard]] bool cell(int step, int k, int& ky, int& kx, int& c) const {
    if (windows) {
      const int across = static_cast<int>(ceil_divide(kernel_w, 3));
      c = step % cells;
      kx = step / cells % across * 3 + k % 3;
      ky = step / cells / across * 3 + k / 3;
    } else {
      const int at_once = static_cast<int>(ceil_divide(cells, cells_per_operand));
      c = step % at_once * cells_per_operand + k;
      kx = step / at_once % kernel_w;
      ky = step / at_once / kernel_w;
    }
    return ky < kernel_h && kx < kernel_w && c < cells;
  }
};

std::vector<std::uint8_t> xnor_words(const Plan& plan, const Weights& weights, const ConvPart& part, int groups) {
  const int rows = array_rows(*plan.machine, true), m = plan.cell_slices(), cell_bits = slice_channels * m;
  const Window& w = part.window;
  const int cells = static_cast<int>(ceil_divide(weights.lanes(), cell_bits));
  const XnorSteps law = XnorSteps::of(w.kernel_h, w.kernel_w, cells, w.dilation_h != 1 || w.dilation_w != 1);
  const Steps steps{w.kernel_h, w.kernel_w, cells, law.windows};
  const std::size_t row_bits = static_cast<std::size_t>(cells_per_operand * cell_bits);
  const std::size_t word_bits = row_bits * static_cast<std::size_t>(rows);
  const int planes = part.choice.weight_bits;
  std::vector<std::uint8_t> bytes(word_bits / 8 * static_cast<std::size_t>(groups * planes) *
                                  static_cast<std::size_t>(law.steps));
  for (int g = 0; g < groups; ++g) {
    for (int step = 0; step < static_cast<int>(law.steps); ++step) {
      for (int r = 0; r < rows; ++r) {
        const int output = weights.output(g * rows + r);
        for (int k = 0; k < cells_per_operand; ++k) {
          int ky = 0, kx = 0, c = 0;
          const bool inside = steps.cell(step, k, ky, kx, c);
          for (int i = 0; i < cell_bits; ++i) {
            const int lane = c * cell_bits + i;
            int weight = 0;
            const bool valid = inside && lane < weights.lanes() && weights.at(output, lane, ky, kx, weight);
            // XNOR: a lane without a channel is forced to 0, a weight bit of 1 makes it count nothing.
            const int value = part.choice.doubled ? 2 * weight : weight;
            for (int j = 0; j < planes; ++j) {
              const bool bit = part.choice.use_and ? valid && (value >> j & 1) != 0 : !valid || weight > 0;
              if (!bit) continue;
              const std::size_t word = static_cast<std::size_t>((g * planes + j) * static_cast<int>(law.steps) + step);
              set_bit(bytes, word * word_bits + static_cast<std::size_t>(r) * row_bits +
                                 static_cast<std::size_t>(k * cell_bits + i));
            }
          }
        }
      }
    }
  }
  return bytes;
}

std::vector<std::uint8_t> mac_words(const Plan& plan, const Weights& weights, const ConvPart& part, int groups) {
  const int rows = array_rows(*plan.machine, false), columns = static_cast<int>(plan.machine->mac_array.columns);
  const int lanes = weights.lanes();
  std::vector<std::uint8_t> bytes;
  const std::size_t word_bytes = static_cast<std::size_t>(rows * columns);
  for (int g = 0; g < groups; ++g) {
    for (int ky = 0; ky < part.window.kernel_h; ++ky) {
      for (int kx = 0; kx < part.window.kernel_w; ++kx) {
        if (part.choice.depthwise) {
          std::vector<std::uint8_t> word(word_bytes);
          for (int r = 0; r < rows; ++r) {
            word[static_cast<std::size_t>(r)] =
                static_cast<std::uint8_t>(weights.own(weights.output(g * rows + r), ky, kx));
          }
          bytes.insert(bytes.end(), word.begin(), word.end());
          continue;
        }
        for (int slice = 0; slice < lanes; slice += slice_channels) {
          const int end = std::min(slice + slice_channels, lanes);
          for (int first = slice; first < end; first += columns) {
            std::vector<std::uint8_t> word(word_bytes);
            for (int r = 0; r < rows; ++r) {
              const int output = weights.output(g * rows + r);
              for (int lane = first; lane < std::min(first + columns, end); ++lane) {
                int weight = 0;
                if (weights.at(output, lane, ky, kx, weight)) {
                  word[static_cast<std::size_t>(r * columns + lane - first)] = static_cast<std::uint8_t>(weight);
                }
              }
            }
            bytes.insert(bytes.end(), word.begin(), word.end());
          }
        }
      }
    }
  }
  return bytes;
}

// What the taps of one border class add up to, for one output channel.
struct ClassSums {
  std::int64_t inside_weights = 0, inside_lanes = 0, zeros = 0, outside_zeros = 0;  // zeros: weights of -1
};

ClassSums class_sums(const Weights& weights, const ConvPart& part, int output, int y, int x) {
  ClassSums sums;
  const Window& w = part.window;
  for (int ky = 0; ky < w.kernel_h; ++ky) {
    const int iy = y * w.stride_h - w.pad_top + ky * w.dilation_h;
    for (int kx = 0; kx < w.kernel_w; ++kx) {
      const int ix = x * w.stride_w - w.pad_left + kx * w.dilation_w;
      const bool inside = iy >= 0 && iy < part.in_height && ix >= 0 && ix < part.in_width;
      if (part.choice.depthwise) {
        if (inside) sums.inside_weights += weights.own(output, ky, kx);
        continue;
      }
      for (int lane = 0; lane < weights.lanes(); ++lane) {
        int weight = 0;
        if (!weights.at(output, lane, ky, kx, weight)) continue;
        const bool zero = weight <= 0;
        sums.zeros += zero ? 1 : 0;
        if (inside) {
          sums.inside_weights += weight;
          ++sums.inside_lanes;
        } else {
          sums.outside_zeros += zero ? 1 : 0;
        }
      }
    }
  }
  return sums;
}

std::int64_t start_value(const ConvPart& part, const ClassSums& sums, int zero_point) {
  const ConvChoice& choice = part.choice;
  std::int64_t start = -zero_point * sums.inside_weights;
  if (!choice.xnor) return start;
  if (choice.use_and) return choice.doubled ? start - sums.inside_weights : start;
  if (choice.activation_bits == 1 && choice.weight_bits == 1 && !choice.activation_signed) {
    return start - sums.inside_lanes - 2 * sums.outside_zeros;
  }
  return start - ((std::int64_t{1} << choice.activation_bits) - 1) * sums.zeros;
}

}  // namespace

std::vector<std::uint8_t> weight_words(const Plan& plan, const Stage& stage, const ConvPart& part, int slice,
                                       int slices) {
  const Weights weights(plan, stage, part, slice);
  const int groups =
      static_cast<int>(ceil_divide(slices * slice_channels, array_rows(*plan.machine, part.choice.xnor)));
  return part.choice.xnor ? xnor_words(plan, weights, part, groups) : mac_words(plan, weights, part, groups);
}

std::vector<std::uint8_t> start_words(const Plan& plan, const Node& node, const ConvPart& part, int slice, int slices) {
  const Weights weights(plan, std::get<Stage>(node.work), part, slice);
  const int rows = array_rows(*plan.machine, part.choice.xnor);
  const int groups = static_cast<int>(ceil_divide(slices * slice_channels, rows));
  // A position of each class; an interior that no position has keeps 0, and nothing reads it.
  const auto positions = [](const BorderClasses& classes, int size) {
    std::vector<int> of(classes.count(), -1);
    for (int p = size; p-- > 0;) of[classes.index(u32(p), u32(size))] = p;
    return of;
  };
  const std::vector<int> ys = positions(part.down, node.height), xs = positions(part.across, node.width);
  const int zero_point = plan.network->tensor(plan.convolution(part).input).zero_point;
  const std::size_t word_bytes = static_cast<std::size_t>(plan.machine->buffer(BufferId::parameters).width / 8);
  std::vector<std::uint8_t> bytes;
  for (int g = 0; g < groups; ++g) {
    for (const int y : ys) {
      for (const int x : xs) {
        std::vector<std::uint8_t> word(word_bytes);
        for (int r = 0; r < rows && y >= 0 && x >= 0; ++r) {
          const int output = weights.output(g * rows + r);
          if (output < 0) continue;
          const auto value = u32(start_value(part, class_sums(weights, part, output, y, x), zero_point));
          for (int b = 0; b < 4; ++b)
            word[static_cast<std::size_t>(4 * r + b)] = static_cast<std::uint8_t>(value >> (8 * b));
        }
        bytes.insert(bytes.end(), word.begin(), word.end());
      }
    }
  }
  return bytes;
}

namespace {

void fill(QuantiserRecord& record, const std::optional<Affine>& q, std::size_t lane, std::size_t channel) {
  if (!q) return;
  record.multiplier[lane] = q->multiplier[channel];
  record.offset[lane] = q->offset[channel];
  record.shift[lane] = q->shift[channel];
  record.lo = q->lo;
  record.hi = q->hi;
}

PostRecord record_of(const PostPart& part, const Table<int, int>& channels, int slice) {
  PostRecord record;
  for (std::size_t lane = 0; lane < slice_channels; ++lane) {
    const int of = channels[slice * slice_channels + static_cast<int>(lane)];
    if (of < 0) continue;
    const auto channel = static_cast<std::size_t>(of);
    if (part.work != nullptr) {
      fill(record.quantisers[0], part.work->q1, lane, channel);
      fill(record.quantisers[1], part.work->q2, lane, channel);
      fill(record.quantisers[2], part.work->q3, lane, channel);
      if (part.work->activation_place != PostProcessing::ActivationPlace::none) {
        record.activation.multiplier[lane] = part.work->activation->slope[channel];
        record.activation.shift[lane] = part.work->activation->shift[channel];
        record.activation.lo = part.work->activation->lo;
        record.activation.hi = part.work->activation->hi;
      }
    }
    if (part.thresholds) {
      const auto levels = static_cast<std::size_t>(part.thresholds->levels);
      for (std::size_t k = 0; k < levels; ++k)
        record.thresholds[k][lane] = part.thresholds->values[channel * levels + k];
      record.direction[lane] = part.thresholds->direction[channel];
      record.base = part.thresholds->base;
    }
  }
  return record;
}

// A record as the unit's widths hold it (assign has proven that they can): no result passes what a value may be.
// `joined`: the activation's result meets the other operand behind it.
PostRecord fitted(PostRecord record, const PostUnitParameters& unit, bool joined) {
  const auto fit = [&](QuantiserRecord& q, std::int64_t bits) {
    const std::int64_t beyond = std::int64_t{1} << (bits - 1);
    scale_to_step(q, unit.shift_step);
    q.lo = std::clamp(q.lo, -beyond, beyond - 1);
    q.hi = std::clamp(q.hi, -beyond, beyond - 1);
  };
  for (QuantiserRecord& q : record.quantisers) fit(q, unit.value);
  fit(record.activation, unit.value + (joined ? 0 : 1));
  return record;
}

// The table's words. A plane of +1 and -1 is 1 for +1.
std::vector<std::uint8_t> table_bytes(const Plan& plan, const PostPart& part, const PostInstruction& i,
                                      std::int64_t width) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(table_words(i, width) * width / 8));
  if (part.table == nullptr) return bytes;
  const bool signs = i.write_bits != 0 && plan.network->tensor(part.bits_tensor).format.is_bipolar();
  for (std::size_t n = 0; n < part.table->values.size(); ++n) {
    const std::int16_t code = part.table->values[n];
    bytes[n] = signs ? (code > 0 ? 1 : 0) : static_cast<std::uint8_t>(code);
  }
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> post_records(const Plan& plan, const Stage& stage, const PostPart& part,
                                       const PostInstruction& i, int slice, int slices) {
  const std::int64_t width = plan.machine->buffer(BufferId::parameters).width;
  const Table<int, int> channels = stage.lanes.channels();
  const bool joined = i.b_source != 0 && i.activation == u32(ActivationStep::after_q1);
  std::vector<std::uint8_t> bytes = table_bytes(plan, part, i, width);
  if (record_bits(i) == 0) return bytes;
  for (int s = slice; s < slice + slices; ++s) {
    const PostRecord own = fitted(record_of(part, channels, s), plan.machine->post_unit, joined);
    const std::vector<std::uint8_t> record = encode_record(i, own, width);
    bytes.insert(bytes.end(), record.begin(), record.end());
  }
  return bytes;
}

}  // namespace blendsim::compiler
