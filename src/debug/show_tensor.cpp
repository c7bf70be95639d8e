// SPDX-License-Identifier: Apache-2.0
// Tensors as the buffers hold them, and what the buffers hold as tensors.
#include <fmt/format.h>

#include <algorithm>

#include "debug/grid.h"
#include "debug/show.h"
#include "debug/show_words.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

constexpr std::int32_t most_columns = 20, most_rows = 20, most_channels = 4;  // of a screen

bool is_accumulators(const TensorView& view) {
  return view.place == TensorView::Place::xnor_accumulators || view.place == TensorView::Place::mac_accumulators;
}

std::string_view place_name(TensorView::Place place) {
  switch (place) {
    case TensorView::Place::dram: return "dram";
    case TensorView::Place::act_binary: return name(BufferId::act_binary);
    case TensorView::Place::act_fixed: return name(BufferId::act_fixed);
    case TensorView::Place::xnor_accumulators:
    case TensorView::Place::mac_accumulators: return name(BufferId::accumulators);
  }
  return "";
}

std::string where_text(const Bench& bench, const TensorView& view) {
  if (is_accumulators(view) || view.place == TensorView::Place::dram) return std::string(place_name(view.place));
  if (view.in_bands()) {
    return fmt::format("{}, in {} bands of {} rows, never all at once", place_name(view.place), view.bands.size(),
                       view.band_rows);
  }
  const Access a = bench.map.access_of(view);
  const auto depth = static_cast<std::uint32_t>(bench.subject.machine.buffer(a.buffer).depth);
  return fmt::format("{} region {} words {} to {}", name(a.buffer), a.region, a.begin % depth, (a.end - 1) % depth);
}

std::string part_text(const Bench& bench, const Tensor& tensor, const TensorPart& part) {
  const TensorView& view = *part.view;
  if (!tensor.is_patch(view)) return where_text(bench, view);
  return fmt::format("{}: a patch of rows {} to {} and columns {} to {}", where_text(bench, view), view.top,
                     view.top + view.height - 1, view.left, view.left + view.width - 1);
}

std::string state_text(const Bench& bench, const Values::TensorNow& now) {
  if (now.writers == 0) return "there from the image's beginning on";
  if (now.written == 0) return fmt::format("not written yet: from cycle {} on", grouped(now.first));
  if (now.written < now.writers) {
    return fmt::format("{} of {} instructions have written it, the last one ends in cycle {}", now.written, now.writers,
                       grouped(now.last));
  }
  std::string out = fmt::format("complete: written from cycle {} to {}", grouped(now.first), grouped(now.last));
  if (now.last > bench.now.at) out = fmt::format("the last instruction writes it until cycle {}", grouped(now.last));
  if (now.overwritten_by >= 0) {
    out += fmt::format("\n            overwritten from cycle {} on by {}: these are the values that it had",
                       grouped(bench.main.record(now.overwritten_by).start),
                       described_with_unit(bench, Phase::main, now.overwritten_by));
  }
  return out;
}

class Printed {
 public:
  Printed(const TensorSlice& slice, const Values::TensorNow& now) : slice_(slice), now_(now) {
    for (std::int32_t c = slice.channels.from; c < slice.channels.to; ++c) {
      for (std::int32_t y = slice.rows.from; y < slice.rows.to; ++y) {
        for (std::int32_t x = slice.columns.from; x < slice.columns.to; ++x) {
          width_ = std::max(width_, value_text(c, y, x).size());
        }
      }
    }
  }
  // "." where nothing has been written.
  [[nodiscard]] std::string value_text(std::int32_t c, std::int32_t y, std::int32_t x) const {
    const Tensor& t = *slice_.tensor;
    const std::size_t i =
        (static_cast<std::size_t>(c) * static_cast<std::size_t>(t.height) + static_cast<std::size_t>(y)) *
            static_cast<std::size_t>(t.width) +
        static_cast<std::size_t>(x);
    return now_.known[i] ? std::to_string(now_.values[i]) : ".";
  }
  // Whole channels are cropped to a screen; what was asked for by index is not.
  [[nodiscard]] std::string text() const {
    const auto shown = [](const TensorSlice::Range& range, std::int32_t most, bool whole) {
      return whole ? range.to : std::min(range.to, range.from + most);
    };
    const std::int32_t channels = shown(slice_.channels, most_channels, slice_.given > 0);
    const std::int32_t rows = shown(slice_.rows, most_rows, slice_.given > 1);
    const std::int32_t columns = shown(slice_.columns, most_columns, slice_.given > 2);
    std::string out;
    for (std::int32_t c = slice_.channels.from; c < channels; ++c) {
      out += fmt::format("channel {}\n", c);
      for (std::int32_t y = slice_.rows.from; y < rows; ++y) {
        for (std::int32_t x = slice_.columns.from; x < columns; ++x)
          out += fmt::format(" {:>{}}", value_text(c, y, x), width_);
        out += columns < slice_.columns.to ? " ...\n" : "\n";
      }
      if (rows < slice_.rows.to) out += " ...\n";
    }
    if (rows < slice_.rows.to || columns < slice_.columns.to) {
      out +=
          fmt::format("... whole rows and columns: {}[{}][{}:{}][{}:{}]\n", slice_.tensor->name, slice_.channels.from,
                      slice_.rows.from, slice_.rows.to, slice_.columns.from, slice_.columns.to);
    }
    if (channels < slice_.channels.to) {
      out += fmt::format("... and {} channels more: {}[{}:{}]\n", slice_.channels.to - channels, slice_.tensor->name,
                         channels, slice_.channels.to);
    }
    return out;
  }

 private:
  const TensorSlice& slice_;
  const Values::TensorNow& now_;
  std::size_t width_ = 1;
};

std::string summary(const Values::TensorNow& now) {
  std::vector<std::int32_t> values;
  for (std::size_t i = 0; i < now.values.size(); ++i) {
    if (now.known[i]) values.push_back(now.values[i]);
  }
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return fmt::format("  values    {} to {}, {} of {} are 0\n", *low, *high,
                     grouped(std::count(values.begin(), values.end(), 0)),
                     grouped(static_cast<std::int64_t>(values.size())));
}

// One value: where it lies and who wrote it. Of an overwritten tensor that is who wrote what is shown.
std::string element_text(const Bench& bench, const TensorSlice& slice, const Values::TensorNow& now) {
  const auto place = bench.map.place(*slice.tensor, slice.channels.from, slice.rows.from, slice.columns.from);
  if (!place) return {};
  const bool binary = place->word.buffer == BufferId::act_binary;
  std::string out =
      fmt::format("  lies in   {} {} {}\n", place_text(bench, place->word), binary ? "bit" : "value", place->lane);
  if (const auto writer = bench.values.writer(*place, {Phase::main, std::min(bench.now.at, now.last)})) {
    out += fmt::format("  written   by {} in cycle {}\n", described_with_unit(bench, writer->phase, writer->record),
                       text(Instant{writer->phase, bench.line(writer->phase).record(writer->record).start}));
  }
  return out;
}

}  // namespace

std::string tensor_text(Bench& bench, const TensorSlice& slice) {
  const Tensor& tensor = *slice.tensor;
  if (bench.now.phase == Phase::init) refuse("init computes no tensor", "go to main: `goto main:0`");
  const Values::TensorNow now = bench.values.tensor(tensor, bench.now.at);
  const TensorView& view = *tensor.parts.front().view;
  std::string out = fmt::format("{}: {} [{}, {}, {}] in {}\n", tensor.name, view.format.name(), tensor.channels,
                                tensor.height, tensor.width, part_text(bench, tensor, tensor.parts.front()));
  constexpr std::size_t most_parts = 8;
  for (std::size_t p = 1; p < tensor.parts.size(); ++p) {
    if (p == most_parts) {
      out += fmt::format("  and {} more\n", tensor.parts.size() - p);
      break;
    }
    const std::string channels =
        tensor.parts[p].channel0 > 0 ? fmt::format("channels from {} on ", tensor.parts[p].channel0) : "";
    out += fmt::format("  {}in {}\n", channels, part_text(bench, tensor, tensor.parts[p]));
  }
  out += "  state     " + state_text(bench, now) + '\n';
  if (now.collected) out += "  buffer    holds a part of it at a time; these are all values that have been\n";
  if (now.written == 0 && now.writers > 0) return out;
  if (slice.is_element()) {
    out += element_text(bench, slice, now);
    return out + fmt::format("  value     {}\n",
                             Printed(slice, now).value_text(slice.channels.from, slice.rows.from, slice.columns.from));
  }
  return out + summary(now) + Printed(slice, now).text();
}

std::string tensors_now(Bench& bench, std::string_view pattern) {
  if (bench.now.phase == Phase::init) return "init computes no tensor\n";
  Grid table({"tensor", "shape", "format", "lies in", "state"}, {true, true, true, true, true});
  for (const Tensor& tensor : bench.map.tensors()) {
    if (!pattern.empty() && !covers(pattern, tensor.name)) continue;
    const Values::TensorNow now = bench.values.tensor(tensor, bench.now.at);
    const std::string state = now.writers == 0            ? "there"
                              : now.written == 0          ? "to come"
                              : now.overwritten_by >= 0   ? "overwritten"
                              : now.written < now.writers ? fmt::format("{} of {} written", now.written, now.writers)
                                                          : "complete";
    const TensorView& view = *tensor.parts.front().view;
    std::string place(place_name(view.place));
    if (tensor.role == Tensor::Role::input) {
      for (const BufferId buffer : bench.values.input_in(bench.now.at)) place += fmt::format(", {}", name(buffer));
    }
    table.row({tensor.name, fmt::format("[{}, {}, {}]", tensor.channels, tensor.height, tensor.width),
               view.format.name(), place, state});
  }
  return heading(bench) + '\n' + table.text();
}

std::string output_text(Bench& bench, std::size_t output) {
  const Program& program = bench.subject.program;
  const HostOutput& host = program.host_outputs[output];
  const std::string& source = program.outputs[output].name;
  const Tensor& tensor = *bench.map.tensor(source);
  if (bench.now.phase == Phase::init) refuse("init computes no tensor", "go to main: `goto main:0`");
  const Values::TensorNow now = bench.values.tensor(tensor, bench.now.at);
  std::string out = fmt::format("{}: the network's output {}, which the host makes of {} when the run is over\n",
                                host.name, shape_text(host.shape), source);
  out += "  state     " + state_text(bench, now) + '\n';
  if (now.written < now.writers) return out;
  const std::vector<float> values = finish_output(host, now.values).values;
  const auto largest = std::max_element(values.begin(), values.end());
  out += fmt::format("  largest   [{}]: {:.6g}\n ", largest - values.begin(), *largest);
  constexpr std::size_t most = 100;
  for (std::size_t i = 0; i < std::min(most, values.size()); ++i) out += fmt::format(" {:.6g}", values[i]);
  return out + (values.size() > most
                    ? fmt::format("\n... and {} more\n", grouped(static_cast<std::int64_t>(values.size() - most)))
                    : "\n");
}

namespace {

// What lies in a buffer that holds no tensor: data of the network.
std::string data_text(const Bench& bench, BufferId id) {
  if (bench.now.phase == Phase::init) return {};
  if (id == BufferId::instructions)
    return bench.subject.program.resident ? "the program, since init" : "what is fetched of the program";
  const auto loads = [&](Phase phase) {
    for (std::size_t i = 0; i < bench.map.instructions(phase).size(); ++i) {
      for (const Access& a : bench.map.accesses(phase, i)) {
        if (a.write && a.buffer == id) return true;
      }
    }
    return false;
  };
  if (loads(Phase::main)) return "what load has brought so far";
  return loads(Phase::init) ? "the network's, all of it since init" : "";
}

}  // namespace

std::string buffers_now(Bench& bench) {
  Grid table({"buffer", "regions", "words", "bits", "peak", "holds now"}, {true, false, false, false, false, true});
  for (int b = 0; b < buffer_count; ++b) {
    const auto id = static_cast<BufferId>(b);
    const BufferParameters& p = bench.subject.machine.buffer(id);
    std::string holds;
    if (bench.now.phase == Phase::main) {
      const std::vector<BufferId> inputs = bench.values.input_in(bench.now.at);
      if (std::find(inputs.begin(), inputs.end(), id) != inputs.end()) holds = bench.subject.program.input.name;
    }
    for (const Tensor& tensor : bench.map.tensors()) {
      if (tensor.role == Tensor::Role::joined) continue;  // its parts are there
      if (bench.now.phase == Phase::init || place_name(tensor.parts.front().view->place) != name(id)) continue;
      const Values::TensorNow now = bench.values.tensor(tensor, bench.now.at);
      if (now.written == 0 || now.overwritten_by >= 0) continue;
      if (now.collected && now.written == now.writers) continue;  // passed through
      holds += (holds.empty() ? "" : ", ") + tensor.name;
    }
    if (id == BufferId::instructions || id == BufferId::parameters || name(id).starts_with("weights"))
      holds = data_text(bench, id);
    const double peak = static_cast<double>(bench.subject.program.buffers[static_cast<std::size_t>(b)].peak_bits) /
                        static_cast<double>(p.capacity_bits());
    table.row({std::string(name(id)), grouped(p.regions), grouped(p.depth), grouped(p.width), percent(peak), holds});
  }
  return heading(bench) + '\n' + table.text();
}

std::string saturation_text(Bench& bench) {
  std::map<std::int32_t, Saturation> by_layer;
  for (const auto& [record, seen] : bench.values.saturations()) {
    Saturation& sum = by_layer[bench.main.record(record).layer];
    for (std::size_t s = 0; s < seen.steps.size(); ++s) {
      sum.steps[s].below += seen.steps[s].below;
      sum.steps[s].above += seen.steps[s].above;
    }
  }
  if (by_layer.empty()) return "no step of post_unit saturates a value in this run; a Relu's limit of 0 is none\n";
  Grid table({"layer", "step", "below", "above"}, {true, true, false, false});
  for (const auto& [layer, sum] : by_layer) {
    for (std::size_t s = 0; s < sum.steps.size(); ++s) {
      if (sum.steps[s].below + sum.steps[s].above == 0) continue;
      table.row({bench.map.layer_name(layer), std::string(post_step_names[s]), grouped(sum.steps[s].below),
                 grouped(sum.steps[s].above)});
    }
  }
  return "values of the whole run, those below a Relu's limit of 0 not counted\n" + table.text();
}

}  // namespace blendsim::debug
