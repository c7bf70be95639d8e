// SPDX-License-Identifier: Apache-2.0
// Pass synchronise: the fewest tokens and fences that put every two instructions which meet in order, whatever the
// timing.
//
// What is known of every timing (isa/verify_order.cpp proves programs by the same rules): a unit starts and ends in
// program order; a token puts its poster's end before its taker's start, and with it everything known to have ended
// before the poster started. An edge that is known already makes no token. A counter that could overflow gets a token
// back.
#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <optional>
#include <span>

#include "base/diagnostic.h"
#include "compiler/levers.h"
#include "compiler/plan.h"
#include "isa/output_bytes.h"

namespace blendsim::compiler {
namespace {

using AccessId = Index<Access>;
using Clock = std::array<std::int32_t, unit_count>;
enum Kind : std::size_t { data = 0, space = 1 };

void merge(Clock& into, const Clock& other) {
  for (std::size_t u = 0; u < into.size(); ++u) into[u] = std::max(into[u], other[u]);
}

struct Known {
  std::int32_t number = 0;   // within its unit, from 1
  Clock ended{}, started{};  // of each unit: what ended (started) before its start
};

// An access of an instruction before, by its place in the list of all.
struct Past {
  std::int32_t number = 0;  // of the instruction within its unit
  AccessId previous;        // the access before by the same unit, through the same port
};

struct Link {
  std::vector<OpId> posts, waits;
  bool late = false;  // take tokens of the last instruction that can post, so that few are under way
};

class Synchroniser {
 public:
  Synchroniser(Table<OpId, Instruction>& instructions, const MachineParameters& machine)
      : instructions_(instructions), machine_(machine) {
    first_access_.reserve(instructions.size() + 1);
    accesses_.reserve(6 * instructions.size());
    for (const Instruction& i : instructions) {
      first_access_.add(AccessId(accesses_.size()));
      add_accesses(i, machine, accesses_);
    }
    first_access_.add(AccessId(accesses_.size()));
    past_.resize(accesses_.size());
    for (auto& unit : of_unit_) unit.reserve(instructions.size());
    capacity_ = (std::size_t{1} << machine.dispatcher.token_bits) - 1;
  }

  void run() {
    constexpr int most_rounds = 1000;
    for (int round = 0; round < most_rounds; ++round) {
      pass();
      if (!relieve_counters()) return;
    }
    std::vector<Lever> levers;
    for (const std::int64_t bits : {8, 12, 16}) {
      if (bits > machine_.dispatcher.token_bits)
        levers.push_back({"dispatcher.token_bits=" + std::to_string(bits) + " bit"});
    }
    throw refusal("does-not-fit", "tokens", "no order of tokens keeps every counter below its limit", std::move(levers),
                  "use a smaller network");
  }

 private:
  struct Need {
    std::int32_t number = 0;
    Kind kind = data;
  };

  void pass() {
    known_.assign(instructions_.size(), {});
    for (auto& unit : of_unit_) unit.clear();
    for (auto& by_kind : links_) {
      for (auto& from : by_kind) {
        for (Link& link : from) {
          link.posts.clear();
          link.waits.clear();
        }
      }
    }
    for (std::size_t b = 0; b < buffer_count; ++b)
      regions_.entries[b].assign(static_cast<std::size_t>(machine_.buffers[b].regions), {});
    for (const OpId n : instructions_.keys()) add(n);
  }

  void add(OpId n) {
    Synchronisation& sync = sync_of(instructions_[n]);
    sync = {0, 0, 0, 0, 0, sync.layer};
    const std::size_t own = instructions_[n].index();
    Known& known = known_[n];
    known.number = of_unit_[own].next() + 1;
    if (known.number > 1) {
      const Known& previous = known_[of_unit_[own].back()];
      known.ended = previous.ended;
      known.started = previous.started;
    }
    known.started[own] = known.number;
    std::array<Need, unit_count> needs{};
    for (const AccessId a : accesses_of(n)) collect(access(a), own, known, needs);
    collect_stored(n, known, needs);
    for (auto forced = forced_.lower_bound(n); forced != forced_.end() && forced->first == n; ++forced) {
      const auto& [unit, number] = forced->second;
      if (number > needs[unit].number) needs[unit] = {number, space};
    }
    take_tokens(n, own, needs);
    if (needs[own].number > known.ended[own]) {
      sync.fence = 1;
      known.ended[own] = known.number - 1;
    }
    of_unit_[own].add(n);
    for (const AccessId a : accesses_of(n)) {
      Region& region = region_of(access(a));
      const std::size_t list = 2 * own + (access(a).write ? 1 : 0);
      past_[a] = {known.number, region.last[list]};
      region.last[list] = a;
      region.used |= 1U << list;
    }
  }

  [[nodiscard]] KeyRange<AccessId> accesses_of(OpId n) const { return {first_access_[n], first_access_[n + 1]}; }
  [[nodiscard]] const Access& access(AccessId a) const { return accesses_[position_of(a)]; }

  // The last access so far, by 2 * unit + port (0: read), and which of these lists hold any.
  struct Region {
    std::array<AccessId, 2 * unit_count> last;
    std::uint32_t used = 0;
  };
  Region& region_of(const Access& access) { return regions_[access.buffer][access.region]; }

  // The last instruction of each unit that must have ended before this access.
  void collect(const Access& wanted, std::size_t own, const Known& known, std::array<Need, unit_count>& needs) {
    const Region& region = region_of(wanted);
    for (std::uint32_t left = region.used; left != 0; left &= left - 1) {
      const auto list = static_cast<std::size_t>(std::countr_zero(left)), unit = list / 2, port = list % 2;
      const bool same_port = port == (wanted.write ? 1U : 0U);
      if (unit == own && (same_port || wanted.write)) continue;
      const bool raw = !wanted.write && port == 1;
      const std::int32_t settled = std::max(known.ended[unit], needs[unit].number - (raw ? 1 : 0));
      for (AccessId a = region.last[list]; a.exists(); a = past_[a].previous) {
        const std::int32_t number = past_[a].number;
        if (number <= settled) break;
        if (!same_port && !overlap(wanted, access(a))) continue;
        needs[unit] = {number, raw ? data : space};
        break;
      }
    }
  }

  // The last store that must have ended before a load that reads the output area back. A store never has to wait there:
  // nothing is stored twice.
  void collect_stored(OpId n, const Known& known, std::array<Need, unit_count>& needs) {
    const std::optional<OutputBytes> wanted = output_bytes(instructions_[n]);
    if (!wanted || wanted->write) return;
    const auto unit = static_cast<std::size_t>(index(UnitId::store));
    const auto& stores = of_unit_[unit];
    for (std::int32_t number = stores.next(); number > std::max(known.ended[unit], needs[unit].number); --number) {
      const std::optional<OutputBytes> stored = output_bytes(instructions_[stores[number - 1]]);
      if (!stored || !stored->meets(*wanted)) continue;
      needs[unit] = {number, data};
      return;
    }
  }

  // The latest poster first: what it knows may make other tokens needless.
  void take_tokens(OpId n, std::size_t own, std::array<Need, unit_count>& needs) {
    Known& known = known_[n];
    std::uint32_t left = 0;
    for (std::size_t u = 0; u < unit_count; ++u) {
      if (u == own || needs[u].number == 0) continue;
      Link& link = links_[needs[u].kind][u][own];
      if (link.late) needs[u].number = of_unit_[u].next();
      left |= 1U << u;
    }
    const auto poster = [&](std::size_t u) { return of_unit_[u][needs[u].number - 1]; };
    while (left != 0) {
      auto u = static_cast<std::size_t>(std::countr_zero(left));
      for (std::uint32_t others = left & (left - 1); others != 0; others &= others - 1) {
        const auto other = static_cast<std::size_t>(std::countr_zero(others));
        if (poster(other) > poster(u)) u = other;
      }
      left &= ~(1U << u);
      if (needs[u].number <= known.ended[u]) continue;
      const OpId p = poster(u);
      Link& link = links_[needs[u].kind][u][own];
      link.posts.push_back(p);
      link.waits.push_back(n);
      Synchronisation& from = sync_of(instructions_[p]);
      Synchronisation& to = sync_of(instructions_[n]);
      (needs[u].kind == data ? from.post_data : from.post_space) |= 1U << own;
      (needs[u].kind == data ? to.wait_data : to.wait_space) |= 1U << u;
      merge(known.ended, known_[p].ended);
      merge(known.started, known_[p].started);
      known.ended[u] = std::max(known.ended[u], needs[u].number);
      known.started[u] = std::max(known.started[u], needs[u].number);
    }
  }

  // Where the k-th token could be one too many, its poster waits for the taker of an earlier one. True if anything
  // changed.
  bool relieve_counters() {
    bool changed = false;
    for (auto& by_kind : links_) {
      for (std::size_t producer = 0; producer < unit_count; ++producer) {
        for (std::size_t consumer = 0; consumer < unit_count; ++consumer)
          changed = relieve(by_kind[producer][consumer], consumer) || changed;
      }
    }
    return changed;
  }

  bool relieve(Link& link, std::size_t consumer) {
    std::size_t taken = 0;
    for (std::size_t k = 0; k < link.posts.size(); ++k) {
      const Known& poster = known_[link.posts[k]];
      while (taken < k && known_[link.waits[taken]].number <= poster.started[consumer]) ++taken;
      if (k + 1 - taken <= capacity_) continue;
      const OpId earlier = link.waits[k - capacity_];
      if (earlier > link.posts[k]) {
        if (link.late) throw InvariantError("compiler", "a late token precedes its predecessor's taker");
        link.late = true;
        return true;
      }
      forced_.emplace(link.posts[k], std::pair(consumer, known_[earlier].number));
      // Later ones of this link follow from it where they can: look again after the next pass.
      return true;
    }
    return false;
  }

  Table<OpId, Instruction>& instructions_;
  const MachineParameters& machine_;
  std::vector<Access> accesses_;  // of all instructions
  Table<OpId, AccessId> first_access_;
  Table<AccessId, Past> past_;
  // Instructions that must follow, besides what accesses ask for, an instruction of a unit: its number.
  std::multimap<OpId, std::pair<std::size_t, std::int32_t>> forced_;
  std::size_t capacity_ = 0;
  Table<OpId, Known> known_;
  std::array<Table<std::int32_t, OpId>, unit_count> of_unit_;  // by number, less 1
  std::array<std::array<std::array<Link, unit_count>, unit_count>, 2> links_;
  Each<BufferId, std::vector<Region>, buffer_count> regions_;
};

}  // namespace

void synchronise(Table<OpId, Instruction>& instructions, const MachineParameters& machine) {
  Synchroniser(instructions, machine).run();
}

}  // namespace blendsim::compiler
