// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/line_code.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace blendsim::lowering {

namespace {

// How far float32 can be from real numbers behind each operation of a linear chain.
class ErrorWalk {
 public:
  explicit ErrorWalk(double reach) : bound_(reach) { round(); }

  void add(double constant) {
    bound_ += std::fabs(constant);
    round();
  }
  void multiply(double factor) {
    bound_ *= std::fabs(factor);
    error_ *= std::fabs(factor);
    round();
  }

  [[nodiscard]] double bound() const { return bound_; }  // of every value and of all that it was summed from
  [[nodiscard]] double error() const { return error_; }
  [[nodiscard]] bool is_finite() const { return is_finite_; }

 private:
  void round() {
    constexpr double half_place = 0x1p-24, least = 0x1p-149;
    error_ += (bound_ + error_) * half_place + least;
    is_finite_ = is_finite_ && bound_ + error_ < 0x1p127;
  }

  double bound_ = 0, error_ = 0;
  bool is_finite_ = true;
};

// False: an operation that is not linear.
bool follow(const Step& step, std::size_t c, ErrorWalk& walk) {
  switch (step.kind) {
    case Step::Kind::add:
    case Step::Kind::subtract:
    case Step::Kind::reverse_subtract: walk.add(step.p.at(c)); return true;
    case Step::Kind::multiply: walk.multiply(step.p.at(c)); return true;
    case Step::Kind::divide: walk.multiply(1.0 / step.p.at(c)); return true;
    case Step::Kind::batch_normalization:
      walk.add(step.mean.at(c));
      walk.multiply(1.0 / step.deviation.at(c));
      walk.multiply(step.gamma.at(c));
      walk.add(step.beta.at(c));
      return true;
    case Step::Kind::relu:
    case Step::Kind::clip: return true;  // brings no two values farther apart
    case Step::Kind::prelu:
    case Step::Kind::power: return step.p.at(c) == 1.0F;
    case Step::Kind::reverse_divide:
    case Step::Kind::function:
    case Step::Kind::lookup: return false;
  }
  return false;
}

// The bound of |float32 - real| before the quantiser rounds, in codes. Absent: none that is less than 1/4.
std::optional<double> code_error(const Reference& reference, double reach, std::size_t c) {
  ErrorWalk walk(reach);
  for (const Step& step : reference.chain) {
    if (!follow(step, c, walk)) return std::nullopt;
  }
  walk.multiply(1.0 / reference.quantiser.scale.at(c));
  walk.add(reference.quantiser.zero_point.at(c));
  const double error = walk.error() * 1.01 + walk.bound() * 0x1p-44;  // the latter for the line in double
  if (!walk.is_finite() || !(error < 0.25)) return std::nullopt;
  return error;
}

}  // namespace

LineCode::LineCode(const Reference& reference, const Domain& domain, std::size_t c)
    : reference_(reference), channel_(c) {
  const Quantiser& q = reference.quantiser;
  const float zero = q.zero_point.at(c);
  constexpr std::int64_t exact = std::int64_t{1} << 22;  // integers in float32, whatever is added to them
  if (q.kind != Quantiser::Kind::quant || q.rounding != RoundMode::half_even || zero != std::nearbyint(zero) ||
      std::fabs(zero) > static_cast<float>(exact) || q.lo < -exact || q.hi > exact) {
    return;
  }
  const auto line = code_line(reference, c);
  const auto reach = static_cast<double>(std::max(std::abs(domain.lo[c]), std::abs(domain.hi[c])));
  const auto error = line ? code_error(reference, reach, c) : std::nullopt;
  if (!error) return;
  slope_ = line->slope;
  offset_ = line->offset;
  lowest_ = static_cast<double>(line->lo) + 1.5;  // a saturation's own rounding stays below
  highest_ = std::max(lowest_, static_cast<double>(line->hi) - 1.5);
  certain_ = 0.5 - *error;
}

}  // namespace blendsim::lowering
