// SPDX-License-Identifier: Apache-2.0
// machine: the accelerator, assembled. What blendsim_pkg says is what is built; sim/machine.cpp is the same wiring.
//
// Host    32-bit registers of control: doorbell, status, addresses of the areas in DRAM (control.sv lists them).
// Memory  three AXI4 masters of one bus width: fetch (read) for instructions, load (read), store (write).
// Inside  control -> dispatcher -> a queue a unit; each queue starts its unit; units post tokens to each other's queues; buffers
//         hold what passes between units and never stall. Nothing passes between two of them without a register.
module machine #(
    parameter int ADDRESS = 40,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int ACCOUNT_BITS = 32
) (
    input  logic clk,
    input  logic reset,
    // host
    input  logic register_write,
    input  logic [5:0] register_address,
    input  logic [31:0] register_write_data,
    output logic [31:0] register_read_data,
    output logic complete,
    // instruction fetch
    output logic fetch_arvalid,
    input  logic fetch_arready,
    output logic [ADDRESS-1:0] fetch_araddr,
    output logic [7:0] fetch_arlen,
    input  logic fetch_rvalid,
    output logic fetch_rready,
    input  logic [BUS-1:0] fetch_rdata,
    input  logic fetch_rlast,
    // load
    output logic load_arvalid,
    input  logic load_arready,
    output logic [ADDRESS-1:0] load_araddr,
    output logic [7:0] load_arlen,
    input  logic load_rvalid,
    output logic load_rready,
    input  logic [BUS-1:0] load_rdata,
    input  logic load_rlast,
    // store
    output logic store_awvalid,
    input  logic store_awready,
    output logic [ADDRESS-1:0] store_awaddr,
    output logic [7:0] store_awlen,
    output logic store_wvalid,
    input  logic store_wready,
    output logic [BUS-1:0] store_wdata,
    output logic [BUS/8-1:0] store_wstrb,
    output logic store_wlast,
    input  logic store_bvalid,
    output logic store_bready,
    // what the units do, a bit or an account a unit: an instruction enters the queue, starts, ends; accounts (rule 9)
    output logic [blendsim_pkg::UNITS-1:0] entered,
    output logic [blendsim_pkg::UNITS-1:0] started,
    output logic [blendsim_pkg::UNITS-1:0] ended,
    output logic [blendsim_pkg::UNITS*ACCOUNT_BITS-1:0] busy,
    output logic [blendsim_pkg::UNITS*ACCOUNT_BITS-1:0] stall_dependency,
    output logic [blendsim_pkg::UNITS*ACCOUNT_BITS-1:0] stall_memory,
    output logic [blendsim_pkg::UNITS*ACCOUNT_BITS-1:0] stall_downstream,
    output logic [blendsim_pkg::UNITS*ACCOUNT_BITS-1:0] stall_fence,
    output logic [blendsim_pkg::UNITS*ACCOUNT_BITS-1:0] stall_dispatch,
    // a token counter has overflowed: the program is wrong
    output logic overflow
);
  localparam int UNITS = blendsim_pkg::UNITS;
  localparam int WORDS = 24;  // bits of a stream's length
  localparam int ENTRY = blendsim_pkg::ENTRY_BITS;  // of a queue

  // Control and dispatcher ----------------------------------------------------------------------------------------------
  logic go, resident, end_written;
  logic [ADDRESS-1:0] stream_address, program_base, input_base, output_base;
  logic [WORDS-1:0] stream_words;
  logic [UNITS-1:0] enter, full, start, done, front_free;
  logic [ENTRY-1:0] entry;

  control #(.ADDRESS(ADDRESS), .WORDS(WORDS)) control (
      .clk, .reset, .register_write, .register_address, .register_write_data, .register_read_data, .complete,
      .go, .resident, .stream_address, .stream_words, .end_written, .program_base, .input_base, .output_base, .enter, .done);

  logic instructions_read;
  logic [blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS-1:0] instructions_address;
  logic [127:0] instructions_data;
  dispatcher #(.ADDRESS(ADDRESS), .BUS(BUS), .WORDS(WORDS)) dispatcher (
      .clk, .reset, .go, .resident, .stream_address, .stream_words, .end_written, .enter, .entry, .full,
      .instructions_read, .instructions_address, .instructions_data,
      .arvalid(fetch_arvalid), .arready(fetch_arready), .araddr(fetch_araddr), .arlen(fetch_arlen),
      .rvalid(fetch_rvalid), .rready(fetch_rready), .rdata(fetch_rdata), .rlast(fetch_rlast));

  // Queues and tokens ---------------------------------------------------------------------------------------------------
  // Bit p * UNITS + c: unit p posts to unit c in this cycle.
  logic [UNITS*UNITS-1:0] post_data, post_space;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [UNITS*ENTRY-1:0] instruction;  // a queue entry has room for every unit's
  /* verilator lint_on UNUSEDSIGNAL */
  logic [UNITS-1:0] overflows;

  // A queue for each unit up to the last that there is; one that a platform leaves out no program names.
  function automatic int queues();
    queues = 0;
    for (int u = 0; u < UNITS; u++) if (blendsim_pkg::UNITS_BUILT[u]) queues = u + 1;
  endfunction
  localparam int QUEUES = queues();
  for (genvar u = 0; u < QUEUES; u++) begin : queue
    logic [UNITS-1:0] data_posted, space_posted;
    for (genvar p = 0; p < UNITS; p++) begin : producer
      assign data_posted[p] = post_data[p*UNITS+u];
      assign space_posted[p] = post_space[p*UNITS+u];
    end
    queue_unit #(.UNIT(u), .ACCOUNT_BITS(ACCOUNT_BITS)) unit (
        .clk, .reset, .enter(enter[u]), .entry, .full(full[u]), .data_posted, .space_posted,
        .post_data(post_data[u*UNITS +: UNITS]), .post_space(post_space[u*UNITS +: UNITS]),
        .start(start[u]), .instruction(instruction[u*ENTRY +: ENTRY]), .front_free(front_free[u]), .done(done[u]),
        /* verilator lint_off PINCONNECTEMPTY */
        .in_flight(),
        /* verilator lint_on PINCONNECTEMPTY */
        .overflow(overflows[u]),
        .busy(busy[u*ACCOUNT_BITS +: ACCOUNT_BITS]),
        .stall_dependency(stall_dependency[u*ACCOUNT_BITS +: ACCOUNT_BITS]),
        .stall_memory(stall_memory[u*ACCOUNT_BITS +: ACCOUNT_BITS]),
        .stall_downstream(stall_downstream[u*ACCOUNT_BITS +: ACCOUNT_BITS]),
        .stall_fence(stall_fence[u*ACCOUNT_BITS +: ACCOUNT_BITS]),
        .stall_dispatch(stall_dispatch[u*ACCOUNT_BITS +: ACCOUNT_BITS]));
  end
  if (QUEUES < UNITS) begin : no_queue
    localparam int LEFT_OUT = UNITS - QUEUES;
    assign full[QUEUES +: LEFT_OUT] = '0;
    assign start[QUEUES +: LEFT_OUT] = '0;
    assign overflows[QUEUES +: LEFT_OUT] = '0;
    assign instruction[QUEUES*ENTRY +: LEFT_OUT*ENTRY] = '0;
    assign post_data[QUEUES*UNITS +: LEFT_OUT*UNITS] = '0;
    assign post_space[QUEUES*UNITS +: LEFT_OUT*UNITS] = '0;
    assign busy[QUEUES*ACCOUNT_BITS +: LEFT_OUT*ACCOUNT_BITS] = '0;
    assign stall_dependency[QUEUES*ACCOUNT_BITS +: LEFT_OUT*ACCOUNT_BITS] = '0;
    assign stall_memory[QUEUES*ACCOUNT_BITS +: LEFT_OUT*ACCOUNT_BITS] = '0;
    assign stall_downstream[QUEUES*ACCOUNT_BITS +: LEFT_OUT*ACCOUNT_BITS] = '0;
    assign stall_fence[QUEUES*ACCOUNT_BITS +: LEFT_OUT*ACCOUNT_BITS] = '0;
    assign stall_dispatch[QUEUES*ACCOUNT_BITS +: LEFT_OUT*ACCOUNT_BITS] = '0;
    logic unused;
    assign unused = &{1'b0, front_free[QUEUES +: LEFT_OUT]};
  end
  assign overflow = |overflows;
  assign entered = enter;
  assign started = start;
  assign ended = done;

  blendsim_pkg::transfer_instruction_t load_instruction, store_instruction;
  blendsim_pkg::xnor_array_instruction_t xnor_array_instruction;
  blendsim_pkg::mac_array_instruction_t mac_array_instruction;
  blendsim_pkg::post_unit_instruction_t post_unit_instruction;
  blendsim_pkg::pool_unit_instruction_t pool_unit_instruction;
  blendsim_pkg::transpose_unit_instruction_t transpose_unit_instruction;
  assign load_instruction = instruction[blendsim_pkg::UNIT_LOAD*ENTRY +: blendsim_pkg::TRANSFER_INSTRUCTION_BITS];
  assign store_instruction = instruction[blendsim_pkg::UNIT_STORE*ENTRY +: blendsim_pkg::TRANSFER_INSTRUCTION_BITS];
  assign xnor_array_instruction = instruction[blendsim_pkg::UNIT_XNOR_ARRAY*ENTRY +: blendsim_pkg::XNOR_ARRAY_INSTRUCTION_BITS];
  assign mac_array_instruction = instruction[blendsim_pkg::UNIT_MAC_ARRAY*ENTRY +: blendsim_pkg::MAC_ARRAY_INSTRUCTION_BITS];
  assign post_unit_instruction = instruction[blendsim_pkg::UNIT_POST_UNIT*ENTRY +: blendsim_pkg::POST_UNIT_INSTRUCTION_BITS];
  assign pool_unit_instruction = instruction[blendsim_pkg::UNIT_POOL_UNIT*ENTRY +: blendsim_pkg::POOL_UNIT_INSTRUCTION_BITS];
  assign transpose_unit_instruction =
      instruction[blendsim_pkg::UNIT_TRANSPOSE_UNIT*ENTRY +: blendsim_pkg::TRANSPOSE_UNIT_INSTRUCTION_BITS];

  // Sizes of what passes between units and buffers -----------------------------------------------------------------------
  localparam int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3;
  localparam int BITS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS;       // of an address
  localparam int FIXED = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS;
  localparam int SUMS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS;
  localparam int PARAMETERS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS;
  localparam int WEIGHTS_BINARY = blendsim_pkg::BUFFER_WEIGHTS_BINARY_ADDRESS_BITS;
  localparam int WEIGHTS_FIXED = blendsim_pkg::BUFFER_WEIGHTS_FIXED_ADDRESS_BITS;
  localparam int SUMS_WIDTH = blendsim_pkg::BUFFER_ACCUMULATORS_WIDTH;
  localparam int PARAMETERS_WIDTH = blendsim_pkg::BUFFER_PARAMETERS_WIDTH;
  localparam int XNOR_WIDTH = blendsim_pkg::XNOR_ARRAY_ROWS * 32;           // of its sums
  localparam int MAC_WIDTH = blendsim_pkg::MAC_ARRAY_ROWS * 32;
  localparam int MAC_WORDS = blendsim_pkg::MAC_ARRAY_ROWS / 16;             // of act_fixed in one cycle
  localparam int POST_WORDS = blendsim_pkg::POST_UNIT_LANES < 16 ? 1 : blendsim_pkg::POST_UNIT_LANES / 16;
  localparam int HALVES = blendsim_pkg::POST_UNIT_LANES < 16 ? 2 : 1;       // post_unit writes halves of slices, others whole ones
  localparam int POOL_WORDS = blendsim_pkg::POOL_UNIT_LANES / 16;
  // Of accumulators that a group of lanes may stretch over.
  localparam int SUM_WORDS = blendsim_pkg::XNOR_ARRAY_ROWS % blendsim_pkg::POST_UNIT_LANES != 0
                             || blendsim_pkg::MAC_ARRAY_ROWS % blendsim_pkg::POST_UNIT_LANES != 0 ? 2 : 1;
  localparam int POST_OR_POOL = POST_WORDS > POOL_WORDS ? POST_WORDS : POOL_WORDS;
  localparam int FIXED_WORDS = MAC_WORDS > POST_OR_POOL ? MAC_WORDS : POST_OR_POOL;

  // load ------------------------------------------------------------------------------------------------------------------
  logic [16*CELL_SLICES-1:0] load_act_binary_write;
  logic [16*BITS-1:0] load_act_binary_write_address;
  logic [256*CELL_SLICES-1:0] load_act_binary_write_data;
  logic [3:0] load_act_fixed_write;
  logic [4*FIXED-1:0] load_act_fixed_write_address;
  logic [127:0] load_act_fixed_write_data;
  logic load_weights_binary_write, load_weights_fixed_write, load_parameters_write, load_instructions_write;
  logic [WEIGHTS_BINARY-1:0] load_weights_binary_write_address;
  logic [blendsim_pkg::BUFFER_WEIGHTS_BINARY_WIDTH-1:0] load_weights_binary_write_data;
  logic [WEIGHTS_FIXED-1:0] load_weights_fixed_write_address;
  logic [blendsim_pkg::BUFFER_WEIGHTS_FIXED_WIDTH-1:0] load_weights_fixed_write_data;
  logic [PARAMETERS-1:0] load_parameters_write_address;
  logic [PARAMETERS_WIDTH-1:0] load_parameters_write_data;
  logic [blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS-1:0] load_instructions_write_address;
  logic [127:0] load_instructions_write_data;
  load #(.ADDRESS(ADDRESS), .BUS(BUS)) load (
      .clk, .reset, .start(start[blendsim_pkg::UNIT_LOAD]), .instruction(load_instruction),
      .front_free(front_free[blendsim_pkg::UNIT_LOAD]), .done(done[blendsim_pkg::UNIT_LOAD]),
      .program_base, .input_base, .output_base,
      .arvalid(load_arvalid), .arready(load_arready), .araddr(load_araddr), .arlen(load_arlen),
      .rvalid(load_rvalid), .rready(load_rready), .rdata(load_rdata), .rlast(load_rlast),
      .act_binary_write(load_act_binary_write), .act_binary_write_address(load_act_binary_write_address),
      .act_binary_write_data(load_act_binary_write_data),
      .act_fixed_write(load_act_fixed_write), .act_fixed_write_address(load_act_fixed_write_address),
      .act_fixed_write_data(load_act_fixed_write_data),
      .weights_binary_write(load_weights_binary_write), .weights_binary_write_address(load_weights_binary_write_address),
      .weights_binary_write_data(load_weights_binary_write_data),
      .weights_fixed_write(load_weights_fixed_write), .weights_fixed_write_address(load_weights_fixed_write_address),
      .weights_fixed_write_data(load_weights_fixed_write_data),
      .parameters_write(load_parameters_write), .parameters_write_address(load_parameters_write_address),
      .parameters_write_data(load_parameters_write_data),
      .instructions_write(load_instructions_write), .instructions_write_address(load_instructions_write_address),
      .instructions_write_data(load_instructions_write_data));

  // store -----------------------------------------------------------------------------------------------------------------
  logic [15:0] store_act_binary_read;
  logic [16*BITS-1:0] store_act_binary_address;
  logic [256*CELL_SLICES-1:0] store_act_binary_data;
  logic store_act_fixed_read;
  logic [FIXED-1:0] store_act_fixed_address;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [FIXED_WORDS*128-1:0] store_act_fixed_data;  // a port has room for the widest unit's words
  /* verilator lint_on UNUSEDSIGNAL */
  store #(.ADDRESS(ADDRESS), .BUS(BUS)) store (
      .clk, .reset, .start(start[blendsim_pkg::UNIT_STORE]), .instruction(store_instruction),
      .front_free(front_free[blendsim_pkg::UNIT_STORE]), .done(done[blendsim_pkg::UNIT_STORE]),
      .program_base, .input_base, .output_base,
      .awvalid(store_awvalid), .awready(store_awready), .awaddr(store_awaddr), .awlen(store_awlen),
      .wvalid(store_wvalid), .wready(store_wready), .wdata(store_wdata), .wstrb(store_wstrb), .wlast(store_wlast),
      .bvalid(store_bvalid), .bready(store_bready),
      .act_binary_read(store_act_binary_read), .act_binary_address(store_act_binary_address),
      .act_binary_data(store_act_binary_data),
      .act_fixed_read(store_act_fixed_read), .act_fixed_address(store_act_fixed_address),
      .act_fixed_data(store_act_fixed_data[127:0]));

  // xnor_array --------------------------------------------------------------------------------------------------------------
  logic [15:0] xnor_act_binary_read;
  logic [16*BITS-1:0] xnor_act_binary_address;
  logic [256*CELL_SLICES-1:0] xnor_act_binary_data;
  logic xnor_weights_read, xnor_parameters_read, xnor_sums_write;
  logic [WEIGHTS_BINARY-1:0] xnor_weights_address;
  logic [blendsim_pkg::BUFFER_WEIGHTS_BINARY_WIDTH-1:0] xnor_weights_data;
  logic [PARAMETERS-1:0] xnor_parameters_address;
  logic [PARAMETERS_WIDTH-1:0] xnor_parameters_data;
  logic [SUMS-1:0] xnor_sums_write_address;
  logic [XNOR_WIDTH-1:0] xnor_sums_write_data;
  xnor_array xnor_array (
      .clk, .reset, .start(start[blendsim_pkg::UNIT_XNOR_ARRAY]), .instruction(xnor_array_instruction),
      .front_free(front_free[blendsim_pkg::UNIT_XNOR_ARRAY]), .done(done[blendsim_pkg::UNIT_XNOR_ARRAY]),
      .act_binary_read(xnor_act_binary_read), .act_binary_address(xnor_act_binary_address),
      .act_binary_data(xnor_act_binary_data),
      .weights_binary_read(xnor_weights_read), .weights_binary_address(xnor_weights_address),
      .weights_binary_data(xnor_weights_data),
      .parameters_read(xnor_parameters_read), .parameters_address(xnor_parameters_address),
      .parameters_data(xnor_parameters_data[XNOR_WIDTH-1:0]),
      .accumulators_write(xnor_sums_write), .accumulators_write_address(xnor_sums_write_address),
      .accumulators_write_data(xnor_sums_write_data));

  // mac_array ---------------------------------------------------------------------------------------------------------------
  logic mac_act_fixed_read, mac_weights_read, mac_parameters_read, mac_sums_write;
  logic [FIXED-1:0] mac_act_fixed_address;
  logic [FIXED_WORDS*128-1:0] mac_act_fixed_data;
  logic [WEIGHTS_FIXED-1:0] mac_weights_address;
  logic [blendsim_pkg::BUFFER_WEIGHTS_FIXED_WIDTH-1:0] mac_weights_data;
  logic [PARAMETERS-1:0] mac_parameters_address;
  logic [PARAMETERS_WIDTH-1:0] mac_parameters_data;
  logic [SUMS-1:0] mac_sums_write_address;
  logic [MAC_WIDTH-1:0] mac_sums_write_data;
  mac_array mac_array (
      .clk, .reset, .start(start[blendsim_pkg::UNIT_MAC_ARRAY]), .instruction(mac_array_instruction),
      .front_free(front_free[blendsim_pkg::UNIT_MAC_ARRAY]), .done(done[blendsim_pkg::UNIT_MAC_ARRAY]),
      .act_fixed_read(mac_act_fixed_read), .act_fixed_address(mac_act_fixed_address),
      .act_fixed_data(mac_act_fixed_data[MAC_WORDS*128-1:0]),
      .weights_fixed_read(mac_weights_read), .weights_fixed_address(mac_weights_address),
      .weights_fixed_data(mac_weights_data),
      .parameters_read(mac_parameters_read), .parameters_address(mac_parameters_address),
      .parameters_data(mac_parameters_data),
      .accumulators_write(mac_sums_write), .accumulators_write_address(mac_sums_write_address),
      .accumulators_write_data(mac_sums_write_data));

  // post_unit: a reader of accumulators an array, whose regions differ ---------------------------------------------------------
  logic post_xnor_sums_read, post_mac_sums_read, post_act_fixed_read, post_parameters_read;
  logic [SUMS-1:0] post_xnor_sums_address, post_mac_sums_address;
  logic [SUM_WORDS*SUMS_WIDTH-1:0] post_xnor_sums_data, post_mac_sums_data;
  logic [FIXED-1:0] post_act_fixed_address, post_act_fixed_write_address;
  logic [FIXED_WORDS*128-1:0] post_act_fixed_data;
  logic [PARAMETERS-1:0] post_parameters_address;
  logic [PARAMETERS_WIDTH-1:0] post_parameters_data;
  logic [POST_WORDS*HALVES-1:0] post_act_fixed_write;
  logic [POST_WORDS*128-1:0] post_act_fixed_write_data;
  logic [16*CELL_SLICES*HALVES-1:0] post_act_binary_write;
  logic [16*BITS-1:0] post_act_binary_write_address;
  logic [256*CELL_SLICES-1:0] post_act_binary_write_data;
  post_unit #(.ACCUMULATOR_WORDS(SUM_WORDS)) post_unit (
      .clk, .reset, .start(start[blendsim_pkg::UNIT_POST_UNIT]), .instruction(post_unit_instruction),
      .front_free(front_free[blendsim_pkg::UNIT_POST_UNIT]), .done(done[blendsim_pkg::UNIT_POST_UNIT]),
      .xnor_accumulators_read(post_xnor_sums_read), .xnor_accumulators_address(post_xnor_sums_address),
      .xnor_accumulators_data(post_xnor_sums_data),
      .mac_accumulators_read(post_mac_sums_read), .mac_accumulators_address(post_mac_sums_address),
      .mac_accumulators_data(post_mac_sums_data),
      .act_fixed_read(post_act_fixed_read), .act_fixed_address(post_act_fixed_address),
      .act_fixed_data(post_act_fixed_data[POST_WORDS*128-1:0]),
      .parameters_read(post_parameters_read), .parameters_address(post_parameters_address),
      .parameters_data(post_parameters_data),
      .act_fixed_write(post_act_fixed_write), .act_fixed_write_address(post_act_fixed_write_address),
      .act_fixed_write_data(post_act_fixed_write_data),
      .act_binary_write(post_act_binary_write), .act_binary_write_address(post_act_binary_write_address),
      .act_binary_write_data(post_act_binary_write_data));

  // pool_unit ---------------------------------------------------------------------------------------------------------------
  logic [15:0] pool_act_binary_read;
  logic [16*BITS-1:0] pool_act_binary_address, pool_act_binary_write_address;
  logic [256*CELL_SLICES-1:0] pool_act_binary_data, pool_act_binary_write_data;
  logic [16*CELL_SLICES-1:0] pool_act_binary_write;
  logic pool_act_fixed_read;
  logic [FIXED-1:0] pool_act_fixed_address, pool_act_fixed_write_address;
  logic [FIXED_WORDS*128-1:0] pool_act_fixed_data;
  logic [POOL_WORDS-1:0] pool_act_fixed_write;
  logic [POOL_WORDS*128-1:0] pool_act_fixed_write_data;
  pool_unit pool_unit (
      .clk, .reset, .start(start[blendsim_pkg::UNIT_POOL_UNIT]), .instruction(pool_unit_instruction),
      .front_free(front_free[blendsim_pkg::UNIT_POOL_UNIT]), .done(done[blendsim_pkg::UNIT_POOL_UNIT]),
      .act_binary_read(pool_act_binary_read), .act_binary_address(pool_act_binary_address),
      .act_binary_data(pool_act_binary_data),
      .act_fixed_read(pool_act_fixed_read), .act_fixed_address(pool_act_fixed_address),
      .act_fixed_data(pool_act_fixed_data[POOL_WORDS*128-1:0]),
      .act_fixed_write(pool_act_fixed_write), .act_fixed_write_address(pool_act_fixed_write_address),
      .act_fixed_write_data(pool_act_fixed_write_data),
      .act_binary_write(pool_act_binary_write), .act_binary_write_address(pool_act_binary_write_address),
      .act_binary_write_data(pool_act_binary_write_data));

  // transpose_unit, where there is one ----------------------------------------------------------------------------------------
  localparam int TURNS = blendsim_pkg::UNITS_BUILT[blendsim_pkg::UNIT_TRANSPOSE_UNIT] ? 1 : 0;
  logic transpose_act_fixed_read, transpose_act_fixed_write;
  logic [FIXED-1:0] transpose_act_fixed_address, transpose_act_fixed_write_address;
  logic [FIXED_WORDS*128-1:0] transpose_act_fixed_data;
  logic [127:0] transpose_act_fixed_write_data;
  if (TURNS != 0) begin : turns
    transpose_unit transpose_unit (
        .clk, .reset, .start(start[blendsim_pkg::UNIT_TRANSPOSE_UNIT]), .instruction(transpose_unit_instruction),
        .front_free(front_free[blendsim_pkg::UNIT_TRANSPOSE_UNIT]), .done(done[blendsim_pkg::UNIT_TRANSPOSE_UNIT]),
        .act_fixed_read(transpose_act_fixed_read), .act_fixed_address(transpose_act_fixed_address),
        .act_fixed_data(transpose_act_fixed_data[127:0]), .act_fixed_write(transpose_act_fixed_write),
        .act_fixed_write_address(transpose_act_fixed_write_address), .act_fixed_write_data(transpose_act_fixed_write_data));
  end else begin : turns_not
    assign front_free[blendsim_pkg::UNIT_TRANSPOSE_UNIT] = 1'b1;
    assign done[blendsim_pkg::UNIT_TRANSPOSE_UNIT] = 1'b0;
    assign transpose_act_fixed_read = 1'b0;
    assign transpose_act_fixed_address = '0;
    assign transpose_act_fixed_write = 1'b0;
    assign transpose_act_fixed_write_address = '0;
    assign transpose_act_fixed_write_data = '0;
    logic unused;
    assign unused = &{1'b0, transpose_unit_instruction};
  end

  // Buffers -----------------------------------------------------------------------------------------------------------------
  logic [16*CELL_SLICES*HALVES-1:0] load_halves, pool_halves;
  for (genvar n = 0; n < 16 * CELL_SLICES; n++) begin : act_binary_slice
    assign load_halves[HALVES*n +: HALVES] = {HALVES{load_act_binary_write[n]}};
    assign pool_halves[HALVES*n +: HALVES] = {HALVES{pool_act_binary_write[n]}};
  end
  banked_buffer #(
      .BANKS(16), .REGIONS(blendsim_pkg::BUFFER_ACT_BINARY_REGIONS), .DEPTH(blendsim_pkg::BUFFER_ACT_BINARY_DEPTH),
      .WIDTH(16 * CELL_SLICES), .KIND(blendsim_pkg::BUFFER_ACT_BINARY_KIND), .LATENCY(blendsim_pkg::BUFFER_ACT_BINARY_LATENCY),
      .READERS(3), .WRITERS(3), .SLICES(CELL_SLICES * HALVES), .ADDRESS(BITS)
  ) act_binary (
      .clk, .read({pool_act_binary_read, xnor_act_binary_read, store_act_binary_read}),
      .read_address({pool_act_binary_address, xnor_act_binary_address, store_act_binary_address}),
      .read_data({pool_act_binary_data, xnor_act_binary_data, store_act_binary_data}),
      .write({pool_halves, post_act_binary_write, load_halves}),
      .write_address({pool_act_binary_write_address, post_act_binary_write_address, load_act_binary_write_address}),
      .write_data({pool_act_binary_write_data, post_act_binary_write_data, load_act_binary_write_data}));

  // Every word has four parts of 32 bits; all units but load move them, or two of them, together.
  logic [FIXED_WORDS*4-1:0] load_parts, post_parts, pool_parts;
  assign load_parts = (FIXED_WORDS * 4)'(load_act_fixed_write);
  for (genvar n = 0; n < FIXED_WORDS; n++) begin : act_fixed_word
    if (n < POST_WORDS) begin : post
      for (genvar h = 0; h < HALVES; h++) begin : half
        assign post_parts[4*n+4/HALVES*h +: 4/HALVES] = {(4 / HALVES){post_act_fixed_write[n*HALVES+h]}};
      end
    end else begin : no_post
      assign post_parts[4*n +: 4] = '0;
    end
    if (n < POOL_WORDS) begin : pool
      assign pool_parts[4*n +: 4] = {4{pool_act_fixed_write[n]}};
    end else begin : no_pool
      assign pool_parts[4*n +: 4] = '0;
    end
  end
  localparam int FIXED_READERS = 4 + TURNS, FIXED_WRITERS = 3 + TURNS;  // transpose_unit's ports are the last
  logic [FIXED_READERS*FIXED_WORDS*128-1:0] act_fixed_read_data;
  banked_buffer #(
      .BANKS(4), .REGIONS(blendsim_pkg::BUFFER_ACT_FIXED_REGIONS), .DEPTH(blendsim_pkg::BUFFER_ACT_FIXED_DEPTH), .WIDTH(32),
      .KIND(blendsim_pkg::BUFFER_ACT_FIXED_KIND), .LATENCY(blendsim_pkg::BUFFER_ACT_FIXED_LATENCY), .READERS(FIXED_READERS),
      .WRITERS(FIXED_WRITERS), .WORDS(FIXED_WORDS), .ADDRESS(FIXED)
  ) act_fixed (
      .clk, .read((4 * FIXED_READERS)'({{4{transpose_act_fixed_read}}, {4{pool_act_fixed_read}}, {4{post_act_fixed_read}},
                                        {4{mac_act_fixed_read}}, {4{store_act_fixed_read}}})),
      .read_address((4 * FIXED_READERS * FIXED)'({{4{transpose_act_fixed_address}}, {4{pool_act_fixed_address}},
                                                  {4{post_act_fixed_address}}, {4{mac_act_fixed_address}},
                                                  {4{store_act_fixed_address}}})),
      .read_data(act_fixed_read_data),
      .write((4 * FIXED_WRITERS * FIXED_WORDS)'({(FIXED_WORDS * 4)'({4{transpose_act_fixed_write}}), pool_parts, post_parts,
                                                 load_parts})),
      .write_address((4 * FIXED_WRITERS * FIXED)'({{4{transpose_act_fixed_write_address}}, {4{pool_act_fixed_write_address}},
                                                   {4{post_act_fixed_write_address}}, load_act_fixed_write_address})),
      .write_data((FIXED_WRITERS * FIXED_WORDS * 128)'({(FIXED_WORDS * 128)'(transpose_act_fixed_write_data),
                   (FIXED_WORDS * 128)'(pool_act_fixed_write_data), (FIXED_WORDS * 128)'(post_act_fixed_write_data),
                   (FIXED_WORDS * 128)'(load_act_fixed_write_data)})));
  assign {pool_act_fixed_data, post_act_fixed_data, mac_act_fixed_data, store_act_fixed_data}
      = act_fixed_read_data[4*FIXED_WORDS*128-1:0];
  if (TURNS != 0) begin : turned_word
    assign transpose_act_fixed_data = act_fixed_read_data[4*FIXED_WORDS*128 +: FIXED_WORDS*128];
  end else begin : no_word
    assign transpose_act_fixed_data = '0;
  end

  buffer #(
      .REGIONS(blendsim_pkg::BUFFER_WEIGHTS_BINARY_REGIONS), .DEPTH(blendsim_pkg::BUFFER_WEIGHTS_BINARY_DEPTH),
      .WIDTH(blendsim_pkg::BUFFER_WEIGHTS_BINARY_WIDTH), .KIND(blendsim_pkg::BUFFER_WEIGHTS_BINARY_KIND),
      .LATENCY(blendsim_pkg::BUFFER_WEIGHTS_BINARY_LATENCY), .ADDRESS(WEIGHTS_BINARY)
  ) weights_binary (
      .clk, .read(xnor_weights_read), .read_address(xnor_weights_address), .read_data(xnor_weights_data),
      .write(load_weights_binary_write), .write_address(load_weights_binary_write_address),
      .write_data(load_weights_binary_write_data));

  buffer #(
      .REGIONS(blendsim_pkg::BUFFER_WEIGHTS_FIXED_REGIONS), .DEPTH(blendsim_pkg::BUFFER_WEIGHTS_FIXED_DEPTH),
      .WIDTH(blendsim_pkg::BUFFER_WEIGHTS_FIXED_WIDTH), .KIND(blendsim_pkg::BUFFER_WEIGHTS_FIXED_KIND),
      .LATENCY(blendsim_pkg::BUFFER_WEIGHTS_FIXED_LATENCY), .ADDRESS(WEIGHTS_FIXED)
  ) weights_fixed (
      .clk, .read(mac_weights_read), .read_address(mac_weights_address), .read_data(mac_weights_data),
      .write(load_weights_fixed_write), .write_address(load_weights_fixed_write_address),
      .write_data(load_weights_fixed_write_data));

  buffer #(
      .REGIONS(blendsim_pkg::BUFFER_ACCUMULATORS_REGIONS), .DEPTH(blendsim_pkg::BUFFER_ACCUMULATORS_DEPTH), .WIDTH(SUMS_WIDTH),
      .KIND(blendsim_pkg::BUFFER_ACCUMULATORS_KIND), .LATENCY(blendsim_pkg::BUFFER_ACCUMULATORS_LATENCY), .READERS(2),
      .WRITERS(2), .WORDS(SUM_WORDS), .ADDRESS(SUMS)
  ) accumulators (
      .clk, .read({post_mac_sums_read, post_xnor_sums_read}), .read_address({post_mac_sums_address, post_xnor_sums_address}),
      .read_data({post_mac_sums_data, post_xnor_sums_data}),
      .write({SUM_WORDS'(mac_sums_write), SUM_WORDS'(xnor_sums_write)}),
      .write_address({mac_sums_write_address, xnor_sums_write_address}),
      .write_data({(SUM_WORDS * SUMS_WIDTH)'(mac_sums_write_data), (SUM_WORDS * SUMS_WIDTH)'(xnor_sums_write_data)}));

  buffer #(
      .REGIONS(blendsim_pkg::BUFFER_PARAMETERS_REGIONS), .DEPTH(blendsim_pkg::BUFFER_PARAMETERS_DEPTH),
      .WIDTH(PARAMETERS_WIDTH), .KIND(blendsim_pkg::BUFFER_PARAMETERS_KIND),
      .LATENCY(blendsim_pkg::BUFFER_PARAMETERS_LATENCY), .READERS(3), .ADDRESS(PARAMETERS)
  ) parameters (
      .clk, .read({mac_parameters_read, xnor_parameters_read, post_parameters_read}),
      .read_address({mac_parameters_address, xnor_parameters_address, post_parameters_address}),
      .read_data({mac_parameters_data, xnor_parameters_data, post_parameters_data}),
      .write(load_parameters_write), .write_address(load_parameters_write_address), .write_data(load_parameters_write_data));

  buffer #(
      .REGIONS(blendsim_pkg::BUFFER_INSTRUCTIONS_REGIONS), .DEPTH(blendsim_pkg::BUFFER_INSTRUCTIONS_DEPTH), .WIDTH(128),
      .KIND(blendsim_pkg::BUFFER_INSTRUCTIONS_KIND), .LATENCY(blendsim_pkg::BUFFER_INSTRUCTIONS_LATENCY),
      .ADDRESS(blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS)
  ) instructions (
      .clk, .read(instructions_read), .read_address(instructions_address), .read_data(instructions_data),
      .write(load_instructions_write), .write_address(load_instructions_write_address),
      .write_data(load_instructions_write_data));

  // A unit takes its own width of words that others may need wider.
  logic unused;
  assign unused = &{1'b0, xnor_parameters_data, mac_parameters_data, mac_act_fixed_data, post_act_fixed_data, pool_act_fixed_data,
                     transpose_act_fixed_data};
endmodule
