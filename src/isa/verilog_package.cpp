// SPDX-License-Identifier: Apache-2.0
#include "isa/verilog_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "base/diagnostic.h"
#include "isa/fields.h"
#include "units/buffer/layout.h"
#include "units/post_unit/record.h"

namespace blendsim {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
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
  void choices(std::string_view prefix, std::span<const std::string_view> names) {
    for (std::size_t i = 0; i < names.size(); ++i)
      constant(fmt::format("{}_{}", prefix, upper(names[i])), static_cast<std::int64_t>(i));
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

template <class U>
void write_instruction(PackageWriter& w) {
  std::vector<StructMember> members = {{"opcode", opcode_bits, "unit"},
                                       {"words_behind", length_bits, "words that follow the first"}};
  for (const LinkMask& mask : link_masks)
    members.push_back({mask.name, std::popcount(links_of<Units, U>), mask.sentence});
  append(members, synchronisation_fields);
  append(members, U::fields);
  write_struct(w, fmt::format("{}_instruction", U::layout), members, 0);
}

// A packed constant with `bits` for each unit, the first unit's lowest.
void write_by_unit(PackageWriter& w, std::string_view name, int bits,
                   const std::array<std::uint64_t, unit_count>& values, std::string_view comment) {
  std::string list;
  for (auto value = values.rbegin(); value != values.rend(); ++value)
    list += fmt::format("{}{}'d{}", list.empty() ? "" : ", ", bits, *value);
  w.line(fmt::format("localparam logic [{}:0] {} = {{{}}};  // {}", bits * unit_count - 1, name, list, comment));
}

void write_units(PackageWriter& w, const MachineParameters& m) {
  for (const UnitId unit : all_units) w.constant("UNIT_" + upper(name(unit)), index(unit));
  w.constant("UNITS", unit_count);
  w.constant("OPCODE_END", end_opcode);
  std::array<std::uint64_t, unit_count> linked{}, built{}, memory{}, in_flight{};
  Units::for_each([&]<class U>() {
    const auto u = static_cast<std::size_t>(index(U::id));
    linked[u] = links_of<Units, U>;
    built[u] = has_unit(U::id, m) ? 1 : 0;
    memory[u] = is_memory_unit(U::id) ? 1 : 0;
    if constexpr (ComputeDescriptor<U>) in_flight[u] = static_cast<std::uint64_t>((m.*(U::member)).depth);
    else in_flight[u] = static_cast<std::uint64_t>((m.*(U::member)).outstanding + 1);
  });
  write_by_unit(w, "UNITS_LINKED", unit_count, linked, "a unit's links: bit v with unit v");
  write_by_unit(w, "UNITS_BUILT", 1, built, "units that there are: a platform may leave one out");
  write_by_unit(w, "UNITS_MEMORY", 1, memory, "units that move data between DRAM and buffers");
  write_by_unit(w, "UNITS_IN_FLIGHT", 32, in_flight, "most instructions of a unit between start and end");
  w.line();
}

void write_parameters(PackageWriter& w, const MachineParameters& m) {
  w.parameters("control", control_parameters, m.control);
  w.parameters("dispatcher", dispatcher_parameters, m.dispatcher);
  Units::for_each([&]<class U>() {
    for (const auto& row : U::parameters) {
      if (!row.choices.empty()) w.choices(fmt::format("{}_{}", upper(U::name), upper(row.name)), row.choices);
    }
    w.parameters(U::name, U::parameters, m.*(U::member));
  });
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
    w.constant(fmt::format("{}_ADDRESS_BITS", upper(group)), std::bit_width(words - 1),
               "of an address through all regions");
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
  w.constant("OPCODE_BITS", opcode_bits);
  w.constant("LENGTH_BITS", length_bits);
  w.constant("HEADER_BITS", header_bits, "the masks of links follow, then the fence");
  w.constant("ENTRY_BITS", entry_bits_of<Units>, "of a queue's entry");
  w.line();
  std::map<std::string_view, int> written;  // bits of each layout: load and store share one
  Units::for_each([&]<class U>() {
    const auto [entry, is_new] = written.try_emplace(U::layout, synchronisation_bits<Units, U>);
    if (is_new) write_instruction<U>(w);
    else if (entry->second != synchronisation_bits<Units, U>)
      throw InvariantError("package",
                           fmt::format("{} cannot share the layout {}: it has other links", U::name, U::layout));
  });
}

}  // namespace

std::string verilog_package(const MachineParameters& machine, std::string_view title) {
  std::string heading(title);
  std::replace_if(
      heading.begin(), heading.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  PackageWriter w;
  write_units(w, machine);
  write_parameters(w, machine);
  write_buffers(w, machine);
  write_layout(w);
  write_records(w);
  write_instructions(w);
  return fmt::format(
      "// SPDX-License-Identifier: Apache-2.0\n"
      "// {}\n"
      "// Written by `blendsim rtl` from the tables of parameters and instruction fields: change those, not this "
      "file.\n"
      "package blendsim_pkg;\n\n"
      "  // A package serves several tops: none of them uses all of it.\n"
      "  /* verilator lint_off UNUSEDPARAM */\n\n"
      "{}"
      "  /* verilator lint_on UNUSEDPARAM */\n\n"
      "endpackage\n",
      heading, w.text());
}

}  // namespace blendsim
