// SPDX-License-Identifier: Apache-2.0
// memory: one read and one write port on one clock; what a region, bank or way of a buffer is built of.
//
// Parameters  WIDTH bits of a word, DEPTH words, SLICES parts of a word with a write enable each, KIND as in the platform
//             (0 block RAM, 1 UltraRAM, 2 LUT RAM), LATENCY cycles from the address to the word, at least 1.
// Ports       read: `read` with `read_address` in cycle c, `read_data` in c + LATENCY. write: `write` (a bit a slice) with
//             address and data in cycle c, readable from c + 1. A word that is read and written in one cycle comes old.
module memory #(
    parameter int WIDTH = 128,
    parameter int DEPTH = 512,
    parameter int SLICES = 1,
    parameter int KIND = 0,
    parameter int LATENCY = 2,
    parameter int ADDRESS = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
    input  logic clk,
    input  logic read,
    input  logic [ADDRESS-1:0] read_address,
    output logic [WIDTH-1:0] read_data,
    input  logic [SLICES-1:0] write,
    input  logic [ADDRESS-1:0] write_address,
    input  logic [WIDTH-1:0] write_data
);
    localparam int SLICE = WIDTH / SLICES;
    logic [WIDTH-1:0] word;  // the array's own register

    // The same array three times: an attribute's value must be a literal.
    generate
        if (KIND == 0) begin : block
            (* ram_style = "block" *) logic [WIDTH-1:0] content [DEPTH];
            always_ff @(posedge clk) begin
                if (read) word <= content[read_address];
                for (int s = 0; s < SLICES; s++)
                    if (write[s]) content[write_address][s*SLICE +: SLICE] <= write_data[s*SLICE +: SLICE];
            end
        end else if (KIND == 1) begin : ultra
            (* ram_style = "ultra" *) logic [WIDTH-1:0] content [DEPTH];
            always_ff @(posedge clk) begin
                if (read) word <= content[read_address];
                for (int s = 0; s < SLICES; s++)
                    if (write[s]) content[write_address][s*SLICE +: SLICE] <= write_data[s*SLICE +: SLICE];
            end
        end else begin : lut
            (* ram_style = "distributed" *) logic [WIDTH-1:0] content [DEPTH];
            always_ff @(posedge clk) begin
                if (read) word <= content[read_address];
                for (int s = 0; s < SLICES; s++)
                    if (write[s]) content[write_address][s*SLICE +: SLICE] <= write_data[s*SLICE +: SLICE];
            end
        end

        // Output registers: the array's own first, the others as the clock wants them.
        if (LATENCY == 1) begin : direct
            assign read_data = word;
        end else begin : registered
            logic [WIDTH-1:0] stage [LATENCY-1];
            always_ff @(posedge clk) begin
                stage[0] <= word;
                for (int n = 1; n < LATENCY - 1; n++) stage[n] <= stage[n-1];
            end
            assign read_data = stage[LATENCY-2];
        end
    endgenerate
endmodule
