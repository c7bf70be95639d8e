// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/fields.h"
#include "report/format_text.h"

namespace blendsim {

namespace {

constexpr std::size_t header_indent = 10, indent = 12;  // of what follows a label

std::string fraction_or_dash(const std::optional<double>& value) { return value ? percent(*value) : "-"; }

std::string header(const Figures& f, const std::string& digest, const TextLayout& layout) {
  const ReportInput& in = f.in;
  std::string out = fmt::format("report    blendsim {}, digest {}\n", in.version, digest);
  out += fmt::format("network   {}: {} MAC, {} of them binary\n", in.program.network, grouped(f.macs),
                     grouped(f.binary_macs));
  out += fmt::format("platform  {}: {}, {}\n", in.platform.name, in.platform.device.name,
                     engineering(static_cast<double>(in.platform.machine.clock_hz), "Hz"));
  const auto hertz = [](std::int64_t value) { return engineering(static_cast<double>(value), "Hz"); };
  const LongestPath& path = in.clock.limit().path;
  out += fmt::format("clock     {}~{} ({}..{}) by estimate: {} limits, {} levels from {} to {}, {} routing\n",
                     f.clock_above_estimate() ? painted("WARNING", Paint::caution, layout) + ", above " : "",
                     hertz(in.clock.fmax_hz), hertz(in.clock.low_hz), hertz(in.clock.high_hz), in.clock.limit().unit,
                     path.levels, path.from, path.to, percent(1 - f.logic_share()));
  for (const std::string& change : in.platform.overrides) out += fmt::format("          with {}\n", change);
  out += fmt::format("program   {} instructions an inference, {}\n", grouped(f.instructions),
                     in.program.resident ? "resident on chip" : "fetched from DRAM");
  const std::string images = f.images == 1 ? "1 image" : fmt::format("{} images", f.images);
  if (in.input_source == "random") {
    out += fmt::format("input     random, seed {} ({}): outputs are of a made-up input\n", in.input_seed, images);
  } else {
    out += fmt::format("input     {} ({})\n", in.input_source, images);
  }
  return out;
}

// The layers that the latency is made of come first.
std::string layers(const Figures& f, const TextLayout& layout) {
  TextTable table({{"layer", true},
                   {"op", true, 4},
                   {"unit", true, 3},
                   {"start", false, 7},
                   {"end", false, 8},
                   {"cycles"},
                   {"critical"},
                   {"MAC", false, 6},
                   {"util", false, 2},
                   {"bound by", true, 1},
                   {"energy", false, 5}},
                  "layers");
  for (const LayerFigures& l : f.layers) {
    table.row({l.name, l.op, l.unit, grouped(l.start), grouped(l.end), grouped(l.cycles()), grouped(l.critical_cycles),
               grouped(l.macs), fraction_or_dash(l.utilization), l.bound_by, "~" + engineering(l.energy_j, "J")},
              l.critical_cycles);
  }
  return table.text(layout);
}

std::string share(Cycles part, Cycles whole) {
  return percent(whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0);
}

std::string totals(const Figures& f, const TextLayout& layout) {
  const Run& run = f.in.run;
  const std::size_t worst = f.bottleneck();
  std::string out = fmt::format("cycles      {}{}, in {} of them a compute unit is busy\n", grouped(run.cycles),
                                f.images > 1 ? fmt::format(" for {} inferences", f.images) : "",
                                share(run.compute_cycles, run.cycles));
  out += fmt::format("latency     {} ({} cycles) an inference, warm; before the first: init {} ({} cycles)\n",
                     engineering(f.seconds(f.latency), "s"), grouped(f.latency),
                     engineering(f.seconds(run.init_cycles), "s"), grouped(run.init_cycles));
  if (f.in.platform.host_overhead_ns > 0) {
    out += fmt::format("            not inside: host overhead {}\n",
                       engineering(static_cast<double>(f.in.platform.host_overhead_ns) / 1e9, "s"));
  }
  if (f.interval) {
    out += fmt::format("throughput  {:.6g} inferences/s, one every {} cycles\n", 1.0 / f.seconds(*f.interval),
                       grouped(*f.interval));
  } else if (f.latency > 0) {
    out += fmt::format("throughput  {:.6g} inferences/s one at a time (1 / latency)\n", 1.0 / f.seconds(f.latency));
  }
  out += fmt::format("efficiency  {:.4g} GOP/s of {:.4g} at peak, ~{:.4g} GOP/s/W\n", f.gops, f.peak_gops,
                     f.in.power.total_w > 0 ? f.gops / f.in.power.total_w : 0.0);
  out += fmt::format("bottleneck  {}: {} of the critical path\n", painted(critical_name(worst), Paint::heading, layout),
                     share(f.critical_by[worst], run.cycles));
  // Where two units share the path, widening one alone moves the bottleneck to the other: name the second, and the
  // busiest.
  const std::size_t second = f.second_on_path();
  const auto busiest = static_cast<std::size_t>(
      std::max_element(f.units.begin(), f.units.end(),
                       [](const UnitFigures& a, const UnitFigures& b) { return a.busy_fraction < b.busy_fraction; }) -
      f.units.begin());
  out += fmt::format("            then {}: {}; busiest {}: {} of the cycles\n", critical_name(second),
                     share(f.critical_by[second], run.cycles), critical_name(busiest),
                     percent(f.units[busiest].busy_fraction));
  return out;
}

std::string unit_table(const Figures& f, const TextLayout& layout) {
  TextTable table({{"unit", true},
                   {"busy"},
                   {"dependency", false, 2},
                   {"memory", false, 2},
                   {"downstream", false, 3},
                   {"fence", false, 6},
                   {"dispatch", false, 4},
                   {"idle", false, 5},
                   {"busy %", false, 1},
                   {"util", false, 1},
                   {"mapping", false, 7}});
  for (const UnitFigures& u : f.units) {
    const UnitCycles& c = u.cycles;
    table.row({u.name, grouped(c.busy), grouped(c.stall_dependency), grouped(c.stall_memory),
               grouped(c.stall_downstream), grouped(c.stall_fence), grouped(c.stall_dispatch), grouped(c.idle),
               percent(u.busy_fraction), fraction_or_dash(u.utilization), fraction_or_dash(u.mapping_efficiency)});
  }
  return table.text(layout);
}

std::string memory(const Figures& f, const TextLayout& layout) {
  const MemoryCounts& m = f.in.run.memory;
  const double rate = f.in.run.cycles > 0 ? static_cast<double>(m.read_bytes + m.write_bytes) / f.run_seconds() : 0.0;
  std::string out =
      fmt::format("dram        read {} bytes, written {} bytes, {}; {} of {} column accesses hit an open row\n",
                  grouped(m.read_bytes), grouped(m.write_bytes), engineering(rate, "B/s"), grouped(m.row_hits),
                  grouped(m.row_hits + m.row_misses));
  TextTable table({{"buffer", true}, {"peak bits"}, {"capacity"}, {"used"}});
  for (std::size_t b = 0; b < f.in.program.buffers.size() && b < buffer_names.size(); ++b) {
    const std::int64_t capacity = f.in.platform.machine.buffers[b].capacity_bits();
    const std::int64_t peak = f.in.program.buffers[b].peak_bits;
    table.row({std::string(buffer_names[b]), grouped(peak), grouped(capacity), share(peak, capacity)});
  }
  return wrapped(out, indent, layout) + table.text(layout);
}

std::string resources(const Figures& f, const TextLayout& layout) {
  const ResourceEstimate& r = f.in.resources;
  const auto band = [](std::int64_t value, double low, double high) {
    return fmt::format("{}..{}", grouped(std::llround(static_cast<double>(value) * low)),
                       grouped(std::llround(static_cast<double>(value) * high)));
  };
  TextTable table({{"resource", true}, {"used"}, {"range"}, {"of device"}, {"limit"}});
  const auto row = [&](const std::string& name, const std::string& used, double amount, const std::string& range,
                       double available, double limit) {
    table.row({name, used, range, available > 0 ? percent(amount / available) : (amount > 0 ? "none there" : "-"),
               fmt::format("{:.0f}", limit)});
  };
  const auto number = [](auto value) { return static_cast<double>(value); };
  row("dsp", grouped(f.used.dsp), number(f.used.dsp), "", number(f.available.dsp), number(f.limit.dsp));
  row("lut", "~" + grouped(f.used.lut), number(f.used.lut), band(f.used.lut, r.lut_low, r.lut_high),
      number(f.available.lut), number(f.limit.lut));
  row("ff", "~" + grouped(f.used.ff), number(f.used.ff), band(f.used.ff, r.ff_low, r.ff_high), number(f.available.ff),
      number(f.limit.ff));
  row("bram36", fmt::format("{}", f.used.bram36), f.used.bram36, "", f.available.bram36, f.limit.bram36);
  row("uram", grouped(f.used.uram), number(f.used.uram), "", number(f.available.uram), number(f.limit.uram));
  std::string out =
      r.fits ? fmt::format("fits        {}, below the platform's routing limits\n", painted("yes", Paint::good, layout))
             : fmt::format("fits        {}\n", painted("NO", Paint::bad, layout));
  for (const std::string& over : r.over) out += fmt::format("            {}\n", over);
  return table.text(layout) + wrapped(out, indent, layout);
}

std::string power(const Figures& f) {
  const PowerEstimate& p = f.in.power;
  std::string out = fmt::format(
      "power       ~{} ({}..{}), back to back at {} C: static ~{}, dynamic ~{}, dram ~{}; processor not modelled\n",
      engineering(p.total_w, "W"), engineering(p.low_w, "W"), engineering(p.high_w, "W"),
      f.in.platform.junction_celsius, engineering(p.static_w, "W"), engineering(p.dynamic_w, "W"),
      engineering(p.dram_w, "W"));
  out += fmt::format("energy      ~{} an inference; actions counted, how their data toggle is assumed\n",
                     engineering(p.energy_per_inference_j, "J"));
  return out;
}

std::string values_text(const std::vector<float>& values) {
  constexpr std::size_t shown = 20;
  const bool integral =
      std::all_of(values.begin(), values.end(), [](float v) { return std::nearbyint(v) == v && std::abs(v) < 1e9F; });
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, values.size()); ++i) {
    out += integral ? fmt::format(" {}", static_cast<std::int64_t>(values[i])) : fmt::format(" {:.6g}", values[i]);
  }
  if (values.size() > shown) out += fmt::format(" ... ({} values)", values.size());
  return out;
}

std::string outputs(const Figures& f) {
  constexpr std::size_t shown = 20;
  if (f.in.outputs.empty()) return "outputs     none: timing only\n";
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, f.in.outputs.size()); ++i) {
    for (std::size_t o = 0; o < f.in.outputs[i].size(); ++o) {
      const std::string name = o < f.in.output_names.size() ? f.in.output_names[o] : std::to_string(o);
      out += fmt::format("output      {}{}:{}\n", name, f.images > 1 ? fmt::format(" [{}]", i) : "",
                         values_text(f.in.outputs[i][o].values));
    }
  }
  if (f.in.outputs.size() > shown)
    out += fmt::format("            ... ({} images; --json has all)\n", f.in.outputs.size());
  if (f.in.input_source == "random") out += "            of a random input: they mean nothing\n";
  return out;
}

std::string remarks(const Figures& f) {
  const ReportInput& in = f.in;
  std::string out;
  if (in.agreement) {
    out += fmt::format("agreement   with the original in float32 on {} image{}: largest error {:.6g}, top-1 {}\n",
                       in.agreement->inputs, in.agreement->inputs == 1 ? "" : "s", in.agreement->max_abs_error,
                       in.agreement->top1_equal ? "equal" : "differs");
  }
  for (const std::string& op : in.cpu_operators) out += fmt::format("on the cpu  {}\n", op);
  for (const std::string& note : f.notes) out += fmt::format("note        {}\n", note);
  if (!in.platform.assumptions.empty()) {
    out += fmt::format("assumptions {} of the platform's values are assumptions with a range; --json lists them\n",
                       in.platform.assumptions.size());
  }
  return out;
}

}  // namespace

std::string report_text(const ReportInput& input, const TextLayout& layout) {
  const Figures f(input);
  const std::string digest = report_digest(report_body(f));
  const auto lines = [&](const std::string& text, std::size_t below = indent) { return wrapped(text, below, layout); };
  std::string out = lines(header(f, digest, layout), header_indent) + '\n' + layers(f, layout) + '\n';
  out += lines(totals(f, layout)) + '\n' + unit_table(f, layout) + '\n' + memory(f, layout) + '\n';
  return out + resources(f, layout) + '\n' + lines(power(f)) + '\n' + lines(outputs(f) + remarks(f));
}

}  // namespace blendsim
