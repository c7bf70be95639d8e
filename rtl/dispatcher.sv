// SPDX-License-Identifier: Apache-2.0
// dispatcher: reads instruction words, decodes them and fills the six queues, in program order (rule 5).
//
// Parameters  DOORBELL cycles from the accepted doorbell to the first word (hides the instructions buffer's latency), DECODE
//             registers of the pipeline, PREFETCH words of the FIFO, BURST bus words of a fetch burst, BUS bits of a bus word.
// control     `go` in the cycle after the accepted doorbell; the stream's first byte in DRAM (16-byte aligned), its words, END
//             included, and `resident` (the words are in the instructions buffer from address 0) are steady from then on.
// Queues      `enter[u]` with `entry` in the cycle in which an instruction's last word leaves the pipeline, never while
//             `full[u]`; `end_written` in the cycle in which END does.
// AXI         as load's; bursts are requested when all of one fits the FIFO.
module dispatcher #(
    parameter int DOORBELL = blendsim_pkg::CONTROL_DOORBELL,
    parameter int DECODE = blendsim_pkg::DISPATCHER_DECODE,
    parameter int PREFETCH = blendsim_pkg::DISPATCHER_PREFETCH,
    parameter int BURST = blendsim_pkg::LOAD_BURST,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int ADDRESS = 40,
    parameter int WORDS = 24,  // bits of a stream's length
    parameter int INSTRUCTIONS_ADDRESS = $clog2(blendsim_pkg::BUFFER_INSTRUCTIONS_REGIONS * blendsim_pkg::BUFFER_INSTRUCTIONS_DEPTH),
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
    output logic [255:0] entry,
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
endmodule
