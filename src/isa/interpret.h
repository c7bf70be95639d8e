// SPDX-License-Identifier: Apache-2.0
// The program run by a plain interpreter in program order, without time: the same `execute` as the machine's units.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "isa/program.h"
#include "units/actions.h"
#include "units/buffer/storage.h"

namespace blendsim {

// Values of one TensorView as they stand now: integers [channels, height, width]. Not for accumulators, which hold a
// few rows of a tensor at a time (InvariantError): ResultCapture collects those. In DRAM a map's rows follow each other
// without gaps, or plane_cells bytes apart where that is not 0 (rows padded to bus words).
[[nodiscard]] std::vector<std::int32_t> read_view(const TensorView& view, const Buffers& buffers,
                                                  std::span<const std::uint8_t> output_area);
// The part of a view that one instruction wrote: rows [row0, row1), channels [channel0, channel1).
struct WrittenPart {
  std::size_t result = 0;  // index into ProgramLayer::results
  std::int32_t row0 = 0, row1 = 0, channel0 = 0, channel1 = 0;
};
// What an instruction writes, in the terms of its unit.
[[nodiscard]] Written written(const Instruction& i, const MachineParameters& machine);
// Which parts of its layer's results a load or a compute instruction writes (accumulator tiles included).
// Accumulators: an array's accumulator views of a layer follow each other, each in ceil(channels / rows) row groups;
// the instruction writes its row groups from `first_group` on.
[[nodiscard]] std::vector<WrittenPart> written_parts(const Instruction& i, const ProgramLayer& layer,
                                                     const MachineParameters& machine, std::uint32_t first_group = 0);

// Collects every layer result while instructions execute (interpreter and machine): values [channels, height, width].
// Instructions that compute the same rows of a layer's accumulators take row groups in the order in which they execute.
// Neighbouring results of one name are parts of one tensor, one after the other in its channels, and come out as one.
// Views in DRAM are not collected.
class ResultCapture {
 public:
  explicit ResultCapture(const Program& program);
  // To be called right after `i` executed.
  void after(const Instruction& i, const MachineParameters& machine, const Buffers& buffers);
  struct Result {
    std::string name;
    TensorView view;
    std::vector<std::int32_t> values;
  };
  [[nodiscard]] std::vector<Result> results()
      const;  // in layer-table order; throws InvariantError where a part is missing
  // One result as it stands: values that nothing wrote yet are 0, `written` of them are not (or were written again).
  struct SoFar {
    const Result& result;
    std::int64_t written = 0;
  };
  [[nodiscard]] SoFar so_far(std::size_t layer, std::size_t result) const {
    return {results_.at(layer).at(result), written_[layer][result]};
  }

 private:
  const Program& program_;
  std::vector<std::vector<Result>> results_;                                       // [layer][result]
  std::vector<std::vector<std::int64_t>> written_;                                 // values seen
  std::vector<std::array<std::map<std::uint32_t, std::uint32_t>, 2>> next_group_;  // [layer][array][row]: accumulators
};

// Executes one decoded instruction on buffers and DRAM areas. meter: measures the distances of its words
// (units/distances.h).
void execute(const Instruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram,
             DistanceMeter* meter = nullptr);
// Actions of one instruction (closed forms; no values needed), bits of buffers included; docs/isa.md says what counts.
// Not in it: dispatch, instructions_read and everything of DRAM, which the machine counts as they happen.
[[nodiscard]] ActionCounts actions(const Instruction& i, const MachineParameters& machine);
// Added to two sums at once: few of all actions are any instruction's.
void add_actions(const Instruction& i, const MachineParameters& machine, ActionCounts& to, ActionCounts& and_to);

// Packs quantised input integers [channels, height, width] into the input area's bytes (input_bytes of them).
[[nodiscard]] std::vector<std::uint8_t> pack_input(const Program& program, const MachineParameters& machine,
                                                   std::span<const std::int32_t> values);
// Program area bytes: all segments laid out.
[[nodiscard]] std::vector<std::uint8_t> program_area(const Program& program);

struct Interpretation {
  std::vector<std::vector<std::int32_t>> outputs;  // parallel to Program::outputs
  std::vector<ResultCapture::Result> results;      // when captured
};
// image: quantised input integers. Checks unwritten reads.
[[nodiscard]] Interpretation interpret(const Program& program, const MachineParameters& machine,
                                       std::span<const std::int32_t> image, bool capture);

}  // namespace blendsim
