// SPDX-License-Identifier: Apache-2.0
// blendsim run: simulate a network or a program and report.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <optional>

#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "cli/machine_evaluate.h"
#include "estimate/estimate.h"
#include "network/graph.h"
#include "network/normalise.h"
#include "network/tensor_file_name.h"
#include "report/report.h"
#include "sim/machine.h"
#include "sim/open_program.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string file, platform, input_scale, json, tensors;
  std::vector<std::string> inputs, sets;
  bool timing_only = false, check = false, agreement = false, allow_oversize = false;
  std::uint64_t seed = 1, stalls = 0;
  std::size_t jobs = 1;
};

struct Loaded {
  Program program;
  Platform platform;
  std::optional<IntegerNetwork> network;  // of an ONNX file
};

// The three largest parts of the machine in the resource that `over` begins with.
std::string largest_parts(const ResourceEstimate& estimate, std::string_view resource) {
  using Part = ResourceEstimate::Part;
  std::vector<Part> parts = estimate.parts;
  const auto amount = [resource](const Part& part) {
    const Resources& r = part.used;
    return resource == "lut"    ? r.lut
           : resource == "ff"   ? r.ff
           : resource == "dsp"  ? r.dsp
           : resource == "uram" ? r.uram
                                : r.bram36_halves;
  };
  std::stable_sort(parts.begin(), parts.end(),
                   [&](const Part& left, const Part& right) { return amount(left) > amount(right); });
  parts.resize(std::min<std::size_t>(parts.size(), 3));
  std::vector<std::string> names;
  for (const Part& part : parts) names.push_back(part.unit);
  return fmt::format("{}", fmt::join(names, ", "));
}

// Cycles of a machine that its device does not hold are no one's: they are simulated on request only.
void require_device(const Arguments& arguments, const Platform& platform) {
  const ResourceEstimate estimate = estimate_resources(platform);
  if (estimate.fits || arguments.allow_oversize) return;
  const std::string& first = estimate.over.front();
  const std::string resource = first.substr(0, first.find(':'));
  throw DiagnosticError(
      "device-too-small", {.file = platform.file},
      fmt::format("{} does not fit {}:\n  {}", platform.name, platform.device.name, fmt::join(estimate.over, "\n  ")),
      fmt::format(
          "most {} go to {}: make these smaller with --set (`blendsim inspect` of the platform shows every part), or "
          "--allow-oversize simulates the machine all the same",
          resource, largest_parts(estimate, resource)));
}

Loaded load_onnx(const Arguments& arguments) {
  Platform platform = named_platform(arguments.platform, arguments.sets);
  require_device(arguments, platform);
  progress("lowering " + arguments.file);
  IntegerNetwork network = load_network(arguments.file);
  progress("compiling for " + platform.name);
  CompileOptions options;
  options.evaluate = machine_evaluate();
  Program program = compile(network, platform, options).program;
  return {std::move(program), std::move(platform), std::move(network)};
}

// An entry a line, the first ten of them.
std::string first_lines(const std::vector<std::string>& entries) {
  constexpr std::size_t shown = 10;
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(std::min(shown, entries.size()));
  std::string out = fmt::format("  {}", fmt::join(entries.begin(), end, "\n  "));
  if (entries.size() > shown) out += fmt::format("\n  and {} more", entries.size() - shown);
  return out;
}

// A program brings its platform; --platform may only repeat it.
Loaded load_program(const Arguments& arguments) {
  if (arguments.platform.empty() && !arguments.sets.empty()) {
    usage_error("--set changes a platform, and a program was compiled for the one that it embeds",
                "compile the network again with --set");
  }
  auto [program, platform] = open_program(arguments.file, config_paths());
  if (!arguments.platform.empty()) {
    const std::vector<std::string> keys = differences(platform, named_platform(arguments.platform, arguments.sets));
    if (!keys.empty()) {
      throw DiagnosticError("platform-mismatch", {.file = arguments.file},
                            fmt::format("compiled for a platform that differs from --platform {} in\n{}",
                                        arguments.platform, first_lines(keys)),
                            "leave --platform out, or compile the network for this platform");
    }
  }
  require_device(arguments, platform);
  return {std::move(program), std::move(platform), std::nullopt};
}

Loaded load(const Arguments& arguments) {
  const FileKind kind = file_kind(arguments.file);
  if (kind == FileKind::program) {
    if (arguments.agreement)
      usage_error("--agreement needs the original network, a program no longer has it", "run the ONNX file");
    return load_program(arguments);
  }
  if (kind == FileKind::onnx) return load_onnx(arguments);
  unexpected_kind(arguments.file, kind, "an ONNX network or a program");
}

std::size_t largest(const std::vector<float>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

// The machine's outputs against the original graph in float32.
Agreement find_agreement(const std::string& file, const Inputs& inputs,
                         const std::vector<std::vector<FloatArray>>& outputs, const std::vector<std::string>& names) {
  progress("evaluating the original in float32");
  const Graph graph = normalise(import_onnx(file));
  Agreement out;
  out.top1_equal = true;
  for (std::size_t i = 0; i < inputs.images.size(); ++i) {
    const auto tensors = evaluate(graph, inputs.images[i]);
    for (std::size_t o = 0; o < names.size(); ++o) {
      const std::vector<float>& want = tensors.at(names[o]).values;
      const std::vector<float>& got = outputs[i][o].values;
      if (want.size() != got.size()) {
        throw InvariantError("output '" + names[o] + "'", "the lowered network's shape is not the original's");
      }
      for (std::size_t k = 0; k < want.size(); ++k) {
        if (want[k] == got[k]) continue;  // equal infinities too
        const double error = std::abs(double{want[k]} - double{got[k]});
        out.max_abs_error =
            std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(out.max_abs_error, error);
      }
      const bool same = want.size() > 1 ? largest(want) == largest(got) : want == got;
      out.top1_equal = out.top1_equal && same;
    }
    ++out.inputs;
  }
  return out;
}

using NamedArrays = std::map<std::string, IntArray>;  // int64 [images, channels, height, width]

// Nothing is written to concatenate, so the machine has no such result: its parts lie side by side.
void add_concatenations(const IntegerNetwork& network, std::int64_t images, NamedArrays& arrays) {
  for (const Layer& layer : network.layers) {
    const auto* concat = std::get_if<Concatenation>(&layer.work);
    if (concat == nullptr) continue;
    const IntTensor& output = network.tensor(concat->output);
    IntArray joined{{images, output.channels, output.height, output.width}, {}};
    for (std::int64_t image = 0; image < images; ++image) {
      for (const TensorId id : concat->inputs) {
        const auto begin = arrays.at(network.tensor(id).name).values.begin() + image * network.tensor(id).size();
        joined.values.insert(joined.values.end(), begin, begin + network.tensor(id).size());
      }
    }
    arrays[output.name] = std::move(joined);
  }
}

// The input and every layer's tensors.
NamedArrays named_arrays(const Loaded& loaded, const Run& run, const Inputs& inputs) {
  const auto images = static_cast<std::int64_t>(inputs.quantised.size());
  const HostInput& host = loaded.program.host_input;
  NamedArrays arrays;
  IntArray& input = arrays[loaded.program.input.name];
  input.shape = {images, host.channels, host.height, host.width};
  for (const auto& image : inputs.quantised) input.values.insert(input.values.end(), image.begin(), image.end());
  for (const auto& image : run.tensors) {
    for (const LayerResult& result : image) {
      IntArray& array = arrays[result.name];
      array.shape = result.shape;
      array.shape.insert(array.shape.begin(), images);
      array.values.insert(array.values.end(), result.values.begin(), result.values.end());
    }
  }
  if (loaded.network) add_concatenations(*loaded.network, images, arrays);
  return arrays;
}

std::string tensor_path(const std::string& folder, const std::string& name) {
  return (std::filesystem::path(folder) / tensor_file_name(name)).string();
}

// DIR/NAME.npy of each.
void write_tensors(const std::string& folder, const NamedArrays& arrays) {
  make_folder(folder);
  for (const auto& [name, array] : arrays) {
    write_whole(tensor_path(folder, name), [&array = array](const std::string& file) { write_npy(file, array); });
  }
}

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

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<std::vector<FloatArray>> finish_outputs(const Program& program, const Run& run) {
  std::vector<std::vector<FloatArray>> out;
  for (const auto& image : run.outputs) {
    std::vector<FloatArray>& arrays = out.emplace_back();
    for (std::size_t o = 0; o < image.size(); ++o) arrays.push_back(finish_output(program.host_outputs[o], image[o]));
  }
  return out;
}

Run simulate(const Arguments& arguments, const Loaded& loaded, const Inputs& inputs) {
  progress(fmt::format("simulating {} inference{}", inputs.quantised.size(), inputs.quantised.size() == 1 ? "" : "s"));
  RunOptions options;
  options.values = !arguments.timing_only;
  options.check_hazards = arguments.check;
  options.capture_tensors = !arguments.tensors.empty();
  options.stall_seed = arguments.stalls;
  return run_batch(loaded.platform.machine, loaded.program, inputs.quantised, options, arguments.jobs);
}

void keep_files_apart(const Arguments& arguments, const std::string& platform, const NamedArrays& arrays) {
  std::vector<std::string> read = arguments.inputs, written = {arguments.json};
  read.insert(read.end(), {arguments.file, platform});
  for (const auto& [name, array] : arrays) written.push_back(tensor_path(arguments.tensors, name));
  keep_apart(read, written);
}

void run(const Arguments& arguments) {
  if (arguments.timing_only && (!arguments.tensors.empty() || arguments.agreement)) {
    usage_error("--timing-only computes no values", "leave out --timing-only, or --tensors and --agreement");
  }
  keep_files_apart(arguments, arguments.platform, {});
  const auto begin = std::chrono::steady_clock::now();
  std::optional<InputScale> scale;
  if (!arguments.input_scale.empty()) scale = parse_scale(arguments.input_scale);
  const Loaded loaded = load(arguments);
  const Inputs inputs = arguments.inputs.empty() ? random_input(arguments.seed, loaded.program.host_input)
                                                 : read_inputs(arguments.inputs, scale, loaded.program.host_input);
  for (const std::string& text : inputs.warnings) warning(text);
  const std::optional<Diagnostic> fast = clock_warning(loaded.platform);
  if (fast) warning(*fast);
  const auto simulation_begin = std::chrono::steady_clock::now();
  const Run result = simulate(arguments, loaded, inputs);
  const double simulation_s = seconds_since(simulation_begin);
  const NamedArrays arrays = arguments.tensors.empty() ? NamedArrays{} : named_arrays(loaded, result, inputs);
  keep_files_apart(arguments, loaded.platform.file, arrays);  // now the tensors' names are known
  const Technology technology = load_technology(loaded.platform.technology, config_paths());
  const ResourceEstimate resources = estimate_resources(loaded.platform);
  const PowerEstimate power =
      estimate_power(result, static_cast<std::int64_t>(inputs.images.size()), loaded.platform, technology);
  const ClockEstimate clock = estimate_clock(loaded.platform);
  ReportInput report{.program = loaded.program,
                     .platform = loaded.platform,
                     .run = result,
                     .resources = resources,
                     .power = power,
                     .clock = clock,
                     .input_source = inputs.source,
                     .input_seed = inputs.seed,
                     .input_digest = inputs.digest,
                     .outputs = finish_outputs(loaded.program, result),
                     .output_names = {},
                     .cpu_operators = cpu_operators(loaded.program),
                     .agreement = {},
                     .host = {},
                     .version = BLENDSIM_VERSION,
                     .remarks = inputs.warnings};
  if (fast) report.remarks.push_back(fmt::format("clock: {}; {}", fast->message, fast->hint));
  for (const HostOutput& output : loaded.program.host_outputs) report.output_names.push_back(output.name);
  if (arguments.stalls != 0) {
    report.remarks.push_back(
        fmt::format("random stalls, seed {}: the outputs are the machine's, the cycles are not", arguments.stalls));
  }
  if (arguments.agreement)
    report.agreement = find_agreement(arguments.file, inputs, report.outputs, report.output_names);
  report.host = {seconds_since(begin), simulation_s, peak_memory_bytes()};
  if (!arguments.tensors.empty()) write_tensors(arguments.tensors, arrays);
  if (!arguments.json.empty()) write_text(arguments.json, report_json(report));
  std::cout << report_text(report);
}

}  // namespace

void add_run(CLI::App& app, ExitStatus&) {
  auto* command =
      app.add_subcommand("run", "Simulate a network or a program and report cycles, resources, power and outputs");
  auto a = std::make_shared<Arguments>();
  command->add_option("file", a->file, "ONNX network or compiled program")->required();
  command->add_option("--platform", a->platform, "Name of a platform, or a YAML file; a program embeds its own");
  command->add_option("--set", a->sets, "unit.parameter=value: change the platform; repeats")->allow_extra_args(false);
  auto* input =
      command->add_option("--input", a->inputs, "Input image (.npy or .png); repeats, and a .npy may hold several");
  input->allow_extra_args(false);
  command->add_option("--input-scale", a->input_scale, "Factor on the file's values, such as 1/255")->needs(input);
  command->add_option("--seed", a->seed, "Seed of the made-up input")
      ->check(whole_number(false))
      ->capture_default_str()
      ->excludes(input);
  command->add_flag("--timing-only", a->timing_only, "Compute no values: same cycles, no outputs");
  command->add_flag("--allow-oversize", a->allow_oversize, "Simulate a machine that exceeds its device's limits too");
  command->add_flag("--check", a->check, "Watch for hazards and unwritten reads");
  command->add_option("--stalls", a->stalls, "Delay units at random with this seed: other cycles, same outputs")
      ->check(whole_number(true));
  command->add_option("--jobs", a->jobs, "Processes that compute the values of a batch; the report stays the same")
      ->check(whole_number(true))
      ->capture_default_str();
  command->add_flag("--agreement", a->agreement, "Compare the outputs with the original network in float32");
  command->add_option("--tensors", a->tensors, "Folder for every layer's integers as .npy");
  command->add_option("--json", a->json, "Write the report as JSON (docs/report.md)");
  command->callback([a] { run(*a); });
}

}  // namespace blendsim::cli
