// SPDX-License-Identifier: Apache-2.0
#include "isa/layer_names.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "base/diagnostic.h"

namespace blendsim {

namespace {

std::string near_hint(std::string_view name, const std::vector<std::string>& names, const std::string& otherwise) {
  const std::string near = nearest(name, names);
  return near.empty() ? otherwise : fmt::format("did you mean '{}'?", near);
}

}  // namespace

std::vector<std::int32_t> layers_named(const Program& program, const std::string& pattern) {
  std::vector<std::int32_t> found;
  for (std::size_t l = 0; l < program.layers.size(); ++l) {
    const std::string& name = program.layers[l].name;
    // A name may have a bracket of its own, which a pattern reads as something else.
    // Of several images each has the layer, which the network's name stands for.
    const std::string& own = program.layers[l % program.layers_an_image()].name;
    if (name == pattern || own == pattern || fnmatch(pattern.c_str(), name.c_str(), 0) == 0 ||
        fnmatch(pattern.c_str(), own.c_str(), 0) == 0)
      found.push_back(static_cast<std::int32_t>(l));
  }
  return found;
}

std::string layer_hint(const Program& program, std::string_view name, const std::string& otherwise) {
  std::vector<std::string> names;
  for (const ProgramLayer& layer : program.layers) {
    const bool writes = std::any_of(layer.results.begin(), layer.results.end(),
                                    [&](const TensorView& view) { return view.name == name; });
    if (writes) return fmt::format("'{}' is a tensor; the layer that writes it is '{}'", name, layer.name);
    names.push_back(layer.name);
  }
  return near_hint(name, names, otherwise);
}

std::string tensor_hint(const Program& program, std::string_view name, const std::vector<std::string>& tensors,
                        const std::string& otherwise) {
  const auto layer = std::find_if(program.layers.begin(), program.layers.end(),
                                  [&](const ProgramLayer& l) { return l.name == name && !l.results.empty(); });
  if (layer == program.layers.end()) return near_hint(name, tensors, otherwise);
  std::string written;
  for (const TensorView& view : layer->results) {
    const std::string quoted = fmt::format("'{}'", view.name);
    if (written.find(quoted) == std::string::npos) written += (written.empty() ? "" : " and ") + quoted;
  }
  return fmt::format("'{}' is a layer; what it writes is {}", name, written);
}

}  // namespace blendsim
