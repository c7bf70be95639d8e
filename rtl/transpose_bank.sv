// SPDX-License-Identifier: Apache-2.0
// One of transpose_unit's RAMs: 32 rows of a byte in LUTs.
//
// ports       write: `in` to `write_row`, readable from the next cycle on; `out` is what `row` holds, in the same cycle
module transpose_bank (
    input  logic       clk,
    input  logic       write,
    input  logic [4:0] write_row,
    input  logic [7:0] in,
    input  logic [4:0] row,
    output logic [7:0] out
);
  (* ram_style = "distributed" *) logic [7:0] rows[0:31];
  always_ff @(posedge clk) if (write) rows[write_row] <= in;
  assign out = rows[row];
endmodule
