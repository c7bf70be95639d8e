// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>

namespace blendsim {

struct Digest::State {
  XXH3_state_t* hash = XXH3_createState();
  ~State() { XXH3_freeState(hash); }
};

Digest::Digest() : state_(std::make_unique<State>()) { XXH3_128bits_reset(state_->hash); }
Digest::~Digest() = default;

Digest& Digest::add(std::int64_t value) { return add(std::span(&value, 1)); }

Digest& Digest::add(std::span<const std::int64_t> values) {
  std::array<std::uint8_t, 2048> bytes{};
  while (!values.empty()) {
    const auto block = values.first(std::min(values.size(), bytes.size() / 8));
    std::size_t at = 0;
    for (const std::int64_t value : block) {
      for (int i = 0; i < 8; ++i) {
        bytes[at++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
      }
    }
    XXH3_128bits_update(state_->hash, bytes.data(), at);
    values = values.subspan(block.size());
  }
  return *this;
}

Digest& Digest::add(std::string_view text) {
  add(static_cast<std::int64_t>(text.size()));
  XXH3_128bits_update(state_->hash, text.data(), text.size());
  return *this;
}

Digest& Digest::add_bytes(std::span<const std::uint8_t> bytes) {
  add(static_cast<std::int64_t>(bytes.size()));
  XXH3_128bits_update(state_->hash, bytes.data(), bytes.size());
  return *this;
}

std::string Digest::hex() const {
  const XXH128_hash_t value = XXH3_128bits_digest(state_->hash);
  return fmt::format("{:016x}{:016x}", value.high64, value.low64);
}

}  // namespace blendsim
