// SPDX-License-Identifier: Apache-2.0
#include "machine_bench.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "base/diagnostic.h"
#include "first_divergence.h"
#include "machine_vcd.h"
#include "model_machine.h"
#include "rtl_machine.h"

namespace blendsim::conformance {
namespace {

constexpr Cycles before = 200, after = 100;  // cycles of a waveform around a divergence

void take_outputs(const RtlMachine& machine, const StreamRun& stream, std::size_t bytes, MachineEvents& events) {
  for (const auto& bases : stream.bases) {
    std::vector<std::uint8_t> area(bytes);
    const std::vector<std::uint8_t>& memory = machine.memory();
    for (std::size_t k = 0; k < bytes && bases[2] + k < memory.size(); ++k) area[k] = memory[bases[2] + k];
    events.outputs.push_back(std::move(area));
  }
}

class Bench {
 public:
  Bench(const MachineParameters& machine, const Program& program, const std::vector<std::vector<std::int32_t>>& images,
        const BenchOptions& options)
      : machine_(machine), program_(program), model_(machine, program, images), options_(options) {}

  // Each program has a machine of its own: memories begin at zero, as configuration leaves them, in RTL and model
  // alike.
  BenchResult run() {
    RtlMachine rtl(machine_, RtlSource::Use::compare);
    rtl.memory() = model_.memory();
    result_.init_cycles = model_.init_events().cycles;
    result_.cycles = model_.main_events().cycles;
    if (model_.has_init() && !compare(rtl.run(model_.init_stream()), true)) return result_;
    const StreamRun stream = model_.main_stream();
    if (options_.corrupt)
      rtl.corrupt(options_.corrupt->first, first_write(options_.corrupt->first, options_.corrupt->second));
    MachineEvents events = rtl.run(stream);
    take_outputs(rtl, stream, program_.output_bytes, events);
    compare(events, false);
    return result_;
  }

 private:
  Cycles first_write(UnitId unit, Cycles from) const {
    const std::vector<UnitWrite>& writes = model_.main_events().writes[static_cast<std::size_t>(unit)];
    for (const UnitWrite& write : writes) {
      if (write.word.cycle >= from) return write.word.cycle;
    }
    const std::string what =
        writes.empty() ? "no word" : "its last word in cycle " + std::to_string(writes.back().word.cycle);
    throw std::invalid_argument("nothing to corrupt: " + std::string(name(unit)) + " writes " + what + " of main");
  }

  bool compare(const MachineEvents& rtl, bool init) {
    const MachineEvents& model = init ? model_.init_events() : model_.main_events();
    const auto& records = init ? model_.init_records() : model_.main_records();
    const auto& instructions = init ? model_.init_instructions() : model_.main_instructions();
    result_.compared.instructions += records.size();
    result_.compared.rtl_cycles += rtl.cycles;
    result_.compared.model_cycles += model.cycles;
    count_differences(model, rtl, result_.compared);
    const std::optional<Divergence> divergence = first_divergence(model, rtl, records);
    if (!divergence) return true;
    result_.divergence =
        std::string(init ? "init: " : "main: ") + describe(*divergence, program_, instructions, records);
    if (!options_.vcd_folder.empty()) waveforms(divergence->cycle, init);
    for (const std::string& file : result_.waveforms) result_.divergence += "\n  waveform: " + file;
    return false;
  }

  // The same run again on a machine that can write waveforms, which is slower and so not the one that looked for them.
  void waveforms(Cycles cycle, bool init) {
    const std::filesystem::path folder = options_.vcd_folder;
    std::filesystem::create_directories(folder);
    const Cycles from = std::max<Cycles>(0, cycle - before), to = cycle + after;
    const std::string rtl_file = folder / "rtl.vcd", model_file = folder / "model.vcd";
    RtlMachine rtl(machine_, RtlSource::Use::trace);
    rtl.memory() = model_.memory();
    if (!init && model_.has_init()) (void)rtl.run(model_.init_stream(), false);
    StreamRun stream = init ? model_.init_stream() : model_.main_stream();
    stream.give_up = to;
    rtl.trace(rtl_file, from, to);
    (void)rtl.run(stream, false);
    write_machine_vcd(model_file, init ? model_.init_records() : model_.main_records(),
                      init ? model_.init_instructions() : model_.main_instructions(), machine_, from, to);
    result_.waveforms = {rtl_file, model_file};
  }

  MachineParameters machine_;
  const Program& program_;
  ModelMachine model_;
  BenchOptions options_;
  BenchResult result_;
};

}  // namespace

BenchResult run_machine_bench(const MachineParameters& machine, const Program& program,
                              const std::vector<std::vector<std::int32_t>>& images, const BenchOptions& options) {
  return Bench(machine, program, images, options).run();
}

BenchTime time_rtl(const MachineParameters& machine, const Program& program,
                   const std::vector<std::vector<std::int32_t>>& images) {
  const ModelMachine model(machine, program, images);
  RtlMachine rtl(machine, RtlSource::Use::time);
  rtl.memory() = model.memory();
  if (model.has_init()) (void)rtl.run(model.init_stream(), false);
  const auto begin = std::chrono::steady_clock::now();
  const MachineEvents events = rtl.run(model.main_stream(), false);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return {events.cycles, wall.count()};
}

std::vector<std::int32_t> random_image(const HostInput& input, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> values(static_cast<std::size_t>(input.channels * input.height * input.width));
  const std::int64_t low = input.format.min(), step = input.format.is_bipolar() ? 2 : 1;
  const auto count = static_cast<std::uint64_t>((input.format.max() - low) / step + 1);
  for (std::int32_t& value : values)
    value = static_cast<std::int32_t>(low + step * static_cast<std::int64_t>(random() % count));
  return values;
}

}  // namespace blendsim::conformance
