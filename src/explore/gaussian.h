// SPDX-License-Identifier: Apache-2.0
// Regression by a Gaussian process over the points of a space (Rasmussen, Williams, "Gaussian Processes for Machine
// Learning", 2006, chapters 2, 4 and 5).
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

#include "explore/normal.h"
#include "explore/space.h"

namespace blendsim::explore {

// Covariance of two points: Matern-5/2, signal (1 + sqrt(5) r + 5/3 r^2) exp(-sqrt(5) r), with a length a dimension:
// r^2 = sum of (d_i / length_i)^2. In an ordered dimension d is the difference of the indices over the largest one, in
// an unordered one 0 of equal values and 1 of different ones. Dimensions of one value do not take part.
class GaussianProcess {
 public:
  // Natural logarithms; of standardised targets.
  struct Hyper {
    Eigen::VectorXd lengths;  // a dimension of at least two values
    double signal = 0;        // variance of the function
    double noise = 0;         // variance of what is told, relative to the signal's
    [[nodiscard]] Eigen::VectorXd packed() const;
    [[nodiscard]] static Hyper unpacked(const Eigen::VectorXd& packed);
  };
  struct Loss {
    double value = 0;
    Eigen::VectorXd gradient;  // by Hyper::packed()
  };

  explicit GaussianProcess(const Space& space);

  [[nodiscard]] std::size_t size() const { return targets_.size(); }
  [[nodiscard]] const Hyper& hyper() const { return hyper_; }
  // The factor grows by a row: O(size^2). Standardisation and hyper-parameters stay.
  void add(const Point& point, double target);
  // Standardises the targets to mean 0 and deviation 1 and takes the hyper-parameters that minimise loss(), of at most
  // 192 targets spread evenly over all, by L-BFGS from the present ones and from `starts` more (0..2).
  void fit(int starts);
  // Standardises, takes these.
  void set(const Hyper& hyper);

  // -log of the marginal likelihood of the standardised targets and of the hyper-parameters' priors: log-normal lengths
  // of the number of dimensions (Hvarfner et al., "Vanilla Bayesian optimization performs great in high dimensions",
  // ICML 2024), wide ones of signal and noise. Infinite where the covariance has no factor.
  [[nodiscard]] Loss loss(const Hyper& hyper) const;
  // What is believed of the function, without noise, at a point.
  [[nodiscard]] Normal at(const Point& point) const;
  // At many: the means, and upper bounds of the deviations, O(size) a point. The bound is what the best informed single
  // target leaves of the variance.
  [[nodiscard]] std::vector<Normal> outline(std::span<const Point> points) const;

 private:
  friend class Posterior;
  [[nodiscard]] Eigen::RowVectorXd embed(const Point& point) const;
  [[nodiscard]] Eigen::MatrixXd embed(std::span<const Point> points) const;
  [[nodiscard]] Eigen::MatrixXd covariance(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) const;
  void standardise();
  void factorise();

  std::vector<std::size_t> dimensions_;  // of at least two values
  std::vector<bool> ordered_;            // of each of them
  std::vector<int> spread_;              // of each of them: the largest index
  std::vector<int> column_of_;           // of each of them: its first column; an unordered one has a column a value
  std::vector<int> dimension_of_;        // of each column
  Hyper hyper_;
  Eigen::MatrixXd inputs_;  // [targets, columns], and room for more
  std::vector<double> targets_;
  double centre_ = 0, scale_ = 1;
  Eigen::MatrixXd factor_;    // lower Cholesky factor of the covariance with noise, and room for more
  Eigen::VectorXd whitened_;  // factor^-1 times the standardised targets, and room for more
};

// What a process believes at many points, kept up to date as targets are added.
class Posterior {
 public:
  Posterior(const GaussianProcess& process, std::span<const Point> points);
  // After process.add(): O(size) a point.
  void extend(const GaussianProcess& process);
  [[nodiscard]] Normal at(std::size_t point) const;

 private:
  Eigen::MatrixXd points_;             // embedded
  Eigen::MatrixXd solved_;             // factor^-1 times the covariances, [targets, points], and room for more
  Eigen::VectorXd means_, variances_;  // standardised
  double centre_ = 0, scale_ = 1;
  Eigen::Index size_ = 0;
};

}  // namespace blendsim::explore
