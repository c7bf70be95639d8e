// SPDX-License-Identifier: Apache-2.0
#include "report/saved_report.h"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "base/diagnostic.h"
#include "report/saved_run.h"

namespace blendsim {

namespace {

Json parse(const std::string& path) {
  constexpr int deepest = 64;  // a report nests six levels; what is read is walked recursively
  constexpr std::size_t largest = std::size_t{1} << 28;  // bytes; a device or a pipe may have no end
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 1 << 16> block{};
  while (text.size() <= largest && (file.read(block.data(), block.size()) || file.gcount() > 0)) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof()) {
    throw DiagnosticError(
        "file-unreadable", {.file = path},
        text.size() > largest ? "it holds more than 256 MiB, which no report does" : "the report cannot be read",
        "check the path");
  }
  bool too_deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > deepest;
    return depth <= deepest;
  };
  Json json = Json::parse(text, shallow, false);
  if (json.is_discarded() || too_deep) {
    throw DiagnosticError("file-damaged", {.file = path}, "this is not well-formed JSON",
                          "write it again with `blendsim run --json`");
  }
  return json;
}

}  // namespace

SavedReport read_report(const std::string& path) {
  Json json = parse(path);
  if (!json.is_object() || !json.contains("schema") || json.at("schema") != report_schema) {
    throw DiagnosticError("report-schema", {.file = path}, fmt::format("expected a report of schema {}", report_schema),
                          "`blendsim run --json` writes one");
  }
  if (!json.contains("digest") || !json.at("digest").is_string()) {
    throw DiagnosticError("report-schema", {.file = path}, "the report has no digest",
                          "`blendsim run --json` writes one");
  }
  SavedReport read{std::move(json), nullptr};
  read.digest = read.body.at("digest");
  read.body.erase("digest");
  read.body.erase("host");
  const std::string found = report_digest(read.body);
  if (read.digest != found) {
    throw DiagnosticError("report-damaged", {.file = path},
                          fmt::format("its content has the digest {}, but the file says {}: it was edited or damaged",
                                      found, read.digest.get<std::string>()),
                          "write it again with `blendsim run --json`");
  }
  return read;
}

namespace {

UnitCycles account_of(const Json& row) {
  UnitCycles account;
  for (std::size_t a = 0; a < activity_names.size(); ++a)
    account[static_cast<Activity>(a)] = row.at(std::string(activity_names[a])).get<Cycles>();
  return account;
}

}  // namespace

SavedRun read_saved_run(const std::string& path) {
  const Json body = read_report(path).body;
  SavedRun run;
  try {
    run.network = body.at("network").at("name").get<std::string>();
    run.platform = body.at("platform").at("name").get<std::string>();
    run.program_digest = body.at("program").at("digest").get<std::string>();
    run.cycles = body.at("cycles").get<Cycles>();
    for (const Json& row : body.at("layers")) {
      run.layers.push_back({row.at("name").get<std::string>(), row.at("bound_by").get<std::string>(),
                            row.at("start").get<Cycles>(), row.at("end").get<Cycles>(),
                            row.at("critical_cycles").get<Cycles>()});
    }
    for (const auto& [unit, row] : body.at("units").items()) run.units.push_back({unit, account_of(row)});
  } catch (const nlohmann::json::exception& problem) {
    throw DiagnosticError("report-schema", {.file = path},
                          fmt::format("a field of the schema is missing or of another type: {}", problem.what()),
                          "write the report with this version of blendsim");
  }
  return run;
}

}  // namespace blendsim
