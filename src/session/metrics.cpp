// SPDX-License-Identifier: Apache-2.0
#include "session/metrics.h"

#include <algorithm>
#include <array>
#include <limits>
#include <variant>

namespace blendsim {
namespace {

using E = Evaluated;
using enum Metric::From;

double seconds(const E& e, Cycles cycles) {
  return static_cast<double>(cycles) / static_cast<double>(e.platform.machine.clock_hz);
}

std::int64_t macs(const Program& program) {
  std::int64_t sum = 0;
  for (const ProgramLayer& layer : program.layers) sum += layer.macs;
  return sum;
}

double weight_bits(const IntegerNetwork& network) {
  double bits = 0;
  for (const Layer& layer : network.layers) {
    if (const auto* convolution = std::get_if<Convolution>(&layer.work))
      bits += static_cast<double>(convolution->weights.size()) * convolution->weight_format.bits();
  }
  return bits;
}

constexpr std::array table = {
    Metric{"lut", "LUT", "Look-up tables, estimated.", machine,
           [](const E& e) { return static_cast<double>(e.resources.total.lut); }},
    Metric{"ff", "FF", "Flip-flops, estimated.", machine,
           [](const E& e) { return static_cast<double>(e.resources.total.ff); }},
    Metric{"dsp", "slices", "DSP slices.", machine,
           [](const E& e) { return static_cast<double>(e.resources.total.dsp); }},
    Metric{"bram36", "BRAM36", "Block RAMs; a half is one RAMB18.", machine,
           [](const E& e) { return static_cast<double>(e.resources.total.bram36_halves) / 2; }},
    Metric{"uram", "URAM", "UltraRAMs.", machine,
           [](const E& e) { return static_cast<double>(e.resources.total.uram); }},
    Metric{"clock", "Hz", "The platform's clock.", machine,
           [](const E& e) { return static_cast<double>(e.platform.machine.clock_hz); }},
    Metric{"fmax", "Hz", "What the longest path between registers allows by estimate.", machine,
           [](const E& e) { return static_cast<double>(estimate_clock(e.platform).fmax_hz); }},
    Metric{"cycles", "cycles", "Doorbell to completion of one inference, or of as many as are in flight.", run,
           [](const E& e) { return static_cast<double>(e.run->cycles); }},
    Metric{"latency", "s", "The same, in seconds of the platform's clock.", run,
           [](const E& e) { return seconds(e, e.run->cycles); }},
    Metric{"interval", "cycles", "The same over the inferences in flight: from one to the next.", run,
           [](const E& e) { return static_cast<double>(e.run->cycles) / e.program->images; }},
    Metric{"throughput", "1/s", "Inferences a second, back to back.", run,
           [](const E& e) { return e.program->images / seconds(e, e.run->cycles); }},
    Metric{"energy", "J", "Estimated energy of one inference back to back, static part and processor included.", power,
           [](const E& e) { return e.power->all_in_j; }},
    Metric{"dynamic_energy", "J",
           "What one more inference takes: units, dispatcher and DRAM, clocks and static part not.", power,
           [](const E& e) { return e.power->marginal_j; }},
    Metric{"power", "W", "Estimated power while inferences run back to back.", power,
           [](const E& e) { return e.power->watts.total(); }},
    Metric{"dram_bytes", "bytes", "Read from DRAM and written to it in one inference.", run,
           [](const E& e) {
             return static_cast<double>(e.run->memory.read_bytes + e.run->memory.write_bytes) / e.program->images;
           }},
    Metric{"gops", "GOPS", "Useful operations a second; a multiply-accumulate is two.", run,
           [](const E& e) { return 2e-9 * static_cast<double>(macs(*e.program)) / seconds(e, e.run->cycles); }},
    Metric{"noise", "share",
           "Outputs of the quantised network against the float one's on the images: root mean square of the difference "
           "over that of the outputs.",
           network, [](const E& e) { return e.network->noise.value_or(std::numeric_limits<double>::quiet_NaN()); }},
    Metric{"size", "bytes", "Weights of the network, at the bits that each layer's have.", network,
           [](const E& e) { return weight_bits(*e.network) / 8; }},
    Metric{"accuracy", "share", "Of the network on the oracle's data.", oracle,
           [](const E&) { return std::numeric_limits<double>::quiet_NaN(); }},
};

}  // namespace

std::span<const Metric> metrics() { return table; }

const Metric* find_metric(std::string_view name) {
  const auto row = std::find_if(table.begin(), table.end(), [name](const Metric& m) { return m.name == name; });
  return row == table.end() ? nullptr : &*row;
}

}  // namespace blendsim
