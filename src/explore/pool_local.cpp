// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "explore/pool.h"

namespace blendsim::explore {
namespace {

class LocalPool final : public Pool {
 public:
  explicit LocalPool(Work work) : work_(std::move(work)) {}
  std::vector<Trial> run(std::span<const Job> jobs, const std::function<void(std::size_t)>& done) override {
    std::vector<Trial> out;
    for (const Job& job : jobs) {
      out.push_back(work_(job));
      if (done) done(out.size());
    }
    return out;
  }

 private:
  Work work_;
};

}  // namespace

std::unique_ptr<Pool> local_pool(Work work) { return std::make_unique<LocalPool>(std::move(work)); }

}  // namespace blendsim::explore
