// SPDX-License-Identifier: Apache-2.0
// store: maps in act_fixed and act_binary to DRAM, in AXI4 write bursts (rule 7). The datapath behind
// queue_unit #(.UNIT(UNIT_STORE)).
//
// Parameters  OUTSTANDING bursts in flight, BURST bus words of the longest, BUS bits of a bus word, CELL_SLICES slices
//             of a cell of act_binary, latencies of the two buffers.
// Queue       `start` with `instruction` in cycle s; `front_free` from the cycle after the last request was sent;
//             `done` in the cycle in which the response to the last burst is in the engine. Several may be in flight.
// AXI         a request is sent when all data of its burst is in the engine, and stands on AW from the next cycle until
//             taken; its beats stand on W from that cycle on, behind those of the burst before. `bready` is always 1.
//             One ID, INCR; strobes are 0 for the filler at the end of a run.
// Bases       physical addresses of the DRAM areas, 4 KiB aligned, steady while anything runs.
// Buffers     one word of act_fixed or one cell of act_binary a cycle (an enable and an address a bank).
//
// Pipeline    s        the instruction, into a register; s+1 to s+3 its first row's address (transfer_setup)
//             s+4      first read, if a slot is free; then one a cycle, burst behind burst, ahead of the requests
//             +latency the word at the buffer's port: a part of it, or the beat that its cell completes, into the FIFO;
//                      with the last step of a burst its request into AW, if the one before has been taken
//             +1       AW, and the first beat on W
//             A burst of a binary map takes ceil(bytes / 2m) steps, at least one a beat, whatever cell its border cuts.
module store #(
    parameter int OUTSTANDING = blendsim_pkg::STORE_OUTSTANDING,
    parameter int BURST = blendsim_pkg::STORE_BURST,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int ADDRESS = 40,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int ACT_BINARY_ADDRESS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int ACT_BINARY_LATENCY = blendsim_pkg::BUFFER_ACT_BINARY_LATENCY,
    parameter int ACT_FIXED_ADDRESS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int ACT_FIXED_LATENCY = blendsim_pkg::BUFFER_ACT_FIXED_LATENCY
) (
    input  logic clk,
    input  logic reset,
    // queue_unit
    input  logic start,
    input  blendsim_pkg::transfer_instruction_t instruction,
    output logic front_free,
    output logic done,
    // areas of DRAM
    input  logic [ADDRESS-1:0] program_base,
    input  logic [ADDRESS-1:0] input_base,
    input  logic [ADDRESS-1:0] output_base,
    // AXI4 write channels
    output logic awvalid,
    input  logic awready,
    output logic [ADDRESS-1:0] awaddr,
    output logic [7:0] awlen,
    output logic wvalid,
    input  logic wready,
    output logic [BUS-1:0] wdata,
    output logic [BUS/8-1:0] wstrb,
    output logic wlast,
    input  logic bvalid,
    output logic bready,
    // buffers
    output logic [15:0] act_binary_read,
    output logic [16*ACT_BINARY_ADDRESS-1:0] act_binary_address,
    input  logic [256*CELL_SLICES-1:0] act_binary_data,
    output logic act_fixed_read,
    output logic [ACT_FIXED_ADDRESS-1:0] act_fixed_address,
    input  logic [127:0] act_fixed_data
);
  localparam int IN_FLIGHT = $clog2(OUTSTANDING + 1);
  localparam int CELL = CELL_SLICES;  // in slices of 16 bits, as all of the gear box
  localparam int BEAT = BUS / 16;
  localparam int GEAR = 2 * CELL + BEAT;
  localparam int FILL = $clog2(GEAR + 1);
  localparam int PARTS = 128 / BUS;   // beats of a fixed word
  localparam int PART = PARTS > 1 ? $clog2(PARTS) : 1;

  // --- the instruction -----------------------------------------------------------------------------------------------
  // verilator lint_off UNUSEDSIGNAL
  blendsim_pkg::transfer_instruction_t d;  // whole, though the requests' fields are no longer needed
  // verilator lint_on UNUSEDSIGNAL
  logic active;              // its last request is not yet sent
  logic reading;             // its last burst is not yet read
  logic binary, send, sends_last, reads_last;
  logic start_1, start_2, start_3;
  logic [17:0] row_address, row_address_setup;
  transfer_setup setup (
      .clk, .form(instruction.form), .buffer_address(instruction.buffer_address), .map_slices(instruction.map_slices),
      .bytes_log2(instruction.bytes_log2), .map_row(instruction.row), .width(instruction.width),
      .row_address(row_address_setup));
  assign binary = d.form == 2'd2;
  assign front_free = !active;
  always_ff @(posedge clk) begin
    if (start) d <= instruction;
    if (start_3) row_address <= row_address_setup;
    if (reset) begin
      active <= 1'b0;
      reading <= 1'b0;
      start_1 <= 1'b0;
      start_2 <= 1'b0;
      start_3 <= 1'b0;
    end else begin
      start_1 <= start;
      start_2 <= start_1;
      start_3 <= start_2;
      active <= start || (active && !(send && sends_last));
      reading <= start_3 || (reading && !reads_last);
    end
  end

  logic [ADDRESS-1:12] base;
  logic [ADDRESS-1:0] burst_address;
  logic [8:0] burst_beats;
  logic last_burst, burst_read;
  logic unused;  // areas are 4 KiB aligned
  assign unused = &{1'b0, output_base[11:0], input_base[11:0], program_base[11:0]};
  multiplexer #(.COUNT(3), .WIDTH(ADDRESS - 12)) bases (
      .select(d.dram_base), .words({output_base[ADDRESS-1:12], input_base[ADDRESS-1:12], program_base[ADDRESS-1:12]}),
      .word(base));
  burst_walker #(.BURST(BURST), .BUS(BUS), .ADDRESS(ADDRESS)) walker (
      .clk, .start, .base,
      .dram_address(instruction.dram_address), .dram_stride(instruction.dram_stride),
      .run_bytes(instruction.run_bytes), .runs(instruction.runs),
      .step(burst_read), .address(burst_address), .beats(burst_beats), .last(last_burst));

  // --- reader: one word or cell a cycle, burst behind burst, while a slot is free ------------------------------------
  localparam int RUN = 24 - $clog2(BUS / 8);
  logic [IN_FLIGHT-1:0] in_flight;  // bursts begun to be read and not yet answered
  logic responded, work, inside_burst;
  logic [8:0] steps, steps_now, made, made_now;  // beats of the burst that the law counts, and those made
  logic [FILL-1:0] budget, budget_now, budget_next, fill, fill_now, fill_next;
  logic take, make, counts;
  logic [PART-1:0] part;
  logic last_part;
  assign work = reading && (inside_burst || in_flight != IN_FLIGHT'(OUTSTANDING));
  assign steps_now = inside_burst ? steps : '0;
  assign made_now = inside_burst ? made : '0;
  // What the law counts: cells of this burst alone, from its first beat on.
  assign budget_now = (inside_burst ? budget : '0) + FILL'(CELL);
  assign counts = !binary || CELL > BEAT || budget_now >= FILL'(BEAT);
  assign budget_next = CELL > BEAT ? '0 : counts ? budget_now - FILL'(BEAT) : budget_now;
  // What is made: the last cell of the burst before may have brought the first slices of this one.
  assign take = work && binary && made_now != burst_beats && fill < FILL'(BEAT);
  assign fill_now = fill + (take ? FILL'(CELL) : '0);
  assign make = work && made_now != burst_beats && (!binary || fill_now >= FILL'(BEAT));
  assign fill_next = make ? fill_now - FILL'(BEAT) : fill_now;
  assign burst_read = work && counts && steps_now + 1'b1 == burst_beats;
  assign reads_last = burst_read && last_burst;
  assign last_part = part == PART'(PARTS - 1);

  // Runs end with a burst; what a run holds behind its row is filler, and nothing of it reaches the next.
  logic [RUN-1:0] run_left, run_left_now, run_beats;
  logic fresh, run_ends;
  assign run_beats = d.run_bytes[23:24-RUN];
  assign run_left_now = fresh ? run_beats : run_left;
  assign run_ends = burst_read && run_left_now == RUN'(burst_beats);
  always_ff @(posedge clk) begin
    if (reset) begin
      inside_burst <= 1'b0;
      in_flight <= '0;
      fresh <= 1'b1;
      fill <= '0;
      part <= '0;
    end else begin
      if (work) inside_burst <= !burst_read;
      in_flight <= in_flight + IN_FLIGHT'(work && !inside_burst) - IN_FLIGHT'(responded);
      if (work) fresh <= reads_last;
      if (work && binary) fill <= run_ends ? '0 : fill_next;
      if (work && !binary) part <= last_part || run_ends ? '0 : part + 1'b1;
    end
    if (work) begin
      steps <= counts ? steps_now + 1'b1 : steps_now;
      made <= make ? made_now + 1'b1 : made_now;
      budget <= budget_next;
    end
    if (burst_read) run_left <= run_ends ? run_beats : run_left_now - RUN'(burst_beats);
    else if (work) run_left <= run_left_now;
  end

  // verilator lint_off UNUSEDSIGNAL
  logic [17:0] map_address;  // as wide as the instruction's
  // verilator lint_on UNUSEDSIGNAL
  logic [3:0] bank;
  logic row_done;
  map_walker map (
      .clk, .reset, .binary, .row_address, .map_slices(d.map_slices),
      .first_slice(binary ? d.first : 9'd0), .slices(d.slices), .bytes_log2(binary ? 2'd0 : d.bytes_log2),
      .row(d.row[1:0]), .width(d.width),
      .step(!row_done && (take || (work && !binary && last_part))), .next_row(run_ends), .finish(reads_last),
      .address(map_address), .bank, .row_done);

  assign act_fixed_read = work && !binary && !row_done;
  assign act_fixed_address = ACT_FIXED_ADDRESS'(map_address);
  assign act_binary_address = {16{ACT_BINARY_ADDRESS'(map_address)}};
  always_comb begin
    act_binary_read = '0;
    act_binary_read[bank] = take && !row_done;
  end

  // --- what a step does with its data, a latency later ---------------------------------------------------------------
  logic last_beat;
  logic [3:0] there_bank;
  logic [FILL-1:0] there_fill;
  logic there_take, there_make, there_valid, there_last, there_run_ends, there_burst_read, there_work;
  logic [PART-1:0] word_part;
  logic word_make, word_valid, word_last, word_burst_read;
  assign last_beat = made_now + 1'b1 == burst_beats;
  delay_line #(.WIDTH(4 + FILL + 7), .CYCLES(ACT_BINARY_LATENCY), .RESET(1)) to_cell (
      .clk, .reset,
      .in({bank, fill, take, make && binary, !row_done, last_beat, run_ends, burst_read && binary, work && binary}),
      .out({there_bank, there_fill, there_take, there_make, there_valid, there_last, there_run_ends, there_burst_read,
            there_work}));
  delay_line #(.WIDTH(PART + 4), .CYCLES(ACT_FIXED_LATENCY), .RESET(1)) to_word (
      .clk, .reset, .in({part, make && !binary, !row_done, last_beat, burst_read && !binary}),
      .out({word_part, word_make, word_valid, word_last, word_burst_read}));

  // Cells to beats; a bit beside each slice tells whether it is the map's or filler.
  logic [16*CELL-1:0] cell_data;
  logic [15:0] there_banks;
  for (genvar b = 0; b < 16; b++) begin : of_bank
    assign there_banks[b] = there_bank == 4'(b);
  end
  one_hot_multiplexer #(.PORTS(16), .WIDTH(16 * CELL)) banks (
      .chosen(there_banks), .words(act_binary_data), .word(cell_data));
  logic [BUS-1:0] gear_beat;
  logic [BEAT-1:0] valid_beat;
  generate
    if (BEAT % CELL == 0) begin : whole  // a beat is whole cells: all but the last wait in their places
      logic [BUS-1:0] held;
      logic [BEAT-1:0] valid;
      always_ff @(posedge clk) begin
        for (int n = 0; n < BEAT; n += CELL) begin
          if (there_take && there_fill == FILL'(n)) begin
            held[16*n+:16*CELL] <= cell_data;
            valid[n+:CELL] <= {CELL{there_valid}};
          end
        end
      end
      always_comb begin
        gear_beat = held;
        gear_beat[BUS-1-:16*CELL] = cell_data;
        valid_beat = valid;
        valid_beat[BEAT-1-:CELL] = {CELL{there_valid}};
      end
      logic unused_whole;
      assign unused_whole = &{1'b0, there_run_ends, held, valid};
    end else begin : gears
      localparam int STEP = CELL % 8 == 0 && BEAT % 8 == 0 ? 8 : CELL % 4 == 0 && BEAT % 4 == 0 ? 4
                          : CELL % 2 == 0 && BEAT % 2 == 0 ? 2 : 1;
      logic [16*GEAR-1:0] gear, gear_now, placed;
      logic [GEAR-1:0] valid, valid_now, placed_valid;
      always_comb begin  // less than a beat is there, a multiple of what divides cell and beat
        placed = '0;
        placed_valid = '0;
        for (int n = 0; n < BEAT; n += STEP) begin
          if (there_take && there_fill == FILL'(n)) begin
            placed = (16 * GEAR)'(cell_data) << (16 * n);
            placed_valid = GEAR'({CELL{there_valid}}) << n;
          end
        end
      end
      assign gear_now = gear | placed;
      assign valid_now = valid | placed_valid;
      assign gear_beat = gear_now[BUS-1:0];
      assign valid_beat = valid_now[BEAT-1:0];
      always_ff @(posedge clk) begin
        if (reset || there_run_ends) begin
          gear <= '0;
          valid <= '0;
        end else if (there_work) begin
          gear <= there_make ? gear_now >> BUS : gear_now;
          valid <= there_make ? valid_now >> BEAT : valid_now;
        end
      end
    end
  endgenerate

  // --- requests ------------------------------------------------------------------------------------------------------
  logic arrived, beat_push, beat_last;
  logic [BUS-1:0] beat_data;
  logic [BUS/8-1:0] beat_strobe;
  always_comb begin
    arrived = there_burst_read || word_burst_read;
    beat_push = there_make || word_make;
    beat_last = there_work ? there_last : word_last;
    beat_data = act_fixed_data[word_part*BUS+:BUS];
    beat_strobe = {(BUS / 8) {word_valid}};
    if (there_work) begin
      beat_data = gear_beat;
      for (int k = 0; k < BEAT; k++) beat_strobe[2*k+:2] = {2{valid_beat[k]}};
    end
  end

  logic requestable;
  logic [IN_FLIGHT-1:0] arrivals;  // bursts whose data is there and that are not yet requested
  logic [ADDRESS-1:0] request_address;
  logic [8:0] request_beats;
  beat_fifo #(.WIDTH(ADDRESS + 10), .DEPTH(OUTSTANDING)) requests (
      .clk, .reset, .push(burst_read), .push_data({last_burst, burst_beats, burst_address}), .pop(send),
      .available(requestable), .front({sends_last, request_beats, request_address}));
  assign send = requestable && (arrivals != '0 || arrived) && !awvalid;
  always_ff @(posedge clk) begin
    if (reset) begin
      awvalid <= 1'b0;
      arrivals <= '0;
    end else begin
      if (send) awvalid <= 1'b1;
      else if (awready) awvalid <= 1'b0;
      arrivals <= arrivals + IN_FLIGHT'(arrived) - IN_FLIGHT'(send);
    end
    if (send) begin
      awaddr <= request_address;
      awlen <= 8'(request_beats - 1'b1);
    end
  end

  // --- beats: they leave from the cycle after their burst's request on -----------------------------------------------
  localparam int BEATS = $clog2(OUTSTANDING * BURST + 1);
  logic beat_there;
  logic [BEATS-1:0] released;
  beat_fifo #(.WIDTH(BUS + BUS / 8 + 1), .DEPTH(OUTSTANDING * BURST)) beats (
      .clk, .reset, .push(beat_push), .push_data({beat_last, beat_strobe, beat_data}), .pop(wvalid && wready),
      .available(beat_there), .front({wlast, wstrb, wdata}));
  assign wvalid = beat_there && released != '0;
  always_ff @(posedge clk) begin
    if (reset) released <= '0;
    else released <= released + (send ? BEATS'(request_beats) : '0) - BEATS'(wvalid && wready);
  end

  // --- responses -----------------------------------------------------------------------------------------------------
  logic ends_instruction, burst_known;
  beat_fifo #(.WIDTH(1), .DEPTH(OUTSTANDING)) sent (
      .clk, .reset, .push(send), .push_data(sends_last), .pop(responded), .available(burst_known),
      .front(ends_instruction));
  assign bready = 1'b1;
  assign done = responded && ends_instruction;
  always_ff @(posedge clk) responded <= bvalid && !reset;
`ifndef SYNTHESIS
  always_ff @(posedge clk) if (!reset && responded && !burst_known) $error("store: a response to nothing");
`endif
endmodule
