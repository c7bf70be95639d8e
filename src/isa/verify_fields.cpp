// SPDX-License-Identifier: Apache-2.0
// What must hold of each instruction alone.
#include <fmt/format.h>

#include <algorithm>

#include "isa/verify_internal.h"
#include "units/transfer/law.h"

namespace blendsim::verification {
namespace {

class Checker {
 public:
  Checker(const Stream& stream, const Program& program, const MachineParameters& machine)
      : stream_(stream), program_(program), machine_(machine) {}

  void instruction(std::size_t n) {
    index_ = n;
    const Instruction& i = stream_.instructions[n];
    const Synchronisation& sync = sync_of(i);
    const std::uint32_t own = 1U << index(unit_of(i));
    require(((sync.wait_data | sync.wait_space | sync.post_data | sync.post_space) & own) == 0,
            "a unit has no link with itself; `fence` orders it with its own previous instruction");
    require(sync.layer < program_.layers.size(),
            "layer {} is not in the table of {}", sync.layer, program_.layers.size());
    std::visit([&](const auto& unit) { check(unit); }, i);
  }

 private:
  // The rule is put in words only where it is broken.
  template <class... Args>
  void require(bool condition, fmt::format_string<Args...> rule, Args&&... args) const {
    if (!condition) refuse(stream_, index_, fmt::format(rule, std::forward<Args>(args)...));
  }
  void positive(std::initializer_list<std::pair<const char*, std::uint32_t>> fields) const {
    for (const auto& [field, value] : fields) require(value > 0, "{} must not be 0", field);
  }
  void in_region(BufferId buffer, std::uint32_t address, std::uint32_t region, const char* field) const {
    const std::int64_t actual = address / machine_.buffer(buffer).depth;
    require(actual == region, "{} is in region {} of {}, not in {}", field, actual, name(buffer), region);
  }

  template <class I>
  void window(const I& i) const {
    positive({{"in_height", i.in_height},
              {"in_width", i.in_width},
              {"kernel_h", i.kernel_h},
              {"kernel_w", i.kernel_w},
              {"stride_h", i.stride_h},
              {"stride_w", i.stride_w},
              {"dilation_h", i.dilation_h},
              {"dilation_w", i.dilation_w},
              {"rows", i.rows},
              {"out_width", i.out_width}});
  }
  template <class I>
  void convolution(const I& i) const {
    window(i);
    positive({{"groups", i.groups}});
    require(i.out_row + i.rows <= i.out_height, "the tile's rows leave the output map");
    require(i.class_top + i.class_bottom <= i.out_height && i.class_left + i.class_right <= i.out_width,
            "there are more border classes than output positions");
  }

  void check(const XnorInstruction& i) const {
    convolution(i);
    positive({{"cells", i.cells}, {"activation_bits", i.activation_bits}, {"weight_bits", i.weight_bits}});
    require(i.activation_bits <= 8 && i.weight_bits <= 8, "operands have at most 8 planes");
    require(i.last_cell_channels < slice_channels * machine_.xnor_array.cell_slices(),
            "last_cell_channels exceeds a cell");
    require(i.activation_bits == 1 || i.plane_cells >= i.cells, "planes overlap");
    if (i.use_and == 0) {
      require(i.weight_bits == 1 && i.weight_signed == 0 && i.activation_signed == 0,
              "XNOR passes take unsigned planes and bipolar weights; other operands need AND");
    }
    in_region(BufferId::accumulators, i.destination, xnor_accumulator_region, "destination");
    in_region(BufferId::parameters, i.start, xnor_start_region, "start");
  }

  void check(const MacInstruction& i) const {
    convolution(i);
    positive({{"channels", i.channels}});
    require(i.depthwise == 0 || (i.groups - 1) * machine_.mac_array.rows < slices_of(i.channels) * slice_channels,
            "a depthwise row group has no channel");
    in_region(BufferId::accumulators, i.destination, mac_accumulator_region, "destination");
    in_region(BufferId::parameters, i.start, mac_start_region, "start");
  }

  void source(std::uint32_t kind, std::uint32_t address, std::uint32_t stride, std::uint32_t bytes_log2,
              const char* field) const {
    require(kind <= static_cast<std::uint32_t>(PostSource::fixed_map) && bytes_log2 <= 2,
            "operand {} has no such source or width", field);
    if (kind != 0) require(stride > 0, "{}_stride must not be 0", field);
    if (kind == static_cast<std::uint32_t>(PostSource::xnor_accumulators))
      in_region(BufferId::accumulators, address, xnor_accumulator_region, field);
    if (kind == static_cast<std::uint32_t>(PostSource::mac_accumulators))
      in_region(BufferId::accumulators, address, mac_accumulator_region, field);
  }

  void check(const PostInstruction& i) const {
    positive({{"a_source", i.a_source}, {"rows", i.rows}, {"width", i.width}, {"slices", i.slices}});
    source(i.a_source, i.a, i.a_stride, i.a_bytes_log2, "a");
    source(i.b_source, i.b, i.b_stride, i.b_bytes_log2, "b");
    require(i.b_source != 0 || i.use_q2 == 0, "q2 has no operand");
    require(i.activation <= 2, "activation is 0, 1 or 2");
    require(i.rounding <= 2, "rounding is 0, 1 or 2");
    require(i.write_fixed != 0 || i.write_bits != 0, "it writes nothing");
    require(i.fixed_is_code == 0 || i.write_fixed != 0, "fixed_is_code without write_fixed");
    require(i.fixed_bytes_log2 <= 2, "fixed_bytes_log2 is 0, 1 or 2");
    require((i.use_thresholds != 0) == (i.levels > 0), "levels and use_thresholds contradict each other");
    if (i.code_bipolar != 0) {
      require(i.code_bits == 1 && i.levels <= 1, "a bipolar code has one plane and at most one level");
    } else if (i.write_bits != 0 || i.fixed_is_code != 0) {
      require(i.use_thresholds != 0, "an n-bit code needs thresholds");
      require(i.code_bits >= 1 && i.code_bits <= 4 && i.levels < 1U << i.code_bits,
              "an n-bit code has 1 to 4 planes and at most 2^n - 1 levels");
    }
    if (i.write_bits != 0) {
      const std::int64_t plane = i.bits_plane_cells * machine_.xnor_array.cell_slices();
      require(i.code_bits == 1 || std::int64_t{i.bits_slice} + i.slices <= plane, "planes overlap");
    }
    in_region(BufferId::parameters, i.parameters, post_parameter_region, "parameters");
  }

  // Taps of each output position inside the map, along one axis; the divisor must divide by every product.
  static std::vector<std::int64_t> tap_counts(std::int64_t first, std::int64_t count, std::int64_t stride,
                                              std::int64_t kernel, std::int64_t dilation, std::int64_t pad,
                                              std::int64_t size) {
    std::vector<std::int64_t> counts;
    for (std::int64_t position = first; position < first + count; ++position) {
      std::int64_t inside = 0;
      for (std::int64_t k = 0; k < kernel; ++k) {
        const std::int64_t at = position * stride - pad + k * dilation;
        inside += at >= 0 && at < size ? 1 : 0;
      }
      counts.push_back(inside);
    }
    std::sort(counts.begin(), counts.end());
    counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
    return counts;
  }

  void check(const PoolInstruction& i) const {
    window(i);
    positive({{"slices", i.slices}, {"in_slices", i.in_slices}, {"out_slices", i.out_slices}});
    require(i.in_bytes_log2 <= 2 && i.out_bytes_log2 <= 2, "values have 1, 2 or 4 bytes");
    require(i.binary == 0 || i.sum == 0, "packed bits have a maximum only");
    require(i.sum != 0 || i.in_bytes_log2 == i.out_bytes_log2, "a maximum is as wide as its input");
    require(i.out_row + i.rows <= i.out_height, "the tile's rows leave the output map");
    const auto rows = tap_counts(i.out_row, i.rows, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height);
    const auto columns = tap_counts(0, i.out_width, i.stride_w, i.kernel_w, i.dilation_w, i.pad_left, i.in_width);
    require(rows.front() > 0 && columns.front() > 0, "a window has no tap inside the map");
    for (const std::int64_t r : rows) {
      for (const std::int64_t c : columns) {
        require(i.divisor % (r * c) == 0,
                "divisor {} is no multiple of the {} taps of a window", i.divisor, r * c);
      }
    }
  }

  void check(const LoadInstruction& i) const {
    transfer(i);
    const auto form = static_cast<TransferForm>(i.form);
    const auto buffer = static_cast<BufferId>(i.buffer);
    require(i.dram_base != static_cast<std::uint32_t>(DramBase::output), "load reads the program and input areas only");
    if (form == TransferForm::linear) {
      require(buffer != BufferId::act_binary && buffer != BufferId::accumulators,
              "the linear form does not fill this buffer");
      require(buffer != BufferId::instructions || stream_.name == "init", "main must not overwrite the instructions");
      const std::int64_t bus = machine_.memory.bus_bytes(), width = ceil_divide(machine_.buffer(buffer).width, 8);
      require(i.run_bytes >= ceil_divide(width, bus) * bus, "a run holds no whole word of the buffer");
    }
    if (form == TransferForm::stem) {
      positive({{"in_width", i.in_width}});
      require(buffer == BufferId::act_fixed, "the stem form fills act_fixed");
      require(i.run_bytes >= i.in_width * 4, "a run is shorter than a row");
      require(stem_slots(i) >= 4 && stem_slots(i) >= i.width && stem_slots(i) > i.pad_left,
              "a stem's run must hold a pixel for each of the row's {} words, 4 at least and more than "
                          "pad_left, but {} bytes are {} pixels",
                          i.width, i.run_bytes, stem_slots(i));
    }
  }

  void check(const StoreInstruction& i) const {
    transfer(i);
    require(i.dram_base == static_cast<std::uint32_t>(DramBase::output), "store writes the output area only");
    require(i.form == static_cast<std::uint32_t>(TransferForm::fixed) ||
                i.form == static_cast<std::uint32_t>(TransferForm::binary),
            "store moves maps only");
  }

  [[nodiscard]] std::uint64_t area_bytes(DramBase base) const {
    switch (base) {
      case DramBase::program:
        return program_.program_bytes;
      case DramBase::input:
        return program_.input_bytes;
      case DramBase::output:
        return program_.output_bytes;
    }
    return 0;
  }

  void transfer(const TransferInstruction& i) const {
    require(i.dram_base <= static_cast<std::uint32_t>(DramBase::output), "dram_base is 0, 1 or 2");
    require(i.buffer < static_cast<std::uint32_t>(buffer_count), "there is no such buffer");
    positive({{"runs", i.runs}, {"run_bytes", i.run_bytes}});
    const std::uint64_t bus = static_cast<std::uint64_t>(machine_.memory.bus_bytes());
    require(i.dram_address % bus == 0 && i.run_bytes % bus == 0 && (i.runs == 1 || i.dram_stride % bus == 0),
            "runs start and end on bus words");
    const std::uint64_t end = i.dram_address + std::uint64_t{i.runs - 1} * i.dram_stride + i.run_bytes;
    require(
        end <= area_bytes(static_cast<DramBase>(i.dram_base)),
        "DRAM bytes up to {} leave an area of {}", end, area_bytes(static_cast<DramBase>(i.dram_base)));
    const auto form = static_cast<TransferForm>(i.form);
    if (form == TransferForm::linear) return;
    positive({{"width", i.width}, {"height", i.height}});
    require(i.row + i.runs <= i.height, "rows leave the map");
    if (form == TransferForm::stem) return;
    positive({{"map_slices", i.map_slices}, {"slices", i.slices}});
    require(i.bytes_log2 <= 2, "bytes_log2 is 0, 1 or 2");
    const bool fixed = form == TransferForm::fixed;
    require(i.buffer == static_cast<std::uint32_t>(fixed ? BufferId::act_fixed : BufferId::act_binary),
            "the form does not fit the buffer");
    const std::uint64_t element =
        fixed ? std::uint64_t{16} << i.bytes_log2 : 2 * static_cast<std::uint64_t>(machine_.xnor_array.cell_slices());
    require(i.run_bytes >= element * i.width * i.slices, "a run is shorter than a row");
  }

  const Stream& stream_;
  const Program& program_;
  const MachineParameters& machine_;
  std::size_t index_ = 0;
};

}  // namespace

void check_fields(const Stream& stream, const Program& program, const MachineParameters& machine) {
  Checker checker(stream, program, machine);
  for (std::size_t n = 0; n < stream.instructions.size(); ++n) checker.instruction(n);
}

}  // namespace blendsim::verification
