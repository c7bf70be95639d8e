// SPDX-License-Identifier: Apache-2.0
// Words of pool_unit's results. A result's W words are written in the last W cycles of its steps, DEPTH later: the
// first of four right behind the product, one that is alone three cycles later. What has to wait does so beside the
// others, each width in registers of its own, because a result of another width may follow at once.
//
// Cycle r: the products, with `ready` and their width. A word is chosen in r + 3 - (W - 1) and later, one a cycle, and
// written a cycle after. `same` goes on behind the word written last: a maximum comes word by word, each a result of
// one byte a lane.
module pool_results #(
    parameter int LANES = 16,
    parameter int ADDRESS = 17
) (
    input  logic                  clk,
    input  logic                  reset,
    input  logic                  ready,
    input  logic [1:0]            bytes_log2,
    input  logic                  same,
    input  logic [6:0]            words,     // of all a result's words
    input  logic [ADDRESS-1:0]    at,
    input  logic [32*LANES-1:0]   products,
    output logic [LANES/16-1:0]   write,
    output logic [ADDRESS-1:0]    write_address,
    output logic [8*LANES-1:0]    write_data
);
  localparam int WORDS = LANES / 16;
  localparam int TIME = 8 * LANES;

  // Words of results of four bytes ([0] of the products themselves), of two, of one.
  logic [4*TIME-1:0] of_four;
  logic [2*TIME-1:0] of_two;
  logic [TIME-1:0] of_one, of_one2, of_one3;
  logic [3*TIME-1:0] four_held;
  logic [2*TIME-1:0] two_held;
  logic [TIME-1:0] two_last;
  logic ready4, ready2, ready1;
  assign ready4 = ready && bytes_log2[1];
  assign ready2 = ready && bytes_log2 == 2'd1;
  assign ready1 = ready && bytes_log2 == 2'd0;
  assign of_four = products;
  generate
    for (genvar n = 0; n < LANES; n = n + 1) begin : narrow
      assign of_two[16*n+:16] = products[32*n+:16];
      assign of_one[8*n+:8] = products[32*n+:8];
    end
  endgenerate
  delay_line #(.WIDTH(TIME), .CYCLES(2)) one_line (.clk(clk), .reset(reset), .in(of_one), .out(of_one2));
  always_ff @(posedge clk) begin
    if (ready4) four_held <= of_four[4*TIME-1:TIME];
    if (ready2) two_held <= of_two;
    two_last <= two_held[2*TIME-1:TIME];
    of_one3 <= of_one2;
  end

  // What is chosen in this cycle: [k] the k-th last of four, two.
  logic [2:0] four;
  logic [3:1] two, one;
  always_ff @(posedge clk) begin
    four <= reset ? 3'd0 : {four[1:0], ready4};
    two <= reset ? 3'd0 : {two[2:1], ready2};
    one <= reset ? 3'd0 : {one[2:1], ready1};
  end
  logic [TIME-1:0] word_of_four, word;
  multiplexer #(.COUNT(4), .WIDTH(TIME)) fours (
      .select({four[2] || four[1], four[2] || four[0]}), .words({four_held, of_four[TIME-1:0]}), .word(word_of_four));
  multiplexer #(.COUNT(4), .WIDTH(TIME)) any (
      .select({two[3] || one[3], two[2] || one[3]}), .words({of_one3, two_last, two_held[TIME-1:0], word_of_four}),
      .word(word));

  // Where it is written: a width's own place for its first word, behind the word before else.
  logic same1, same2, same3;
  logic [ADDRESS-1:0] at1, at2, at3, address;
  logic [1:0] place;
  assign place = one[3] ? {2{!same3}} : {two[2], ready4};
  multiplexer #(.COUNT(4), .WIDTH(ADDRESS)) addresses (
      .select(place), .words({at3, at2, at, write_address + ADDRESS'(WORDS)}), .word(address));
  logic chosen;
  always_ff @(posedge clk) begin
    {same1, at1} <= {same, at};
    {same2, at2} <= {same1, at1};
    {same3, at3} <= {same2, at2};
    write_address <= address;
    write_data <= word;
    chosen <= !reset && (ready4 || four != 3'd0 || two[3:2] != 2'd0 || one[3]);
  end

  // What of the cycle's words belongs to the tile: as many as the result has left. Below 0 behind a group that is not
  // whole.
  generate
    if (WORDS == 1) begin : alone
      logic unused;
      assign unused = &{1'b0, words};
      assign write = chosen;
    end else begin : several
      logic [6:0] words1, words2, words3;
      logic [7:0] left, left_next;
      multiplexer #(.COUNT(4), .WIDTH(8)) lefts (
          .select(place), .words({1'b0, words3, 1'b0, words2, 1'b0, words, left - 8'(WORDS)}), .word(left_next));
      always_ff @(posedge clk) begin
        words1 <= words;
        words2 <= words1;
        words3 <= words2;
        left <= left_next;
      end
      always_comb begin
        for (int n = 0; n < WORDS; n = n + 1) write[n] = chosen && !left[7] && 7'(n) < left[6:0];
      end
    end
  endgenerate
endmodule
