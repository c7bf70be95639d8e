// SPDX-License-Identifier: Apache-2.0
// How many of two pairs of bits agree (or, with use_and, are both 1): one LUT of five inputs and two outputs. Written out
// because synthesis does not pair two functions into a LUT by itself.
module gated_pair (
    input  logic [1:0] operand,
    input  logic [1:0] weights,
    input  logic       use_and,
    output logic [1:0] count
);
`ifdef SYNTHESIS
  // Entry n, n = {use_and, weights[1], operand[1], weights[0], operand[0]}: of O6, I5 being 1, the count's upper bit, of O5
  // the lower one.
  LUT6_2 #(.INIT(64'h80009009_78886996)) lut (
      .I0(operand[0]), .I1(weights[0]), .I2(operand[1]), .I3(weights[1]), .I4(use_and), .I5(1'b1), .O5(count[0]), .O6(count[1])
  );
`else
  logic [1:0] gates;
  assign gates = use_and ? operand & weights : operand ~^ weights;
  assign count = {1'b0, gates[1]} + {1'b0, gates[0]};
`endif
endmodule
