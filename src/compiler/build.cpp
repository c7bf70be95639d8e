// SPDX-License-Identifier: Apache-2.0
// From an operation of the plan to the instruction that does it.
#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "compiler/plan.h"
#include "isa/fields.h"
#include "units/buffer/layout.h"

namespace blendsim::compiler {
namespace {

class Builder {
 public:
  Builder(const Plan& plan, const TileOp& op) : plan_(plan), op_(op), node_(plan.nodes[op.node]) {}

  Instruction run() {
    switch (op_.kind) {
      case TileOp::Kind::load: return load();
      case TileOp::Kind::store: return store();
      case TileOp::Kind::conv: return plan_.conv(op_).choice.xnor ? xnor(plan_.conv(op_)) : mac(plan_.conv(op_));
      case TileOp::Kind::post: return post(plan_.post(op_));
      case TileOp::Kind::pool: return pool(std::get<PoolPart>(node_.work));
      case TileOp::Kind::transpose: return transpose(std::get<TransposePart>(node_.work));
      case TileOp::Kind::constants: break;
    }
    return constants();
  }

 private:
  [[nodiscard]] const Stage& stage() const { return std::get<Stage>(node_.work); }
  [[nodiscard]] int m() const { return plan_.cell_slices(); }

  // Where the band begins that the operation reads, or writes, of a view's map: as if all of the map were there.
  [[nodiscard]] std::uint32_t origin(const Touches& touches, const View& view) const {
    for (const Touch& t : touches) {
      if (t.map == view.map) return plan_.origin(t.band);
    }
    throw InvariantError("compiler", "an operation does not touch the map that it is to address");
  }
  [[nodiscard]] std::uint32_t read_origin(const View& view) const { return origin(reads(plan_, op_), view); }
  [[nodiscard]] std::uint32_t written_origin(const View& view) const { return origin(writes(plan_, op_), view); }

  // Word of a fixed view at row `row`, slice `slice` of the view and column `column`.
  [[nodiscard]] std::uint32_t fixed_word(std::uint32_t origin, const View& view, int row, int slice,
                                         int column = 0) const {
    const Map& map = plan_.map(view);
    return FixedMap{origin, u32(map.height), u32(map.width), u32(map.slices), u32(map.bytes)}.word(
        u32(column), u32(row), u32(view.first + slice));
  }
  template <class PartId>
  [[nodiscard]] std::uint32_t constant(Space space, PartId part) const {
    const BlockId id = plan_.block_of(space, op_.node, op_.chunk);
    if (!id.exists()) return 0;
    const Block& block = plan_.blocks[id];
    return block.address + u32(block.part_offset[position_of(part)]);
  }
  // Channels of the input that this chunk reads start here (grouped convolutions; depthwise: the chunk's own).
  [[nodiscard]] int first_channel(const ConvPart& part) const {
    if (part.choice.depthwise) return op_.slice * slice_channels;
    if (part.choice.split == 1) return 0;
    const int out_per_group = stage().lanes.channel_count() / part.choice.split;
    return op_.slice * slice_channels / out_per_group * (part.channels / part.choice.split);
  }

  template <class I>
  void window(I& i, const ConvPart& part) const {
    const Window& w = part.window;
    i.in_height = u32(part.in_height);
    i.in_width = u32(part.in_width);
    i.kernel_h = u32(w.kernel_h);
    i.kernel_w = u32(w.kernel_w);
    i.stride_h = u32(w.stride_h);
    i.stride_w = u32(w.stride_w);
    i.dilation_h = u32(w.dilation_h);
    i.dilation_w = u32(w.dilation_w);
    i.pad_top = u32(w.pad_top);
    i.pad_left = u32(w.pad_left);
  }
  template <class I>
  void convolution(I& i, const ConvPart& part) const {
    window(i, part);
    i.out_row = u32(op_.row);
    i.rows = u32(op_.rows);
    i.out_height = u32(node_.height);
    i.out_width = u32(node_.width);
    i.class_top = part.down.leading;
    i.class_bottom = part.down.trailing;
    i.class_left = part.across.leading;
    i.class_right = part.across.trailing;
    i.groups = u32(groups(part.choice.xnor));
    i.weights = constant(part.choice.xnor ? Space::weights_binary : Space::weights_fixed, op_.conv);
    i.start = constant(part.choice.xnor ? Space::xnor_starts : Space::mac_starts, op_.conv);
    i.destination = op_.accumulators;
    i.sync.layer = u32(plan_.row_of_image(row_of(part.layer), node_.image).value());
  }
  [[nodiscard]] std::int64_t groups(bool on_xnor) const {
    return ceil_divide(std::int64_t{op_.slices} * slice_channels, array_rows(*plan_.machine, on_xnor));
  }

  Instruction xnor(const ConvPart& part) const {
    XnorInstruction i;
    convolution(i, part);
    const Map& map = plan_.map(part.source);
    const int channels = part.channels / part.choice.split, cell = slice_channels * m();
    i.source = read_origin(part.source);
    i.map_cells = u32(std::int64_t{map.slices} * map.planes);
    i.first_cell = u32((part.source.first + first_channel(part) / slice_channels) / m());
    i.cells = u32(ceil_divide(channels, cell));
    i.plane_cells = u32(map.slices);
    i.last_cell_channels = u32((channels - 1) % cell);
    i.activation_bits = u32(part.choice.activation_bits);
    i.weight_bits = u32(part.choice.weight_bits);
    i.use_and = part.choice.use_and ? 1 : 0;
    i.activation_signed = part.choice.activation_signed ? 1 : 0;
    i.weight_signed = part.choice.weight_signed ? 1 : 0;
    i.taps = xnor_steps(i).windows ? 0 : 1;
    return i;
  }

  Instruction mac(const ConvPart& part) const {
    MacInstruction i;
    convolution(i, part);
    i.source = fixed_word(read_origin(part.source), part.source, part.skipped.row, first_channel(part) / slice_channels,
                          part.skipped.column);
    i.map_slices = u32(plan_.map(part.source).slices);
    i.channels = u32(part.channels / part.choice.split);
    if (part.choice.depthwise) {
      i.channels = u32(std::min(part.channels - first_channel(part), op_.slices * slice_channels));
      i.depthwise = 1;
    }
    i.activation_signed = plan_.network->tensor(plan_.convolution(part).input).format.is_signed() ? 1 : 0;
    return i;
  }

  void operand(const Operand& o, std::uint32_t& source, std::uint32_t& address, std::uint32_t& stride,
               std::uint32_t& bytes_log2, std::uint32_t& is_signed) const {
    if (o.conv.exists()) {
      const bool on_xnor = stage().convs[o.conv].choice.xnor;
      source = u32(on_xnor ? PostSource::xnor_accumulators : PostSource::mac_accumulators);
      stride = u32(groups(on_xnor));
      address = plan_.slots.empty() || !op_.tile.exists() ? 0 : plan_.slots[plan_.slot(op_.tile, o.conv)];
      address += u32(std::int64_t{op_.rows_before} * node_.width) * stride;
    } else if (o.map.exists()) {
      source = u32(PostSource::fixed_map);
      const Corner at = o.one_pixel ? Corner{-op_.row, 0} : meeting(plan_, node_, o.map);
      address = fixed_word(read_origin(o.map), o.map, op_.row + at.row, op_.slice, at.column);
      stride = o.one_pixel ? 0 : u32(plan_.map(o.map).slices);
      bytes_log2 = u32(log2_bytes(plan_.map(o.map).bytes));
      is_signed = o.format.is_signed() ? 1 : 0;
    }
  }

  Instruction post(const PostPart& part) const {
    PostInstruction i;
    i.sync.layer = u32(plan_.row_of_image(row_of(part.layer), node_.image).value());
    operand(part.a, i.a_source, i.a, i.a_stride, i.a_bytes_log2, i.a_signed);
    operand(part.b, i.b_source, i.b, i.b_stride, i.b_bytes_log2, i.b_signed);
    i.rows = u32(op_.rows);
    i.width = u32(node_.width);
    i.slices = u32(op_.slices);
    i.parameters = constant(Space::records, op_.post);
    if (part.work != nullptr) formula(i, *part.work);
    if (part.thresholds) {
      i.use_thresholds = 1;
      i.levels = u32(part.thresholds->levels);
    }
    i.use_table = part.table != nullptr ? 1 : 0;
    if (part.fixed.exists()) {
      i.write_fixed = 1;
      i.fixed_is_code = part.fixed_is_code ? 1 : 0;
      i.fixed_bytes_log2 = u32(log2_bytes(plan_.map(part.fixed).bytes));
      i.fixed = fixed_word(written_origin(part.fixed), part.fixed, op_.row, op_.slice);
      i.fixed_slices = u32(plan_.map(part.fixed).slices);
    }
    if (part.bits.exists() || (part.fixed.exists() && plan_.map(part.fixed).bands > 1)) i.bits_row = u32(op_.row);
    const TensorId code = part.bits.exists() ? part.bits_tensor : part.fixed_is_code ? part.fixed_tensor : no_tensor;
    if (code != no_tensor) {
      const Format format = plan_.network->tensor(code).format;
      i.code_bipolar = format.is_bipolar() && part.table == nullptr ? 1 : 0;
      const bool has_planes = part.table == nullptr || part.bits.exists();
      i.code_bits = format.is_bipolar() || !has_planes ? 1 : u32(format.bits());
    }
    if (part.bits.exists()) bits(i, part);
    return i;
  }

  static void formula(PostInstruction& i, const PostProcessing& work) {
    i.use_q1 = work.q1 ? 1 : 0;
    i.use_q2 = work.q2 ? 1 : 0;
    i.use_q3 = work.q3 ? 1 : 0;
    i.activation = u32(work.activation_place);
    i.product = work.product ? 1 : 0;
    for (const auto* q : {&work.q1, &work.q2, &work.q3}) {
      if (*q) i.rounding = u32((*q)->rounding);
    }
  }

  void bits(PostInstruction& i, const PostPart& part) const {
    const Map& map = plan_.map(part.bits);
    i.write_bits = 1;
    i.bits = written_origin(part.bits);
    i.bits_cells = u32(std::int64_t{map.slices} * map.planes);
    i.bits_slice = u32(part.bits.first + op_.slice);
    i.bits_plane_cells = u32(map.slices);
  }

  Instruction pool(const PoolPart& part) const {
    PoolInstruction i;
    const Map& in = plan_.map(part.in);
    const Map& out = plan_.map(part.out);
    const Window& w = part.window;
    i.sync.layer = u32(plan_.row_of_image(row_of(part.layer), node_.image).value());
    i.sum = part.sum ? 1 : 0;
    i.in_height = u32(in.height - part.skipped.row);
    i.in_width = u32(in.width);
    i.zero_point = u32(part.zero_point) & u32(field_maximum(pool_fields, "zero_point"));
    i.kernel_h = u32(w.kernel_h);
    i.kernel_w = u32(w.kernel_w);
    i.stride_h = u32(w.stride_h);
    i.stride_w = u32(w.stride_w);
    i.dilation_h = u32(w.dilation_h);
    i.dilation_w = u32(w.dilation_w);
    i.pad_top = u32(w.pad_top);
    i.pad_left = u32(w.pad_left);
    i.out_row = u32(op_.row);
    i.rows = u32(op_.rows);
    i.out_width = u32(node_.width);
    i.out_height = u32(node_.height);
    i.divisor = u32(part.divisor);
    if (in.binary) {
      i.binary = 1;
      i.source = read_origin(part.in);
      i.in_slices = u32(std::int64_t{in.slices} * in.planes);
      i.in_first = u32(part.in.first / m() + part.plane * in.slices);
      i.slices = u32(ceil_divide(part.in.lanes.slices, m()));
      i.destination = written_origin(part.out);
      i.out_slices = u32(std::int64_t{out.slices} * out.planes);
      i.out_first = u32(part.out.first / m() + part.plane * out.slices);
      return i;
    }
    i.source = fixed_word(read_origin(part.in), part.in, part.skipped.row, 0, part.skipped.column);
    i.in_slices = u32(in.slices);
    i.in_bytes_log2 = u32(log2_bytes(in.bytes));
    i.in_signed = part.in_format.is_signed() ? 1 : 0;
    i.slices = u32(part.in.lanes.slices);
    i.destination = fixed_word(written_origin(part.out), part.out, op_.row, 0);
    i.out_slices = u32(out.slices);
    i.out_bytes_log2 = u32(log2_bytes(out.bytes));
    return i;
  }

  Instruction transpose(const TransposePart& part) const {
    TransposeInstruction i;
    const Map& in = plan_.map(part.in);
    i.sync.layer = u32(plan_.row_of_image(row_of(part.layer), node_.image).value());
    i.source = fixed_word(read_origin(part.in), part.in, 0, slices_turned(node_, op_.row, op_.rows).first);
    i.in_slices = u32(in.slices);
    i.pixels = u32(std::int64_t{in.height} * in.width);
    i.channels = u32(std::int64_t{op_.rows} * node_.width);
    i.destination = fixed_word(written_origin(part.out), part.out, op_.row, 0);
    i.out_slices = u32(plan_.map(part.out).slices);
    return i;
  }

  // What load and store move of a map: rows of all its columns, `pitch` bytes apart in DRAM from `address` on.
  void rows_of_map(TransferInstruction& i, const View& view, TransferForm form, std::uint32_t origin,
                   std::uint32_t address, std::int64_t row, std::int64_t pitch) const {
    const Map& map = plan_.map(view);
    i.form = u32(form);
    i.run_bytes = u32(row);
    i.dram_stride = u32(pitch);
    i.dram_address = address + u32(pitch) * u32(op_.row);
    i.runs = u32(op_.rows);
    i.row = u32(op_.row);
    i.height = u32(map.height);
    i.width = u32(map.width);
    if (form == TransferForm::binary) {
      i.buffer = u32(BufferId::act_binary);
      i.buffer_address = origin;
      i.map_slices = u32(std::int64_t{map.slices} * map.planes);
      i.first = u32(view.first / m());
      i.slices = u32(map.planes > 1 ? std::int64_t{map.slices} * map.planes : ceil_divide(view.lanes.slices, m()));
      return;
    }
    i.buffer = u32(BufferId::act_fixed);
    i.buffer_address = fixed_word(origin, view, 0, 0);
    i.map_slices = u32(map.slices);
    i.slices = form == TransferForm::stem ? 1 : u32(view.lanes.slices);
    i.bytes_log2 = u32(log2_bytes(map.bytes));
  }

  Instruction load() const {
    const LoadPart& part = std::get<LoadPart>(node_.work);
    const bool from_host = !part.spill.exists();
    LoadInstruction i;
    const std::int64_t pitch = row_pitch(plan_, part);
    const int height = plan_.network->tensor(plan_.network->input_tensor).height;
    const std::uint32_t address = from_host ? u32(node_.image * height * pitch) : plan_.spills[part.spill].address;
    rows_of_map(i, part.view, part.form, written_origin(part.view), address + part.patch.offset, row_bytes(plan_, part),
                pitch);
    i.dram_base = u32(from_host ? DramBase::input : DramBase::output);
    i.sync.layer = u32(node_.row.value());
    if (part.form == TransferForm::stem) {
      i.in_width = u32(part.pixels);
      i.pad_left = u32(part.pad_left);
      i.fill = u32(part.fill);
    }
    return i;
  }

  Instruction store() const {
    const StorePart& part = std::get<StorePart>(node_.work);
    StoreInstruction i;
    rows_of_map(i, part.view, plan_.map(part.view).binary ? TransferForm::binary : TransferForm::fixed,
                read_origin(part.view), part.address + part.patch.offset, row_bytes(plan_, node_, part),
                row_pitch(plan_, node_, part));
    const Corner at = meeting(plan_, node_, part.view);
    if (goes_row_by_row(plan_, node_)) {  // columns of a row, as a map of their own
      i.buffer_address = fixed_word(read_origin(part.view), part.view, op_.row + at.row, 0, at.column);
      i.row = 0;
      i.height = 1;
      i.width = u32(node_.width);
    } else {
      i.row += u32(at.row);
    }
    i.dram_base = u32(DramBase::output);
    i.sync.layer = u32(node_.row.value());
    return i;
  }

  Instruction constants() const {
    const Block& block = plan_.blocks[op_.block];
    LoadInstruction i;
    i.form = u32(TransferForm::linear);
    i.dram_base = u32(DramBase::program);
    i.dram_address = u32(block.dram);
    i.run_bytes = u32(block.words * dram_word_bytes(*plan_.machine, buffer_id(block.space)));
    i.runs = 1;
    i.buffer = u32(buffer_id(block.space));
    i.buffer_address = block.address;
    i.sync.layer = u32(node_.row.value());
    return i;
  }

  const Plan& plan_;
  const TileOp& op_;
  const Node& node_;
};

template <class I, class Fields>
void check_table(const Plan& plan, const TileOp& op, const I& i, const Fields& fields) {
  for (const auto& field : fields) {
    const std::uint64_t value = i.*(field.member);
    if (value <= field.maximum()) continue;
    throw DiagnosticError(
        "not-lowerable", Place{{}, 0, plan.row_name(RowId(i.sync.layer))},
        fmt::format("{} instruction: {} ({}) is {}, an instruction holds at most {}", name(op.unit), field.name,
                    field.sentence, value, field.maximum()),
        fmt::format("no setting of the platform changes that: export the network with {} of {} at most", field.sentence,
                    field.maximum()));
  }
}

}  // namespace

std::int64_t dram_word_bytes(const MachineParameters& machine, BufferId buffer) {
  const std::int64_t bus = machine.memory.bus_bytes();
  return ceil_divide(ceil_divide(machine.buffer(buffer).width, 8), bus) * bus;
}

namespace {

// Of a row of so many columns of a view's slices, in whole bus words.
std::int64_t row_of_map(const Plan& plan, const View& view, int columns) {
  const Map& map = plan.map(view);
  const std::int64_t bus = plan.machine->memory.bus_bytes();
  std::int64_t pixel = std::int64_t{view.lanes.slices} * map.bytes * slice_channels;
  if (map.binary) {
    const std::int64_t cells =
        map.planes > 1 ? std::int64_t{map.slices} * map.planes : ceil_divide(view.lanes.slices, plan.cell_slices());
    pixel = cells * 2 * plan.cell_slices();
  }
  return ceil_divide(columns * pixel, bus) * bus;
}

}  // namespace

std::int64_t row_bytes(const Plan& plan, const LoadPart& part) {
  if (part.form != TransferForm::stem) return row_of_map(plan, part.view, plan.map(part.view).width);
  // The engine writes a word for each pixel slot of the run (units/transfer/instruction.h): filler makes up for the
  // rest.
  const std::int64_t bus = plan.machine->memory.bus_bytes();
  return ceil_divide(4 * std::int64_t{std::max({part.pixels, plan.map(part.view).width, part.pad_left + 1, 4})}, bus) *
         bus;
}

std::int64_t row_bytes(const Plan& plan, const Node& node, const StorePart& part) {
  return row_of_map(plan, part.view, node.width);
}

std::int64_t row_pitch(const Plan& plan, const LoadPart& part) {
  return part.patch.pitch != 0 ? std::int64_t{part.patch.pitch} : row_bytes(plan, part);
}

std::int64_t row_pitch(const Plan& plan, const Node& node, const StorePart& part) {
  return part.patch.pitch != 0 ? std::int64_t{part.patch.pitch} : row_bytes(plan, node, part);
}

Instruction build(const Plan& plan, const TileOp& op) { return Builder(plan, op).run(); }

bool fields_fit(const Instruction& instruction) {
  return std::visit([](const auto& i) { return all_fields_fit(i); }, instruction);
}

void check_fields(const Plan& plan, const TileOp& op, const Instruction& instruction) {
  if (fields_fit(instruction)) return;
  std::visit([&](const auto& i) { check_table(plan, op, i, fields_of(&i)); }, instruction);
}

}  // namespace blendsim::compiler
