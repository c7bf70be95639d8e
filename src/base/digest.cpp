// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>

namespace blendsim {

struct Digest::State {
  XXH3_state_t* hash = XXH3_createState();
  ~State() { XXH3_freeState(hash); }
};

Digest::Digest() : state_(std::make_unique<State>()) { XXH3_128bits_reset(state_->hash); }
Digest::~Digest() = default;

Digest& Digest::add(std::int64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  XXH3_128bits_update(state_->hash, bytes.data(), bytes.size());
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
