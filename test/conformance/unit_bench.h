// SPDX-License-Identifier: Apache-2.0
// Runs one stream of instructions through a unit of rtl/ (Verilator) and through the model's unit, under the same
// stimulus, and tells the first difference. README.md beside this file lists what a unit brings.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "conformance_table.h"
#include "isa/instruction.h"
#include "result/events.h"
#include "result/run.h"
#include "units/buffer/storage.h"
#include "units/machine_parameters.h"

namespace blendsim::conformance {

// What a write port moves: a word of a buffer, one 32-bit lane of a word of act_fixed (load's stem form), or half a
// word (post_unit with fewer lanes than a slice has channels).
enum class Place : std::uint8_t {
  act_binary,
  act_fixed,
  weights_binary,
  weights_fixed,
  accumulators,
  parameters,
  instructions,
  act_fixed_lane,
  act_binary_half,
  act_fixed_half
};
inline constexpr std::array<std::string_view, 10> place_names = {
    "act_binary", "act_fixed",    "weights_binary", "weights_fixed",   "accumulators",
    "parameters", "instructions", "act_fixed lane", "act_binary half", "act_fixed half"};

// One written word. act_binary: 16 bits of the slice at (bank address * 16 + bank) * m + slice. act_fixed_lane: 32 bits
// of lane address % 4 of word address / 4. A half: half address % 2 of what the whole has at address / 2. Others: the
// word from bit 0, in pieces of 32 bits (accumulators: the writer's rows).
struct WordWrite {
  Cycles cycle = 0;
  Place place = Place::accumulators;
  std::uint32_t address = 0;
  std::vector<std::uint32_t> data;
  bool operator==(const WordWrite&) const = default;
};

// An instruction that the model has run. Bursts are those of load and store, in order.
struct Executed {
  const Instruction& instruction;
  const InstructionRecord& record;
  std::span<const BurstEvent> bursts;
};

// Physical addresses of the program, input and output areas.
inline constexpr std::array<std::uint64_t, 3> dram_bases = {0x000000, 0x100000, 0x200000};
inline constexpr std::size_t dram_area_bytes = 0x100000;

// The bytes of the three areas, 1 MiB each.
struct DramBytes {
  std::array<std::vector<std::uint8_t>, 3> area;
};

// What answers the AXI ports of load and store. In each cycle first drive_...(), from what was seen in earlier cycles,
// then what stands on the unit's valid outputs in this cycle; a handshake is a valid seen in a cycle that was driven
// ready.
class AxiMemory {
 public:
  struct ReadDrive {
    bool arready = false, rvalid = false, rlast = false;
    std::vector<std::uint32_t> rdata;
  };
  struct WriteDrive {
    bool awready = false, wready = false, bvalid = false;
  };
  virtual ~AxiMemory() = default;
  virtual ReadDrive drive_read(Cycles) { return {}; }
  virtual WriteDrive drive_write(Cycles) { return {}; }
  virtual void read_request(Cycles, std::uint64_t /*address*/, std::uint32_t /*beats*/) {}
  virtual void write_request(Cycles, std::uint64_t /*address*/, std::uint32_t /*beats*/) {}
  virtual void write_beat(Cycles, std::span<const std::uint32_t> /*data*/, std::span<const std::uint32_t> /*strobes*/,
                          bool /*last*/) {}
};

// What a unit brings to its tests (README.md).
struct UnitStream {
  UnitId unit = UnitId::load;
  std::function<std::vector<Instruction>(const MachineParameters&, std::mt19937_64&, int count)> random;
  std::function<void(const MachineParameters&, std::span<const Instruction>, std::mt19937_64&, Buffers&)> fill;
  std::function<std::vector<WordWrite>(const Executed&, const MachineParameters&, const Buffers& after)> writes;
  // load and store: the memory behind the bench's ports. It reads and writes `bytes`, which must be what the model
  // leaves.
  std::function<std::unique_ptr<AxiMemory>(const MachineParameters&, DramBytes& bytes)> memory{};
};

// Of the units that take part.
[[nodiscard]] const std::vector<UnitStream>& unit_streams();

// Which stimulus: how entries and tokens come.
struct Profile {
  std::string_view name;
  int entry_ahead;   // entry k is offered after the start of entry k - entry_ahead (0: from the first cycle on) ...
  int entry_gap;     // ... 0 to this many cycles later
  int token_ahead;   // tokens of entry k are posted after the start of an entry up to this many places before it ...
  int token_delay;   // ... 0 to this many cycles later
  int wait_percent;  // of the links of each instruction
  int fence_percent;
};
inline constexpr std::array profiles = {
    Profile{"back_to_back", 0, 0, 1, 0, 0, 0},  Profile{"late_entries", 1, 12, 8, 2, 5, 5},
    Profile{"late_tokens", 0, 0, 1, 40, 12, 0}, Profile{"fences", 3, 4, 4, 10, 5, 60},
    Profile{"mixed", 2, 30, 6, 60, 10, 15},
};

// Runs `count` instructions from `seed` through both. Returns the first difference in words, or nothing, and in
// `compared` what was compared.
[[nodiscard]] std::string run_unit_case(const UnitStream& stream, std::string_view platform,
                                        const MachineParameters& machine, const Profile& profile, std::uint64_t seed,
                                        int count, Compared& compared);

// A word of a buffer in pieces of 32 bits (act_binary: the 16 cells of a bank address), as a bench is preloaded with
// it.
[[nodiscard]] std::vector<std::uint32_t> buffer_word(const Buffers& buffers, BufferId buffer, std::uint32_t address);

// Random bits in every word of every buffer; weights_fixed stay inside mac_array.weight_bits.
void fill_random(const MachineParameters& machine, std::mt19937_64& random, Buffers& buffers);

}  // namespace blendsim::conformance
