// SPDX-License-Identifier: Apache-2.0
#include "explore/bayes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "explore/acquisition.h"
#include "explore/candidates.h"
#include "explore/surrogate.h"

namespace blendsim::explore {
namespace {

constexpr double enumerable = 4096;          // a space of so many points is looked at whole
constexpr std::size_t sobol_tries = 4096;    // points that the first ones are taken from
constexpr std::size_t parent_count = 24;     // complete designs that others are looked for near
constexpr std::size_t near_count = 640;      // one step from a parent
constexpr std::size_t two_step_count = 256;  // two
constexpr std::size_t crossed_count = 128;   // between two parents
constexpr std::size_t anywhere_count = 256;
constexpr std::size_t simulated_count = 24;   // of the most promising, where a simulation is cheap
constexpr std::size_t kept_screens = 262144;  // 100 bytes each

struct Screened {
  DesignStage stage = DesignStage::platform;
  double violation = 0;
  std::vector<double> figures;
  // Nothing that is known without the compiler speaks against it.
  [[nodiscard]] bool admissible() const { return stage > DesignStage::resources || !(violation > 0); }
};

// Further is less; then by how much is missing.
bool less_refused(const Screened& a, const Screened& b) {
  return a.stage != b.stage ? a.stage > b.stage : a.violation < b.violation;
}

struct PointHash {
  std::size_t operator()(const Point& point) const {  // FNV-1a
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const std::uint8_t value : point) hash = (hash ^ value) * 0x100000001B3U;
    return hash;
  }
};

struct Told {
  Point point;
  bool complete = false;
  double compiles = 0;  // positive: the compiler took it; else how far it is from that
  std::vector<double> figures;
};

class Bayes : public Method {
 public:
  explicit Bayes(const MethodContext& context)
      : context_(context), compiles_(context.space, Surrogate::Scale::linear) {}

  std::vector<Candidate> ask(std::int64_t first, std::size_t count) override;
  void tell(std::span<const Trial> trials) override;

 private:
  const Screened& screen(const Point& point);
  void hear(const Trial& trial);
  void hear_figures(const Trial& trial);
  // The points to start from: a function of seed and space.
  void sow();

  [[nodiscard]] std::vector<Point> parents() const;
  std::vector<Point> considered(Draws& draws) const;
  std::vector<Prospect> prospects(Draws& draws, const std::set<Point>& asked);
  [[nodiscard]] std::vector<std::size_t> chosen(const std::vector<Prospect>& prospects, std::size_t count,
                                                Draws& draws) const;
  // Of the most promising those that a simulation takes, with what it says of them.
  std::vector<Prospect> simulated(const std::vector<Prospect>& prospects, std::size_t count, Draws& draws) const;
  [[nodiscard]] std::optional<Goal> goal(Draws& draws) const;
  [[nodiscard]] double joined(std::span<const double> costs) const;
  [[nodiscard]] Knowledge knowledge() const;
  [[nodiscard]] bool open(std::size_t figure) const { return surrogates_.contains(figure); }
  std::vector<Candidate> least_refused(Draws& draws, const std::set<Point>& asked, std::size_t count);

  MethodContext context_;
  std::vector<Candidate> seeds_;
  std::unordered_map<Point, Screened, PointHash> screens_;  // a cache: no result depends on what it holds
  std::set<Point> known_;
  std::vector<Told> told_;
  std::map<std::size_t, Surrogate> surrogates_;  // of the figures that `screen` leaves open
  bool figures_known_ = false;                   // which those are
  Surrogate compiles_;
  std::size_t refusals_ = 0, compiles_told_ = 0;
};

const Screened& Bayes::screen(const Point& point) {
  if (const auto found = screens_.find(point); found != screens_.end()) return found->second;
  Outcome outcome = context_.screen(point);
  return screens_.emplace(point, Screened{outcome.stage, outcome.violation, std::move(outcome.figures)}).first->second;
}

void Bayes::tell(std::span<const Trial> trials) {
  for (const Trial& trial : trials) hear(trial);
}

void Bayes::hear(const Trial& trial) {
  const Outcome& outcome = trial.outcome;
  if (!known_.insert(trial.point).second || outcome.stage < DesignStage::program) return;
  // An oracle that fails says nothing of the point; what was simulated stays true.
  if (outcome.code == "oracle-failed") return hear_figures(trial);
  // A limit that the method knows it models itself; of another only whether it was kept.
  const bool taken = outcome.complete() || (outcome.stage == DesignStage::machine && !context_.limits.empty());
  const double compiles = taken ? 1 : -1 - logarithm(1 + std::max(outcome.violation, 0.0));
  told_.push_back({trial.point, outcome.complete(), compiles, outcome.figures});
  if (outcome.stage >= DesignStage::machine) hear_figures(trial);
  if (!taken) ++refusals_;
  for (; refusals_ > 0 && compiles_told_ < told_.size(); ++compiles_told_)
    compiles_.tell(told_[compiles_told_].point, told_[compiles_told_].compiles);
}

void Bayes::hear_figures(const Trial& trial) {
  if (!figures_known_) {
    figures_known_ = true;
    const std::vector<double>& figures = screen(trial.point).figures;
    const auto model = [&](std::size_t figure) {
      if (figure >= figures.size() || std::isnan(figures[figure]))
        surrogates_.try_emplace(
            figure, context_.space,
            figure == context_.oracle_figure ? Surrogate::Scale::linear : Surrogate::Scale::logarithmic);
    };
    for (std::size_t figure = 0; figure < context_.objectives.size(); ++figure) model(figure);
    for (const FigureLimit& limit : context_.limits) model(limit.figure);
  }
  for (auto& [figure, surrogate] : surrogates_) {
    const double value = trial.outcome.figures.at(figure);
    if (std::isfinite(value)) surrogate.tell(trial.point, value);
  }
}

void Bayes::sow() {
  // More points taken blindly cost more than they teach: with 64 the first 100 evaluations find less.
  const std::size_t wanted = std::clamp<std::size_t>(2 * context_.space.dimensions.size(), 8, 20);
  std::set<Point> seen;
  std::vector<Point> refused;
  const auto consider = [&](const Point& point) {
    if (seeds_.size() >= wanted || point.size() != context_.space.dimensions.size()) return;
    if (!seen.insert(point).second) return;
    if (screen(point).admissible()) seeds_.push_back({point, false});
    else refused.push_back(point);
  };
  consider(context_.base);
  for (const Point& point : sobol_points(context_.space, context_.seed, sobol_tries)) consider(point);
  std::stable_sort(refused.begin(), refused.end(),
                   [&](const Point& a, const Point& b) { return less_refused(screen(a), screen(b)); });
  for (std::size_t i = 0; i < refused.size() && seeds_.size() < wanted; ++i) seeds_.push_back({refused[i], true});
}

std::vector<Candidate> Bayes::ask(std::int64_t first, std::size_t count) {
  if (screens_.size() >= kept_screens) screens_.clear();
  if (seeds_.empty()) sow();
  std::vector<Candidate> out;
  std::set<Point> asked;
  const auto seeds = static_cast<std::int64_t>(seeds_.size());
  for (std::int64_t id = first; id < seeds && out.size() < count; ++id) {
    const Candidate& seed = seeds_[static_cast<std::size_t>(id)];
    if (known_.contains(seed.point)) continue;
    out.push_back(seed);
    asked.insert(seed.point);
  }
  if (out.size() == count) return out;
  Draws draws(context_.seed, static_cast<std::uint64_t>(first));
  const std::vector<Prospect> prospects = this->prospects(draws, asked);
  if (prospects.empty()) {
    for (Candidate& candidate : least_refused(draws, asked, count - out.size())) out.push_back(std::move(candidate));
    return out;
  }
  const std::size_t count_left = count - out.size();
  if (context_.simulated) {
    const std::vector<Prospect> known = simulated(prospects, std::max(simulated_count, 4 * count_left), draws);
    for (const std::size_t place : chosen(known, count_left, draws)) out.push_back({known[place].point, false});
    if (!out.empty()) return out;
  }
  for (const std::size_t place : chosen(prospects, count_left, draws)) out.push_back({prospects[place].point, false});
  return out;
}

std::vector<std::size_t> Bayes::chosen(const std::vector<Prospect>& prospects, std::size_t count, Draws& draws) const {
  std::optional<Goal> goal = this->goal(draws);
  return best_prospects(knowledge(), goal ? &*goal : nullptr, prospects, count, draws);
}

std::vector<Prospect> Bayes::simulated(const std::vector<Prospect>& prospects, std::size_t count, Draws& draws) const {
  std::vector<Prospect> out;
  for (const std::size_t place : chosen(prospects, count, draws)) {
    Prospect known{prospects[place].point, context_.simulated(prospects[place].point)};
    const bool is_taken = std::any_of(surrogates_.begin(), surrogates_.end(), [&](const auto& entry) {
      return entry.first != context_.oracle_figure && !std::isnan(known.figures[entry.first]);
    });
    if (is_taken) out.push_back(std::move(known));
  }
  return out;
}

// Complete trials that no other beats, and the best others where those are few; without any the ones nearest to it.
std::vector<Point> Bayes::parents() const {
  std::vector<std::pair<std::size_t, const Told*>> order;  // by how many beat it
  std::vector<std::vector<double>> costs;
  const bool any = std::any_of(told_.begin(), told_.end(), [](const Told& told) { return told.complete; });
  for (const Told& told : told_) {
    if (told.complete != any) continue;
    order.emplace_back(0, &told);
    costs.emplace_back();
    for (std::size_t o = 0; any && o < context_.objectives.size(); ++o)
      costs.back().push_back(context_.objectives[o].maximise ? -told.figures[o] : told.figures[o]);
    if (!any) costs.back().push_back(-told.compiles);
  }
  for (std::size_t a = 0; a < costs.size(); ++a)
    for (const std::vector<double>& other : costs) {
      bool worse = false, better = false;
      for (std::size_t c = 0; c < other.size(); ++c) {
        worse = worse || other[c] > costs[a][c];
        better = better || other[c] < costs[a][c];
      }
      order[a].first += better && !worse ? 1 : 0;
    }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Point> out;
  for (const auto& [beaten_by, told] : order) {
    if (out.size() == parent_count || (beaten_by > 0 && out.size() >= parent_count / 3)) break;
    out.push_back(told->point);
  }
  return out;
}

std::vector<Point> Bayes::considered(Draws& draws) const {
  const Space& space = context_.space;
  if (space.size() <= enumerable) return all_points(space);
  std::vector<Point> out;
  const std::vector<Point> parents = this->parents();
  for (const Point& parent : parents)
    for (Point& neighbour : neighbours(space, parent)) out.push_back(std::move(neighbour));
  shuffle(out, draws);
  out.resize(std::min(out.size(), near_count));
  for (std::size_t i = 0; i < two_step_count && !parents.empty(); ++i)
    out.push_back(stepped(space, stepped(space, parents[i % parents.size()], draws), draws));
  for (std::size_t i = 0; i < crossed_count && !parents.empty(); ++i)
    out.push_back(crossed(space, parents[i % parents.size()], parents[draws.below(parents.size())], draws));
  for (std::size_t i = 0; i < anywhere_count; ++i) out.push_back(random_point(space, draws));
  return out;
}

std::vector<Prospect> Bayes::prospects(Draws& draws, const std::set<Point>& asked) {
  std::vector<Prospect> out;
  std::set<Point> seen = asked;
  for (Point& point : considered(draws)) {
    if (known_.contains(point) || !seen.insert(point).second) continue;
    const Screened& screened = screen(point);
    if (screened.admissible()) out.push_back({std::move(point), screened.figures});
  }
  shuffle(out, draws);  // of equals the first is taken
  return out;
}

// Points that no machine may be made of as they are. A space that has been looked at whole has no others.
std::vector<Candidate> Bayes::least_refused(Draws& draws, const std::set<Point>& asked, std::size_t count) {
  std::vector<Point> points;
  if (context_.space.size() <= enumerable) return {};
  for (Point& point : considered(draws))
    if (!known_.contains(point) && !asked.contains(point)) points.push_back(std::move(point));
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  shuffle(points, draws);
  std::stable_sort(points.begin(), points.end(),
                   [&](const Point& a, const Point& b) { return less_refused(screen(a), screen(b)); });
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < std::min(count, points.size()); ++i) out.push_back({points[i], true});
  return out;
}

std::optional<Goal> Bayes::goal(Draws& draws) const {
  for (const auto& [figure, surrogate] : surrogates_)
    if (!surrogate.ready()) return std::nullopt;
  std::vector<std::vector<double>> known;
  for (const Told& told : told_) {
    if (!told.complete) continue;
    known.emplace_back();
    for (std::size_t o = 0; o < context_.objectives.size(); ++o) {
      const double figure = open(o) ? surrogates_.at(o).scaled(told.figures[o]) : told.figures[o];
      known.back().push_back(context_.objectives[o].maximise ? -figure : figure);
    }
  }
  if (known.empty() || context_.objectives.empty()) return std::nullopt;
  using enum Goal::Join;
  if (!context_.scalar) return Goal(std::move(known), draws);
  if (context_.scalar->form == ScalarSpec::Form::tchebycheff) return Goal(std::move(known), draws, tchebycheff);
  return Goal(std::move(known), draws, function, [this](std::span<const double> costs) { return joined(costs); });
}

// Of costs on the scales of their surrogates.
double Bayes::joined(std::span<const double> costs) const {
  std::vector<double> figures;
  for (std::size_t o = 0; o < costs.size(); ++o) {
    const double figure = context_.objectives[o].maximise ? -costs[o] : costs[o];
    figures.push_back(open(o) ? surrogates_.at(o).unscaled(figure) : figure);
  }
  return scalar_cost(*context_.scalar, context_.objectives, figures);
}

Knowledge Bayes::knowledge() const {
  Knowledge out{{}, {}, surrogates_, refusals_ > 0 && compiles_.ready() ? &compiles_ : nullptr};
  for (std::size_t o = 0; o < context_.objectives.size(); ++o)
    out.costs.push_back({o, context_.objectives[o].maximise ? -1.0 : 1.0});
  for (const FigureLimit& limit : context_.limits)
    if (open(limit.figure)) out.limits.push_back({limit.figure, limit.at_most, limit.bound});
  return out;
}

}  // namespace

std::unique_ptr<Method> make_bayes(const MethodContext& context) { return std::make_unique<Bayes>(context); }

}  // namespace blendsim::explore
