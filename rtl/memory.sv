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

    // An array a kind: an attribute's value must be a literal.
    generate
        if (KIND == 0) begin : block
            (* ram_style = "block" *) logic [WIDTH-1:0] content [DEPTH];
            always_ff @(posedge clk) begin
                if (read) word <= content[read_address];
                for (int s = 0; s < SLICES; s++)
                    if (write[s]) content[write_address][s*SLICE +: SLICE] <= write_data[s*SLICE +: SLICE];
            end
        end else if (KIND == 1) begin : ultra
            // An UltraRAM is 4,096 deep: a deeper memory is pieces of that, as a cascade has them.
            localparam int PIECES = (DEPTH + 4095) / 4096;
            localparam int PIECE = PIECES > 1 ? $clog2(PIECES) : 1;
            localparam int ROWS = PIECES > 1 ? 4096 : DEPTH;
            localparam int ROW = PIECES > 1 ? 12 : ADDRESS;
            logic [PIECE-1:0] read_piece, write_piece, from;
            assign read_piece = PIECE'(read_address >> ROW);
            assign write_piece = PIECE'(write_address >> ROW);
            if (PIECES > 1) begin : choice
                always_ff @(posedge clk) if (read) from <= read_piece;
            end else begin : no_choice
                assign from = '0;
            end
            logic [PIECES*WIDTH-1:0] piece_words;
            for (genvar p = 0; p < PIECES; p++) begin : piece
                (* ram_style = "ultra" *) logic [WIDTH-1:0] content [ROWS];
                always_ff @(posedge clk) begin
                    if (read && read_piece == PIECE'(p))
                        piece_words[p*WIDTH +: WIDTH] <= content[read_address[ROW-1:0]];
                    for (int s = 0; s < SLICES; s++)
                        if (write[s] && write_piece == PIECE'(p))
                            content[write_address[ROW-1:0]][s*SLICE +: SLICE] <= write_data[s*SLICE +: SLICE];
                end
            end
            multiplexer #(.COUNT(PIECES), .WIDTH(WIDTH)) word_of (.select(from), .words(piece_words), .word);
        end else begin : lut
            // A LUT RAM is 64 deep: a deeper one is pieces of that, chosen from before the array's register.
            localparam int PIECES = (DEPTH + 63) / 64;
            localparam int PIECE = PIECES > 1 ? $clog2(PIECES) : 1;
            localparam int ROWS = PIECES > 1 ? 64 : DEPTH;
            localparam int ROW = PIECES > 1 ? 6 : ADDRESS;
            logic [PIECE-1:0] read_piece, write_piece;
            assign read_piece = PIECE'(read_address >> ROW);
            assign write_piece = PIECE'(write_address >> ROW);
            logic [PIECES*WIDTH-1:0] piece_words;
            logic [WIDTH-1:0] chosen;
            for (genvar p = 0; p < PIECES; p++) begin : piece
                (* ram_style = "distributed" *) logic [WIDTH-1:0] content [ROWS];
                assign piece_words[p*WIDTH +: WIDTH] = content[read_address[ROW-1:0]];
                always_ff @(posedge clk) begin
                    for (int s = 0; s < SLICES; s++)
                        if (write[s] && write_piece == PIECE'(p))
                            content[write_address[ROW-1:0]][s*SLICE +: SLICE] <= write_data[s*SLICE +: SLICE];
                end
            end
            multiplexer #(.COUNT(PIECES), .WIDTH(WIDTH)) word_of (.select(read_piece), .words(piece_words), .word(chosen));
            always_ff @(posedge clk) if (read) word <= chosen;
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
