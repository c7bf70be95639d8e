// SPDX-License-Identifier: Apache-2.0
// One field of one lane in post_unit's parameter records: bits FIRST to FIRST + WIDTH - 1 of a group, for ENTRIES records.
//
// A group comes word after word; word w carries bits w * COLUMN and up of the lane's group in `column` while `write[w]` is 1
// (src/units/post_unit/record.h). Each word's part is a LUT RAM with one write and one asynchronous read port.
module record_field #(
    parameter int COLUMN = 32,
    parameter int ENTRIES = 32,
    parameter int WORDS = 3,
    parameter int FIRST = 0,
    parameter int WIDTH = 32
) (
    input  logic clk,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [WORDS-1:0] write,
    input  logic [COLUMN-1:0] column,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [$clog2(ENTRIES)-1:0] write_entry,
    input  logic [$clog2(ENTRIES)-1:0] read_entry,
    output logic [WIDTH-1:0] value
);
  genvar w;
  for (w = FIRST / COLUMN; w <= (FIRST + WIDTH - 1) / COLUMN; w++) begin : g_word
    localparam int LOW = FIRST > w * COLUMN ? FIRST : w * COLUMN;
    localparam int HIGH = FIRST + WIDTH < (w + 1) * COLUMN ? FIRST + WIDTH : (w + 1) * COLUMN;
    (* ram_style = "distributed" *) logic [HIGH-LOW-1:0] memory[0:ENTRIES-1];
    always_ff @(posedge clk) if (write[w]) memory[write_entry] <= column[LOW-w*COLUMN+:HIGH-LOW];
    assign value[LOW-FIRST+:HIGH-LOW] = memory[read_entry];
  end
endmodule
