// SPDX-License-Identifier: Apache-2.0
// The units' execute(), without time: every instruction of one kind of a program in a loop, on every Highway target
// that the host offers. Buffers hold what a run of the program left in them.
#include <benchmark/benchmark.h>

#define HWY_WANT_AVX3_DL  // a target of the kernels
#include <hwy/targets.h>

#include <map>

#include "isa/interpret.h"
#include "subject.h"

namespace blendsim {
namespace {

struct Work {
  const Subject* subject = nullptr;
  std::vector<Instruction> instructions;
  double items = 0;  // binary or fixed multiply-accumulates, elements, bytes: by `unit`
  std::string unit;
};

double multiplications(const ActionCounts& counts) {
  return static_cast<double>(counts[Action::xnor_word]) * dsp_word_bits + static_cast<double>(counts[Action::mac]);
}

// Kind of an instruction, and what it is counted in.
std::pair<std::string, std::string> kind_of(const Instruction& instruction) {
  if (const auto* xnor = std::get_if<XnorInstruction>(&instruction)) {
    if (xnor->activation_bits * xnor->weight_bits > 1) return {"bit_planes", "macs"};
    return {"xnor_popcount", "macs"};
  }
  if (const auto* mac = std::get_if<MacInstruction>(&instruction))
    return {mac->depthwise != 0 ? "multiply_depthwise" : "multiply", "macs"};
  if (const auto* post = std::get_if<PostInstruction>(&instruction)) {
    if (post->use_thresholds != 0) return {"post_thresholds", "elements"};
    return {post->write_bits != 0 ? "post_chain_and_packing" : "post_chain", "elements"};
  }
  if (const auto* pool = std::get_if<PoolInstruction>(&instruction))
    return {pool->binary != 0 ? "pool_binary" : "pool", "elements"};
  return {std::holds_alternative<LoadInstruction>(instruction) ? "load" : "store", "bytes"};
}

double items_of(const Instruction& instruction, const MachineParameters& machine) {
  const ActionCounts counts = actions(instruction, machine);
  if (const auto* pool = std::get_if<PoolInstruction>(&instruction))
    return double{1} * pool->rows * pool->out_width * pool->slices * slice_channels;
  if (const auto* load = std::get_if<LoadInstruction>(&instruction)) return double{1} * load->runs * load->run_bytes;
  if (const auto* store = std::get_if<StoreInstruction>(&instruction))
    return double{1} * store->runs * store->run_bytes;
  if (std::holds_alternative<PostInstruction>(instruction)) return static_cast<double>(counts[Action::post_element]);
  return multiplications(counts);
}

std::map<std::string, Work> works_of(const Subject& subject) {
  std::map<std::string, Work> works;
  for (const Instruction& instruction : decode(subject.program.main)) {
    const auto [kind, unit] = kind_of(instruction);
    Work& work = works[kind];
    work.subject = &subject;
    work.unit = unit;
    work.instructions.push_back(instruction);
    work.items += items_of(instruction, subject.platform.machine);
  }
  return works;
}

// 0: whatever the host offers.
void choose(std::int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

void execute_all(benchmark::State& state, const Work& work, std::int64_t target) {
  const MachineParameters& machine = work.subject->platform.machine;
  const std::vector<std::uint8_t> program = program_area(work.subject->program);
  const std::vector<std::uint8_t> input = pack_input(work.subject->program, machine, work.subject->images.front());
  std::vector<std::uint8_t> output(work.subject->program.output_bytes);
  const DramAreas areas{program, input, output};
  Buffers buffers;
  buffers.configure(machine, false);
  for (const auto* words : {&work.subject->program.init, &work.subject->program.main}) {
    if (words->empty()) continue;
    for (const Instruction& instruction : decode(*words)) execute(instruction, machine, buffers, areas);
  }
  choose(target);
  for (auto _ : state) {
    for (const Instruction& instruction : work.instructions) execute(instruction, machine, buffers, areas);
    benchmark::ClobberMemory();
  }
  choose(0);
  state.counters["instructions"] = static_cast<double>(work.instructions.size());
  state.counters[work.unit + "_per_second"] =
      benchmark::Counter(work.items, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void add_kernel_benchmarks(const std::vector<Subject>& subjects) {
  const std::int64_t offered = hwy::SupportedTargets() & HWY_TARGETS;
  for (const Subject& subject : subjects) {
    for (const auto& [kind, work] : works_of(subject)) {
      for (std::int64_t left = offered; left != 0; left &= left - 1) {
        const std::int64_t target = left & -left;
        const std::string name = "kernel/" + kind + "/" + subject.name + "/" + hwy::TargetName(target);
        benchmark::RegisterBenchmark(name.c_str(), [work = work, target](benchmark::State& state) {
          execute_all(state, work, target);
        })->Unit(benchmark::kMicrosecond);
      }
    }
  }
}

}  // namespace blendsim
