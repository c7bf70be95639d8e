// SPDX-License-Identifier: Apache-2.0
// blendsim explore: run a study, or go on with it, or look at what it found.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "cli/commands.h"
#include "cli/explore.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "cli/machine_evaluate.h"
#include "cli/terminal.h"
#include "cli/text_output.h"
#include "cli/validators.h"
#include "explore/exploration.h"
#include "explore/findings_text.h"
#include "explore/made_networks.h"
#include "explore/outer_method.h"
#include "explore/study_page.h"
#include "network/graph.h"
#include "network/normalise.h"
#include "network/quantise.h"
#include "page/page.h"
#include "session/networks.h"

namespace blendsim::cli {

namespace {

namespace ex = explore;

volatile std::sig_atomic_t interrupted = 0;

// The first SIGINT or SIGTERM lets the running batch end; the second ends the process, which loses that batch.
void end_after_this_batch(int signal) {
  if (interrupted != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  interrupted = 1;
}

// Quantises a study's network. Requantisers are not proven: a search asks for cycles, and for the loss in float32.
ex::QuantiseNetwork quantiser(const ex::QuantisedSource& source) {
  const Graph graph = normalise(import_onnx(source.network));
  const GraphInput& input = graph.inputs.front();
  std::optional<InputScale> scale;
  if (!source.scale.empty()) scale = parse_scale(source.scale, "networks.scale");
  std::vector<FloatArray> images{made_up_image(input.shape, 1)};
  if (!source.images.empty()) images = read_images(source.images, scale, input.name, input.shape);
  return [graph, images, bits = source.bits](const PrecisionPlan& plan) {
    const Quantised quantised = quantise(graph, {plan, bits, images});
    LoweringOptions options;
    options.prove = false;
    IntegerNetwork network = lower(quantised.graph, options);
    const QuantisationLoss loss = quantisation_loss(graph, quantised.graph, images);
    constexpr double equal = 1e-9;  // models take its logarithm
    network.noise = std::max(std::pow(10, -loss.sqnr_db / 20), equal);
    return network;
  };
}

// A study with all that evaluates its points.
struct Bench {
  explicit Bench(const std::string& file) : study(ex::read_study(file, config_paths())) {
    std::vector<std::string> digests;
    Evaluator::Task task{{}, study.figures, study.limits, study.must_fit, study.in_flight};
    for (const std::string& name : study.networks) {
      progress("lowering " + name);
      networks.push_back(std::make_unique<IntegerNetwork>(named_network(name)));
      digests.push_back(networks.back()->digest());
      task.networks.push_back(networks.back().get());
    }
    ex::set_network_digests(study, digests);
    study.identity.version = BLENDSIM_VERSION;
    if (!study.makes_networks())
      evaluator = std::make_unique<Evaluator>(*study.variants, std::move(task), machine_evaluate());
    else
      made = std::make_unique<ex::MadeNetworks>(study, machine_evaluate(),
                                                study.quantised ? quantiser(*study.quantised) : ex::QuantiseNetwork{});
  }

  [[nodiscard]] std::unique_ptr<ex::Method> method() const {
    ex::Point base = study.base_point();
    base.resize(study.asked_space().dimensions.size());
    ex::MethodContext context{study.asked_space(),
                              study.objectives,
                              study.seed,
                              std::move(base),
                              [this](const ex::Point& point) {
                                return made ? made->screen(point) : evaluator->screen(study.settings_of(point));
                              },
                              study.limits};
    if (made) context.simulated = [this](const ex::Point& point) { return made->figures(point); };
    context.oracle_figure = study.oracle_figure();
    context.scalar = study.scalar;
    const auto entries = ex::methods();
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [this](const ex::MethodEntry& m) { return m.name == study.method; });
    return ex::over_whole_space(entry->make(context), study);
  }

  [[nodiscard]] ex::Work work() const {
    if (made) return [this](const ex::Job& job) { return made->evaluate(job); };
    return ex::work_of(study, *evaluator);
  }

  ex::Study study;
  std::vector<std::unique_ptr<IntegerNetwork>> networks;
  std::unique_ptr<Evaluator> evaluator;    // of those, or
  std::unique_ptr<ex::MadeNetworks> made;  // of a program's
};

// What the journal holds, told batch after batch to whoever is given.
ex::Findings recall(const Bench& bench, const ex::Journal& journal, ex::Method* method) {
  ex::Findings findings(bench.study.objectives);
  const std::vector<ex::Trial> trials = journal.trials();
  auto next = trials.begin();
  for (const ex::BatchRecord& batch : journal.batches()) {
    const auto end = std::find_if(next, trials.end(), [&](const ex::Trial& t) { return t.id > batch.last; });
    const std::vector<ex::Trial> own(next, end);
    if (method != nullptr) method->tell(own);
    findings.add(batch, own);
    next = end;
  }
  return findings;
}

const ex::Trial& trial_of(const Bench& bench, const ex::Findings& findings, std::int64_t id) {
  const ex::Trial* trial = findings.find(id);
  if (trial != nullptr) return *trial;
  throw DiagnosticError("usage", {.file = bench.study.journal}, fmt::format("there is no point {}", id),
                        findings.front().members().empty()
                            ? "--show lists what there is"
                            : fmt::format("such as {}, which is on the front", findings.front().members().front().id));
}

class Screen {
 public:
  explicit Screen(const ex::Study& study) : study_(study), shown_(::isatty(STDERR_FILENO) != 0) {}
  ~Screen() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  void tell(const ex::Findings& findings, double per_second) {
    if (!shown_) return;
    const std::string line = ex::progress_line(study_, findings, per_second);
    std::cerr << "\r\033[K" << line.substr(0, terminal_layout(STDERR_FILENO).width - 1) << std::flush;
  }

 private:
  const ex::Study& study_;
  bool shown_;
};

ex::Findings run_study(const Bench& bench, std::size_t jobs, const PoolMaker& make_pool) {
  // Workers are processes of their own; they are made before anything else is open.
  const std::unique_ptr<ex::Pool> pool = make_pool(jobs, bench.study.identity, bench.work());
  ex::Journal journal(bench.study.journal, bench.study.identity, ex::Journal::Access::write);
  const std::unique_ptr<ex::Method> method = bench.method();
  const std::unique_ptr<ex::Oracle> oracle = ex::oracle_of(bench.study);
  std::optional<ex::Accuracies> accuracies;
  if (oracle) accuracies.emplace(bench.study, journal, *oracle);
  ex::Findings findings = recall(bench, journal, method.get());
  std::signal(SIGINT, end_after_this_batch);
  std::signal(SIGTERM, end_after_this_batch);
  Screen screen(bench.study);
  ex::explore(bench.study, findings, journal, *method, *pool,
              {[] { return interrupted != 0; }, [&](const ex::Findings& f, double rate) { screen.tell(f, rate); }},
              accuracies ? &*accuracies : nullptr);
  return findings;
}

void look_at(const ExploreArguments& arguments, const Bench& bench, const ex::Findings& findings,
             const PoolMaker& make_pool) {
  const TextOutput text = text_output(arguments.text, {arguments.csv, arguments.html});
  if (arguments.take >= 0) {
    const ex::Trial& trial = trial_of(bench, findings, arguments.take);
    write_text(arguments.output, ex::platform_text(bench.study, trial));
    if (!is_standard_output(arguments.output))
      text.stream << fmt::format("wrote {}: point {}\n", arguments.output, trial.id);
    return;
  }
  if (arguments.why >= 0) {
    ex::Trial trial = trial_of(bench, findings, arguments.why);
    const std::unique_ptr<ex::Pool> pool = make_pool(arguments.jobs, bench.study.identity, bench.work());
    trial = ex::evaluated_again(bench.study, trial, *pool);
    text.stream << ex::why_text(bench.study, trial, ex::evaluated_neighbours(bench.study, trial, *pool), text.layout);
    return;
  }
  if (!arguments.csv.empty()) write_text(arguments.csv, ex::csv_text(bench.study, findings));
  if (!arguments.html.empty()) {
    const ex::Journal journal(bench.study.journal, bench.study.identity, ex::Journal::Access::read);
    const Json page = ex::study_page(bench.study, findings, journal.batches(), arguments.study);
    write_text(arguments.html, page_html(std::span(&page, 1)));
  }
  text.stream << ex::findings_text(bench.study, findings, text.layout);
}

}  // namespace

void explore_study(const ExploreArguments& arguments, const PoolMaker& make_pool) {
  const Bench bench(arguments.study);
  keep_apart({arguments.study}, {bench.study.journal, arguments.csv, arguments.html,
                                 arguments.take >= 0 ? arguments.output : std::string()});
  if (arguments.only_looks()) {
    const ex::Journal journal(bench.study.journal, bench.study.identity, ex::Journal::Access::read);
    look_at(arguments, bench, recall(bench, journal, nullptr), make_pool);
  } else {
    look_at(arguments, bench, run_study(bench, arguments.jobs, make_pool), make_pool);
  }
}

void serve_study(const ExploreArguments& arguments, const Server& serve) {
  const Bench bench(arguments.study);
  serve(bench.study.identity, bench.work());
}

std::shared_ptr<ExploreArguments> add_explore_options(CLI::App& command) {
  auto a = std::make_shared<ExploreArguments>();
  command.add_option("STUDY", a->study, "Study: what is varied, what is sought; a file, or the name of a shipped one")
      ->type_name("STUDY")
      ->required();
  const std::string results = "Results", search = "Search";
  command.add_option("--jobs", a->jobs, "Processes that evaluate; what is found stays the same")
      ->type_name("N")
      ->check(whole_number(true))
      ->capture_default_str()
      ->group(search);
  auto* show = command.add_flag("--show", a->show, "Evaluate nothing: what the journal holds")->group(results);
  auto* why = command.add_option("--why", a->why, "Evaluate the neighbours of this point and say which are better")
                  ->type_name("POINT")
                  ->check(whole_number(false))
                  ->excludes(show)
                  ->group(results);
  auto* take = command.add_option("--take", a->take, "Write this point as a platform")
                   ->type_name("POINT")
                   ->check(whole_number(false))
                   ->excludes(show)
                   ->excludes(why)
                   ->group(results);
  command.add_option("-o,--output", a->output, "Platform to write; - is standard output")
      ->type_name("FILE")
      ->capture_default_str()
      ->needs(take)
      ->group(results);
  command.add_option("--csv", a->csv, "Write every compiled point as a table; - is standard output")
      ->type_name("FILE")
      ->excludes(why)
      ->excludes(take)
      ->group(results);
  command.add_option("--html", a->html, "Write the study as a page; - is standard output")
      ->type_name("FILE")
      ->excludes(why)
      ->excludes(take)
      ->group(results);
  add_quiet_option(command, a->text);
  add_wide_option(command, a->text);
  add_all_option(command, a->text, "points");
  return a;
}

void declare_explore(CLI::App& command, ExitStatus&) {
  const std::shared_ptr<ExploreArguments> a = add_explore_options(command);
  command.callback([a] {
    explore_study(*a, [](std::size_t jobs, const ex::StudyIdentity&, ex::Work work) {
      return jobs > 1 ? ex::fork_pool(jobs, std::move(work)) : ex::local_pool(std::move(work));
    });
  });
}

}  // namespace blendsim::cli
