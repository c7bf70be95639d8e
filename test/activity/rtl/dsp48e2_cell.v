// SPDX-License-Identifier: Apache-2.0
// The primitive DSP48E2 for simulators of netlists, which yosys has no model of: the behaviour of rtl/dsp48e2.sv, from zero.
module DSP48E2 #(
    parameter ACASCREG = 1, ADREG = 1, ALUMODEREG = 1, AREG = 1, BCASCREG = 1, BREG = 1, CARRYINREG = 1, CARRYINSELREG = 1,
    parameter CREG = 1, DREG = 1, INMODEREG = 1, MREG = 1, OPMODEREG = 1, PREG = 1,
    parameter AMULTSEL = "A", A_INPUT = "DIRECT", B_INPUT = "DIRECT", USE_MULT = "MULTIPLY", USE_SIMD = "ONE48"
) (
    input CLK,
    input [29:0] A, ACIN,
    input [17:0] B, BCIN,
    input [47:0] C, PCIN,
    input [26:0] D,
    input [8:0] OPMODE,
    input [3:0] ALUMODE,
    input [4:0] INMODE,
    input [2:0] CARRYINSEL,
    input CARRYIN, CARRYCASCIN, MULTSIGNIN,
    input CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED, CEINMODE, CEM, CEP,
    input RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE, RSTM, RSTP,
    output [47:0] P, PCOUT
);
  dsp48e2 #(
      .AREG(AREG), .BREG(BREG), .CREG(CREG), .DREG(DREG), .ADREG(ADREG), .MREG(MREG), .PREG(PREG), .CONTROLREG(OPMODEREG),
      .MULTIPLY(USE_MULT == "MULTIPLY"), .PREADD(AMULTSEL == "AD")
  ) slice (
      .clk(CLK), .a(A), .b(B), .c(C), .d(D), .opmode(OPMODE), .alumode(ALUMODE), .pcin(PCIN), .p(P), .pcout(PCOUT)
  );
  initial begin
    {slice.a1, slice.a2, slice.b1, slice.b2, slice.c1, slice.d1, slice.sum1} = 0;
    {slice.product1, slice.opmode1, slice.alumode1, slice.result1} = 0;
  end
endmodule
