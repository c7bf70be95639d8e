// SPDX-License-Identifier: Apache-2.0
// Cuts a transfer into bursts, in order: run by run, each at most BURST bus words, none across 4 KiB.
//
// Parameters  BURST bus words of the longest, BUS bits of a bus word, ADDRESS bits of a physical address. EARLY: the
//             first burst is wanted in the very cycle of `start`, and a step comes in every other cycle at most.
// Use         `start` with the instruction's fields: its first burst stands at the outputs from the next cycle on
//             (EARLY: from this one). `step` goes on to the next, one burst a cycle (EARLY: also in the cycle of
//             `start`; the next burst comes two cycles later). `last`: the instruction has no more. `base` is that of
//             the instruction at the outputs.
// What is of bytes lies on bus words (the verifier's rule), so that everything here counts in those.
module burst_walker #(
    parameter int BURST = 16,
    parameter int BUS = 128,
    parameter int ADDRESS = 40,
    parameter int EARLY = 0
) (
    input  logic clk,
    input  logic start,
    input  logic [ADDRESS-1:12] base,  // 4 KiB aligned, so that the border is known before the sum
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [31:0] dram_address,
    input  logic [23:0] dram_stride,
    input  logic [23:0] run_bytes,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [9:0] runs,
    input  logic step,
    output logic [ADDRESS-1:0] address,
    output logic [8:0] beats,
    output logic last
);
  localparam int BYTES = $clog2(BUS / 8);    // address bits inside a bus word
  localparam int OFFSET = 32 - BYTES;
  localparam int RUN = 24 - BYTES;
  localparam int BORDER = 4096 / (BUS / 8);  // bus words between borders
  localparam int PAGE = 12 - BYTES;

  logic [OFFSET-1:0] at, run_start, at_now, next_at;
  logic [RUN-1:0] remaining, remaining_now, run_beats, stride;
  logic [9:0] runs_left, runs_now;
  logic goes_on;
  generate
    if (EARLY != 0) begin : early
      logic step_before;
      always_ff @(posedge clk) step_before <= step;
      assign goes_on = step_before;
      assign at_now = start ? dram_address[31:BYTES] : at;
      assign remaining_now = start ? run_bytes[23:BYTES] : remaining;
      assign runs_now = start ? runs : runs_left;
    end else begin : from_registers
      assign goes_on = step;
      assign at_now = at;
      assign remaining_now = remaining;
      assign runs_now = runs_left;
    end
  endgenerate
  assign address = {base + (ADDRESS - 12)'(at_now[OFFSET-1:PAGE]), at_now[PAGE-1:0], {BYTES{1'b0}}};

  // The shortest of a whole burst, what the run has left and the way to the border.
  logic [8:0] longest;
  logic [PAGE:0] to_border;
  logic run_fits, border_far, ends_run;
  assign run_fits = remaining_now <= RUN'(BURST);
  assign longest = run_fits ? 9'(remaining_now) : 9'(BURST);
  assign to_border = (PAGE + 1)'(BORDER) - (PAGE + 1)'(at_now[PAGE-1:0]);
  assign border_far = 11'(longest) <= 11'(to_border);
  assign beats = border_far ? longest : 9'(to_border);
  assign ends_run = run_fits && border_far;
  assign last = ends_run && runs_now == 10'd1;

  assign next_at = (ends_run ? run_start : at) + (ends_run ? OFFSET'(stride) : OFFSET'(beats));
  always_ff @(posedge clk) begin
    if (start) begin
      run_beats <= run_bytes[23:BYTES];
      stride <= dram_stride[23:BYTES];
    end
    if (start || goes_on) begin
      at <= start ? dram_address[31:BYTES] : next_at;
      remaining <= start ? run_bytes[23:BYTES] : ends_run ? run_beats : remaining - RUN'(beats);
    end
    if (start || (goes_on && ends_run)) begin
      run_start <= start ? dram_address[31:BYTES] : next_at;
      runs_left <= start ? runs : runs_left - 1'b1;
    end
  end
endmodule
