// SPDX-License-Identifier: Apache-2.0
#include "cause/diff_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "cause/why_text.h"
#include "report/format_text.h"

namespace blendsim {

namespace {

std::string stamp_name(const DiffSide& side, std::size_t place) {
  if (side.run != nullptr) return side.run->name_of(static_cast<std::int32_t>(place));
  const Stamp& stamp = (*side.stamps)[place];
  return fmt::format("#{}{} {}", stamp.instruction, stamp.image == 0 ? "" : fmt::format("@{}", stamp.image),
                     name(stamp.unit));
}

// What a start is the latest of, both runs side by side; the latest is marked.
std::string terms_text(const DiffSide& a, const DiffSide& b, const Divergence& first) {
  const auto terms_of = [](const DiffSide& side, std::size_t place) {
    return side.run == nullptr ? std::vector<StartTerm>{} : start_terms(*side.run, static_cast<std::int32_t>(place));
  };
  const std::vector<StartTerm> of_a = terms_of(a, first.a), of_b = terms_of(b, first.b);
  if (of_a.empty() && of_b.empty()) return {};
  const auto latest = [](const std::vector<StartTerm>& terms) {
    Cycles at = -1;
    for (const StartTerm& term : terms) at = std::max(at, term.at);
    return at;
  };
  const auto cell = [&](const std::vector<StartTerm>& terms, const std::string& what) {
    const auto at = std::find_if(terms.begin(), terms.end(), [&](const StartTerm& t) { return t.what == what; });
    if (at == terms.end()) return std::string();
    return grouped(at->at) + (at->at == latest(terms) ? " *" : "  ");
  };
  std::vector<std::string> names;
  for (const std::vector<StartTerm>* terms : {&of_a, &of_b}) {
    for (const StartTerm& term : *terms) {
      if (std::find(names.begin(), names.end(), term.what) == names.end()) names.push_back(term.what);
    }
  }
  TextTable table({{"it starts with the latest of", true}, {a.run ? a.name : ""}, {b.run ? b.name : ""}});
  for (const std::string& what : names) table.row({what, cell(of_a, what), cell(of_b, what)});
  return table.text();
}

// The bursts of a load or store, of which the first that differs is told.
std::string bursts_text(const RecordedRun& a, std::int32_t in_a, const RecordedRun& b, std::int32_t in_b) {
  const auto bursts_of = [](const RecordedRun& run, std::int32_t record) {
    std::vector<BurstEvent> bursts;
    for (const BurstEvent& burst : run.run().bursts) {
      if (burst.record == record) bursts.push_back(burst);
    }
    std::sort(bursts.begin(), bursts.end(),
              [](const BurstEvent& x, const BurstEvent& y) { return x.request < y.request; });
    return bursts;
  };
  const auto text = [](const BurstEvent& burst) {
    return fmt::format("request {}, grant {}, last beat {}, row {}{}", grouped(burst.request), grouped(burst.grant),
                       grouped(burst.last_beat), burst.row_hit ? "hit" : "miss",
                       burst.refreshes > 0 ? ", a refresh met" : "");
  };
  const std::vector<BurstEvent> of_a = bursts_of(a, in_a), of_b = bursts_of(b, in_b);
  for (std::size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
    const BurstEvent &x = of_a[i], &y = of_b[i];
    if (x.request == y.request && x.grant == y.grant && x.last_beat == y.last_beat) continue;
    return fmt::format("  its burst {} of {}\n    A  {}\n    B  {}\n", i + 1, of_a.size(), text(x), text(y));
  }
  return {};
}

std::string duration_text(const DiffSide& a, const DiffSide& b, const Divergence& first, Cycles shift) {
  const Stamp &x = (*a.stamps)[first.a], &y = (*b.stamps)[first.b];
  std::string text = fmt::format("  both start in {}; it takes {} cycles in {}, {} in {}\n", grouped(x.start),
                                 grouped(x.end - x.start + 1), a.name, grouped(y.end - y.start + 1), b.name);
  if (a.run == nullptr || b.run == nullptr) return text;
  (void)shift;
  if (is_memory_unit(x.unit))
    return text + bursts_text(*a.run, static_cast<std::int32_t>(first.a), *b.run, static_cast<std::int32_t>(first.b));
  return text;
}

std::string chain_of_side(const DiffSide& side, std::size_t place) {
  if (side.run == nullptr) return {};
  const auto record = static_cast<std::int32_t>(place);
  // Back to where its unit had nothing else to do.
  Cycles since = 0;
  for (std::int32_t at = record - 1; at >= 0; --at) {
    if (side.run->record(at).unit != side.run->record(record).unit) continue;
    since = side.run->record(at).start;
    break;
  }
  const std::string chain = chain_text(*side.run, chain_to_start(*side.run, record, since), 4);
  return chain.empty()
             ? chain
             : fmt::format("  {} starts in {}\n{}", side.name, grouped(side.run->record(record).start), chain);
}

std::string first_text(const DiffSide& a, const DiffSide& b, const Divergence& first, Cycles shift) {
  const Stamp& x = (*a.stamps)[first.a];
  Stamp y = (*b.stamps)[first.b];
  y.start += shift;
  y.end += shift;
  const DiffSide& known = a.run != nullptr ? a : b;
  const std::size_t place = a.run != nullptr ? first.a : first.b;
  std::string text;
  switch (first.what) {
    case Divergence::What::unit:
      return fmt::format("first difference  instruction {} is of {} in {}, of {} in {}\n", x.instruction, name(x.unit),
                         a.name, name(y.unit), b.name);
    case Divergence::What::start:
      text = fmt::format("first difference  cycle {}: {} starts in {} in {}, in {} in {}\n", grouped(first.at),
                         stamp_name(known, place), grouped(x.start), a.name, grouped(y.start), b.name);
      break;
    case Divergence::What::end:
      text = fmt::format("first difference  cycle {}: {} ends in {} in {}, in {} in {}\n", grouped(first.at),
                         stamp_name(known, place), grouped(x.end), a.name, grouped(y.end), b.name);
      break;
  }
  if (known.run != nullptr)
    text += fmt::format("  it is    {}\n", disassemble(known.run->instruction(static_cast<std::int32_t>(place))));
  if (first.what == Divergence::What::end) return text + duration_text(a, b, first, shift);
  return text + '\n' + terms_text(a, b, first) + '\n' + chain_of_side(a, first.a) + chain_of_side(b, first.b);
}

std::string alone_text(const DiffSide& side, std::int64_t count, std::size_t first) {
  if (count == 0) return {};
  return fmt::format("{} instruction{} in {} alone, the first {}\n", grouped(count), count == 1 ? " is" : "s are",
                     side.name, stamp_name(side, first));
}

}  // namespace

std::string times_text(const DiffSide& a, const DiffSide& b, const StampComparison& comparison, Cycles shift) {
  std::string text;
  if (comparison.first) text = first_text(a, b, *comparison.first, shift);
  text += fmt::format("of {} instruction{} in both, {} {} or {} in another cycle\n", grouped(comparison.compared),
                      comparison.compared == 1 ? "" : "s", grouped(comparison.differing),
                      comparison.differing == 1 ? "starts" : "start", comparison.differing == 1 ? "ends" : "end");
  return text + alone_text(a, comparison.only_a, comparison.first_only_a) +
         alone_text(b, comparison.only_b, comparison.first_only_b);
}

std::string word_text(const Program& program, const WrittenRecord& record, const BitDifference& bit) {
  const bool init = record.phase == Phase::init;
  const std::vector<Instruction> stream = decode(init ? program.init : program.main);
  const auto index = static_cast<std::size_t>(record.record) % stream.size();
  const auto image = static_cast<std::size_t>(record.record) / stream.size();
  const Instruction& instruction = stream[index];
  return fmt::format(
      "first difference  {} bit {} is {} in A, {} in B\n  written by {} #{}{} {} ({}), which starts in cycle {} of {}; "
      "it wrote {} word{} otherwise\n  it is    {}\n",
      bit.place.text(), bit.bit, bit.a ? 1 : 0, bit.b ? 1 : 0, init ? "init" : "main", index,
      image == 0 ? "" : fmt::format("@{}", image), name(unit_of(instruction)),
      program.layers.at(sync_of(instruction).layer).name, grouped(record.at), init ? "init" : "main",
      grouped(static_cast<std::int64_t>(bit.words)), bit.words == 1 ? "" : "s", disassemble(instruction));
}

std::optional<ValueDifference> first_difference(const std::vector<LayerResult>& a, const std::vector<LayerResult>& b) {
  for (const LayerResult& x : a) {
    const auto y = std::find_if(b.begin(), b.end(), [&](const LayerResult& result) { return result.name == x.name; });
    if (y == b.end() || y->shape != x.shape || y->values == x.values) continue;
    const auto differs = std::mismatch(x.values.begin(), x.values.end(), y->values.begin());
    ValueDifference out{x.name,
                        index_in(x.shape, static_cast<std::size_t>(differs.first - x.values.begin())),
                        *differs.first,
                        *differs.second,
                        0,
                        static_cast<std::int64_t>(x.values.size())};
    for (std::size_t i = 0; i < x.values.size(); ++i) out.differing += x.values[i] != y->values[i] ? 1 : 0;
    return out;
  }
  return std::nullopt;
}

std::string value_text(const ValueDifference& d, const RecordedRun& run, std::int32_t image, std::string_view name_a,
                       std::string_view name_b) {
  const std::uint64_t bits = static_cast<std::uint64_t>(d.a) ^ static_cast<std::uint64_t>(d.b);
  std::string text = fmt::format(
      "first tensor      {} {} is {} in {}, {} in {}: bit {} first; {} of its {} values differ\n", d.tensor,
      d.at.text(), d.a, name_a, d.b, name_b, std::countr_zero(bits), grouped(d.differing), grouped(d.compared));
  const std::optional<Writer> writer = find_writer(run.program(), run.machine(), d.tensor, d.at);
  if (!writer) return text;
  const auto per_image = static_cast<std::int32_t>(run.instructions().size());
  const std::int32_t index = image * per_image + writer->instruction;
  const InstructionRecord& record = run.record(index);
  return text + fmt::format("  written by {}, cycles {}..{}\n  it is    {}\n", run.name_of(index),
                            grouped(record.start), grouped(record.end), disassemble(run.instruction(index)));
}

}  // namespace blendsim
