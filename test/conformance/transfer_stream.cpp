// SPDX-License-Identifier: Apache-2.0
#include "transfer_stream.h"

#include <algorithm>
#include <stdexcept>

#include "axi_dram.h"
#include "units/buffer/layout.h"
#include "units/transfer/instruction.h"

namespace blendsim::conformance {

std::uint32_t TransferRandom::base(BufferId buffer, std::int64_t words) {
  const BufferParameters& b = machine_.buffer(buffer);
  const std::int64_t region = number(0, b.regions - 1);
  const std::int64_t last = b.depth - words;
  return static_cast<std::uint32_t>(region * b.depth) +
         (one_in(4) ? static_cast<std::uint32_t>(last) : number(0, last));
}

std::uint32_t TransferRandom::run_bytes(std::int64_t bytes) {
  const std::int64_t bus = machine_.memory.bus_bytes();
  const std::int64_t filler = one_in(4) ? number(1, 3) : 0;
  return static_cast<std::uint32_t>((ceil_divide(bytes, bus) + filler) * bus);
}

void TransferRandom::place(TransferInstruction& i, bool apart) {
  const std::int64_t bus = machine_.memory.bus_bytes();
  const std::int64_t stride = one_in(2) ? i.run_bytes : i.run_bytes + number(0, 40) * bus;
  i.dram_stride = static_cast<std::uint32_t>(!apart && one_in(20) ? 0
                                             : one_in(12)         ? stride + 4096 / bus * bus
                                                                  : stride);
  const std::int64_t reach = std::int64_t{i.runs - 1} * i.dram_stride + i.run_bytes;
  const std::int64_t room = (static_cast<std::int64_t>(dram_area_bytes) - reach) / bus;
  std::int64_t at = number(0, room);
  if (one_in(3))
    at = std::clamp<std::int64_t>(number(1, 200) * (4096 / bus) - number(0, 20), 0, room);  // near a border
  i.dram_address = static_cast<std::uint32_t>(at * bus);
}

TransferInstruction TransferRandom::map(bool binary, std::int64_t beats) {
  const std::int64_t bus = machine_.memory.bus_bytes(), cell_bytes = 2 * machine_.xnor_array.cell_slices();
  const BufferId buffer = binary ? BufferId::act_binary : BufferId::act_fixed;
  TransferInstruction i;
  i.form = static_cast<std::uint32_t>(binary ? TransferForm::binary : TransferForm::fixed);
  i.buffer = static_cast<std::uint32_t>(index(buffer));
  const std::int64_t depth = machine_.buffer(buffer).depth;
  for (;;) {
    i.bytes_log2 = binary ? 0 : number(0, 2);
    i.width = number(1, one_in(6) ? 40 : 9);
    i.height = number(1, one_in(6) ? 40 : 9);
    i.slices = number(1, 4);
    i.first = binary ? number(0, 2) : 0;
    i.map_slices = i.first + i.slices + (one_in(2) ? 0 : number(0, 3));
    i.row = one_in(2) ? 0 : number(0, i.height - 1);
    i.runs = one_in(3) ? i.height - i.row : number(1, i.height - i.row);
    const std::int64_t element = binary ? cell_bytes : std::int64_t{16} << i.bytes_log2;
    const std::int64_t size = binary ? BinaryMap{0, i.height, i.width, i.map_slices}.size()
                                     : std::int64_t{i.height} * i.width * i.map_slices << i.bytes_log2;
    const std::int64_t row = element * i.width * i.slices;
    const std::int64_t engine = binary ? std::max(row / cell_bytes, row / bus) : row / bus;
    if (size > depth || engine * i.runs > beats) continue;
    i.buffer_address = base(buffer, size);
    if (!binary) i.buffer_address += number(0, i.map_slices - i.slices) << i.bytes_log2;
    i.run_bytes = run_bytes(row);
    return i;
  }
}

namespace {

class TransferMemory final : public AxiMemory {
 public:
  TransferMemory(const MachineParameters& machine, DramBytes& bytes)
      : dram_(machine), bytes_(bytes), word_(static_cast<std::size_t>(machine.memory.bus_bytes())) {
    dram_.bytes.resize(dram_bases.back() + dram_area_bytes);
    for (std::size_t area = 0; area < dram_bases.size(); ++area) {
      std::copy(bytes.area[area].begin(), bytes.area[area].end(), at(area));
    }
  }
  ~TransferMemory() override = default;

  ReadDrive drive_read(Cycles cycle) override {
    next(cycle);
    ReadDrive drive{dram_.load.arready, dram_.load.rvalid, dram_.load.rlast,
                    std::vector<std::uint32_t>((word_ + 3) / 4)};
    for (std::size_t k = 0; k < dram_.load.rdata.size(); ++k) {
      drive.rdata[k / 4] |= static_cast<std::uint32_t>(dram_.load.rdata[k]) << (k % 4 * 8);
    }
    return drive;
  }
  WriteDrive drive_write(Cycles cycle) override {
    next(cycle);
    return {dram_.store.awready, dram_.store.wready, dram_.store.bvalid};
  }
  void read_request(Cycles, std::uint64_t address, std::uint32_t beats) override {
    dram_.load.arvalid = true;
    dram_.load.araddr = address;
    dram_.load.arlen = beats - 1;
  }
  void write_request(Cycles, std::uint64_t address, std::uint32_t beats) override {
    dram_.store.awvalid = true;
    dram_.store.awaddr = address;
    dram_.store.awlen = beats - 1;
  }
  void write_beat(Cycles, std::span<const std::uint32_t> data, std::span<const std::uint32_t> strobes,
                  bool last) override {
    dram_.store.wvalid = true;
    dram_.store.wlast = last;
    dram_.store.wdata.resize(word_);
    dram_.store.wstrb.resize(word_);
    for (std::size_t k = 0; k < word_; ++k) {
      dram_.store.wdata[k] = static_cast<std::uint8_t>(data[k / 4] >> (k % 4 * 8));
      dram_.store.wstrb[k] = (strobes[k / 32] >> (k % 32) & 1) != 0;
    }
  }

 private:
  static constexpr auto output = static_cast<std::size_t>(DramBase::output);
  [[nodiscard]] std::vector<std::uint8_t>::iterator at(std::size_t area) {
    return dram_.bytes.begin() + static_cast<std::ptrdiff_t>(dram_bases[area]);
  }
  // What the cycle before showed is complete; the bytes that it wrote go where the engine looks for them.
  void next(Cycles cycle) {
    if (cycle == cycle_) return;
    if (cycle_ >= 0) {
      const bool wrote = dram_.store.wvalid;
      dram_.observe(cycle_);
      if (wrote) {
        const std::uint64_t in_area = dram_.written() - dram_bases[output];
        if (in_area + word_ > dram_area_bytes) throw std::runtime_error("store writes outside the output area");
        std::copy_n(at(output) + static_cast<std::ptrdiff_t>(in_area), word_,
                    bytes_.area[output].begin() + static_cast<std::ptrdiff_t>(in_area));
      }
    }
    dram_.load.arvalid = dram_.store.awvalid = dram_.store.wvalid = false;
    cycle_ = cycle;
    dram_.drive(cycle);
    if (!dram_.error().empty()) throw std::runtime_error(dram_.error());
  }

  AxiDram dram_;
  DramBytes& bytes_;
  std::size_t word_;
  Cycles cycle_ = -1;
};

}  // namespace

std::unique_ptr<AxiMemory> transfer_memory(const MachineParameters& machine, DramBytes& bytes) {
  return std::make_unique<TransferMemory>(machine, bytes);
}

}  // namespace blendsim::conformance
