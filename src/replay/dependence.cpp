// SPDX-License-Identifier: Apache-2.0
#include "replay/dependence.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <limits>

#include "base/diagnostic.h"
#include "isa/instruction.h"
#include "replay/settle.h"
#include "units/dispatcher/law.h"
#include "units/transfer/law.h"

namespace blendsim {
namespace {

constexpr std::size_t word_bytes = sizeof(Word);

const TransferInstruction& transfer_of(const Instruction& instruction) {
  if (const auto* load = std::get_if<LoadInstruction>(&instruction)) return *load;
  return std::get<StoreInstruction>(instruction);
}

template <class F>
void for_each_link(std::uint32_t mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<std::size_t>(std::countr_zero(mask)));
}

class Builder {
 public:
  Builder(const Program& program, const MachineParameters& machine, Phase phase)
      : machine_(machine),
        instructions_(decode(phase == Phase::init ? program.init : program.main)),
        resident_(phase == Phase::main && program.resident),
        address_(phase == Phase::init ? program.init_address : program.main_address) {
    std::size_t words = 0;
    for (const Instruction& instruction : instructions_) {
      words += static_cast<std::size_t>(encoded_words(instruction));
      last_words_.push_back(words - 1);
    }
    last_words_.push_back(words);  // END has one
    ports_[0] = {};
    slots_[index(UnitId::load)] = static_cast<std::size_t>(machine.load.outstanding);
    slots_[index(UnitId::store)] = static_cast<std::size_t>(machine.store.outstanding);
  }

  TrafficPhase build() {
    const std::size_t words = last_words_.back() + 1;
    available_.resize(resident_ ? 0 : words);
    read_.resize(words);
    written_.resize(words);
    std::size_t next = 0;
    for (std::size_t word = 0; word < words; ++word) {
      const bool last = word == last_words_[next];
      pass(word, last && next < instructions_.size() ? &instructions_[next] : nullptr);
      if (!last) continue;
      if (next < instructions_.size()) run(next, written_[word] + 1);
      ++next;
    }
    // END retires with its own word and after every end; the flag reads 1 a cycle later.
    Moment retires = written_.back();
    for (const Moment& end : last_end_) retires = latest(retires, end + 1);
    phase_.completion = settle_(retires + 1);
    return std::move(phase_);
  }

 private:
  struct Port {
    std::vector<std::int32_t> bursts;  // nodes, in order
  };
  [[nodiscard]] std::vector<Wait> settle_(const Moment& moment) { return settler_.waits(moment); }
  [[nodiscard]] Moment settled(const Moment& moment) { return settler_.settled(moment); }

  // Rule 5. `closes`: the instruction whose last word it is.
  void pass(std::size_t word, const Instruction* closes) {
    const auto decode = static_cast<std::size_t>(machine_.dispatcher.decode);
    const Moment first(StampRef{}, machine_.control.doorbell);
    if (!resident_) fetch_up_to(word);
    const Moment before_read = word == 0 ? first - 1 : read_[word - 1];
    read_[word] = settled(read_cycle<Moment>(resident_ ? first : available_[word], before_read,
                                             word < decode ? Moment() : written_[word - decode]));
    Moment slot;
    if (closes != nullptr) {
      const auto unit = closes->index();
      const auto depth = static_cast<std::size_t>(machine_.dispatcher.queue_depth);
      if (starts_[unit].size() >= depth) slot = starts_[unit][starts_[unit].size() - depth];
    }
    written_[word] = settled(
        write_cycle<Moment>(read_[word], machine_.dispatcher.decode, word == 0 ? Moment() : written_[word - 1], slot));
  }

  void fetch_up_to(std::size_t word) {
    const auto burst = static_cast<std::size_t>(
        fetch_words(machine_.load.burst, machine_.memory.port_width, machine_.dispatcher.prefetch));
    const std::size_t words = last_words_.back() + 1;
    const std::size_t capacity = std::max(static_cast<std::size_t>(machine_.dispatcher.prefetch), burst);
    while (fetched_ <= word) {
      const std::size_t after = std::min(fetched_ + burst, words);
      const std::uint64_t address = address_ + fetched_ * word_bytes;
      const std::size_t count =
          std::min({burst, words - fetched_, static_cast<std::size_t>((4096 - address % 4096) / word_bytes)});
      const std::int64_t bus = machine_.memory.bus_bytes();
      TrafficNode node;
      node.address = address;
      node.bytes = static_cast<std::uint32_t>(ceil_divide(static_cast<std::int64_t>(count * word_bytes), bus) * bus);
      std::vector<Reason> reasons{{WaitCause::start, Moment(StampRef{}, machine_.control.doorbell)}};
      if (after > capacity) reasons.push_back({WaitCause::room, read_[after - capacity - 1] + 1});
      const std::int32_t id = request(MemoryPort::fetch, node, std::move(reasons));
      std::fill_n(available_.begin() + static_cast<std::ptrdiff_t>(fetched_), count, Moment({StampKind::last, id}, 1));
      fetched_ += count;
    }
  }

  struct Reason {
    WaitCause cause;
    Moment moment;
  };
  std::int32_t request(MemoryPort which, TrafficNode node, std::vector<Reason> reasons) {
    Port& port = ports_[static_cast<std::size_t>(which)];
    if (!port.bursts.empty()) reasons.push_back({WaitCause::grant, Moment({StampKind::grant, port.bursts.back()}, 0)});
    Moment moment;
    for (const Reason& reason : reasons) {
      const Moment of_reason = settled(reason.moment);
      for (Wait wait : of_reason.terms()) {
        wait.cause = reason.cause;
        moment.add(wait);
      }
    }
    node.port = which;
    node.write = which == MemoryPort::store;
    node.waits = settler_.needed(moment);
    phase_.nodes.push_back(std::move(node));
    const auto id = static_cast<std::int32_t>(phase_.nodes.size()) - 1;
    settler_.added();
    port.bursts.push_back(id);
    return id;
  }

  // Rules 2 to 4.
  void run(std::size_t number, const Moment& visible) {
    const Instruction& instruction = instructions_[number];
    const Synchronisation& sync = sync_of(instruction);
    const std::size_t unit = instruction.index();
    Moment start = latest(visible, front_[unit]);
    for (const auto& [kind, mask] : {std::pair{TokenKind::data, sync.wait_data}, {TokenKind::space, sync.wait_space}}) {
      for_each_link(mask, [&, kind = kind](std::size_t producer) {
        std::deque<Moment>& posted = tokens_[static_cast<std::size_t>(kind)][producer][unit];
        if (posted.empty()) {
          throw DiagnosticError("program-invalid", {"", 0, "instruction " + std::to_string(number)},
                                "waits for a token that no instruction before it posts");
        }
        start = latest(start, posted.front());
        posted.pop_front();
      });
    }
    if (sync.fence != 0) start = latest(start, last_end_[unit] + 1);
    start = settled(start);
    starts_[unit].push_back(start);
    const Moment end =
        is_memory_unit(static_cast<UnitId>(unit)) ? transfer(number, start) : compute(instruction, start);
    last_end_[unit] = end;
    const Moment token = end + machine_.dispatcher.token_latency;
    for_each_link(sync.post_data, [&](std::size_t consumer) { tokens_[0][unit][consumer].push_back(token); });
    for_each_link(sync.post_space, [&](std::size_t consumer) { tokens_[1][unit][consumer].push_back(token); });
  }

  Moment compute(const Instruction& instruction, const Moment& start) {
    const Cycles occupied = occupancy(instruction, machine_);
    front_[instruction.index()] = start + occupied;
    return start + (occupied - 1 + depth_of(unit_of(instruction), machine_));
  }

  // Rule 7.
  Moment transfer(std::size_t number, const Moment& start) {
    const Instruction& instruction = instructions_[number];
    const TransferInstruction& fields = transfer_of(instruction);
    const std::size_t unit = instruction.index();
    const bool store = static_cast<UnitId>(unit) == UnitId::store;
    const std::int64_t bus = machine_.memory.bus_bytes();
    std::vector<Moment>& landings = landings_[unit];
    for (BurstWalk walk(fields, 0, store ? machine_.store : machine_.load, bus); !walk.done();) {
      const BurstRange range = walk.next();
      const std::int64_t beats = range.bytes / bus;
      const Cycles engine = engine_cycles(fields, beats, bus, 2 * machine_.xnor_array.cell_slices());
      const Moment slot = landings.size() < slots_[unit] ? Moment() : landings[landings.size() - slots_[unit]] + 1;
      std::vector<Reason> reasons;
      if (store) {
        reader_free_ = settled(first_read<Moment>(start, slot, reader_free_) + engine);
        reasons.push_back({WaitCause::data, reader_free_ + (machine_.buffers[fields.buffer].latency - 1)});
      } else {
        reasons = {{WaitCause::start, start}, {WaitCause::slot, slot}};
      }
      TrafficNode node;
      node.address = range.address;
      node.bytes = range.bytes;
      node.instruction = static_cast<std::int32_t>(number);
      const std::int32_t id = request(store ? MemoryPort::store : MemoryPort::load, node, std::move(reasons));
      const Moment last({StampKind::last, id}, 0);
      landings.push_back(
          store ? last : settled(landing<Moment>(last, landings.empty() ? Moment() : landings.back(), beats, engine)));
      front_[unit] = Moment({StampKind::request, id}, 1);
    }
    return landings.back();
  }

  const MachineParameters& machine_;
  std::vector<Instruction> instructions_;
  std::vector<std::size_t> last_words_;
  bool resident_;
  std::uint64_t address_;

  TrafficPhase phase_;
  Settler settler_{phase_.nodes};
  std::vector<Moment> available_, read_, written_;  // by word
  std::size_t fetched_ = 0;                         // words
  std::array<Port, memory_port_count> ports_;
  std::array<std::vector<Moment>, unit_count> starts_, landings_;
  std::array<Moment, unit_count> front_, last_end_;
  std::array<std::size_t, unit_count> slots_{};
  Moment reader_free_;
  // [kind][producer][consumer]
  std::array<std::array<std::array<std::deque<Moment>, unit_count>, unit_count>, 2> tokens_;
};

}  // namespace

TrafficPhase find_dependences(const Program& program, const MachineParameters& machine, Phase phase) {
  return Builder(program, machine, phase).build();
}

}  // namespace blendsim
