// SPDX-License-Identifier: Apache-2.0
#include "machine_vcd.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <stdexcept>

namespace blendsim::conformance {
namespace {

// Value changes of named signals, sorted by cycle.
class Waves {
 public:
  void set(const std::string& scope, const std::string& name, int width, Cycles at, std::int64_t value) {
    signal(scope, name, width).values[at] = value;
  }
  void add(const std::string& scope, const std::string& name, int width, Cycles at, std::int64_t difference) {
    signal(scope, name, width).differences[at] += difference;
  }

  void write(const std::string& file, Cycles from, Cycles to) {
    std::ofstream out(file);
    if (!out) throw std::runtime_error("cannot write " + file);
    out << "$timescale 1ps $end\n$comment the model; one time unit a cycle $end\n$scope module model $end\n";
    std::map<Cycles, std::string> changes;
    int number = 0;
    for (auto& [scope, signals] : scopes_) {
      out << "$scope module " << scope << " $end\n";
      for (auto& [name, signal] : signals) {
        const std::string id = fmt::format("s{}", number++);
        out << fmt::format("$var wire {} {} {} $end\n", signal.width, id, name);
        accumulate(signal);
        std::int64_t before = 0;
        for (const auto& [at, value] : signal.values) {
          if (at <= from) before = value;
          else if (at < to) changes[at] += change(signal.width, id, value);
        }
        changes[from] += change(signal.width, id, before);
      }
      out << "$upscope $end\n";
    }
    out << "$upscope $end\n$enddefinitions $end\n";
    for (const auto& [at, text] : changes) out << "#" << at << "\n" << text;
    out << "#" << to << "\n";
  }

 private:
  struct Signal {
    int width = 1;
    std::map<Cycles, std::int64_t> values, differences;
  };
  Signal& signal(const std::string& scope, const std::string& name, int width) {
    Signal& signal = scopes_[scope][name];
    signal.width = width;
    return signal;
  }
  static void accumulate(Signal& signal) {
    std::int64_t value = 0;
    for (const auto& [at, difference] : signal.differences) signal.values[at] = value += difference;
  }
  static std::string change(int width, const std::string& id, std::int64_t value) {
    if (width == 1) return fmt::format("{}{}\n", value != 0 ? 1 : 0, id);
    return fmt::format("b{:b} {}\n", static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << width) - 1), id);
  }

  std::map<std::string, std::map<std::string, Signal>> scopes_;
};

constexpr int counter_bits = 16, instruction_bits = 32;

// 1 in one cycle.
void pulse(Waves& waves, const std::string& scope, const char* name, Cycles at) {
  waves.add(scope, name, 1, at, 1);
  waves.add(scope, name, 1, at + 1, -1);
}

}  // namespace

void write_machine_vcd(const std::string& file, const std::vector<InstructionRecord>& records,
                       const std::vector<Instruction>& instructions, const MachineParameters& machine, Cycles from,
                       Cycles to) {
  Waves waves;
  for (const InstructionRecord& record : records) {
    const std::string unit(name(record.unit));
    pulse(waves, unit, "start", record.start);
    pulse(waves, unit, "end", record.end);
    waves.add(unit, "busy", 1, record.start, 1);
    waves.add(unit, "busy", 1, record.front_free, -1);
    waves.add(unit, "queued", counter_bits, record.visible, 1);
    waves.add(unit, "queued", counter_bits, record.start + 1, -1);
    waves.add(unit, "in_flight", counter_bits, record.start + 1, 1);
    waves.add(unit, "in_flight", counter_bits, record.end + 1, -1);
    waves.set(unit, "instruction", instruction_bits, record.start, record.instruction);
    const Synchronisation& sync = sync_of(instructions[static_cast<std::size_t>(record.instruction)]);
    const Cycles visible = record.end + machine.dispatcher.token_latency;
    for (const UnitId other : all_units) {
      const std::uint32_t bit = 1U << index(other);
      const std::string to_other = fmt::format("from_{}", unit), from_other = fmt::format("from_{}", name(other));
      const std::string there(name(other));
      if ((sync.post_data & bit) != 0) waves.add(there, "data_" + to_other, counter_bits, visible, 1);
      if ((sync.post_space & bit) != 0) waves.add(there, "space_" + to_other, counter_bits, visible, 1);
      if ((sync.wait_data & bit) != 0) waves.add(unit, "data_" + from_other, counter_bits, record.start + 1, -1);
      if ((sync.wait_space & bit) != 0) waves.add(unit, "space_" + from_other, counter_bits, record.start + 1, -1);
    }
  }
  waves.write(file, from, to);
}

}  // namespace blendsim::conformance
