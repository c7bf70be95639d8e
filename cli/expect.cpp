// SPDX-License-Identifier: Apache-2.0
#include "cli/expect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <set>
#include <utility>

#include "cause/expect.h"
#include "cause/values.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "cli/terminal.h"
#include "cli/validators.h"
#include "isa/image_name.h"
#include "network/tensor_file_name.h"
#include "report/format_text.h"

namespace blendsim::cli {

namespace {

namespace fs = std::filesystem;

struct Tensor {
  std::string name;
  NumberArray values;  // a layer's: [images, channels, height, width]
  bool is_output = false;
};

// In the order in which they are computed: the input, the layers' results, concatenations, the network's outputs.
std::vector<Tensor> tensors_in_order(const Loaded& loaded, const NamedArrays& arrays,
                                     const std::vector<std::vector<FloatArray>>& outputs) {
  std::vector<std::string> names = {loaded.program.input.name};
  for (const ProgramLayer& layer : loaded.program.layers) {
    for (const TensorView& view : layer.results) names.push_back(view.name);
  }
  for (const auto& [name, array] : arrays) names.push_back(name);
  std::set<std::string> seen;
  std::vector<Tensor> tensors;
  for (const std::string& name : names) {
    const auto array = arrays.find(name);
    if (array != arrays.end() && seen.insert(name).second) tensors.push_back({name, numbers_of(array->second), false});
  }
  for (std::size_t o = 0; o < loaded.program.outputs_an_image(); ++o) {
    if (seen.contains(loaded.program.host_outputs[o].name)) continue;
    NumberArray values;
    for (const std::vector<FloatArray>& image : outputs) {
      values.values.insert(values.values.end(), image[o].values.begin(), image[o].values.end());
      values.shape = image[o].shape;
    }
    if (outputs.size() > 1 && !values.shape.empty() && values.shape[0] == 1)
      values.shape[0] = static_cast<std::int64_t>(outputs.size());
    else if (outputs.size() > 1) values.shape.insert(values.shape.begin(), static_cast<std::int64_t>(outputs.size()));
    tensors.push_back({loaded.program.host_outputs[o].name, std::move(values), true});
  }
  return tensors;
}

// The instruction that wrote a layer's value, and its cycles.
std::string writer_text(const Loaded& loaded, const Run& run, const Tensor& tensor, std::size_t place) {
  if (tensor.is_output || tensor.values.shape.size() != 4) return {};
  const std::vector<std::int64_t> shape(tensor.values.shape.begin() + 1, tensor.values.shape.end());
  const auto size = static_cast<std::size_t>(shape[0] * shape[1] * shape[2]);
  const std::size_t image = place / size, group = static_cast<std::size_t>(loaded.program.images);
  const std::string name_there = image_name(tensor.name, static_cast<int>(image % group));
  const std::optional<Writer> writer =
      find_writer(loaded.program, loaded.platform.machine, name_there, index_in(shape, place % size));
  if (!writer) return {};
  const std::vector<Instruction> main = decode(loaded.program.main);
  const std::size_t run_of_main = image / group;
  const InstructionRecord& record =
      run.records.at(run_of_main * main.size() + static_cast<std::size_t>(writer->instruction));
  const std::string of_image = run.completions.size() > 1 ? fmt::format("@{}", run_of_main) : "";
  return fmt::format("  written by #{}{} {} ({}), cycles {}..{}\n  it is    {}\n", writer->instruction, of_image,
                     name(record.unit), loaded.program.layers.at(static_cast<std::size_t>(writer->layer)).name,
                     grouped(record.start), grouped(record.end),
                     disassemble(main[static_cast<std::size_t>(writer->instruction)]));
}

std::string mismatch_text(const Loaded& loaded, const Run& run, const Tensor& tensor, const std::string& file,
                          const NumberArray& there, const Mismatch& mismatch) {
  if (mismatch.shapes) {
    const std::string order = channels_last_hint(there.shape, tensor.values.shape);
    return fmt::format("expected  {} is {} here, {} in {}{}\n", tensor.name, shape_text(tensor.values.shape),
                       shape_text(there.shape), file, order.empty() ? "" : "; " + order);
  }
  return fmt::format("expected  first difference: {} {} is {} here, {} in {}; {} of its {} values differ\n",
                     tensor.name, index_text(tensor.values.shape, mismatch.place), mismatch.here, mismatch.there, file,
                     grouped(mismatch.differing), grouped(mismatch.compared)) +
         writer_text(loaded, run, tensor, mismatch.place);
}

using Pairs = std::vector<std::pair<const Tensor*, std::string>>;

// Whose file it is that is no tensor's: most likely a misspelt one's, and then nothing was compared with it.
void warn_of_strangers(const std::vector<std::string>& files, const Pairs& pairs, const std::vector<Tensor>& tensors) {
  for (const std::string& file : files) {
    if (std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.second == file; })) continue;
    std::vector<std::string> names;
    for (const Tensor& tensor : tensors) names.push_back(fs::path(tensor_file_name(tensor.name)).stem().string());
    const std::string near = nearest(fs::path(file).stem().string(), names);
    warning(Diagnostic{"file-unrecognised",
                       {.file = file},
                       "has the name of no tensor of the network, nothing is compared with it",
                       near.empty() ? "" : fmt::format("did you mean '{}.npy'?", near)});
  }
}

// The files to be compared, in the tensors' order: a file is the tensor that has its name, for itself also the
// network's only output.
Pairs pairs_of(const ExpectArguments& arguments, const std::vector<std::string>& files,
               const std::vector<Tensor>& tensors) {
  Pairs pairs;
  for (const Tensor& tensor : tensors) {
    const auto file = std::find_if(files.begin(), files.end(), [&](const std::string& path) {
      return fs::path(path).filename() == tensor_file_name(tensor.name);
    });
    if (file != files.end()) pairs.emplace_back(&tensor, *file);
  }
  const bool folder = fs::is_directory(arguments.path);
  const auto outputs = std::count_if(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.is_output; });
  if (!folder && pairs.empty() && outputs == 1) pairs.emplace_back(&tensors.back(), arguments.path);
  if (pairs.empty()) {
    throw DiagnosticError(
        "file-unrecognised", {.file = arguments.path}, "no file in it has the name of a tensor",
        "`blendsim run --tensors DIR` shows the names; a .npy for itself is the network's one output");
  }
  warn_of_strangers(files, pairs, tensors);
  return pairs;
}

}  // namespace

void add_expect_options(CLI::App& command, ExpectArguments& arguments) {
  auto* expect = command
                     .add_option("--expect", arguments.path,
                                 "Compare with somebody else's tensors: a folder of NAME.npy, or the output as .npy")
                     ->type_name("PATH")
                     ->group("Results");
  command.add_option("--expect-tolerance", arguments.tolerance, "Relative difference allowed; absolute below 1")
      ->type_name("FRACTION")
      ->group("Results")
      ->check(fraction())
      ->needs(expect)
      ->capture_default_str();
}

std::vector<std::string> expected_files(const ExpectArguments& arguments) {
  if (arguments.path.empty()) return {};
  if (!fs::exists(arguments.path)) {
    throw DiagnosticError("file-unreadable", {.file = arguments.path}, "does not exist",
                          "--expect takes a folder of .npy files or one of them");
  }
  if (!fs::is_directory(arguments.path)) return {arguments.path};
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(arguments.path)) {
    if (entry.path().extension() == ".npy") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool meets_expectation(const ExpectArguments& arguments, const std::vector<std::string>& files, const Loaded& loaded,
                       const Run& run, const NamedArrays& arrays, const std::vector<std::vector<FloatArray>>& outputs,
                       std::ostream& out, std::ostream& differences) {
  const std::vector<Tensor> tensors = tensors_in_order(loaded, arrays, outputs);
  const Pairs pairs = pairs_of(arguments, files, tensors);
  std::int64_t differing = 0;
  bool value_told = false;
  for (const auto& [tensor, file] : pairs) {
    const NumberArray there = read_numbers(file);
    const std::optional<Mismatch> mismatch = find_mismatch(tensor->values, there, arguments.tolerance);
    if (!mismatch) continue;
    ++differing;
    if (!mismatch->shapes && std::exchange(value_told, true)) continue;  // the others follow from the first
    differences << mismatch_text(loaded, run, *tensor, file, there, *mismatch);
  }
  const auto outputs_apart = std::count_if(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.is_output; });
  const std::string and_outputs =
      outputs_apart == 0 ? ""
                         : fmt::format(", and {} output{} of the host", outputs_apart, outputs_apart == 1 ? "" : "s");
  (differing == 0 ? out : differences) << fmt::format(
      "expected  {} of {} tensors in {} differ; the network has {}{}\n", differing, pairs.size(), arguments.path,
      static_cast<std::int64_t>(tensors.size()) - outputs_apart, and_outputs);
  return differing == 0;
}

}  // namespace blendsim::cli
