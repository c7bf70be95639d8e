// SPDX-License-Identifier: Apache-2.0
// multiplexer: word `select` of COUNT. Four words a LUT6 and bit, groups of four in levels; a module of its own, or the
// mapper looks through it for what chooses and spends eight LUTs on a function of nine inputs.
//
// Parameters  COUNT words of WIDTH bits, word n at bit n * WIDTH. A `select` of COUNT or more gives any word.
module multiplexer #(
    parameter int COUNT = 4,
    parameter int WIDTH = 16,
    parameter int SELECT = COUNT > 1 ? $clog2(COUNT) : 1
) (
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [SELECT-1:0] select,  // of one word there is nothing to choose
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [COUNT*WIDTH-1:0] words,
    output logic [WIDTH-1:0] word
);
  localparam int GROUPS = (COUNT + 3) / 4;
  generate
    if (GROUPS == 1) begin : leaf
      always_comb begin
        word = words[WIDTH-1:0];
        for (int n = 1; n < COUNT; n++) if (select == SELECT'(n)) word = words[n*WIDTH +: WIDTH];
      end
    end else begin : levels
      logic [GROUPS*WIDTH-1:0] chosen;
      for (genvar g = 0; g < GROUPS; g++) begin : group
        localparam int MEMBERS = g == GROUPS - 1 ? COUNT - 4 * g : 4;
        localparam int BITS = MEMBERS > 1 ? $clog2(MEMBERS) : 1;
        multiplexer #(.COUNT(MEMBERS), .WIDTH(WIDTH)) of_four (
            .select(select[BITS-1:0]), .words(words[4*g*WIDTH +: MEMBERS*WIDTH]), .word(chosen[g*WIDTH +: WIDTH]));
      end
      multiplexer #(.COUNT(GROUPS), .WIDTH(WIDTH)) of_groups (.select(select[SELECT-1:2]), .words(chosen), .word);
    end
  endgenerate
endmodule
