// SPDX-License-Identifier: Apache-2.0
#include "network/graph.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/diagnostic.h"

namespace blendsim {

namespace {

template <class T>
const T* find(const Node& node, const std::string& key, const char* kind) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) return nullptr;
  if (const T* value = std::get_if<T>(&found->second)) return value;
  throw DiagnosticError("unsupported-attribute", {.node = node.name}, "the attribute '" + key + "' is not " + kind);
}

}  // namespace

std::vector<float> Constant::as_float() const {
  if (const auto* floats = std::get_if<std::vector<float>>(&values)) return *floats;
  const auto& integers = std::get<std::vector<std::int64_t>>(values);
  std::vector<float> out(integers.size());
  std::transform(integers.begin(), integers.end(), out.begin(), [](std::int64_t v) { return static_cast<float>(v); });
  return out;
}

std::vector<std::int64_t> Constant::as_integer() const {
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&values)) return *integers;
  constexpr float limit = 9.2233720368547758e18F;  // 2^63
  std::vector<std::int64_t> out;
  for (const float value : std::get<std::vector<float>>(values)) {
    const bool integral = value >= -limit && value < limit && std::trunc(value) == value;
    if (!integral) throw std::invalid_argument(std::to_string(value) + " is not an integer");
    out.push_back(static_cast<std::int64_t>(value));
  }
  return out;
}

std::int64_t Node::attribute_int(const std::string& key, std::int64_t fallback) const {
  const auto* value = find<std::int64_t>(*this, key, "an integer");
  return value == nullptr ? fallback : *value;
}

float Node::attribute_float(const std::string& key, float fallback) const {
  const auto* value = find<float>(*this, key, "a number");
  return value == nullptr ? fallback : *value;
}

std::string Node::attribute_string(const std::string& key, const std::string& fallback) const {
  const auto* value = find<std::string>(*this, key, "a text");
  return value == nullptr ? fallback : *value;
}

std::vector<std::int64_t> Node::attribute_ints(const std::string& key, std::vector<std::int64_t> fallback) const {
  const auto* value = find<std::vector<std::int64_t>>(*this, key, "a list of integers");
  return value == nullptr ? std::move(fallback) : *value;
}

const Constant* Graph::constant(const std::string& tensor) const {
  const auto found = constants.find(tensor);
  return found == constants.end() ? nullptr : &found->second;
}

}  // namespace blendsim
