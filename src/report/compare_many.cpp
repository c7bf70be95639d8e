// SPDX-License-Identifier: Apache-2.0
// Any number of reports in one table: a row a report, and a row a layer.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "report/format_text.h"
#include "report/saved_report.h"
#include "report/saved_run.h"
#include "report/went_in.h"

namespace blendsim {

namespace {

// 0 is A, 25 is Z, 26 is AA.
std::string letter(std::size_t n) {
  std::string text;
  for (++n; n > 0; n = (n - 1) / 26) text.insert(text.begin(), static_cast<char>('A' + (n - 1) % 26));
  return text;
}

// `value` beside the first report's, in percent.
std::string change(double first, double value) {
  return first == 0 ? "-" : fmt::format("{:+.1f} %", 100 * (value - first) / first);
}

double number(const Json& value) { return value.is_number() ? value.get<double>() : 0; }

// The layer with most cycles on the critical path, and the unit that it is bound by.
std::string longest_layer(const Json& body) {
  const Json* longest = nullptr;
  for (const Json& layer : body.at("layers")) {
    if (longest == nullptr || layer.at("critical_cycles") > longest->at("critical_cycles")) longest = &layer;
  }
  if (longest == nullptr) return {};
  return fmt::format("{} ({})", longest->at("name").get<std::string>(), longest->at("bound_by").get<std::string>());
}

// What differs before the first cycle, and whether the outputs do, beside the first report.
std::string causes_text(const std::string& path_a, const Json& a, const std::string& path, const Json& body, bool all) {
  constexpr std::size_t most = 6;
  std::vector<std::string> lines = what_went_in(a, body);
  // Another network or program is told by other lines; another input may be told by this one alone.
  std::erase_if(lines, [](const std::string& line) {
    return line.starts_with("network.digest: ") || line.starts_with("program.digest: ");
  });
  if (!a.at("outputs").empty() && !body.at("outputs").empty() && a.at("outputs") != body.at("outputs"))
    lines.emplace_back("OUTPUTS DIFFER");
  std::string text;
  for (std::size_t i = 0; i < lines.size() && (all || i < most); ++i) text += fmt::format("     {}\n", lines[i]);
  if (!all && lines.size() > most)
    text += fmt::format("     and {} more: `blendsim compare {} {}`\n", lines.size() - most, path_a, path);
  return text;
}

bool same_images(const std::vector<SavedReport>& reports) {
  return std::all_of(reports.begin(), reports.end(), [&](const SavedReport& report) {
    return report.body.at("input").at("images") == reports.front().body.at("input").at("images");
  });
}

std::string figures(const std::vector<std::string>& paths, const std::vector<SavedReport>& reports,
                    const TextLayout& layout) {
  std::string names;
  const bool batches = !same_images(reports);
  std::vector<Column> columns = {{"", true},
                                 {"platform", true},
                                 {"cycles"},
                                 {batches ? "an image, to A" : "to A"},
                                 {"latency", false, 1},
                                 {"energy"},
                                 {"to A"},
                                 {"fits", true},
                                 {"lut", false, 3},
                                 {"dsp", false, 4},
                                 {"longest layer", true, 2}};
  if (batches) columns.insert(columns.begin() + 2, {"images"});
  TextTable table(columns);
  const auto cycles_of = [](const SavedReport& r) { return r.body.at("cycles").get<Cycles>(); };
  const auto images_of = [](const SavedReport& r) { return r.body.at("input").at("images").get<std::int64_t>(); };
  const auto cycles_an_image = [&](const SavedReport& r) {
    return static_cast<double>(cycles_of(r)) / static_cast<double>(std::max<std::int64_t>(images_of(r), 1));
  };
  const auto energy_of = [](const SavedReport& r) { return number(r.body.at("power").at("energy_per_inference_j")); };
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const Json& body = reports[i].body;
    names += fmt::format("{}  {}: {}, digest {}\n", letter(i), paths[i],
                         body.at("network").at("name").get<std::string>(), reports[i].digest.get<std::string>());
    names += wrapped(causes_text(paths[0], reports[0].body, paths[i], body, layout.all), 7, layout);
    const Json& used = body.at("resources");
    std::vector<std::string> row = {letter(i),
                                    body.at("platform").at("name").get<std::string>(),
                                    grouped(cycles_of(reports[i])),
                                    change(cycles_an_image(reports[0]), cycles_an_image(reports[i])),
                                    engineering(body.at("latency_s").get<double>(), "s"),
                                    engineering(energy_of(reports[i]), "J"),
                                    change(energy_of(reports[0]), energy_of(reports[i])),
                                    used.at("fits").get<bool>() ? "yes" : "NO",
                                    grouped(used.at("lut").get<std::int64_t>()),
                                    grouped(used.at("dsp").get<std::int64_t>()),
                                    longest_layer(body)};
    if (batches) row.insert(row.begin() + 2, grouped(images_of(reports[i])));
    table.row(std::move(row));
  }
  return names + '\n' + table.text(layout);
}

// Critical cycles of each layer, which add up to a report's cycles; in the order in which layers first come.
std::string layers(const std::vector<SavedRun>& runs, const TextLayout& layout) {
  std::vector<std::string> names;
  std::vector<Column> columns = {{"critical cycles", true}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    columns.push_back({letter(i)});
    for (const SavedRun::Layer& layer : runs[i].layers) {
      if (std::find(names.begin(), names.end(), layer.name) == names.end()) names.push_back(layer.name);
    }
  }
  TextTable table(columns, "layers");
  for (const std::string& name : names) {
    std::vector<std::string> row = {name};
    Cycles most = 0;
    for (const SavedRun& run : runs) {
      const auto at = std::find_if(run.layers.begin(), run.layers.end(), [&](const auto& l) { return l.name == name; });
      row.push_back(at == run.layers.end() ? "-" : grouped(at->critical));
      if (at != run.layers.end()) most = std::max(most, at->critical);
    }
    const bool same = std::all_of(row.begin() + 1, row.end(), [&](const std::string& cell) { return cell == row[1]; });
    if (!same) table.row(std::move(row), most);
  }
  return table.text(layout);
}

}  // namespace

Comparison compare_reports(const std::vector<std::string>& paths, const TextLayout& layout) {
  if (paths.size() == 2) return compare_reports(paths[0], paths[1], layout);
  std::vector<SavedReport> reports;
  std::vector<SavedRun> runs;
  for (const std::string& path : paths) {
    reports.push_back(read_report(path));
    require_schemas_equal(path, reports.back(), reports.front());
    runs.push_back(read_saved_run(path));
  }
  Comparison out;
  out.equal = std::all_of(reports.begin(), reports.end(), [&](const SavedReport& report) {
    return digested(report.body) == digested(reports.front().body);
  });
  try {
    out.text = figures(paths, reports, layout) + '\n' +
               (out.equal ? std::string("the reports are equal\n") : layers(runs, layout));
  } catch (const nlohmann::json::exception& problem) {
    throw DiagnosticError("report-schema", {.file = "one of the reports"},
                          fmt::format("a field of the schema is missing or of another type: {}", problem.what()),
                          "write the reports with this version of blendsim");
  }
  return out;
}

}  // namespace blendsim
