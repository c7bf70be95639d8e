// SPDX-License-Identifier: Apache-2.0
// Many platforms that differ from one in some keys, made without reading YAML again: what a search over designs asks
// for, thousands of times a second.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "platform/platform.h"

namespace blendsim {

// A key of the platform and the value that it is given, both read and checked on their own.
struct Setting {
  std::size_t key = 0;      // index in PlatformVariants::keys()
  std::int64_t number = 0;  // in the key's unit; of a text: index in the texts seen so far. A depth of 0: what its
                            // stages take
  bool operator==(const Setting&) const = default;
};

class PlatformVariants {
 public:
  // `base` was read by load_platform.
  explicit PlatformVariants(Platform base);
  ~PlatformVariants();
  PlatformVariants(const PlatformVariants&) = delete;
  PlatformVariants& operator=(const PlatformVariants&) = delete;

  [[nodiscard]] const Platform& base() const;
  [[nodiscard]] const std::vector<std::string>& keys() const;  // "xnor_array.rows", in the schema's order

  // What --set KEY=VALUE says. Throws DiagnosticError at `place`: bad-override, wrong-type, wrong-unit, out-of-range,
  // unknown-name, with the texts of load_platform.
  [[nodiscard]] Setting setting(const std::string& key, const std::string& value, const Place& place);
  // "xnor_array.rows=16", which --set takes.
  [[nodiscard]] std::string text(const Setting& setting) const;
  // What the base has for the key: it may be derived from others.
  [[nodiscard]] std::string base_value(std::size_t key) const;

  // One variant, until the next call of view() or make(): its overrides and its source are the base's.
  struct View {
    const Platform& platform;
    std::vector<Diagnostic> contradictions;  // none: it is a platform that load_platform would take
  };
  [[nodiscard]] View view(std::span<const Setting> settings) const;

  struct Variant {
    Platform platform;
    std::vector<Diagnostic> contradictions;  // none: it is a platform that load_platform would take
  };
  // The base with the settings, later ones over earlier ones: equal to with_sets(base, texts), refused where that is
  // refused, by the same codes.
  [[nodiscard]] Variant make(std::span<const Setting> settings) const;

 private:
  struct Workbench;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim
