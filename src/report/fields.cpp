// SPDX-License-Identifier: Apache-2.0
// One row a field of the report, in its order: one table, and therefore longer than other files.
#include "report/fields.h"

#include <algorithm>
#include <cmath>

#include "report/activity.h"
#include "report/field_table.h"
#include "report/power_fields.h"

namespace blendsim {

namespace {

using F = Figures;
using Field0 = ReportField<Figures>;

constexpr std::array network_fields = {
    Field0{"name", "", "Name of the network.", [](const F& f) { return Json(f.in.program.network); }},
    Field0{"digest", "", "Digest of the lowered (integer) network.",
           [](const F& f) { return Json(f.in.program.network_digest); }},
    Field0{"macs", "MAC", "Useful multiply-accumulates of one inference; 1 MAC = 2 operations.",
           [](const F& f) { return Json(f.macs); }},
    Field0{"binary_macs", "MAC", "Of these, with both operands bipolar.",
           [](const F& f) { return Json(f.binary_macs); }},
};

constexpr std::array clock_fields = {
    Field0{"requested_hz", "Hz", "The platform's clock.",
           [](const F& f) { return Json(f.in.platform.machine.clock_hz); }},
    Field0{"estimated_fmax_hz", "Hz", "[low, high]: where the clock that the machine reaches may lie.",
           [](const F& f) {
             return Json::array({f.in.clock.low_hz, f.in.clock.high_hz});
           }},
    Field0{"fmax_hz", "Hz", "Of it, what the longest path between registers allows by estimate.",
           [](const F& f) { return Json(f.in.clock.fmax_hz); }},
    Field0{"limited_by", "", "Unit or buffer with that path.",
           [](const F& f) { return Json(f.in.clock.limit().unit); }},
    Field0{"from", "", "Where the path begins: a register, a memory or a port of the unit.",
           [](const F& f) { return Json(f.in.clock.limit().path.from); }},
    Field0{"to", "", "Where it ends.", [](const F& f) { return Json(f.in.clock.limit().path.to); }},
    Field0{"levels", "", "Cells on it that a routed net leads to; a carry chain is one.",
           [](const F& f) { return Json(f.in.clock.limit().path.levels); }},
    Field0{"logic_share", "", "Of the path's delay, what its cells take; the rest is routing, which is assumed.",
           [](const F& f) { return Json(f.logic_share()); }},
    Field0{"basis", "", "Where the estimate comes from.",
           [](const F&) {
             return Json("longest path of yosys' netlist of rtl/, a form of the parameters; routing assumed");
           }},
    Field0{"above_estimate", "", "The requested clock is above fmax_hz: treat every time as optimistic.",
           [](const F& f) { return Json(f.clock_above_estimate()); }},
};

constexpr std::array platform_fields = {
    Field0{"name", "", "Name of the platform.", [](const F& f) { return Json(f.in.platform.name); }},
    Field0{"device", "", "Device of the catalogue.", [](const F& f) { return Json(f.in.platform.device.name); }},
    Field0{"digest", "", "Digest of the resolved platform.", [](const F& f) { return Json(f.in.platform.digest()); }},
    Field0{
        "overrides", "",
        "What --set and `extends` changed, as unit.parameter=value, which a program no longer knows; not part of the "
        "digest.",
        [](const F& f) { return Json(f.in.platform.overrides); }},
    Field0{"clock_hz", "Hz", "Accelerator clock: a target, no proof of timing closure.",
           [](const F& f) { return Json(f.in.platform.machine.clock_hz); }},
    Field0{"peak_macs_per_cycle", "MAC/cycle", "Peak of each array: every row, word and column useful.",
           [](const F& f) {
             const MachineParameters& m = f.in.platform.machine;
             return Json{{"xnor_array", m.xnor_array.peak_macs()}, {"mac_array", m.mac_array.peak_macs()}};
           }},
    Field0{"parameters", "", "Every parameter of the resolved platform as text, by the name that --set takes.",
           [](const F& f) {
             Json out = Json::object();
             for (const auto& [key, value] : parameter_list(f.in.platform)) out[key] = value;
             return out;
           }},
};

constexpr std::array program_fields = {
    Field0{"digest", "", "Digest of the program.", [](const F& f) { return Json(f.in.program.digest()); }},
    Field0{"instructions", "", "Its instructions, for `images` inferences, END not counted.",
           [](const F& f) { return Json(f.instructions); }},
    Field0{"images", "", "Inferences that it computes side by side.", [](const F& f) { return Json(f.in_flight); }},
    Field0{"resident", "", "true: it stays on chip; false: it is fetched from DRAM for each inference.",
           [](const F& f) { return Json(f.in.program.resident); }},
};

constexpr std::array input_fields = {
    Field0{"source", "", "`file`, or `random`: made from the seed, so outputs mean nothing.",
           [](const F& f) { return Json(f.in.input_source); }},
    Field0{"seed", "", "Seed of a random input; null for a file.",
           [](const F& f) { return f.in.input_source == "random" ? Json(f.in.input_seed) : Json(nullptr); }},
    Field0{"digest", "", "Digest of the network's float input, all images.",
           [](const F& f) { return Json(f.in.input_digest); }},
    Field0{"images", "", "Inferences run back to back.", [](const F& f) { return Json(f.images); }},
};

constexpr std::array run_fields = {
    Field0{"timing_only", "", "true: --timing-only, no value was computed.",
           [](const F& f) { return Json(f.in.choices.timing_only); }},
    Field0{"stall_seed", "", "Of the random delays of --stalls; null: there were none.",
           [](const F& f) { return or_null(f.in.choices.stall_seed); }},
    Field0{"flips", "", "Bits that --flip flipped, as they were given.",
           [](const F& f) { return Json(f.in.choices.flips); }},
    Field0{"power_window", "cycles", "Of --power-window; null: chosen by the length of an inference.",
           [](const F& f) { return or_null(f.in.choices.power_window); }},
};

using L = LayerFigures;
using FieldL = ReportField<LayerFigures>;
constexpr std::array layer_fields = {
    FieldL{"name", "", "Name in the lowered network; `input` and `output` are the transfers.",
           [](const L& l) { return Json(l.name); }},
    FieldL{"op", "", "Operator of the lowered network.", [](const L& l) { return Json(l.op); }},
    FieldL{"unit", "", "Unit that does the layer's main work.", [](const L& l) { return Json(l.unit); }},
    FieldL{"start", "cycle", "First start of one of its instructions in the first inference.",
           [](const L& l) { return Json(l.start); }},
    FieldL{"end", "cycle", "Cycle after its last write in the first inference.",
           [](const L& l) { return Json(l.end); }},
    FieldL{"cycles", "cycles", "end - start; layers overlap, so these do not add up.",
           [](const L& l) { return Json(l.cycles()); }},
    FieldL{"critical_cycles", "cycles",
           "Cycles of the whole run that the walk back from completion spends in this layer; over all layers they sum "
           "to `cycles`.",
           [](const L& l) { return Json(l.critical_cycles); }},
    FieldL{"busy_cycles", "cycles", "Cycles of the first inference in which its unit's front is held for it.",
           [](const L& l) { return Json(l.busy); }},
    FieldL{"macs", "MAC", "Useful multiply-accumulates of one inference.", [](const L& l) { return Json(l.macs); }},
    FieldL{"utilization", "", "macs / (peak of its unit x cycles); null where the unit does not multiply.",
           [](const L& l) { return or_null(l.utilization); }},
    FieldL{"bound_by", "",
           "Unit with most of the layer's critical cycles; off the critical path the unit that its instructions waited "
           "for most. `dispatch`: instruction delivery.",
           [](const L& l) { return Json(l.bound_by); }},
    FieldL{"energy_j", "J",
           "Estimated dynamic energy of the layer in one inference, its DRAM accesses included; with "
           "power.unattributed_j they sum to power.dynamic_energy_j.",
           [](const L& l) { return Json(l.energy_j); }},
    FieldL{"energy_range_j", "J", "[low, high] of it from the bands of the technology table.",
           [](const L& l) {
             return Json::array({l.energy_low_j, l.energy_high_j});
           }},
    FieldL{"dram_bytes", "bytes", "Read from DRAM and written to it for the layer in one inference.",
           [](const L& l) { return Json(l.dram_bytes); }},
    FieldL{"buffer_bits", "bits", "Read from on-chip buffers and written to them in one inference, instructions apart.",
           [](const L& l) { return Json(l.buffer_bits); }},
};

using U = UnitFigures;
using FieldU = ReportField<UnitFigures>;
constexpr std::array unit_fields = {
    FieldU{"busy", "cycles", "Front held; load and store: a burst in flight or to come.",
           [](const U& u) { return Json(u.cycles.busy); }},
    FieldU{"stall_dependency", "cycles", "Waiting for a compute unit's data.",
           [](const U& u) { return Json(u.cycles.stall_dependency); }},
    FieldU{"stall_memory", "cycles", "Waiting for data of load or store.",
           [](const U& u) { return Json(u.cycles.stall_memory); }},
    FieldU{"stall_downstream", "cycles", "Waiting for a buffer to become free.",
           [](const U& u) { return Json(u.cycles.stall_downstream); }},
    FieldU{"stall_fence", "cycles", "Waiting for its own previous result.",
           [](const U& u) { return Json(u.cycles.stall_fence); }},
    FieldU{"stall_dispatch", "cycles",
           "Queue empty between its first and its last start; with several images the wait for the next doorbell too.",
           [](const U& u) { return Json(u.cycles.stall_dispatch); }},
    FieldU{"idle", "cycles", "Before its first and after its last instruction. busy, stalls and idle sum to `cycles`.",
           [](const U& u) { return Json(u.cycles.idle); }},
    FieldU{"critical_cycles", "cycles",
           "Cycles of the critical path in the unit; what no unit has is instruction delivery's.",
           [](const U& u) { return Json(u.critical_cycles); }},
    FieldU{"busy_fraction", "", "busy / cycles.", [](const U& u) { return Json(u.busy_fraction); }},
    FieldU{"utilization", "", "Useful MACs / (peak x cycles); null where the unit does not multiply.",
           [](const U& u) { return or_null(u.utilization); }},
    FieldU{"mapping_efficiency", "",
           "Useful MACs / (peak x busy): padding and ragged tiles show here; null where the unit does not multiply or "
           "was never busy.",
           [](const U& u) { return or_null(u.mapping_efficiency); }},
};

Json buffers_of(const Figures& f) {
  Json out = Json::object();
  for (std::size_t b = 0; b < buffer_names.size(); ++b) {
    const std::int64_t peak = b < f.in.program.buffers.size() ? f.in.program.buffers[b].peak_bits : 0;
    out[std::string(buffer_names[b])] = {{"capacity_bits", f.in.platform.machine.buffers[b].capacity_bits()},
                                         {"peak_bits", peak}};
  }
  return out;
}

constexpr std::array memory_fields = {
    Field0{"dram_read_bytes", "bytes", "Read from DRAM within `cycles`.",
           [](const F& f) { return Json(f.in.run.memory.read_bytes); }},
    Field0{"dram_write_bytes", "bytes", "Written to DRAM within `cycles`.",
           [](const F& f) { return Json(f.in.run.memory.write_bytes); }},
    Field0{"dram_achieved_bytes_per_s", "bytes/s", "Both together over the run's time.",
           [](const F& f) {
             const MemoryCounts& m = f.in.run.memory;
             return f.in.run.cycles > 0 ? Json(static_cast<double>(m.read_bytes + m.write_bytes) / f.run_seconds())
                                        : Json(nullptr);
           }},
    Field0{"row_hit_rate", "", "Row hits / (hits + misses); null without a burst.",
           [](const F& f) {
             const MemoryCounts& m = f.in.run.memory;
             const std::int64_t all = m.row_hits + m.row_misses;
             return all > 0 ? Json(static_cast<double>(m.row_hits) / static_cast<double>(all)) : Json(nullptr);
           }},
    Field0{"row_hits", "", "Column accesses that found their row open.",
           [](const F& f) { return Json(f.in.run.memory.row_hits); }},
    Field0{"row_misses", "", "Column accesses that did not.",
           [](const F& f) { return Json(f.in.run.memory.row_misses); }},
    Field0{"dram_peak_bytes_per_s", "bytes/s", "What DRAM's bus and the port to it can carry: the smaller of the two.",
           [](const F& f) { return Json(f.dram_peak_bytes_per_s()); }},
    Field0{"buffer_peak_bits_per_s", "bits/s",
           "What all read and write ports of the on-chip buffers can carry, a word a cycle each, instructions apart.",
           [](const F& f) { return Json(f.buffer_peak_bits_per_s()); }},
    Field0{"buffers", "bits", "capacity_bits and peak_bits (most allocated at once) of each on-chip buffer.",
           buffers_of},
};

using R = ResourceFigures;
using FieldR = ReportField<ResourceFigures>;
constexpr std::array resource_part_fields = {
    FieldR{"dsp", "slices", "DSP slices.", [](const R& r) { return Json(r.dsp); }},
    FieldR{"lut", "LUT", "Look-up tables.", [](const R& r) { return Json(r.lut); }},
    FieldR{"ff", "FF", "Flip-flops.", [](const R& r) { return Json(r.ff); }},
    FieldR{"bram36", "BRAM36", "Block RAMs; a half is one RAMB18.", [](const R& r) { return Json(r.bram36); }},
    FieldR{"uram", "URAM", "UltraRAMs.", [](const R& r) { return Json(r.uram); }},
};

Json band(std::int64_t value, double low, double high) {
  return Json::array({std::llround(static_cast<double>(value) * low), std::llround(static_cast<double>(value) * high)});
}

constexpr std::array resource_fields = {
    Field0{"dsp", "slices", "DSP slices, from structure.", [](const F& f) { return Json(f.used.dsp); }},
    Field0{"lut", "LUT", "Look-up tables, estimated; see `range`.", [](const F& f) { return Json(f.used.lut); }},
    Field0{"ff", "FF", "Flip-flops, estimated; see `range`.", [](const F& f) { return Json(f.used.ff); }},
    Field0{"bram36", "BRAM36", "Block RAMs, from structure; a half is one RAMB18.",
           [](const F& f) { return Json(f.used.bram36); }},
    Field0{"uram", "URAM", "UltraRAMs, from structure.", [](const F& f) { return Json(f.used.uram); }},
    Field0{"available", "", "What the device has, by the same names.",
           [](const F& f) { return object(resource_part_fields, f.available); }},
    Field0{"limit", "", "The platform's routing limits in the same units: fuller devices rarely route.",
           [](const F& f) { return object(resource_part_fields, f.limit); }},
    Field0{
        "range", "", "[low, high] of the estimated figures.",
        [](const F& f) {
          const ResourceEstimate& r = f.in.resources;
          return Json{{"lut", band(f.used.lut, r.lut_low, r.lut_high)}, {"ff", band(f.used.ff, r.ff_low, r.ff_high)}};
        }},
    Field0{"by_unit", "", "The parts that sum to the totals; `reserved` is what the platform sets aside.",
           [](const F& f) {
             Json out = Json::object();
             for (const ResourceFigures& part : f.parts) out[part.name] = object(resource_part_fields, part);
             return out;
           }},
    Field0{"fits", "", "true: every figure is within `limit`.", [](const F& f) { return Json(f.in.resources.fits); }},
    Field0{"over", "", "The limits that are exceeded, in words.", [](const F& f) { return Json(f.in.resources.over); }},
};

Json output_values(const std::vector<float>& values) {
  const bool integral =
      std::all_of(values.begin(), values.end(), [](float v) { return std::nearbyint(v) == v && std::abs(v) < 1e9F; });
  Json out = Json::array();
  for (const float v : values)
    out.push_back(integral ? Json(static_cast<std::int64_t>(v)) : Json(static_cast<double>(v)));
  return out;
}

Json outputs_of(const Figures& f) {
  Json out = Json::array();
  if (f.in.outputs.empty()) return out;
  for (std::size_t o = 0; o < f.in.outputs.front().size(); ++o) {
    FloatArray all{f.in.outputs.front()[o].shape, {}};
    if (f.in.outputs.size() > 1) {
      const auto count = static_cast<std::int64_t>(f.in.outputs.size());
      if (!all.shape.empty() && all.shape.front() == 1) all.shape.front() = count;
      else all.shape.insert(all.shape.begin(), count);
    }
    for (const auto& image : f.in.outputs)
      all.values.insert(all.values.end(), image[o].values.begin(), image[o].values.end());
    const std::string name = o < f.in.output_names.size() ? f.in.output_names[o] : std::to_string(o);
    const auto& hosts = f.in.program.host_outputs;
    const std::string type = o < hosts.size() ? element_type(hosts[o]) : "float32";
    out.push_back({{"name", name}, {"shape", all.shape}, {"dtype", type}, {"values", output_values(all.values)}});
  }
  return out;
}

Json layers_of(const Figures& f) {
  Json out = Json::array();
  for (const LayerFigures& layer : f.layers) out.push_back(object(layer_fields, layer));
  return out;
}

Json units_of(const Figures& f) {
  Json out = Json::object();
  for (const UnitFigures& unit : f.units) out[unit.name] = object(unit_fields, unit);
  return out;
}

Json agreement_of(const Figures& f) {
  if (!f.in.agreement) return nullptr;
  return {{"inputs", f.in.agreement->inputs},
          {"max_abs_error", f.in.agreement->max_abs_error},
          {"top1_equal", f.in.agreement->top1_equal}};
}

Json assumptions_of(const Figures& f) {
  Json out = Json::array();
  for (const Assumption& a : f.in.platform.assumptions) {
    out.push_back({{"key", a.key}, {"value", a.value}, {"range", a.range}, {"why", a.why}});
  }
  return out;
}

constexpr std::array top_fields = {
    Field0{"schema", "", "`blendsim.report/2`; a change of meaning changes the number.",
           [](const F&) { return Json(report_schema); }},
    Field0{"network", "", "What ran.", [](const F& f) { return object(network_fields, f); }},
    Field0{"platform", "", "On what it ran.", [](const F& f) { return object(platform_fields, f); }},
    Field0{"clock", "", "Whether the clock can be had.", [](const F& f) { return object(clock_fields, f); }},
    Field0{"program", "", "What the compiler made of it.", [](const F& f) { return object(program_fields, f); }},
    Field0{"input", "", "What it was given.", [](const F& f) { return object(input_fields, f); }},
    Field0{"run", "", "What was asked for besides: options that change what comes out.",
           [](const F& f) { return object(run_fields, f); }},
    Field0{"cycles", "cycles",
           "From the accepted doorbell to the completion flag of the last inference, half-open; every account covers "
           "this window.",
           [](const F& f) { return Json(f.in.run.cycles); }},
    Field0{"latency_s", "s",
           "Of one inference, or of as many as the program computes side by side (program.images); warm: resident "
           "parts on "
           "chip, images in DRAM.",
           [](const F& f) { return Json(f.seconds(f.latency)); }},
    Field0{"host_overhead_s", "s", "The platform's figure for driver and cache work; not inside latency_s.",
           [](const F& f) { return Json(static_cast<double>(f.in.platform.host_overhead_ns) / 1e9); }},
    Field0{
        "interval_cycles", "cycles",
        "From one inference to the next, mean of the run: completion to completion, over program.images; null with one "
        "inference.",
        [](const F& f) { return or_null(f.interval); }},
    Field0{
        "inferences_per_s", "1/s", "clock / interval_cycles; null with one inference.",
        [](const F& f) { return f.interval && *f.interval > 0 ? Json(1.0 / f.seconds(*f.interval)) : Json(nullptr); }},
    Field0{"init_cycles", "cycles",
           "Bringing program, resident weights and parameters on chip, once; outside `cycles`.",
           [](const F& f) { return Json(f.in.run.init_cycles); }},
    Field0{"compute_cycles", "cycles", "Cycles with at least one compute unit busy.",
           [](const F& f) { return Json(f.in.run.compute_cycles); }},
    Field0{"layers", "", "One row a layer, in program order.", layers_of},
    Field0{"units", "", "Where each unit's cycles went.", units_of},
    Field0{"memory", "", "DRAM traffic and on-chip buffers.", [](const F& f) { return object(memory_fields, f); }},
    Field0{"resources", "", "What the machine takes of the device.",
           [](const F& f) { return object(resource_fields, f); }},
    Field0{"power", "", "Estimated power and energy.", [](const F& f) { return power_object(f); }},
    Field0{"efficiency", "", "Operations a second and a joule.", [](const F& f) { return efficiency_object(f); }},
    Field0{"outputs", "", "The network's outputs after the host's operators; empty with --timing-only.", outputs_of},
    Field0{"cpu_operators", "", "Operators that the host runs before and after the accelerator; not inside latency_s.",
           [](const F& f) { return Json(f.in.cpu_operators); }},
    Field0{"agreement", "",
           "Machine against the original network in float32 on the run's inputs (--agreement); else null.",
           agreement_of},
    Field0{"assumptions", "", "Values of the platform that are our assumption, with their range.", assumptions_of},
    Field0{"notes", "", "Exactness notes, decisions of the compiler, limits of the estimates.",
           [](const F& f) { return Json(f.notes); }},
    Field0{"versions", "", "What wrote the report.",
           [](const F& f) {
             return Json{{"blendsim", f.in.version}, {"schema", report_schema}};
           }},
};

constexpr std::array host_fields = {
    Field0{"wall_s", "s", "Wall time of reading, compiling and simulating.",
           [](const F& f) { return Json(f.in.host.wall_s); }},
    Field0{"simulation_s", "s", "Of it, of the simulation of all inferences.",
           [](const F& f) { return Json(f.in.host.simulation_s); }},
    Field0{
        "warm", "",
        "false: the simulation was the program's first in its process and pays for preparing it; true: a further one.",
        [](const F& f) { return Json(f.in.run.warm); }},
    Field0{"simulated_cycles_per_s", "cycles/s", "cycles / wall_s.",
           [](const F& f) {
             return f.in.host.wall_s > 0 ? Json(static_cast<double>(f.in.run.cycles) / f.in.host.wall_s)
                                         : Json(nullptr);
           }},
    Field0{"peak_rss_bytes", "bytes", "Largest resident memory of the process.",
           [](const F& f) { return Json(f.in.host.peak_rss_bytes); }},
    Field0{"traces", "", "Warnings of `--trace`: where a trace ended before the run did, or that nothing is in it.",
           [](const F& f) { return Json(f.in.host.traces); }},
};

// Objects that are too small for a table of their own.
std::vector<FieldRow> small_objects() {
  return {
      {"platform.peak_macs_per_cycle.xnor_array", "MAC/cycle", "rows x words x 48."},
      {"platform.peak_macs_per_cycle.mac_array", "MAC/cycle", "rows x columns."},
      {"platform.parameters.KEY", "", "The value as text."},
      {"memory.buffers.NAME.capacity_bits", "bits", "regions x width x depth."},
      {"memory.buffers.NAME.peak_bits", "bits", "Most bits allocated at once."},
      {"resources.range.lut", "LUT", "[low, high]."},
      {"resources.range.ff", "FF", "[low, high]."},
      {"outputs[].name", "", "Name of the ONNX output."},
      {"outputs[].shape", "", "Its shape; the first dimension counts the images."},
      {"outputs[].dtype", "",
       "`float32`, or the integers of a network that ends in a quantiser: `int8`, `uint8`, ...; integral values print "
       "as "
       "integers."},
      {"outputs[].values", "", "Row-major."},
      {"agreement.inputs", "", "Images compared."},
      {"agreement.max_abs_error", "", "Largest absolute difference of an output value."},
      {"agreement.top1_equal", "", "true: the largest output is the same for every image."},
      {"assumptions[].key", "", "Parameter of the platform."},
      {"assumptions[].value", "", "The value used."},
      {"assumptions[].range", "", "Where the true value may lie."},
      {"assumptions[].why", "", "Reason."},
      {"versions.blendsim", "", "Version of the program."},
      {"versions.schema", "", "As `schema`."},
  };
}

}  // namespace

Json report_body(const Figures& figures) {
  Json out = object(top_fields, figures);
  if (figures.in.run.switching) out["activity"] = activity_json(figures.in.program, *figures.in.run.switching);
  return out;
}
Json report_host(const Figures& figures) { return object(host_fields, figures); }

std::vector<FieldRow> report_field_rows() {
  std::vector<FieldRow> rows;
  add_rows(rows, "", top_fields);
  rows.push_back({"digest", "",
                  "Digest of everything but `host` and `platform.overrides`: equal inputs give equal digests on every "
                  "host."});
  rows.push_back({"host", "", "About the simulation itself; not part of the digest."});
  add_rows(rows, "network.", network_fields);
  add_rows(rows, "platform.", platform_fields);
  add_rows(rows, "clock.", clock_fields);
  add_rows(rows, "program.", program_fields);
  add_rows(rows, "input.", input_fields);
  add_rows(rows, "run.", run_fields);
  add_rows(rows, "layers[].", layer_fields);
  add_rows(rows, "units.UNIT.", unit_fields);
  add_rows(rows, "memory.", memory_fields);
  add_rows(rows, "resources.", resource_fields);
  for (const std::string part : {"resources.available.", "resources.limit.", "resources.by_unit.PART."}) {
    add_rows(rows, part, resource_part_fields);
  }
  add_power_rows(rows);
  const std::vector<FieldRow> small = small_objects();
  rows.insert(rows.end(), small.begin(), small.end());
  const std::vector<FieldRow> activity = activity_field_rows();
  rows.insert(rows.end(), activity.begin(), activity.end());
  add_rows(rows, "host.", host_fields);
  return rows;
}

std::string report_field_table() {
  std::string out = "| field | unit | meaning |\n|---|---|---|\n";
  for (const FieldRow& row : report_field_rows())
    out += "| `" + row.path + "` | " + row.unit + " | " + row.sentence + " |\n";
  return out;
}

}  // namespace blendsim
