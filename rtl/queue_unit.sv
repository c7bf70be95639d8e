// SPDX-License-Identifier: Apache-2.0
// queue_unit: what all units have in common - instruction queue, start, tokens, fence, posts, accounts (rules 2 to 5, 9).
//
// Parameters  UNIT number of the unit behind it (one of the package's, or elaboration fails), QUEUE_DEPTH entries, TOKEN_LATENCY cycles from a post to its visibility,
//             TOKEN_BITS of a token counter, IN_FLIGHT most instructions between start and end, ACCOUNT_BITS of an account.
// Queue       An entry that enters in cycle w is visible from w+1 and leaves at its start; `full` knows of that one cycle later.
//             The oldest entry stands in a register (`head`), the others in a ring behind it.
// Tokens      Only links that the package knows of have bits in the masks of an entry, and a counter if that unit is there. `data_posted[u]`: unit u
//             posts in this cycle. A post passes TOKEN_LATENCY registers and counts in the cycle in which
//             it leaves the last (`arrived`): it may be taken in that very cycle, and a take and an arrival cancel.
// Start       decided in its own cycle from registers and from `front_free`, which the unit gives from registers of its own:
//             entry there, front free, each awaited link with a token, and for a fence nothing in flight.
// Posts       the masks of what is in flight wait in order; `done` (the end) sends the oldest's.
// Accounts    one cause a cycle, by priority (rule 9), registered, then counted: an account has settled two cycles after the
//             last end. Cycles without an entry count as `stall_dispatch` when the next instruction starts, so that what
//             follows the last one is idle. Idle is the rest, and not counted.
// Errors      `overflow` stays 1 once a counter had more tokens than it holds.
module queue_unit #(
    parameter int UNIT = blendsim_pkg::UNIT_XNOR_ARRAY,
    parameter int QUEUE_DEPTH = blendsim_pkg::DISPATCHER_QUEUE_DEPTH,
    parameter int TOKEN_LATENCY = blendsim_pkg::DISPATCHER_TOKEN_LATENCY,
    parameter int TOKEN_BITS = blendsim_pkg::DISPATCHER_TOKEN_BITS,
    // A compute unit's instructions end `depth` cycles after their last step, a transfer has a burst in flight or to come.
    parameter int IN_FLIGHT = blendsim_pkg::UNITS_IN_FLIGHT[UNIT*32 +: 32],
    parameter int ACCOUNT_BITS = 32,
    parameter int UNITS = blendsim_pkg::UNITS
) (
    input  logic clk,
    input  logic reset,
    // dispatcher
    input  logic enter,
    input  logic [blendsim_pkg::ENTRY_BITS-1:0] entry,
    output logic full,
    // other units
    input  logic [UNITS-1:0] data_posted,
    input  logic [UNITS-1:0] space_posted,
    output logic [UNITS-1:0] post_data,
    output logic [UNITS-1:0] post_space,
    // the unit's datapath
    output logic start,
    output logic [blendsim_pkg::ENTRY_BITS-1:0] instruction,
    input  logic front_free,
    input  logic done,
    // watched
    output logic [$clog2(IN_FLIGHT+1)-1:0] in_flight,
    output logic overflow,
    output logic [ACCOUNT_BITS-1:0] busy,
    output logic [ACCOUNT_BITS-1:0] stall_dependency,
    output logic [ACCOUNT_BITS-1:0] stall_memory,
    output logic [ACCOUNT_BITS-1:0] stall_downstream,
    output logic [ACCOUNT_BITS-1:0] stall_fence,
    output logic [ACCOUNT_BITS-1:0] stall_dispatch
);
  localparam int LINKS = 2 * UNITS;  // data links, then space links
  localparam int COUNT = $clog2(QUEUE_DEPTH + 1);
  localparam int RING = QUEUE_DEPTH > 1 ? QUEUE_DEPTH - 1 : 1;  // entries behind the head
  localparam int RING_BITS = RING > 1 ? $clog2(RING) : 1;
  localparam int FLIGHT = $clog2(IN_FLIGHT + 1);
  localparam int FLIGHT_BITS = IN_FLIGHT > 1 ? $clog2(IN_FLIGHT) : 1;
  localparam bit TRANSFER = blendsim_pkg::UNITS_MEMORY[UNIT];
  localparam logic [UNITS-1:0] LINKED = blendsim_pkg::UNITS_LINKED[UNIT*UNITS +: UNITS];
  localparam logic [UNITS-1:0] COUNTED = LINKED & blendsim_pkg::UNITS_BUILT;  // links whose tokens are counted
  localparam int MASK = $countones(LINKED);                     // bits of a mask in an instruction
  localparam int POSTS = blendsim_pkg::HEADER_BITS + 2 * MASK;  // where its posts lie: data, then space
  localparam int FENCE = POSTS + 2 * MASK;

  // Links of a mask below unit `u`: the place of u's bit.
  function automatic int links_below(input int u);
    links_below = 0;
    for (int n = 0; n < u; n++) links_below += LINKED[n] ? 1 : 0;
  endfunction

  // Queue.
  logic [blendsim_pkg::ENTRY_BITS-1:0] head;
  (* ram_style = "distributed" *) logic [blendsim_pkg::ENTRY_BITS-1:0] ring [0:RING-1];
  logic [RING_BITS-1:0] ring_read, ring_write;
  logic [COUNT-1:0] count;
  logic waiting;       // an entry stands at the head
  logic to_head;       // what enters finds nobody before it
  assign waiting = count != '0;
  assign full = count == COUNT'(QUEUE_DEPTH);
  assign to_head = !waiting || (count == COUNT'(1) && start);
  assign instruction = head;

  always_ff @(posedge clk) begin
    if (enter && to_head) head <= entry;
    else if (start) head <= ring[ring_read];
    if (enter && !to_head) ring[ring_write] <= entry;
    if (enter && !to_head) ring_write <= ring_write == RING_BITS'(RING - 1) ? '0 : ring_write + 1'b1;
    if (start && count != '0 && count != COUNT'(1)) ring_read <= ring_read == RING_BITS'(RING - 1) ? '0 : ring_read + 1'b1;
    count <= count + COUNT'(enter) - COUNT'(start);
    if (reset) begin
      ring_write <= '0;
      ring_read <= '0;
      count <= '0;
    end
  end

  // Tokens.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [LINKS-1:0] arrived;  // of a link that there is not, nothing is used
  /* verilator lint_on UNUSEDSIGNAL */
  logic [LINKS-1:0] awaited, available, overflows;
  for (genvar u = 0; u < UNITS; u++) begin : g_awaited
    if (LINKED[u]) begin : g_linked
      assign awaited[u] = head[blendsim_pkg::HEADER_BITS + links_below(u)];
      assign awaited[UNITS+u] = head[blendsim_pkg::HEADER_BITS + MASK + links_below(u)];
    end else begin : g_apart
      assign awaited[u] = 1'b0;
      assign awaited[UNITS+u] = 1'b0;
    end
  end

  logic [TOKEN_LATENCY*LINKS-1:0] travelling;  // the youngest at the low end
  assign arrived = travelling[(TOKEN_LATENCY-1)*LINKS +: LINKS];
  if (TOKEN_LATENCY == 1) begin : g_next_cycle
    always_ff @(posedge clk) travelling <= reset ? '0 : {space_posted, data_posted};
  end else begin : g_later
    always_ff @(posedge clk)
      travelling <= reset ? '0 : {travelling[(TOKEN_LATENCY-1)*LINKS-1:0], space_posted, data_posted};
  end

  for (genvar link = 0; link < LINKS; link++) begin : g_link
    if (!COUNTED[link % UNITS]) begin : g_apart
      assign available[link] = 1'b0;
      assign overflows[link] = 1'b0;
    end else begin : g_other
      logic [TOKEN_BITS-1:0] tokens;
      logic take;
      assign take = start && awaited[link];
      assign available[link] = tokens != '0 || arrived[link];
      assign overflows[link] = tokens == '1 && arrived[link] && !take;
      always_ff @(posedge clk)
        if (reset) tokens <= '0;
        else tokens <= tokens + TOKEN_BITS'(arrived[link]) - TOKEN_BITS'(take);
    end
  end
  always_ff @(posedge clk) overflow <= !reset && (overflow || overflows != '0);

  // Start.
  logic [LINKS-1:0] missing;
  assign missing = awaited & ~available;
  assign start = waiting && front_free && missing == '0 && !(head[FENCE] && in_flight != '0);

  // What is in flight, and its posts.
  (* ram_style = "distributed" *) logic [2*MASK-1:0] posts [0:IN_FLIGHT-1];
  logic [2*MASK-1:0] oldest_posts;
  logic [FLIGHT_BITS-1:0] posts_read, posts_write;
  assign oldest_posts = posts[posts_read];
  for (genvar u = 0; u < UNITS; u++) begin : g_posts
    if (LINKED[u]) begin : g_linked
      assign post_data[u] = done && oldest_posts[links_below(u)];
      assign post_space[u] = done && oldest_posts[MASK + links_below(u)];
    end else begin : g_apart
      assign post_data[u] = 1'b0;
      assign post_space[u] = 1'b0;
    end
  end

  always_ff @(posedge clk) begin
    if (start) posts[posts_write] <= head[POSTS +: 2*MASK];
    if (start) posts_write <= posts_write == FLIGHT_BITS'(IN_FLIGHT - 1) ? '0 : posts_write + 1'b1;
    if (done) posts_read <= posts_read == FLIGHT_BITS'(IN_FLIGHT - 1) ? '0 : posts_read + 1'b1;
    in_flight <= in_flight + FLIGHT'(start) - FLIGHT'(done);
    if (reset) begin
      posts_write <= '0;
      posts_read <= '0;
      in_flight <= '0;
    end
  end

  // Accounts.
  logic started;                      // an instruction has started
  logic counts_busy, counts_empty, counts_memory, counts_dependency, counts_downstream, counts_fence, commits;
  logic [ACCOUNT_BITS-1:0] empty;     // cycles without an entry since the last start
  logic is_busy, is_free;
  assign is_busy = start || (TRANSFER ? in_flight != '0 : !front_free);
  assign is_free = !is_busy && waiting;

  always_ff @(posedge clk) begin
    started <= !reset && (started || start);
    counts_busy <= is_busy;
    counts_empty <= !is_busy && !waiting && started;
    counts_memory <= is_free && (missing[UNITS-1:0] & blendsim_pkg::UNITS_MEMORY) != '0;
    counts_dependency <= is_free && (missing[UNITS-1:0] & blendsim_pkg::UNITS_MEMORY) == '0 && missing[UNITS-1:0] != '0;
    counts_downstream <= is_free && missing[UNITS-1:0] == '0 && missing != '0;
    counts_fence <= is_free && missing == '0;
    commits <= start;
    if (counts_busy) busy <= busy + 1'b1;
    if (counts_memory) stall_memory <= stall_memory + 1'b1;
    if (counts_dependency) stall_dependency <= stall_dependency + 1'b1;
    if (counts_downstream) stall_downstream <= stall_downstream + 1'b1;
    if (counts_fence) stall_fence <= stall_fence + 1'b1;
    if (commits) stall_dispatch <= stall_dispatch + empty;
    empty <= commits ? '0 : empty + ACCOUNT_BITS'(counts_empty);
    if (reset) begin
      {counts_busy, counts_empty, counts_memory, counts_dependency, counts_downstream, counts_fence, commits} <= '0;
      busy <= '0;
      stall_memory <= '0;
      stall_dependency <= '0;
      stall_downstream <= '0;
      stall_fence <= '0;
      stall_dispatch <= '0;
      empty <= '0;
    end
  end

`ifndef SYNTHESIS
  if (UNIT < 0 || UNIT >= UNITS) $fatal(1, "queue_unit: the package has no unit %0d", UNIT);
  always_ff @(posedge clk) begin
    if (!reset && enter && full) $error("an entry enters a full queue");
    if (!reset && done && in_flight == '0) $error("an end without a start");
    if (!reset && start && !done && in_flight == FLIGHT'(IN_FLIGHT)) $error("more instructions in flight than IN_FLIGHT");
  end
`endif
endmodule
