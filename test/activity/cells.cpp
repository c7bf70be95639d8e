// SPDX-License-Identifier: Apache-2.0
#include "cells.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace blendsim::activity {
namespace {

constexpr std::array<Pin, 1> one_input = {{{"I"}}}, one_output = {{{"O"}}}, lut1_inputs = {{{"I0"}}},
                             register_output = {{{"Q"}}};
constexpr std::array<Pin, 2> lut2_inputs = {{{"I0"}, {"I1"}}};
constexpr std::array<Pin, 3> lut3_inputs = {{{"I0"}, {"I1"}, {"I2"}}};
constexpr std::array<Pin, 4> lut4_inputs = {{{"I0"}, {"I1"}, {"I2"}, {"I3"}}};
constexpr std::array<Pin, 5> lut5_inputs = {{{"I0"}, {"I1"}, {"I2"}, {"I3"}, {"I4"}}};
constexpr std::array<Pin, 6> lut6_inputs = {{{"I0"}, {"I1"}, {"I2"}, {"I3"}, {"I4"}, {"I5"}}};
constexpr std::array<Pin, 2> lut6_2_outputs = {{{"O6"}, {"O5"}}};
constexpr std::array<Pin, 3> muxf_inputs = {{{"I0"}, {"I1"}, {"S"}}};
constexpr std::array<Pin, 4> carry4_inputs = {{{"CI", 1, true}, {"CYINIT"}, {"DI", 4}, {"S", 4}}};
constexpr std::array<Pin, 2> carry4_outputs = {{{"O", 4}, {"CO", 4}}};
constexpr std::array<Pin, 4> carry8_inputs = {{{"CI", 1, true}, {"CI_TOP"}, {"DI", 8}, {"S", 8}}};
constexpr std::array<Pin, 2> carry8_outputs = {{{"O", 8}, {"CO", 8}}};
constexpr std::array<Pin, 3> fdre_inputs = {{{"D"}, {"CE"}, {"R"}}};
constexpr std::array<Pin, 3> fdse_inputs = {{{"D"}, {"CE"}, {"S"}}};
constexpr std::array<Pin, 6> srl16_inputs = {{{"A0"}, {"A1"}, {"A2"}, {"A3"}, {"CE"}, {"D"}}};
constexpr std::array<Pin, 3> srl32_inputs = {{{"A", 5}, {"CE"}, {"D"}}};
constexpr std::array<Pin, 2> srl32_outputs = {{{"Q"}, {"Q31", 1, true}}};

// Memories of LUTs with a port a letter: addresses, then data, then the write enable.
constexpr std::array<Pin, 9> ram32m_inputs = {
    {{"ADDRA", 5}, {"ADDRB", 5}, {"ADDRC", 5}, {"ADDRD", 5}, {"DIA", 2}, {"DIB", 2}, {"DIC", 2}, {"DID", 2}, {"WE"}}};
constexpr std::array<Pin, 4> ram32m_outputs = {{{"DOA", 2}, {"DOB", 2}, {"DOC", 2}, {"DOD", 2}}};
constexpr std::array<Pin, 9> ram64m_inputs = {
    {{"ADDRA", 6}, {"ADDRB", 6}, {"ADDRC", 6}, {"ADDRD", 6}, {"DIA"}, {"DIB"}, {"DIC"}, {"DID"}, {"WE"}}};
constexpr std::array<Pin, 4> ram64m_outputs = {{{"DOA"}, {"DOB"}, {"DOC"}, {"DOD"}}};
constexpr std::array<Pin, 17> ram32m16_inputs = {{{"ADDRA", 5},
                                                  {"ADDRB", 5},
                                                  {"ADDRC", 5},
                                                  {"ADDRD", 5},
                                                  {"ADDRE", 5},
                                                  {"ADDRF", 5},
                                                  {"ADDRG", 5},
                                                  {"ADDRH", 5},
                                                  {"DIA", 2},
                                                  {"DIB", 2},
                                                  {"DIC", 2},
                                                  {"DID", 2},
                                                  {"DIE", 2},
                                                  {"DIF", 2},
                                                  {"DIG", 2},
                                                  {"DIH", 2},
                                                  {"WE"}}};
constexpr std::array<Pin, 8> ram32m16_outputs = {
    {{"DOA", 2}, {"DOB", 2}, {"DOC", 2}, {"DOD", 2}, {"DOE", 2}, {"DOF", 2}, {"DOG", 2}, {"DOH", 2}}};
constexpr std::array<Pin, 17> ram64m8_inputs = {{{"ADDRA", 6},
                                                 {"ADDRB", 6},
                                                 {"ADDRC", 6},
                                                 {"ADDRD", 6},
                                                 {"ADDRE", 6},
                                                 {"ADDRF", 6},
                                                 {"ADDRG", 6},
                                                 {"ADDRH", 6},
                                                 {"DIA"},
                                                 {"DIB"},
                                                 {"DIC"},
                                                 {"DID"},
                                                 {"DIE"},
                                                 {"DIF"},
                                                 {"DIG"},
                                                 {"DIH"},
                                                 {"WE"}}};
constexpr std::array<Pin, 8> ram64m8_outputs = {
    {{"DOA"}, {"DOB"}, {"DOC"}, {"DOD"}, {"DOE"}, {"DOF"}, {"DOG"}, {"DOH"}}};

constexpr std::array<Pin, 7> dsp_inputs = {
    {{"A", 30}, {"B", 18}, {"C", 48}, {"D", 27}, {"OPMODE", 9}, {"ALUMODE", 4}, {"PCIN", 48, true}}};
constexpr std::array<Pin, 2> dsp_outputs = {{{"P", 48}, {"PCOUT", 48, true}}};

// Ports in the order of the names in UG573: A reads and B writes where a memory has a port for each.
constexpr std::array<Pin, 10> ramb18_inputs = {{{"ADDRARDADDR", 14},
                                                {"ADDRBWRADDR", 14},
                                                {"DINADIN", 16},
                                                {"DINPADINP", 2},
                                                {"DINBDIN", 16},
                                                {"DINPBDINP", 2},
                                                {"ENARDEN"},
                                                {"ENBWREN"},
                                                {"WEA", 2},
                                                {"WEBWE", 4}}};
constexpr std::array<Pin, 4> ramb18_outputs = {
    {{"DOUTADOUT", 16}, {"DOUTPADOUTP", 2}, {"DOUTBDOUT", 16}, {"DOUTPBDOUTP", 2}}};
constexpr std::array<Pin, 10> ramb36_inputs = {{{"ADDRARDADDR", 15},
                                                {"ADDRBWRADDR", 15},
                                                {"DINADIN", 32},
                                                {"DINPADINP", 4},
                                                {"DINBDIN", 32},
                                                {"DINPBDINP", 4},
                                                {"ENARDEN"},
                                                {"ENBWREN"},
                                                {"WEA", 4},
                                                {"WEBWE", 8}}};
constexpr std::array<Pin, 4> ramb36_outputs = {
    {{"DOUTADOUT", 32}, {"DOUTPADOUTP", 4}, {"DOUTBDOUT", 32}, {"DOUTPBDOUTP", 4}}};

constexpr std::array types = {
    CellType{"BUFG", CellKind::alias, CellClass::alias, one_input, one_output, ""},
    CellType{"IBUF", CellKind::alias, CellClass::alias, one_input, one_output, ""},
    CellType{"OBUF", CellKind::alias, CellClass::alias, one_input, one_output, ""},
    CellType{"INV", CellKind::inverter, CellClass::lut, one_input, one_output, ""},
    CellType{"LUT1", CellKind::lut, CellClass::lut, lut1_inputs, one_output, ""},
    CellType{"LUT2", CellKind::lut, CellClass::lut, lut2_inputs, one_output, ""},
    CellType{"LUT3", CellKind::lut, CellClass::lut, lut3_inputs, one_output, ""},
    CellType{"LUT4", CellKind::lut, CellClass::lut, lut4_inputs, one_output, ""},
    CellType{"LUT5", CellKind::lut, CellClass::lut, lut5_inputs, one_output, ""},
    CellType{"LUT6", CellKind::lut, CellClass::lut, lut6_inputs, one_output, ""},
    CellType{"LUT6_2", CellKind::lut6_2, CellClass::lut, lut6_inputs, lut6_2_outputs, ""},
    CellType{"MUXF7", CellKind::multiplexer, CellClass::lut, muxf_inputs, one_output, ""},
    CellType{"MUXF8", CellKind::multiplexer, CellClass::lut, muxf_inputs, one_output, ""},
    CellType{"MUXF9", CellKind::multiplexer, CellClass::lut, muxf_inputs, one_output, ""},
    CellType{"CARRY4", CellKind::carry4, CellClass::carry, carry4_inputs, carry4_outputs, ""},
    CellType{"CARRY8", CellKind::carry8, CellClass::carry, carry8_inputs, carry8_outputs, ""},
    CellType{"FDRE", CellKind::fdre, CellClass::flip_flop, fdre_inputs, register_output, "C"},
    CellType{"FDSE", CellKind::fdse, CellClass::flip_flop, fdse_inputs, register_output, "C"},
    CellType{"SRL16E", CellKind::srl16, CellClass::shift_register, srl16_inputs, register_output, "CLK"},
    CellType{"SRLC32E", CellKind::srl32, CellClass::shift_register, srl32_inputs, srl32_outputs, "CLK"},
    CellType{"RAM32M", CellKind::lut_ram, CellClass::lut_ram, ram32m_inputs, ram32m_outputs, "WCLK"},
    CellType{"RAM64M", CellKind::lut_ram, CellClass::lut_ram, ram64m_inputs, ram64m_outputs, "WCLK"},
    CellType{"RAM32M16", CellKind::lut_ram, CellClass::lut_ram, ram32m16_inputs, ram32m16_outputs, "WCLK"},
    CellType{"RAM64M8", CellKind::lut_ram, CellClass::lut_ram, ram64m8_inputs, ram64m8_outputs, "WCLK"},
    CellType{"DSP48E2", CellKind::dsp48e2, CellClass::dsp, dsp_inputs, dsp_outputs, "CLK"},
    CellType{"RAMB18E2", CellKind::ramb18e2, CellClass::block_ram, ramb18_inputs, ramb18_outputs, "CLKARDCLK"},
    CellType{"RAMB36E2", CellKind::ramb36e2, CellClass::block_ram, ramb36_inputs, ramb36_outputs, "CLKARDCLK"},
};

int offset_of(std::span<const Pin> pins, std::string_view type, std::string_view name) {
  int offset = 0;
  for (const Pin& pin : pins) {
    if (pin.name == name) return offset;
    offset += pin.width;
  }
  throw std::logic_error(std::string(type) + " has no pin " + std::string(name));
}

}  // namespace

const CellType* find_cell_type(std::string_view name) {
  const auto* found = std::find_if(types.begin(), types.end(), [&](const CellType& type) { return type.name == name; });
  return found == types.end() ? nullptr : found;
}

std::span<const CellType> cell_types() { return types; }

int input_offset(const CellType& type, std::string_view pin) { return offset_of(type.inputs, type.name, pin); }
int output_offset(const CellType& type, std::string_view pin) { return offset_of(type.outputs, type.name, pin); }

int bits_of(std::span<const Pin> pins) {
  int bits = 0;
  for (const Pin& pin : pins) bits += pin.width;
  return bits;
}

}  // namespace blendsim::activity
