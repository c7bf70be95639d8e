// SPDX-License-Identifier: Apache-2.0
#include "cli/network_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "cli/terminal.h"
#include "cli/validators.h"
#include "network/normalise.h"
#include "report/format_text.h"
#include "session/precision_file.h"

namespace blendsim::cli {

namespace {

constexpr const char* group = "Quantisation";

// "1,3,224,224", "3x224x224"
Shape parse_shape(const std::string& text) {
  Shape shape;
  for (const char *at = text.data(), *end = at + text.size(); at <= end;) {
    std::int64_t size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    const bool ends = next == end || *next == ',' || *next == 'x';
    if (error != std::errc{} || size < 1 || !ends) {
      throw DiagnosticError("input-shape", {.node = "--input-shape"}, fmt::format("'{}' is no shape", text),
                            "write whole numbers from 1 on, such as 1,3,224,224");
    }
    shape.push_back(size);
    at = next + 1;
  }
  return shape;
}

// "uint8:1/255", "int8:0.0186:-14", "bipolar": type, scale (1), zero point (0).
InputQuantiser parse_input_quantiser(const std::string& text) {
  const auto refuse = [&](const std::string& why) {
    throw DiagnosticError("out-of-range", {.node = "--input-quant"}, fmt::format("'{}': {}", text, why),
                          "write the type, the scale and, where it is not 0, the zero point: uint8:1/255, int8:1/128, "
                          "uint8:0.0186:114; or bipolar");
  };
  const std::size_t first = text.find(':'), second = first == std::string::npos ? first : text.find(':', first + 1);
  const std::string type = text.substr(0, first);
  InputQuantiser q;
  if (first != std::string::npos) {
    const InputScale scale = parse_scale(text.substr(first + 1, second - first - 1), "--input-quant");
    q.scale = scale.numerator / scale.denominator;
  }
  if (type == "bipolar") {
    q.bipolar = true;
    if (second != std::string::npos) refuse("signs have no zero point");
    return q;
  }
  const bool is_unsigned = type.starts_with("uint");
  int bits = 0;
  const char* digits = type.data() + (is_unsigned ? 4 : 3);
  const auto [end, error] =
      type.size() > 3 ? std::from_chars(digits, type.data() + type.size(), bits) : std::from_chars_result{};
  if (!(is_unsigned || type.starts_with("int")) || error != std::errc{} || end != type.data() + type.size() ||
      bits < (is_unsigned ? 1 : 2) || bits > 8)
    refuse(fmt::format("'{}' is none of bipolar, int2 to int8, uint1 to uint8", type));
  q.lo = is_unsigned ? 0 : -(std::int64_t{1} << (bits - 1));
  q.hi = (std::int64_t{1} << (is_unsigned ? bits : bits - 1)) - 1;
  if (second != std::string::npos) {
    int zero = 0;
    const char *begin = text.data() + second + 1, *stop = text.data() + text.size();
    const auto parsed = std::from_chars(begin, stop, zero);
    if (parsed.ec != std::errc{} || parsed.ptr != stop || zero < q.lo || zero > q.hi)
      refuse(fmt::format("'{}' is no zero point of {} to {}", text.substr(second + 1), q.lo, q.hi));
    q.zero_point = static_cast<float>(zero);
  }
  return q;
}

}  // namespace

void add_calibration_options(CLI::App& command, NetworkArguments& arguments) {
  command
      .add_option_function<std::string>(
          "--input-shape", [&arguments](const std::string& text) { arguments.shape = parse_shape(text); },
          "Sizes of the input where the file leaves them open, such as 1,3,224,224")
      ->type_name("SHAPE")
      ->group("Network");
  command
      .add_option_function<std::string>(
          "--input-quant",
          [&arguments](const std::string& text) {
            arguments.quantiser = parse_input_quantiser(text);
            arguments.quantiser_text = text;
          },
          "Quantise the input where the file does not: type, scale and zero point, such as uint8:1/255")
      ->type_name("TYPE:SCALE")
      ->group("Network");
  auto* images = command.add_option("--calibrate", arguments.images,
                                    "Quantise what the file does not: ranges of activations from these images");
  images->type_name("FILE")->allow_extra_args(false)->group(group);
  command
      .add_option_function<std::string>(
          "--calibrate-scale",
          [&arguments](const std::string& text) { arguments.scale = parse_scale(text, "--calibrate-scale"); },
          "Factor on their values, such as 1/255")
      ->type_name("SCALE")
      ->needs(images)
      ->group(group);
  command.add_option("--bits", arguments.plan, "Bits of each layer's weights and activations, a YAML file")
      ->type_name("PLAN")
      ->group(group);
}

void add_network_options(CLI::App& command, NetworkArguments& arguments) {
  add_calibration_options(command, arguments);
  command
      .add_option("--assume", arguments.assumed,
                  "Quantise what the file does not with so many bits and made-up ranges: for latency, resources and "
                  "power; no values are computed")
      ->type_name("BITS")
      ->check(CLI::Range(1, 8).description(""))
      ->excludes("--calibrate")
      ->group(group);
}

namespace {

// "8-bit weights", "1- to 8-bit weights"; of no layer: empty.
std::string bits_text(const std::vector<QuantisedLayer>& layers, int QuantisedLayer::*bits, const char* what) {
  std::set<int> all;
  for (const QuantisedLayer& layer : layers) {
    if (layer.*bits != 0) all.insert(layer.*bits);
  }
  if (all.empty()) return {};
  return all.size() == 1 ? fmt::format("{}-bit {}", *all.begin(), what)
                         : fmt::format("{}- to {}-bit {}", *all.begin(), *all.rbegin(), what);
}

std::string what_text(const std::vector<QuantisedLayer>& layers) {
  const std::string weights = bits_text(layers, &QuantisedLayer::weights, "weights"),
                    activations = bits_text(layers, &QuantisedLayer::activations, "activations");
  if (weights.empty() && activations.empty()) return "nothing: the file quantises every layer";
  return weights + (weights.empty() || activations.empty() ? "" : ", ") + activations;
}

std::string images_text(std::size_t images) { return fmt::format("{} image{}", images, images == 1 ? "" : "s"); }

std::string account(const NetworkArguments& arguments, const QuantisedNetwork& q, std::size_t images) {
  const std::string what = what_text(q.quantised.layers);
  if (arguments.assumed) {
    return fmt::format(
        "quantisation assumed ({}; ranges of made-up images): latency, resources and power are those of "
        "such a network; values are not computed",
        what);
  }
  if (!q.loss) return fmt::format("quantised ({}) in the ranges of the file's own quantisers", what);
  return fmt::format("quantised ({}) on {}: {} from the float network's outputs, the largest one the same in {} of {}",
                     what, images_text(images),
                     std::isinf(q.loss->sqnr_db) ? "no difference" : fmt::format("{:.1f} dB", q.loss->sqnr_db),
                     q.loss->top1_equal, q.loss->images);
}

}  // namespace

QuantisedNetwork quantise_file(const std::string& file, const NetworkArguments& arguments) {
  QuantisedNetwork out;
  out.original = normalise(import_onnx(file, arguments.import()));
  QuantiseInput input;
  if (!arguments.plan.empty()) input.plan = read_precision_plan(arguments.plan);
  const GraphInput& wanted = out.original.inputs.front();
  if (arguments.assumed) {
    input.bits = *arguments.assumed;
    constexpr std::uint64_t made_up = 2;
    for (std::uint64_t seed = 1; seed <= made_up; ++seed) input.images.push_back(made_up_image(wanted.shape, seed));
  } else if (!arguments.images.empty()) {
    input.images = read_images(arguments.images, arguments.scale, wanted.name, wanted.shape);
    progress(fmt::format("finding ranges on {}", images_text(input.images.size())));
  }
  out.quantised = quantise(out.original, input);
  if (!arguments.images.empty()) {
    progress("comparing with the float network on " + images_text(input.images.size()));
    out.loss = quantisation_loss(out.original, out.quantised.graph, input.images);
  }
  out.account = account(arguments, out, input.images.size());
  return out;
}

IntegerNetwork read_network(const std::string& file, const NetworkArguments& arguments) {
  const auto noted = [&](IntegerNetwork network) {
    if (arguments.quantiser)
      network.notes.push_back(
          fmt::format("its input is quantised by --input-quant {}, not by the file", arguments.quantiser_text));
    return network;
  };
  if (!arguments.quantises()) return noted(load_network(file, {}, arguments.import()));
  const QuantisedNetwork quantised = quantise_file(file, arguments);
  LoweringOptions options;
  options.prove = !arguments.assumed;
  IntegerNetwork network = lower(quantised.quantised.graph, options);
  if (!quantised.quantised.changed) return noted(lower(quantised.original));  // its own quantisers are all there are
  network.notes.push_back(quantised.account);
  network.assumed = arguments.assumed.has_value();
  return noted(std::move(network));
}

}  // namespace blendsim::cli
