// SPDX-License-Identifier: Apache-2.0
#include "explore/gaussian.h"

#include <nlopt.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <type_traits>

namespace blendsim::explore {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double root5 = 2.23606797749978970;
constexpr Index fitted_targets = 192;
constexpr int evaluations_a_start = 24;

// A normal prior of a logarithm, and the range that it is searched in.
struct Prior {
  double mean, deviation, low, high;
};
constexpr Prior signal_prior = {0, 1.5, -4.6, 4.6};
constexpr Prior noise_prior = {-7, 2, -13.8, 0};

Prior length_prior(Index dimensions) {
  return {1.4142135623730951 + 0.5 * logarithm(static_cast<double>(dimensions)), 1.7320508075688772, -3, 7};
}

// Adds -log of the prior's density but for its constant.
void add_prior(const Prior& prior, double value, double& loss, double& slope) {
  const double z = (value - prior.mean) / prior.deviation;
  loss += 0.5 * z * z;
  slope += z / prior.deviation;
}

// Squared distances of the rows; what rounding makes negative is 0.
MatrixXd squared_distances(const MatrixXd& a, const MatrixXd& b) {
  MatrixXd out = -2 * a * b.transpose();
  out.colwise() += a.rowwise().squaredNorm();
  out.rowwise() += b.rowwise().squaredNorm().transpose();
  return out.cwiseMax(0);
}

double matern(double squared) {
  const double x = root5 * std::sqrt(squared);
  return (1 + x + x * x / 3) * exponential(-x);
}

// Room for so many rows, and half as many again when there was too little: a row is added without a copy of the rest.
void reserve_rows(MatrixXd& matrix, Index rows, Index columns) {
  if (matrix.rows() < rows) matrix.conservativeResize(rows + rows / 2 + 8, columns);
}

void reserve_square(MatrixXd& matrix, Index size) {
  if (matrix.rows() < size) matrix.conservativeResize(size + size / 2 + 8, size + size / 2 + 8);
}

// A minimisation that keeps the best that it has seen: the search may end in rounding, which is no error.
struct Search {
  const GaussianProcess* process = nullptr;
  double best = std::numeric_limits<double>::infinity();
  VectorXd at = VectorXd();

  static double evaluate(unsigned count, const double* x, double* gradient, void* self) {
    Search& search = *static_cast<Search*>(self);
    const VectorXd packed = Eigen::Map<const VectorXd>(x, count);
    const GaussianProcess::Loss loss = search.process->loss(GaussianProcess::Hyper::unpacked(packed));
    if (gradient != nullptr) Eigen::Map<VectorXd>(gradient, count) = loss.gradient;
    if (loss.value < search.best) {
      search.best = loss.value;
      search.at = packed;
    }
    return loss.value;
  }

  void run(VectorXd start) {
    const auto count = static_cast<unsigned>(start.size());
    const Prior length = length_prior(start.size() - 2);
    VectorXd low = VectorXd::Constant(count, length.low), high = VectorXd::Constant(count, length.high);
    low.tail<2>() << signal_prior.low, noise_prior.low;
    high.tail<2>() << signal_prior.high, noise_prior.high;
    start = start.cwiseMax(low).cwiseMin(high);
    const std::unique_ptr<std::remove_pointer_t<nlopt_opt>, decltype(&nlopt_destroy)> optimizer(
        nlopt_create(NLOPT_LD_LBFGS, count), &nlopt_destroy);
    nlopt_set_lower_bounds(optimizer.get(), low.data());
    nlopt_set_upper_bounds(optimizer.get(), high.data());
    nlopt_set_min_objective(optimizer.get(), &evaluate, this);
    nlopt_set_maxeval(optimizer.get(), evaluations_a_start);
    nlopt_set_ftol_abs(optimizer.get(), 1e-3);
    double value = 0;
    nlopt_optimize(optimizer.get(), start.data(), &value);
  }
};

}  // namespace

VectorXd GaussianProcess::Hyper::packed() const {
  VectorXd out(lengths.size() + 2);
  out << lengths, signal, noise;
  return out;
}

GaussianProcess::Hyper GaussianProcess::Hyper::unpacked(const VectorXd& packed) {
  const Index lengths = packed.size() - 2;
  return {packed.head(lengths), packed[lengths], packed[lengths + 1]};
}

GaussianProcess::GaussianProcess(const Space& space) {
  // Eigen cuts products by the sizes of the host's caches, and with them the order of the sums.
  Eigen::setCpuCacheSizes(32 * 1024, 512 * 1024, 2 * 1024 * 1024);
  for (std::size_t d = 0; d < space.dimensions.size(); ++d) {
    const Dimension& dimension = space.dimensions[d];
    if (dimension.values.size() < 2) continue;
    const int rank = static_cast<int>(dimensions_.size());
    const std::size_t columns = dimension.ordered ? 1 : dimension.values.size();
    column_of_.push_back(static_cast<int>(dimension_of_.size()));
    dimension_of_.insert(dimension_of_.end(), columns, rank);
    dimensions_.push_back(d);
    ordered_.push_back(dimension.ordered);
    spread_.push_back(static_cast<int>(dimension.values.size()) - 1);
  }
  const auto count = static_cast<Index>(dimensions_.size());
  if (count > 0) hyper_.lengths = VectorXd::Constant(count, logarithm(0.5 * std::sqrt(static_cast<double>(count))));
  hyper_.noise = noise_prior.mean;
}

Eigen::RowVectorXd GaussianProcess::embed(const Point& point) const {
  Eigen::RowVectorXd out = Eigen::RowVectorXd::Zero(static_cast<Index>(dimension_of_.size()));
  for (std::size_t d = 0; d < dimensions_.size(); ++d) {
    const int value = point[dimensions_[d]];
    if (ordered_[d]) out[column_of_[d]] = static_cast<double>(value) / spread_[d];
    else out[column_of_[d] + value] = 0.70710678118654752;  // two different values are 1 apart
  }
  return out;
}

MatrixXd GaussianProcess::embed(std::span<const Point> points) const {
  MatrixXd out(static_cast<Index>(points.size()), static_cast<Index>(dimension_of_.size()));
  for (std::size_t p = 0; p < points.size(); ++p) out.row(static_cast<Index>(p)) = embed(points[p]);
  return out;
}

MatrixXd GaussianProcess::covariance(const MatrixXd& a, const MatrixXd& b) const {
  VectorXd inverse(static_cast<Index>(dimension_of_.size()));
  for (Index c = 0; c < inverse.size(); ++c)
    inverse[c] = exponential(-hyper_.lengths[dimension_of_[static_cast<std::size_t>(c)]]);
  const double signal = exponential(hyper_.signal);
  return squared_distances(a * inverse.asDiagonal(), b * inverse.asDiagonal()).unaryExpr([signal](double squared) {
    return signal * matern(squared);
  });
}

void GaussianProcess::add(const Point& point, double target) {
  const auto n = static_cast<Index>(targets_.size());
  const Eigen::RowVectorXd row = embed(point);
  reserve_rows(inputs_, n + 1, row.size());
  reserve_square(factor_, n + 1);
  if (whitened_.size() <= n) whitened_.conservativeResize(n + n / 2 + 8);
  VectorXd across = covariance(inputs_.topRows(n), row);
  factor_.topLeftCorner(n, n).triangularView<Eigen::Lower>().solveInPlace(across);
  const double signal = exponential(hyper_.signal), noise = signal * exponential(hyper_.noise);
  const double pivot = std::sqrt(std::max(signal + noise - across.squaredNorm(), 0.5 * noise));
  const double standardised = (target - centre_) / scale_;
  inputs_.row(n) = row;
  factor_.block(n, 0, 1, n) = across.transpose();
  factor_(n, n) = pivot;
  whitened_[n] = (standardised - across.dot(whitened_.head(n))) / pivot;
  targets_.push_back(target);
}

void GaussianProcess::standardise() {
  const Eigen::Map<const VectorXd> y(targets_.data(), static_cast<Index>(targets_.size()));
  centre_ = y.size() > 0 ? y.mean() : 0;
  const double deviation = y.size() > 0 ? std::sqrt((y.array() - centre_).square().mean()) : 0;
  scale_ = deviation > 1e-12 * (1 + std::abs(centre_)) ? deviation : 1;
}

void GaussianProcess::factorise() {
  const auto n = static_cast<Index>(targets_.size());
  if (n == 0) return;
  const Eigen::Map<const VectorXd> y(targets_.data(), n);
  MatrixXd full = covariance(inputs_.topRows(n), inputs_.topRows(n));
  full.diagonal().array() += exponential(hyper_.signal) * exponential(hyper_.noise);
  factor_.topLeftCorner(n, n) = full.llt().matrixL();
  whitened_.head(n) = (y.array() - centre_) / scale_;
  factor_.topLeftCorner(n, n).triangularView<Eigen::Lower>().solveInPlace(whitened_.head(n));
}

void GaussianProcess::set(const Hyper& hyper) {
  hyper_ = hyper;
  standardise();
  factorise();
}

void GaussianProcess::fit(int starts) {
  standardise();
  if (hyper_.lengths.size() > 0 && size() > 1) {
    Search search{this};
    search.run(hyper_.packed());
    const double spread = length_prior(hyper_.lengths.size()).mean;
    for (int start = 0; start < starts; ++start) {
      Hyper fresh;
      fresh.lengths = VectorXd::Constant(hyper_.lengths.size(), start == 0 ? spread - 2 : spread);
      fresh.noise = noise_prior.mean;
      search.run(fresh.packed());
    }
    if (search.at.size() > 0) hyper_ = Hyper::unpacked(search.at);
  }
  factorise();
}

GaussianProcess::Loss GaussianProcess::loss(const Hyper& hyper) const {
  const auto all = static_cast<Index>(targets_.size());
  const Index n = std::min(all, fitted_targets), lengths = hyper.lengths.size();
  MatrixXd x(n, static_cast<Index>(dimension_of_.size()));
  VectorXd y(n);
  for (Index i = 0; i < n; ++i) {
    x.row(i) = inputs_.row(i * all / n);
    y[i] = (targets_[static_cast<std::size_t>(i * all / n)] - centre_) / scale_;
  }
  for (Index c = 0; c < x.cols(); ++c)
    x.col(c) *= exponential(-hyper.lengths[dimension_of_[static_cast<std::size_t>(c)]]);
  const MatrixXd squared = squared_distances(x, x);
  const double signal = exponential(hyper.signal), noise = signal * exponential(hyper.noise);
  MatrixXd kernel(n, n), slope(n, n);  // d kernel / d r^2 = -5/6 signal (1 + sqrt(5) r) exp(-sqrt(5) r)
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) {
      const double r = root5 * std::sqrt(squared(i, j)), decay = signal * exponential(-r);
      kernel(i, j) = (1 + r + r * r / 3) * decay;
      slope(i, j) = -5.0 / 6 * (1 + r) * decay;
    }
  MatrixXd noisy = kernel;
  noisy.diagonal().array() += noise;
  const Eigen::LLT<MatrixXd> factor(noisy);
  Loss out{std::numeric_limits<double>::infinity(), VectorXd::Zero(lengths + 2)};
  if (factor.info() != Eigen::Success) return out;
  const VectorXd weights = factor.solve(y);
  out.value = 0.5 * y.dot(weights) + 0.5 * static_cast<double>(n) * 1.8378770664093453;
  for (Index i = 0; i < n; ++i) out.value += logarithm(factor.matrixLLT()(i, i));
  // d loss / d covariance; a change of r^2 by the lengths alone is a sum of squares of differences a column.
  const MatrixXd pull = 0.5 * (factor.solve(MatrixXd::Identity(n, n)) - weights * weights.transpose());
  const MatrixXd by_distance = pull.cwiseProduct(slope);
  const VectorXd sums = by_distance.rowwise().sum();
  const MatrixXd product = by_distance * x;
  for (Index c = 0; c < x.cols(); ++c)
    out.gradient[dimension_of_[static_cast<std::size_t>(c)]] -=
        4 * (x.col(c).cwiseAbs2().dot(sums) - x.col(c).dot(product.col(c)));
  out.gradient[lengths] = pull.cwiseProduct(kernel).sum() + noise * pull.trace();
  out.gradient[lengths + 1] = noise * pull.trace();
  const Prior length = length_prior(lengths);
  for (Index d = 0; d < lengths; ++d) add_prior(length, hyper.lengths[d], out.value, out.gradient[d]);
  add_prior(signal_prior, hyper.signal, out.value, out.gradient[lengths]);
  add_prior(noise_prior, hyper.noise, out.value, out.gradient[lengths + 1]);
  return out;
}

Normal GaussianProcess::at(const Point& point) const { return Posterior(*this, std::span(&point, 1)).at(0); }

std::vector<Normal> GaussianProcess::outline(std::span<const Point> points) const {
  const auto n = static_cast<Index>(targets_.size());
  const double signal = exponential(hyper_.signal), told = signal * (1 + exponential(hyper_.noise));
  const MatrixXd across = covariance(inputs_.topRows(n), embed(points));
  VectorXd weights = whitened_.head(n);
  factor_.topLeftCorner(n, n).triangularView<Eigen::Lower>().transpose().solveInPlace(weights);
  std::vector<Normal> out(points.size());
  for (std::size_t p = 0; p < points.size(); ++p) {
    const auto column = across.col(static_cast<Index>(p));
    const double nearest = n > 0 ? column.maxCoeff() : 0;
    out[p].mean = centre_ + scale_ * column.dot(weights);
    out[p].deviation = scale_ * std::sqrt(std::max(signal - nearest * nearest / told, 0.0));
  }
  return out;
}

Posterior::Posterior(const GaussianProcess& process, std::span<const Point> points)
    : points_(process.embed(points)),
      centre_(process.centre_),
      scale_(process.scale_),
      size_(static_cast<Index>(process.size())) {
  solved_ = process.covariance(process.inputs_.topRows(size_), points_);
  process.factor_.topLeftCorner(size_, size_).triangularView<Eigen::Lower>().solveInPlace(solved_);
  means_ = solved_.transpose() * process.whitened_.head(size_);
  variances_ = exponential(process.hyper_.signal) - solved_.colwise().squaredNorm().transpose().array();
}

void Posterior::extend(const GaussianProcess& process) {
  const Index n = size_++;
  reserve_rows(solved_, n + 1, points_.rows());
  Eigen::RowVectorXd row = process.covariance(process.inputs_.row(n), points_);
  row -= process.factor_.block(n, 0, 1, n) * solved_.topRows(n);
  row /= process.factor_(n, n);
  solved_.row(n) = row;
  means_ += process.whitened_[n] * row.transpose();
  variances_ -= row.cwiseAbs2().transpose();
}

Normal Posterior::at(std::size_t point) const {
  const auto p = static_cast<Index>(point);
  return {centre_ + scale_ * means_[p], scale_ * std::sqrt(std::max(variances_[p], 0.0))};
}

}  // namespace blendsim::explore
