// SPDX-License-Identifier: Apache-2.0
#include "power/terms.h"

#include <array>

#include "units/buffer/layout.h"
#include "units/units.h"

namespace blendsim {
namespace {

using M = MachineParameters;
using D = Densities;

constexpr double operand_bits = 8, byte_bits = 8, sum_bits = 32;
constexpr double xnor_bits = dsp_word_bits;

double one(const M&, const D&) { return 1; }
// xnor_array has no term of its steps alone: where no bit differs, its data path stands still.
constexpr std::array terms = {
    Term{"xnor_array", "operand_bit", Action::xnor_word,
         [](const M&, const D& d) { return xnor_bits * d[Distance::xnor_operand]; },
         "a bit of a row's operand toggles"},
    Term{"xnor_array", "weight_bit", Action::xnor_word,
         [](const M&, const D& d) { return xnor_bits * d[Distance::xnor_weight]; }, "a bit of a row's weight toggles"},
    Term{"xnor_array", "xnor_bit", Action::xnor_word,
         [](const M&, const D& d) {
           return xnor_bits * xnor_density(d[Distance::xnor_operand], d[Distance::xnor_weight]);
         },
         "a bit of their XNOR toggles"},
    Term{"xnor_array", "result", Action::xnor_result, one, "a row's sum is written"},
    Term{"xnor_array", "result_bit", Action::xnor_result,
         [](const M&, const D& d) { return sum_bits * d[Distance::xnor_result]; }, "a bit of it toggles"},
    Term{"mac_array", "mac", Action::mac, one, "a multiply-accumulate"},
    Term{"mac_array", "depthwise", Action::mac_depthwise, one, "... of a depthwise step"},
    Term{"mac_array", "activation_bit", Action::mac,
         [](const M&, const D& d) { return operand_bits * d[Distance::mac_activation]; },
         "a bit of a multiplier's activation toggles"},
    Term{"mac_array", "weight_bit", Action::mac,
         [](const M&, const D& d) { return operand_bits * d[Distance::mac_weight]; },
         "a bit of a multiplier's weight toggles"},
    Term{"mac_array", "result", Action::mac_result, one, "a row's sum is written"},
    Term{"mac_array", "result_bit", Action::mac_result,
         [](const M&, const D& d) { return sum_bits * d[Distance::mac_accumulator]; }, "a bit of it toggles"},
    Term{"mac_array", "start", Action::mac_start, one, "an instruction starts"},
    Term{"post_unit", "start", Action::post_start, one, "an instruction starts"},
    Term{"post_unit", "element", Action::post_element, one, "an element passes"},
    Term{"post_unit", "q1", Action::post_q1, one, "... through q1"},
    Term{"post_unit", "q2", Action::post_q2, one, "... through q2"},
    Term{"post_unit", "q3", Action::post_q3, one, "... through q3"},
    Term{"post_unit", "activation", Action::post_activation, one, "... through the activation"},
    Term{"post_unit", "threshold", Action::post_threshold, one, "... is compared with a threshold"},
    Term{"post_unit", "table", Action::post_table, one, "... looks up the table"},
    Term{"post_unit", "product", Action::post_product, one, "... is a product of two factors"},
    Term{"post_unit", "operand_bit", Action::post_element,
         [](const M& m, const D& d) { return static_cast<double>(m.post_unit.operand) * d[Distance::post_operand]; },
         "a bit of an operand toggles"},
    Term{"post_unit", "result_bit", Action::post_element,
         [](const M&, const D& d) { return byte_bits * d[Distance::post_result]; }, "a bit of a result toggles"},
    Term{"pool_unit", "start", Action::pool_start, one, "an instruction starts"},
    Term{"pool_unit", "binary", Action::pool_binary, one, "a tap of packed bits"},
    Term{"pool_unit", "maximum", Action::pool_maximum, one, "a tap of a maximum"},
    Term{"pool_unit", "sum", Action::pool_sum, one, "a tap of a sum"},
    Term{"pool_unit", "operand_bit", Action::pool_element,
         [](const M&, const D& d) { return byte_bits * d[Distance::pool_operand]; }, "a bit of a tap toggles"},
    Term{"transpose_unit", "start", Action::transpose_start, one, "an instruction starts"},
    Term{"transpose_unit", "element", Action::transpose_element, one, "a value passes the memory"},
    Term{"transpose_unit", "operand_bit", Action::transpose_element,
         [](const M&, const D& d) { return byte_bits * d[Distance::transpose_operand]; },
         "a bit of a word read toggles"},
    Term{"transpose_unit", "result_bit", Action::transpose_element,
         [](const M&, const D& d) { return byte_bits * d[Distance::transpose_result]; },
         "a bit of a word written toggles"},
    Term{"load", "start", Action::load_start, one, "an instruction starts"},
    Term{"load", "byte", Action::load_byte, one, "a byte comes"},
    Term{"load", "data_bit", Action::load_byte, [](const M&, const D& d) { return byte_bits * d[Distance::load_data]; },
         "a bit of it differs from the word before"},
    Term{"store", "start", Action::store_start, one, "an instruction starts"},
    Term{"store", "byte", Action::store_byte, one, "a byte goes"},
    Term{"store", "data_bit", Action::store_byte,
         [](const M&, const D& d) { return byte_bits * d[Distance::store_data]; },
         "a bit of it differs from the word before"},
    Term{"dispatcher", "word", Action::dispatch, one, "an instruction word passes"},
    Term{"act_binary", "read_bit", Action::act_binary_read, one, "a bit is read"},
    Term{"act_binary", "data_bit", Action::xnor_word,
         [](const M& m,
            const D& d) { return xnor_bits / static_cast<double>(m.xnor_array.rows) * d[Distance::xnor_operand]; },
         "a bit read differs from the word before"},
    Term{"act_binary", "write_bit", Action::act_binary_write, one, "a bit is written"},
    Term{"act_fixed", "read_bit", Action::act_fixed_read, one, "a bit is read"},
    Term{"act_fixed", "data_bit", Action::mac,
         [](const M& m,
            const D& d) { return operand_bits / static_cast<double>(m.mac_array.rows) * d[Distance::mac_activation]; },
         "a bit read differs from the word before"},
    Term{"act_fixed", "write_bit", Action::act_fixed_write, one, "a bit is written"},
    Term{"weights_binary", "read_bit", Action::weights_binary_read, one, "a bit is read"},
    Term{"weights_binary", "data_bit", Action::xnor_word,
         [](const M&, const D& d) { return xnor_bits * d[Distance::xnor_weight]; },
         "a bit read differs from the word before"},
    Term{"weights_binary", "write_bit", Action::weights_binary_write, one, "a bit is written"},
    Term{"weights_fixed", "read_bit", Action::weights_fixed_read, one, "a bit is read"},
    Term{"weights_fixed", "data_bit", Action::mac,
         [](const M&, const D& d) { return operand_bits * d[Distance::mac_weight]; },
         "a bit read differs from the word before"},
    Term{"weights_fixed", "write_bit", Action::weights_fixed_write, one, "a bit is written"},
    Term{"accumulators", "read_bit", Action::accumulators_read, one, "a bit is read"},
    Term{"accumulators", "data_bit", Action::post_element,
         [](const M&, const D& d) { return sum_bits * d[Distance::post_operand]; },
         "a bit read differs from the word before"},
    Term{"accumulators", "write_bit", Action::accumulators_write, one, "a bit is written"},
    Term{"parameters", "read_bit", Action::parameters_read, one, "a bit is read"},
    Term{"parameters", "write_bit", Action::parameters_write, one, "a bit is written"},
    Term{"instructions", "read_bit", Action::instructions_read, one, "a bit is read"},
    Term{"instructions", "write_bit", Action::instructions_write, one, "a bit is written"},
};

}  // namespace

std::span<const Term> activity_terms() { return terms; }

std::vector<std::string> activity_files() {
  std::vector<std::string> files;
  for (const Term& term : terms) {
    if (term.module == units::XnorArray::name) continue;
    if (files.empty() || files.back() != term.module) files.emplace_back(term.module);
  }
  for (const std::string_view form : xnor_implementations)
    files.push_back(std::string(units::XnorArray::name) + "-" + std::string(form));
  return files;
}

}  // namespace blendsim
