// SPDX-License-Identifier: Apache-2.0
#include "unit_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "isa/fields.h"
#include "isa/interpret.h"
#include "rtl_unit.h"
#include "unit_model.h"

namespace blendsim::conformance {
namespace {

constexpr Cycles settle = 4;  // cycles after the last end in which nothing may happen and the accounts settle

bool percent(std::mt19937_64& random, int chance) { return static_cast<int>(random() % 100) < chance; }

// Of those to units that the machine has.
std::uint32_t random_links(std::mt19937_64& random, const MachineParameters& machine, UnitId unit, int chance) {
  std::uint32_t mask = 0;
  for (const UnitId other : all_units) {
    if (has_unit(other, machine) && (links(unit) >> index(other) & 1) != 0 && percent(random, chance))
      mask |= 1U << index(other);
  }
  return mask;
}

// Waits, posts and fences; a fence also where an instruction reads what one before it wrote.
void synchronise(std::vector<Instruction>& stream, const MachineParameters& machine, UnitId unit,
                 const Profile& profile, std::mt19937_64& random) {
  std::vector<Access> written;  // since the last fence
  for (Instruction& instruction : stream) {
    Synchronisation& sync = sync_of(instruction);
    sync.wait_data = random_links(random, machine, unit, profile.wait_percent);
    sync.wait_space = random_links(random, machine, unit, profile.wait_percent);
    sync.post_data = random_links(random, machine, unit, 20);
    sync.post_space = random_links(random, machine, unit, 20);
    sync.layer = static_cast<std::uint32_t>(random() % 1024);
    const std::vector<Access> touched = accesses(instruction, machine);
    const bool reads_written = std::any_of(touched.begin(), touched.end(), [&](const Access& read) {
      return !read.write &&
             std::any_of(written.begin(), written.end(), [&](const Access& write) { return overlap(read, write); });
    });
    sync.fence = reads_written || percent(random, profile.fence_percent) ? 1 : 0;
    if (sync.fence != 0) written.clear();
    std::copy_if(touched.begin(), touched.end(), std::back_inserter(written), [](const Access& a) { return a.write; });
  }
}

// What a stream reads, and so what its bench holds.
std::set<BufferId> buffers_read(const std::vector<Instruction>& stream, const MachineParameters& machine) {
  std::set<BufferId> buffers;
  for (const Instruction& instruction : stream) {
    for (const Access& access : accesses(instruction, machine)) {
      if (!access.write) buffers.insert(access.buffer);
    }
  }
  return buffers;
}

void preload(RtlUnit& rtl, const MachineParameters& machine, const std::vector<Instruction>& stream,
             const Buffers& buffers) {
  for (const BufferId id : buffers_read(stream, machine)) {
    const auto words = static_cast<std::uint32_t>(machine.buffer(id).regions * machine.buffer(id).depth);
    for (std::uint32_t word = 0; word < words; ++word) rtl.preload(id, word, buffer_word(buffers, id, word));
  }
}

std::array<std::uint32_t, entry_words> entry_bits(const Instruction& instruction) {
  std::vector<Word> words;
  encode(instruction, words);
  words.resize(entry_words / 4);
  std::array<std::uint32_t, entry_words> bits{};
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (std::size_t half = 0; half < 2; ++half) {
      bits[4 * w + half] = static_cast<std::uint32_t>(words[w].low >> 32 * half);
      bits[4 * w + 2 + half] = static_cast<std::uint32_t>(words[w].high >> 32 * half);
    }
  }
  return bits;
}

struct ExpectedWrite {
  WordWrite write;
  std::size_t instruction = 0;
};

std::string text(const WordWrite& write) {
  std::string data;
  for (auto piece = write.data.rbegin(); piece != write.data.rend(); ++piece)
    data += fmt::format("{}{:08x}", data.empty() ? "" : "_", *piece);
  return fmt::format("{}[{}] = {}", place_names[static_cast<std::size_t>(write.place)], write.address, data);
}

auto order(const WordWrite& w) { return std::tie(w.cycle, w.place, w.address); }

// A writer's rows are compared, not the lanes above them.
bool same(const WordWrite& expected, const WordWrite& given) {
  if (expected.place != given.place || expected.address != given.address || expected.data.size() > given.data.size())
    return false;
  if (expected.place != Place::accumulators && expected.data.size() != given.data.size()) return false;
  return std::equal(expected.data.begin(), expected.data.end(), given.data.begin());
}

// The model's side of a case: what should happen in which cycle.
class Expectation {
 public:
  Expectation(const UnitStream& stream, const MachineParameters& machine, const std::vector<Instruction>& program,
              const ModelRun& run, Buffers& buffers, DramBytes& dram)
      : run_(run) {
    const DramAreas areas{dram.area[0], dram.area[1], dram.area[2]};
    for (std::size_t k = 0; k < program.size(); ++k) {
      execute(program[k], machine, buffers, areas);
      for (WordWrite& write : stream.writes({program[k], run.records[k], run.bursts[k]}, machine, buffers))
        writes_.push_back({std::move(write), k});
    }
    std::stable_sort(writes_.begin(), writes_.end(),
                     [](const ExpectedWrite& a, const ExpectedWrite& b) { return order(a.write) < order(b.write); });
  }

  [[nodiscard]] std::span<const ExpectedWrite> writes_in(Cycles cycle) {
    while (next_ < writes_.size() && writes_[next_].write.cycle < cycle) ++next_;
    std::size_t end = next_;
    while (end < writes_.size() && writes_[end].write.cycle == cycle) ++end;
    return {writes_.data() + next_, end - next_};
  }

  // Its last events until `cycle`.
  [[nodiscard]] std::string events(Cycles cycle) const {
    std::vector<std::pair<Cycles, std::string>> events;
    for (std::size_t k = 0; k < run_.records.size(); ++k) {
      const InstructionRecord& r = run_.records[k];
      for (const auto& [at, what] : {std::pair{r.visible - 1, "enters"}, std::pair{r.start, "starts"},
                                     std::pair{r.front_free, "frees the front"}, std::pair{r.end, "ends"}}) {
        if (at <= cycle && at + 400 > cycle) events.emplace_back(at, fmt::format("{}: {} {}", at, k, what));
      }
    }
    std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string out;
    for (std::size_t e = events.size() > 12 ? events.size() - 12 : 0; e < events.size(); ++e)
      out += "\n    " + events[e].second;
    return out;
  }

 private:
  const ModelRun& run_;
  std::vector<ExpectedWrite> writes_;
  std::size_t next_ = 0;
};

// Drives the RTL through the stimulus and compares each cycle as it comes.
class Comparison {
 public:
  Comparison(const std::vector<Instruction>& program, const ModelRun& run, Expectation& expected, RtlUnit& rtl,
             AxiMemory* memory, Compared& compared)
      : program_(program), run_(run), expected_(expected), rtl_(rtl), memory_(memory), compared_(compared) {}

  std::optional<std::string> run() {
    rtl_.reset();
    compared_.model_cycles = run_.cycles;
    for (now_ = 0; now_ < run_.cycles + settle; ++now_) {
      const std::string difference = cycle();
      compared_.instructions = ended_;
      if (!difference.empty()) return describe(difference);
    }
    const std::optional<std::string> difference = compare_accounts();
    if (difference) ++compared_.cycle_differences;
    return difference;
  }

 private:
  std::string cycle() {
    RtlInputs inputs;
    if (entered_ < program_.size() && now_ >= run_.offered[entered_] && !rtl_.full()) {
      inputs.enter = true;
      inputs.entry = entry_bits(program_[entered_]);
      note("enters", entered_);
    }
    for (; token_ < run_.tokens.size() && run_.tokens[token_].cycle == now_; ++token_) {
      (run_.tokens[token_].space ? inputs.space_posted : inputs.data_posted) |= 1U << run_.tokens[token_].producer;
    }
    const bool should_enter = entered_ < program_.size() && run_.records[entered_].visible - 1 == now_;
    subject_ = entered_;
    if (inputs.enter != should_enter) {
      ++compared_.cycle_differences;
      return fmt::format("entry {}: the model enters it in cycle {}, rtl {}", entered_,
                         run_.records[entered_].visible - 1, inputs.enter ? "now" : "is full");
    }
    entered_ += inputs.enter ? 1 : 0;
    const RtlCycle& rtl = rtl_.cycle(now_, inputs, memory_);
    if (rtl.overflow) return "a token counter of rtl has overflowed";
    if (rtl.done) compared_.rtl_cycles = now_ + 1;
    std::string difference = compare_writes(rtl.writes);
    if (!difference.empty()) ++compared_.word_differences;
    for (std::string later : {compare_start(rtl), compare_end(rtl)}) {
      if (later.empty()) continue;
      ++compared_.cycle_differences;
      if (difference.empty()) difference = std::move(later);
    }
    return difference;
  }

  std::string compare_start(const RtlCycle& rtl) {
    const bool due = started_ < program_.size() && run_.records[started_].start == now_;
    if (rtl.start) note("starts", started_);
    if (rtl.start != due) {
      subject_ = std::min(started_, program_.size() - 1);
      return fmt::format("start of instruction {}: model {}, rtl {}", started_, run_.records[subject_].start,
                         rtl.start ? "now" : "not now");
    }
    started_ += due ? 1 : 0;
    return {};
  }

  std::string compare_end(const RtlCycle& rtl) {
    const bool due = ended_ < program_.size() && run_.records[ended_].end == now_;
    if (rtl.done) note("ends", ended_);
    if (rtl.done != due) {
      subject_ = std::min(ended_, program_.size() - 1);
      return fmt::format("end of instruction {}: model {}, rtl {}", ended_, run_.records[subject_].end,
                         rtl.done ? "now" : "not now");
    }
    const Synchronisation none, &sync = due ? sync_of(program_[ended_]) : none;
    if (rtl.post_data != sync.post_data || rtl.post_space != sync.post_space) {
      subject_ = std::min(ended_, program_.size() - 1);
      return fmt::format("posts of instruction {}: model data {:06b} space {:06b}, rtl data {:06b} space {:06b}",
                         ended_, sync.post_data, sync.post_space, rtl.post_data, rtl.post_space);
    }
    ended_ += due ? 1 : 0;
    return {};
  }

  std::string compare_writes(std::vector<WordWrite> given) {
    std::sort(given.begin(), given.end(), [](const WordWrite& a, const WordWrite& b) { return order(a) < order(b); });
    const std::span<const ExpectedWrite> expected = expected_.writes_in(now_);
    compared_.words += expected.size();
    for (std::size_t w = 0; w < std::max(given.size(), expected.size()); ++w) {
      if (w < given.size() && w < expected.size() && same(expected[w].write, given[w])) continue;
      subject_ = w < expected.size() ? expected[w].instruction : std::min(ended_, program_.size() - 1);
      return fmt::format(
          "word {} of {} (model) and {} (rtl) written in this cycle, {} cycles after the start of {}, {} words before "
          "it\n  model: {}\n  rtl:   {}",
          w, expected.size(), given.size(), now_ - run_.records[subject_].start, subject_,
          compared_.words - expected.size(), w < expected.size() ? text(expected[w].write) : "none",
          w < given.size() ? text(given[w]) : "none");
    }
    return {};
  }

  std::optional<std::string> compare_accounts() const {
    UnitCycles rtl = rtl_.account();
    rtl.idle = run_.cycles - rtl.total();
    const UnitCycles& model = run_.account;
    if (rtl == model) return std::nullopt;
    std::string out = fmt::format("accounts of {} cycles", run_.cycles);
    for (const auto& [name, member] :
         {std::pair{"busy", &UnitCycles::busy}, std::pair{"stall_dependency", &UnitCycles::stall_dependency},
          std::pair{"stall_memory", &UnitCycles::stall_memory},
          std::pair{"stall_downstream", &UnitCycles::stall_downstream},
          std::pair{"stall_fence", &UnitCycles::stall_fence}, std::pair{"stall_dispatch", &UnitCycles::stall_dispatch},
          std::pair{"idle", &UnitCycles::idle}}) {
      out += fmt::format("\n  {:<17} model {:>8} rtl {:>8}", name, model.*member, rtl.*member);
    }
    return out;
  }

  void note(const char* what, std::size_t k) { events_.push_back(fmt::format("{}: {} {}", now_, k, what)); }

  [[nodiscard]] std::string describe(const std::string& difference) const {
    std::string out = fmt::format("cycle {}: {}", now_, difference);
    const std::size_t k = std::min(subject_, program_.size() - 1);
    out += fmt::format("\n  instruction {}: {}\n  model's last events:{}\n  rtl's last events:", k,
                       disassemble(program_[k]), expected_.events(now_));
    for (std::size_t e = events_.size() > 12 ? events_.size() - 12 : 0; e < events_.size(); ++e)
      out += "\n    " + events_[e];
    return out;
  }

  const std::vector<Instruction>& program_;
  const ModelRun& run_;
  Expectation& expected_;
  RtlUnit& rtl_;
  AxiMemory* memory_;
  Compared& compared_;
  Cycles now_ = 0;
  std::size_t entered_ = 0, token_ = 0, started_ = 0, ended_ = 0;
  std::size_t subject_ = 0;  // the instruction that a difference is about
  std::vector<std::string> events_;
};

}  // namespace

std::string run_unit_case(const UnitStream& stream, std::string_view platform, const MachineParameters& machine,
                          const Profile& profile, std::uint64_t seed, int count, Compared& compared) {
  const std::unique_ptr<RtlUnit> rtl = make_rtl_unit(name(stream.unit), platform, machine);
  if (rtl == nullptr) return "no such bench was built";
  std::mt19937_64 random(seed);
  std::vector<Instruction> program = stream.random(machine, random, count);
  synchronise(program, machine, stream.unit, profile, random);
  Buffers buffers;
  buffers.configure(machine, false);
  stream.fill(machine, program, random, buffers);
  DramBytes dram;
  for (std::vector<std::uint8_t>& area : dram.area) {
    area.resize(dram_area_bytes);
    std::generate(area.begin(), area.end(), [&] { return static_cast<std::uint8_t>(random()); });
  }
  DramBytes rtl_dram = dram;
  preload(*rtl, machine, program, buffers);
  const ModelRun run = UnitModel::instance().run(machine, stream.unit, program, profile, random);
  Expectation expected(stream, machine, program, run, buffers, dram);
  const std::unique_ptr<AxiMemory> memory = stream.memory ? stream.memory(machine, rtl_dram) : nullptr;
  Comparison comparison(program, run, expected, *rtl, memory.get(), compared);
  if (const std::optional<std::string> difference = comparison.run()) {
    return fmt::format("{} on {}, {}, seed {}: {}", name(stream.unit), platform, profile.name, seed, *difference);
  }
  for (std::size_t area = 0; area < dram.area.size(); ++area) {
    const auto [model, given] =
        std::mismatch(dram.area[area].begin(), dram.area[area].end(), rtl_dram.area[area].begin());
    if (model == dram.area[area].end()) continue;
    ++compared.word_differences;
    return fmt::format("{} on {}, {}, seed {}: byte {} of DRAM area {}: model {:#x}, rtl {:#x}", name(stream.unit),
                       platform, profile.name, seed, model - dram.area[area].begin(), area, *model, *given);
  }
  return {};
}

}  // namespace blendsim::conformance
