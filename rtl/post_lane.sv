// SPDX-License-Identifier: Apache-2.0
// One lane of post_unit: u = q3(act?(q1(a)) + q2(b)) or q3(act?(q1(a) + q2(b))), its code, and a choice of the last four
// results for the writer.
//
// Stages (0: the operands stand at a and b)
//    0  q1 and q2: 8 stages each
//    8  sum in front of the activation: q1(a), with + q2(b) for an activation after the join
//    9  activation: 7 stages
//   16  the other sum
//   17  q3: 7 stages
//   24  u. It waits in a line of STEPS registers, because an element's last comparison is in stage 24 + STEPS - 1 whatever
//       its number: element and thresholds are taken as `compare_tap` and `compare_step` say
//    K = 24 + STEPS - 1: u and up to COMPARATORS thresholds into registers; K+1 compared and counted; K+2 code
//   K+3 value and code wait in a line of four for the writer, which takes its words in stages K+3 to K+6
// Control     `entries` and `controls` hold a lane group's record and steps for stages 0 to K+1, flat: control is
//             {joins, rounding[1:0], activation[1:0], use_q3, use_q2, use_q1}.
// Shared      limits of q1, q2, q3, activation and the base: 4 and 2 bits of each lane go out, a slice's 64 and 32 come back.
module post_lane #(
    parameter int MULTIPLIER = blendsim_pkg::POST_UNIT_MULTIPLIER,
    parameter int COMPARATORS = blendsim_pkg::POST_UNIT_COMPARATORS,
    parameter int COLUMN = 32,
    parameter int ENTRIES = 32,
    parameter int STAGES = 30,
    parameter int WORDS = 27  // of the longest record
) (
    input  logic clk,
    input  logic [WORDS-1:0] write,
    input  logic [$clog2(ENTRIES)-1:0] write_entry,
    input  logic [COLUMN-1:0] column,
    input  logic [32:0] a,
    input  logic [32:0] b,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [$clog2(ENTRIES)*STAGES-1:0] entries,
    input  logic [8*STAGES-1:0] controls,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [3:0] compare_tap,     // stage K
    input  logic [3:0] compare_step,    // stage K
    input  logic compare_first,         // stage K+1
    input  logic use_thresholds,        // stage K+1
    input  logic [3:0] levels,          // stage K+1
    input  logic bipolar,               // stage K+2
    input  logic value_is_code,         // stage K+2
    input  logic [1:0] result_tap,
    input  logic [1:0] result_plane,
    output logic [15:0] limits_parts,
    input  logic [255:0] limits,
    output logic [1:0] base_part,
    input  logic [31:0] base,
    output logic [31:0] value,
    output logic code_bit
);
  localparam int ENTRY = $clog2(ENTRIES);
  localparam int Q_WORDS = (90 + COLUMN - 1) / COLUMN;
  localparam int A_WORDS = (42 + COLUMN - 1) / COLUMN;
  localparam int T_WORDS = (3 + 15 * 32 + COLUMN - 1) / COLUMN;
  localparam int STEPS = (15 + COMPARATORS - 1) / COMPARATORS;
  localparam int K = 24 + STEPS - 1;

  // --- q1, q2 -----------------------------------------------------------------------------------------------------------
  logic [33:0] q1, q2;
  requantise #(.SLICES(2), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(Q_WORDS)) step_q1 (
      .clk(clk), .write(write[0+:Q_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[0+:ENTRY]), .entry_offset(entries[ENTRY+:ENTRY]), .entry_shift(entries[3*ENTRY+:ENTRY]),
      .entry_limits(entries[6*ENTRY+:ENTRY]), .x({a[32], a}), .rounding(controls[8*6+5+:2]), .used(controls[8*7+0]),
      .limits_part(limits_parts[3:0]), .limits(limits[63:0]), .y(q1));
  requantise #(.SLICES(2), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(Q_WORDS)) step_q2 (
      .clk(clk), .write(write[Q_WORDS+:Q_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[0+:ENTRY]), .entry_offset(entries[ENTRY+:ENTRY]), .entry_shift(entries[3*ENTRY+:ENTRY]),
      .entry_limits(entries[6*ENTRY+:ENTRY]), .x({b[32], b}), .rounding(controls[8*6+5+:2]), .used(controls[8*7+1]),
      .limits_part(limits_parts[7:4]), .limits(limits[127:64]), .y(q2));

  // --- activation between the two sums ----------------------------------------------------------------------------------
  logic [33:0] q2_later, earlier, after, join_sum, u;
  always_ff @(posedge clk)
    earlier <= q1 + (controls[8*8+7] && controls[8*8+3+:2] == 2'd2 ? q2 : 34'b0);
  requantise #(.SLICES(1), .ACTIVATION(1), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(A_WORDS)) step_act (
      .clk(clk), .write(write[3*Q_WORDS+:A_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[9*ENTRY+:ENTRY]), .entry_offset(entries[10*ENTRY+:ENTRY]), .entry_shift(entries[11*ENTRY+:ENTRY]),
      .entry_limits(entries[14*ENTRY+:ENTRY]), .x(earlier), .rounding(2'd0), .used(controls[8*15+3+:2] != 2'd0),
      .limits_part(limits_parts[15:12]), .limits(limits[255:192]), .y(after));
  delay_line #(.WIDTH(34), .CYCLES(8)) q2_line (.clk(clk), .reset(1'b0), .in(q2), .out(q2_later));
  always_ff @(posedge clk)
    join_sum <= after + (controls[8*16+7] && controls[8*16+3+:2] != 2'd2 ? q2_later : 34'b0);

  // --- q3 ---------------------------------------------------------------------------------------------------------------
  requantise #(.SLICES(1), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(Q_WORDS)) step_q3 (
      .clk(clk), .write(write[2*Q_WORDS+:Q_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[17*ENTRY+:ENTRY]), .entry_offset(entries[18*ENTRY+:ENTRY]), .entry_shift(entries[19*ENTRY+:ENTRY]),
      .entry_limits(entries[22*ENTRY+:ENTRY]), .x(join_sum), .rounding(controls[8*22+5+:2]), .used(controls[8*23+2]),
      .limits_part(limits_parts[11:8]), .limits(limits[191:128]), .y(u));

  // --- thresholds: level n is compared in step n / COMPARATORS ------------------------------------------------------------
  logic [34*STEPS-1:0] waiting;
  logic [33:0] tapped;
  genvar n;
  if (STEPS > 1) begin : g_waiting
    logic [34*(STEPS-1)-1:0] earlier_u;
    always_ff @(posedge clk) earlier_u <= waiting[34*(STEPS-1)-1:0];
    assign waiting = {earlier_u, u};
  end else begin : g_at_once
    assign waiting = u;
  end
  always_ff @(posedge clk) begin
    tapped <= waiting[33:0];
    for (int t = 1; t < STEPS; t++) if (32'(compare_tap) == t) tapped <= waiting[34*t+:34];
  end

  logic [T_WORDS-1:0] write_thresholds;
  assign write_thresholds = write[3*Q_WORDS+A_WORDS+:T_WORDS];
  logic [15*32-1:0] level_values;
  for (n = 0; n < 15; n++) begin : g_level
    record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(T_WORDS), .FIRST(3 + 32 * n), .WIDTH(32)) thresholds (
        .clk(clk), .write(write_thresholds), .column(column), .write_entry(write_entry),
        .read_entry(entries[K*ENTRY+:ENTRY]), .value(level_values[32*n+:32]));
  end
  logic direction_read, direction;
  record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(T_WORDS), .FIRST(0), .WIDTH(1)) directions (
      .clk(clk), .write(write_thresholds), .column(column), .write_entry(write_entry),
      .read_entry(entries[K*ENTRY+:ENTRY]), .value(direction_read));

  logic [32*COMPARATORS-1:0] chosen;
  logic [3:0] step;
  always_ff @(posedge clk) begin
    for (int i = 0; i < COMPARATORS; i++) begin
      chosen[32*i+:32] <= level_values[31:0];
      for (int s = 0; s < STEPS; s++)
        if (32'(compare_step) == s && s * COMPARATORS + i < 15)
          chosen[32*i+:32] <= level_values[32*((s*COMPARATORS+i)%15)+:32];
    end
    direction <= direction_read;
    step <= compare_step;
  end

  logic [3:0] hits, count;
  logic active;
  always_comb begin
    hits = 4'd0;
    active = 1'b0;
    for (int i = 0; i < COMPARATORS; i++) begin
      active = 1'b0;
      for (int s = 0; s < STEPS; s++) if (32'(step) == s) active = s * COMPARATORS + i < 32'(levels);
      if (use_thresholds && active && ($signed(tapped) >= $signed({{2{chosen[32*i+31]}}, chosen[32*i+:32]})) == direction)
        hits = hits + 4'd1;
    end
    if (!use_thresholds && !tapped[33]) hits = 4'd1;
  end
  logic [31:0] u_counted;  // beside count
  always_ff @(posedge clk) begin
    count <= compare_first ? hits : count + hits;
    u_counted <= tapped[31:0];
  end

  logic [1:0] base_read;
  record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(T_WORDS), .FIRST(1), .WIDTH(2)) bases (
      .clk(clk), .write(write_thresholds), .column(column), .write_entry(write_entry),
      .read_entry(entries[(K+1)*ENTRY+:ENTRY]), .value(base_read));
  always_ff @(posedge clk) base_part <= base_read;

  // --- results ----------------------------------------------------------------------------------------------------------
  logic [31:0] code;
  logic [31:0] values[0:3];
  logic [3:0] codes[0:3];
  logic [3:0] code_chosen;
  assign code = bipolar ? {31'b0, count != 4'd0} : base + {28'b0, count};
  always_ff @(posedge clk) begin
    values[0] <= !value_is_code ? u_counted : !bipolar ? code : count != 4'd0 ? 32'd1 : ~32'd0;
    codes[0] <= code[3:0];
    for (int i = 1; i < 4; i++) begin
      values[i] <= values[i-1];
      codes[i] <= codes[i-1];
    end
  end
  assign value = values[result_tap];
  assign code_chosen = codes[result_tap];
  assign code_bit = code_chosen[result_plane];
endmodule
