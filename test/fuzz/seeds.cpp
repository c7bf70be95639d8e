// SPDX-License-Identifier: Apache-2.0
// fuzz_seeds DIR: what the fuzzers start from, DIR/TARGET/*. Everything is made here or comes from the tree.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "network/integer_network.h"
#include "network/zoo.h"
#include "platform/platform.h"
#include "tensor/array.h"
#include "unit/compiler/network_builder.h"

namespace {

namespace fs = std::filesystem;
using namespace blendsim;

const ConfigPaths configs{BLENDSIM_CONFIGS};

fs::path folder(const fs::path& root, const char* target) {
  fs::create_directories(root / target);
  return root / target;
}

void spill(const fs::path& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

// Every type, both orders, the header's versions.
void write_arrays(const fs::path& root) {
  const fs::path to = folder(root, "npy");
  write_npy((to / "float32").string(), FloatArray{{1, 2, 3}, {0, 1, -1, 0.5F, 1e30F, 2}});
  write_npy((to / "int64").string(), IntArray{{2, 2}, {0, -1, 255, 70000}});
  write_npy((to / "scalar").string(), IntArray{{}, {7}});
  for (const auto& [type, size] :
       {std::pair{"|b1", 1}, {"|u1", 1}, {"|i1", 1}, {"<u2", 2}, {"<i2", 2}, {"<i4", 4}, {"<f8", 8}, {">i4", 4}}) {
    for (const char version : {'\x01', '\x02'}) {
      std::string header = fmt::format("{{'descr': '{}', 'fortran_order': True, 'shape': (2, 3), }}\n", type);
      std::string text("\x93NUMPY");
      text += version;
      text += '\0';
      text += static_cast<char>(header.size());
      text.append(version == '\x01' ? 1 : 3, '\0');
      spill(to / fmt::format("{}_{}", type[1] + std::to_string(size), int{version}),
            text + header + std::string(static_cast<std::size_t>(6 * size), '\x11'));
    }
  }
}

// Grey, RGB, with transparency and as a palette.
void write_images(const fs::path& root) {
  const fs::path to = folder(root, "png");
  std::vector<std::uint8_t> pixels(9 * 7 * 4), map(256 * 4);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 37);
  for (const auto& [name, format] : {std::pair{"grey", PNG_FORMAT_GRAY},
                                     {"rgb", PNG_FORMAT_RGB},
                                     {"rgba", PNG_FORMAT_RGBA},
                                     {"grey_alpha", PNG_FORMAT_GA},
                                     {"deep", PNG_FORMAT_LINEAR_Y},
                                     {"palette", PNG_FORMAT_RGB_COLORMAP}}) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = 5;
    image.height = 7;
    image.format = static_cast<png_uint_32>(format);
    image.colormap_entries = 4;
    if (std::string_view(name) == "palette") {
      for (std::uint8_t& p : pixels) p = p % 4;
    }
    if (png_image_write_to_file(&image, (to / name).c_str(), 0, pixels.data(), 0, map.data()) == 0)
      std::cerr << name << ": " << image.message << '\n';
  }
}

void write_descriptions(const fs::path& root) {
  const fs::path to = folder(root, "yaml");
  for (const std::string& name : platform_names(configs)) {
    const Platform platform = load_platform(name, {}, configs);
    spill(to / name, platform.yaml());
  }
  spill(to / "commented", commented_yaml(load_platform("zu3eg", {}, configs)));
  for (const char* part : {"devices", "technologies"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(configs.root) / part))
      fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::overwrite_existing);
  }
}

// Steps of the host of every kind, so that a mutation of one is near.
void add_steps(IntegerNetwork& net, int n) {
  HostOutput& out = net.outputs.front();
  const auto op = [&](HostOp::Kind kind, FloatArray operand = {}, Shape shape = {}) -> HostOp& {
    HostOp made;
    made.kind = kind;
    made.node = "node";
    made.operand = std::move(operand);
    made.shape = std::move(shape);
    return out.ops.emplace_back(std::move(made));
  };
  using Kind = HostOp::Kind;
  const auto c = static_cast<std::size_t>(out.channels);
  const std::int64_t channels = out.channels, area = std::int64_t{out.height} * out.width;
  if (n % 4 == 0) {
    op(Kind::multiply, {{1}, {0.5F}});
    op(Kind::add, {{1, channels, 1, 1}, std::vector<float>(c, 0.25F)});
    op(Kind::batch_normalization, {{5, channels}, std::vector<float>(5 * c, 1.0F)});
    op(Kind::clip, {{2}, {-1, 1}});
    op(Kind::leaky_relu, {{1}, {0.1F}});
    op(Kind::reshape, {}, {1, channels * area});
    op(Kind::softmax);
  } else if (n % 4 == 1) {
    op(Kind::transpose, {}, {0, 2, 3, 1});
    op(Kind::reshape, {}, {1, channels * area});
    op(Kind::argmax);
    out.shape = {1, 1};
  } else if (n % 4 == 2) {
    op(Kind::thresholds, {{channels, 2}, std::vector<float>(2 * c, 3.0F)});
    op(Kind::quantize);
    out.ops.back().lo = -8, out.ops.back().hi = 7, out.ops.back().scale = 0.5F;
    op(Kind::function, {{2}, {0, 0}}).function = "Sigmoid";
    op(Kind::power, {{1}, {2.0F}});
    op(Kind::top_k);
    out.shape = {1, 1, out.height, out.width};
  }
  HostOp quantise;
  quantise.kind = Kind::quantize;
  quantise.scale = 0.125F;
  quantise.lo = net.input.format.min();
  quantise.hi = net.input.format.max();
  if (!net.input.format.is_bipolar()) net.input.ops = {quantise};
}

bool has_rings(const Program& program) {
  return std::ranges::any_of(program.layers, [](const ProgramLayer& layer) {
    return std::ranges::any_of(layer.results, [](const TensorView& view) { return view.in_bands(); });
  });
}

// Programs of networks whose maps find no room as wholes.
void write_rings(const fs::path& programs, const Platform& cramped) {
  const test::RandomNetworkOptions tall{2, 24, 16, {3, 8, 16}};
  int kept = 0;
  for (std::uint64_t seed = 300; seed <= 500 && kept < 8; ++seed) {
    try {
      const Program program = compile(test::random_integer_network(seed, tall), cramped).program;
      if (!has_rings(program) || program_bytes(program).size() > 24000) continue;
      write_program(program, (programs / fmt::format("rings_{}", seed)).string());
      ++kept;
    } catch (const DiagnosticError&) {}
  }
  std::cout << kept << " programs with rings\n";
}

// Random networks of every layer kind, as lowered ONNX and as programs of a small machine; and built-in ones.
void write_networks(const fs::path& root, const Platform& small) {
  const fs::path programs = folder(root, "program"), networks = folder(root, "onnx");
  const test::RandomNetworkOptions small_networks{3, 6, 24, {3, 8, 16, 20, 24}};
  int kept = 0;
  for (std::uint64_t seed = 1; seed <= 200 && kept < 24; ++seed) {
    try {
      IntegerNetwork net = test::random_integer_network(seed, small_networks);
      add_steps(net, kept);
      const Program program = compile(net, small).program;
      if (program_bytes(program).size() > 16000) continue;
      write_program(program, (programs / fmt::format("random_{}", seed)).string());
      ++kept;
      export_lowered(net, (networks / fmt::format("random_{}.onnx", seed)).string());
    } catch (const DiagnosticError&) {  // too large for the machine, or for the export
    }
  }
  for (const ZooEntry& entry : zoo_entries()) {
    for (const char* dialect : {"onnx", "qonnx"}) {
      ZooOptions options;
      options.dialect = dialect;
      options.width = 4;
      options.blocks = 1;
      const std::string path = (networks / fmt::format("{}_{}.onnx", entry.name, dialect)).string();
      try {
        write_zoo_network(entry.name, options, path);
      } catch (const DiagnosticError&) {  // not of this size or dialect
        continue;
      }
      if (fs::file_size(path) > 60'000) fs::remove(path);
    }
  }
  std::cout << kept << " programs\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const fs::path root = argv[1];
  write_arrays(root);
  write_images(root);
  write_descriptions(root);
  const std::string tiny = BLENDSIM_SOURCE "/test/conformance/platforms/tiny.yaml";
  write_networks(root, load_platform(tiny, {}, configs));
  write_rings(root / "program",
              load_platform(tiny, {"buffers.act_fixed.depth=80", "buffers.act_binary.depth=24"}, configs));
}
