// SPDX-License-Identifier: Apache-2.0
#include "report/figures.h"

#include <algorithm>
#include <limits>

#include "platform/platform_schema.h"

namespace blendsim {

namespace {

// Peak multiply-accumulates a cycle; 0: the unit does not multiply.
std::int64_t peak_macs(const MachineParameters& machine, std::string_view unit) {
  std::int64_t peak = 0;
  Units::for_each([&]<class U>() {
    if constexpr (requires { (machine.*(U::member)).peak_macs(); }) {
      if (unit == U::name) peak = (machine.*(U::member)).peak_macs();
    }
  });
  return peak;
}

ResourceFigures convert(std::string name, const Resources& r) {
  return {std::move(name), r.dsp, r.lut, r.ff, r.uram, static_cast<double>(r.bram36_halves) / 2};
}

}  // namespace

namespace {

// What the instructions of a layer off the critical path waited for most, from one start to the next: their own unit's
// front or fence, the unit that posted the token, or the dispatcher (unit_count). A layer of one instruction: its unit.
std::size_t waited_for(const Run& run, std::int32_t layer, const ProgramLayer& row) {
  std::array<Cycles, unit_count + 1> waited{};
  Cycles previous = -1;
  for (const InstructionRecord& record : run.records) {
    if (record.image != 0) break;  // image after image
    if (record.layer != layer || name(record.unit) != row.unit) continue;
    if (previous >= 0) {
      std::size_t cause = static_cast<std::size_t>(index(record.unit));
      if (record.release == Release::dispatch) cause = unit_count;
      if (record.release == Release::data_token || record.release == Release::space_token) {
        cause = static_cast<std::size_t>(index(run.records[static_cast<std::size_t>(record.released_by)].unit));
      }
      waited[cause] += record.start - previous;
    }
    previous = record.start;
  }
  const auto most = std::max_element(waited.begin(), waited.end());
  if (*most > 0) return static_cast<std::size_t>(most - waited.begin());
  const auto unit = std::find(unit_names.begin(), unit_names.end(), row.unit);
  return static_cast<std::size_t>(unit - unit_names.begin());
}

}  // namespace

std::string_view critical_name(std::size_t unit) { return unit < unit_names.size() ? unit_names[unit] : "dispatch"; }

Figures::Figures(const ReportInput& input) : in(input) {
  const Run& run = in.run;
  const auto groups = std::max<std::int64_t>(1, static_cast<std::int64_t>(run.completions.size()));
  in_flight = in.program.images;
  images = groups * in_flight;
  latency = run.completions.empty() ? run.cycles : run.completions.front();
  // The mean over the run, rounded: refreshes fall differently into each image.
  const auto mean = [](Cycles cycles, std::int64_t count) { return (cycles + count / 2) / count; };
  if (groups > 1) interval = mean(run.completions.back() - run.completions.front(), (groups - 1) * in_flight);
  else if (in_flight > 1) interval = mean(latency, in_flight);
  for (std::size_t i = 0; i < in.program.layers_an_image(); ++i) {
    const ProgramLayer& layer = in.program.layers[i];
    macs += layer.macs;
    if (layer.binary) binary_macs += layer.macs;
  }
  instructions = static_cast<std::int64_t>(decode(in.program.main).size());
  for (const auto& split : run.layer_critical_by) {
    for (std::size_t u = 0; u < split.size(); ++u) critical_by[u] += split[u];
  }
  notes = in.remarks;
  notes.insert(notes.end(), in.program.notes.begin(), in.program.notes.end());
  notes.insert(notes.end(), in.power.notes.begin(), in.power.notes.end());
  find_layers();
  find_units();
  find_resources();
  const MachineParameters& machine = in.platform.machine;
  if (run.cycles > 0) gops = 2.0 * static_cast<double>(macs * images) / run_seconds() / 1e9;
  std::int64_t peak = 0;
  for (const std::string_view unit : unit_names) peak += peak_macs(machine, unit);
  peak_gops = 2.0 * static_cast<double>(peak) * static_cast<double>(machine.clock_hz) / 1e9;
}

double Figures::seconds(Cycles cycles) const {
  return static_cast<double>(cycles) / static_cast<double>(in.platform.machine.clock_hz);
}

std::size_t Figures::bottleneck() const {
  return static_cast<std::size_t>(std::max_element(critical_by.begin(), critical_by.end()) - critical_by.begin());
}

std::size_t Figures::second_on_path() const {
  auto others = critical_by;
  others[bottleneck()] = -1;
  return static_cast<std::size_t>(std::max_element(others.begin(), others.end()) - others.begin());
}

void Figures::find_layers() {
  const Run& run = in.run;
  const std::size_t count = in.program.layers.size(), an_image = in.program.layers_an_image();
  std::vector<Cycles> first(count, std::numeric_limits<Cycles>::max()), last(count, -1), busy(count, 0);
  for (const InstructionRecord& record : run.records) {
    const auto layer = static_cast<std::size_t>(record.layer);
    if (record.image != 0) break;  // image after image
    if (layer >= count) continue;
    first[layer] = std::min(first[layer], record.start);
    last[layer] = std::max(last[layer], record.end + 1);
    if (name(record.unit) == in.program.layers[layer].unit) busy[layer] += record.front_free - record.start;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const ProgramLayer& layer = in.program.layers[i];
    LayerFigures row;
    row.name = layer.name;
    row.op = layer.op;
    row.unit = layer.unit;
    if (last[i] >= 0) {
      row.start = first[i];
      row.end = last[i];
    }
    row.macs = layer.macs;
    const std::int64_t peak = peak_macs(in.platform.machine, layer.unit);
    if (peak > 0 && row.cycles() > 0) {
      row.utilization = static_cast<double>(layer.macs) / static_cast<double>(peak * row.cycles());
    }
    if (i < run.layer_critical_cycles.size()) row.critical_cycles = run.layer_critical_cycles[i];
    row.bound_by = critical_name(waited_for(run, static_cast<std::int32_t>(i), layer));
    if (row.critical_cycles > 0 && i < run.layer_critical_by.size()) {
      const auto& split = run.layer_critical_by[i];
      row.bound_by =
          critical_name(static_cast<std::size_t>(std::max_element(split.begin(), split.end()) - split.begin()));
    }
    if (i < in.power.layers.size()) {
      const LayerEnergy& energy = in.power.layers[i];
      row.energy_j = energy_of_one(energy.fj);
      row.energy_low_j = energy.joule.low / static_cast<double>(images);
      row.energy_high_j = energy.joule.high / static_cast<double>(images);
    }
    row.busy = busy[i];
    if (i < run.layer_actions.size()) find_traffic(run.layer_actions[i], row);
    if (i < an_image) layers.push_back(std::move(row));
    else add_repeated(row, layers[i % an_image]);
  }
  for (LayerFigures& row : layers) {
    row.dram_bytes /= in_flight;
    row.buffer_bits /= in_flight;
  }
}

// Sums of a layer are over the images that the program computes; when it ran and what it waited for, the first one's.
void Figures::add_repeated(const LayerFigures& row, LayerFigures& first) const {
  first.critical_cycles += row.critical_cycles;
  first.energy_j += row.energy_j;
  first.energy_low_j += row.energy_low_j;
  first.energy_high_j += row.energy_high_j;
  first.dram_bytes += row.dram_bytes;
  first.buffer_bits += row.buffer_bits;
}

void Figures::find_traffic(const ActionCounts& counts, LayerFigures& row) const {
  const std::int64_t groups = images / in_flight;
  row.dram_bytes = (counts[Action::dram_read_byte] + counts[Action::dram_write_byte]) / groups;
  for (const Action bits : {Action::act_binary_read, Action::act_binary_write, Action::act_fixed_read,
                            Action::act_fixed_write, Action::weights_binary_read, Action::weights_binary_write,
                            Action::weights_fixed_read, Action::weights_fixed_write, Action::accumulators_read,
                            Action::accumulators_write, Action::parameters_read, Action::parameters_write}) {
    row.buffer_bits += counts[bits] / groups;
  }
}

double Figures::dram_peak_bytes_per_s() const {
  const MachineParameters& machine = in.platform.machine;
  // Data pass at both edges of the memory's clock.
  const double bus = 2.0 * static_cast<double>(machine.memory.timing.clock_hz) *
                     static_cast<double>(machine.memory.width) * static_cast<double>(machine.memory.channels);
  const double port = static_cast<double>(machine.clock_hz) * static_cast<double>(machine.memory.port_width);
  return std::min(bus, port) / 8;
}

double Figures::buffer_peak_bits_per_s() const {
  std::int64_t bits = 0;
  for (std::size_t b = 0; b < in.platform.machine.buffers.size(); ++b) {
    if (static_cast<BufferId>(b) == BufferId::instructions) continue;
    bits += 2 * in.platform.machine.buffers[b].regions * in.platform.machine.buffers[b].width;
  }
  return static_cast<double>(bits) * static_cast<double>(in.platform.machine.clock_hz);
}

void Figures::find_units() {
  for (std::size_t u = 0; u < units.size(); ++u) {
    UnitFigures& row = units[u];
    row.name = unit_names[u];
    row.cycles = in.run.units[u];
    row.critical_cycles = critical_by[u];
    if (in.run.cycles > 0)
      row.busy_fraction = static_cast<double>(row.cycles.busy) / static_cast<double>(in.run.cycles);
    const std::int64_t peak = peak_macs(in.platform.machine, row.name);
    if (peak == 0) continue;
    std::int64_t useful = 0;
    for (const ProgramLayer& layer : in.program.layers) {
      if (layer.unit == row.name) useful += layer.macs * images / in_flight;
    }
    if (in.run.cycles > 0) row.utilization = static_cast<double>(useful) / static_cast<double>(peak * in.run.cycles);
    if (row.cycles.busy > 0) {
      row.mapping_efficiency = static_cast<double>(useful) / static_cast<double>(peak * row.cycles.busy);
    }
  }
}

void Figures::find_resources() {
  const Device& device = in.platform.device;
  const Limits& limits = in.platform.limits;
  used = convert("total", in.resources.total);
  available = {"available", device.dsp_slices, device.lut, device.ff, device.uram, static_cast<double>(device.bram36)};
  limit = {"limit",
           device.dsp_slices * limits.dsp / 100,
           device.lut * limits.lut / 100,
           device.ff * limits.ff / 100,
           device.uram * limits.uram / 100,
           static_cast<double>(device.bram36 * limits.bram36 / 100)};
  for (const ResourceEstimate::Part& part : in.resources.parts) parts.push_back(convert(part.unit, part.used));
  parts.push_back(convert("reserved", in.platform.reserved));
}

std::vector<std::string> cpu_operators(const Program& program) {
  std::vector<std::string> out;
  const auto add = [&](const std::vector<HostOp>& ops) {
    for (const HostOp& op : ops) {
      if (op.kind == HostOp::Kind::identity || op.kind == HostOp::Kind::reshape) continue;
      const std::string text = describe(op);
      if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
    }
  };
  add(program.host_input.ops);
  for (const HostOutput& output : program.host_outputs) add(output.ops);
  return out;
}

std::vector<std::pair<std::string, std::string>> parameter_list(Platform platform) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Leaf& leaf : platform_leaves(platform)) {
    if (leaf.path != "name" && leaf.path != "summary") out.emplace_back(leaf.path, leaf.value_text());
  }
  return out;
}

}  // namespace blendsim
