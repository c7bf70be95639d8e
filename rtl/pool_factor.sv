// SPDX-License-Identifier: Apache-2.0
// divisor / (rows * columns), which the verifier has proven to be whole, without a divider: the odd part of a tap count
// has an inverse modulo 2^14, and an exact quotient is the product with it (exact division, Jebelean 1993).
//
// Inputs in cycle c, quotient in c+2, combinational behind registers. divisor = 0: 1.
// Pipeline: c+1 inverses and powers of two (tables); c+2 inverse of the product.
module pool_factor (
    input  logic        clk,
    input  logic [5:0]  rows,
    input  logic [5:0]  columns,
    input  logic [13:0] divisor,
    output logic [13:0] quotient
);
  // [count]: inverse of the odd part, power of two.
  logic [64*16-1:0] inverses;  // 16 bits apart: a place is no product
  logic [64*4-1:0]  powers;
  generate
    for (genvar n = 0; n < 64; n = n + 1) begin : count
      localparam logic [2:0] POWER = n % 2 != 0 ? 3'd0 : n % 4 != 0 ? 3'd1 : n % 8 != 0 ? 3'd2 : n % 16 != 0 ? 3'd3
                                   : n % 32 != 0 ? 3'd4 : 3'd5;
      // Newton: right to 3, 6, 12, 24 bits.
      localparam logic [13:0] ODD = 14'(n >> POWER);
      localparam logic [13:0] BITS6 = ODD * (14'd2 - ODD * ODD);
      localparam logic [13:0] BITS12 = BITS6 * (14'd2 - ODD * BITS6);
      localparam logic [13:0] BITS24 = BITS12 * (14'd2 - ODD * BITS12);
      assign inverses[16*n+:16] = {2'b0, BITS24};
      assign powers[4*n+:4] = {1'b0, POWER};
    end
  endgenerate

  logic [13:0] inverse_rows, inverse_columns, inverse, divisor1, divisor2, inverse2;
  logic [3:0] power;
  product of_counts (.a(inverse_rows), .b(inverse_columns), .result(inverse));
  product of_divisor (.a(divisor2), .b(inverse2), .result(quotient));
  always_ff @(posedge clk) begin
    if (divisor == 14'd0) begin
      inverse_rows <= 14'd1;
      inverse_columns <= 14'd1;
      power <= 4'd0;
      divisor1 <= 14'd1;
    end else begin
      inverse_rows <= inverses[{rows, 4'b0}+:14];
      inverse_columns <= inverses[{columns, 4'b0}+:14];
      power <= powers[{rows, 2'b0}+:4] + powers[{columns, 2'b0}+:4];
      divisor1 <= divisor;
    end
    inverse2 <= inverse;
    divisor2 <= divisor1 >> power;
  end
endmodule
