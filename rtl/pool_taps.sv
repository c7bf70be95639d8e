// SPDX-License-Identifier: Apache-2.0
// How many of a window's taps lie inside the map, along one axis: of `first` + k * `dilation`, k < `kernel`, those from
// 0 to `size` - 1. At least one does, and `first` is above -16 (the verifier's rules). Without a divider's loop: six
// steps of restoring division by a number of three bits.
//
// Pipeline: inputs in cycle c, c+1 and c+2 quotients, c+3 count.
module pool_taps (
    input  logic        clk,
    input  logic [10:0] first,     // two's complement
    input  logic [8:0]  size,
    input  logic [5:0]  kernel,
    input  logic [2:0]  dilation,
    output logic [5:0]  count
);
  // A digit of a quotient, and the remainder.
  function automatic logic [3:0] divide(logic [2:0] remainder, logic next, logic [2:0] by);
    logic [3:0] dividend;
    dividend = {remainder, next};
    divide = dividend >= {1'b0, by} ? {1'b1, 3'(dividend - {1'b0, by})} : {1'b0, dividend[2:0]};
  endfunction

  // [dilation][last four bits of a first below 0]: taps below 0.
  logic [128*4-1:0] taps_below;
  generate
    for (genvar n = 0; n < 128; n = n + 1) begin : entry
      localparam int BY = n / 16 == 0 ? 1 : n / 16;
      assign taps_below[4*n+:4] = 4'((16 - n % 16 + BY - 1) / BY);
    end
  endgenerate

  // To the map's last place, and its quotient: taps from `first` to there, less 1. Above 63 it is beyond every kernel.
  logic [10:0] to_last;
  logic [2:0] remainder5, remainder4, remainder3, remainder2, remainder1, remainder0, dilation1;
  logic [5:0] quotient, quotient2, kernel1, kernel2, all;
  logic [2:0] bits1;
  logic [3:0] below1, below2;
  logic beyond1, beyond2;
  assign to_last = {2'b0, size} + ~first;
  assign {quotient[5], remainder5} = divide(to_last[8:6], to_last[5], dilation);
  assign {quotient[4], remainder4} = divide(remainder5, to_last[4], dilation);
  assign {quotient[3], remainder3} = divide(remainder4, to_last[3], dilation);
  assign {quotient[2], remainder2} = divide(remainder, bits1[2], dilation1);
  assign {quotient[1], remainder1} = divide(remainder2, bits1[1], dilation1);
  assign {quotient[0], remainder0} = divide(remainder1, bits1[0], dilation1);
  logic [2:0] remainder;
  logic [5:3] digits1;
  assign all = beyond2 || quotient2 >= kernel2 ? kernel2 : quotient2 + 6'd1;
  always_ff @(posedge clk) begin
    beyond1 <= to_last[9:6] >= {1'b0, dilation};
    digits1 <= quotient[5:3];
    remainder <= remainder3;
    bits1 <= to_last[2:0];
    dilation1 <= dilation;
    kernel1 <= kernel;
    below1 <= first[10] ? taps_below[{dilation, first[3:0], 2'b0}+:4] : 4'd0;

    beyond2 <= beyond1;
    quotient2 <= {digits1, quotient[2:0]};
    kernel2 <= kernel1;
    below2 <= below1;

    count <= all - {2'b0, below2};
  end
  logic unused;
  assign unused = &{1'b0, to_last[10], remainder0};
endmodule
