// SPDX-License-Identifier: Apache-2.0
#include "report/saved_report.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/diagnostic.h"

namespace blendsim {

namespace {

Json parse(const std::string& path) {
  constexpr int deepest = 64;  // a report nests eight levels; what is read is walked recursively
  constexpr std::size_t largest = std::size_t{1} << 28;  // bytes; a device or a pipe may have no end
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw DiagnosticError("file-unreadable", {.file = path}, fmt::format("cannot be read: {}", std::strerror(errno)),
                          "check the path and its permissions");
  }
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

Json taken(Json& from, const std::string& key) {
  if (!from.contains(key)) return nullptr;
  Json out = std::move(from.at(key));
  from.erase(key);
  return out;
}

void require_digest(const std::string& path, const std::string& what, const Json& said, const std::string& found) {
  if (said == found) return;
  throw DiagnosticError("report-damaged", {.file = path},
                        fmt::format("{} has the digest {}, but the file says {}: it was edited or damaged", what, found,
                                    said.is_string() ? said.get<std::string>() : said.dump()),
                        "write it again with `blendsim run --json`");
}

}  // namespace

SavedReport read_report(const std::string& path) {
  SavedReport read{.body = parse(path), .digest = {}, .host = {}, .timeline = {}};
  if (!read.body.is_object() || !read.body.contains("schema") ||
      (read.body.at("schema") != report_schema && read.body.at("schema") != earlier_report_schema)) {
    throw DiagnosticError("report-schema", {.file = path}, fmt::format("expected a report of schema {}", report_schema),
                          "`blendsim run --json` writes one");
  }
  if (!read.body.contains("digest") || !read.body.at("digest").is_string()) {
    throw DiagnosticError("report-schema", {.file = path}, "the report has no digest",
                          "`blendsim run --json` writes one");
  }
  read.digest = taken(read.body, "digest");
  read.host = taken(read.body, "host");
  read.timeline = taken(read.body, "timeline");
  require_digest(path, "its content", read.digest, report_digest(read.body));
  if (!read.timeline.is_null()) {
    Json rest = read.timeline;
    const Json said = rest.is_object() ? taken(rest, "digest") : Json(nullptr);
    require_digest(path, "its timeline", said, report_digest(rest));
  }
  return read;
}

void require_schemas_equal(const std::string& path, const SavedReport& report, const SavedReport& first) {
  if (report.body.at("schema") == first.body.at("schema")) return;
  throw DiagnosticError(
      "report-schema", {.file = path},
      fmt::format("a report of schema {} beside one of schema {}: their powers mean different things",
                  report.body.at("schema").get<std::string>(), first.body.at("schema").get<std::string>()),
      "write both with this version of blendsim");
}

Json SavedReport::whole() const {
  Json out = {{"schema", body.at("schema")}, {"digest", digest}};
  out.update(body);
  if (!host.is_null()) out["host"] = host;
  if (!timeline.is_null()) out["timeline"] = timeline;
  return out;
}

}  // namespace blendsim
