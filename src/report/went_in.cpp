// SPDX-License-Identifier: Apache-2.0
#include "report/went_in.h"

#include <fmt/format.h>

namespace blendsim {

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

namespace {

// Options of `run`, as they are given; an earlier report knows none.
std::string options_text(const Json& body) {
  if (!body.contains("run")) return "no option";
  const Json& run = body.at("run");
  std::string out;
  if (run.at("timing_only") == true) out += " --timing-only";
  if (!run.at("stall_seed").is_null()) out += " --stalls " + run.at("stall_seed").dump();
  for (const Json& flip : run.at("flips")) out += " --flip " + flip.get<std::string>();
  if (run.contains("power_window") && !run.at("power_window").is_null())
    out += " --power-window " + run.at("power_window").dump();
  if (body.contains("activity")) out += " --activity=" + body.at("activity").at("every").dump();
  return out.empty() ? "no option" : out.substr(1);
}

}  // namespace

std::vector<std::string> what_went_in(const Json& a, const Json& b) {
  std::vector<std::string> out;
  const auto differ = [&](const std::string& label, const Json& x, const Json& y) {
    if (x != y) out.push_back(fmt::format("{}: {} -> {}", label, text_of(x), text_of(y)));
  };
  differ("versions.blendsim", a.at("versions").at("blendsim"), b.at("versions").at("blendsim"));
  for (const std::string key : {"name", "digest", "macs"})
    differ("network." + key, a.at("network").at(key), b.at("network").at(key));
  for (const std::string key : {"source", "seed", "images", "digest"})
    differ("input." + key, a.at("input").at(key), b.at("input").at(key));
  differ("run", options_text(a), options_text(b));
  differ("platform.name", a.at("platform").at("name"), b.at("platform").at("name"));
  const Json& before = a.at("platform").at("parameters");
  const Json& after = b.at("platform").at("parameters");
  for (const auto& [key, value] : before.items()) {
    differ("platform." + key, value, after.contains(key) ? after.at(key) : Json(nullptr));
  }
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key)) differ("platform." + key, nullptr, value);
  }
  const auto images = [](const Json& body) { return body.at("program").value("images", 1); };
  differ("program.images", images(a), images(b));
  differ("program.digest", a.at("program").at("digest"), b.at("program").at("digest"));
  return out;
}

}  // namespace blendsim
