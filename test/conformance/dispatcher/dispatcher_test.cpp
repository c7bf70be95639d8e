// SPDX-License-Identifier: Apache-2.0
// control and dispatcher of rtl/ beside the model's: every entry's cycle and bits, each completion; streams in the
// instructions buffer and in DRAM, queues that drain at random times, traffic of the other ports.
#include <gtest/gtest.h>

#include "axi_dram.h"
#include "dispatch_model.h"
#include "isa/encoding.h"
#include "isa/fields.h"
#include "isa/verilog_package.h"
#include "platform/platform.h"
#include "rtl_module.h"

namespace blendsim::conformance {
namespace {

constexpr int instructions = 500;

struct Case {
  const char* platform;
  bool resident;
  int longest_occupancy, traffic_gap;
  const char* name;
  std::vector<std::string> sets = {};  // changes to the platform
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.platform << ", " << c.name; }

MachineParameters machine_of(const Case& c) {
  const std::string name = c.platform;
  const std::string path = name == "zu3eg" ? name : BLENDSIM_SOURCE "/test/conformance/platforms/" + name + ".yaml";
  return load_platform(path, c.sets, {BLENDSIM_CONFIGS}).machine;
}

// Any bits in any field: the dispatcher looks at the header alone. Half of the instructions take one word.
Instruction random_instruction(std::mt19937_64& random) {
  Instruction instruction = Encoding<Units>::defaults()[random() % unit_count];
  std::visit(
      [&](auto& i) {
        const bool one_word = random() % 2 != 0;
        for_each_slot<Units>(i, [&](std::string_view, std::uint32_t& value, auto slot) {
          const bool within = !one_word || slot.place + slot.bits <= word_bits;
          value = within ? slot.unpack(static_cast<std::uint32_t>(random()) & slot.pack(slot.legal)) : 0;
        });
        i.sync.wait_data = i.sync.wait_space = i.sync.post_data = i.sync.post_space = 0;
        i.sync.fence = random() % 8 == 0;
      },
      instruction);
  return instruction;
}

DispatchCase random_case(const Case& c, const MachineParameters& machine, std::mt19937_64& random) {
  DispatchCase out;
  out.resident = c.resident;
  out.longest_occupancy = c.longest_occupancy;
  out.traffic_gap = c.traffic_gap;
  out.address = 4096 * (1 + random() % 8) + 16 * (random() % 256);
  const BufferParameters& buffer = machine.buffer(BufferId::instructions);
  const auto room = static_cast<std::size_t>(buffer.regions * buffer.depth);
  std::size_t words = 1;  // END
  while (static_cast<int>(out.stream.size()) < instructions) {
    Instruction i = random_instruction(random);
    words += static_cast<std::size_t>(encoded_words(i));
    if (c.resident && words > room) break;
    out.stream.push_back(std::move(i));
  }
  out.images = 1 + instructions / static_cast<int>(out.stream.size());
  return out;
}

// Replays a port's bursts: a request stands from the cycle after it was sent until it is taken.
struct Replay {
  const std::vector<TrafficBurst>& bursts;
  std::size_t next = 0;
  bool standing = false;
  std::int64_t beats = 0;  // on W

  void before(Cycles cycle) {
    if (!standing && next < bursts.size() && bursts[next].request + 1 == cycle) {
      standing = true;
      beats += bursts[next].beats;
    }
  }
  void after(bool ready) {
    if (!standing || !ready) return;
    standing = false;
    ++next;
  }
};

class Bench {
 public:
  Bench(const MachineParameters& machine, const DispatchCase& c, const DispatchRun& run)
      : machine_(machine),
        case_(c),
        run_(run),
        module_({"bench_dispatcher", verilog_package(machine, "conformance"), {}, RtlSource::Use::compare}),
        dram_(machine),
        loads_{run.loads},
        stores_{run.stores} {
    for (const Instruction& i : c.stream) encode(i, words_);
    encode_end(words_);
  }

  void run() {
    prepare();
    for (now_ = 0; now_ < run_.cycles && !testing::Test::HasFatalFailure(); ++now_) cycle();
    EXPECT_EQ(entered_, run_.records.size());
  }

 private:
  Port port(const char* name) const { return module_.port(name); }
  void set(const char* name, std::uint64_t value) { port(name).set(value); }

  void write_register(std::uint64_t address, std::uint64_t value) {
    set("register_write", 1);
    set("register_address", address);
    set("register_write_data", value);
    module_.settle();
    module_.edge();
    set("register_write", 0);
  }

  void prepare() {
    for (const Port& p : module_.ports()) Port(p).set(0);
    set("reset", 1);
    module_.settle();
    module_.edge();
    module_.edge();
    set("reset", 0);
    write_register(0x08, words_.size());
    write_register(0x0c, case_.resident ? 1 : 0);
    write_register(0x10, case_.address);
    write_register(0x14, 0);
    dram_.bytes.resize(case_.address + words_.size() * 16);
    for (std::size_t w = 0; w < words_.size(); ++w) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(&words_[w]);
      if (case_.resident) {
        set("preload_write", 1);
        set("preload_address", w);
        port("preload_data").set_bytes(bytes, 16);
        module_.settle();
        module_.edge();
        set("preload_write", 0);
      } else {
        std::copy_n(bytes, 16, dram_.bytes.begin() + static_cast<std::ptrdiff_t>(case_.address + w * 16));
      }
    }
  }

  void cycle() {
    drive_memory();
    set("register_write", doorbell_ < run_.doorbells.size() && run_.doorbells[doorbell_] == now_);
    set("register_address", port("register_write").get() != 0 ? 0x00 : 0x04);
    set("register_write_data", 1);
    doorbell_ += port("register_write").get();
    std::uint64_t full = 0, done = 0;
    for (std::size_t u = 0; u < unit_count; ++u)
      full |= std::uint64_t{waiting_[u] == machine_.dispatcher.queue_depth} << u;
    for (std::size_t r = 0; r < entered_; ++r)
      done |= std::uint64_t{run_.records[r].end == now_} << static_cast<int>(run_.records[r].unit);
    set("full", full);
    set("done", done);
    module_.settle();
    observe_memory();
    compare();
    for (std::size_t r = 0; r < entered_; ++r) {
      if (run_.records[r].start == now_) --waiting_[static_cast<std::size_t>(run_.records[r].unit)];
    }
    module_.edge();
    ASSERT_EQ(module_.take_errors(), "") << "cycle " << now_;
    ASSERT_EQ(dram_.error(), "");
  }

  void compare() {
    const std::uint64_t enter = port("enter").get();
    const bool due = entered_ < run_.records.size() && run_.records[entered_].visible - 1 == now_;
    ASSERT_EQ(enter != 0, due) << "cycle " << now_ << ": entry " << entered_ << " is visible in "
                               << (entered_ < run_.records.size() ? run_.records[entered_].visible : -1);
    if (due) {
      const InstructionRecord& record = run_.records[entered_];
      std::vector<Word> expected;
      encode(case_.stream[static_cast<std::size_t>(record.instruction)], expected);
      expected.resize(2);
      ASSERT_EQ(enter, std::uint64_t{1} << static_cast<int>(record.unit)) << "cycle " << now_;
      ASSERT_TRUE(std::equal(reinterpret_cast<const std::uint8_t*>(expected.data()),
                             reinterpret_cast<const std::uint8_t*>(expected.data()) + 32, port("entry").bytes(0)))
          << "cycle " << now_ << ": entry " << entered_;
      ++waiting_[static_cast<std::size_t>(record.unit)];
      ++entered_;
    }
    // The flag goes from 0 to 1 in the completion's cycle and back with the next doorbell.
    const bool complete =
        doorbell_ > 0 && run_.completions[doorbell_ - 1] <= now_ && run_.doorbells[doorbell_ - 1] < now_;
    const bool before = doorbell_ > 1 && run_.doorbells[doorbell_ - 1] == now_;  // still of the run before
    ASSERT_EQ(port("complete").get() != 0, complete || before) << "cycle " << now_;
  }

  void drive_memory() {
    dram_.drive(now_);
    set("arready", dram_.fetch.arready);
    set("rvalid", dram_.fetch.rvalid);
    set("rlast", dram_.fetch.rlast);
    port("rdata").set_bytes(dram_.fetch.rdata.data(), dram_.fetch.rdata.size());
    loads_.before(now_);
    stores_.before(now_);
  }

  void observe_memory() {
    dram_.fetch.arvalid = port("arvalid").get() != 0;
    dram_.fetch.araddr = port("araddr").get();
    dram_.fetch.arlen = static_cast<std::uint32_t>(port("arlen").get());
    const auto bus = static_cast<std::size_t>(machine_.memory.bus_bytes());
    dram_.load.arvalid = loads_.standing;
    if (loads_.standing) request(loads_, dram_.load.araddr, dram_.load.arlen);
    dram_.store.awvalid = stores_.standing;
    if (stores_.standing) request(stores_, dram_.store.awaddr, dram_.store.awlen);
    dram_.store.wvalid = stores_.beats > 0;
    dram_.store.wstrb.assign(bus, false);
    dram_.store.wdata.assign(bus, 0);
    dram_.store.wlast = last_write_beat();
    if (stores_.beats > 0) --stores_.beats;
    const bool load_ready = dram_.load.arready, store_ready = dram_.store.awready;
    dram_.observe(now_);
    loads_.after(load_ready);
    stores_.after(store_ready);
  }

  static void request(const Replay& replay, std::uint64_t& address, std::uint32_t& length) {
    address = replay.bursts[replay.next].address;
    length = static_cast<std::uint32_t>(replay.bursts[replay.next].beats - 1);
  }

  // Beats leave in order, so the beat counts of the bursts tell the last one of each.
  bool last_write_beat() {
    if (stores_.beats == 0) return false;
    ++beats_of_burst_;
    if (beats_of_burst_ < stores_.bursts[write_burst_].beats) return false;
    beats_of_burst_ = 0;
    ++write_burst_;
    return true;
  }

  const MachineParameters& machine_;
  const DispatchCase& case_;
  const DispatchRun& run_;
  RtlModule module_;
  AxiDram dram_;
  Replay loads_, stores_;
  std::vector<Word> words_;
  std::size_t write_burst_ = 0;
  std::int64_t beats_of_burst_ = 0;
  Cycles now_ = 0;
  std::size_t entered_ = 0, doorbell_ = 0;
  std::array<std::int64_t, unit_count> waiting_{};
};

class DispatcherConformance : public testing::TestWithParam<Case> {};

TEST_P(DispatcherConformance, EveryEntryAndCompletionComesInTheModelsCycle) {
  if (!RtlModule::available()) GTEST_SKIP() << "verilator is not installed";
  const MachineParameters machine = machine_of(GetParam());
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    std::mt19937_64 random(seed);
    const DispatchCase c = random_case(GetParam(), machine, random);
    const DispatchRun run = DispatchModel::instance().run(machine, c, random);
    ASSERT_GE(run.records.size(), std::size_t{instructions});
    SCOPED_TRACE("seed " + std::to_string(seed));
    Bench(machine, c, run).run();
    if (HasFatalFailure()) return;
  }
}

const std::array cases = {
    Case{"zu3eg", true, 1, 0, "resident_units_always_free"},
    Case{"zu3eg", true, 12, 0, "resident_queues_fill"},
    Case{"zu3eg", false, 2, 0, "fetched_memory_alone"},
    Case{"zu3eg", false, 14, 30, "fetched_beside_traffic"},
    Case{"tiny", true, 1, 0, "resident_units_always_free"},
    Case{"tiny", true, 12, 0, "resident_queues_fill"},
    Case{"tiny", false, 2, 0, "fetched_memory_alone"},
    Case{"tiny", false, 14, 100, "fetched_beside_traffic"},
    Case{"wide", true, 1, 0, "resident_units_always_free"},
    Case{"wide", true, 12, 0, "resident_queues_fill"},
    Case{"wide", false, 2, 0, "fetched_memory_alone"},
    Case{"wide", false, 14, 10, "fetched_beside_traffic"},
    Case{"odd", true, 1, 0, "resident_units_always_free"},
    Case{"odd", true, 12, 0, "resident_queues_fill"},
    Case{"odd", false, 2, 0, "fetched_memory_alone"},
    Case{"odd", false, 14, 5, "fetched_beside_traffic"},
    // The least doorbell that platforms may have, and memories that come late.
    Case{"zu3eg", true, 1, 0, "resident_at_the_least_doorbell", {"control.doorbell=5 cycles"}},
    Case{"zu3eg",
         false,
         5,
         8,
         "fetched_from_a_contended_memory",
         {"control.doorbell=5 cycles", "memory.taken_by_cpu=60 %", "memory.sync=8 cycles",
          "dispatcher.prefetch=16 words"}},
    Case{"wide", false, 3, 20, "fetched_by_bursts_of_one_word", {"load.burst=1 beats", "dispatcher.decode=7 cycles"}},
    Case{"tiny", false, 9, 40, "fetched_by_bursts_shorter_than_a_word", {"load.burst=2 beats"}},
};
INSTANTIATE_TEST_SUITE_P(Platforms, DispatcherConformance, testing::ValuesIn(cases), [](const auto& tested) {
  return std::string(tested.param.platform) + "_" + tested.param.name;
});

}  // namespace
}  // namespace blendsim::conformance
