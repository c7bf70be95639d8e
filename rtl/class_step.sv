// SPDX-License-Identifier: Apache-2.0
// How far the border class (border_class.sv) moves on from the position before to `position`, 1 or more: by 1 to each
// position at the leading border, from the last of them on, and to each at the trailing one; by 2 where none lies between.
module class_step (
    input  logic [8:0] position,
    input  logic [8:0] output_size,
    input  logic [3:0] leading,
    input  logic [3:0] trailing,
    output logic [1:0] by
);
  logic is_leading, is_trailing;
  assign is_leading = position <= {5'b0, leading};
  assign is_trailing = position >= output_size - {5'b0, trailing};
  assign by = {1'b0, is_leading} + {1'b0, is_trailing};
endmodule
