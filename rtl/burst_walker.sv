// SPDX-License-Identifier: Apache-2.0
// Cuts a transfer into bursts, in order: run by run, each at most BURST bus words, none across 4 KiB.
//
// Parameters  BURST bus words of the longest, BUS bits of a bus word, ADDRESS bits of a physical address.
// Use         `start` with the instruction's fields: its first burst stands at the outputs in this very cycle. `step` goes on
//             to the next, also in the cycle of `start`. `last`: the instruction has no more. One burst a cycle.
module burst_walker #(
    parameter int BURST = 16,
    parameter int BUS = 128,
    parameter int ADDRESS = 40
) (
    input  logic clk,
    input  logic start,
    input  logic [ADDRESS-1:0] base,  // 4 KiB aligned, so that the border is known before the sum
    input  logic [31:0] dram_address,
    input  logic [23:0] dram_stride,
    input  logic [23:0] run_bytes,
    input  logic [9:0] runs,
    input  logic step,
    output logic [ADDRESS-1:0] address,
    output logic [8:0] beats,
    output logic last
);
  localparam int BYTES = $clog2(BUS / 8);  // address bits inside a bus word
  localparam int REMAINING = 24 - BYTES + 1;
  localparam int BORDER = 4096 / (BUS / 8);  // bus words between borders
  localparam int PAGE = 12 - BYTES;

  logic [ADDRESS-1:0] burst_address, run_address;
  logic [REMAINING-1:0] burst_remaining, run_beats;
  logic [9:0] runs_left;
  logic [23:0] stride;

  // The state of this cycle: an instruction that starts stands in for the registers.
  logic [ADDRESS-1:0] first_address, run_now, run_next;
  logic [REMAINING-1:0] remaining, beats_of_run, whole;
  logic [9:0] runs_now;
  logic [23:0] stride_now;
  logic [PAGE-1:0] in_page;
  assign first_address = base + ADDRESS'(dram_address);
  assign whole = REMAINING'((25'(run_bytes) + 25'(BUS / 8 - 1)) >> BYTES);
  assign address = start ? first_address : burst_address;
  assign run_now = start ? first_address : run_address;
  assign beats_of_run = start ? whole : run_beats;
  assign remaining = start ? whole : burst_remaining;
  assign runs_now = start ? runs : runs_left;
  assign stride_now = start ? dram_stride : stride;
  assign in_page = start ? dram_address[11:BYTES] : burst_address[11:BYTES];
  assign run_next = run_now + ADDRESS'(stride_now);

  logic [PAGE:0] to_border;
  logic [REMAINING-1:0] cut;
  logic ends_run;
  assign to_border = (PAGE + 1)'(BORDER) - (PAGE + 1)'(in_page);
  always_comb begin
    cut = remaining;
    if (cut > REMAINING'(BURST)) cut = REMAINING'(BURST);
    if (cut > REMAINING'(to_border)) cut = REMAINING'(to_border);
  end
  assign beats = cut[8:0];
  assign ends_run = remaining == cut;
  assign last = ends_run && runs_now == 10'd1;

  always_ff @(posedge clk) begin
    run_beats <= beats_of_run;
    stride <= stride_now;
    if (step && ends_run) begin
      burst_address <= run_next;
      run_address <= run_next;
      burst_remaining <= beats_of_run;
      runs_left <= runs_now - 1'b1;
    end else begin
      burst_address <= step ? address + (ADDRESS'(cut) << BYTES) : address;
      run_address <= run_now;
      burst_remaining <= step ? remaining - cut : remaining;
      runs_left <= runs_now;
    end
  end
endmodule
