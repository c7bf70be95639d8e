// SPDX-License-Identifier: Apache-2.0
#include "compiler/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "compiler/bound.h"
#include "compiler/levers.h"
#include "compiler/retarget.h"
#include "compiler/segments.h"
#include "compiler/trace.h"

namespace blendsim {
namespace compiler {

namespace {

// Short tiles overlap sooner, and take more instructions. The first is the usual one.
constexpr std::array<Cycles, 2> tile_lengths = {64, 32};

// Own rows of a ring's bands, at the least: windows and orders ask for more. Tiles are single rows then.
constexpr int fewest_rows = 1;

class Search {
 public:
  Search(const Evaluate& evaluate, SearchOptions options, Trace* trace)
      : evaluate_(evaluate), options_(options), trace_(trace) {}

  void try_tiles(Compilation compilation, Cycles shortest) {
    compilation.plan.shortest_tile = shortest;
    for (const Keep keep : all_keeps) {
      say([&] {
        return fmt::format("tiles of at least {} cycles{}", shortest,
                           keep == Keep::first ? "" : ", constants of the last layers stay");
      });
      compilation.plan.keep = keep;
      if (!try_orders(compilation) || !evaluate_ || options_.first_that_fits) break;
      if (compilation.plan.shared_from.exists()) break;  // which holds of what is kept now
    }
  }

  // Throws why the last order was refused, where all were.
  Candidate best() {
    if (!best_) std::rethrow_exception(refused_);
    say([&] {
      return fmt::format("chosen: order '{}', tiles of at least {} cycles; {:.2f} times the least bound of {} cycles",
                         best_->compilation.priority.name, best_->compilation.plan.shortest_tile,
                         static_cast<double>(best_->cycles) / static_cast<double>(least_bound_), least_bound_);
    });
    return std::move(*best_);
  }

  // Rings grow, all of them a little, until there is an order in which no row is overwritten before it is read.
  static void cut(Compilation& compilation) {
    if (compilation.plan.banding.least_height == 0) return run_passes(Stretch::tiles, compilation);
    const Compilation uncut = compilation;
    run_passes(Stretch::tiles, compilation);
    while (compilation.plan.banding.too_few) {
      Table<MapId, int> least_rows = std::move(compilation.plan.banding.least_rows);
      compilation = uncut;
      compilation.plan.banding.least_rows = std::move(least_rows);
      run_passes(Stretch::tiles, compilation);
    }
  }

 private:
  // Returns whether constants are streamed, so that others could stay.
  bool try_orders(Compilation compilation) {
    cut(compilation);
    note_bound(compilation.plan);
    const Table<OpId, TileOp> tiles = compilation.plan.ops;
    for (const Priority& priority : priorities()) {
      if (best_ && (priority.strict || options_.first_that_fits)) continue;
      if (priority.strict && options_.overlapped) continue;
      if (!options_.order.empty() && priority.name != options_.order) continue;
      compilation.plan.begin_order(tiles);
      compilation.priority = priority;
      try_order(compilation);
    }
    return std::ranges::any_of(compilation.plan.spaces, [](const SpaceUse& use) { return !use.streamed.empty(); });
  }

  // Of these tiles, whatever their order.
  void note_bound(const Plan& plan) {
    if (trace_ == nullptr) return;
    const LowerBound bound = lower_bound(plan);
    if (least_bound_ == 0 || bound.cycles < least_bound_) least_bound_ = bound.cycles;
    say([&] { return fmt::format("no order of these takes fewer than {} cycles: {}", bound.cycles, bound.by); });
  }

  void try_order(Compilation& compilation) {
    const Priority& priority = compilation.priority;
    try {
      Candidate candidate = finish(compilation);
      say([&] {
        return fmt::format("order '{}': {} cycles {}", priority.name, candidate.cycles,
                           evaluate_ ? "on the machine" : "by the laws alone");
      });
      if (best_ && candidate.cycles >= best_->cycles) return;
      if (!options_.program_alone) candidate.compilation = compilation;
      best_ = std::move(candidate);
    } catch (const DiagnosticError& error) {
      const bool too_large = error.diagnostics().front().code == Code("does-not-fit");
      say([&] { return fmt::format("order '{}': {}", priority.name, error.diagnostics().front().message); });
      if (priority.strict || !too_large || !options_.order.empty()) throw;
      refused_ = std::current_exception();
    }
  }

  // Throws does-not-fit where the maps find no room in this order.
  Candidate finish(Compilation& compilation) {
    run_passes(Stretch::order, compilation);
    const Plan& plan = compilation.plan;
    Candidate candidate;
    if (plan.trace != nullptr) candidate.dump = plan.trace->kept();
    candidate.program = emit(plan, Content::timing);
    candidate.strict = compilation.priority.strict;
    candidate.cycles = evaluate_ ? evaluate_(candidate.program, *plan.machine).cycles : plan.estimate;
    return candidate;
  }

  template <class Line>
  void say(Line&& line) {
    if (trace_ != nullptr) trace_->say(line());
  }

  const Evaluate& evaluate_;
  SearchOptions options_;
  Trace* trace_;
  std::optional<Candidate> best_;
  Cycles least_bound_ = 0;      // of all tiles tried; 0: none was asked for
  std::exception_ptr refused_;  // the last
};

Candidate best_order(const Compilation& compilation, std::span<const Cycles> lengths, const Evaluate& evaluate,
                     SearchOptions options) {
  Search search(evaluate, options, compilation.plan.trace);
  for (const Cycles& shortest : lengths) search.try_tiles(compilation, shortest);
  return search.best();
}

// Without `evaluate` the usual length alone: the laws' estimate knows nothing of what short tiles cost, the dispatch.
std::span<const Cycles> lengths_of_tiles(const Evaluate& evaluate, SearchOptions options) {
  return std::span(tile_lengths).first(evaluate && !options.first_that_fits ? tile_lengths.size() : 1);
}

// Own rows of a ring's bands, as they are tried.
constexpr std::array band_rows = {16, 4, fewest_rows};

// From rings of the tallest maps alone to those of all, each from many rows to few: what is tried first takes the
// fewest operations.
std::vector<Banding> bandings(const Plan& plan) {
  std::set<int, std::greater<>> heights;
  for (const Map& map : plan.maps) heights.insert(map.height);
  std::vector<Banding> all;
  for (const int height : heights) {
    for (const int rows : band_rows) {
      if (rows < height) all.push_back({.least_height = height, .rows = rows});
    }
  }
  return all;
}

class RingSearch {
 public:
  RingSearch(Compilation compilation, const Evaluate& evaluate, SearchOptions options)
      : compilation_(std::move(compilation)), evaluate_(evaluate), options_(options) {
    compilation_.plan.wants_levers = false;
  }

  // The fewest cycles among the first bandings with which the maps find room; none: with no one do they.
  std::optional<Candidate> in_rings() {
    int height = 0;
    bool room = false;  // with rings of maps of so many rows and more
    if (!maps_may_find_room({.least_height = 1, .rows = fewest_rows})) return std::nullopt;
    for (const Banding& banding : bandings(compilation_.plan)) {
      if (banding.least_height != height) {
        height = banding.least_height;
        if (!room) room = has_room({.least_height = height, .rows = fewest_rows});
      }
      if (room && try_banding(banding)) break;
    }
    return std::exchange(best_, std::nullopt);
  }

  // Where maps are larger than instructions name, and patches of them were tried and found no room: how much they want.
  void refuse_for_room(const std::exception_ptr& refused) const {
    try {
      std::rethrow_exception(refused);
    } catch (const DiagnosticError& error) {
      if (!room_wanted_ || error.diagnostics().front().code == Code("does-not-fit")) return;
    }
    const MachineParameters& machine = *compilation_.plan.machine;
    std::vector<Lever> levers;
    for (const int factor : {2, 4, 8}) {
      const auto depth = [&](BufferId b) {
        return fmt::format("buffers.{}.depth={}", name(b), factor * machine.buffer(b).depth);
      };
      levers.push_back({depth(BufferId::act_fixed)});
      levers.push_back({depth(BufferId::act_binary)});
      levers.push_back({depth(BufferId::act_fixed), depth(BufferId::act_binary)});
    }
    throw refusal("does-not-fit", room_wanted_->place.node,
                  fmt::format("of maps in patches, {}", room_wanted_->message), std::move(levers));
  }

  // Between cuts, with rings of the fewest rows: more were not found to save cycles.
  std::optional<Candidate> in_segments() {
    std::optional<Banding> banding = cut_until_there_is_room(priorities().front());
    if (!banding) banding = cut_until_there_is_room(priorities().back());
    if (!banding) return std::nullopt;
    (void)try_banding(*banding);
    return std::exchange(best_, std::nullopt);
  }

 private:
  // As few cuts as estimated; a segment for whose maps there is no room is tried with rings, then cut in two; one of a
  // single node is gone through in parts. None where that does not help. Rings are as large in every order: one of
  // those that overlap layers is asked, or the one that overlaps nothing.
  [[nodiscard]] std::optional<Banding> cut_until_there_is_room(const Priority& order) const {
    const Plan& plan = compilation_.plan;
    Segmentation segments = cut_into_segments(plan);
    Banding banding{
        .cuts = std::move(segments.cuts), .grids = std::move(segments.grids), .least_height = 1, .rows = fewest_rows};
    for (std::size_t s = 0; s <= banding.cuts.size(); ++s)
      banding.whole.push_back(may_lie_whole(plan, banding.cuts, static_cast<int>(s), banding.grids[s]));
    banding.parts.assign(banding.whole.size(), 1);
    while (const std::optional<int> segment = segment_without_room(banding, order)) {
      if (*segment < 0) return std::nullopt;
      if (lay_in_rings(banding, *segment)) continue;
      const bool in_patches = !banding.grids[static_cast<std::size_t>(*segment)].is_one();
      if (in_patches && take_in_patches(banding, *segment)) continue;
      if (!cut(banding, *segment) && !take_in_parts(banding, *segment) && !take_in_patches(banding, *segment))
        return std::nullopt;
    }
    return banding;
  }

  static bool lay_in_rings(Banding& banding, int segment) {
    const bool was_whole = banding.whole[static_cast<std::size_t>(segment)];
    banding.whole[static_cast<std::size_t>(segment)] = false;
    return was_whole;
  }

  bool cut(Banding& banding, int segment) const {
    const NodeId cut = cut_in_two(compilation_.plan, banding.cuts, segment);
    if (!cut.exists()) return false;
    banding.cuts.insert(banding.cuts.begin() + segment, cut);
    banding.whole.insert(banding.whole.begin() + segment, false);
    banding.parts.insert(banding.parts.begin() + segment, 1);
    banding.grids.insert(banding.grids.begin() + segment, Grid());
    for (const int s : {segment, segment + 1}) {
      banding.grids[static_cast<std::size_t>(s)] = coarsest_grid(compilation_.plan, banding.cuts, s);
      lay_whole_if_there_is_room(banding, s);
    }
    return true;
  }

  void lay_whole_if_there_is_room(Banding& banding, int segment) const {
    const auto at = static_cast<std::size_t>(segment);
    banding.whole[at] = may_lie_whole(compilation_.plan, banding.cuts, segment, banding.grids[at]);
  }

  // In more patches than now.
  bool take_in_patches(Banding& banding, int segment) const {
    Grid& grid = banding.grids[static_cast<std::size_t>(segment)];
    const std::optional<Grid> finer = finer_grid(compilation_.plan, banding.cuts, segment, grid);
    if (!finer) return false;
    grid = *finer;
    banding.parts[static_cast<std::size_t>(segment)] = 1;
    lay_whole_if_there_is_room(banding, segment);
    return true;
  }

  bool take_in_parts(Banding& banding, int segment) const {
    if (!banding.grids[static_cast<std::size_t>(segment)].is_one()) return false;
    int& parts = banding.parts[static_cast<std::size_t>(segment)];
    const int most = most_parts(compilation_.plan, banding.cuts, segment);
    return parts < most && (parts = std::min(2 * parts, most)) > 0;
  }

  // Whether some order might find room: asked of the fewest rows, which need the least. No order is made.
  [[nodiscard]] bool has_room(const Banding& least) const { return !no_room(least); }

  // Rings of all maps take the fewest addresses, but ask for the most constants to stay.
  [[nodiscard]] bool maps_may_find_room(const Banding& least) const {
    try {
      if (const std::exception_ptr refused = no_room(least)) std::rethrow_exception(refused);
      return true;
    } catch (const NoRoomForMaps& error) {
      return error.constants;
    } catch (const DiagnosticError&) {
      return true;
    }
  }

  [[nodiscard]] std::exception_ptr no_room(const Banding& least) const {
    Compilation compilation = compilation_;
    compilation.plan.trace = nullptr;
    compilation.plan.banding = least;
    compilation.plan.shortest_tile = 1;
    try {
      Search::cut(compilation);
      return nullptr;
    } catch (const DiagnosticError& error) {
      say(fmt::format("{}: {}", text(least), error.diagnostics().front().message));
      return std::current_exception();
    }
  }

  // -1: what is refused is no matter of room.
  [[nodiscard]] std::optional<int> segment_without_room(const Banding& banding, const Priority& order) const {
    Compilation compilation = compilation_;
    compilation.plan.banding = banding;
    compilation.plan.trace = nullptr;
    try {
      (void)best_order(compilation, lengths_for(banding).first(1), {},
                       {.first_that_fits = true, .program_alone = true, .order = order.name});
      return std::nullopt;
    } catch (const NoRoomForMaps& error) {
      const Plan& plan = compilation_.plan;
      if (error.diagnostics().front().code == Code("does-not-fit")) room_wanted_ = error.diagnostics().front();
      const auto number = static_cast<std::size_t>(error.segment);
      const NodeId first = number == 0 ? NodeId(0) : banding.cuts[number - 1],
                   end = number < banding.cuts.size() ? banding.cuts[number] : plan.nodes.next();
      say(fmt::format("{} segments, from '{}' to '{}': {}", banding.cuts.size() + 1,
                      plan.row_name(plan.nodes[first].row), plan.row_name(plan.nodes[end - 1].row),
                      error.diagnostics().front().message));
      return error.segment;
    } catch (const DiagnosticError& error) {
      say(fmt::format("{}: {}", text(banding), error.diagnostics().front().message));
      return -1;
    }
  }

  // Tiles of rings of the fewest rows are single rows, with which an order can do; segments of whole maps alone have
  // tiles as they ever are.
  [[nodiscard]] std::span<const Cycles> lengths_for(const Banding& banding) const {
    static constexpr std::array<Cycles, 1> single_rows = {1};
    const bool all_whole = !banding.whole.empty() && std::ranges::all_of(banding.whole, std::identity());
    return banding.rows == fewest_rows && !all_whole ? std::span<const Cycles>(single_rows)
                                                     : lengths_of_tiles(evaluate_, options_);
  }

  // Whether enough bandings have found room.
  bool try_banding(const Banding& banding) {
    const std::size_t compared = evaluate_ && !options_.first_that_fits ? 3 : 1;
    compilation_.plan.banding = banding;
    try {
      Candidate found = best_order(compilation_, lengths_for(banding), evaluate_, options_);
      say(fmt::format("with {}: {} cycles", text(banding), found.cycles));
      if (!best_ || found.cycles < best_->cycles) best_ = std::move(found);
      ++found_;
    } catch (const DiagnosticError& error) {  // whatever it is, whole maps have been refused for size, or fit
      say(fmt::format("{}: {}", text(banding), error.diagnostics().front().message));
    }
    return found_ == compared;
  }

  static std::string text(const Banding& banding) {
    const std::string rings =
        fmt::format("rings of maps of {} rows and more, of at least {} rows", banding.least_height, banding.rows);
    std::string patches;
    for (std::size_t s = 0; s < banding.grids.size(); ++s) {
      const Grid& grid = banding.grids[s];
      if (grid.is_one()) continue;
      patches +=
          fmt::format("{} number {} in {} x {} patches", patches.empty() ? "," : " and", s + 1, grid.down, grid.across);
    }
    return banding.cuts.empty() && patches.empty()
               ? rings
               : fmt::format("{} segments{}, maps between them in DRAM, {}", banding.cuts.size() + 1, patches, rings);
  }

  void say(const std::string& line) const {
    if (compilation_.plan.trace != nullptr) compilation_.plan.trace->say(line);
  }

  Compilation compilation_;
  const Evaluate& evaluate_;
  SearchOptions options_;
  std::optional<Candidate> best_;
  std::size_t found_ = 0;                          // bandings with which the maps find room
  mutable std::optional<Diagnostic> room_wanted_;  // by the last segment that found none
};

}  // namespace

namespace {

// The first node that streams constants where one image is in flight; none where all stay.
NodeId first_that_streams(Compilation compilation) {
  compilation.plan.images = 1;
  compilation.plan.trace = nullptr;
  compilation.plan.wants_levers = false;
  try {
    Search::cut(compilation);
  } catch (const DiagnosticError&) {
    return {};
  }
  NodeId first;
  for (const SpaceUse& use : compilation.plan.spaces) {
    for (const std::vector<BlockId>& blocks : use.streamed) {
      const NodeId node = compilation.plan.blocks[blocks.front()].node;
      if (!first.exists() || node < first) first = node;
    }
  }
  return first;
}

// Of orders in which several images are, as far as their maps find room together.
std::optional<Candidate> with_images_in_flight(Compilation& compilation, const Evaluate& evaluate,
                                               SearchOptions options) {
  std::optional<Candidate> best;
  const int images = compilation.plan.images;
  if (images == 1) return best;
  options.overlapped = true;
  const NodeId streams = first_that_streams(compilation);
  for (const int at_once : {2, 3, images}) {
    if (at_once > images || (at_once == images && images > 3 && !streams.exists())) continue;
    compilation.plan.in_flight = at_once;
    compilation.plan.shared_from = at_once == images ? streams : NodeId();
    try {
      Candidate found = best_order(compilation, lengths_of_tiles(evaluate, options), evaluate, options);
      if (!best || found.cycles < best->cycles) best = std::move(found);
    } catch (const DiagnosticError& error) {
      if (compilation.plan.trace != nullptr)
        compilation.plan.trace->say(
            fmt::format("{} images in flight: {}", at_once, error.diagnostics().front().message));
    }
  }
  compilation.plan.in_flight = 1;
  compilation.plan.shared_from = {};
  return best;
}

}  // namespace

namespace {

Candidate best_of_images(Compilation compilation, const Evaluate& evaluate, SearchOptions options) {
  std::exception_ptr refused;
  std::optional<Candidate> best = with_images_in_flight(compilation, evaluate, options);
  const bool in_flight = best.has_value();
  const auto compare = [&best](std::optional<Candidate> other) {
    if (other && (!best || other->cycles < best->cycles)) best = std::move(other);
  };
  bool strict = false;
  try {
    Candidate whole = best_order(compilation, lengths_of_tiles(evaluate, options), evaluate, options);
    strict = whole.strict;
    compare(std::move(whole));
    if (!strict || !evaluate || in_flight) return std::move(*best);
  } catch (const NoRoomForMaps&) {
    if (in_flight) return std::move(*best);
    refused = std::current_exception();
  }
  RingSearch search(std::move(compilation), evaluate, options);
  compare(search.in_rings());
  if (!best || (best->strict && evaluate)) compare(search.in_segments());
  if (best) return std::move(*best);
  search.refuse_for_room(refused);
  std::rethrow_exception(refused);
}

}  // namespace

Candidate best_candidate(Compilation compilation, const Evaluate& evaluate, SearchOptions options) {
  const int images = compilation.plan.images;
  if (images == 1 || !evaluate || options.program_alone)
    return best_of_images(std::move(compilation), evaluate, options);
  Compilation one = compilation;
  one.plan.images = 1;
  one.plan.trace = nullptr;
  Candidate best = best_of_images(std::move(compilation), evaluate, options);
  const Cycles alone = best_of_images(std::move(one), evaluate, options).cycles;
  if (best.cycles > images * alone) {
    best.compilation.plan.notes.push_back(
        fmt::format("{} images side by side take {} cycles, one after the other {} times {}: leave --in-flight out",
                    images, best.cycles, images, alone));
  }
  return best;
}

}  // namespace compiler

struct Retargeter::Parts {
  const IntegerNetwork& network;
  compiler::NetworkFacts facts;
  compiler::Placements placements;
  int images;
  Parts(const IntegerNetwork& of, int count) : network(of), facts(of), images(count) {}
};

Retargeter::Retargeter(const IntegerNetwork& network, int images) : parts_(std::make_unique<Parts>(network, images)) {}
Retargeter::~Retargeter() = default;

Program Retargeter::timing_program(const MachineParameters& machine, const Evaluate& evaluate) {
  compiler::Compilation compilation = compiler::begin(parts_->network, parts_->facts, machine, nullptr, parts_->images);
  compilation.placements = &parts_->placements;
  compilation.plan.wants_levers = false;
  run_passes(compiler::Stretch::network, compilation);
  return compiler::best_candidate(std::move(compilation), evaluate,
                                  {.first_that_fits = !evaluate, .program_alone = true})
      .program;
}

}  // namespace blendsim
