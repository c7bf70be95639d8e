// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/diagnostic.h"
#include "compiler/dump.h"
#include "compiler/trace.h"
#include "units/field_limits.h"

namespace blendsim::compiler {
namespace {

void say(const Plan& plan, const std::string& line) {
  if (plan.trace != nullptr) plan.trace->say(line);
}

void run_assign(Compilation& c) {
  Reasons reasons;
  c.plan.assignment =
      assign(*c.plan.network, *c.plan.facts, *c.plan.machine, c.plan.trace != nullptr ? &reasons : nullptr);
  c.plan.reasons = std::move(reasons.units);
  c.plan.fallbacks = std::move(reasons.fallbacks);
  for (const LayerId l : c.plan.reasons.keys()) {
    if (!c.plan.reasons[l].empty()) say(c.plan, fmt::format("{}: {}", c.plan.layer(l).name, c.plan.reasons[l]));
  }
}

std::int64_t pooled_words(const IntegerNetwork& network) {
  std::int64_t most = 0;
  for (const Layer& layer : network.layers) {
    const auto* pool = std::get_if<Pooling>(&layer.work);
    if (pool == nullptr || network.tensor(pool->output).height * network.tensor(pool->output).width > 1) continue;
    most = std::max(most, words_of(network.tensor(pool->input)));
  }
  return most;
}

void run_place(Compilation& c) {
  if (c.placements == nullptr) return place(c.plan);
  const std::int64_t region = c.plan.machine->buffer(BufferId::act_fixed).depth;
  Placements::Key key{c.plan.assignment, c.plan.cell_slices(), c.plan.machine->memory.bus_bytes(),
                      std::min(region, pooled_words(*c.plan.network))};
  if (const Placement* known = c.placements->find(key)) {
    c.plan.Placement::operator=(*known);
    return;
  }
  place(c.plan);
  c.placements->add(std::move(key), c.plan);
}

void run_depend(Compilation& c) {
  depend(c.plan);
  if (c.plan.banding.too_few) return;
  if (!c.plan.wants_levers) check_room(c.plan);  // else what would make room is found for an order
}

void run_build(Compilation& c) {
  c.plan.instructions.reserve(c.plan.ops.size());
  for (const TileOp& op : c.plan.ops) {
    c.plan.instructions.add(build(c.plan, op));
    check_fields(c.plan, op, c.plan.instructions.back());
  }
}

void run_emit(Compilation& c) {
  c.program = emit(c.plan, Content::complete);
  c.program.platform_yaml = c.platform->yaml();
  c.program.platform_digest = c.platform->digest();
}

constexpr std::array passes = {
    Pass{
        {"assign", "unit of each convolution (the cheaper by law among those that can), copies that each tensor needs"},
        Stretch::network,
        run_assign,
        dump_assign},
    Pass{{"place", "stages, maps, ranges of concatenations, order of the nodes"},
         Stretch::network,
         run_place,
         dump_place},
    Pass{{"spill", "segments of nodes, and their patches; which maps wait in DRAM between them"},
         Stretch::tiles,
         [](Compilation& c) { spill(c.plan); },
         dump_spill},
    Pass{{"images", "the nodes once more for each further image that the program computes"},
         Stretch::tiles,
         [](Compilation& c) { repeat_for_images(c.plan); },
         dump_images},
    Pass{{"split", "which maps are rings of rows, and their bands"},
         Stretch::tiles,
         [](Compilation& c) { split(c.plan); },
         dump_split},
    Pass{{"tile", "rows and chunks of channels, constants of each chunk, resident or streamed"},
         Stretch::tiles,
         [](Compilation& c) { tile(c.plan); },
         dump_tile},
    Pass{{"depend", "what each operation must follow, once for all orders"}, Stretch::tiles, run_depend, dump_depend},
    Pass{{"schedule", "one program order by list scheduling; accumulator slots"},
         Stretch::order,
         [](Compilation& c) { schedule(c.plan, c.priority); },
         dump_schedule},
    Pass{{"allocate", "addresses of maps and constants, loads of streamed constants"},
         Stretch::order,
         [](Compilation& c) { allocate(c.plan); },
         dump_allocate},
    Pass{{"build", "the instruction of each operation, every field in range"},
         Stretch::order,
         run_build,
         dump_instructions},
    Pass{{"synchronise", "tokens and fences (rule 6 of time)"},
         Stretch::order,
         [](Compilation& c) { synchronise(c.plan.instructions, *c.plan.machine); },
         dump_instructions},
    Pass{{"emit", "words, DRAM segments, layer table, views"}, Stretch::program, run_emit, dump_emit},
    Pass{{"verify",
          "the program is legal; interpreted, it computes what the network does on a seeded input, tensor by tensor"},
         Stretch::program,
         [](Compilation& c) { say(c.plan, verify_program(c.program, *c.plan.network, *c.plan.machine)); },
         dump_verify},
};

}  // namespace

const Placement* Placements::find(const Key& key) {
  const auto known =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.key == key; });
  if (known == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, known);
  return &entries_.front().placement;
}

void Placements::add(Key key, const Placement& placement) {
  constexpr std::size_t most_entries = 16;
  entries_.push_front({std::move(key), placement});
  if (entries_.size() > most_entries) entries_.pop_back();
}

Compilation begin(const IntegerNetwork& network, const NetworkFacts& facts, const MachineParameters& machine,
                  Trace* trace, int images) {
  const auto rows = static_cast<std::int64_t>(network.layers.size()) + 2;
  if (rows > most_layers) {
    throw DiagnosticError(
        "not-lowerable", Place{{}, 0, network.name},
        fmt::format("{} layers; an instruction names one of at most {}", network.layers.size(), most_layers - 2));
  }
  if (rows * images > most_layers) {
    throw DiagnosticError("does-not-fit", Place{{}, 0, network.name},
                          fmt::format("{} images of {} layers, with their inputs and outputs, in one program; an "
                                      "instruction names one of {} rows",
                                      images, network.layers.size(), most_layers),
                          fmt::format("--in-flight {}", most_layers / rows));
  }
  Compilation c;
  c.plan.network = &network;
  c.plan.facts = &facts;
  c.plan.machine = &machine;
  c.plan.trace = trace;
  c.plan.images = images;
  return c;
}

void run_passes(Stretch stretch, Compilation& compilation) {
  for (const Pass& pass : passes) {
    if (pass.stretch != stretch) continue;
    pass.run(compilation);
    if (compilation.plan.trace != nullptr) compilation.plan.trace->after(pass, compilation);
  }
}

}  // namespace blendsim::compiler

namespace blendsim {

const std::vector<PassDescription>& passes() {
  static const std::vector<PassDescription> all = [] {
    std::vector<PassDescription> out;
    for (const compiler::Pass& pass : compiler::passes) out.push_back(pass.description);
    return out;
  }();
  return all;
}

}  // namespace blendsim
