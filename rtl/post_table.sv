// SPDX-License-Identifier: Apache-2.0
// The table of a lane of post_unit: 256 entries of a byte in LUT RAM, 32 rows of 8 entries side by side.
//
// Ports       write: a row, its 8 entries, entry 0 at the LSB; readable from the next cycle on. `code` names an entry and `entry`
//             is there in the same cycle: a RAM and an 8:1 multiplexer.
module post_table (
    input  logic        clk,
    input  logic        write,
    input  logic [4:0]  write_row,
    input  logic [63:0] write_entries,
    input  logic [7:0]  code,
    output logic [7:0]  entry
);
  (* ram_style = "distributed" *) logic [63:0] rows[0:31];
  logic [63:0] row;
  always_ff @(posedge clk) if (write) rows[write_row] <= write_entries;
  assign row = rows[code[7:3]];
  multiplexer #(.COUNT(8), .WIDTH(8)) choice (.select(code[2:0]), .words(row), .word(entry));
endmodule
