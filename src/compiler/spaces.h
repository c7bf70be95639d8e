// SPDX-License-Identifier: Apache-2.0
// The spaces of constants: what each chunk needs of them, and whether they stay on chip. Parts of the pass tile.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/levers.h"
#include "compiler/plan.h"

namespace blendsim::compiler {

[[nodiscard]] std::string_view space_name(Space space);

// Groups of array rows that `slices` slices of outputs take.
[[nodiscard]] std::int64_t row_groups(const MachineParameters& machine, bool xnor, int slices);

// Slices that come in whole row groups of every array of a stage.
[[nodiscard]] int slice_unit(const Plan& plan, const Stage& stage);

// Words of the tables in front of a node's records, of one chunk.
[[nodiscard]] std::int64_t words_of_tables(const Plan& plan, NodeId n);
// Words that a chunk of `slices` slices of a node needs in a space; with `offsets`, where each part's words begin.
[[nodiscard]] std::int64_t words_in(const Plan& plan, Space space, NodeId n, int slices,
                                    std::vector<std::int64_t>* offsets);

// Fills Plan::spaces but for their blocks. Where not all constants stay, those of nodes that read or write rings do, as
// they are used again and again; then as many more, as Plan::keep says, as leave room for two blocks that pass. Throws
// does-not-fit where those that must stay leave no room for the rest.
void measure_spaces(Plan& plan);

// Fills Plan::blocks, by chunk, once nodes are cut into chunks.
void make_blocks(Plan& plan);

// What makes room for `words` of a space: a deeper buffer; or wider words, of which a row group takes fewer: the
// arrays' operands, records.
[[nodiscard]] std::vector<Lever> constant_levers(const MachineParameters& machine, Space space, std::int64_t words);

}  // namespace blendsim::compiler
