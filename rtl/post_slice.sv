// SPDX-License-Identifier: Apache-2.0
// 16 lanes of post_unit: one slice. What its lanes share of a record, limits and base, is put together here from each lane's
// few bits (post_lane.sv says the stages; src/units/post_unit/record.h the bits), and what they need of the limits worked
// out once: -lo, lo and hi - lo.
module post_slice #(
    parameter int MULTIPLIER = blendsim_pkg::POST_UNIT_MULTIPLIER,
    parameter int COMPARATORS = blendsim_pkg::POST_UNIT_COMPARATORS,
    parameter int COLUMN = 32,
    parameter int ENTRIES = 32,
    parameter int STAGES = 25 + (15 + COMPARATORS - 1) / COMPARATORS,
    parameter int WORDS = 27,
    parameter int BANKS = COMPARATORS,
    parameter int ROWS = 32
) (
    input  logic clk,
    input  logic [WORDS-1:0] write,
    input  logic [$clog2(ENTRIES)-1:0] write_entry,
    input  logic [16*COLUMN-1:0] word,
    input  logic [16*33-1:0] a,
    input  logic [16*33-1:0] b,
    input  logic [$clog2(ENTRIES)*STAGES-1:0] entries,
    input  logic [8*STAGES-1:0] controls,
    input  logic [BANKS-1:0] level_write,
    input  logic [BANKS*$clog2(ROWS)-1:0] level_row,
    input  logic [4*BANKS-1:0] level_from,
    input  logic [3:0] ring_write,
    input  logic [3:0] compare_ring,
    input  logic [$clog2(ROWS)-1:0] compare_row,
    input  logic [3:0] compare_step,
    input  logic compare_first,
    input  logic use_thresholds,
    input  logic [3:0] levels,
    input  logic bipolar,
    input  logic value_is_code,
    input  logic [3:0] result_ring,
    input  logic [1:0] result_plane,
    output logic [16*32-1:0] values,
    output logic [15:0] code_bits
);
  // Limits of q1, q2, q3 and the activation: of the parts in one stage, -lo in the next, lo and hi - lo in the third.
  logic [255:0] gathered;
  logic [3:0] used;
  logic [4*97-1:0] limits;
  assign used = {controls[8*13+3+:2] != 2'd0, controls[8*21+2], controls[8*5+1], controls[8*5]};
  genvar l, q;
  for (q = 0; q < 4; q++) begin : g_limits
    logic [31:0] lo, lo_next, hi_next, lo_later, span;
    logic [32:0] minus_lo;
    assign lo = used[q] ? gathered[64*q+:32] : 32'b0;
    always_ff @(posedge clk) begin
      minus_lo <= -{lo[31], lo};
      lo_next <= lo;
      hi_next <= gathered[64*q+32+:32];
      lo_later <= lo_next;
      span <= hi_next - lo_next;
    end
    assign limits[97*q+:97] = {span, lo_later, minus_lo};
  end

  logic [31:0] base;
  for (l = 0; l < 16; l++) begin : g_lane
    logic [15:0] parts;
    post_lane #(
        .MULTIPLIER(MULTIPLIER), .COMPARATORS(COMPARATORS), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .STAGES(STAGES), .WORDS(WORDS),
        .BANKS(BANKS), .ROWS(ROWS)
    ) lane (
        .clk(clk), .write(write), .write_entry(write_entry), .column(word[l*COLUMN+:COLUMN]), .a(a[l*33+:33]),
        .b(b[l*33+:33]), .entries(entries), .controls(controls), .level_write(level_write), .level_row(level_row),
        .level_from(level_from), .ring_write(ring_write), .compare_ring(compare_ring), .compare_row(compare_row),
        .compare_step(compare_step), .compare_first(compare_first), .use_thresholds(use_thresholds), .levels(levels),
        .bipolar(bipolar), .value_is_code(value_is_code), .result_ring(result_ring), .result_plane(result_plane),
        .limits_parts(parts), .limits(limits), .base_part(base[2*l+:2]), .base(base | {32{bipolar}}),
        .value(values[l*32+:32]), .code_bit(code_bits[l]));
    for (q = 0; q < 4; q++) begin : g_parts
      assign gathered[64*q+4*l+:4] = parts[4*q+:4];
    end
  end
endmodule
