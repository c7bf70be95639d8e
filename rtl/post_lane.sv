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
//   24  u. It waits in a ring of LUT RAM, because an element's last comparison is in stage 24 + STEPS - 1 whatever its number:
//       element and thresholds are read where `compare_ring` and `compare_row` say
//    K = 24 + STEPS - 1: u and up to COMPARATORS thresholds into registers; K+1 compared and counted; K+2 code
//   K+3 value and code wait in a ring for the writer, which takes its words in stages K+3 to K+6 where `result_ring` says
// Control     `entries` and `controls` hold a lane group's record and steps for stages 0 to K+1, flat: control is
//             {joins, rounding[1:0], activation[1:0], use_q3, use_q2, use_q1}.
// Shared      limits of q1, q2, q3, activation and the base: 4 and 2 bits of each lane go out, what the slice makes of them all
//             comes back.
// Thresholds  level n in bank n mod BANKS, rows of a group one after the other: `level_write`, `level_row` and the place in the
//             word (`level_from`) of the level that a word completes for each bank.
module post_lane #(
    parameter int MULTIPLIER = blendsim_pkg::POST_UNIT_MULTIPLIER,
    parameter int COMPARATORS = blendsim_pkg::POST_UNIT_COMPARATORS,
    parameter int COLUMN = 32,
    parameter int ENTRIES = 32,
    parameter int STAGES = 25 + (15 + COMPARATORS - 1) / COMPARATORS,
    parameter int WORDS = 27,  // of the longest record
    parameter int BANKS = COMPARATORS,  // of thresholds
    parameter int ROWS = 32             // of a bank
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
    input  logic [BANKS-1:0] level_write,
    input  logic [BANKS*$clog2(ROWS)-1:0] level_row,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [4*BANKS-1:0] level_from,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [3:0] ring_write,      // counts cycles
    input  logic [3:0] compare_ring,    // stage K: where the element's u is
    input  logic [$clog2(ROWS)-1:0] compare_row,  // stage K: where its levels are
    input  logic [3:0] compare_step,    // stage K
    input  logic compare_first,         // stage K+1
    input  logic use_thresholds,        // stage K+1
    input  logic [3:0] levels,          // stage K+1
    input  logic bipolar,               // stage K+2
    input  logic value_is_code,         // stage K+2
    input  logic [3:0] result_ring,
    input  logic [1:0] result_plane,
    output logic [15:0] limits_parts,
    input  logic [4*97-1:0] limits,     // of q1, q2, q3, activation: {hi - lo, lo, -lo}, requantise.sv says in which stages
    output logic [1:0] base_part,       // stage K+2
    input  logic [31:0] base,           // all ones where bipolar
    output logic [31:0] value,
    output logic code_bit
);
  localparam int ENTRY = $clog2(ENTRIES);
  localparam int Q_WORDS = (90 + COLUMN - 1) / COLUMN;
  localparam int A_WORDS = (42 + COLUMN - 1) / COLUMN;
  localparam int T_WORDS = (3 + 15 * 32 + COLUMN - 1) / COLUMN;
  localparam int PER = COLUMN / 32;  // levels in a word
  localparam int ROW = $clog2(ROWS);
  localparam int STEPS = (15 + COMPARATORS - 1) / COMPARATORS;
  localparam int K = 24 + STEPS - 1;

  // --- q1, q2 -----------------------------------------------------------------------------------------------------------
  logic [33:0] q1, q2, q1_next, q2_next;
  requantise #(.SLICES(2), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(Q_WORDS)) step_q1 (
      .clk(clk), .write(write[0+:Q_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[0+:ENTRY]), .entry_rest(entries[ENTRY+:ENTRY]), .x({a[32], a}), .rounding(controls[8*6+5+:2]), .used(controls[8*6+0]),
      .limits_part(limits_parts[3:0]), .minus_lo(limits[0+:33]), .lo(limits[33+:32]), .span(limits[65+:32]), .y(q1_next));
  requantise #(.SLICES(2), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(Q_WORDS)) step_q2 (
      .clk(clk), .write(write[Q_WORDS+:Q_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[0+:ENTRY]), .entry_rest(entries[ENTRY+:ENTRY]), .x({b[32], b}), .rounding(controls[8*6+5+:2]), .used(controls[8*6+1]),
      .limits_part(limits_parts[7:4]), .minus_lo(limits[97+:33]), .lo(limits[97+33+:32]), .span(limits[97+65+:32]), .y(q2_next));

  // --- activation between the two sums ----------------------------------------------------------------------------------
  logic [33:0] q2_later, earlier, after, after_next, join_sum, u;
  always_ff @(posedge clk) begin
    q1 <= q1_next;
    q2 <= q2_next;
    after <= after_next;
    earlier <= q1 + (controls[8*8+7] && controls[8*8+3+:2] == 2'd2 ? q2 : 34'b0);
  end
  requantise #(.SLICES(1), .ACTIVATION(1), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(A_WORDS)) step_act (
      .clk(clk), .write(write[3*Q_WORDS+:A_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[9*ENTRY+:ENTRY]), .entry_rest(entries[10*ENTRY+:ENTRY]), .x(earlier), .rounding(2'd0),
      .used(controls[8*14+3+:2] != 2'd0),
      .limits_part(limits_parts[15:12]), .minus_lo(limits[291+:33]), .lo(limits[291+33+:32]), .span(limits[291+65+:32]), .y(after_next));
  delay_line #(.WIDTH(34), .CYCLES(8)) q2_line (.clk(clk), .reset(1'b0), .in(q2), .out(q2_later));
  always_ff @(posedge clk)
    join_sum <= after + (controls[8*16+7] && controls[8*16+3+:2] != 2'd2 ? q2_later : 34'b0);

  // --- q3 ---------------------------------------------------------------------------------------------------------------
  requantise #(.SLICES(1), .MULTIPLIER(MULTIPLIER), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(Q_WORDS)) step_q3 (
      .clk(clk), .write(write[2*Q_WORDS+:Q_WORDS]), .write_entry(write_entry), .column(column),
      .entry_factor(entries[17*ENTRY+:ENTRY]), .entry_rest(entries[18*ENTRY+:ENTRY]), .x(join_sum),
      .rounding(controls[8*22+5+:2]), .used(controls[8*22+2]),
      .limits_part(limits_parts[11:8]), .minus_lo(limits[194+:33]), .lo(limits[194+33+:32]), .span(limits[194+65+:32]), .y(u));

  // --- thresholds: level n is compared in step n / COMPARATORS ------------------------------------------------------------
  // u, that stage 24 would hold, in a ring: the element's, whenever it came.
  logic [33:0] us[0:15];
  logic [33:0] tapped;
  always_ff @(posedge clk) begin
    us[ring_write] <= u;
    tapped <= us[compare_ring];
  end

  // Level n is in bank n mod BANKS. Its high 3 bits come in a word's first, or in the middle; the low 29 before them.
  logic [T_WORDS-1:0] write_thresholds;
  assign write_thresholds = write[3*Q_WORDS+A_WORDS+:T_WORDS];
  logic [28:0] column_before;
  logic [COLUMN+28:0] stream;
  always_ff @(posedge clk) column_before <= column[COLUMN-1-:29];
  assign stream = {column, column_before};
  logic [32*BANKS-1:0] levels_read;
  genvar n;
  for (n = 0; n < BANKS; n++) begin : g_bank
    (* ram_style = "distributed" *) logic [31:0] bank[0:ROWS-1];
    logic [31:0] level;
    always_comb begin
      level = stream[31:0];
      for (int j = 1; j < PER; j++) if (32'(level_from[4*n+:4]) == j) level = stream[32*j+:32];
    end
    always_ff @(posedge clk) if (level_write[n]) bank[level_row[ROW*n+:ROW]] <= level;
    assign levels_read[32*n+:32] = bank[compare_row];
  end
  logic [2:0] head_read, head;  // base, direction
  record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(T_WORDS), .FIRST(0), .WIDTH(3)) heads (
      .clk(clk), .write(write_thresholds), .column(column), .write_entry(write_entry),
      .read_entry(entries[K*ENTRY+:ENTRY]), .value(head_read));

  logic [32*COMPARATORS-1:0] chosen;
  logic [3:0] step;
  always_ff @(posedge clk) begin
    chosen <= levels_read[32*COMPARATORS-1:0];
    for (int s = 1; s < BANKS / COMPARATORS; s++)
      if (32'(compare_step) % (BANKS / COMPARATORS) == s) chosen <= levels_read[32*COMPARATORS*s+:32*COMPARATORS];
    head <= head_read;
    base_part <= head[2:1];
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
      if (use_thresholds && active && ($signed(tapped) >= $signed({{2{chosen[32*i+31]}}, chosen[32*i+:32]})) == head[0])
        hits = hits + 4'd1;
    end
    if (!use_thresholds && !tapped[33]) hits = 4'd1;
  end
  logic [31:0] u_counted;  // beside count
  always_ff @(posedge clk) begin
    count <= compare_first ? hits : count + hits;
    u_counted <= tapped[31:0];
  end

  // --- results: in a ring, {code, value} ------------------------------------------------------------------------------------
  logic [3:0] added, code;
  logic [31:0] value_next;
  logic unused_last;
  logic [35:0] results[0:15];
  logic [3:0] code_chosen;
  always_comb begin
    added = !value_is_code ? 4'd0 : bipolar ? {2'b0, count != 4'd0, 1'b0} : count;
    {value_next, unused_last} = {28'b0, added, 1'b0} - {value_is_code ? ~base : ~u_counted, 1'b1};  // the sum (requantise.sv)
    code = bipolar ? {3'b0, count != 4'd0} : base[3:0] + count;
  end
  always_ff @(posedge clk) results[ring_write] <= {code, value_next};
  assign {code_chosen, value} = results[result_ring];
  assign code_bit = code_chosen[result_plane];
endmodule
