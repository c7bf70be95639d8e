// SPDX-License-Identifier: Apache-2.0
// lane_turn: byte n of `out` is byte (n + BY * select) mod 16 of `in`: one of four, a LUT6 a bit.
module lane_turn #(
    parameter int BY = 1
) (
    input  logic [1:0]   select,
    input  logic [127:0] in,
    output logic [127:0] out
);
  generate
    for (genvar n = 0; n < 16; n = n + 1) begin : lane
      multiplexer #(.COUNT(4), .WIDTH(8)) choice (
          .select(select),
          .words({in[8*((n+3*BY)%16)+:8], in[8*((n+2*BY)%16)+:8], in[8*((n+BY)%16)+:8], in[8*n+:8]}), .word(out[8*n+:8]));
    end
  endgenerate
endmodule
