// SPDX-License-Identifier: Apache-2.0
// The slices as the machine sets them up, all on the same inputs: a logic word, a product, a product behind the pre-adder,
// and a product that takes the cascade of the first one.
module bench_dsp48e2 (
    input  logic        clk,
    input  logic [29:0] a,
    input  logic [17:0] b,
    input  logic [47:0] c,
    input  logic [26:0] d,
    input  logic [8:0]  word_opmode,
    input  logic [8:0]  product_opmode,
    input  logic [8:0]  cascade_opmode,
    input  logic [3:0]  alumode,
    output logic [47:0] word_p,
    output logic [47:0] product_p,
    output logic [47:0] packed_p,
    output logic [47:0] cascade_p
);
  logic [47:0] carried;
  logic [47:0] unused [0:2];
  dsp48e2 word_slice (
      .clk(clk), .a(a), .b(b), .c(c), .d(27'b0), .opmode(word_opmode), .alumode(alumode), .pcin(48'b0), .p(word_p), .pcout(unused[0])
  );
  dsp48e2 #(.MULTIPLY(1)) product_slice (
      .clk(clk), .a(a), .b(b), .c(c), .d(27'b0), .opmode(product_opmode), .alumode(alumode), .pcin(48'b0), .p(product_p), .pcout(carried)
  );
  dsp48e2 #(.MULTIPLY(1), .PREADD(1), .BREG(2)) packed_slice (
      .clk(clk), .a(a), .b(b), .c(c), .d(d), .opmode(product_opmode), .alumode(alumode), .pcin(48'b0), .p(packed_p), .pcout(unused[1])
  );
  dsp48e2 #(.MULTIPLY(1)) cascade_slice (
      .clk(clk), .a(a), .b(b), .c(c), .d(27'b0), .opmode(cascade_opmode), .alumode(alumode), .pcin(carried), .p(cascade_p), .pcout(unused[2])
  );
endmodule
