// SPDX-License-Identifier: Apache-2.0
// Adds three numbers modulo 2^WIDTH in one carry chain: a row of full adders, then their sums and carries. Written out because
// synthesis makes more of `a + b + c` than it needs.
module add3 #(
    parameter int WIDTH = 32
) (
    input  logic [WIDTH-1:0] a,
    input  logic [WIDTH-1:0] b,
    input  logic [WIDTH-1:0] c,
    output logic [WIDTH-1:0] sum
);
  logic [WIDTH-2:0] carries;
  assign carries = (a[WIDTH-2:0] & b[WIDTH-2:0]) | (c[WIDTH-2:0] & (a[WIDTH-2:0] | b[WIDTH-2:0]));
  assign sum = (a ^ b ^ c) + {carries, 1'b0};
endmodule
