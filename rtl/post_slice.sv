// SPDX-License-Identifier: Apache-2.0
// 16 lanes of post_unit: one slice. What its lanes share of a record, limits and base, is put together here from each lane's
// few bits (post_lane.sv says the stages; src/units/post_unit/record.h the bits).
module post_slice #(
    parameter int MULTIPLIER = blendsim_pkg::POST_UNIT_MULTIPLIER,
    parameter int COMPARATORS = blendsim_pkg::POST_UNIT_COMPARATORS,
    parameter int COLUMN = 32,
    parameter int ENTRIES = 32,
    parameter int STAGES = 30,
    parameter int WORDS = 27
) (
    input  logic clk,
    input  logic [WORDS-1:0] write,
    input  logic [$clog2(ENTRIES)-1:0] write_entry,
    input  logic [16*COLUMN-1:0] word,
    input  logic [16*33-1:0] a,
    input  logic [16*33-1:0] b,
    input  logic [$clog2(ENTRIES)*STAGES-1:0] entries,
    input  logic [8*STAGES-1:0] controls,
    input  logic [3:0] compare_tap,
    input  logic [3:0] compare_step,
    input  logic compare_first,
    input  logic use_thresholds,
    input  logic [3:0] levels,
    input  logic bipolar,
    input  logic value_is_code,
    input  logic [1:0] result_tap,
    input  logic [1:0] result_plane,
    output logic [16*32-1:0] values,
    output logic [15:0] code_bits
);
  logic [255:0] limits;
  logic [31:0] base;
  genvar l, q;
  for (l = 0; l < 16; l++) begin : g_lane
    logic [15:0] parts;
    post_lane #(
        .MULTIPLIER(MULTIPLIER), .COMPARATORS(COMPARATORS), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .STAGES(STAGES), .WORDS(WORDS)
    ) lane (
        .clk(clk), .write(write), .write_entry(write_entry), .column(word[l*COLUMN+:COLUMN]), .a(a[l*33+:33]),
        .b(b[l*33+:33]), .entries(entries), .controls(controls), .compare_tap(compare_tap), .compare_step(compare_step),
        .compare_first(compare_first), .use_thresholds(use_thresholds), .levels(levels), .bipolar(bipolar),
        .value_is_code(value_is_code), .result_tap(result_tap), .result_plane(result_plane), .limits_parts(parts),
        .limits(limits), .base_part(base[2*l+:2]), .base(base), .value(values[l*32+:32]), .code_bit(code_bits[l]));
    for (q = 0; q < 4; q++) begin : g_limits
      assign limits[64*q+4*l+:4] = parts[4*q+:4];
    end
  end
endmodule
