// SPDX-License-Identifier: Apache-2.0
// one_hot_multiplexer: the word of the one port that is chosen, zeros if none is. Three ports a LUT6 and bit, then two more
// a LUT5; a module of its own for the reason of multiplexer.sv.
//
// Parameters  PORTS words of WIDTH bits, port p's at bit p * WIDTH; of `chosen` one bit at most is set.
module one_hot_multiplexer #(
    parameter int PORTS = 3,
    parameter int WIDTH = 16
) (
    input  logic [PORTS-1:0] chosen,
    input  logic [PORTS*WIDTH-1:0] words,
    output logic [WIDTH-1:0] word
);
  localparam int HERE = PORTS > 3 ? 2 : PORTS;
  generate
    logic [WIDTH-1:0] others;
    if (PORTS > HERE) begin : more
      one_hot_multiplexer #(.PORTS(PORTS - HERE), .WIDTH(WIDTH)) rest (
          .chosen(chosen[PORTS-1:HERE]), .words(words[PORTS*WIDTH-1:HERE*WIDTH]), .word(others));
    end else begin : all
      /* verilator lint_off WIDTHCONCAT */  // a word may well be wider than 8192 bits
      assign others = '0;
      /* verilator lint_on WIDTHCONCAT */
    end
    always_comb begin
      word = others;
      for (int p = 0; p < HERE; p++) if (chosen[p]) word = word | words[p*WIDTH +: WIDTH];
    end
  endgenerate
endmodule
