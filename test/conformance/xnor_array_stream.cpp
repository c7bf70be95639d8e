// SPDX-License-Identifier: Apache-2.0
#include "xnor_array_stream.h"

#include <algorithm>

#include "units/xnor_array/law.h"

namespace blendsim::conformance {
namespace {

// Draws instructions until one fits the buffers and is short enough. Maps, kernels and borders need not belong
// together: the unit knows coordinates, not networks, so taps may miss the map altogether and border classes stand
// anywhere.
class Generator {
 public:
  Generator(const MachineParameters& machine, std::mt19937_64& random) : machine_(machine), random_(random) {}

  XnorInstruction draw(Cycles longest) {
    for (;;) {
      XnorInstruction i;
      window(i);
      cells(i);
      planes(i);
      tile(i);
      i.taps = xnor_steps(i).windows ? 0 : 1;
      if (occupancy(i, machine_.xnor_array) <= longest && place(i)) return i;
    }
  }

 private:
  std::uint32_t in(std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>{low, high}(random_);
  }
  bool one_in(std::uint32_t n) { return in(1, n) == 1; }
  std::uint32_t pick(std::initializer_list<std::uint32_t> values) {
    return values.begin()[in(0, static_cast<std::uint32_t>(values.size()) - 1)];
  }

  void window(XnorInstruction& i) {
    i.in_height = one_in(6) ? in(1, 40) : in(1, 12);
    i.in_width = one_in(6) ? in(1, 40) : in(1, 12);
    const auto kernel = [&] { return one_in(12) ? in(1, 31) : pick({1, 1, 2, 3, 3, 3, 4, 5, 7}); };
    i.kernel_h = kernel();
    i.kernel_w = one_in(3) ? kernel() : i.kernel_h;
    i.stride_h = one_in(3) ? in(1, 7) : 1;
    i.stride_w = one_in(3) ? in(1, 7) : 1;
    if (one_in(4)) {
      i.dilation_h = in(1, 7);
      i.dilation_w = in(1, 7);
    }
    const auto pad = [&](std::uint32_t reach) { return one_in(6) ? in(0, 15) : in(0, std::min(15U, reach)); };
    i.pad_top = pad(i.kernel_h / 2 * i.dilation_h);
    i.pad_left = pad(i.kernel_w / 2 * i.dilation_w);
  }

  void cells(XnorInstruction& i) {
    i.cells = one_in(5) ? in(1, 40) : in(1, 4);
    i.first_cell = one_in(2) ? 0 : in(1, 9);
    const auto channels = static_cast<std::uint32_t>(slice_channels * machine_.xnor_array.cell_slices());
    i.last_cell_channels = one_in(2) ? channels - 1 : in(0, channels - 1);
  }

  void planes(XnorInstruction& i) {
    i.use_and = one_in(2) ? 1 : 0;
    if (one_in(2)) i.activation_bits = one_in(6) ? 8 : in(1, 3);
    if (i.use_and != 0) {
      if (one_in(2)) i.weight_bits = one_in(6) ? 8 : in(1, 3);
      i.activation_signed = in(0, 1);
      i.weight_signed = in(0, 1);
    }
    i.plane_cells = i.cells + (one_in(3) ? in(0, 3) : 0);
    i.map_cells = i.first_cell + (i.activation_bits - 1) * i.plane_cells + i.cells + (one_in(3) ? in(0, 3) : 0);
  }

  void tile(XnorInstruction& i) {
    i.rows = one_in(3) ? in(1, 4) : 1;
    i.out_width = one_in(8) ? in(1, 60) : in(1, 8);
    i.groups = one_in(3) ? in(1, 4) : 1;
    i.out_row = one_in(3) ? 0 : in(0, 8);
    i.out_height = i.out_row + i.rows + in(0, 5);
    i.class_top = in(0, std::min(i.out_height, one_in(10) ? 15U : 2U));
    i.class_bottom = in(0, std::min(i.out_height - i.class_top, one_in(10) ? 15U : 2U));
    i.class_left = in(0, std::min(i.out_width, one_in(10) ? 15U : 2U));
    i.class_right = in(0, std::min(i.out_width - i.class_left, one_in(10) ? 15U : 2U));
  }

  // A random place for `size` words in a region of `buffer`; false: there is none.
  bool place(BufferId buffer, std::uint32_t region, std::uint64_t size, std::uint32_t& address) {
    const auto depth = static_cast<std::uint64_t>(machine_.buffer(buffer).depth);
    if (size > depth) return false;
    const auto room = static_cast<std::uint32_t>(depth - size);
    address = region * static_cast<std::uint32_t>(depth) + (one_in(8) ? room : in(0, room));
    return true;
  }
  bool place(XnorInstruction& i) {
    const BinaryMap map{0, i.in_height, i.in_width, i.map_cells};
    const auto regions = static_cast<std::uint32_t>(machine_.buffer(BufferId::act_binary).regions);
    const std::uint64_t classes = std::uint64_t{i.class_top + 1 + i.class_bottom} * (i.class_left + 1 + i.class_right);
    const auto steps = static_cast<std::uint64_t>(xnor_steps(i).steps);
    return place(BufferId::act_binary, in(0, regions - 1), map.size(), i.source) &&
           place(BufferId::weights_binary, 0, i.groups * i.weight_bits * steps, i.weights) &&
           place(BufferId::parameters, xnor_start_region, i.groups * classes, i.start) &&
           place(BufferId::accumulators, xnor_accumulator_region, std::uint64_t{i.rows} * i.out_width * i.groups,
                 i.destination);
  }

  const MachineParameters& machine_;
  std::mt19937_64& random_;
};

}  // namespace

std::vector<Instruction> random_xnor_array_stream(const MachineParameters& machine, std::mt19937_64& random,
                                                  int count) {
  Generator generator(machine, random);
  std::vector<Instruction> stream;
  // Most are shorter than the pipeline, so that several are in flight; few are long.
  for (int n = 0; n < count; ++n) stream.emplace_back(generator.draw(n % 8 == 0 ? 800 : n % 2 == 0 ? 100 : 12));
  return stream;
}

void fill_xnor_array(const MachineParameters& machine, std::span<const Instruction>, std::mt19937_64& random,
                     Buffers& buffers) {
  fill_random(machine, random, buffers);
}

std::vector<WordWrite> xnor_array_writes(const Executed& executed, const MachineParameters& machine,
                                         const Buffers& after) {
  const auto& i = std::get<XnorInstruction>(executed.instruction);
  const auto rows = static_cast<std::size_t>(machine.xnor_array.rows);
  std::vector<WordWrite> writes;
  for (std::uint32_t word = 0; word < i.rows * i.out_width * i.groups; ++word) {
    const std::span<const std::int32_t> sums = after.accumulators(i.destination + word, 1).first(rows);
    WordWrite write{
        executed.record.start + written(i, machine.xnor_array, word), Place::accumulators, i.destination + word, {}};
    for (const std::int32_t sum : sums) write.data.push_back(static_cast<std::uint32_t>(sum));
    writes.push_back(std::move(write));
  }
  return writes;
}

}  // namespace blendsim::conformance
