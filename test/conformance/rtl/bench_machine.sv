// SPDX-License-Identifier: Apache-2.0
// bench_machine: rtl/machine.sv with the units' write ports brought out, for test/conformance/machine.
module bench_machine #(
    parameter int ADDRESS = 40,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int M = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int BITS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int FIXED = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int SUMS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS,
    parameter int POST = blendsim_pkg::POST_UNIT_LANES < 16 ? 1 : blendsim_pkg::POST_UNIT_LANES / 16,
    parameter int HALVES = blendsim_pkg::POST_UNIT_LANES < 16 ? 2 : 1,
    parameter int POOL = blendsim_pkg::POOL_UNIT_LANES / 16,
    parameter int ACCOUNTS = blendsim_pkg::UNITS * 32
) (
    input  logic clk,
    input  logic reset,
    input  logic register_write,
    input  logic [5:0] register_address,
    input  logic [31:0] register_write_data,
    output logic [31:0] register_read_data,
    output logic complete,
    output logic fetch_arvalid,
    input  logic fetch_arready,
    output logic [ADDRESS-1:0] fetch_araddr,
    output logic [7:0] fetch_arlen,
    input  logic fetch_rvalid,
    output logic fetch_rready,
    input  logic [BUS-1:0] fetch_rdata,
    input  logic fetch_rlast,
    output logic load_arvalid,
    input  logic load_arready,
    output logic [ADDRESS-1:0] load_araddr,
    output logic [7:0] load_arlen,
    input  logic load_rvalid,
    output logic load_rready,
    input  logic [BUS-1:0] load_rdata,
    input  logic load_rlast,
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
    output logic [blendsim_pkg::UNITS-1:0] entered,
    output logic [blendsim_pkg::UNITS-1:0] started,
    output logic [blendsim_pkg::UNITS-1:0] ended,
    output logic [ACCOUNTS-1:0] busy,
    output logic [ACCOUNTS-1:0] stall_dependency,
    output logic [ACCOUNTS-1:0] stall_memory,
    output logic [ACCOUNTS-1:0] stall_downstream,
    output logic [ACCOUNTS-1:0] stall_fence,
    output logic [ACCOUNTS-1:0] stall_dispatch,
    output logic overflow,
    // write ports
    output logic [16*M-1:0] load_act_binary_write, pool_act_binary_write,
    output logic [16*M*HALVES-1:0] post_act_binary_write,
    output logic [16*BITS-1:0] load_act_binary_write_address, post_act_binary_write_address, pool_act_binary_write_address,
    output logic [256*M-1:0] load_act_binary_write_data, post_act_binary_write_data, pool_act_binary_write_data,
    output logic [3:0] load_act_fixed_write,
    output logic [4*FIXED-1:0] load_act_fixed_write_address,
    output logic [127:0] load_act_fixed_write_data,
    output logic [POST*HALVES-1:0] post_act_fixed_write,
    output logic [FIXED-1:0] post_act_fixed_write_address,
    output logic [128*POST-1:0] post_act_fixed_write_data,
    output logic [POOL-1:0] pool_act_fixed_write,
    output logic [FIXED-1:0] pool_act_fixed_write_address,
    output logic [128*POOL-1:0] pool_act_fixed_write_data,
    output logic transpose_act_fixed_write,
    output logic [FIXED-1:0] transpose_act_fixed_write_address,
    output logic [127:0] transpose_act_fixed_write_data,
    output logic load_weights_binary_write,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_BINARY_ADDRESS_BITS-1:0] load_weights_binary_write_address,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_BINARY_WIDTH-1:0] load_weights_binary_write_data,
    output logic load_weights_fixed_write,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_FIXED_ADDRESS_BITS-1:0] load_weights_fixed_write_address,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_FIXED_WIDTH-1:0] load_weights_fixed_write_data,
    output logic load_parameters_write,
    output logic [blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS-1:0] load_parameters_write_address,
    output logic [blendsim_pkg::BUFFER_PARAMETERS_WIDTH-1:0] load_parameters_write_data,
    output logic load_instructions_write,
    output logic [blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS-1:0] load_instructions_write_address,
    output logic [127:0] load_instructions_write_data,
    output logic xnor_accumulators_write, mac_accumulators_write,
    output logic [SUMS-1:0] xnor_accumulators_write_address, mac_accumulators_write_address,
    output logic [blendsim_pkg::XNOR_ARRAY_ROWS*32-1:0] xnor_accumulators_write_data,
    output logic [blendsim_pkg::MAC_ARRAY_ROWS*32-1:0] mac_accumulators_write_data
);
  machine #(.ADDRESS(ADDRESS), .BUS(BUS)) dut (.*);

  assign load_act_binary_write = dut.load_act_binary_write;
  assign load_act_binary_write_address = dut.load_act_binary_write_address;
  assign load_act_binary_write_data = dut.load_act_binary_write_data;
  assign post_act_binary_write = dut.post_act_binary_write;
  assign post_act_binary_write_address = dut.post_act_binary_write_address;
  assign post_act_binary_write_data = dut.post_act_binary_write_data;
  assign pool_act_binary_write = dut.pool_act_binary_write;
  assign pool_act_binary_write_address = dut.pool_act_binary_write_address;
  assign pool_act_binary_write_data = dut.pool_act_binary_write_data;
  assign load_act_fixed_write = dut.load_act_fixed_write;
  assign load_act_fixed_write_address = dut.load_act_fixed_write_address;
  assign load_act_fixed_write_data = dut.load_act_fixed_write_data;
  assign post_act_fixed_write = dut.post_act_fixed_write;
  assign post_act_fixed_write_address = dut.post_act_fixed_write_address;
  assign post_act_fixed_write_data = dut.post_act_fixed_write_data;
  assign pool_act_fixed_write = dut.pool_act_fixed_write;
  assign pool_act_fixed_write_address = dut.pool_act_fixed_write_address;
  assign pool_act_fixed_write_data = dut.pool_act_fixed_write_data;
  assign transpose_act_fixed_write = dut.transpose_act_fixed_write;
  assign transpose_act_fixed_write_address = dut.transpose_act_fixed_write_address;
  assign transpose_act_fixed_write_data = dut.transpose_act_fixed_write_data;
  assign load_weights_binary_write = dut.load_weights_binary_write;
  assign load_weights_binary_write_address = dut.load_weights_binary_write_address;
  assign load_weights_binary_write_data = dut.load_weights_binary_write_data;
  assign load_weights_fixed_write = dut.load_weights_fixed_write;
  assign load_weights_fixed_write_address = dut.load_weights_fixed_write_address;
  assign load_weights_fixed_write_data = dut.load_weights_fixed_write_data;
  assign load_parameters_write = dut.load_parameters_write;
  assign load_parameters_write_address = dut.load_parameters_write_address;
  assign load_parameters_write_data = dut.load_parameters_write_data;
  assign load_instructions_write = dut.load_instructions_write;
  assign load_instructions_write_address = dut.load_instructions_write_address;
  assign load_instructions_write_data = dut.load_instructions_write_data;
  assign xnor_accumulators_write = dut.xnor_sums_write;
  assign xnor_accumulators_write_address = dut.xnor_sums_write_address;
  assign xnor_accumulators_write_data = dut.xnor_sums_write_data;
  assign mac_accumulators_write = dut.mac_sums_write;
  assign mac_accumulators_write_address = dut.mac_sums_write_address;
  assign mac_accumulators_write_data = dut.mac_sums_write_data;
endmodule
