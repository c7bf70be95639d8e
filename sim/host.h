// SPDX-License-Identifier: Apache-2.0
// The host program: rings the doorbell for each image, one cycle after it has read the completion of the one before.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <functional>
#include <systemc>
#include <tlm>

#include "models/context.h"
#include "models/control.h"

namespace blendsim {

class Host : public sc_core::sc_module {
 public:
  Host(const sc_core::sc_module_name& name, Context& context);
  tlm_utils::simple_initiator_socket<Host> registers;

  // `image`: called before each doorbell. The first one is accepted in cycle 0 of the run, which is the next cycle.
  void start(std::int32_t images, std::function<void(std::int32_t)> image);
  void completed(Cycles at) { context_.notify(wake_, at); }
  void stop() { wake_.cancel(); }
  [[nodiscard]] bool done() const { return done_ == images_; }

 private:
  void step();  // the process
  std::uint32_t access(tlm::tlm_command command, std::uint64_t address, std::uint32_t value);

  Context& context_;
  sc_core::sc_event wake_;
  std::function<void(std::int32_t)> image_;
  std::int32_t images_ = 0, rung_ = 0, done_ = 0;
};

}  // namespace blendsim
