// SPDX-License-Identifier: Apache-2.0
#include "isa/verilog_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include "isa/fields.h"
#include "units/buffer/layout.h"
#include "units/post_unit/record.h"

namespace blendsim {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

class PackageWriter {
 public:
  void line(std::string_view text = {}) { out_ += fmt::format("{}{}\n", text.empty() ? "" : "  ", text); }

  void constant(std::string_view name, std::int64_t value, std::string_view comment = {}) {
    const std::string note = comment.empty() ? "" : fmt::format("  // {}", comment);
    line(fmt::format("localparam int {} = {};{}", name, value, note));
  }

  // One localparam a row; the choices of an enumeration come before it. A row that can exceed an int is 64 bits wide.
  template <class S, std::size_t N>
  void parameters(std::string_view group, const std::array<Parameter<S>, N>& rows, const S& values) {
    const std::string prefix = upper(group);
    for (const Parameter<S>& row : rows) {
      const std::string name = fmt::format("{}_{}", prefix, upper(row.name));
      const std::string_view unit = unit_name(row.unit);
      const std::string comment = unit.empty() ? std::string(row.sentence) : fmt::format("{} [{}]", row.sentence, unit);
      if (row.maximum > std::numeric_limits<std::int32_t>::max()) {
        line(fmt::format("localparam logic [63:0] {} = 64'd{};  // {}", name, values.*(row.member), comment));
      } else {
        constant(name, values.*(row.member), comment);
      }
    }
    line();
  }

  // The values that an enumerated parameter can have.
  template <std::size_t N>
  void choices(std::string_view prefix, const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) constant(fmt::format("{}_{}", prefix, upper(names[i])), static_cast<std::int64_t>(i));
  }

  [[nodiscard]] std::string text() const { return out_; }

 private:
  std::string out_;
};

struct StructMember {
  std::string_view name;
  int bits;
  std::string_view sentence;
};

template <class Fields>
void append(std::vector<StructMember>& members, const Fields& fields) {
  for (const auto& field : fields) members.push_back({field.name, field.bits, field.sentence});
}

// SystemVerilog lists a packed struct from its most significant member; tables begin at bit 0.
void write_struct(PackageWriter& w, std::string_view name, const std::vector<StructMember>& members, int offset) {
  int bits = 0;
  for (const StructMember& member : members) bits += member.bits;
  w.constant(fmt::format("{}_BITS", upper(name)), bits);
  w.line("typedef struct packed {");
  int high = offset + bits;
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    const std::string range = member->bits == 1 ? "" : fmt::format("[{}:0] ", member->bits - 1);
    w.line(fmt::format("  logic {}{};  // bit {}: {}", range, member->name, high - member->bits, member->sentence));
    high -= member->bits;
  }
  w.line(fmt::format("}} {}_t;", name));
  w.line();
}

template <class Fields>
void write_instruction(PackageWriter& w, std::string_view unit, const Fields& fields) {
  std::vector<StructMember> members = {{"opcode", opcode_bits, "unit"}, {"two_words", 1, "a second word follows"}};
  append(members, synchronisation_fields);
  append(members, fields);
  write_struct(w, fmt::format("{}_instruction", unit), members, 0);
}

void write_units(PackageWriter& w) {
  for (const UnitId unit : all_units) w.constant("UNIT_" + upper(name(unit)), index(unit));
  w.constant("UNITS", unit_count);
  w.constant("OPCODE_END", end_opcode);
  w.line();
}

void write_parameters(PackageWriter& w, const MachineParameters& m) {
  w.parameters("control", control_parameters, m.control);
  w.parameters("dispatcher", dispatcher_parameters, m.dispatcher);
  w.parameters("load", transfer_parameters, m.load);
  w.parameters("store", transfer_parameters, m.store);
  w.choices("XNOR_ARRAY_IMPLEMENTATION", xnor_implementations);
  w.parameters("xnor_array", xnor_array_parameters, m.xnor_array);
  w.parameters("mac_array", mac_array_parameters, m.mac_array);
  w.parameters("post_unit", post_unit_parameters, m.post_unit);
  w.parameters("pool_unit", pool_unit_parameters, m.pool_unit);
  w.parameters("memory", memory_parameters, m.memory);
}

void write_buffers(PackageWriter& w, const MachineParameters& m) {
  for (int b = 0; b < buffer_count; ++b) w.constant("BUFFER_ID_" + upper(buffer_names[static_cast<std::size_t>(b)]), b);
  w.constant("BUFFERS", buffer_count);
  w.choices("BUFFER_KIND", memory_kinds);
  w.line();
  for (int b = 0; b < buffer_count; ++b) {
    const BufferParameters& buffer = m.buffers[static_cast<std::size_t>(b)];
    const std::string group = fmt::format("buffer_{}", buffer_names[static_cast<std::size_t>(b)]);
    const auto words = static_cast<std::uint64_t>(buffer.regions * buffer.depth);
    w.constant(fmt::format("{}_ADDRESS_BITS", upper(group)), std::bit_width(words - 1), "of an address through all regions");
    w.parameters(group, buffer_parameters, buffer);
  }
}

void write_layout(PackageWriter& w) {
  w.constant("SLICE_CHANNELS", slice_channels, "channels of a slice");
  w.constant("BINARY_BANKS", binary_banks, "banks of act_binary");
  w.constant("DSP_WORD_BITS", dsp_word_bits, "operand bits of one XNOR word");
  w.constant("CELLS_PER_OPERAND", cells_per_operand, "cells that xnor_array reads in a cycle");
  w.constant("XNOR_ACCUMULATOR_REGION", xnor_accumulator_region);
  w.constant("MAC_ACCUMULATOR_REGION", mac_accumulator_region);
  w.constant("POST_PARAMETER_REGION", post_parameter_region);
  w.constant("XNOR_START_REGION", xnor_start_region);
  w.constant("MAC_START_REGION", mac_start_region);
  w.line();
}

template <class Layout>
void write_layout_of(PackageWriter& w, std::string_view group, const Layout& layout) {
  for (const RecordField& field : layout) {
    const std::string name = fmt::format("POST_RECORD_{}_{}", upper(group), upper(field.name));
    w.constant(name, field.first, field.sentence);
    w.constant(name + "_BITS", field.bits);
  }
  w.constant(fmt::format("POST_RECORD_{}_BITS", upper(group)), bits_of(layout), "of a lane in its group");
}

// What lies where in post_unit's parameter records.
void write_records(PackageWriter& w) {
  write_layout_of(w, "quantiser", quantiser_layout);
  write_layout_of(w, "activation", activation_layout);
  write_layout_of(w, "threshold", threshold_layout);
  w.line();
}

void write_instructions(PackageWriter& w) {
  w.constant("INSTRUCTION_WORD_BITS", word_bits);
  w.constant("SYNCHRONISATION_OFFSET", header_bits, "its bit 0 in an instruction");
  std::vector<StructMember> synchronisation;
  append(synchronisation, synchronisation_fields);
  write_struct(w, "synchronisation", synchronisation, header_bits);
  write_instruction(w, "transfer", transfer_fields);
  write_instruction(w, "xnor_array", xnor_fields);
  write_instruction(w, "mac_array", mac_fields);
  write_instruction(w, "post_unit", post_fields);
  write_instruction(w, "pool_unit", pool_fields);
}

}  // namespace

std::string verilog_package(const MachineParameters& machine, std::string_view title) {
  std::string heading(title);
  std::replace_if(heading.begin(), heading.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  PackageWriter w;
  write_units(w);
  write_parameters(w, machine);
  write_buffers(w, machine);
  write_layout(w);
  write_records(w);
  write_instructions(w);
  return fmt::format(
      "// SPDX-License-Identifier: Apache-2.0\n"
      "// {}\n"
      "// Written by `blendsim rtl` from the tables of parameters and instruction fields: change those, not this file.\n"
      "package blendsim_pkg;\n\n"
      "  // A package serves several tops: none of them uses all of it.\n"
      "  /* verilator lint_off UNUSEDPARAM */\n\n"
      "{}"
      "  /* verilator lint_on UNUSEDPARAM */\n\n"
      "endpackage\n",
      heading, w.text());
}

}  // namespace blendsim
