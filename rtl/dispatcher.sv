// SPDX-License-Identifier: Apache-2.0
// dispatcher: reads instruction words, decodes them and fills the queues of all units, in program order (rule 5).
//
// Parameters  DOORBELL cycles from the accepted doorbell to the first word (hides the instructions buffer's latency), DECODE
//             registers of the pipeline, PREFETCH words of the FIFO, BURST bus words of a fetch burst, BUS bits of a bus word.
//             ENTRY_WORDS of the longest instruction.
// control     `go` in the cycle after the accepted doorbell; the stream's first byte in DRAM (16-byte aligned), its words, END
//             included, and `resident` (the words are in the instructions buffer from address 0) are steady from then on.
// Queues      `enter[u]` with `entry` in the cycle in which an instruction's last word leaves the pipeline, never while
//             `full[u]`; `end_written` in the cycle in which END does.
// AXI         as load's; bursts are requested when all of one fits the FIFO.
//
// Pipeline    1         `go`
//             2         first address to the instructions buffer; its word is in the FIFO LATENCY cycles later
//             DOORBELL  first word read, if resident, or first burst requested. A burst's words may be read from the second
//                       cycle after its last beat on R.
//             +DECODE   the word leaves the last register of the pipeline; a hole in it closes, whatever stands ahead
module dispatcher #(
    parameter int DOORBELL = blendsim_pkg::CONTROL_DOORBELL,
    parameter int DECODE = blendsim_pkg::DISPATCHER_DECODE,
    parameter int PREFETCH = blendsim_pkg::DISPATCHER_PREFETCH,
    parameter int BURST = blendsim_pkg::LOAD_BURST,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int ADDRESS = 40,
    parameter int WORDS = 24,  // bits of a stream's length
    parameter int ENTRY_WORDS = blendsim_pkg::ENTRY_BITS / 128,
    parameter int INSTRUCTIONS_ADDRESS = blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS,
    parameter int INSTRUCTIONS_LATENCY = blendsim_pkg::BUFFER_INSTRUCTIONS_LATENCY
) (
    input  logic clk,
    input  logic reset,
    // control
    input  logic go,
    input  logic resident,
    input  logic [ADDRESS-1:0] stream_address,
    input  logic [WORDS-1:0] stream_words,
    output logic end_written,
    // queue units
    output logic [blendsim_pkg::UNITS-1:0] enter,
    output logic [ENTRY_WORDS*128-1:0] entry,
    input  logic [blendsim_pkg::UNITS-1:0] full,
    // instructions buffer
    output logic instructions_read,
    output logic [INSTRUCTIONS_ADDRESS-1:0] instructions_address,
    input  logic [127:0] instructions_data,
    // AXI4 read channels
    output logic arvalid,
    input  logic arready,
    output logic [ADDRESS-1:0] araddr,
    output logic [7:0] arlen,
    input  logic rvalid,
    output logic rready,
    input  logic [BUS-1:0] rdata,
    input  logic rlast
);
  localparam int WORD_BEATS = 128 / BUS;
  localparam int BEAT = WORD_BEATS > 1 ? $clog2(WORD_BEATS) : 1;
  // Words of the longest fetch burst: BURST bus words, whole instruction words, no more than the FIFO holds.
  localparam int BURST_WORDS = BURST * BUS / 128 < 1 ? 1 : BURST * BUS / 128;
  localparam int LONGEST = BURST_WORDS < PREFETCH ? BURST_WORDS : PREFETCH;
  localparam int HELD = $clog2(PREFETCH + 1);
  localparam int WAIT = DOORBELL > 3 ? $clog2(DOORBELL - 1) : 1;

  // --- the run --------------------------------------------------------------------------------------------------------
  logic running, may_read, read;
  logic [WAIT-1:0] countdown;
  always_ff @(posedge clk) begin
    if (reset) running <= 1'b0;
    else running <= go || (running && !end_written);
    if (go) countdown <= WAIT'(DOORBELL - 2);
    else if (countdown != '0) countdown <= countdown - 1'b1;
  end
  assign may_read = running && countdown == '0;

  // --- words on their way into the FIFO: a word of the buffer a cycle, or bursts ------------------------------------------
  logic [HELD-1:0] held, taken;     // in the FIFO or on their way
  logic [WORDS-1:0] words_left;     // neither addressed nor requested
  logic send;
  logic [8:0] to_border, longest, burst_words;
  logic [ADDRESS-1:0] next_address;
  always_comb begin
    longest = 9'(LONGEST);
    if (words_left < WORDS'(LONGEST)) longest = 9'(words_left);
    to_border = 9'd256 - 9'(next_address[11:4]);
    burst_words = longest < to_border ? longest : to_border;
  end
  assign instructions_read = running && resident && words_left != '0 && held != HELD'(PREFETCH);
  assign send = may_read && !resident && words_left != '0 && !arvalid && 32'(held) + 32'(longest) <= PREFETCH;
  assign taken = send ? HELD'(burst_words) : HELD'(instructions_read);
  assign rready = 1'b1;
  always_ff @(posedge clk) begin
    if (reset || go) begin
      held <= '0;
      arvalid <= 1'b0;
    end else begin
      held <= held + taken - HELD'(read);
      if (send) arvalid <= 1'b1;
      else if (arready) arvalid <= 1'b0;
    end
    if (go) begin
      words_left <= stream_words;
      next_address <= stream_address;
      instructions_address <= '0;
    end else begin
      words_left <= words_left - WORDS'(taken);
      if (send) next_address <= next_address + (ADDRESS'(burst_words) << 4);
      if (instructions_read) instructions_address <= instructions_address + 1'b1;
    end
    if (send) begin
      araddr <= next_address;
      arlen <= 8'(16'(burst_words) * 16'(WORD_BEATS) - 16'd1);
    end
  end

  // --- the FIFO: bus words make up words, a burst's count when it is complete ---------------------------------------------
  logic [INSTRUCTIONS_LATENCY-1:0] reading;  // words that the buffer is about to give
  logic push, word_arrives, commit, available;
  logic [127:0] word_data, front;
  logic [HELD-1:0] uncommitted, committing, readable;
  logic [BEAT-1:0] beat;
  if (WORD_BEATS > 1) begin : narrow
    logic [127-BUS:0] parts;
    always_ff @(posedge clk) if (rvalid) parts <= (128 - BUS)'({rdata, parts} >> BUS);
    assign word_data = {rdata, parts};
  end else begin : wide
    assign word_data = rdata;
  end
  assign word_arrives = rvalid && beat == BEAT'(WORD_BEATS - 1);
  assign push = resident ? reading[INSTRUCTIONS_LATENCY-1] : word_arrives;
  beat_fifo #(.WIDTH(128), .DEPTH(PREFETCH)) prefetched (
      .clk, .reset(reset || go), .push, .push_data(resident ? instructions_data : word_data), .pop(read), .available,
      .front);
  always_ff @(posedge clk) begin
    if (reset || go) begin
      reading <= '0;
      beat <= '0;
      uncommitted <= '0;
      committing <= '0;
      commit <= 1'b0;
      readable <= '0;
    end else begin
      reading <= INSTRUCTIONS_LATENCY'({reading, instructions_read});
      if (rvalid) beat <= word_arrives ? '0 : beat + 1'b1;
      if (word_arrives) uncommitted <= rlast ? '0 : uncommitted + 1'b1;
      committing <= uncommitted + 1'b1;
      commit <= word_arrives && rlast;
      readable <= readable + (resident ? HELD'(push) : commit ? committing : '0) - HELD'(read);
    end
  end

  // --- decode: DECODE registers; a word moves on when the one ahead does, or is none ----------------------------------------
  logic [DECODE-1:0] valid, moves;
  logic [127:0] words[DECODE];
  logic leaves;
  assign read = may_read && readable != '0 && (!valid[0] || moves[0]);
  for (genvar k = 0; k < DECODE; k++) begin : stage
    if (k == DECODE - 1) assign moves[k] = leaves;
    else assign moves[k] = leaves || !(&valid[DECODE-1:k+1]);
    logic enters;
    logic [127:0] word;
    if (k == 0) begin : first
      assign enters = read;
      assign word = front;
    end else begin : later
      assign enters = valid[k-1] && moves[k-1];
      assign word = words[k-1];
    end
    always_ff @(posedge clk) begin
      if (reset || go) valid[k] <= 1'b0;
      else valid[k] <= enters || (valid[k] && !moves[k]);
      if (enters) words[k] <= word;
    end
  end

  // --- the last register: an instruction's words wait beside it, with the last one it enters its queue ------------------------
  localparam int OPCODE = blendsim_pkg::OPCODE_BITS, LENGTH = blendsim_pkg::LENGTH_BITS;
  logic first, ends, more, unit_full, unknown;
  logic [LENGTH-1:0] place, length;  // of the word in its instruction; words behind the instruction's first
  logic [127:0] last_word, first_word;
  logic [OPCODE-1:0] opcode;
  assign last_word = words[DECODE-1];
  assign first = place == '0;
  assign opcode = first ? last_word[OPCODE-1:0] : first_word[OPCODE-1:0];
  assign length = first ? last_word[OPCODE +: LENGTH] : first_word[OPCODE +: LENGTH];
  assign ends = first && opcode == OPCODE'(blendsim_pkg::OPCODE_END);
  assign more = !ends && length != place;
  // What names no unit, or has more words than any instruction, stays, and the run does not end.
  assign unknown = !ends && (32'(opcode) >= blendsim_pkg::UNITS || 32'(length) >= ENTRY_WORDS);
  always_comb begin
    unit_full = unknown;
    for (int u = 0; u < blendsim_pkg::UNITS; u++) if (opcode == OPCODE'(u)) unit_full = unknown || full[u];
  end
  assign leaves = valid[DECODE-1] && (ends || (!unknown && (more || !unit_full)));
  assign end_written = valid[DECODE-1] && ends;
  always_comb begin
    for (int u = 0; u < blendsim_pkg::UNITS; u++) begin
      enter[u] = valid[DECODE-1] && !ends && !more && !unknown && opcode == OPCODE'(u) && !full[u];
    end
  end
  always_ff @(posedge clk) begin
    if (reset || go) place <= '0;
    else if (leaves) place <= more ? place + 1'b1 : '0;
    if (leaves && first) first_word <= last_word;
  end
  assign entry[127:0] = first ? last_word : first_word;
  for (genvar w = 1; w < ENTRY_WORDS; w++) begin : entry_word
    if (w == ENTRY_WORDS - 1) begin : at_the_end
      assign entry[w*128 +: 128] = place == LENGTH'(w) ? last_word : '0;
    end else begin : between
      logic [127:0] kept;
      always_ff @(posedge clk) if (leaves && place == LENGTH'(w)) kept <= last_word;
      assign entry[w*128 +: 128] = place == LENGTH'(w) ? last_word : place > LENGTH'(w) ? kept : '0;
    end
  end
`ifndef SYNTHESIS
  if (DOORBELL < INSTRUCTIONS_LATENCY + 3) $error("dispatcher: DOORBELL is too short for the instructions buffer");
  always_ff @(posedge clk) if (!reset && valid[DECODE-1] && unknown) $error("dispatcher: opcode %0d with %0d words is no instruction", opcode, 32'(length) + 1);
  always_ff @(posedge clk) if (!reset && read && !available) $error("dispatcher: reads a word that is not there");
`endif
endmodule
