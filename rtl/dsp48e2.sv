// SPDX-License-Identifier: Apache-2.0
// One DSP48E2 slice: the only place where the machine's multipliers and 48-bit logic words are instantiated.
//
// Under SYNTHESIS it is the primitive, otherwise the part of it that the machine uses, register for register. Clock
// enables are 1, resets and carry inputs 0; OPMODE and ALUMODE are inputs and may change every cycle.
//
//   parameters  AREG, BREG   0 to 2 registers of a and b         DREG, ADREG, CREG, MREG, CONTROLREG, PREG   0 or 1
//               MULTIPLY     0: X = A:B, no multiplier; 1: M = multiplicand * b
//               PREADD       0: multiplicand = a[26:0]; 1: d + a[26:0], through ADREG
//   opmode      [1:0] X: 00 zero, 01 M, 10 P, 11 A:B             [3:2] Y: 00 zero, 01 M (as X), 10 all ones, 11 C
//               [6:4] Z: 000 zero, 001 PCIN, 010 P, 011 C, 101 PCIN >>> 17  [8:7] W: 00 zero, 01 P, 11 C
//   alumode     0000 Z+(W+X+Y)   0011 Z-(W+X+Y)   0001 -Z+(W+X+Y)-1   0010 -(Z+W+X+Y)-1
//               W = Y = 0: 0100, 0111 XOR   0101, 0110 XNOR   1100 AND   1101 X and not Z   1110 NAND   1111 not X or Z
//               W = 0, Y = ones: 0100, 0111 XNOR   0101, 0110 XOR   1100 OR   1101 X or not Z   1110 NOR   1111 not X and Z
//   latency     logic: AREG (or BREG, CREG) + PREG; product: AREG (+ ADREG with PREADD, then BREG = 2) + MREG + PREG.
//               opmode, alumode and c meet the product behind MREG: they come MREG (+ ADREG with PREADD) cycles after a.
//   cascade     pcin takes the pcout of the slice below and nothing else; pcout is p.
// Source: UG579 (slice), AM004 (logic unit), checked row by row in test/conformance/dsp48e2_test.cpp.
module dsp48e2 #(
    parameter int AREG = 1,
    parameter int BREG = 1,
    parameter int CREG = 1,
    parameter int DREG = 1,
    parameter int ADREG = 1,
    parameter int MREG = 1,
    parameter int PREG = 1,
    parameter int CONTROLREG = 1,
    parameter int MULTIPLY = 0,
    parameter int PREADD = 0
) (
    input  logic        clk,
    input  logic [29:0] a,
    input  logic [17:0] b,
    input  logic [47:0] c,
    input  logic [26:0] d,
    input  logic [8:0]  opmode,
    input  logic [3:0]  alumode,
    input  logic [47:0] pcin,
    output logic [47:0] p,
    output logic [47:0] pcout
);
`ifdef SYNTHESIS
  DSP48E2 #(
      .AREG(AREG), .ACASCREG(AREG), .BREG(BREG), .BCASCREG(BREG), .CREG(CREG), .DREG(DREG), .ADREG(ADREG),
      .MREG(MULTIPLY != 0 ? MREG : 0), .PREG(PREG), .OPMODEREG(CONTROLREG), .ALUMODEREG(CONTROLREG),
      .INMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0),
      .USE_MULT(MULTIPLY != 0 ? "MULTIPLY" : "NONE"), .AMULTSEL(PREADD != 0 ? "AD" : "A"),
      .A_INPUT("DIRECT"), .B_INPUT("DIRECT"), .USE_SIMD("ONE48")
  ) slice (
      .CLK(clk), .A(a), .B(b), .C(c), .D(d), .OPMODE(opmode), .ALUMODE(alumode), .PCIN(pcin), .P(p), .PCOUT(pcout),
      .INMODE({2'b00, PREADD != 0, 2'b00}), .CARRYIN(1'b0), .CARRYINSEL(3'b000),
      .ACIN(30'b0), .BCIN(18'b0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
      .CEA1(AREG == 2), .CEA2(1'b1), .CEB1(BREG == 2), .CEB2(1'b1), .CEC(1'b1), .CED(1'b1), .CEAD(1'b1), .CEM(1'b1),
      .CEP(1'b1), .CEALUMODE(1'b1), .CECTRL(1'b1), .CECARRYIN(1'b1), .CEINMODE(1'b1),
      .RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTALUMODE(1'b0),
      .RSTALLCARRYIN(1'b0), .RSTCTRL(1'b0), .RSTINMODE(1'b0)
  );
`else
  logic [29:0] a1, a2, a_in;
  logic [17:0] b1, b2, b_in;
  logic [47:0] c1, c_in;
  logic [26:0] d1, d_in, sum, sum1, factor;
  logic [47:0] product, product1, m;
  logic [8:0]  opmode1, op;
  logic [3:0]  alumode1, alu;

  always_ff @(posedge clk) begin
    a1 <= a;
    a2 <= a1;
    b1 <= b;
    b2 <= b1;
    c1 <= c;
    d1 <= d;
    sum1 <= sum;
    product1 <= product;
    opmode1 <= opmode;
    alumode1 <= alumode;
  end

  always_comb begin
    a_in = AREG == 0 ? a : AREG == 1 ? a1 : a2;
    b_in = BREG == 0 ? b : BREG == 1 ? b1 : b2;
    c_in = CREG == 0 ? c : c1;
    d_in = DREG == 0 ? d : d1;
    op = CONTROLREG == 0 ? opmode : opmode1;
    alu = CONTROLREG == 0 ? alumode : alumode1;
    sum = d_in + a_in[26:0];
    factor = PREADD == 0 ? a_in[26:0] : ADREG == 0 ? sum : sum1;
    product = $signed({{21{factor[26]}}, factor}) * $signed({{30{b_in[17]}}, b_in});
    m = MULTIPLY == 0 ? 48'b0 : MREG == 0 ? product : product1;
  end

  // X + Y + Z as sum and majority bits: what ALUMODE 01xx and 11xx bring out, and what the adder adds up with W.
  logic [47:0] x, y, z, z_in, w, total, bits, result, result1;
  always_comb begin
    case (op[1:0])
      2'b01: x = m;
      2'b10: x = p;
      2'b11: x = {a_in, b_in};
      default: x = 48'b0;
    endcase
    case (op[3:2])
      2'b10: y = ~48'b0;
      2'b11: y = c_in;
      default: y = 48'b0;
    endcase
    case (op[6:4])
      3'b001: z = pcin;
      3'b010: z = p;
      3'b011: z = c_in;
      3'b101: z = {{17{pcin[47]}}, pcin[47:17]};
      default: z = 48'b0;
    endcase
    case (op[8:7])
      2'b01: w = p;
      2'b11: w = c_in;
      default: w = 48'b0;
    endcase
    z_in = alu[0] ? ~z : z;
    total = w + x + y + z_in;
    bits = alu[3] ? (x & y) | (x & z_in) | (y & z_in) : x ^ y ^ z_in;
    result = alu[2] ? bits : total;
    if (alu[1]) result = ~result;
  end
  always_ff @(posedge clk) result1 <= result;
  assign p = PREG == 0 ? result : result1;
  assign pcout = p;

  initial begin
    if (AREG < 0 || AREG > 2 || BREG < 0 || BREG > 2) $error("dsp48e2: a and b have 0 to 2 registers");
    if (MULTIPLY == 0 && PREADD != 0) $error("dsp48e2: the pre-adder feeds the multiplier alone");
  end
  always_ff @(posedge clk) begin
    if ((op[1:0] == 2'b01) != (op[3:2] == 2'b01) || (op[1:0] == 2'b01 && MULTIPLY == 0)) $error("dsp48e2: X and Y take M together");
    if (op[1:0] == 2'b11 && MULTIPLY != 0) $error("dsp48e2: a slice that multiplies has no A:B");
    if ((op[6] && op[6:4] != 3'b101) || op[8:7] == 2'b10) $error("dsp48e2: this OPMODE is none of the machine's");
    if (alu[2] && (op[8:7] != 2'b00 || op[2])) $error("dsp48e2: a logic function takes W = 0 and Y = 0 or ones");
  end
`endif
endmodule
