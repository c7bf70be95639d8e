// SPDX-License-Identifier: Apache-2.0
// A word, CYCLES later. RESET = 1 for control bits, that must be 0 after a reset; 0 for data, which become shift registers
// in LUTs (SRL).
module delay_line #(
    parameter int WIDTH = 1,
    parameter int CYCLES = 1,
    parameter int RESET = 0
) (
    input  logic             clk,
    input  logic             reset,
    input  logic [WIDTH-1:0] in,
    output logic [WIDTH-1:0] out
);
  generate
    if (CYCLES == 0) begin : through
      logic unused;
      assign unused = &{1'b0, clk, reset};
      assign out = in;
    end else begin : registers
      logic [WIDTH*CYCLES-1:0] line, next;
      if (CYCLES == 1) begin : one
        assign next = in;
      end else begin : more
        assign next = {line[WIDTH*(CYCLES-1)-1:0], in};
      end
      if (RESET != 0) begin : control
        always_ff @(posedge clk) begin
          if (reset) line <= {WIDTH * CYCLES{1'b0}};
          else line <= next;
        end
      end else begin : data
        logic unused;
        assign unused = &{1'b0, reset};
        always_ff @(posedge clk) line <= next;
      end
      assign out = line[WIDTH*CYCLES-1-:WIDTH];
    end
  endgenerate
endmodule
