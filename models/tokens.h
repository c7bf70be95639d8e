// SPDX-License-Identifier: Apache-2.0
// The token counters between units (rule 4), as time stamps: a token is known here from its producer's start (or from
// the moment in which the memory decides), and may be taken from the cycle in which it is visible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "result/events.h"
#include "units/units.h"

namespace blendsim {

struct Token {
  Cycles visible = 0;        // end of the posting instruction + token_latency
  std::int32_t record = -1;  // that instruction
};

class TokenListener {
 public:
  virtual ~TokenListener() = default;
  virtual void token_posted() = 0;  // one of the links to this unit has a token more
};

class Tokens {
 public:
  void listen(UnitId consumer, TokenListener& listener) { listeners_[static_cast<std::size_t>(consumer)] = &listener; }
  void reset(std::int64_t token_bits);

  void post(TokenKind kind, UnitId producer, UnitId consumer, Token token);
  // The oldest token of a link that was not taken, or nullptr.
  [[nodiscard]] const Token* oldest(TokenKind kind, int producer, UnitId consumer) const {
    const Link& link = at(kind, producer, consumer);
    return link.taken < link.posted.size() ? &link.posted[link.taken] : nullptr;
  }
  // Takes the oldest token in cycle `now`. Throws DiagnosticError token-overflow if by then more tokens had become
  // visible than the counter holds.
  void take(TokenKind kind, int producer, UnitId consumer, Cycles now);
  // At the end of a program. Throws program-invalid when a counter is not 0, token-overflow when it overflowed.
  void check_all_taken() const;
  // After it: forgets the tokens that were taken.
  void begin_image();

 private:
  struct Link {
    std::vector<Token> posted;
    std::size_t taken = 0;
  };
  static std::size_t place(TokenKind kind, int producer, UnitId consumer) {
    return (static_cast<std::size_t>(kind) * unit_count + static_cast<std::size_t>(producer)) * unit_count +
           static_cast<std::size_t>(consumer);
  }
  [[nodiscard]] const Link& at(TokenKind kind, int producer, UnitId consumer) const {
    return links_[place(kind, producer, consumer)];
  }

  std::array<Link, 2 * unit_count * unit_count> links_;
  std::array<TokenListener*, unit_count> listeners_{};
  std::size_t most_ = 0;
};

}  // namespace blendsim
