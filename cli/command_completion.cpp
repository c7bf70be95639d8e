// SPDX-License-Identifier: Apache-2.0
// blendsim completion: the completion script of a shell.
#include <iostream>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/option_tree.h"
#include "cli/validators.h"

namespace blendsim::cli {

void declare_completion(CLI::App& command, ExitStatus&) {
  auto shell = std::make_shared<std::string>();
  add_choice(command, "SHELL", *shell, "bash|zsh|fish", "Shell")->required();
  command.callback([shell, &command] {
    const CLI::App& app = root(command);
    std::cout << (*shell == "bash"  ? bash_completion(app)
                  : *shell == "zsh" ? zsh_completion(app)
                                    : fish_completion(app));
  });
}

}  // namespace blendsim::cli
