// SPDX-License-Identifier: Apache-2.0
// blendsim help: what --help prints, of blendsim or of a command.
#include <unistd.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "cli/usage.h"

namespace blendsim::cli {

void declare_help(CLI::App& command, ExitStatus&) {
  auto name = std::make_shared<std::string>();
  command.add_option("COMMAND", *name, "Command to describe; without it blendsim is")->type_name("COMMAND");
  command.callback([name, &command] {
    const CLI::App& app = *command.get_parent();
    if (name->empty()) {
      std::cout << help_text(app, terminal_layout(STDOUT_FILENO));
      return;
    }
    check_command(app, *name);
    std::cout << help_text(*app.get_subcommand(*name), terminal_layout(STDOUT_FILENO));
  });
}

}  // namespace blendsim::cli
