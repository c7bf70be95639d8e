// SPDX-License-Identifier: Apache-2.0
// store behind its queue, with plain memories for the two buffers that it reads (test/conformance/README.md).
module bench_store #(
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3
) (
    input  logic clk,
    input  logic reset,
    input  logic enter,
    input  logic [blendsim_pkg::ENTRY_BITS-1:0] entry,
    output logic full,
    input  logic [blendsim_pkg::UNITS-1:0] data_posted,
    input  logic [blendsim_pkg::UNITS-1:0] space_posted,
    output logic [blendsim_pkg::UNITS-1:0] post_data,
    output logic [blendsim_pkg::UNITS-1:0] post_space,
    output logic start,
    output logic done,
    output logic overflow,
    output logic [31:0] busy,
    output logic [31:0] stall_dependency,
    output logic [31:0] stall_memory,
    output logic [31:0] stall_downstream,
    output logic [31:0] stall_fence,
    output logic [31:0] stall_dispatch,
    input  logic preload_write,
    input  logic [2:0] preload_buffer,
    // verilator lint_off UNUSEDSIGNAL
    input  logic [19:0] preload_address,  // as wide as the deepest buffer's
    // verilator lint_on UNUSEDSIGNAL
    input  logic [256*CELL_SLICES-1:0] preload_data,
    input  logic [39:0] program_base,
    input  logic [39:0] input_base,
    input  logic [39:0] output_base,
    output logic awvalid,
    input  logic awready,
    output logic [39:0] awaddr,
    output logic [7:0] awlen,
    output logic wvalid,
    input  logic wready,
    output logic [BUS-1:0] wdata,
    output logic [BUS/8-1:0] wstrb,
    output logic wlast,
    input  logic bvalid,
    output logic bready
);
  localparam int BINARY_BITS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS;
  localparam int FIXED_BITS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS;
  localparam int CELL = 16 * CELL_SLICES;

  // verilator lint_off UNUSEDSIGNAL
  logic [blendsim_pkg::ENTRY_BITS-1:0] instruction;  // a transfer's is shorter
  // verilator lint_on UNUSEDSIGNAL
  logic front_free;
  logic [15:0] act_binary_read;
  logic [16*BINARY_BITS-1:0] act_binary_address;
  logic [256*CELL_SLICES-1:0] act_binary_data;
  logic act_fixed_read;
  logic [FIXED_BITS-1:0] act_fixed_address;
  logic [127:0] act_fixed_data;
  queue_unit #(.UNIT(blendsim_pkg::UNIT_STORE)) queue (.in_flight(), .*);
  store unit (
      .instruction(blendsim_pkg::transfer_instruction_t'(instruction[blendsim_pkg::TRANSFER_INSTRUCTION_BITS-1:0])), .*);

  // Words that are not asked for come as ones, so that nothing can rest on them.
  logic [127:0] fixed[2**FIXED_BITS];
  logic [127:0] fixed_word;
  always_ff @(posedge clk) begin
    if (preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_FIXED))
      fixed[FIXED_BITS'(preload_address)] <= preload_data[127:0];
    fixed_word <= act_fixed_read ? fixed[act_fixed_address] : '1;
  end
  delay_line #(.WIDTH(128), .CYCLES(blendsim_pkg::BUFFER_ACT_FIXED_LATENCY - 1)) fixed_latency (
      .clk, .reset, .in(fixed_word), .out(act_fixed_data));
  for (genvar b = 0; b < 16; b++) begin : bank
    logic [CELL-1:0] cells[2**BINARY_BITS];
    logic [CELL-1:0] read_cell;
    always_ff @(posedge clk) begin
      if (preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_BINARY))
        cells[BINARY_BITS'(preload_address)] <= preload_data[b*CELL+:CELL];
      read_cell <= act_binary_read[b] ? cells[act_binary_address[b*BINARY_BITS+:BINARY_BITS]] : '1;
    end
    delay_line #(.WIDTH(CELL), .CYCLES(blendsim_pkg::BUFFER_ACT_BINARY_LATENCY - 1)) latency (
        .clk, .reset, .in(read_cell), .out(act_binary_data[b*CELL+:CELL]));
  end
endmodule
