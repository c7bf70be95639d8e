// SPDX-License-Identifier: Apache-2.0
// What each action and each cycle of a machine takes: its activities times the technology's primitives.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "estimate/estimate.h"
#include "power/activity.h"
#include "power/technology.h"
#include "units/actions.h"

namespace blendsim {

// Energy of one of each action, in whole femtojoules so that sums are exact.
struct ActionEnergies {
  std::array<Amounts, action_count> amounts{};
  std::array<std::int64_t, action_count> logic_fj{}, dram_fj{};

  [[nodiscard]] std::int64_t fj(Action a) const {
    return logic_fj[static_cast<std::size_t>(a)] + dram_fj[static_cast<std::size_t>(a)];
  }
};

// What is clocked whether it works or not.
struct ClockedPart {
  std::string name;  // of a unit, "dispatcher", "buffers", "control"
  Amounts amounts;   // in one cycle
  std::int64_t cycle_fj = 0;
};

// Of one machine. References must outlive it.
class PowerModel {
 public:
  PowerModel(const Platform& platform, const ResourceEstimate& resources, const Technology& technology,
             const ActivityModel& activity);

  [[nodiscard]] ActionEnergies energies(const Densities& densities) const;
  // Units in their order, then dispatcher, buffers, control (with what the platform reserves).
  [[nodiscard]] const std::vector<ClockedPart>& clocked() const { return clocked_; }
  [[nodiscard]] const Platform& platform() const { return platform_; }
  [[nodiscard]] const ResourceEstimate& resources() const { return resources_; }
  [[nodiscard]] const Technology& technology() const { return technology_; }
  [[nodiscard]] const Densities& profile() const { return activity_.profile; }
  [[nodiscard]] const std::string& profiled() const { return activity_.profiled; }
  // Per cent by which the activity of a unit or "dispatcher" was off on what was held out.
  [[nodiscard]] std::int64_t activity_error(std::string_view module) const;

 private:
  [[nodiscard]] const ModuleActivity& activity_of(std::string_view module) const;
  [[nodiscard]] std::int64_t femtojoule(const Amounts& amounts, bool dram) const;

  const Platform& platform_;
  const ResourceEstimate& resources_;
  const Technology& technology_;
  const ActivityModel& activity_;
  std::vector<ClockedPart> clocked_;
};

}  // namespace blendsim
