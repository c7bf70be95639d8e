// SPDX-License-Identifier: Apache-2.0
// What happens in a run, told as it happens. Accounts, traces, reports and debuggers are consumers of this one stream,
// so none of them computes a wait or an order a second time (docs/events.md).
//
// Times are accelerator cycles of the phase: init has its own from 0, then main from 0 on, image after image. Events
// come in order of the cycle that each one's comment names; in a cycle, in the order in which the machine learnt them.
// Record indices count the phase's instructions in program order, image after image.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "result/run.h"
#include "result/upset.h"

namespace blendsim {

enum class Phase : std::uint8_t { init, main };
enum class TokenKind : std::uint8_t { data, space };
// Ports of the interconnect, in the order in which ties are broken (rule 8).
enum class MemoryPort : std::uint8_t { fetch, store, load };
inline constexpr int memory_port_count = 3;

struct PhaseEvent {
  enum class Kind : std::uint8_t { begin, doorbell, completion, end };
  Kind kind = Kind::begin;
  Phase phase = Phase::main;
  std::int32_t image = 0;   // of doorbell, completion
  std::int32_t images = 1;  // of begin: how many there will be
  Cycles at = 0;            // the order's cycle
};

// An instruction left the dispatcher for its unit's queue.
struct DispatchEvent {
  std::int32_t record = 0;
  Cycles available = 0;       // its last word could be read: on chip, or fetched
  Cycles read = 0;            // and was
  Cycles written = 0;         // and entered the queue: the order's cycle; visible there one cycle later
  Cycles held = 0;            // of these, for a slot of the queue
  std::int32_t held_by = -1;  // record whose start freed it
};

// A stretch of a unit's time, of one cause: the stretches of a unit follow each other without a gap from 0 to the
// phase's end, and add up to its account (rule 9).
struct IntervalEvent {
  UnitId unit = UnitId::load;
  Activity activity = Activity::idle;
  std::int32_t record = -1;      // that was busy or that waited; -1: idle at the phase's end
  std::int32_t waited_for = -1;  // record that posted the token, ran before (fence) or freed the slot (dispatch)
  Cycles from = 0, to = 0;       // [from, to); the order's cycle is that of the start that ended a wait, or `to`
};

// `taken` is the order's cycle.
struct TokenEvent {
  TokenKind kind = TokenKind::data;
  UnitId producer = UnitId::load, consumer = UnitId::load;
  std::int32_t posted_by = -1, taken_by = -1;  // records
  Cycles posted = 0, visible = 0, taken = 0;
};

// The order's cycle is `last_beat`.
struct BurstEvent {
  std::int32_t record = -1;  // of the instruction; -1: instruction fetch
  MemoryPort port = MemoryPort::fetch;
  bool write = false;
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  Cycles request = 0, grant = 0;
  Cycles first_beat = 0, last_beat = 0;  // of a write: its data leave; the response arrives
  bool row_hit = false;
  std::int32_t channel = 0, bank = -1;  // bank -1: the memory does not tell
  std::int32_t refreshes = 0;           // that it met and waited for
};

// A bank of the memory opens a row, or a refresh closes all of a channel. A bank holds its row until one of the two.
// The order's cycle is `at`, or that of the decision that found a refresh due if that is later.
struct RowEvent {
  std::int32_t channel = 0;
  std::int32_t bank = -1;  // -1: every bank of the channel
  std::int32_t row = -1;   // -1: closed
  Cycles at = 0;           // first cycle in which the command has been given
};

// A record's start, its front's end, its end: the order's cycle.
struct StartEvent {
  std::int32_t record = 0;
  Cycles at = 0;
};
struct FrontFreeEvent {
  std::int32_t record = 0;
  Cycles at = 0;
};
struct EndEvent {
  std::int32_t record = 0;
  Cycles at = 0;
};

using Event = std::variant<PhaseEvent, DispatchEvent, IntervalEvent, TokenEvent, StartEvent, FrontFreeEvent, EndEvent,
                           BurstEvent, RowEvent>;

// The order's cycle of an event.
[[nodiscard]] Cycles order_cycle(const Event& event);

struct DramAreas;
class Buffers;

// An instruction executed: its words are in the buffers (or the output area) now. Not delayed into order.
struct ExecuteEvent {
  std::int32_t record = 0;
  Cycles at = 0;  // its start
  const Buffers& buffers;
  const DramAreas& areas;
};

// A bit is about to flip: the buffers and the areas are as they were. Not delayed into order.
struct UpsetEvent {
  Upset upset;
  Cycles at = 0;  // the start that follows it
  const Buffers& buffers;
  const DramAreas& areas;
};

class EventConsumer {
 public:
  virtual ~EventConsumer() = default;
  // `record(i)` of an event's record: what is known of it by then; all of it with its end.
  virtual void on_phase(const PhaseEvent&) {}
  virtual void on_dispatch(const DispatchEvent&, const InstructionRecord&) {}
  virtual void on_interval(const IntervalEvent&) {}
  virtual void on_token(const TokenEvent&) {}
  virtual void on_start(std::int32_t /*record*/, const InstructionRecord&) {}
  virtual void on_front_free(std::int32_t /*record*/, const InstructionRecord&) {}
  virtual void on_end(std::int32_t /*record*/, const InstructionRecord&) {}
  virtual void on_burst(const BurstEvent&) {}
  virtual void on_row(const RowEvent&) {}
  virtual void on_execute(const ExecuteEvent&, const InstructionRecord&) {}  // runs with values only
  virtual void on_upset(const UpsetEvent&) {}
};

}  // namespace blendsim
