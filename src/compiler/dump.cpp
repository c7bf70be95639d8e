// SPDX-License-Identifier: Apache-2.0
#include "compiler/dump.h"

#include <fmt/format.h>

namespace blendsim::compiler {
namespace {

std::string view_text(const Plan& plan, const View& view) {
  if (!view.exists()) return "-";
  const Map& map = plan.map(view);
  const std::string part = view.first != 0 ? fmt::format(" from slice {}", view.first) : "";
  return fmt::format("map {} ({} '{}'){}", view.map.value(), map.binary ? "binary" : "fixed", map.name, part);
}

std::string operand_text(const Plan& plan, const Stage& stage, const Operand& o) {
  if (o.conv.exists()) return fmt::format("accumulators of {}", plan.layer(stage.convs[o.conv].layer).name);
  return (o.one_pixel ? "one pixel, " : "") + view_text(plan, o.map);
}

std::string operation_text(const Plan& plan, const TileOp& op) {
  return fmt::format("{} {} rows {}+{}{}", name(op.unit), plan.row_name(plan.nodes[op.node].row), op.row, op.rows,
                     op.kind == TileOp::Kind::constants ? " constants"
                     : op.again > 0                     ? " again"
                                                        : "");
}

std::string words_text(const std::string& title, std::uint64_t address, const std::vector<Word>& words) {
  std::string text = fmt::format("{} at {}: {} words\n", title, address, words.size());
  std::size_t w = 0;
  for (const Instruction& instruction : decode(words)) {
    text += fmt::format("{:6} {:016x}{:016x} {}\n", w, words[w].high, words[w].low, disassemble(instruction));
    w += static_cast<std::size_t>(encoded_words(instruction));
  }
  return text;
}

}  // namespace

std::string dump_assign(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const LayerId l : layers_of(*plan.network)) {
    if (!plan.reasons[l].empty()) text += fmt::format("{}: {}\n", plan.layer(l).name, plan.reasons[l]);
  }
  for (const TensorId t : plan.assignment.needs.keys()) {
    const Needs& n = plan.assignment.needs[t];
    if (n.fixed || n.binary)
      text += fmt::format("tensor '{}':{}{}\n", plan.network->tensor(t).name, n.fixed ? " fixed" : "",
                          n.binary ? " binary" : "");
  }
  return text;
}

std::string dump_place(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const NodeId n : plan.nodes.keys()) {
    const Node& node = plan.nodes[n];
    text += fmt::format("node {} {}: {} x {}", n.value(), plan.row_name(node.row), node.height, node.width);
    if (const auto* input = std::get_if<LoadPart>(&node.work))
      text += fmt::format(", loads {}\n", view_text(plan, input->view));
    else if (const auto* output = std::get_if<StorePart>(&node.work))
      text += fmt::format(", stores {}\n", view_text(plan, output->view));
    else if (const auto* pool = std::get_if<PoolPart>(&node.work))
      text += fmt::format(", pools {} to {}\n", view_text(plan, pool->in), view_text(plan, pool->out));
    else if (const auto* turn = std::get_if<TransposePart>(&node.work))
      text += fmt::format(", transposes {} to {}\n", view_text(plan, turn->in), view_text(plan, turn->out));
    else {
      const Stage& stage = std::get<Stage>(node.work);
      text += fmt::format(", {} slices\n", stage.lanes.slices);
      for (const ConvPart& part : stage.convs) {
        text += fmt::format("  {} {} reads {}\n", part.choice.xnor ? "xnor_array" : "mac_array",
                            plan.layer(part.layer).name, view_text(plan, part.source));
      }
      for (const PostPart& part : stage.posts) {
        text += fmt::format(
            "  post_unit {} reads {}{}, writes {} and {}{}\n", plan.row_name(row_of(part.layer)),
            operand_text(plan, stage, part.a),
            part.b.conv.exists() || part.b.map.exists()
                ? (part.work != nullptr && part.work->product ? " times " : " and ") + operand_text(plan, stage, part.b)
                : "",
            view_text(plan, part.fixed), view_text(plan, part.bits), part.table != nullptr ? ", by a table" : "");
      }
    }
  }
  return text;
}

std::string dump_spill(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const NodeId n : plan.nodes.keys()) {
    const Node& node = plan.nodes[n];
    text += fmt::format("node {} {}: segment {}", n.value(), plan.row_name(node.row), node.segment);
    if (node.widest > 0) {
      text += fmt::format(", rows {} to {} and columns {} to {}", node.corner.row, node.corner.row + node.height - 1,
                          node.corner.column, node.corner.column + node.width - 1);
    }
    const auto* load = std::get_if<LoadPart>(&node.work);
    const auto* store = std::get_if<StorePart>(&node.work);
    if (load != nullptr) {
      text += fmt::format(", loads {} from {}", view_text(plan, load->view),
                          load->spill.exists()
                              ? fmt::format("byte {}", plan.spills[load->spill].address + load->patch.offset)
                              : "the input");
    }
    if (store != nullptr)
      text += fmt::format(", stores {} to byte {}", view_text(plan, store->view), store->address + store->patch.offset);
    text += "\n";
  }
  return text;
}

std::string dump_images(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text = fmt::format("images: {}, in flight: {}\n", plan.images, plan.in_flight);
  for (const NodeId n : plan.nodes.keys()) {
    const Node& node = plan.nodes[n];
    text += fmt::format("node {} {}: image {}, phase {}", n.value(), plan.row_name(node.row), node.image, node.phase);
    text += node.original.exists() ? fmt::format(", as node {}\n", node.original.value()) : "\n";
  }
  return text;
}

std::string dump_split(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const MapId m : plan.maps.keys()) {
    const Map& map = plan.maps[m];
    text += fmt::format("map {} {} '{}': {} rows", m.value(), map.binary ? "binary" : "fixed", map.name, map.height);
    text += map.bands == 1
                ? "\n"
                : fmt::format(" in {} bands of {}, and {} of the band before\n", map.bands, map.band_rows, map.overlap);
  }
  return text;
}

std::string dump_tile(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const NodeId n : plan.nodes.keys()) {
    const Node& node = plan.nodes[n];
    text += fmt::format("node {} {}: {} of {} rows a tile", n.value(), plan.row_name(node.row), node.rows, node.height);
    text += node.chunks > 1 ? fmt::format(", {} chunks of {} slices\n", node.chunks, node.chunk) : "\n";
  }
  return text;
}

std::string dump_depend(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const OpId o : plan.ops.keys()) {
    std::string before;
    for (const OpId b : plan.dependencies.before_of(o))
      before += fmt::format("{}{}", before.empty() ? " follows " : ", ", b.value());
    text += fmt::format("{:5} {}{}\n", o.value(), operation_text(plan, plan.ops[o]), before);
  }
  return text;
}

std::string dump_schedule(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text = fmt::format("order {}: {} operations, about {} cycles by the laws\n", plan.priority,
                                 plan.ops.size(), plan.estimate);
  for (const TileOp& op : plan.ops) text += operation_text(plan, op) + "\n";
  return text;
}

std::string dump_allocate(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const MapId m : plan.maps.keys()) {
    const Map& map = plan.maps[m];
    text += fmt::format("map {} {} '{}': region {}, addresses {} to {}\n", m.value(), map.binary ? "binary" : "fixed",
                        map.name, map.region, map.base, map.base + map.size() - 1);
  }
  for (const Block& block : plan.blocks) {
    text += fmt::format("constants of node {}, chunk {} in {}: addresses {} to {}, DRAM {}, {}\n", block.node.value(),
                        block.chunk, name(buffer_id(block.space)), block.address, block.address + block.words - 1,
                        block.dram, !block.use.exists() ? "resident" : "streamed");
  }
  return text;
}

std::string dump_instructions(const Compilation& c) {
  const Plan& plan = c.plan;
  std::string text;
  for (const OpId i : plan.instructions.keys())
    text += fmt::format("{:5} {}\n", i.value(), disassemble(plan.instructions[i]));
  return text;
}

std::string dump_emit(const Compilation& c) {
  const Program& program = c.program;
  std::string text =
      fmt::format("dram: program {} bytes, input {}, output {}; instructions {}\n", program.program_bytes,
                  program.input_bytes, program.output_bytes, program.resident ? "resident" : "fetched from DRAM");
  for (const DramSegment& segment : program.segments)
    text += fmt::format("segment at {}: {} bytes\n", segment.address, segment.bytes.size());
  for (std::size_t l = 0; l < program.layers.size(); ++l)
    text +=
        fmt::format("layer {} {}: {} on {}\n", l, program.layers[l].name, program.layers[l].op, program.layers[l].unit);
  for (const std::string& note : program.notes) text += fmt::format("note: {}\n", note);
  return text + words_text("init", program.init_address, program.init) +
         words_text("main", program.main_address, program.main);
}

std::string dump_verify(const Compilation& c) {
  return fmt::format("program {} is legal and computes what the network says\n", c.program.digest());
}

}  // namespace blendsim::compiler
