// SPDX-License-Identifier: Apache-2.0
// a * b modulo 2^WIDTH in LUTs, combinational: a carry chain for every two bits of b, of which 0, 1, 2 or 3 times a
// come through the LUTs that add them. SIGNED: b is two's complement. 3a takes a chain of its own.
module product #(
    parameter int WIDTH = 14,
    parameter int A = 14,
    parameter int B = 14,
    parameter int SIGNED = 0
) (
    input  logic [A-1:0]     a,
    input  logic [B-1:0]     b,
    output logic [WIDTH-1:0] result
);
  localparam int ROWS = (B < WIDTH ? B + 1 : WIDTH + 1) / 2;  // bits of b from WIDTH on count nothing
  logic [WIDTH-1:0] once, twice, thrice;
  logic [2*ROWS-1:0] factor;
  assign once = WIDTH'(a);
  assign twice = once << 1;
  assign thrice = once + twice;
  assign factor = (2 * ROWS)'(b);

  logic unused;  // what lies beyond WIDTH
  assign unused = &{1'b0, a, b, factor};
  generate
    for (genvar k = 0; k < ROWS; k++) begin : row
      logic [WIDTH-1:0] sum, digit;
      always_comb begin
        case (factor[2*k+:2])
          2'd0: digit = '0;
          2'd1: digit = once;
          2'd2: digit = twice;
          default: digit = thrice;
        endcase
      end
      if (k == 0) begin : lowest
        assign sum = digit;
      end else begin : upper
        logic unused_digit;
        assign unused_digit = &{1'b0, digit[WIDTH-1-:2*k]};
        assign sum[2*k-1:0] = row[k-1].sum[2*k-1:0];
        assign sum[WIDTH-1:2*k] = row[k-1].sum[WIDTH-1:2*k] + digit[WIDTH-1-2*k:0];
      end
    end
    if (SIGNED != 0 && B < WIDTH) begin : negative
      assign result[B-1:0] = row[ROWS-1].sum[B-1:0];
      assign result[WIDTH-1:B] = row[ROWS-1].sum[WIDTH-1:B] - (b[B-1] ? once[WIDTH-1-B:0] : '0);
    end else begin : positive
      assign result = row[ROWS-1].sum;
    end
  endgenerate
endmodule
