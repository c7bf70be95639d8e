// SPDX-License-Identifier: Apache-2.0
// A program with every member filled, for the container's tests.
#pragma once

#include "isa/program.h"

namespace blendsim::test {

inline Program full_program() {
  Program p;
  p.network = "tiny";
  p.network_digest = "00ff";
  p.platform_yaml = "name: tiny\n";
  p.platform_digest = "11ee";
  LoadInstruction load;
  load.run_bytes = 32;
  load.runs = 1;
  encode(load, p.init);
  encode_end(p.init);
  XnorInstruction xnor;
  xnor.rows = 3;
  xnor.weights = 77;
  encode(xnor, p.main);
  encode_end(p.main);
  p.resident = false;
  p.segments = {{0, {1, 2, 3}}, {64, {9}}};
  p.program_bytes = 128;
  p.input_bytes = 64;
  p.output_bytes = 32;
  p.main_address = 48;
  p.init_address = 80;
  const TensorView view{"conv_out", TensorView::Place::act_binary, Format::bipolar(), 20, 4, 5, 6, 7, 1, 1, 2, 3};
  p.layers = {{"input", "Input", {}, "load", 0, false, {}},
              {"conv", "Conv", {"Conv_0", "Sign_1"}, "xnor_array", 1234, true, {view, view}}};
  p.input = {"x", TensorView::Place::dram, Format::unsigned_bits(8), 3, 4, 5, 0, 1, 0, 1, 1, 0};
  p.input_form = TransferForm::stem;
  p.input_row_bytes = 32;
  HostOp scale;
  scale.kind = HostOp::Kind::quantize;
  scale.node = "Quant_0";
  scale.operand = {{2}, {0.5F, -1.25F}};
  scale.shape = {1, 3};
  scale.scale = 0.125F;
  scale.zero_point = -3;
  scale.lo = -128;
  scale.hi = 127;
  scale.rounding = "FLOOR";
  scale.saturate_first = false;
  scale.count = 5;
  scale.output = 1;
  scale.keep_dimensions = false;
  p.host_input = {"x", {1, 3, 4, 5}, {scale}, Format::unsigned_bits(8), 3, 4, 5};
  p.outputs = {{"y", TensorView::Place::dram, Format::signed_bits(32), 8, 1, 1, 0, 1, 0, 4, 1, 0}};
  p.host_outputs = {{"y", {1, 8}, {HostOp{}}, 8, 1, 1}};
  for (int b = 0; b < buffer_count; ++b) p.buffers.push_back({100 + b});
  p.notes = {"a note", ""};
  return p;
}

}  // namespace blendsim::test
