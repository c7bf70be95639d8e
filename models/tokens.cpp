// SPDX-License-Identifier: Apache-2.0
#include "models/tokens.h"

#include <string>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

std::string link_name(TokenKind kind, int producer, UnitId consumer) {
  return std::string(kind == TokenKind::data ? "data" : "space") + " tokens " +
         std::string(unit_names[static_cast<std::size_t>(producer)]) + " -> " + std::string(name(consumer));
}

[[noreturn]] void overflow(TokenKind kind, int producer, UnitId consumer, std::size_t most, const Token& token) {
  throw DiagnosticError({{"token-overflow",
                          {"", 0, link_name(kind, producer, consumer)},
                          "the counter holds " + std::to_string(most) + ", and one more became visible in cycle " +
                              std::to_string(token.visible),
                          "raise dispatcher.token_bits, or let the consumer take its tokens earlier"}},
                        ExitStatus::simulation_failed);
}

}  // namespace

void Tokens::reset(std::int64_t token_bits) {
  begin_image();
  most_ = (std::size_t{1} << token_bits) - 1;
}

void Tokens::begin_image() {
  for (Link& link : links_) {
    link.posted.clear();
    link.taken = 0;
  }
}

void Tokens::post(TokenKind kind, UnitId producer, UnitId consumer, Token token) {
  links_[place(kind, index(producer), consumer)].posted.push_back(token);
  listeners_[static_cast<std::size_t>(consumer)]->token_posted();
}

void Tokens::take(TokenKind kind, int producer, UnitId consumer, Cycles now) {
  Link& link = links_[place(kind, producer, consumer)];
  // The counter stood at `most_` before this take if the token `most_` places behind was visible already: an overflow,
  // unless it arrives in this very cycle, in which one goes and one comes.
  const std::size_t beyond = link.taken + most_;
  if (beyond < link.posted.size() && link.posted[beyond].visible < now) {
    overflow(kind, producer, consumer, most_, link.posted[beyond]);
  }
  ++link.taken;
}

void Tokens::check_all_taken() const {
  for (std::size_t n = 0; n < links_.size(); ++n) {
    const Link& link = links_[n];
    const std::size_t left = link.posted.size() - link.taken;
    if (left == 0) continue;
    const auto kind = static_cast<TokenKind>(n / (unit_count * unit_count));
    const int producer = static_cast<int>(n / unit_count % unit_count);
    const auto consumer = static_cast<UnitId>(n % unit_count);
    if (left > most_) overflow(kind, producer, consumer, most_, link.posted[link.taken + most_]);
    throw DiagnosticError({{"program-invalid",
                            {"", 0, link_name(kind, producer, consumer)},
                            std::to_string(left) + " tokens are left at the program's end; counters begin and end at 0",
                            "every post needs its wait"}},
                          ExitStatus::simulation_failed);
  }
}

}  // namespace blendsim
