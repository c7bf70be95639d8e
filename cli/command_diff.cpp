// SPDX-License-Identifier: Apache-2.0
// blendsim diff: where two runs part first, in time and in values.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cause/diff_text.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/loading.h"
#include "cli/print.h"
#include "cli/recording.h"
#include "cli/terminal.h"
#include "report/format_text.h"
#include "report/saved_run.h"
#include "sim/machine.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string a, b, events;
  std::string platform, platform_b;
  std::vector<std::string> sets, sets_b;
  InputArguments input;
  bool allow_oversize = false, timing_only = false, align = false;
};

// One of the two: a network or program that was run, or what somebody wrote down.
struct Side {
  std::string name, file;
  std::optional<Loaded> loaded;
  std::optional<Inputs> inputs;  // that it was run for
  std::optional<RecordedRun> run;
  std::vector<Stamp> stamps;
  std::optional<SavedRun> report;

  [[nodiscard]] DiffSide view() const { return {name, run ? &*run : nullptr, &stamps}; }
};

bool is_table(FileKind kind) {
  return kind == FileKind::records || kind == FileKind::array || kind == FileKind::text || kind == FileKind::unknown;
}

// `said`: the inputs that the other side has warned of.
std::unique_ptr<Side> open_side(const std::string& name, const LoadArguments& load_arguments,
                                const InputArguments& input, const Inputs* said = nullptr) {
  const std::string& file = load_arguments.file;
  auto side = std::make_unique<Side>();
  side->name = name;
  side->file = file;
  const FileKind kind = file_kind(file);
  if (kind == FileKind::report) {
    side->report = read_saved_run(file);
  } else if (kind == FileKind::onnx || kind == FileKind::program) {
    side->loaded = load(load_arguments);
    side->inputs = prepare_inputs(input, side->loaded->program, said);
    side->run.emplace(record_timing(*side->loaded, side->inputs->quantised.size()));
    side->stamps = stamps_of(side->run->run().records);
  } else if (is_table(kind)) {
    side->stamps = read_stamps(file);
  } else {
    unexpected_kind(file, kind, "a network, a program, a report or a table of records");
  }
  return side;
}

// --- reports: layers ----------------------------------------------------------------------------------------------

// Those that have an instruction in main.
std::vector<SavedRun::Layer> layers_of(const Side& side) {
  std::vector<SavedRun::Layer> layers;
  if (side.report) {
    layers = side.report->layers;
  } else {
    const Program& program = side.loaded->program;
    for (std::size_t l = 0; l < program.layers_an_image(); ++l)
      layers.push_back({program.layers[l].name, "", -1, -1, 0});
    for (const InstructionRecord& record : side.run->run().records) {
      if (record.image > 0) break;                                            // a report has the first image's
      if (static_cast<std::size_t>(record.layer) >= layers.size()) continue;  // of another image in flight
      SavedRun::Layer& layer = layers[static_cast<std::size_t>(record.layer)];
      layer.start = layer.start < 0 ? record.start : std::min(layer.start, record.start);
      layer.end = std::max(layer.end, record.end + 1);
    }
  }
  std::erase_if(layers, [](const SavedRun::Layer& layer) { return layer.end <= layer.start; });
  return layers;
}

// Layers of one side that the other does not have.
std::string layers_alone(std::string_view name, const std::vector<SavedRun::Layer>& layers,
                         const std::vector<SavedRun::Layer>& others) {
  std::vector<std::string> alone;
  for (const SavedRun::Layer& x : layers) {
    const auto is_x = [&](const SavedRun::Layer& layer) { return layer.name == x.name; };
    if (std::none_of(others.begin(), others.end(), is_x)) alone.push_back(x.name);
  }
  if (alone.empty()) return {};
  return fmt::format("{} layer{} in {} alone, the first {}\n", alone.size(), alone.size() == 1 ? " is" : "s are", name,
                     alone.front());
}

bool compare_layers(const Side& a, const Side& b) {
  const std::vector<SavedRun::Layer> of_a = layers_of(a), of_b = layers_of(b);
  const SavedRun::Layer *first = nullptr, *other = nullptr;
  const auto cycle = [](const SavedRun::Layer& x, const SavedRun::Layer& y) {
    return x.start != y.start ? std::min(x.start, y.start) : std::min(x.end, y.end) - 1;
  };
  std::int64_t differing = 0, common = 0;
  for (const SavedRun::Layer& x : of_a) {
    const auto y = std::find_if(of_b.begin(), of_b.end(), [&](const auto& layer) { return layer.name == x.name; });
    if (y == of_b.end()) continue;
    ++common;
    if (x.start == y->start && x.end == y->end) continue;
    ++differing;
    if (first == nullptr || cycle(x, *y) < cycle(*first, *other)) first = &x, other = &*y;
  }
  const std::string alone = layers_alone("A", of_a, of_b) + layers_alone("B", of_b, of_a);
  if (first == nullptr) {
    print(fmt::format("every layer{} starts and ends in the same cycle\n{}", alone.empty() ? "" : " of both", alone));
    return alone.empty();
  }
  print(
      fmt::format("first difference  cycle {}: layer {} runs {}..{} in A, {}..{} in B; {} of {} layers differ\n{}"
                  "A report knows layers alone: give both programs for the instruction and what led to it\n",
                  grouped(cycle(*first, *other)), first->name, grouped(first->start), grouped(first->end - 1),
                  grouped(other->start), grouped(other->end - 1), differing, common, alone));
  return false;
}

// --- times --------------------------------------------------------------------------------------------------------

// "0", "3..7".
std::string images_of(const std::vector<Stamp>& stamps) {
  if (stamps.empty()) return "none";
  const std::int32_t first = stamps.front().image, last = stamps.back().image;  // in order
  return first == last ? std::to_string(first) : fmt::format("{}..{}", first, last);
}

[[noreturn]] void refuse_strangers(const Side& a, const Side& b) {
  const bool images =
      !a.stamps.empty() && !b.stamps.empty() &&
      (a.stamps.back().image < b.stamps.front().image || b.stamps.back().image < a.stamps.front().image);
  throw DiagnosticError(
      "file-unrecognised", {.file = b.file}, fmt::format("has no instruction in common with {}", a.file),
      images
          ? fmt::format("images count from 0, and a network or program is run for those of --input: {} has image {}, "
                        "{} {}",
                        a.file, images_of(a.stamps), b.file, images_of(b.stamps))
          : "instructions are counted in program order from 0, as `blendsim inspect` prints them");
}

// What the two machines differ in, which is why the rest does.
void say_platforms(const Platform& a, const Platform& b) {
  constexpr std::size_t most = 8;
  const std::vector<std::string> lines = differences(a, b);
  if (lines.empty()) return;
  std::cout << "the platforms differ in\n";
  for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) print(fmt::format("  {}\n", lines[i]));
  if (lines.size() > most) std::cout << fmt::format("  and {} more\n", lines.size() - most);
  std::cout << '\n';
}

bool compare_times(const Side& a, const Side& b, bool align) {
  const bool both_run = a.run && b.run;
  const bool same_words = both_run && a.loaded->program.main == b.loaded->program.main;
  const StampPairs pairs = both_run && !same_words ? pair_by_layer(*a.run, *b.run) : pair_by_index(a.stamps, b.stamps);
  if (pairs.empty()) {
    refuse_strangers(a, b);
  }
  const Cycles shift = align ? a.stamps[pairs.front().first].start - b.stamps[pairs.front().second].start : 0;
  const StampComparison comparison = compare_stamps(a.stamps, b.stamps, pairs, shift);
  if (both_run && !same_words)
    std::cout << "the programs' instructions are not the same: paired by layer and unit, in order\n";
  if (shift != 0) std::cout << fmt::format("{} cycles are added to those of B\n", shift);
  print(times_text(a.view(), b.view(), comparison, shift));
  if (both_run)
    std::cout << fmt::format("A takes {} cycles, B {}\n", grouped(a.run->cycles()), grouped(b.run->cycles()));
  return comparison.equal();
}

// --- values -------------------------------------------------------------------------------------------------------

Run run_with(const Loaded& loaded, const Inputs& inputs, EventConsumer& consumer, bool capture = false) {
  RunOptions options;
  options.capture_tensors = capture;
  options.consumers = {&consumer};
  return Machine::instance().run(loaded.platform.machine, loaded.program, inputs.quantised, options);
}

std::vector<WrittenWords::Word> words_of(const Loaded& loaded, const Inputs& inputs, const WrittenRecord& record) {
  WrittenWords words(loaded.program, loaded.platform.machine, record);
  (void)run_with(loaded, inputs, words);
  return std::move(words.words);
}

// The same instructions on the same buffers: what each wrote can be compared.
bool same_machine(const Loaded& a, const Loaded& b) {
  return a.program.main == b.program.main && a.program.init == b.program.init &&
         a.platform.machine.buffers == b.platform.machine.buffers;
}

bool compare_values(const Side& a, const Side& b) {
  const Inputs &in_a = *a.inputs, &in_b = *b.inputs;
  WrittenDigests digests_a(a.loaded->program, a.loaded->platform.machine),
      digests_b(b.loaded->program, b.loaded->platform.machine);
  const Run run_a = run_with(*a.loaded, in_a, digests_a, true), run_b = run_with(*b.loaded, in_b, digests_b, true);
  bool equal = run_a.outputs == run_b.outputs;
  if (same_machine(*a.loaded, *b.loaded)) {
    if (const std::optional<WrittenRecord> record = first_difference(digests_a, digests_b)) {
      equal = false;
      const auto bit = first_bit(words_of(*a.loaded, in_a, *record), words_of(*b.loaded, in_b, *record));
      if (bit) print(word_text(a.loaded->program, *record, *bit));
    }
  }
  for (std::size_t image = 0; image < std::min(run_a.tensors.size(), run_b.tensors.size()); ++image) {
    const std::optional<ValueDifference> difference = first_difference(run_a.tensors[image], run_b.tensors[image]);
    if (!difference) continue;
    equal = false;
    if (run_a.tensors.size() > 1) std::cout << fmt::format("image {}\n", image);
    print(value_text(*difference, *a.run, static_cast<std::int32_t>(image), "A", "B"));
    break;
  }
  if (equal) {
    std::cout << "every value is the same\n";
  } else {
    std::cout << (run_a.outputs == run_b.outputs ? "the outputs are the same all the same\n" : "the outputs differ\n");
  }
  return equal;
}

bool compare(const Arguments& arguments) {
  if (arguments.b.empty() == arguments.events.empty()) {
    usage_error("diff takes two: B, or somebody's trace with --events",
                "blendsim diff A B, or diff A --events TRACE.csv");
  }
  const LoadArguments load_a{arguments.a, arguments.platform, arguments.sets, arguments.allow_oversize, {}, {}};
  LoadArguments load_b{arguments.b,
                       arguments.platform_b.empty() ? arguments.platform : arguments.platform_b,
                       arguments.sets,
                       arguments.allow_oversize,
                       {},
                       {}};
  load_b.sets.insert(load_b.sets.end(), arguments.sets_b.begin(), arguments.sets_b.end());
  const std::unique_ptr<Side> a = open_side("A", load_a, arguments.input);
  std::unique_ptr<Side> b;
  if (arguments.events.empty()) {
    b = open_side("B", load_b, arguments.input, a->inputs ? &*a->inputs : nullptr);
  } else {
    if (!a->run) usage_error("--events compares with the model, which needs a program or a network", "give one as A");
    b = std::make_unique<Side>();
    b->name = "B";
    const bool piped = arguments.events == "-";
    b->file = piped ? "/dev/stdin" : arguments.events;
    if (!piped && std::filesystem::is_regular_file(b->file)) {
      const FileKind kind = file_kind(b->file);
      if (kind != FileKind::yaml && !is_table(kind)) unexpected_kind(b->file, kind, "a table of records");
    }
    b->stamps = read_stamps(b->file);
  }
  if (a->loaded && b->loaded && a->loaded->program.images != b->loaded->program.images) {
    usage_error(fmt::format("A computes {} side by side, B {}", image_count_text(a->loaded->program.images),
                            image_count_text(b->loaded->program.images)),
                "compile both with the same --in-flight");
  }
  if (a->report || b->report) {
    if ((!a->report && !a->run) || (!b->report && !b->run))
      usage_error("a report knows layers, a table of records instructions", "compare two of a kind, or with a program");
    return compare_layers(*a, *b);
  }
  if (a->loaded && b->loaded) say_platforms(a->loaded->platform, b->loaded->platform);
  const bool times = compare_times(*a, *b, arguments.align);
  if (!a->run || !b->run || arguments.timing_only) return times;
  std::cout << '\n';
  return compare_values(*a, *b) && times;
}

}  // namespace

void declare_diff(CLI::App& command, ExitStatus& status) {
  auto a = std::make_shared<Arguments>();
  command.add_option("A", a->a, "Network, program, report or table of records")->type_name("FILE")->required();
  command.add_option("B", a->b, "What it is compared with: any of them")->type_name("FILE");
  command
      .add_option("--events", a->events,
                  "In B's place somebody else's trace, unit,instruction,start,end; - is standard input")
      ->type_name("CSV");
  command.add_flag("--align", a->align, "Count B's cycles so that its first instruction starts with A's");
  command.add_flag("--timing-only", a->timing_only, "Compare no values");
  add_platform_option(command, a->platform);
  add_set_option(command, a->sets);
  command.add_option("--platform-b", a->platform_b, "Another platform for B")->type_name("PLATFORM")->group("Platform");
  command.add_option("--set-b", a->sets_b, "Change B's platform alone")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->group("Platform");
  command.add_flag("--allow-oversize", a->allow_oversize, "Simulate a machine that exceeds its device's limits too")
      ->group("Platform");
  add_input_options(command, a->input);
  command.callback([a, &status] {
    if (!compare(*a)) status = ExitStatus::differs;
  });
}

}  // namespace blendsim::cli
