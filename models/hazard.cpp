// SPDX-License-Identifier: Apache-2.0
#include "models/hazard.h"

#include <string>

#include "base/diagnostic.h"
#include "models/context.h"

namespace blendsim {

void HazardChecker::reset() {
  begin_image();
  accesses_.clear();
}

void HazardChecker::begin_image() {
  for (auto& flights : flights_) flights.clear();
}

const std::vector<Access>& HazardChecker::accesses_of(std::int32_t record) {
  accesses_.resize(context_.program->instructions.size());
  auto& found = accesses_[static_cast<std::size_t>(context_.record(record).instruction)];
  if (found.empty()) found = accesses(context_.instruction(record), *context_.machine);
  return found;
}

void HazardChecker::started(UnitId unit, std::int32_t record, Cycles now) {
  const std::vector<Access>& mine = accesses_of(record);
  for (const UnitId other : all_units) {
    auto& flights = flights_[static_cast<std::size_t>(other)];
    std::erase_if(flights, [&](const Flight& flight) {
      const Cycles end = context_.record(flight.record).end;
      return end >= 0 && end < now;
    });
    if (other == unit) continue;
    for (const Flight& flight : flights) {
      for (const Access& theirs : *flight.accesses) {
        for (const Access& access : mine) {
          const bool same_port =
              access.write == theirs.write && access.buffer == theirs.buffer && access.region == theirs.region;
          const bool same_words = (access.write || theirs.write) && overlap(access, theirs);
          if (!same_port && !same_words) continue;
          const auto describe = [&](std::int32_t r) {
            return "instruction " + std::to_string(context_.record(r).instruction) + " (" +
                   disassemble(context_.instruction(r)) + ")";
          };
          throw DiagnosticError(
              {{"hazard",
                {"", 0, "buffer " + std::string(name(access.buffer)) + ", region " + std::to_string(access.region)},
                std::string(same_words     ? "the same words are touched"
                            : access.write ? "the write port is used"
                                           : "the read port is used") +
                    " in cycle " + std::to_string(now) + " by " + describe(record) + " and by " +
                    describe(flight.record),
                "order the two by a token"}},
              ExitStatus::simulation_failed);
        }
      }
    }
  }
  flights_[static_cast<std::size_t>(unit)].push_back({record, &mine});
}

}  // namespace blendsim
