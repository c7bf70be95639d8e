// SPDX-License-Identifier: Apache-2.0
// blendsim inspect: what a network, a program or a platform holds.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/network_options.h"
#include "cli/terminal.h"
#include "cli/text_output.h"
#include "estimate/clock.h"
#include "estimate/estimate.h"
#include "network/integer_network.h"
#include "report/format_text.h"
#include "sim/open_program.h"

namespace blendsim::cli {

namespace {

constexpr std::size_t indent = 10;  // of what follows a label

std::string map_text(const IntTensor& t) {
  return fmt::format("{} [{}, {}, {}] {}", t.name, t.channels, t.height, t.width, t.format.name());
}

std::string exactness_text(const Exactness& e) {
  const std::string ambiguous = e.ambiguous > 0 ? fmt::format(", {} ambiguous", grouped(e.ambiguous)) : "";
  // The note counts again what a step of the layer loses: one total is enough.
  if (!e.exact && e.differing > 0) {
    return fmt::format("{} of {} checked values differ from the file's float32 formula, by at most {}{}",
                       grouped(e.differing), grouped(e.checked), e.max_error, ambiguous);
  }
  if (!e.exact && e.checked == 0) return "not compared";
  const std::string out = (e.exact ? "exact" : "no checked value differs") + ambiguous;
  return e.note.empty() ? out : out + "; " + e.note;
}

void show_network(const std::string& file, const NetworkArguments& reading, const TextLayout& layout) {
  const IntegerNetwork network = read_network(file, reading);
  std::int64_t macs = 0, binary = 0;
  TextTable table({{"layer", true}, {"op", true}, {"output", true, 2}, {"MAC"}, {"lowering", true, 1}});
  for (const Layer& layer : network.layers) {
    const std::int64_t count = layer_macs(network, layer);
    const bool bits = layer_is_binary(network, layer);
    macs += count;
    if (bits) binary += count;
    std::vector<std::string> outputs;
    for (const TensorId id : layer_outputs(layer)) outputs.push_back(map_text(network.tensor(id)));
    table.row({layer.name, bits ? layer.op + " (binary)" : layer.op, fmt::format("{}", fmt::join(outputs, ", ")),
               grouped(count), exactness_text(layer.exactness)});
  }
  std::string head = fmt::format("network   {}\ninput     {} {} -> {}\n", network.name, network.input.name,
                                 shape_text(network.input.shape), map_text(network.tensor(network.input_tensor)));
  for (const HostOutput& output : network.outputs)
    head += fmt::format("output    {} {}\n", output.name, shape_text(output.shape));
  head += fmt::format("work      {} MAC, {} of them binary\ndigest    {}\n\n", grouped(macs), grouped(binary),
                      network.digest());
  for (const std::string& note : network.notes) head.insert(head.size() - 1, fmt::format("note      {}\n", note));
  std::cout << wrapped(head, indent, layout) << table.text(layout);
}

void show_stream(const std::string& title, const std::vector<Word>& words, const std::vector<ProgramLayer>& layers,
                 bool wide) {
  TextLayout layout = line_layout(STDOUT_FILENO);
  layout.wide = layout.wide || wide;
  const std::vector<Instruction> stream = decode(words);
  std::cout << fmt::format("\n{}: {} instructions, {} words\n", title,
                           grouped(static_cast<std::int64_t>(stream.size())),
                           grouped(static_cast<std::int64_t>(words.size())));
  std::size_t layer = layers.size();
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const std::size_t own = sync_of(stream[i]).layer;
    if (own != layer && own < layers.size()) std::cout << fmt::format("; {} ({})\n", layers[own].name, layers[own].op);
    layer = own;
    std::cout << wrapped(fmt::format("{:>6}  {}\n", i, disassemble(stream[i])), indent, layout);
  }
}

void show_program(const std::string& file, const TextLayout& layout) {
  const auto [program, platform] = open_program(file, config_paths());
  std::string head = fmt::format("program   of {}, digest {}\nplatform  {}, digest {}\n", program.network,
                                 program.digest(), platform.name, program.platform_digest);
  if (program.images > 1)
    head += fmt::format("images    {} side by side; those after the first bear @1, @2, ...\n", program.images);
  head += fmt::format("dram      program {} bytes, input {}, output {}; instructions {}\n",
                      grouped(static_cast<std::int64_t>(program.program_bytes)),
                      grouped(static_cast<std::int64_t>(program.input_bytes)),
                      grouped(static_cast<std::int64_t>(program.output_bytes)),
                      program.resident ? "resident on chip" : "fetched from DRAM");
  for (std::size_t b = 0; b < program.buffers.size() && b < buffer_names.size(); ++b) {
    head += fmt::format("buffer    {}: {} of {} bits\n", buffer_names[b], grouped(program.buffers[b].peak_bits),
                        grouped(platform.machine.buffers[b].capacity_bits()));
  }
  TextTable table({{"layer", true}, {"op", true}, {"unit", true}, {"MAC"}});
  for (std::size_t l = 0; l < program.layers_an_image(); ++l) {
    const ProgramLayer& layer = program.layers[l];
    table.row({layer.name, layer.op, layer.unit, grouped(layer.macs)});
  }
  std::cout << wrapped(head, indent, layout) << '\n' << table.text(layout);
  for (const std::string& note : program.notes) {
    std::cout << wrapped(fmt::format("note      {}\n", note), indent, layout);
  }
  show_stream("init", program.init, program.layers, layout.wide);
  show_stream("main", program.main, program.layers, layout.wide);
}

// Every part's longest path, the slowest first.
void show_clock(const Platform& p, const TextLayout& layout) {
  const ClockEstimate clock = estimate_clock(p);
  std::vector<ClockEstimate::Part> parts = clock.parts;
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.period_ps > b.period_ps; });
  TextTable table({{"longest path of", true}, {"clock"}, {"levels"}, {"from", true, 2}, {"to", true, 1}});
  for (const ClockEstimate::Part& part : parts) {
    table.row({part.unit, "~" + clock_text(1'000'000'000'000 / part.period_ps), fmt::format("{}", part.path.levels),
               std::string(part.path.from), std::string(part.path.to)});
  }
  std::cout << '\n' << table.text(layout);
  std::cout << fmt::format("clock     ~{} ({}..{}) by estimate\n", clock_text(clock.fmax_hz), clock_text(clock.low_hz),
                           clock_text(clock.high_hz));
  if (const std::optional<Diagnostic> above = clock_warning(p)) warning(*above);
}

void show_platform(const std::string& name, const TextLayout& layout) {
  const Platform p = load_platform(name, {}, config_paths());
  const ResourceEstimate r = estimate_resources(p);
  std::string head = fmt::format("platform  {}: {}\ndigest    {}\ndevice    {} ({}, {})\nclock     {}\n", p.name,
                                 p.summary, p.digest(), p.device.name, p.device.family, p.device.dsp,
                                 engineering(static_cast<double>(p.machine.clock_hz), "Hz"));
  head += fmt::format("peak      xnor_array {} MAC/cycle, mac_array {} MAC/cycle\nmemory    {}, {} bit\n\n",
                      p.machine.xnor_array.peak_macs(), p.machine.mac_array.peak_macs(), p.memory_standard,
                      p.machine.memory.width);
  TextTable table({{"part", true}, {"dsp"}, {"lut"}, {"ff"}, {"bram36"}, {"uram"}});
  const auto add = [&](const std::string& part, const Resources& u) {
    table.row({part, grouped(u.dsp), "~" + grouped(u.lut), "~" + grouped(u.ff),
               fmt::format("{}", static_cast<double>(u.bram36_halves) / 2), grouped(u.uram)});
  };
  for (const ResourceEstimate::Part& part : r.parts) add(part.unit, part.used);
  add("reserved", p.reserved);
  add("total", r.total);
  std::cout << wrapped(head, indent, layout) << table.text(layout)
            << (r.fits ? "fits the device's routing limits\n" : "does NOT fit:\n");
  for (const std::string& over : r.over) std::cout << "  " << over << '\n';
  show_clock(p, layout);
  for (const Assumption& a : p.assumptions) {
    std::cout << wrapped(fmt::format("assumption  {} = {} ({}): {}\n", a.key, a.value, a.range, a.why), 12, layout);
  }
}

void show(const std::string& what, const NetworkArguments& reading, const TextLayout& layout) {
  if (!std::filesystem::exists(what) && !reading.any()) {
    const std::vector<std::string> names = platform_names(config_paths());
    if (std::find(names.begin(), names.end(), what) != names.end()) return show_platform(what, layout);
  }
  const FileKind kind = file_kind(what);
  if (kind != FileKind::onnx && reading.any())
    usage_error("--input-shape, --input-quant, --calibrate, --bits and --assume are a network's", "leave them out");
  switch (kind) {
    case FileKind::onnx: return show_network(what, reading, layout);
    case FileKind::program: return show_program(what, layout);
    case FileKind::yaml: return show_platform(what, layout);
    default: break;
  }
  unexpected_kind(what, kind, "an ONNX network, a program or a platform");
}

}  // namespace

void declare_inspect(CLI::App& command, ExitStatus&) {
  struct Arguments {
    std::string what;
    NetworkArguments reading;
    TextOptions text;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("WHAT", arguments->what, "ONNX network, program, platform file or name of a platform")
      ->type_name("PLATFORM")
      ->required();
  add_network_options(command, arguments->reading);
  add_wide_option(command, arguments->text);
  command.callback([arguments] { show(arguments->what, arguments->reading, text_output(arguments->text).layout); });
}

}  // namespace blendsim::cli
