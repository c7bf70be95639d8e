// SPDX-License-Identifier: Apache-2.0
// Another memory behind the interconnect. A program of its own: a process elaborates one machine.
#include <gtest/gtest.h>

#include <tlm_utils/simple_target_socket.h>

#include "base/diagnostic.h"
#include "models/burst.h"
#include "models/memory_model.h"
#include "test/model/program_builder.h"

namespace blendsim::test {
namespace {

constexpr Cycles latency = 37;

// Grants every request in the next cycle; its last data are there `latency` cycles after the request is complete.
class FixedMemory : public sc_core::sc_module, public MemoryModel {
 public:
  FixedMemory(const sc_core::sc_module_name& name, Context& context)
      : sc_module(name), target("target"), context_(context) {
    target.register_nb_transport_fw(this, &FixedMemory::transport);
    SC_HAS_PROCESS(FixedMemory);
    SC_METHOD(answer);
    sensitive << answer_event_;
    dont_initialize();
  }

  tlm_utils::simple_target_socket<FixedMemory> target;

  tlm::tlm_target_socket<>& socket() override { return target; }
  void reset() override {
    waiting_.clear();
    counts_ = {};
  }
  MemoryCounts counts(Cycles) override { return counts_; }
  std::int64_t activates() const override { return 0; }

 private:
  tlm::tlm_sync_enum transport(tlm::tlm_generic_payload& payload, tlm::tlm_phase&, sc_core::sc_time&) {
    waiting_.push_back(&payload);
    context_.notify(answer_event_, context_.now() + 1);
    return tlm::TLM_ACCEPTED;
  }
  void answer() {
    std::vector<tlm::tlm_generic_payload*> waiting;
    waiting.swap(waiting_);
    for (tlm::tlm_generic_payload* payload : waiting) {
      BurstExtension& burst = burst_of(*payload);
      const Cycles now = context_.now();
      burst.grant = now;
      ++counts_.bursts;
      (payload->is_write() ? counts_.write_bytes : counts_.read_bytes) += payload->get_data_length();
      payload->set_response_status(tlm::TLM_OK_RESPONSE);
      payload->acquire();
      send(*payload, tlm::END_REQ, 0);
      send(*payload, tlm::BEGIN_RESP, burst.complete + latency - now);
      payload->release();
    }
  }
  void send(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase, Cycles in) {
    sc_core::sc_time delay = sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(in));
    (void)target->nb_transport_bw(payload, phase, delay);
  }

  Context& context_;
  sc_core::sc_event answer_event_;
  std::vector<tlm::tlm_generic_payload*> waiting_;
  MemoryCounts counts_;
};

Machine& machine() {
  static Machine& made =
      Machine::instance([](Context& context) { return std::make_unique<FixedMemory>("fixed_memory", context); });
  return made;
}

Run time_of(const std::vector<Step>& steps, std::size_t images = 1) {
  RunOptions timing;
  timing.values = false;
  const std::vector<std::vector<std::int32_t>> none(images);
  return machine().run(simple_machine(), make_program(steps), none, timing);
}

TEST(FixedMemory, ABurstTakesItsLatencyTheInterconnectAndItsBeats) {
  const MachineParameters m = simple_machine();
  const auto run = time_of({load(0, 128), store(0, 64)});
  // A read of 8 beats: all data are there after the latency and cross the port one beat a cycle.
  EXPECT_EQ(run.records[0].end, run.records[0].start + latency + m.memory.read_latency + 8 - 1);
  EXPECT_EQ(run.memory.read_bytes, 128);
  EXPECT_EQ(run.memory.write_bytes, 64);
  EXPECT_EQ(run.memory.bursts, 2);
}

TEST(FixedMemory, RunsAgainAndAgainAlike) {
  const std::vector<Step> steps{load(0, 4096).post(UnitId::xnor_array), xnor(20).wait(UnitId::load).post(UnitId::store),
                                store(0, 512).wait(UnitId::xnor_array)};
  const auto first = time_of(steps, 3), again = time_of(steps, 3);
  EXPECT_EQ(first.records, again.records);
  EXPECT_EQ(first.completions[1] - first.completions[0], first.completions[2] - first.completions[1])
      << "a memory without state serves each image alike";
}

TEST(FixedMemory, IsChosenOnceAProcess) {
  (void)machine();
  EXPECT_THROW(
      (void)Machine::instance([](Context& context) { return std::make_unique<FixedMemory>("other", context); }),
      InvariantError);
}

}  // namespace
}  // namespace blendsim::test
