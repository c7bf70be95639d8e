// SPDX-License-Identifier: Apache-2.0
#include "replay/replay.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/diagnostic.h"
#include "units/dram/server.h"

namespace blendsim {
namespace {

// A burst waits for what it waited for, and for its port, which has one ungranted request at most (rule 7). Open loop
// it waits for its port alone, and its recorded cycle is looked up.
std::vector<std::vector<Wait>> waits_of(const TrafficPhase& phase, ReplayMode mode) {
  std::vector<std::vector<Wait>> out;
  std::array<std::int32_t, memory_port_count> before;
  before.fill(-1);
  for (std::size_t n = 0; n < phase.nodes.size(); ++n) {
    const TrafficNode& node = phase.nodes[n];
    out.push_back(mode == ReplayMode::dependencies ? node.waits : std::vector<Wait>{});
    if (!node.port) continue;
    std::int32_t& last = before[static_cast<std::size_t>(*node.port)];
    if (last >= 0) out.back().push_back({{StampKind::grant, last}, 0, WaitCause::grant});
    last = static_cast<std::int32_t>(n);
  }
  return out;
}

void check_bursts(const TrafficPhase& phase, const MemoryParameters& memory) {
  std::uint64_t end = 0;
  const std::uint64_t images = std::max<std::size_t>(1, phase.images.size());
  for (const TrafficNode& node : phase.nodes) {
    if (!node.port) continue;
    end = std::max(end, node.address + (images - 1) * node.step + node.bytes);
    if (node.bytes % memory.bus_bytes() == 0) continue;
    throw DiagnosticError("contradiction", {"", 0, "memory.port_width"},
                          "a burst of " + std::to_string(node.bytes) + " bytes is no whole number of bus words of " +
                              std::to_string(memory.bus_bytes()),
                          "replay on a port as wide as the recorded one");
  }
  if (end <= static_cast<std::uint64_t>(memory.capacity)) return;
  throw DiagnosticError("does-not-fit", {"", 0, "memory.capacity"},
                        "the traffic reaches byte " + std::to_string(end) + " of " + std::to_string(memory.capacity),
                        "raise memory.capacity");
}

class Engine {
 public:
  Engine(const TrafficPhase& phase, const MemoryParameters& memory, std::int64_t clock_hz, ReplayMode mode)
      : phase_(phase), memory_(memory), mode_(mode), waits_(waits_of(phase, mode)), followers_(phase.nodes.size()) {
    server_.reset(memory, clock_hz);
    for (std::size_t n = 0; n < waits_.size(); ++n) {
      for (const Wait& wait : waits_[n]) {
        if (wait.stamp.kind == StampKind::doorbell) continue;
        Followers& followers = followers_[static_cast<std::size_t>(wait.stamp.node)];
        (wait.stamp.kind == StampKind::request ? followers.of_request : followers.of_answer).push_back(n);
      }
    }
  }

  ReplayedPhase run() {
    for (std::size_t i = 0; i < phase_.images.size(); ++i) {
      const bool first = out_.images.empty();
      // The host rings again a cycle after it has read the flag.
      run_image(
          i, mode_ == ReplayMode::open_loop || first ? phase_.images[i].doorbell : out_.images.back().completion + 1);
    }
    out_.memory.refreshes = server_.refreshes(out_.end());
    return std::move(out_);
  }

 private:
  struct Followers {
    std::vector<std::size_t> of_request, of_answer;  // nodes that wait for it
  };

  void run_image(std::size_t image, Cycles doorbell) {
    image_ = image;
    stamps_ = {doorbell, std::vector<BurstStamps>(phase_.nodes.size())};
    missing_.clear();
    for (const std::vector<Wait>& waits : waits_) {
      missing_.push_back(static_cast<std::size_t>(std::count_if(
          waits.begin(), waits.end(), [](const Wait& wait) { return wait.stamp.kind != StampKind::doorbell; })));
    }
    if (mode_ == ReplayMode::open_loop) {
      recorded_ = by_node(phase_, phase_.images[image]);
    }
    for (std::size_t n = 0; n < missing_.size(); ++n) {
      if (missing_[n] == 0) known_.push_back(n);
    }
    tell();
    while (serve_oldest()) tell();
    finish();
  }

  // The requests of these nodes are known: their followers may be, too.
  void tell() {
    while (!known_.empty()) {
      const std::size_t n = known_.back();
      known_.pop_back();
      stamps_.nodes[n].request = value(waits_[n], stamps_);
      if (mode_ == ReplayMode::open_loop)
        stamps_.nodes[n].request = latest(stamps_.nodes[n].request, recorded_.nodes[n].request);
      if (stamps_.nodes[n].request > 16 * most_traffic_cycles) {
        throw DiagnosticError("out-of-range", {"", 0, "burst line " + std::to_string(n)},
                              "goes in a cycle beyond every run's", "record the run again");
      }
      if (phase_.nodes[n].port) send(n);
      met(followers_[n].of_request);
    }
  }

  void met(const std::vector<std::size_t>& followers) {
    for (const std::size_t follower : followers) {
      if (--missing_[follower] == 0) known_.push_back(follower);
    }
  }

  void send(std::size_t n) {
    const TrafficNode& node = phase_.nodes[n];
    std::optional<Sent>& port = ports_[static_cast<std::size_t>(*node.port)];
    if (port) throw InvariantError("replay", "a port has two ungranted requests");
    BurstStamps& stamps = stamps_.nodes[n];
    const std::int64_t beats = node.bytes / memory_.bus_bytes();
    const Cycles complete = node.write ? path_.write_complete(stamps.request, beats) : stamps.request;
    if (node.write) stamps.first = complete - beats + 1;
    port = Sent{n, server_.visible(complete)};
  }

  // Whatever is not sent yet follows from an answer to one that is, and so is visible later than the oldest of these.
  bool serve_oldest() {
    std::optional<Sent>* oldest = nullptr;
    for (std::optional<Sent>& port : ports_) {
      if (port && (oldest == nullptr || port->visible < (*oldest)->visible)) oldest = &port;
    }
    if (oldest == nullptr) return false;
    const Sent sent = **oldest;
    oldest->reset();
    const TrafficNode& node = phase_.nodes[sent.node];
    const DramRequest request{node.address + image_ * node.step, node.bytes, node.write};
    const DramAnswer answer = server_.serve(request, sent.visible);
    BurstStamps& stamps = stamps_.nodes[sent.node];
    stamps.grant = answer.grant;
    const std::int64_t beats = node.bytes / memory_.bus_bytes();
    if (node.write) {
      stamps.last = path_.write_response(memory_, answer.last_data);
    } else {
      stamps.last = path_.last_read_beat(memory_, answer.first_data, answer.last_data, beats);
      stamps.first = stamps.last - beats + 1;
    }
    count(node, answer, stamps);
    out_.order.push_back({static_cast<std::int32_t>(image_), static_cast<std::int32_t>(sent.node)});
    met(followers_[sent.node].of_answer);
    return true;
  }

  void count(const TrafficNode& node, const DramAnswer& answer, const BurstStamps& stamps) {
    MemoryCounts& counts = out_.memory;
    ++counts.bursts;
    ++(answer.activates == 0 ? counts.row_hits : counts.row_misses);
    (node.write ? counts.write_bytes : counts.read_bytes) += node.bytes;
    counts.busy += stamps.last - stamps.grant + 1;
  }

  void finish() {
    TrafficImage& image = out_.images.emplace_back();
    image.doorbell = stamps_.doorbell;
    image.completion = stamps_.doorbell;
    for (std::size_t n = 0; n < phase_.nodes.size(); ++n) {
      if (missing_[n] != 0) throw InvariantError("replay", "a request waits for one behind it");
      if (!phase_.nodes[n].port) continue;
      image.bursts.push_back(stamps_.nodes[n]);
      image.completion = latest(image.completion, stamps_.nodes[n].last);
    }
    if (mode_ == ReplayMode::dependencies) image.completion = value(phase_.completion, stamps_);
  }

  const TrafficPhase& phase_;
  const MemoryParameters memory_;
  ReplayMode mode_;
  std::vector<std::vector<Wait>> waits_;
  std::vector<Followers> followers_;  // by node
  DramServer server_;
  MemoryPath path_;
  ReplayedPhase out_;
  // Each port has at most one request that is not granted (rule 7).
  struct Sent {
    std::size_t node = 0;
    std::int64_t visible = 0;  // memory cycle
  };
  std::array<std::optional<Sent>, memory_port_count> ports_;
  // Of the image.
  std::size_t image_ = 0;
  NodeStamps stamps_, recorded_;
  std::vector<std::size_t> missing_;  // by node: stamps that it waits for and that are not known
  std::vector<std::size_t> known_;    // nodes that wait for nothing more
};

}  // namespace

ReplayedPhase replay(const TrafficPhase& phase, const MemoryParameters& memory, std::int64_t clock_hz,
                     ReplayMode mode) {
  check_bursts(phase, memory);
  return Engine(phase, memory, clock_hz, mode).run();
}

}  // namespace blendsim
