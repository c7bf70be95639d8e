// SPDX-License-Identifier: Apache-2.0
// What the keys of a platform say about each other.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <initializer_list>
#include <span>

#include "base/index.h"
#include "platform/platform_schema.h"
#include "units/buffer/layout.h"
#include "units/field_limits.h"

namespace blendsim {
namespace {

using Keys = std::span<const std::string_view>;
using KeyList = std::initializer_list<std::string_view>;

// The keys of a buffer that are looked at, as they are written: "buffers.act_fixed.width".
struct BufferKeys {
  std::string kind, width, regions, depth, latency;
};
const BufferKeys& keys_of(BufferId buffer) {
  static const auto all = [] {
    Each<BufferId, BufferKeys, buffer_count> keys;
    for (int i = 0; i < buffer_count; ++i) {
      const auto id = static_cast<BufferId>(i);
      const std::string group = fmt::format("buffers.{}.", name(id));
      keys[id] = {group + "kind", group + "width", group + "regions", group + "depth", group + "latency"};
    }
    return keys;
  }();
  return all[buffer];
}

class Checker {
 public:
  Checker(const Platform& platform, const Binding& binding, Diagnostics& diagnostics)
      : p_(platform), m_(platform.machine), binding_(binding), diagnostics_(diagnostics) {}

  void run() {
    check_buffers();
    check_address_fields();
    check_depths();
    check_xnor_array();
    check_mac_array();
    check_post_unit();
    check_transfers();
    check_device();
    check_memory();
  }

 private:
  // True when every key was read well, so that a check on them means something.
  [[nodiscard]] bool known(Keys keys) const {
    return binding_.bad.empty() || std::none_of(keys.begin(), keys.end(), [this](std::string_view key) {
             return binding_.bad.count(std::string(key)) != 0;
           });
  }
  [[nodiscard]] bool known(KeyList keys) const { return known(Keys(keys.begin(), keys.size())); }
  // Points at the first of the keys that somebody wrote.
  [[nodiscard]] Place place(Keys keys) const {
    for (const std::string_view key : keys) {
      if (binding_.given.count(std::string(key)) != 0) return binding_.place(std::string(key));
    }
    return binding_.place(std::string(keys.front()));
  }
  void contradiction(Keys keys, std::string message, std::string hint = {}) {
    diagnostics_.error("contradiction", place(keys), std::move(message), std::move(hint));
  }
  void contradiction(KeyList keys, std::string message, std::string hint = {}) {
    contradiction(Keys(keys.begin(), keys.size()), std::move(message), std::move(hint));
  }

  static std::string bits(std::int64_t value) { return format_quantity(value, Unit::bit); }

  void check_buffers() {
    for (int i = 0; i < buffer_count; ++i) {
      const auto id = static_cast<BufferId>(i);
      check_width(id);
      check_regions(id);
      const BufferParameters& b = m_.buffer(id);
      const bool uram = memory_kinds[static_cast<std::size_t>(b.kind)] == "uram";
      if (known({keys_of(id).kind, "board.device"}) && uram && p_.device.uram == 0) {
        contradiction({keys_of(id).kind}, fmt::format("kind is uram, but {} has no UltraRAM", p_.device.name),
                      "use bram or lutram");
      }
    }
  }

  void check_width(BufferId id) {
    const std::string& width = keys_of(id).width;
    if (!known({width, "xnor_array.rows", "xnor_array.words", "mac_array.rows", "mac_array.columns"})) return;
    const std::int64_t given = m_.buffer(id).width;
    const std::int64_t derived = derived_width(id, m_);
    const bool open_above = id == BufferId::parameters;
    if (open_above ? given >= derived && given % 128 == 0 : given == derived) return;
    contradiction({width},
                  fmt::format("{} is {}, but the arrays need {}{} ({})", width, bits(given),
                              open_above ? "a multiple of 128 bit from " : "", bits(derived), width_formula(id)),
                  "leave the key out to have it derived, or change the arrays");
  }

  void check_regions(BufferId id) {
    const std::string& regions = keys_of(id).regions;
    if (!known({regions})) return;
    const std::int64_t given = m_.buffer(id).regions;
    if (const std::int64_t fixed = fixed_regions(id); fixed != 0 && given != fixed) {
      contradiction({regions}, fmt::format("{} is {}, but the design fixes it at {}", regions, given, fixed),
                    "leave the key out");
    }
  }

  // The addresses that instructions can carry: by the narrowest of the fields that hold them.
  void check_address_fields() {
    for (int i = 0; i < buffer_count; ++i) {
      const auto id = static_cast<BufferId>(i);
      const std::string& depth = keys_of(id).depth;
      const std::string& regions = keys_of(id).regions;
      if (!known({depth, regions})) continue;
      const BufferParameters& b = m_.buffer(id);
      const int address_bits = blendsim::address_bits(id);
      const std::int64_t most = std::int64_t{1} << address_bits;
      if (b.regions * b.depth <= most) continue;
      contradiction(
          {depth, regions},
          fmt::format("{} regions of {} words are more than the {} that an instruction can address (field {}, {})",
                      b.regions, b.depth, most, narrowest_address_fields(id), bits(address_bits)),
          fmt::format("depth at most {}", most / b.regions));
    }
  }

  void check_depths() {
    MachineParameters machine = m_;
    for (const UnitDepth& unit : unit_depths(machine)) {
      if (!known(unit.follows_from) || *unit.depth >= unit.least) continue;
      const std::string least = format_quantity(unit.least, Unit::cycle);
      contradiction(unit.follows_from,
                    fmt::format("{} is {}, but its pipeline takes {}: {}", unit.key(),
                                format_quantity(*unit.depth, Unit::cycle), least, unit.stages(m_)),
                    fmt::format("{} or more, or leave the key out to have it derived", least));
    }
  }

  void check_xnor_array() {
    if (known({"xnor_array.implementation", "board.device"}) && m_.xnor_array.implementation == 0 &&
        p_.device.dsp_slices == 0) {
      contradiction({"xnor_array.implementation"},
                    fmt::format("implementation is dsp, but {} has no DSP slices", p_.device.name), "use lut");
    }
  }

  void check_mac_array() {
    if (!known({"mac_array.products_per_dsp", "board.device"}) || m_.mac_array.products_per_dsp == 1) return;
    // The wider operand holds both factors: one 18 bits above the other, each 8 bits and a sign.
    if (p_.device.multiplier_a < 27) {
      contradiction({"mac_array.products_per_dsp"},
                    fmt::format("two products in a slice need a 27-bit multiplier port, but {} has {}", p_.device.name,
                                bits(p_.device.multiplier_a)),
                    "use 1");
    }
  }

  void check_post_unit() {
    const PostUnitParameters& post = m_.post_unit;
    for (const auto& [array, rows] : {std::pair{std::string_view("xnor_array.rows"), m_.xnor_array.rows},
                                      std::pair{std::string_view("mac_array.rows"), m_.mac_array.rows}}) {
      if (known({"post_unit.lanes", array}) && post.lanes > rows) {
        contradiction({"post_unit.lanes", array},
                      fmt::format("post_unit.lanes is {}, but an accumulator word holds {} channels ({})", post.lanes,
                                  rows, array),
                      "fewer lanes or more rows");
      }
    }
    const std::int64_t factor = post.multiplier + post.shift_step - 1;
    if (known({"post_unit.multiplier", "post_unit.shift_step", "board.device"}) && factor > p_.device.multiplier_a) {
      contradiction({"post_unit.multiplier", "post_unit.shift_step"},
                    fmt::format("a factor of {}, scaled up for shifts that are multiples of {}, has {}, but a slice of "
                                "{} multiplies {} by {}",
                                bits(post.multiplier), post.shift_step, bits(factor), p_.device.name,
                                bits(p_.device.multiplier_a), bits(p_.device.multiplier_b)),
                    "a smaller shift_step, or a narrower multiplier");
    }
    if (known({"post_unit.operand", "post_unit.value"}) && post.operand <= post.value) {
      contradiction({"post_unit.operand", "post_unit.value"},
                    fmt::format("an operand of {} does not hold the join of two values of {}", bits(post.operand),
                                bits(post.value)),
                    fmt::format("operand: {} or more", bits(post.value + 1)));
    }
  }

  void check_transfers() {
    for (const auto& [burst, t] :
         {std::pair{std::string_view("load.burst"), m_.load}, std::pair{std::string_view("store.burst"), m_.store}}) {
      const std::int64_t bytes = t.burst * m_.memory.bus_bytes();
      if (known({burst, "memory.port_width"}) && bytes > 4096) {
        contradiction({burst, "memory.port_width"},
                      fmt::format("a burst of {} of {} is {} bytes, but an AXI burst stays within 4096",
                                  format_quantity(t.burst, Unit::beat), bits(m_.memory.port_width), bytes),
                      fmt::format("at most {}", format_quantity(4096 / m_.memory.bus_bytes(), Unit::beat)));
      }
    }
    const std::int64_t words = m_.load.burst * m_.memory.port_width / 128;
    if (known({"dispatcher.prefetch", "load.burst", "memory.port_width"}) && m_.dispatcher.prefetch < words) {
      contradiction(
          {"dispatcher.prefetch", "load.burst"},
          fmt::format("dispatcher.prefetch holds {} words, but one burst brings {}", m_.dispatcher.prefetch, words),
          "the prefetch FIFO is filled by whole bursts");
    }
    // The dispatcher reads ahead while the doorbell is taken in: a cycle for it, one for the address, one into the
    // FIFO.
    const std::string& latency = keys_of(BufferId::instructions).latency;
    const std::int64_t least_doorbell = m_.buffer(BufferId::instructions).latency + 3;
    if (known({"control.doorbell", latency}) && m_.control.doorbell < least_doorbell) {
      contradiction(
          {"control.doorbell", latency},
          fmt::format("control.doorbell is {}, but the first word takes {} to come out of buffers.instructions",
                      format_quantity(m_.control.doorbell, Unit::cycle), format_quantity(least_doorbell, Unit::cycle)),
          fmt::format("control.doorbell: at least {}", format_quantity(least_doorbell, Unit::cycle)));
    }
    for (int i = 0; i < buffer_count; ++i) {
      const auto id = static_cast<BufferId>(i);
      if (id == BufferId::accumulators) continue;
      if (known({"memory.port_width", keys_of(id).width}) && m_.memory.port_width > m_.buffer(id).width) {
        contradiction(
            {"memory.port_width"},
            fmt::format("memory.port_width is {}, wider than a word of buffers.{} ({}): a burst could not land at once",
                        bits(m_.memory.port_width), name(id), bits(m_.buffer(id).width)));
        break;
      }
    }
  }

  void check_device() {
    if (!known({"clock", "board.device"})) return;
    for (const auto& [what, fmax] :
         {std::pair{"a DSP slice", p_.device.fmax_dsp_hz}, std::pair{"a block RAM", p_.device.fmax_bram_hz}}) {
      if (m_.clock_hz <= fmax) continue;
      diagnostics_.error("out-of-range", binding_.place("clock"),
                         fmt::format("{} is above what the data sheet of {} allows for {}: {}",
                                     format_quantity(m_.clock_hz, Unit::hertz), p_.device.name, what,
                                     format_quantity(fmax, Unit::hertz)),
                         fmt::format("designs of this kind close at {} to {} on it",
                                     format_quantity(p_.device.closes_low_hz, Unit::hertz),
                                     format_quantity(p_.device.closes_high_hz, Unit::hertz)));
    }
  }

  void check_memory() {
    const DramTiming& t = m_.memory.timing;
    if (known({"memory.standard", "memory.timing.rc", "memory.timing.ras", "memory.timing.rp"}) &&
        t.rc < t.ras + t.rp) {
      contradiction({"memory.timing.rc", "memory.timing.ras", "memory.timing.rp", "memory.standard"},
                    fmt::format("rc is {}, less than ras {} plus rp {}", t.rc, t.ras, t.rp),
                    "a row cycle is an activate and a precharge");
    }
    if (known({"memory.standard", "memory.timing.row_bytes"}) &&
        !std::has_single_bit(static_cast<std::uint64_t>(t.row_bytes))) {
      contradiction({"memory.timing.row_bytes", "memory.standard"},
                    fmt::format("row_bytes is {}, not a power of two", t.row_bytes));
    }
    if (known({"memory.standard", "memory.timing.refi", "memory.timing.rfc"}) && t.rfc >= t.refi) {
      contradiction({"memory.timing.rfc", "memory.timing.refi", "memory.standard"},
                    fmt::format("rfc is {}, not less than refi {}", t.rfc, t.refi),
                    "the memory would do nothing but refresh");
    }
  }

  const Platform& p_;
  const MachineParameters& m_;
  const Binding& binding_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_platform(const Platform& platform, const Binding& binding, Diagnostics& diagnostics) {
  Checker(platform, binding, diagnostics).run();
}

}  // namespace blendsim
