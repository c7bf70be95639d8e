// SPDX-License-Identifier: Apache-2.0
// load: DRAM to buffers, in AXI4 read bursts (rule 7). The datapath behind queue_unit #(.UNIT(UNIT_LOAD)).
//
// Parameters  OUTSTANDING bursts in flight, BURST bus words of the longest, BUS bits of a bus word,
//             CELL_SLICES slices of a cell of act_binary (words / 3 of xnor_array).
// Queue       `start` with `instruction` in cycle s; `front_free` from the cycle after the last request was sent;
//             `done` in the cycle in which the last word is written (or the last filler dropped). Several may be in
//             flight.
// AXI         a request sent in cycle c stands on AR from c+1 until taken; one request at a time. `rready` is always 1:
//             the engine has room for all that is in flight. One ID, INCR, whole bus words; responses are taken to be
//             OKAY.
// Bases       physical addresses of the DRAM areas, 4 KiB aligned, steady while anything runs.
// Buffers     act_fixed: four lanes of 32 bits, each with its own enable and address: the stem form writes four
//             different words at once; the other forms drive all four alike. act_binary: enables a bank and slice (bit
//             bank * m + slice), an address a bank. All others word-wide. Addresses run through all regions of a
//             buffer.
//
// In flight   An instruction waits in `descriptors` until its last word is written. The address of its first row, base
//             + row * width * slices, takes cycles s+1 to s+3; the first word cannot come before s+4.
// Writer      Beats go into a FIFO that shows its front: a beat on R in L-1 is written in L if the writer is free.
//             One step a cycle: linear and fixed take a beat (a word is written with its last beat), stem a pixel,
//             binary a cell. A burst of a binary map takes ceil(bytes / 2m) steps, at least one a beat, whatever cell
//             its border cuts.
module load #(
    parameter int OUTSTANDING = blendsim_pkg::LOAD_OUTSTANDING,
    parameter int BURST = blendsim_pkg::LOAD_BURST,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int ADDRESS = 40,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int ACT_BINARY_ADDRESS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int ACT_FIXED_ADDRESS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int WEIGHTS_BINARY_WIDTH = blendsim_pkg::BUFFER_WEIGHTS_BINARY_WIDTH,
    parameter int WEIGHTS_BINARY_ADDRESS = blendsim_pkg::BUFFER_WEIGHTS_BINARY_ADDRESS_BITS,
    parameter int WEIGHTS_FIXED_WIDTH = blendsim_pkg::BUFFER_WEIGHTS_FIXED_WIDTH,
    parameter int WEIGHTS_FIXED_ADDRESS = blendsim_pkg::BUFFER_WEIGHTS_FIXED_ADDRESS_BITS,
    parameter int PARAMETERS_WIDTH = blendsim_pkg::BUFFER_PARAMETERS_WIDTH,
    parameter int PARAMETERS_ADDRESS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int INSTRUCTIONS_ADDRESS = blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS
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
    // AXI4 read channels
    output logic arvalid,
    input  logic arready,
    output logic [ADDRESS-1:0] araddr,
    output logic [7:0] arlen,
    input  logic rvalid,
    output logic rready,
    input  logic [BUS-1:0] rdata,
    input  logic rlast,
    // buffers
    output logic [16*CELL_SLICES-1:0] act_binary_write,
    output logic [16*ACT_BINARY_ADDRESS-1:0] act_binary_write_address,
    output logic [256*CELL_SLICES-1:0] act_binary_write_data,
    output logic [3:0] act_fixed_write,
    output logic [4*ACT_FIXED_ADDRESS-1:0] act_fixed_write_address,
    output logic [127:0] act_fixed_write_data,
    output logic weights_binary_write,
    output logic [WEIGHTS_BINARY_ADDRESS-1:0] weights_binary_write_address,
    output logic [WEIGHTS_BINARY_WIDTH-1:0] weights_binary_write_data,
    output logic weights_fixed_write,
    output logic [WEIGHTS_FIXED_ADDRESS-1:0] weights_fixed_write_address,
    output logic [WEIGHTS_FIXED_WIDTH-1:0] weights_fixed_write_data,
    output logic parameters_write,
    output logic [PARAMETERS_ADDRESS-1:0] parameters_write_address,
    output logic [PARAMETERS_WIDTH-1:0] parameters_write_data,
    output logic instructions_write,
    output logic [INSTRUCTIONS_ADDRESS-1:0] instructions_write_address,
    output logic [127:0] instructions_write_data
);
  localparam int BUS_BYTES = BUS / 8;
  localparam int BYTES = $clog2(BUS_BYTES);
  localparam int RUN = 24 - BYTES;  // bits of a run's bus words
  localparam int SLOTS = $clog2(OUTSTANDING + 1);  // each instruction but the newest has a burst in flight
  localparam int IN_FLIGHT = $clog2(OUTSTANDING + 1);
  localparam logic [1:0] LINEAR = 2'd0, FIXED = 2'd1, BINARY = 2'd2, STEM = 2'd3;

  // --- requests ------------------------------------------------------------------------------------------------------
  logic active, send, landed, last_burst;
  logic [IN_FLIGHT-1:0] in_flight;
  logic [1:0] base_held, base_now;
  logic [ADDRESS-1:12] base;
  logic [ADDRESS-1:0] burst_address;
  logic [8:0] burst_beats;
  assign base_now = start ? instruction.dram_base : base_held;
  always_ff @(posedge clk) base_held <= base_now;
  logic unused;  // areas are 4 KiB aligned
  assign unused = &{1'b0, output_base[11:0], input_base[11:0], program_base[11:0]};
  multiplexer #(.COUNT(3), .WIDTH(ADDRESS - 12)) bases (
      .select(base_now), .words({output_base[ADDRESS-1:12], input_base[ADDRESS-1:12], program_base[ADDRESS-1:12]}),
      .word(base));
  burst_walker #(.BURST(BURST), .BUS(BUS), .ADDRESS(ADDRESS), .EARLY(1)) walker (
      .clk, .start, .base,
      .dram_address(instruction.dram_address), .dram_stride(instruction.dram_stride),
      .run_bytes(instruction.run_bytes), .runs(instruction.runs),
      .step(send), .address(burst_address), .beats(burst_beats), .last(last_burst));

  assign front_free = !active;
  assign send = (start || active) && !arvalid && in_flight != IN_FLIGHT'(OUTSTANDING);
  always_ff @(posedge clk) begin
    if (reset) begin
      active <= 1'b0;
      arvalid <= 1'b0;
      in_flight <= '0;
    end else begin
      active <= (start || active) && !(send && last_burst);
      if (send) arvalid <= 1'b1;
      else if (arready) arvalid <= 1'b0;
      in_flight <= in_flight + IN_FLIGHT'(send) - IN_FLIGHT'(landed);
    end
    if (send) begin
      araddr <= burst_address;
      arlen <= 8'(burst_beats - 1'b1);
    end
  end

  // --- instructions in flight ----------------------------------------------------------------------------------------
  (* ram_style = "distributed" *) logic [blendsim_pkg::TRANSFER_INSTRUCTION_BITS-1:0] descriptors[2**SLOTS];
  (* ram_style = "distributed" *) logic [17:0] row_addresses[2**SLOTS];
  logic [SLOTS-1:0] newest, oldest;
  logic instruction_ends;
  always_ff @(posedge clk) begin
    if (start) descriptors[newest] <= instruction;
    if (reset) begin
      newest <= '0;
      oldest <= '0;
    end else begin
      if (start) newest <= newest + 1'b1;
      if (instruction_ends) oldest <= oldest + 1'b1;
    end
  end

  logic [17:0] row_address_setup;
  logic [SLOTS-1:0] slot_1, slot_2, slot_3;
  logic start_1, start_2, start_3;
  transfer_setup setup (
      .clk, .form(instruction.form), .buffer_address(instruction.buffer_address), .map_slices(instruction.map_slices),
      .bytes_log2(instruction.bytes_log2), .map_row(instruction.row), .width(instruction.width),
      .row_address(row_address_setup));
  always_ff @(posedge clk) begin
    slot_1 <= newest;
    slot_2 <= slot_1;
    slot_3 <= slot_2;
    {start_3, start_2, start_1} <= reset ? 3'd0 : {start_2, start_1, start};
    if (start_3) row_addresses[slot_3] <= row_address_setup;
  end

  // --- beats ---------------------------------------------------------------------------------------------------------
  logic available, pop, burst_ends_here;
  logic [BUS-1:0] beat;
  assign rready = 1'b1;
  beat_fifo #(.WIDTH(BUS + 1), .DEPTH(OUTSTANDING * BURST)) beats (
      .clk, .reset, .push(rvalid), .push_data({rlast, rdata}), .pop, .available, .front({burst_ends_here, beat}));

  // --- writer: which step this cycle takes ---------------------------------------------------------------------------
  // verilator lint_off UNUSEDSIGNAL
  blendsim_pkg::transfer_instruction_t d;  // whole, though the requests' fields are no longer needed
  // verilator lint_on UNUSEDSIGNAL
  logic [17:0] row_address;
  assign d = descriptors[oldest];
  assign row_address = row_addresses[oldest];

  localparam int CELL = CELL_SLICES;        // in slices of 16 bits, as all of the gear box
  localparam int BEAT = BUS / 16;
  localparam int GEAR = 2 * CELL + BEAT;
  localparam int FILL = $clog2(GEAR + 1);
  localparam int PIXELS = BUS / 32;
  localparam bit WHOLE = BEAT % CELL == 0;  // a beat is whole cells, which are taken out of it as pixels are
  localparam int CELLS = WHOLE ? BEAT / CELL : 1;
  localparam int PARTS = CELLS > PIXELS ? CELLS : PIXELS;
  localparam int PART = PARTS > 1 ? $clog2(PARTS) : 1;
  logic is_binary, is_stem, work, burst_over, run_ends;
  logic [PART-1:0] part;   // of the beat
  logic last_part;
  assign is_binary = d.form == BINARY;
  assign is_stem = d.form == STEM;
  assign last_part = is_stem ? part == PART'(PIXELS - 1) : is_binary && WHOLE ? part == PART'(CELLS - 1) : 1'b1;
  always_ff @(posedge clk) begin
    if (reset) part <= '0;
    else if (work) part <= last_part ? '0 : part + 1'b1;
  end

  // --- binary: from beats to cells -----------------------------------------------------------------------------------
  logic cell_complete;
  logic [16*CELL-1:0] cell_data;
  generate
    if (WHOLE) begin : whole
      assign work = available;
      assign pop = work && last_part;
      assign burst_over = pop && burst_ends_here;
      assign cell_complete = work && is_binary;
      multiplexer #(.COUNT(CELLS), .WIDTH(16 * CELL)) cells (
          .select(part[(CELLS>1?$clog2(CELLS):1)-1:0]), .words(beat), .word(cell_data));
    end else begin : gears
      logic drained;             // the burst's last beat is taken, cells of it are left
      logic [FILL-1:0] budget, budget_now;  // slices of the burst not yet accounted to a step
      logic needs_beat;
      assign needs_beat = !is_binary || (!drained && budget < FILL'(CELL));
      assign work = available || !needs_beat;
      assign pop = work && needs_beat && last_part;
      assign budget_now = budget + (pop ? FILL'(BEAT) : '0);
      always_comb begin
        burst_over = pop && burst_ends_here;
        if (is_binary) burst_over = work && (drained || (pop && burst_ends_here)) && budget_now <= FILL'(CELL);
      end
      always_ff @(posedge clk) begin
        if (reset) begin
          drained <= 1'b0;
          budget <= '0;
        end else if (work && is_binary) begin
          drained <= !burst_over && (drained || (pop && burst_ends_here));
          budget <= burst_over || budget_now < FILL'(CELL) ? '0 : budget_now - FILL'(CELL);
        end
      end

      // A beat goes behind what is there: less than two cells, a multiple of what divides cell and beat.
      localparam int STEP = CELL % 8 == 0 && BEAT % 8 == 0 ? 8 : CELL % 4 == 0 && BEAT % 4 == 0 ? 4
                          : CELL % 2 == 0 && BEAT % 2 == 0 ? 2 : 1;
      logic [16*GEAR-1:0] gear, gear_now, placed;
      logic [FILL-1:0] fill, fill_now;
      assign fill_now = fill + (pop ? FILL'(BEAT) : '0);
      always_comb begin
        placed = '0;
        for (int n = 0; n < 2 * CELL; n += STEP) if (pop && fill == FILL'(n)) placed = (16 * GEAR)'(beat) << (16 * n);
      end
      assign gear_now = gear | placed;
      assign cell_complete = work && is_binary && fill_now >= FILL'(CELL);
      assign cell_data = gear_now[16*CELL-1:0];
      always_ff @(posedge clk) begin
        if (reset || (work && run_ends)) begin
          fill <= '0;
          gear <= '0;
        end else if (work && is_binary) begin
          fill <= cell_complete ? fill_now - FILL'(CELL) : fill_now;
          gear <= cell_complete ? gear_now >> (16 * CELL) : gear_now;
        end
      end
    end
  endgenerate
  assign landed = burst_over;

  // --- writer: runs --------------------------------------------------------------------------------------------------
  logic fresh;  // nothing of the instruction is taken yet
  logic [RUN-1:0] run_left, run_left_now, run_beats;  // beats of the run
  logic [9:0] runs_left, runs_left_now;
  logic run_drained;
  assign run_beats = d.run_bytes[23:BYTES];
  assign run_left_now = fresh ? run_beats : run_left;
  assign runs_left_now = fresh ? d.runs : runs_left;
  assign run_ends = burst_over && (pop ? run_left_now == RUN'(1) : run_drained);
  assign instruction_ends = run_ends && runs_left_now == 10'd1;
  assign done = instruction_ends;
  always_ff @(posedge clk) begin
    if (reset || instruction_ends) fresh <= 1'b1;
    else if (work) fresh <= 1'b0;
    if (pop) run_drained <= run_left_now == RUN'(1);
    if (work) begin
      run_left <= run_ends ? run_beats : pop ? run_left_now - 1'b1 : run_left_now;
      runs_left <= run_ends ? runs_left_now - 1'b1 : runs_left_now;
    end
  end

  // --- linear and fixed: words of several beats ----------------------------------------------------------------------
  function automatic int beats_of(input int width);
    beats_of = ((width + 7) / 8 + BUS_BYTES - 1) / BUS_BYTES;
  endfunction
  localparam int FIXED_BEATS = 128 / BUS;
  localparam int WEIGHTS_BINARY_BEATS = beats_of(WEIGHTS_BINARY_WIDTH);
  localparam int WEIGHTS_FIXED_BEATS = beats_of(WEIGHTS_FIXED_WIDTH);
  localparam int PARAMETERS_BEATS = beats_of(PARAMETERS_WIDTH);
  localparam int LONGEST_1 = WEIGHTS_BINARY_BEATS > WEIGHTS_FIXED_BEATS ? WEIGHTS_BINARY_BEATS : WEIGHTS_FIXED_BEATS;
  localparam int LONGEST_2 = LONGEST_1 > PARAMETERS_BEATS ? LONGEST_1 : PARAMETERS_BEATS;
  localparam int LONGEST = LONGEST_2 > FIXED_BEATS ? LONGEST_2 : FIXED_BEATS;
  localparam int HELD = LONGEST > 1 ? LONGEST - 1 : 1;  // beats of a word before its last
  localparam int INDEX = LONGEST > 1 ? $clog2(LONGEST) : 1;

  logic [HELD*BUS-1:0] held;
  logic [INDEX-1:0] index, last_index;
  logic direct, word;
  always_comb begin
    case (d.buffer)
      3'(blendsim_pkg::BUFFER_ID_WEIGHTS_BINARY): last_index = INDEX'(WEIGHTS_BINARY_BEATS - 1);
      3'(blendsim_pkg::BUFFER_ID_WEIGHTS_FIXED): last_index = INDEX'(WEIGHTS_FIXED_BEATS - 1);
      3'(blendsim_pkg::BUFFER_ID_PARAMETERS): last_index = INDEX'(PARAMETERS_BEATS - 1);
      default: last_index = INDEX'(FIXED_BEATS - 1);
    endcase
  end
  assign direct = work && !is_binary && !is_stem;
  assign word = direct && index == last_index;
  always_ff @(posedge clk) begin
    if (reset) index <= '0;
    else if (direct) index <= word || run_ends ? '0 : index + 1'b1;
    for (int k = 0; k < HELD; k++) if (direct && index == INDEX'(k)) held[k*BUS+:BUS] <= beat;
  end

  // The next word of the linear form; of a stem the row in hand.
  logic [17:0] pointer, pointer_now;
  assign pointer_now = fresh ? row_address : pointer;
  logic [8:0] advance;
  assign advance = is_stem ? (run_ends ? d.width : 9'd0) : {8'd0, word};
  always_ff @(posedge clk) if (work) pointer <= pointer_now + 18'(advance);

  // --- fixed and binary: where the next element lies -----------------------------------------------------------------
  logic [17:0] map_address;
  logic [3:0] bank;
  logic row_done, element;
  assign element = !row_done && ((word && d.form == FIXED) || cell_complete);
  map_walker map (
      .clk, .reset, .binary(is_binary), .row_address, .map_slices(d.map_slices),
      .first_slice(is_binary ? d.first : 9'd0), .slices(d.slices), .bytes_log2(is_binary ? 2'd0 : d.bytes_log2),
      .row(d.row[1:0]), .width(d.width), .step(element), .next_row(run_ends), .finish(instruction_ends),
      .address(map_address), .bank, .row_done);

  always_comb begin
    act_binary_write = '0;
    if (cell_complete && !row_done) act_binary_write[bank*CELL+:CELL] = '1;
  end
  assign act_binary_write_address = {16{ACT_BINARY_ADDRESS'(map_address)}};
  assign act_binary_write_data = {16{cell_data}};

  // --- stem: slot j of a run goes to lane k of word j + pad_left - k, around the run's slots -------------------------
  // Lane k is lane 0, k slots later, also from run to run: after a run's last word comes word 0 again, in every lane in
  // turn. Words from 512 on are beyond every row. L: slots of the run left, the one in hand included.
  localparam int PIXEL_BITS = $clog2(PIXELS);
  localparam int LEFT = 5 - PIXEL_BITS;  // bits of a run's beats with at most 16 slots
  logic stem, run_fresh, near_end, past, past_now;
  logic [4:0] left;
  logic [8:0] slot, slot_now;
  logic [31:0] stem_pixel;
  logic [3:0] stem_write, wraps;
  logic [3:1] wraps_later;
  logic [4*9-1:0] stem_word;
  logic [127:0] stem_data;
  assign stem = work && is_stem;
  multiplexer #(.COUNT(PIXELS), .WIDTH(32)) pixels (
      .select(part[(PIXELS>1?$clog2(PIXELS):1)-1:0]), .words(beat), .word(stem_pixel));
  assign slot_now = run_fresh ? '0 : slot;
  assign past_now = !run_fresh && past;
  assign left = (5'(run_left_now[LEFT-1:0]) << PIXEL_BITS) - 5'(part);
  assign near_end = run_left_now[RUN-1:LEFT] == '0;
  assign wraps[0] = near_end && left == 5'(d.pad_left) + 5'd1;
  always_ff @(posedge clk) begin
    if (reset) run_fresh <= 1'b1;
    else if (work) run_fresh <= run_ends;
    if (stem) begin
      slot <= slot_now + 1'b1;
      past <= past_now || slot_now + 1'b1 == d.in_width;
      wraps_later <= wraps[2:0];
    end
  end
  for (genvar k = 0; k < 4; k++) begin : lane
    logic [9:0] x, x_now;    // [9]: beyond
    logic around, around_now, around_first;  // a word that its run's slots reach around the end: no pixel lies there
    if (k == 0) begin : leads
      assign around_first = 1'b0;
      assign x_now = fresh ? 10'(d.pad_left) : x;
    end else begin : follows
      logic [9:0] from_end;  // of the run's last slots
      assign around_first = d.pad_left < 4'(k);
      assign from_end = d.run_bytes[11:2] + 10'(d.pad_left) - 10'(k);
      assign x_now = !fresh ? x : around_first ? {d.run_bytes[23:12] != '0 || from_end[9], from_end[8:0]}
                                               : 10'(d.pad_left) - 10'(k);
      assign wraps[k] = fresh ? d.pad_left == 4'(k - 1) : wraps_later[k];
    end
    assign around_now = run_fresh ? around_first : around;
    always_ff @(posedge clk) begin
      if (stem) begin
        x <= wraps[k] ? '0 : x_now[9] ? x_now : x_now + 1'b1;
        around <= around_now ^ wraps[k];
      end
    end
    assign stem_write[k] = stem && !x_now[9] && x_now[8:0] < d.width;
    assign stem_word[k*9+:9] = is_stem ? x_now[8:0] : 9'd0;
    assign stem_data[k*32+:32] = around_now || past_now ? {4{d.fill}} : stem_pixel;
  end

  // --- write ports ---------------------------------------------------------------------------------------------------
  logic linear_word;
  logic [127:0] fixed_word;
  assign linear_word = word && d.form == LINEAR;
  if (FIXED_BEATS > 1) assign fixed_word = {beat, held[128-BUS-1:0]};
  else assign fixed_word = beat;
  always_comb begin
    act_fixed_write = stem_write;
    act_fixed_write_data = stem_data;
    if (!is_stem) begin
      act_fixed_write = {4{(element && !is_binary) ||
                           (linear_word && d.buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_FIXED))}};
      act_fixed_write_data = fixed_word;
    end
  end
  logic [ACT_FIXED_ADDRESS-1:0] fixed_base;
  assign fixed_base = ACT_FIXED_ADDRESS'(d.form == FIXED ? map_address : pointer_now);
  for (genvar k = 0; k < 4; k++) begin : fixed_lane
    assign act_fixed_write_address[k*ACT_FIXED_ADDRESS+:ACT_FIXED_ADDRESS] =
        fixed_base + ACT_FIXED_ADDRESS'(stem_word[k*9+:9]);
  end

  assign weights_binary_write = linear_word && d.buffer == 3'(blendsim_pkg::BUFFER_ID_WEIGHTS_BINARY);
  assign weights_binary_write_address = WEIGHTS_BINARY_ADDRESS'(pointer_now);
  assign weights_fixed_write = linear_word && d.buffer == 3'(blendsim_pkg::BUFFER_ID_WEIGHTS_FIXED);
  assign weights_fixed_write_address = WEIGHTS_FIXED_ADDRESS'(pointer_now);
  assign parameters_write = linear_word && d.buffer == 3'(blendsim_pkg::BUFFER_ID_PARAMETERS);
  assign parameters_write_address = PARAMETERS_ADDRESS'(pointer_now);
  assign instructions_write = linear_word && d.buffer == 3'(blendsim_pkg::BUFFER_ID_INSTRUCTIONS);
  assign instructions_write_address = INSTRUCTIONS_ADDRESS'(pointer_now);
  assign instructions_write_data = fixed_word;
  // The word's last beat is on its way; the bits of a bus word beyond the buffer's are filler.
  logic [WEIGHTS_BINARY_BEATS*BUS-1:0] weights_binary_word;
  logic [WEIGHTS_FIXED_BEATS*BUS-1:0] weights_fixed_word;
  logic [PARAMETERS_BEATS*BUS-1:0] parameters_word;
  if (WEIGHTS_BINARY_BEATS > 1) assign weights_binary_word = {beat, held[(WEIGHTS_BINARY_BEATS-1)*BUS-1:0]};
  else assign weights_binary_word = beat;
  if (WEIGHTS_FIXED_BEATS > 1) assign weights_fixed_word = {beat, held[(WEIGHTS_FIXED_BEATS-1)*BUS-1:0]};
  else assign weights_fixed_word = beat;
  if (PARAMETERS_BEATS > 1) assign parameters_word = {beat, held[(PARAMETERS_BEATS-1)*BUS-1:0]};
  else assign parameters_word = beat;
  assign weights_binary_write_data = weights_binary_word[WEIGHTS_BINARY_WIDTH-1:0];
  assign weights_fixed_write_data = weights_fixed_word[WEIGHTS_FIXED_WIDTH-1:0];
  assign parameters_write_data = parameters_word[PARAMETERS_WIDTH-1:0];
endmodule
