// SPDX-License-Identifier: Apache-2.0
// pool_unit's maximum over the taps of a result, four bytes of a word: four values of one byte, two of two or one of
// four.
//
// A maximum is as wide as what it is of, so the words of a tap meet the words of the tap before where they stand: those
// came one, two or four steps ago. Values are compared as unsigned ones, the signs of signed ones flipped, so that 0 is
// below all.
//
// Cycle t: data; t+1 value; t+2 the maximum so far.
module pool_maximum (
    input  logic        clk,
    input  logic [31:0] data,
    input  logic [3:0]  signs,       // bytes that hold the sign of a value
    input  logic [1:0]  bytes_log2,  // from here on in t+1
    input  logic [1:0]  held_place,  // as bytes_log2; 3: a result's first tap
    input  logic        take,        // the tap is inside
    input  logic        clear,       // not in use: 0
    input  logic [3:0]  signs2,      // t+2
    output logic [31:0] maximum
);
  logic [31:0] value, held, after, ago1, ago2, ago3, ago4;
  always_comb begin
    case (held_place)
      2'd0: held = ago1;
      2'd1: held = ago2;
      2'd2: held = ago4;
      default: held = 32'd0;
    endcase
  end
  // value > held, byte for byte: where a value has lower bytes, they decide between equal ones.
  logic [3:1] joined;
  logic [3:0] chosen;
  assign joined = {bytes_log2 != 2'd0, bytes_log2[1], bytes_log2 != 2'd0};
  generate
    for (genvar b = 0; b < 4; b = b + 1) begin : of_byte
      logic carry, greater;
      logic [8:0] unused;
      if (b == 0) assign carry = 1'b0;
      else assign carry = joined[b] && of_byte[b-1].greater;
      assign {greater, unused} = {1'b0, value[8*b+:8], 1'b1} + {1'b0, ~held[8*b+:8], carry};
      assign after[8*b+:8] = chosen[b] ? value[8*b+:8] : held[8*b+:8];
      assign maximum[8*b+:8] = {ago1[8*b+7] ^ signs2[b], ago1[8*b+:7]};
    end
    for (genvar b = 0; b < 4; b = b + 1) begin : choice
      assign chosen[b] = take && (bytes_log2[1] ? of_byte[3].greater
                                  : bytes_log2[0] ? of_byte[b|1].greater : of_byte[b].greater);
    end
  endgenerate
  always_ff @(posedge clk) begin
    for (int b = 0; b < 4; b = b + 1) value[8*b+:8] <= {data[8*b+7] ^ signs[b], data[8*b+:7]};
    if (clear) ago1 <= 32'd0;
    else ago1 <= after;
    ago2 <= ago1;
    ago3 <= ago2;
    ago4 <= ago3;
  end
endmodule
