// SPDX-License-Identifier: Apache-2.0
// Program files: read and proven; what the proof accepts is interpreted and simulated, and both must agree.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "isa/interpret.h"
#include "numerics/host_op.h"
#include "sim/machine.h"
#include "sim/open_program.h"
#include "targets.h"

namespace blendsim::fuzz {
namespace {

// A legal program may well compute for hours. What a fuzzer runs is shorter; the proof itself knows no such limit.
constexpr std::int64_t most_cycles = 1'000'000;
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 24;
constexpr std::int64_t most_buffer_bits = std::int64_t{1} << 28;

// Reading a platform takes longer than all the rest, and most programs of a fuzzer share one.
const Platform& platform_of(const std::string& text) {
  static std::string known;
  static Platform platform;
  if (text != known || known.empty()) {
    known.clear();
    platform = parse_platform(text, "fuzzed", {BLENDSIM_CONFIGS});
    known = text;
  }
  return platform;
}

bool is_short(const Program& program, const MachineParameters& machine) {
  std::uint64_t bytes = program.program_bytes + program.input_bytes + program.output_bytes;
  std::int64_t cycles = 0, bits = 0;
  for (const BufferParameters& buffer : machine.buffers) bits += buffer.capacity_bits();
  for (const std::vector<Word>* words : {&program.init, &program.main}) {
    for (const Instruction& i : decode(*words)) {
      if (const auto* load = std::get_if<LoadInstruction>(&i)) bytes += std::uint64_t{load->runs} * load->run_bytes;
      else if (const auto* store = std::get_if<StoreInstruction>(&i))
        bytes += std::uint64_t{store->runs} * store->run_bytes;
      else cycles += occupancy(i, machine);
    }
  }
  return bytes <= most_bytes && cycles <= most_cycles && bits <= most_buffer_bits;
}

// An image of the input's format: by way of the host's steps, or made up where they refuse it.
std::vector<std::int32_t> image_of(const Program& program) {
  const HostInput& input = program.host_input;
  std::mt19937_64 random(1);
  FloatArray x{input.shape, std::vector<float>(static_cast<std::size_t>(element_count(input.shape)))};
  for (float& value : x.values) value = static_cast<float>(random() % 256) - 128;
  std::vector<std::int32_t> image;
  if (accepted([&] { image = quantize_input(input, x); })) return image;
  image.resize(static_cast<std::size_t>(input.channels) * static_cast<std::size_t>(input.height) *
               static_cast<std::size_t>(input.width));
  for (std::int32_t& value : image) {
    const auto span = static_cast<std::uint64_t>(input.format.max() - input.format.min());
    value = input.format.is_bipolar()
                ? (random() % 2 == 0 ? -1 : 1)
                : static_cast<std::int32_t>(input.format.min() + static_cast<std::int64_t>(random() % (span + 1)));
  }
  return image;
}

// The same image for each that the program computes.
std::vector<std::int32_t> images_of(const Program& program) {
  const std::vector<std::int32_t> one = image_of(program);
  std::vector<std::int32_t> all;
  for (int i = 0; i < program.images; ++i) all.insert(all.end(), one.begin(), one.end());
  return all;
}

void simulate(const Program& program, const MachineParameters& machine) {
  const std::vector<std::vector<std::int32_t>> images = {images_of(program)};
  Interpretation plain;
  if (!accepted([&] { plain = interpret(program, machine, images.front(), true); })) return;
  RunOptions options;
  options.check_hazards = true;
  options.capture_tensors = true;
  Run run;
  if (!accepted([&] { run = Machine::instance().run(machine, program, images, options); })) return;
  if (run.outputs.at(0) != plain.outputs) std::abort();
  for (std::size_t o = 0; o < plain.outputs.size(); ++o)
    (void)accepted([&] { (void)finish_output(program.host_outputs[o], plain.outputs[o]); });
}

}  // namespace

void program(Bytes bytes) {
  (void)accepted([&] {
    const Program program = parse_program(bytes, "fuzzed");
    const Platform& platform = platform_of(program.platform_yaml);
    check_program(program, platform);
    if (is_short(program, platform.machine)) simulate(program, platform.machine);
  });
}

}  // namespace blendsim::fuzz
