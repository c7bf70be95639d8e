// SPDX-License-Identifier: Apache-2.0
#include "load_stream.h"

#include <algorithm>

#include "transfer_stream.h"
#include "units/transfer/law.h"

namespace blendsim::conformance {
namespace {

constexpr std::int64_t most_beats = 110;  // of an instruction, about; a word of weights may take more

// Bytes of a buffer's word in DRAM.
std::int64_t stored_bytes(const MachineParameters& machine, BufferId buffer) {
  const std::int64_t bus = machine.memory.bus_bytes();
  return ceil_divide(ceil_divide(machine.buffer(buffer).width, 8), bus) * bus;
}

TransferInstruction random_linear(const MachineParameters& machine, TransferRandom& random) {
  constexpr std::array targets = {BufferId::act_fixed, BufferId::weights_binary, BufferId::weights_fixed,
                                  BufferId::parameters};
  const std::int64_t bus = machine.memory.bus_bytes();
  BufferId buffer = BufferId::act_fixed;
  std::int64_t stored = 0;
  do {
    buffer = targets[random.number(0, targets.size() - 1)];
    stored = stored_bytes(machine, buffer);
  } while (stored / bus > most_beats && !random.one_in(6));
  TransferInstruction i;
  i.form = static_cast<std::uint32_t>(TransferForm::linear);
  i.buffer = static_cast<std::uint32_t>(index(buffer));
  const std::int64_t words = std::max<std::int64_t>(1, most_beats * bus / stored);
  i.runs = random.number(1, std::min<std::int64_t>(words, 3));
  const std::int64_t run_words = random.number(1, std::max<std::int64_t>(1, words / i.runs));
  const std::int64_t filler = random.one_in(3) ? random.number(0, stored / bus - 1) * bus : 0;
  i.run_bytes = static_cast<std::uint32_t>(run_words * stored + filler);
  i.buffer_address = random.base(buffer, run_words * i.runs);
  return i;
}

TransferInstruction random_stem(const MachineParameters& machine, TransferRandom& random) {
  const std::int64_t depth = machine.buffer(BufferId::act_fixed).depth;
  TransferInstruction i;
  i.form = static_cast<std::uint32_t>(TransferForm::stem);
  i.buffer = static_cast<std::uint32_t>(index(BufferId::act_fixed));
  i.in_width = random.number(1, random.one_in(4) ? 40 : 12);
  i.pad_left = random.one_in(3) ? 0 : random.number(0, 15);
  i.width = random.one_in(2) ? i.in_width : random.number(1, i.in_width + 20);
  i.height = random.number(1, 9);
  i.row = random.number(0, i.height - 1);
  i.runs = random.number(1, i.height - i.row);
  while (i.runs > 1 && i.runs * std::max(i.width, i.in_width) > most_beats) --i.runs;
  i.fill = random.number(0, 255);
  i.run_bytes = random.run_bytes(4 * std::int64_t{std::max({i.width, i.in_width, i.pad_left + 1, 4U})});
  i.buffer_address = random.base(BufferId::act_fixed, std::min(depth, std::int64_t{i.height} * i.width));
  return i;
}

// Where and in which step of the engine an element of a run is written.
struct Element {
  std::uint32_t run = 0;
  Cycles cycle = 0;
};

class Writes {
 public:
  Writes(const Executed& executed, const TransferInstruction& i, const MachineParameters& machine, const Buffers& after)
      : executed_(executed), i_(i), machine_(machine), after_(after) {}

  std::vector<WordWrite> all(Cycles& landed) {
    std::int64_t run_offset = 0;  // of the burst in its run
    std::uint32_t run = 0;
    const std::int64_t bus = machine_.memory.bus_bytes();
    const std::int64_t run_size = ceil_divide(i_.run_bytes, bus) * bus;
    for (const BurstEvent& burst : executed_.bursts) {
      const std::int64_t beats = burst.bytes / bus;
      const Cycles engine = engine_cycles(i_, beats, bus, cell_bytes());
      landed = landing(burst.last_beat, landed, beats, engine);
      burst_writes(run, run_offset, burst.bytes, landed - engine);
      run_offset += burst.bytes;
      if (run_offset == run_size) {
        run_offset = 0;
        ++run;
      }
    }
    return std::move(writes_);
  }

 private:
  [[nodiscard]] std::int64_t cell_bytes() const { return 2 * machine_.xnor_array.cell_slices(); }

  // A burst of bytes [offset, offset + bytes) of a run, whose first engine step is in cycle before + 1.
  void burst_writes(std::uint32_t run, std::int64_t offset, std::int64_t bytes, Cycles before) {
    const std::int64_t bus = machine_.memory.bus_bytes();
    switch (static_cast<TransferForm>(i_.form)) {
      case TransferForm::stem:
        for (std::int64_t at = offset; at < offset + bytes; at += 4)
          stem_slot(run, at / 4, before + (at - offset) / 4 + 1);
        return;
      case TransferForm::binary: {
        const std::int64_t first = offset / cell_bytes(), carry = offset % cell_bytes();
        for (std::int64_t n = first; (n + 1) * cell_bytes() <= offset + bytes; ++n) {
          cell(run, n, before + cell_step(n - first + 1, carry, bus, cell_bytes()));
        }
        return;
      }
      case TransferForm::linear:
      case TransferForm::fixed: {
        const std::int64_t word = stored_bytes(machine_, static_cast<BufferId>(i_.buffer));
        for (std::int64_t n = offset / word; (n + 1) * word <= offset + bytes; ++n) {
          whole_word(run, n, before + ((n + 1) * word - offset) / bus);
        }
        return;
      }
    }
  }

  void stem_slot(std::uint32_t run, std::int64_t slot, Cycles cycle) {
    const std::int64_t slots = i_.run_bytes / 4;
    const FixedMap map{i_.buffer_address, i_.height, i_.width, 1, 1};
    for (std::uint32_t lane = 0; lane < 4; ++lane) {
      const std::int64_t x = (slot + i_.pad_left - lane + slots) % slots;
      if (x < i_.width) fixed_lane(map.word(static_cast<std::uint32_t>(x), i_.row + run, 0), lane, cycle);
    }
  }

  void cell(std::uint32_t run, std::int64_t n, Cycles cycle) {
    if (n >= std::int64_t{i_.width} * i_.slices) return;  // filler
    const BinaryMap map{i_.buffer_address, i_.height, i_.width, i_.map_slices};
    const auto element = static_cast<std::uint32_t>(n);
    const BinaryMap::Cell where = map.cell(element / i_.slices, i_.row + run, i_.first + element % i_.slices);
    const auto m = static_cast<std::uint32_t>(after_.cell_slices());
    for (std::uint32_t k = 0; k < m; ++k) {
      const std::uint32_t slice = (where.address * binary_banks + where.bank) * m + k;
      writes_.push_back({cycle, Place::act_binary, slice, {after_.cells()[slice]}});
    }
  }

  void whole_word(std::uint32_t run, std::int64_t n, Cycles cycle) {
    const auto buffer = static_cast<BufferId>(i_.buffer);
    const auto word = static_cast<std::uint32_t>(n);
    std::uint32_t address =
        i_.buffer_address + run * static_cast<std::uint32_t>(i_.run_bytes / stored_bytes(machine_, buffer)) + word;
    if (static_cast<TransferForm>(i_.form) == TransferForm::fixed) {
      const std::uint32_t bytes = 1U << i_.bytes_log2, pixel_words = i_.slices * bytes;
      if (word >= i_.width * pixel_words) return;  // filler
      const FixedMap map{i_.buffer_address, i_.height, i_.width, i_.map_slices, bytes};
      address = map.word(word / pixel_words, i_.row + run, word % pixel_words / bytes) + word % bytes;
    }
    if (buffer == BufferId::act_fixed) {
      for (std::uint32_t lane = 0; lane < 4; ++lane) fixed_lane(address, lane, cycle);
    } else {
      writes_.push_back({cycle, static_cast<Place>(i_.buffer), address, buffer_word(after_, buffer, address)});
    }
  }

  void fixed_lane(std::uint32_t word, std::uint32_t lane, Cycles cycle) {
    writes_.push_back(
        {cycle, Place::act_fixed_lane, word * 4 + lane, {buffer_word(after_, BufferId::act_fixed, word)[lane]}});
  }

  const Executed& executed_;
  const TransferInstruction& i_;
  const MachineParameters& machine_;
  const Buffers& after_;
  std::vector<WordWrite> writes_;
};

}  // namespace

std::vector<Instruction> random_load_stream(const MachineParameters& machine, std::mt19937_64& random, int count) {
  TransferRandom draw(machine, random);
  std::vector<Instruction> stream;
  while (static_cast<int>(stream.size()) < count) {
    TransferInstruction i;
    switch (static_cast<TransferForm>(draw.number(0, 3))) {
      case TransferForm::linear: i = random_linear(machine, draw); break;
      case TransferForm::fixed: i = draw.map(false, most_beats); break;
      case TransferForm::binary: i = draw.map(true, most_beats); break;
      case TransferForm::stem: i = random_stem(machine, draw); break;
    }
    i.dram_base = draw.number(0, 1);
    draw.place(i, false);
    stream.push_back(LoadInstruction{i});
  }
  return stream;
}

void fill_load(const MachineParameters& machine, std::span<const Instruction>, std::mt19937_64& random,
               Buffers& buffers) {
  fill_random(machine, random, buffers);
}

std::vector<WordWrite> load_writes(const Executed& executed, const MachineParameters& machine, const Buffers& after) {
  static Cycles landed = 0;  // of the burst before, through all instructions of a stream
  if (executed.record.instruction == 0) landed = 0;
  return Writes(executed, std::get<LoadInstruction>(executed.instruction), machine, after).all(landed);
}

std::unique_ptr<AxiMemory> load_memory(const MachineParameters& machine, DramBytes& bytes) {
  return transfer_memory(machine, bytes);
}

}  // namespace blendsim::conformance
