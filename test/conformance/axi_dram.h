// SPDX-License-Identifier: Apache-2.0
// The memory behind the machine's three AXI ports: interconnect and DRAM in time as docs/timing.md has them (rule 8),
// by the law of src/units/dram, and the bytes.
//
// What the model calls sent in cycle n stands on a channel from n+1; a grant that it has in g is a ready in g-1; a beat
// or response that it has in L is on R or B in L-1. Beats of a burst come one a cycle.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "units/dram/law.h"
#include "units/machine_parameters.h"
#include "units/unit_id.h"

namespace blendsim::conformance {

// Read channels of the fetch or the load port.
struct AxiRead {
  bool arvalid = false;  // the unit's side
  std::uint64_t araddr = 0;
  std::uint32_t arlen = 0;
  bool arready = false, rvalid = false, rlast = false;  // the memory's
  std::vector<std::uint8_t> rdata;                      // a bus word
};
// Write channels of the store port.
struct AxiWrite {
  bool awvalid = false, wvalid = false, wlast = false;
  std::uint64_t awaddr = 0;
  std::uint32_t awlen = 0;
  std::vector<std::uint8_t> wdata;
  std::vector<bool> wstrb;  // a bit a byte
  bool awready = false, wready = false, bvalid = false;
};

class AxiDram {
 public:
  explicit AxiDram(const MachineParameters& machine) : machine_(machine) { reset(); }

  AxiRead fetch, load;
  AxiWrite store;
  std::vector<std::uint8_t> bytes;  // by physical address; what lies behind reads as 0 and grows when written

  // Rows closed, refresh phase 0, nothing in flight; bytes stay.
  void reset();
  // Each cycle, in order from 0 on: drive() sets the memory's side by what was seen in earlier cycles (all of it comes
  // out of registers), observe() takes the units' side as it stands in the cycle, before the clock's edge.
  void drive(Cycles cycle);
  void observe(Cycles cycle);
  // Address of the bus word that the last beat on W has written.
  [[nodiscard]] std::uint64_t written() const { return written_; }
  // What broke the protocol or came at another time than the law says; empty: nothing.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  enum Port : std::size_t { fetch_port, store_port, load_port };  // ties are broken in this order
  struct Request {
    bool waiting = false;  // for its grant
    bool seen = false;     // on the channel, since its first cycle there
    std::uint64_t address = 0;
    std::int64_t beats = 0;
    std::int64_t visible = 0;  // memory cycle
    Cycles decide = 0, ready = -1;
  };
  struct Beat {
    Cycles cycle = 0;
    std::uint64_t address = 0;
    bool last = false;
  };

  void take_read(Port port, const AxiRead& channels, Cycles cycle);
  void take_write(Cycles cycle);
  void take(Port port, std::uint64_t address, std::int64_t beats, Cycles complete);
  void decide(Cycles cycle);
  void grant(Port port);
  void drive_read(Port port, AxiRead& channels, std::deque<Beat>& beats, Cycles cycle);
  void fail(Cycles cycle, const std::string& what);

  MachineParameters machine_;
  ClockCrossing to_memory_, to_accelerator_;
  std::vector<DramChannel> channels_;
  std::array<Request, 3> requests_;
  std::deque<Beat> fetch_beats_, load_beats_, write_beats_;  // on R, and due on W
  std::deque<Cycles> responses_;                             // cycles on B
  Cycles last_read_beat_ = -1, last_write_beat_ = -1, last_response_ = -1;
  std::uint64_t written_ = 0;
  std::string error_;
};

}  // namespace blendsim::conformance
