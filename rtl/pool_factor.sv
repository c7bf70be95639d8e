// SPDX-License-Identifier: Apache-2.0
// divisor / (rows * columns), which the verifier has proven to be whole, without a divider: the odd part of a tap count has an
// inverse modulo 2^14, and an exact quotient is the product with it (exact division, Jebelean 1993).
//
// Inputs in cycle c, quotient in c+5, combinational behind partial sums. divisor = 0: 1.
// Pipeline: c+1 counts; c+2 inverses and powers of two (tables); c+3, c+4 inverse of the product; c+5 times divisor.
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

  typedef logic [13:0] word_t;
  function automatic word_t three(word_t value, logic [2:0] factor);
    three = (factor[0] ? value : 14'd0) + (factor[1] ? value << 1 : 14'd0) + (factor[2] ? value << 2 : 14'd0);
  endfunction
  // Partial sums of value * factor modulo 2^14, three partial products each.
  function automatic logic [69:0] partial(word_t value, word_t factor);
    partial = {three(value << 12, {1'b0, factor[13:12]}), three(value << 9, factor[11:9]), three(value << 6, factor[8:6]),
            three(value << 3, factor[5:3]), three(value, factor[2:0])};
  endfunction
  function automatic word_t total(logic [69:0] parts);
    total = parts[13:0] + parts[27:14] + parts[41:28] + (parts[55:42] + parts[69:56]);
  endfunction

  logic [5:0] rows1, columns1;
  word_t divisor1, divisor2, divisor3, divisor4, inverse_rows, inverse_columns, inverse;
  logic [3:0] power;
  logic [69:0] inverse_parts, quotient_parts;
  always_ff @(posedge clk) begin
    rows1 <= divisor == 14'd0 ? 6'd1 : rows;
    columns1 <= divisor == 14'd0 ? 6'd1 : columns;
    divisor1 <= divisor == 14'd0 ? 14'd1 : divisor;

    inverse_rows <= inverses[{rows1, 4'b0}+:14];
    inverse_columns <= inverses[{columns1, 4'b0}+:14];
    power <= powers[{rows1, 2'b0}+:4] + powers[{columns1, 2'b0}+:4];
    divisor2 <= divisor1;

    inverse_parts <= partial(inverse_rows, inverse_columns);
    divisor3 <= divisor2 >> power;

    inverse <= total(inverse_parts);
    divisor4 <= divisor3;

    quotient_parts <= partial(divisor4, inverse);
  end
  assign quotient = total(quotient_parts);
endmodule
