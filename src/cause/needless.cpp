// SPDX-License-Identifier: Apache-2.0
#include "cause/needless.h"

#include <algorithm>

#include "isa/ordered.h"

namespace blendsim {

namespace {

void apply(std::vector<Instruction>& main, const NeedlessWait& wait) {
  if (wait.enough < 0) {
    drop_token(main, wait.token);
  } else {
    move_post(main, wait.token, wait.enough);
  }
}

class Search {
 public:
  explicit Search(const RecordedRun& run)
      : machine_(run.machine()), main_(run.instructions()), init_(decode(run.program().init)) {}

  [[nodiscard]] bool is_needed(const TokenWay& token) const {
    return meet(accesses(main_[place(token.posted_by)], machine_), accesses(main_[place(token.taken_by)], machine_));
  }

  // The earlier the post, the less it orders: so the places that do are the latest ones.
  [[nodiscard]] bool find(NeedlessWait& wait) const {
    wait.enough = -1;
    if (legal_with(wait)) return true;
    const std::vector<std::int32_t> places = earlier_places(wait.token);
    const auto enough = std::partition_point(places.begin(), places.end(), [&](std::int32_t at) {
      return !legal_with({wait.token, at});
    });
    if (enough == places.end()) return false;
    wait.enough = *enough;
    return true;
  }

  [[nodiscard]] bool legal(const std::vector<Instruction>& main) const { return ordered(init_, main, machine_); }

 private:
  static std::size_t place(std::int32_t instruction) { return static_cast<std::size_t>(instruction); }

  [[nodiscard]] bool legal_with(const NeedlessWait& wait) const {
    std::vector<Instruction> main = main_;
    apply(main, wait);
    return legal(main);
  }

  // The unit's instructions between the link's post before this one and this one: where posts keep their order.
  [[nodiscard]] std::vector<std::int32_t> earlier_places(const TokenWay& token) const {
    std::vector<std::int32_t> places;
    const UnitId producer = unit_of(main_[place(token.posted_by)]);
    const std::uint32_t consumer = 1U << index(unit_of(main_[place(token.taken_by)]));
    for (std::int32_t at = token.posted_by - 1; at >= 0; --at) {
      if (unit_of(main_[place(at)]) != producer) continue;
      const Synchronisation& sync = sync_of(main_[place(at)]);
      if (((token.kind == TokenKind::data ? sync.post_data : sync.post_space) & consumer) != 0) break;
      places.push_back(at);
    }
    std::reverse(places.begin(), places.end());
    return places;
  }

  const MachineParameters& machine_;
  const std::vector<Instruction>& main_;
  std::vector<Instruction> init_;
};

}  // namespace

std::vector<NeedlessWait> find_needless(const RecordedRun& run, const std::vector<TokenWay>& tokens) {
  const Search search(run);
  std::vector<NeedlessWait> found;
  for (const TokenWay& token : tokens) {
    NeedlessWait wait{token, -1};
    if (!search.is_needed(token) && search.find(wait)) found.push_back(wait);
  }
  return found;
}

std::vector<Instruction> without(const RecordedRun& run, std::vector<NeedlessWait>& waits) {
  const Search search(run);
  std::vector<Instruction> main = run.instructions();
  std::vector<NeedlessWait> kept;
  for (const NeedlessWait& wait : waits) {
    std::vector<Instruction> next = main;
    apply(next, wait);
    if (waits.size() > 1 && !search.legal(next)) continue;
    main = std::move(next);
    kept.push_back(wait);
  }
  waits = std::move(kept);
  return main;
}

}  // namespace blendsim
