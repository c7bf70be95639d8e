// SPDX-License-Identifier: Apache-2.0
// configs/activity/MODULE.yaml: how often the primitives of a synthesised module toggle for each thing that it does.
// scripts/activity.sh makes these files from netlists; nobody types them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "platform/platform.h"
#include "power/densities.h"
#include "power/primitives.h"

namespace blendsim {

struct ModuleActivity {
  std::string version;     // of the synthesis that was counted
  std::string fitted;      // networks and platforms that it was fitted to
  std::int64_t error = 0;  // per cent: of the module's energy on what was held out, the sum of the differences' sizes
  std::map<std::string, Amounts, std::less<>> terms;  // toggles for one of each (terms.h)

  // InvariantError: there is no such term.
  [[nodiscard]] const Amounts& operator[](std::string_view term) const;
};

struct ActivityModel {
  std::map<std::string, ModuleActivity, std::less<>> modules;  // by file
  Densities profile;     // of the networks that were fitted to: for runs that know no values
  std::string profiled;  // which networks these are

  // InvariantError: there is no such module.
  [[nodiscard]] const ModuleActivity& operator[](std::string_view file) const;
};

// Reads every file that activity_files() names, and profile.yaml. Throws DiagnosticError naming file:line:
// file-unreadable, unknown-key, missing-key, out-of-range, ...
[[nodiscard]] ActivityModel load_activity(const ConfigPaths& paths);

}  // namespace blendsim
