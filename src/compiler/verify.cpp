// SPDX-License-Identifier: Apache-2.0
// Pass verify: the program is legal, and the plain interpreter computes what the network says, tensor by tensor.
#include <fmt/format.h>

#include <map>
#include <random>

#include "base/diagnostic.h"
#include "compiler/plan.h"
#include "isa/interpret.h"

namespace blendsim::compiler {
namespace {

constexpr std::uint64_t seed = 20230707;

std::vector<std::int32_t> random_input(const IntTensor& t, int images) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> values(static_cast<std::size_t>(t.size() * images));
  for (std::int32_t& v : values) {
    const std::uint64_t draw = random();
    v = t.format.is_bipolar()
            ? (draw & 1 ? 1 : -1)
            : static_cast<std::int32_t>(t.lo +
                                        static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(t.hi - t.lo + 1)));
  }
  return values;
}

void compare(const std::string& name, const IntTensor& t, const std::vector<std::int32_t>& expected,
             const std::vector<std::int32_t>& actual) {
  if (expected.size() != actual.size()) {
    throw InvariantError(fmt::format("compiler: tensor '{}'", name),
                         fmt::format("{} values where {} are due", actual.size(), expected.size()));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == actual[i]) continue;
    const auto width = static_cast<std::size_t>(t.width), plane = static_cast<std::size_t>(t.height) * width;
    throw InvariantError(fmt::format("compiler: tensor '{}'", name),
                         fmt::format("channel {}, row {}, column {} is {}, the network says {} (input seed {})",
                                     i / plane, i % plane / width, i % width, actual[i], expected[i], seed));
  }
}

}  // namespace

std::string verify_program(const Program& program, const IntegerNetwork& network, const MachineParameters& machine) {
  try {
    verify(program, machine);
  } catch (const DiagnosticError& error) {
    throw InvariantError("compiler", fmt::format("the program it made is not legal: {}", error.what()));
  }
  const IntTensor& in = network.tensor(network.input_tensor);
  const std::vector<std::int32_t> input = random_input(in, program.images);  // image after image
  const auto size = static_cast<std::ptrdiff_t>(in.size());
  std::vector<TensorValues> values;
  std::map<std::string, std::pair<int, TensorId>> by_name;
  for (int image = 0; image < program.images; ++image) {
    const auto begin = input.begin() + image * size;
    values.push_back(execute(network, {begin, begin + size}));
    for (std::size_t t = 0; t < network.tensors.size(); ++t)
      by_name[image_name(network.tensors[t].name, image)] = {image, static_cast<TensorId>(t)};
  }
  const Interpretation run = interpret(program, machine, input, true);
  const auto check = [&](const std::string& name, int image, TensorId id, const std::vector<std::int32_t>& actual) {
    compare(name, network.tensor(id), values[static_cast<std::size_t>(image)][position_of(id)], actual);
  };
  for (const ResultCapture::Result& result : run.results) {
    const auto& [image, id] = by_name.at(result.name);
    check(result.name, image, id, result.values);
  }
  const std::size_t outputs = network.output_tensors.size();
  for (std::size_t o = 0; o < run.outputs.size(); ++o)
    check(program.outputs[o].name, static_cast<int>(o / outputs), network.output_tensors[o % outputs], run.outputs[o]);
  return fmt::format("verified: the program is legal; {} tensors and {} outputs equal the network's, input seed {}",
                     run.results.size(), run.outputs.size(), seed);
}

}  // namespace blendsim::compiler
