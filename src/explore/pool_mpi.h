// SPDX-License-Identifier: Apache-2.0
// Jobs to the ranks of an MPI job: rank 0 leads, the others evaluate. Part of blendsim-mpi alone (BLENDSIM_MPI).
//
// No side spins while it waits: each looks, and sleeps an eighth of what it has waited so far, 50 us to 5 ms.
// A rank that dies takes the whole job with it, which is what MPI launchers do.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <exception>
#include <memory>

#include "explore/journal.h"
#include "explore/pool.h"

namespace blendsim::explore {

// In rank 0.
class MpiLeader {
 public:
  explicit MpiLeader(boost::mpi::communicator ranks);
  ~MpiLeader();
  MpiLeader(const MpiLeader&) = delete;
  MpiLeader& operator=(const MpiLeader&) = delete;

  // A pool of all other ranks or, where there are none, of this process; at most one, which must not outlive *this.
  // Waits for every rank's word that it serves the same study. Throws DiagnosticError: study-changed where one serves
  // another study or version, else what the lowest rank that failed has thrown, with its rank and host. Where run()
  // throws, ranks end what they have begun, and nobody hears of it.
  [[nodiscard]] std::unique_ptr<Pool> pool(const StudyIdentity& study, Work work);
  // The last call, on every way out: the others end with this exit status. Returns when all have left their jobs.
  void end(int status);

 private:
  struct Link;
  class RankPool;
  std::unique_ptr<Link> link_;
};

// In every other rank: serve() or fail(), then end().
class MpiWorker {
 public:
  explicit MpiWorker(boost::mpi::communicator ranks) : ranks_(std::move(ranks)) {}

  // Evaluates what rank 0 sends until it ends; what `work` throws rank 0 hears of, and evaluation goes on.
  void serve(const StudyIdentity& study, const Work& work);
  // Instead: why this rank cannot.
  void fail(const std::exception_ptr& why);
  // Waits for rank 0's end; the exit status that it gave.
  [[nodiscard]] int end();

 private:
  void evaluate(std::string_view message, const Work& work);

  boost::mpi::communicator ranks_;
  bool has_told_ = false;  // whether it serves
};

}  // namespace blendsim::explore
