// SPDX-License-Identifier: Apache-2.0
#include "activity_run.h"

#include <fmt/format.h>

#include <chrono>

#include "first_divergence.h"
#include "recording.h"
#include "rtl_machine.h"

namespace blendsim::activity {
namespace {

using conformance::MachineEvents;
using conformance::RtlMachine;
using conformance::StreamRun;

void take_outputs(const RtlMachine& machine, const StreamRun& stream, std::size_t bytes, MachineEvents& events) {
  const std::vector<std::uint8_t>& memory = machine.memory();
  for (const auto& bases : stream.bases) {
    std::vector<std::uint8_t> area(bytes);
    for (std::size_t k = 0; k < bytes && bases[2] + k < memory.size(); ++k) area[k] = memory[bases[2] + k];
    events.outputs.push_back(std::move(area));
  }
}

// Cuts the cycles of main into windows.
class WindowCounter {
 public:
  WindowCounter(const Netlist& netlist, Simulator& simulator, Cycles length, ActivityResult& result)
      : counter_(netlist), simulator_(simulator), length_(length), result_(result) {}

  void cycle(Cycles cycle) {
    if (cycle > result_.cycles) return;
    if (cycle > first_ && (cycle % length_ == 0 || cycle == result_.cycles)) {
      result_.windows.push_back({first_, cycle - first_, counter_.counts(simulator_)});
      first_ = cycle;
    }
    if (cycle == first_) simulator_.clear_counts();
  }

 private:
  Counter counter_;
  Simulator& simulator_;
  Cycles length_, first_ = 0;
  ActivityResult& result_;
};

std::string text_of(const conformance::Port& port) {
  std::string text;
  for (int bit = 0; bit < port.width(); bit += 4)
    text.insert(text.begin(), "0123456789abcdef"[port.get(bit, std::min(4, port.width() - bit))]);
  return text;
}

}  // namespace

ActivityRun::ActivityRun(const MachineParameters& machine, const Program& program, const Netlist& netlist,
                         const std::vector<std::vector<std::int32_t>>& images)
    : machine_(machine), program_(program), netlist_(netlist), model_(machine, program, images) {}

ActivityResult ActivityRun::run(const ActivityOptions& options) {
  ActivityResult result;
  result.cycles = model_.main_events().cycles;
  Digests digests;
  result.divergence = run_netlist(options, result, digests);
  if (result.divergence.empty() && options.compare_with_rtl) result.divergence = run_rtl(digests, result);
  return result;
}

// Init runs uncounted: it happens once, and its time is not the inferences'.
std::string ActivityRun::run_netlist(const ActivityOptions& options, ActivityResult& result, Digests& digests) {
  const auto module = std::make_shared<NetlistModule>(netlist_);
  RtlMachine netlist(machine_, module, true);
  netlist.memory() = model_.memory();
  std::optional<Recording> recording;
  if (options.record) {
    recording.emplace(netlist_, *module, options.record->instance, options.record->folder);
    module->watch_edges([&] { recording->edge(); });
  }
  if (model_.has_init()) {
    const MachineEvents init = netlist.run(model_.init_stream());
    const auto divergence = conformance::first_divergence(model_.init_events(), init, model_.init_records());
    if (divergence)
      return "init: " + describe(*divergence, program_, model_.init_instructions(), model_.init_records());
  }
  const std::vector<InstanceOutputs> outputs =
      options.compare_with_rtl ? netlist_outputs(netlist_, *module) : std::vector<InstanceOutputs>{};
  WindowCounter windows(netlist_, module->simulator(), options.window, result);
  netlist.watch_cycles([&](Cycles cycle) {
    if (options.compare_with_rtl) {
      auto& row = digests.emplace_back();
      for (const InstanceOutputs& instance : outputs) row.push_back(digest(instance));
    }
    if (!recording) return windows.cycle(cycle);
    if (cycle == options.record->from) recording->start();
    if (cycle == options.record->to) recording->finish();
  });
  const auto begin = std::chrono::steady_clock::now();
  const StreamRun stream = model_.main_stream();
  MachineEvents events = netlist.run(stream);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  take_outputs(netlist, stream, program_.output_bytes, events);
  const auto divergence = conformance::first_divergence(model_.main_events(), events, model_.main_records());
  if (!divergence) return {};
  return "main: " + describe(*divergence, program_, model_.main_instructions(), model_.main_records());
}

std::string ActivityRun::run_rtl(const Digests& digests, ActivityResult& result) {
  const RtlOutputs rtl = rtl_outputs(netlist_, machine_);
  RtlMachine machine(machine_, rtl.module, false);
  machine.memory() = model_.memory();
  if (model_.has_init()) (void)machine.run(model_.init_stream(), false);
  Cycles differs = -1;
  std::size_t instance = 0;
  std::vector<std::string> texts;
  machine.watch_cycles([&](Cycles cycle) {
    if (differs >= 0 || static_cast<std::size_t>(cycle) >= digests.size()) return;
    const std::vector<std::uint64_t>& row = digests[static_cast<std::size_t>(cycle)];
    for (std::size_t n = 0; n < row.size(); ++n) {
      ++result.compared_outputs;
      if (digest(rtl.outputs[n]) == row[n] || differs >= 0) continue;
      differs = cycle, instance = n;
      for (const conformance::Port& port : rtl.outputs[n].ports) texts.push_back(text_of(port));
    }
  });
  (void)machine.run(model_.main_stream(), false);
  if (differs < 0) return {};
  return difference(differs, rtl.outputs[instance].instance, texts);
}

// The same run of the netlist again, up to the cycle in which an instance's outputs are not those of rtl/.
std::string ActivityRun::difference(Cycles cycle, const std::string& instance, const std::vector<std::string>& rtl) {
  const auto module = std::make_shared<NetlistModule>(netlist_);
  RtlMachine netlist(machine_, module, true);
  netlist.memory() = model_.memory();
  if (model_.has_init()) (void)netlist.run(model_.init_stream(), false);
  std::string text = fmt::format("rtl/ and its netlist part in cycle {}: outputs of {}", cycle, instance);
  const std::vector<InstanceOutputs> outputs = netlist_outputs(netlist_, *module);
  netlist.watch_cycles([&](Cycles at) {
    if (at != cycle) return;
    for (const InstanceOutputs& candidate : outputs) {
      if (candidate.instance != instance) continue;
      for (std::size_t n = 0; n < candidate.ports.size(); ++n) {
        const std::string own = text_of(candidate.ports[n]);
        if (own != rtl[n]) text += fmt::format("\n  {}: rtl {}, netlist {}", candidate.ports[n].name(), rtl[n], own);
      }
    }
  });
  StreamRun stream = model_.main_stream();
  stream.give_up = cycle + 1;
  (void)netlist.run(stream, false);
  return text;
}

}  // namespace blendsim::activity
