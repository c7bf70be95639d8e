// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "debug/command.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

constexpr std::array command_table = {
    DebugCommand{"step", "s", "[UNIT] [N]", move_group, "to the next cycle in which something starts or ends",
                 Completes::units, true, "With a unit: to the next start of one of its instructions. N: so often.",
                 perform_step},
    DebugCommand{"next", "n", "[N]", move_group, "to where the next layer begins", Completes::nothing, true,
                 "A layer begins with the start of its first instruction, in each image.", perform_next},
    DebugCommand{"finish", "f", "[UNIT|LAYER]", move_group, "to the end of the image, or of what UNIT or LAYER runs",
                 Completes::places, true,
                 "A unit that waits: to the end of what it will run. Backwards it is the beginning.", perform_finish},
    DebugCommand{"continue", "c", "[N]", move_group, "to the next stop, or to the end", Completes::nothing, true,
                 "N: to the N-th.", perform_continue},
    DebugCommand{"back", "", "[step|next|finish|continue ...]", move_group,
                 "the same backwards (rs, rn, rf, rc); alone: step", Completes::movements, true,
                 "reverse-step, reverse-next, reverse-finish and reverse-continue are names of the four.",
                 perform_back},
    DebugCommand{"goto", "g", "PLACE", move_group, "CYCLE, init:CYCLE, +N, -N, #INSTRUCTION, LAYER, start, end, -",
                 Completes::places, false, "Also `image N`. `-` is where the last command that moved came from.",
                 perform_goto},
    DebugCommand{"reverse-step", "rs", "[UNIT] [N]", hidden_group, "step backwards", Completes::units, true, "",
                 perform_reverse_step},
    DebugCommand{"reverse-next", "rn", "[N]", hidden_group, "next backwards", Completes::nothing, true, "",
                 perform_reverse_next},
    DebugCommand{"reverse-finish", "rf", "[UNIT|LAYER]", hidden_group, "finish backwards: to the beginning",
                 Completes::places, true, "", perform_reverse_finish},
    DebugCommand{"reverse-continue", "rc", "[N]", hidden_group, "continue backwards", Completes::nothing, true, "",
                 perform_reverse_continue},

    DebugCommand{
        "break", "b", "WHERE", stop_group, "CYCLE, LAYER, UNIT, #N, image [N], stall N [UNIT], saturation [LAYER]",
        Completes::places, false,
        "Layers may be patterns (* and ?). `layer NAME`, `unit NAME` where a word could be both. A stall stops\n"
        "where a wait of at least N cycles begins, a saturation where post_unit clamps a value.",
        perform_break},
    DebugCommand{"tbreak", "tb", "WHERE", hidden_group, "break that goes with its first hit", Completes::places, false,
                 "", perform_tbreak},
    DebugCommand{"watch", "", "PLACE", stop_group,
                 "BUFFER REGION ADDRESS [BANK], or TENSOR[c][y][x]: when it is written", Completes::words, false,
                 "Stops where an instruction starts that writes the word, with the word before and behind it.",
                 perform_watch},
    DebugCommand{"delete", "d", "[N...]", stop_group, "stops by number, or all; `disable` and `enable` likewise",
                 Completes::nothing, false, "", perform_delete},
    DebugCommand{"disable", "", "[N...]", hidden_group, "stops by number, or all", Completes::nothing, false, "",
                 perform_disable},
    DebugCommand{"enable", "", "[N...]", hidden_group, "stops by number, or all", Completes::nothing, false, "",
                 perform_enable},

    DebugCommand{"where", "w", "", look_group, "what each unit does and waits for, since when, until when",
                 Completes::nothing, false, "", perform_where},
    DebugCommand{"why", "", "[UNIT]", look_group, "the present wait, down to what it waits for in the end",
                 Completes::units, false, "", perform_why},
    DebugCommand{"list", "l", "[UNIT|LAYER|#N]", look_group, "the instructions around, or of a layer",
                 Completes::places, false, "", perform_list},
    DebugCommand{"print", "p", "WHAT", look_group,
                 "TENSOR[c][y][x], #N, BUFFER REGION ADDRESS [COUNT], or a topic of info", Completes::tensors, false,
                 "Indices may be ranges: conv1[3][0:4][7]. print/x: words as hexadecimal numbers.", perform_print},
    DebugCommand{"x", "", "BUFFER REGION ADDRESS [COUNT]", look_group, "words of a buffer, and who wrote them",
                 Completes::words, false, "x/x: as hexadecimal numbers.", perform_examine},
    DebugCommand{"info", "i", "[TOPIC]", look_group, "units, queues, tokens, dram, layers, buffers, tensors, ...",
                 Completes::topics, false, "", perform_info},
    DebugCommand{"display", "", "[COMMAND]", look_group, "perform a command at each stop; `undisplay [N]` ends it",
                 Completes::commands, false, "", perform_display},
    DebugCommand{"undisplay", "", "[N]", hidden_group, "end a display, or all", Completes::nothing, false, "",
                 perform_undisplay},

    DebugCommand{"help", "h", "[COMMAND]", other_group, "this, or more of one command", Completes::commands, false, "",
                 perform_help},
    DebugCommand{"quit", "q", "", other_group, "leave", Completes::nothing, false, "", perform_quit},
};

}  // namespace

std::span<const DebugCommand> debug_commands() { return command_table; }

std::string usage_of(const DebugCommand& command) {
  return std::string(command.name) + (command.usage.empty() ? "" : " ") + std::string(command.usage);
}

const DebugCommand& command_named(std::string_view word) {
  std::vector<std::string> begun, all;
  const DebugCommand* found = nullptr;
  for (const DebugCommand& command : command_table) {
    if (command.name == word || command.alias == word) return command;
    all.emplace_back(command.name);
    if (!command.name.starts_with(word)) continue;
    found = &command;
    begun.emplace_back(command.name);
  }
  if (begun.size() == 1) return *found;
  if (begun.size() > 1) {
    std::string names;
    for (const std::string& name : begun) names += (names.empty() ? "" : ", ") + name;
    refuse(fmt::format("'{}' begins several commands", word), names);
  }
  const std::string near = nearest(word, all);
  refuse(fmt::format("no command is named '{}'", word),
         near.empty() ? "`help` lists them" : fmt::format("did you mean '{}'?", near));
}

std::string perform_help(Bench&, Arguments& arguments) {
  if (!arguments.empty()) {
    const DebugCommand& command = command_named(arguments.take());
    std::string out = fmt::format("{}: {}\n", usage_of(command), command.summary);
    if (!command.alias.empty()) out += fmt::format("short: {}\n", command.alias);
    return out + std::string(command.more) + (command.more.empty() ? "" : "\n");
  }
  std::string out;
  std::string_view group;
  for (const DebugCommand& command : command_table) {
    if (command.group == hidden_group) continue;
    if (command.group != group) out += std::string(command.group) + '\n';
    group = command.group;
    out += fmt::format("  {:<2} {:<9} {}\n", command.alias, command.name, command.summary);
  }
  return out + "Beginnings of names do. An empty line moves again. `help COMMAND` says more.\n";
}

std::string perform_quit(Bench& bench, Arguments& arguments) {
  arguments.done("quit");
  bench.over = true;
  return {};
}

std::string perform_line(Bench& bench, std::string_view line) {
  Arguments words(line);
  std::string first = words.take();
  // "x/x ..." is "x /x ...".
  std::string form;
  if (const std::size_t slash = first.find('/'); slash != std::string::npos) {
    form = first.substr(slash) + ' ';
    first.resize(slash);
  }
  const DebugCommand& command = command_named(first);
  if (form.empty()) return command.perform(bench, words);
  const std::size_t behind = line.find('/') + form.size() - 1;
  Arguments with_form(form + std::string(line.substr(behind)));
  return command.perform(bench, with_form);
}

}  // namespace blendsim::debug
