// SPDX-License-Identifier: Apache-2.0
// The output area: the outputs, and behind them maps that main stores and loads again.
#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/verify_internal.h"

namespace blendsim::verification {
namespace {

enum class Written : std::uint8_t { not_at_all, filler, value };  // of a byte: filler ends a row's last bus word

class OutputArea {
 public:
  OutputArea(const Stream& main, const Program& program, const MachineParameters& machine)
      : main_(main), machine_(machine), bytes_(program.output_bytes, Written::not_at_all) {}

  void add(std::size_t n) {
    if (const auto* store = std::get_if<StoreInstruction>(&main_.instructions[n])) write(n, *store);
    const auto* load = std::get_if<LoadInstruction>(&main_.instructions[n]);
    if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::output)) read(n, *load);
  }

  void check_whole(const TensorView& view) const {
    const std::size_t pixel = std::size_t{view.slices} * view.bytes * slice_channels;
    const std::size_t values = pixel * static_cast<std::size_t>(view.width);
    const std::size_t pitch = view.plane_cells != 0 ? view.plane_cells : values;
    for (std::size_t y = 0; y < static_cast<std::size_t>(view.height); ++y) {
      const std::size_t missing = first_without_value(view.base + y * pitch, values);
      if (missing == view.base + y * pitch + values) continue;
      throw DiagnosticError("program-invalid", Place{{}, 0, fmt::format("output '{}'", view.name)},
                            fmt::format("no store writes byte {} of the output area, in its row {}", missing, y));
    }
  }

 private:
  // Bytes of a run's values, in whose last bus word filler may follow.
  [[nodiscard]] std::uint64_t value_bytes(const TransferInstruction& i) const {
    const bool binary = i.form == static_cast<std::uint32_t>(TransferForm::binary);
    const std::int64_t element = binary ? 2 * machine_.xnor_array.cell_slices() : std::int64_t{16} << i.bytes_log2;
    return static_cast<std::uint64_t>(element) * i.width * i.slices;
  }

  void write(std::size_t n, const StoreInstruction& store) {
    const std::uint64_t values = value_bytes(store);
    for (std::uint32_t run = 0; run < store.runs; ++run) {
      const std::size_t begin = store.dram_address + std::size_t{run} * store.dram_stride;
      for (std::size_t b = 0; b < store.run_bytes; ++b) {
        Written& byte = bytes_[begin + b];
        if (byte != Written::not_at_all)
          refuse(main_, n, fmt::format("writes byte {} of the output area once more", begin + b));
        byte = b < values ? Written::value : Written::filler;
      }
    }
  }

  // A run of a map: its values. Another form has no filler.
  void read(std::size_t n, const LoadInstruction& load) const {
    const bool map = load.form == static_cast<std::uint32_t>(TransferForm::fixed) ||
                     load.form == static_cast<std::uint32_t>(TransferForm::binary);
    const std::uint64_t values = map ? value_bytes(load) : load.run_bytes;
    for (std::uint32_t run = 0; run < load.runs; ++run) {
      const std::size_t begin = load.dram_address + std::size_t{run} * load.dram_stride;
      const std::size_t missing = first_without_value(begin, values);
      if (missing == begin + values) continue;
      refuse(main_, n,
             fmt::format("reads byte {} of the output area, to which no store before has brought a value", missing));
    }
  }

  [[nodiscard]] std::size_t first_without_value(std::size_t begin, std::size_t count) const {
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto found = std::find_if(first, first + static_cast<std::ptrdiff_t>(count),
                                    [](Written byte) { return byte != Written::value; });
    return static_cast<std::size_t>(found - bytes_.begin());
  }

  const Stream& main_;
  const MachineParameters& machine_;
  std::vector<Written> bytes_;
};

}  // namespace

void check_outputs(const Stream& main, const Program& program, const MachineParameters& machine) {
  OutputArea area(main, program, machine);
  for (std::size_t n = 0; n < main.instructions.size(); ++n) area.add(n);
  for (const TensorView& view : program.outputs) area.check_whole(view);
}

}  // namespace blendsim::verification
