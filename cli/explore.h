// SPDX-License-Identifier: Apache-2.0
// What `blendsim explore` and `blendsim-mpi explore` have in common: options, and what is done. They differ in who
// evaluates points, which each says by what it hands over.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/text_output.h"
#include "explore/journal.h"
#include "explore/pool.h"

namespace blendsim::cli {

struct ExploreArguments {
  std::string study, output = "-", csv, html;
  std::size_t jobs = 1;
  bool show = false;
  std::int64_t why = -1, take = -1;
  TextOptions text;

  // Whether it looks at what the journal holds, rather than to go on with it.
  [[nodiscard]] bool only_looks() const { return show || why >= 0 || take >= 0; }
  [[nodiscard]] bool evaluates() const { return !show && take < 0; }
};

// Who evaluates the study's points by `work`; called once at most, before a journal is open to write.
using PoolMaker = std::function<std::unique_ptr<explore::Pool>(std::size_t jobs, const explore::StudyIdentity& study,
                                                               explore::Work work)>;
// Evaluates points of the study by `work` for another process, until that has no more of them.
using Server = std::function<void(const explore::StudyIdentity& study, const explore::Work& work)>;

// Declares the options, which parsing then fills.
[[nodiscard]] std::shared_ptr<ExploreArguments> add_explore_options(CLI::App& command);
// All of the command. Throws DiagnosticError.
void explore_study(const ExploreArguments& arguments, const PoolMaker& make_pool);
// The part of a process that evaluates for the one that explores: it has the study and its networks, and neither
// journal nor method nor output.
void serve_study(const ExploreArguments& arguments, const Server& serve);

}  // namespace blendsim::cli
