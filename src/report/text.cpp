// SPDX-License-Identifier: Apache-2.0
// The report for people, read from its JSON: what `run` prints and what `report` prints later is one text.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/diagnostic.h"
#include "estimate/clock.h"
#include "report/activity.h"
#include "report/fields.h"
#include "report/format_text.h"

namespace blendsim {

namespace {

constexpr std::size_t header_indent = 10, indent = 12;  // of what follows a label

// Fields by path: "/power/total_w".
const Json& at(const Json& report, const char* path) { return report.at(Json::json_pointer(path)); }
std::int64_t whole(const Json& report, const char* path) { return at(report, path).get<std::int64_t>(); }
double real(const Json& report, const char* path) { return at(report, path).get<double>(); }
std::string text(const Json& report, const char* path) { return at(report, path).get<std::string>(); }
std::string unit_of(const Json& report, const char* path, const char* unit) {
  return engineering(real(report, path), unit);
}

std::string fraction_or_dash(const Json& value) { return value.is_null() ? "-" : percent(value.get<double>()); }

std::string share(std::int64_t part, std::int64_t of) {
  return percent(of > 0 ? static_cast<double>(part) / static_cast<double>(of) : 0.0);
}

std::string header(const Json& r, const TextLayout& layout) {
  std::string out =
      fmt::format("report    blendsim {}, digest {}\n", text(r, "/versions/blendsim"), text(r, "/digest"));
  out += fmt::format("network   {}: {} MAC, {} of them binary\n", text(r, "/network/name"),
                     grouped(whole(r, "/network/macs")), grouped(whole(r, "/network/binary_macs")));
  out += fmt::format("platform  {}: {}, {}\n", text(r, "/platform/name"), text(r, "/platform/device"),
                     unit_of(r, "/platform/clock_hz", "Hz"));
  for (const Json& change : at(r, "/platform/overrides"))
    out += fmt::format("          with {}\n", change.get<std::string>());
  const auto clock = [&](const char* path) { return clock_text(whole(r, path)); };
  out +=
      fmt::format("clock     {}~{} ({}..{}) by estimate: {} limits, {} levels from {} to {}, {} routing\n",
                  at(r, "/clock/above_estimate") == true ? painted("WARNING", Paint::caution, layout) + ", above " : "",
                  clock("/clock/fmax_hz"), clock("/clock/estimated_fmax_hz/0"), clock("/clock/estimated_fmax_hz/1"),
                  text(r, "/clock/limited_by"), whole(r, "/clock/levels"), text(r, "/clock/from"), text(r, "/clock/to"),
                  percent(1 - real(r, "/clock/logic_share")));
  const std::int64_t in_flight = r.at("program").value("images", 1);  // an earlier report has none
  out += fmt::format("program   {} instructions {}, {}\n", grouped(whole(r, "/program/instructions")),
                     in_flight == 1 ? "an inference" : fmt::format("for {} images side by side", in_flight),
                     at(r, "/program/resident") == true ? "resident on chip" : "fetched from DRAM");
  const std::int64_t count = whole(r, "/input/images");
  const std::string images = count == 1 ? "1 image" : fmt::format("{} images", count);
  if (at(r, "/input/source") == "random") {
    out += fmt::format("input     random, seed {} ({}): outputs are of a made-up input\n",
                       at(r, "/input/seed").get<std::uint64_t>(), images);
  } else {
    out += fmt::format("input     {} ({})\n", text(r, "/input/source"), images);
  }
  return out;
}

// The layers that the latency is made of come first.
std::string layers(const Json& r, const TextLayout& layout) {
  const std::int64_t images = whole(r, "/input/images");
  TextTable table({{"layer", true},
                   {"op", true, 4},
                   {"unit", true, 3},
                   {"start", false, 7},
                   {"end", false, 8},
                   {images > 1 ? "cycles, first" : "cycles"},
                   {images > 1 ? "critical, all" : "critical"},
                   {"MAC", false, 6},
                   {"util", false, 2},
                   {"bound by", true, 1},
                   {"energy", false, 5}},
                  "layers");
  for (const Json& l : at(r, "/layers")) {
    const auto cycles = [&](const char* key) { return grouped(l.at(key).get<std::int64_t>()); };
    table.row({text(l, "/name"), text(l, "/op"), text(l, "/unit"), cycles("start"), cycles("end"), cycles("cycles"),
               cycles("critical_cycles"), cycles("macs"), fraction_or_dash(l.at("utilization")), text(l, "/bound_by"),
               "~" + unit_of(l, "/energy_j", "J")},
              whole(l, "/critical_cycles"));
  }
  return table.text(layout);
}

// Units by their cycles on the critical path, most first; dispatch has what no unit has.
std::vector<std::pair<std::string, std::int64_t>> path_shares(const Json& r) {
  std::vector<std::pair<std::string, std::int64_t>> shares;
  std::int64_t rest = whole(r, "/cycles");
  for (const auto& [unit, row] : at(r, "/units").items()) {
    shares.emplace_back(unit, row.at("critical_cycles").get<std::int64_t>());
    rest -= shares.back().second;
  }
  shares.emplace_back("dispatch", rest);
  std::stable_sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return shares;
}

std::string bottleneck(const Json& r, const TextLayout& layout) {
  const auto shares = path_shares(r);
  const std::int64_t cycles = whole(r, "/cycles");
  std::string out = fmt::format("bottleneck  {}: {} of the critical path\n",
                                painted(shares[0].first, Paint::heading, layout), share(shares[0].second, cycles));
  // Where two units share the path, widening one alone moves the bottleneck to the other: name the second, and the
  // busiest.
  std::pair<std::string, double> busiest;
  for (const auto& [unit, row] : at(r, "/units").items()) {
    const auto fraction = row.at("busy_fraction").get<double>();
    if (busiest.first.empty() || fraction > busiest.second) busiest = {unit, fraction};
  }
  return out + fmt::format("            then {}: {}; busiest {}: {} of the cycles\n", shares[1].first,
                           share(shares[1].second, cycles), busiest.first, percent(busiest.second));
}

// Six digits, or all before the point.
std::string rate(double value) {
  if (value >= 1e6) return grouped(std::llround(value));
  std::string digits = fmt::format("{:.6g}", value);
  const std::size_t point = std::min(digits.find('.'), digits.size());
  if (value >= 1000) digits.replace(0, point, grouped(std::stoll(digits.substr(0, point))));
  return digits;
}

std::string totals(const Json& r, const TextLayout& layout) {
  const std::int64_t cycles = whole(r, "/cycles"), images = whole(r, "/input/images");
  const double clock = real(r, "/platform/clock_hz"), latency = real(r, "/latency_s");
  std::string out = fmt::format("cycles      {}{}, in {} of them a compute unit is busy\n", grouped(cycles),
                                images > 1 ? fmt::format(" for {} inferences", images) : "",
                                share(whole(r, "/compute_cycles"), cycles));
  const std::int64_t init = whole(r, "/init_cycles");
  const std::int64_t in_flight = r.at("program").value("images", 1);  // an earlier report has none
  out += fmt::format("latency     {} ({} cycles) {}, warm; before the first: init {} ({} cycles)\n",
                     engineering(latency, "s"), grouped(std::llround(latency * clock)),
                     in_flight == 1 ? "an inference" : fmt::format("for {} images side by side", in_flight),
                     engineering(static_cast<double>(init) / clock, "s"), grouped(init));
  if (real(r, "/host_overhead_s") > 0) {
    out += fmt::format("            not inside: host overhead {}\n", unit_of(r, "/host_overhead_s", "s"));
  }
  if (!at(r, "/inferences_per_s").is_null()) {
    out += fmt::format("throughput  {} inferences/s, one every {} cycles\n", rate(real(r, "/inferences_per_s")),
                       grouped(whole(r, "/interval_cycles")));
  } else if (latency > 0) {
    out += fmt::format("throughput  {} inferences/s one at a time (1 / latency)\n", rate(1.0 / latency));
  }
  const Json& per_watt = at(r, "/efficiency/gops_per_w");
  out += fmt::format("efficiency  {:.4g} GOP/s of {:.4g} at peak, ~{:.4g} GOP/s/W\n", real(r, "/efficiency/gops"),
                     real(r, "/efficiency/peak_gops"), per_watt.is_null() ? 0.0 : per_watt.get<double>());
  return out + bottleneck(r, layout);
}

// The accounts add up to the cycles: what they say already goes before one of them.
std::string unit_table(const Json& r, const TextLayout& layout) {
  TextTable table({{"unit", true},
                   {"busy"},
                   {"dependency", false, 2},
                   {"memory", false, 2},
                   {"downstream", false, 3},
                   {"fence", false, 4},
                   {"dispatch", false, 1},
                   {"idle", false, 1},
                   {"busy %", false, 5},
                   {"util", false, 6},
                   {"mapping", false, 7}});
  for (const auto& [unit, row] : at(r, "/units").items()) {
    std::vector<std::string> cells = {unit};
    for (const std::string_view activity : activity_names)
      cells.push_back(grouped(row.at(std::string(activity)).get<std::int64_t>()));
    for (const char* fraction : {"busy_fraction", "utilization", "mapping_efficiency"})
      cells.push_back(fraction_or_dash(row.at(fraction)));
    table.row(std::move(cells));
  }
  return table.text(layout);
}

std::string memory(const Json& r, const TextLayout& layout) {
  const Json& m = at(r, "/memory");
  const Json& rate = at(m, "/dram_achieved_bytes_per_s");
  const std::int64_t hits = whole(m, "/row_hits");
  std::string out =
      fmt::format("dram        read {} bytes, written {} bytes, {}; {} of {} column accesses hit an open row\n",
                  grouped(whole(m, "/dram_read_bytes")), grouped(whole(m, "/dram_write_bytes")),
                  engineering(rate.is_null() ? 0.0 : rate.get<double>(), "B/s"), grouped(hits),
                  grouped(hits + whole(m, "/row_misses")));
  TextTable table({{"buffer", true}, {"peak bits"}, {"capacity"}, {"used"}});
  for (const auto& [name, buffer] : at(m, "/buffers").items()) {
    const std::int64_t peak = whole(buffer, "/peak_bits"), capacity = whole(buffer, "/capacity_bits");
    table.row({name, grouped(peak), grouped(capacity), share(peak, capacity)});
  }
  return wrapped(out, indent, layout) + table.text(layout);
}

std::string resources(const Json& r, const TextLayout& layout) {
  const Json& used = at(r, "/resources");
  TextTable table({{"resource", true}, {"used"}, {"range"}, {"of device"}, {"limit"}});
  for (const std::string name : {"dsp", "lut", "ff", "bram36", "uram"}) {
    const double amount = used.at(name).get<double>(), available = used.at("available").at(name).get<double>();
    const bool estimated = used.at("range").contains(name);
    const auto bound = [&](std::size_t which) {
      return grouped(used.at("range").at(name).at(which).get<std::int64_t>());
    };
    const std::string number =
        name == "bram36" ? fmt::format("{}", amount) : grouped(used.at(name).get<std::int64_t>());
    table.row({name, (estimated ? "~" : "") + number, estimated ? bound(0) + ".." + bound(1) : "",
               available > 0 ? percent(amount / available) : (amount > 0 ? "none there" : "-"),
               grouped(std::llround(used.at("limit").at(name).get<double>()))});
  }
  std::string out = used.at("fits") == true ? fmt::format("fits        {}, within the platform's routing limits\n",
                                                          painted("yes", Paint::good, layout))
                                            : fmt::format("fits        {}\n", painted("NO", Paint::bad, layout));
  for (const Json& over : used.at("over")) out += fmt::format("            {}\n", over.get<std::string>());
  return table.text(layout) + wrapped(out, indent, layout);
}

// What the total's band comes from, the largest first.
std::string band_from(const Json& p) {
  std::vector<std::string> names;
  for (const Json& from : p.at("band_from")) names.push_back(text(from, "/constant"));
  return names.empty() ? "" : fmt::format("; the band is mostly {}", fmt::join(names, ", "));
}

std::string power(const Json& r) {
  const Json& p = at(r, "/power");
  const auto watt = [&](const char* key) { return unit_of(p, key, "W"); };
  std::string out =
      fmt::format("power       ~{} ({}..{}) at {:.6g} inferences a second, junction {:.0f} C{}{}\n", watt("/total_w"),
                  watt("/total_w_range/0"), watt("/total_w_range/1"), real(p, "/rate_per_s"),
                  real(p, "/junction_celsius"), p.at("too_hot") == true ? " (beyond 125 C: too hot)" : "",
                  p.at("fits") == true ? "" : "; DOES NOT FIT: the power of no board");
  out += fmt::format(
      "            core ~{} (static {}, clocks {}, working {}), other rails ~{}, processor ~{}, dram ~{}{}\n",
      watt("/rails/core"), watt("/rails/core_static"), watt("/rails/clock"), watt("/rails/dynamic"),
      watt("/rails/other"), watt("/rails/processor"), watt("/rails/dram"), band_from(p));
  if (p.contains("peak")) {  // not in a report of before
    const Json& peak = p.at("peak");
    out += fmt::format("            at most ~{} over {} cycles, in cycle {} to {}\n", unit_of(peak, "/total_w", "W"),
                       grouped(whole(peak, "/to_cycle") - whole(peak, "/from_cycle")),
                       grouped(whole(peak, "/from_cycle")), grouped(whole(peak, "/to_cycle") - 1));
  }
  out += fmt::format("energy      ~{} for one more inference, ~{} all in; data toggle {}\n",
                     unit_of(p, "/dynamic_energy_j", "J"), unit_of(p, "/energy_per_inference_j", "J"),
                     p.at("activity") == "sampled" ? "as sampled from this run" : "as in " + text(p, "/profile"));
  return out;
}

// `count` values of a row-major list from `first` on, the first twenty of them.
std::string values_text(const Json& values, std::size_t first, std::size_t count) {
  constexpr std::size_t shown = 20;
  const auto value = [&](std::size_t i) { return values.at(first + i).get<double>(); };
  bool integral = true;
  for (std::size_t i = 0; i < count; ++i)
    integral = integral && std::nearbyint(value(i)) == value(i) && std::abs(value(i)) < 1e9;
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, count); ++i) {
    out += integral ? fmt::format(" {}", static_cast<std::int64_t>(value(i))) : fmt::format(" {:.6g}", value(i));
  }
  if (count > shown) out += fmt::format(" ... ({} values)", count);
  return out;
}

std::string outputs(const Json& r) {
  constexpr std::size_t shown = 20;
  const Json& all = at(r, "/outputs");
  if (all.empty()) return "outputs     none: timing only\n";
  const auto images = static_cast<std::size_t>(whole(r, "/input/images"));
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, images); ++i) {
    for (const Json& output : all) {
      const std::size_t count = output.at("values").size() / images;
      out += fmt::format("output      {}{}:{}\n", text(output, "/name"), images > 1 ? fmt::format(" [{}]", i) : "",
                         values_text(output.at("values"), i * count, count));
    }
  }
  if (images > shown) out += fmt::format("            ... ({} images; --json has all)\n", images);
  if (at(r, "/input/source") == "random") out += "            of a random input: they mean nothing\n";
  return out;
}

std::string remarks(const Json& r) {
  std::string out;
  if (const Json& agreement = at(r, "/agreement"); !agreement.is_null()) {
    const std::int64_t inputs = whole(agreement, "/inputs");
    out += fmt::format("agreement   with the original in float32 on {} image{}: largest error {:.6g}, top-1 {}\n",
                       inputs, inputs == 1 ? "" : "s", real(agreement, "/max_abs_error"),
                       agreement.at("top1_equal") == true ? "equal" : "differs");
  }
  for (const Json& op : at(r, "/cpu_operators")) out += fmt::format("on the cpu  {}\n", op.get<std::string>());
  for (const Json& note : at(r, "/notes")) out += fmt::format("note        {}\n", note.get<std::string>());
  for (const Json& trace : r.value(Json::json_pointer("/host/traces"), Json::array()))
    out += fmt::format("note        trace {}\n", trace.get<std::string>());
  if (const std::size_t count = at(r, "/assumptions").size(); count > 0) {
    out +=
        fmt::format("assumptions {} of the platform's values are assumptions with a range; --json lists them\n", count);
  }
  return out;
}

}  // namespace

std::string report_text(const Json& report, const TextLayout& layout) {
  const auto lines = [&](const std::string& paragraph, std::size_t below = indent) {
    return wrapped(paragraph, below, layout);
  };
  std::string out = lines(header(report, layout), header_indent) + '\n' + layers(report, layout) + '\n';
  out += lines(totals(report, layout)) + '\n' + unit_table(report, layout) + '\n' + memory(report, layout) + '\n';
  return out + resources(report, layout) + '\n' + lines(power(report)) + '\n' + activity_text(report, layout) +
         lines(outputs(report) + remarks(report));
}

std::string report_text(const ReportInput& input, const TextLayout& layout) {
  return report_text(report_object(input), layout);
}

}  // namespace blendsim
