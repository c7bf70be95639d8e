// SPDX-License-Identifier: Apache-2.0
#include "cli/candidates.h"

#include <algorithm>

#include "base/diagnostic_codes.h"
#include "cli/files.h"
#include "compiler/compile.h"
#include "explore/study.h"
#include "network/zoo.h"
#include "report/figures.h"

namespace blendsim::cli {

namespace {

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const PassDescription& pass : passes()) names.emplace_back(pass.name);
  return names;
}

std::vector<std::string> codes_and_passes() {
  std::vector<std::string> names(code_names.begin(), code_names.end());
  for (const std::string& pass : pass_names()) names.push_back(pass);
  return names;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const ZooEntry& entry : zoo_entries()) names.emplace_back(entry.name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : root(app).get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// "xnor_array.rows=": what --set takes, of whichever platform.
std::vector<std::string> platform_keys() {
  const ConfigPaths paths = config_paths();
  std::vector<std::string> keys;
  for (const auto& [key, value] : parameter_list(load_platform(platform_names(paths).front(), {}, paths)))
    keys.push_back(key + "=");
  return keys;
}

}  // namespace

Candidates candidates(const CLI::App& app, const std::string& kind) {
  if (kind == "FILE") return {{}, Paths::files};
  if (kind == "DIR") return {{}, Paths::folders};
  if (kind == "PLATFORM") return {platform_names(config_paths()), Paths::files};
  if (kind == "STUDY") return {explore::study_names(config_paths()), Paths::files};
  if (kind == "KEY=VALUE") return {platform_keys()};
  if (kind == "NETWORK") return {network_names()};
  if (kind == "PASS") return {pass_names()};
  if (kind == "CODE") return {codes_and_passes()};
  if (kind == "COMMAND") return {command_names(app)};
  return {choices(kind)};
}

Candidates positional_candidates(const CLI::App& command) {
  Candidates all;
  for (const OptionRow& row : option_rows(command)) {
    if (!row.positional()) continue;
    const Candidates own = candidates(command, row.kind);
    for (const std::string& word : own.words) {
      if (std::find(all.words.begin(), all.words.end(), word) == all.words.end()) all.words.push_back(word);
    }
    if (own.paths != Paths::none) all.paths = own.paths;
  }
  return all;
}

}  // namespace blendsim::cli
