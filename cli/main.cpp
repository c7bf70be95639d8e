// SPDX-License-Identifier: Apache-2.0
// blendsim: the command line. The table of subcommands is in commands.cpp; what their options mean is in docs/cli.md.
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  namespace cli = blendsim::cli;
  cli::handle_interrupts();
  return cli::exit_status_of([&] {
    blendsim::ExitStatus status = blendsim::ExitStatus::done;
    CLI::App app{"Cycle-accurate, bit-exact simulator of NeuroBlend-class neural-network accelerators", "blendsim"};
    cli::declare_program(app);
    for (const cli::Command& command : cli::commands()) command.declare(cli::add_command(app, command), status);
    return cli::run_command_line(app, argc, argv, status);
  });
}
