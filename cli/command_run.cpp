// SPDX-License-Identifier: Apache-2.0
// blendsim run: simulate a network or a program and report.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "cli/agreement.h"
#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/expect.h"
#include "cli/files.h"
#include "cli/loading.h"
#include "cli/tensors.h"
#include "cli/terminal.h"
#include "cli/text_output.h"
#include "cli/trace_options.h"
#include "cli/upset.h"
#include "cli/validators.h"
#include "estimate/estimate.h"
#include "page/page.h"
#include "page/timeline.h"
#include "page/timeline_recorder.h"
#include "replay/file.h"
#include "replay/recorder.h"
#include "report/fields.h"
#include "sim/machine.h"

namespace blendsim::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  LoadArguments load;
  InputArguments input;
  TextOptions text;
  ExpectArguments expect;
  std::vector<std::string> expected;  // files
  TraceArguments trace;
  std::string json, html, tensors, record;
  std::vector<std::string> flips;
  bool records = false;
  bool timing_only = false, check = false, agreement = false;
  std::uint64_t stalls = 0;
  PowerConditions conditions;
  std::size_t jobs = 1;
  std::int64_t activity = 0;  // one of so many instructions; 0: not asked for
};

// Linux' own count where there is one: getrusage begins with what the process held that started this one.
std::int64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    long long kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %lld kB", &kilobytes) == 1) return kilobytes * 1024;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::vector<std::vector<FloatArray>> finish_outputs(const Program& program, const Run& run) {
  std::vector<std::vector<FloatArray>> out;
  for (const auto& image : run.outputs) {
    std::vector<FloatArray>& arrays = out.emplace_back();
    for (std::size_t o = 0; o < image.size(); ++o) arrays.push_back(finish_output(program.host_outputs[o], image[o]));
  }
  return out;
}

bool wants_timeline(const Arguments& arguments) { return arguments.records || !arguments.html.empty(); }

// What power is worked out from, of one platform, which must outlive it.
struct PowerBasis {
  explicit PowerBasis(const Platform& platform)
      : technology(load_technology(platform.technology, config_paths())),
        activity(load_activity(config_paths())),
        resources(estimate_resources(platform)),
        model(platform, resources, technology, activity) {}
  PowerBasis(const PowerBasis&) = delete;
  PowerBasis& operator=(const PowerBasis&) = delete;
  ~PowerBasis() = default;

  Technology technology;
  ActivityModel activity;
  ResourceEstimate resources;
  PowerModel model;
};

Cycles power_window(const Arguments& arguments, const Run& run) {
  const Cycles chosen = arguments.trace.options.power_window.value_or(0);
  return chosen != 0 ? chosen : default_window(run.completions.front());
}

UpsetRun simulate(const Arguments& arguments, const Loaded& loaded, const Inputs& inputs, const PowerModel& model,
                  TimelineRecorder& timeline, std::vector<TraceNote>& traces, Outputs& outputs) {
  progress(fmt::format("simulating {} inference{}", inputs.images.size(), inputs.images.size() == 1 ? "" : "s"));
  RunOptions options;
  options.values = !arguments.timing_only;
  options.check_hazards = arguments.check;
  options.capture_tensors = !arguments.tensors.empty() || !arguments.expect.path.empty();
  options.stall_seed = arguments.stalls;
  options.activity_every = arguments.activity;
  constexpr std::size_t most_kept = 16;  // the report needs the first image's; a batch would take 45 KB an image more
  options.keep_records = inputs.quantised.size() <= most_kept || !arguments.expect.path.empty();  // names any's writer
  if (wants_timeline(arguments)) options.consumers.push_back(&timeline);
  TrafficRecorder traffic;
  if (!arguments.record.empty()) options.consumers.push_back(&traffic);
  UpsetRun out;
  out.run = run_traced(
      arguments.trace, loaded, options,
      [&](const RunOptions& traced) {
        if (arguments.flips.empty())
          return run_batch(loaded.platform.machine, loaded.program, inputs.quantised, traced, arguments.jobs);
        UpsetRun upset = run_upsets(loaded, inputs, traced, arguments.flips);
        out.text = std::move(upset.text);
        return std::move(upset.run);
      },
      [&](const Run& run, const ExecutedRecorder& executed) {
        const PowerEstimate power = estimate_power(run, static_cast<std::int64_t>(inputs.images.size()), model);
        return EnergyOverTime(loaded.program, model, run, power)
            .windows(executed.records(), executed.from(), executed.to(), power_window(arguments, run));
      },
      traces, outputs);
  if (!arguments.record.empty()) {
    outputs.write(
        [&] { write_text(arguments.record, traffic_text(traffic.traffic(loaded.program, loaded.platform))); });
  }
  return out;
}

void keep_files_apart(const Arguments& arguments, const std::string& platform, const NamedArrays& arrays) {
  std::vector<std::string> read = arguments.input.files, written = {arguments.json, arguments.html, arguments.record};
  read.insert(read.end(), {arguments.load.file, platform});
  read.insert(read.end(), arguments.expected.begin(), arguments.expected.end());
  written.insert(written.end(), arguments.trace.files.begin(), arguments.trace.files.end());
  if (!arguments.tensors.empty()) {
    for (const auto& [name, array] : arrays) written.push_back(tensor_path(arguments.tensors, name));
  }
  keep_apart(read, written);
  std::error_code error;  // names that it will have are not known before the run
  if (std::filesystem::equivalent(arguments.expect.path, arguments.tensors, error))
    usage_error(fmt::format("{} is to be read and written", arguments.tensors), "write the tensors to another folder");
}

// What a run came to, and what it took.
struct Outcome {
  Inputs inputs;
  Run run;
  TimelineRecorder recorder;  // where a timeline is asked for
  std::string upset;          // what became of --flip
  NamedArrays tensors;
  std::vector<TraceNote> traces;
  double simulation_s = 0;
};

Outcome simulate_and_collect(const Arguments& arguments, const Loaded& loaded, const PowerModel& model,
                             Outputs& outputs) {
  Outcome out;
  out.inputs = prepare_inputs(arguments.input, loaded.program);
  if (const auto above = clock_warning(loaded.platform)) warning(*above);  // the report has a line of its own for it
  const auto begin = Clock::now();
  UpsetRun run = simulate(arguments, loaded, out.inputs, model, out.recorder, out.traces, outputs);
  out.run = std::move(run.run);
  part_images(loaded.program, out.run);
  out.upset = std::move(run.text);
  out.simulation_s = seconds_since(begin);
  for (const TraceNote& trace : out.traces) {
    if (trace.is_warning) warning("trace " + trace.text);
    else if (!arguments.text.quiet) std::cerr << "trace " << trace.text << "\n";
  }
  if (!out.run.tensors.empty()) out.tensors = named_arrays(loaded, out.run, out.inputs);
  return out;
}

std::vector<std::string> remarks(const Arguments& arguments, const Outcome& outcome) {
  std::vector<std::string> out = outcome.inputs.warnings;
  for (const std::string& flip : arguments.flips)
    out.push_back(fmt::format("upset {}: the values are not a sound run's", flip));
  if (arguments.stalls != 0) {
    out.push_back(
        fmt::format("random stalls, seed {}: the outputs are the machine's, the cycles are not", arguments.stalls));
  }
  return out;
}

std::vector<std::string> warnings_of(const std::vector<TraceNote>& traces) {
  std::vector<std::string> out;
  for (const TraceNote& trace : traces) {
    if (trace.is_warning) out.push_back(trace.text);
  }
  return out;
}

RunChoices choices(const Arguments& arguments) {
  RunChoices out{.timing_only = arguments.timing_only, .stall_seed = {}, .flips = arguments.flips};
  if (arguments.stalls != 0) out.stall_seed = arguments.stalls;
  if (const Cycles window = arguments.trace.options.power_window.value_or(0); window != 0) out.power_window = window;
  return out;
}

std::vector<std::string> output_names(const Program& program) {
  std::vector<std::string> names;
  for (std::size_t o = 0; o < program.outputs_an_image(); ++o) names.push_back(program.host_outputs[o].name);
  return names;
}

// The report as JSON and as a page.
void write_files(const Arguments& arguments, const Loaded& loaded, const Outcome& outcome, const Json& report,
                 const PowerModel& power, Outputs& outputs) {
  if (arguments.json.empty() && arguments.html.empty()) return;
  Json whole = report;
  if (wants_timeline(arguments)) {
    whole["timeline"] =
        timeline_json({loaded.program, loaded.platform, power, outcome.run, outcome.recorder.recording()});
  }
  if (!arguments.json.empty())
    outputs.write([&] { write_text(arguments.json, json_text(arguments.records ? whole : report)); });
  if (!arguments.html.empty()) outputs.write([&] { write_text(arguments.html, page_html(std::span(&whole, 1))); });
}

// Of the first inference, whose records every run has.
PowerPeak peak_of(const Arguments& arguments, const Loaded& loaded, const Run& run, const PowerModel& model,
                  const PowerEstimate& power) {
  const Cycles end = run.completions.front();
  const std::span<const InstructionRecord> records(run.records);
  const auto first = std::find_if(records.begin(), records.end(), [](const auto& r) { return r.image > 0; });
  const PowerWindows windows = EnergyOverTime(loaded.program, model, run, power)
                                   .windows({records.begin(), first}, 0, end, power_window(arguments, run));
  return find_peak(windows, power, loaded.platform.machine.clock_hz);
}

void write_report(const Arguments& arguments, const Loaded& loaded, const Outcome& outcome, const PowerBasis& basis,
                  Clock::time_point begin, Outputs& outputs) {
  const PowerEstimate power = estimate_power(outcome.run, static_cast<std::int64_t>(outcome.inputs.images.size()),
                                             basis.model, arguments.conditions);
  const ClockEstimate clock = estimate_clock(loaded.platform);
  ReportInput report{.program = loaded.program,
                     .platform = loaded.platform,
                     .run = outcome.run,
                     .resources = basis.resources,
                     .power = power,
                     .peak = peak_of(arguments, loaded, outcome.run, basis.model, power),
                     .clock = clock,
                     .input_source = outcome.inputs.source,
                     .input_seed = outcome.inputs.seed,
                     .input_digest = outcome.inputs.digest,
                     .choices = choices(arguments),
                     .outputs = finish_outputs(loaded.program, outcome.run),
                     .output_names = output_names(loaded.program),
                     .cpu_operators = cpu_operators(loaded.program),
                     .agreement = {},
                     .host = {},
                     .version = BLENDSIM_VERSION,
                     .remarks = remarks(arguments, outcome)};
  if (arguments.agreement)
    report.agreement = find_agreement(arguments.load.file, arguments.load.reading.shape, outcome.inputs, report.outputs,
                                      report.output_names);
  report.host = {seconds_since(begin), outcome.simulation_s, peak_memory_bytes(), warnings_of(outcome.traces)};
  if (!arguments.tensors.empty()) outputs.write([&] { write_tensors(arguments.tensors, outcome.tensors); });
  const Json whole = report_object(report);
  write_files(arguments, loaded, outcome, whole, basis.model, outputs);
  const TextOutput text = text_output(arguments.text, {arguments.json, arguments.html, arguments.record});
  text.stream << report_text(whole, text.layout);
  if (outcome.upset.empty()) return;
  if (arguments.text.quiet) std::cerr << outcome.upset;
  else text.say('\n' + outcome.upset, 4);
}

bool run(Arguments& arguments) {
  const bool wants_values = !arguments.tensors.empty() || !arguments.expect.path.empty() || arguments.agreement;
  if (arguments.timing_only && wants_values) {
    usage_error("--timing-only computes no values", "leave out --timing-only, or --tensors, --expect and --agreement");
  }
  if (arguments.timing_only && arguments.activity != 0) {
    usage_error("--timing-only computes no values, and --activity tells how they change", "leave one of them out");
  }
  if (!arguments.flips.empty() && (arguments.timing_only || arguments.jobs > 1)) {
    usage_error("--flip needs the values, in one process", "leave out --timing-only and --jobs");
  }
  if (arguments.stalls != 0 && !arguments.record.empty()) {
    usage_error("--record keeps what a memory's answers decide, and --stalls delays besides", "leave one of them out");
  }
  arguments.expected = expected_files(arguments.expect);
  keep_files_apart(arguments, arguments.load.platform, {});
  const auto begin = Clock::now();
  const Loaded loaded = load(arguments.load);
  if (loaded.program.assumed) {
    if (wants_values || arguments.activity != 0 || !arguments.flips.empty()) {
      usage_error(
          "what is quantised on an assumption has no values: --tensors, --expect, --agreement, --activity and --flip "
          "need them",
          "--calibrate IMAGES finds ranges, and values are computed then");
    }
    arguments.timing_only = true;
  }
  if (arguments.agreement && !loaded.network) {
    usage_error("--agreement needs the original network, a program no longer has it", "run the ONNX file");
  }
  Outputs outputs;
  const PowerBasis basis(loaded.platform);
  const Outcome outcome = simulate_and_collect(arguments, loaded, basis.model, outputs);
  keep_files_apart(arguments, loaded.platform.file, outcome.tensors);  // now the tensors' names are known
  write_report(arguments, loaded, outcome, basis, begin, outputs);
  bool as_expected = true;
  if (!arguments.expect.path.empty()) {
    std::ostream& out = text_output(arguments.text, {arguments.json, arguments.html, arguments.record}).stream;
    as_expected =
        meets_expectation(arguments.expect, arguments.expected, loaded, outcome.run, outcome.tensors,
                          finish_outputs(loaded.program, outcome.run), out, arguments.text.quiet ? std::cerr : out);
  }
  outputs.throw_if_any();
  return as_expected;
}

}  // namespace

void declare_run(CLI::App& command, ExitStatus& status) {
  auto a = std::make_shared<Arguments>();
  a->trace.options.power_window = 0;
  add_load_options(command, a->load);
  add_input_options(command, a->input);
  add_expect_options(command, a->expect);
  const std::string simulation = "Simulation", results = "Results";
  command.add_flag("--timing-only", a->timing_only, "Compute no values: same cycles, no outputs")->group(simulation);
  command.add_flag("--check", a->check, "Watch for hazards and unwritten reads")->group(simulation);
  command
      .add_option("--rate", a->conditions.rate,
                  "Inferences a second for which power and energy are stated; without it, back to back")
      ->type_name("R");
  command
      .add_option("--ambient", a->conditions.ambient_celsius,
                  "Temperature around the board; without it, the platform's")
      ->type_name("CELSIUS")
      ->check(number_between(-40, 125, " C"));
  command
      .add_option("--junction", a->conditions.junction_celsius,
                  "Junction temperature; without it, it follows from ambient and power")
      ->type_name("CELSIUS")
      ->check(number_between(-40, 125, " C"));
  command
      .add_option(
          "--power-window", a->trace.options.power_window,
          "Cycles over which power is averaged for its peak and for traces; without it, a power of two of which "
          "an inference has 33 to 64, at least 64 cycles")
      ->type_name("CYCLES")
      ->check(whole_number(true));
  command.add_option("--stalls", a->stalls, "Delay units at random with this seed: other cycles, same outputs")
      ->type_name("N")
      ->check(whole_number(true))
      ->group(simulation);
  command.add_option("--jobs", a->jobs, "Processes that compute the values of a batch; the report stays the same")
      ->type_name("N")
      ->check(whole_number(true))
      ->capture_default_str()
      ->group(simulation);
  command
      .add_flag("--activity{4}", a->activity,
                "Count the bits that change from word to word, of one instruction of N sampled; N is 4 if left out")
      ->type_name("[=N]")
      ->check(whole_number(true))
      ->group(results);
  command.add_flag("--agreement", a->agreement, "Compare the outputs with the original network in float32")
      ->group(results);
  command.add_option("--tensors", a->tensors, "Folder for every layer's integers as .npy")
      ->type_name("DIR")
      ->group(results);
  command.add_option("--flip", a->flips, "Flip a bit and say what became of it")
      ->type_name("CYCLE:BUFFER[.REGION]:ADDRESS:BIT")
      ->allow_extra_args(false)
      ->group(simulation);
  add_trace_options(command, a->trace);
  for (CLI::Option* option : command.get_options([](CLI::Option* o) { return o->get_name().starts_with("--trace"); }))
    option->group(results);
  command.add_option("--record", a->record, "Write the memory traffic, for `blendsim replay`")
      ->type_name("FILE")
      ->group(results);
  auto* json = command.add_option("--json", a->json, "Write the report as JSON; - is standard output")
                   ->type_name("FILE")
                   ->group(results);
  command
      .add_flag("--records", a->records, "With --json: every instruction's times, which `report --html` shows later")
      ->needs(json)
      ->group(results);
  command.add_option("--html", a->html, "Write the report as a page that opens offline; - is standard output")
      ->type_name("FILE")
      ->group(results);
  add_quiet_option(command, a->text);
  add_wide_option(command, a->text);
  add_all_option(command, a->text, "layers");
  command.callback([a, &status] {
    if (!run(*a)) status = ExitStatus::differs;
  });
}

}  // namespace blendsim::cli
