// SPDX-License-Identifier: Apache-2.0
// A lane of pool_unit: maximum or sum over the taps of a result, then times a factor, modulo 2^32.
//
// Cycle t: the lane's bits of a word (as 8, 16 and 32 bit values; `touch` says whether this word holds the lane). t+1 value,
// less the zero point in a sum; t+2 maximum or sum, in a register here and in the slice's; t+4 product of what it is after a
// result's last word.
// One DSP slice: 27 bits by 14 bits; the upper 5 bits' share of the 32 joins through its adder.
module pool_lane (
    input  logic        clk,
    input  logic [31:0] bits,        // the value of 4, 2, 1 bytes, from bit 0
    input  logic [1:0]  bytes_log2,
    input  logic        is_signed,
    input  logic        sum,
    input  logic [8:0]  zero_point,
    input  logic        touch,
    input  logic        in_map,
    input  logic        first,       // word of a result's first tap
    input  logic [13:0] factor,      // t+1
    output logic [31:0] product      // t+4
);
  // Cycle t.
  logic [31:0] extended, lowest;
  always_comb begin
    case (bytes_log2)
      2'd0: extended = {{24{is_signed && bits[7]}}, bits[7:0]};
      2'd1: extended = {{16{is_signed && bits[15]}}, bits[15:0]};
      default: extended = bits;
    endcase
    case (bytes_log2)
      2'd0: lowest = {{25{is_signed}}, 7'b0};
      2'd1: lowest = {{17{is_signed}}, 15'b0};
      default: lowest = {is_signed, 31'b0};
    endcase
  end

  // Cycle t+1. What the first tap begins with comes along.
  logic [31:0] value, begin_with;
  logic touch1, take1, first1, sum1, signed1;
  always_ff @(posedge clk) begin
    value <= extended - (sum ? {{23{zero_point[8]}}, zero_point} : 32'd0);
    begin_with <= sum ? 32'd0 : lowest;
    touch1 <= touch;
    take1 <= touch && in_map;
    first1 <= first;
    sum1 <= sum;
    signed1 <= is_signed;
  end

  // Cycle t+2.
  logic [31:0] held, after, so_far;
  logic greater;
  always_comb begin
    held = first1 ? begin_with : so_far;
    greater = $signed({signed1 && value[31], value}) > $signed({signed1 && held[31], held});
    if (!touch1) after = so_far;
    else if (!take1) after = held;
    else if (sum1) after = held + value;
    else after = greater ? value : held;
  end
  logic [4:0] factor2;
  always_ff @(posedge clk) begin
    so_far <= after;
    factor2 <= factor[4:0];
  end

  // The sum is its low 27 bits, two's complement, + upper * 2^27.
  logic [4:0] upper, share;
  assign upper = so_far[31:27] + {4'b0, so_far[26]};
  always_comb begin
    share = 5'd0;
    for (int n = 0; n < 5; n = n + 1) share = share + (factor2[n] ? upper << n : 5'd0);
  end
  logic [47:0] p, unused_pcout;
  dsp48e2 #(.AREG(1), .BREG(1), .CREG(1), .DREG(1), .ADREG(1), .MREG(1), .PREG(1), .CONTROLREG(1), .MULTIPLY(1), .PREADD(0)) multiply (
      .clk(clk), .a({{3{after[26]}}, after[26:0]}), .b({4'b0, factor}), .c({16'b0, share, 27'b0}), .d(27'b0),
      .opmode(9'b000110101), .alumode(4'b0000), .pcin(48'b0), .p(p), .pcout(unused_pcout));
  assign product = p[31:0];
  logic unused;
  assign unused = &{1'b0, p, unused_pcout};
endmodule
