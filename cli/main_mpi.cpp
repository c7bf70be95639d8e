// SPDX-License-Identifier: Apache-2.0
// blendsim-mpi: `explore` by the ranks of an MPI job. Every rank reads the command line, the study and its networks;
// rank 0 explores and says what there is to say, the others evaluate.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "cli/explore.h"
#include "cli/files.h"
#include "cli/interrupt.h"
#include "cli/program.h"
#include "explore/pool_mpi.h"

namespace {

namespace cli = blendsim::cli;
namespace mpi = boost::mpi;
using blendsim::ExitStatus;

constexpr std::string_view only_command = "explore";

// Launchers send these to every rank; what they mean rank 0 decides. MPI's own threads never hear them.
constexpr int signals[] = {SIGINT, SIGTERM, SIGUSR1};

void block_signals(bool blocked) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  ::sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, nullptr);
}

constexpr std::string_view help =
    R"(Searches a space of machines with the ranks of an MPI job: rank 0 leads, the others evaluate.

Usage: mpirun -n N blendsim-mpi explore [OPTIONS] STUDY
       srun --mpi=pmix -n N blendsim-mpi explore [OPTIONS] STUDY

Options are those of `blendsim explore --help`, but for --jobs: N says how many evaluate.
)";

std::shared_ptr<cli::ExploreArguments> declare(CLI::App& app) {
  cli::declare_program(app);
  app.formatter_fn([](const CLI::App*, std::string, CLI::AppFormatMode) { return std::string(help); });
  const auto all = cli::commands();
  const auto row = std::find_if(all.begin(), all.end(), [](const auto& c) { return c.name == only_command; });
  CLI::App& command = cli::add_command(app, *row);
  auto arguments = cli::add_explore_options(command);
  command.get_option("--jobs")->check(
      [](const std::string&) { return std::string("the ranks evaluate: mpirun -n N says how many"); });
  return arguments;
}

void refuse_other_commands(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  for (const cli::Command& command : cli::commands()) {
    if (command.name != word || word == only_command) continue;
    cli::usage_error(fmt::format("blendsim-mpi has no command but `{}`", only_command),
                     fmt::format("`blendsim {}` has this one", word));
  }
}

int lead(const mpi::communicator& ranks, int argc, char** argv) {
  cli::handle_interrupts();
  // mpirun passes it on, where Ctrl-C and SIGTERM make it end the job by itself.
  ::signal(SIGUSR1, [](int) { std::raise(SIGTERM); });
  block_signals(false);
  ::setenv("NO_COLOR", "1", 1);  // mpirun gives it a terminal, wherever what it says goes
  blendsim::explore::MpiLeader leader(ranks);
  const int status = cli::exit_status_of([&] {
    refuse_other_commands(argc, argv);
    CLI::App app{"Searches a space of machines with the ranks of an MPI job", "blendsim-mpi"};
    const auto arguments = declare(app);
    app.get_subcommand(std::string(only_command))->callback([&] {
      cli::explore_study(*arguments, [&](std::size_t, const auto& study, blendsim::explore::Work work) {
        return leader.pool(study, std::move(work));
      });
    });
    return cli::run_command_line(app, argc, argv, ExitStatus::done);
  });
  leader.end(status);
  return status;
}

// Says nothing: what is wrong in every rank rank 0 says, and what is wrong here alone it hears of.
int evaluate(const mpi::communicator& ranks, int argc, char** argv) {
  for (const int signal : signals) ::signal(signal, SIG_IGN);
  block_signals(false);
  blendsim::explore::MpiWorker worker(ranks);
  try {
    CLI::App app{"", "blendsim-mpi"};
    const auto arguments = declare(app);
    app.get_subcommand(std::string(only_command))->callback([&] {
      if (!arguments->evaluates()) return;
      cli::serve_study(*arguments, [&](const auto& study, const auto& work) { worker.serve(study, work); });
    });
    app.parse(argc, argv);
  } catch (const CLI::ParseError&) {
  } catch (...) {
    worker.fail(std::current_exception());
  }
  return worker.end();
}

}  // namespace

int main(int argc, char** argv) {
  block_signals(true);
  mpi::environment environment(argc, argv);
  const mpi::communicator ranks;
  bool ended = false;
  const int status = cli::exit_status_of([&] {
    const int given = ranks.rank() == 0 ? lead(ranks, argc, argv) : evaluate(ranks, argc, argv);
    ended = true;
    return static_cast<ExitStatus>(given);
  });
  if (!ended) environment.abort(status);  // the others would wait for this rank
  return status;
}
