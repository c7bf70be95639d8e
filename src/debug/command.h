// SPDX-License-Identifier: Apache-2.0
// The commands of a session: one table, from which dispatch, help and completion follow.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "debug/arguments.h"

namespace blendsim::debug {

inline constexpr std::string_view move_group = "Moving through time", stop_group = "Stops", look_group = "Looking",
                                  other_group = "Other", hidden_group = "";

// What a command's words can be, for completion.
enum class Completes : std::uint8_t { nothing, units, places, tensors, words, topics, commands, movements };

struct DebugCommand {
  std::string_view name;
  std::string_view alias;  // a short one that is no other's beginning, or ""
  std::string_view usage;  // behind the name
  std::string_view group, summary;
  Completes completes;
  bool repeats;           // an empty line at a terminal performs it again
  std::string_view more;  // what `help NAME` adds
  std::string (*perform)(Bench& bench, Arguments& arguments);
};

[[nodiscard]] std::span<const DebugCommand> debug_commands();
// By name, alias or beginning of a name; refuses what is none or several.
[[nodiscard]] const DebugCommand& command_named(std::string_view word);
// "step [UNIT] [N]".
[[nodiscard]] std::string usage_of(const DebugCommand& command);

// --- commands_move.cpp
std::string perform_step(Bench& bench, Arguments& arguments);
std::string perform_next(Bench& bench, Arguments& arguments);
std::string perform_finish(Bench& bench, Arguments& arguments);
std::string perform_continue(Bench& bench, Arguments& arguments);
std::string perform_back(Bench& bench, Arguments& arguments);
std::string perform_reverse_step(Bench& bench, Arguments& arguments);
std::string perform_reverse_next(Bench& bench, Arguments& arguments);
std::string perform_reverse_finish(Bench& bench, Arguments& arguments);
std::string perform_reverse_continue(Bench& bench, Arguments& arguments);
std::string perform_goto(Bench& bench, Arguments& arguments);
inline constexpr std::string_view movements[] = {"step", "next", "finish", "continue"};

// --- commands_stop.cpp
std::string perform_break(Bench& bench, Arguments& arguments);
std::string perform_tbreak(Bench& bench, Arguments& arguments);
std::string perform_watch(Bench& bench, Arguments& arguments);
std::string perform_delete(Bench& bench, Arguments& arguments);
std::string perform_enable(Bench& bench, Arguments& arguments);
std::string perform_disable(Bench& bench, Arguments& arguments);
[[nodiscard]] std::string stops_text(const Bench& bench);
// What hits in the present cycle, a line each.
[[nodiscard]] std::string hits_text(Bench& bench);

// --- commands_look.cpp
std::string perform_where(Bench& bench, Arguments& arguments);
std::string perform_why(Bench& bench, Arguments& arguments);
std::string perform_list(Bench& bench, Arguments& arguments);
std::string perform_print(Bench& bench, Arguments& arguments);
std::string perform_examine(Bench& bench, Arguments& arguments);
std::string perform_info(Bench& bench, Arguments& arguments);
std::string perform_display(Bench& bench, Arguments& arguments);
std::string perform_undisplay(Bench& bench, Arguments& arguments);
struct Topic {
  std::string_view name, usage, summary;
  std::string (*show)(Bench& bench, Arguments& arguments);
};
[[nodiscard]] std::span<const Topic> topics();

// --- commands.cpp
std::string perform_help(Bench& bench, Arguments& arguments);
std::string perform_quit(Bench& bench, Arguments& arguments);
// Performs a line; `perform` of session.h without its catch.
std::string perform_line(Bench& bench, std::string_view line);

}  // namespace blendsim::debug
