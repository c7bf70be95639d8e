// SPDX-License-Identifier: Apache-2.0
// Timing law of the external memory (rule 8): one channel is one server whose bursts are served in order of visibility.
//
// Everything here is integer arithmetic in cycles of the memory's command clock (tCK). The table's names are JEDEC's:
// DDR4 SDRAM standard JESD79-4, section "Command description"; the values come with the platform.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "units/dram/parameters.h"

namespace blendsim {

// The one integer function between clocks: what is sent in cycle n of `from` leaves its register at edge n+1 and is
// visible in `to` from ceil((n+1) * to/from) + sync. sync >= 1, so rule 1 holds for equal clocks too.
class ClockCrossing {
 public:
  ClockCrossing() = default;
  ClockCrossing(std::int64_t from_hz, std::int64_t to_hz, std::int64_t sync);

  [[nodiscard]] std::int64_t visible(std::int64_t sent) const { return ceil_scaled(sent + 1) + sync_; }
  // First cycle of `from` in which everything sent that could be visible in `to` cycle `at` or before has been sent.
  [[nodiscard]] std::int64_t all_sent(std::int64_t at) const;
  [[nodiscard]] std::int64_t ceil_scaled(std::int64_t n) const;

 private:
  std::int64_t to_ = 1, from_ = 1, sync_ = 1;  // to/from in lowest terms
};

// Physical address = row : bank : column, low bits right; channels interleave at 4 KiB. The areas of DramBase lie one
// after another: program at 0, then the images' inputs, then their outputs, each area from a 4 KiB border on.
inline constexpr std::uint64_t channel_interleave = 4096;
struct DramLocation {
  std::int64_t channel = 0, bank = 0, row = 0;
  std::int64_t column = 0;  // bytes
};
[[nodiscard]] std::int64_t channel_of(const MemoryParameters& memory, std::uint64_t address);
[[nodiscard]] DramLocation locate(const MemoryParameters& memory, std::uint64_t address);

struct DramBank {
  std::int64_t open_row = -1;     // -1: closed
  std::int64_t activate_ok = 0;   // first cycle in which an ACT is legal (tRC, tRP, tRFC)
  std::int64_t column_ok = 0;     // tRCD
  std::int64_t precharge_ok = 0;  // tRAS, tRTP, tWR
};

struct DramChannel {
  std::vector<DramBank> banks;
  std::array<std::int64_t, 4> activates{};  // the last four ACTs, oldest first (tFAW, tRRD)
  std::int64_t last_column = 0;             // tCCD
  std::int64_t last_read = 0;               // tRTW
  std::int64_t write_data_end = 0;          // tWTR
  std::int64_t free = 0;                    // first cycle in which the server may grant
  std::int64_t next_refresh = 0;
  std::int64_t refreshes = 0;

  void reset(const DramTiming& timing);  // rows closed, refresh phase 0
};

struct DramRequest {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;  // within one 4 KiB block
  bool write = false;
};

struct DramService {
  std::int64_t grant = 0;
  std::int64_t first_data = 0, last_data = 0;  // cycles of the data bus's first and last transfer
  std::int64_t activates = 0;                  // 0: every column command hit an open row
};

// A command that changes which rows are open: ACT of `row`, or (bank -1, row -1) PRE of all banks for a refresh.
struct DramRowCommand {
  std::int64_t bank = -1, row = -1;
  std::int64_t at = 0;
};

// Performs every refresh that is due at or before cycle `until` and returns the first cycle >= `until` in which the
// server may grant. `rows`: gets the commands that change open rows, where somebody asks.
std::int64_t refresh_until(DramChannel& channel, const DramTiming& timing, std::int64_t until,
                           std::vector<DramRowCommand>* rows = nullptr);

// Grants `request`, visible from cycle `visible`, as the next one of its channel and serves it. `hold_back`: cycles for
// which a random-stall run delays the grant. `rows`: as refresh_until.
[[nodiscard]] DramService serve(DramChannel& channel, const MemoryParameters& memory, const DramRequest& request,
                                std::int64_t visible, std::int64_t hold_back = 0,
                                std::vector<DramRowCommand>* rows = nullptr);

}  // namespace blendsim
