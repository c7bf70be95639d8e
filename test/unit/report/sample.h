// SPDX-License-Identifier: Apache-2.0
// A run made by hand: three layers, 1,000 cycles, one image unless told otherwise.
#pragma once

#include "report/report.h"

namespace blendsim {

struct Sample {
  Program program;
  Platform platform;
  Run run;
  ResourceEstimate resources;
  PowerEstimate power;
  ClockEstimate clock;
  std::string source = "file", digest = "ab";
  std::vector<std::vector<FloatArray>> outputs = {{{{1, 3}, {234, 231, 410}}}};
  HostFigures host{0.5, 0.25, 1 << 20};
  std::vector<std::string> remarks;
  RunChoices choices;

  Sample() {
    platform.name = "by-hand";
    platform.device.name = "xczu3eg";
    platform.device.lut = 70560;
    platform.device.ff = 141120;
    platform.device.dsp_slices = 360;
    platform.device.bram36 = 216;
    platform.machine.clock_hz = 250'000'000;
    platform.machine.xnor_array.rows = 16;
    platform.machine.xnor_array.words = 3;
    platform.assumptions = {{"memory.read_latency", "40 cycles", "30..80 cycles", "no public figure"}};
    program.network = "tiny";
    program.layers = {layer("input", "Load", "load", 0), layer("conv1", "Conv", "xnor_array", 230'400),
                      layer("output", "Store", "store", 0)};
    program.layers[1].binary = true;
    program.buffers.resize(buffer_count);
    program.notes = {"conv1: exact"};
    encode(LoadInstruction{}, program.main);
    encode(XnorInstruction{}, program.main);
    encode(StoreInstruction{}, program.main);
    encode_end(program.main);
    make_run();
    resources.parts = {{"xnor_array", {.lut = 6000, .ff = 7000, .dsp = 48}}};
    resources.total = {.lut = 6000, .ff = 7000, .dsp = 48, .bram36_halves = 5};
    resources.lut_low = resources.ff_low = 0.5;
    resources.lut_high = resources.ff_high = 2.0;
    resources.fits = true;
    clock.parts = {{"dispatcher", {"words_left", "words_left", 8, 2071, {}}, 2429, 4535}};
    clock.fmax_hz = 220'000'000;
    clock.low_hz = 176'000'000;
    clock.high_hz = 303'000'000;
    power.layers = {{1'000'000, {}}, {2'000'000, {}}, {3'000'000, {}}};
    power.parts = {{"load", 2'000'000, 4'000'000, {0.001, 0.002}}};
    power.seconds = 4e-6;
    power.rate = power.most_rate = 250'000;
    power.watts.core_static = 0.5;
    power.watts.dynamic = 1.0;
    power.total = {1.0, 2.0};
    power.all_in_j = 6e-6;
    power.from = {{"ff_clock", "clock", 0.1, 0.2}};
    power.profile = "some networks";
  }

  [[nodiscard]] ReportInput input() const {
    return {.program = program,
            .platform = platform,
            .run = run,
            .resources = resources,
            .power = power,
            .peak = {.from = 256, .to = 320, .width = 64, .dynamic_w = 2.0, .total_w = 2.5, .part_w = {2.0}},
            .clock = clock,
            .input_source = source,
            .input_seed = 7,
            .input_digest = digest,
            .choices = choices,
            .outputs = outputs,
            .output_names = {"scores"},
            .cpu_operators = {"Softmax on the host"},
            .agreement = Agreement{1, 0.25, true},
            .host = host,
            .version = "0.1.0",
            .remarks = remarks};
  }

 private:
  static ProgramLayer layer(const char* name, const char* op, const char* unit, std::int64_t macs) {
    ProgramLayer out;
    out.name = name;
    out.op = op;
    out.unit = unit;
    out.macs = macs;
    return out;
  }

  static InstructionRecord record(std::int32_t layer, UnitId unit, Cycles start, Cycles end) {
    InstructionRecord out;
    out.instruction = layer;
    out.layer = layer;
    out.unit = unit;
    out.start = start;
    out.end = end;
    return out;
  }

  void make_run() {
    run.cycles = 1000;
    run.init_cycles = 400;
    run.completions = {1000};
    run.compute_cycles = 200;
    run.records = {record(0, UnitId::load, 20, 699), record(1, UnitId::xnor_array, 700, 899),
                   record(2, UnitId::store, 900, 989)};
    run.last_record = 2;
    run.layer_critical_cycles = {690, 210, 100};
    run.layer_critical_by.resize(3);
    run.layer_critical_by[0] = {650, 0, 0, 0, 0, 0, 40};
    run.layer_critical_by[1] = {0, 0, 210, 0, 0, 0, 0};
    run.layer_critical_by[2] = {0, 100, 0, 0, 0, 0, 0};
    for (UnitCycles& unit : run.units) unit.idle = 1000;
    run.units[2] = {.busy = 200, .stall_memory = 50, .idle = 750};
    run.memory = {.read_bytes = 3072, .write_bytes = 64, .bursts = 13, .row_hits = 9, .row_misses = 3};
  }
};

}  // namespace blendsim
