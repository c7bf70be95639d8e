// SPDX-License-Identifier: Apache-2.0
#include "cli/loading.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "cli/files.h"
#include "cli/machine_evaluate.h"
#include "cli/terminal.h"
#include "cli/validators.h"
#include "compiler/compile.h"
#include "estimate/estimate.h"
#include "sim/open_program.h"

namespace blendsim::cli {

CLI::Option* add_platform_option(CLI::App& command, std::string& platform) {
  return command.add_option("--platform", platform, "Name of a platform, or a YAML file")
      ->type_name("PLATFORM")
      ->group("Platform");
}

void add_set_option(CLI::App& command, std::vector<std::string>& sets) {
  command.add_option("--set", sets, "Change the platform's unit.parameter")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->group("Platform");
}

std::string image_count_text(int images) { return fmt::format("{} image{}", images, images == 1 ? "" : "s"); }

void add_in_flight_option(CLI::App& command, std::optional<int>& images) {
  command
      .add_option(
          "--in-flight", images,
          "Images that the program computes side by side: an image's first layers run beside the last layers of "
          "the one before; default 1")
      ->type_name("N")
      ->check(CLI::Range(1, 512).description(""))
      ->group("Network");
}

void add_load_options(CLI::App& command, LoadArguments& arguments) {
  command.add_option("FILE", arguments.file, "ONNX network or compiled program, which embeds its platform")
      ->type_name("FILE")
      ->required();
  add_platform_option(command, arguments.platform);
  add_set_option(command, arguments.sets);
  command
      .add_flag("--allow-oversize", arguments.allow_oversize, "Simulate a machine that exceeds its device's limits too")
      ->group("Platform");
  add_network_options(command, arguments.reading);
  add_in_flight_option(command, arguments.in_flight);
}

namespace {

// The three largest parts of the machine in the resource that `over` begins with.
std::vector<std::string> largest_parts(const ResourceEstimate& estimate, std::string_view resource) {
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
  return names;
}

// "buffer weights_binary (this program uses 12 of its 1,024 words)"; of what is no buffer, the name alone.
std::string used_text(const std::string& part, const MachineParameters& machine, const Program& program) {
  for (std::size_t b = 0; b < program.buffers.size(); ++b) {
    const BufferParameters& buffer = machine.buffers[b];
    if (part != fmt::format("buffer {}", buffer_names[b]) || buffer.width == 0) continue;
    const std::int64_t words = (program.buffers[b].peak_bits + buffer.width - 1) / buffer.width;
    return fmt::format("{} (this program uses {} of its {} words)", part, grouped(words),
                       grouped(buffer.regions * buffer.depth));
  }
  return part;
}

// Cycles of a machine that its device does not hold are no one's: they are simulated on request only.
[[noreturn]] void refuse_device(const Platform& platform, const ResourceEstimate& estimate, const Program& program) {
  std::string largest;
  for (const std::string& over : estimate.over) {
    const std::string resource = over.substr(0, over.find(':'));
    std::vector<std::string> parts = largest_parts(estimate, resource);
    for (std::string& part : parts) {
      // What is said once of a buffer is not said again.
      if (largest.find(part) == std::string::npos) part = used_text(part, platform.machine, program);
    }
    largest += fmt::format("{}{} {}to {}", largest.empty() ? "most " : ", most ", resource,
                           largest.empty() ? "go " : "", fmt::join(parts, " and "));
  }
  throw DiagnosticError(
      "device-too-small", {.file = platform.file},
      fmt::format("{} does not fit {}:\n  {}", platform.name, platform.device.name, fmt::join(estimate.over, "\n  ")),
      fmt::format("{}: make these smaller with --set (`blendsim inspect` of the platform shows every part), or "
                  "--allow-oversize simulates the machine all the same",
                  largest));
}

Loaded load_onnx(const LoadArguments& arguments) {
  Platform platform = named_platform(arguments.platform, arguments.sets);
  progress("lowering " + arguments.file);
  IntegerNetwork network = read_network(arguments.file, arguments.reading);
  progress("compiling for " + platform.name);
  CompileOptions options;
  options.evaluate = machine_evaluate();
  options.images = arguments.in_flight.value_or(1);
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
Loaded load_program(const LoadArguments& arguments) {
  if (arguments.platform.empty() && !arguments.sets.empty()) {
    usage_error("--set changes a platform, and a program was compiled for the one that it embeds",
                "compile the network again with --set");
  }
  if (arguments.reading.any()) {
    usage_error("a program's network was read when it was compiled",
                "compile it again with --input-shape, --input-quant, --calibrate, --bits or --assume");
  }
  auto [program, platform] = open_program(arguments.file, config_paths());
  if (arguments.in_flight.value_or(program.images) != program.images) {
    usage_error(fmt::format("--in-flight {}, and the program was compiled for {}", *arguments.in_flight,
                            image_count_text(program.images)),
                "leave --in-flight out, or compile the network for as many");
  }
  if (!arguments.platform.empty()) {
    const std::vector<std::string> keys = differences(platform, named_platform(arguments.platform, arguments.sets));
    if (!keys.empty()) {
      throw DiagnosticError("platform-mismatch", {.file = arguments.file},
                            fmt::format("compiled for a platform that differs from --platform {} in\n{}",
                                        arguments.platform, first_lines(keys)),
                            "leave --platform out, or compile the network for this platform");
    }
  }
  return {std::move(program), std::move(platform), std::nullopt};
}

// A program that does not compile either is refused for that: it says what would make it fit.
void require_device(const LoadArguments& arguments, const Loaded& loaded) {
  const ResourceEstimate estimate = estimate_resources(loaded.platform);
  if (!estimate.fits && !arguments.allow_oversize) refuse_device(loaded.platform, estimate, loaded.program);
}

}  // namespace

Loaded load(const LoadArguments& arguments) {
  const FileKind kind = file_kind(arguments.file);
  if (kind == FileKind::program || kind == FileKind::onnx) {
    Loaded loaded = kind == FileKind::program ? load_program(arguments) : load_onnx(arguments);
    require_device(arguments, loaded);
    if (loaded.program.assumed)
      warning(loaded.program.notes.empty() ? "quantised on an assumption" : loaded.program.notes.front());
    return loaded;
  }
  unexpected_kind(arguments.file, kind, "an ONNX network or a program");
}

void add_input_options(CLI::App& command, InputArguments& arguments) {
  auto* input = command.add_option("--input", arguments.files,
                                   "Image, .npy of [channels, height, width] or 8-bit .png; a .npy may hold several");
  input->type_name("FILE")->allow_extra_args(false)->group("Input");
  command
      .add_option_function<std::string>(
          "--input-scale", [&arguments](const std::string& text) { arguments.scale = parse_scale(text); },
          "Factor on the file's values, such as 1/255")
      ->type_name("SCALE")
      ->needs(input)
      ->group("Input");
  command.add_option("--seed", arguments.seed, "Seed of the image that is made up without --input")
      ->type_name("N")
      ->check(whole_number(false))
      ->capture_default_str()
      ->excludes(input)
      ->group("Input");
  command
      .add_option("--batch", arguments.batch,
                  "Images that are made up without --input, back to back; default as many as the file takes at once")
      ->type_name("N")
      ->check(CLI::Range(1, 4096).description(""))
      ->excludes(input)
      ->group("Input");
}

namespace {

// One after the other, as the program takes them. Throws usage where some are left over.
void join_images(const Program& program, Inputs& inputs) {
  const auto group = static_cast<std::size_t>(program.images), images = inputs.quantised.size();
  if (group == 1) return;
  if (images % group != 0) {
    std::size_t fitting = group;
    while (images % fitting != 0) --fitting;
    usage_error(
        fmt::format("{}, and the program computes {} side by side", image_count_text(static_cast<int>(images)), group),
        fmt::format("give it a multiple of {} images, or compile with --in-flight {}", group, fitting));
  }
  std::vector<std::vector<std::int32_t>> joined(images / group);
  for (std::size_t i = 0; i < images; ++i) {
    std::vector<std::int32_t>& into = joined[i / group];
    into.insert(into.end(), inputs.quantised[i].begin(), inputs.quantised[i].end());
  }
  inputs.quantised = std::move(joined);
}

}  // namespace

void part_images(const Program& program, Run& run) {
  const auto group = static_cast<std::size_t>(program.images);
  if (group == 1) return;
  const auto part = [group](auto& lists) {
    std::remove_reference_t<decltype(lists)> parted;
    for (auto& list : lists) {
      const auto count = static_cast<std::ptrdiff_t>(list.size() / group);
      for (std::size_t i = 0; i < group; ++i) {
        const auto begin = list.begin() + static_cast<std::ptrdiff_t>(i) * count;
        parted.emplace_back(std::make_move_iterator(begin), std::make_move_iterator(begin + count));
      }
    }
    lists = std::move(parted);
  };
  part(run.outputs);
  part(run.tensors);
  for (std::size_t i = 0; i < run.tensors.size(); ++i) {
    const std::vector<LayerResult>& first = run.tensors[i - i % group];
    for (std::size_t t = 0; t < first.size(); ++t) run.tensors[i][t].name = first[t].name;
  }
}

Inputs prepare_inputs(const InputArguments& arguments, const Program& program, const Inputs* said) {
  const int made_up = std::lcm(program.host_input.batch, program.images);
  Inputs inputs = arguments.files.empty()
                      ? random_input(arguments.seed, program.host_input, arguments.batch.value_or(made_up))
                      : read_inputs(arguments.files, arguments.scale, program.host_input);
  join_images(program, inputs);
  for (const std::string& text : inputs.warnings) {
    if (said == nullptr || std::find(said->warnings.begin(), said->warnings.end(), text) == said->warnings.end())
      warning(text);
  }
  return inputs;
}

}  // namespace blendsim::cli
