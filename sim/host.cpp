// SPDX-License-Identifier: Apache-2.0
#include "sim/host.h"

#include "base/diagnostic.h"

namespace blendsim {

Host::Host(const sc_core::sc_module_name& name, Context& context)
    : sc_module(name), registers("registers"), context_(context) {
  SC_HAS_PROCESS(Host);
  SC_METHOD(step);
  sensitive << wake_;
  dont_initialize();
}

void Host::start(std::int32_t images, std::function<void(std::int32_t)> image) {
  images_ = images;
  rung_ = done_ = 0;
  image_ = std::move(image);
  wake_.notify(sc_core::sc_time::from_value(1));
}

void Host::step() {
  context_.guard([this] {
    if (rung_ > done_) {
      if (access(tlm::TLM_READ_COMMAND, Control::status_register, 0) != 1) {
        throw InvariantError("host", "the completion flag does not read 1 in its cycle");
      }
      ++done_;
      if (!done()) context_.notify(wake_, context_.now() + 1);
      return;
    }
    image_(rung_++);
    (void)access(tlm::TLM_WRITE_COMMAND, Control::doorbell_register, 1);
  });
}

std::uint32_t Host::access(tlm::tlm_command command, std::uint64_t address, std::uint32_t value) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  payload.set_data_length(sizeof value);
  payload.set_streaming_width(sizeof value);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  registers->b_transport(payload, delay);
  if (payload.is_response_error()) throw InvariantError("host", "register access: " + payload.get_response_string());
  return value;
}

}  // namespace blendsim
