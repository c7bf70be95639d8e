// SPDX-License-Identifier: Apache-2.0
// The proof of rule 6 for every timing: what is ordered, and that everything that meets is.
//
// Known of any timing. A unit starts its instructions in program order and ends them in that order (one depth for all
// of a compute unit's, one AXI ID for load and for store). The k-th wait on a link takes the k-th post's token: the
// poster's end precedes the waiter's start. A fence puts the end of the unit's previous instruction before the start.
// So it is enough to keep, for each instruction and unit, the last instruction of that unit whose end precedes its
// start.
//
// Required of two instructions that meet, A before B in program order (an edge never points against it):
//   other units, one port of a region        A's end before B's start
//   other units, same words, one writes      A's end before B's start
//   same unit, B reads what A wrote          A's end before B's start (fence, or tokens around a circle)
//   same unit, B writes what A read          nothing: A's reads end before B's front begins, B's writes come a depth
//   later same unit, both write                    nothing: all of a unit's writes come one depth after their place in
//   the front one instruction reads what it writes     refused, but for post_unit in place: each word is read before it
//   is written
// A word that is read has an earlier write, in init or in main; by the above that write is ordered before the read.
// Likewise a load that reads the output area back: the ends of all stores that write there precede its start. Nothing
// is stored there twice (verify_values.cpp), so a store has no load to wait for.
// The next image finds what this one left: main writes no word that it reads as init left it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/diagnostic.h"
#include "isa/output_bytes.h"
#include "isa/verify_internal.h"

namespace blendsim::verification {
namespace {

// Instructions of each unit, counted from 1; 0: none.
using Clock = std::array<std::int32_t, unit_count>;

void merge(Clock& into, const Clock& other) {
  for (std::size_t u = 0; u < into.size(); ++u) into[u] = std::max(into[u], other[u]);
}

struct Ordered {
  std::size_t unit = 0;
  std::int32_t number = 0;  // within its unit, from 1
  Clock ended{};            // instructions whose end precedes its start
  Clock started{};          // instructions whose start precedes its start or is it
};

constexpr std::array<std::string_view, 2> token_names = {"data", "space"};

// Orders of all instructions of a stream; checks tokens on the way.
class Orders {
 public:
  Orders(const Stream& stream, const MachineParameters& machine) : stream_(stream) {
    capacity_ = (std::int64_t{1} << machine.dispatcher.token_bits) - 1;
    for (std::size_t n = 0; n < stream.instructions.size(); ++n) add(n);
    for (std::size_t kind = 0; kind < 2; ++kind) {
      for (std::size_t producer = 0; producer < unit_count; ++producer) {
        for (std::size_t consumer = 0; consumer < unit_count; ++consumer) check_link(kind, producer, consumer);
      }
    }
  }
  [[nodiscard]] const Ordered& operator[](std::size_t n) const { return orders_[n]; }

 private:
  struct Link {
    std::vector<std::size_t> posts, waits;  // instructions
  };
  Link& link(std::size_t kind, std::size_t producer, std::size_t consumer) { return links_[kind][producer][consumer]; }

  void add(std::size_t n) {
    const Synchronisation& sync = sync_of(stream_.instructions[n]);
    Ordered order;
    order.unit = stream_.instructions[n].index();
    order.number = ++last_number_[order.unit];
    if (order.number > 1) {
      const Ordered& previous = orders_[last_[order.unit]];
      order.ended = previous.ended;
      order.started = previous.started;
      if (sync.fence != 0) order.ended[order.unit] = previous.number;
    }
    order.started[order.unit] = order.number;
    const std::array<std::uint32_t, 2> waits = {sync.wait_data, sync.wait_space},
                                       posts = {sync.post_data, sync.post_space};
    for (std::size_t kind = 0; kind < 2; ++kind) {
      for (std::size_t u = 0; u < unit_count; ++u) {
        if ((waits[kind] >> u & 1) != 0) wait(n, kind, u, order);
      }
    }
    for (std::size_t kind = 0; kind < 2; ++kind) {
      for (std::size_t u = 0; u < unit_count; ++u) {
        if ((posts[kind] >> u & 1) != 0) link(kind, order.unit, u).posts.push_back(n);
      }
    }
    last_[order.unit] = n;
    orders_.push_back(order);
  }

  void wait(std::size_t n, std::size_t kind, std::size_t producer, Ordered& order) {
    Link& tokens = link(kind, producer, order.unit);
    if (tokens.waits.size() == tokens.posts.size()) {
      refuse(stream_, n,
             fmt::format("waits for a {} token of {} that nothing before it in program order posts", token_names[kind],
                         unit_names[producer]));
    }
    const Ordered& poster = orders_[tokens.posts[tokens.waits.size()]];
    tokens.waits.push_back(n);
    merge(order.ended, poster.ended);
    merge(order.started, poster.started);
    order.ended[producer] = std::max(order.ended[producer], poster.number);
  }

  // Balanced, and never more tokens than the counter holds: when the k-th is posted, those waits have taken theirs
  // whose start is known to precede the poster's start.
  void check_link(std::size_t kind, std::size_t producer, std::size_t consumer) {
    const Link& tokens = link(kind, producer, consumer);
    if (tokens.posts.size() != tokens.waits.size()) {
      refuse(stream_, tokens.posts[tokens.waits.size()],
             fmt::format("posts a {} token to {} that nothing takes: counters end at 0", token_names[kind],
                         unit_names[consumer]));
    }
    std::size_t taken = 0;
    for (std::size_t k = 0; k < tokens.posts.size(); ++k) {
      const Ordered& poster = orders_[tokens.posts[k]];
      while (taken < tokens.waits.size() && orders_[tokens.waits[taken]].number <= poster.started[consumer]) ++taken;
      const std::int64_t held = static_cast<std::int64_t>(k) + 1 - static_cast<std::int64_t>(std::min(taken, k));
      if (held > capacity_) {
        refuse(stream_, tokens.posts[k],
               fmt::format("may be the {}th {} token for {} in a counter that holds {}", held, token_names[kind],
                           unit_names[consumer], capacity_));
      }
    }
  }

  const Stream& stream_;
  std::int64_t capacity_ = 0;
  std::vector<Ordered> orders_;
  std::array<std::int32_t, unit_count> last_number_{};
  std::array<std::size_t, unit_count> last_{};
  std::array<std::array<std::array<Link, unit_count>, unit_count>, 2> links_;
};

// Which words of one buffer hold what. act_binary has 16 cells an address.
class Shadow {
 public:
  void configure(BufferId buffer, const MachineParameters& machine) {
    banks_ = buffer == BufferId::act_binary ? binary_banks : 1;
    const BufferParameters& parameters = machine.buffer(buffer);
    words_.assign(static_cast<std::size_t>(parameters.regions * parameters.depth * banks_), State{});
  }

  enum class Fault { none, unwritten, overwrites_init };
  // Applies one access of init or main. On a fault `address` is the word's.
  Fault apply(const Access& access, bool is_main, std::uint32_t& address) {
    Fault fault = Fault::none;
    each(access, [&](std::size_t word) {
      State& state = words_[word];
      const Fault here = access.write ? write(state, is_main) : read(state, is_main);
      if (here != Fault::none && fault == Fault::none) {
        fault = here;
        address = static_cast<std::uint32_t>(word / static_cast<std::size_t>(banks_));
      }
    });
    return fault;
  }

 private:
  struct State {
    bool by_init = false, by_main = false, init_value_read = false;
  };

  static Fault write(State& state, bool is_main) {
    (is_main ? state.by_main : state.by_init) = true;
    return is_main && state.init_value_read ? Fault::overwrites_init : Fault::none;
  }
  static Fault read(State& state, bool is_main) {
    if (is_main && state.by_main) return Fault::none;
    if (!state.by_init) return Fault::unwritten;
    if (is_main) state.init_value_read = true;
    return Fault::none;
  }

  template <class Visitor>
  void each(const Access& access, Visitor&& visit) const {
    if (banks_ == 1) return each_word(access, visit);
    if (!access.is_map) {
      for (std::size_t word = access.begin; word < access.end; ++word) visit(word);
      return;
    }
    const BinaryMap map{access.base, access.row1, access.width, access.slices};
    for (std::uint32_t y = access.row0; y < access.row1; ++y) {
      for (std::uint32_t x = 0; x < access.width; ++x) {
        for (std::uint32_t s = access.slice0; s < access.slice1; ++s) {
          const BinaryMap::Cell cell = map.cell(x, y, s);
          visit(std::size_t{cell.address} * static_cast<std::size_t>(banks_) + cell.bank);
        }
      }
    }
  }

  int banks_ = 1;
  std::vector<State> words_;
};

struct Past {
  std::size_t instruction;
  std::int32_t number;
  Access access;
};

// What has happened to one region: by port (read, write) and unit, in program order.
using Region = std::array<std::array<std::vector<Past>, unit_count>, 2>;
using Regions = std::array<std::vector<Region>, buffer_count>;

class Meetings {
 public:
  Meetings(const Stream& stream, const Orders& orders, const MachineParameters& machine)
      : stream_(stream), orders_(orders) {
    for (int b = 0; b < buffer_count; ++b) {
      regions_[static_cast<std::size_t>(b)].resize(
          static_cast<std::size_t>(machine.buffers[static_cast<std::size_t>(b)].regions));
    }
  }

  void add(std::size_t n, const std::vector<Access>& list) {
    for (const Access& access : list) {
      check_itself(n, access, list);
      check_past(n, access);
    }
    for (const Access& access : list) {
      region(access)[access.write ? 1 : 0][orders_[n].unit].push_back({n, orders_[n].number, access});
    }
  }

 private:
  Region& region(const Access& access) {
    return regions_[static_cast<std::size_t>(index(access.buffer))][access.region];
  }

  void check_past(std::size_t n, const Access& access) {
    const Ordered& order = orders_[n];
    const Region& past = region(access);
    for (std::size_t unit = 0; unit < unit_count; ++unit) {
      for (std::size_t port = 0; port < 2; ++port) {
        const bool same_port = port == (access.write ? 1U : 0U);
        // Of the same unit only "reads what it wrote" needs an order.
        if (unit == order.unit && (same_port || access.write)) continue;
        const std::vector<Past>& list = past[port][unit];
        for (auto it = list.rbegin(); it != list.rend() && it->number > order.ended[unit]; ++it) {
          if (same_port) refuse_port(n, access, it->instruction);
          if (overlap(access, it->access)) refuse_words(n, access, it->instruction);
        }
      }
    }
  }

  void check_itself(std::size_t n, const Access& write, const std::vector<Access>& list) const {
    if (!write.write) return;
    for (const Access& read : list) {
      if (read.write || !overlap(write, read)) continue;
      const bool in_place = unit_of(stream_.instructions[n]) == UnitId::post_unit && read.begin == write.begin &&
                            read.end == write.end && read.slices == write.slices && read.width == write.width &&
                            read.slice1 - read.slice0 == write.slice1 - write.slice0;
      if (!in_place)
        refuse(
            stream_, n,
            fmt::format("writes words {} to {} of {} that it reads", write.begin, write.end - 1, name(write.buffer)));
    }
  }

  [[noreturn]] void refuse_port(std::size_t n, const Access& access, std::size_t other) const {
    refuse(stream_, n,
           fmt::format(
               "uses the {} port of region {} of {} and is not ordered behind instruction {} ({}), which uses it too",
               access.write ? "write" : "read", access.region, name(access.buffer), other,
               name(unit_of(stream_.instructions[other]))),
           "a token from the earlier to the later, or a place in another region, orders them");
  }
  [[noreturn]] void refuse_words(std::size_t n, const Access& access, std::size_t other) const {
    refuse(stream_, n,
           fmt::format("{} words {} to {} of {} and is not ordered behind instruction {} ({}), which {} some of them",
                       access.write ? "writes" : "reads", access.begin, access.end - 1, name(access.buffer), other,
                       name(unit_of(stream_.instructions[other])), access.write ? "reads" : "writes"),
           stream_.instructions[n].index() == stream_.instructions[other].index()
               ? "a fence orders them"
               : "a token from the earlier to the later orders them");
  }

  const Stream& stream_;
  const Orders& orders_;
  Regions regions_;
};

// What main stores in the output area and loads from there again.
class ReadBack {
 public:
  ReadBack(const Stream& stream, const Orders& orders) : stream_(stream), orders_(orders) {}

  void add(std::size_t n) {
    const std::optional<OutputBytes> bytes = output_bytes(stream_.instructions[n]);
    if (!bytes) return;
    if (bytes->write) {
      stores_.push_back({n, *bytes});
      return;
    }
    const Clock& ended = orders_[n].ended;
    for (auto store = stores_.rbegin(); store != stores_.rend(); ++store) {
      const Ordered& order = orders_[store->instruction];
      if (order.number <= ended[order.unit]) return;  // and so are those before it
      if (!bytes->meets(store->bytes)) continue;
      refuse(stream_, n,
             fmt::format("reads bytes {} to {} of the output area and is not ordered behind instruction {} (store), "
                         "which writes some of them",
                         bytes->begin, bytes->end - 1, store->instruction),
             "a data token from the store to the load orders them");
    }
  }

 private:
  struct Stored {
    std::size_t instruction;
    OutputBytes bytes;
  };
  const Stream& stream_;
  const Orders& orders_;
  std::vector<Stored> stores_;
};

void check_stream(const Stream& stream, const MachineParameters& machine, std::array<Shadow, buffer_count>& shadows) {
  const bool is_main = stream.name == "main";
  const Orders orders(stream, machine);
  Meetings meetings(stream, orders, machine);
  ReadBack read_back(stream, orders);
  for (std::size_t n = 0; n < stream.instructions.size(); ++n) {
    std::vector<Access> list;
    try {
      list = accesses(stream.instructions[n], machine);
    } catch (const DiagnosticError& error) {
      refuse(stream, n, error.diagnostics().front().message);
    }
    meetings.add(n, list);
    read_back.add(n);
    for (const Access& access : list) {
      std::uint32_t address = 0;
      switch (shadows[static_cast<std::size_t>(index(access.buffer))].apply(access, is_main, address)) {
        case Shadow::Fault::none: break;
        case Shadow::Fault::unwritten:
          refuse(stream, n, fmt::format("reads word {} of {} that nothing has written", address, name(access.buffer)));
        case Shadow::Fault::overwrites_init:
          refuse(stream, n,
                 fmt::format("overwrites word {} of {}, which the next image needs as init left it", address,
                             name(access.buffer)));
      }
    }
  }
}

}  // namespace

void check_order(const Stream& init, const Stream& main, const MachineParameters& machine) {
  std::array<Shadow, buffer_count> shadows;
  for (int b = 0; b < buffer_count; ++b)
    shadows[static_cast<std::size_t>(b)].configure(static_cast<BufferId>(b), machine);
  check_stream(init, machine, shadows);
  check_stream(main, machine, shadows);
}

}  // namespace blendsim::verification
