// SPDX-License-Identifier: Apache-2.0
#include "replay/recorder.h"

#include <string>

#include "base/diagnostic.h"
#include "replay/dependence.h"

namespace blendsim {
namespace {

[[noreturn]] void contradicts(std::size_t image, std::size_t node, const std::string& what) {
  throw InvariantError("memory traffic, image " + std::to_string(image) + ", node " + std::to_string(node), what);
}

}  // namespace

void TrafficRecorder::on_phase(const PhaseEvent& event) {
  phase_ = event.phase;
  OfPhase& phase = phases_[static_cast<std::size_t>(phase_)];
  switch (event.kind) {
    case PhaseEvent::Kind::begin:
      if (event.phase == Phase::init) phases_ = {};  // a further run
      phase = {};
      break;
    case PhaseEvent::Kind::doorbell: phase.doorbells.push_back(event.at); break;
    case PhaseEvent::Kind::completion: phase.completions.push_back(event.at); break;
    case PhaseEvent::Kind::end: break;
  }
}

// A port's bursts end in the order of their requests.
void TrafficRecorder::on_burst(const BurstEvent& event) {
  OfPhase& phase = phases_[static_cast<std::size_t>(phase_)];
  phase.bursts[static_cast<std::size_t>(event.port)].push_back(
      {event.address, event.bytes, {event.request, event.grant, event.first_beat, event.last_beat}});
}

Traffic TrafficRecorder::traffic(const Program& program, const Platform& platform) const {
  Traffic out;
  out.source = program.network;
  out.platform_yaml = platform.yaml();
  for (const Phase phase : {Phase::init, Phase::main}) {
    const OfPhase& seen = phases_[static_cast<std::size_t>(phase)];
    if (seen.doorbells.empty()) continue;
    out.of(phase) = find_dependences(program, platform.machine, phase);
    fill(out.of(phase), seen);
  }
  return out;
}

void TrafficRecorder::fill(TrafficPhase& phase, const OfPhase& seen) const {
  std::array<std::size_t, memory_port_count> next{};
  for (std::size_t i = 0; i < seen.doorbells.size(); ++i) {
    TrafficImage& image = phase.images.emplace_back();
    image.doorbell = seen.doorbells[i];
    image.completion = seen.completions.at(i);
    for (std::size_t n = 0; n < phase.nodes.size(); ++n) {
      TrafficNode& node = phase.nodes[n];
      if (!node.port) continue;
      const auto port = static_cast<std::size_t>(*node.port);
      if (next[port] == seen.bursts[port].size()) contradicts(i, n, "the run has fewer bursts");
      const Seen& burst = seen.bursts[port][next[port]++];
      if (burst.bytes != node.bytes) contradicts(i, n, "the run's burst has another length");
      if (i == 0) node.address = burst.address;
      if (i == 1) node.step = burst.address - node.address;
      if (burst.address != node.address + i * node.step) contradicts(i, n, "the run's burst lies elsewhere");
      image.bursts.push_back(burst.stamps);
    }
    const NodeStamps stamps = by_node(phase, image);
    for (std::size_t n = 0; n < phase.nodes.size(); ++n) {
      if (const Cycles at = value(phase.nodes[n].waits, stamps); at != stamps.nodes[n].request) {
        contradicts(i, n,
                    "was requested in cycle " + std::to_string(stamps.nodes[n].request) + ", its waits give cycle " +
                        std::to_string(at));
      }
    }
    if (const Cycles at = value(phase.completion, stamps); at != image.completion) {
      contradicts(
          i, phase.nodes.size(),
          "completes in cycle " + std::to_string(image.completion) + ", its waits give cycle " + std::to_string(at));
    }
  }
  for (std::size_t port = 0; port < next.size(); ++port) {
    if (next[port] != seen.bursts[port].size()) contradicts(seen.doorbells.size(), 0, "the run has more bursts");
  }
}

}  // namespace blendsim
