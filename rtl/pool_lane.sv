// SPDX-License-Identifier: Apache-2.0
// A lane of pool_unit: a DSP slice that adds up (value - zero point) * factor over the taps of a result, modulo 2^32,
// or passes a byte of a maximum on. What divides an average is known before its first tap.
//
// Cycle t: `data` and `less` (d of the slice); t+1 factor; t+2 `addend` (c: a byte of a maximum, or what the upper bits
// of a value of four bytes add) and the slice's mode; t+4 result, after the last word of a tap.
// A value of four bytes: its low 16 bits are a, the next 9 are in `less`, and the upper 7 times the factor in `addend`.
module pool_lane (
    input  logic        clk,
    input  logic [7:0]  one,        // the lane's value, of one byte
    input  logic [15:0] two,        // of two
    input  logic [15:0] four,       // low half of one of four
    input  logic [1:0]  bytes_log2,
    input  logic        is_signed,
    input  logic [26:0] less,
    input  logic [13:0] factor,
    input  logic [47:0] addend,
    input  logic        multiply,   // adds the product
    input  logic        wide,       // and the addend
    input  logic        fresh,      // to 0
    input  logic        pass,       // the addend alone
    output logic [31:0] result
);
  logic [15:0] low;
  logic sign;
  always_comb begin
    case (bytes_log2)
      2'd0: begin
        sign = is_signed && one[7];
        low = {{8{sign}}, one};
      end
      2'd1: begin
        sign = is_signed && two[15];
        low = two;
      end
      default: begin
        sign = 1'b0;
        low = four;
      end
    endcase
  end
  logic [47:0] p, unused_pcout;
  dsp48e2 #(.AREG(1), .BREG(1), .CREG(1), .DREG(1), .ADREG(1), .MREG(1), .PREG(1), .CONTROLREG(1), .MULTIPLY(1),
            .PREADD(1)) slice (
      .clk(clk), .a({{14{sign}}, low}), .b({4'b0, factor}), .c(addend), .d(less),
      .opmode({{2{multiply && wide}}, 1'b0, pass || !fresh, pass, 1'b0, multiply, 1'b0, multiply}), .alumode(4'b0000),
      .pcin(48'b0), .p(p), .pcout(unused_pcout));
  assign result = p[31:0];
  logic unused;
  assign unused = &{1'b0, p, unused_pcout};
endmodule
