// SPDX-License-Identifier: Apache-2.0
// What the commands that simulate share: a network or a program on a platform, and the inputs.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/network_options.h"
#include "isa/program.h"
#include "network/integer_network.h"
#include "platform/platform.h"
#include "result/run.h"

namespace blendsim::cli {

struct LoadArguments {
  std::string file, platform;     // an ONNX network or a program; of a program, the platform may be empty
  std::vector<std::string> sets;  // "unit.parameter=value"
  bool allow_oversize = false;
  std::optional<int>
      in_flight;             // images that the program computes; none: one, or as many as a program was compiled for
  NetworkArguments reading;  // of a network
};

// Declare --platform and --set, in the group "Platform". What they write to must live as long as the command.
CLI::Option* add_platform_option(CLI::App& command, std::string& platform);
void add_set_option(CLI::App& command, std::vector<std::string>& sets);

// Declares --in-flight.
void add_in_flight_option(CLI::App& command, std::optional<int>& images);

// Declares FILE, --platform, --set, --allow-oversize, --in-flight and those of a network to quantise. `arguments` must
// live as long as the command.
void add_load_options(CLI::App& command, LoadArguments& arguments);

struct Loaded {
  Program program;
  Platform platform;
  std::optional<IntegerNetwork> network;  // of an ONNX file
};

// Lowers and compiles a network, or opens a program, whose platform --platform may only repeat.
// What is quantised on an assumption is warned of: its values are nobody's.
// Throws DiagnosticError: those of the file, of the platform and of the compiler; device-too-small for a machine beyond
// its device's limits, unless allow_oversize; usage.
[[nodiscard]] Loaded load(const LoadArguments& arguments);

struct InputArguments {
  std::vector<std::string> files;   // none: a made-up image
  std::optional<InputScale> scale;  // only of files
  std::uint64_t seed = 1;           // of the made-up images
  std::optional<int> batch;         // how many; none: as many as the network's file takes at once
};

// Declares --input, --input-scale and --seed, in the group "Input". `arguments` must live as long as the command.
void add_input_options(CLI::App& command, InputArguments& arguments);

// Reads the files or makes up an image, and puts as many together as the program computes; what the network cannot hold
// is warned of on standard error, unless `said`, of another program on the same files, was already.
[[nodiscard]] Inputs prepare_inputs(const InputArguments& arguments, const Program& program,
                                    const Inputs* said = nullptr);

// "1 image", "4 images".
[[nodiscard]] std::string image_count_text(int images);

// A run's outputs and tensors by group of images as the program has them, by image, with the network's names.
void part_images(const Program& program, Run& run);

}  // namespace blendsim::cli
